//! coverage.py's JSON and the one that `llvm-cov export` writes, told apart by their keys. It must not build the document:
//! what is not wanted is passed over as it is read.

use std::borrow::Cow;
use std::fmt;
use std::io::{self, BufRead, Read};

use serde::de::{
    DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor,
};

use super::{Format, Problem};
use crate::table::{Lines, Table};

pub fn read(input: impl BufRead, table: &mut Table) -> Result<Format, Problem> {
    let mut refused = None;
    let guarded = Guarded {
        input,
        piece: Vec::new(),
        at: 0,
        shape: Shape::default(),
        refused: &mut refused,
    };
    let mut document = Document {
        table,
        format: None,
        too_much: false,
    };
    let mut json = serde_json::Deserializer::from_reader(guarded);
    let outcome = json.deserialize_map(&mut document);
    let outcome = outcome.and_then(|()| json.end());
    drop(json);
    match outcome {
        Ok(()) => document.format.ok_or(Problem::Unknown),
        Err(_) if document.too_much => Err(Problem::TooMuch),
        Err(error) => Err(refused.unwrap_or_else(|| problem(&error))),
    }
}

fn problem(error: &serde_json::Error) -> Problem {
    match error.classify() {
        serde_json::error::Category::Eof => Problem::Truncated,
        serde_json::error::Category::Io => Problem::Unreadable(error.to_string()),
        _ => Problem::malformed(error),
    }
}

struct Document<'a> {
    table: &'a mut Table,
    format: Option<Format>,
    too_much: bool,
}

impl Document<'_> {
    fn put<E: serde::de::Error>(&mut self, path: &str, lines: Lines) -> Result<(), E> {
        self.table.put(path, lines).map_err(|_| {
            self.too_much = true;
            E::custom("too much")
        })
    }
}

/// The outermost object.
impl<'de> Visitor<'de> for &mut Document<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a coverage report")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<Cow<'_, str>>()? {
            match &*key {
                "files" => {
                    self.format = Some(Format::CoveragePy);
                    map.next_value_seed(In::<PythonFiles>::of(self))?;
                }
                "data" => {
                    self.format = Some(Format::LlvmCov);
                    map.next_value_seed(Each(In::<LlvmExport>::of(self)))?;
                }
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }
}

/// A place in the document: what is there is put into the table.
struct In<'d, 'a, Place> {
    document: &'d mut Document<'a>,
    place: std::marker::PhantomData<Place>,
}

struct PythonFiles;
struct LlvmExport;
struct LlvmFile;

impl<'d, 'a, Place> In<'d, 'a, Place> {
    fn of(document: &'d mut Document<'a>) -> Self {
        Self {
            document,
            place: std::marker::PhantomData,
        }
    }
}

/// A value that is an object, read key by key.
trait Object<'de> {
    fn read<A: MapAccess<'de>>(self, map: A) -> Result<(), A::Error>;
}

struct Map<T>(T);

impl<'de, T: Object<'de>> Visitor<'de> for Map<T> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<(), A::Error> {
        self.0.read(map)
    }
}

impl<'de, Place> DeserializeSeed<'de> for In<'_, '_, Place>
where
    Self: Object<'de>,
{
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(Map(self))
    }
}

/// `"src/a.py": { "executed_lines": […], "missing_lines": […], … }`
impl<'de> Object<'de> for In<'_, '_, PythonFiles> {
    fn read<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(path) = map.next_key::<String>()? {
            let mut lines = Lines::default();
            map.next_value_seed(PythonFile(&mut lines))?;
            self.document.put(&path, lines)?;
        }
        Ok(())
    }
}

struct PythonFile<'a>(&'a mut Lines);

impl<'de> DeserializeSeed<'de> for PythonFile<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(Map(self))
    }
}

impl<'de> Object<'de> for PythonFile<'_> {
    fn read<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<Cow<'_, str>>()? {
            match &*key {
                "executed_lines" => map.next_value_seed(Numbers(|line| self.0.add(line, true)))?,
                "missing_lines" => map.next_value_seed(Numbers(|line| self.0.add(line, false)))?,
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }
}

/// Calls the function with each number of a list.
struct Numbers<F>(F);

impl<'de, F: FnMut(u32)> DeserializeSeed<'de> for Numbers<F> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de, F: FnMut(u32)> Visitor<'de> for Numbers<F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of line numbers")
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut list: A) -> Result<(), A::Error> {
        while let Some(line) = list.next_element::<i64>()? {
            // coverage.py has been seen to name line 0 of an empty file.
            (self.0)(u32::try_from(line).unwrap_or(0));
        }
        Ok(())
    }
}

/// A list, each element of it read by the same place.
struct Each<T>(T);

impl<'de, 'd, 'a, Place> DeserializeSeed<'de> for Each<In<'d, 'a, Place>>
where
    for<'x> In<'x, 'a, Place>: Object<'de>,
{
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de, 'd, 'a, Place> Visitor<'de> for Each<In<'d, 'a, Place>>
where
    for<'x> In<'x, 'a, Place>: Object<'de>,
{
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let document = self.0.document;
        while list.next_element_seed(In::<Place>::of(document))?.is_some() {}
        Ok(())
    }
}

