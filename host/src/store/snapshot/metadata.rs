//! What a snapshot's trees cannot say, as the last line of its commit message. It must not read objects or files.

use anyhow::Context as _;
use serde::{Deserialize, Serialize};

use crate::git::ObjectId;
use crate::git::status::BlobAt;
use crate::path::RepoPath;

/// The version that this program writes. An older one is read; a newer one is refused.
pub const SNAPSHOT_FORMAT: u32 = 1;

const PREFIX: &str = "session-snapshot: ";

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Metadata {
    pub format: u32,
    /// HEAD's id, hexadecimal; None on an unborn branch.
    pub head: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub omitted: Vec<RepoPath>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conflicts: Vec<Conflict>,
    /// Paths that `git add --intent-to-add` announced: in the index without content.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub intent_to_add: Vec<RepoPath>,
    /// Paths whose entry equals HEAD's and yet holds the file's own bytes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub raw: Vec<RepoPath>,
    /// The permission bits of files that git would not have made so, whatever the umask: private ones above all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub permissions: Vec<(RepoPath, u32)>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conflict {
    pub path: RepoPath,
    /// The common ancestor, ours and theirs.
    pub stages: [Option<Stage>; 3],
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stage {
    pub id: String,
    pub mode: u32,
}

impl Metadata {
    /// The message of the snapshot's commit.
    pub fn to_message(&self, summary: &str) -> anyhow::Result<String> {
        let json =
            serde_json::to_string(self).context("failed to write the snapshot's metadata")?;
        Ok(format!("{}\n\n{PREFIX}{json}\n", summary.trim_end()))
    }

    pub fn from_message(message: &str) -> anyhow::Result<Self> {
        let json = message
            .lines()
            .rev()
            .find_map(|line| line.strip_prefix(PREFIX))
            .context("its message has no snapshot metadata")?;
        #[derive(Deserialize)]
        struct Version {
            format: u32,
        }
        let version: Version = serde_json::from_str(json).context("its metadata is damaged")?;
        anyhow::ensure!(
            version.format <= SNAPSHOT_FORMAT,
            "it was made by a newer `session` (snapshot format {})",
            version.format
        );
        serde_json::from_str(json).context("its metadata is damaged")
    }
}

impl From<BlobAt> for Stage {
    fn from(blob: BlobAt) -> Self {
        Self {
            id: blob.id.to_string(),
            mode: blob.mode,
        }
    }
}

impl Stage {
    /// None when the id is no object id.
    pub fn blob(&self) -> Option<BlobAt> {
        let id = ObjectId::from_str(&self.id).ok()?;
        Some(BlobAt {
            id,
            mode: self.mode,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_survives_the_message_and_a_newer_format_is_refused() {
        let metadata = Metadata {
            format: SNAPSHOT_FORMAT,
            head: Some("1".repeat(40)),
            omitted: vec![RepoPath::new(b"caf\xe9\nx".to_vec())],
            conflicts: vec![Conflict {
                path: RepoPath::from("both"),
                stages: [
                    None,
                    Some(Stage {
                        id: "2".repeat(40),
                        mode: 0o100_644,
                    }),
                    None,
                ],
            }],
            intent_to_add: vec![RepoPath::from("later")],
            raw: Vec::new(),
            permissions: vec![(RepoPath::from("key"), 0o600)],
        };
        let message = metadata.to_message("cp-1: a label").unwrap();
        assert_eq!(message.lines().next(), Some("cp-1: a label"));
        assert_eq!(Metadata::from_message(&message).unwrap(), metadata);
        let newer = message.replace("\"format\":1", "\"format\":2");
        assert!(
            Metadata::from_message(&newer)
                .unwrap_err()
                .to_string()
                .contains("newer")
        );
        assert!(Metadata::from_message("fix: something\n").is_err());
    }
}
