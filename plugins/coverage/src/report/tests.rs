//! Reports that real tools made, and reports that nobody should have made. Where the fixtures come from is told beside
//! them.

use std::io::{BufReader, Cursor};

use super::input::Pieces;
use super::*;
use crate::table::Counts;

macro_rules! fixture {
    ($path:literal) => {
        include_bytes!(concat!("../../../../tests/fixtures/coverage/", $path)).as_slice()
    };
}

/// In pieces of 7 bytes, so that everything is cut somewhere.
fn read_in_pieces(bytes: &[u8]) -> Result<(Format, Table), Problem> {
    super::read(Pieces::new(|offset| {
        let from = usize::try_from(offset).unwrap().min(bytes.len());
        Ok(bytes[from..bytes.len().min(from + 7)].to_vec())
    }))
}

fn lines(table: &Table, path: &str) -> String {
    let lines = table
        .files
        .get(path)
        .unwrap_or_else(|| panic!("no {path} in {:?}", table.files.keys()));
    let words = lines
        .iter()
        .map(|(line, covered)| format!("{}{line}", if covered { "" } else { "-" }));
    words.collect::<Vec<_>>().join(" ")
}

#[test]
fn reports_of_the_real_tools_are_read() {
    // Totals and uncovered lines are those that the tools themselves print.
    let shape_gcc = "3 5 -6 8 -11 -13";
    let shape_clang = "4 5 -6 -7 8 9 -12 -13 -14";
    let price_py = "1 2 -3 4 5 -6 7 10 -11";
    let cases = [
        (
            fixture!("lcov/gcc.info"),
            Format::Lcov,
            "/builds/acme/shapes/src/shape.c",
            shape_gcc,
        ),
        (
            fixture!("lcov/clang.info"),
            Format::Lcov,
            "/builds/acme/shapes/src/shape.c",
            shape_clang,
        ),
        (
            fixture!("llvm-cov/clang.json"),
            Format::LlvmCov,
            "/builds/acme/shapes/src/shape.c",
            shape_clang,
        ),
        (
            fixture!("lcov/coverage-py.info"),
            Format::Lcov,
            "src/shop/price.py",
            price_py,
        ),
        (
            fixture!("cobertura/coverage-py.xml"),
            Format::Cobertura,
            "src/shop/price.py",
            price_py,
        ),
        (
            fixture!("coverage-py/coverage.json"),
            Format::CoveragePy,
            "src/shop/price.py",
            price_py,
        ),
        (
            fixture!("lcov/nyc.info"),
            Format::Lcov,
            "src/price.js",
            "2 -3 5 -9 12",
        ),
        (
            fixture!("cobertura/nyc.xml"),
            Format::Cobertura,
            "src/price.js",
            "2 -3 5 -9 12",
        ),
        (
            fixture!("lcov/c8.info"),
            Format::Lcov,
            "src/price.js",
            "1 2 -3 -4 5 6 7 -8 -9 -10 11 12",
        ),
        (
            fixture!("jacoco/jacoco.xml"),
            Format::Jacoco,
            "com/acme/shop/Price.java",
            "-3 5 -6 8 -12",
        ),
        (
            fixture!("go/cover.out"),
            Format::Go,
            "example.com/acme/shapes/pkg/area/area.go",
            "6 7 -8 -9 10 -13 -14 -15",
        ),
    ];
    for (bytes, format, path, expected) in cases {
        let (found, table) = read_in_pieces(bytes).unwrap();
        assert_eq!(
            (found, &*lines(&table, path)),
            (format, expected),
            "{format:?}"
        );
        let (_, whole) = super::read(bytes).unwrap();
        assert_eq!(whole.files, table.files, "{format:?} in one piece");
    }
    let (_, table) = read_in_pieces(fixture!("cobertura/nyc.xml")).unwrap();
    assert_eq!(table.roots, ["/builds/acme/jsshop"]);
}

