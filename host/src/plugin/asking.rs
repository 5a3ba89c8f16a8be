//! Putting one question to all plugins: who is called, and who answers from what was kept. It must
//! not decide what becomes of the answers.

use std::sync::Arc;

use super::component::Loaded;
use super::contribution::Hook;
use super::host_data::HostData;
use super::kept::{self, Kept};
use super::taking::Taking;
use super::work_tree::{ReadGrant, WorkTree};
use super::{Answers, Plugins, Question, Ready};

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
    Answer(Hook, Arc<Loaded>),
    /// A call whose answer is for later commands.
    Refresh(Hook, Arc<Loaded>),
}

impl Plugins {
    /// Asks every plugin that exports the hook, whatever it reaches. One that fails costs a warning, and nothing else.
    pub fn ask(&mut self, question: &Question, host: &dyn HostData) -> Answers {
        let hook = question.hook;
        let plugins = self.ready.iter().enumerate();
        let asked = plugins.filter_map(|(index, plugin)| {
            let loaded = plugin.loaded()?;
            plugin
                .answers(hook)
                .then(|| (index, Step::Answer(hook, Arc::clone(loaded))))
        });
        let steps: Vec<_> = asked.collect();
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
            if is_named
                && plugin.access.reaches_network()
                && let Some(loaded) = plugin.loaded()
            {
                let hooks = plugin.kept_hooks(None);
                steps.extend(hooks.map(|hook| (index, Step::Answer(hook, Arc::clone(loaded)))));
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
            Step::Answer(hook, loaded) => Some(ready[*index].call(loaded, *hook, question, host)),
            Step::Refresh(hook, loaded) => {
                let other = Question {
                    arguments: Vec::new(),
                    ..question.clone()
                };
                Some(ready[*index].call(loaded, *hook, &other, host))
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
                Step::Answer(hook, _) => {
                    if let Some(outcome) = outcomes.next() {
                        taking.answer(plugin, *hook, outcome);
                    }
                }
                Step::Refresh(hook, _) => {
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
        let is_recalled = self.access.reaches_network() && network == Network::Kept;
        if is_recalled {
            let recalled = self.answers(asked) && kept::HOOKS.contains(&asked);
            return recalled
                .then_some(Step::Recall(asked))
                .into_iter()
                .collect();
        }
        let Some(loaded) = self.loaded() else {
            return Vec::new();
        };
        let answer = self
            .answers(asked)
            .then(|| Step::Answer(asked, Arc::clone(loaded)));
        let others = self
            .kept_hooks(Some(asked))
            .filter(|_| self.access.reaches_network());
        let others = others.map(|hook| Step::Refresh(hook, Arc::clone(loaded)));
        answer.into_iter().chain(others).collect()
    }

    fn kept_hooks(&self, except: Option<Hook>) -> impl Iterator<Item = Hook> {
        let hooks = kept::HOOKS.into_iter();
        hooks.filter(move |hook| Some(*hook) != except && self.answers(*hook))
    }
}
