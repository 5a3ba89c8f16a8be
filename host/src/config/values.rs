//! What single values may be: each kind says in words what it expects, for messages and the reference alike.
//! It must not know which key uses it.

use std::borrow::Cow;
use std::ops::RangeInclusive;
use std::time::Duration;

use super::tree::{Meaning, Scalar};
use crate::glob;

/// Longer than any pattern or name that a person writes.
pub(super) const MAX_TEXT: usize = 1_000;

/// How to read one kind of value.
pub struct Kind<T> {
    /// Completes "expected …", and is the type in the reference.
    pub expected: Cow<'static, str>,
    pub read: Reader<T>,
}

type Reader<T> = Box<dyn Fn(&Scalar) -> Option<T>>;

impl<T> Kind<T> {
    pub fn new(
        expected: impl Into<Cow<'static, str>>,
        read: impl Fn(&Scalar) -> Option<T> + 'static,
    ) -> Self {
        Self {
            expected: expected.into(),
            read: Box::new(read),
        }
    }
}

pub fn boolean() -> Kind<bool> {
    Kind::new("true or false", |scalar| match scalar.meaning() {
        Meaning::Boolean(value) => Some(value),
        _ => None,
    })
}

/// Text, quoted if it would otherwise be a number or a truth value.
pub fn text() -> Kind<String> {
    Kind::new("text", |scalar| {
        (scalar.meaning() == Meaning::Text).then(|| scalar.text.clone())
    })
}

pub fn one_of<T: Copy + 'static>(choices: &'static [(&'static str, T)]) -> Kind<T> {
    let names: Vec<_> = choices.iter().map(|(name, _)| *name).collect();
    Kind::new(alternatives(&names), move |scalar| {
        choices
            .iter()
            .find(|(name, _)| *name == scalar.text)
            .map(|(_, value)| *value)
    })
}

fn alternatives(names: &[&str]) -> String {
    match names {
        [first @ .., last] if !first.is_empty() => format!("{} or {last}", first.join(", ")),
        _ => names.concat(),
    }
}

pub fn integer(range: RangeInclusive<u32>) -> Kind<u32> {
    let expected = format!("a whole number from {} to {}", range.start(), range.end());
    Kind::new(expected, move |scalar| match scalar.meaning() {
        Meaning::Integer(value) => u32::try_from(value)
            .ok()
            .filter(|value| range.contains(value)),
        _ => None,
    })
}

pub fn percentage() -> Kind<f64> {
    Kind::new("a percentage from 0 to 100", |scalar| {
        let value = match scalar.meaning() {
            Meaning::Integer(value) => u8::try_from(value).ok()?.into(),
            Meaning::Number(value) => value,
            _ => return None,
        };
        (0.0..=100.0).contains(&value).then_some(value)
    })
}

/// `500ms`, `30s`, `30m`, `12h`, `30d`. The bounds are written the same way.
pub fn duration(least: &'static str, most: &'static str) -> Kind<Duration> {
    let expected = format!("a duration from {least} to {most}, with its unit (ms, s, m, h or d)");
    let range = parse_duration(least)..=parse_duration(most);
    Kind::new(expected, move |scalar| {
        let value = parse_duration(&scalar.text)?;
        range.contains(&Some(value)).then_some(value)
    })
}

fn parse_duration(text: &str) -> Option<Duration> {
    let (count, unit) = count_and_unit(text)?;
    let milliseconds = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return None,
    };
    count.checked_mul(milliseconds).map(Duration::from_millis)
}

/// `512B`, `64KiB`, `10MiB`, `1GiB`, in bytes. The bounds are written the same way.
pub fn size(least: &'static str, most: &'static str) -> Kind<u64> {
    let expected = format!("a size from {least} to {most}, with its unit (B, KiB, MiB or GiB)");
    let range = parse_size(least)..=parse_size(most);
    Kind::new(expected, move |scalar| {
        let value = parse_size(&scalar.text)?;
        range.contains(&Some(value)).then_some(value)
    })
}

