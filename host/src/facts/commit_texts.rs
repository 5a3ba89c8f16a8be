//! What the commits of a session did to text files, with their text. It must not decide what that means, nor who may read
//! it: the paths are filtered before anything is read.

use crate::git::blobs::BlobBytes;
use crate::git::commits::Commit;
use crate::git::status::BlobAt;
use crate::git::text_diff::line_changes;
use crate::git::tree_diff::TreeChange;
use crate::git::{ObjectId, Repository};
use crate::path::RepoPath;
use crate::plugin::host_data::{ChangedText, CommitTexts};

/// Bytes. Larger files are left out.
const LARGEST: u64 = 256 * 1024;

/// A plugin that may read files may read those of this session's commits, and not of all history.
pub fn commit_among(commits: &[Commit], id: &str) -> Option<ObjectId> {
    let id = id.parse().ok()?;
    commits.iter().any(|commit| commit.id == id).then_some(id)
}

/// Against the commit's parent. `room` is for the texts of all files together; an error of `go_on` ends it.
pub fn commit_texts(
    repository: &Repository,
    commit: ObjectId,
    wanted: &dyn Fn(&RepoPath) -> bool,
    mut room: usize,
    go_on: &dyn Fn() -> anyhow::Result<()>,
) -> anyhow::Result<CommitTexts> {
    let mut texts = CommitTexts::default();
    for change in repository.changes_of(commit)? {
        go_on()?;
        // A mode that changed is no change of the text.
        let same = |(old, new): (BlobAt, BlobAt)| old.id == new.id;
        if change.new.is_none() || change.old.zip(change.new).is_some_and(same) {
            continue;
        }
        match wanted(&change.path).then(|| read(repository, change, room)) {
            Some(Some(text)) => {
                room = room.saturating_sub(text.text.len());
                texts.files.push(text);
            }
            // What the caller does not want is not missing.
            None => {}
            Some(None) => texts.partial = true,
        }
    }
    Ok(texts)
}

/// None for what is no text file, is too large, or is not in this clone.
fn read(repository: &Repository, change: TreeChange, room: usize) -> Option<ChangedText> {
    let bytes = |side: Option<BlobAt>| match side {
        None => Some(Vec::new()),
        Some(file) if is_regular(file) => match repository.read_blob(file.id, LARGEST) {
            Ok(BlobBytes::Read(bytes)) => Some(bytes),
            _ => None,
        },
        Some(_) => None,
    };
    let new = bytes(change.new).filter(|bytes| bytes.len() <= room)?;
    // A link that became a file is all new.
    let old = bytes(change.old.filter(|file| is_regular(*file)))?;
    Some(ChangedText {
        changes: line_changes(&old, &new)?,
        text: String::from_utf8_lossy(&new).into_owned(),
        path: change.path,
    })
}

fn is_regular(file: BlobAt) -> bool {
    file.mode & 0o170_000 == 0o100_000
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::testing::TestRepository;
    use crate::git::text_diff::LineChange;

    fn texts(
        test: &TestRepository,
        wanted: &dyn Fn(&RepoPath) -> bool,
        room: usize,
    ) -> CommitTexts {
        let repository = test.open();
        let head = repository.head_commit().unwrap().unwrap();
        commit_texts(&repository, head, wanted, room, &|| Ok(())).unwrap()
    }

    #[test]
    fn what_a_commit_did_is_told_with_the_text_it_left() {
        let test = TestRepository::new();
        test.commit_file("a.rs", "one\ntwo\n", "one");
        test.commit_file("a.rs", "one\n2\nthree\n", "two");
        let all = texts(&test, &|_| true, 100);
        let [file] = &all.files[..] else {
            panic!("{all:?}");
        };
        assert_eq!(file.text, "one\n2\nthree\n");
        let change = LineChange {
            first: 2,
            added: 2,
            removed: 1,
        };
        assert_eq!((&file.changes[..], all.partial), (&[change][..], false));
    }

    #[test]
    fn what_is_not_told_is_said_to_be_missing_unless_nobody_wanted_it() {
        let test = TestRepository::new();
        test.commit_file("a.rs", "one\n", "one");
        let told = |wanted: bool, room| {
            let texts = texts(&test, &|_| wanted, room);
            (texts.files.len(), texts.partial)
        };
        assert_eq!(told(true, 4), (1, false));
        assert_eq!(told(true, 3), (0, true));
        assert_eq!(told(false, 4), (0, false));
        test.commit_file("b", "\0", "binary");
        assert_eq!(told(true, 100), (0, true));
        test.git(&["rm", "-q", "a.rs"]);
        test.git(&["commit", "-q", "-m", "gone"]);
        assert_eq!(told(true, 100), (0, false));
    }

    #[test]
    fn commits_of_other_sessions_are_not_looked_into() {
        let test = TestRepository::new();
        for name in ["a", "b"] {
            test.commit_file(name, name, name);
        }
        let repository = test.open();
        let head = repository.head_commit().unwrap().unwrap();
        let [before] = repository.commit_parents(head).unwrap()[..] else {
            panic!("one parent");
        };
        let session = repository.commits(head, &[before], 10).unwrap().list;
        assert_eq!(commit_among(&session, &head.to_string()), Some(head));
        for other in [before.to_string(), "HEAD".to_owned(), String::new()] {
            assert_eq!(commit_among(&session, &other), None, "{other}");
        }
    }
}
