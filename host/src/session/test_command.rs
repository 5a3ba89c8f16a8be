//! Whether a command is one that runs tests, by what was typed: one that breaks down before it has counted anything is a
//! run of the tests all the same. It must not need its output.

/// Programs that do nothing else.
const RUNNERS: [&str; 16] = [
    "ava",
    "cargo-nextest",
    "ctest",
    "gotestsum",
    "jest",
    "mocha",
    "nose2",
    "nox",
    "phpunit",
    "prove",
    "py.test",
    "pytest",
    "rspec",
    "stestr",
    "tox",
    "vitest",
];

/// Programs that run tests when they are told so with this word, or one that begins with it and goes on with `:` or `-`.
const TOLD: [(&str, &[&str]); 30] = [
    ("bazel", &["test"]),
    ("bun", &["test"]),
    ("cabal", &["test"]),
    ("cargo", &["test", "t", "nextest"]),
    ("dart", &["test"]),
    ("deno", &["test"]),
    ("dotnet", &["test"]),
    ("flutter", &["test"]),
    ("gmake", &["test", "tests", "check"]),
    ("go", &["test"]),
    ("gradle", &["test", "check"]),
    ("gradlew", &["test", "check"]),
    ("just", &["test", "tests", "check"]),
    ("lein", &["test"]),
    ("make", &["test", "tests", "check"]),
    ("meson", &["test"]),
    ("mix", &["test"]),
    ("mvn", &["test", "verify"]),
    ("mvnw", &["test", "verify"]),
    ("ninja", &["test", "check"]),
    ("node", &["--test"]),
    ("npm", &["test", "t", "tst"]),
    ("pnpm", &["test", "t"]),
    ("rake", &["test", "spec"]),
    ("sbt", &["test"]),
    ("stack", &["test"]),
    ("swift", &["test"]),
    ("task", &["test"]),
    ("yarn", &["test"]),
    ("zig", &["test"]),
];

/// Programs that run the command behind them.
const WRAPPERS: [&str; 15] = [
    "bunx", "command", "env", "exec", "nice", "npx", "pipx", "poetry", "run", "time", "uv", "uvx",
    "xvfb-run", "bundle", "stdbuf",
];

/// Programs that show what others wrote, or move it about.
const SHOWERS: [&str; 25] = [
    "awk", "bat", "cat", "cp", "curl", "diff", "echo", "find", "gh", "git", "glab", "grep", "head",
    "jq", "less", "ls", "more", "mv", "printf", "rg", "sed", "tail", "tee", "touch", "wget",
];

/// Whether all that it can write of tests is somebody else's word.
pub fn only_shows(command: &[String]) -> bool {
    let program = command.first();
    program.is_some_and(|program| SHOWERS.contains(&name(program)))
}

/// Whether any part of it runs tests.
pub fn runs_tests(command: &[String]) -> bool {
    let words: Vec<&str> = command.iter().map(String::as_str).collect();
    match &words[..] {
        [shell, option, script, ..]
            if ["sh", "bash", "dash", "zsh"].contains(&name(shell)) && option.ends_with('c') =>
        {
            let parts = script.split([';', '\n', '&', '|', '(', ')']);
            parts
                .map(|part| part.split_whitespace().collect::<Vec<_>>())
                .any(|part| is_one(&part))
        }
        _ => is_one(&words),
    }
}

fn is_one(words: &[&str]) -> bool {
    let Some((_, program, rest)) = behind_wrappers(words) else {
        return false;
    };
    if RUNNERS.contains(&program) {
        return true;
    }
    if is_python(program) {
        let module = rest.iter().skip_while(|word| **word != "-m").nth(1);
        return module.is_some_and(|module| RUNNERS.contains(module) || *module == "unittest");
    }
    told(program, rest).is_some()
}

pub(in crate::session) fn is_python(program: &str) -> bool {
    program.starts_with("python") || program == "py"
}

