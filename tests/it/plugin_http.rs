//! Plugins that use the network, from the command line: when they are asked, what a brief shows of them, and what is left
//! of a secret. It must not test what a sandbox lets through: the host's own tests do.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::json;

use crate::common::TestEnv;
use crate::common::repository::{Repository, run};
use crate::common::server::{Server, redirect, whole};

const SECRET: &str = "hunter22-and-more";

/// A session, and a plugin that may ask this server, does what `task` says, and was agreed to.
fn project<'e>(env: &'e TestEnv, task: &str, server: &Server) -> Repository<'e> {
    granting(env, task, &[&server.host()])
}

fn granting<'e>(env: &'e TestEnv, task: &str, hosts: &[&str]) -> Repository<'e> {
    let repository = env.repository("project");
    grant(&repository, task, hosts);
    repository
}

fn grant(repository: &Repository<'_>, task: &str, hosts: &[&str]) {
    let list = serde_json::to_string(hosts).unwrap();
    let text = format!(
        "plugins:\n  acme:\n    source: ./tools/acme.wasm\n    allow: {{ http: {list}, env: [TOKEN] }}\n    config: \"{task}\"\n"
    );
    repository.write(".session/config.yaml", text);
    repository.write("tools/acme.wasm", session_guests::NETWORK);
    repository.commit("feat: all of it");
    trust(repository, task, hosts);
    run(repository, &["start", "--objective", "one"]);
}

fn trust(repository: &Repository<'_>, task: &str, hosts: &[&str]) {
    let digest = digest(session_guests::NETWORK);
    let mut trust = vec![
        "plugin".to_owned(),
        "trust".to_owned(),
        "acme".to_owned(),
        format!("--sha256={digest}"),
        "--grant=env:TOKEN".to_owned(),
        format!("--grant=config:\"{task}\""),
    ];
    trust.extend(hosts.iter().map(|host| format!("--grant=http:{host}")));
    let trust: Vec<&str> = trust.iter().map(String::as_str).collect();
    run(repository, &trust);
}

fn digest(bytes: &[u8]) -> String {
    use sha2::Digest as _;
    data_encoding::HEXLOWER.encode(&sha2::Sha256::digest(bytes))
}

fn warnings(repository: &Repository<'_>, arguments: &[&str]) -> Vec<String> {
    let shown = run(repository, &[arguments, &["--json"]].concat()).json();
    let warnings = shown["warnings"].as_array().unwrap().iter();
    let messages = warnings.map(|warning| warning["message"].as_str().unwrap().to_owned());
    messages.collect()
}

#[test]
fn a_brief_shows_what_was_said_last_with_its_age_and_does_not_use_the_network() {
    let env = TestEnv::new();
    let server = Server::answering("hello");
    let repository = project(&env, &format!("fetch {}", server.url()), &server);
    let unasked = "plugin acme uses the network and was not asked on this branch yet";
    assert_eq!(warnings(&repository, &["brief"]), [unasked]);
    let brief = run(&repository, &["brief"]);
    assert!(
        brief.stdout.contains("session plugin refresh acme"),
        "{brief}"
    );
    assert_eq!(server.connections(), 0);

    let refreshed = run(&repository, &["plugin", "refresh", "--json"]).json();
    assert_eq!(refreshed["schema"], "session.plugin-refresh/1");
    for (index, hook) in ["brief", "status"].into_iter().enumerate() {
        assert_eq!(refreshed["refreshed"][index]["hook"], hook);
        assert_eq!(refreshed["refreshed"][index]["answered"], true);
    }
    assert_eq!(server.connections(), 2);

    env.advance_minutes(3 * 60);
    run(&repository, &["switch", "other", "--create"]);
    run(&repository, &["switch", "main"]);
    run(&repository, &["start", "third"]);
    run(&repository, &["switch", "main"]);
    for arguments in [&["brief"][..], &["resume"], &["status"]] {
        assert_eq!(warnings(&repository, arguments), [""; 0]);
        let shown = run(&repository, arguments);
        assert!(
            shown.stdout.contains("from plugin acme, 3 hours ago"),
            "{shown}"
        );
        assert!(shown.stdout.contains("status 200, 5 bytes"), "{shown}");
    }
    run(&repository, &["brief", "--for", "claude-code"]);
    // Nothing is compiled there, and none of it has to be.
    env.set("SESSION_CACHE_DIR", env.root().join("cold"));
    let brief = run(&repository, &["brief", "--for", "claude-code"]);
    assert!(brief.stdout.contains("status 200, 5 bytes"), "{brief}");
    assert_eq!(server.connections(), 2);
}

