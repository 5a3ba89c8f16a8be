//! Where a plugin's component may come from: one rule for what the configuration takes and for what is fetched, so that
//! nothing is fetched that the configuration could not hold. It must not fetch.

use std::net::IpAddr;

use url::Url;

use super::values::{Kind, MAX_TEXT, is_contained, is_host, short_text};
use crate::document::text;
use crate::error::UserError;

/// See [`super::PluginConfig::source`]. As it stands in the file: people agreed to it by these words.
pub(super) fn plugin_source() -> Kind<String> {
    Kind::new(
        "a path below the repository's root, an https:// URL or an oci:// reference",
        |scalar| short_text(scalar).filter(|text| normalised(text).is_ok()),
    )
}

/// A source as the configuration is to have it: scheme and host in lower case, and without what follows a `#`, which nobody
/// is sent. Errors name the source without what could be a secret in it.
pub fn normalised(source: &str) -> Result<String, UserError> {
    let refused = |why: &str, hint: &str| {
        let shown = text::visible(&without_secrets(source));
        Err(UserError::new(format!("{shown} {why}").trim()).hint(hint))
    };
    if text::visible(source) != source || source.contains(char::is_control) {
        // People agree to a source as they see it.
        return refused(
            "has characters that cannot be seen in its name",
            "give the file another name, or use another address",
        );
    }
    let written = match source.split_once("://") {
        None if is_contained(source) => source.to_owned(),
        None => return refused("is no path below the repository's root", OTHERWISE),
        Some(_) if source.contains(char::is_whitespace) => {
            return refused("has a blank in it", "leave it out, or write it as %20");
        }
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("oci") => {
            let Some((registry, path)) = rest.split_once('/') else {
                return refused("names no repository of a registry", OCI);
            };
            if !is_host(registry) || path.is_empty() {
                return refused("names no registry and repository", OCI);
            }
            format!("oci://{}/{path}", registry.to_ascii_lowercase())
        }
        Some(_) => web(source)?.to_string(),
    };
    if written.is_empty() {
        return refused("the source is empty", OTHERWISE);
    }
    if written.len() > MAX_TEXT {
        let why = format!("is longer than the {MAX_TEXT} bytes that the configuration takes");
        return refused(&why, "give a shorter address");
    }
    Ok(written)
}

const OTHERWISE: &str = "give the path of a component, or an https:// or oci:// address";
const OCI: &str =
    "give it as oci://REGISTRY/REPOSITORY:TAG or oci://REGISTRY/REPOSITORY@sha256:DIGEST";

/// An address on the web that may be asked. A password in it would be the whole team's.
fn web(source: &str) -> Result<Url, UserError> {
    let refused = |message: String, hint: &str| Err(UserError::new(message).hint(hint));
    let shown = without_secrets(source);
    // A reader of URLs takes either for a slash, or passes over it: another host than the one that is seen would be asked.
    if source.contains('\\') || source.contains(":///") {
        return refused(format!("{shown} is no address"), OTHERWISE);
    }
    let mut url = match Url::parse(source) {
        Ok(url) => url,
        Err(error) => return refused(format!("{shown} is no address: {error}"), OTHERWISE),
    };
    if !url.username().is_empty() || url.password().is_some() {
        return refused(
            format!(
                "{shown} has a user or a password in it, and the configuration is the whole team's"
            ),
            "give the address without it",
        );
    }
    if !is_protected(&url) {
        return refused(
            format!("{shown} is not an https:// address"),
            "what comes over http:// could be anybody's; give an https:// or oci:// address",
        );
    }
    if url.path() == "/" && url.query().is_none() {
        return refused(
            format!("{shown} names no file of that server"),
            "give the whole address of a component",
        );
    }
    url.set_fragment(None);
    Ok(url)
}

/// What comes from there is what its owner sent: it is encrypted, or does not leave this machine.
pub fn is_protected(url: &Url) -> bool {
    let is_here = || url.host_str().is_some_and(is_on_this_machine);
    url.scheme() == "https" || (url.scheme() == "http" && is_here())
}

/// A host in lower case that nobody can listen to: there HTTP is as good as HTTPS.
pub fn is_on_this_machine(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost"
        || address
            .parse()
            .is_ok_and(|address: IpAddr| address.is_loopback())
}

