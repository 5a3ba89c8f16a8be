//! Write plugins for `session` in Rust: implement a trait for each hook you want, and name them in [`plugin!`]. This
//! crate must not hold logic of its own: it is the contract in `wit/`, as Rust sees it.
//!
//! ```
//! use session_plugin::{Brief, Contribution, Request, facts};
//!
//! pub struct Greeter;
//!
//! impl Brief for Greeter {
//!     fn brief(_request: Request) -> Result<Contribution, String> {
//!         let open = facts::objectives().iter().filter(|item| !item.done).count();
//!         Ok(greeting(open))
//!     }
//! }
//!
//! // What decides stays in plain functions, which `cargo test` can call without a host.
//! fn greeting(open: usize) -> Contribution {
//!     Contribution {
//!         next_steps: vec![format!("Choose one of {open} open objectives")],
//!         ..Contribution::default()
//!     }
//! }
//!
//! session_plugin::plugin!(Greeter: brief);
//! # fn main() {}
//! ```
//!
//! `cargo build --release --target wasm32-wasip2` makes the component (the crate is a `cdylib`). Built for any other
//! target, `plugin!` only checks that the traits are there: the plugin's own tests run natively, and calling a host
//! function in one panics. `session plugin new NAME --lang rust` writes a project that is laid out like this.
//!
//! # Asking the host
//!
//! [`facts`], [`repository`], [`work_tree`], [`state`] and [`log`] are the contract's own interfaces. All of them are
//! read-only, and give the same answer however often they are asked. Ask for many paths in one call:
//!
//! ```
//! use session_plugin::{facts, log, work_tree};
//!
//! /// The text of the changed files, as far as the plugin may read them.
//! fn changed_texts() -> Vec<String> {
//!     let changed = facts::changed_files();
//!     let paths: Vec<String> = changed.into_iter().map(|file| file.path).collect();
//!     let mut texts = Vec::new();
//!     for (path, answer) in paths.iter().zip(work_tree::read_files(&paths, 64 * 1024)) {
//!         match answer {
//!             Ok(file) => texts.push(String::from_utf8_lossy(&file.bytes).into_owned()),
//!             // No grant, or not there: a plugin goes on without it.
//!             Err(failure) => log::log("info", &format!("{path}: {}", failure.message)),
//!         }
//!     }
//!     texts
//! }
//! ```
//!
//! # What a plugin may say
//!
//! A [`Contribution`] is whatever of these there is to say; the rest is left to its default. The host bounds and cleans
//! all of it, and shows it under the plugin's name:
//!
//! ```
//! use session_plugin::{Contribution, Finding, Metric, Section, Verdict};
//!
//! fn coverage(percent: f64) -> Contribution {
//!     Contribution {
//!         sections: vec![Section {
//!             title: "Coverage".to_owned(),
//!             body: format!("{percent}% of all lines.\n"),
//!             importance: 60,
//!         }],
//!         metrics: vec![Metric {
//!             name: "coverage".to_owned(),
//!             value: percent,
//!             unit: "percent".to_owned(),
//!             better: "up".to_owned(),
//!             threshold: Some(85.0),
//!         }],
//!         findings: vec![Finding {
//!             severity: "warning".to_owned(),
//!             message: "No test calls this function".to_owned(),
//!             path: Some("src/refund.rs".to_owned()),
//!             line: Some(12),
//!             hint: None,
//!         }],
//!         verdict: (percent < 50.0).then(|| Verdict {
//!             outcome: "block".to_owned(),
//!             reason: "Less than half of the lines are covered".to_owned(),
//!         }),
//!         ..Contribution::default()
//!     }
//! }
//! # assert_eq!(coverage(40.0).verdict.unwrap().outcome, "block");
//! ```
//!
//! # What it leaves for itself
//!
//! Nothing in memory outlives a call. What a plugin wants to find again it hands to the host, which keeps it when it
//! records the command:
//!
//! ```
//! use session_plugin::{Contribution, NewState, state};
//!
//! fn counted() -> Contribution {
//!     let before = state::get("session").and_then(|bytes| String::from_utf8(bytes).ok());
//!     let count: u32 = before.and_then(|text| text.parse().ok()).unwrap_or(0);
//!     Contribution {
//!         state: vec![NewState {
//!             scope: "session".to_owned(),
//!             bytes: (count + 1).to_string().into_bytes(),
//!         }],
//!         ..Contribution::default()
//!     }
//! }
//! ```

pub mod hooks;

mod bindings {
    wit_bindgen::generate!({
        world: "host",
        path: "../../wit",
        additional_derives: [PartialEq, Clone],
        generate_all,
    });
}

