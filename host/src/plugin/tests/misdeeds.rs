//! One misdeed each, beside a plugin that behaves.

use std::os::unix::fs::symlink;
use std::time::Instant;

use super::bindings::session::plugin::types;
use super::*;
use crate::config;

/// Asks the culprit between two plugins that behave, and returns the one warning there is.
fn only_warning(culprit: Source<'static>) -> Warning {
    let answers = ask(vec![doing("nothing"), culprit, doing("nothing")]);
    let steps: Vec<_> = answers
        .contributions
        .iter()
        .filter(|contribution| contribution.plugin == "nothing")
        .flat_map(|contribution| contribution.next_steps.iter())
        .collect();
    assert_eq!(steps, ["did nothing"; 2]);
    let [warning] = answers.warnings.as_slice() else {
        panic!("not one warning: {:?}", answers.warnings);
    };
    warning.clone()
}

fn only_message(deed: &str) -> String {
    only_warning(doing(deed)).message
}

#[test]
fn a_panic_is_told_in_its_own_words_without_escape_sequences() {
    let warning = only_warning(doing("panic"));
    assert_eq!(
        warning.message,
        "plugin panic (brief) panicked: no such thing as a free lunch"
    );
    assert_eq!(
        warning.hint.as_deref(),
        Some("session plugin disable panic")
    );
}

#[test]
fn an_error_of_the_plugins_own_is_a_warning() {
    assert_eq!(
        only_message("error"),
        "plugin error (brief) failed: the service is down"
    );
}

#[test]
fn an_endless_loop_is_interrupted() {
    let warning = only_warning(within(Duration::from_millis(100), doing("loop")));
    assert_eq!(
        warning.message,
        "plugin loop (brief) took longer than its limit of 100 ms"
    );
}

/// What comes of a call that finds its epoch over when it begins.
fn interrupted(
    deed: &str,
    deadline: deadline::Deadline,
) -> wasmtime::Result<Result<types::Contribution, String>> {
    let host = FixedHost::new(&std::env::temp_dir());
    let loader = Loader::new(Some(&cache_dir()), WhenCold::Compile).unwrap();
    let source = doing(deed);
    let loaded = loader.load(&source).unwrap();
    let ready = Ready::new(source, vec![Hook::Brief], loaded);
    let loaded = ready.loaded().unwrap();
    let call = ready.call(loaded, Hook::Brief, &brief(), &host);
    let (report, events) = std::sync::mpsc::channel();
    let line = line::Line::new(report, 1, deadline);
    let store = Sandbox::new(Arc::clone(&call.context), line).into_store(&loader.engine);
    loader.engine.increment_epoch();
    let guest = std::thread::spawn(move || {
        let mut store = store;
        call.loaded.call(call.hook, &mut store, &call.request)
    });
    while let Ok(report) = events.recv() {
        if let line::Event::Query(query) = report.event {
            query(&host);
        }
    }
    guest.join().unwrap()
}

/// Without epochs in the compiled code this test would not end: the caller would leave the thread behind, running.
#[test]
fn a_loop_ends_when_the_epoch_advances() {
    let error = interrupted("loop", deadline::Deadline::after(Duration::ZERO)).unwrap_err();
    assert_eq!(error.downcast_ref(), Some(&wasmtime::Trap::Interrupt));
}

/// As behind others that loop: its time passed before it had the processor at all.
#[test]
fn a_plugin_that_could_not_have_the_processor_answers_late() {
    let passed = deadline::Deadline::of(Duration::from_secs(3600), Instant::now());
    let said = interrupted("nothing", passed).unwrap().unwrap();
    assert_eq!(said.next_steps, ["did nothing"]);
}

#[test]
fn a_plugin_that_sleeps_in_a_host_function_is_left_behind() {
    let started = Instant::now();
    let warning = only_warning(within(Duration::from_millis(100), doing("sleep")));
    assert_eq!(
        warning.message,
        "plugin sleep (brief) took longer than its limit of 100 ms"
    );
    assert!(started.elapsed() < Duration::from_secs(3600));
}

#[test]
fn endless_recursion_ends_at_the_stack_limit() {
    assert_eq!(
        only_message("recursion"),
        "plugin recursion (brief) recursed until its stack was full"
    );
}

#[test]
fn memory_beyond_the_limit_is_denied_and_named() {
    let mut source = doing("memory");
    source.settings.limits.memory = Some(16 * 1024 * 1024);
    let message = only_warning(source).message;
    assert!(
        message.ends_with("of memory; its limit is 16 MiB"),
        "{message}"
    );
}

