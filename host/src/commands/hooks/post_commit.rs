//! What git's post-commit hook calls. A commit is waited for by somebody: this must neither fail, ask, print, compile a
//! plugin nor use the network, and it writes only where there is something to keep.

use crate::commands::auto_checkpoint;
use crate::environment::Environment;
use crate::session::live::LONGEST_PAUSE;
use crate::ui::Ui;
use crate::workspace::Workspace;

/// Errors are for whoever looks: the hook itself goes on.
pub fn run(ui: &Ui, environment: &Environment) -> anyhow::Result<()> {
    // A commit that `session` makes is recorded by the command that makes it.
    if environment.inside_session {
        return Ok(());
    }
    let workspace = Workspace::open(environment, None)?;
    // In the middle of a rebase HEAD is on no branch, and the branch's session is not meant.
    let place = workspace.here()?;
    let Some((session, _)) = workspace.live(&place)? else {
        return Ok(());
    };
    if !session.context.is_open() {
        return Ok(());
    }
    // A shorter gap is counted by whoever looks next.
    let gap = (environment.now - session.context.touched.at).to_std();
    if gap.is_ok_and(|gap| gap >= LONGEST_PAUSE / 2) {
        workspace.come_back(&place, |_| ())?;
    }
    auto_checkpoint::if_due(ui, &workspace, &workspace.here()?);
    Ok(())
}
