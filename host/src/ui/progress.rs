//! A line on a terminal that shows that long work goes on. It must not leave a trace when the work is done.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::document::text;

const FRAME: Duration = Duration::from_millis(100);

const AMOUNT: &str = "{msg} [{bar:30}] {bytes} of {total_bytes}";

/// Cleared when dropped. Without a terminal it does nothing.
pub struct Progress {
    bar: Option<ProgressBar>,
}

impl Progress {
    pub(super) fn new(shown: bool, emoji: bool, message: &str) -> Self {
        let bar = shown.then(|| {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
            let style = ProgressStyle::default_spinner();
            bar.set_style(if emoji {
                style
            } else {
                style.tick_chars("|/-\\ ")
            });
            bar.set_message(message.to_owned());
            bar.enable_steady_tick(FRAME);
            bar
        });
        Self { bar }
    }

    /// Says what is being done now.
    pub fn update(&self, message: &str) {
        if let Some(bar) = &self.bar {
            bar.set_message(text::line(message));
        }
    }
}

impl Progress {
    /// Bytes that are done, of a number that is known or not.
    pub fn amount(&self, done: u64, total: Option<u64>) {
        let Some(bar) = &self.bar else {
            return;
        };
        if let (Some(total), None) = (total, bar.length())
            && let Ok(style) = ProgressStyle::with_template(AMOUNT)
        {
            bar.set_length(total);
            bar.set_style(style.progress_chars("=> "));
        }
        bar.set_position(done);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
