//! `session start`: a report, a branch, a session, a brief.

use crate::ask;
use crate::commands::opening::{self, Opening, Target};
use crate::commands::{brief, resume, shown};
use crate::document::count::count;
use crate::document::status::report;
use crate::environment::Environment;
use crate::error::user_error;
use crate::facts::Facts;
use crate::facts::gather::Options;
use crate::git::branches::Branch;
use crate::plugin::WhenCold;
use crate::plugin::contribution::Hook;
use crate::session::live::Mode;
use crate::store;
use crate::ui::{Prompt, Ui};
use crate::workspace::Workspace;

/// Branches that the report shows and the prompt offers.
const BRANCHES: usize = 8;

/// Start a session: status report, branch, brief
///
/// On a branch with an open session this refuses; `session resume` goes on with it. Uncommitted changes come along to
/// another branch, unless they belong to the open session of this one: then `session switch` parks or carries them.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The branch to work on; created when it does not exist [default: the one checked out]
    #[arg(value_name = "BRANCH")]
    pub branch: Option<String>,
    /// What to achieve; repeatable
    #[arg(long = "objective", short, value_name = "TEXT")]
    pub objectives: Vec<String>,
    /// Where a new branch begins [default: HEAD]
    #[arg(long, value_name = "REF", requires = "branch")]
    pub from: Option<String>,
    /// A session in TDD mode: the tdd-workflow plugin follows its phases
    #[arg(long)]
    pub tdd: bool,
    /// Go on with an open session instead of refusing
    #[arg(long, conflicts_with_all = ["objectives", "from", "tdd"])]
    pub resume: bool,
}

pub fn run(ui: &mut Ui, environment: &Environment, args: Args) -> anyhow::Result<()> {
    if args.resume {
        return resume::run(
            ui,
            environment,
            &resume::Args {
                branch: args.branch,
            },
        );
    }
    let mut workspace = Workspace::open(environment, Some(Options::full().status))?;
    ui.configure(&workspace.config.display);
    let asks_branch = args.branch.is_none() && ui.prompt().is_some();
    let request = request(&workspace, args)?;
    if !asks_branch {
        refuse_open(&workspace, request.target.as_ref())?;
    }
    let progress = ui.progress("reading the repository");
    let asked = ask::gather_and_ask(
        &mut workspace,
        Hook::Status,
        Options::full(),
        WhenCold::Compile,
    )?;
    drop(progress);
    if let Some(target) = &request.target {
        refuse_to_take_along(&asked.facts, target)?;
    }
    let branches = workspace.repository.recent_branches(BRANCHES)?;
    let last = store::history::list(&workspace.repository, &workspace.layout, 1, None)?.pop();
    if !ui.wants_json() {
        ui.document(&report(
            &asked.facts,
            &asked.contributions,
            &branches,
            last.as_ref(),
        ));
    }
    let request = match asks_branch {
        true => with_branch(ui, &workspace, &asked.facts, &branches, request)?,
        false => request,
    };
    let request = with_objectives(ui, &workspace, &asked.facts, request)?;
    begin(ui, &workspace, &asked.facts, request)
}

#[derive(Debug)]
struct Request {
    /// None: stay where we are.
    target: Option<Target>,
    objectives: Vec<String>,
    mode: Mode,
}

/// What flags say. What is wrong with it is said before anything is shown.
fn request(workspace: &Workspace, args: Args) -> anyhow::Result<Request> {
    let objectives = args
        .objectives
        .iter()
        .map(|text| shown::typed(text, "an objective"))
        .collect::<anyhow::Result<Vec<_>>>()?;
    let here = workspace.here()?.branch;
    let target = match args.branch {
        Some(name) => target(workspace, here.as_deref(), name, args.from)?,
        None => None,
    };
    let mode = if args.tdd {
        Mode::Tdd
    } else {
        workspace.config.session.mode
    };
    Ok(Request {
        target,
        objectives,
        mode,
    })
}

/// Asks for the branch, which no flag named.
fn with_branch(
    ui: &Ui,
    workspace: &Workspace,
    facts: &Facts,
    branches: &[Branch],
    mut request: Request,
) -> anyhow::Result<Request> {
    if let Some(prompt) = ui.prompt() {
        request.target = ask_branch(ui, &prompt, workspace, facts, branches)?;
    }
    refuse_open(workspace, request.target.as_ref())?;
    if let Some(target) = &request.target {
        refuse_to_take_along(facts, target)?;
    }
    Ok(request)
}

