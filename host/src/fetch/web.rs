//! A component from a web server: HTTPS, and HTTP to this very machine. It must not follow a server to anything less.

use reqwest::redirect::{Attempt, Policy};
use reqwest::{Client, Response, StatusCode};
use url::Url;

use super::bounded::Bounded;
use super::{MOST_REDIRECTS, Surroundings, USER_AGENT, network_cause};
use crate::config::source::{self, is_protected};

/// Scheme, host and path: what follows may be a secret.
pub fn shown(url: &Url) -> String {
    let mut url = url.clone();
    url.set_query(None);
    url.set_fragment(None);
    // Only an address without a host has none to take away.
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url.to_string()
}

/// By the names that servers give to what lets one in.
pub fn may_hold_a_secret(url: &Url) -> bool {
    const NAMES: [&str; 9] = [
        "token",
        "key",
        "secret",
        "sig",
        "passw",
        "pwd",
        "auth",
        "credential",
        "session",
    ];
    url.query_pairs().any(|(name, value)| {
        let name = name.to_ascii_lowercase();
        !value.is_empty() && NAMES.iter().any(|it| name.contains(it))
    })
}

pub async fn fetch(url: &Url, around: &Surroundings<'_>) -> anyhow::Result<Vec<u8>> {
    let client = client(is_on_this_machine(url), around)?;
    let request = client.get(url.clone()).send();
    let response = request.await.map_err(network_cause)?;
    let status = response.status();
    anyhow::ensure!(status == StatusCode::OK, "the server answered {status}");
    body(response, None, around).await
}

/// For a server on this machine, or for one elsewhere.
pub fn client(is_here: bool, around: &Surroundings<'_>) -> anyhow::Result<Client> {
    let mut client = Client::builder();
    if is_here {
        // What is not protected stays on it.
        client = client.no_proxy();
    }
    client
        .user_agent(USER_AGENT)
        .referer(false)
        .redirect(Policy::custom(follow))
        .connect_timeout(around.patience.connect)
        .read_timeout(around.patience.stall)
        .build()
        .map_err(network_cause)
}

/// All of a component. `size` is what it has as far as somebody else knows.
pub async fn body(
    mut response: Response,
    size: Option<u64>,
    around: &Surroundings<'_>,
) -> anyhow::Result<Vec<u8>> {
    let size = size.or(response.content_length());
    let mut bytes = Bounded::new(size, around.progress)?;
    while let Some(piece) = response.chunk().await.map_err(network_cause)? {
        bytes.push(&piece)?;
    }
    Ok(bytes.finish())
}

/// All of an answer that is no component.
pub async fn at_most(most: usize, mut response: Response) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    while let Some(piece) = response.chunk().await.map_err(network_cause)? {
        anyhow::ensure!(
            bytes.len() + piece.len() <= most,
            "the server's answer is too long"
        );
        bytes.extend_from_slice(&piece);
    }
    Ok(bytes)
}

/// Whether a server may send us there: to a protected address, and from elsewhere to no service of this machine.
pub fn may_lead(from_here: bool, to: &Url) -> bool {
    is_protected(to) && (from_here || !is_on_this_machine(to))
}

fn is_on_this_machine(url: &Url) -> bool {
    url.host_str().is_some_and(source::is_on_this_machine)
}

fn follow(attempt: Attempt<'_>) -> reqwest::redirect::Action {
    if attempt.previous().len() > MOST_REDIRECTS {
        return attempt.error(format!("it is redirected more than {MOST_REDIRECTS} times"));
    }
    let to = attempt.url();
    let from_here = attempt.previous().iter().all(is_on_this_machine);
    if !may_lead(from_here, to) {
        let to = shown(to);
        return attempt.error(format!("it is redirected to {to}, which is not followed"));
    }
    attempt.follow()
}
