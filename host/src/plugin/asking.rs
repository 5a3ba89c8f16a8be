//! Putting one question to all plugins: who is called, and who answers from what was kept. It must
//! not decide what becomes of the answers.

use std::sync::Arc;

use super::bindings::session::plugin::types::{Argument, Request};
use super::call::Call;
use super::contribution::Hook;
use super::host_data::HostData;
use super::kept::{self, Kept, Key};
use super::limits::Limits;
use super::sandbox::CallContext;
use super::taking::Taking;
use super::work_tree::{ReadGrant, WorkTree};
use super::{Answers, Plugins, Question, Ready, http};

/// Whether plugins that use the network are asked in this command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Network {
    /// They are not: a brief and a status show what they said last.
    Kept,
    /// They are, all at once, and what a brief and a status will show of them is brought up to date.
    Asked,
}

/// What is to be done with one plugin.
enum Step {
    /// Show what it said last.
    Recall(Hook),
    /// A call that answers the question.
    Answer(Hook),
    /// A call whose answer is for later commands.
    Refresh(Hook),
}

impl Plugins {
    /// Asks every plugin that exports the hook, whatever it reaches. One that fails costs a warning, and nothing else.
    pub fn ask(&mut self, question: &Question, host: &dyn HostData) -> Answers {
        let hook = question.hook;
        let plugins = self.ready.iter().enumerate();
        let asked = plugins.filter(|(_, plugin)| plugin.loaded.exports(hook));
        let steps: Vec<_> = asked
            .map(|(index, _)| (index, Step::Answer(hook)))
            .collect();
        self.take(&steps, question, host, &Kept::nowhere())
    }

    /// As [`Plugins::ask`], but what plugins that use the network say is kept, and shown again where they are not asked.
    pub fn ask_keeping(
        &mut self,
        question: &Question,
        host: &dyn HostData,
        kept: &Kept,
        network: Network,
    ) -> Answers {
        let mut steps = Vec::new();
        for (index, plugin) in self.ready.iter().enumerate() {
            let of_plugin = plugin.steps(question.hook, network);
            steps.extend(of_plugin.into_iter().map(|step| (index, step)));
        }
        self.take(&steps, question, host, kept)
    }

    /// Asks those of these plugins that use the network (all of them, if none is named) what a brief and a status are
    /// to show.
    pub fn refresh(
        &mut self,
        names: &[String],
        question: &Question,
        host: &dyn HostData,
        kept: &Kept,
    ) -> Answers {
        let mut steps = Vec::new();
        for (index, plugin) in self.ready.iter().enumerate() {
            let is_named = names.is_empty() || names.contains(&plugin.name);
            if is_named && plugin.access.reaches_network() {
                let hooks = plugin.kept_hooks(None);
                steps.extend(hooks.map(|hook| (index, Step::Answer(hook))));
            }
        }
        self.take(&steps, question, host, kept)
    }

    /// The names of the plugins that were loaded and use the network.
    pub fn with_network(&self) -> impl Iterator<Item = &str> {
        let ready = self.ready.iter();
        let reaching = ready.filter(|plugin| plugin.access.reaches_network());
        reaching.map(|plugin| plugin.name.as_str())
    }

    fn take(
        &mut self,
        steps: &[(usize, Step)],
        question: &Question,
        host: &dyn HostData,
        kept: &Kept,
    ) -> Answers {
        let mut answers = Answers {
            warnings: std::mem::take(&mut self.warnings),
            ..Answers::default()
        };
        let Some(caller) = &mut self.caller else {
            return answers;
        };
        let ready = &self.ready;
        let calls = steps.iter().filter_map(|(index, step)| match step {
            Step::Recall(_) => None,
            Step::Answer(hook) => Some(ready[*index].call(*hook, question, host)),
            Step::Refresh(hook) => {
                let other = Question {
                    arguments: Vec::new(),
                    ..question.clone()
                };
                Some(ready[*index].call(*hook, &other, host))
            }
        });
        let mut outcomes = caller.call_all(calls.collect(), host).into_iter();
        let mut taking = Taking {
            work_tree: WorkTree::open(host.work_tree(), ReadGrant::WorkTree).ok(),
            answers: &mut answers,
            host,
            kept,
            complained: Vec::new(),
        };
        for (index, step) in steps {
            let plugin = &ready[*index];
            match step {
                Step::Recall(hook) => taking.recall(plugin, *hook),
                Step::Answer(hook) => {
                    if let Some(outcome) = outcomes.next() {
                        taking.answer(plugin, *hook, outcome);
                    }
                }
                Step::Refresh(hook) => {
                    if let Some(outcome) = outcomes.next() {
                        taking.refresh(plugin, *hook, outcome);
                    }
                }
            }
        }
        answers
    }
}

impl Ready {
    fn steps(&self, asked: Hook, network: Network) -> Vec<Step> {
        let answers = self.loaded.exports(asked);
        if !self.access.reaches_network() {
            return answers.then_some(Step::Answer(asked)).into_iter().collect();
        }
        match network {
            Network::Kept => {
                let recalled = answers && kept::HOOKS.contains(&asked);
                recalled
                    .then_some(Step::Recall(asked))
                    .into_iter()
                    .collect()
            }
            Network::Asked => {
                let answer = answers.then_some(Step::Answer(asked));
                let others = self.kept_hooks(Some(asked)).map(Step::Refresh);
                answer.into_iter().chain(others).collect()
            }
        }
    }

    fn kept_hooks(&self, except: Option<Hook>) -> impl Iterator<Item = Hook> {
        let hooks = kept::HOOKS.into_iter();
        hooks.filter(move |hook| Some(*hook) != except && self.loaded.exports(*hook))
    }

    pub(super) fn call(&self, hook: Hook, question: &Question, host: &dyn HostData) -> Call {
        let alone = self.access.reaches_network();
        let mut limits = Limits::of(hook, &self.settings.limits);
        if alone && self.settings.limits.time.is_none() {
            limits.time = http::DEADLINE;
        }
        let context = CallContext {
            plugin: self.name.clone(),
            configuration: self.settings.config.to_string(),
            now: host.now(),
            work_tree: host.work_tree().to_owned(),
            access: self.access.clone(),
            limits,
        };
        let arguments = question.arguments.iter().cloned();
        Call {
            loaded: Arc::clone(&self.loaded),
            context: Arc::new(context),
            hook,
            alone,
            request: Request {
                room: u32::try_from(question.room).unwrap_or(u32::MAX),
                arguments: arguments
                    .map(|(name, value)| Argument { name, value })
                    .collect(),
            },
        }
    }

    /// What was asked for and what was granted. A variable's value may change without notice: tokens are renewed.
    fn grants(&self) -> Vec<String> {
        let asked = &self.settings.allow;
        let variables = self.access.env.iter().map(|(name, _)| name.clone());
        let granted = self.access.http.iter().cloned().chain(variables);
        let asked = [&asked.read, &asked.http, &asked.env];
        let asked = asked.into_iter().flat_map(|list| list.iter().cloned());
        granted
            .chain(["asked for".to_owned()])
            .chain(asked)
            .collect()
    }

    /// What an earlier answer has to agree with to be this plugin's still.
    pub(super) fn key(&self, hook: Hook, host: &dyn HostData) -> Key {
        Key {
            plugin: self.name.clone(),
            hook,
            digest: self.digest.clone(),
            grants: self.grants(),
            configuration: self.settings.config.to_string(),
            branch: host.session().branch,
        }
    }
}
