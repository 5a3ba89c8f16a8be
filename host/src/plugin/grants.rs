//! What a plugin gets of what it asks for: only what its manifest and the configuration both name. It must not look at
//! consent, which comes on top.

use globset::GlobMatcher;
use serde::Serialize;

use super::manifest::RequestedGrant;
use super::work_tree::ReadGrant;
use crate::config::Allow;
use crate::glob;

pub const READ: &str = "read";
pub const HTTP: &str = "http";
pub const ENV: &str = "env";

/// The two requests, the manifest's and the configuration's, laid side by side.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Grants {
    /// What the plugin asks for, with its own reasons.
    pub asked: Vec<RequestedGrant>,
    /// What it gets, once the user agrees.
    pub given: Allow,
    /// What the configuration allows and the plugin never asked for: not given.
    pub not_asked: Allow,
    /// What the plugin asks for and the configuration does not allow: not given either.
    pub not_allowed: Vec<RequestedGrant>,
}

impl Grants {
    pub fn of(allow: &Allow, asked: &[RequestedGrant]) -> Self {
        let (read, read_not) = split(READ, &allow.read, asked);
        let (http, http_not) = split(HTTP, &allow.http, asked);
        let (env, env_not) = split(ENV, &allow.env, asked);
        let allowed_of = |kind: &str| match kind {
            READ => &allow.read[..],
            HTTP => &allow.http[..],
            ENV => &allow.env[..],
            _ => &[],
        };
        let is_allowed = |grant: &&RequestedGrant| {
            let wanted = std::slice::from_ref(*grant);
            let mut allowed = allowed_of(&grant.kind).iter();
            !allowed.any(|value| is_asked(&grant.kind, value, wanted))
        };
        Self {
            given: Allow { read, http, env },
            not_asked: Allow {
                read: read_not,
                http: http_not,
                env: env_not,
            },
            not_allowed: asked.iter().filter(is_allowed).cloned().collect(),
            asked: asked.to_vec(),
        }
    }

    /// Files that match a glob of the configuration and one of the manifest.
    pub fn read(&self) -> anyhow::Result<ReadGrant> {
        let allowed = self.given.read.iter().map(String::as_str);
        let mut asked = Vec::new();
        for grant in self.asked.iter().filter(|grant| grant.kind == READ) {
            // Without a value: whatever is allowed.
            asked.push(grant.value.as_deref().unwrap_or("**"));
        }
        Ok(ReadGrant::MatchingBoth(
            glob::set(allowed)?,
            // A glob of the manifest's that is none matches nothing.
            glob::set(asked.into_iter().filter(|glob| glob::path(glob).is_ok()))?,
        ))
    }
}

/// Whether a manifest's value can match anything at all.
pub fn is_pattern(kind: &str, value: &str) -> bool {
    match kind {
        READ => glob::path(value).is_ok(),
        _ => glob::name(value, false).is_ok(),
    }
}

/// The allowed values that are asked for, and those that are not.
fn split(kind: &str, allowed: &[String], asked: &[RequestedGrant]) -> (Vec<String>, Vec<String>) {
    let allowed = allowed.iter().cloned();
    allowed.partition(|value| is_asked(kind, value, asked))
}

fn is_asked(kind: &str, allowed: &str, asked: &[RequestedGrant]) -> bool {
    let asked = asked.iter().filter(|grant| grant.kind == kind);
    asked
        .map(|grant| grant.value.as_deref())
        .any(|value| match (kind, value) {
            (READ | HTTP | ENV, None) => true,
            (READ, Some(glob)) => may_overlap(glob, allowed),
            (HTTP, Some(glob)) => is_host_match(glob, allowed),
            (ENV, Some(glob)) => glob_matches(glob, allowed, false),
            _ => false,
        })
}

/// Whether some path could match both: false only where the directories that they begin with are different ones. Each
/// single path is held against both when it is read.
fn may_overlap(one: &str, other: &str) -> bool {
    glob::path(one).is_ok()
        && literal_directories(one)
            .zip(literal_directories(other))
            .all(|(one, other)| one == other)
}

/// The directories before the first one with a wildcard.
fn literal_directories(glob: &str) -> impl Iterator<Item = &str> {
    let wild = |part: &&str| !part.contains(['*', '?', '[', '{', '\\']);
    glob.split('/').take_while(wild)
}

/// A host that is asked for without a port is asked for on any port.
fn is_host_match(glob: &str, allowed: &str) -> bool {
    if glob.starts_with('[') && glob.contains(':') {
        // An address, whose brackets are not a glob's.
        let end = allowed.find(']').map_or(0, |at| at + 1);
        let wanted = if glob.ends_with(']') {
            &allowed[..end]
        } else {
            allowed
        };
        return glob.eq_ignore_ascii_case(wanted);
    }
    let name = match allowed.starts_with('[') {
        true => allowed,
        false => allowed.split(':').next().unwrap_or(allowed),
    };
    let wanted = if glob.contains(':') { allowed } else { name };
    glob_matches(glob, wanted, true)
}

