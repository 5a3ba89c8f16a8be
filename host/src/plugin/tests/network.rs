//! What a plugin can reach of the network and of its variables: a real component against real servers.

use std::time::Instant;

use super::server::{Server, redirect};
use super::*;

/// The component, told what to do, with these hosts granted.
pub fn network(task: &str, hosts: &[&str]) -> Source<'static> {
    let mut source = doing("network");
    source.component = Component::Here(Cow::Borrowed(session_guests::NETWORK));
    source.digest = Cow::Owned(engine::digest(session_guests::NETWORK));
    source.settings.config = serde_json::Value::String(task.to_owned());
    source.access.http = hosts.iter().map(|host| (*host).to_owned()).collect();
    source
}

fn with_variable(mut source: Source<'static>, name: &str, value: &str) -> Source<'static> {
    source.access.env = vec![(name.to_owned(), value.to_owned())];
    source
}

/// What the component reported in its only next step.
fn told(answers: &Answers) -> &str {
    assert_eq!(answers.warnings, []);
    &answers.contributions[0].next_steps[0]
}

/// Asks the component between two that behave, and returns the one warning there is.
fn only_warning(culprit: Source<'static>) -> Warning {
    let answers = ask(vec![doing("nothing"), culprit, doing("nothing")]);
    let names = answers.contributions.iter().map(|it| it.plugin.as_str());
    let others = names.filter(|name| *name == "nothing").count();
    assert_eq!(others, 2);
    let [warning] = answers.warnings.as_slice() else {
        panic!("not one warning: {:?}", answers.warnings);
    };
    warning.clone()
}

#[test]
fn a_granted_host_answers() {
    let server = Server::answering("hello");
    let answers = ask(vec![network(
        &format!("fetch {}", server.url()),
        &[&server.host()],
    )]);
    assert_eq!(told(&answers), "status 200, 5 bytes");
    assert_eq!(server.connections(), 1);
}

#[test]
fn localhost_is_granted_by_that_name() {
    let server = Server::answering("hello");
    let named = server.host().replace("127.0.0.1", "localhost");
    let answers = ask(vec![network(&format!("fetch http://{named}/"), &[&named])]);
    assert_eq!(told(&answers), "status 200, 5 bytes");
}

#[test]
fn a_host_that_is_not_granted_is_not_reached() {
    let server = Server::answering("hello");
    for granted in [&[][..], &["127.0.0.1", "api.example.com"]] {
        let warning = only_warning(network(&format!("fetch {}", server.url()), granted));
        assert_eq!(
            warning.message,
            format!(
                "plugin network (brief) asked for {host}, which it is not granted, and it failed: http://{host}/: \
                 ErrorCode::HttpRequestDenied",
                host = server.host()
            )
        );
        // The configuration does not have it either.
        let hint = warning.hint.unwrap();
        assert!(hint.contains("`allow` in .session/config.yaml"), "{hint}");
        assert!(hint.contains("session plugin trust network"), "{hint}");
    }
    assert_eq!(server.connections(), 0);
}

#[test]
fn a_redirect_to_a_host_that_is_not_granted_ends_there() {
    let other = Server::answering("secret");
    let first = Server::start(redirect(other.url()));
    let warning = only_warning(network(
        &format!("follow {}", first.url()),
        &[&first.host()],
    ));
    let asked = format!(
        "plugin network (brief) asked for {}, which it is not granted",
        other.host()
    );
    assert!(warning.message.starts_with(&asked), "{}", warning.message);
    assert_eq!((first.connections(), other.connections()), (1, 0));
    let both = network(
        &format!("follow {}", first.url()),
        &[&first.host(), &other.host()],
    );
    assert_eq!(told(&ask(vec![both])), "status 200, 6 bytes");
}

/// The server's certificate is its own word only.
#[test]
fn a_certificate_that_nobody_vouches_for_is_refused() {
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let key = rustls::pki_types::PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let host = listener.local_addr().unwrap().to_string();
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut connection = rustls::ServerConnection::new(Arc::new(config)).unwrap();
        // What the client thinks of the certificate.
        loop {
            match connection.complete_io(&mut stream) {
                Ok((0, 0)) => return None,
                Ok(_) => {}
                Err(error) => return Some(error.to_string()),
            }
        }
    });
    let message = only_warning(network(&format!("fetch https://{host}/"), &[&host])).message;
    assert!(message.contains("Tls"), "{message}");
    let alert = server.join().unwrap().unwrap();
    assert!(alert.contains("UnknownCA"), "{alert}");
}

