//! Reading from a registry, as the OCI distribution specification has it: one file of a repository at a time, with the
//! login that the registry asks for. It must not follow a registry to an address that is less protected than its own, and
//! must not know what it reads.

use anyhow::Context as _;
use http_auth::parser::ChallengeParser;
use oci_client::Reference;
use oci_client::secrets::RegistryAuth;
use reqwest::header::{ACCEPT, WWW_AUTHENTICATE};
use reqwest::{Client, RequestBuilder, Response, StatusCode};
use url::Url;

use super::{Surroundings, docker_login, network_cause, web};
use crate::config::source;

/// Characters of a registry's own words that are repeated.
const LONGEST_MESSAGE: usize = 200;
/// Bytes of an answer that is not what was asked for: an error, or a token.
const LONGEST_ANSWER: usize = 64 * 1024;

/// One repository of a registry, for reading.
pub struct Repository<'a> {
    reference: &'a Reference,
    client: Client,
    login: RegistryAuth,
    /// What the registry is shown, from when on it asked for something.
    shown: Option<Shown>,
}

enum Shown {
    Login,
    Token(String),
}

/// How a registry wants to be shown something.
struct Challenge {
    realm: String,
    service: Option<String>,
}

impl<'a> Repository<'a> {
    pub fn of(reference: &'a Reference, around: &Surroundings<'_>) -> anyhow::Result<Self> {
        let registry = reference.resolve_registry();
        Ok(Self {
            reference,
            client: web::client(is_on_this_machine(registry), around)?,
            login: docker_login::of(around.docker_config, registry),
            shown: None,
        })
    }

    /// `kind` is `manifests` or `blobs`. Errors: there is no such file, or it is not to be had.
    pub async fn get(&mut self, kind: &str, name: &str, accept: &str) -> anyhow::Result<Response> {
        let registry = self.registry();
        let scheme = match is_on_this_machine(registry) {
            true => "http",
            false => "https",
        };
        let repository = self.reference.repository();
        let url = format!("{scheme}://{registry}/v2/{repository}/{kind}/{name}");
        let mut response = self
            .send(self.client.get(&url).header(ACCEPT, accept))
            .await?;
        if response.status() == StatusCode::UNAUTHORIZED && self.shown.is_none() {
            self.shown = Some(self.what_is_asked_for(&response).await?);
            response = self
                .send(self.client.get(&url).header(ACCEPT, accept))
                .await?;
        }
        match response.status() {
            StatusCode::OK => Ok(response),
            StatusCode::UNAUTHORIZED => Err(self.wants_login()),
            status => Err(self.refused(status, response).await),
        }
    }

    async fn send(&self, request: RequestBuilder) -> anyhow::Result<Response> {
        let request = match &self.shown {
            None => request,
            Some(Shown::Login) => self.with_login(request),
            Some(Shown::Token(token)) => request.bearer_auth(token),
        };
        request.send().await.map_err(network_cause)
    }

    fn with_login(&self, request: RequestBuilder) -> RequestBuilder {
        match &self.login {
            RegistryAuth::Basic(user, password) => request.basic_auth(user, Some(password)),
            _ => request,
        }
    }

    /// The login itself, or the token that somebody gives for it, or for none.
    async fn what_is_asked_for(&self, response: &Response) -> anyhow::Result<Shown> {
        let Some(challenge) = challenge(response) else {
            return match self.login {
                RegistryAuth::Basic(..) => Ok(Shown::Login),
                _ => Err(self.wants_login()),
            };
        };
        let mut url = Url::parse(&challenge.realm)
            .ok()
            .with_context(|| format!("{} names no address for logins", self.registry()))?;
        anyhow::ensure!(
            web::may_lead(is_on_this_machine(self.registry()), &url),
            "{} wants logins sent to {}, which is not followed",
            self.registry(),
            web::shown(&url)
        );
        let scope = format!("repository:{}:pull", self.reference.repository());
        url.query_pairs_mut()
            .extend_pairs(challenge.service.iter().map(|service| ("service", service)))
            .append_pair("scope", &scope);
        let request = self.with_login(self.client.get(url));
        let response = request.send().await.map_err(network_cause)?;
        match response.status() {
            StatusCode::OK => {}
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => return Err(self.wants_login()),
            status => anyhow::bail!("{} answered a login with {status}", self.registry()),
        }
        let answer = web::at_most(LONGEST_ANSWER, response).await?;
        let answer: serde_json::Value = serde_json::from_slice(&answer).unwrap_or_default();
        let tokens = ["token", "access_token"].into_iter();
        let mut tokens = tokens.filter_map(|name| answer[name].as_str());
        let token = tokens.find(|token| !token.is_empty());
        let token = token.with_context(|| format!("{} gave no token", self.registry()))?;
        Ok(Shown::Token(token.to_owned()))
    }

    fn wants_login(&self) -> anyhow::Error {
        let registry = self.registry();
        anyhow::anyhow!(
            "{registry} wants a login: `docker login {registry}` keeps one (logins that a credential helper keeps are not read)"
        )
    }

    /// In the registry's own words, if it has any. Without an address: it sends its clients to signed ones.
    async fn refused(&self, status: StatusCode, response: Response) -> anyhow::Error {
        let registry = self.registry();
        let answer = web::at_most(LONGEST_ANSWER, response).await;
        let answer: serde_json::Value =
            serde_json::from_slice(&answer.unwrap_or_default()).unwrap_or_default();
        match answer["errors"][0]["message"].as_str() {
            Some(message) => {
                let message: String = message.chars().take(LONGEST_MESSAGE).collect();
                anyhow::anyhow!("{registry} answered: {message}")
            }
            None if status == StatusCode::NOT_FOUND => {
                anyhow::anyhow!("{registry} does not have it")
            }
            None => anyhow::anyhow!("{registry} answered {}", status.as_u16()),
        }
    }

    fn registry(&self) -> &'a str {
        self.reference.resolve_registry()
    }
}

/// Where a token is to be had. None: the registry wants the login itself, or does not say what it wants.
fn challenge(response: &Response) -> Option<Challenge> {
    let headers = response.headers().get_all(WWW_AUTHENTICATE).iter();
    let texts = headers.filter_map(|header| header.to_str().ok());
    let challenges = texts.flat_map(ChallengeParser::new).flatten();
    let mut bearer = challenges.filter(|it| it.scheme.eq_ignore_ascii_case("bearer"));
    let params = bearer.next()?.params;
    let value = |name: &str| {
        let mut params = params.iter();
        let found = params.find(|(key, _)| key.eq_ignore_ascii_case(name))?;
        Some(found.1.to_unescaped())
    };
    Some(Challenge {
        realm: value("realm")?,
        service: value("service"),
    })
}

/// There HTTP is as good as HTTPS.
fn is_on_this_machine(registry: &str) -> bool {
    let host = registry.rsplit_once(':').map_or(registry, |(host, _)| host);
    source::is_on_this_machine(host)
}
