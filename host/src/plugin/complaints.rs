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

    /// `deed` names what was done with each of these, `why` what is wrong with it and what became of it.
    pub fn dropped(&mut self, deed: &str, names: &[String], why: &str) {
        if names.is_empty() {
            return;
        }
        let names = names.iter().map(|name| format!("{:?}", word(name)));
        let names: Vec<String> = names.collect();
        self.add(format!("{deed} {}, {why}", names.join(", ")));
    }

    pub fn into_clauses(self) -> Vec<String> {
        self.0
    }
}
