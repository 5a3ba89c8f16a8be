//! Installing from a web server, over real TLS. It must not leave the machine.

use std::sync::Mutex;
use std::sync::mpsc::channel;

use super::component::{sha256, version_1, version_2};
use super::{BY_HAND, CONFIG, project, refused, stored, with_entry};
use crate::common::TestEnv;
use crate::common::server::{Server, Stream};

/// What the server has, and what it does to whoever asks for the rest.
fn answer(path: &str, out: &mut dyn Stream) -> std::io::Result<()> {
    let whole = |out: &mut dyn Stream, body: &[u8]| {
        write!(
            out,
            "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n",
            body.len()
        )?;
        out.write_all(body)
    };
    let found = |out: &mut dyn Stream, to: &str| {
        write!(
            out,
            "HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n"
        )
    };
    match path.split('?').next().unwrap_or_default() {
        "/notes.wasm" => whole(out, &version_1()),
        "/newer.wasm" => whole(out, &version_2()),
        "/moved.wasm" => found(out, "/notes.wasm"),
        "/unprotected.wasm" => found(out, "http://example.com/notes.wasm"),
        "/round.wasm" => found(out, "/round.wasm"),
        "/page.wasm" => whole(out, b"<html>sign in</html>"),
        "/large.wasm" => {
            write!(
                out,
                "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n",
                200 << 20
            )?;
            out.write_all(&[0; 4096])
        }
        "/endless.wasm" => {
            write!(out, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")?;
            let megabyte = vec![0; 1 << 20];
            // Until the client has enough.
            loop {
                write!(out, "100000\r\n")?;
                out.write_all(&megabyte)?;
                write!(out, "\r\n")?;
            }
        }
        "/cut.wasm" => {
            let bytes = version_1();
            write!(
                out,
                "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n",
                bytes.len()
            )?;
            out.write_all(&bytes[..bytes.len() / 2])
        }
        _ => write!(out, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"),
    }
}

fn server(env: &TestEnv) -> Server {
    let server = Server::with_tls("localhost", answer);
    env.trust(&[&server]);
    server
}

#[test]
fn an_address_is_fetched_once_and_pinned() {
    let env = TestEnv::new();
    // A proxy that nobody listens at: what this machine serves does not go through one.
    env.set("HTTPS_PROXY", "http://127.0.0.1:9");
    let repository = project(&env);
    let server = server(&env);
    let url = server.at("/moved.wasm?token=s3cret");
    let installed = repository.session(&["plugin", "install", &url]).success();
    assert!(!installed.to_string().contains("s3cret"), "{installed}");
    assert_eq!(repository.read(CONFIG), with_entry(&url, &version_1(), ""));
    assert!(stored(&env, &version_1()).exists());
    assert_eq!(server.requests(), 2);

    // Nothing else fetches: not a brief, not a list, not the same again.
    for arguments in [
        &["brief"][..],
        &["plugin", "list"],
        &["plugin", "install"],
        &["plugin", "install", "acme-notes"],
    ] {
        repository
            .session(&[arguments, &["--no-input"]].concat())
            .success();
    }
    assert_eq!(server.requests(), 2);

    // A team mate has the configuration, and not the component.
    env.set("SESSION_DATA_DIR", env.root().join("other"));
    let fetched = repository.session(&["plugin", "install", "--json"]).json();
    assert_eq!(fetched["plugins"][0]["name"], "acme-notes");
    let other = env.root().join("other/components");
    assert_eq!(std::fs::read_dir(other).unwrap().count(), 1);
    assert_eq!(server.requests(), 4);
}

/// It was fetched and compiled, and then the configuration was said to be what could not be changed.
#[test]
fn what_is_fetched_is_what_the_configuration_can_hold() {
    let env = TestEnv::new();
    let server = Server::start(answer);
    let port = server.host().rsplit_once(':').unwrap().1.to_owned();
    for (index, (given, written)) in [
        (
            "HTTP://LOCALHOST:PORT/notes.wasm",
            "http://localhost:PORT/notes.wasm",
        ),
        (
            "http://127.1:PORT/notes.wasm",
            "http://127.0.0.1:PORT/notes.wasm",
        ),
        (
            " http://127.0.0.1:PORT/notes.wasm\t",
            "http://127.0.0.1:PORT/notes.wasm",
        ),
    ]
    .into_iter()
    .enumerate()
    {
        let repository = env.repository(&format!("project-{index}"));
        repository.write(CONFIG, BY_HAND);
        let [given, written] = [given, written].map(|url| url.replace("PORT", &port));
        let install = ["--no-input", "plugin", "install", &given];
        repository.session(&install).success();
        let entry = with_entry(&written, &version_1(), "");
        assert_eq!(repository.read(CONFIG), entry);
        // The same in other words is no other source.
        repository.session(&install).success();
        assert_eq!(repository.read(CONFIG), entry);
    }
    let repository = project(&env);
    let fetched = server.requests();
    let long = server.at(&format!("/{}.wasm", "x".repeat(1_000)));
    for (given, words) in [
        (
            &*long,
            "longer than the 1000 bytes that the configuration takes",
        ),
        (&server.at("/a b.wasm"), "/a b.wasm has a blank in it"),
        (&server.at("/"), "names no file of that server"),
    ] {
        let outcome = refused(&repository, &["install", given], words);
        assert!(!outcome.stderr.contains("cannot change"), "{outcome}");
    }
    assert_eq!(server.requests(), fetched);
}

/// A secret in an address becomes the whole team's: that is said, and it is shown nowhere else.
#[test]
fn what_could_be_a_secret_in_an_address_is_warned_of_and_not_shown() {
    let env = TestEnv::new();
    let repository = project(&env);
    let server = server(&env);
    let url = server.at("/notes.wasm?X-Amz-Signature=s3cret");
    let install = ["plugin", "install", &format!("{url}#fr4gment")];
    let installed = repository.session(&install).success();
    let warning = "has what could be a secret behind its `?`";
    assert!(installed.stderr.contains(warning), "{installed}");
    assert_eq!(repository.read(CONFIG), with_entry(&url, &version_1(), ""));
    for arguments in [
        &["plugin", "list"][..],
        &["plugin", "list", "--json"],
        &["plugin", "install", "acme-notes", "--json"],
        &["plugin", "update", "--json"],
    ] {
        let outcome = repository.session(&[arguments, &["--no-input"]].concat());
        let shown = outcome.to_string();
        assert!(shown.contains("/notes.wasm"), "{outcome}");
        assert!(!shown.contains("s3cret"), "{outcome}");
    }
    let env = TestEnv::new();
    let repository = project(&env);
    let server = self::server(&env);
    let plain = server.at("/notes.wasm?version=1");
    let installed = repository.session(&["plugin", "install", &plain]).success();
    assert!(!installed.stderr.contains(warning), "{installed}");
}

#[test]
fn a_bad_server_changes_nothing() {
    let env = TestEnv::new();
    let repository = project(&env);
    let server = server(&env);
    for (path, words) in [
        (
            "/unprotected.wasm",
            "redirected to http://example.com/notes.wasm, which is not followed",
        ),
        ("/large.wasm", "too large: a component has at most 64 MiB"),
        ("/endless.wasm", "too large: a component has at most 64 MiB"),
        ("/cut.wasm", "could not be fetched"),
        ("/page.wasm", "no WebAssembly component"),
        ("/none.wasm", "404 Not Found"),
    ] {
        let url = server.at(&format!("{path}?token=s3cret"));
        let outcome = refused(&repository, &["install", &url], words);
        assert!(!outcome.to_string().contains("s3cret"), "{outcome}");
    }
    let before = server.requests();
    let round = server.at("/round.wasm");
    refused(
        &repository,
        &["install", &round],
        "redirected more than 5 times",
    );
    assert_eq!(server.requests() - before, 6);
    let url = server.at("/newer.wasm");
    let expected = sha256(&version_1());
    let arguments = ["install", &url, "--sha256", &expected];
    refused(
        &repository,
        &arguments,
        "not the component that was expected",
    );
    let stored = std::fs::read_dir(env.root().join("data/components"));
    assert_eq!(stored.map_or(0, Iterator::count), 0);
    // A certificate that nobody vouches for.
    env.set("SSL_CERT_FILE", env.root().join("gitconfig"));
    refused(&repository, &["install", &url], "certificate");
}

#[test]
fn a_pin_holds_when_the_address_has_something_else() {
    let env = TestEnv::new();
    let repository = project(&env);
    let server = server(&env);
    let url = server.at("/newer.wasm");
    repository.write(CONFIG, with_entry(&url, &version_1(), ""));
    for arguments in [&["install"][..], &["install", "acme-notes"]] {
        let outcome = refused(
            &repository,
            arguments,
            "not the component that was expected",
        );
        assert!(
            outcome.stderr.contains("session plugin update"),
            "{outcome}"
        );
    }
    repository
        .session(&["plugin", "update", "--check"])
        .success();
    assert_eq!(repository.read(CONFIG), with_entry(&url, &version_1(), ""));
    repository.session(&["plugin", "update"]).success();
    assert_eq!(repository.read(CONFIG), with_entry(&url, &version_2(), ""));
    repository
        .session(&["plugin", "remove", "acme-notes"])
        .success();
    assert_eq!(repository.read(CONFIG), BY_HAND);
}

#[test]
fn offline_nothing_is_fetched_and_the_store_is_used() {
    let env = TestEnv::new();
    let repository = project(&env);
    let server = server(&env);
    let url = server.at("/notes.wasm");
    let digest = sha256(&version_1());
    refused(
        &repository,
        &["install", &url, "--offline"],
        "--offline or SESSION_OFFLINE",
    );
    env.set("SESSION_OFFLINE", "1");
    refused(
        &repository,
        &["install", &url],
        "--offline or SESSION_OFFLINE",
    );
    env.set("SESSION_OFFLINE", "0");
    repository.session(&["plugin", "install", &url]).success();
    env.set("SESSION_OFFLINE", "1");
    let requests = server.requests();
    let by_digest = ["plugin", "install", &url, "--sha256", &digest];
    for arguments in [
        &["plugin", "install"][..],
        &["plugin", "install", "acme-notes"],
        &by_digest,
        &["plugin", "install", "tools/notes.wasm", "--name", "other"],
    ] {
        repository.session(arguments).success();
    }
    repository.write(CONFIG, with_entry(&url, &version_1(), ""));
    refused(&repository, &["update"], "SESSION_OFFLINE");
    env.set("SESSION_OFFLINE", "0");
    refused(&repository, &["update", "--offline"], "--offline");
    assert_eq!(server.requests(), requests);
}

#[test]
fn a_terminal_shows_how_far_it_is() {
    let env = TestEnv::new();
    let repository = project(&env);
    env.set("SESSION_CACHE_DIR", env.root().join("cache"));
    let (go_on, held) = channel();
    let held = Mutex::new(held);
    let half_way = move |path: &str, out: &mut dyn Stream| {
        let bytes = version_1();
        let length = bytes.len();
        write!(out, "HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n")?;
        out.write_all(&bytes[..length / 2])?;
        out.flush()?;
        // Until the test has seen it.
        held.lock().unwrap().recv().unwrap();
        assert_eq!(path, "/notes.wasm");
        out.write_all(&bytes[length / 2..])
    };
    let server = Server::with_tls("localhost", half_way);
    env.trust(&[&server]);
    let url = server.at("/notes.wasm");
    let mut terminal = env.terminal(repository.path(), &["plugin", "install", &url, "--allow"]);
    terminal
        .wait_for("fetching https://localhost")
        .wait_for(" KiB of ");
    go_on.send(()).unwrap();
    terminal
        .wait_for("compiling")
        .wait_for("session plugin trust acme-notes");
    assert_eq!(terminal.finish().0, 0);
}