fn glob_matches(glob: &str, text: &str, any_case: bool) -> bool {
    glob::name(glob, any_case)
        .map(|glob| glob.compile_matcher())
        .is_ok_and(|matcher: GlobMatcher| matcher.is_match(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asks(kind: &str, value: Option<&str>) -> RequestedGrant {
        RequestedGrant {
            kind: kind.to_owned(),
            value: value.map(str::to_owned),
            reason: String::new(),
        }
    }

    fn allow(read: &[&str], http: &[&str], env: &[&str]) -> Allow {
        let owned = |values: &[&str]| values.iter().map(|&value| value.to_owned()).collect();
        Allow {
            read: owned(read),
            http: owned(http),
            env: owned(env),
        }
    }

    #[test]
    fn only_what_both_name_is_given() {
        let asked = [
            asks("http", Some("*.atlassian.net")),
            asks("http", Some("localhost")),
            asks("env", Some("JIRA_*")),
            asks("socket", None),
        ];
        let configured = allow(
            &["docs/**"],
            &[
                "Acme.atlassian.net",
                "atlassian.net.evil.example",
                "localhost:8080",
            ],
            &["JIRA_TOKEN", "HOME"],
        );
        let grants = Grants::of(&configured, &asked);
        assert_eq!(
            grants.given,
            allow(
                &[],
                &["Acme.atlassian.net", "localhost:8080"],
                &["JIRA_TOKEN"]
            )
        );
        assert_eq!(
            grants.not_asked,
            allow(&["docs/**"], &["atlassian.net.evil.example"], &["HOME"])
        );
        assert_eq!(grants.not_allowed, [asks("socket", None)]);
    }

    #[test]
    fn an_address_is_given_where_both_write_it() {
        let given = |asked: &str, allowed: &str| {
            let grants = Grants::of(&allow(&[], &[allowed], &[]), &[asks("http", Some(asked))]);
            !grants.given.http.is_empty()
        };
        for (asked, allowed) in [
            ("[::1]", "[::1]"),
            ("[::1]", "[::1]:8080"),
            ("[2001:DB8::1]:81", "[2001:db8::1]:81"),
            ("*", "[::1]:8080"),
        ] {
            assert!(given(asked, allowed), "{asked} {allowed}");
        }
        for (asked, allowed) in [
            ("[::1]", "1"),
            ("[::1]:81", "[::1]"),
            ("[::1]:81", "[::1]:82"),
            ("[::1]", "[::2]"),
        ] {
            assert!(!given(asked, allowed), "{asked} {allowed}");
        }
    }

    #[test]
    fn a_grant_without_a_value_is_what_the_configuration_names() {
        let configured = allow(&["docs/**"], &["a.example"], &["TOKEN"]);
        let asked = ["read", "http", "env"].map(|kind| asks(kind, None));
        assert_eq!(Grants::of(&configured, &asked).given, configured);
        let nothing = Grants::of(&Allow::default(), &asked);
        assert_eq!(nothing.given, Allow::default());
        assert_eq!(nothing.not_allowed, asked);
    }

    #[test]
    fn a_file_is_read_where_both_globs_match_it() {
        let reads = |allowed: &[&str], asked: &[RequestedGrant], path: &str| {
            let grants = Grants::of(&allow(allowed, &[], &[]), asked);
            grants.read().unwrap().allows(path)
        };
        let markdown = [asks("read", Some("**/*.md"))];
        assert!(reads(&["docs/**"], &markdown, "docs/deep/a.md"));
        assert!(!reads(&["docs/**"], &markdown, "docs/a.txt"));
        assert!(!reads(&["docs/**"], &markdown, "src/a.md"));
        // A star does not cross a slash, on either side.
        assert!(!reads(&["docs/*"], &markdown, "docs/deep/a.md"));
        let flat = [asks("read", Some("docs/*"))];
        assert!(!reads(&["docs/**"], &flat, "docs/deep/a.md"));
        assert!(reads(&["docs/**"], &flat, "docs/a.md"));
        // Nothing allowed, nothing asked for, or a glob that is none: nothing.
        assert!(!reads(&[], &markdown, "a.md"));
        assert!(!reads(&["**"], &[], "a.md"));
        assert!(!reads(&["**"], &[asks("read", Some("[a"))], "a.md"));
    }

    #[test]
    fn globs_of_different_directories_have_nothing_in_common() {
        let grants = Grants::of(
            &allow(&["src/**", "docs/a.md"], &[], &[]),
            &[asks("read", Some("docs/*.md"))],
        );
        assert_eq!(grants.given.read, ["docs/a.md"]);
        assert_eq!(grants.not_asked.read, ["src/**"]);
    }
}
