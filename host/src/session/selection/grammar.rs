//! What the words of a runner's command mean: which of them choose among the tests, and which have no bearing on what is
//! run. Any word that is not known has one. It must not compare two commands.

use crate::session::test_command::{behind_wrappers, is_python, told};

/// What a runner's words mean. An option that ends with `*` is the beginning of one, with `#` one with a number behind
/// it.
struct Grammar {
    name: &'static str,
    /// Letters of options that only change what is shown, alone or together: `-xvs`.
    letters: &'static str,
    /// Options that only change what is shown, or when it stops.
    shows: &'static str,
    /// The same, with a value in the next word unless it is in the same one.
    shows_with_value: &'static str,
    /// Options that take some of the tests away, and nothing else; and those of them that have a value.
    narrows: &'static str,
    narrows_with_value: &'static str,
    /// Words without a dash choose among the tests.
    words_narrow: bool,
    /// Other options with a value in the next word: other tests, or the same ones built otherwise.
    with_value: &'static str,
    /// Words that ask for all tests.
    all: &'static str,
    /// Options with which nothing is run.
    none: &'static str,
}

const NOTHING: Grammar = Grammar {
    name: "",
    letters: "",
    shows: "",
    shows_with_value: "",
    narrows: "",
    narrows_with_value: "",
    words_narrow: true,
    with_value: "",
    all: "",
    none: "",
};

const PYTEST: Grammar = Grammar {
    name: "pytest",
    letters: "qvxsl",
    shows: "--exitfirst --quiet --verbose --showlocals --tb=* --color=* --cov* --no-cov* --junit* --durations* \
        --maxfail=* --capture=* --disable-warnings --no-header --no-summary --cache-clear --ff --failed-first --nf \
        --new-first --pdb --trace --durations-min=* --basetemp=* -n# -nauto -nlogical --numprocesses=* --dist=* --log-* --show-capture=* -r*",
    shows_with_value: "-n --numprocesses --tb --color --cov-report --cov-config --junitxml --junit-xml --durations \
        --maxfail --capture --log-level --log-cli-level --log-file --show-capture --dist -r \
        --basetemp --durations-min --pdbcls",
    narrows: "--lf --last-failed --sw --stepwise --sw-skip --deselect=* --ignore=* --ignore-glob=* -k* -m*",
    narrows_with_value: "-k -m --deselect --ignore --ignore-glob",
    with_value: "-c --rootdir -o --config-file -W -p --override-ini",
    all: ".",
    none: "--version -V --help -h --collect-only --co --fixtures --markers --setup-plan --setup-only",
    ..NOTHING
};

const UNITTEST: Grammar = Grammar {
    name: "unittest",
    letters: "qvfcb",
    shows: "--quiet --verbose --failfast --catch --buffer --locals",
    narrows: "-k*",
    narrows_with_value: "-k",
    with_value: "-s --start-directory -p --pattern -t --top-level-directory",
    all: "discover",
    none: "-h --help",
    ..NOTHING
};

const CARGO_TEST: Grammar = Grammar {
    name: "cargo test",
    letters: "qv",
    shows: "--quiet --verbose --no-fail-fast --locked --offline --frozen --color=* -j# --jobs=* \
        --message-format=* --nocapture --no-capture --show-output --test-threads=* --timings* \
        --future-incompat-report --target-dir=* --format=*",
    shows_with_value: "-j --color --jobs --message-format --test-threads --target-dir --format",
    narrows: "--lib --doc --bins --tests --exact --test=* --bin=* --skip=*",
    narrows_with_value: "--test --bin --skip",
    with_value: "--features -F --profile --target --config -Z --manifest-path --bench --example",
    none: "--no-run --help -h --version -V --list",
    ..NOTHING
};

const NEXTEST: Grammar = Grammar {
    name: "cargo nextest",
    letters: "v",
    shows: "--verbose --no-fail-fast --fail-fast --locked --offline --frozen --color=* -j# --test-threads=* \
        --no-capture --nocapture --status-level=* --final-status-level=* --failure-output=* --success-output=* \
        --hide-progress-bar --target-dir=*",
    shows_with_value: "-j --color --test-threads --status-level --final-status-level --failure-output \
        --success-output --target-dir",
    narrows: "--lib --bins --tests --test=* --bin=*",
    narrows_with_value: "-E --filterset --filter-expr --test --bin --partition",
    with_value: "--features -F --cargo-profile --profile -P --target --manifest-path --retries --config-file",
    none: "--no-run --help -h --version",
    ..NOTHING
};