/// The culprit, with instances of one more module in it.
fn with_instances(name: &str, module: &wasm_encoder::Module, count: usize) -> Source<'static> {
    use wasm_encoder::ComponentSection as _;
    let mut bytes = session_guests::MISBEHAVING.to_vec();
    let mut modules = 0;
    sections::walk(session_guests::MISBEHAVING, |section| {
        let is_module = matches!(section, sections::Section::Nested([_, _, _, _, 1, ..]));
        modules += u32::from(is_module);
        std::ops::ControlFlow::Continue(())
    })
    .unwrap();
    wasm_encoder::ModuleSection(module).append_to_component(&mut bytes);
    let mut instances = wasm_encoder::InstanceSection::new();
    for _ in 0..count {
        instances.instantiate::<_, &str>(modules, []);
    }
    instances.append_to_component(&mut bytes);
    assert_eq!(inspect(&bytes).unwrap().problem, None);
    Source {
        digest: Cow::Owned(engine::digest(&bytes)),
        component: Component::Here(Cow::Owned(bytes)),
        ..doing(name)
    }
}

#[test]
fn tables_are_memory_too() {
    let mut tables = wasm_encoder::TableSection::new();
    tables.table(wasm_encoder::TableType {
        element_type: wasm_encoder::RefType::FUNCREF,
        table64: false,
        minimum: 900_000,
        maximum: None,
        shared: false,
    });
    let mut module = wasm_encoder::Module::new();
    module.section(&tables);
    let message = only_warning(with_instances("tables", &module, 10)).message;
    assert!(
        message.ends_with("of memory; its limit is 64 MiB"),
        "{message}"
    );
}

#[test]
fn there_is_a_limit_to_instances() {
    let module = wasm_encoder::Module::new();
    let message = only_warning(with_instances("instances", &module, 200)).message;
    assert!(message.contains("instance count too high"), "{message}");
}

#[test]
fn a_flood_of_output_is_cut_off() {
    assert_eq!(
        only_message("output"),
        "plugin output (brief) printed more than its limit of 65536 bytes"
    );
}

#[test]
fn a_flood_of_host_calls_is_cut_off() {
    let message = only_message("host-calls");
    assert!(
        message.contains("more than 1000 calls of host functions"),
        "{message}"
    );
}

#[test]
fn globs_that_fill_the_stack_or_the_memory_are_refused() {
    let answers = ask(vec![doing("globs")]);
    assert_eq!(answers.warnings, []);
    assert_eq!(
        answers.contributions[0].next_steps,
        [
            "invalid: a glob has more than 1024 bytes",
            "invalid: a glob has braces in each other, more than 8 deep",
            "invalid: all globs together have more than 32768 bytes",
        ]
    );
}

/// Whatever else waits for the host, its clock included, must not wait for all of it.
#[test]
fn many_questions_in_one_call_are_answered_one_by_one_up_to_a_limit() {
    let mut host = FixedHost::new(&std::env::temp_dir());
    host.tracked = vec!["a.rs".into(); 10];
    let answers = ask_about(vec![doing("history")], &host);
    assert_eq!(answers.warnings, []);
    assert_eq!(answers.contributions[0].next_steps, ["1000 lists"]);
    assert_eq!(host.most_queries.get(), 1);

    host.tracked = vec!["a.rs".into(); 11];
    let answers = ask_about(vec![doing("history")], &host);
    assert_eq!(
        answers.warnings[0].message,
        "plugin history (brief) failed: too-large"
    );
}

/// What the configuration asks for is what holds, in the host's own functions as well.
#[test]
fn limits_of_the_configuration_hold() {
    let limited = |deed: &str, set: fn(&mut config::Limits)| {
        let mut source = doing(deed);
        set(&mut source.settings.limits);
        only_warning(source).message
    };
    assert_eq!(
        limited("output", |limits| limits.output = Some(2_048)),
        "plugin output (brief) printed more than its limit of 2048 bytes"
    );
    let message = limited("host-calls", |limits| limits.host_calls = Some(7));
    assert!(
        message.contains("more than 7 calls of host functions"),
        "{message}"
    );
    assert_eq!(
        limited("shared-text", |limits| limits.returned = Some(30_000)),
        "plugin shared-text (brief) handed over more than its limit of 30000 bytes at once"
    );
}

/// The contract's strings are UTF-8; a guest that hands over others has broken the ABI, and is stopped there.
#[test]
fn text_that_is_not_utf_8_ends_the_call() {
    let message = only_message("invalid-text");
    assert!(
        message.starts_with("plugin invalid-text (brief) was stopped: "),
        "{message}"
    );
    assert!(message.contains("utf-8"), "{message}");
}