#[test]
fn checkpoint_end_and_a_refreshed_status_ask_anew() {
    let env = TestEnv::new();
    let server = Server::answering("hello");
    let repository = project(&env, &format!("fetch {}", server.url()), &server);
    run(&repository, &["status", "--refresh"]);
    assert_eq!(server.connections(), 2);
    // Its own hook, the brief's and the status's.
    let made = run(&repository, &["checkpoint"]);
    assert!(made.stdout.contains("status 200, 5 bytes"), "{made}");
    assert_eq!(server.connections(), 5);
    // The component has no hook for handoffs.
    run(&repository, &["end"]);
    assert_eq!(server.connections(), 7);
    assert_eq!(warnings(&repository, &["brief"]), [""; 0]);
}

#[test]
fn where_the_service_is_gone_a_note_says_so_and_what_was_said_stands() {
    let env = TestEnv::new();
    let server = Server::answering("hello");
    let repository = project(&env, &format!("fetch {}", server.url()), &server);
    run(&repository, &["plugin", "refresh", "acme"]);
    server.stop();
    env.advance_minutes(60);
    for arguments in [&["status", "--refresh"][..], &["plugin", "refresh"]] {
        let warnings = warnings(&repository, arguments);
        let [warning] = warnings.as_slice() else {
            panic!("{warnings:?}");
        };
        assert!(warning.starts_with("plugin acme ("), "{warning}");
        assert!(
            warning.ends_with("; what it said 1 hour ago stands"),
            "{warning}"
        );
    }
    let brief = run(&repository, &["brief"]);
    assert!(
        brief.stdout.contains("from plugin acme, 1 hour ago"),
        "{brief}"
    );
    let list = run(&repository, &["plugin", "list"]);
    let last = "Last run: just now (status), ";
    assert!(list.stdout.contains(last), "{list}");
    assert!(
        list.stdout.contains("ErrorCode::ConnectionRefused"),
        "{list}"
    );
}

/// A brief showed the older one, without a word; and an empty variable threw the older one away.
#[test]
fn an_answer_without_a_variable_is_kept_only_where_none_knew_more() {
    let env = TestEnv::new();
    let answered = AtomicUsize::new(0);
    // No two answers are the same.
    let server = Server::start(move |path, stream| {
        let count = answered.fetch_add(1, Ordering::SeqCst) + 1;
        whole("x".repeat(count).leak())(path, stream)
    });
    let repository = project(&env, &format!("fetch {}", server.url()), &server);
    let refresh = |more: &[&str]| run(&repository, &[&["plugin", "refresh"], more].concat());
    let shown = || {
        let brief = run(&repository, &["brief"]).stdout;
        let at = brief.find("status 200, ").unwrap();
        brief[at..].lines().next().unwrap().to_owned()
    };
    // The first: a brief is to have something.
    assert_eq!(refresh(&["--json"]).json()["warnings"], json!([]));
    let first = shown();
    env.set("TOKEN", SECRET);
    refresh(&[]);
    let with_it = shown();
    assert_ne!(with_it, first);

    env.set("TOKEN", "");
    env.advance_minutes(60);
    let stands = |hook: &str| {
        format!(
            "what plugin acme ({hook}) said 1 hour ago stands: TOKEN was set then, and is not now"
        )
    };
    let warned = warnings(&repository, &["plugin", "refresh"]);
    assert_eq!(warned, [stands("brief"), stands("status")]);
    let told = refresh(&[]).to_string().replace('\n', " ");
    assert!(told.contains("answered in "), "{told}");
    let words = told.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        words.contains("TOKEN was set then, and is not now"),
        "{words}"
    );
    assert_eq!(shown(), with_it);
    // Said where somebody asks for a brief's sake.
    assert_eq!(warnings(&repository, &["status", "--refresh"]), [""; 0]);

    env.set("TOKEN", SECRET);
    refresh(&[]);
    assert_ne!(shown(), with_it);
}

