//! What a cluster answered, kept by question, so that the same questions can be answered where
//! there is no cluster.
//!
//! A command builds its transaction from accounts that it reads. Where it is to be signed on a
//! machine without a network, the answers are written down online and carried there: the very
//! same command asks the very same questions, and gets the very same answers. A question that was
//! not asked before has no answer, and the command fails instead of reaching out.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use solana_rpc_client::rpc_sender::{RpcSender, RpcTransportStats};
use solana_rpc_client_api::client_error::{Error, ErrorKind, Result};
use solana_rpc_client_api::request::RpcRequest;

/// Answers by question.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Answers(Vec<Answer>);

/// One question and its answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Answer {
    /// The method of JSON-RPC.
    method: String,
    /// Its parameters.
    params: Value,
    /// What was answered.
    result: Value,
}

impl Answers {
    /// The latest answer to a question.
    fn find(&self, method: &str, params: &Value) -> Option<&Value> {
        let mut known = self.0.iter().rev();
        known
            .find(|answer| answer.method == method && answer.params == *params)
            .map(|answer| &answer.result)
    }
}

/// What was answered so far.
#[derive(Clone, Debug, Default)]
pub struct Recording(Arc<Mutex<Answers>>);

impl Recording {
    /// A copy of it.
    pub fn answers(&self) -> Answers {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn keep(&self, answer: Answer) {
        let mut answers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        answers.0.push(answer);
    }
}

/// Asks a cluster, and writes down what it answers. Refusals are not written down.
pub struct Recorder<S> {
    inner: S,
    recording: Recording,
}

impl<S> Recorder<S> {
    /// A recorder before a sender, and what it will have written down.
    pub fn new(inner: S) -> (Self, Recording) {
        let recording = Recording::default();
        let recorder = Self {
            inner,
            recording: recording.clone(),
        };
        (recorder, recording)
    }
}

#[async_trait]
impl<S: RpcSender + Send + Sync> RpcSender for Recorder<S> {
    async fn send(&self, request: RpcRequest, params: Value) -> Result<Value> {
        let result = self.inner.send(request, params.clone()).await?;
        self.recording.keep(Answer {
            method: request.to_string(),
            params,
            result: result.clone(),
        });
        Ok(result)
    }

    fn get_transport_stats(&self) -> RpcTransportStats {
        self.inner.get_transport_stats()
    }

    fn url(&self) -> String {
        self.inner.url()
    }
}

/// Answers from a record, and opens no connection.
pub struct Replay(pub Answers);

#[async_trait]
impl RpcSender for Replay {
    async fn send(&self, request: RpcRequest, params: Value) -> Result<Value> {
        self.0
            .find(&request.to_string(), &params)
            .cloned()
            .ok_or_else(|| {
                Error::new_with_request(
                    ErrorKind::Custom(format!("{request} was not asked when it was prepared")),
                    request,
                )
            })
    }

    fn get_transport_stats(&self) -> RpcTransportStats {
        RpcTransportStats::default()
    }

    fn url(&self) -> String {
        String::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use solana_rpc_client::{rpc_client::RpcClient, rpc_client::RpcClientConfig};

    /// Counts how often it was asked, and answers with the count.
    struct Counting(std::sync::atomic::AtomicU64);

    #[async_trait]
    impl RpcSender for Counting {
        async fn send(&self, request: RpcRequest, _: Value) -> Result<Value> {
            let count = self.0.fetch_add(1, std::sync::atomic::Ordering::SeqCst) + 1;
            match request {
                RpcRequest::GetSlot => Ok(json!(count)),
                _ => Err(ErrorKind::Custom("refused".to_owned()).into()),
            }
        }

        fn get_transport_stats(&self) -> RpcTransportStats {
            RpcTransportStats::default()
        }

        fn url(&self) -> String {
            String::new()
        }
    }

    #[test]
    fn what_was_asked_is_answered_again_and_nothing_else() {
        // given a cluster that was asked twice, and refused once
        let (recorder, recording) = Recorder::new(Counting(0.into()));
        let rpc = RpcClient::new_sender(recorder, RpcClientConfig::default());
        assert_eq!(rpc.get_slot().unwrap(), 1);
        assert_eq!(rpc.get_slot().unwrap(), 2);
        assert!(rpc.get_block_height().is_err());
        // when its answers are carried elsewhere
        let text = serde_json::to_string(&recording.answers()).unwrap();
        let answers: Answers = serde_json::from_str(&text).unwrap();
        assert_eq!(answers, recording.answers());
        let rpc = RpcClient::new_sender(Replay(answers), RpcClientConfig::default());
        // then the latest answer is given, as often as it is asked for
        assert_eq!(rpc.get_slot().unwrap(), 2);
        assert_eq!(rpc.get_slot().unwrap(), 2);
        // and what was refused, or never asked, has none.
        for refused in [
            rpc.get_block_height().unwrap_err(),
            rpc.get_genesis_hash().unwrap_err(),
            rpc.get_slot_with_commitment(solana_commitment_config::CommitmentConfig::processed())
                .unwrap_err(),
        ] {
            assert!(refused.to_string().contains("was not asked"), "{refused}");
        }
    }
}
