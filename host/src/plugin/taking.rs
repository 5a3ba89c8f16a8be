//! What is made of the outcomes of calls: contributions, warnings, and what is kept for later. It must not decide who is
//! called.

use super::answer;
use super::call::Outcome;
use super::contribution::{Contribution, Hook};
use super::host_data::{HostData, Scope};
use super::kept::{self, Failed, Kept};
use super::last_run::Run;
use super::work_tree::WorkTree;
use super::{Answers, NewState, Ready, warning};
use crate::error::Warning;

/// Turns outcomes into answers.
pub struct Taking<'a> {
    pub answers: &'a mut Answers,
    pub work_tree: Option<WorkTree>,
    pub host: &'a dyn HostData,
    pub kept: &'a Kept,
    /// Plugins that failed in this command: that their service is down is said once.
    pub complained: Vec<&'a Ready>,
}

impl<'a> Taking<'a> {
    pub fn recall(&mut self, plugin: &Ready, hook: Hook) {
        let key = plugin.key(hook, self.host);
        if let Some(contribution) = self.kept.read(&key) {
            self.answers.contributions.push(contribution);
            return;
        }
        let name = &plugin.name;
        let unanswered = match self.kept.failed(&key) {
            Some(failed) => warning::never_answered(name, hook, &failed, self.host.now()),
            None => warning::not_asked_yet(name),
        };
        self.answers.warnings.push(unanswered);
    }

    pub fn answer(&mut self, plugin: &'a Ready, hook: Hook, outcome: Outcome) {
        if let Some(contribution) = self.accept(plugin, hook, outcome, true) {
            self.answers.contributions.push(contribution);
        }
    }

    pub fn refresh(&mut self, plugin: &'a Ready, hook: Hook, outcome: Outcome) {
        self.accept(plugin, hook, outcome, false);
    }

    /// The contribution, or the one that was kept. `for_now`: it is for the command that is under way.
    fn accept(
        &mut self,
        plugin: &'a Ready,
        hook: Hook,
        outcome: Outcome,
        for_now: bool,
    ) -> Option<Contribution> {
        let name = &plugin.name;
        self.answers.runs.push(Run::of(plugin, hook, &outcome));
        let log = outcome.log.iter().map(|line| answer::line(line));
        let log = log.map(|line| (name.clone(), line));
        self.answers.log.extend(log);
        let how = outcome.result.as_ref().err().map(warning::cause);
        let is_kept = plugin.access.reaches_network() && kept::HOOKS.contains(&hook);
        let (mut contribution, failed, complaint) = match outcome.result {
            Ok(said) => {
                let accepted = answer::accept(name, said, self.work_tree.as_ref());
                let complaint = warning::complaint(name, hook, &accepted.complaints);
                // What a plugin leaves for itself belongs to the command that it answered.
                if for_now {
                    self.remember(plugin, accepted.states);
                }
                (Some(accepted.contribution), None, complaint)
            }
            Err(failure) => (None, Some(warning::failed(name, hook, &failure)), None),
        };
        let is_lost = contribution.is_none();
        match &contribution {
            Some(contribution) if is_kept => self.keep(plugin, hook, contribution),
            None if is_kept => contribution = self.fall_back(plugin, hook, how),
            _ => {}
        }
        let besides = failed.or_else(|| complaint.clone());
        let warned = match outcome.refusals.as_slice() {
            [] => besides,
            refusals => {
                let allowed = &plugin.settings.allow.http;
                Some(warning::refused(name, hook, refusals, allowed, besides))
            }
        };
        let now = self.host.now();
        let warned = match (warned, &contribution) {
            (Some(warned), Some(earlier)) if is_lost => {
                Some(warning::fell_back(warned, earlier, now))
            }
            (warned, _) => warned,
        };
        self.warn(plugin, warned, complaint);
        contribution
    }

    /// One warning for one call. Of a plugin that failed before only what is wrong with this answer is said.
    fn warn(&mut self, plugin: &'a Ready, whole: Option<Warning>, complaint: Option<Warning>) {
        let is_it = |other: &&Ready| std::ptr::eq(*other, plugin);
        let failed_before = self.complained.iter().any(is_it);
        if whole != complaint && !failed_before {
            self.complained.push(plugin);
        }
        let said = if failed_before { complaint } else { whole };
        self.answers.warnings.extend(said);
    }

    fn remember(&mut self, plugin: &Ready, states: Vec<(Scope, Vec<u8>)>) {
        let states = states.into_iter().map(|(scope, bytes)| NewState {
            owner: plugin.state_owner(),
            scope,
            bytes,
        });
        self.answers.new_states.extend(states);
    }

    /// What was said before. Where nothing ever was, how this call failed is noted, for commands that do not ask.
    fn fall_back(&self, plugin: &Ready, hook: Hook, how: Option<String>) -> Option<Contribution> {
        let key = plugin.key(hook, self.host);
        let earlier = self.kept.read(&key);
        if let (None, Some(how)) = (&earlier, how) {
            let at = self.host.now();
            // This command says itself what went wrong.
            let _ = self.kept.write_failed(&key, Failed { at, how });
        }
        earlier
    }

    fn keep(&mut self, plugin: &Ready, hook: Hook, contribution: &Contribution) {
        let key = plugin.key(hook, self.host);
        let without = &plugin.access.env_unset;
        let now = self.host.now();
        match self.kept.write(&key, contribution, without, now) {
            Ok(None) => {}
            Ok(Some(standing)) => {
                let stands = warning::earlier_stands(&plugin.name, hook, &standing, now);
                self.answers.earlier_stand.push(stands);
            }
            Err(error) => {
                let unkept = warning::answer_unkept(&plugin.name, &error);
                self.answers.warnings.push(unkept);
            }
        }
    }
}
