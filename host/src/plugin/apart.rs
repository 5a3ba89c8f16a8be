//! Work on bytes that somebody else made, on a thread of its own: what breaks down over them is an error, and not the end
//! of the process. It must not be used where a plugin is called, which has a sandbox.

use std::cell::RefCell;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::time::Duration;

use anyhow::Context as _;

/// Far more than [`super::nesting`] lets the readers of components take. What is not touched costs nothing.
const STACK: usize = 64 * 1024 * 1024;

/// Why there is no result.
#[derive(Debug, PartialEq, Eq)]
pub enum Failure {
    Late(Duration),
    BrokeDown,
}

type Tell = Box<dyn Fn()>;

thread_local! {
    /// Whom to tell when this thread breaks down.
    static TELL: RefCell<Option<Tell>> = const { RefCell::new(None) };
}

/// Gives up at the limit: nobody can interrupt the work, and its thread is left behind until the process ends.
pub fn work<T: Send + 'static>(
    limit: Duration,
    work: impl FnOnce() -> T + Send + 'static,
) -> anyhow::Result<Result<T, Failure>> {
    let (done, ended) = channel();
    std::thread::Builder::new()
        .name("apart".to_owned())
        .stack_size(STACK)
        .spawn(move || {
            let broken: Sender<Result<T, Failure>> = done.clone();
            let tell = move || drop(broken.send(Err(Failure::BrokeDown)));
            TELL.set(Some(Box::new(tell)));
            drop(done.send(Ok(work())));
        })
        .context("failed to start a thread")?;
    Ok(match ended.recv_timeout(limit) {
        Ok(result) => result,
        Err(RecvTimeoutError::Timeout) => Err(Failure::Late(limit)),
        Err(RecvTimeoutError::Disconnected) => Err(Failure::BrokeDown),
    })
}

/// For the hook that a panic runs before it ends the process: comes back unless the panic is that of work done apart. That
/// is told instead, and its thread stands still for good.
pub fn stand_still() {
    let is_apart = TELL.with_borrow(|tell| tell.as_ref().map(|tell| tell()));
    while is_apart.is_some() {
        std::thread::park();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_breaks_down_or_is_late_is_an_error() {
        let far = Duration::from_secs(3600);
        assert_eq!(work(far, || 7).unwrap(), Ok(7));
        let late = Duration::ZERO;
        let parked = || std::thread::park();
        assert_eq!(work(late, parked).unwrap(), Err(Failure::Late(late)));
        assert_eq!(work(far, stand_still).unwrap(), Err(Failure::BrokeDown));
        let unwound = || panic!("a panic of the test");
        assert_eq!(
            work(far, unwound).unwrap(),
            Err::<(), _>(Failure::BrokeDown)
        );
        // Of work that is not done apart, it is no concern.
        stand_still();
    }
}
