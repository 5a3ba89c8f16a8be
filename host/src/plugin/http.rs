//! A plugin's requests by WASI HTTP: each is checked against what was granted, counted, and over when the call is. It
//! must not follow a redirect itself, and must not add anything of the user's to a request: no proxy, no credentials.
//!
//! A guest follows redirects by making another request, so each step is checked as the first was.

use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use http::{Method, Request, Response};
use http_body::{Body, Frame};
use http_body_util::BodyExt as _;
use tokio::time::{Instant, Sleep, sleep_until, timeout_at};
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody, WasiHttpCtx, WasiHttpHooks};

use super::access::Access;
use super::connection;
use super::hosts::{Allowed, refusal};

/// What a plugin that uses the network may take for one call, where the configuration does not say.
pub const DEADLINE: Duration = Duration::from_secs(2);

const MOST_REQUESTS: u32 = 32;
/// Bytes of all bodies of one call: those that are received, and as much again for those that are sent.
const MOST_BODY: u64 = 4 * 1024 * 1024;
/// Bytes of one message's headers, as they lie in memory.
const MOST_HEADERS: usize = 32 * 1024;
/// A plugin that tries a thousand hosts is told of in one line.
const MOST_REFUSALS: usize = 4;

/// A sandbox's way to the network.
pub struct Http {
    pub context: WasiHttpCtx,
    pub gate: Gate,
}

/// What every request has to pass.
pub struct Gate {
    allowed: Vec<Allowed>,
    deadline: Instant,
    requests_left: u32,
    received: Arc<Budget>,
    sent: Arc<Budget>,
    refusals: Arc<Mutex<Vec<Refusal>>>,
}

/// Something that a plugin wanted and did not get.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// `host` or `host:port`.
    NotGranted(String),
    /// A granted host, but readable by everybody on the way.
    NotEncrypted(String),
    /// Anything that looks like a host and is meant to be read as another.
    Disguised,
    TooManyRequests,
    TooMuchReceived,
    TooMuchSent,
}

/// Bytes that are left of a limit.
struct Budget {
    left: AtomicU64,
    when_spent: Refusal,
    refusals: Arc<Mutex<Vec<Refusal>>>,
}

impl Http {
    pub fn new(access: &Access, deadline: std::time::Instant) -> Self {
        let mut context = WasiHttpCtx::new();
        context.set_field_size_limit(MOST_HEADERS);
        let refusals = Arc::default();
        let budget = |when_spent| {
            Arc::new(Budget {
                left: AtomicU64::new(MOST_BODY),
                when_spent,
                refusals: Arc::clone(&refusals),
            })
        };
        Self {
            context,
            gate: Gate {
                allowed: access
                    .http
                    .iter()
                    .map(|text| Allowed::parse(text))
                    .collect(),
                deadline: Instant::from_std(deadline),
                requests_left: MOST_REQUESTS,
                received: budget(Refusal::TooMuchReceived),
                sent: budget(Refusal::TooMuchSent),
                refusals,
            },
        }
    }

