//! What server and proxy have in common: HTTP on a port of this machine, on a thread of
//! its own that ends when its owner is dropped.

use std::{
    future::Future,
    net::{IpAddr, TcpListener},
    rc::Rc,
    thread::JoinHandle,
};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{
    body::Incoming,
    header::{self, HeaderMap, HeaderName, HeaderValue},
    service::service_fn,
    Method, Request, Response, StatusCode, Uri,
};
use hyper_util::rt::TokioIo;
use tokio::{
    sync::oneshot,
    task::{spawn_local, LocalSet},
};

/// Largest request or answer that is read (bytes). Agave takes requests up to 50 KiB; an
/// answer may hold a few accounts of megabytes.
pub(crate) const MOST_BYTES: usize = 64 * 1024 * 1024;

/// Stack of the thread (bytes): the program runs on it, unoptimised.
const STACK: usize = 16 * 1024 * 1024;

/// An answer to be sent.
pub(crate) type Answer = Response<Full<Bytes>>;

/// The connection is to be closed without an answer.
#[derive(Debug)]
pub(crate) struct HangUp;

impl core::fmt::Display for HangUp {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("the connection is closed without an answer")
    }
}

impl std::error::Error for HangUp {}

/// A server on a thread of its own.
pub(crate) struct Listening {
    url: String,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Listening {
    /// Runs `main` on a thread of its own until it ends or this is dropped. `main` gets the
    /// listeners, the first of which has the URL.
    pub(crate) fn start<const N: usize, F, M>(
        name: &str,
        listeners: [TcpListener; N],
        main: M,
    ) -> Self
    where
        M: FnOnce([tokio::net::TcpListener; N]) -> F + Send + 'static,
        F: Future<Output = ()>,
    {
        let first = listeners.first().map(TcpListener::local_addr);
        let address = first
            .and_then(Result::ok)
            .expect("a listener has an address");
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::Builder::new()
            .name(name.to_string())
            .stack_size(STACK)
            .spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .build()
                    .expect("a runtime starts");
                let local = LocalSet::new();
                local.block_on(&runtime, async {
                    let listeners = listeners.map(|listener| {
                        tokio::net::TcpListener::from_std(listener)
                            .expect("a listener belongs to a runtime")
                    });
                    tokio::select! {
                        () = main(listeners) => (),
                        _ = stopped => (),
                    }
                });
                // Connections and what they hold end inside the runtime they came from.
                let _inside = runtime.enter();
                drop(local);
            })
            .expect("a thread starts");
        Self {
            url: format!("http://{address}"),
            stop: Some(stop),
            thread: Some(thread),
        }
    }

    /// Whether its thread has not ended.
    pub(crate) fn is_running(&self) -> bool {
        let thread = self.thread.as_ref();
        thread.is_some_and(|thread| !thread.is_finished())
    }

    /// Such as `http://127.0.0.1:34567`.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            // Fails when the thread has ended by itself.
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            // Its panic was printed, and a drop must not panic again.
            let _ = thread.join();
        }
    }
}

/// What came in.
pub(crate) enum Asked {
    /// `GET` of a path.
    Get(String),
    /// The body of a `POST`.
    Post(Bytes, Caller),
}

/// Who asks, as far as the headers of a browser tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Caller {
    /// A program of this machine, or a page that this machine serves.
    Here,
    /// A page of some website that a browser of this machine shows.
    Website,
}

impl Caller {
    /// A browser names the page in `Origin`, and the server as the page calls it in `Host`: a
    /// website that has its own name lead to this machine is told by the latter.
    fn of(headers: &HeaderMap) -> Self {
        let here = |name: HeaderName| {
            headers.get_all(name).iter().all(|value| {
                let uri = value
                    .to_str()
                    .ok()
                    .and_then(|text| text.parse::<Uri>().ok());
                uri.as_ref().and_then(Uri::host).is_some_and(is_here)
            })
        };
        match here(header::ORIGIN) && here(header::HOST) {
            true => Self::Here,
            false => Self::Website,
        }
    }
}

