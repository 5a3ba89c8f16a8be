//! What was wrong with an answer, in clauses that follow the plugin's name. It must not repeat a plugin's text as it came.

use super::answer::{LONGEST_TITLE, short, word};
use crate::document::text;

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
        let quoted = names.iter().map(|name| format!("{:?}", word(name)));
        self.dropped_as_shown(deed, quoted, why);
    }

    /// The same of paths, whose blanks make them other paths.
    pub fn dropped_paths(&mut self, deed: &str, paths: &[String], why: &str) {
        let quoted = paths
            .iter()
            .map(|path| format!("{:?}", short(&text::visible(path), LONGEST_TITLE)));
        self.dropped_as_shown(deed, quoted, why);
    }

    fn dropped_as_shown(&mut self, deed: &str, names: impl Iterator<Item = String>, why: &str) {
        let mut shown: Vec<String> = Vec::new();
        for name in names {
            if !shown.contains(&name) {
                shown.push(name);
            }
        }
        if !shown.is_empty() {
            self.add(format!("{deed} {}, {why}", shown.join(", ")));
        }
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
        let blanks = [" .git", "a  b", " .git"].map(str::to_owned);
        complaints.dropped_paths("wrote", &blanks, "which is wrong");
        let clauses = [
            r#"gave "a", "b", which is wrong"#,
            "was late",
            r#"wrote " .git", "a  b", which is wrong"#,
        ];
        assert_eq!(complaints.into_clauses(), clauses);
    }
}
