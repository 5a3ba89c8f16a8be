//! What a registry can do to a download: where it sends its clients, and what it asks of them. Real sockets.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use data_encoding::BASE64;

use super::{Patience, Source, Surroundings};
use crate::plugin::digest;

const COMPONENT: &str = "a component";

/// A server on loopback that answers each request by its head, and remembers the heads.
struct Registry {
    address: String,
    heads: Arc<Mutex<Vec<String>>>,
}

impl Registry {
    fn start(answer: impl Fn(&str) -> String + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let heads = Arc::new(Mutex::new(Vec::new()));
        let noted = Arc::clone(&heads);
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let head = head(&stream);
                noted.lock().unwrap().push(head.clone());
                let _ = stream.write_all(answer(&head).as_bytes());
            }
        });
        Self { address, heads }
    }

    /// The path of each request, and whether it was shown this.
    fn shown(&self, what: &str) -> Vec<(String, bool)> {
        let heads = self.heads.lock().unwrap();
        let path = |head: &str| head.split(' ').nth(1).unwrap().to_owned();
        let shown = format!("authorization: {what}\r\n");
        heads
            .iter()
            .map(|head| (path(head), head.contains(&shown)))
            .collect()
    }

    fn source(&self) -> String {
        format!("oci://{}/acme/notes:1", self.address)
    }
}

fn head(stream: &TcpStream) -> String {
    let mut head = String::new();
    let mut reader = BufReader::new(stream);
    while !head.ends_with("\r\n\r\n") && reader.read_line(&mut head).unwrap_or(0) > 0 {}
    head
}

fn whole(body: &str) -> String {
    let length = body.len();
    format!("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}")
}

fn nothing(status: &str, header: &str) -> String {
    format!("HTTP/1.1 {status}\r\nConnection: close\r\n{header}\r\nContent-Length: 0\r\n\r\n")
}

fn redirect(to: &str) -> String {
    nothing("307 Temporary Redirect", &format!("Location: {to}"))
}

/// As `wkg` pushes it.
fn manifest() -> String {
    let layer = format!("sha256:{}", digest(COMPONENT.as_bytes()));
    serde_json::json!({
        "schemaVersion": 2,
        "config": {"mediaType": "application/vnd.wasm.config.v0+json", "digest": "sha256:0", "size": 2},
        "layers": [{"mediaType": "application/wasm", "digest": layer, "size": COMPONENT.len()}],
    })
    .to_string()
}

/// What a registry has under the path of a request.
fn found(head: &str) -> String {
    match head {
        _ if head.starts_with("GET /v2/acme/notes/manifests/1 ") => whole(&manifest()),
        _ if head.starts_with("GET /v2/acme/notes/blobs/sha256:") => whole(COMPONENT),
        _ => nothing("404 Not Found", "X: x"),
    }
}

fn fetch(source: &str, docker_config: Option<&Path>) -> Result<String, String> {
    let around = Surroundings {
        work_tree: Path::new("/"),
        docker_config,
        // Where a redirect is followed after all, nobody answers.
        patience: Patience {
            connect: Duration::from_secs(2),
            ..Patience::default()
        },
        progress: &|_, _| {},
    };
    let fetched = Source::parse(source).unwrap().fetch(&around, None);
    let fetched = fetched.map(|bytes| String::from_utf8(bytes).unwrap());
    fetched.map_err(|error| error.to_string())
}

/// A login of `docker login`.
fn docker_config(registry: &Registry) -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    let login = BASE64.encode(b"ada:s3cret");
    let config = serde_json::json!({"auths": {&registry.address: {"auth": login}}});
    std::fs::write(directory.path().join("config.json"), config.to_string()).unwrap();
    directory
}

#[test]
fn a_registry_leads_to_nothing_less_protected() {
    // A documentation address (RFC 5737): were it asked for after all, nobody would answer.
    for (to, shown) in [
        ("http://192.0.2.1/x?s3cret", "http://192.0.2.1/x"),
        ("ftp://127.0.0.1/x", "ftp://127.0.0.1/x"),
    ] {
        for what in ["manifests", "blobs"] {
            let registry = Registry::start(move |head| match head.contains(what) {
                true => redirect(to),
                false => found(head),
            });
            let said = fetch(&registry.source(), None).unwrap_err();
            let refusal = format!("it is redirected to {shown}, which is not followed");
            assert!(
                said.contains(&refusal) && !said.contains("s3cret"),
                "{said}"
            );
        }
    }
    // This one has no host: it is not even taken for an address.
    let registry = Registry::start(|head| match head.contains("blobs") {
        true => redirect("file:///etc/passwd"),
        false => found(head),
    });
    let said = fetch(&registry.source(), None).unwrap_err();
    assert!(said.contains("could not be fetched"), "{said}");
}

