//! Masks the values that a command's own words call secret (`--password=…`, `API_TOKEN=…`), beside what has a known shape.
//! It must not be used for prose: there a word called `token` means nothing.

use super::secrets::mask;

/// What the name of a secret ends with, in lower case and with `_` for `-`.
const NAMES: [&str; 8] = [
    "password",
    "passwd",
    "passphrase",
    "secret",
    "token",
    "api_key",
    "apikey",
    "access_key",
];
/// Options whose secret is the next word. Of other names that end so, one may be a switch, and the word its own.
const TAKE_A_VALUE: [&str; 8] = [
    "--password",
    "--passphrase",
    "--secret",
    "--token",
    "--api-key",
    "--api-token",
    "--access-token",
    "--auth-token",
];
const MASKED: &str = "‹masked: secret›";

/// The words of a command, for the record.
pub fn masked<'w>(words: impl IntoIterator<Item = &'w str>) -> Vec<String> {
    let mut is_value = false;
    let words = words.into_iter().map(|word| {
        let is_secret = std::mem::take(&mut is_value) && !word.is_empty() && !word.starts_with('-');
        if is_secret {
            return MASKED.to_owned();
        }
        match word.split_once('=') {
            Some((name, value)) if is_called_secret(name) && is_value_alone(value) => {
                format!("{name}={MASKED}")
            }
            Some(_) => mask(word).into_owned(),
            None => {
                is_value = TAKE_A_VALUE.contains(&word);
                mask(word).into_owned()
            }
        }
    });
    words.collect()
}

/// `--api-token`, `DB_PASSWORD`; not a path or a sentence that ends so.
fn is_called_secret(name: &str) -> bool {
    let bare = name.trim_start_matches('-');
    let is_name = bare
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
    let bare = bare.to_ascii_lowercase().replace('-', "_");
    is_name && NAMES.iter().any(|ending| bare.ends_with(ending))
}

/// A script that begins with a variable (`sh -c 'TOKEN=x pytest'`) is more than a value: what it runs has to be seen.
fn is_value_alone(value: &str) -> bool {
    !value.is_empty() && !value.contains(char::is_whitespace)
}

#[cfg(test)]
mod tests {
    use super::masked;

    #[test]
    fn what_is_called_a_secret_is_masked_and_its_name_stays() {
        for (line, expected) in [
            (
                "env DB_PASSWORD=hunter22 true",
                "env DB_PASSWORD=‹masked: secret› true",
            ),
            ("x --api-token=abc -v", "x --api-token=‹masked: secret› -v"),
            ("x --password hunter22 y", "x --password ‹masked: secret› y"),
            ("x --password --yes", "x --password --yes"),
            ("x --password", "x --password"),
            ("x PASSWORD= y", "x PASSWORD= y"),
            (
                "pytest -k token tests/token.py",
                "pytest -k token tests/token.py",
            ),
            ("x --tokens=3 --token-file=a", "x --tokens=3 --token-file=a"),
            ("x a/token=b", "x a/token=b"),
        ] {
            assert_eq!(masked(line.split(' ')).join(" "), expected);
        }
        let script = ["sh", "-c", "TOKEN=x pytest -q"];
        assert_eq!(masked(script), script);
        let switch = ["pytest", "--with-token", "test_a.py"];
        assert_eq!(masked(switch), switch);
        let known = format!("AKIA{}", "Q3ABCDEF".repeat(2));
        assert_eq!(masked([known.as_str()]), ["‹masked: aws key id›"]);
    }
}
