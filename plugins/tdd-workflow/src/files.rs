//! Which paths are tests and which are sources, by the customs of their languages or as the configuration says. It must
//! not read files.

use crate::glob::Glob;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Test,
    Source,
    /// Documentation, configuration, data: no test is expected for it.
    Other,
}

/// What the configuration says; where a list is empty, the customs count.
#[derive(Debug, Default)]
pub struct Classes {
    pub tests: Vec<Glob>,
    pub sources: Vec<Glob>,
}

/// Extensions of languages that code is written in.
const SOURCES: [&str; 51] = [
    "rs", "py", "pyx", "js", "jsx", "mjs", "cjs", "ts", "tsx", "mts", "cts", "vue", "svelte", "go",
    "java", "kt", "kts", "scala", "groovy", "clj", "rb", "cs", "fs", "vb", "php", "swift", "m",
    "mm", "ex", "exs", "erl", "c", "h", "cc", "cpp", "cxx", "hh", "hpp", "hxx", "zig", "dart",
    "lua", "pl", "pm", "r", "jl", "hs", "ml", "nim", "sh", "d",
];
/// Extensions of what is written for people, also beside tests.
const DOCUMENTS: [&str; 4] = ["md", "rst", "adoc", "markdown"];
/// Names of code that only sets up builds and tools.
const SETUPS: [&str; 11] = [
    "setup.py",
    "noxfile.py",
    "build.rs",
    "build.zig",
    "Package.swift",
    "mix.exs",
    "project.clj",
    "gulpfile.js",
    "Gruntfile.js",
    "build.gradle.kts",
    "settings.gradle.kts",
];
/// Ends of such names without their extension, as of `jest.config.ts`; and of what only declares types.
const SETUP_ENDS: [&str; 3] = [".config", ".conf", ".d"];
/// Extensions of those, and of `.eslintrc.js`.
const SETUP_EXTENSIONS: [&str; 6] = ["js", "cjs", "mjs", "ts", "cts", "mts"];
/// Directories whose files are tests, in any language.
const TEST_DIRECTORIES: [&str; 8] = [
    "test",
    "tests",
    "__tests__",
    "__test__",
    "spec",
    "specs",
    "e2e",
    "testing",
];
/// Ends of a name without its extension.
const TEST_ENDS: [&str; 9] = [
    "_test",
    "_tests",
    "_spec",
    ".test",
    ".tests",
    ".spec",
    ".cy",
    "-test",
    "_unittest",
];
/// Ends of a name in languages that write `PriceTest`.
const TEST_WORDS: [&str; 5] = ["Test", "Tests", "TestCase", "Spec", "IT"];
const CAMEL: [&str; 11] = [
    "java", "kt", "kts", "scala", "groovy", "cs", "fs", "vb", "php", "swift", "dart",
];

impl Classes {
    pub fn kind(&self, path: &str) -> Kind {
        let any = |globs: &[Glob]| globs.iter().any(|glob| glob.matches(path));
        let is_test = match self.tests.is_empty() {
            true => is_test(path),
            false => any(&self.tests),
        };
        let is_source = match self.sources.is_empty() {
            true => is_code(path) && !is_setup(path),
            false => any(&self.sources),
        };
        match (is_test, is_source) {
            (true, _) => Kind::Test,
            (false, true) => Kind::Source,
            (false, false) => Kind::Other,
        }
    }
}

fn name(path: &str) -> (&str, &str) {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.rsplit_once('.').unwrap_or((name, ""))
}

fn is_code(path: &str) -> bool {
    let (_, extension) = name(path);
    SOURCES.contains(&extension.to_ascii_lowercase().as_str())
}

fn is_setup(path: &str) -> bool {
    let file = path.rsplit('/').next().unwrap_or(path);
    let (stem, extension) = name(path);
    let script = SETUP_EXTENSIONS.contains(&extension);
    let named = file.starts_with('.') || SETUP_ENDS.iter().any(|end| stem.ends_with(end));
    SETUPS.contains(&file) || (script && named)
}