#[test]
fn a_token_is_asked_for_where_it_is_protected_and_shown_to_nobody_else() {
    let storage = Registry::start(|_| whole(COMPONENT));
    let blob = format!("http://{}/blob?signed", storage.address);
    let registry = Registry::start(move |head| {
        let host = head.lines().find_map(|line| line.strip_prefix("host: "));
        let realm = format!("http://{}/token", host.unwrap());
        let challenge = format!(r#"WWW-Authenticate: Bearer realm="{realm}",service="notes""#);
        match head {
            _ if head.starts_with("GET /token?") => whole(r#"{"token":"t0ken"}"#),
            _ if !head.contains("authorization: Bearer t0ken\r\n") => {
                nothing("401 Unauthorized", &challenge)
            }
            _ if head.contains("/blobs/") => redirect(&blob),
            _ => found(head),
        }
    });
    let docker = docker_config(&registry);
    let fetched = fetch(&registry.source(), Some(docker.path()));
    assert_eq!(fetched.as_deref(), Ok(COMPONENT));
    let layer = digest(COMPONENT.as_bytes());
    let token = "/token?service=notes&scope=repository%3Aacme%2Fnotes%3Apull";
    let paths = [
        "/v2/acme/notes/manifests/1".to_owned(),
        token.to_owned(),
        "/v2/acme/notes/manifests/1".to_owned(),
        format!("/v2/acme/notes/blobs/sha256:{layer}"),
    ];
    let asked = |shown: [bool; 4]| Vec::from_iter(paths.clone().into_iter().zip(shown));
    let login = format!("Basic {}", BASE64.encode(b"ada:s3cret"));
    assert_eq!(registry.shown(&login), asked([false, true, false, false]));
    assert_eq!(
        registry.shown("Bearer t0ken"),
        asked([false, false, true, true])
    );
    let heads = storage.heads.lock().unwrap().join("");
    assert!(heads.starts_with("GET /blob?signed ") && !heads.contains("authorization"));
}

#[test]
fn a_login_is_not_sent_to_where_anybody_could_read_it() {
    let registry = Registry::start(|_| {
        let realm = r#"WWW-Authenticate: Bearer realm="http://192.0.2.1/token?x=y""#;
        nothing("401 Unauthorized", realm)
    });
    let docker = docker_config(&registry);
    let said = fetch(&registry.source(), Some(docker.path())).unwrap_err();
    let refusal = "wants logins sent to http://192.0.2.1/token, which is not followed";
    assert!(said.contains(refusal), "{said}");
}

#[test]
fn what_is_not_what_the_manifest_names_is_refused() {
    let registry = Registry::start(|head| match head.contains("blobs") {
        true => whole("b component"),
        false => found(head),
    });
    let said = fetch(&registry.source(), None).unwrap_err();
    assert!(said.contains("what came is not what sha256:"), "{said}");
    // By its digest, the manifest itself is held to it.
    let zeros = "0".repeat(64);
    let registry = Registry::start(|_| whole(&manifest()));
    let source = format!("oci://{}/acme/notes@sha256:{zeros}", registry.address);
    let said = fetch(&source, None).unwrap_err();
    assert!(said.contains(&format!("not what sha256:{zeros}")), "{said}");
}

/// It could go on for ever: nothing more of it is taken than such an answer may have.
#[test]
fn an_answer_that_does_not_end_is_not_taken() {
    let wide = |bytes: usize, rest: &str| format!("{}{rest}", " ".repeat(bytes));
    let registry = Registry::start(move |head| match head.contains("manifests") {
        true => whole(&wide(4 * 1024 * 1024, &manifest())),
        false => found(head),
    });
    let said = fetch(&registry.source(), None).unwrap_err();
    assert!(said.contains("the server's answer is too long"), "{said}");

    let message = r#"{"errors":[{"message":"all of it was read"}]}"#;
    let registry = Registry::start(move |_| {
        let body = whole(&wide(64 * 1024, message));
        body.replace("200 OK", "500 Internal Server Error")
    });
    let said = fetch(&registry.source(), None).unwrap_err();
    assert!(said.contains("answered 500"), "{said}");

    let registry = Registry::start(move |head| {
        let host = head.lines().find_map(|line| line.strip_prefix("host: "));
        let realm = format!(
            r#"WWW-Authenticate: Bearer realm="http://{}/token""#,
            host.unwrap()
        );
        match head {
            _ if head.starts_with("GET /token?") => whole(&wide(64 * 1024, r#"{"token":"t0ken"}"#)),
            _ if !head.contains("authorization: ") => nothing("401 Unauthorized", &realm),
            _ => found(head),
        }
    });
    let said = fetch(&registry.source(), None).unwrap_err();
    assert!(said.contains("the server's answer is too long"), "{said}");
}
