//! A component from a web server: HTTPS, and HTTP to this very machine. It must not follow a server to anything less.

use reqwest::redirect::{Attempt, Policy};
use reqwest::{Client, StatusCode};
use url::Url;

use super::bounded::Bounded;
use super::{MOST_REDIRECTS, Surroundings, USER_AGENT, is_loopback, network_cause};
use crate::error::user_error;

/// An address that may be asked. A password in it would be the whole team's.
pub fn parse(text: &str) -> anyhow::Result<Url> {
    let url = Url::parse(text).map_err(|error| {
        user_error(
            format!("this is no address: {error}"),
            "give the path of a component, or an https:// or oci:// address",
        )
    })?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(user_error(
            "the address has a user or a password in it, and the configuration is the whole team's",
            "give the address without it",
        ));
    }
    if !is_protected(&url) {
        return Err(user_error(
            format!("{} is not an https:// address", shown(&url)),
            "what comes over http:// could be anybody's; give an https:// or oci:// address",
        ));
    }
    Ok(url)
}

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

pub async fn fetch(url: &Url, around: &Surroundings<'_>) -> anyhow::Result<Vec<u8>> {
    let mut client = Client::builder();
    if is_on_this_machine(url) {
        // What is not protected stays on it.
        client = client.no_proxy();
    }
    let client = client
        .user_agent(USER_AGENT)
        .referer(false)
        .redirect(Policy::custom(follow))
        .connect_timeout(around.patience.connect)
        .read_timeout(around.patience.stall)
        .build()
        .map_err(network_cause)?;
    let request = client.get(url.clone()).send();
    let mut response = request.await.map_err(network_cause)?;
    let status = response.status();
    anyhow::ensure!(status == StatusCode::OK, "the server answered {status}");
    let mut bytes = Bounded::new(response.content_length(), around.progress)?;
    while let Some(piece) = response.chunk().await.map_err(network_cause)? {
        bytes.push(&piece)?;
    }
    Ok(bytes.finish())
}

fn is_protected(url: &Url) -> bool {
    url.scheme() == "https" || (url.scheme() == "http" && is_on_this_machine(url))
}

fn is_on_this_machine(url: &Url) -> bool {
    url.host_str().is_some_and(is_loopback)
}

/// From one protected address to another; from elsewhere nothing leads to a service of this machine.
fn follow(attempt: Attempt<'_>) -> reqwest::redirect::Action {
    if attempt.previous().len() > MOST_REDIRECTS {
        return attempt.error(format!("it is redirected more than {MOST_REDIRECTS} times"));
    }
    let to = attempt.url();
    let from_here = attempt.previous().iter().all(is_on_this_machine);
    if !is_protected(to) || (is_on_this_machine(to) && !from_here) {
        let to = shown(to);
        return attempt.error(format!("it is redirected to {to}, which is not followed"));
    }
    attempt.follow()
}
