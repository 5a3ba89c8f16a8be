//! What a component weighs beside its memory, counted without running it: no limit at run time sees it. It must be given
//! a valid component.

use wasmparser::{
    ComponentAlias, ComponentInstance, ComponentOuterAliasKind, ComponentTypeRef, Encoding,
    Instance, Parser, Payload,
};

use super::effort::{Effort, Signatures};

/// Of all modules together; each instance has its own. The largest honest component, a Python one, has some 900.
const MOST_GLOBALS: u64 = 10_000;

/// Compiling takes time and memory for each. Python and JavaScript plugins, the largest, have fewer.
const MOST_FUNCTIONS: u64 = 100_000;

/// Bytes of one function: the time that compiling takes grows faster than its size. Those of Python and JavaScript
/// plugins are smaller.
const MOST_CODE: u64 = 512 * 1024;

/// Functions and imports, counted again for each instance of their module: there they take some 60 bytes each.
const MOST_PARTS: u64 = 1_000_000;

/// What there is too much of.
pub fn excess(valid: &[u8]) -> Result<(), String> {
    let weight = Weight::of(valid);
    for (count, most, what) in [
        (weight.globals, MOST_GLOBALS, "global variables"),
        (weight.functions, MOST_FUNCTIONS, "functions"),
        (weight.code, MOST_CODE, "bytes of code in one function"),
        (
            weight.parts(),
            MOST_PARTS,
            "functions and imports in all its instances",
        ),
    ] {
        if count > most {
            return Err(format!("it has more than {most} {what}"));
        }
    }
    weight.too_hard?;
    weight.effort.excess_of_all()
}

#[derive(Debug)]
struct Weight {
    globals: u64,
    functions: u64,
    /// Bytes of the largest function.
    code: u64,
    /// Of one module.
    largest: u64,
    /// Whether it stands in a nested component, and the parts of its module, where that is known.
    instances: Vec<(bool, Option<u64>)>,
    /// Instances of nested components.
    nested: u64,
    effort: Effort,
    /// What there is too much of in some function.
    too_hard: Result<(), String>,
}

/// What is being read.
enum Scope {
    /// With the parts of each of its modules; none for one that stands elsewhere.
    Component(Vec<Option<u64>>),
    /// With its parts.
    Module(u64, Signatures),
}

impl Weight {
    fn of(valid: &[u8]) -> Self {
        let mut weight = Self {
            globals: 0,
            functions: 0,
            code: 0,
            largest: 0,
            instances: Vec::new(),
            nested: 0,
            effort: Effort::default(),
            too_hard: Ok(()),
        };
        let mut scopes = Vec::new();
        for payload in Parser::new(0).parse_all(valid) {
            let Ok(payload) = payload else { break };
            weight.read(&payload, &mut scopes);
        }
        weight
    }

    fn read(&mut self, payload: &Payload<'_>, scopes: &mut Vec<Scope>) {
        match payload {
            Payload::Version { encoding, .. } => scopes.push(match encoding {
                Encoding::Component => Scope::Component(Vec::new()),
                Encoding::Module => Scope::Module(0, Signatures::default()),
            }),
            Payload::End(_) => {
                if let Some(Scope::Module(parts, _)) = scopes.pop() {
                    self.largest = self.largest.max(parts);
                    put(scopes, Some(parts));
                }
            }
            Payload::GlobalSection(section) => self.globals += u64::from(section.count()),
            Payload::TypeSection(section) => {
                if let Some(Scope::Module(_, signatures)) = scopes.last_mut() {
                    signatures.types(section.clone());
                }
            }
            Payload::ImportSection(section) => {
                let imports = section.clone().into_imports().flatten();
                let count = imports.count() as u64;
                if let Some(Scope::Module(parts, signatures)) = scopes.last_mut() {
                    *parts += count;
                    signatures.imports(section.clone());
                }
            }
            Payload::CodeSectionEntry(body) => {
                let range = body.range();
                let bytes = range.end.saturating_sub(range.start) as u64;
                self.code = self.code.max(bytes);
                if let Some(Scope::Module(_, signatures)) = scopes.last_mut()
                    && self.too_hard.is_ok()
                {
                    let effort = signatures.effort(body);
                    self.too_hard = effort.excess();
                    self.effort.add(&effort);
                }
            }
            Payload::FunctionSection(section) => {
                let count = u64::from(section.count());
                self.functions += count;
                if let Some(Scope::Module(parts, signatures)) = scopes.last_mut() {
                    *parts += count;
                    signatures.functions(section.clone());
                }
            }
            Payload::ComponentAliasSection(section) => {
                let is_module = |alias: &ComponentAlias<'_>| match alias {
                    ComponentAlias::Outer { kind, .. } => {
                        *kind == ComponentOuterAliasKind::CoreModule
                    }
                    ComponentAlias::InstanceExport { kind, .. } => {
                        *kind == wasmparser::ComponentExternalKind::Module
                    }
                    ComponentAlias::CoreInstanceExport { .. } => false,
                };
                let aliases = section.clone().into_iter().flatten();
                aliases.filter(is_module).for_each(|_| put(scopes, None));
            }
            Payload::ComponentImportSection(section) => {
                let imports = section.clone().into_iter().flatten();
                let modules = imports.filter(|it| matches!(it.ty, ComponentTypeRef::Module(_)));
                modules.for_each(|_| put(scopes, None));
            }
            Payload::InstanceSection(section) => {
                for instance in section.clone().into_iter().flatten() {
                    if let Instance::Instantiate { module_index, .. } = instance {
                        self.instances
                            .push((scopes.len() > 1, module(scopes, module_index)));
                    }
                }
            }
            Payload::ComponentInstanceSection(section) => {
                let instances = section.clone().into_iter().flatten();
                let is_one = |it: &ComponentInstance<'_>| {
                    matches!(it, ComponentInstance::Instantiate { .. })
                };
                self.nested += instances.filter(is_one).count() as u64;
            }
            _ => {}
        }
    }

    /// A nested component may be there as often as any is.
    fn parts(&self) -> u64 {
        let instances = self.instances.iter();
        let parts = instances.map(|(is_nested, parts)| {
            let times = if *is_nested { self.nested } else { 1 };
            parts.unwrap_or(self.largest).saturating_mul(times)
        });
        parts.fold(0, u64::saturating_add)
    }
}

