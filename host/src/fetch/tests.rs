//! What a server can do to a download, where a test from outside would have to wait for it. Real sockets.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};

use super::*;

fn impatient<'a>() -> Surroundings<'a> {
    Surroundings {
        work_tree: Path::new("/"),
        docker_config: None,
        patience: Patience {
            stall: Duration::from_millis(50),
            ..Patience::default()
        },
        progress: &|_, _| {},
    }
}

/// A server for one request, which `answer` then has.
fn serve(
    answer: impl FnOnce(&mut TcpStream) + Send + 'static,
) -> (String, std::thread::JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = [0; 4096];
        let _ = stream.read(&mut request);
        answer(&mut stream);
    });
    (format!("{address}"), server)
}

fn refused(source: &str, around: &Surroundings<'_>) -> String {
    let source = Source::parse(source).unwrap();
    source.fetch(around, None).unwrap_err().to_string()
}

#[test]
fn a_server_that_never_answers_is_given_up() {
    // Connections are made, and nobody takes them.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    for scheme in ["http", "oci"] {
        let said = refused(&format!("{scheme}://{address}/x/y"), &impatient());
        assert!(said.contains("did not answer in time"), "{said}");
    }
}

#[test]
fn a_server_that_falls_silent_half_way_is_given_up() {
    let (address, server) = serve(|stream| {
        stream
            .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
            .unwrap();
        drop(stream.read(&mut [0]));
    });
    let said = refused(&format!("http://{address}/x"), &impatient());
    assert!(said.contains("did not answer in time"), "{said}");
    server.join().unwrap();
}

#[test]
fn all_of_it_has_a_limit_however_busy_the_server_is() {
    let (address, server) = serve(|stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 60000000\r\n\r\n");
        while stream.write_all(b"x").is_ok() {
            std::thread::yield_now();
        }
    });
    let around = Surroundings {
        patience: Patience {
            overall: Duration::from_millis(50),
            ..Patience::default()
        },
        ..impatient()
    };
    let said = refused(&format!("http://{address}/x"), &around);
    assert!(said.contains("took longer"), "{said}");
    server.join().unwrap();
}

#[test]
fn only_protected_addresses_without_secrets_are_taken() {
    for taken in [
        "https://example.com/x.wasm?token=s3cret",
        "http://localhost:1/x",
        "http://127.0.0.1/x",
        "HTTPS://example.com/x.wasm",
        "Oci://registry.example/acme/x:1.0",
        "oci://registry.example/acme/x:1.0",
        "oci://localhost:5000/acme/x",
    ] {
        let source = Source::parse(taken).unwrap();
        assert!(source.is_remote());
        assert!(!source.shown().contains("s3cret"));
    }
    for refused in [
        "http://example.com/x.wasm",
        "http://127.0.0.1.example.com/x",
        "https://ada:s3cret@example.com/x",
        "ftp://example.com/x",
        "file:///x",
        "oci://acme/x:1.0",
        "oci://registry.example/ACME:1.0",
    ] {
        let error = Source::parse(refused).unwrap_err();
        assert!(!error.to_string().contains("s3cret"), "{error}");
    }
}

#[test]
fn a_redirect_leads_to_nothing_less_protected() {
    for (to, words) in [
        (
            "http://example.com/x?s3cret",
            "redirected to http://example.com/x,",
        ),
        ("ftp://127.0.0.1/x", "redirected to ftp:"),
    ] {
        let (address, server) = serve(move |stream| {
            let answer =
                format!("HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n");
            stream.write_all(answer.as_bytes()).unwrap();
        });
        let said = refused(&format!("http://{address}/x"), &impatient());
        assert!(said.contains(words) && !said.contains("s3cret"), "{said}");
        server.join().unwrap();
    }
}
