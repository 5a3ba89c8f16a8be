//! What plugins that use the network said last, so that a brief need not wait for it, and where they never answered, how
//! the last call failed. It must not hand out what was said by another component, under other grants or another
//! configuration, or on another branch.
//!
//! On disk: `<common>/sessions/.store/contributions/<plugin>/<hook>-<branch>.json`, the branch (or the work tree, where HEAD
//! is detached) as the beginning of its sha256. A cache: what cannot be read is as if it had never been said.

use std::io::ErrorKind;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use super::cache::write_whole;
use super::components::bounded;
use super::contribution::{Contribution, Hook};
use super::host_data::HostData;
use super::{engine, private};
use crate::environment::Timestamp;

/// What is asked before it is needed. The other hooks belong to commands that ask themselves.
pub const HOOKS: [Hook; 2] = [Hook::Brief, Hook::Status];

const FORMAT: u32 = 1;
/// Nobody wants to know what a ticket was like then.
const OLDEST: Duration = Duration::from_secs(90 * 24 * 60 * 60);

/// Where the answers are.
#[derive(Debug)]
pub struct Kept {
    /// None: nothing is kept.
    directory: Option<PathBuf>,
}

/// Whose answer, and to what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Key {
    pub plugin: String,
    pub hook: Hook,
    /// sha256 of the component.
    pub digest: String,
    /// What it may reach, and what the configuration asks for.
    pub grants: Vec<String>,
    /// JSON.
    pub configuration: String,
    pub place: Place,
}

/// Where it was asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    Branch(String),
    /// The path of a work tree whose HEAD is detached, in bytes.
    WorkTree(Vec<u8>),
}

#[derive(Debug, Serialize, Deserialize)]
struct File {
    format: u32,
    /// sha256 of the key.
    key: String,
    said_at: Timestamp,
    /// Granted variables that were not set then.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    without: Vec<String>,
    #[serde(flatten)]
    said: Said,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Said {
    Contribution(Contribution),
    /// Nothing: a clause that follows the plugin's name.
    Failure(String),
}

/// A call that gave no answer, where there is no earlier one either.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failed {
    pub at: Timestamp,
    /// A clause that follows the plugin's name.
    pub how: String,
}

/// An earlier answer that was not replaced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    pub said_at: Timestamp,
    /// The granted variables that were set then, and are not now.
    pub with: Vec<String>,
}

impl Kept {
    pub fn at(directory: PathBuf) -> Self {
        Self {
            directory: Some(directory),
        }
    }

    pub fn nowhere() -> Self {
        Self { directory: None }
    }

    /// With the time at which it was said.
    pub fn read(&self, key: &Key) -> Option<Contribution> {
        let file = self.file(key)?;
        match file.said {
            Said::Contribution(contribution) => Some(Contribution {
                plugin: key.plugin.clone(),
                said_at: Some(file.said_at),
                ..contribution
            }),
            Said::Failure(_) => None,
        }
    }

    /// Of one that was asked, and never answered.
    pub fn failed(&self, key: &Key) -> Option<Failed> {
        let file = self.file(key)?;
        match file.said {
            Said::Contribution(_) => None,
            Said::Failure(how) => Some(Failed {
                at: file.said_at,
                how,
            }),
        }
    }

    /// In place of what was said before, unless more was known then: an answer that was given with a granted variable
    /// stands where `without` says that the variable is not set, and is returned. Proposed edits are for now, and not kept.
    pub fn write(
        &self,
        key: &Key,
        contribution: &Contribution,
        without: &[String],
        now: Timestamp,
    ) -> anyhow::Result<Option<Standing>> {
        if let Some(standing) = self.file(key).and_then(|file| file.knew_more(without)) {
            return Ok(Some(standing));
        }
        let contribution = Contribution {
            edits: Vec::new(),
            ..contribution.clone()
        };
        self.put(key, Said::Contribution(contribution), without, now)?;
        Ok(None)
    }

    /// Only where there is no answer, which would be lost.
    pub fn write_failed(&self, key: &Key, failed: Failed) -> anyhow::Result<()> {
        self.put(key, Said::Failure(failed.how), &[], failed.at)
    }

    /// All that a plugin ever said.
    pub fn forget(&self, plugin: &str) -> anyhow::Result<()> {
        let Some(directory) = &self.directory else {
            return Ok(());
        };
        let entries = match std::fs::read_dir(directory) {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        for entry in entries {
            let entry = entry?;
            // Held against what is there, a name leads to no other place.
            if entry.file_name() == plugin {
                std::fs::remove_dir_all(entry.path())?;
            }
        }
        Ok(())
    }

    fn file(&self, key: &Key) -> Option<File> {
        let bytes = bounded(private::open(&self.path(key)?).ok()?).ok()?;
        let file: File = serde_json::from_slice(&bytes).ok()?;
        let is_it = file.format == FORMAT && file.key == key.fingerprint();
        is_it.then_some(file)
    }

    fn put(&self, key: &Key, said: Said, without: &[String], now: Timestamp) -> anyhow::Result<()> {
        let Some(path) = self.path(key) else {
            return Ok(());
        };
        let file = File {
            format: FORMAT,
            key: key.fingerprint(),
            said_at: now,
            without: without.to_vec(),
            said,
        };
        if let Some(directory) = path.parent() {
            std::fs::create_dir_all(directory)?;
            remove_oldest(directory);
        }
        write_whole(&path, &serde_json::to_vec(&file)?)
    }

    fn path(&self, key: &Key) -> Option<PathBuf> {
        let directory = self.directory.as_ref()?;
        let place = engine::digest(key.place.name());
        let name = format!("{}-{}.json", key.hook.name(), &place[..16]);
        Some(directory.join(&key.plugin).join(name))
    }
}

impl File {
    /// As an answer that was given with a variable that is not set now.
    fn knew_more(&self, without: &[String]) -> Option<Standing> {
        let with = without.iter().filter(|name| !self.without.contains(name));
        let with: Vec<String> = with.cloned().collect();
        let is_answer = matches!(self.said, Said::Contribution(_));
        (is_answer && !with.is_empty()).then_some(Standing {
            said_at: self.said_at,
            with,
        })
    }
}

impl Place {
    pub fn of(host: &dyn HostData) -> Self {
        match host.session().branch {
            Some(branch) => Self::Branch(branch),
            None => Self::WorkTree(host.work_tree().as_os_str().as_bytes().to_owned()),
        }
    }

    /// No branch is called as a work tree is: git lets none begin with a slash.
    fn name(&self) -> &[u8] {
        match self {
            Self::Branch(branch) => branch.as_bytes(),
            Self::WorkTree(path) => path,
        }
    }
}

impl Key {
    fn fingerprint(&self) -> String {
        let text = serde_json::to_vec(self).unwrap_or_default();
        engine::digest(&text)
    }
}

/// Branches come and go.
fn remove_oldest(directory: &Path) {
    let Ok(entries) = std::fs::read_dir(directory) else {
        return;
    };
    for entry in entries.flatten() {
        let modified = entry.metadata().and_then(|metadata| metadata.modified());
        let age = modified.map(|modified| SystemTime::now().duration_since(modified));
        if matches!(age, Ok(Ok(age)) if age > OLDEST) {
            // A file that cannot be removed does no harm.
            let _ = std::fs::remove_file(entry.path());
        }
    }
}
