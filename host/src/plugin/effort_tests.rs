//! Small functions that a compiler would work on for long, and what is refused of them.

use wasm_encoder::{
    BlockType, CodeSection, Component, Function, FunctionSection, InstructionSink, Module,
    ModuleSection, TypeSection, ValType,
};

use super::Effort;
use crate::plugin::weight;

/// A function of this many variables, whose code is `write`n. Type 1 takes and gives a thousand values.
fn said(variables: u32, write: impl FnOnce(&mut InstructionSink<'_>)) -> Result<(), String> {
    let many = || [ValType::I32; 1_000];
    let mut types = TypeSection::new();
    types.ty().function([], []);
    types.ty().function(many(), many());
    let mut functions = FunctionSection::new();
    functions.function(0).function(1);
    let mut body = Function::new([(variables, ValType::I32)]);
    write(&mut body.instructions());
    body.instructions().end();
    let mut other = Function::new([]);
    other.instructions().unreachable().end();
    let mut code = CodeSection::new();
    code.function(&body).function(&other);
    let mut module = Module::new();
    module.section(&types).section(&functions).section(&code);
    let mut component = Component::new();
    component.section(&ModuleSection(&module));
    let bytes = component.finish();
    wasmparser::Validator::new().validate_all(&bytes).unwrap();
    weight::excess(&bytes)
}

fn increase(code: &mut InstructionSink<'_>, variable: u32) {
    code.local_get(variable).i32_const(1).i32_add();
    code.local_set(variable);
}

/// Loops in each other, each repeated, and all variables changed in the innermost.
fn in_loops(variables: u32, loops: u32) -> Result<(), String> {
    said(variables, |code| {
        for _ in 0..loops {
            code.loop_(BlockType::Empty);
        }
        (0..variables).for_each(|variable| increase(code, variable));
        for _ in 0..loops {
            code.i32_const(0).br_if(0).end();
        }
    })
}

#[track_caller]
fn is_too_much(said: Result<(), String>, what: &str) {
    let expected = format!("it has more than {what} in one function");
    assert_eq!(said, Err(expected));
}

#[test]
fn variables_that_go_through_many_loops_are_refused() {
    assert_eq!(in_loops(150, 100), Ok(()));
    is_too_much(in_loops(151, 100), "15000 variables × loops");
    is_too_much(in_loops(1, 101), "100 loops in each other");
    // One after the other, they know nothing of each other.
    let flat = said(150, |code| {
        for _ in 0..101 {
            code.loop_(BlockType::Empty);
            (0..150).for_each(|variable| increase(code, variable));
            code.i32_const(0).br_if(0).end();
        }
    });
    is_too_much(flat, "15000 variables × loops");
}

#[test]
fn blocks_in_blocks_are_refused() {
    let nested = |depth: usize| {
        said(0, |code| {
            for _ in 0..depth {
                code.block(BlockType::Empty);
            }
            for _ in 0..depth {
                code.end();
            }
        })
    };
    // The function is one itself.
    assert_eq!(nested(4_999), Ok(()));
    is_too_much(nested(5_000), "5000 blocks in each other");
    let writing = |variables: u32, depth: usize| {
        said(variables, |code| {
            for _ in 0..depth {
                code.block(BlockType::Empty);
            }
            (0..variables).for_each(|variable| increase(code, variable));
            for _ in 0..depth {
                code.end();
            }
        })
    };
    assert_eq!(writing(100, 1_999), Ok(()));
    let what = "200000 variables × blocks that write them";
    is_too_much(writing(101, 1_999), what);
}

#[test]
fn branches_with_many_variables_are_refused() {
    let branching = |targets: usize, before: bool| {
        said(200, |code| {
            let write = |code: &mut InstructionSink<'_>| {
                (0..200).for_each(|variable| increase(code, variable));
            };
            code.block(BlockType::Empty).block(BlockType::Empty);
            if before {
                write(code);
            }
            let table = vec![1; targets];
            code.i32_const(0).br_table(table, 0).end();
            if !before {
                write(code);
            }
            code.end();
        })
    };
    let what = "2000000 variables × branches";
    for before in [false, true] {
        assert_eq!(branching(9_900, before), Ok(()));
        is_too_much(branching(10_000, before), what);
    }
}

#[test]
fn variables_that_are_kept_for_many_blocks_are_refused() {
    let kept = |variables: u32, blocks: usize| {
        said(variables, |code| {
            for _ in 0..blocks {
                code.block(BlockType::Empty).end();
            }
            (0..variables).for_each(|variable| increase(code, variable));
        })
    };
    assert_eq!(kept(1_999, 10_000), Ok(()));
    let what = "20000000 variables × places where control parts";
    is_too_much(kept(2_000, 10_000), what);
}

#[test]
fn calls_with_many_values_are_refused() {
    let calling = |calls: usize| {
        said(0, |code| {
            for _ in 0..1_000 {
                code.i32_const(0);
            }
            for _ in 0..calls {
                code.call(1);
            }
            for _ in 0..1_000 {
                code.drop();
            }
        })
    };
    let what = "200000 values that calls and branches hand over";
    // The other function gives a thousand, too.
    assert_eq!(calling(100), Ok(()));
    is_too_much(calling(101), what);
    let repeated = said(0, |code| {
        for _ in 0..1_000 {
            code.i32_const(0);
        }
        code.loop_(BlockType::FunctionType(1));
        for _ in 0..200 {
            code.i32_const(0).br_if(0);
        }
        code.end();
        for _ in 0..1_000 {
            code.drop();
        }
    });
    is_too_much(repeated, what);
}

/// Of all functions together, each of which is allowed.
#[test]
fn many_functions_that_are_hard_are_refused_together() {
    let one = Effort {
        branched: 2_000_000,
        ..Effort::default()
    };
    let mut all = Effort::default();
    for _ in 0..15 {
        all.add(&one);
    }
    assert_eq!(all.excess_of_all(), Ok(()));
    all.add(&one);
    let what = "it has more than 30000000 variables × branches in all functions";
    assert_eq!(all.excess_of_all(), Err(what.to_owned()));
}
