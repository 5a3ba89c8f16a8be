//! The values of granted variables, taken out of everything that leaves a sandbox. It must not guess what else might be
//! a secret: `document::secrets` knows the shapes of tokens.

use super::access::Access;
use super::bindings::session::plugin::types::Contribution;
use super::call::{Failure, Outcome};
use super::http::Refusal;
use crate::document::text;

/// Shorter values are words and numbers, which stand everywhere.
const SHORTEST: usize = 8;
const MASK: &str = "••••";

/// The values that one plugin was given, in each form in which they are looked for.
pub struct Secrets(Vec<String>);

impl Secrets {
    pub fn of(access: &Access) -> Self {
        let values = access.env.iter().flat_map(|(_, value)| forms(value));
        let mut values: Vec<String> = values
            .filter(|value| value.chars().count() >= SHORTEST)
            .collect();
        // One that holds another is masked as a whole.
        values.sort_unstable_by_key(|value| std::cmp::Reverse(value.len()));
        Self(values)
    }

    /// Everything of a call that anybody may read later.
    pub fn mask_outcome(&self, outcome: &mut Outcome) {
        if self.0.is_empty() {
            return;
        }
        outcome.log.iter_mut().for_each(|line| self.mask(line));
        for refusal in &mut outcome.refusals {
            if let Refusal::NotGranted(host) | Refusal::NotEncrypted(host) = refusal {
                self.mask_host(host);
            }
        }
        match &mut outcome.result {
            Ok(answer) => self.mask_answer(answer),
            Err(Failure::Panic(text) | Failure::Said(text) | Failure::Trap(text)) => {
                self.mask(text);
            }
            Err(_) => {}
        }
    }

    /// What is taken out of a text before it is shown, or folded into one space, joins what stands on both sides of it:
    /// a value must not be in what is left either.
    pub fn mask(&self, text: &mut String) {
        self.replace(text);
        let cleanings: [fn(&str) -> String; 4] = [
            text::block,
            text::line,
            |text| text::block(text).replace(is_joiner, ""),
            |text| text::line(text).replace(is_joiner, ""),
        ];
        for clean in cleanings {
            let cleaned = clean(text);
            if self.0.iter().any(|value| cleaned.contains(value)) {
                *text = cleaned;
                self.replace(text);
            }
        }
    }

    fn replace(&self, text: &mut String) {
        for value in &self.0 {
            if text.contains(value) {
                *text = text.replace(value, MASK);
            }
        }
    }

    /// A host's name has lost its capitals before anybody sees it.
    fn mask_host(&self, host: &mut String) {
        for value in &self.0 {
            let value = value.to_ascii_lowercase();
            // Bytes stay where they are: only ASCII changes.
            let mut from = 0;
            while let Some(at) = host[from..].to_ascii_lowercase().find(&value) {
                let start = from + at;
                host.replace_range(start..start + value.len(), MASK);
                from = start + MASK.len();
            }
        }
    }

    fn mask_bytes(&self, bytes: &mut Vec<u8>) {
        if let Ok(text) = std::str::from_utf8(bytes) {
            let mut text = text.to_owned();
            self.mask(&mut text);
            *bytes = text.into_bytes();
        }
        for value in &self.0 {
            let mut from = 0;
            while let Some(at) = find(&bytes[from..], value.as_bytes()) {
                let start = from + at;
                bytes.splice(start..start + value.len(), MASK.bytes());
                from = start + MASK.len();
            }
        }
    }

    fn mask_answer(&self, answer: &mut Contribution) {
        let mask = |text: &mut String| self.mask(text);
        let maybe = |text: &mut Option<String>| text.iter_mut().for_each(mask);
        for section in &mut answer.sections {
            mask(&mut section.title);
            mask(&mut section.body);
        }
        for metric in &mut answer.metrics {
            mask(&mut metric.name);
            mask(&mut metric.unit);
        }
        for finding in &mut answer.findings {
            mask(&mut finding.message);
            maybe(&mut finding.path);
            maybe(&mut finding.hint);
        }
        for trailer in &mut answer.trailers {
            mask(&mut trailer.key);
            mask(&mut trailer.value);
        }
        answer.next_steps.iter_mut().for_each(mask);
        if let Some(verdict) = &mut answer.verdict {
            mask(&mut verdict.reason);
        }
        for edit in &mut answer.edits {
            mask(&mut edit.path);
            mask(&mut edit.reason);
            maybe(&mut edit.before);
            mask(&mut edit.after);
        }
        for state in &mut answer.state {
            mask(&mut state.scope);
            self.mask_bytes(&mut state.bytes);
        }
    }
}

