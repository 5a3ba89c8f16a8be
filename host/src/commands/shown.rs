//! What every verb does with text that somebody typed. It must not decide what the text means.

use crate::document::{secrets, text};
use crate::error::user_error;

/// One line of typed text, ready to be stored: cleaned, secrets masked. Empty text is refused.
pub fn typed(given: &str, what: &str) -> anyhow::Result<String> {
    let clean = secrets::mask(&text::line(given)).into_owned();
    if clean.trim().is_empty() {
        return Err(user_error(
            format!("{what} cannot be empty"),
            "give it as one quoted argument",
        ));
    }
    Ok(clean)
}

/// Typed text of several lines.
pub fn typed_block(given: &str) -> String {
    secrets::mask(&text::block(given)).into_owned()
}
