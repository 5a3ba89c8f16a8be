//! What the words of a runner's command mean: whether they choose among the tests. It must not compare two commands.

use crate::session::test_command::{bare, is_python, told};

/// What a runner's words mean.
struct Grammar {
    name: &'static str,
    /// Options that choose no tests. One that ends with `*` is the beginning of one.
    harmless: &'static str,
    /// The same, with a value in the next word unless it is in the same one.
    valued: &'static str,
    /// Options with a value that have to be the same in both runs: other tests, or the same ones built otherwise.
    with: &'static str,
    /// Words that ask for all tests.
    all: &'static str,
    /// Options with which nothing is run.
    none: &'static str,
}

const PYTEST: Grammar = Grammar {
    name: "pytest",
    harmless: "-q* -v* -x -s -l -r* --exitfirst --quiet --verbose --showlocals --tb=* --color=* --cov* \
        --no-cov* --junit* --durations* --maxfail* --strict* --capture=* --disable-warnings \
        --no-header --no-summary --cache-clear --ff --failed-first --nf --new-first -nauto --dist* \
        --timeout=* --randomly* --log* --show-capture=* -n* --numprocesses=* -W*",
    valued: "-n -W -p --numprocesses --tb --color --cov-report --cov-config --junitxml --junit-xml --durations \
        --maxfail --capture --timeout --log-level --show-capture --dist",
    with: "-c --rootdir -o --config-file",
    all: ".",
    none: "--version -V --help -h --collect-only --co --fixtures --markers --setup-plan --setup-only",
};

const CARGO_TEST: Grammar = Grammar {
    name: "cargo test",
    harmless: "-q --quiet -v* --verbose --no-fail-fast --locked --offline --frozen --color=* -j* --jobs=* \
        --message-format=* --nocapture --no-capture --show-output --test-threads=* --include-ignored \
        --workspace --all --timings* --future-incompat-report",
    valued: "--color --jobs --message-format --test-threads --target-dir --format",
    with: "--features -F --all-features --no-default-features --release -r --profile --target --config \
        -Z --target-dir",
    all: "",
    none: "--no-run --help -h --version -V --list",
};

const NEXTEST: Grammar = Grammar {
    name: "cargo nextest",
    harmless: "-v* --verbose --no-fail-fast --fail-fast --locked --offline --frozen --color=* -j* \
        --test-threads=* --retries=* --workspace --all --no-capture --nocapture --status-level=* \
        --final-status-level=* --failure-output=* --success-output=* --hide-progress-bar",
    valued: "--color --test-threads --retries --status-level --final-status-level --failure-output",
    with: "--features -F --all-features --no-default-features --release -r --cargo-profile --profile -P \
        --target",
    all: "",
    none: "--no-run --help -h --version",
};

const GO: Grammar = Grammar {
    name: "go test",
    harmless: "-v* -race -count=* -cover* -timeout=* -json -failfast -shuffle=* -parallel=* -p=* -vet=* \
        -trimpath -benchmem",
    valued: "-count -timeout -parallel -p -shuffle -coverprofile -covermode -coverpkg",
    with: "-tags -mod -modfile -C",
    all: "./...",
    none: "-list* -c -h -n",
};

const JEST: Grammar = Grammar {
    name: "jest",
    harmless: "--ci --coverage* --verbose --silent --runInBand -i --no-cache --maxWorkers=* --reporters=* \
        --colors --color --json --outputFile=* --forceExit --detectOpenHandles",
    valued: "--maxWorkers -w --reporters --outputFile",
    with: "--config -c --rootDir --env",
    all: "",
    none: "--listTests --version -v --help -h --showConfig --clearCache",
};

const VITEST: Grammar = Grammar {
    name: "vitest",
    harmless: "--run --coverage* --silent* --reporter=* --outputFile* --color --no-color --pool=* \
        --no-isolate --retry=*",
    valued: "--reporter --retry --pool",
    with: "--config -c --root -r --environment --mode",
    all: "run",
    none: "list --version -v --help -h",
};

const CTEST: Grammar = Grammar {
    name: "ctest",
    harmless: "--output-on-failure -V -VV --verbose --extra-verbose -Q --quiet -j* --progress --timeout=* \
        --no-tests=* --schedule-random",
    valued: "--parallel --timeout --output-junit --output-log -O",
    with: "--test-dir -C --build-config --preset",
    all: "",
    none: "-N --show-only* --version --help -h --print-labels",
};

