//! The difference of two texts, as git shows it. It must not know where they come from.

use anyhow::Context as _;

/// The hunks of a unified diff, without its file headers; empty where the texts are the same.
pub fn text_diff(old: &str, new: &str) -> anyhow::Result<String> {
    let mut patch = git2::Patch::from_buffers(old.as_bytes(), None, new.as_bytes(), None, None)
        .context("failed to compare two texts")?;
    let patch = patch.to_buf().context("failed to show a difference")?;
    let patch = String::from_utf8_lossy(&patch);
    let hunks = patch.lines().skip_while(|line| !line.starts_with("@@"));
    Ok(hunks.collect::<Vec<_>>().join("\n"))
}

#[cfg(test)]
mod tests {
    use super::text_diff;

    #[test]
    fn only_what_differs_is_shown() {
        let diff = text_diff("a\nb\nc\n", "a\nB\nc\n").unwrap();
        assert_eq!(diff, "@@ -1,3 +1,3 @@\n a\n-b\n+B\n c");
        assert_eq!(text_diff("a\n", "a\n").unwrap(), "");
    }
}
