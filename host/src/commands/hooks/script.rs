//! Our block in a hook's script: put in, found and taken out. Pure. It must not read or write a file.
//!
//! The block stands right after the `#!` line, so that a script that ends with `exit` or `exec` does not hide it, and the
//! hook itself stays where it is: scripts look at their own name and directory. It leaves `$@` and standard input alone.

const BEGIN: &str = "# >>> session hooks (`session hooks uninstall` takes this out)";
const END: &str = "# <<< session hooks";

/// How a file that is ours alone begins.
const OURS: &str = "#!/bin/sh\n# Written by `session hooks install`.\n";

/// Shells that understand the block.
const SHELLS: [&str; 5] = ["sh", "bash", "dash", "ksh", "zsh"];

/// Why a hook that is there is left alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unfit {
    /// Its first line names no shell that is known.
    NoShellScript,
    /// A block of ours begins and does not end: somebody changed it.
    Damaged,
}

/// The line that somebody can put into a hook themselves.
pub fn line(hook: &str) -> String {
    format!("session hooks run {hook} </dev/null >/dev/null 2>&1 || :")
}

fn block(hook: &str) -> String {
    format!(
        "{BEGIN}\nif command -v session >/dev/null 2>&1; then\n\t{}\nfi\n{END}\n",
        line(hook)
    )
}

/// The hook with our block in it. The same bytes where it is in there already.
pub fn with_block(hook: &str, existing: Option<&[u8]>) -> Result<Vec<u8>, Unfit> {
    let Some(existing) = existing else {
        return Ok(format!("{OURS}{}", block(hook)).into_bytes());
    };
    let bare = cut_out(existing)?;
    let first = bare.iter().position(|byte| *byte == b'\n');
    let first = first.ok_or(Unfit::NoShellScript)? + 1;
    // What was ours alone stays so.
    let at = match bare.starts_with(OURS.as_bytes()) {
        true => OURS.len(),
        false => first,
    };
    if !is_for_a_shell(&bare[..first]) {
        return Err(Unfit::NoShellScript);
    }
    Ok([&bare[..at], block(hook).as_bytes(), &bare[at..]].concat())
}

/// The hook without our block; None where nothing but ours was in it.
pub fn without_block(existing: &[u8]) -> Result<Option<Vec<u8>>, Unfit> {
    let bare = cut_out(existing)?;
    Ok(Some(bare).filter(|bare| bare != OURS.as_bytes()))
}

fn cut_out(script: &[u8]) -> Result<Vec<u8>, Unfit> {
    let mut bare = Vec::new();
    let mut inside = false;
    for line in script.split_inclusive(|byte| *byte == b'\n') {
        let text = line.strip_suffix(b"\n").unwrap_or(line);
        match (inside, text == BEGIN.as_bytes(), text == END.as_bytes()) {
            (false, true, _) => inside = true,
            (true, true, _) => return Err(Unfit::Damaged),
            (true, _, true) => inside = false,
            (true, ..) => {}
            (false, ..) => bare.extend_from_slice(line),
        }
    }
    if inside {
        return Err(Unfit::Damaged);
    }
    Ok(bare)
}

/// `#!/bin/sh -e`, `#!/usr/bin/env bash`.
fn is_for_a_shell(first: &[u8]) -> bool {
    let Some(rest) = std::str::from_utf8(first)
        .ok()
        .and_then(|first| first.strip_prefix("#!"))
    else {
        return false;
    };
    let mut words = rest.split_whitespace();
    let name = |word: &str| word.rsplit('/').next().unwrap_or_default().to_owned();
    let program = words.next().map(name);
    let program = match program.as_deref() {
        Some("env") => words.find(|word| !word.starts_with('-')).map(name),
        _ => program,
    };
    program.is_some_and(|program| SHELLS.contains(&program.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOOK: &str = "post-commit";

    #[test]
    fn what_was_there_comes_back_byte_for_byte() {
        let scripts: [&[u8]; 6] = [
            b"#!/bin/sh\necho hello\n",
            b"#!/usr/bin/env bash\nexit 0",
            b"#! /usr/bin/env -S bash -e\n",
            b"#!/bin/zsh -f\n\xff\xfe\r\n",
            b"#!/bin/sh\n",
            b"#!/bin/sh\n# Written by `session hooks install`.\necho mine\n",
        ];
        for script in scripts {
            let with = with_block(HOOK, Some(script)).unwrap();
            assert!(with.len() > script.len());
            let again = with_block(HOOK, Some(&with)).unwrap();
            assert_eq!(again, with, "twice is once");
            assert_eq!(without_block(&with).unwrap().as_deref(), Some(script));
        }
    }

    #[test]
    fn a_hook_that_was_not_there_goes_again() {
        let made = with_block(HOOK, None).unwrap();
        assert!(made.starts_with(b"#!/bin/sh\n"));
        assert_eq!(with_block(HOOK, Some(&made)).unwrap(), made);
        assert_eq!(without_block(&made).unwrap(), None);
        let mut longer = made.clone();
        longer.extend_from_slice(b"echo mine\n");
        let left = without_block(&longer).unwrap().unwrap();
        assert!(left.ends_with(b"echo mine\n"));
    }

    #[test]
    fn a_block_of_another_version_is_replaced() {
        let old = format!("#!/bin/sh\n{BEGIN}\nsession tick\n{END}\necho mine\n");
        let new = with_block(HOOK, Some(old.as_bytes())).unwrap();
        let text = String::from_utf8(new).unwrap();
        assert!(!text.contains("session tick"), "{text}");
        assert_eq!(text.matches(BEGIN).count(), 1);
        assert!(text.ends_with("echo mine\n"));
    }

    #[test]
    fn what_is_no_shell_script_is_left_alone() {
        let others: [&[u8]; 6] = [
            b"#!/usr/bin/env python3\nprint()\n",
            b"#!/bin/sh",
            b"echo no shebang\n",
            b"\x7fELF\n",
            b"",
            b"#!/bin/fish\n",
        ];
        for other in others {
            let refused = with_block(HOOK, Some(other));
            assert_eq!(refused, Err(Unfit::NoShellScript), "{other:?}");
        }
        let damaged = format!("#!/bin/sh\n{BEGIN}\necho\n");
        let damaged = damaged.as_bytes();
        assert_eq!(with_block(HOOK, Some(damaged)), Err(Unfit::Damaged));
        assert_eq!(without_block(damaged), Err(Unfit::Damaged));
    }
}