fn parse_size(text: &str) -> Option<u64> {
    let (count, unit) = count_and_unit(text)?;
    let bytes = match unit {
        "B" => 1,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        _ => return None,
    };
    count.checked_mul(bytes)
}

fn count_and_unit(text: &str) -> Option<(u64, &str)> {
    let split = text.find(|character: char| !character.is_ascii_digit())?;
    let count = text[..split].parse().ok()?;
    Some((count, text[split..].trim_start()))
}

/// A glob as `globset` reads it, over paths from the repository's root.
pub fn glob() -> Kind<String> {
    let deepest = glob::DEEPEST;
    let expected =
        format!("a glob pattern such as \"src/**/*.rs\", with braces at most {deepest} deep");
    Kind::new(expected, |scalar| {
        let text = short_text(scalar)?;
        glob::path(&text).is_ok().then_some(text)
    })
}

/// A glob that stays below the repository's root, for what a plugin may read.
pub fn contained_glob() -> Kind<String> {
    let deepest = glob::DEEPEST;
    Kind::new(
        format!(
            "a glob pattern below the repository's root, such as \"docs/**\", with braces at most {deepest} deep"
        ),
        |scalar| {
            let text = (glob().read)(scalar)?;
            is_contained(&text).then_some(text)
        },
    )
}

pub(super) fn is_contained(path: &str) -> bool {
    !path.starts_with(['/', '~'])
        && !path.contains('\\')
        && path.split('/').all(|part| part != "..")
}

/// A strftime format: `%Y-%m-%d %H:%M`.
pub fn date_format() -> Kind<String> {
    Kind::new(
        "a date format of strftime items such as \"%Y-%m-%d %H:%M\"",
        |scalar| {
            let text = short_text(scalar)?;
            chrono::format::StrftimeItems::new(&text)
                .all(|item| item != chrono::format::Item::Error)
                .then_some(text)
        },
    )
}

/// What marks a work item in a file: `TODO:`.
pub fn annotation() -> Kind<String> {
    Kind::new("a marker of up to 40 characters such as TODO:", |scalar| {
        short_text(scalar).filter(|text| text.chars().count() <= 40 && text.trim() == text)
    })
}

pub fn sha256() -> Kind<String> {
    // The text as it stands: a digest of digits alone would be a number.
    Kind::new("a SHA-256 digest of 64 hexadecimal digits", |scalar| {
        let hexadecimal = scalar.text.bytes().all(|byte| byte.is_ascii_hexdigit());
        (scalar.text.len() == 64 && hexadecimal).then(|| scalar.text.to_ascii_lowercase())
    })
}

pub fn host() -> Kind<String> {
    Kind::new("a host name such as api.example.com", |scalar| {
        short_text(scalar).filter(|text| is_host(text) || is_address(text))
    })
}

/// An IPv6 address in brackets, as a URL has it, with an optional port.
fn is_address(text: &str) -> bool {
    let Some((address, port)) = text.strip_prefix('[').and_then(|rest| rest.split_once(']')) else {
        return false;
    };
    let port = port.strip_prefix(':').or(port.is_empty().then_some("443"));
    address.parse::<std::net::Ipv6Addr>().is_ok() && port.is_some_and(is_port)
}

fn is_port(text: &str) -> bool {
    text.parse::<u16>().is_ok_and(|port| port > 0)
}

/// A name with an optional port; no scheme, no user, no path, no wildcard.
pub(super) fn is_host(text: &str) -> bool {
    let (name, port) = text.split_once(':').unwrap_or((text, "443"));
    let label = |label: &str| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    name.split('.').all(label) && is_port(port)
}

pub fn variable() -> Kind<String> {
    Kind::new(
        "the name of an environment variable such as API_TOKEN",
        |scalar| {
            short_text(scalar).filter(|text| {
                !text.starts_with(|first: char| first.is_ascii_digit())
                    && text
                        .bytes()
                        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
            })
        },
    )
}

