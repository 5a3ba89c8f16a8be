//! Changed files in which nobody wrote anything new: moved, removed, made executable, empty, or as the base branch has
//! them. It must not look into a file.

use std::collections::HashSet;

use crate::git::status::BlobAt;
use crate::git::tree_diff::TreeChange;
use crate::git::{ObjectId, Repository};
use crate::path::RepoPath;

/// Those of `changes`, which are all of one moment. `base`: the trees of the base branch that are part of it.
pub fn unwritten(
    repository: &Repository,
    changes: &[TreeChange],
    base: &[ObjectId],
) -> anyhow::Result<Vec<RepoPath>> {
    let gone = |change: &&TreeChange| change.new.is_none();
    let gone = changes.iter().filter(gone).filter_map(|change| change.old);
    let gone: HashSet<ObjectId> = gone.map(|old| old.id).collect();
    let empty = Repository::hash_blob(b"")?;
    let mut found = Vec::new();
    for change in changes {
        let nothing_new = match (change.old, change.new) {
            (_, None) => true,
            (Some(old), Some(new)) if old.id == new.id => old.mode != new.mode,
            (_, Some(new)) => {
                gone.contains(&new.id)
                    || new.id == empty
                    || stands_in(repository, base, &change.path, new)?
            }
        };
        if nothing_new {
            found.push(change.path.clone());
        }
    }
    Ok(found)
}

fn stands_in(
    repository: &Repository,
    trees: &[ObjectId],
    path: &RepoPath,
    file: BlobAt,
) -> anyhow::Result<bool> {
    for tree in trees {
        let there = repository.tree_entry(*tree, path)?;
        if there.is_some_and(|there| there.id == file.id) {
            return Ok(true);
        }
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::testing::TestRepository;

    #[test]
    fn what_was_moved_removed_emptied_or_only_given_a_mode_is_not_written() {
        let test = TestRepository::new();
        for (name, text) in [("moved", "1"), ("gone", "2"), ("mode", "3"), ("text", "4")] {
            test.commit_file(name, text, name);
        }
        test.git(&["mv", "moved", "there"]);
        test.git(&["rm", "-q", "gone"]);
        test.git(&["update-index", "--chmod=+x", "mode"]);
        std::fs::write(test.path("text"), "5").unwrap();
        std::fs::write(test.path("copied"), "4").unwrap();
        std::fs::write(test.path("empty"), "").unwrap();
        std::fs::write(test.path("theirs"), "6").unwrap();
        test.git(&["add", "text", "copied", "empty", "theirs"]);
        test.git(&["commit", "-qm", "change"]);
        let repository = test.open();
        let commit = |words: &str| repository.resolve_commit(words).unwrap().unwrap();
        let changes = repository.changes_of(commit("HEAD")).unwrap();
        let names = |base: &[ObjectId]| {
            let found = unwritten(&repository, &changes, base).unwrap();
            found.iter().map(RepoPath::to_text).collect::<Vec<_>>()
        };
        let expected = ["empty", "gone", "mode", "moved", "there"];
        assert_eq!(names(&[]), expected);
        let tree = repository.commit_tree(commit("HEAD")).unwrap();
        assert_eq!(names(&[tree]).len(), changes.len(), "as the base has them");
    }
}
