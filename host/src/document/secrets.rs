//! Masks what has the known shape of a secret, before anything is stored or shared. It must not guess: object ids,
//! UUIDs and words stay, however random they look.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::Regex;

/// [`mask`] for every text in a JSON value. Keys are left as they are, and so is `path_bytes`: base64 is no secret of its
/// own, and must stay exact.
pub fn mask_json(value: &mut serde_json::Value) {
    match value {
        serde_json::Value::String(text) => {
            if let Cow::Owned(masked) = mask(text) {
                *text = masked;
            }
        }
        serde_json::Value::Array(values) => values.iter_mut().for_each(mask_json),
        serde_json::Value::Object(map) => map
            .iter_mut()
            .filter(|(key, _)| *key != "path_bytes")
            .for_each(|(_, value)| mask_json(value)),
        _ => {}
    }
}

/// `text` with every known kind of token replaced by `‹masked: github token›` and the like; what stands around it
/// stays. Borrowed, and decided by a few substring searches, when there is none.
pub fn mask(text: &str) -> Cow<'_, str> {
    let mut masked = Cow::Borrowed(text);
    for kind in &*KINDS {
        if (kind.may_occur)(&masked)
            && let Cow::Owned(without) = kind.mask(&masked)
        {
            masked = Cow::Owned(without);
        }
    }
    masked
}

struct Kind {
    name: &'static str,
    /// Rules the kind out for almost every text, so that its pattern is not even compiled.
    may_occur: fn(&str) -> bool,
    /// The group `secret` is what is masked; without one, the whole match.
    pattern: LazyLock<Regex>,
}

impl Kind {
    fn mask<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let mut masked = String::new();
        let mut copied = 0;
        for found in self.pattern.captures_iter(text) {
            let Some(secret) = found.name("secret").or_else(|| found.get(0)) else {
                continue;
            };
            masked.push_str(&text[copied..secret.start()]);
            masked.push_str("‹masked: ");
            masked.push_str(self.name);
            masked.push('›');
            copied = secret.end();
        }
        if copied == 0 {
            return Cow::Borrowed(text);
        }
        masked.push_str(&text[copied..]);
        Cow::Owned(masked)
    }
}

macro_rules! kind {
    ($name:literal, $may_occur:expr, $pattern:expr) => {
        Kind {
            name: $name,
            may_occur: $may_occur,
            pattern: LazyLock::new(|| {
                Regex::new($pattern).expect("the patterns of this file are valid; a test uses each")
            }),
        }
    };
}

