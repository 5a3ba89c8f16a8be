//! What `session plugin trust --grant` names: without a terminal, somebody says beforehand what a plugin is to get. It
//! must not take anything for named that is only like it.

use serde_json::Value as Json;

use crate::config::{PluginConfig, can_allow};
use crate::document::text;
use crate::plugin::Review;

/// One `--grant`, which may name more than the plugin would get: then it changes nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NamedGrant {
    /// A value of a list of `allow`, or a limit above the default.
    Listed { kind: String, value: String },
    /// The plugin's `config`, compared as JSON: the order of its keys means nothing.
    Configuration(Json),
}

/// `read:docs/**`, `http:api.example.com`, `env:TOKEN`, `limit:time=10s`, `config:{"project":"SHOP"}`.
pub fn grant(text: &str) -> Result<NamedGrant, String> {
    const FORM: &str = "expected read:GLOB, http:HOST, env:NAME, limit:NAME=VALUE or config:JSON";
    let (kind, value) = text.split_once(':').ok_or(FORM)?;
    if kind == "config" {
        let parsed = serde_json::from_str(value);
        return parsed
            .map(NamedGrant::Configuration)
            .map_err(|error| format!("what follows config: is no JSON: {error}"));
    }
    if !matches!(kind, "read" | "http" | "env" | "limit") {
        return Err(FORM.to_owned());
    }
    let grant = NamedGrant::Listed {
        kind: kind.to_owned(),
        value: value.to_owned(),
    };
    let can_be = kind == "limit" || can_allow(kind, value);
    let allowed = can_be.then_some(grant);
    allowed.ok_or_else(|| format!("`allow` of a configuration cannot have {kind} {value:?}"))
}

/// What the plugin would get and nobody named: a clause for each.
pub fn unnamed(review: &Review, entry: &PluginConfig, named: &[NamedGrant]) -> Vec<String> {
    let given = &review.grants.given;
    // The work tree is a bundled plugin's without asking.
    let read = match review.source {
        Some(_) => &given.read[..],
        None => &[],
    };
    let raised: Vec<String> = review.raised_limits().shown().collect();
    let lists = [
        ("read", read),
        ("http", &given.http),
        ("env", &given.env),
        ("limit", &raised),
    ];
    let is_named = |kind: &str, value: &str| {
        named.iter().any(|grant| {
            matches!(grant, NamedGrant::Listed { kind: k, value: v } if k == kind && v == value)
        })
    };
    let mut missing = Vec::new();
    for (kind, values) in lists {
        let unnamed = values.iter().filter(|value| !is_named(kind, value));
        missing.extend(unnamed.map(|value| format!("{kind} {}", text::line(value))));
    }
    let reaches_out = !given.http.is_empty() || !given.env.is_empty();
    if reaches_out && !is_configuration_named(&entry.config, named) {
        missing.push("its `config`, as it stands".to_owned());
    }
    missing
}

/// Where a plugin sends what it was given can be a matter of its `config`. None at all is nothing to name.
fn is_configuration_named(config: &Json, named: &[NamedGrant]) -> bool {
    let mut stated = named.iter().filter_map(|grant| match grant {
        NamedGrant::Configuration(stated) => Some(stated),
        NamedGrant::Listed { .. } => None,
    });
    match config {
        Json::Null => stated.all(Json::is_null),
        config => stated.any(|stated| stated == config),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grant_is_named_as_the_configuration_would_have_it() {
        let read = NamedGrant::Listed {
            kind: "read".to_owned(),
            value: "docs/**".to_owned(),
        };
        assert_eq!(grant("read:docs/**"), Ok(read));
        assert!(grant("http:127.0.0.1:8080").is_ok());
        for wrong in [
            "read",
            "http:*.example.com",
            "env:A B",
            "socket:x",
            "config:{",
        ] {
            grant(wrong).unwrap_err();
        }
    }

    #[test]
    fn a_configuration_is_compared_by_what_it_means() {
        let named = [grant(r#"config:{"a":1,"b":[true]}"#).unwrap()];
        let is_named = |json: &str| {
            let config = serde_json::from_str(json).unwrap();
            is_configuration_named(&config, &named)
        };
        assert!(is_named(r#"{"b": [true], "a": 1}"#));
        assert!(!is_named(r#"{"b": [true], "a": 2}"#));
        // It was there when somebody named it.
        assert!(!is_named("null"));
        assert!(is_configuration_named(&Json::Null, &[]));
    }
}