#[test]
fn a_report_in_another_encoding_is_the_same_report() {
    let as_utf16 = |text: &str, little: bool| -> Vec<u8> {
        let units = std::iter::once(0xFEFF).chain(text.encode_utf16());
        units
            .flat_map(|unit| {
                if little {
                    unit.to_le_bytes()
                } else {
                    unit.to_be_bytes()
                }
            })
            .collect()
    };
    for bytes in [
        fixture!("lcov/nyc.info"),
        fixture!("cobertura/nyc.xml"),
        fixture!("coverage-py/coverage.json"),
    ] {
        let plain = read_in_pieces(bytes).unwrap().1.files;
        let text = std::str::from_utf8(bytes).unwrap();
        for little in [true, false] {
            assert_eq!(
                read_in_pieces(&as_utf16(text, little)).unwrap().1.files,
                plain
            );
        }
        let marked = [b"\xEF\xBB\xBF", bytes].concat();
        assert_eq!(super::read(&*marked).unwrap().1.files, plain);
        let windows = text.replace('\n', "\r\n");
        assert_eq!(read_in_pieces(windows.as_bytes()).unwrap().1.files, plain);
    }
    let latin = b"SF:caf\xE9.c\nDA:1,1\nend_of_record\nSF:\nDA:1,1\nend_of_record\n";
    let table = read_in_pieces(&[b"TN:\n", latin.as_slice()].concat())
        .unwrap()
        .1;
    assert_eq!(table.files.keys().collect::<Vec<_>>(), ["café.c"]);
    let latin = b"<?xml version='1.0' encoding='ISO-8859-1'?><coverage><class filename='caf\xE9.c'><line number='1' hits='0'/></class></coverage>";
    assert_eq!(lines(&read_in_pieces(latin).unwrap().1, "café.c"), "-1");
    let emoji = as_utf16("SF:\u{1F980}.rs\nDA:1,1\nend_of_record\n", true);
    assert_eq!(
        lines(&read_in_pieces(&emoji).unwrap().1, "\u{1F980}.rs"),
        "1"
    );
}

#[test]
fn what_is_cut_off_is_not_believed() {
    for bytes in [
        fixture!("lcov/nyc.info"),
        fixture!("cobertura/nyc.xml"),
        fixture!("jacoco/jacoco.xml"),
        fixture!("coverage-py/coverage.json"),
        fixture!("llvm-cov/clang.json"),
    ] {
        let text = bytes.trim_ascii_end();
        let outcome = read_in_pieces(&text[..text.len() - 3]);
        if text.ends_with(b"end_of_record") {
            // The record's own word is cut: the record is open.
            assert_eq!(outcome.unwrap_err(), Problem::Truncated);
            continue;
        }
        assert_eq!(outcome.unwrap_err(), Problem::Truncated);
        for end in 0..text.len() {
            assert!(read_in_pieces(&text[..end]).is_err(), "{end}");
        }
    }
}

#[test]
fn what_is_no_report_is_named_so() {
    let malformed = |bytes: &[u8]| matches!(read_in_pieces(bytes), Err(Problem::Malformed(_)));
    assert_eq!(read_in_pieces(b"").unwrap_err(), Problem::Empty);
    assert_eq!(read_in_pieces(b" \n\n").unwrap_err(), Problem::Empty);
    for unknown in [
        b"\0\0\0\0".as_slice(),
        b"hello",
        b"[1]",
        b"<html></html>",
        b"{\"a\": {}}",
        b"\x7fELF\x02\x01",
    ] {
        assert_eq!(
            read_in_pieces(unknown).unwrap_err(),
            Problem::Unknown,
            "{unknown:?}"
        );
    }
    for nothing in [
        b"TN:\n".as_slice(),
        b"mode: set\n",
        b"<coverage/>",
        b"<report/>",
        b"{\"files\": {}}",
    ] {
        assert_eq!(
            read_in_pieces(nothing).unwrap_err(),
            Problem::NoLines,
            "{nothing:?}"
        );
    }
    for bytes in [
        b"TN:\nDA:1,1\n".as_slice(),
        b"SF:a\nDA:x,1\nend_of_record\n",
        b"SF:a\nDA:1\nend_of_record\n",
        b"SF:a\nSF:b\n",
        b"mode: set\na.go:1.1,2.2 1\n",
        b"mode: set\nhello\n",
        b"<coverage><class filename='a'><line hits='1'/></class></coverage>",
        b"<coverage><a></b></coverage>",
        format!("<coverage><{}></b></coverage>", "a".repeat(200_000)).as_bytes(),
        b"{\"files\": {\"a\": {\"executed_lines\": [true]}}}",
        b"{\"files\": {\"a\": 1}}",
        b"{\"data\": [{\"files\": [{\"filename\": \"a\", \"segments\": [[2,1,1,true,true],[1,1,1,true,true]]}]}]}",
    ] {
        assert!(malformed(bytes) && read_in_pieces(bytes).unwrap_err().to_string().len() < 300, "{}: {:?}", text(bytes), read_in_pieces(bytes).map(|it| it.0));
    }
}