const GO: Grammar = Grammar {
    name: "go test",
    letters: "v",
    shows: "-json -failfast -cover -coverprofile=* -covermode=* -coverpkg=* -timeout=* -parallel=* -p=* \
        -shuffle=* -trimpath -benchmem -x -count=# -cpu=*",
    shows_with_value: "-cpu -coverprofile -covermode -coverpkg -timeout -parallel -p -shuffle -count",
    narrows: "-run=* -skip=*",
    narrows_with_value: "-run -skip",
    with_value: "-tags -mod -modfile -C -vet -bench -exec -ldflags -gcflags",
    all: "./...",
    none: "-list* -c -h -n -count=0",
    ..NOTHING
};

const JEST: Grammar = Grammar {
    name: "jest",
    letters: "i",
    shows: "--ci --coverage* --verbose --silent --runInBand --no-cache --maxWorkers=* --reporters=* --colors --color \
        --json --outputFile=* --forceExit --detectOpenHandles --testTimeout=*",
    shows_with_value: "--maxWorkers -w --reporters --outputFile --testTimeout",
    narrows: "--onlyChanged -o --onlyFailures -f --testNamePattern=* --testPathPattern=* --testPathPatterns=* \
        --testPathIgnorePatterns=* --shard=*",
    narrows_with_value: "-t --testNamePattern --testPathPattern --testPathPatterns --testPathIgnorePatterns --shard",
    with_value: "--config -c --rootDir --env --selectProjects --changedSince",
    none: "--listTests --version -v --help -h --showConfig --clearCache",
    ..NOTHING
};

const VITEST: Grammar = Grammar {
    name: "vitest",
    shows: "--run --coverage* --silent* --reporter=* --outputFile* --color --no-color --testTimeout=* --hookTimeout=*",
    shows_with_value: "--reporter --outputFile --testTimeout --hookTimeout",
    narrows: "--testNamePattern=* --changed --exclude=* --shard=*",
    narrows_with_value: "-t --testNamePattern --exclude --shard",
    with_value: "--config -c --root -r --environment --mode --dir --project --pool --retry",
    all: "run",
    none: "list --version -v --help -h",
    ..NOTHING
};

const NODE: Grammar = Grammar {
    name: "node --test",
    shows: "--test-reporter=* --test-reporter-destination=* --test-concurrency=* --experimental-test-coverage",
    shows_with_value: "--test-reporter --test-reporter-destination --test-concurrency",
    narrows: "--test-name-pattern=* --test-skip-pattern=* --test-only --test-shard=*",
    narrows_with_value: "--test-name-pattern --test-skip-pattern --test-shard",
    ..NOTHING
};

const CTEST: Grammar = Grammar {
    name: "ctest",
    letters: "VQ",
    shows: "--output-on-failure --verbose --extra-verbose --quiet -j# --parallel=* --progress --schedule-random",
    shows_with_value: "-j --parallel --output-junit --output-log -O",
    narrows: "--rerun-failed",
    narrows_with_value: "-R --tests-regex -E --exclude-regex -L --label-regex -LE --label-exclude -I",
    with_value: "--test-dir -C --build-config --preset --timeout --repeat",
    none: "-N --show-only* --version --help -h --print-labels",
    ..NOTHING
};

/// Of `make test`, `npm test` and their like: what a project itself calls its tests.
const TOLD: Grammar = Grammar {
    letters: "sk",
    shows: "--silent --keep-going --quiet -j#",
    words_narrow: false,
    none: "-n --dry-run --help -h --version",
    ..NOTHING
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
    /// All other words that may bear on what is run, in their order.
    pub with: Vec<&'a str>,
    pub runs_none: bool,
}

/// None where nobody knows: a script, or a shell's line.
pub fn asked(command: &[String]) -> Option<Asked<'_>> {
    let words: Vec<&str> = command.iter().map(String::as_str).collect();
    let (before, program, rest) = behind_wrappers(&words)?;
    let mut rest = rest.to_vec();
    // A variable, or an option of what calls the runner: another directory, say.
    let mut with = before;
    let grammar = match program {
        "pytest" | "py.test" => PYTEST,
        "jest" => JEST,
        "vitest" => VITEST,
        "ctest" => CTEST,
        "cargo-nextest" if take(&mut rest, &["nextest"]) && take(&mut rest, &["run", "r"]) => {
            NEXTEST
        }
        "go" if take(&mut rest, &["test"]) => GO,
        "node" if take(&mut rest, &["--test"]) => NODE,
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
        "coverage" if take(&mut rest, &["run"]) => module(&mut rest, &mut with)?,
        python if is_python(python) => module(&mut rest, &mut with)?,
        _ => {
            let word = told(program, &rest)?;
            let at = rest.iter().position(|known| *known == word)?;
            let left = [&rest[..at], &rest[at + 1..]].concat();
            return Some(read(&TOLD, format!("{program} {word}"), &left, with));
        }
    };
    Some(read(&grammar, grammar.name.to_owned(), &rest, with))
}

