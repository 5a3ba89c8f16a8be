//! Paths of every kind, and the work trees that they are of. It must not look at a file.

use super::*;

/// What a report at `report` says of `wanted`, where the work tree has `wanted` and `others`.
fn mapped(
    report: &str,
    roots: &[&str],
    paths: &[&str],
    wanted: &[&str],
    others: &[&str],
) -> Vec<(String, Vec<String>)> {
    let roots: Vec<String> = roots.iter().map(|root| (*root).to_owned()).collect();
    let wanted = wanted.iter().map(|path| (*path).to_owned()).collect();
    let exists = |asked: &[String]| asked.iter().map(|path| others.contains(&&**path)).collect();
    map(report, &roots, paths.iter().copied(), &wanted, exists)
        .into_iter()
        .collect()
}

/// What is tracked, and what else is there.
struct There<'a>(&'a [String], &'a [String]);

impl Files for There<'_> {
    fn is_tracked(&self, path: &str) -> bool {
        self.0.iter().any(|file| file == path)
    }

    fn some_end_with(&self, _path: &str) -> bool {
        false
    }

    fn are_there(&mut self, paths: &[String]) -> Vec<bool> {
        let there = |path: &String| self.is_tracked(path) || self.1.contains(path);
        paths.iter().map(there).collect()
    }

    fn lines(&mut self, paths: &[(&String, u32)]) -> Vec<Option<u32>> {
        paths.iter().map(|_| None).collect()
    }
}

#[test]
fn a_file_of_ours_is_told_from_a_dependency_s_of_the_same_name_however_many_there_are() {
    let number = 3 * SAMPLE;
    let ours: Vec<String> = (0..number).map(|n| format!("src/{n}.js")).collect();
    let theirs: Vec<String> = ours.iter().map(|file| format!("dep/{file}")).collect();
    for (others, directory, expected) in [
        (&[][..], "/builds/shop", "src/"),
        (&theirs[..], "/builds/shop", "src/"),
        (&theirs[..], "/builds/shop/dep", "dep/src/"),
        (&[][..], "/builds/shop/dep", "src/"),
    ] {
        let paths: Vec<String> = ours
            .iter()
            .map(|file| format!("{directory}/{file}"))
            .collect();
        let names = paths.iter().map(String::as_str);
        let found = in_tree("lcov.info", &[], names, &mut There(&ours, others));
        assert_eq!(found.len(), number, "{directory}");
        for (path, file) in found {
            let end = path.rsplit('/').next().unwrap();
            assert_eq!(file, Some(format!("{expected}{end}")), "{path}");
        }
    }
}

#[test]
fn paths_of_every_kind_find_their_file() {
    let cases: &[(&str, &[&str], &str, &str)] = &[
        ("lcov.info", &[], "src/a.c", "src/a.c"),
        ("lcov.info", &[], "./src/a.c", "src/a.c"),
        ("lcov.info", &[], "src/x/../a.c", "src/a.c"),
        ("lcov.info", &[], "/builds/ada/shop/src/a.c", "src/a.c"),
        ("lcov.info", &[], "C:\\builds\\shop\\src\\a.c", "src/a.c"),
        (
            "lcov.info",
            &[],
            "file:///C:/builds/shop/src/a.c",
            "src/a.c",
        ),
        ("lcov.info", &[], "src\\a.c", "src/a.c"),
        ("cover.out", &[], "example.com/acme/shop/src/a.c", "src/a.c"),
        ("web/coverage/lcov.info", &[], "src/a.c", "web/src/a.c"),
        ("build/lcov.info", &[], "../src/a.c", "src/a.c"),
        ("coverage.xml", &["/builds/ada/shop/src"], "a.c", "src/a.c"),
        (
            "coverage.xml",
            &["/builds/1/shop/web"],
            "src/a.c",
            "web/src/a.c",
        ),
        ("coverage.xml", &["src"], "a.c", "src/a.c"),
        (
            "jacoco.xml",
            &[],
            "com/acme/A.java",
            "app/src/main/java/com/acme/A.java",
        ),
    ];
    for (report, roots, path, file) in cases {
        let expected = vec![((*file).to_owned(), vec![(*path).to_owned()])];
        assert_eq!(
            mapped(report, roots, &[path], &[file], &[]),
            expected,
            "{path}"
        );
    }
}

#[test]
fn a_path_is_the_longest_file_that_it_ends_with() {
    // The changed file at the root is not the one in lib.
    assert_eq!(mapped("l", &[], &["lib/x.c"], &["x.c"], &["lib/x.c"]), []);
    assert_eq!(
        mapped(
            "l",
            &[],
            &["/builds/ada/shop/lib/x.c"],
            &["x.c"],
            &["lib/x.c"]
        ),
        []
    );
    assert_eq!(
        mapped("web/coverage/l", &[], &["x.c"], &["x.c"], &["web/x.c"]),
        []
    );
    // Two modules with the same class: neither is guessed.
    assert_eq!(
        mapped("j", &[], &["a/B.java"], &["m/a/B.java", "n/a/B.java"], &[]),
        []
    );
}

#[test]
fn other_peoples_files_are_not_taken_for_ours() {
    let paths = [
        "/builds/ada/shop/setup.py",
        "/builds/ada/shop/a.py",
        "/usr/lib/six/setup.py",
    ];
    let expected = vec![
        ("a.py".to_owned(), vec![paths[1].to_owned()]),
        ("setup.py".to_owned(), vec![paths[0].to_owned()]),
    ];
    assert_eq!(
        mapped("l", &[], &paths, &["a.py", "setup.py"], &[]),
        expected
    );
}

#[test]
fn what_leaves_the_repository_is_left_alone() {
    for path in ["../../etc/passwd", "..", "", ".", "a/../..", "..\\..\\x"] {
        assert!(
            escapes(path, "build/lcov.info") || Parts::of(path).parts.is_empty(),
            "{path}"
        );
        assert_eq!(
            mapped(
                "build/lcov.info",
                &[],
                &[path],
                &["passwd", "etc/passwd", "x"],
                &[]
            ),
            [],
            "{path}"
        );
    }
    assert!(!escapes("../src/a.c", "build/lcov.info"));
    assert!(
        !escapes("/etc/passwd", "lcov.info"),
        "absolute paths have any root"
    );
}
