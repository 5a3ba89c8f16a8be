//! A plugin that uses the network and its variables: its configuration names what to do, and where. It must not be
//! shipped.

use session_plugin::{
    Brief, Checkpoint, Contribution, Finding, Metric, NewState, ProposedEdit, Request, Section,
    Status, Trailer, Verdict, facts, log,
};
use wasip2::http::outgoing_handler::handle;
use wasip2::http::types::{
    ErrorCode, Fields, IncomingResponse, OutgoingRequest, RequestOptions, Scheme,
};
use wasip2::io::streams::StreamError;

pub struct Network;

session_plugin::plugin!(
    Network: brief, checkpoint, status;
    grants = r#"[{"kind":"http","reason":"to ask it"},{"kind":"env","reason":"to say it"}]"#
);

impl Brief for Network {
    fn brief(_request: Request) -> Result<Contribution, String> {
        answer()
    }
}

impl Checkpoint for Network {
    fn checkpoint(_request: Request) -> Result<Contribution, String> {
        answer()
    }
}

impl Status for Network {
    fn status(_request: Request) -> Result<Contribution, String> {
        answer()
    }
}

/// `fetch URL`, `soon URL` (without patience), `follow URL`, `many URL`, `misuse URL`, `variable NAME`, `say NAME`, `fail NAME`, `panic NAME`;
/// `hide-say NAME` and so on with characters between the value's that nobody sees.
fn answer() -> Result<Contribution, String> {
    let configuration = facts::configuration();
    let task = configuration.trim_matches(['"', ' ']);
    let (verb, rest) = task.split_once(' ').unwrap_or((task, ""));
    let value = || {
        let value = std::env::var(rest).unwrap_or_else(|_| "not set".to_owned());
        match verb.starts_with("hide-") {
            true => hidden(&value),
            false => value,
        }
    };
    match verb.trim_start_matches("hide-") {
        "fetch" => fetch(rest).map(|answer| step(&answer.told())),
        "soon" => fetch_within(rest, Some(IMPATIENT)).map(|answer| step(&answer.told())),
        "follow" => follow(rest).map(|answer| step(&answer.told())),
        "many" => Ok(step(&many(rest))),
        "variable" => Ok(step(&format!("{rest} is {}", std::env::var(rest).is_ok()))),
        "misuse" => Ok(misuse(rest)),
        "say" => Ok(say(&value())),
        "fail" => Err(format!("no luck with {}", value())),
        "panic" => panic!("no luck with {}", value()),
        _ => Err(format!("does not know how to {verb}")),
    }
}

fn step(text: &str) -> Contribution {
    Contribution {
        sections: vec![Section {
            title: "Answer".to_owned(),
            body: text.to_owned(),
            importance: 50,
        }],
        next_steps: vec![text.to_owned()],
        ..Contribution::default()
    }
}

/// A host, sections and trailers, all more than it may have.
fn misuse(url: &str) -> Contribution {
    let _refused = fetch(url);
    let signed = Trailer {
        key: "Signed-off-by".to_owned(),
        value: "somebody".to_owned(),
    };
    Contribution {
        sections: vec![step("again").sections.remove(0); 30],
        trailers: vec![signed; 5],
        ..Contribution::default()
    }
}

/// With what is taken out of any text before it is shown.
fn hidden(value: &str) -> String {
    let unseen = ["\u{1b}[0m", "\u{200b}", "\u{ad}", "\u{9d}x\u{7}", "\u{0}"];
    let pairs = value.chars().zip(unseen.into_iter().cycle());
    pairs
        .map(|(seen, unseen)| format!("{seen}{unseen}"))
        .collect()
}

