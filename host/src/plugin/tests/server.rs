//! Servers on loopback that tests make: real ones, each connection on a thread. They must not outlive what they do for
//! one test, nor reach anything but loopback.

use std::io::{BufRead as _, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// What a server does with a connection, when it has read the request.
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
        let counted = Arc::clone(&connections);
        let respond: Arc<Respond> = Arc::new(respond);
        let stopped = Arc::new(AtomicBool::new(false));
        let stop = Arc::clone(&stopped);
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
            write!(
                stream,
                "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}",
                body.len()
            )
        })
    }

    pub fn redirecting(to: String) -> Self {
        Self::start(move |stream| {
            write!(
                stream,
                "HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n"
            )
        })
    }

    /// Accepts, reads, and says nothing as long as the other side waits.
    pub fn silent() -> Self {
        Self::start(|stream| stream.read_to_the_end())
    }

    /// As grants have it.
    pub fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    pub fn url(&self) -> String {
        format!("http://{}/", self.host())
    }

    /// From when it returns on, nobody listens there.
    pub fn stop(&self) {
        self.stopped.store(true, Ordering::SeqCst);
        while TcpStream::connect(self.host()).is_ok() {
            std::thread::yield_now();
        }
    }

    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

fn serve(mut stream: TcpStream, respond: &Respond) {
    let head = BufReader::new(stream.try_clone().unwrap());
    let whole = head
        .lines()
        .map_while(Result::ok)
        .any(|line| line.is_empty());
    if whole {
        // The other side may have gone away; that is what some tests are about.
        let _gone = respond(&mut stream);
    }
}

trait ReadToTheEnd {
    fn read_to_the_end(&mut self) -> std::io::Result<()>;
}

impl ReadToTheEnd for TcpStream {
    fn read_to_the_end(&mut self) -> std::io::Result<()> {
        std::io::copy(self, &mut std::io::sink()).map(drop)
    }
}
