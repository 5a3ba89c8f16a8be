//! How deep the types of a component nest, told before anything reads them: all readers of such types call themselves for
//! each level. It must survive any bytes, and must not read a type itself.

use wasmparser::{Parser, Payload};

/// Levels. Those of honest components have two or three; [`super::apart`] has a stack for many times as many.
const DEEPEST: usize = 1_000;

/// What there is too much of: a clause.
///
/// A component's or an instance's type holds another one only as a declaration of a type, the byte 1, which is followed by
/// the other one's first byte, 0x41 or 0x42. Readers take both as single bytes, with no second way to write them. So a
/// section has no more levels below the first than it has such pairs, wherever else they come from. What nests by index
/// is not read recursively, and nested modules and components are the parser's own stack, which is no thread's.
pub fn excess(binary: &[u8]) -> Result<(), String> {
    // What stands behind damage is read by nobody.
    for payload in Parser::new(0).parse_all(binary).map_while(Result::ok) {
        let Payload::ComponentTypeSection(section) = payload else {
            continue;
        };
        let range = section.range();
        let bytes = binary.get(range.start..range.end).unwrap_or_default();
        let opens = |pair: &&[u8]| matches!(pair, [1, 0x41 | 0x42]);
        if bytes.windows(2).filter(opens).count() > DEEPEST {
            return Err(format!(
                "its types may stand in each other more than {DEEPEST} deep"
            ));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use wasm_encoder::{
        Component, ComponentSection as _, ComponentTypeSection, NestedComponentSection, RawSection,
    };

    use super::*;

    /// A type in a type in a type, as bytes: what makes them is recursive as well.
    fn types_in_types(first: u8, levels: usize) -> Component {
        let mut body = vec![1];
        body.extend([first, 1, 1].repeat(levels));
        body.extend([first, 0]);
        let mut component = Component::new();
        component.section(&RawSection {
            id: ComponentTypeSection::new().id(),
            data: &body,
        });
        component
    }

    #[test]
    fn types_that_would_fill_the_stack_are_not_read() {
        for first in [0x41, 0x42] {
            let said = |levels| excess(&types_in_types(first, levels).finish());
            // That there is one type, and its first byte, are such a pair as well.
            assert_eq!(said(DEEPEST - 1), Ok(()));
            let deep = "its types may stand in each other more than 1000 deep";
            assert_eq!(said(DEEPEST), Err(deep.to_owned()));
            let mut outer = Component::new();
            outer.section(&NestedComponentSection(&types_in_types(first, 20_000)));
            assert_eq!(excess(&outer.finish()), Err(deep.to_owned()));
        }
        assert_eq!(excess(b"\0asm\x0d\0\x01\0\x07\xff"), Ok(()));
    }
}
