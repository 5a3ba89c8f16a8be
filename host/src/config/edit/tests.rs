//! Edits over many layouts of the same configuration. It must not know how they are made.

use super::*;

fn set(text: &str, enabled: bool) -> String {
    set_plugin_enabled(text, "config.yaml", "context-manager", enabled).unwrap()
}

#[test]
fn comments_and_order_stay_and_only_the_flag_changes() {
    let cases = [
        (
            "# mine\nbrief: { max_bytes: 4000 }\n",
            "# mine\nbrief: { max_bytes: 4000 }\n\nplugins:\n  context-manager:\n    enabled: false\n",
        ),
        (
            "plugins: {} # none\n",
            "plugins:  # none\n  context-manager:\n    enabled: false\n",
        ),
        (
            "plugins:\n    coverage:\n        enabled: true\n",
            "plugins:\n    context-manager:\n      enabled: false\n    coverage:\n        enabled: true\n",
        ),
        (
            "plugins:\n  context-manager:\n    # why\n    enabled: true # yes\n",
            "plugins:\n  context-manager:\n    # why\n    enabled: false # yes\n",
        ),
        (
            "plugins:\n  context-manager:\n    config: { a: 1 }\n",
            "plugins:\n  context-manager:\n    enabled: false\n    config: { a: 1 }\n",
        ),
        (
            "plugins:\n  context-manager:\n  coverage:\n",
            "plugins:\n  context-manager:\n    enabled: false\n  coverage:\n",
        ),
        (
            "plugins:\n  context-manager: { config: { a: 1 } }\n",
            "plugins:\n  context-manager: { enabled: false, config: { a: 1 } }\n",
        ),
    ];
    for (before, after) in cases {
        assert_eq!(set(before, false), after);
    }
}

/// Entries in many layouts, and what stands around them.
const ENTRIES: [&str; 14] = [
    "",
    "plugins:\n",
    "plugins: {} # none\n",
    "plugins:\n  # About a.\n  a: # the first\n    enabled: true\n    # the end of a\n\n  # About b.\n  b:\n  # the end of all\n",
    "plugins:\n    b:\n        config:\n            text: |\n                # no comment\n                x\n\n    # out: 1\n    \"a\":\n        source: './a.wasm'   # why\n        sha256: ~\n",
    "plugins:\n  b:\n    config: |\n      text\n  a:\n    enabled: true\n",
    "plugins:\n  b:\n    config: |\n      text\n\n  # Of a.\n  a:\n    enabled: true\n",
    "plugins:\n  a:\n    config:\n      deep:\n      - text: >-\n          text\n\n          more\n\n      - 1\n    enabled: true\n  b:\n    config: { x: 1 }\n",
    "plugins:\n  a:\n    config: |+\n      text\n\n    enabled: true\n  b:\n    config:\n      deep: |+\n        text\n\n\n    enabled: true\n",
    "plugins:\n  a:\n    config:\n      deep: |\n        # no comment\n    # the end of a\n\n\n  b:\n    config: |\n\n    enabled: true\n",
    "plugins: { a: { enabled: true }, b: {}, }\n",
    "plugins: {a: {config: {x: '}'}}} # all\n",
    "plugins:\n  a: { config: [ 1,\n    2 ], # two\n    enabled: false }\n  b: ~ # nothing\n",
    "plugins: {\n  # About b.\n  b: {}, # b\n  # About a.\n  a: { limits: { time: 1s } } # a\n  }\n",
];

const BEFORE: [&str; 4] = [
    "",
    "# mine\n",
    "brief: { max_bytes: 4000 }\n\n# next\n",
    "\u{feff}quality:\n  require_tests: false # naïve\n",
];

const AFTER: [&str; 4] = [
    "",
    "\n# end\n",
    "  # deep\n# flat\nsession:\n  mode: tdd\n",
    "\n\nsnapshots: { keep: 3d }\n# plugins:\n#   a:\n",
];

fn layouts() -> Vec<String> {
    let mut layouts = Vec::new();
    for before in BEFORE {
        for entries in ENTRIES {
            for after in AFTER {
                let text = format!("{before}{entries}{after}");
                if Config::parse(&text, "config.yaml").is_err() {
                    continue;
                }
                layouts.push(text.replace('\n', "\r\n"));
                layouts.extend(text.strip_suffix('\n').map(str::to_owned));
                layouts.push(text);
            }
        }
    }
    assert!(layouts.len() > 300, "{}", layouts.len());
    layouts
}

fn comments(text: &str) -> Vec<&str> {
    let lines = text
        .lines()
        .filter_map(|line| line.find('#').map(|at| &line[at..]));
    lines.map(str::trim_end).collect()
}