/// Lower-case words joined by hyphens: `context-manager`.
pub fn is_plugin_name(text: &str) -> bool {
    let word = |word: &str| {
        !word.is_empty()
            && word
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    };
    text.len() <= 64
        && text.starts_with(|first: char| first.is_ascii_lowercase())
        && text.split('-').all(word)
}

/// Text of one line that is not empty: what ends up in patterns, formats and messages.
pub(super) fn short_text(scalar: &Scalar) -> Option<String> {
    let valid = scalar.meaning() == Meaning::Text
        && !scalar.text.is_empty()
        && scalar.text.len() <= MAX_TEXT
        && !scalar.text.contains(char::is_control);
    valid.then(|| scalar.text.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read<T>(kind: Kind<T>, text: &str) -> Option<T> {
        (kind.read)(&Scalar {
            text: text.into(),
            plain: true,
        })
    }

    #[test]
    fn durations_and_sizes_have_units_and_bounds() {
        let minutes = |text| read(duration("1m", "7d"), text).map(|value| value.as_secs() / 60);
        assert_eq!(minutes("30m"), Some(30));
        assert_eq!(minutes("1m"), Some(1));
        assert_eq!(minutes("7d"), Some(7 * 24 * 60));
        for wrong in [
            "59s",
            "8d",
            "30",
            "m",
            "-5m",
            "1.5h",
            "99999999999999999999d",
            "213503982335d",
            "30 x",
            "",
        ] {
            assert_eq!(minutes(wrong), None, "{wrong:?}");
        }
        assert_eq!(read(size("1KiB", "1GiB"), "10MiB"), Some(10 << 20));
        assert_eq!(read(size("1KiB", "1GiB"), "1023B"), None);
        assert_eq!(read(size("1KiB", "1GiB"), "10MB"), None);
        assert_eq!(read(size("1KiB", "1GiB"), "1048576"), None);
    }

    #[test]
    fn a_host_is_a_name_and_nothing_more() {
        assert!(is_host("acme.atlassian.net") && is_host("localhost:8080"));
        for wrong in [
            "",
            "https://x.example",
            "x.example/path",
            "*.example",
            "a@b",
            "x.example:0",
            "x..y",
            "x:y:z",
            "-x",
        ] {
            assert!(!is_host(wrong), "{wrong}");
        }
    }

    #[test]
    fn an_address_is_written_as_in_a_url() {
        for right in ["[::1]", "[::1]:8080", "[2001:db8::1]:443"] {
            assert_eq!(read(host(), right).as_deref(), Some(right));
        }
        for wrong in [
            "::1",
            "[::1",
            "[::1]:",
            "[::1]:0",
            "[::1]x",
            "[a.b]",
            "[]",
            "[fe80::1%1]",
        ] {
            assert!(read(host(), wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn a_date_format_is_checked_item_by_item() {
        assert!(read(date_format(), "%Y-%m-%d %H:%M").is_some());
        assert!(read(date_format(), "%d. %B").is_some());
        assert!(read(date_format(), "%Y-%Q").is_none());
        assert!(read(date_format(), "%Y %").is_none());
        assert!(read(date_format(), "\u{1b}[31m%Y").is_none());
    }

    #[test]
    fn plugin_names_are_lower_case_words() {
        assert!(is_plugin_name("context-manager") && is_plugin_name("a1"));
        for wrong in ["", "Coverage", "a_b", "-a", "a-", "a--b", "1a", "a/b", "ä"] {
            assert!(!is_plugin_name(wrong), "{wrong}");
        }
    }

    #[test]
    fn a_pattern_for_plugins_stays_inside() {
        assert!(read(contained_glob(), "docs/**").is_some());
        for wrong in ["/etc/*", "../**", "a/../b", "docs/{a", "~/x"] {
            assert!(read(contained_glob(), wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn a_digest_of_digits_alone_is_a_digest() {
        let digits = "1".repeat(64);
        assert_eq!(read(sha256(), &digits), Some(digits));
        assert_eq!(read(sha256(), &"g".repeat(64)), None);
        assert_eq!(read(sha256(), &"a".repeat(63)), None);
    }
}
