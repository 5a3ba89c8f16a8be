//! Reading the records of `git status --porcelain=v2 --branch -z`. It must not touch the file system.

use anyhow::{Context as _, bail};

use super::ObjectId;
use super::status::{AheadBehind, BlobAt, Change, ChangeKind, Status, SubmoduleState, Upstream};
use crate::path::RepoPath;

/// # Errors
/// A record that cannot be understood; kinds that a later git may add are skipped.
pub(super) fn parse(bytes: &[u8]) -> anyhow::Result<Status> {
    let mut status = Status::default();
    let mut upstream_name = None;
    let mut ahead_behind = None;
    let mut records = bytes.split(|&byte| byte == 0);
    while let Some(record) = records.next() {
        let Some(&kind) = record.first() else {
            continue;
        };
        let change = match kind {
            b'#' => {
                header(record, &mut status, &mut upstream_name, &mut ahead_behind)?;
                continue;
            }
            b'1' => ordinary(record, 8),
            b'2' => {
                let original = records
                    .next()
                    .context("a rename without its original path")?;
                ordinary(record, 9).map(|mut change| {
                    change.original = Some(RepoPath::new(original));
                    change
                })
            }
            b'u' => unmerged(record),
            b'?' => record.get(2..).map(untracked),
            _ => continue,
        };
        let change = change.with_context(|| {
            format!(
                "not a record of `git status`: {}",
                String::from_utf8_lossy(record)
            )
        })?;
        if change.submodule.is_some_and(SubmoduleState::is_dirty) {
            status.submodules.dirty.push(change.path.clone());
        }
        status.changes.push(change);
    }
    status.upstream = upstream_name.map(|name| Upstream { name, ahead_behind });
    Ok(status)
}

fn header(
    record: &[u8],
    status: &mut Status,
    upstream: &mut Option<String>,
    ahead_behind: &mut Option<AheadBehind>,
) -> anyhow::Result<()> {
    let text = String::from_utf8_lossy(record);
    let Some((name, value)) = text.trim_start_matches("# ").split_once(' ') else {
        return Ok(());
    };
    match name {
        "branch.oid" if value != "(initial)" => {
            if value.len() != 40 {
                bail!("`git status` named a HEAD that is no SHA-1 id: {value}");
            }
            status.head = Some(ObjectId::from_str(value).context("failed to read HEAD's id")?);
        }
        "branch.head" if value != "(detached)" => status.branch = Some(value.to_owned()),
        "branch.upstream" => *upstream = Some(value.to_owned()),
        "branch.ab" => {
            *ahead_behind = value.split_once(' ').and_then(|(ahead, behind)| {
                Some(AheadBehind {
                    ahead: ahead.strip_prefix('+')?.parse().ok()?,
                    behind: behind.strip_prefix('-')?.parse().ok()?,
                })
            });
        }
        _ => {}
    }
    Ok(())
}

/// `1 <XY> <sub> <mH> <mI> <mW> <hH> <hI> <path>`; a rename has its score before the path.
fn ordinary(record: &[u8], path_field: usize) -> Option<Change> {
    let fields = fields(record, path_field)?;
    let (staged, unstaged) = kinds(fields[1])?;
    Some(Change {
        path: RepoPath::new(fields[path_field]),
        original: None,
        staged,
        unstaged,
        head: blob_at(fields[3], fields[6])?,
        index: blob_at(fields[4], fields[7])?,
        worktree_mode: mode(fields[5])?,
        submodule: submodule(fields[2]),
        conflict: None,
    })
}

/// `u <XY> <sub> <m1> <m2> <m3> <mW> <h1> <h2> <h3> <path>`
fn unmerged(record: &[u8]) -> Option<Change> {
    let fields = fields(record, 10)?;
    let stages = [
        blob_at(fields[3], fields[7])?,
        blob_at(fields[4], fields[8])?,
        blob_at(fields[5], fields[9])?,
    ];
    Some(Change {
        path: RepoPath::new(fields[10]),
        original: None,
        staged: ChangeKind::Conflicted,
        unstaged: ChangeKind::Conflicted,
        head: None,
        index: None,
        worktree_mode: mode(fields[6])?,
        submodule: submodule(fields[2]),
        conflict: Some(stages),
    })
}

fn untracked(path: &[u8]) -> Change {
    Change {
        path: RepoPath::new(path),
        original: None,
        staged: ChangeKind::Unchanged,
        unstaged: ChangeKind::Untracked,
        head: None,
        index: None,
        worktree_mode: 0,
        submodule: None,
        conflict: None,
    }
}

/// `path_field` fields separated by spaces, and the rest, which is the path and may hold spaces.
fn fields(record: &[u8], path_field: usize) -> Option<Vec<&[u8]>> {
    let fields: Vec<&[u8]> = record
        .splitn(path_field + 1, |&byte| byte == b' ')
        .collect();
    (fields.len() == path_field + 1).then_some(fields)
}