fn put(scopes: &mut [Scope], module: Option<u64>) {
    if let Some(Scope::Component(modules)) = scopes.last_mut() {
        modules.push(module);
    }
}

fn module(scopes: &[Scope], index: u32) -> Option<u64> {
    match scopes.last() {
        Some(Scope::Component(modules)) => *modules.get(index as usize)?,
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use wasm_encoder::{
        CodeSection, Component, ConstExpr, Function, FunctionSection, GlobalSection, GlobalType,
        InstanceSection, Module, ModuleArg, ModuleSection, TypeSection, ValType,
    };

    use super::*;

    fn module_of(functions: u64, globals: u64) -> Module {
        let mut types = TypeSection::new();
        types.ty().function([], []);
        let (mut declared, mut code) = (FunctionSection::new(), CodeSection::new());
        for _ in 0..functions {
            declared.function(0);
            let mut body = Function::new([]);
            body.instructions().end();
            code.function(&body);
        }
        let mut variables = GlobalSection::new();
        for _ in 0..globals {
            let global_type = GlobalType {
                val_type: ValType::I32,
                mutable: true,
                shared: false,
            };
            variables.global(global_type, &ConstExpr::i32_const(1));
        }
        let mut module = Module::new();
        module
            .section(&types)
            .section(&declared)
            .section(&variables)
            .section(&code);
        module
    }

    fn component(functions: u64, globals: u64, instances: u64) -> Component {
        let mut component = Component::new();
        component.section(&ModuleSection(&module_of(functions, globals)));
        let mut section = InstanceSection::new();
        for _ in 0..instances {
            section.instantiate(0, Vec::<(&str, ModuleArg)>::new());
        }
        component.section(&section);
        component
    }

    fn said(component: Component) -> Result<(), String> {
        excess(&component.finish())
    }

    #[test]
    fn what_no_limit_counts_at_run_time_is_counted_before() {
        let too_many = |what: &str| Err(format!("it has more than {what}"));
        assert_eq!(said(component(10, MOST_GLOBALS, 10)), Ok(()));
        let globals = too_many("10000 global variables");
        assert_eq!(said(component(10, MOST_GLOBALS + 1, 1)), globals);
        let functions = too_many("100000 functions");
        assert_eq!(said(component(MOST_FUNCTIONS + 1, 0, 1)), functions);
        let parts = too_many("1000000 functions and imports in all its instances");
        assert_eq!(said(component(MOST_PARTS / 50, 0, 50)), Ok(()));
        assert_eq!(said(component(MOST_PARTS / 50, 0, 51)), parts);
    }

    #[test]
    fn one_function_is_not_the_whole_component() {
        let with = |instructions: u64| {
            let mut types = TypeSection::new();
            types.ty().function([], []);
            let (mut declared, mut code) = (FunctionSection::new(), CodeSection::new());
            declared.function(0);
            let mut body = Function::new([]);
            for _ in 0..instructions {
                body.instructions().nop();
            }
            body.instructions().end();
            code.function(&body);
            let mut module = Module::new();
            module.section(&types).section(&declared).section(&code);
            let mut component = Component::new();
            component.section(&ModuleSection(&module));
            said(component)
        };
        assert_eq!(with(MOST_CODE - 10), Ok(()));
        let said = "it has more than 524288 bytes of code in one function".to_owned();
        assert_eq!(with(MOST_CODE), Err(said));
    }

    #[test]
    fn a_nested_component_counts_as_often_as_it_is_there() {
        let nested = component(MOST_PARTS / 50, 0, 1);
        let with = |times: u32| {
            let mut outer = Component::new();
            outer.section(&wasm_encoder::NestedComponentSection(&nested));
            let mut instances = wasm_encoder::ComponentInstanceSection::new();
            for _ in 0..times {
                let none = Vec::<(&str, wasm_encoder::ComponentExportKind, u32)>::new();
                instances.instantiate(0, none);
            }
            outer.section(&instances);
            said(outer)
        };
        assert_eq!(with(50), Ok(()));
        assert!(with(51).is_err());
    }
}
