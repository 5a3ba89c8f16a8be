//! Small components that are deep or expensive: every command that looks at one says so, and goes on. It must not test
//! where the limits are; unit tests do.

use wasm_encoder::{
    Alias, Component, ComponentImportSection, ComponentOuterAliasKind, ComponentSection as _,
    ComponentTypeRef, ComponentTypeSection, InstanceType, RawSection,
};

use crate::common::TestEnv;
use crate::common::repository::{Repository, run};
use crate::plugin_trust::{READS, component, configure, digest, entry, project};

/// The component that works, with what `section` has behind it.
fn with(section: &RawSection<'_>) -> Vec<u8> {
    let mut bytes = component();
    section.append_to_component(&mut bytes);
    bytes
}

/// Each verb of `plugin` that reads the file of `acme`, and whether it goes on in spite of it.
fn verbs(digest: &str) -> [(Vec<&str>, bool); 7] {
    let file = "tools/acme.wasm";
    [
        (vec!["list"], true),
        (vec!["inspect", file], true),
        (vec!["trust", "acme", "--sha256", digest], false),
        (vec!["install", file, "--name", "other"], false),
        (vec!["update", "acme"], false),
        (vec!["test", file], false),
        (vec!["pack", file, "--name=acme", "--version=1.0.0"], false),
    ]
}

#[track_caller]
fn is_told(repository: &Repository<'_>, bytes: &[u8], cause: &str) {
    repository.write("tools/acme.wasm", bytes);
    configure(repository, &[entry("acme", READS)]);
    for (verb, goes_on) in verbs(&digest(bytes)) {
        let outcome = repository.session(&[&["plugin"], &verb[..]].concat());
        let code = if goes_on { 0 } else { 1 };
        assert_eq!(outcome.code, Some(code), "{outcome}");
        assert!(outcome.to_string().contains(cause), "{outcome}");
    }
    run(repository, &["brief"]);
}

#[test]
fn types_in_types_end_no_command() {
    let env = TestEnv::new();
    let repository = project(&env, "acme", READS);
    for first in [0x41, 0x42] {
        let mut body = vec![1];
        body.extend([first, 1, 1].repeat(20_000));
        body.extend([first, 0]);
        let id = ComponentTypeSection::new().id();
        let bytes = with(&RawSection { id, data: &body });
        let cause = "its types may stand in each other more than 1000 deep";
        is_told(&repository, &bytes, cause);
    }
}

/// Types that name each other by index, deeper than the reader of components has counted on.
#[test]
fn what_the_reader_of_components_breaks_down_over_ends_no_command() {
    let env = TestEnv::new();
    let repository = project(&env, "acme", READS);
    let mut types = ComponentTypeSection::new();
    types.instance(&InstanceType::new());
    for index in 0..1_000 {
        let mut instance = InstanceType::new();
        instance.alias(Alias::Outer {
            kind: ComponentOuterAliasKind::Type,
            count: 1,
            index,
        });
        instance.export("a", ComponentTypeRef::Instance(0));
        types.instance(&instance);
    }
    let mut imports = ComponentImportSection::new();
    imports.import("a", ComponentTypeRef::Instance(1_000));
    let mut component = Component::new();
    component.section(&types).section(&imports);
    let cause = "the reader of components broke down over it";
    repository.write("tools/acme.wasm", component.finish());
    configure(&repository, &[entry("acme", READS)]);
    let shown = run(&repository, &["plugin", "list"]);
    assert!(shown.stdout.contains(cause), "{shown}");
    let outcome = repository.session(&["plugin", "inspect", "tools/acme.wasm"]);
    assert_eq!(outcome.code, Some(1), "{outcome}");
    assert!(outcome.stderr.contains(cause), "{outcome}");
}
