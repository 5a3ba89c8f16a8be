//! Finding and opening the repository as git itself would, and refusing in one sentence where we cannot work.
//! It must not read history, write objects or run git.

use std::path::{Path, PathBuf};
use std::sync::Once;

use anyhow::Context as _;

use super::location::GitVariables;
use super::new_objects::NewObjects;
use crate::environment::{Environment, Timestamp};
use crate::error::user_error;

/// An open repository with a work tree.
pub struct Repository {
    pub(super) inner: git2::Repository,
    pub(super) variables: GitVariables,
    work_tree: PathBuf,
    git_dir: PathBuf,
    common_dir: PathBuf,
    now: Timestamp,
    pub(super) new_objects: NewObjects,
}

impl Repository {
    /// The repository of the current directory and git's variables.
    ///
    /// # Errors
    /// A `UserError` with a way out: no repository, bare, SHA-256, reftable, owned by somebody else.
    pub fn open(environment: &Environment) -> anyhow::Result<Self> {
        Self::open_at(GitVariables::from_process(environment), environment.now)
    }

    /// As [`Repository::open`], for variables that were read before.
    pub fn open_at(variables: GitVariables, now: Timestamp) -> anyhow::Result<Self> {
        prepare_library();
        let inner = discover(&variables).map_err(|error| refusal(&error, &variables))?;
        if inner.object_format() != git2::ObjectFormat::Sha1 {
            return Err(unsupported_objects());
        }
        follow_config_variables(&inner, &variables)
            .context("failed to read the configuration that git's variables name")?;
        // Git takes the current directory for the work tree when it is told GIT_DIR and nothing else.
        let told = variables.work_tree.clone().or_else(|| {
            let configured = || {
                inner
                    .config()
                    .is_ok_and(|c| c.get_path("core.worktree").is_ok())
            };
            let bare = || {
                inner
                    .config()
                    .is_ok_and(|c| c.get_bool("core.bare").unwrap_or(false))
            };
            (variables.git_dir.is_some() && !configured() && !bare())
                .then(|| variables.current_dir.clone())
        });
        if let Some(work_tree) = &told {
            inner
                .set_workdir(work_tree, false)
                .context("failed to set the work tree that git's variables name")?;
        }
        let Some(work_tree) = inner.workdir().map(without_trailing_slash) else {
            return Err(user_error(
                "this repository is bare: it has no work tree, and a session is about one",
                "run `git worktree list` to find a work tree of it, or clone it",
            ));
        };
        Ok(Self {
            work_tree,
            git_dir: without_trailing_slash(inner.path()),
            common_dir: without_trailing_slash(inner.commondir()),
            inner,
            variables,
            now,
            new_objects: NewObjects::default(),
        })
    }

    /// The root of the work tree, absolute.
    pub fn work_tree(&self) -> &Path {
        &self.work_tree
    }

    /// This work tree's own git directory, absolute.
    pub fn git_dir(&self) -> &Path {
        &self.git_dir
    }

    /// The git directory that linked worktrees share, absolute.
    pub fn common_dir(&self) -> &Path {
        &self.common_dir
    }

    /// The command's one instant; commits of ours carry it.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// The commit that a repository of its own inside this work tree (a submodule or not) is at; None when there is no
    /// repository, or no commit in it.
    pub fn head_of_nested(directory: &Path) -> Option<super::ObjectId> {
        let nested = git2::Repository::open(directory).ok()?;
        nested.refname_to_id("HEAD").ok()
    }

    /// The operation that is under way in this work tree, in git's word for it.
    pub fn operation(&self) -> Option<&'static str> {
        use git2::RepositoryState as State;
        match self.inner.state() {
            State::Clean => None,
            State::Merge => Some("merge"),
            State::Revert | State::RevertSequence => Some("revert"),
            State::CherryPick | State::CherryPickSequence => Some("cherry-pick"),
            State::Bisect => Some("bisect"),
            State::Rebase | State::RebaseInteractive | State::RebaseMerge => Some("rebase"),
            State::ApplyMailbox | State::ApplyMailboxOrRebase => Some("am"),
        }
    }

    pub fn is_shallow(&self) -> bool {
        self.inner.is_shallow()
    }

    /// Objects may be missing here, and git would fetch them when it reads them.
    pub fn is_partial(&self) -> bool {
        let Ok(config) = self.inner.config() else {
            return false;
        };
        config.get_entry("extensions.partialclone").is_ok()
            || config
                .entries(Some("^remote\\..*\\.promisor$"))
                .is_ok_and(|mut entries| entries.next().is_some_and(|entry| entry.is_ok()))
    }

    /// A yes or no from git's configuration; None where it is not set.
    pub fn config_bool(&self, name: &str) -> Option<bool> {
        self.inner.config().ok()?.get_bool(name).ok()
    }

    /// A text from git's configuration; None where it is not set or not UTF-8.
    pub fn config_text(&self, name: &str) -> Option<String> {
        self.inner.config().ok()?.get_string(name).ok()
    }
}

