//! What this user agreed to, kept outside of every repository. It must not take anything for agreed that differs in a
//! single point from what the user was shown.
//!
//! On disk: `<data>/consent/<key>.json`, in a directory that is 0700 and ours. `key` is the sha256 of the repository's
//! canonical common directory: linked worktrees share it, another clone has its own. In the file stands a name that the
//! clone was given, too: another clone that takes its place at the same path has not been agreed to anything in. A copy of
//! its directory has that name as well, and is the same repository there.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde::{Deserialize, Serialize};

use super::manifest::Manifest;
use super::terms::Terms;
use super::{engine, private};
use crate::environment::{self, Timestamp};
use crate::error::user_error;
use crate::store::layout::Layout;
use crate::store::{durable, lock};

const VERSION: u32 = 1;

/// Bytes. Far more than a repository's plugins need, whatever their manifests say.
const LARGEST: usize = 1024 * 1024;

/// By the plugin's name.
pub type Agreements = BTreeMap<String, Agreement>;

/// What was agreed about one plugin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agreement {
    pub terms: Terms,
    /// The component's own manifest: with it a command knows the plugin's hooks and grants without its bytes.
    pub manifest: Option<Manifest>,
    pub agreed_at: Timestamp,
}

/// The consents of one repository.
#[derive(Debug)]
pub struct Consent {
    directory: PathBuf,
    file: PathBuf,
    repository: PathBuf,
    /// A file of the repository.
    clone: PathBuf,
}

#[derive(Debug, Serialize, Deserialize)]
struct Stored {
    version: u32,
    /// None where an earlier version wrote it.
    #[serde(default)]
    clone: Option<String>,
    /// For people who look into the file.
    repository: String,
    plugins: Agreements,
}

/// The components that are agreed to in any of the user's repositories. An error where one agreement cannot be read:
/// then nobody knows.
pub fn components(base: &Path) -> anyhow::Result<BTreeSet<String>> {
    let directory = private::directory(base, "consent")?;
    let mut components = BTreeSet::new();
    for entry in std::fs::read_dir(&directory)? {
        let file = entry?.path();
        if file
            .extension()
            .is_some_and(|extension| extension == "json")
        {
            let stored = read(&file)?;
            let agreements = stored.into_iter().flat_map(|stored| stored.plugins);
            components.extend(agreements.map(|(_, agreement)| agreement.terms.component));
        }
    }
    Ok(components)
}

