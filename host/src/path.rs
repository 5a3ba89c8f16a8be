//! A path inside the repository, as git has it: bytes with `/` separators. It must not touch the file system.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A path relative to the root of the work tree. Git's paths are bytes, and so are these: a name that is not
/// UTF-8 is kept exactly and only *shown* with replacement characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct RepoPath(Vec<u8>);

impl RepoPath {
    pub fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Self(bytes.into())
    }

    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    pub fn as_str(&self) -> Option<&str> {
        std::str::from_utf8(&self.0).ok()
    }

    /// For people: invalid bytes become replacement characters. Control characters are left to `document::text`.
    pub fn to_text(&self) -> String {
        String::from_utf8_lossy(&self.0).into_owned()
    }

    /// For the file system, below the root of the work tree.
    pub fn to_path(&self) -> PathBuf {
        PathBuf::from(OsStr::from_bytes(&self.0))
    }

    /// The directory it is in; the root is the empty path.
    pub fn parent(&self) -> RepoPath {
        match self.0.iter().rposition(|&b| b == b'/') {
            Some(at) => RepoPath(self.0[..at].to_vec()),
            None => RepoPath::default(),
        }
    }

    pub fn file_name(&self) -> &[u8] {
        match self.0.iter().rposition(|&b| b == b'/') {
            Some(at) => &self.0[at + 1..],
            None => &self.0,
        }
    }

    /// Whether it is `directory` or lies below it. Everything lies below the root.
    pub fn is_within(&self, directory: &RepoPath) -> bool {
        directory.0.is_empty()
            || self.0 == directory.0
            || (self.0.starts_with(&directory.0) && self.0.get(directory.0.len()) == Some(&b'/'))
    }
}

impl From<&str> for RepoPath {
    fn from(text: &str) -> Self {
        Self(text.as_bytes().to_vec())
    }
}

/// `"src/a.rs"`, or `{"path": "caf\u{fffd}", "path_bytes": "<base64>"}` when it is not UTF-8.
impl Serialize for RepoPath {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if let Some(text) = self.as_str() {
            return serializer.serialize_str(text);
        }
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry("path", &self.to_text())?;
        map.serialize_entry("path_bytes", &data_encoding::BASE64.encode(&self.0))?;
        map.end()
    }
}

/// For `#[serde(flatten, with = "path::fields")]`: the path is the value's own `path`, with `path_bytes` beside it when
/// it is not UTF-8.
pub mod fields {
    use super::{Deserialize, Deserializer, RepoPath, Serialize, Serializer};

    #[derive(Serialize, Deserialize)]
    struct Fields {
        path: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        path_bytes: Option<String>,
    }

    pub fn serialize<S: Serializer>(path: &RepoPath, serializer: S) -> Result<S::Ok, S::Error> {
        let encoded = || data_encoding::BASE64.encode(path.as_bytes());
        let fields = Fields {
            path: path.to_text(),
            path_bytes: path.as_str().is_none().then(encoded),
        };
        fields.serialize(serializer)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<RepoPath, D::Error> {
        let fields = Fields::deserialize(deserializer)?;
        match fields.path_bytes {
            None => Ok(RepoPath(fields.path.into_bytes())),
            Some(encoded) => data_encoding::BASE64
                .decode(encoded.as_bytes())
                .map(RepoPath)
                .map_err(serde::de::Error::custom),
        }
    }
}

impl<'de> Deserialize<'de> for RepoPath {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Form {
            Text(String),
            Bytes { path_bytes: String },
        }
        match Form::deserialize(deserializer)? {
            Form::Text(text) => Ok(Self(text.into_bytes())),
            Form::Bytes { path_bytes } => data_encoding::BASE64
                .decode(path_bytes.as_bytes())
                .map(Self)
                .map_err(serde::de::Error::custom),
        }
    }
}
