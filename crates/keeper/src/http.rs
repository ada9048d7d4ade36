//! `/metrics` and `/healthz`, for this machine.

use std::convert::Infallible;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use homeostat_settings::failure::quoted;
use homeostat_settings::Failure;
use http_body_util::Full;
use hyper::{header, service::service_fn, Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::sync::Semaphore;
use tracing::{info, Level};

use crate::log::fails;

/// Connections at a time; others wait.
const MOST_CONNECTIONS: usize = 16;
/// How long a connection may live: a scrape takes milliseconds.
const LONGEST: Duration = Duration::from_secs(30);
/// How Prometheus knows the text.
const METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// What a daemon shows of itself.
pub trait Board: Send + Sync + 'static {
    /// Its metrics, as Prometheus reads them.
    fn text(&self) -> String;

    /// Whether it does its work, and in words what is wrong; it must have reached the cluster
    /// within `patience`.
    fn report(&self, patience: Duration) -> (bool, String);
}

/// Where metrics are served, if anywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Where {
    /// Nowhere.
    Off,
    /// There, or the daemon does not start.
    At(SocketAddr),
    /// There if the port is free.
    IfFree(SocketAddr),
}

impl Where {
    /// Where nobody said anything: `127.0.0.1:9464` if it is free.
    pub fn usual() -> Self {
        Self::IfFree(SocketAddr::from(([127, 0, 0, 1], 9464)))
    }

    /// Reads `127.0.0.1:9464` or `off`. Only addresses of this machine itself, unless
    /// `public`.
    ///
    /// # Errors
    ///
    /// Neither, or an address that others can reach.
    pub fn read(text: &str, public: bool) -> Result<Self, Failure> {
        if text == "off" {
            return Ok(Self::Off);
        }
        let address: SocketAddr = text.parse().map_err(|_| {
            Failure::new(
                "bad_metrics_address",
                format!("{} is not an address with a port", quoted(text)),
            )
            .remedy("write 127.0.0.1:9464, [::1]:9464 or off")
        })?;
        if !address.ip().is_loopback() && !public {
            return Err(Failure::new(
                "public_metrics",
                format!("others can reach {address}, and metrics have no password"),
            )
            .remedy("use an address of this machine itself (127.0.0.1), or add --metrics-public"));
        }
        Ok(Self::At(address))
    }
}

/// Serves metrics where they are wanted, and tells where that is.
///
/// # Errors
///
/// The address that was asked for cannot be used.
pub fn start<B: Board>(at: Where, board: &Arc<B>, patience: Duration) -> Result<(), Failure> {
    let address = match at {
        Where::Off => return Ok(()),
        Where::At(address) => serve(address, Arc::clone(board), patience)?,
        Where::IfFree(address) => match serve(address, Arc::clone(board), patience) {
            Ok(address) => address,
            Err(failure) => {
                fails!(Level::WARN, "no_metrics", &failure);
                return Ok(());
            }
        },
    };
    info!(name: "metrics", %address);
    Ok(())
}

/// Serves metrics on a thread of its own until the process ends; returns the address.
/// Healthy is who has read the cluster's clock within `patience`, and panics over no economy
/// that was named.
///
/// # Errors
///
/// The address cannot be used.
pub fn serve<B: Board>(
    address: SocketAddr,
    board: Arc<B>,
    patience: Duration,
) -> Result<SocketAddr, Failure> {
    let failed = |error: std::io::Error| {
        Failure::new(
            "metrics_address",
            format!("metrics cannot be served at {address}: {error}"),
        )
        .remedy("another daemon may use it: give another port with --metrics, or --metrics off")
    };
    let listener = TcpListener::bind(address).map_err(failed)?;
    listener.set_nonblocking(true).map_err(failed)?;
    let bound = listener.local_addr().map_err(failed)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(failed)?;
    std::thread::Builder::new()
        .name("daemon-metrics".into())
        .spawn(move || runtime.block_on(accept(listener, board, patience)))
        .map_err(failed)?;
    Ok(bound)
}

