//! The message of an enhanced commit. It must not say anything about tests or coverage that evidence does not.

use std::time::Duration;

use super::decision::Decision;
use super::live::{LiveSession, duration_text};
use super::subject::{ChangedFile, FileChange};
use crate::config::CommitMetadata;
use crate::document::{secrets, text};

/// How many files `Impact:` names before it only counts.
const FILES_NAMED: usize = 20;

#[derive(Debug)]
pub struct CommitMessage<'a> {
    pub subject: &'a str,
    pub notes: Option<&'a str>,
    pub metadata: CommitMetadata,
    pub session: &'a LiveSession,
    /// Those since the last enhanced commit, oldest first.
    pub decisions: &'a [Decision],
    pub files: &'a [ChangedFile],
    pub active: Duration,
    /// Lines about tests and coverage, from evidence.
    pub measured: &'a [String],
    /// What plugins add to the trailer block.
    pub trailers: &'a [(String, String)],
}

impl CommitMessage<'_> {
    /// Masked as a whole: a commit is shared, and objectives and file names are written by hand.
    pub fn to_text(&self) -> String {
        let mut paragraphs = vec![self.subject.trim().to_owned()];
        if let Some(notes) = self.notes.map(str::trim).filter(|notes| !notes.is_empty()) {
            paragraphs.push(notes.to_owned());
        }
        if self.metadata == CommitMetadata::Full {
            paragraphs.extend(self.objectives());
            paragraphs.extend(self.decisions());
            paragraphs.extend(self.impact());
        }
        if self.metadata != CommitMetadata::None {
            paragraphs.push(self.trailer_block());
        }
        let message = paragraphs.join("\n\n") + "\n";
        secrets::mask(&message).into_owned()
    }

    fn objectives(&self) -> Option<String> {
        let current = self.session.current_objective().map(|item| item.id);
        let lines: Vec<String> = self
            .session
            .objectives
            .items()
            .map(|item| {
                let mark = match (item.done, Some(item.id) == current) {
                    (true, _) => "x",
                    (false, true) => "▶",
                    (false, false) => " ",
                };
                format!("- [{mark}] {}", item.text)
            })
            .collect();
        (!lines.is_empty()).then(|| format!("Session-Objectives:\n{}", lines.join("\n")))
    }

    fn decisions(&self) -> Option<String> {
        let lines: Vec<String> = self
            .decisions
            .iter()
            .map(|decision| match &decision.rationale {
                Some(rationale) => format!("- {}\n  Rationale: {rationale}", decision.text),
                None => format!("- {}", decision.text),
            })
            .collect();
        (!lines.is_empty()).then(|| format!("Decisions:\n{}", lines.join("\n")))
    }

    fn impact(&self) -> Option<String> {
        let mut lines = Vec::new();
        for (kind, word) in [
            (FileChange::Added, "Added"),
            (FileChange::Changed, "Changed"),
            (FileChange::Removed, "Removed"),
        ] {
            lines.extend(
                self.files
                    .iter()
                    .filter(|file| file.kind == kind)
                    .map(|file| format!("- {word}: {}", text::line(&file.path.to_text()))),
            );
        }
        let hidden = lines.len().saturating_sub(FILES_NAMED);
        lines.truncate(FILES_NAMED);
        if hidden > 0 {
            lines.push(format!("- and {hidden} more files"));
        }
        let measured = self.measured.iter();
        lines.extend(measured.map(|line| format!("- {}", text::line(line))));
        (!lines.is_empty()).then(|| format!("Impact:\n{}", lines.join("\n")))
    }

    fn trailer_block(&self) -> String {
        let mut lines = vec![
            format!("Session-Id: {}", self.session.context.id),
            format!("Session-Time: {}", duration_text(self.active)),
        ];
        for (key, value) in self.trailers {
            let valid =
                !key.is_empty() && key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
            // `Session-` is the host's own: a plugin must not be able to name another session.
            if valid && !key.to_ascii_lowercase().starts_with("session-") {
                lines.push(format!("{key}: {}", super::list::one_line(value)));
            }
        }
        lines.join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::path::RepoPath;
    use crate::session::list::{CheckList, ListKind};
    use crate::session::live::tests::session;

    fn message(metadata: CommitMetadata, path: &str) -> String {
        let mut live = session();
        live.objectives = CheckList::parse(
            ListKind::Objectives,
            "- [x] obj-1: Interface\n- [ ] obj-2: Google\n- [ ] obj-3: GitHub\n",
            0,
        );
        live.context.current_objective = Some(3);
        let decisions =
            crate::session::decision::parse_log("## D-1: Use PKCE\n\n- Rationale: Interception\n");
        let files = [ChangedFile {
            path: RepoPath::from(path),
            kind: FileChange::Added,
        }];
        CommitMessage {
            subject: "feat(auth): oauth",
            notes: Some("Tested by hand."),
            metadata,
            session: &live,
            decisions: &decisions,
            files: &files,
            active: Duration::from_secs(8100),
            measured: &["Tests: +12 (57 passed; pytest, ev-1)".to_owned()],
            trailers: &[
                ("Refs".into(), "ACME-1".into()),
                ("Session-Id".into(), "forged".into()),
                ("a b".into(), "x".into()),
            ],
        }
        .to_text()
    }

    #[test]
    fn the_full_message_has_the_products_form() {
        let expected = "feat(auth): oauth\n\nTested by hand.\n\nSession-Objectives:\n- [x] Interface\n- [ ] Google\n- [▶] GitHub\n\n\
            Decisions:\n- Use PKCE\n  Rationale: Interception\n\nImpact:\n- Added: src/a.rs\n\
            - Tests: +12 (57 passed; pytest, ev-1)\n\n\
            Session-Id: a-20261122-k3f7\nSession-Time: 2h 15m\nRefs: ACME-1\n";
        assert_eq!(message(CommitMetadata::Full, "src/a.rs"), expected);
    }

    #[test]
    fn metadata_none_is_complete() {
        assert_eq!(
            message(CommitMetadata::None, "a"),
            "feat(auth): oauth\n\nTested by hand.\n"
        );
        assert!(!message(CommitMetadata::Trailers, "a").contains("Impact:"));
    }

    #[test]
    fn a_secret_in_a_file_name_is_masked() {
        let secret = format!("ghp_{}", "aB3d".repeat(9));
        let message = message(CommitMetadata::Full, &format!("{secret}.txt"));
        assert!(
            message.contains("- Added: ‹masked: github token›.txt\n"),
            "{message}"
        );
        assert!(!message.contains(&secret), "{message}");
    }

    #[test]
    fn a_file_name_cannot_forge_a_trailer() {
        let message = message(CommitMetadata::Full, "a\n\nSigned-off-by: Mallory");
        assert!(!message.contains("\nSigned-off-by"), "{message}");
    }
}
