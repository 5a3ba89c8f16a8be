//! What was wrong with an answer, in clauses that follow the plugin's name. It must not repeat a plugin's text as it came.

use super::answer::word;

#[derive(Default)]
pub struct Complaints(Vec<String>);

impl Complaints {
    pub fn add(&mut self, clause: impl Into<String>) {
        let clause = clause.into();
        if !self.0.contains(&clause) {
            self.0.push(clause);
        }
    }

    /// As many as are taken.
    pub fn first<T>(
        &mut self,
        most: usize,
        what: &str,
        items: Vec<T>,
    ) -> impl Iterator<Item = T> + use<T> {
        if items.len() > most {
            let count = items.len();
            self.add(format!("gave {count} {what}; the first {most} count"));
        }
        items.into_iter().take(most)
    }

    /// `deed` names what was done with each of these, `why` what is wrong with it and what became of it. A name that comes
    /// again is not repeated.
    pub fn dropped(&mut self, deed: &str, names: &[String], why: &str) {
        if names.is_empty() {
            return;
        }
        let mut quoted: Vec<String> = Vec::new();
        for name in names.iter().map(|name| format!("{:?}", word(name))) {
            if !quoted.contains(&name) {
                quoted.push(name);
            }
        }
        self.add(format!("{deed} {}, {why}", quoted.join(", ")));
    }

    pub fn into_clauses(self) -> Vec<String> {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_again_is_complained_of_once() {
        let mut complaints = Complaints::default();
        let names = ["a", "b", "a\u{200b}", "a"].map(str::to_owned);
        complaints.dropped("gave", &names, "which is wrong");
        complaints.dropped("gave", &[], "which is wrong");
        complaints.add("was late");
        complaints.add("was late");
        let clauses = [r#"gave "a", "b", which is wrong"#, "was late"];
        assert_eq!(complaints.into_clauses(), clauses);
    }
}
