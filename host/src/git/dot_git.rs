//! Names that git takes for `.git` because some file system does, and therefore neither adds, commits nor checks out. It
//! must not look at files: what a directory really is, `directory` tells.

use super::Repository;

/// Whose reading of a name counts, as `core.protectNTFS` and `core.protectHFS` say.
#[derive(Debug, Clone, Copy)]
pub struct Protection {
    ntfs: bool,
    hfs: bool,
}

impl Protection {
    /// For what is nobody's but git's on any machine that the repository is cloned to.
    pub const FULL: Self = Self {
        ntfs: true,
        hfs: true,
    };

    /// What git itself minds in this repository.
    pub fn of(repository: &Repository) -> Self {
        let hfs_is_usual = cfg!(target_os = "macos");
        Self {
            ntfs: repository.config_bool("core.protectNTFS") != Some(false),
            hfs: repository
                .config_bool("core.protectHFS")
                .unwrap_or(hfs_is_usual),
        }
    }

    /// Whether a path has a name in it that is taken for `.git`.
    pub fn forbids(self, path: &[u8]) -> bool {
        path.split(|byte| *byte == b'/').any(|name| {
            name.eq_ignore_ascii_case(b".git")
                || self.hfs && is_dot_git_on_hfs(name)
                // Git minds a backslash here, as the file system does.
                || self.ntfs && name.split(|byte| *byte == b'\\').any(is_dot_git_on_ntfs)
        })
    }
}

/// `.git`, or the short name that it gets there, followed by nothing that counts: blanks and dots at the end, or a stream.
fn is_dot_git_on_ntfs(name: &[u8]) -> bool {
    let behind = [&b".git"[..], b"git~1"].into_iter().find_map(|taken| {
        let (start, behind) = name.split_at_checked(taken.len())?;
        start.eq_ignore_ascii_case(taken).then_some(behind)
    });
    let Some(behind) = behind else {
        return false;
    };
    let mut counts = behind.iter().skip_while(|byte| b" .".contains(byte));
    matches!(counts.next(), None | Some(b':'))
}

/// `.git` among characters that count for nothing there.
fn is_dot_git_on_hfs(name: &[u8]) -> bool {
    let is_ignored = |letter: &char| matches!(letter, '\u{200c}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{206a}'..='\u{206f}' | '\u{feff}');
    let Ok(name) = std::str::from_utf8(name) else {
        return false;
    };
    let counted: String = name.chars().filter(|letter| !is_ignored(letter)).collect();
    counted.eq_ignore_ascii_case(".git")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::testing::TestRepository;

    const ALIKE: [&str; 18] = [
        ".git",
        ".GIT",
        ".git ",
        ".git.",
        ".git. . ",
        ".git::$DATA",
        ".git . :x",
        "git~1",
        "GIT~1",
        "git~1 ",
        "git~1.:x",
        "a\\git~1",
        ".git\\x",
        ".g\u{200c}it",
        "\u{feff}.git",
        ".gi\u{206f}t\u{200f}",
        ".git\u{202a}",
        ".g\u{202e}IT",
    ];
    const OTHERS: [&str; 14] = [
        "git",
        "a.git",
        ".gitignore",
        ".github",
        ".gitx",
        ".git x",
        ".git~1",
        "git~2",
        "git~10",
        "git~1x",
        " .git",
        ".g\u{200b}it",
        "a:.git",
        "\u{200c}git~1",
    ];

    #[test]
    fn a_name_is_taken_for_dot_git_wherever_it_stands() {
        for name in ALIKE {
            for path in [name, &format!("a/{name}"), &format!("a/{name}/config")] {
                assert!(Protection::FULL.forbids(path.as_bytes()), "{path:?}");
            }
        }
        for name in OTHERS {
            assert!(!Protection::FULL.forbids(name.as_bytes()), "{name:?}");
        }
        assert!(!Protection::FULL.forbids(b".g\xffit"));
    }

    /// Git is asked: it adds what is not forbidden, and nothing else.
    #[test]
    fn the_rules_are_gits_own() {
        let test = TestRepository::new();
        for (ntfs, hfs) in [(true, true), (true, false), (false, true), (false, false)] {
            test.git(&["config", "core.protectNTFS", &ntfs.to_string()]);
            test.git(&["config", "core.protectHFS", &hfs.to_string()]);
            let protection = Protection::of(&test.open());
            let blob = test.git(&["hash-object", "-w", "--stdin"]);
            for name in ALIKE.iter().chain(&OTHERS) {
                let entry = format!("100644,{},x/{name}", blob.trim());
                let add = ["update-index", "--add", "--cacheinfo", &entry];
                let added = test.open().git().args(add).try_output().unwrap();
                assert_eq!(
                    protection.forbids(name.as_bytes()),
                    !added.status.success(),
                    "{name:?} with NTFS {ntfs}, HFS {hfs}"
                );
            }
        }
    }
}
