//! Which request is for a granted host. It must not look at anything but the request's address and the grants.

use std::net::IpAddr;

use http::Uri;
use http::uri::{Authority, Scheme};
use wasmtime_wasi_http::Error;

use super::http::Refusal;

/// One entry of the grants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allowed {
    /// Lower case; an IPv6 address without its brackets.
    host: String,
    port: Option<u16>,
}

/// None: it may be asked for.
pub fn refusal(uri: &Uri, allowed: &[Allowed]) -> Option<Refusal> {
    let authority = uri.authority()?;
    if authority.as_str().contains('@') {
        return Some(Refusal::Disguised);
    }
    let host = bare_host(authority);
    let usual = usual_port(uri);
    let port = authority.port_u16().unwrap_or(usual);
    let is_granted = |entry: &Allowed| entry.host == host && entry.port.unwrap_or(usual) == port;
    let shown = if port == usual {
        host.clone()
    } else {
        authority.as_str().to_ascii_lowercase()
    };
    if !allowed.iter().any(is_granted) {
        return Some(Refusal::NotGranted(shown));
    }
    (is_plain(uri) && !is_loopback(&host)).then_some(Refusal::NotEncrypted(shown))
}

/// Host and port to connect to. `localhost` is this machine and nothing else, whatever a resolver makes of it.
pub fn destination(uri: &Uri) -> Result<(String, u16), Error> {
    let authority = uri.authority().ok_or(Error::HttpRequestUriInvalid)?;
    let mut host = bare_host(authority);
    if host == "localhost" {
        host = "127.0.0.1".to_owned();
    }
    Ok((host, authority.port_u16().unwrap_or(usual_port(uri))))
}

/// In lower case; an IPv6 address without its brackets.
pub fn bare_host(authority: &Authority) -> String {
    let host = authority.host();
    let address = host
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'));
    address.unwrap_or(host).to_ascii_lowercase()
}

fn is_plain(uri: &Uri) -> bool {
    uri.scheme() != Some(&Scheme::HTTPS)
}

fn usual_port(uri: &Uri) -> u16 {
    if is_plain(uri) { 80 } else { 443 }
}

fn is_loopback(host: &str) -> bool {
    host == "localhost"
        || host
            .parse()
            .is_ok_and(|address: IpAddr| address.is_loopback())
}

impl Allowed {
    pub fn parse(text: &str) -> Self {
        let text = text.to_ascii_lowercase();
        let (host, port) = match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((address, rest)) => (address, rest.strip_prefix(':')),
            None => match text.split_once(':') {
                Some((host, port)) if !port.contains(':') => (host, Some(port)),
                _ => (text.as_str(), None),
            },
        };
        match port.map(str::parse) {
            None => Self {
                host: host.to_owned(),
                port: None,
            },
            Some(Ok(port)) => Self {
                host: host.to_owned(),
                port: Some(port),
            },
            // What cannot be understood allows nothing: no host is empty.
            Some(Err(_)) => Self {
                host: String::new(),
                port: None,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_refused(grants: &[&str], uri: &str) -> Option<Refusal> {
        let allowed: Vec<_> = grants.iter().map(|text| Allowed::parse(text)).collect();
        refusal(&uri.parse().unwrap(), &allowed)
    }

    #[test]
    fn a_grant_is_one_host_and_one_port() {
        let grants = [
            "Api.Example.com",
            "ci.example.com:8443",
            "[::1]:81",
            "10.0.0.7",
        ];
        for granted in [
            "https://api.example.com/x",
            "https://API.example.COM:443/x",
            "https://ci.example.com:8443",
            "http://[::1]:81/x",
            "https://10.0.0.7/",
        ] {
            assert_eq!(is_refused(&grants, granted), None, "{granted}");
        }
        for (refused, shown) in [
            ("https://example.com/", "example.com"),
            ("https://www.api.example.com/", "www.api.example.com"),
            ("https://api.example.com./", "api.example.com."),
            ("https://api.example.com:8443/", "api.example.com:8443"),
            ("https://ci.example.com/", "ci.example.com"),
            ("http://[::1]/", "::1"),
            ("https://10.0.0.8/", "10.0.0.8"),
            // The same address as 10.0.0.7, for some resolvers.
            ("https://167772167/", "167772167"),
        ] {
            let refusal = Refusal::NotGranted(shown.to_owned());
            assert_eq!(is_refused(&grants, refused), Some(refusal), "{refused}");
        }
        assert_eq!(
            is_refused(&[], "https://x/"),
            Some(Refusal::NotGranted("x".to_owned()))
        );
        assert_eq!(
            is_refused(&grants, "https://api.example.com@evil.example/"),
            Some(Refusal::Disguised)
        );
    }

    #[test]
    fn only_loopback_is_asked_without_encryption() {
        let grants = [
            "api.example.com",
            "localhost",
            "127.8.0.1:8080",
            "127.1:8080",
        ];
        assert_eq!(is_refused(&grants, "http://localhost/"), None);
        assert_eq!(is_refused(&grants, "http://127.8.0.1:8080/"), None);
        for (plain, shown) in [
            ("http://api.example.com/", "api.example.com"),
            ("http://127.1:8080/", "127.1:8080"),
        ] {
            let refusal = Refusal::NotEncrypted(shown.to_owned());
            assert_eq!(is_refused(&grants, plain), Some(refusal));
        }
    }

    #[test]
    fn localhost_is_this_machine_whatever_a_resolver_says() {
        let reached = |uri: &str| destination(&uri.parse().unwrap()).unwrap();
        let here = || "127.0.0.1".to_owned();
        assert_eq!(reached("http://LocalHost:81/a?b"), (here(), 81));
        assert_eq!(reached("http://localhost"), (here(), 80));
        assert_eq!(reached("https://localhost"), (here(), 443));
        let other = "https://localhost.example/";
        assert_eq!(reached(other), ("localhost.example".to_owned(), 443));
        assert_eq!(reached("https://[::1]:81/"), ("::1".to_owned(), 81));
    }

    #[test]
    fn what_cannot_be_understood_grants_nothing() {
        for text in ["a:b", "a:99999", ":80"] {
            assert!(is_refused(&[text], "https://a/").is_some(), "{text}");
        }
    }
}