/// A command without what only calls it (`timeout 60 uv run pytest -q`): the variables and options of that, which may
/// bear on what is run; the program without its directory; and its words.
pub(in crate::session) fn behind_wrappers<'a, 'w>(
    words: &'w [&'a str],
) -> Option<(Vec<&'a str>, &'a str, &'w [&'a str])> {
    let mut words = words;
    let mut before = Vec::new();
    loop {
        let (first, rest) = words.split_first()?;
        let program = name(first);
        let is_variable = first
            .split_once('=')
            .is_some_and(|(name, _)| !name.contains('/'));
        // What stands behind an option that takes a value is not found.
        if is_variable || first.starts_with('-') {
            before.push(*first);
        } else if program == "timeout" {
            // Its options, and how long.
            let at = rest
                .iter()
                .position(|word| word.starts_with(|c: char| c.is_ascii_digit()))?;
            words = &rest[at + 1..];
            continue;
        } else if !WRAPPERS.contains(&program) {
            return Some((before, program, rest));
        }
        words = rest;
    }
}

/// The word that tells a program such as `make` to run tests.
pub(in crate::session) fn told<'a>(program: &str, rest: &[&'a str]) -> Option<&'a str> {
    let (_, told) = TOLD.iter().find(|(told, _)| *told == program)?;
    let mut rest = rest
        .iter()
        .filter(|word| !word.starts_with('-') || told.contains(word));
    let mut word = rest.next();
    if ["npm", "pnpm", "yarn", "bun", "zig"].contains(&program)
        && word.is_some_and(|word| ["run", "run-script", "build", "exec"].contains(word))
    {
        word = rest.next();
    }
    word.filter(|word| is_told(word, told)).copied()
}

/// `test`, `test:unit`, `check-all`, `:app:test`.
fn is_told(word: &str, told: &[&str]) -> bool {
    told.iter().any(|told| {
        let rest = word.strip_prefix(told);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with([':', '-', '_']))
            || word.rsplit_once(':').is_some_and(|(_, last)| last == *told)
    })
}

/// Of a program, without its directory.
fn name(program: &str) -> &str {
    program.rsplit('/').next().unwrap_or(program)
}

#[cfg(test)]
mod tests {
    use super::{only_shows, runs_tests};

    #[test]
    fn what_shows_a_log_ran_no_tests() {
        let command = |words: &[&str]| {
            words
                .iter()
                .map(|&word| word.to_owned())
                .collect::<Vec<_>>()
        };
        assert!(only_shows(&command(&["/bin/cat", "ci.log"])));
        assert!(!only_shows(&command(&["sh", "-c", "cat ci.log"])));
        assert!(!only_shows(&command(&["pytest"])));
    }

    #[test]
    fn commands_that_run_tests_are_known_by_their_words() {
        for (command, expected) in [
            ("cargo test --workspace", true),
            ("cargo nextest run", true),
            ("cargo build --tests", false),
            ("cargo --locked test", true),
            ("/usr/bin/pytest -q", true),
            ("python3 -m pytest -q", true),
            ("python -m unittest", true),
            ("python tests/make_data.py", false),
            ("go test ./...", true),
            ("go vet ./...", false),
            ("npm test", true),
            ("npm run test:unit", true),
            ("npm run build", false),
            ("npx vitest run", true),
            ("uv run pytest", true),
            ("env RUST_LOG=x cargo test", true),
            ("CI=1 yarn test", true),
            ("node --test", true),
            ("node test.js", false),
            ("make check", true),
            ("make -j4 test", true),
            ("make latest", false),
            ("./gradlew :app:test", true),
            ("cat test.log", false),
            ("git commit -m test", false),
            ("ls tests", false),
        ] {
            let words: Vec<String> = command.split(' ').map(str::to_owned).collect();
            assert_eq!(runs_tests(&words), expected, "{command}");
        }
        let shell = |script: &str| ["sh", "-c", script].map(str::to_owned);
        assert!(runs_tests(&shell("cd web && pytest -q || true")));
        assert!(!runs_tests(&shell("cat pytest.log")));
        assert!(!runs_tests(&[]));
    }
}
