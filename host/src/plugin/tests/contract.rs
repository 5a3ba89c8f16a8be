//! Components that were built for earlier versions of the contract go on loading, and go on saying what they said.

use std::path::Path;

use super::*;

/// Each is `tests/guests/contract` as it was when that version was current. None is ever built again.
const FROZEN: &[(&str, &[u8])] = &[
    (
        "0.1.0",
        include_bytes!("../../../../tests/fixtures/contract/0.1.0.wasm"),
    ),
    (
        "0.1.1",
        include_bytes!("../../../../tests/fixtures/contract/0.1.1.wasm"),
    ),
    (
        "0.1.2",
        include_bytes!("../../../../tests/fixtures/contract/0.1.2.wasm"),
    ),
    (
        "0.1.3",
        include_bytes!("../../../../tests/fixtures/contract/0.1.3.wasm"),
    ),
    (
        "0.1.4",
        include_bytes!("../../../../tests/fixtures/contract/0.1.4.wasm"),
    ),
];

fn asked(bytes: &'static [u8], hook: Hook) -> Answers {
    asked_with(bytes, hook, Access::bundled())
}

fn asked_with(bytes: &'static [u8], hook: Hook, access: Access) -> Answers {
    let tree = tempfile::tempdir().unwrap();
    std::fs::write(tree.path().join("README.md"), "hello\n").unwrap();
    let source = Source {
        name: "contract".to_owned(),
        component: Component::Here(Cow::Borrowed(bytes)),
        digest: Cow::Owned(engine::digest(bytes)),
        access,
        settings: PluginConfig::default(),
    };
    let source = within(Duration::from_secs(10), source);
    let cache_dir = cache_dir();
    let mut plugins =
        Plugins::from_sources(vec![source], Some(&cache_dir), &[hook], WhenCold::Compile);
    let question = Question { hook, ..brief() };
    plugins.ask(&question, &FixedHost::new(tree.path()))
}

#[test]
fn a_component_of_every_version_of_the_contract_loads_and_uses_all_of_it() {
    let now = (CONTRACT, session_guests::CONTRACT);
    for (version, bytes) in FROZEN.iter().chain([&now]) {
        for hook in Hook::ALL {
            let answers = asked(bytes, hook);
            assert_eq!(answers.warnings, [], "{version} {hook:?}");
            let [said] = &answers.contributions[..] else {
                panic!("{version} {hook:?}: {answers:?}");
            };
            let name = hook.name();
            assert_eq!(said.sections[0].title, format!("Everything, for {name}"));
            let body = &said.sections[0].body;
            assert!(body.contains("work tree: 6 bytes, denied"), "{body}");
            assert_eq!(said.verdict, Some(contribution::Verdict::Allow));
            assert_eq!(
                (
                    said.metrics.len(),
                    said.findings.len(),
                    said.trailers.len(),
                    said.next_steps.len(),
                    said.edits.len(),
                    answers.log.len(),
                ),
                (1, 1, 1, 1, 1, 1),
                "{version} {hook:?}"
            );
        }
    }
}

#[test]
fn the_contract_as_it_stands_gives_what_was_asked_for() {
    let answers = asked(session_guests::CONTRACT, Hook::Brief);
    let body = &answers.contributions[0].sections[0].body;
    for line in [
        "head: Some(40)",
        "remotes: [\"origin https://example.com/a/b.git\"]",
        "session commits: 0",
        "changed lines: [\"README.md 2+3\", \"not-found\", \"invalid\"]",
        "evidence: 0",
        "checkpoints: 0",
        "entries: 0",
        "earlier runs: 0",
        "commit origins: 0",
        "commit author times: 0",
        "files: 6 bytes, stamped true, denied; llo",
        "state of the repository: Some([107, 101, 112, 116])",
        r#"commit texts: ["README.md 1+1-0 \"hello\\n\""], partial false; [], partial true"#,
    ] {
        assert!(body.contains(line), "{line} is not in {body}");
    }
    let scopes: Vec<_> = answers.new_states.iter().map(|state| state.scope).collect();
    assert_eq!(scopes, [Scope::Session, Scope::Repository]);
}

