//! The only place that prints: data to stdout, everything else to stderr. It must not decide what a command says, and
//! it trusts no text: all but `data` is cleaned on its way out.

mod difference;
mod failure;
mod progress;
mod prompt;
mod stream;

use std::cell::{Cell, RefCell};

use chrono::FixedOffset;
use serde::Serialize;

use crate::config::{DisplayConfig, Verbosity};
use crate::document::terminal::{Paint, Style};
use crate::document::{Document, json, markdown, terminal, text, time_text};
use crate::environment::{Environment, Timestamp};
use crate::error::{EXIT_USER, Warning};

pub use failure::{Bug, install_panic_hook};
pub use progress::Progress;
pub use prompt::{Cancelled, Prompt};

use stream::Stream;

/// What the command line says about printing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct UiOptions {
    /// `--json`: one object on stdout and nothing else there.
    pub json: bool,
    /// `--quiet`: on stderr only warnings and errors.
    pub quiet: bool,
    /// `--no-input`: never ask.
    pub no_input: bool,
}

pub struct Ui {
    options: UiOptions,
    stdout: Stream,
    stderr: Stream,
    /// Colour is wanted as far as the environment goes; a stream that is no terminal has none anyway.
    allows_color: bool,
    display: DisplayConfig,
    width: usize,
    offset: FixedOffset,
    may_prompt: bool,
    printed_json: Cell<bool>,
    printed_document: Cell<bool>,
    shown_warnings: RefCell<Vec<Warning>>,
}

impl Ui {
    /// With the default display settings; see [`Ui::configure`].
    pub fn new(environment: &Environment, options: UiOptions) -> Self {
        failure::set_json(options.json);
        let stdout = Stream::new(std::io::stdout(), environment.stdout_is_terminal);
        let stderr = Stream::new(std::io::stderr(), environment.stderr_is_terminal);
        Self::with_streams(environment, options, stdout, stderr)
    }

    fn with_streams(
        environment: &Environment,
        options: UiOptions,
        stdout: Stream,
        stderr: Stream,
    ) -> Self {
        let is_dumb = stream::terminal_is_dumb();
        Self {
            options,
            stdout,
            stderr,
            allows_color: !environment.no_color && !is_dumb,
            display: crate::config::Config::default().display,
            width: stream::terminal_width(),
            offset: environment.offset,
            may_prompt: environment.stdin_is_terminal
                && environment.stderr_is_terminal
                && !options.no_input
                && !options.json
                && !is_dumb,
            printed_json: Cell::new(false),
            printed_document: Cell::new(false),
            shown_warnings: RefCell::default(),
        }
    }

    /// Takes over `display` once the configuration was read.
    pub fn configure(&mut self, display: &DisplayConfig) {
        self.display = display.clone();
    }

    /// Whether the result is wanted as JSON. A command may leave this alone and state both forms: `document` and
    /// `line` print only without `--json`, `json` only with it.
    pub fn wants_json(&self) -> bool {
        self.options.json
    }

    /// Whether only what was asked for is wanted: a command whose answer is long may give its shortest form.
    pub fn is_quiet(&self) -> bool {
        self.options.quiet
    }

    /// Whether questions may be asked: there is someone at a terminal, and neither `--no-input` nor `--json`.
    pub fn may_prompt(&self) -> bool {
        self.may_prompt
    }

    /// What asks questions, where that is allowed.
    pub fn prompt(&self) -> Option<Prompt> {
        self.may_prompt
            .then(|| Prompt::new(self.style(&self.stderr).color))
    }

    /// A document: laid out for people on a terminal, with its warnings on stderr; Markdown with everything elsewhere.
    pub fn document(&self, document: &Document) {
        if self.options.json {
            return;
        }
        // `start` shows two: they stand apart.
        if self.printed_document.replace(true) {
            self.stdout.write("\n");
        }
        if self.stdout.is_terminal {
            self.stdout
                .write(&terminal::to_terminal(document, &self.style(&self.stdout)));
            for warning in &document.warnings {
                self.warning(warning);
            }
        } else {
            self.stdout.write(&markdown::to_markdown(document));
            self.shown_warnings
                .borrow_mut()
                .extend(document.warnings.iter().cloned());
        }
    }

    /// What a question is about, where the question is asked: on stderr where stdout is read by something else. Nobody is
    /// to agree to what was not shown.
    pub fn document_to_agree_to(&self, document: &Document) {
        if self.stdout.is_terminal {
            return self.document(document);
        }
        self.stderr
            .write(&terminal::to_terminal(document, &self.style(&self.stderr)));
        for warning in &document.warnings {
            self.warning(warning);
        }
    }

