//! Text that others wrote, made harmless: control characters, line breaks, forged markup. It must not lose what a
//! reader could still use, and it must not judge what the text says.

mod clean;
mod markup;
mod visible;

pub use clean::{block, is_harmful, is_plain, line};
pub use markup::{close_fences, escape_inline, escape_line_start, quote};
pub use visible::{name, visible};
