//! Questions to a person at a terminal, on stderr. It must not be reached without one: `Ui::prompt` decides.

use std::fmt;

use inquire::ui::RenderConfig;
use inquire::{CustomType, InquireError, MultiSelect, Select, Text};

use crate::document::text;
use crate::error::{EXIT_INTERRUPTED, EXIT_USER};

/// Choices shown at a time; the others scroll.
const PAGE: usize = 10;

/// The person left a question with Esc or Ctrl-C. Most questions come before anything is written, so nothing was; one
/// that comes later says what remains.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cancelled {
    pub by_interrupt: bool,
    pub outcome: &'static str,
}

impl Cancelled {
    fn new(by_interrupt: bool) -> Self {
        Self {
            by_interrupt,
            outcome: "nothing was changed",
        }
    }

    pub(super) fn exit_code(&self) -> u8 {
        match self.by_interrupt {
            true => EXIT_INTERRUPTED,
            false => EXIT_USER,
        }
    }
}

impl fmt::Display for Cancelled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cancelled; {}", self.outcome)
    }
}

impl std::error::Error for Cancelled {}

/// Asks. Every method ends with [`Cancelled`] when the person leaves the question.
#[derive(Debug)]
pub struct Prompt {
    look: RenderConfig<'static>,
}

impl Prompt {
    pub(super) fn new(color: bool) -> Self {
        let look = if color {
            RenderConfig::default_colored()
        } else {
            RenderConfig::empty()
        };
        Self { look }
    }

    /// One of `options`, by its index; the cursor starts at `default`. `options` may not be empty.
    pub fn select(
        &self,
        question: &str,
        options: &[String],
        default: usize,
    ) -> anyhow::Result<usize> {
        let answer = Select::new(&text::line(question), lines(options))
            .with_starting_cursor(default.min(options.len().saturating_sub(1)))
            .with_page_size(PAGE)
            .with_render_config(self.look)
            .raw_prompt();
        Ok(answered(answer)?.index)
    }

    /// Any of `options`, by their indices, ascending; those of `defaults` are ticked at the start.
    pub fn multi_select(
        &self,
        question: &str,
        options: &[String],
        defaults: &[usize],
    ) -> anyhow::Result<Vec<usize>> {
        let answer = MultiSelect::new(&text::line(question), lines(options))
            .with_default(defaults)
            .with_page_size(PAGE)
            .with_render_config(self.look)
            .raw_prompt();
        let mut chosen: Vec<usize> = answered(answer)?.iter().map(|one| one.index).collect();
        chosen.sort_unstable();
        Ok(chosen)
    }

    /// A line of text, trimmed; it may be empty.
    pub fn text(&self, question: &str) -> anyhow::Result<String> {
        let question = text::line(question);
        let prompt = Text::new(&question).with_render_config(self.look);
        Ok(text::line(&answered(prompt.prompt())?))
    }

    /// Yes or no, as in `Update a.md, as notes proposes? [y/N]`; an empty answer gives `default`. What is agreed to is seen
    /// as it is: blanks are not folded.
    pub fn confirm(&self, question: &str, default: bool) -> anyhow::Result<bool> {
        let choices = if default { "[Y/n]" } else { "[y/N]" };
        let answer = CustomType::<bool>::new(&format!("{} {choices}", text::visible(question)))
            .with_parser(&|answer| match &*answer.trim().to_lowercase() {
                "" => Ok(default),
                "y" | "yes" => Ok(true),
                "n" | "no" => Ok(false),
                _ => Err(()),
            })
            .with_formatter(&|yes| if yes { "yes" } else { "no" }.into())
            .with_error_message("answer y or n")
            .with_render_config(self.look)
            .prompt();
        answered(answer)
    }
}

fn lines(options: &[String]) -> Vec<String> {
    options.iter().map(|option| text::line(option)).collect()
}

fn answered<T>(answer: Result<T, InquireError>) -> anyhow::Result<T> {
    answer.map_err(|error| match error {
        InquireError::OperationCanceled => Cancelled::new(false).into(),
        InquireError::OperationInterrupted => Cancelled::new(true).into(),
        other => anyhow::Error::new(other).context("failed to ask a question on the terminal"),
    })
}

#[cfg(test)]
#[path = "prompt_tests.rs"]
mod tests;