    /// The result of `command` as `session.<command>/1`. Errors: `body` is no object.
    pub fn json(&self, command: &str, body: &impl Serialize) -> anyhow::Result<()> {
        if self.options.json {
            let value = json::envelope(command, body)?;
            self.write_json(&value);
        }
        Ok(())
    }

    /// A line of data, or several.
    pub fn line(&self, text: &str) {
        if !self.options.json {
            self.stdout.write(&format!("{}\n", text::block(text)));
        }
    }

    /// Data exactly as given, in every mode: completions, a reply in another program's format. Nothing that others
    /// wrote may be in it uncleaned.
    pub fn data(&self, text: &str) {
        self.stdout.write(text);
    }

    /// What was done.
    pub fn status(&self, text: &str) {
        if !self.options.quiet {
            self.stderr.write(&format!("{}\n", text::block(text)));
        }
    }

    /// What is worth knowing beside it.
    pub fn note(&self, text: &str) {
        if !self.options.quiet {
            let painted = self.paint(Paint::Faint, &text::block(text));
            self.stderr.write(&format!("{painted}\n"));
        }
    }

    /// What a question is about: a headline, the lines of a difference, and what to know at the end of a long one. Shown
    /// with `--quiet` too, as the question is: nobody is to agree to what was not shown.
    pub fn proposal(&self, headline: &str, difference: &[String], in_short: &str) {
        let difference = difference::folded(difference, self.width);
        let shown = text::block(&format!("{headline}\n{difference}{in_short}"));
        self.stderr.write(&format!("{shown}\n"));
    }

    /// What a plugin or the program says of its own work: with `display.verbose`, or `SESSION_VERBOSE`.
    pub fn detail(&self, text: &str) {
        if self.display.verbose != Verbosity::Normal {
            self.note(text);
        }
    }

    /// What to run next.
    pub fn hint(&self, text: &str) {
        if !self.options.quiet {
            self.labelled(Paint::Current, "hint", text);
        }
    }

    /// Each warning is shown once, whoever reports it again.
    pub fn warning(&self, warning: &Warning) {
        if self.shown_warnings.borrow().contains(warning) {
            return;
        }
        self.shown_warnings.borrow_mut().push(warning.clone());
        self.labelled(Paint::Warning, "warning", &warning.message);
        if let Some(hint) = &warning.hint {
            self.labelled(Paint::Current, "hint", hint);
        }
    }

    /// Reports what the command failed with; gives the exit code.
    pub fn error(&self, error: &anyhow::Error) -> u8 {
        let failure = failure::describe(error);
        if self.options.json && !self.printed_json.get() {
            let message = [&*failure.message]
                .into_iter()
                .chain(failure.causes.iter().map(|cause| &**cause))
                .collect::<Vec<_>>()
                .join(": ");
            self.write_json(&json::failure(&message, failure.hint.as_deref()));
            return failure.exit_code;
        }
        self.labelled(Paint::Error, "error", &failure.message);
        for cause in &failure.causes {
            self.stderr
                .write(&format!("  caused by: {}\n", text::block(cause)));
        }
        if let Some(hint) = &failure.hint {
            self.labelled(Paint::Current, "hint", hint);
        }
        failure.exit_code
    }

    /// Shows that something long is going on, on a terminal only. Print nothing while it lives: it clears itself.
    pub fn progress(&self, message: &str) -> Progress {
        let shown = self.stderr.is_terminal && !self.options.quiet && self.allows_color;
        Progress::new(shown, self.display.emoji, &text::line(message))
    }

    /// `at` as `display.date_format` wants it, on the reader's clock.
    pub fn time(&self, at: Timestamp) -> String {
        time_text::date(at, self.offset, &self.display.date_format)
    }

    /// Called last: the exit code, which is a failure when not everything could be written. A reader that closed the
    /// pipe has read enough; that is none.
    pub fn finish(&self, exit_code: u8) -> u8 {
        let Some(error) = self.stdout.finish() else {
            return exit_code;
        };
        self.labelled(
            Paint::Error,
            "error",
            &format!("the output could not be written: {error}"),
        );
        exit_code.max(EXIT_USER)
    }

    fn write_json(&self, value: &serde_json::Value) {
        self.stdout.write(&format!("{}\n", json::to_text(value)));
        self.printed_json.set(true);
    }

    fn labelled(&self, paint: Paint, label: &str, text: &str) {
        let label = self.paint(paint, &format!("{label}:"));
        self.stderr
            .write(&format!("{label} {}\n", text::block(text)));
    }

    fn paint(&self, paint: Paint, text: &str) -> String {
        self.style(&self.stderr).paint(paint, text)
    }

    fn style(&self, stream: &Stream) -> Style {
        Style {
            color: self.allows_color && self.display.color && stream.is_terminal,
            emoji: self.display.emoji,
            width: self.width,
        }
    }
}

#[cfg(test)]
mod tests;