/// Those that hold others come first: a key block may hold anything, an address a token.
static KINDS: LazyLock<[Kind; 21]> = LazyLock::new(|| {
    [
        kind!(
            "private key",
            |text| text.contains("PRIVATE KEY"),
            // Cut off before its end, it is a secret up to the end of the text.
            r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----(?s:.*?)(?:-----END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----|\z)"
        ),
        kind!(
            "password",
            has_user_and_password,
            r"[A-Za-z][A-Za-z0-9+.-]*://[^\s/?#:@'\x22]*:(?<secret>[^\s/?#'\x22]+)@"
        ),
        kind!(
            "github token",
            |text| contains_any(
                text,
                &["ghp_", "gho_", "ghs_", "ghu_", "ghr_", "github_pat_"]
            ),
            r"\b(?:gh[posur]_[A-Za-z0-9]{30,255}|github_pat_[A-Za-z0-9_]{40,255})"
        ),
        kind!(
            "gitlab token",
            |text| text.contains("glpat-"),
            r"\bglpat-[A-Za-z0-9_-]{20,}(?:\.[A-Za-z0-9_-]+)*"
        ),
        kind!(
            "slack token",
            |text| text.contains("xox"),
            r"\bxox[abeoprs]-[A-Za-z0-9-]{10,}"
        ),
        kind!(
            "aws key id",
            |text| contains_any(text, &["AKIA", "ASIA"]),
            r"\b(?:AKIA|ASIA)[A-Z2-7]{16}\b"
        ),
        kind!(
            "aws secret key",
            |text| contains_any(
                text,
                &["ecret_access_key", "ECRET_ACCESS_KEY", "ecretAccessKey"]
            ),
            r"(?i:secret_?access_?key)[\x22']?\s*(?:[=:]|=>)?\s*[\x22']?(?<secret>[A-Za-z0-9/+]{40})(?:[^A-Za-z0-9/+]|\z)"
        ),
        kind!(
            "google key",
            |text| text.contains("AIza"),
            r"\bAIza[A-Za-z0-9_-]{35}"
        ),
        kind!(
            "stripe key",
            |text| contains_any(text, &["sk_live_", "rk_live_"]),
            r"\b[sr]k_live_[A-Za-z0-9]{16,}"
        ),
        kind!(
            "anthropic key",
            |text| text.contains("sk-ant-"),
            r"\bsk-ant-[A-Za-z0-9_-]{20,}"
        ),
        // `sk-` ends words, too (`task-force`) and begins some: without a known second word, only a long undivided run counts.
        kind!(
            "openai key",
            |text| text.contains("sk-"),
            r"\bsk-(?:(?:proj|svcacct|admin|None)-[A-Za-z0-9_-]{20,}|[A-Za-z0-9]{40,})"
        ),
        kind!(
            "npm token",
            |text| text.contains("npm_"),
            r"\bnpm_[A-Za-z0-9]{36}\b"
        ),
        kind!(
            "npm token",
            |text| text.contains("_authToken"),
            r"_authToken\s*=\s*[\x22']?(?<secret>[A-Za-z0-9_.+/=-]{16,})"
        ),
        kind!(
            "hugging face token",
            |text| text.contains("hf_"),
            r"\bhf_[A-Za-z0-9]{30,}\b"
        ),
        kind!(
            "slack webhook",
            |text| text.contains("hooks.slack.com/"),
            r"\bhttps://hooks\.slack\.com/(?:services|workflows|triggers)/[A-Za-z0-9/_-]{20,}"
        ),
        kind!(
            "sendgrid key",
            |text| text.contains("SG."),
            r"\bSG\.[A-Za-z0-9_-]{16,32}\.[A-Za-z0-9_-]{32,64}"
        ),
        kind!(
            "digitalocean token",
            |text| text.contains("_v1_"),
            r"\bdo[opr]_v1_[a-f0-9]{64}\b"
        ),
        kind!(
            "pypi token",
            |text| text.contains("pypi-"),
            r"\bpypi-[A-Za-z0-9_-]{50,}"
        ),
        kind!(
            "json web token",
            |text| text.contains("eyJ"),
            r"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]*"
        ),
        kind!(
            "bearer token",
            |text| contains_any(text, &["earer", "EARER"]),
            r"(?i:authorization)[\x22']?\s*[:=]\s*[\x22']?(?i:bearer)\s+(?<secret>[A-Za-z0-9_.~+/=-]{8,})"
        ),
        kind!(
            "basic credentials",
            |text| contains_any(text, &["asic ", "ASIC "]),
            r"(?i:authorization)[\x22']?\s*[:=]\s*[\x22']?(?i:basic)\s+(?<secret>[A-Za-z0-9+/=]{8,})"
        ),
    ]
});

fn contains_any(text: &str, needles: &[&str]) -> bool {
    needles.iter().any(|needle| text.contains(needle))
}

