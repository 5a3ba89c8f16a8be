//! The runners whose words are known: one file each, from their real output (`tests/fixtures/runners`). A runner must
//! not be recognised by anything less than a line that only it writes.

mod cargo_test;
mod ctest;
mod go_test;
mod jest;
mod nextest;
mod node_test;
mod pytest;
mod runs;
mod tap;
mod unittest;
mod vitest;

use crate::session::evidence::TestCounts;

/// Reads one command's lines, both streams', in the order in which they come.
pub trait Runner: Send {
    /// As documents and plugins name it.
    fn name(&self) -> &'static str;

    fn line(&mut self, line: &str);

    /// None: it was not this runner.
    fn found(&self) -> Option<Found>;
}

/// A runner was recognised; it may not have said how many tests there were.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found {
    pub counts: Option<TestCounts>,
}

impl From<TestCounts> for Found {
    fn from(counts: TestCounts) -> Self {
        Self {
            counts: Some(counts),
        }
    }
}

pub fn all() -> Vec<Box<dyn Runner>> {
    vec![
        Box::<cargo_test::CargoTest>::default(),
        Box::<nextest::Nextest>::default(),
        Box::<pytest::Pytest>::default(),
        Box::<unittest::Unittest>::default(),
        Box::<jest::Jest>::default(),
        Box::<vitest::Vitest>::default(),
        Box::<go_test::GoTest>::default(),
        Box::<ctest::Ctest>::default(),
        Box::<node_test::NodeTest>::default(),
        Box::<tap::Tap>::default(),
    ]
}

/// The parts of `3 passed, 1 failed`, each a number and its word. None where a part is anything else.
fn parts<'a>(text: &'a str, separator: &str) -> Option<Vec<(u32, &'a str)>> {
    text.split(separator)
        .map(|part| {
            let (number, word) = part.trim().split_once(' ')?;
            Some((number.parse().ok()?, word.trim()))
        })
        .collect()
}

/// What others wrote may be any number.
fn raise(sum: &mut u32, number: u32) {
    *sum = sum.saturating_add(number);
}