/// What stays in a text, for words and signs that are written with it, and is not seen between letters.
fn is_joiner(character: char) -> bool {
    matches!(character, '\u{200c}' | '\u{200d}' | '\u{fe00}'..='\u{fe0f}')
}

/// A value as it is, and what is made of one of several lines by printing them one by one or as one line.
fn forms(value: &str) -> Vec<String> {
    let mut forms = vec![value.to_owned(), text::block(value), text::line(value)];
    if value.contains(['\n', '\r']) {
        let spaced = value.trim().replace("\r\n", " ");
        forms.push(spaced.replace(['\n', '\r'], " "));
        forms.push(value.split_whitespace().collect::<Vec<_>>().join(" "));
        let lines = value.split(['\n', '\r']).map(str::trim);
        forms.extend(lines.map(str::to_owned));
    }
    forms
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|part| part == wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_masked_wherever_it_stands_and_short_ones_are_not_secrets() {
        let mut access = Access::bundled();
        for value in ["hunter22", "hunter22-long", "short"] {
            access.env.push(("V".to_owned(), value.to_owned()));
        }
        let secrets = Secrets::of(&access);
        let mut text = "short hunter22-long,hunter22hunter22".to_owned();
        secrets.mask(&mut text);
        assert_eq!(text, "short ••••,••••••••");
        let mut bytes = b"\xffhunter22\0hunter22".to_vec();
        secrets.mask_bytes(&mut bytes);
        assert_eq!(
            bytes,
            [b"\xff", MASK.as_bytes(), b"\0", MASK.as_bytes()].concat()
        );
    }

    fn secrets(value: &str) -> Secrets {
        let mut access = Access::bundled();
        access.env.push(("V".to_owned(), value.to_owned()));
        Secrets::of(&access)
    }

    #[test]
    fn a_value_is_masked_that_cleaning_would_put_together() {
        let secrets = secrets("tok3n of-ada");
        for (split, masked) in [
            ("a tok\u{1b}[0m3n of\u{ad}-ada b", "a •••• b"),
            ("a\n\u{200b}tok3n\t\tof-\u{2060}ada", "a ••••"),
            ("a\ntok3n of-\u{2060}ada", "a\n••••"),
            ("a tok\u{200d}3n of-\u{fe0f}ada", "a ••••"),
            ("a\ntok3n\t\u{200c}of-ada", "a ••••"),
            ("to\u{200b}k3n", "to\u{200b}k3n"),
            ("👩\u{200d}💻", "👩\u{200d}💻"),
        ] {
            let mut text = split.to_owned();
            secrets.mask(&mut text);
            assert_eq!(text, masked, "{split:?}");
            let mut bytes = split.as_bytes().to_vec();
            secrets.mask_bytes(&mut bytes);
            assert_eq!(bytes, masked.as_bytes());
        }
        let mut hidden = "x tok3nada".to_owned();
        self::secrets("tok3n\u{200b}ada").mask(&mut hidden);
        assert_eq!(hidden, "x ••••");
    }

    #[test]
    fn a_value_of_several_lines_is_masked_in_whatever_lines_it_is_printed() {
        let secrets = secrets("-----BEGIN-----\r\nfirst-half\n\nother-half\nend\n");
        for (printed, masked) in [
            ("- first-half\n- other-half\n- end", "- ••••\n- ••••\n- end"),
            ("x -----BEGIN----- first-half  other-half end y", "x •••• y"),
            ("x -----BEGIN----- first-half other-half end y", "x •••• y"),
        ] {
            let mut text = printed.to_owned();
            secrets.mask(&mut text);
            assert_eq!(text, masked, "{printed:?}");
        }
    }

    #[test]
    fn a_value_in_the_name_of_a_host_is_masked_without_its_capitals() {
        let mut host = "xsupersecrettoken123.supersecrettoken123.example:8443".to_owned();
        secrets("SuperSecretToken123").mask_host(&mut host);
        assert_eq!(host, "x••••.••••.example:8443");
    }
}