/// Addresses are common and passwords in them rare: looks for an `@` where an address names its host.
fn has_user_and_password(text: &str) -> bool {
    text.match_indices("://").any(|(at, separator)| {
        let after = &text[at + separator.len()..];
        let host = after
            .split(|c: char| c.is_whitespace() || matches!(c, '/' | '?' | '#'))
            .next()
            .unwrap_or_default();
        host.contains('@')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made up, and put together here so that no scanner takes this file for a leak.
    fn examples() -> Vec<(String, &'static str)> {
        let many = |characters: &str, count: usize| characters.repeat(count)[..count].to_owned();
        let mixed = |count| many("aB3dE5gH7j", count);
        let mut examples = vec![
            (format!("github_pat_{}", mixed(60)), "github token"),
            (format!("glpat-{}", mixed(20)), "gitlab token"),
            (format!("xoxb-{}", many("123-aB", 30)), "slack token"),
            (format!("AKIA{}", many("Q3ABCDEF", 16)), "aws key id"),
            (format!("ASIA{}", many("Q3ABCDEF", 16)), "aws key id"),
            (format!("AIza{}", mixed(35)), "google key"),
            (format!("sk_live_{}", mixed(24)), "stripe key"),
            (format!("rk_live_{}", mixed(24)), "stripe key"),
            (format!("sk-ant-api03-{}", mixed(90)), "anthropic key"),
            (format!("sk-proj-{}", mixed(90)), "openai key"),
            (format!("sk-{}", mixed(48)), "openai key"),
            (format!("npm_{}", mixed(36)), "npm token"),
            (format!("pypi-{}", mixed(90)), "pypi token"),
            (format!("hf_{}", mixed(34)), "hugging face token"),
            (
                format!("https://hooks.slack.com/services/T0{0}/B0{0}/{0}", mixed(9)),
                "slack webhook",
            ),
            (format!("SG.{}.{}", mixed(22), mixed(43)), "sendgrid key"),
            (
                format!("dop_v1_{}", many("0a1b2c3d", 64)),
                "digitalocean token",
            ),
            (
                format!("eyJ{}.eyJ{}.{}", mixed(20), mixed(30), mixed(43)),
                "json web token",
            ),
            (
                format!(
                    "-----BEGIN RSA PRIVATE {key}-----\n{body}\n-----END RSA PRIVATE {key}-----",
                    key = "KEY",
                    body = mixed(64)
                ),
                "private key",
            ),
        ];
        for letter in ["p", "o", "s", "u", "r"] {
            examples.push((format!("gh{letter}_{}", mixed(36)), "github token"));
        }
        examples
    }

    #[test]
    fn each_known_shape_is_masked_where_it_stands() {
        for (secret, name) in examples() {
            for (before, after) in [("", ""), ("key=", " x"), ("(\"", "\")\n"), ("é ", ".")] {
                assert_eq!(
                    mask(&format!("{before}{secret}{after}")),
                    format!("{before}‹masked: {name}›{after}")
                );
            }
        }
    }

    #[test]
    fn of_a_named_secret_the_name_stays() {
        let secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYzzzzzzzzzz";
        for (before, name, after) in [
            ("aws_secret_access_key = ", "aws secret key", "\n"),
            ("AWS_SECRET_ACCESS_KEY=", "aws secret key", ""),
            ("\"secretAccessKey\": \"", "aws secret key", "\""),
            ("Authorization: Bearer ", "bearer token", ""),
            ("-H 'authorization: bearer ", "bearer token", "'"),
            ("Authorization: Basic ", "basic credentials", ""),
            ("//registry/:_authToken=", "npm token", ""),
            ("https://user:", "password", "@example.org/x"),
            ("postgres://:", "password", "@db:5432/x"),
        ] {
            let secret = if name == "password" {
                "hunter2"
            } else {
                secret
            };
            assert_eq!(
                mask(&format!("{before}{secret}{after}")),
                format!("{before}‹masked: {name}›{after}")
            );
        }
    }

    #[test]
    fn a_key_that_was_cut_off_is_masked_to_the_end() {
        let text = format!("a -----BEGIN PRIVATE {}-----\nabc\ndef", "KEY");
        assert_eq!(mask(&text), "a ‹masked: private key›");
    }

    #[test]
    fn several_secrets_in_one_text_all_go() {
        let all: Vec<String> = examples().into_iter().map(|(secret, _)| secret).collect();
        let masked = mask(&all.join("\n")).into_owned();
        for secret in all {
            assert!(!masked.contains(&secret), "{secret}");
        }
    }

    #[test]
    fn what_only_looks_random_stays() {
        for text in [
            "3aedf40c1f5b0d6f8a7e9c2b4d6f8a0b1c3d5e7f",
            "550e8400-e29b-41d4-a716-446655440000",
            "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
            "feature-auth-20261122-k3f7",
            "a task-force, a risk-adjusted plan, sk-learn-compatible-estimators-and-pipelines",
            "ghp_short, npm_config_registry, AKIAlike, xoxo-hugs, pypi-publish",
            "https://example.org:8080/a@b?c=d:e@f",
            "git@github.com:owner/name.git",
            "ssh://git@example.org/x",
            "Authorization: required; the bearer of this message",
            "-----BEGIN PUBLIC KEY-----\nabc\n-----END PUBLIC KEY-----",
            "hf_hub_download, hf_transfer and hf_short123",
            "https://hooks.slack.com/services/ and https://api.slack.com/messaging/webhooks",
            "SG.png, MSG.of.the.day, SG.1.2",
            "dop_v1_9f86d081884c7d65, sha_v1_9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
            "aws_secret_access_key is read from the environment",
            "basic authorization",
        ] {
            assert!(matches!(mask(text), Cow::Borrowed(_)), "{}", mask(text));
        }
    }

    #[test]
    fn masking_twice_changes_nothing_more() {
        for (secret, _) in examples() {
            let once = mask(&secret).into_owned();
            assert_eq!(mask(&once), once);
        }
    }
}