/// One of `data`: `{ "files": […], "functions": […], "totals": … }`
impl<'de> Object<'de> for In<'_, '_, LlvmExport> {
    fn read<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<Cow<'_, str>>()? {
            if key == "files" {
                map.next_value_seed(Each(In::<LlvmFile>::of(self.document)))?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}

/// `{ "filename": "…", "segments": [[line, column, count, has count, begins a region, is a gap], …], … }`
impl<'de> Object<'de> for In<'_, '_, LlvmFile> {
    fn read<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut path = None;
        let mut lines = Lines::default();
        while let Some(key) = map.next_key::<Cow<'_, str>>()? {
            match &*key {
                "filename" => path = Some(map.next_value::<String>()?),
                "segments" => map.next_value_seed(SegmentList(&mut lines))?,
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        let path = path.ok_or_else(|| A::Error::missing_field("filename"))?;
        self.document.put(&path, lines)
    }
}

struct SegmentList<'a>(&'a mut Lines);

impl<'de> DeserializeSeed<'de> for SegmentList<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for SegmentList<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of segments")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        let mut sweep = super::segments::Sweep::new(self.0);
        while let Some(segment) = list.next_element::<RawSegment>()? {
            sweep
                .segment(segment.0)
                .map_err(|_| A::Error::custom("the segments are not in order"))?;
        }
        sweep.finish();
        Ok(())
    }
}

struct RawSegment(super::segments::Segment);

impl<'de> serde::Deserialize<'de> for RawSegment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(RawSegmentVisitor)
    }
}

struct RawSegmentVisitor;

impl<'de> Visitor<'de> for RawSegmentVisitor {
    type Value = RawSegment;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a segment of five or six values")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<RawSegment, A::Error> {
        let short = || A::Error::invalid_length(0, &"a segment");
        let line = list.next_element::<u32>()?.ok_or_else(short)?;
        list.next_element::<IgnoredAny>()?.ok_or_else(short)?;
        let count = list.next_element::<f64>()?.ok_or_else(short)?;
        let has_count = list.next_element::<bool>()?.ok_or_else(short)?;
        let is_entry = list.next_element::<bool>()?.ok_or_else(short)?;
        // Versions before 2.0.1 have none.
        let is_gap = list.next_element::<bool>()?.unwrap_or(false);
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(RawSegment(super::segments::Segment {
            line,
            covered: count > 0.0,
            has_count,
            is_entry,
            is_gap,
        }))
    }
}

/// Lets nothing through that would have to be kept whole: a string or a number without end, or lists in lists in lists.
struct Guarded<'a, R> {
    input: R,
    piece: Vec<u8>,
    at: usize,
    shape: Shape,
    refused: &'a mut Option<Problem>,
}

/// What the bytes so far are inside of.
#[derive(Default)]
struct Shape {
    in_string: bool,
    escaped: bool,
    depth: u32,
    /// Of the string or the number.
    length: usize,
}

impl Shape {
    const DEEPEST: u32 = 64;
    const LONGEST: usize = 256 * 1024;

    fn follow(&mut self, bytes: &[u8]) -> Result<(), Problem> {
        for &byte in bytes {
            self.length += 1;
            if self.in_string {
                match byte {
                    _ if self.escaped => self.escaped = false,
                    b'\\' => self.escaped = true,
                    b'"' => self.in_string = false,
                    _ => {}
                }
                continue;
            }
            match byte {
                b'0'..=b'9' => {}
                b',' | b':' | b' ' | b'\n' | b'\r' | b'\t' => self.length = 0,
                b'"' => (self.in_string, self.length) = (true, 0),
                b'}' | b']' => (self.depth, self.length) = (self.depth.saturating_sub(1), 0),
                b'{' | b'[' => {
                    (self.depth, self.length) = (self.depth + 1, 0);
                    if self.depth > Self::DEEPEST {
                        return Err(Problem::Nested);
                    }
                }
                _ => {}
            }
        }
        // Once a piece is soon enough.
        if self.length > Self::LONGEST {
            return Err(Problem::TooMuch);
        }
        Ok(())
    }
}

impl<R: BufRead> Read for Guarded<'_, R> {
    #[inline]
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        const PIECE: usize = 64 * 1024;
        if self.at == self.piece.len() {
            let available = self.input.fill_buf()?;
            let available = &available[..available.len().min(PIECE)];
            if let Err(problem) = self.shape.follow(available) {
                *self.refused = Some(problem);
                return Err(io::ErrorKind::InvalidData.into());
            }
            self.piece.clear();
            self.piece.extend_from_slice(available);
            self.at = 0;
            self.input.consume(self.piece.len());
        }
        // The JSON reader takes single bytes.
        if let ([one], Some(byte)) = (&mut *buffer, self.piece.get(self.at)) {
            *one = *byte;
            self.at += 1;
            return Ok(1);
        }
        let rest = &self.piece[self.at..];
        let count = rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        self.at += count;
        Ok(count)
    }
}