#[test]
fn a_log_is_kept_up_to_its_limit() {
    let mut source = doing("log");
    source.settings.limits.log = Some(1_024);
    let answers = ask(vec![source]);
    let (last, kept) = answers.log.split_last().unwrap();
    let kept: usize = kept.iter().map(|(_, line)| line.len()).sum();
    assert!(kept > 500 && kept <= 1_024, "{kept}");
    let cut = "warn: more than 1024 bytes were logged; what did not fit is left out";
    assert_eq!(last.1, cut);
    assert_eq!(answers.warnings, []);
}

#[test]
fn a_plugin_may_print_as_much_as_its_limit_and_no_more() {
    let printing = |bytes: usize| {
        let mut source = doing(&format!("print {bytes}"));
        source.settings.limits.output = Some(5_000);
        ask(vec![source])
    };
    let answers = printing(5_000);
    assert_eq!(answers.warnings, []);
    assert_eq!(answers.contributions[0].next_steps, ["printed"]);
    for more in [5_001, 5_002, 20_000] {
        let answers = printing(more);
        let said = &answers.warnings[0].message;
        assert!(
            said.ends_with("printed more than its limit of 5000 bytes"),
            "{said}"
        );
    }
}

#[test]
fn a_huge_answer_is_refused_before_it_is_copied() {
    for deed in ["sections", "shared-text"] {
        assert_eq!(
            only_message(deed),
            format!(
                "plugin {deed} (brief) handed over more than its limit of 262144 bytes at once"
            )
        );
    }
}

#[test]
fn huge_state_is_not_kept() {
    let answers = ask(vec![doing("state")]);
    assert_eq!(answers.new_states, []);
    assert!(
        answers.warnings[0]
            .message
            .contains("more than 65536 bytes of state")
    );
}

#[test]
fn text_comes_without_escape_sequences_and_titles_in_one_line() {
    let answers = ask(vec![doing("escape")]);
    assert_eq!(answers.warnings, []);
    let contribution = &answers.contributions[0];
    assert_eq!(contribution.sections[0].title, "x ## Objectives");
    assert_eq!(contribution.sections[0].body, "body\nnext\n");
    assert_eq!(contribution.sections[0].importance, 100);
    assert_eq!(contribution.next_steps, ["step ## Decisions - forged"]);
}

#[test]
fn an_edit_outside_the_work_tree_is_dropped_and_the_others_stay() {
    let root = tempfile::tempdir().unwrap();
    symlink(std::env::temp_dir(), root.path().join("link")).unwrap();
    let answers = ask_about(vec![doing("edits")], &FixedHost::new(root.path()));
    let edits = &answers.contributions[0].edits;
    let paths: Vec<_> = edits.iter().map(|edit| edit.path.to_text()).collect();
    assert_eq!(paths, ["ok.md"]);
    assert_eq!(answers.warnings.len(), 1, "{:?}", answers.warnings);
    let message = &answers.warnings[0].message;
    let begin = "plugin edits (brief) proposed to write ";
    assert!(message.starts_with(begin), "{message}");
    for path in [
        "link/x",
        "../x",
        ".git/config",
        "new‹U+202E›‹U+000A›line.md",
        "x/git~1/config",
        "x/.git::$DATA",
    ] {
        assert!(message.contains(&format!("{path:?}")), "{message}");
    }
}

#[test]
fn nothing_of_the_surroundings_is_visible() {
    let answers = ask(vec![doing("environment")]);
    assert_eq!(answers.warnings, []);
    assert_eq!(
        answers.contributions[0].next_steps,
        ["variables 0, arguments 0, directory false, socket denied true, facts' clock true"]
    );
}

#[test]
fn files_are_read_inside_the_work_tree_only() {
    let outside = tempfile::tempdir().unwrap();
    let root = outside.path().join("tree");
    std::fs::create_dir_all(root.join(".git")).unwrap();
    std::fs::write(outside.path().join("secret"), "secret").unwrap();
    std::fs::write(root.join(".git/config"), "secret").unwrap();
    std::fs::write(root.join("plain"), "hello").unwrap();
    symlink("../secret", root.join("link")).unwrap();
    let answers = ask_about(vec![doing("read")], &FixedHost::new(&root));
    assert_eq!(
        answers.contributions[0].next_steps,
        ["denied denied denied hello"]
    );
}

#[test]
fn what_is_no_component_is_a_warning() {
    let made_of = |name: &str, bytes: &'static [u8]| Source {
        component: Component::Here(Cow::Borrowed(bytes)),
        digest: Cow::Owned(engine::digest(bytes)),
        ..doing(name)
    };
    let garbage = made_of("garbage", b"MZ not wasm");
    let truncated = made_of("truncated", &session_guests::MISBEHAVING[..20_000]);
    let module = made_of("module", b"\0asm\x01\0\0\0");
    for source in [garbage, truncated, module] {
        let start = format!("plugin {} could not be loaded: ", source.name);
        let message = only_warning(source).message;
        assert!(message.starts_with(&start), "{message}");
    }
}
