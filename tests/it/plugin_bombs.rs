//! Small components that are deep or expensive: every command that looks at one says so, and goes on. It must not test
//! where the limits are; unit tests do.

use wasm_encoder::{
    Alias, BlockType, CodeSection, Component, ComponentImportSection, ComponentOuterAliasKind,
    ComponentSection, ComponentTypeRef, ComponentTypeSection, Function, FunctionSection,
    InstanceType, Module, ModuleSection, RawSection, TypeSection, ValType,
};

use crate::common::TestEnv;
use crate::common::repository::{Repository, run};
use crate::plugin_trust::{READS, component, configure, digest, entry, project};

/// The component that works, with what `section` has behind it.
fn with(section: &impl ComponentSection) -> Vec<u8> {
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

/// 300 variables that are changed in the innermost of 300 loops: some 10 kB, a minute and more than a gigabyte.
#[test]
fn code_that_explodes_in_the_compiler_is_not_compiled() {
    let env = TestEnv::new();
    let repository = project(&env, "acme", READS);
    let mut body = Function::new([(300, ValType::I32)]);
    let mut code = body.instructions();
    for _ in 0..300 {
        code.loop_(BlockType::Empty);
    }
    for variable in 0..300 {
        code.local_get(variable).i32_const(1).i32_add();
        code.local_set(variable);
    }
    for _ in 0..300 {
        code.i32_const(0).br_if(0).end();
    }
    code.end();
    let (mut types, mut functions, mut codes) = (
        TypeSection::new(),
        FunctionSection::new(),
        CodeSection::new(),
    );
    types.ty().function([], []);
    functions.function(0);
    codes.function(&body);
    let mut module = Module::new();
    module.section(&types).section(&functions).section(&codes);
    let bytes = with(&ModuleSection(&module));
    let cause = "it has more than 100 loops in each other in one function";
    is_told(&repository, &bytes, cause);

    // Pinned by whoever wrote the configuration, and agreed to by nobody.
    let pinned = format!("    sha256: {}\n", digest(&bytes));
    configure(&repository, &[entry("acme", &pinned)]);
    let outcome = repository.session(&["plugin", "install"]);
    assert!(outcome.to_string().contains(cause), "{outcome}");
}
