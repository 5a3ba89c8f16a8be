//! Go's cover profile: blocks of statements, as lines. It must not guess what a block's lines hold: a line is covered if
//! one of its blocks is.

use std::io::BufRead;

use super::input::each_line;
use super::{Problem, is_hit, number, text};
use crate::table::{Lines, Table};

pub fn read(mut input: impl BufRead, table: &mut Table) -> Result<(), Problem> {
    let mut index: u64 = 0;
    let mut path: Vec<u8> = Vec::new();
    let mut lines = Lines::default();
    // The blocks of a file stand together, nearly always.
    each_line(&mut input, |line| {
        index += 1;
        // Profiles that were put together have several.
        if line.is_empty() || line.starts_with(b"mode:") {
            return Ok(());
        }
        let block = block(line)
            .ok_or_else(|| Problem::Malformed(format!("line {index}: no block of a Go file")))?;
        if block.path != path {
            table.put(&text(&path), std::mem::take(&mut lines))?;
            path.clear();
            path.extend_from_slice(block.path);
        }
        if block.statements {
            lines.add_range(block.first, block.last, block.covered);
        }
        Ok(())
    })?;
    table.put(&text(&path), lines)?;
    Ok(())
}

struct Block<'a> {
    path: &'a [u8],
    first: u32,
    last: u32,
    statements: bool,
    covered: bool,
}

/// `path:line.column,line.column statements count`
fn block(line: &[u8]) -> Option<Block<'_>> {
    let (rest, count) = split_last(line, b' ')?;
    let (rest, statements) = split_last(rest, b' ')?;
    let (path, range) = split_last(rest, b':')?;
    let (from, to) = split_last(range, b',')?;
    let first = number(split_last(from, b'.')?.0)?;
    let last = number(split_last(to, b'.')?.0)?;
    number(count.get(..count.len().min(9))?)?;
    Some(Block {
        path,
        first,
        last,
        statements: number(statements)? > 0,
        covered: is_hit(count),
    })
}

fn split_last(bytes: &[u8], at: u8) -> Option<(&[u8], &[u8])> {
    let index = bytes.iter().rposition(|&byte| byte == at)?;
    Some((&bytes[..index], &bytes[index + 1..]))
}
