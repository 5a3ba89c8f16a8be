//! A server on loopback, for tests of what uses the network: a real one, with TLS or without, each connection on a thread.
//! It must not reach anything else.

use std::io::{BufRead as _, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// What a server does when it has read a request's head: it is given the path.
type Respond = dyn Fn(&str, &mut dyn Stream) -> std::io::Result<()> + Send + Sync;

pub trait Stream: Read + Write {}
impl<T: Read + Write> Stream for T {}

pub struct Server {
    port: u16,
    identity: Option<Identity>,
    state: Arc<State>,
}

/// Who the server says that it is.
struct Identity {
    name: &'static str,
    /// The certificate, which only its own server has signed.
    pem: String,
    config: Arc<ServerConfig>,
}

#[derive(Default)]
struct State {
    stopped: AtomicBool,
    connections: AtomicUsize,
    requests: AtomicUsize,
}

impl Server {
    pub fn start(
        respond: impl Fn(&str, &mut dyn Stream) -> std::io::Result<()> + Send + Sync + 'static,
    ) -> Self {
        Self::with(None, Arc::new(respond))
    }

    /// With TLS, and a certificate for this name.
    pub fn with_tls(
        name: &'static str,
        respond: impl Fn(&str, &mut dyn Stream) -> std::io::Result<()> + Send + Sync + 'static,
    ) -> Self {
        Self::with(Some(Identity::new(name)), Arc::new(respond))
    }

    fn with(identity: Option<Identity>, respond: Arc<Respond>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Arc::new(State::default());
        let shared = Arc::clone(&state);
        let tls = identity.as_ref().map(|it| Arc::clone(&it.config));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if shared.stopped.load(Ordering::SeqCst) {
                    break;
                }
                shared.connections.fetch_add(1, Ordering::SeqCst);
                let (tls, respond, state) = (tls.clone(), respond.clone(), shared.clone());
                // The other side may go away; that is what some tests are about.
                std::thread::spawn(move || match tls {
                    None => serve(stream, &state, &*respond),
                    Some(config) => serve(Encrypted::new(stream, config), &state, &*respond),
                });
            }
        });
        Self {
            port,
            identity,
            state,
        }
    }

    pub fn answering(body: &'static str) -> Self {
        Self::start(whole(body))
    }

    /// Accepts, and says nothing as long as the other side waits.
    pub fn silent() -> Self {
        Self::start(|_, stream| std::io::copy(stream, &mut std::io::sink()).map(drop))
    }

    /// As grants have it.
    pub fn host(&self) -> String {
        let name = self.identity.as_ref().map_or("127.0.0.1", |it| it.name);
        format!("{name}:{}", self.port)
    }

    pub fn url(&self) -> String {
        self.at("/")
    }

    pub fn at(&self, path: &str) -> String {
        let scheme = self.identity.as_ref().map_or("http", |_| "https");
        format!("{scheme}://{}{path}", self.host())
    }

    /// For `SSL_CERT_FILE`.
    pub fn certificate(&self) -> &str {
        self.identity.as_ref().map_or("", |it| &it.pem)
    }

    pub fn connections(&self) -> usize {
        self.state.connections.load(Ordering::SeqCst)
    }

    /// How often it was asked for something.
    pub fn requests(&self) -> usize {
        self.state.requests.load(Ordering::SeqCst)
    }

    /// From when it returns on, nobody listens there.
    pub fn stop(&self) {
        self.state.stopped.store(true, Ordering::SeqCst);
        while TcpStream::connect(("127.0.0.1", self.port)).is_ok() {
            std::thread::yield_now();
        }
    }
}

/// An answer of this.
pub fn whole(
    body: &'static str,
) -> impl Fn(&str, &mut dyn Stream) -> std::io::Result<()> + Send + Sync {
    move |_, stream| {
        let length = body.len();
        write!(
            stream,
            "HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{body}"
        )
    }
}

/// An answer that sends the client on.
pub fn redirect(to: String) -> impl Fn(&str, &mut dyn Stream) -> std::io::Result<()> + Send + Sync {
    move |_, stream| {
        write!(
            stream,
            "HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n"
        )
    }
}

fn serve(stream: impl Stream, state: &State, respond: &Respond) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    let mut first = String::new();
    stream.read_line(&mut first)?;
    let mut header = first.clone();
    while !header.trim().is_empty() {
        header.clear();
        stream.read_line(&mut header)?;
    }
    // The end of the head, or of the connection: somebody only looked whether there is a server.
    if header.is_empty() {
        return Ok(());
    }
    state.requests.fetch_add(1, Ordering::SeqCst);
    let path = first.split(' ').nth(1).unwrap_or_default();
    respond(path, stream.get_mut())
}

impl Identity {
    fn new(name: &'static str) -> Self {
        let own = rcgen::generate_simple_self_signed([name.to_owned()]).unwrap();
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(own.signing_key.serialize_der()));
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![own.cert.der().clone()], key)
            .unwrap();
        Self {
            name,
            pem: own.cert.pem(),
            config: Arc::new(config),
        }
    }
}

/// Says goodbye as TLS wants it: what ends without that could have been cut off by anybody.
struct Encrypted(StreamOwned<ServerConnection, TcpStream>);

impl Encrypted {
    fn new(stream: TcpStream, config: Arc<ServerConfig>) -> Self {
        let connection = ServerConnection::new(config).unwrap();
        Self(StreamOwned::new(connection, stream))
    }
}

impl Read for Encrypted {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        self.0.read(buffer)
    }
}

impl Write for Encrypted {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.0.flush()
    }
}

impl Drop for Encrypted {
    fn drop(&mut self) {
        self.0.conn.send_close_notify();
        let _gone = self.0.flush();
    }
}