/// Asks for objectives, unless flags named some.
fn with_objectives(
    ui: &Ui,
    workspace: &Workspace,
    facts: &Facts,
    mut request: Request,
) -> anyhow::Result<Request> {
    if let Some(prompt) = ui.prompt().filter(|_| request.objectives.is_empty()) {
        request.objectives = ask_objectives(&prompt, workspace, facts, request.target.as_ref())?;
    }
    Ok(request)
}

fn target(
    workspace: &Workspace,
    here: Option<&str>,
    name: String,
    from: Option<String>,
) -> anyhow::Result<Option<Target>> {
    let repository = &workspace.repository;
    if here == Some(name.as_str())
        || repository.branch_exists(&name)
        || (from.is_none() && repository.remote_branch_exists(&name)?)
    {
        if from.is_some() {
            return Err(user_error(
                format!("the branch {name} exists already, so --from has no place"),
                "leave out --from, or name a new branch",
            ));
        }
        return Ok((here != Some(name.as_str())).then_some(Target::Existing(name)));
    }
    if !repository.is_valid_branch_name(&name) {
        return Err(user_error(
            format!("{name:?} is no valid branch name"),
            "see `git help check-ref-format` for what git allows",
        ));
    }
    if let Some(from) = &from
        && repository.resolve_commit(from)?.is_none()
    {
        return Err(user_error(
            format!("there is no commit {from}"),
            "--from takes a branch, a tag or a commit: `git branch --all` and `git tag` list them",
        ));
    }
    Ok(Some(Target::New { name, from }))
}

/// The uncommitted changes of an open session are part of it: only who says so takes them to another branch.
fn refuse_to_take_along(facts: &Facts, target: &Target) -> anyhow::Result<()> {
    let Some(session) = facts.session.as_ref().filter(|_| !facts.changes.is_empty()) else {
        return Ok(());
    };
    let changes = count(
        facts.changes.len(),
        "uncommitted change",
        "uncommitted changes",
    );
    let name = target.name();
    let (create, then) = match target {
        Target::New { .. } => (" --create", ""),
        Target::Existing(_) => ("", "; then `session start`"),
    };
    Err(user_error(
        format!("the open session {} has {changes}", session.context.id),
        format!(
            "run `session switch {name}{create} --park` to keep what is changed here, or `--carry` to take it along{then}"
        ),
    ))
}

/// Refuses before HEAD has moved.
fn refuse_open(workspace: &Workspace, target: Option<&Target>) -> anyhow::Result<()> {
    let place = match target {
        None => workspace.here()?,
        Some(Target::Existing(name)) => workspace.place(name)?,
        Some(Target::New { name, .. }) => workspace.place(name)?,
    };
    match workspace.live(&place)? {
        Some((session, _)) if session.context.is_open() => {
            Err(opening::already_open(workspace, &session, &place))
        }
        _ => Ok(()),
    }
}

fn begin(
    ui: &mut Ui,
    workspace: &Workspace,
    facts: &Facts,
    request: Request,
) -> anyhow::Result<()> {
    let base = base_of(workspace, facts, request.target.as_ref())?;
    if let Some(target) = &request.target {
        opening::go_to(ui, &workspace.repository, target)?;
        if !facts.changes.is_empty() {
            let changes = count(
                facts.changes.len(),
                "uncommitted change",
                "uncommitted changes",
            );
            ui.note(&format!("{changes} came along to {}", target.name()));
        }
    }
    // HEAD may have moved: the line is run again on fresh facts.
    let mut fresh = Workspace::open(&workspace.environment, Some(Options::common().status))?;
    let place = fresh.here()?;
    let opened = opening::open(
        &fresh,
        &place,
        Opening {
            base,
            mode: request.mode,
            objectives: request.objectives,
            go_on_from: None,
        },
    )?;
    ui.note(&format!(
        "session {} is open on {}",
        opened.context.id,
        place.name()
    ));
    let asked = ask::gather_and_ask(
        &mut fresh,
        Hook::Brief,
        Options::common(),
        WhenCold::Compile,
    )?;
    brief::show(ui, "start", &asked, None, None)
}

