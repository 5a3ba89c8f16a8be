//! `session plugin pack`: gives a component of any language its manifest. The rules are in `plugin::pack`.

use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde::Serialize;

use super::grants;
use crate::config::can_allow;
use crate::document::count::size;
use crate::environment::Environment;
use crate::error::{Warning, user_error};
use crate::git::dot_git::Protection;
use crate::plugin::pack::{Stated, pack};
use crate::plugin::{Manifest, RequestedGrant, components, digest, inspect};
use crate::store::durable;
use crate::ui::Ui;

/// Give a component its manifest: name, version, hooks, and what it asks for
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The component that your language's tool made
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// The manifest, in JSON; the options below win over what it says
    #[arg(long, value_name = "FILE")]
    pub manifest: Option<PathBuf>,
    /// The plugin's name: lower-case words joined by hyphens
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// The plugin's own version
    #[arg(long, value_name = "VERSION")]
    pub version: Option<String>,
    /// A hook that is to be called [default: all that the component exports]
    #[arg(long = "hook", value_name = "HOOK")]
    pub hooks: Vec<String>,
    /// What the plugin asks for and why: `read:docs/**=It quotes the guide.`; the kind is read, http or env
    #[arg(long = "grant", value_name = "KIND:VALUE=REASON", value_parser = grant)]
    pub grants: Vec<RequestedGrant>,
    /// Where to write the plugin [default: NAME.wasm beside FILE]
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

#[derive(Debug, Serialize)]
struct PackedView {
    file: PathBuf,
    size: u64,
    sha256: String,
    manifest: Manifest,
}

pub fn run(ui: &Ui, environment: &Environment, args: Args) -> anyhow::Result<()> {
    let file = environment.current_dir.join(&args.file);
    let component = read(&file, BUILD_FIRST)?;
    let output = args.output.clone();
    let stated = stated(environment, args, &component)?;
    let (packed, manifest) = pack(&component, stated)?;
    let output = match output {
        Some(output) => environment.current_dir.join(output),
        None => beside(&file, &manifest.name)?,
    };
    check_place(&file, &output)?;
    durable::write_where_named(&output, &packed, ELSEWHERE)?;
    for warning in manifest.grants.iter().filter_map(unallowable) {
        ui.warning(&warning);
    }
    if ui.wants_json() {
        let view = PackedView {
            size: packed.len() as u64,
            sha256: digest(&packed),
            file: output,
            manifest,
        };
        return ui.json("plugin-pack", &view);
    }
    ui.line(&format!(
        "{}: {} {}, hooks {}, {}",
        output.display(),
        manifest.name,
        manifest.version,
        manifest.hooks.join(", "),
        size(packed.len() as u64)
    ));
    Ok(())
}

/// Of a pattern for hosts or variables, what it matches can be allowed; of a path outside of a repository, nothing ever.
fn unallowable(grant: &RequestedGrant) -> Option<Warning> {
    let value = grant.value.as_deref()?;
    let what = grants::what(grant);
    (!can_allow(&grant.kind, value)).then(|| {
        Warning::new(format!(
            "no configuration can allow {what} as it stands, and `plugin install --allow` leaves it out"
        ))
        .hint("ask for a glob below the repository's root, a host or a variable by its name; or tell users what to allow")
    })
}

const ELSEWHERE: &str =
    "name another file with --output FILE, in a directory that you can write to";

/// What to do about a component that is not there.
pub const BUILD_FIRST: &str = "build the component first; docs/plugins.md says how";

/// Anything that was to be read and could not be is the user's to put right.
pub fn read(path: &Path, hint: &str) -> anyhow::Result<Vec<u8>> {
    clause(path).map_err(|error| user_error(format!("{} {error:#}", path.display()), hint))
}

/// All of a file that is no larger than a component. Errors: a clause about it.
fn clause(path: &Path) -> anyhow::Result<Vec<u8>> {
    let said = |error: std::io::Error| anyhow::anyhow!("cannot be read: {error}");
    // Before it is opened: a pipe would wait for its writer, and a device never ends.
    let is_file = std::fs::metadata(path).map_err(said)?.is_file();
    anyhow::ensure!(is_file, "is no file");
    components::bounded(std::fs::File::open(path).map_err(said)?)
}

