//! What server and proxy have in common: HTTP on a port of this machine, on a thread of
//! its own that ends when its owner is dropped.

use std::{
    future::Future,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    rc::Rc,
    thread::JoinHandle,
};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{body::Incoming, header, service::service_fn, Method, Request, Response, StatusCode};
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
    /// Runs `main` on a thread of its own until it ends or this is dropped. `main` gets a
    /// listener on a free port.
    pub(crate) fn start<F, M>(name: &str, main: M) -> Self
    where
        M: FnOnce(tokio::net::TcpListener) -> F + Send + 'static,
        F: Future<Output = ()>,
    {
        let listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))
            .expect("this machine has a free port");
        listener
            .set_nonblocking(true)
            .expect("a listener need not block");
        let address = listener.local_addr().expect("a listener has an address");
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
                    let listener = tokio::net::TcpListener::from_std(listener)
                        .expect("a listener belongs to a runtime");
                    tokio::select! {
                        () = main(listener) => (),
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
    Post(Bytes),
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
    if request.method() != Method::POST {
        return Err(text(
            StatusCode::METHOD_NOT_ALLOWED,
            "POST a JSON-RPC request",
        ));
    }
    match whole(request.into_body()).await {
        Ok(body) => Ok(Asked::Post(body)),
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
    let kind = header::HeaderValue::from_static(kind);
    answer.headers_mut().insert(header::CONTENT_TYPE, kind);
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