/// Pieces that are made when they are asked for: a report of any size, without its size in memory.
fn endless(start: &str, again: &str, size: usize) -> Result<(Format, Table), Problem> {
    let piece = again.repeat((1 << 20) / again.len());
    super::read(Pieces::new(|offset| {
        if offset == 0 {
            Ok(start.as_bytes().to_vec())
        } else if offset < size as u64 {
            Ok(piece.clone().into_bytes())
        } else {
            Ok(Vec::new())
        }
    }))
}

const HUNDRED_MB: usize = 100_000_000;

#[test]
fn nothing_grows_with_a_hostile_report() {
    let cases = [
        // Entities that stand for entities are never looked up.
        (
            "<!DOCTYPE coverage [<!ENTITY a \"",
            "lollollol",
            Problem::TooMuch,
        ),
        ("<coverage>", "<a>", Problem::Nested),
        ("<coverage><a b='", "x", Problem::TooMuch),
        ("<coverage><!--", "x", Problem::TooMuch),
        ("<coverage>", "&lol;", Problem::Truncated),
        ("{\"files\":", "[", Problem::Nested),
        ("{\"files\":", "{\"a\":", Problem::Nested),
        ("{\"", "x", Problem::TooMuch),
        ("{\"a\":", "1", Problem::TooMuch),
        (
            "{\"files\": {\"a\": {\"executed_lines\": [1",
            ",1",
            Problem::Truncated,
        ),
        ("SF:", "x", Problem::Truncated),
        ("SF:a\n", "DA:1,1\n", Problem::Truncated),
    ];
    for (start, again, expected) in cases {
        assert_eq!(
            endless(start, again, HUNDRED_MB / 30).unwrap_err(),
            expected,
            "{start}"
        );
    }
}

#[test]
fn an_entity_bomb_is_text_like_any_other() {
    let bomb = "<?xml version='1.0'?><!DOCTYPE coverage [<!ENTITY a 'aaaaaaaa'><!ENTITY b '&a;&a;&a;&a;'>]>\
                <coverage><sources><source>/x/&b;&amp;y</source></sources>\
                <class filename='&b;.c'><line number='1' hits='1'/></class></coverage>";
    let (_, table) = super::read(bomb.as_bytes()).unwrap();
    assert_eq!(table.roots, ["/x/&y"]);
    assert_eq!(lines(&table, "&b;.c"), "1");
}

#[test]
fn a_hundred_megabytes_are_one_table() {
    let record =
        "SF:src/a.c\nDA:1,1\nDA:2,0\nDA:9,=====\nDA:10,-1\nDA:11,1,checksum\nend_of_record\n";
    let piece = record.repeat((1 << 20) / record.len());
    let size = if cfg!(debug_assertions) {
        HUNDRED_MB / 10
    } else {
        HUNDRED_MB
    };
    let (_, table) = endless("TN:\n", &piece, size).unwrap();
    let counts = table.files["src/a.c"].counts();
    assert_eq!(
        counts,
        Counts {
            covered: 2,
            lines: 5
        }
    );
}

#[test]
fn small_pieces_of_a_long_line_are_one_line() {
    let text = format!("SF:{}\nDA:1,1\nend_of_record\n", "x".repeat(4_000));
    let (_, table) = super::read(BufReader::with_capacity(3, Cursor::new(&text))).unwrap();
    assert_eq!(table.files.len(), 1);
}
