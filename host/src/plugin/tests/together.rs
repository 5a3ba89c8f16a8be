//! Several plugins at the same time: one that takes long holds nobody up, and each has its own deadline.

use std::sync::mpsc::{Receiver, channel};
use std::sync::{Mutex, PoisonError};

use super::network::network;
use super::server::Server;
use super::*;
use crate::plugin::call::Call;

fn steps(answers: &Answers) -> Vec<(&str, &str)> {
    let contributions = answers.contributions.iter();
    contributions
        .map(|it| (it.plugin.as_str(), it.next_steps[0].as_str()))
        .collect()
}

/// The first plugin's server answers when the last plugin has made its request: a host that waited for the first would
/// see it fail.
fn asks_the_last_while_the_first_runs(alone: bool) {
    let (called, wait): (_, Receiver<()>) = channel();
    let wait = Mutex::new(wait);
    let slow = Server::start(move |_, stream| {
        let wait = wait.lock().unwrap_or_else(PoisonError::into_inner);
        let _called = wait.recv();
        write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx")
    });
    let fast = Server::start(move |_, stream| {
        let _gone = called.send(());
        write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nxx")
    });
    let asking = |server: &Server| network(&format!("fetch {}", server.url()), &[&server.host()]);
    let sources = vec![asking(&slow), doing("nothing"), asking(&fast)];
    let host = FixedHost::new(&std::env::temp_dir());
    let mut plugins = Plugins::from_sources(
        sources,
        Some(&cache_dir()),
        &[Hook::Brief],
        WhenCold::Compile,
    );
    let calls = plugins.ready.iter().map(|plugin| Call {
        alone,
        ..plugin.call(plugin.loaded().unwrap(), Hook::Brief, &brief(), &host)
    });
    let outcomes = plugins
        .caller
        .as_mut()
        .unwrap()
        .call_all(calls.collect(), &host);
    let told: Vec<String> = outcomes
        .into_iter()
        .map(|outcome| outcome.result.unwrap().next_steps.remove(0))
        .collect();
    // In the plugins' order, not in that of the answers.
    assert_eq!(
        told,
        ["status 200, 1 bytes", "did nothing", "status 200, 2 bytes"]
    );
}

#[test]
fn the_next_plugin_begins_while_a_slow_one_runs() {
    asks_the_last_while_the_first_runs(false);
}

#[test]
fn plugins_that_use_the_network_begin_together() {
    asks_the_last_while_the_first_runs(true);
}

#[test]
fn two_loops_end_each_at_its_own_limit_and_hurt_no_third() {
    let limit = Duration::from_millis;
    let answers = ask(vec![
        within(limit(300), doing("loop")),
        within(limit(100), doing("loop")),
        within(limit(200), doing("sleep")),
        doing("nothing"),
    ]);
    assert_eq!(steps(&answers), [("nothing", "did nothing")]);
    let messages: Vec<&str> = answers.warnings.iter().map(|it| &*it.message).collect();
    assert_eq!(
        messages,
        [
            "plugin loop (brief) took longer than its limit of 300 ms",
            "plugin loop (brief) took longer than its limit of 100 ms",
            "plugin sleep (brief) took longer than its limit of 200 ms",
        ]
    );
}

/// The epoch is the engine's: what ends one call must pass the others by.
#[test]
fn a_loop_that_is_interrupted_does_not_end_a_plugin_that_still_has_time() {
    let server =
        Server::start(|_, stream| write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx"));
    // As many interruptions as there are loops, each at a time of its own, while the last plugin makes its requests.
    let mut sources: Vec<_> = (1..=5)
        .map(|nth| within(Duration::from_millis(20 * nth), doing("loop")))
        .collect();
    sources.push(network(
        &format!("many {}", server.url()),
        &[&server.host()],
    ));
    let answers = ask(sources);
    assert_eq!(steps(&answers), [("network", "32 were answered")]);
}