/// Of `make test`, `npm test` and their like: what a project itself calls its tests.
const TOLD: Grammar = Grammar {
    name: "",
    harmless: "-s --silent -k --keep-going -q --quiet -j*",
    valued: "",
    with: "",
    all: "",
    none: "-n --dry-run --help -h --version",
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Packages {
    /// Those of the directory.
    Usual,
    All,
    Named,
}

/// What a command asks for.
#[derive(Debug, PartialEq, Eq)]
pub struct Asked<'a> {
    /// `pytest`, `cargo test`, `make check`.
    pub runner: String,
    /// The words that choose among the tests; none: all.
    pub chosen: Vec<&'a str>,
    pub packages: Packages,
    pub with: Vec<&'a str>,
    pub runs_none: bool,
}

/// None where nobody knows: a script, or a shell's line.
pub fn asked(command: &[String]) -> Option<Asked<'_>> {
    let words: Vec<&str> = command.iter().map(String::as_str).collect();
    let (program, rest) = bare(&words)?;
    let mut rest = rest.to_vec();
    let mut with = Vec::new();
    let grammar = match program {
        "pytest" | "py.test" => PYTEST,
        "jest" => JEST,
        "vitest" => VITEST,
        "ctest" => CTEST,
        "cargo-nextest" => NEXTEST,
        "go" if take(&mut rest, &["test"]) => GO,
        "cargo" => {
            if let Some(toolchain) = rest.first().filter(|word| word.starts_with('+')) {
                with.push(*toolchain);
                rest.remove(0);
            }
            if take(&mut rest, &["test", "t"]) {
                CARGO_TEST
            } else if take(&mut rest, &["nextest"]) && take(&mut rest, &["run", "r"]) {
                NEXTEST
            } else {
                return None;
            }
        }
        "coverage" if take(&mut rest, &["run"]) => {
            let at = rest.iter().position(|word| *word == "-m")?;
            rest.drain(..=at);
            if !take(&mut rest, &["pytest"]) {
                return None;
            }
            PYTEST
        }
        python if is_python(python) => {
            let at = rest.iter().position(|word| *word == "-m")?;
            rest.drain(..=at);
            if !take(&mut rest, &["pytest"]) {
                return None;
            }
            PYTEST
        }
        _ => {
            let word = told(program, &rest)?;
            let at = rest.iter().position(|known| *known == word)?;
            let left = [&rest[..at], &rest[at + 1..]].concat();
            let asked = read(&TOLD, format!("{program} {word}"), &left, Vec::new());
            return Some(asked);
        }
    };
    let name = grammar.name.to_owned();
    Some(read(&grammar, name, &rest, with))
}

fn take(words: &mut Vec<&str>, expected: &[&str]) -> bool {
    let is_it = words.first().is_some_and(|word| expected.contains(word));
    if is_it {
        words.remove(0);
    }
    is_it
}

fn read<'a>(grammar: &Grammar, runner: String, words: &[&'a str], with: Vec<&'a str>) -> Asked<'a> {
    let mut asked = Asked {
        runner,
        chosen: Vec::new(),
        packages: Packages::Usual,
        with,
        runs_none: false,
    };
    let is_cargo = grammar.name.starts_with("cargo");
    // One directory's tests, unless it is told otherwise.
    let mut is_told_all = grammar.name != GO.name;
    let mut words = words.iter().copied();
    while let Some(word) = words.next() {
        let option = word.split_once('=').map_or(word, |(option, _)| option);
        let has_value = option != word;
        if matches(grammar.none, word) {
            asked.runs_none = true;
        } else if is_cargo && ["--workspace", "--all"].contains(&word) {
            asked.packages = Packages::All;
        } else if is_cargo && PACKAGE.contains(&option) {
            asked.packages = Packages::Named;
            asked.chosen.push(word);
            let value = (!has_value).then(|| words.next());
            asked.chosen.extend(value.flatten());
        } else if has(grammar.with, option) {
            asked.with.push(word);
            let value = (!has_value && !FLAGS.contains(&word)).then(|| words.next());
            asked.with.extend(value.flatten());
        } else if has(grammar.valued, word) {
            words.next();
        } else if has(grammar.all, word) {
            is_told_all = true;
        } else {
            let is_end_of_cargos = is_cargo && word == "--";
            let chooses = !is_end_of_cargos && !matches(grammar.harmless, word);
            asked.chosen.extend(chooses.then_some(word));
        }
    }
    if !is_told_all && asked.chosen.is_empty() {
        asked.chosen.push(".");
    }
    asked.with.sort_unstable();
    asked
}

/// Options of cargo's that name packages.
const PACKAGE: [&str; 4] = ["-p", "--package", "--manifest-path", "--exclude"];
/// Those of [`Grammar::with`] without a value.
const FLAGS: [&str; 4] = ["--all-features", "--no-default-features", "--release", "-r"];

fn has(words: &str, word: &str) -> bool {
    words.split_whitespace().any(|known| known == word)
}

fn matches(options: &str, word: &str) -> bool {
    options
        .split_whitespace()
        .any(|option| match option.strip_suffix('*') {
            Some(beginning) => word.starts_with(beginning),
            None => option == word,
        })
}
