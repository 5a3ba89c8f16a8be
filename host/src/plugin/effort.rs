//! How much work one function is to the compiler, told without compiling it: few bytes can take it minutes and gigabytes.
//! It must be given valid code.
//!
//! The compiler turns local variables into values: wherever paths meet, each variable that one of them wrote gets a new
//! value there, which each path hands over; a loop begins with one for each variable that is used in it. So the work grows
//! with variables × loops and variables × branches, and what it keeps with variables × blocks.

use wasmparser::{
    BlockType, CompositeInnerType, FunctionBody, FunctionSectionReader, ImportSectionReader,
    Operator, TypeRef, TypeSectionReader,
};

/// At any of these, a function takes the compiler at most two seconds and some 120 MB on a machine that is slow, and all of
/// them together two minutes. The largest honest components, of Python, of JavaScript and of tools written in Rust, have
/// what stands beside each limit.
const LIMITS: [Limit; 7] = [
    // 804
    limit("blocks in each other", 5_000, u64::MAX, |it| it.depth),
    // 16
    limit("loops in each other", 100, u64::MAX, |it| it.loop_depth),
    // 3,716; 103,863 in all
    limit("variables × loops", 15_000, 1_000_000, |it| it.in_loops),
    // 21,058; 910,224
    limit(
        "variables × blocks that write them",
        200_000,
        10_000_000,
        |it| it.in_blocks,
    ),
    // 126,750; 2,876,596
    limit("variables × branches", 2_000_000, 30_000_000, |it| {
        it.branched
    }),
    // 718,143; 10,510,287
    limit(
        "variables × places where control parts",
        20_000_000,
        200_000_000,
        |it| it.kept,
    ),
    // 11,638; 391,574
    limit(
        "values that calls and branches hand over",
        200_000,
        4_000_000,
        |it| it.passed,
    ),
];

struct Limit {
    what: &'static str,
    /// Of one function.
    one: u64,
    /// Of all functions together.
    all: u64,
    count: fn(&Effort) -> u64,
}

const fn limit(what: &'static str, one: u64, all: u64, count: fn(&Effort) -> u64) -> Limit {
    Limit {
        what,
        one,
        all,
        count,
    }
}

/// What is known of a module's functions before their code.
#[derive(Debug, Default)]
pub struct Signatures {
    /// Parameters and results of each type; none of one that is no function's.
    types: Vec<(u64, u64)>,
    /// The type of each function, the imported ones first.
    functions: Vec<u32>,
    imported: usize,
    bodies: usize,
}

/// Of one function, or of several added up.
#[derive(Debug, Default)]
pub struct Effort {
    depth: u64,
    loop_depth: u64,
    /// For each loop, the variables that are used in it.
    in_loops: u64,
    /// For each block, the variables that are written in it.
    in_blocks: u64,
    /// For each branch, the variables that are written in the block that it leaves, or in the loop that it repeats.
    branched: u64,
    /// The variables that are used at all, times all places where control comes together or parts.
    kept: u64,
    /// Parameters and results of calls, and of the blocks that are branched to.
    passed: u64,
}

impl Effort {
    /// What there is too much of in one function.
    pub fn excess(&self) -> Result<(), String> {
        for Limit {
            what, one, count, ..
        } in LIMITS
        {
            if count(self) > one {
                return Err(format!("it has more than {one} {what} in one function"));
            }
        }
        Ok(())
    }

    /// What there is too much of in the functions that were added up to this.
    pub fn excess_of_all(&self) -> Result<(), String> {
        for Limit {
            what, all, count, ..
        } in LIMITS
        {
            if count(self) > all {
                return Err(format!("it has more than {all} {what} in all functions"));
            }
        }
        Ok(())
    }

    pub fn add(&mut self, other: &Self) {
        self.in_loops += other.in_loops;
        self.in_blocks += other.in_blocks;
        self.branched += other.branched;
        self.kept += other.kept;
        self.passed += other.passed;
    }
}

impl Signatures {
    pub fn types(&mut self, section: TypeSectionReader<'_>) {
        let groups = section.into_iter().flatten();
        for ty in groups.flat_map(wasmparser::RecGroup::into_types) {
            self.types.push(match &ty.composite_type.inner {
                CompositeInnerType::Func(ty) => {
                    (ty.params().len() as u64, ty.results().len() as u64)
                }
                _ => (0, 0),
            });
        }
    }

    pub fn imports(&mut self, section: ImportSectionReader<'_>) {
        for import in section.into_imports().flatten() {
            if let TypeRef::Func(ty) | TypeRef::FuncExact(ty) = import.ty {
                self.functions.push(ty);
                self.imported += 1;
            }
        }
    }

    pub fn functions(&mut self, section: FunctionSectionReader<'_>) {
        self.functions.extend(section.into_iter().flatten());
    }

    /// Bodies come in the order of the functions. It ends early where there is too much of something.
    pub fn effort(&mut self, body: &FunctionBody<'_>) -> Effort {
        let index = self.imported + self.bodies;
        self.bodies += 1;
        let mut walk = Walk::new(self, self.of_function(index as u32), body);
        let operators = body.get_operators_reader().into_iter().flatten();
        for operator in operators.map_while(Result::ok) {
            walk.operator(&operator);
            // What takes the time here is counted.
            if walk.effort.excess().is_err() {
                break;
            }
        }
        walk.finish()
    }

    fn of_type(&self, index: u32) -> (u64, u64) {
        self.types.get(index as usize).copied().unwrap_or_default()
    }