/// Whether all of `part` is in `whole`, in this order.
fn is_within(part: &str, whole: &str) -> bool {
    let mut whole = whole.chars();
    part.chars()
        .all(|wanted| whole.any(|found| found == wanted))
}

fn pin(source: &str) -> Pin {
    Pin {
        source: source.into(),
        sha256: "9f".repeat(32),
        allow: Some(Allow {
            read: vec!["docs/**".into(), "*.{md,txt}".into()],
            http: Vec::new(),
            env: vec!["TOKEN".into()],
        }),
    }
}

#[test]
fn a_pin_goes_into_every_layout_and_nothing_else_changes() {
    for text in layouts() {
        for name in ["a", "b", "new"] {
            let before = Config::parse(&text, "config.yaml").unwrap().config;
            let pinned = pin_plugin(&text, "config.yaml", name, &pin("./a b, c.wasm"))
                .unwrap_or_else(|error| panic!("{error}\n{text}"));
            assert_eq!(comments(&pinned), comments(&text), "{pinned}");
            assert_eq!(pinned.contains("\r\n"), text.contains("\r\n"));
            let without_line_ends = pinned.replace("\r\n", "");
            assert!(!without_line_ends.contains('\r'), "{pinned:?}");
            assert!(
                !(text.contains("\r\n") && without_line_ends.contains('\n')),
                "{pinned:?}"
            );
            let lines: Vec<&str> = pinned.lines().collect();
            let kept = text.lines().filter(|line| lines.contains(line)).count();
            assert!(kept + 3 >= text.lines().count(), "{text}\n->\n{pinned}");
            let again = pin_plugin(&pinned, "config.yaml", name, &pin("./a b, c.wasm")).unwrap();
            assert_eq!(again, pinned);
            let other = pin_plugin(&pinned, "config.yaml", name, &pin("./d.wasm")).unwrap();
            let after = Config::parse(&other, "config.yaml").unwrap().config;
            assert_eq!(
                after.plugin(name).unwrap().source.as_deref(),
                Some("./d.wasm")
            );
            assert_eq!(after.plugin(name).unwrap().allow, pin("").allow.unwrap());
            let others = |config: &Config| {
                let mut plugins = config.plugins.clone();
                plugins.retain(|(known, _)| known != name);
                plugins
            };
            assert_eq!(others(&after), others(&before));
            if before.plugin(name).is_none() {
                // What was only put in is cut out again without a trace but the key above it.
                let removed = remove_plugin(&pinned, "config.yaml", name).unwrap();
                assert!(is_within(&removed.replace("plugins:", ""), &pinned));
                assert_eq!(comments(&removed), comments(&text), "{removed}");
            }
        }
    }
}

#[test]
fn an_entry_leaves_every_layout_and_takes_only_its_own_comments() {
    for text in layouts() {
        let config = Config::parse(&text, "config.yaml").unwrap().config;
        for (name, _) in &config.plugins {
            let removed = remove_plugin(&text, "config.yaml", name)
                .unwrap_or_else(|error| panic!("{error}\n{text}"));
            assert!(is_within(&removed, &text), "{removed}");
            let gone = comments(&text).len() - comments(&removed).len();
            assert!(gone <= 3, "{text}\n->\n{removed}");
            for kept in [
                "About a.",
                "About b.",
                "# mine",
                "# next",
                "# flat",
                "# plugins:",
                "# end",
            ] {
                assert_eq!(
                    text.contains(kept),
                    removed.contains(kept),
                    "{text}\n->\n{removed}"
                );
            }
        }
    }
}

