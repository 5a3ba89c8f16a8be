//! Passing on what is typed. It must not act on a key but the one that suspends, which our own shell has to hear of.

use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_current_process_group, kill_process_group};

use super::own_terminal;
use super::pseudo_terminal::PseudoTerminal;

/// How long a stop of our own may take to reach us.
const STOPPING: Duration = Duration::from_millis(100);

/// How often we look whether a shell has given the terminal back.
const BACKGROUND: Duration = Duration::from_millis(200);

/// In a thread of its own, which ends with the process.
pub fn forward(terminal: Arc<PseudoTerminal>, command: Pid) {
    std::thread::spawn(move || {
        let mut buffer = [0; 4096];
        loop {
            let length = match rustix::io::read(std::io::stdin(), &mut buffer) {
                Ok(0) => return,
                Ok(length) => length,
                Err(rustix::io::Errno::INTR) => continue,
                // In the background, nothing that is typed is for us.
                Err(_) if !own_terminal::is_ours() => {
                    std::thread::sleep(BACKGROUND);
                    continue;
                }
                Err(_) => return,
            };
            let keys = &buffer[..length];
            let suspend = keys.iter().any(|key| terminal.suspends(*key, command));
            let mut master = terminal.master();
            if master.write_all(keys).is_err() {
                return;
            }
            if suspend {
                stop(&terminal, command);
            }
        }
    });
}

/// Ctrl-Z: the command is stopped, then we are, with everything that the shell started with us; the shell sees a
/// stopped job. The command's own group has no shell in its session, so that the terminal's signal alone does nothing.
fn stop(terminal: &PseudoTerminal, command: Pid) {
    own_terminal::restore();
    let _ = kill_process_group(command, Signal::STOP);
    let _ = kill_current_process_group(Signal::TSTP);
    // Nobody may be there to stop us for. Else this goes on when we are continued.
    std::thread::sleep(STOPPING);
    go_on(terminal, command);
}

/// After we were stopped: the terminal may have been changed and resized meanwhile.
pub fn go_on(terminal: &PseudoTerminal, command: Pid) {
    own_terminal::make_raw();
    terminal.fit();
    let _ = kill_process_group(command, Signal::CONT);
}
