//! What was found out and cannot be found out again: what had changed before a run, in files that hold tests and code. It
//! must not hold more than the host takes: what does not fit is as if it had not been looked at.

use crate::inline::Sides;
use crate::machine::Phase;

/// The first line. Another number: what an older version kept is passed over.
const FORMAT: &str = "tdd-workflow 1";
/// Bytes; the host takes 64 KiB.
const MOST: usize = 60 * 1024;
/// As git shortens ids, and longer: enough to tell the commits of one session apart.
const ID_LENGTH: usize = 16;

/// Of one session. Lines of words and plain lists: every brief loads this component, and pays for each kind of map and
/// format that is in it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Kept {
    /// The phase of the session before, when this one began.
    pub carried: Option<String>,
    /// By the beginning of their id, what commits changed.
    commits: Vec<(String, Sides)>,
    /// By evidence, the same.
    runs: Vec<(String, Sides)>,
    /// By path, the fingerprints of tests and code when they were last run.
    files: Vec<(String, (u64, u64))>,
}

impl Kept {
    /// Lines that are none of ours are passed over.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(bytes).ok()?;
        let mut lines = text.lines();
        if lines.next() != Some(FORMAT) {
            return None;
        }
        let mut kept = Self::default();
        for line in lines {
            let (word, rest) = line.split_once(' ').unwrap_or_default();
            let (first, more) = rest.split_once(' ').unwrap_or((rest, ""));
            match word {
                "carried" => kept.carried = Some(rest.to_owned()),
                "commit" => kept.commits.push((first.to_owned(), sides(more))),
                "run" => kept.runs.push((first.to_owned(), sides(more))),
                "file" => kept.files.extend(file(first, more)),
                _ => {}
            }
        }
        Some(kept)
    }

    pub fn write(mut self) -> Vec<u8> {
        if self.text().len() > MOST {
            self.files.clear();
        }
        if self.text().len() > MOST {
            self.commits.clear();
        }
        self.text().into_bytes()
    }

    fn text(&self) -> String {
        let mut text = FORMAT.to_owned();
        let mut put = |words: &[&str]| {
            text.push('\n');
            text.push_str(&words.join(" "));
        };
        if let Some(phase) = &self.carried {
            put(&["carried", phase]);
        }
        for (id, sides) in &self.commits {
            put(&["commit", id, word(*sides)]);
        }
        for (id, sides) in &self.runs {
            put(&["run", id, word(*sides)]);
        }
        // A path with a line end would be two lines.
        for (path, (tests, code)) in self.files.iter().filter(|(path, _)| !path.contains('\n')) {
            put(&["file", &format!("{tests:x}"), &format!("{code:x}"), path]);
        }
        text
    }

    pub fn carried(&self) -> Option<Phase> {
        Phase::named(self.carried.as_deref()?)
    }

    pub fn commit(&self, id: &str) -> Option<Sides> {
        find(&self.commits, short(id))
    }

    pub fn keep_commit(&mut self, id: &str, found: Sides) {
        self.commits.push((short(id).to_owned(), found));
    }

    pub fn run(&self, id: &str) -> Option<Sides> {
        find(&self.runs, id)
    }

    pub fn keep_run(&mut self, id: &str, found: Sides) {
        self.runs.push((id.to_owned(), found));
    }

    /// The new fingerprints of a file; gives those that it had.
    pub fn keep_file(&mut self, path: &str, prints: (u64, u64)) -> Option<(u64, u64)> {
        let mut files = self.files.iter_mut();
        match files.find(|(known, _)| known == path) {
            Some((_, known)) => Some(std::mem::replace(known, prints)),
            None => {
                self.files.push((path.to_owned(), prints));
                None
            }
        }
    }

    /// Nobody will ask about the others again.
    pub fn retain(&mut self, commits: impl Fn(&str) -> bool, runs: impl Fn(&str) -> bool) {
        self.commits.retain(|(id, _)| commits(id));
        self.runs.retain(|(id, _)| runs(id));
    }
}

fn find(list: &[(String, Sides)], id: &str) -> Option<Sides> {
    let found = list.iter().find(|(known, _)| known == id);
    found.map(|(_, sides)| *sides)
}

fn short(id: &str) -> &str {
    id.get(..ID_LENGTH).unwrap_or(id)
}

fn file(tests: &str, rest: &str) -> Option<(String, (u64, u64))> {
    let (code, path) = rest.split_once(' ')?;
    let print = |word: &str| u64::from_str_radix(word, 16).ok();
    Some((path.to_owned(), (print(tests)?, print(code)?)))
}

fn sides(word: &str) -> Sides {
    Sides {
        tests: word.contains('t'),
        source: word.contains('s'),
    }
}

fn word(sides: Sides) -> &'static str {
    match (sides.tests, sides.source) {
        (true, true) => "ts",
        (true, false) => "t",
        (false, true) => "s",
        (false, false) => "-",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_comes_back_as_it_went_and_forgets_what_is_gone() {
        let tests = Sides {
            tests: true,
            source: false,
        };
        let mut kept = Kept::default();
        kept.keep_commit(&"a".repeat(40), tests);
        kept.keep_commit(&"b".repeat(40), Sides::default());
        kept.keep_run("ev-1", tests);
        kept.carried = Some("RED".to_owned());
        assert_eq!(kept.keep_file("src/a b.rs", (1, 1)), None);
        assert_eq!(kept.keep_file("src/a b.rs", (1, u64::MAX)), Some((1, 1)));
        let written = kept.clone().write();
        let kept = Kept::read(&written).filter(|it| *it == kept).unwrap();
        assert_eq!(kept.carried(), Some(Phase::Red));
        assert_eq!(kept.commit(&"a".repeat(40)), Some(tests));
        assert_eq!(kept.commit(&"b".repeat(40)), Some(Sides::default()));
        assert_eq!((kept.run("ev-1"), kept.run("ev-2")), (Some(tests), None));
        let mut fewer = kept;
        let id = "a".repeat(40);
        fewer.retain(|known| id.starts_with(known), |_| false);
        assert_eq!(fewer.commit(&"b".repeat(40)), None);
        assert_eq!((fewer.commit(&id), fewer.run("ev-1")), (Some(tests), None));
        assert_eq!(Kept::read(b"tdd-workflow 2\nrun ev-1 t"), None);
        let odd = Kept::read(b"tdd-workflow 1\n\nrun\nfile x y z\nnew thing").unwrap();
        assert_eq!(odd, Kept::default());
    }

    #[test]
    fn it_never_grows_beyond_what_the_host_takes() {
        let mut kept = Kept::default();
        for index in 0..3_000_u64 {
            kept.keep_file(&format!("{index}{}", "x".repeat(90)), (index, index));
            kept.keep_commit(&format!("{index:040}"), Sides::default());
        }
        kept.keep_run("ev-1", Sides::default());
        let bytes = kept.write();
        assert!(bytes.len() <= 64 * 1024, "{}", bytes.len());
        assert!(Kept::read(&bytes).unwrap().run("ev-1").is_some());
    }
}