#[test]
fn a_comment_goes_with_its_entry_where_it_can_be_about_nothing_else() {
    let a = "  # About a.\n  #\n  # See https://a.example: it is a.\n";
    let removed = |text: &str| remove_plugin(text, "config.yaml", "a").unwrap();
    let entry = "  a:\n    enabled: true\n";
    for (above, behind) in [
        ("plugins:\n\n", ""),
        ("plugins:\n\n", "\n  b: {}\n"),
        ("plugins:\n  b: {}\n\n", "\n# Then.\nbrief: {}\n"),
        (
            "plugins:\n  b: {}\n  # the end of b\n\n",
            "# Then.\nbrief: {}\n",
        ),
        ("brief: {}\n\nplugins:\n  # All.\n\n", ""),
    ] {
        let text = format!("{above}{a}{entry}{behind}");
        assert_eq!(removed(&text), format!("{above}{behind}"), "{text}");
        let crlf = text.replace('\n', "\r\n");
        let expected = format!("{above}{behind}").replace('\n', "\r\n");
        assert_eq!(removed(&crlf), expected, "{text}");
    }
    for (above, behind) in [
        // About all plugins, or about the one before.
        (format!("plugins:\n{a}"), ""),
        (format!("plugins:\n  b: {{}}\n{a}"), "\n"),
        // About all that follow.
        (format!("plugins:\n\n{a}"), "  b: {}\n"),
        (format!("plugins:\n\n{a}"), "  # b: {}\n"),
        // Not directly above, and not in line with it.
        (format!("plugins:\n\n{a}\n"), ""),
        ("plugins:\n\n# About a.\n".to_owned(), ""),
        (
            "plugins:\n  b:\n    enabled: true\n\n    # About a.\n".to_owned(),
            "",
        ),
        // An entry that somebody turned off.
        ("plugins:\n\n  # c:\n  #   enabled: true\n".to_owned(), ""),
        (
            "plugins:\n\n  # About c.\n  #c: { enabled: true }\n".to_owned(),
            "",
        ),
    ] {
        let text = format!("{above}{entry}{behind}");
        assert_eq!(removed(&text), format!("{above}{behind}"), "{text}");
    }
}

#[test]
fn the_flag_can_be_set_in_every_layout() {
    for text in layouts() {
        for name in ["a", "b", "new"] {
            for enabled in [true, false] {
                let changed = set_plugin_enabled(&text, "config.yaml", name, enabled)
                    .unwrap_or_else(|error| panic!("{error}\n{text}"));
                assert_eq!(comments(&changed), comments(&text), "{changed}");
            }
        }
    }
}

#[test]
fn an_entry_is_written_as_a_person_would() {
    let text = "plugins:\n  a:\n    enabled: true\n    # limits: { time: 1s }\n\n# Then.\nbrief:\n  max_bytes: 4000";
    let expected = "plugins:\n  a:\n    enabled: true\n    # limits: { time: 1s }\n  new:\n    source: oci://r.example/a/b:1.0\n    sha256: 9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f\n    allow: { read: [docs/**, '*.{md,txt}'], env: [TOKEN] }\n\n# Then.\nbrief:\n  max_bytes: 4000";
    let pinned = pin_plugin(text, "config.yaml", "new", &pin("oci://r.example/a/b:1.0")).unwrap();
    assert_eq!(pinned, expected);
    assert_eq!(remove_plugin(&pinned, "config.yaml", "new").unwrap(), text);
    let block = "plugins:\n  a:\n    allow:\n      read:\n        - x\n    enabled: true\n";
    let expected = "plugins:\n  a:\n    source: ./a.wasm\n    sha256: 9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f9f\n    allow: { read: [docs/**, '*.{md,txt}'], env: [TOKEN] }\n    enabled: true\n";
    let pinned = pin_plugin(block, "config.yaml", "a", &pin("./a.wasm")).unwrap();
    assert_eq!(pinned, expected);
}

#[test]
fn a_block_text_does_not_take_what_follows_it() {
    let text = "plugins:\n  other:\n    config: |\n      text\n\n  coverage:\n    enabled: true\n";
    let expected = "plugins:\n\n  coverage:\n    enabled: true\n";
    assert_eq!(
        remove_plugin(text, "config.yaml", "other").unwrap(),
        expected
    );
    let pinned = pin_plugin(text, "config.yaml", "other", &pin("./a.wasm")).unwrap();
    let behind = "      text\n    allow: { read: [docs/**, '*.{md,txt}'], env: [TOKEN] }\n\n  coverage:\n    enabled: true\n";
    assert!(pinned.ends_with(behind), "{pinned}");
    let last = "plugins:\n  other:\n    config: |\n      text\n\nbrief: {}\n";
    let pinned = pin_plugin(last, "config.yaml", "new", &pin("./a.wasm")).unwrap();
    assert!(
        pinned.contains("      text\n  new:\n    source: ./a.wasm\n"),
        "{pinned}"
    );
    assert!(pinned.ends_with("\n\nbrief: {}\n"), "{pinned}");
}

#[test]
fn what_cannot_be_changed_safely_is_left_to_a_person() {
    for text in [
        // A list with a comment in it.
        "plugins:\n  a:\n    allow:\n      read:\n        - x # why\n        - y\n",
        "brief: { max_bytes: 4000 }\n...\n",
    ] {
        let error = pin_plugin(text, "config.yaml", "a", &pin("./a.wasm")).unwrap_err();
        assert!(error.hint.unwrap().contains("by hand"), "{text}");
    }
    let error = set_plugin_enabled("brief: {}\n...\n", "config.yaml", "context-manager", false);
    assert!(error.unwrap_err().hint.unwrap().contains("by hand"));
}