/// The branch that the work will be compared with: where a new branch comes from, else the default branch.
fn base_of(
    workspace: &Workspace,
    facts: &Facts,
    target: Option<&Target>,
) -> anyhow::Result<Option<String>> {
    let default = workspace.repository.default_branch();
    Ok(match target {
        Some(Target::New {
            from: Some(from), ..
        }) if workspace.repository.branch_exists(from) => Some(from.clone()),
        Some(Target::New { from: None, .. }) => facts.head.branch.clone().or(default),
        Some(target) => default.filter(|base| base != target.name()),
        None => default.filter(|base| facts.head.branch.as_ref() != Some(base)),
    })
}

fn ask_branch(
    ui: &Ui,
    prompt: &Prompt,
    workspace: &Workspace,
    facts: &Facts,
    branches: &[Branch],
) -> anyhow::Result<Option<Target>> {
    const NEW: [(&str, &str); 3] = [
        ("feature", "a feature"),
        ("bugfix", "a bug fix"),
        ("hotfix", "an urgent fix"),
    ];
    let here = facts.head.branch.as_deref();
    let others: Vec<&Branch> = branches
        .iter()
        .filter(|branch| here != Some(branch.name.as_str()))
        .collect();
    let mut options: Vec<String> = Vec::new();
    if let Some(here) = here {
        options.push(match facts.session {
            Some(_) => format!("{here} (here, its session is open)"),
            None => format!("{here} (here)"),
        });
    }
    options.extend(others.iter().map(|branch| branch.name.clone()));
    options.extend(
        NEW.iter()
            .map(|(prefix, what)| format!("new branch for {what} ({prefix}/…)")),
    );
    let chosen = prompt.select("What do you want to work on?", &options, 0)?;
    let first_other = usize::from(here.is_some());
    if chosen < first_other {
        return Ok(None);
    }
    if let Some(branch) = others.get(chosen - first_other) {
        return Ok(Some(Target::Existing(branch.name.clone())));
    }
    let (prefix, _) = NEW[chosen - first_other - others.len()];
    loop {
        let name = prompt.text(&format!("Name of the branch: {prefix}/"))?;
        let name = format!("{prefix}/{}", name.trim().replace(' ', "-"));
        if workspace.repository.is_valid_branch_name(&name)
            && !workspace.repository.branch_exists(&name)
        {
            return Ok(Some(Target::New { name, from: None }));
        }
        ui.note(&format!(
            "{name} exists already or is no valid branch name; choose another"
        ));
    }
}

/// Suggests what is open already: what the branch's last session left open, then work items near the changes.
fn ask_objectives(
    prompt: &Prompt,
    workspace: &Workspace,
    facts: &Facts,
    target: Option<&Target>,
) -> anyhow::Result<Vec<String>> {
    let place = match target {
        None => workspace.here()?,
        Some(target) => workspace.place(target.name())?,
    };
    let mut suggestions: Vec<String> = Vec::new();
    if let Some((ended, _)) = workspace.live(&place)? {
        suggestions.extend(ended.objectives.open().map(|item| item.text.clone()));
    }
    suggestions.extend(
        facts
            .work_items
            .nearest
            .iter()
            .take(5)
            .map(|item| format!("{} ({})", item.text, item.path.to_text())),
    );
    let mut offered: Vec<String> = Vec::new();
    for suggestion in suggestions {
        let suggestion = crate::document::text::line(&suggestion);
        if !suggestion.is_empty() && !offered.contains(&suggestion) {
            offered.push(suggestion);
        }
    }
    let mut objectives = Vec::new();
    if !offered.is_empty() {
        let chosen = prompt.multi_select("Objectives from open work?", &offered, &[])?;
        objectives.extend(chosen.into_iter().map(|index| offered[index].clone()));
    }
    loop {
        let question = if objectives.is_empty() {
            "What do you want to achieve? (empty: say it later)"
        } else {
            "Another objective (empty: no more)"
        };
        let text = prompt.text(question)?;
        if text.trim().is_empty() {
            return Ok(objectives);
        }
        objectives.push(shown::typed(&text, "an objective")?);
    }
}