fn stated(environment: &Environment, args: Args, component: &[u8]) -> anyhow::Result<Stated> {
    let mut stated = match &args.manifest {
        Some(path) => {
            let path = environment.current_dir.join(path);
            let bytes = read(&path, "docs/plugins.md says what a manifest looks like")?;
            serde_json::from_slice(&bytes).map_err(|error| {
                user_error(
                    format!("{} is no manifest: {error}", path.display()),
                    "docs/plugins.md describes the manifest",
                )
            })?
        }
        None => Stated::default(),
    };
    stated.name = args.name.unwrap_or(stated.name);
    stated.version = args.version.unwrap_or(stated.version);
    if !args.hooks.is_empty() {
        stated.hooks = args.hooks;
    }
    if !args.grants.is_empty() {
        stated.grants = args.grants;
    }
    if stated.name.is_empty() {
        return Err(user_error("the plugin has no name", nameless(component)));
    }
    Ok(stated)
}

/// A Rust component comes with its manifest: packing it is a step too many.
fn nameless(component: &[u8]) -> String {
    let give = "give --manifest FILE, or --name NAME --version VERSION";
    match inspect(component).ok().and_then(|found| found.manifest) {
        Some(manifest) => format!(
            "the component has the manifest of {} {} already, and can be installed as it is; to give it another one, {give}",
            manifest.name, manifest.version
        ),
        None => give.to_owned(),
    }
}

fn beside(file: &Path, name: &str) -> anyhow::Result<PathBuf> {
    let directory = file.parent().context("a file has a directory")?;
    Ok(directory.join(format!("{name}.wasm")))
}

/// The component itself is kept, by whatever path it is named; and git's own files are nobody else's.
fn check_place(file: &Path, output: &Path) -> anyhow::Result<()> {
    let directory = output
        .parent()
        .and_then(|parent| parent.canonicalize().ok());
    let place = directory.zip(output.file_name());
    let place = place.map(|(directory, name)| directory.join(name));
    let refused = |message| Err(user_error(message, "say where to with --output FILE"));
    match place {
        Some(place) if file.canonicalize().is_ok_and(|file| file == place) => refused(format!(
            "the plugin would be written over {}",
            file.display()
        )),
        Some(place) if Protection::FULL.forbids(place.as_os_str().as_bytes()) => {
            refused(format!("{} is in git's own directory", output.display()))
        }
        // Writing says what is wrong with a directory that is not there, and with a link.
        _ => Ok(()),
    }
}

fn grant(text: &str) -> Result<RequestedGrant, String> {
    const FORM: &str = "expected KIND:VALUE=REASON, or KIND=REASON";
    let (what, reason) = text.split_once('=').ok_or(FORM)?;
    let (kind, value) = match what.split_once(':') {
        Some((kind, value)) => (kind, Some(value.to_owned())),
        None => (what, None),
    };
    Ok(RequestedGrant {
        kind: kind.to_owned(),
        value,
        reason: reason.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::{grant, read};
    use crate::plugin::components::LARGEST;

    #[test]
    fn only_a_file_no_larger_than_a_component_is_read() {
        let said = |path: &std::path::Path| read(path, "").unwrap_err().to_string();
        assert!(said("/dev/zero".as_ref()).contains("is no file"));
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("large.wasm");
        // Sparse: it costs no disk.
        let file = std::fs::File::create(&path).unwrap();
        file.set_len(LARGEST + 1).unwrap();
        assert!(said(&path).contains("is too large"));
        file.set_len(3).unwrap();
        assert_eq!(read(&path, "").unwrap(), [0; 3]);
        assert!(said(&directory.path().join("none")).contains("cannot be read"));
    }

    #[test]
    fn a_grant_is_a_kind_a_value_and_a_reason() {
        let grant = grant("http:127.0.0.1:80=It asks: a=b").unwrap();
        assert_eq!(grant.kind, "http");
        assert_eq!(grant.value.as_deref(), Some("127.0.0.1:80"));
        assert_eq!(grant.reason, "It asks: a=b");
        assert!(super::grant("read").is_err());
        assert_eq!(super::grant("env=For the token").unwrap().value, None);
    }
}