/// The value in every place where a plugin can leave one.
fn say(value: &str) -> Contribution {
    log::log("info", &format!("the value is {value}"));
    Contribution {
        sections: vec![Section {
            title: format!("Title {value}"),
            body: format!("Body {value}"),
            importance: 50,
        }],
        metrics: vec![Metric {
            name: format!("Metric {value}"),
            value: 1.0,
            unit: value.to_owned(),
            better: String::new(),
            threshold: None,
        }],
        findings: vec![Finding {
            severity: String::new(),
            message: format!("Finding {value}"),
            path: Some(value.to_owned()),
            line: None,
            hint: Some(value.to_owned()),
        }],
        trailers: vec![
            Trailer {
                key: "Said".to_owned(),
                value: value.to_owned(),
            },
            Trailer {
                key: format!("{value}-by"),
                value: String::new(),
            },
        ],
        next_steps: vec![format!("Step {value}")],
        verdict: Some(Verdict {
            outcome: "block".to_owned(),
            reason: format!("Verdict {value}"),
        }),
        edits: vec![ProposedEdit {
            path: "new.md".to_owned(),
            reason: format!("Edit {value}"),
            before: None,
            after: format!("{value}\n"),
        }],
        state: vec![NewState {
            scope: "session".to_owned(),
            bytes: value.as_bytes().to_vec(),
        }],
    }
}

/// A twentieth of a second.
const IMPATIENT: u64 = 50_000_000;

struct Answer {
    status: u16,
    location: Option<String>,
    bytes: usize,
}

impl Answer {
    fn told(&self) -> String {
        format!("status {}, {} bytes", self.status, self.bytes)
    }
}

fn fetch(url: &str) -> Result<Answer, String> {
    fetch_within(url, None)
}

/// `pause`: nanoseconds until the first byte, and between two.
fn fetch_within(url: &str, pause: Option<u64>) -> Result<Answer, String> {
    let response = send(url, pause).map_err(|error| format!("{url}: {error:?}"))?;
    let location = response.headers().get("location").into_iter().next();
    Ok(Answer {
        status: response.status(),
        location: location.and_then(|value| String::from_utf8(value).ok()),
        bytes: length(&response).map_err(|error| format!("{url}: {error}"))?,
    })
}

/// As every HTTP library for components does it: one request after another.
fn follow(url: &str) -> Result<Answer, String> {
    let mut answer = fetch(url)?;
    while let Some(location) = &answer.location {
        answer = fetch(location)?;
    }
    Ok(answer)
}

fn many(url: &str) -> String {
    let answered = (0..100).filter(|_| fetch(url).is_ok()).count();
    format!("{answered} were answered")
}

fn send(url: &str, pause: Option<u64>) -> Result<IncomingResponse, ErrorCode> {
    let (scheme, rest) = url.split_once("://").unwrap_or(("https", url));
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let request = OutgoingRequest::new(Fields::new());
    let scheme = match scheme {
        "http" => Scheme::Http,
        _ => Scheme::Https,
    };
    let set = request
        .set_scheme(Some(&scheme))
        .and_then(|()| request.set_authority(Some(authority)))
        .and_then(|()| request.set_path_with_query(Some(&format!("/{path}"))));
    set.map_err(|()| ErrorCode::HttpRequestUriInvalid)?;
    let options = pause.map(|pause| {
        let options = RequestOptions::new();
        let set = options
            .set_first_byte_timeout(Some(pause))
            .and_then(|()| options.set_between_bytes_timeout(Some(pause)));
        set.map(|()| options)
    });
    let options = options
        .transpose()
        .map_err(|()| ErrorCode::ConfigurationError)?;
    let response = handle(request, options)?;
    response.subscribe().block();
    match response.get() {
        Some(Ok(response)) => response,
        _ => Err(ErrorCode::InternalError(None)),
    }
}

fn length(response: &IncomingResponse) -> Result<usize, String> {
    let no_body = |()| "no body".to_owned();
    let body = response.consume().map_err(no_body)?;
    let stream = body.stream().map_err(no_body)?;
    let mut bytes = 0;
    loop {
        match stream.blocking_read(64 * 1024) {
            Ok(piece) => bytes += piece.len(),
            Err(StreamError::Closed) => return Ok(bytes),
            Err(StreamError::LastOperationFailed(error)) => return Err(error.to_debug_string()),
        }
    }
}
