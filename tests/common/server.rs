//! A server on loopback, for tests of what uses the network: a real one, each connection on a thread. It must not reach
//! anything else.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// What a server does with a connection, when it has read the request's head.
type Respond = dyn Fn(&mut TcpStream) -> std::io::Result<()> + Send + Sync;

pub struct Server {
    port: u16,
    connections: Arc<AtomicUsize>,
    stopped: Arc<AtomicBool>,
}

impl Server {
    pub fn start(
        respond: impl Fn(&mut TcpStream) -> std::io::Result<()> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let connections = Arc::new(AtomicUsize::new(0));
        let stopped = Arc::new(AtomicBool::new(false));
        let (counted, stop) = (Arc::clone(&connections), Arc::clone(&stopped));
        let respond: Arc<Respond> = Arc::new(respond);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if stop.load(Ordering::SeqCst) {
                    break;
                }
                counted.fetch_add(1, Ordering::SeqCst);
                let respond = Arc::clone(&respond);
                std::thread::spawn(move || serve(stream, &*respond));
            }
        });
        Self {
            port,
            connections,
            stopped,
        }
    }

    pub fn answering(body: &'static str) -> Self {
        Self::start(move |stream| {
            let length = body.len();
            write!(
                stream,
                "HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{body}"
            )
        })
    }

    /// Accepts, and says nothing as long as the other side waits.
    pub fn silent() -> Self {
        Self::start(|stream| std::io::copy(stream, &mut std::io::sink()).map(drop))
    }

    /// As grants have it.
    pub fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    pub fn url(&self) -> String {
        format!("http://{}/", self.host())
    }

    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    /// From when it returns on, nobody listens there.
    pub fn stop(&self) {
        self.stopped.store(true, Ordering::SeqCst);
        while TcpStream::connect(self.host()).is_ok() {
            std::thread::yield_now();
        }
    }
}

fn serve(mut stream: TcpStream, respond: &Respond) {
    let head = BufReader::new(stream.try_clone().unwrap()).lines();
    if head.map_while(Result::ok).any(|line| line.is_empty()) {
        // The other side may have gone away; that is what some tests are about.
        let _gone = respond(&mut stream);
    }
}