/// Of `python -m pytest`, and of `coverage run --branch -m pytest`: the options before are of what runs the module.
fn module<'a>(rest: &mut Vec<&'a str>, with: &mut Vec<&'a str>) -> Option<Grammar> {
    const OF_COVERAGE: [&str; 4] = ["--branch", "--append", "-a", "-B"];
    let at = rest.iter().position(|word| *word == "-m")?;
    let before = rest.drain(..=at).take(at);
    for word in before {
        // A file, or `-c`: what stands behind is its own to read.
        if !word.starts_with('-') || word.starts_with("-c") {
            return None;
        }
        if !OF_COVERAGE.contains(&word) && !word.starts_with("--source") {
            with.push(word);
        }
    }
    match rest.first() {
        Some(&"pytest") => drop(rest.remove(0)),
        Some(&"unittest") => {
            rest.remove(0);
            return Some(UNITTEST);
        }
        _ => return None,
    }
    Some(PYTEST)
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
    let mut words = words.iter().copied().peekable();
    while let Some(word) = words.next() {
        match grammar.meaning(word) {
            _ if is_cargo && ["--workspace", "--all"].contains(&word) => {
                asked.packages = Packages::All;
            }
            _ if is_cargo && has(PACKAGE, option(word)) => {
                asked.packages = Packages::Named;
                asked.chosen.push(word);
                let value = (option(word) == word).then(|| words.next());
                asked.chosen.extend(value.flatten());
            }
            _ if is_cargo && word == "--" => {}
            Meaning::None => asked.runs_none = true,
            Meaning::All => is_told_all = true,
            // It takes the next word, if that is no option.
            Meaning::Shows if word == "--cov" => {
                words.next_if(|next| !next.starts_with('-'));
            }
            Meaning::Shows => {}
            Meaning::ShowsWithValue => match words.next() {
                Some("0") if word == "-count" => asked.runs_none = true,
                _ => {}
            },
            Meaning::Narrows => asked.chosen.push(word),
            Meaning::NarrowsWithValue => {
                asked.chosen.push(word);
                asked.chosen.extend(words.next());
            }
            Meaning::With => asked.with.push(word),
            Meaning::WithValue => {
                let value = words.next();
                if !shows_nothing_else(grammar, word, value) {
                    asked.with.push(word);
                    asked.with.extend(value);
                }
            }
        }
    }
    if !is_told_all && asked.chosen.is_empty() {
        asked.chosen.push(".");
    }
    asked
}

/// Options of cargo's that name packages.
const PACKAGE: &str = "-p --package --exclude";

enum Meaning {
    None,
    All,
    Shows,
    ShowsWithValue,
    Narrows,
    NarrowsWithValue,
    With,
    WithValue,
}

impl Grammar {
    fn meaning(&self, word: &str) -> Meaning {
        match word {
            _ if matches(self.none, word) => Meaning::None,
            _ if has(self.all, word) => Meaning::All,
            // The words of another file.
            _ if word.starts_with('@') => Meaning::With,
            _ if has(self.shows_with_value, word) => Meaning::ShowsWithValue,
            _ if has(self.narrows_with_value, word) => Meaning::NarrowsWithValue,
            _ if has(self.with_value, word) => Meaning::WithValue,
            _ if self.only_shows(word) => Meaning::Shows,
            _ if matches(self.narrows, word) => Meaning::Narrows,
            _ if self.words_narrow && !word.starts_with('-') => Meaning::Narrows,
            _ => Meaning::With,
        }
    }

    fn only_shows(&self, word: &str) -> bool {
        let letters = word.strip_prefix('-').filter(|letters| !letters.is_empty());
        letters.is_some_and(|letters| letters.chars().all(|letter| self.letters.contains(letter)))
            || matches(self.shows, word)
    }
}

/// Plugins of pytest's that are only told to keep out of what is shown.
fn shows_nothing_else(grammar: &Grammar, word: &str, value: Option<&str>) -> bool {
    let is_quiet = matches!(value, Some("no:sugar" | "no:cacheprovider"));
    grammar.name == PYTEST.name && word == "-p" && is_quiet
}

fn option(word: &str) -> &str {
    word.split_once('=').map_or(word, |(option, _)| option)
}

fn has(words: &str, word: &str) -> bool {
    words.split_whitespace().any(|known| known == word)
}

fn matches(options: &str, word: &str) -> bool {
    let is_number = |rest: &str| !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_digit());
    options.split_whitespace().any(|option| {
        if let Some(beginning) = option.strip_suffix('*') {
            return word.starts_with(beginning);
        }
        match option.strip_suffix('#') {
            Some(beginning) => word.strip_prefix(beginning).is_some_and(is_number),
            None => option == word,
        }
    })
}
