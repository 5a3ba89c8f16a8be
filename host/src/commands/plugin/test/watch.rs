//! Runs something again whenever a plugin or its cases change. It must not look at what they say.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use anyhow::Context as _;
use notify::{RecursiveMode, Watcher as _};
use signal_hook::consts::{SIGINT, SIGTERM};

use crate::ui::Ui;

/// A build writes more than once; it is over when nothing was written for this long.
const QUIET: Duration = Duration::from_millis(150);

enum Event {
    Changed,
    Stopped,
}

/// Until Ctrl-C, which is how it is meant to end. A run that is under way is finished, so that nothing is left behind.
pub fn watch(ui: &Ui, file: &Path, cases: &[PathBuf], mut run: impl FnMut()) -> anyhow::Result<()> {
    let (sender, events) = channel();
    let mut signals = signal_hook::iterator::Signals::new([SIGINT, SIGTERM])
        .context("Ctrl-C could not be waited for")?;
    let stop = sender.clone();
    std::thread::spawn(move || {
        for _ in signals.forever() {
            let _ = stop.send(Event::Stopped);
        }
    });
    let component = file.to_owned();
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        // Reading a file is an event too: ours would never end.
        let is_change = event.is_ok_and(|event| {
            let mut paths = event.paths.iter();
            !event.kind.is_access() && paths.any(|path| concerns(path, &component))
        });
        if is_change {
            let _ = sender.send(Event::Changed);
        }
    })
    .context("files could not be watched")?;
    for directory in directories(file, cases) {
        watcher
            .watch(&directory, RecursiveMode::NonRecursive)
            .with_context(|| format!("{} could not be watched", directory.display()))?;
    }
    loop {
        run();
        ui.status("waiting for a change; Ctrl-C ends");
        if !wait(&events) {
            return Ok(());
        }
    }
}

/// Waits for a change, and until it is complete. False: stopped.
fn wait(events: &Receiver<Event>) -> bool {
    if !matches!(events.recv(), Ok(Event::Changed)) {
        return false;
    }
    while let Ok(event) = events.recv_timeout(QUIET) {
        if matches!(event, Event::Stopped) {
            return false;
        }
    }
    true
}

/// Directories rather than files: a tool that builds replaces the file.
fn directories(file: &Path, cases: &[PathBuf]) -> BTreeSet<PathBuf> {
    let files = [file].into_iter().chain(cases.iter().map(PathBuf::as_path));
    let directories = files.filter_map(|file| file.parent()?.canonicalize().ok());
    directories.collect()
}

fn concerns(changed: &Path, component: &Path) -> bool {
    changed.file_name() == component.file_name()
        || changed
            .extension()
            .is_some_and(|extension| extension == "json")
}