/// What was written into a file of consents; None where there is none.
fn read(path: &Path) -> anyhow::Result<Option<Stored>> {
    let file = match private::open(path) {
        Ok(file) => file,
        Err(error) if is_not_found(&error) => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut text = String::new();
    file.take(LARGEST as u64 + 1).read_to_string(&mut text)?;
    if text.len() > LARGEST {
        let cause = "it is larger than anything that is written there";
        return Err(damaged(path, &cause));
    }
    #[derive(Deserialize)]
    struct Versioned {
        version: u32,
    }
    let stored = serde_json::from_str(&text).and_then(|Versioned { version }| {
        if version == 0 {
            return Err(serde::de::Error::custom("there is no version 0 of it"));
        }
        (version <= VERSION)
            .then(|| serde_json::from_str::<Stored>(&text))
            .transpose()
    });
    match stored {
        Ok(Some(stored)) => Ok(Some(stored)),
        Ok(None) => Err(user_error(
            format!(
                "{} was written by a newer version of `session`",
                path.display()
            ),
            "use that version; the file is left as it is",
        )),
        Err(error) => Err(damaged(path, &error)),
    }
}

fn damaged(path: &Path, cause: &dyn std::fmt::Display) -> anyhow::Error {
    user_error(
        format!("{} is damaged: {cause}", path.display()),
        "move it somewhere else, then agree again with `session plugin trust`",
    )
}

impl Consent {
    /// `base` is the program's data directory.
    pub fn of(base: Option<&Path>, common_dir: &Path) -> anyhow::Result<Self> {
        let base = private::data_dir(base)?;
        let directory = private::directory(base, "consent")?;
        let repository = common_dir
            .canonicalize()
            .with_context(|| format!("{} cannot be found", common_dir.display()))?;
        let key = engine::digest(repository.as_os_str().as_bytes());
        Ok(Self {
            file: directory.join(format!("{key}.json")),
            clone: Layout::new(&repository).clone_name(),
            directory,
            repository,
        })
    }

    /// What was agreed for this repository.
    pub fn read(&self) -> anyhow::Result<Agreements> {
        Ok(match read(&self.file)? {
            Some(stored) if stored.clone.is_some() && stored.clone == self.clone_name() => {
                stored.plugins
            }
            // None, or it was another one's, which is gone; or nobody knows whose, as in files of before there were names.
            _ => Agreements::new(),
        })
    }

    /// Notes what the user agreed to; it is on the disk when this returns.
    pub fn agree(&self, plugin: &str, agreement: Agreement) -> anyhow::Result<()> {
        self.change(|agreements| {
            agreements.insert(plugin.to_owned(), agreement);
            true
        })?;
        Ok(())
    }

    /// Withdraws; false if nothing was agreed.
    pub fn revoke(&self, plugin: &str) -> anyhow::Result<bool> {
        self.change(|agreements| agreements.remove(plugin).is_some())
    }

    /// Reads, changes and writes back under a lock; whether anything was changed.
    fn change(&self, change: impl FnOnce(&mut Agreements) -> bool) -> anyhow::Result<bool> {
        let busy = || {
            user_error(
                "another `session` command has been writing what you agreed to for 30 seconds",
                "wait for it to end, or stop it, then run this command again; nothing was changed",
            )
        };
        let path = self.directory.join("lock");
        let _lock = lock::acquire_file(&path, busy, private::unwritable)?;
        durable::sweep(&self.directory);
        let mut plugins = self.read()?;
        if !change(&mut plugins) {
            return Ok(false);
        }
        let stored = Stored {
            version: VERSION,
            clone: Some(self.named_clone()?),
            repository: self.repository.to_string_lossy().into_owned(),
            plugins,
        };
        let text = serde_json::to_vec_pretty(&stored)?;
        // What could not be read again would take every other agreement with it.
        if text.len() > LARGEST {
            return Err(user_error(
                "what you agreed to in this repository has become too much to keep",
                "`session plugin trust NAME --revoke` withdraws what is not needed any more",
            ));
        }
        private::write(&self.file, &text)?;
        Ok(true)
    }
}

impl Consent {
    fn clone_name(&self) -> Option<String> {
        let mut name = String::new();
        let file = std::fs::File::open(&self.clone).ok()?;
        file.take(100).read_to_string(&mut name).ok()?;
        Some(name)
    }

    /// With a name from now on.
    fn named_clone(&self) -> anyhow::Result<String> {
        if let Some(name) = self.clone_name() {
            return Ok(name);
        }
        let name = environment::random_base32(32, 0)?;
        let directory = self.clone.parent().context("a file has a directory")?;
        std::fs::create_dir_all(directory)?;
        private::write(&self.clone, name.as_bytes())?;
        Ok(name)
    }
}

fn is_not_found(error: &anyhow::Error) -> bool {
    error
        .downcast_ref::<std::io::Error>()
        .is_some_and(|error| error.kind() == std::io::ErrorKind::NotFound)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Allow, PluginConfig};

    fn online() -> PluginConfig {
        PluginConfig {
            allow: Allow {
                http: vec!["a.example".into()],
                ..Allow::default()
            },
            ..PluginConfig::default()
        }
    }

    fn agreement(terms: Terms) -> Agreement {
        Agreement {
            terms,
            manifest: None,
            agreed_at: Timestamp::default(),
        }
    }

    #[test]
    fn consent_is_kept_by_repository_until_it_is_withdrawn() {
        let data = tempfile::tempdir().unwrap();
        let [one, two] = [(); 2].map(|()| tempfile::tempdir().unwrap());
        let of = |repository: &tempfile::TempDir| {
            Consent::of(Some(data.path()), repository.path()).unwrap()
        };
        let agreed = agreement(Terms::of("one", &online()));
        of(&one).agree("x", agreed.clone()).unwrap();
        of(&one).agree("y", agreed.clone()).unwrap();
        assert_eq!(of(&one).read().unwrap()["x"], agreed);
        assert!(of(&two).read().unwrap().is_empty());
        assert!(of(&one).revoke("x").unwrap());
        assert!(!of(&one).revoke("x").unwrap());
        let left: Vec<String> = of(&one).read().unwrap().into_keys().collect();
        assert_eq!(left, ["y"]);
    }

    #[test]
    fn what_takes_the_place_of_a_repository_has_nothing_of_its_consent() {
        let data = tempfile::tempdir().unwrap();
        let place = tempfile::tempdir().unwrap();
        let consent = || Consent::of(Some(data.path()), place.path()).unwrap();
        let agreed = agreement(Terms::of("one", &online()));
        consent().agree("x", agreed.clone()).unwrap();
        let name = std::fs::read_to_string(&consent().clone).unwrap();
        std::fs::remove_dir_all(place.path().join("sessions")).unwrap();
        assert!(consent().read().unwrap().is_empty());
        consent().agree("y", agreed).unwrap();
        let left: Vec<String> = consent().read().unwrap().into_keys().collect();
        assert_eq!(left, ["y"]);
        std::fs::write(&consent().clone, "another").unwrap();
        assert!(consent().read().unwrap().is_empty());
        // Of a file without a name, nobody knows whose it is.
        let file = std::fs::read_to_string(&consent().file).unwrap();
        let mut file: serde_json::Value = serde_json::from_str(&file).unwrap();
        assert_ne!(file.as_object_mut().unwrap().remove("clone").unwrap(), name);
        private::write(&consent().file, file.to_string().as_bytes()).unwrap();
        assert!(consent().read().unwrap().is_empty());
    }

    /// As the documentation says.
    #[test]
    fn a_copy_is_the_repository_in_its_place_and_another_one_elsewhere() {
        let data = tempfile::tempdir().unwrap();
        let [place, elsewhere] = [(); 2].map(|()| tempfile::tempdir().unwrap());
        let of = |place: &Path| Consent::of(Some(data.path()), place).unwrap();
        let agreed = agreement(Terms::of("one", &online()));
        of(place.path()).agree("x", agreed.clone()).unwrap();
        let copy = of(elsewhere.path()).clone;
        std::fs::create_dir_all(copy.parent().unwrap()).unwrap();
        std::fs::copy(of(place.path()).clone, &copy).unwrap();
        assert!(of(elsewhere.path()).read().unwrap().is_empty());

        std::fs::remove_dir_all(place.path().join("sessions")).unwrap();
        assert!(of(place.path()).read().unwrap().is_empty());
        let original = of(place.path()).clone;
        std::fs::create_dir_all(original.parent().unwrap()).unwrap();
        std::fs::copy(copy, original).unwrap();
        assert_eq!(of(place.path()).read().unwrap()["x"], agreed);
    }

    #[test]
    fn agreements_made_at_once_are_all_kept() {
        let data = tempfile::tempdir().unwrap();
        std::thread::scope(|threads| {
            for number in 0..16 {
                let directory = data.path();
                threads.spawn(move || {
                    let consent = Consent::of(Some(directory), directory).unwrap();
                    let terms = Terms::of("one", &PluginConfig::default());
                    consent
                        .agree(&format!("p{number}"), agreement(terms))
                        .unwrap();
                });
            }
        });
        let consent = Consent::of(Some(data.path()), data.path()).unwrap();
        assert_eq!(consent.read().unwrap().len(), 16);
    }

    #[test]
    fn a_newer_or_damaged_file_is_refused_and_left_as_it_is() {
        let data = tempfile::tempdir().unwrap();
        let consent = Consent::of(Some(data.path()), data.path()).unwrap();
        for text in [
            r#"{"version": 2, "repository": "", "plugins": {}}"#,
            "{",
            r#"{"version": 1}"#,
            r#"{"version": 0, "repository": "", "plugins": {}}"#,
            // Whole, and then a lot of nothing.
            &format!(
                r#"{{"version": 1, "repository": "", "plugins": {{}}}}{}"#,
                " ".repeat(LARGEST)
            ),
        ] {
            private::write(&consent.file, text.as_bytes()).unwrap();
            consent.read().unwrap_err();
            consent
                .agree("x", agreement(Terms::of("one", &PluginConfig::default())))
                .unwrap_err();
            assert_eq!(std::fs::read_to_string(&consent.file).unwrap(), text);
        }
    }

    #[test]
    fn what_could_not_be_read_again_is_not_written() {
        let data = tempfile::tempdir().unwrap();
        let consent = Consent::of(Some(data.path()), data.path()).unwrap();
        let terms = |component: &str| Terms::of(component, &PluginConfig::default());
        consent.agree("x", agreement(terms("one"))).unwrap();
        let large = agreement(terms(&"y".repeat(LARGEST)));
        consent.agree("y", large).unwrap_err();
        let left: Vec<String> = consent.read().unwrap().into_keys().collect();
        assert_eq!(left, ["x"]);
    }

    #[test]
    fn a_file_that_others_could_have_written_is_not_believed() {
        use std::os::unix::fs::PermissionsExt as _;
        let data = tempfile::tempdir().unwrap();
        let consent = Consent::of(Some(data.path()), data.path()).unwrap();
        let agreed = agreement(Terms::of("one", &PluginConfig::default()));
        consent.agree("x", agreed).unwrap();
        let open = std::fs::Permissions::from_mode(0o666);
        std::fs::set_permissions(&consent.file, open).unwrap();
        consent.read().unwrap_err();
    }
}