async fn accept<B: Board>(listener: TcpListener, board: Arc<B>, patience: Duration) {
    let Ok(listener) = tokio::net::TcpListener::from_std(listener) else {
        return;
    };
    let places = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else {
            return;
        };
        let Ok((stream, _)) = listener.accept().await else {
            // Out of descriptors, or a client that is gone already: not worth a busy loop.
            tokio::time::sleep(Duration::from_millis(100)).await;
            continue;
        };
        let board = Arc::clone(&board);
        tokio::spawn(async move {
            let service = service_fn(move |request| {
                let answer = answer(&request, board.as_ref(), patience);
                async move { Ok::<_, Infallible>(answer) }
            });
            let connection = hyper::server::conn::http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(Duration::from_secs(5))
                .serve_connection(TokioIo::new(stream), service);
            // An error here is the client's.
            let _ = tokio::time::timeout(LONGEST, connection).await;
            drop(place);
        });
    }
}

fn answer<T>(
    request: &Request<T>,
    board: &impl Board,
    patience: Duration,
) -> Response<Full<Bytes>> {
    let plain = "text/plain; charset=utf-8";
    let (status, kind, body) = match (request.method(), request.uri().path()) {
        (&Method::GET | &Method::HEAD, "/metrics") => (StatusCode::OK, METRICS, board.text()),
        (&Method::GET | &Method::HEAD, "/healthz") => {
            let (fine, words) = board.report(patience);
            let status = if fine {
                StatusCode::OK
            } else {
                StatusCode::SERVICE_UNAVAILABLE
            };
            (status, plain, words)
        }
        (&Method::GET | &Method::HEAD, _) => {
            let words = "there are /metrics and /healthz\n".into();
            (StatusCode::NOT_FOUND, plain, words)
        }
        _ => (StatusCode::METHOD_NOT_ALLOWED, plain, "only GET\n".into()),
    };
    let mut answer = Response::new(Full::new(Bytes::from(body)));
    *answer.status_mut() = status;
    let kind = header::HeaderValue::from_static(kind);
    answer.headers_mut().insert(header::CONTENT_TYPE, kind);
    answer
}

#[cfg(test)]
mod tests {
    use crate::metrics::Metrics;

    use super::*;

    #[test]
    fn only_this_machine_reads_metrics_unless_wished() {
        let local = Where::read("127.0.0.1:9464", false).unwrap();
        assert_eq!(local, Where::At(([127, 0, 0, 1], 9464).into()));
        assert_eq!(Where::read("off", false).unwrap(), Where::Off);
        assert!(Where::read("[::1]:0", false).is_ok());
        for public in ["0.0.0.0:9464", "192.0.2.1:9464", "[::]:9464"] {
            let failure = Where::read(public, false).unwrap_err();
            assert_eq!(failure.code, "public_metrics");
            assert!(Where::read(public, true).is_ok());
        }
        for bad in ["", "9464", "localhost", "127.0.0.1", "127.0.0.1:99999"] {
            let failure = Where::read(bad, true).unwrap_err();
            assert_eq!(failure.code, "bad_metrics_address", "{bad}");
        }
    }

    #[test]
    fn health_is_having_reached_the_cluster_lately() {
        let metrics = Metrics::default();
        let ask = |path: &str, method: Method, patience| {
            let request = Request::builder()
                .method(method)
                .uri(path)
                .body(())
                .unwrap();
            answer(&request, &metrics, patience).status().as_u16()
        };
        let minute = Duration::from_secs(60);
        assert_eq!(ask("/healthz", Method::GET, minute), 503);
        assert_eq!(ask("/metrics", Method::GET, minute), 200);
        metrics.vitals().tick(1);
        assert_eq!(ask("/healthz", Method::GET, minute), 200);
        assert_eq!(ask("/healthz", Method::GET, Duration::ZERO), 503);
        assert_eq!(ask("/", Method::GET, minute), 404);
        assert_eq!(ask("/metrics", Method::POST, minute), 405);
    }
}