impl std::fmt::Debug for Repository {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Repository")
            .field("work_tree", &self.work_tree)
            .field("git_dir", &self.git_dir)
            .finish_non_exhaustive()
    }
}

/// Sets libgit2's options before the first repository is opened: they are read when its parts are made.
fn prepare_library() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // Ids that we write into trees come from git itself, and in a partial clone the object may be absent.
        git2::opts::strict_object_creation(false);
        // As git reads objects: their compression has a checksum of its own, and to compute the id of each one again is
        // a twentieth of a brief's work.
        git2::opts::strict_hash_verification(false);
        libgit2_sys::init();
        // SAFETY: both set a variable of libgit2's before any repository is open, and `Once` keeps other threads out.
        // The option takes one int. Failure would leave the defaults, which work.
        unsafe {
            libgit2_sys::git_libgit2_opts(
                libgit2_sys::GIT_OPT_ENABLE_FSYNC_GITDIR as std::ffi::c_int,
                1 as std::ffi::c_int,
            );
            // libgit2 can read a partial clone as far as its objects are there; it only refuses the name.
            let _ = git2::opts::set_extensions(&["partialclone"]);
        }
    });
}

fn discover(variables: &GitVariables) -> Result<git2::Repository, git2::Error> {
    use git2::RepositoryOpenFlags as Flags;
    if variables.common_dir.is_some() {
        // Only libgit2's own reading of the environment knows a common directory that no file names.
        return git2::Repository::open_from_env();
    }
    if let Some(git_dir) = &variables.git_dir {
        let flags = Flags::NO_SEARCH | Flags::NO_DOTGIT;
        return git2::Repository::open_ext(git_dir, flags, std::iter::empty::<&Path>());
    }
    let mut flags = Flags::empty();
    flags.set(Flags::CROSS_FS, variables.across_filesystems);
    git2::Repository::open_ext(&variables.current_dir, flags, &variables.ceiling)
}

/// Libgit2 looks for the user's and the system's configuration where they usually are, and nowhere else.
fn follow_config_variables(
    inner: &git2::Repository,
    variables: &GitVariables,
) -> Result<(), git2::Error> {
    use git2::ConfigLevel as Level;
    let mut config = inner.config()?;
    if let Some(path) = &variables.config_global {
        config.add_file(path, Level::Global, true)?;
        config.add_file(Path::new("/dev/null"), Level::XDG, true)?;
    }
    if let Some(path) = &variables.config_system {
        config.add_file(path, Level::System, true)?;
    }
    Ok(())
}

fn refusal(error: &git2::Error, variables: &GitVariables) -> anyhow::Error {
    let message = error.message();
    let place = variables.git_dir.as_ref().unwrap_or(&variables.current_dir);
    if error.code() == git2::ErrorCode::NotFound {
        return user_error(
            format!("{} is not in a git repository", place.display()),
            "change to a repository, or make one with `git init`",
        );
    }
    if error.code() == git2::ErrorCode::Owner {
        return user_error(
            format!(
                "the repository at {} belongs to another user, and git does not trust it",
                place.display()
            ),
            "run `git status` there: it names the `safe.directory` setting to add if you trust the repository",
        );
    }
    if message.contains("extensions.refstorage") {
        return user_error(
            "this repository keeps its refs in the reftable format, which `session` cannot read yet",
            "run `git refs migrate --ref-format=files` in a copy, or clone with `git clone --ref-format=files`",
        );
    }
    if message.contains("objectformat")
        || message.contains("object format")
        || message.contains("sha256")
    {
        return unsupported_objects();
    }
    if message.contains("unsupported extension") {
        return user_error(
            format!("this repository needs a git feature that `session` does not know: {message}"),
            "run `git config --get-regexp ^extensions` to see which",
        );
    }
    anyhow::Error::new(crate::error::UserError::new(format!(
        "the repository at {} could not be opened: {message}",
        place.display()
    )))
}

fn unsupported_objects() -> anyhow::Error {
    user_error(
        "this repository uses SHA-256 object ids, which `session` cannot read yet",
        "use a repository with SHA-1 ids: `git init --object-format=sha1`",
    )
}

fn without_trailing_slash(path: &Path) -> PathBuf {
    path.components().collect()
}
