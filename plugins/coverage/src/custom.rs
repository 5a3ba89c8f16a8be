//! Which files are tests by the customs of their languages, so that no report is missed for them. It must not read files.

/// Directories whose code is tests, or a show of how the rest is used, in any language.
const DIRECTORIES: [&str; 11] = [
    "test",
    "tests",
    "__tests__",
    "__mocks__",
    "spec",
    "specs",
    "e2e",
    "testing",
    "testdata",
    "benches",
    "examples",
];
/// Ends of a name without its extension.
const ENDS: [&str; 12] = [
    "_test", "_tests", "_spec", ".test", ".tests", ".spec", ".cy", "-test", "Test", "Tests",
    "Spec", "IT",
];
/// What sets up tests or builds: no coverage tool looks at it.
const NAMES: [&str; 5] = ["test", "tests", "conftest", "setup", "build"];

/// Whether nobody expects coverage of it.
pub fn is_exempt(path: &str) -> bool {
    let mut directories = path.split('/').rev();
    let name = directories.next().unwrap_or(path);
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    directories.any(|directory| {
        DIRECTORIES.contains(&directory.to_ascii_lowercase().as_str())
            || directory.ends_with("Tests")
    }) || NAMES.contains(&stem)
        || stem.starts_with("test_")
        || stem.ends_with(".config")
        || stem.ends_with(".d")
        || ENDS.iter().any(|end| stem.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_and_what_builds_them_are_exempt_and_code_is_not() {
        for path in [
            "a_test.go",
            "src/a.spec.ts",
            "tests/it/main.rs",
            "src/__tests__/a.js",
            "ShopTests/a.swift",
            "app/PriceTest.java",
            "test_a.py",
            "setup.py",
            "host/build.rs",
            "jest.config.js",
            "types.d.ts",
        ] {
            assert!(is_exempt(path), "{path}");
        }
        for path in ["b/b.go", "src/latest.js", "src/untested.js", "contest.py"] {
            assert!(!is_exempt(path), "{path}");
        }
    }
}
