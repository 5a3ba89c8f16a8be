//! Patterns of paths as the rest of the program has them: `*` stays within a directory, `**` does not. It must not know
//! what they are for.

/// `*`, `?`, `**` and `{a,b}`; everything else is itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Glob {
    /// One of them has to match: what braces stand for.
    alternatives: Vec<Vec<char>>,
}

/// Alternatives that braces may stand for; what is more is left out.
const MOST: usize = 64;

impl Glob {
    pub fn new(pattern: &str) -> Self {
        let mut alternatives = vec![String::new()];
        let mut rest = pattern;
        while let Some((before, braced)) = rest.split_once('{')
            && let Some((inside, after)) = braced.split_once('}')
        {
            let choices: Vec<&str> = inside.split(',').collect();
            let longer = alternatives.iter().flat_map(|start| {
                choices
                    .iter()
                    .map(move |choice| format!("{start}{before}{choice}"))
            });
            alternatives = longer.take(MOST).collect();
            rest = after;
        }
        let whole = alternatives
            .iter()
            .map(|start| format!("{start}{rest}").chars().collect());
        Self {
            alternatives: whole.collect(),
        }
    }

    pub fn matches(&self, path: &str) -> bool {
        let path: Vec<char> = path.chars().collect();
        self.alternatives
            .iter()
            .any(|pattern| matches(pattern, &path))
    }
}

/// Row by row over the pattern: whether it matches up to each character of the path. Never more than their product.
fn matches(pattern: &[char], path: &[char]) -> bool {
    let mut reached = vec![false; path.len() + 1];
    reached[0] = true;
    let mut at = 0;
    while at < pattern.len() {
        let stars = pattern[at..].iter().take_while(|c| **c == '*').count();
        let mut next = vec![false; path.len() + 1];
        if stars >= 2 {
            at += stars;
            let first = reached.iter().position(|here| *here);
            let slash = pattern.get(at) == Some(&'/');
            if let Some(first) = first {
                // `**/` is any number of directories, also none.
                for end in first..=path.len() {
                    next[end] = !slash || reached[end] || (end > 0 && path[end - 1] == '/');
                }
            }
            at += usize::from(slash);
        } else if stars == 1 {
            at += 1;
            for end in 0..=path.len() {
                next[end] = reached[end] || (end > 0 && next[end - 1] && path[end - 1] != '/');
            }
        } else {
            let wanted = pattern[at];
            at += 1;
            for end in 1..=path.len() {
                let c = path[end - 1];
                next[end] = reached[end - 1] && (c == wanted || (wanted == '?' && c != '/'));
            }
        }
        reached = next;
    }
    reached[path.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_whole_paths() {
        let cases = [
            ("tests/**", "tests/a/b.rs", true),
            ("tests/**", "src/tests/b.rs", false),
            ("**/tests/**", "tests/b.rs", true),
            ("**/tests/**", "a/b/tests/c/d.rs", true),
            ("**/*_test.go", "a_test.go", true),
            ("**/*_test.go", "x/y/a_test.go", true),
            ("*.rs", "src/a.rs", false),
            ("src/*.rs", "src/a.rs", true),
            ("src/?.rs", "src/a.rs", true),
            ("src/?.rs", "src/ab.rs", false),
            ("**", "any/thing", true),
            ("{a,b}/*.{js,ts}", "b/x.ts", true),
            ("{a,b}/*.{js,ts}", "c/x.ts", false),
            ("a/**/b", "a/b", true),
            ("a/**/b", "a/x/y/b", true),
            ("a/**/b", "ab", false),
            ("", "", true),
            ("", "a", false),
        ];
        for (pattern, path, expected) in cases {
            assert_eq!(
                Glob::new(pattern).matches(path),
                expected,
                "{pattern} {path}"
            );
        }
    }

    #[test]
    fn no_pattern_takes_for_ever() {
        let pattern = "*a".repeat(200);
        assert!(!Glob::new(&pattern).matches(&"a".repeat(150)));
        assert!(!Glob::new(&"{a,b}".repeat(40)).matches("x"));
    }
}
