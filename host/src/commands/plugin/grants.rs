//! What a plugin asks for, gets and does not get, in words. It must not decide any of it.

use super::CONFIG;
use crate::config::Allow;
use crate::document::{Item, Provenance, Section, text};
use crate::plugin::{Grants, RequestedGrant};

/// Of a reason that a plugin gives: people are to read it, not to scroll.
const LONGEST_REASON: usize = 300;

/// What the plugin's manifest asks for, as the plugin's own words.
pub fn asked(plugin: &str, asked: &[RequestedGrant]) -> Section {
    Section::new("asks", "What it asks for")
        .provenance(Provenance::Plugin(plugin.to_owned()))
        .items(asked.iter().map(|grant| Item::line(in_its_words(grant))))
}

/// What it gets of that here, and what it does not and why. `verb` is `gets`, or `would get`.
pub fn given(verb: &str, grants: &Grants, is_bundled: bool) -> Section {
    let mut section = Section::new("grants", format!("What it {verb}"));
    if is_bundled {
        section.line("read the work tree");
    }
    for (kind, value) in values(&grants.given) {
        section.line(match kind {
            "read" => format!("read files that match {}", read_as_asked(value, grants)),
            "http" => format!("send requests to {value}"),
            _ => format!("know the variable {value}"),
        });
    }
    if section.items.is_empty() {
        section.line("no files, no hosts, no variables");
    }
    for (kind, value) in values(&grants.not_asked) {
        // The work tree is a bundled plugin's without asking.
        if !(is_bundled && kind == "read") {
            section.line(format!(
                "not {kind} {value}: {CONFIG} allows it, but the plugin does not ask for it"
            ));
        }
    }
    for grant in &grants.not_allowed {
        if !(is_bundled && grant.kind == "read") {
            section.line(format!("not {}: not allowed in {CONFIG}", what(grant)));
        }
    }
    section
}

/// How what a plugin asks for differs from what it asked for before: a line for each point.
pub fn difference(before: &[RequestedGrant], now: &[RequestedGrant]) -> Vec<String> {
    let is_same = |one: &RequestedGrant, other: &RequestedGrant| {
        one.kind == other.kind && one.value == other.value
    };
    let mut lines = Vec::new();
    for grant in now {
        match before.iter().find(|old| is_same(old, grant)) {
            None => lines.push(format!("new: it asks for {}", in_its_words(grant))),
            Some(old) if old.reason != grant.reason => {
                lines.push(format!("another reason; before, {}", in_its_words(old)));
            }
            Some(_) => {}
        }
    }
    let gone = before
        .iter()
        .filter(|old| !now.iter().any(|grant| is_same(old, grant)));
    lines.extend(gone.map(|old| format!("it no longer asks for {}", what(old))));
    lines
}

/// `kind, value` of each.
pub fn values(allow: &Allow) -> impl Iterator<Item = (&'static str, &str)> {
    let kinds = [
        ("read", &allow.read),
        ("http", &allow.http),
        ("env", &allow.env),
    ];
    kinds
        .into_iter()
        .flat_map(|(kind, values)| values.iter().map(move |value| (kind, value.as_str())))
}

/// What is allowed, as the manifest's globs narrow it.
fn read_as_asked(allowed: &str, grants: &Grants) -> String {
    // What is agreed to is seen whole.
    let allowed = &*text::visible(allowed);
    let asked = grants.asked.iter().filter(|grant| grant.kind == "read");
    let globs: Option<Vec<String>> = asked
        .map(|grant| grant.value.as_deref().map(text::visible))
        .collect();
    let is_all = |glob: &str| glob == "**";
    match globs {
        // One without a value: whatever is allowed.
        None => allowed.to_owned(),
        Some(globs) if globs.iter().any(|glob| glob == allowed || is_all(glob)) => {
            allowed.to_owned()
        }
        Some(globs) if is_all(allowed) => globs.join(" or "),
        Some(globs) => format!("{allowed} and {}", globs.join(" or ")),
    }
}

/// `read docs/**: “why”`, on one line.
pub fn in_its_words(grant: &RequestedGrant) -> String {
    let reason = text::line(&grant.reason);
    let mut shown: String = reason.chars().take(LONGEST_REASON).collect();
    if shown.len() < reason.len() {
        shown.push('…');
    }
    match shown.is_empty() {
        true => format!("{} (it gives no reason)", what(grant)),
        false => format!("{}: “{shown}”", what(grant)),
    }
}

pub fn what(grant: &RequestedGrant) -> String {
    let value = grant.value.as_deref().map(text::name);
    format!(
        "{} {}",
        text::line(&grant.kind),
        value.as_deref().unwrap_or("(whatever is allowed)")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reads(allowed: &str, asked: &[Option<&str>]) -> String {
        let asked = asked.iter().map(|value| RequestedGrant {
            kind: "read".to_owned(),
            value: value.map(str::to_owned),
            reason: String::new(),
        });
        let grants = Grants {
            asked: asked.collect(),
            given: Allow::default(),
            not_asked: Allow::default(),
            not_allowed: Vec::new(),
        };
        read_as_asked(allowed, &grants)
    }

    #[test]
    fn a_value_of_blanks_is_seen() {
        let shown = |value: Option<&str>| {
            what(&RequestedGrant {
                kind: "http".to_owned(),
                value: value.map(str::to_owned),
                reason: String::new(),
            })
        };
        assert_eq!(shown(Some("")), r#"http """#);
        assert_eq!(shown(Some("a.example")), "http a.example");
        assert_eq!(shown(None), "http (whatever is allowed)");
    }

    #[test]
    fn a_glob_that_changes_nothing_is_not_said() {
        assert_eq!(reads("**", &[Some("**")]), "**");
        assert_eq!(
            reads("src/**", &[Some("docs/**"), Some("src/**")]),
            "src/**"
        );
        assert_eq!(reads("src/**", &[Some("**")]), "src/**");
        assert_eq!(
            reads("**", &[Some("src/**"), Some("docs/**")]),
            "src/** or docs/**"
        );
        assert_eq!(reads("src/**", &[None]), "src/**");
        assert_eq!(reads("src/**", &[Some("*.md")]), "src/** and *.md");
    }
}
