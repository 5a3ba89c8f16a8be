//! Ids as types. An id is never reused, and outlives what it names.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::live::HIGHEST_NUMBER;

/// What stands for the branch in the id of a session on a detached HEAD.
pub const DETACHED: &str = "detached";

/// A session's own id: branch slug, date, four random base-32 characters (`feature-auth-20261122-k3f7`).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct SessionId(String);

/// A checkpoint's id within its session: `cp-1`, `cp-2`, …
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CheckpointId(pub u32);

/// The id of a piece of evidence within its session: `ev-1`, `ev-2`, …
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EvidenceId(pub u32);

impl SessionId {
    /// What a branch's session ids begin with. Another branch may have the same: `feature/a` and `feature-a`.
    pub fn slug(branch: &str) -> String {
        let id = Self::new(branch, chrono::NaiveDate::default(), "");
        id.0.trim_end_matches("-19700101-").to_owned()
    }

    /// `random` are the four characters that keep two clones from making the same id.
    pub fn new(branch: &str, date: chrono::NaiveDate, random: &str) -> Self {
        let mut slug = String::new();
        for character in branch.chars().flat_map(char::to_lowercase) {
            if character.is_ascii_alphanumeric() {
                slug.push(character);
            } else if !slug.ends_with('-') && !slug.is_empty() {
                slug.push('-');
            }
            if slug.len() >= 40 {
                break;
            }
        }
        let slug = slug.trim_end_matches('-');
        let slug = if slug.is_empty() { "branch" } else { slug };
        Self(format!("{slug}-{}-{random}", date.format("%Y%m%d")))
    }

    /// An id that someone typed or a ref name contains; None if it could not be one.
    pub fn parse(text: &str) -> Option<Self> {
        let valid = !text.is_empty()
            && text.len() <= 80
            && text
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
            && !text.starts_with('-');
        valid.then(|| Self(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The ref that holds the record.
    pub fn record_ref(&self) -> String {
        format!("refs/sessions/{}", self.0)
    }
}

/// A file that somebody edited or sent names paths and refs by its id: one that could not be ours makes it damaged.
impl TryFrom<String> for SessionId {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text).ok_or_else(|| format!("not a session id: {text:?}"))
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl CheckpointId {
    pub fn parse(text: &str) -> Option<Self> {
        text.strip_prefix("cp-")
            .unwrap_or(text)
            .parse()
            .ok()
            .filter(|number| *number <= HIGHEST_NUMBER)
            .map(Self)
    }

    /// The local ref that holds the work tree's snapshot.
    pub fn snapshot_ref(self, session: &SessionId) -> String {
        format!("refs/session-snapshots/{session}/{self}")
    }
}

impl EvidenceId {
    pub fn parse(text: &str) -> Option<Self> {
        text.strip_prefix("ev-")?
            .parse()
            .ok()
            .filter(|number| *number <= HIGHEST_NUMBER)
            .map(Self)
    }

    /// `ev-3`, or `ev-3 of feature-auth-20261122-k3f7` where an earlier session of the branch saw it.
    pub fn of(self, session: Option<&SessionId>) -> String {
        match session {
            None => self.to_string(),
            Some(session) => format!("{self} of {session}"),
        }
    }
}

impl fmt::Display for EvidenceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ev-{}", self.0)
    }
}

impl Serialize for EvidenceId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for EvidenceId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text)
            .ok_or_else(|| serde::de::Error::custom(format!("not an evidence id: {text:?}")))
    }
}

impl fmt::Display for CheckpointId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cp-{}", self.0)
    }
}

impl Serialize for CheckpointId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for CheckpointId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text)
            .ok_or_else(|| serde::de::Error::custom(format!("not a checkpoint id: {text:?}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(branch: &str) -> String {
        SessionId::new(
            branch,
            chrono::NaiveDate::from_ymd_opt(2026, 11, 22).unwrap(),
            "k3f7",
        )
        .to_string()
    }

    #[test]
    fn a_session_id_is_a_slug_a_date_and_four_random_characters() {
        assert_eq!(id("feature/auth"), "feature-auth-20261122-k3f7");
        assert_eq!(id("naïve-ü"), "na-ve-20261122-k3f7");
        assert_eq!(id("ü"), "branch-20261122-k3f7");
        assert_eq!(SessionId::slug("feature/auth"), "feature-auth");
        assert_eq!(id(&"x".repeat(300)).len(), 40 + 14);
    }

    #[test]
    fn what_could_leave_the_ref_namespace_is_no_session_id() {
        for text in ["", "../x", "a/b", "A", "-a", "a b", "x.lock"] {
            assert_eq!(SessionId::parse(text), None, "{text}");
            assert!(serde_json::from_value::<SessionId>(text.into()).is_err());
        }
        assert!(SessionId::parse("feature-auth-20261122-k3f7").is_some());
    }
}
