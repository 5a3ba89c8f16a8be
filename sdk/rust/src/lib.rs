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
//! function in one panics.

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

/// Answers `start`, `resume`, `switch` and `brief`.
pub trait Brief {
    /// An error becomes a warning with the plugin's name.
    fn brief(request: Request) -> Result<Contribution, String>;
}

/// Answers `checkpoint`.
pub trait Checkpoint {
    /// An error becomes a warning with the plugin's name.
    fn checkpoint(request: Request) -> Result<Contribution, String>;
}

/// Answers `end`.
pub trait Handoff {
    /// An error becomes a warning with the plugin's name.
    fn handoff(request: Request) -> Result<Contribution, String>;
}

/// Answers `status`.
pub trait Status {
    /// An error becomes a warning with the plugin's name.
    fn status(request: Request) -> Result<Contribution, String>;
}

/// Answers `analyze` and `report`.
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

/// Exports the hooks listed, and no other, and embeds the manifest: `plugin!(MyPlugin: brief, checkpoint)`.
///
/// The hooks are `brief`, `checkpoint`, `handoff`, `status` and `analyze`. A hook that is implemented but not listed is
/// not exported: the host never asks it. The manifest is a custom section, `session:manifest`: JSON with `name` and
/// `version` of the crate, `contract`, `hooks`, and `grants`, the access that the plugin asks for. Grants are given
/// as JSON text after the hooks: `plugin!(MyPlugin: brief; grants = r#"[{"kind":"read","value":"docs/**","reason":"…"}]"#)`.
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
                "\",\"contract\":\"0.1.1\",\"hooks\":[\"", stringify!($first), "\"",
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
