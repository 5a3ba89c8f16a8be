//! `end --push`: the branch and this session's record, in one push. The session has ended by then, whatever becomes of it.

use crate::error::user_error;
use crate::session::record::EndRecord;
use crate::sharing;
use crate::ui::Ui;
use crate::workspace::{Place, Workspace};

/// Returns the remote.
pub fn push(
    ui: &Ui,
    workspace: &Workspace,
    place: &Place,
    end: &EndRecord,
) -> anyhow::Result<String> {
    let branch = place.branch.as_deref();
    let remote = sharing::push(workspace, branch, &end.session).map_err(|error| {
        let remote = sharing::remote_of(workspace, branch).unwrap_or_else(|| "origin".into());
        let arguments = sharing::push_arguments(workspace, &remote, branch, &end.session);
        user_error(
            format!(
                "the session has ended and its handoff is kept, but the push failed: {error:#}"
            ),
            format!("when it is put right: `{}`", as_typed(&arguments)),
        )
    })?;
    ui.note(&format!("pushed to {remote}, with the session's record"));
    if let Some(target) = &end.merged_into {
        let arguments = [
            "push".into(),
            remote.clone(),
            format!("refs/heads/{target}"),
        ];
        ui.note(&format!(
            "{target} itself was not pushed: `{}` does that",
            as_typed(&arguments)
        ));
    }
    Ok(remote)
}

/// For a shell: a branch may have a name that means something there.
fn as_typed(arguments: &[String]) -> String {
    let is_plain = |character: char| {
        character.is_alphanumeric() || matches!(character, '-' | '_' | '.' | '/' | ':' | '@' | '+')
    };
    arguments.iter().fold("git".to_owned(), |typed, argument| {
        if argument.chars().all(is_plain) {
            format!("{typed} {argument}")
        } else {
            format!("{typed} '{}'", argument.replace('\'', r"'\''"))
        }
    })
}

#[cfg(test)]
mod tests {
    use super::as_typed;

    #[test]
    fn a_name_that_means_something_to_a_shell_is_quoted() {
        let arguments = ["push", "origin", "refs/heads/it's;$(x)"].map(str::to_owned);
        assert_eq!(
            as_typed(&arguments),
            r"git push origin 'refs/heads/it'\''s;$(x)'"
        );
    }
}