/// Of what may be no address: without a user, a password, and what follows a `?` or `#`.
fn without_secrets(source: &str) -> String {
    let Some((scheme, rest)) = source.split_once("://") else {
        return source.to_owned();
    };
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    let bare = rest.rsplit_once('@').map(|(_, bare)| bare);
    match bare {
        Some(bare) if !scheme.eq_ignore_ascii_case("oci") => format!("{scheme}://{bare}"),
        _ => format!("{scheme}://{rest}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::tree::Scalar;

    fn is_accepted(text: &str) -> bool {
        let scalar = Scalar {
            text: text.into(),
            plain: true,
        };
        (plugin_source().read)(&scalar).is_some()
    }

    #[test]
    fn a_source_cannot_leave_the_repository_or_come_unprotected() {
        for right in [
            "./tools/jira.wasm",
            "tools/jira.wasm",
            "https://example.com/jira.wasm",
            "https://example.com:8443/?jira",
            "http://localhost:8080/jira.wasm",
            "http://LOCALHOST/jira.wasm",
            "http://127.0.0.1/jira.wasm",
            "http://127.1:8573/jira.wasm",
            "http://[::1]:8574/jira.wasm",
            "oci://registry.example/acme/session-jira:1.2.0",
            "oci://registry.example:5000/acme/jira@sha256:00",
        ] {
            assert!(is_accepted(right), "{right}");
        }
        for wrong in [
            "/etc/jira.wasm",
            "../jira.wasm",
            "a/../../jira.wasm",
            "a\\..\\jira.wasm",
            "~/jira.wasm",
            "http://example.com/jira.wasm",
            "http://127.0.0.1.example.com/jira.wasm",
            "http://localhost@example.com/jira.wasm",
            "http://[2001:db8::1]/jira.wasm",
            "file:///jira.wasm",
            "https://user:secret@example.com/jira.wasm",
            "https://good.example\\@example.com/jira.wasm",
            "https:///jira.wasm",
            "https://example.com",
            "https://example.com/",
            "https://example.com/a b.wasm",
            " https://example.com/jira.wasm",
            "https://example.com/jira.wasm ",
            "oci://registry.example",
            "oci://ada@registry.example/acme/jira:1",
            "tools/a\tb.wasm",
            "tools/e\u{202e}vil.wasm",
            "tools/e\u{200b}vil.wasm",
            "tools/e\u{200d}vil.wasm",
            "https://example.com/\u{feff}jira.wasm",
            "",
        ] {
            assert!(!is_accepted(wrong), "{wrong}");
        }
        // Neither can be written down: what is refused here is refused before it is fetched.
        assert!(normalised("tools/a\tb.wasm").is_err());
        assert_eq!(normalised("").unwrap_err().message, "the source is empty");
        let long = |length: usize| format!("https://example.com/{}", "x".repeat(length - 20));
        assert!(is_accepted(&long(MAX_TEXT)));
        let refused = normalised(&long(MAX_TEXT + 1)).unwrap_err();
        assert!(refused.message.contains("is longer than the 1000 bytes"));
    }

    /// It was fetched and compiled, and then the configuration refused it, with another reason.
    #[test]
    fn what_is_written_is_what_the_configuration_takes() {
        for (given, written) in [
            (
                "HTTPS://Example.com/X.wasm?Y#z",
                "https://example.com/X.wasm?Y",
            ),
            ("http://LOCALHOST:8573/x", "http://localhost:8573/x"),
            ("http://127.1:8573/x", "http://127.0.0.1:8573/x"),
            ("http://[0::1]:8574/x", "http://[::1]:8574/x"),
            (
                "Oci://Registry.example/acme/x:V1",
                "oci://registry.example/acme/x:V1",
            ),
            (
                "https://example.com/HTTP://x",
                "https://example.com/HTTP://x",
            ),
            ("./Tools/x.wasm", "./Tools/x.wasm"),
        ] {
            assert_eq!(normalised(given).unwrap(), written);
            assert!(is_accepted(written), "{written}");
            assert_eq!(normalised(written).unwrap(), written);
        }
    }

    #[test]
    fn a_refusal_names_the_address_without_what_could_be_a_secret() {
        for (source, shown) in [
            (
                "https://ada:s3cret@example.com/x",
                "https://example.com/x has a user",
            ),
            (
                "ftp://example.com/x?s3cret",
                "ftp://example.com/x is not an https",
            ),
            (
                "https://ada:s3cret@[x/y?s3cret",
                "https://[x/y is no address",
            ),
            (
                "https://example.com/a b?s3cret",
                "https://example.com/a b has a blank",
            ),
        ] {
            let said = normalised(source).unwrap_err().message;
            assert!(
                said.starts_with(shown) && !said.contains("s3cret"),
                "{said}"
            );
        }
    }
}