/// Whether a name always leads to this machine.
fn is_here(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || address.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// Answers every request on `listener`, those of different connections side by side.
pub(crate) async fn serve<H, F>(listener: tokio::net::TcpListener, handler: H)
where
    H: Fn(Asked) -> F + 'static,
    F: Future<Output = Result<Answer, HangUp>> + 'static,
{
    let handler = Rc::new(handler);
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            continue;
        };
        let handler = Rc::clone(&handler);
        spawn_local(async move {
            let service = service_fn(move |request| {
                let handler = Rc::clone(&handler);
                async move {
                    match read(request).await {
                        Ok(asked) => handler(asked).await,
                        Err(refusal) => Ok(refusal),
                    }
                }
            });
            // An error here is the client's: it went away.
            let _ = hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}

async fn read(request: Request<Incoming>) -> Result<Asked, Answer> {
    if request.method() == Method::GET {
        return Ok(Asked::Get(request.uri().path().to_string()));
    }
    if request.method() == Method::OPTIONS {
        return Err(allowed());
    }
    if request.method() != Method::POST {
        return Err(text(
            StatusCode::METHOD_NOT_ALLOWED,
            "POST a JSON-RPC request",
        ));
    }
    let caller = Caller::of(request.headers());
    match whole(request.into_body()).await {
        Ok(body) => Ok(Asked::Post(body, caller)),
        Err(why) => Err(text(StatusCode::BAD_REQUEST, &why)),
    }
}

async fn whole(body: Incoming) -> Result<Bytes, String> {
    let body = http_body_util::Limited::new(body, MOST_BYTES);
    match body.collect().await {
        Ok(body) => Ok(body.to_bytes()),
        Err(error) => Err(error.to_string()),
    }
}

/// An answer with a body of some type.
pub(crate) fn answer(status: StatusCode, kind: &'static str, body: impl Into<Bytes>) -> Answer {
    let mut answer = Response::new(Full::new(body.into()));
    *answer.status_mut() = status;
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    // A browser's wallet may read the answer whatever page it serves, as with Agave: there is
    // nothing here but play money.
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, ANY);
    answer
}

/// Any page.
const ANY: HeaderValue = HeaderValue::from_static("*");
/// How long a browser remembers that it may ask (seconds).
const REMEMBERED: HeaderValue = HeaderValue::from_static("86400");

/// What a browser asks for before it posts JSON.
fn allowed() -> Answer {
    let mut answer = text(StatusCode::OK, "");
    let headers = answer.headers_mut();
    headers.insert(
        header::ACCESS_CONTROL_ALLOW_METHODS,
        HeaderValue::from_static("POST, GET, OPTIONS"),
    );
    // Clients of Solana send a header of their own beside the type.
    headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, ANY);
    headers.insert(header::ACCESS_CONTROL_MAX_AGE, REMEMBERED);
    answer
}

/// An answer in words.
pub(crate) fn text(status: StatusCode, words: &str) -> Answer {
    answer(status, "text/plain; charset=utf-8", words.to_string())
}

/// An answer in JSON.
pub(crate) fn json(body: impl Into<Bytes>) -> Answer {
    answer(
        StatusCode::OK,
        "application/json; charset=utf-8",
        body.into(),
    )
}

/// Sends a JSON-RPC request to `host:port` over a connection of its own.
pub(crate) async fn post(
    authority: &str,
    path: &str,
    body: Bytes,
) -> Result<(StatusCode, Bytes), String> {
    let stream = tokio::net::TcpStream::connect(authority)
        .await
        .map_err(|error| error.to_string())?;
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake::<_, Full<Bytes>>(TokioIo::new(stream))
            .await
            .map_err(|error| error.to_string())?;
    let connection = spawn_local(connection);
    let request = Request::post(path)
        .header(header::HOST, authority)
        .header(header::CONTENT_TYPE, "application/json")
        .body(Full::new(body))
        .map_err(|error| error.to_string())?;
    let answer = sender
        .send_request(request)
        .await
        .map_err(|error| error.to_string())?;
    let status = answer.status();
    let body = whole(answer.into_body()).await?;
    connection.abort();
    Ok((status, body))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_of_a_website_is_told_from_this_machine() {
        let caller = |pairs: &[(HeaderName, &'static str)]| {
            let pairs = pairs.iter().cloned();
            let pairs = pairs.map(|(name, value)| (name, HeaderValue::from_static(value)));
            Caller::of(&pairs.collect())
        };
        let (host, origin) = (header::HOST, header::ORIGIN);
        assert_eq!(caller(&[]), Caller::Here);
        for here in ["127.0.0.1:8899", "localhost:8899", "[::1]:8899"] {
            assert_eq!(caller(&[(host.clone(), here)]), Caller::Here, "{here}");
        }
        let page = "http://localhost:3000";
        assert_eq!(caller(&[(origin.clone(), page)]), Caller::Here);
        for elsewhere in [
            "https://example.org",
            "null",
            "http://localhost.example.org",
        ] {
            assert_eq!(caller(&[(origin.clone(), elsewhere)]), Caller::Website);
        }
        // A name that its owner lets lead to this machine.
        assert_eq!(caller(&[(host, "example.org:8899")]), Caller::Website);
    }
}
