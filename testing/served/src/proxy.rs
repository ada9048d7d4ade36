//! A proxy in front of a node that does to chosen requests what networks and nodes do.

use std::{
    collections::BTreeMap,
    rc::Rc,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use base64::{prelude::BASE64_STANDARD, Engine};
use bytes::Bytes;
use hyper::StatusCode;
use serde_json::{json, Value};
use solana_account_decoder::UiAccountData;
use solana_signature::Signature;

use crate::{
    http::{self, Answer, Asked, HangUp, Listening},
    ports, rpc,
};

/// Rewrites a result: gets the request's parameters and the true result.
pub type Rewrite = Arc<dyn Fn(&Value, Value) -> Value + Send + Sync>;

/// What happens to a request.
#[derive(Clone)]
pub enum Fault {
    /// Takes the request and never answers.
    Hang,
    /// Closes the connection without an answer; nothing is forwarded.
    Drop,
    /// Forwards, but closes the connection instead of answering.
    DropAnswer,
    /// Forwards, and never answers.
    HangAnswer,
    /// Forwards after a while.
    Delay(Duration),
    /// Answers with an HTTP status, such as 429 or 503; nothing is forwarded.
    Status(u16),
    /// Answers with what is no JSON; nothing is forwarded.
    Garbage,
    /// Answers with these words as JSON, whatever they are; nothing is forwarded.
    Body(&'static str),
    /// Forwards, and answers with the first half of the answer.
    Truncated,
    /// Answers with a JSON-RPC error; nothing is forwarded.
    Error {
        /// Such as -32005, "node is unhealthy".
        code: i64,
        /// What it says.
        message: String,
    },
    /// Forwards, and rewrites the result. Made by [`Fault::lie`]; see [`lies`].
    Lie(Rewrite),
    /// `sendTransaction` is answered with the signature, and the transaction lost.
    Swallow,
    /// Forwards twice, and gives the first answer.
    Duplicate,
}

impl Fault {
    /// Forwards, and rewrites the result; the closure gets the request's parameters and
    /// the true result. Errors pass as they are.
    ///
    /// ```
    /// use homeostat_served::Fault;
    ///
    /// let slow = Fault::lie(|_, slot| (slot.as_u64().unwrap_or(0) / 2).into());
    /// # drop(slow);
    /// ```
    pub fn lie(rewrite: impl Fn(&Value, Value) -> Value + Send + Sync + 'static) -> Self {
        Self::Lie(Arc::new(rewrite))
    }
}

/// Lies that several tests tell.
pub mod lies {
    use super::*;

    /// Another genesis hash: for `getGenesisHash`.
    pub fn genesis(hash: &str) -> Fault {
        let hash = hash.to_string();
        Fault::lie(move |_, _| hash.clone().into())
    }

    /// A slot or height that lies `behind` the true one: for `getSlot`, `getBlockHeight`.
    pub fn behind(behind: u64) -> Fault {
        Fault::lie(move |_, slot| slot.as_u64().map(|n| n.saturating_sub(behind)).into())
    }

    /// Another owner program: for `getAccountInfo` and `getMultipleAccounts`.
    pub fn owner(program: &str) -> Fault {
        let program = program.to_string();
        accounts(move |account| {
            if let Some(owner) = account.get_mut("owner") {
                *owner = program.clone().into();
            }
        })
    }

    /// No such account: for `getAccountInfo` and `getMultipleAccounts`.
    pub fn missing() -> Fault {
        accounts(|account| *account = Value::Null)
    }

    /// All bits of one byte of the data flipped: for `getAccountInfo` and
    /// `getMultipleAccounts` in any encoding of bytes. The answer is in base64.
    pub fn flipped(byte: usize) -> Fault {
        changed(&[], byte, |byte| !byte)
    }

    /// One byte of the data changed, in accounts whose data begin with `first`; else as
    /// [`flipped`].
    pub fn changed(first: &'static [u8], byte: usize, change: fn(u8) -> u8) -> Fault {
        accounts(move |account| {
            if let Some(data) = account.get_mut("data") {
                let told = serde_json::from_value::<UiAccountData>(data.clone());
                let bytes = told.ok().and_then(|told| told.decode());
                if let Some(mut bytes) = bytes.filter(|bytes| bytes.starts_with(first)) {
                    if let Some(byte) = bytes.get_mut(byte) {
                        *byte = change(*byte);
                    }
                    *data = json!([BASE64_STANDARD.encode(bytes), "base64"]);
                }
            }
        })
    }

    /// Rewrites the account of an answer, or each of several.
    fn accounts(rewrite: impl Fn(&mut Value) + Send + Sync + 'static) -> Fault {
        Fault::lie(move |_, mut result| {
            match result.get_mut("value") {
                Some(Value::Array(all)) => all.iter_mut().for_each(&rewrite),
                Some(one) => rewrite(one),
                None => {}
            }
            result
        })
    }

    /// Every transaction that is asked for is confirmed, without an error: for
    /// `getSignatureStatuses`.
    pub fn confirmed() -> Fault {
        Fault::lie(|params, mut result| {
            let asked = params.pointer("/0").and_then(Value::as_array);
            let slot = result.pointer("/context/slot").cloned();
            let status = json!({
                "slot": slot,
                "confirmations": 1,
                "status": { "Ok": null },
                "err": null,
                "confirmationStatus": "confirmed",
            });
            let all = vec![status; asked.map_or(0, Vec::len)];
            if let Some(value) = result.get_mut("value") {
                *value = all.into();
            }
            result
        })
    }
}

/// A fault that waits for its requests.
struct Armed {
    /// All methods if none.
    method: Option<String>,
    /// Requests to let pass first.
    after: u64,
    /// Requests to happen to then.
    left: u64,
    fault: Fault,
}

#[derive(Default)]
struct Plan {
    armed: Vec<Armed>,
    seen: BTreeMap<String, u64>,
    forwarded: BTreeMap<String, u64>,
}

impl Plan {
    /// The fault of the next request of a method: the oldest that is due. Older ones count
    /// it as passed.
    fn next(&mut self, method: &str) -> Option<Fault> {
        let count = self.seen.entry(method.to_string()).or_default();
        *count = count.saturating_add(1);
        for armed in &mut self.armed {
            if armed.method.as_deref().is_some_and(|other| other != method) {
                continue;
            }
            if armed.after > 0 {
                armed.after = armed.after.saturating_sub(1);
            } else if armed.left > 0 {
                armed.left = armed.left.saturating_sub(1);
                return Some(armed.fault.clone());
            }
        }
        None
    }
}

/// An HTTP proxy in front of a JSON-RPC node, with faults that are chosen by method and
/// count; what has none passes. Dropping it ends thread and port.
///
/// ```no_run
/// use homeostat_served::{lies, Fault, Proxy};
///
/// let proxy = Proxy::start("http://127.0.0.1:8899");
/// proxy.on("getLatestBlockhash").times(3, Fault::Status(429));
/// proxy.on("sendTransaction").after(1).once(Fault::Duplicate);
/// proxy.on("getSlot").always(lies::behind(1_000));
/// ```
pub struct Proxy {
    listening: Listening,
    plan: Arc<Mutex<Plan>>,
}

impl Proxy {
    /// Starts a proxy in front of `http://host:port/path`.
    pub fn start(url: &str) -> Self {
        let target = url.strip_prefix("http://").expect("the node speaks HTTP");
        let (authority, path) = target.split_once('/').unwrap_or((target, ""));
        let target = (authority.to_string(), format!("/{path}"));
        let plan = Arc::new(Mutex::new(Plan::default()));
        let listener = ports::bind(0).expect("this machine has a free port");
        let listening = Listening::start("homeostat-proxy", [listener], {
            let plan = Arc::clone(&plan);
            move |[listener]| async move {
                let target = Rc::new(target);
                http::serve(listener, move |asked| {
                    pass(Rc::clone(&target), Arc::clone(&plan), asked)
                })
                .await;
            }
        });
        Self { listening, plan }
    }

    /// Such as `http://127.0.0.1:34568`.
    pub fn url(&self) -> &str {
        self.listening.url()
    }

    /// What shall happen to requests of a method.
    pub fn on(&self, method: &str) -> Rule<'_> {
        Rule {
            proxy: self,
            method: Some(method.to_string()),
            after: 0,
        }
    }

    /// What shall happen to requests of every method.
    pub fn on_any(&self) -> Rule<'_> {
        Rule {
            proxy: self,
            method: None,
            after: 0,
        }
    }

    /// Forgets all faults; what hangs goes on hanging.
    pub fn heal(&self) {
        lock(&self.plan).armed.clear();
    }

    /// Requests of a method that came.
    pub fn seen(&self, method: &str) -> u64 {
        lock(&self.plan).seen.get(method).copied().unwrap_or(0)
    }

    /// Requests of a method that reached the node; one that is duplicated counts twice.
    pub fn forwarded(&self, method: &str) -> u64 {
        lock(&self.plan).forwarded.get(method).copied().unwrap_or(0)
    }
}

