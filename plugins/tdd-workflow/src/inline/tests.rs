//! Which lines are tests, by language.

use super::*;

/// `t`, `c` or `-` for each line.
fn kinds(language: Language, text: &str) -> String {
    let kinds = language.line_kinds(text).into_iter();
    kinds
        .map(|kind| match kind {
            LineKind::Test => 't',
            LineKind::Code => 'c',
            LineKind::Neither => '-',
        })
        .collect()
}

#[test]
fn the_tests_of_a_rust_file_are_its_test_items() {
    let cases = [
        (
            "fn a() {}\n\n// A comment.\n#[cfg(test)]\nmod tests {\n    fn b() { 1 }\n\n}\nfn c() {}\n",
            "c--ttt-tc",
        ),
        ("#[test]\nfn a() {\n}\nfn b() {}\n", "tttc"),
        (
            "#[tokio::test(flavor = \"x\")]\nasync fn a(b: [u8; 2]) {\n}\nfn b() {}\n",
            "tttc",
        ),
        ("#[cfg(test)]\nmod tests;\nfn b() {}\n", "ttc"),
        ("#[cfg(all(test, unix))]\nuse a::b;\nfn b() {}\n", "ttc"),
        ("#[cfg(not(test))]\nfn a() {\n}\n", "ccc"),
        ("#[cfg(feature = \"test\")]\nfn a() {\n}\n", "ccc"),
        ("#[derive(Debug)]\nstruct A;\n", "cc"),
        ("#![cfg(test)]\nfn a() {}\n", "tt"),
        ("/// assert_eq!(1, 1);\n/// Words.\nfn a() {}\n", "t-c"),
        // What only looks like code.
        (
            "#[test]\nfn a() {\n    let b = \"}\";\n    let c = '}';\n    let d = r#\"}\"#;\n    /* } /* } */ } */\n}\nfn b() {}\n",
            "ttttt-tc",
        ),
        (
            "fn a<'a>(b: &'a str) { \"#[test]\" }\n// #[test]\nfn b() {}\n",
            "c-c",
        ),
        (
            "const A: &str = \"\n#[cfg(test)]\nmod a {\n\";\nfn b() {}\n",
            "ccccc",
        ),
        ("#[test]\nfn a() {\n", "tt"),
        ("#", "c"),
        ("#[", "c"),
        ("", ""),
    ];
    for (text, expected) in cases {
        assert_eq!(kinds(Language::Rust, text), expected, "{text}");
    }
}

#[test]
fn other_languages_have_their_own_tests_beside_the_code() {
    let cases = [
        (
            Language::Zig,
            "fn a() void {}\ntest \"a { b\" {\n    x();\n}\nconst test = 1;\n",
            "ctttc",
        ),
        (
            Language::Zig,
            "test add {\n}\ntest {\n}\nvar x = test;\nf(.{ .test = 1 });\n",
            "ttttcc",
        ),
        (
            Language::D,
            "int a;\nunittest {\n  assert(1);\n}\nint unittests;\n",
            "ctttc",
        ),
        (Language::D, "@safe unittest\n{\n}\n", "ttt"),
        (Language::Elixir, "  iex> 1 + 1\n  2\n# words\n\n", "tc--"),
        (Language::Python, "def a():\n    >>> a()\n# words\n", "ct-"),
    ];
    for (language, text, expected) in cases {
        assert_eq!(kinds(language, text), expected, "{text}");
    }
    assert_eq!(Language::of("src/a.rs"), Some(Language::Rust));
    assert_eq!(Language::of("src/a.js"), None);
}

/// What costs a look back or ahead at each of its bytes would take minutes for these.
#[test]
fn no_file_takes_for_ever() {
    for part in [
        "#[",
        "test ",
        " ",
        "/*",
        "\"",
        "'",
        "r#",
        "#[test]{",
        "unittest ",
        "\\\\",
        "/+",
    ] {
        let text = part.repeat(256 * 1024 / part.len());
        for language in [Language::Rust, Language::Zig, Language::D] {
            assert_eq!(language.line_kinds(&text).len(), 1, "{part}");
        }
    }
}

#[test]
fn what_changed_is_on_the_side_of_its_lines() {
    let text = "fn a() {}\n// b\n#[test]\nfn c() {\n}\nfn d() {}\n";
    let kinds = Language::Rust.line_kinds(text);
    let sides = |first, added| {
        let sides = Sides::of(&kinds, [(first, added)].into_iter());
        (sides.tests, sides.source)
    };
    assert_eq!(sides(1, 1), (false, true));
    assert_eq!(sides(2, 1), (false, false));
    assert_eq!(sides(3, 2), (true, false));
    assert_eq!(sides(5, 2), (true, true));
    // Removed behind that line.
    assert_eq!(sides(4, 0), (true, false));
    assert_eq!(sides(1, 0), (false, false));
    assert_eq!(sides(0, 0), (false, false));
    assert_eq!(sides(90, 9), (false, false));
}

#[test]
fn a_fingerprint_is_of_tests_or_of_code_and_not_of_its_looks() {
    let print = |text: &str| fingerprint(&Language::Rust.line_kinds(text), text);
    let before = print("fn a() {}\n#[test]\nfn b() {}\n");
    assert_eq!(
        print("// New.\n\n  fn a() {}\n#[test]\nfn b() {}\n"),
        before
    );
    let tests = print("fn a() {}\n#[test]\nfn b() { c() }\n");
    assert_eq!((tests.0 == before.0, tests.1 == before.1), (false, true));
    let code = print("fn a() { b() }\n#[test]\nfn b() {}\n");
    assert_eq!((code.0 == before.0, code.1 == before.1), (true, false));
}