    /// Each once, in the order they came.
    pub fn refusals(&self) -> Vec<Refusal> {
        let refusals = self.gate.refusals.lock();
        refusals.unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Gate {
    /// Whether a request may be made.
    fn admit(&mut self, request: &Request<WasiBody>) -> Result<(), Error> {
        let refuse = |refusal| {
            note(&self.refusals, refusal);
            Err(Error::HttpRequestDenied)
        };
        if self.requests_left == 0 {
            return refuse(Refusal::TooManyRequests);
        }
        self.requests_left -= 1;
        if let Some(refusal) = refusal(request.uri(), &self.allowed) {
            return refuse(refusal);
        }
        // Neither is for asking a service something.
        if matches!(*request.method(), Method::CONNECT | Method::TRACE) {
            return Err(Error::HttpRequestMethodInvalid);
        }
        Ok(())
    }
}

impl WasiHttpHooks for Gate {
    fn send_request(
        &mut self,
        request: Request<WasiBody>,
        options: Option<RequestOptions>,
        _processed: Box<dyn Future<Output = Result<(), Error>> + Send>,
    ) -> Box<dyn Future<Output = Sent> + Send> {
        let admitted = self.admit(&request);
        let deadline = self.deadline;
        let (sent, received) = (Arc::clone(&self.sent), Arc::clone(&self.received));
        let options = options.unwrap_or_default();
        Box::new(async move {
            admitted?;
            let request = request.map(|body| Metered::new(body, sent, deadline).boxed_unsync());
            let answer = timeout_at(deadline, connection::send(request, options)).await;
            let (response, driver) = answer.map_err(|_| Error::HttpResponseTimeout)??;
            let headers = response.headers().iter();
            let size: usize = headers
                .map(|(name, value)| name.as_str().len() + value.len())
                .sum();
            if size > MOST_HEADERS {
                return Err(Error::HttpResponseHeaderSectionSize(None));
            }
            let response = response.map(|body| {
                let body = body.map_err(Error::from).boxed_unsync();
                let body = Metered::new(body, received, deadline);
                body.pausing(options.between_bytes_timeout).boxed_unsync()
            });
            let driven = async move { driver.await.map_err(Error::from) };
            let io: Box<dyn Future<Output = Result<(), Error>> + Send> = Box::new(driven);
            Ok((response, io))
        })
    }
}

/// What WASI HTTP wants of a request: the response, and what drives its connection.
type Sent = Result<
    (
        Response<WasiBody>,
        Box<dyn Future<Output = Result<(), Error>> + Send>,
    ),
    Error,
>;

fn note(refusals: &Mutex<Vec<Refusal>>, refusal: Refusal) {
    let mut refusals = refusals.lock().unwrap_or_else(PoisonError::into_inner);
    if refusals.len() < MOST_REFUSALS && !refusals.contains(&refusal) {
        refusals.push(refusal);
    }
}

/// A body that ends in an error when its budget is spent, or the call's time is.
struct Metered {
    body: WasiBody,
    budget: Arc<Budget>,
    over: Pin<Box<Sleep>>,
    deadline: Instant,
    /// How long it may be silent, if the guest said so.
    pause: Option<Duration>,
}

impl Metered {
    fn new(body: WasiBody, budget: Arc<Budget>, deadline: Instant) -> Self {
        Self {
            body,
            budget,
            over: Box::pin(sleep_until(deadline)),
            deadline,
            pause: None,
        }
    }

    fn pausing(mut self, pause: Option<Duration>) -> Self {
        self.pause = pause;
        self.listen();
        self
    }

    /// The time until the next frame begins now.
    fn listen(&mut self) {
        if let Some(pause) = self.pause {
            let until = Instant::now().checked_add(pause);
            let until = until.map_or(self.deadline, |until| until.min(self.deadline));
            self.over.as_mut().reset(until);
        }
    }
}

impl Budget {
    fn spend(&self, bytes: usize) -> Result<(), Error> {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        let spend = |left: u64| left.checked_sub(bytes);
        match self
            .left
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, spend)
        {
            Ok(_) => Ok(()),
            Err(_) => {
                note(&self.refusals, self.when_spent.clone());
                Err(match self.when_spent {
                    Refusal::TooMuchSent => Error::HttpRequestBodySize(Some(MOST_BODY)),
                    _ => Error::HttpResponseBodySize(Some(MOST_BODY)),
                })
            }
        }
    }
}

impl Body for Metered {
    type Data = <WasiBody as Body>::Data;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Error>>> {
        match Pin::new(&mut self.body).poll_frame(context) {
            Poll::Pending => {
                ready!(self.over.as_mut().poll(context));
                Poll::Ready(Some(Err(match self.over.deadline() < self.deadline {
                    true => Error::ConnectionReadTimeout,
                    false => Error::HttpResponseTimeout,
                })))
            }
            Poll::Ready(Some(Ok(frame))) => {
                self.listen();
                let bytes = frame.data_ref().map_or(0, |data| data.len());
                Poll::Ready(Some(self.budget.spend(bytes).map(|()| frame)))
            }
            ended => ended,
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> http_body::SizeHint {
        self.body.size_hint()
    }
}