/// Which requests a fault happens to.
#[must_use = "a rule does nothing before it is given a fault"]
pub struct Rule<'a> {
    proxy: &'a Proxy,
    method: Option<String>,
    after: u64,
}

impl Rule<'_> {
    /// Lets as many pass first.
    pub fn after(mut self, requests: u64) -> Self {
        self.after = requests;
        self
    }

    /// To the next request.
    pub fn once(self, fault: Fault) {
        self.times(1, fault);
    }

    /// To as many requests.
    pub fn times(self, requests: u64, fault: Fault) {
        lock(&self.proxy.plan).armed.push(Armed {
            method: self.method,
            after: self.after,
            left: requests,
            fault,
        });
    }

    /// To every request, until [`Proxy::heal`].
    pub fn always(self, fault: Fault) {
        self.times(u64::MAX, fault);
    }
}

fn lock(plan: &Mutex<Plan>) -> MutexGuard<'_, Plan> {
    plan.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A request on its way to the node.
struct Forward {
    target: Rc<(String, String)>,
    plan: Arc<Mutex<Plan>>,
    method: String,
    body: Bytes,
}

impl Forward {
    async fn send(&self) -> Result<Bytes, Answer> {
        let (authority, path) = &*self.target;
        {
            let mut plan = lock(&self.plan);
            let count = plan.forwarded.entry(self.method.clone()).or_default();
            *count = count.saturating_add(1);
        }
        match http::post(authority, path, self.body.clone()).await {
            Ok((StatusCode::OK, body)) => Ok(body),
            Ok((status, body)) => Err(http::answer(status, "text/plain", body)),
            Err(why) => Err(http::text(StatusCode::BAD_GATEWAY, &why)),
        }
    }
}

