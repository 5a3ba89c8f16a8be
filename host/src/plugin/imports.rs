//! Whether this host has what a component imports, told by names and types. It must agree with what the linker takes,
//! without compiling the component for it.

use std::collections::HashSet;

use wasmparser::component_types::{ComponentAnyTypeId, ComponentEntityType, ResourceId};
use wasmparser::types::{Types, TypesRef};

const CONTRACT: [&str; 6] = ["facts", "log", "repository", "state", "types", "work-tree"];

/// By package. What [`super::sandbox::Sandbox`] gives nothing to reach can still be imported.
const WASI: [(&str, &[&str]); 7] = [
    (
        "cli",
        &[
            "environment",
            "exit",
            "stderr",
            "stdin",
            "stdout",
            "terminal-input",
            "terminal-output",
            "terminal-stderr",
            "terminal-stdin",
            "terminal-stdout",
        ],
    ),
    ("clocks", &["monotonic-clock", "wall-clock"]),
    ("filesystem", &["preopens", "types"]),
    ("http", &["outgoing-handler", "types"]),
    ("io", &["error", "poll", "streams"]),
    ("random", &["insecure", "insecure-seed", "random"]),
    (
        "sockets",
        &[
            "instance-network",
            "ip-name-lookup",
            "network",
            "tcp",
            "tcp-create-socket",
            "udp",
            "udp-create-socket",
        ],
    ),
];

/// The first of these imports that this host does not provide. One that needs nothing, such as an interface of plain types
/// only, is no obstacle: nobody has to provide it, whatever it is called.
pub fn missing<'n>(imports: &'n [String], types: &Types) -> Option<&'n str> {
    let types = types.as_ref();
    let mut resources = HashSet::new();
    let mut names = imports.iter().map(String::as_str);
    names.find(|name| {
        let Some(item) = types.component_item_for_import(name) else {
            return true;
        };
        let needs = needs(&item.ty, types, &mut resources);
        needs && !is_provided(name)
    })
}

/// Whether somebody has to provide this. `resources` are those that were imported so far: a later import that names one
/// again needs no second one.
fn needs(
    item: &ComponentEntityType,
    types: TypesRef<'_>,
    resources: &mut HashSet<ResourceId>,
) -> bool {
    match item {
        ComponentEntityType::Type {
            created: ComponentAnyTypeId::Resource(resource),
            ..
        } => resources.insert(resource.resource()),
        ComponentEntityType::Type { .. } => false,
        ComponentEntityType::Instance(instance) => {
            let items = types[*instance].exports.values();
            // All of them: each may name a resource.
            let needed = items.filter(|item| needs(&item.ty, types, resources));
            needed.count() > 0
        }
        _ => true,
    }
}

/// An interface of the contract, whose version is judged elsewhere, or of WASI 0.2.
fn is_provided(import: &str) -> bool {
    let Some((name, version)) = import.rsplit_once('@') else {
        return false;
    };
    if let Some(interface) = name.strip_prefix("session:plugin/") {
        return CONTRACT.contains(&interface);
    }
    let patch = version.strip_prefix("0.2.");
    let is_stable = patch.is_some_and(|patch| patch.parse::<u32>().is_ok());
    let is_known = |name: &str| {
        let (package, interface) = name.strip_prefix("wasi:")?.split_once('/')?;
        let (_, known) = WASI.iter().find(|(known, _)| *known == package)?;
        Some(known.contains(&interface))
    };
    is_stable && is_known(name) == Some(true)
}

#[cfg(test)]
mod tests {
    use wasm_encoder::{
        Component, ComponentExportKind, ComponentExportSection, ComponentImportSection,
        ComponentInstanceSection, ComponentTypeRef, ComponentTypeSection, InstanceType,
        PrimitiveValType, TypeBounds,
    };

    use super::*;
    use crate::environment::Environment;
    use crate::plugin::{candidate, engine, inspect};

    /// A component that imports one instance and has a hook that is none: linking it comes before looking at the hook.
    fn importing(name: &str, instance: &InstanceType) -> Vec<u8> {
        let mut types = ComponentTypeSection::new();
        types.instance(instance);
        let mut imports = ComponentImportSection::new();
        imports.import(name, ComponentTypeRef::Instance(0));
        let mut instances = ComponentInstanceSection::new();
        instances.export_items(Vec::<(&str, ComponentExportKind, u32)>::new());
        let mut exports = ComponentExportSection::new();
        let hook = "session:plugin/brief@0.1.0";
        exports.export(hook, ComponentExportKind::Instance, 1, None);
        let mut component = Component::new();
        component
            .section(&types)
            .section(&imports)
            .section(&instances)
            .section(&exports);
        component.finish()
    }

    fn with_type() -> InstanceType {
        let mut instance = InstanceType::new();
        instance
            .ty()
            .defined_type()
            .primitive(PrimitiveValType::U32);
        instance.export("number", ComponentTypeRef::Type(TypeBounds::Eq(0)));
        instance
    }

    fn with_function() -> InstanceType {
        let mut instance = with_type();
        let none = Vec::<(&str, wasm_encoder::ComponentValType)>::new();
        instance.ty().function().params(none).result(None);
        instance.export("act", ComponentTypeRef::Func(2));
        instance
    }

    fn with_resource() -> InstanceType {
        let mut instance = InstanceType::new();
        instance.export("thing", ComponentTypeRef::Type(TypeBounds::SubResource));
        instance
    }

    /// What the linker itself says.
    fn is_linked(bytes: &[u8]) -> bool {
        let error = candidate::compile("none", bytes, &Environment::unknown()).unwrap_err();
        let error = format!("{error:#}");
        assert!(
            error.contains("it cannot be linked") || error.contains("its hook brief is none"),
            "{error}"
        );
        !error.contains("it cannot be linked")
    }

    #[test]
    fn what_needs_nothing_can_be_loaded_and_what_nobody_provides_is_named() {
        for name in [
            "session:plugin/telepathy@0.1.0",
            "session:plugin/facts",
            "acme:host/telepathy@1.0.0",
            "wasi:keyvalue/store@0.2.0",
            "wasi:cli/run@0.2.0",
            "wasi:cli/stdin@0.2.0-rc",
            "wasi:cli/stdin@0.3.0",
        ] {
            for (instance, loads) in [
                (InstanceType::new(), true),
                (with_type(), true),
                (with_function(), false),
                (with_resource(), false),
            ] {
                let bytes = importing(name, &instance);
                assert_eq!(is_linked(&bytes), loads, "{name}");
                let problem = inspect(&bytes).unwrap().problem;
                let missing = format!("it imports {name}, which this program does not provide");
                assert_eq!(problem, (!loads).then_some(missing));
            }
        }
    }

    #[test]
    fn the_linker_has_all_that_is_listed() {
        let engine = engine::engine().unwrap();
        let linker = engine::linker(&engine).unwrap();
        let mut linker = engine::linker_with_http(&linker).unwrap();
        // What is there under this name cannot be defined a second time.
        let ty = wasmtime::component::ResourceType::host::<()>();
        let mut has = |name: &str| linker.root().resource(name, ty, |_, _| Ok(())).is_err();
        for interface in CONTRACT {
            let name = format!("session:plugin/{interface}@{}", crate::plugin::CONTRACT);
            assert!(has(&name), "{name}");
            assert!(is_provided(&name));
        }
        for (package, interfaces) in WASI {
            for interface in interfaces {
                let mut names =
                    (0..100).map(|patch| format!("wasi:{package}/{interface}@0.2.{patch}"));
                assert!(names.any(|name| has(&name)), "{package}/{interface}");
            }
        }
    }
}