#[test]
fn a_server_that_never_answers_does_not_keep_a_command() {
    let env = TestEnv::new();
    let server = Server::silent();
    let repository = project(&env, &format!("fetch {}", server.url()), &server);
    let warnings = warnings(&repository, &["checkpoint"]);
    assert_eq!(
        warnings,
        ["plugin acme (checkpoint) took longer than its limit of 2000 ms"]
    );
    let status = run(&repository, &["status", "--json"]).json();
    assert_eq!(status["objectives"][0]["text"], "one");
}

#[test]
fn the_value_of_a_variable_is_in_nothing_that_is_left() {
    let env = TestEnv::new();
    env.set("TOKEN", SECRET);
    let server = Server::answering("hello");
    let repository = project(&env, "say TOKEN", &server);
    run(&repository, &["plugin", "refresh"]);
    for arguments in [
        &["brief"][..],
        &["status", "--refresh", "--verbose"],
        &["checkpoint", "--json"],
        &["end"],
    ] {
        let shown = run(&repository, arguments);
        assert!(!shown.to_string().contains(SECRET), "{shown}");
    }
    let status = run(&repository, &["status"]);
    assert!(status.stdout.contains("••••"), "{status}");
    assert_nowhere_below(env.root());
    let objects = repository.git(&["cat-file", "--batch-all-objects", "--batch"]);
    assert!(!objects.contains(SECRET));
}

fn assert_nowhere_below(directory: &Path) {
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            assert_nowhere_below(&path);
        } else if let Ok(bytes) = std::fs::read(&path) {
            let found = bytes
                .windows(SECRET.len())
                .any(|part| part == SECRET.as_bytes());
            assert!(!found, "{}", path.display());
        }
    }
}

#[test]
fn what_a_plugin_said_goes_with_it() {
    let env = TestEnv::new();
    let server = Server::answering("hello");
    let task = format!("fetch {}", server.url());
    let repository = project(&env, &task, &server);
    let said = repository.path().join(".git/sessions/.store/contributions");
    for leaving in [
        &["plugin", "trust", "acme", "--revoke"][..],
        &["plugin", "remove", "acme"],
    ] {
        trust(&repository, &task, &[&server.host()]);
        run(&repository, &["plugin", "refresh"]);
        assert!(said.join("acme").is_dir());
        run(&repository, leaving);
        assert_eq!(std::fs::read_dir(&said).unwrap().count(), 0, "{leaving:?}");
    }
}

#[test]
fn a_plugin_without_the_network_is_not_refreshed() {
    let env = TestEnv::new();
    let repository = env.repository("project");
    repository.write("a.txt", "a\n");
    repository.commit("feat: a");
    let refused = repository.session(&["plugin", "refresh", "context-manager"]);
    assert_eq!(refused.code, Some(1), "{refused}");
    assert!(
        refused
            .stderr
            .contains("plugin context-manager is not one that is on and uses the network"),
        "{refused}"
    );
    let none = run(&repository, &["plugin", "refresh", "--json"]).json();
    assert_eq!(none["refreshed"], serde_json::json!([]));
}