/// The past of a file is no less its content than the file is.
#[test]
fn what_commits_did_to_a_file_is_told_to_those_who_may_read_it() {
    let said = |globs: &[&str]| {
        let mut set = globset::GlobSet::builder();
        for glob in globs {
            set.add(globset::Glob::new(glob).unwrap());
        }
        let access = Access {
            read: ReadGrant::Matching(set.build().unwrap()),
            ..Access::bundled()
        };
        let answers = asked_with(session_guests::CONTRACT, Hook::Brief, access);
        answers.contributions[0].sections[0].body.clone()
    };
    assert!(said(&["*.md"]).contains("commit texts: [\"README.md 1+1-0"));
    let denied = said(&["docs/**"]);
    assert!(
        denied.contains("commit texts: [], partial true; [], partial true"),
        "{denied}"
    );
}

/// Also where it was compiled and agreed to by a newer version of this program.
#[test]
fn a_component_for_another_contract_is_refused_with_both_versions() {
    for theirs in [b"0.1.9", b"0.2.0"] {
        let mut bytes = FROZEN[0].1.to_vec();
        while let Some(at) = bytes.windows(6).position(|part| part == b"@0.1.0") {
            bytes[at + 1..at + 6].copy_from_slice(theirs);
        }
        let answers = asked(bytes.leak(), Hook::Brief);
        let [warning] = &answers.warnings[..] else {
            panic!("{answers:?}");
        };
        let theirs = std::str::from_utf8(theirs).unwrap();
        assert!(warning.message.contains("plugin contract"), "{warning:?}");
        assert!(warning.message.contains(theirs), "{warning:?}");
        assert!(warning.message.contains(CONTRACT), "{warning:?}");
    }
}

/// A version of the contract without a frozen component could be broken without anybody noticing.
#[test]
fn every_version_has_its_frozen_component() {
    assert_eq!(FROZEN.last().unwrap().0, CONTRACT);
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/contract");
    let kept = std::fs::read_dir(directory).unwrap().count();
    assert_eq!(kept, FROZEN.len());
}

/// The SDK writes the version into the manifest, and the bindings write it into the imports.
#[test]
fn what_is_built_here_says_the_contract_that_it_imports() {
    let guests = [
        session_guests::CONTRACT,
        session_guests::MISBEHAVING,
        session_guests::NETWORK,
    ];
    for bytes in bundled::BUNDLED.iter().map(|it| it.bytes).chain(guests) {
        let said = inspect(bytes).unwrap();
        let manifest = said.manifest.unwrap();
        let contracts = (&*manifest.contract, said.contract.as_deref());
        assert_eq!(contracts, (CONTRACT, Some(CONTRACT)), "{}", manifest.name);
    }
}

/// Also where it is loaded for another one.
#[test]
fn a_hook_that_the_manifest_does_not_name_is_not_asked() {
    let stated = r#"{"name":"a","version":"1","hooks":["status"]}"#;
    let stated = serde_json::from_str(stated).unwrap();
    let (bytes, _) = pack::pack(session_guests::MISBEHAVING, stated).unwrap();
    let source = Source {
        digest: Cow::Owned(engine::digest(&bytes)),
        component: Component::Here(Cow::Owned(bytes)),
        ..doing("nothing")
    };
    let hooks = [Hook::Brief, Hook::Status];
    let cache_dir = cache_dir();
    let mut plugins =
        Plugins::from_sources(vec![source], Some(&cache_dir), &hooks, WhenCold::Compile);
    let host = FixedHost::new(&std::env::temp_dir());
    let said = hooks.map(|hook| {
        let answers = plugins.ask(&Question { hook, ..brief() }, &host);
        answers.contributions.len()
    });
    assert_eq!(said, [0, 1]);
}