    fn of_function(&self, index: u32) -> (u64, u64) {
        let ty = self.functions.get(index as usize);
        ty.map_or((0, 0), |ty| self.of_type(*ty))
    }
}

/// A block that is open.
struct Block {
    number: u32,
    is_loop: bool,
    /// Values that a branch to it hands over.
    arity: u64,
    /// The variables that are written in it.
    written: u64,
    branches: u64,
}

/// Numbers of the last block and the last loop that were opened before a variable was last written, or used. Those that
/// are open and have no higher number know of it already.
#[derive(Clone, Copy, Default)]
struct Seen {
    written: u32,
    used: u32,
}

struct Walk<'a> {
    signatures: &'a Signatures,
    effort: Effort,
    variables: Vec<Seen>,
    used: u64,
    blocks: Vec<Block>,
    /// Numbers of the loops that are open.
    loops: Vec<u32>,
    opened: u32,
    /// Where control comes together or parts.
    places: u64,
}

impl<'a> Walk<'a> {
    fn new(
        signatures: &'a Signatures,
        (parameters, results): (u64, u64),
        body: &FunctionBody<'_>,
    ) -> Self {
        let declared = body.get_locals_reader().into_iter().flatten().flatten();
        let locals: u64 = declared.map(|(count, _)| u64::from(count)).sum();
        let mut walk = Self {
            signatures,
            effort: Effort::default(),
            variables: vec![Seen::default(); (parameters + locals) as usize],
            used: 0,
            blocks: Vec::new(),
            loops: Vec::new(),
            opened: 0,
            places: 0,
        };
        walk.open(false, results);
        walk
    }

    fn operator(&mut self, operator: &Operator<'_>) {
        match operator {
            Operator::Loop { blockty } => {
                let (parameters, _) = self.of_block(*blockty);
                self.open(true, parameters);
            }
            Operator::Block { blockty } | Operator::If { blockty } => {
                let (_, results) = self.of_block(*blockty);
                self.open(false, results);
            }
            Operator::TryTable { try_table } => {
                let (_, results) = self.of_block(try_table.ty);
                self.open(false, results);
                try_table.catches.iter().for_each(|_| self.branch(0));
            }
            Operator::Else => self.branch(0),
            Operator::End => self.close(),
            Operator::Br { relative_depth } | Operator::BrIf { relative_depth } => {
                self.branch(*relative_depth);
            }
            Operator::BrTable { targets } => {
                let others = targets.targets().flatten();
                others.for_each(|target| self.branch(target));
                self.branch(targets.default());
            }
            Operator::Return => self.branch(self.blocks.len().saturating_sub(1) as u32),
            Operator::Call { function_index } | Operator::ReturnCall { function_index } => {
                self.call(self.signatures.of_function(*function_index));
            }
            Operator::CallIndirect { type_index, .. }
            | Operator::ReturnCallIndirect { type_index, .. } => {
                self.call(self.signatures.of_type(*type_index));
            }
            Operator::LocalGet { local_index } => self.touch(*local_index),
            Operator::LocalSet { local_index } | Operator::LocalTee { local_index } => {
                self.touch(*local_index);
                self.write(*local_index);
            }
            _ => {}
        }
    }

    fn of_block(&self, ty: BlockType) -> (u64, u64) {
        match ty {
            BlockType::Empty => (0, 0),
            BlockType::Type(_) => (0, 1),
            BlockType::FuncType(index) => self.signatures.of_type(index),
        }
    }

    fn open(&mut self, is_loop: bool, arity: u64) {
        self.opened += 1;
        self.places += if is_loop { 3 } else { 1 };
        self.blocks.push(Block {
            number: self.opened,
            is_loop,
            arity,
            written: 0,
            branches: 1,
        });
        if is_loop {
            self.loops.push(self.opened);
        }
        self.effort.passed += arity;
        self.effort.depth = self.effort.depth.max(self.blocks.len() as u64);
        self.effort.loop_depth = self.effort.loop_depth.max(self.loops.len() as u64);
    }

    fn close(&mut self) {
        let Some(block) = self.blocks.pop() else {
            return;
        };
        if block.is_loop {
            self.loops.pop();
        }
        self.effort.branched += block.branches * block.written;
    }

    fn branch(&mut self, depth: u32) {
        self.places += 1;
        let Some(index) = self.blocks.len().checked_sub(1 + depth as usize) else {
            return;
        };
        self.blocks[index].branches += 1;
        self.effort.passed += self.blocks[index].arity;
    }

    fn call(&mut self, (parameters, results): (u64, u64)) {
        self.effort.passed += parameters + results;
    }

    fn touch(&mut self, variable: u32) {
        let Some(seen) = self.variables.get_mut(variable as usize) else {
            return;
        };
        self.used += u64::from(seen.used == 0);
        let known = self.loops.partition_point(|number| *number <= seen.used);
        self.effort.in_loops += (self.loops.len() - known) as u64;
        seen.used = self.opened;
    }

    fn write(&mut self, variable: u32) {
        let Some(seen) = self.variables.get_mut(variable as usize) else {
            return;
        };
        let known = |block: &Block| block.number <= seen.written;
        let known = self.blocks.partition_point(known);
        for block in &mut self.blocks[known..] {
            block.written += 1;
        }
        self.effort.in_blocks += (self.blocks.len() - known) as u64;
        seen.written = self.opened;
    }

    fn finish(mut self) -> Effort {
        self.effort.kept = self.used * self.places;
        self.effort
    }
}

#[cfg(test)]
#[path = "effort_tests.rs"]
mod tests;
