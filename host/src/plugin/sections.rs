//! Walking the sections of a WebAssembly binary without validating or compiling it. It must survive any bytes.

use std::ops::ControlFlow;

use wasmparser::{Chunk, Parser, Payload};

/// A section of one module or component.
pub enum Section<'a> {
    Own(Payload<'a>),
    /// A module or component in it, whole.
    Nested(&'a [u8]),
}

/// Shows each section of one level to `visit`, until it breaks. An error: the binary is damaged from there on, and how.
pub fn walk<'a>(
    mut rest: &'a [u8],
    mut visit: impl FnMut(Section<'a>) -> ControlFlow<()>,
) -> Result<(), String> {
    let mut parser = Parser::new(0);
    loop {
        let parsed = parser.parse(rest, true);
        let (consumed, payload) = match parsed.map_err(|error| error.message().to_owned())? {
            Chunk::Parsed { consumed, payload } => (consumed, payload),
            // Cannot be: the parser was told that there is no more.
            Chunk::NeedMoreData(_) => return Err(END.to_owned()),
        };
        rest = rest.get(consumed..).ok_or(END)?;
        let section = match payload {
            Payload::ModuleSection {
                unchecked_range, ..
            }
            | Payload::ComponentSection {
                unchecked_range, ..
            } => Section::Nested(take(&mut rest, unchecked_range.len())?),
            Payload::CodeSectionStart { size, .. } => {
                parser.skip_section();
                take(&mut rest, usize::try_from(size).unwrap_or(usize::MAX))?;
                Section::Own(payload)
            }
            Payload::End(_) => return Ok(()),
            payload => Section::Own(payload),
        };
        if visit(section).is_break() {
            return Ok(());
        }
    }
}

const END: &str = "unexpected end";

fn take<'a>(rest: &mut &'a [u8], length: usize) -> Result<&'a [u8], &'static str> {
    let (taken, after) = rest.split_at_checked(length).ok_or(END)?;
    *rest = after;
    Ok(taken)
}