async fn pass(
    target: Rc<(String, String)>,
    plan: Arc<Mutex<Plan>>,
    asked: Asked,
) -> Result<Answer, HangUp> {
    let Asked::Post(body, _) = asked else {
        return Ok(http::text(StatusCode::NOT_FOUND, "POST a JSON-RPC request"));
    };
    let request: Value = serde_json::from_slice(&body).unwrap_or(Value::Null);
    let method = request.get("method").and_then(Value::as_str);
    let method = method.unwrap_or("").to_string();
    let fault = lock(&plan).next(&method);
    let forward = Forward {
        target,
        plan,
        method,
        body,
    };
    let Some(fault) = fault else {
        return Ok(forward
            .send()
            .await
            .map_or_else(|refusal| refusal, http::json));
    };
    let id = request.get("id");
    let params = request.get("params").unwrap_or(&Value::Null);
    match fault {
        Fault::Hang => std::future::pending().await,
        Fault::Drop => return Err(HangUp),
        Fault::Status(status) => {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
            return Ok(http::text(status, status.canonical_reason().unwrap_or("")));
        }
        Fault::Garbage => return Ok(http::json("<html>Bad gateway</html>")),
        Fault::Body(words) => return Ok(http::json(words)),
        Fault::Error { code, message } => {
            return Ok(http::json(rpc::refusal(id, code, &message)));
        }
        Fault::Swallow => {
            let signature = signature(params).unwrap_or_default().to_string();
            let answer = json!({ "jsonrpc": "2.0", "result": signature, "id": id });
            return Ok(http::json(answer.to_string()));
        }
        Fault::Delay(time) => tokio::time::sleep(time).await,
        Fault::Truncated
        | Fault::DropAnswer
        | Fault::HangAnswer
        | Fault::Lie(_)
        | Fault::Duplicate => (),
    }
    let answer = match forward.send().await {
        Ok(answer) => answer,
        Err(refusal) => return Ok(refusal),
    };
    match fault {
        Fault::DropAnswer => Err(HangUp),
        Fault::HangAnswer => std::future::pending().await,
        Fault::Truncated => Ok(http::json(answer.slice(..answer.len() / 2))),
        Fault::Lie(rewrite) => Ok(http::json(rewritten(&answer, params, &rewrite))),
        Fault::Duplicate => {
            // Whatever the node says to the second one, nobody hears it.
            let _ = forward.send().await;
            Ok(http::json(answer))
        }
        _ => Ok(http::json(answer)),
    }
}

fn rewritten(answer: &Bytes, params: &Value, rewrite: &Rewrite) -> Bytes {
    let Ok(mut document) = serde_json::from_slice::<Value>(answer) else {
        return answer.clone();
    };
    if let Some(result) = document.get_mut("result") {
        *result = rewrite(params, result.take());
    }
    document.to_string().into()
}

/// The first signature of the transaction in a request's parameters.
fn signature(params: &Value) -> Option<Signature> {
    let text = params.pointer("/0")?.as_str()?;
    let encoding = params.pointer("/1/encoding").and_then(Value::as_str);
    let bytes = match encoding {
        Some("base64") => BASE64_STANDARD.decode(text).ok()?,
        _ => bs58::decode(text).into_vec().ok()?,
    };
    // One byte counts the signatures, for no packet holds 128.
    Signature::try_from(bytes.get(1..65)?).ok()
}
