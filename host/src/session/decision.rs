//! Decisions, and how they stand in `decision-log.md`. An entry is only ever appended, and never rewritten.

use serde::Serialize;

use super::ids::SessionId;
use super::list::one_line;

/// One decision: what was chosen, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Decision {
    /// `D-2026-11-22-k3f`: the day, and three random base-32 characters, so that two branches' entries never meet.
    pub id: String,
    pub text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rationale: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub alternatives: Vec<String>,
    /// RFC 3339, as written in the log; empty in an entry that somebody wrote by hand.
    pub time: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session: Option<SessionId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
}

impl Decision {
    /// The entry as it is appended to the log, with the empty line that parts it from the one before.
    pub fn to_entry(&self) -> String {
        let mut entry = format!("\n## {}: {}\n\n", self.id, one_line(&self.text));
        let mut field =
            |name: &str, value: &str| entry.push_str(&format!("- {name}: {}\n", one_line(value)));
        if !self.time.is_empty() {
            field("Time", &self.time);
        }
        if let Some(session) = &self.session {
            field("Session", session.as_str());
        }
        if let Some(by) = &self.by {
            field("By", by);
        }
        if let Some(rationale) = &self.rationale {
            field("Rationale", rationale);
        }
        for alternative in &self.alternatives {
            field("Alternative", alternative);
        }
        entry
    }
}

/// Reads a log, oldest entry first. What is not an entry (prose, an entry cut short) is passed over.
pub fn parse_log(text: &str) -> Vec<Decision> {
    let mut decisions: Vec<Decision> = Vec::new();
    for line in text.lines() {
        if let Some(heading) = line.strip_prefix("## ") {
            let Some((id, text)) = heading
                .split_once(": ")
                .filter(|(id, _)| is_decision_id(id))
            else {
                continue;
            };
            decisions.push(Decision {
                id: id.to_owned(),
                text: text.trim().to_owned(),
                rationale: None,
                alternatives: Vec::new(),
                time: String::new(),
                session: None,
                by: None,
            });
            continue;
        }
        let (Some(decision), Some((name, value))) = (
            decisions.last_mut(),
            line.strip_prefix("- ")
                .and_then(|line| line.split_once(": ")),
        ) else {
            continue;
        };
        let value = value.trim().to_owned();
        match name {
            "Time" => decision.time = value,
            "Session" => decision.session = SessionId::parse(&value),
            "By" => decision.by = Some(value),
            "Rationale" => decision.rationale = Some(value),
            "Alternative" => decision.alternatives.push(value),
            _ => {}
        }
    }
    decisions
}

fn is_decision_id(text: &str) -> bool {
    text.strip_prefix("D-").is_some_and(|rest| {
        !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decision() -> Decision {
        Decision {
            id: "D-2026-11-22-k3f".into(),
            text: "Use PKCE: always\n## D-1: forged".into(),
            rationale: Some("Codes can be intercepted".into()),
            alternatives: vec!["Implicit flow: too weak".into(), "None".into()],
            time: "2026-11-22T10:00:00Z".into(),
            session: SessionId::parse("feature-auth-20261122-k3f7"),
            by: Some("Ada".into()),
        }
    }

    #[test]
    fn an_entry_reads_back_as_it_was_written() {
        let entry = decision().to_entry();
        let read = parse_log(&format!("# Decisions\n\nProse - with: colon\n{entry}"));
        let expected = Decision {
            text: "Use PKCE: always ## D-1: forged".into(),
            ..decision()
        };
        assert_eq!(read, [expected]);
    }

    #[test]
    fn an_entry_cut_short_hides_no_other() {
        let log = format!("\n## D-2026-1{}", decision().to_entry());
        assert_eq!(parse_log(&log).len(), 1);
    }
}
