//! Runs a component on a case as any command would: the same engine, sandbox and limits, and what the case grants. It must
//! not judge the answer.

use std::path::Path;
use std::time::Duration;

use serde::Serialize;
use serde_json::{Map, Value as Json, json};

use super::host::CaseHost;
use super::{Case, Grants};
use crate::config::{self, PluginConfig};
use crate::error::{Warning, user_error};
use crate::glob;
use crate::plugin::contribution::Hook;
use crate::plugin::{
    Access, Answers, Component, Plugins, Question, ReadGrant, Scope, Source, WhenCold, engine,
};

/// The component that is tried.
#[derive(Debug, Clone, Copy)]
pub struct Candidate<'a> {
    pub name: &'a str,
    pub bytes: &'a [u8],
    /// Where compiled components are kept.
    pub cache_dir: Option<&'a Path>,
}

/// What one hook said.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Answered {
    pub hook: Hook,
    /// What a snapshot holds: the contribution as the host took it, new state, and what the host had to object to.
    /// Nothing in it depends on time or on the machine.
    pub said: Json,
    /// `level: message`.
    pub log: Vec<String>,
    /// What was objected to: the plugin failed, or was taken only in part.
    pub warnings: Vec<Warning>,
}

/// Asks these hooks, one after another. The error is the case's, or that the component could not be loaded at all.
pub fn run(candidate: Candidate<'_>, case: &Case, hooks: &[Hook]) -> anyhow::Result<Vec<Answered>> {
    let host = CaseHost::new(case)?;
    let source = source(candidate, case)?;
    let mut plugins = Plugins::from_sources(
        vec![source],
        candidate.cache_dir,
        &Hook::ALL,
        WhenCold::Compile,
    );
    if plugins.ready.is_empty() {
        let why = std::mem::take(&mut plugins.warnings);
        let why = why.into_iter().next();
        return Err(why.map_or_else(
            || anyhow::anyhow!("nothing was loaded"),
            |it| it.into_error(),
        ));
    }
    // That compiled components cannot be kept says nothing about this one.
    plugins.warnings.clear();
    let answered = hooks.iter().map(|&hook| {
        let question = Question {
            hook,
            arguments: case.arguments.clone().into_iter().collect(),
            room: case.room,
        };
        answered(hook, plugins.ask(&question, &host))
    });
    Ok(answered.collect())
}

fn source<'a>(candidate: Candidate<'a>, case: &Case) -> anyhow::Result<Source<'a>> {
    let limits = config::Limits {
        time: case.limits.time_ms.map(Duration::from_millis),
        memory: case
            .limits
            .memory_mib
            .map(|mib| mib.saturating_mul(1024 * 1024)),
        ..config::Limits::default()
    };
    Ok(Source {
        name: candidate.name.to_owned(),
        component: Component::Here(candidate.bytes.into()),
        digest: engine::digest(candidate.bytes).into(),
        access: access(&case.grants)?,
        settings: PluginConfig {
            config: case.configuration.clone(),
            limits,
            ..PluginConfig::default()
        },
    })
}

/// Exactly what the case says: it stands for the user's consent.
fn access(grants: &Grants) -> anyhow::Result<Access> {
    let globs = glob::set(grants.read.iter().map(String::as_str)).map_err(|error| {
        user_error(
            format!("the case grants reading by a wrong pattern: {error}"),
            "a pattern is like `docs/**`",
        )
    })?;
    Ok(Access {
        read: ReadGrant::Matching(globs),
        http: grants.http.clone(),
        env: grants.env.clone().into_iter().collect(),
        env_unset: Vec::new(),
    })
}

fn answered(hook: Hook, answers: Answers) -> Answered {
    let mut said = Map::new();
    if let Some(contribution) = answers.contributions.first()
        && let Ok(Json::Object(fields)) = serde_json::to_value(contribution)
    {
        let fields = fields.into_iter();
        // The name is the component's, whatever it said; what it said nothing about would only be in the way.
        said.extend(fields.filter(|(name, value)| name != "plugin" && !is_nothing(value)));
    }
    let states: Vec<Json> = answers.new_states.iter().map(state).collect();
    let warnings: Vec<&str> = answers.warnings.iter().map(|it| &*it.message).collect();
    for (name, list) in [("state", json!(states)), ("warnings", json!(warnings))] {
        if !is_nothing(&list) {
            said.insert(name.to_owned(), list);
        }
    }
    Answered {
        hook,
        said: Json::Object(said),
        log: answers.log.into_iter().map(|(_, line)| line).collect(),
        warnings: answers.warnings,
    }
}

fn is_nothing(value: &Json) -> bool {
    value.is_null() || value.as_array().is_some_and(Vec::is_empty)
}

/// As text where it is text: a snapshot is for people.
fn state(state: &crate::plugin::NewState) -> Json {
    let scope = match state.scope {
        Scope::Session => "session",
        Scope::Repository => "repository",
    };
    match std::str::from_utf8(&state.bytes) {
        Ok(text) => json!({ "scope": scope, "text": text }),
        Err(_) => {
            json!({ "scope": scope, "base64": data_encoding::BASE64.encode(&state.bytes) })
        }
    }
}
