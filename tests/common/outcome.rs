//! What a finished command left: standard output, standard error and exit code in one printable value, so that one
//! snapshot shows all of them. It must not judge.

use std::fmt;
use std::process::Output;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    pub stdout: String,
    pub stderr: String,
    /// None when a signal ended it.
    pub code: Option<i32>,
}

impl Outcome {
    pub fn new(output: &Output) -> Self {
        Self {
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
            code: output.status.code(),
        }
    }

    /// Writes `to` for every `from`.
    pub fn replace(mut self, from: &str, to: &str) -> Self {
        for text in [&mut self.stdout, &mut self.stderr] {
            *text = text.replace(from, to);
        }
        self
    }

    /// Writes `to` for whatever the regular expression finds: what is random or differs between machines.
    pub fn redact(mut self, pattern: &str, to: &str) -> Self {
        let pattern = regex::Regex::new(pattern).unwrap();
        for text in [&mut self.stdout, &mut self.stderr] {
            *text = pattern.replace_all(text, to).into_owned();
        }
        self
    }

    /// The one JSON object on standard output, of a command that succeeded.
    #[track_caller]
    pub fn json(&self) -> serde_json::Value {
        assert_eq!(self.code, Some(0), "{self}");
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error} in\n{self}"))
    }

    #[track_caller]
    pub fn success(self) -> Self {
        assert_eq!(self.code, Some(0), "{self}");
        self
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.code {
            Some(code) => writeln!(f, "exit code: {code}")?,
            None => writeln!(f, "ended by a signal")?,
        }
        for (name, text) in [("stdout", &self.stdout), ("stderr", &self.stderr)] {
            if !text.is_empty() {
                let end = if text.ends_with('\n') { "" } else { "⏎\n" };
                write!(f, "----- {name} -----\n{text}{end}")?;
            }
        }
        Ok(())
    }
}