// The interfaces that the host provides, under the contract's own names.
pub use bindings::session::plugin::{facts, log, repository, state, types, work_tree};

// The records of the contract that nearly every plugin names.
pub use types::{
    Argument, Contribution, Failure, Finding, Metric, NewState, ProposedEdit, Request, Section,
    Timestamp, Trailer, Verdict,
};

/// Answers `start`, `resume`, `switch` and `brief`: what must somebody know who takes up this work? Within 250 ms.
pub trait Brief {
    /// An error becomes a warning with the plugin's name.
    fn brief(request: Request) -> Result<Contribution, String>;
}

/// Answers `checkpoint`: what is worth keeping of this moment? Within a second.
pub trait Checkpoint {
    /// An error becomes a warning with the plugin's name.
    fn checkpoint(request: Request) -> Result<Contribution, String>;
}

/// Answers `end`: what must the next person or agent know? Within a second.
pub trait Handoff {
    /// An error becomes a warning with the plugin's name.
    fn handoff(request: Request) -> Result<Contribution, String>;
}

/// Answers `status`, and the report that `start` shows: how does it stand? Within 250 ms.
pub trait Status {
    /// An error becomes a warning with the plugin's name.
    fn status(request: Request) -> Result<Contribution, String>;
}

/// Answers `analyze` and `report`: what do the numbers say? Within a second.
pub trait Analyze {
    /// An error becomes a warning with the plugin's name.
    fn analyze(request: Request) -> Result<Contribution, String>;
}

impl Default for Contribution {
    /// Nothing to say.
    fn default() -> Self {
        Self {
            sections: Vec::new(),
            metrics: Vec::new(),
            findings: Vec::new(),
            trailers: Vec::new(),
            next_steps: Vec::new(),
            verdict: None,
            edits: Vec::new(),
            state: Vec::new(),
        }
    }
}

/// The version of `wit/` that this crate is built with. Nothing hands it to a macro: whoever changes it there changes it
/// here, and a test of the program holds them together.
#[doc(hidden)]
#[macro_export]
macro_rules! __contract {
    () => {
        "0.1.4"
    };
}

/// Exports the hooks listed, and no other, and embeds the manifest: `plugin!(MyPlugin: brief, checkpoint)`.
///
/// The hooks are `brief`, `checkpoint`, `handoff`, `status` and `analyze`. A hook that is implemented but not listed is
/// not exported: the host never asks it. The manifest is a custom section, `session:manifest`: JSON with `name` and
/// `version` of the crate, `contract`, `hooks`, and `grants`, the access that the plugin asks for.
///
/// Grants are a list in JSON after the hooks. Each has a `kind` (`read`, `http` or `env`), a `value` (a glob, a host, a
/// variable; without one, what the repository's configuration names) and a `reason`, which the user reads before
/// agreeing:
///
/// ```
/// use session_plugin::{Brief, Contribution, Request};
///
/// struct Guide;
///
/// impl Brief for Guide {
///     fn brief(_request: Request) -> Result<Contribution, String> {
///         Ok(Contribution::default())
///     }
/// }
///
/// session_plugin::plugin!(Guide: brief; grants = r#"[
///     {"kind": "read", "value": "docs/**", "reason": "It quotes the guide."},
///     {"kind": "env", "value": "GUIDE_STYLE", "reason": "Short or long quotations."}
/// ]"#);
/// # fn main() {}
/// ```
#[macro_export]
macro_rules! plugin {
    ($plugin:ident: $first:ident $(, $more:ident)* $(,)?) => {
        $crate::plugin!($plugin: $first $(, $more)*; grants = "[]");
    };
    ($plugin:ident: $first:ident $(, $more:ident)*; grants = $grants:literal) => {
        $crate::__export_hook!($first, $plugin);
        $( $crate::__export_hook!($more, $plugin); )*

        #[cfg(target_family = "wasm")]
        const _: () = {
            const MANIFEST: &str = concat!(
                "{\"name\":\"", env!("CARGO_PKG_NAME"), "\",\"version\":\"", env!("CARGO_PKG_VERSION"),
                "\",\"contract\":\"", $crate::__contract!(), "\",\"hooks\":[\"", stringify!($first), "\"",
                $( ",\"", stringify!($more), "\"", )*
                "],\"grants\":", $grants, "}"
            );
            #[used]
            #[unsafe(link_section = "session:manifest")]
            static SECTION: [u8; MANIFEST.len()] = {
                let mut bytes = [0; MANIFEST.len()];
                bytes.copy_from_slice(MANIFEST.as_bytes());
                bytes
            };
        };
    };
}
