//! The address of a remote, fit to be shown to others. It must not let a secret through: people write tokens into
//! addresses.

/// Without user, password, query and fragment. Scheme, host, port and path stay; so does the `host:path` form.
pub fn without_secrets(url: &str) -> String {
    let (scheme, rest) = match url.split_once("://") {
        Some((scheme, rest)) => (Some(scheme), rest),
        None => (None, url),
    };
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    // Without a scheme, what comes before the first colon is the host; a path without one has no user.
    let authority_end = match scheme {
        Some(_) => rest.find('/').unwrap_or(rest.len()),
        None => rest.find(':').unwrap_or(0),
    };
    let (authority, path) = rest.split_at(authority_end);
    let host = authority
        .rsplit_once('@')
        .map_or(authority, |(_, host)| host);
    match scheme {
        Some(scheme) => format!("{scheme}://{host}{path}"),
        None => format!("{host}{path}"),
    }
}

#[cfg(test)]
mod tests {
    use super::without_secrets;

    #[test]
    fn what_may_be_secret_is_taken_out_of_an_address() {
        for (given, shown) in [
            (
                "https://u:ghp_x@example.com/a/b.git?t=1#f",
                "https://example.com/a/b.git",
            ),
            (
                "https://tok@en@example.com:8443/a",
                "https://example.com:8443/a",
            ),
            ("git@example.com:a/b.git", "example.com:a/b.git"),
            ("ssh://git@example.com/a/b.git", "ssh://example.com/a/b.git"),
            ("/srv/a@b/c.git", "/srv/a@b/c.git"),
            ("../b", "../b"),
        ] {
            assert_eq!(without_secrets(given), shown);
        }
    }
}
