//! What a plugin that uses the network said last: shown where it is not asked, and where its service is gone.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::network::network;
use super::server::Server;
use super::*;
use crate::plugin::kept::Kept;

fn ask_keeping(source: Source<'static>, kept: &Path, hook: Hook, network: Network) -> Answers {
    about(
        &FixedHost::new(&std::env::temp_dir()),
        source,
        kept,
        hook,
        network,
    )
}

fn about(
    host: &FixedHost,
    source: Source<'static>,
    kept: &Path,
    hook: Hook,
    network: Network,
) -> Answers {
    let cache_dir = cache_dir();
    let sources = vec![doing("nothing"), source];
    let mut plugins = Plugins::from_sources(sources, Some(&cache_dir), &[hook], WhenCold::Compile);
    let question = Question { hook, ..brief() };
    let kept = Kept::at(kept.to_owned());
    plugins.ask_keeping(&question, host, &kept, network)
}

/// What the component said, and when.
fn of_network(answers: &Answers) -> Option<(&str, bool)> {
    let mut contributions = answers.contributions.iter();
    let it = contributions.find(|it| it.plugin == "network")?;
    Some((&it.next_steps[0], it.said_at.is_some()))
}

fn messages(answers: &Answers) -> Vec<&str> {
    answers.warnings.iter().map(|it| &*it.message).collect()
}

#[test]
fn a_brief_shows_what_was_said_last_and_makes_no_connection() {
    let kept = tempfile::tempdir().unwrap();
    let server = Server::answering("hello");
    let asking = || network(&format!("fetch {}", server.url()), &[&server.host()]);
    let unasked = ask_keeping(asking(), kept.path(), Hook::Brief, Network::Kept);
    assert_eq!(of_network(&unasked), None);
    assert_eq!(
        messages(&unasked),
        ["plugin network uses the network and was not asked on this branch yet"]
    );
    assert_eq!(
        unasked.warnings[0].hint.as_deref(),
        Some("session plugin refresh network")
    );
    assert_eq!(server.connections(), 0);

    let asked = ask_keeping(asking(), kept.path(), Hook::Brief, Network::Asked);
    assert_eq!(of_network(&asked), Some(("status 200, 5 bytes", false)));
    // The brief's, and the status's beside it.
    assert_eq!(server.connections(), 2);

    for hook in [Hook::Brief, Hook::Status] {
        let again = ask_keeping(asking(), kept.path(), hook, Network::Kept);
        assert_eq!(of_network(&again), Some(("status 200, 5 bytes", true)));
        assert_eq!(messages(&again), [""; 0]);
    }
    assert_eq!(server.connections(), 2);
}

#[test]
fn a_checkpoint_asks_and_brings_the_brief_up_to_date_and_a_switch_does_not() {
    let kept = tempfile::tempdir().unwrap();
    let server = Server::answering("hello");
    let asking = || network(&format!("fetch {}", server.url()), &[&server.host()]);
    let switch = ask_keeping(asking(), kept.path(), Hook::Checkpoint, Network::Kept);
    assert_eq!((of_network(&switch), server.connections()), (None, 0));
    let checkpoint = ask_keeping(asking(), kept.path(), Hook::Checkpoint, Network::Asked);
    assert_eq!(
        of_network(&checkpoint),
        Some(("status 200, 5 bytes", false))
    );
    assert_eq!(server.connections(), 3);
    let brief = ask_keeping(asking(), kept.path(), Hook::Brief, Network::Kept);
    assert_eq!(of_network(&brief), Some(("status 200, 5 bytes", true)));
    assert_eq!(server.connections(), 3);
}