#[test]
fn plain_http_does_not_leave_this_machine() {
    // A documentation address (RFC 5737): were it asked for after all, nobody would answer.
    let warning = only_warning(within(
        Duration::from_secs(2),
        network("fetch http://192.0.2.1/", &["192.0.2.1"]),
    ));
    let asked =
        "plugin network (brief) asked for http://192.0.2.1, and only https may leave this machine";
    assert!(warning.message.starts_with(asked), "{}", warning.message);
}

#[test]
fn a_server_that_never_answers_costs_the_limit_and_no_more() {
    let server = Server::silent();
    let slow = network(&format!("fetch {}", server.url()), &[&server.host()]);
    let started = Instant::now();
    let warning = only_warning(within(Duration::from_millis(300), slow));
    assert_eq!(
        warning.message,
        "plugin network (brief) took longer than its limit of 300 ms"
    );
    assert_eq!(server.connections(), 1);
    assert!(started.elapsed() < Duration::from_secs(30));
}

/// Nobody interrupts a thread that waits for a server: what waits looks at the clock itself.
#[test]
fn a_request_ends_with_the_calls_time_inside_the_host() {
    let trickling = Server::start(|_, stream| {
        write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nx")?;
        std::io::copy(stream, &mut std::io::sink()).map(drop)
    });
    for server in [Server::silent(), trickling] {
        let source = network(&format!("fetch {}", server.url()), &[&server.host()]);
        let host = FixedHost::new(&std::env::temp_dir());
        let source = within(Duration::from_millis(100), source);
        let loader = Loader::new(Some(&cache_dir()), WhenCold::Compile).unwrap();
        let loaded = loader.load(&source).unwrap();
        let ready = Ready::new(source, vec![Hook::Brief], loaded);
        let loaded = ready.loaded().unwrap();
        let call = ready.call(loaded, Hook::Brief, &brief(), &host);
        let engine = loader.engine;
        let (report, _events) = std::sync::mpsc::channel();
        let deadline = deadline::Deadline::after(call.context.limits.time);
        let line = line::Line::new(report, 1, deadline);
        let (done, ended) = std::sync::mpsc::channel();
        std::thread::spawn(move || done.send(call::run(&engine, &call, line).result.err()));
        let failure = ended.recv_timeout(Duration::from_secs(60)).unwrap();
        let limit = Duration::from_millis(100);
        assert_eq!(failure, Some(call::Failure::Time(limit)));
    }
}

#[test]
fn a_body_that_trickles_ends_with_the_calls_time() {
    let server = Server::start(|_, stream| {
        write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nx")?;
        std::io::copy(stream, &mut std::io::sink()).map(drop)
    });
    let slow = network(&format!("fetch {}", server.url()), &[&server.host()]);
    assert_eq!(
        only_warning(within(Duration::from_millis(300), slow)).message,
        "plugin network (brief) took longer than its limit of 300 ms"
    );
}

/// The plugin's own patience: what it says itself is what the user reads.
#[test]
fn a_plugin_that_waits_no_longer_is_told_so_long_before_its_time_is_over() {
    let trickling = Server::start(|_, stream| {
        write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nx")?;
        std::io::copy(stream, &mut std::io::sink()).map(drop)
    });
    for server in [Server::silent(), trickling] {
        let soon = network(&format!("soon {}", server.url()), &[&server.host()]);
        let message = only_warning(soon).message;
        // While it waits for the head, or for more of the body.
        let code = message.replace(' ', "").to_lowercase();
        assert!(code.ends_with("connectionreadtimeout"), "{message}");
    }
}