fn kinds(text: &[u8]) -> Option<(ChangeKind, ChangeKind)> {
    let kind = |letter: u8| match letter {
        b'.' => Some(ChangeKind::Unchanged),
        b'M' => Some(ChangeKind::Modified),
        b'T' => Some(ChangeKind::TypeChanged),
        // A rename and a copy are a path that HEAD does not have; `original` says where it came from.
        b'A' | b'R' | b'C' => Some(ChangeKind::Added),
        b'D' => Some(ChangeKind::Deleted),
        _ => None,
    };
    match text {
        [staged, unstaged] => Some((kind(*staged)?, kind(*unstaged)?)),
        _ => None,
    }
}

fn mode(text: &[u8]) -> Option<u32> {
    u32::from_str_radix(std::str::from_utf8(text).ok()?, 8).ok()
}

/// Some(None) where there is nothing: mode 0.
fn blob_at(mode_text: &[u8], id: &[u8]) -> Option<Option<BlobAt>> {
    let mode = mode(mode_text)?;
    let id = ObjectId::from_str(std::str::from_utf8(id).ok()?).ok()?;
    Some((mode != 0).then_some(BlobAt { id, mode }))
}

fn submodule(text: &[u8]) -> Option<SubmoduleState> {
    match text {
        [b'S', commit, modified, untracked] => Some(SubmoduleState {
            commit_changed: *commit == b'C',
            modified: *modified == b'M',
            untracked: *untracked == b'U',
        }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "1111111111111111111111111111111111111111";
    const B: &str = "2222222222222222222222222222222222222222";
    const ZERO: &str = "0000000000000000000000000000000000000000";

    fn parsed(records: &[String]) -> Status {
        parse(records.join("\0").as_bytes()).unwrap()
    }

    #[test]
    fn headers_tell_unborn_detached_and_a_gone_upstream_apart() {
        let unborn = parsed(&["# branch.oid (initial)".into(), "# branch.head main".into()]);
        assert_eq!(
            (unborn.head, unborn.branch.as_deref()),
            (None, Some("main"))
        );
        let detached = parsed(&[
            format!("# branch.oid {A}"),
            "# branch.head (detached)".into(),
        ]);
        assert_eq!((detached.head.is_some(), detached.branch), (true, None));
        let gone = parsed(&["# branch.upstream origin/x".into()]);
        assert_eq!(gone.upstream.unwrap().ahead_behind, None);
        let there = parsed(&[
            "# branch.upstream origin/x".into(),
            "# branch.ab +2 -13".into(),
        ]);
        let expected = Some(AheadBehind {
            ahead: 2,
            behind: 13,
        });
        assert_eq!(there.upstream.unwrap().ahead_behind, expected);
    }

    #[test]
    fn every_kind_of_record_is_read_with_its_path_to_the_letter() {
        let status = parsed(&[
            format!("1 MD N... 100644 100755 000000 {A} {B} a name  with spaces"),
            format!("2 R. N... 100644 100644 100644 {A} {A} R100 new"),
            "old name".into(),
            format!("u AA N... 000000 100644 100644 100644 {ZERO} {A} {B} both\nlines"),
            "? dir/".into(),
            "! ignored".into(),
            format!("1 .M SCMU 160000 160000 160000 {A} {A} sub"),
        ]);
        let paths: Vec<_> = status.changes.iter().map(|c| c.path.to_text()).collect();
        assert_eq!(
            paths,
            ["a name  with spaces", "new", "both\nlines", "dir/", "sub"]
        );
        let first = &status.changes[0];
        assert_eq!(
            (first.staged, first.unstaged),
            (ChangeKind::Modified, ChangeKind::Deleted)
        );
        assert_eq!(
            (first.index.unwrap().mode, first.worktree_mode),
            (0o100_755, 0)
        );
        assert_eq!(status.changes[1].original, Some(RepoPath::from("old name")));
        let stages = status.changes[2].conflict.unwrap();
        assert_eq!(stages.map(|stage| stage.is_some()), [false, true, true]);
        let sub = status.changes[4].submodule.unwrap();
        assert!(sub.commit_changed && sub.modified && sub.untracked);
        assert_eq!(status.submodules.dirty, ["sub".into()]);
    }

    #[test]
    fn what_changed_inside_a_submodule_is_no_change_of_a_snapshot() {
        let mut status = parsed(&[
            format!("1 .M S.M. 160000 160000 160000 {A} {A} inside"),
            format!("1 .M SC.U 160000 160000 160000 {A} {A} moved"),
            format!("1 M. S... 160000 160000 160000 {A} {B} staged"),
            format!("1 MM S.M. 160000 160000 160000 {A} {B} both"),
        ]);
        status.list_submodules_by_commit();
        let paths: Vec<_> = status.changes.iter().map(|c| c.path.to_text()).collect();
        assert_eq!(paths, ["moved", "staged", "both"]);
        assert_eq!(status.changes[2].unstaged, ChangeKind::Unchanged);
        let dirty: Vec<_> = status.submodules.dirty.iter().collect();
        assert_eq!(
            dirty,
            [&"inside".into(), &"moved".into(), &"both".into()] as [&RepoPath; 3]
        );
    }

    #[test]
    fn a_record_that_makes_no_sense_is_an_error_and_not_a_missing_change() {
        assert!(parse(b"1 M. N... 100644\0").is_err());
        assert!(parse(format!("1 ?? N... 0 0 0 {A} {A} x").as_bytes()).is_err());
    }
}
