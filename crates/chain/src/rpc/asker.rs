//! [`Servers`] as the client of the Solana libraries wants them.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde_json::Value;
use solana_rpc_client::rpc_sender::{RpcSender, RpcTransportStats};
use solana_rpc_client_api::client_error::Result;
use solana_rpc_client_api::request::RpcRequest;

use super::{Servers, Whom};

/// Sends the requests of a client.
pub(crate) struct Asker(pub(crate) Arc<Servers>);

#[async_trait]
impl RpcSender for Asker {
    async fn send(&self, request: RpcRequest, params: Value) -> Result<Value> {
        self.0.ask(Whom::Any, request, &params).await
    }

    fn get_transport_stats(&self) -> RpcTransportStats {
        RpcTransportStats {
            request_count: self.0.requests(),
            elapsed_time: Duration::ZERO,
            rate_limited_time: Duration::ZERO,
        }
    }

    fn url(&self) -> String {
        self.0.first_url().to_owned()
    }
}