#[test]
fn where_the_service_is_gone_what_was_said_stands_and_one_warning_says_so() {
    let kept = tempfile::tempdir().unwrap();
    let server =
        Server::start(|_, stream| write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"));
    let host = server.host();
    let asking = || network(&format!("fetch {}", server.url()), &[&host]);
    ask_keeping(asking(), kept.path(), Hook::Brief, Network::Asked);
    server.stop();
    let fallen = ask_keeping(asking(), kept.path(), Hook::Brief, Network::Asked);
    assert_eq!(of_network(&fallen), Some(("status 200, 2 bytes", true)));
    let still = ask_keeping(asking(), kept.path(), Hook::Brief, Network::Kept);
    assert_eq!(of_network(&still), Some(("status 200, 2 bytes", true)));
    let [message] = messages(&fallen)[..] else {
        panic!("not one warning: {:?}", fallen.warnings);
    };
    assert!(
        message.starts_with("plugin network (brief) failed: "),
        "{message}"
    );
    assert!(
        message.ends_with("; what it said just now stands"),
        "{message}"
    );
}

/// It was said to be "not asked on this branch yet".
#[test]
fn one_that_failed_when_it_was_asked_is_not_said_to_be_unasked() {
    let kept = tempfile::tempdir().unwrap();
    let server = Server::start(|_, stream| stream.write_all(b"no HTTP\r\n\r\n"));
    let asking = || network(&format!("fetch {}", server.url()), &[&server.host()]);
    let failed = ask_keeping(asking(), kept.path(), Hook::Brief, Network::Asked);
    assert_eq!(of_network(&failed), None);
    let [failure] = messages(&failed)[..] else {
        panic!("not one warning: {:?}", failed.warnings);
    };
    let cause = failure.strip_prefix("plugin network (brief) ").unwrap();
    assert!(cause.starts_with("failed: "), "{cause}");
    let recalled = ask_keeping(asking(), kept.path(), Hook::Brief, Network::Kept);
    assert_eq!(
        messages(&recalled),
        [format!(
            "plugin network (brief) was asked just now and {cause}"
        )]
    );
    let hint = recalled.warnings[0].hint.as_deref();
    assert_eq!(hint, Some("session plugin refresh network"));
    // Of another configuration nothing is known.
    let mut other = asking();
    other.settings.config = "fetch https://api.example.com/".into();
    let unasked = ask_keeping(other, kept.path(), Hook::Brief, Network::Kept);
    assert!(messages(&unasked)[0].ends_with("not asked on this branch yet"));
}

#[test]
fn what_was_said_holds_for_the_same_component_grants_configuration_and_branch() {
    let kept = tempfile::tempdir().unwrap();
    let server = Server::answering("hello");
    let asking = || network(&format!("fetch {}", server.url()), &[&server.host()]);
    ask_keeping(asking(), kept.path(), Hook::Brief, Network::Asked);
    let mut more_granted = asking();
    more_granted.access.http.push("api.example.com".to_owned());
    let mut a_variable = asking();
    a_variable.access.env = vec![("TOKEN".to_owned(), String::new())];
    let mut elsewhere = asking();
    elsewhere.settings.config = "fetch https://api.example.com/".into();
    let mut asked_for = asking();
    asked_for.settings.allow.http = vec!["api.example.com".to_owned()];
    let mut other = asking();
    other.digest = Cow::Owned("0".repeat(64));
    for changed in [more_granted, a_variable, elsewhere, asked_for, other] {
        let answers = ask_keeping(changed, kept.path(), Hook::Brief, Network::Kept);
        assert_eq!(of_network(&answers), None);
    }
    let mut on_branch = FixedHost::new(&std::env::temp_dir());
    on_branch.session.branch = Some("other".to_owned());
    let answers = about(
        &on_branch,
        asking(),
        kept.path(),
        Hook::Brief,
        Network::Kept,
    );
    assert_eq!(of_network(&answers), None);
    // And it is still there.
    let answers = ask_keeping(asking(), kept.path(), Hook::Brief, Network::Kept);
    assert!(of_network(&answers).is_some());
}

/// In a shell without the token the answer was thrown away.
#[test]
fn what_was_said_with_a_variable_stands_where_it_is_not_set() {
    let kept = tempfile::tempdir().unwrap();
    let answered = AtomicUsize::new(0);
    // No two answers are the same.
    let server = Server::start(move |_, stream| {
        let body = "x".repeat(answered.fetch_add(1, Ordering::SeqCst) + 1);
        write!(
            stream,
            "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
    });
    let asking = || network(&format!("fetch {}", server.url()), &[&server.host()]);
    let with = || {
        let mut source = asking();
        source.access.env = vec![("TOKEN".to_owned(), "hunter22-long".to_owned())];
        source
    };
    let without = || {
        let mut source = asking();
        source.access.env_unset = vec!["TOKEN".to_owned()];
        source
    };
    let recalled = || ask_keeping(without(), kept.path(), Hook::Status, Network::Kept);
    let ask = |source| ask_keeping(source, kept.path(), Hook::Status, Network::Asked);

    ask(without());
    let first = of_network(&recalled()).unwrap().0.to_owned();
    ask(with());
    let with_it = recalled();
    let (known, is_kept) = of_network(&with_it).unwrap();
    assert!(is_kept && known != first, "{known}");
    let known = known.to_owned();
    let unset = ask(without());
    let (now, is_kept) = of_network(&unset).unwrap();
    assert!(
        !is_kept && now != known,
        "for now, what was said now: {now}"
    );
    assert_eq!(of_network(&recalled()), Some((&*known, true)));
    ask(with());
    assert_ne!(of_network(&recalled()), Some((&*known, true)));
}

#[test]
fn work_trees_whose_heads_are_detached_do_not_show_each_others_answers() {
    let kept = tempfile::tempdir().unwrap();
    let server = Server::answering("hello");
    let asking = || network(&format!("fetch {}", server.url()), &[&server.host()]);
    let [here, there] = [(); 2].map(|()| tempfile::tempdir().unwrap());
    let [here, there] = [here.path(), there.path()].map(|root| {
        let mut host = FixedHost::new(root);
        host.session.branch = None;
        host
    });
    let hook = Hook::Brief;
    about(&here, asking(), kept.path(), hook, Network::Asked);
    let recall = |host| about(host, asking(), kept.path(), hook, Network::Kept);
    assert_eq!(of_network(&recall(&there)), None);
    assert!(of_network(&recall(&here)).is_some());
}

#[test]
fn a_kept_answer_that_is_damaged_was_never_given() {
    let kept = tempfile::tempdir().unwrap();
    let server = Server::answering("hello");
    let asking = || network(&format!("fetch {}", server.url()), &[&server.host()]);
    ask_keeping(asking(), kept.path(), Hook::Brief, Network::Asked);
    for entry in std::fs::read_dir(kept.path().join("network")).unwrap() {
        std::fs::write(entry.unwrap().path(), "{\"format\":").unwrap();
    }
    let answers = ask_keeping(asking(), kept.path(), Hook::Brief, Network::Kept);
    assert_eq!(of_network(&answers), None);
    assert_eq!(answers.warnings.len(), 1);
}

#[test]
fn a_variables_value_is_not_in_what_is_kept() {
    let kept = tempfile::tempdir().unwrap();
    let mut source = network("say TOKEN", &["api.example.com"]);
    source.access.env = vec![("TOKEN".to_owned(), "hunter22-long".to_owned())];
    ask_keeping(source, kept.path(), Hook::Brief, Network::Asked);
    let files = std::fs::read_dir(kept.path().join("network")).unwrap();
    let files: Vec<String> = files
        .map(|entry| std::fs::read_to_string(entry.unwrap().path()).unwrap())
        .collect();
    assert_eq!(files.len(), 2);
    for text in files {
        assert!(
            text.contains("••••") && !text.contains("hunter22"),
            "{text}"
        );
    }
}

#[test]
fn what_was_said_is_shown_where_the_component_is_not_compiled() {
    let kept = tempfile::tempdir().unwrap();
    let cold = tempfile::tempdir().unwrap();
    let server = Server::answering("hello");
    let asking = || network(&format!("fetch {}", server.url()), &[&server.host()]);
    let host = FixedHost::new(&std::env::temp_dir());
    let in_a_hook = |hook, network| {
        let sources = vec![asking(), doing("nothing")];
        let mut plugins =
            Plugins::from_sources(sources, Some(cold.path()), &[hook], WhenCold::Skip);
        let question = Question { hook, ..brief() };
        let kept = Kept::at(kept.path().to_owned());
        plugins.ask_keeping(&question, &host, &kept, network)
    };
    let left_out =
        "plugin nothing was left out: it is not compiled yet, and hooks do not wait for that";
    let unasked = in_a_hook(Hook::Brief, Network::Kept);
    assert_eq!(unasked.contributions, []);
    assert_eq!(
        messages(&unasked),
        [
            left_out,
            "plugin network uses the network and was not asked on this branch yet"
        ]
    );
    ask_keeping(asking(), kept.path(), Hook::Brief, Network::Asked);
    let connections = server.connections();
    for hook in [Hook::Brief, Hook::Status] {
        let answers = in_a_hook(hook, Network::Kept);
        assert_eq!(of_network(&answers), Some(("status 200, 5 bytes", true)));
        assert_eq!(messages(&answers), [left_out]);
    }
    // It has no such hook, and it is not called.
    assert_eq!(in_a_hook(Hook::Handoff, Network::Kept).contributions, []);
    assert_eq!(in_a_hook(Hook::Brief, Network::Asked).contributions, []);
    assert_eq!(server.connections(), connections);
}

#[test]
fn what_a_plugin_said_is_forgotten_and_nothing_else() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    for path in ["kept/acme", "kept/other", "beside"] {
        std::fs::create_dir_all(root.join(path)).unwrap();
        std::fs::write(root.join(path).join("brief-0.json"), "{}").unwrap();
    }
    std::os::unix::fs::symlink(root.join("beside"), root.join("kept/link")).unwrap();
    let kept = Kept::at(root.join("kept"));
    for name in ["acme", "link", "../beside", "..", ".", "", "never"] {
        kept.forget(name).unwrap();
    }
    let left: Vec<_> = std::fs::read_dir(root.join("kept")).unwrap().collect();
    assert_eq!(left.len(), 1);
    for path in ["kept/other", "beside"] {
        assert!(root.join(path).join("brief-0.json").exists(), "{path}");
    }
    Kept::at(root.join("none")).forget("acme").unwrap();
}
