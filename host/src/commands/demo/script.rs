//! What the demo does, step by step. It must not run anything.

/// One thing a user does.
#[derive(Debug)]
pub enum Step {
    /// A heading in the output.
    Say(&'static str),
    /// `session …`, with all its output.
    Session(&'static [&'static str]),
    /// `session …`, with only these sections of what it says.
    Glance(&'static [&'static str], &'static [&'static str]),
    /// `git …`, quietly.
    Git(&'static [&'static str]),
    /// `git …`, with its output.
    ShowGit(&'static [&'static str]),
    Write(&'static str, &'static str),
    /// So many minutes pass.
    Wait(u16),
}

use Step::{Git, Glance, Say, Session, ShowGit, Wait, Write};

/// History that a brief has something to say about.
pub const HISTORY: &[Step] = &[
    // Neither the user's templates nor hooks of all repositories: this one is the demo's own.
    Git(&["init", "--quiet", "--initial-branch=main", "--template="]),
    Git(&["config", "core.hooksPath", ".git/hooks"]),
    Git(&["config", "user.name", "Demo"]),
    Git(&["config", "user.email", "demo@example.com"]),
    Git(&["config", "commit.gpgsign", "false"]),
    Write("README.md", "# Shop\n\nA small web shop.\n"),
    Write(
        "src/auth/mod.rs",
        "//! Signing in.\n\npub fn sign_in() {}\n",
    ),
    Write(
        "src/auth/CLAUDE.md",
        "# Authentication\n\nSigns users in.\n\n## Patterns\n\n- Tokens never leave this module.\n\n## Gotchas\n\n- The clock of the provider may be ahead.\n",
    ),
    Write(
        "src/pay.rs",
        "//! Payments.\n\n// TODO: retry when the bank is slow\npub fn pay(cents: u64) -> u64 { cents }\n",
    ),
    Git(&["add", "."]),
    Git(&["commit", "--quiet", "-m", "feat: sign in and pay"]),
    Wait(90),
    Write("src/auth/token.rs", "//! Tokens.\n\npub struct Token;\n"),
    Git(&["add", "."]),
    Git(&["commit", "--quiet", "-m", "feat(auth): add tokens"]),
    Wait(120),
];

pub const LIFE: &[Step] = &[
    Say("Set the repository up, and commit what is shared"),
    Glance(&["init"], &["Written"]),
    Git(&["add", "."]),
    Git(&["commit", "--quiet", "-m", "chore: set up sessions"]),
    Say("Start a session on a new branch: the project's status, then the brief"),
    Glance(
        &[
            "start",
            "feature/auth-google",
            "--objective",
            "Provider interface",
            "--objective",
            "Sign in with Google",
        ],
        &[
            "Active branches",
            "Health",
            "Next actions",
            "Objectives",
            "src/auth/CLAUDE.md",
        ],
    ),
    Wait(40),
    Say("Work, and keep what would be forgotten"),
    Write(
        "src/auth/provider.rs",
        "//! Whom users sign in with.\n\npub trait Provider { fn name(&self) -> &str; }\n",
    ),
    Session(&[
        "decisions",
        "add",
        "Use PKCE for every flow",
        "--rationale",
        "Codes can be intercepted",
    ]),
    Session(&["objectives", "complete", "obj-1"]),
    Session(&[
        "blockers",
        "add",
        "Waiting for the API keys",
        "--issue",
        "SHOP-12",
    ]),
    Say("A save point; HEAD, index and files are not touched"),
    Session(&["checkpoint", "--label", "provider-interface"]),
    Wait(20),
    Say("An enhanced commit"),
    Glance(
        &[
            "checkpoint",
            "--notes",
            "The interface is tested by hand.",
            "--message",
            "feat(auth): add a provider interface",
        ],
        &[],
    ),
    ShowGit(&["log", "-1", "--format=%B"]),
    Wait(15),
    Say("An urgent bug: park the work, fix it, merge it, and come back"),
    Write(
        "src/auth/provider.rs",
        "//! Whom users sign in with.\n\npub trait Provider { fn name(&self) -> &str; }\n\npub struct Google;\n",
    ),
    Glance(
        &["switch", "hotfix/double-payment", "--create", "--park"],
        &["Now"],
    ),
    Wait(10),
    Write(
        "src/pay.rs",
        "//! Payments.\n\n// TODO: retry when the bank is slow\npub fn pay(cents: u64) -> u64 { cents.max(1) }\n",
    ),
    Glance(&["checkpoint", "--message", "fix: never pay nothing"], &[]),
    Glance(
        &[
            "end",
            "--merge-to",
            "main",
            "--accomplished",
            "No payment of zero any more",
        ],
        &["Observed by session"],
    ),
    Glance(&["switch", "feature/auth-google"], &["Now", "Blockers"]),
    Wait(25),
    Say("The evening: a handoff that keeps what was said and what was seen apart"),
    Session(&[
        "end",
        "--accomplished",
        "The interface for providers",
        "--remember",
        "The Google provider has no tests yet",
    ]),
    Wait(14 * 60),
    Say("The next morning: the brief, whole"),
    Session(&["resume"]),
    Session(&["history"]),
];
