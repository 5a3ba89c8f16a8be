//! Getting a plugin's component from where the configuration says that it comes from: a file, a web server or a registry.
//! Only `plugin install` and `plugin update` do this. It must not judge what it got, and must not keep it.

mod bounded;
mod docker_login;
mod file;
mod pull;
mod registry;
mod web;

#[cfg(test)]
mod registry_tests;
#[cfg(test)]
mod tests;

use std::future::Future;
use std::path::Path;
use std::sync::Once;
use std::time::Duration;

use anyhow::Context as _;
use oci_client::Reference;
use url::Url;

use crate::config::source::normalised;
use crate::error::user_error;
use crate::plugin::components;

pub use file::path_from_root;

/// How often a server may send us on.
const MOST_REDIRECTS: usize = 5;
const USER_AGENT: &str = concat!("session/", env!("CARGO_PKG_VERSION"));

/// Where a component comes from.
#[derive(Debug, Clone)]
pub enum Source {
    /// A path from the repository's root.
    File(String),
    Web(Url),
    Registry(Reference),
}

/// What fetching needs besides.
pub struct Surroundings<'a> {
    pub work_tree: &'a Path,
    /// The directory with the `config.json` of `docker login`.
    pub docker_config: Option<&'a Path>,
    pub patience: Patience,
    /// Told the bytes that are here, and how many there will be if that is known.
    pub progress: &'a dyn Fn(u64, Option<u64>),
}

/// How long a server may take.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    pub connect: Duration,
    /// Without a byte.
    pub stall: Duration,
    pub overall: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            stall: Duration::from_secs(30),
            overall: Duration::from_secs(5 * 60),
        }
    }
}

impl Source {
    /// As the configuration has it, or would take it.
    pub fn parse(source: &str) -> anyhow::Result<Self> {
        let source = normalised(source)?;
        match source.split_once("://") {
            None => Ok(Self::File(source)),
            Some(("oci", reference)) => registry::parse(reference).map(Self::Registry),
            Some(_) => Ok(Self::Web(Url::parse(&source)?)),
        }
    }

    pub fn is_remote(&self) -> bool {
        !matches!(self, Self::File(_))
    }

    /// Whether its name says so of something behind its `?`.
    pub fn may_hold_a_secret(&self) -> bool {
        matches!(self, Self::Web(url) if web::may_hold_a_secret(url))
    }

    /// For a message: without what could be a secret.
    pub fn shown(&self) -> String {
        match self {
            Self::File(path) => path.clone(),
            Self::Web(url) => web::shown(url),
            Self::Registry(reference) => format!("oci://{}", reference.whole()),
        }
    }

    /// All of the component. `pinned` is its sha256 where that is known: a registry has it by that name even when the
    /// tag is another one's by now. It is not checked here.
    pub fn fetch(
        &self,
        around: &Surroundings<'_>,
        pinned: Option<&str>,
    ) -> anyhow::Result<Vec<u8>> {
        match self {
            Self::File(path) => file::read(around.work_tree, path),
            Self::Web(url) => wait_for(around.patience, web::fetch(url, around)),
            Self::Registry(reference) => {
                wait_for(around.patience, registry::fetch(reference, around, pinned))
            }
        }
        .map_err(|cause| failed(&self.shown(), &cause))
    }
}

fn failed(shown: &str, cause: &anyhow::Error) -> anyhow::Error {
    if let Some(known) = cause.downcast_ref::<crate::error::UserError>() {
        return known.clone().into();
    }
    user_error(
        format!("{shown} could not be fetched: {cause:#}"),
        "nothing was changed; correct the address or try again later",
    )
}

/// Runs what the network answers, for as long as it may take.
fn wait_for<T>(
    patience: Patience,
    fetching: impl Future<Output = anyhow::Result<T>>,
) -> anyhow::Result<T> {
    static PROVIDER: Once = Once::new();
    PROVIDER.call_once(|| {
        // An error would mean that somebody chose one before, and that is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("failed to prepare for the network")?;
    let result = runtime.block_on(async {
        tokio::time::timeout(patience.overall, fetching)
            .await
            .unwrap_or_else(|_| {
                let seconds = patience.overall.as_secs();
                Err(anyhow::anyhow!("it took longer than {seconds} seconds"))
            })
    });
    // A name that is still being looked up holds nothing up.
    runtime.shutdown_background();
    result
}

fn too_large() -> anyhow::Error {
    anyhow::anyhow!("it {}", components::too_large())
}

/// What went wrong at the bottom, without the address: that may hold a secret.
fn network_cause(error: reqwest::Error) -> anyhow::Error {
    let error = error.without_url();
    if error.is_timeout() {
        return anyhow::anyhow!("the server did not answer in time");
    }
    let mut cause: &dyn std::error::Error = &error;
    while let Some(below) = cause.source() {
        cause = below;
    }
    anyhow::anyhow!("{cause}")
}
