//! Cobertura's and JaCoCo's XML. It must not expand entities, follow a document type, or keep an element longer than it
//! takes to read it.

use std::cell::Cell;
use std::io::{self, BufRead, Read};

use quick_xml::Reader;
use quick_xml::escape::unescape;
use quick_xml::events::{BytesRef, BytesStart, Event};

use super::{Format, Problem, input, is_hit, number, text};
use crate::table::{Lines, Table};

const DEEPEST: usize = 64;
/// Bytes of one tag, text or comment.
const LONGEST: usize = 256 * 1024;

pub fn read(input: impl BufRead, table: &mut Table) -> Result<Format, Problem> {
    let left = Cell::new(LONGEST);
    let mut reader = Reader::from_reader(Guarded { input, left: &left });
    let mut buffer = Vec::new();
    let mut document = Document::new(table);
    let mut depth = 0_usize;
    loop {
        buffer.clear();
        left.set(LONGEST);
        let event = reader.read_event_into(&mut buffer);
        let event = event.map_err(|error| problem(&error, depth))?;
        match event {
            Event::Start(start) => {
                depth += 1;
                if depth > DEEPEST {
                    return Err(Problem::Nested);
                }
                document.start(&start)?;
            }
            Event::Empty(start) => {
                document.start(&start)?;
                document.end(start.local_name().as_ref())?;
            }
            Event::End(end) => {
                depth = depth.saturating_sub(1);
                document.end(end.local_name().as_ref())?;
            }
            Event::Text(piece) => document.text(&piece),
            Event::CData(piece) => document.text(&piece),
            Event::GeneralRef(reference) => document.reference(&reference),
            Event::Eof if depth > 0 => return Err(Problem::Truncated),
            Event::Eof => break,
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
        }
    }
    document.format.ok_or(Problem::Unknown)
}

fn problem(error: &quick_xml::Error, depth: usize) -> Problem {
    match error {
        quick_xml::Error::Io(error) if error.kind() == io::ErrorKind::FileTooLarge => {
            Problem::TooMuch
        }
        quick_xml::Error::Io(error) => Problem::Unreadable(error.to_string()),
        // What was opened and not closed when the text ends.
        quick_xml::Error::Syntax(_) if depth > 0 => Problem::Truncated,
        error => Problem::malformed(error),
    }
}

/// Where in the document the reading is.
struct Document<'a> {
    table: &'a mut Table,
    format: Option<Format>,
    /// The file whose lines follow.
    file: Option<(String, Lines)>,
    /// JaCoCo's: `com/acme/shop`.
    package: String,
    /// Cobertura names lines of methods beside those of their class, and not all tools the same ones.
    in_methods: bool,
    /// A root's text so far.
    source: Option<String>,
}

impl<'a> Document<'a> {
    fn new(table: &'a mut Table) -> Self {
        Self {
            table,
            format: None,
            file: None,
            package: String::new(),
            in_methods: false,
            source: None,
        }
    }

    fn start(&mut self, element: &BytesStart<'_>) -> Result<(), Problem> {
        let format = match (self.format, element.local_name().as_ref()) {
            (Some(format), _) => format,
            (None, b"coverage") => *self.format.insert(Format::Cobertura),
            (None, b"report") => *self.format.insert(Format::Jacoco),
            (None, _) => return Err(Problem::Unknown),
        };
        match format {
            Format::Jacoco => self.start_in_jacoco(element),
            _ => self.start_in_cobertura(element),
        }
    }

    fn start_in_cobertura(&mut self, element: &BytesStart<'_>) -> Result<(), Problem> {
        match element.local_name().as_ref() {
            b"line" if !self.in_methods => {
                if let Some((_, lines)) = &mut self.file {
                    let (line, hits) = two(element, b"number", b"hits");
                    let line = line.as_deref().and_then(number);
                    lines.add(line.ok_or_else(no_line)?, is_hit(&hits.unwrap_or_default()));
                }
            }
            b"class" => {
                self.finish_file()?;
                self.file = attribute(element, b"filename").map(|path| (path, Lines::default()));
            }
            b"methods" => self.in_methods = true,
            b"source" => self.source = Some(String::new()),
            _ => {}
        }
        Ok(())
    }

    fn start_in_jacoco(&mut self, element: &BytesStart<'_>) -> Result<(), Problem> {
        match element.local_name().as_ref() {
            b"line" => {
                if let Some((_, lines)) = &mut self.file {
                    let (line, covered) = two(element, b"nr", b"ci");
                    let line = line.as_deref().and_then(number);
                    lines.add(
                        line.ok_or_else(no_line)?,
                        is_hit(&covered.unwrap_or_default()),
                    );
                }
            }
            b"package" => self.package = attribute(element, b"name").unwrap_or_default(),
            b"sourcefile" => {
                self.finish_file()?;
                let name = attribute(element, b"name").unwrap_or_default();
                let path = match &*self.package {
                    "" => name,
                    package => format!("{package}/{name}"),
                };
                self.file = Some((path, Lines::default()));
            }
            _ => {}
        }
        Ok(())
    }

    fn end(&mut self, name: &[u8]) -> Result<(), Problem> {
        match name {
            b"class" | b"sourcefile" => self.finish_file()?,
            b"methods" => self.in_methods = false,
            b"package" => self.package.clear(),
            b"source" => {
                if let Some(root) = self.source.take() {
                    self.table.add_root(root.trim().to_owned());
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn finish_file(&mut self) -> Result<(), Problem> {
        if let Some((path, lines)) = self.file.take() {
            self.table.put(&path, lines)?;
        }
        Ok(())
    }

    fn text(&mut self, piece: &[u8]) {
        if let Some(source) = &mut self.source
            && source.len() < LONGEST
        {
            source.push_str(&text(piece));
        }
    }

    /// The five that XML knows, and numbers; what a document declares by itself is not looked up.
    fn reference(&mut self, reference: &BytesRef<'_>) {
        let whole = format!("&{};", text(reference));
        if let Ok(plain) = unescape(&whole) {
            self.text(plain.as_bytes());
        }
    }
}

fn attribute(element: &BytesStart<'_>, name: &[u8]) -> Option<String> {
    let raw = two(element, name, b"").0?;
    let raw = text(&raw);
    Some(unescape(&raw).map_or_else(|_| raw.clone(), |plain| plain.into_owned()))
}

type Raw<'a> = Option<std::borrow::Cow<'a, [u8]>>;

/// The raw values of two attributes.
fn two<'a>(element: &'a BytesStart<'_>, first: &[u8], second: &[u8]) -> (Raw<'a>, Raw<'a>) {
    let (mut one, mut other) = (None, None);
    for attribute in element.attributes().with_checks(false).flatten() {
        if attribute.key.as_ref() == first {
            one = Some(attribute.value);
        } else if attribute.key.as_ref() == second {
            other = Some(attribute.value);
        }
    }
    (one, other)
}

fn no_line() -> Problem {
    Problem::Malformed("a line element without a number".to_owned())
}

/// Lets one element have only so many bytes: the reader keeps an element whole.
struct Guarded<'a, R> {
    input: R,
    left: &'a Cell<usize>,
}

impl<R: BufRead> BufRead for Guarded<'_, R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.left.get() == 0 {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        let available = self.input.fill_buf()?;
        Ok(&available[..available.len().min(self.left.get())])
    }

    fn consume(&mut self, amount: usize) {
        self.left.set(self.left.get().saturating_sub(amount));
        self.input.consume(amount);
    }
}

impl<R: BufRead> Read for Guarded<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        input::copy(self, buffer)
    }
}