#[test]
fn an_endless_body_is_cut_off() {
    let server = Server::start(|_, stream| {
        write!(stream, "HTTP/1.1 200 OK\r\n\r\n")?;
        loop {
            stream.write_all(&[b'x'; 4096])?;
        }
    });
    let message = only_warning(network(
        &format!("fetch {}", server.url()),
        &[&server.host()],
    ))
    .message;
    let cause = "plugin network (brief) was sent more bytes than one call may receive";
    assert!(message.starts_with(cause), "{message}");
}

#[test]
fn huge_headers_are_refused() {
    let server = Server::start(|_, stream| {
        let value = "x".repeat(40_000);
        write!(
            stream,
            "HTTP/1.1 200 OK\r\nX-Value: {value}\r\nContent-Length: 0\r\n\r\n"
        )
    });
    let message = only_warning(network(
        &format!("fetch {}", server.url()),
        &[&server.host()],
    ))
    .message;
    assert!(
        message.contains("HttpResponseHeaderSectionSize"),
        "{message}"
    );
}

#[test]
fn a_call_makes_so_many_requests_and_no_more() {
    let server = Server::answering("x");
    let many = network(&format!("many {}", server.url()), &[&server.host()]);
    let answers = ask(vec![many]);
    assert_eq!(answers.contributions[0].next_steps, ["32 were answered"]);
    assert_eq!(
        answers.warnings[0].message,
        "plugin network (brief) made more requests than one call may"
    );
    assert_eq!(server.connections(), 32);
}

#[test]
fn only_granted_variables_are_there() {
    let answers = ask(vec![network("variable PATH", &[])]);
    assert_eq!(told(&answers), "PATH is false");
    let granted = with_variable(network("variable TOKEN", &[]), "TOKEN", "hunter22-long");
    assert_eq!(told(&ask(vec![granted])), "TOKEN is true");
}

#[test]
fn the_value_of_a_variable_leaves_the_sandbox_nowhere() {
    let secret = "hunter22-long";
    for task in [
        "say TOKEN",
        "fail TOKEN",
        "panic TOKEN",
        "hide-say TOKEN",
        "hide-fail TOKEN",
        "hide-panic TOKEN",
    ] {
        let answers = ask(vec![with_variable(network(task, &[]), "TOKEN", secret)]);
        let text = format!("{answers:?}");
        // Not even in another dress: what is unseen is written out here.
        assert!(!text.contains(secret) && !text.contains("h\\u{"), "{text}");
        assert!(text.contains("••••"), "{text}");
        for state in answers.new_states {
            assert_eq!(state.bytes, "••••".as_bytes());
        }
    }
    for given in [secret, "Hunter22-LONG"] {
        let host = network(&format!("fetch https://{given}.example/"), &[]);
        let message = only_warning(with_variable(host, "TOKEN", given)).message;
        assert!(
            message.contains("asked for ••••.example, which"),
            "{message}"
        );
    }
}

#[test]
fn a_value_of_several_lines_is_masked_before_a_panic_is_told_in_one() {
    let panicking = with_variable(network("panic TOKEN", &[]), "TOKEN", "ab  cd\n\nef gh");
    let message = only_warning(panicking).message;
    assert_eq!(
        message,
        "plugin network (brief) panicked: no luck with ••••"
    );
}

#[test]
fn a_call_costs_one_warning_whatever_was_wrong_with_it() {
    let warning = only_warning(network("misuse https://evil.example/", &[]));
    assert_eq!(
        warning.message,
        "plugin network (brief) asked for evil.example, which it is not granted, and it gave 30 sections; \
         the first 20 count; it gave the trailer \"Signed-off-by\", which no plugin may, so that was dropped"
    );
    assert!(warning.hint.unwrap().contains("`allow`"));
}