fn is_test(path: &str) -> bool {
    let (stem, extension) = name(path);
    if stem == "conftest" && extension == "py" {
        return true;
    }
    if DOCUMENTS.contains(&extension) {
        return false;
    }
    // Snapshots and the like are the tests' own, whatever they are written in.
    let mut directories = path.split('/').rev().skip(1);
    if directories
        .any(|directory| TEST_DIRECTORIES.contains(&directory.to_ascii_lowercase().as_str()))
    {
        return true;
    }
    // Xcode's and .NET's: `ShopTests/`.
    let mut directories = path.split('/').rev().skip(1);
    let camel = CAMEL.contains(&extension);
    if camel
        && directories.any(|directory| directory.ends_with("Tests") || directory.ends_with(".Test"))
    {
        return true;
    }
    is_code(path)
        && (stem.starts_with("test_")
            || stem == "test"
            || stem == "tests"
            || TEST_ENDS.iter().any(|end| stem.ends_with(end))
            || (camel && TEST_WORDS.iter().any(|word| stem.ends_with(word))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_are_known_by_the_customs_of_their_language() {
        let tests = [
            "tests/it/main.rs",
            "src/list/tests.rs",
            "src/price_test.rs",
            "test_price.py",
            "pkg/price_test.py",
            "tests/conftest.py",
            "conftest.py",
            "tests/data/a.json",
            "src/price.test.ts",
            "src/price.spec.jsx",
            "src/__tests__/price.js",
            "cypress/e2e/pay.cy.js",
            "e2e/pay.ts",
            "pkg/area/area_test.go",
            "app/src/test/java/com/acme/Price.java",
            "src/PriceTest.java",
            "src/PriceTests.kt",
            "src/PriceSpec.groovy",
            "src/PriceIT.java",
            "spec/price_spec.rb",
            "lib/price_spec.rb",
            "test/price_test.rb",
            "Shop.Tests/Price.cs",
            "src/PriceTests.cs",
            "ShopTests/Price.swift",
            "tests/PriceTest.php",
            "src/PriceTest.php",
            "test/price_test.exs",
            "test/price.c",
            "tests/price.cpp",
            "src/price_test.cc",
            "src/price_unittest.cc",
        ];
        for path in tests {
            assert_eq!(Classes::default().kind(path), Kind::Test, "{path}");
        }
        let sources = [
            "src/main.rs",
            "src/latest.rs",
            "src/contest.py",
            "src/attest.go",
            "src/protest.ts",
            "lib/price.rb",
            "src/Latest.java",
            "src/price.c",
            "testdata.py",
            "src/testing_tools.rs",
            "src/Audit.java",
            "scripts/run.sh",
            "src/config.js",
            "src/setup_price.py",
            "src/arc.js",
            "src/app.config.py",
        ];
        for path in sources {
            assert_eq!(Classes::default().kind(path), Kind::Source, "{path}");
        }
        for path in [
            "README.md",
            "Cargo.toml",
            "docs/test.md",
            "tests/README.md",
            "spec/guide.adoc",
            "LICENSE",
            "src/data.json",
            "package.json",
            ".gitignore",
            "setup.py",
            "api/noxfile.py",
            "build.rs",
            "build.gradle.kts",
            "jest.config.js",
            "web/vite.config.mts",
            "karma.conf.js",
            ".eslintrc.cjs",
            "src/types.d.ts",
        ] {
            assert_eq!(Classes::default().kind(path), Kind::Other, "{path}");
        }
    }

    #[test]
    fn the_configuration_replaces_the_customs() {
        let globs = |patterns: &[&str]| patterns.iter().map(|it| Glob::new(it)).collect();
        let classes = Classes {
            tests: globs(&["checks/**"]),
            sources: globs(&["app/**/*.tpl"]),
        };
        assert_eq!(classes.kind("checks/a.txt"), Kind::Test);
        assert_eq!(classes.kind("app/x/y.tpl"), Kind::Source);
        assert_eq!(classes.kind("tests/a.rs"), Kind::Other);
        let tests_only = Classes {
            tests: globs(&["checks/**"]),
            ..Classes::default()
        };
        assert_eq!(tests_only.kind("tests/a.rs"), Kind::Source);
    }
}
