//! The step between gather and compose: asks the plugins about the facts, and keeps what they warn of. It must not
//! decide what becomes of their answers.

use crate::facts::Facts;
use crate::facts::gather::{Options, gather};
use crate::facts::plugin_view::PluginView;
use crate::plugin::contribution::{Contribution, Hook};
use crate::plugin::kept::Kept;
use crate::plugin::{Network, NewState, Plugins, Question, WhenCold, last_run};
use crate::ui::Ui;
use crate::workspace::Workspace;

/// The facts, and what the plugins make of them.
#[derive(Debug)]
pub struct Asked {
    pub facts: Facts,
    pub contributions: Vec<Contribution>,
    /// What plugins want to find again: kept when the command records something.
    pub new_states: Vec<NewState>,
    /// What plugins wrote to their log, by plugin.
    pub log: Vec<(String, String)>,
}

impl Asked {
    /// Facts that no plugin was asked about.
    pub fn nobody(facts: Facts) -> Self {
        Self {
            facts,
            contributions: Vec::new(),
            new_states: Vec::new(),
            log: Vec::new(),
        }
    }

    /// The same answers about facts that were gathered anew, because the command has changed something meanwhile. What was
    /// warned of stays said: plugins are not asked twice.
    pub fn with_facts(self, mut facts: Facts) -> Self {
        for warning in self.facts.warnings {
            if !facts.warnings.contains(&warning) {
                facts.warnings.push(warning);
            }
        }
        Self { facts, ..self }
    }

    /// For whoever wants to know how the plugins came to their answers.
    pub fn show_log(&self, ui: &Ui) {
        for (plugin, line) in &self.log {
            ui.detail(&format!("{plugin}: {line}"));
        }
    }
}

/// Loads the plugins while git looks at the work tree, gathers, and asks. Plugins that use the network are not asked: a
/// brief and a status show what they said last.
pub fn gather_and_ask(
    workspace: &mut Workspace,
    hook: Hook,
    options: Options,
    when_cold: WhenCold,
) -> anyhow::Result<Asked> {
    let question = question(workspace, hook, Vec::new());
    gather_and_put(workspace, &question, options, when_cold, Network::Kept)
}

/// As [`gather_and_ask`], for a command that may wait for the network.
pub fn gather_and_refresh(
    workspace: &mut Workspace,
    hook: Hook,
    options: Options,
) -> anyhow::Result<Asked> {
    let (question, network) = (question(workspace, hook, Vec::new()), Network::Asked);
    gather_and_put(workspace, &question, options, WhenCold::Compile, network)
}

/// As [`gather_and_ask`], with a question of the command's own.
pub fn gather_and_put(
    workspace: &mut Workspace,
    question: &Question,
    options: Options,
    when_cold: WhenCold,
    network: Network,
) -> anyhow::Result<Asked> {
    let plugins = Plugins::load(
        &workspace.config_for_plugins(),
        &workspace.environment,
        workspace.checkout(),
        &[question.hook],
        when_cold,
    );
    let facts = gather(workspace, options)?;
    Ok(ask(workspace, plugins, facts, question, network))
}

/// Asks loaded plugins about facts that were gathered.
pub fn ask(
    workspace: &Workspace,
    mut plugins: Plugins,
    mut facts: Facts,
    question: &Question,
    network: Network,
) -> Asked {
    let kept = Kept::at(workspace.layout.contributions());
    let view = PluginView::new(&facts, &workspace.repository, &workspace.layout);
    let answers = plugins.ask_keeping(question, &view, &kept, network);
    last_run::note(&workspace.layout.index(), facts.now, &answers.runs);
    // Taking the sandbox apart takes as long as a call; the process ends soon, and the system does it at once.
    std::mem::forget(plugins);
    facts.warnings.extend(answers.warnings);
    Asked {
        facts,
        contributions: answers.contributions,
        new_states: answers.new_states,
        log: answers.log,
    }
}

/// A question with the room that a document has, and with what the configuration asks of the work: a plugin that measures
/// it need not be told twice.
pub fn question(
    workspace: &Workspace,
    hook: Hook,
    mut arguments: Vec<(String, String)>,
) -> Question {
    let quality = &workspace.config.quality;
    for (name, percent) in [
        ("coverage-threshold", quality.coverage_threshold),
        (
            "new-code-coverage-threshold",
            quality.new_code_coverage_threshold,
        ),
    ] {
        arguments.push((name.to_owned(), percent.to_string()));
    }
    Question {
        hook,
        arguments,
        room: workspace.config.brief.max_bytes,
    }
}
