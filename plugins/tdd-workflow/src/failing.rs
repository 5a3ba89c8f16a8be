//! Tests that failed and have not passed since: whether a run that passes had them. It must not know phases.

use crate::runs::Ran;

#[derive(Debug, Clone, PartialEq, Eq)]
struct Failed {
    ran: Ran,
    /// Something has changed since: nobody knows whether it fails on the tree as it is now.
    moved: bool,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Failing(Vec<Failed>);

impl Failing {
    pub fn add(&mut self, ran: Ran) {
        self.0.retain(|failed| !failed.ran.is_same(&ran));
        self.0.push(Failed { ran, moved: false });
    }

    /// The tree is another one.
    pub fn moved(&mut self) {
        self.0.iter_mut().for_each(|failed| failed.moved = true);
    }

    pub fn clear(&mut self) {
        self.0.clear();
    }

    pub fn is_none(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether the same command had more tests when it failed.
    pub fn has_more_than(&self, ran: &Ran) -> bool {
        let mut same = self.0.iter().filter(|failed| failed.ran.is_same(ran));
        ran.counted.is_some() && same.any(|failed| failed.ran.counted > ran.counted)
    }

    /// Whether what passes here is what failed: the same command, or one that has at least its tests; and nothing else is
    /// known to fail on this tree.
    pub fn pass(&self, ran: &Ran) -> bool {
        let mut others = self.0.iter().filter(|failed| !failed.ran.is_same(ran));
        let had = |failed: &Failed| failed.ran.is_same(ran) || holds(ran, &failed.ran);
        self.0.iter().any(had) && others.all(|failed| failed.moved)
    }
}

impl Ran {
    fn is_same(&self, other: &Self) -> bool {
        self.command == other.command && self.directory == other.directory
    }

    /// Without options.
    fn words(&self) -> impl Iterator<Item = &str> {
        let words = self.command.split(|c: char| c.is_whitespace() || c == '\'');
        words.filter(|word| !word.is_empty() && !word.starts_with('-'))
    }
}

/// Whether a run of another command had the tests of the one that failed, as far as can be told: the same runner counted
/// no fewer in the same place, or at the root, and was not pointed at other files. Where the tests that failed were not
/// counted, as when they did not compile, it is the command with nothing added to it.
fn holds(ran: &Ran, failed: &Ran) -> bool {
    let place = ran.directory.is_none() || ran.directory == failed.directory;
    let known = |word: &str| failed.words().any(|other| other.starts_with(word));
    let tests = match failed.counted {
        Some(before) => {
            let is_path =
                |word: &&str| word.contains(['/', '.', ':']) && !word.starts_with("./...");
            let others = ran.words().skip(1).filter(is_path).any(|word| !known(word));
            let as_many = ran.counted.is_some_and(|now| now >= before);
            ran.runner == failed.runner && as_many && !others
        }
        // All of Go's packages.
        None => ran.words().filter(|word| *word != "./...").all(known),
    };
    place && tests
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `pytest -q@web 3`: where it was run, and how many tests it counted.
    fn ran(text: &str) -> Ran {
        let (command, counted) = text.rsplit_once(' ').unwrap();
        let (command, directory) = match command.split_once('@') {
            Some((command, directory)) => (command, Some(directory.to_owned())),
            None => (command, None),
        };
        Ran {
            command: command.to_owned(),
            directory,
            runner: Some("pytest".to_owned()).filter(|_| counted != "?"),
            counted: counted.parse().ok(),
        }
    }

    #[test]
    fn a_pass_is_one_of_what_failed() {
        for (failed, passed, expected) in [
            ("pytest -q 3", "pytest -q 3", true),
            ("pytest -q 3", "pytest -q 1", true),
            ("pytest -q 3", "pytest 3", true),
            ("pytest -q 3", "pytest -q test_ok.py 2", false),
            ("pytest test_a.py 1", "pytest test_ok.py 4", false),
            ("pytest test_a.py 1", "pytest 4", true),
            ("pytest tests/a.py::test_x 1", "pytest tests 4", true),
            ("pytest 3", "pytest --co ?", false),
            ("pytest@web 3", "pytest@api 3", false),
            ("pytest@web 3", "pytest 3", true),
            ("pytest 3", "pytest@web 3", false),
            // It did not compile.
            ("cargo test -p a ?", "cargo test 7", true),
            ("cargo test ?", "cargo test pay 1", false),
            ("go test ./a ?", "go test ./... ?", true),
            ("go test ./a ?", "go test ./b ?", false),
            ("cargo test ?", "pytest 7", false),
            (
                "python -m unittest test_a ?",
                "python -m unittest test_b ?",
                false,
            ),
        ] {
            let mut failing = Failing::default();
            failing.add(ran(failed));
            failing.moved();
            assert_eq!(failing.pass(&ran(passed)), expected, "{failed}: {passed}");
        }
    }

    #[test]
    fn nothing_passes_while_another_command_fails_on_the_same_tree() {
        let mut failing = Failing::default();
        failing.add(ran("pytest test_a.py 1"));
        failing.moved();
        failing.add(ran("pytest -q 3"));
        assert!(!failing.pass(&ran("pytest test_a.py 1")));
        assert!(!failing.pass(&ran("pytest 3")));
        assert!(failing.pass(&ran("pytest -q 3")));
        failing.moved();
        assert!(failing.pass(&ran("pytest test_a.py 1")));
        failing.clear();
        assert!(failing.is_none() && !failing.pass(&ran("pytest -q 3")));
    }
}
