//! Subscriptions over websocket: connections and their bounds.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use hyper::StatusCode;
use tokio::{net::TcpStream, sync::mpsc, task::spawn_local, time::timeout};
use tokio_tungstenite::{
    accept_hdr_async_with_config,
    tungstenite::{
        handshake::server::{ErrorResponse, Request, Response},
        protocol::WebSocketConfig,
        Message,
    },
};

use crate::subscriptions::MOST_CONNECTIONS;

/// Largest message that is read (bytes): a request names a few addresses.
const MOST_BYTES: usize = 64 * 1024;
/// How long a handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// Who knows what connections subscribed to.
pub(crate) trait Office: Clone + 'static {
    /// A connection begins; see [`Subscriptions::join`](crate::subscriptions::Subscriptions::join).
    async fn join(&self) -> Option<(u64, mpsc::Receiver<String>)>;
    /// It has ended.
    async fn leave(&self, connection: u64);
    /// Answers its message.
    async fn answer(&self, connection: u64, message: &[u8]) -> Option<Vec<u8>>;
}

/// Talks to every connection on `listener`.
pub(crate) async fn serve(listener: tokio::net::TcpListener, office: impl Office) {
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            continue;
        };
        let office = office.clone();
        spawn_local(async move {
            let Some((connection, told)) = office.join().await else {
                refuse(stream).await;
                return;
            };
            converse(stream, connection, told, &office).await;
            office.leave(connection).await;
        });
    }
}

/// Ends a connection that is one too many.
// The library says what its callback returns.
#[allow(clippy::result_large_err)]
async fn refuse(stream: TcpStream) {
    let words = format!("there are {MOST_CONNECTIONS} connections, and no more are taken");
    // An error here is the client's, who is refused anyway.
    let _ = timeout(
        HANDSHAKE,
        accept_hdr_async_with_config(
            stream,
            |_: &Request, _: Response| {
                let mut refusal = ErrorResponse::new(Some(words));
                *refusal.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
                Err(refusal)
            },
            Some(bounds()),
        ),
    )
    .await;
}

fn bounds() -> WebSocketConfig {
    WebSocketConfig::default()
        .read_buffer_size(MOST_BYTES)
        .max_message_size(Some(MOST_BYTES))
        .max_frame_size(Some(MOST_BYTES))
}

/// Answers and tells until either side ends it. Whatever is wrong with the connection ends it too.
async fn converse(
    stream: TcpStream,
    connection: u64,
    mut told: mpsc::Receiver<String>,
    office: &impl Office,
) {
    let accept = tokio_tungstenite::accept_async_with_config(stream, Some(bounds()));
    let Ok(Ok(mut socket)) = timeout(HANDSHAKE, accept).await else {
        return;
    };
    loop {
        let next = tokio::select! {
            message = socket.next() => match message {
                Some(Ok(Message::Text(text))) => office.answer(connection, text.as_bytes()).await,
                Some(Ok(Message::Binary(bytes))) => office.answer(connection, &bytes).await,
                Some(Ok(Message::Close(_)) | Err(_)) | None => break,
                // Pings are answered where they are read.
                Some(Ok(_)) => None,
            },
            notification = told.recv() => match notification {
                Some(text) => Some(text.into_bytes()),
                None => break,
            },
        };
        if let Some(text) = next.and_then(|bytes| String::from_utf8(bytes).ok()) {
            if socket.send(Message::text(text)).await.is_err() {
                break;
            }
        }
    }
    // Nobody is left to tell if the other side is gone.
    let _ = socket.close(None).await;
}