/// Whoever cannot be told from another is not talked to: the only one that a server may be is the one that was granted.
fn fetched(repository: &Repository<'_>) -> String {
    let refreshed = repository.session(&["plugin", "refresh", "--json"]);
    let warnings = refreshed.json()["warnings"].clone();
    match warnings.as_array().unwrap().as_slice() {
        [] => run(repository, &["brief"]).stdout,
        [warning] => warning["message"].as_str().unwrap().to_owned(),
        more => panic!("{more:?}"),
    }
}

#[test]
fn a_server_is_believed_when_the_system_knows_its_certificate() {
    let env = TestEnv::new();
    // Nobody listens there: what a plugin asks for goes through no proxy.
    env.set("HTTPS_PROXY", "http://127.0.0.1:9");
    let server = Server::with_tls("localhost", whole("hello"));
    let other = Server::with_tls("localhost", whole("other"));
    let repository = project(&env, &format!("fetch {}", server.url()), &server);
    env.trust(&[&other]);
    let refused = fetched(&repository);
    assert!(refused.contains("TlsCertificateError"), "{refused}");
    assert_eq!((server.connections(), server.requests()), (2, 0));
    env.set("SSL_CERT_FILE", env.root().join("gitconfig"));
    let refused = fetched(&repository);
    let cause = "No CA certificates were loaded from the system";
    assert!(refused.contains(cause), "{refused}");
    assert_eq!(server.requests(), 0);

    env.trust(&[&other, &server]);
    let brief = fetched(&repository);
    assert!(brief.contains("status 200, 5 bytes"), "{brief}");
    assert_eq!(server.requests(), 2);
}

#[test]
fn a_certificate_for_another_name_is_refused() {
    let env = TestEnv::new();
    let server = Server::with_tls("api.example.com", whole("hello"));
    let named = server.host().replace("api.example.com", "127.0.0.1");
    let repository = granting(&env, &format!("fetch https://{named}/"), &[&named]);
    env.trust(&[&server]);
    let refused = fetched(&repository);
    assert!(refused.contains("TlsCertificateError"), "{refused}");
    assert_eq!((server.connections(), server.requests()), (2, 0));
}

#[test]
fn a_redirect_is_followed_to_a_granted_host_and_to_no_other() {
    let env = TestEnv::new();
    let other = Server::with_tls("localhost", whole("secret"));
    let plain = Server::answering("secret");
    for to in [&other, &plain] {
        let first = Server::with_tls("localhost", redirect(to.url()));
        env.trust(&[&first, &other]);
        let task = format!("follow {}", first.url());
        let repository = env.repository(&format!("to-{}", to.host().replace(':', "-")));
        grant(&repository, &task, &[&first.host()]);
        let refused = fetched(&repository);
        let asked = format!("asked for {}, which it is not granted", to.host());
        assert!(refused.contains(&asked), "{refused}");
        assert_eq!((first.requests(), to.connections()), (2, 0));
    }

    let first = Server::with_tls("localhost", redirect(other.url()));
    env.trust(&[&first, &other]);
    let task = format!("follow {}", first.url());
    let repository = granting(&env, &task, &[&first.host(), &other.host()]);
    let brief = fetched(&repository);
    assert!(brief.contains("status 200, 6 bytes"), "{brief}");
}

/// A grant is a name. That another name leads to the same place makes no difference.
#[test]
fn a_name_that_leads_to_a_granted_address_is_refused() {
    let env = TestEnv::new();
    let server = Server::with_tls("localhost", whole("secret"));
    env.trust(&[&server]);
    let address = server.host().replace("localhost", "127.0.0.1");
    for url in [
        server.url(),
        server.url().replace("localhost", "LOCALHOST"),
        server.url().replace("localhost", "2130706433"),
    ] {
        let repository = env.repository(&url.replace(['/', ':'], "-"));
        grant(&repository, &format!("fetch {url}"), &[&address]);
        let refused = fetched(&repository);
        assert!(refused.contains("which it is not granted"), "{refused}");
    }
    assert_eq!(server.connections(), 0);
}
