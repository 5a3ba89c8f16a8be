//! One request over a connection of its own, whose TLS is checked against the system's certificates and no others. It must
//! not judge whether the request may be made, and must not add anything to it: no proxy, no credentials, no redirect.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use http::uri::{PathAndQuery, Scheme};
use http::{Request, Response, Uri};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use rustls_platform_verifier::BuilderVerifierExt as _;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use wasmtime_wasi::runtime::{self, AbortOnDropJoinHandle};
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody};

use super::hosts::{bare_host, destination};

/// What moves a connection's bytes. It ends when this is dropped.
pub type Driver = AbortOnDropJoinHandle<Result<(), hyper::Error>>;

/// Waits for the response's head; the body comes as it is read. Times are only those that the guest set itself.
pub async fn send(
    mut request: Request<WasiBody>,
    options: RequestOptions,
) -> Result<(Response<Incoming>, Driver), Error> {
    let connecting = connect(request.uri());
    let connected = within(options.connect_timeout, connecting).await;
    let stream = connected.ok_or(Error::ConnectionTimeout)??;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    let driver = runtime::spawn(connection);
    *request.uri_mut() = path_only(request.uri());
    let sending = sender.send_request(request);
    let sent = within(options.first_byte_timeout, sending).await;
    let response = sent.ok_or(Error::ConnectionReadTimeout)??;
    Ok((response, driver))
}

/// None: the time was over before.
async fn within<T>(limit: Option<Duration>, waiting: impl Future<Output = T>) -> Option<T> {
    match limit {
        Some(limit) => tokio::time::timeout(limit, waiting).await.ok(),
        None => Some(waiting.await),
    }
}

/// A server is told no more of the address than what it is to look up; host and port are in a header.
fn path_only(uri: &Uri) -> Uri {
    let path = uri.path_and_query().cloned();
    Uri::from(path.unwrap_or_else(|| PathAndQuery::from_static("/")))
}

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

async fn connect(uri: &Uri) -> Result<Box<dyn Stream>, Error> {
    let (host, port) = destination(uri)?;
    let stream = TcpStream::connect((host, port)).await;
    let stream = stream.map_err(Error::Connect)?;
    if uri.scheme() != Some(&Scheme::HTTPS) {
        return Ok(Box::new(stream));
    }
    // Reading the system's certificates is work for a thread that may block.
    let trust = runtime::spawn_blocking(system_trust).await?;
    let stream = TlsConnector::from(trust).connect(server_name(uri)?, stream);
    Ok(Box::new(stream.await.map_err(tls_error)?))
}

/// The name that the certificate has to be for: what was granted, wherever it led.
fn server_name(uri: &Uri) -> Result<ServerName<'static>, Error> {
    let authority = uri.authority().ok_or(Error::HttpRequestUriInvalid)?;
    ServerName::try_from(bare_host(authority)).map_err(|_| Error::HttpRequestUriInvalid)
}

/// Read once: they stay the same for as long as a command runs.
fn system_trust() -> Result<Arc<ClientConfig>, Error> {
    static TRUST: OnceLock<Result<Arc<ClientConfig>, String>> = OnceLock::new();
    let make = || {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_platform_verifier()?
            .with_no_client_auth();
        Ok(Arc::new(config))
    };
    let made = TRUST.get_or_init(|| make().map_err(|error: rustls::Error| error.to_string()));
    let made = made.as_ref();
    made.map(Arc::clone)
        .map_err(|cause| Error::InternalError(Some(cause.clone())))
}

/// Whether the certificate was the reason: that is for the user to look at.
fn tls_error(error: std::io::Error) -> Error {
    let cause = error.get_ref();
    match cause.and_then(|cause| cause.downcast_ref::<rustls::Error>()) {
        Some(rustls::Error::InvalidCertificate(_)) => Error::TlsCertificateError,
        _ => Error::Tls(error),
    }
}
