//! Who wants to be told what, and telling them. Shapes and words are those of Agave 4.0.

use std::collections::BTreeMap;

use jsonrpc_core::{Error, ErrorCode};
use serde::Serialize;
use serde_json::{json, Value};
use solana_account::{AccountSharedData, ReadableAccount};
use solana_account_decoder::{UiAccountEncoding, UiDataSliceConfig};
use solana_program::pubkey::Pubkey;
use solana_rpc_client_api::{
    config::{
        RpcAccountInfoConfig, RpcProgramAccountsConfig, RpcSignatureSubscribeConfig,
        RpcTransactionLogsFilter,
    },
    filter::RpcFilterType,
    response::{
        ProcessedSignatureResult, ReceivedSignatureResult, Response, RpcKeyedAccount,
        RpcLogsResponse, RpcResponseContext, RpcSignatureResult, SlotInfo,
    },
};
use solana_signature::Signature;
use tokio::sync::mpsc;

use crate::{
    ledger::{Executed, News},
    methods::{accounts, Node},
    rpc::{invalid, parse, value, Arguments, Outcome},
};

/// Connections at a time.
pub(crate) const MOST_CONNECTIONS: usize = 32;
/// Subscriptions of a connection.
const MOST_SUBSCRIPTIONS: usize = 64;
/// Notifications that wait for a connection. One that reads too slowly is closed: its reader
/// would take what is missing for what did not happen.
const MOST_WAITING: usize = 1_000;

/// How accounts are told.
struct Form {
    encoding: UiAccountEncoding,
    slice: Option<UiDataSliceConfig>,
}

impl Form {
    fn of(config: &RpcAccountInfoConfig) -> Self {
        Self {
            encoding: config.encoding.unwrap_or(UiAccountEncoding::Binary),
            slice: config.data_slice,
        }
    }
}

/// What a subscription is about.
enum Topic {
    Account {
        address: Pubkey,
        form: Form,
        /// As it was told, or stood when it was subscribed to.
        last: Option<AccountSharedData>,
    },
    Program {
        program: Pubkey,
        filters: Vec<RpcFilterType>,
        form: Form,
    },
    /// All logs, or those of transactions that name an address.
    Logs(Option<Pubkey>),
    Signature {
        signature: Signature,
        /// Whether its arrival is told as well.
        arrival: bool,
    },
    Slot,
    Root,
}

impl Topic {
    /// The method of its notifications.
    const fn method(&self) -> &'static str {
        match self {
            Self::Account { .. } => "accountNotification",
            Self::Program { .. } => "programNotification",
            Self::Logs(_) => "logsNotification",
            Self::Signature { .. } => "signatureNotification",
            Self::Slot => "slotNotification",
            Self::Root => "rootNotification",
        }
    }

    /// Reads the parameters of a method that subscribes; `None` for any other method.
    async fn read(
        node: &mut Node<'_>,
        method: &str,
        arguments: &Arguments,
    ) -> Result<Option<Self>, Error> {
        Ok(Some(match method {
            "accountSubscribe" => {
                let address = arguments.parsed(0)?;
                let config: RpcAccountInfoConfig = arguments.maybe(1)?.unwrap_or_default();
                Self::Account {
                    address,
                    form: Form::of(&config),
                    last: node.account(&address).await,
                }
            }
            "programSubscribe" => {
                let program = arguments.parsed(0)?;
                let config: RpcProgramAccountsConfig = arguments.maybe(1)?.unwrap_or_default();
                let filters = config.filters.unwrap_or_default();
                accounts::check_filters(&filters)?;
                Self::Program {
                    program,
                    filters,
                    form: Form::of(&config.account_config),
                }
            }
            "logsSubscribe" => Self::Logs(match arguments.need(0)? {
                RpcTransactionLogsFilter::All | RpcTransactionLogsFilter::AllWithVotes => None,
                RpcTransactionLogsFilter::Mentions(addresses) => match addresses.as_slice() {
                    [address] => Some(parse(address)?),
                    _ => {
                        return Err(invalid(
                            "Invalid Request: Only 1 address supported for mentions",
                        ))
                    }
                },
            }),
            "signatureSubscribe" => {
                let config: Option<RpcSignatureSubscribeConfig> = arguments.maybe(1)?;
                let arrival = config.and_then(|config| config.enable_received_notification);
                Self::Signature {
                    signature: arguments.parsed(0)?,
                    arrival: arrival.unwrap_or(false),
                }
            }
            "slotSubscribe" => Self::Slot,
            "rootSubscribe" => Self::Root,
            _ => return Ok(None),
        }))
    }
}

struct Subscription {
    connection: u64,
    topic: Topic,
}

/// Everybody who listens.
#[derive(Default)]
pub(crate) struct Subscriptions {
    /// The last number that was given.
    last: u64,
    connections: BTreeMap<u64, mpsc::Sender<String>>,
    all: BTreeMap<u64, Subscription>,
}

impl Subscriptions {
    fn number(&mut self) -> u64 {
        self.last = self.last.saturating_add(1);
        self.last
    }

    /// A connection begins; what it is told comes out of the receiver, whose end is the
    /// connection's. `None` when there are too many.
    pub(crate) fn join(&mut self) -> Option<(u64, mpsc::Receiver<String>)> {
        if self.connections.len() >= MOST_CONNECTIONS {
            return None;
        }
        let (tell, told) = mpsc::channel(MOST_WAITING);
        let connection = self.number();
        self.connections.insert(connection, tell);
        Some((connection, told))
    }

    /// A connection has ended.
    pub(crate) fn leave(&mut self, connection: u64) {
        self.connections.remove(&connection);
        self.all.retain(|_, one| one.connection != connection);
    }

    /// Answers a call of a connection.
    pub(crate) async fn call(
        &mut self,
        node: &mut Node<'_>,
        connection: u64,
        method: &str,
        arguments: &Arguments,
    ) -> Outcome {
        if let Some(topic) = Topic::read(node, method, arguments).await? {
            return self.subscribe(node, connection, topic).await;
        }
        let known = ["account", "program", "logs", "signature", "slot", "root"];
        match method.strip_suffix("Unsubscribe") {
            Some(topic) if known.contains(&topic) => {
                let number: u64 = arguments.need(0)?;
                let own = |one: &Subscription| one.connection == connection;
                if !self.all.get(&number).is_some_and(own) {
                    return Err(invalid("Invalid subscription id."));
                }
                self.all.remove(&number);
                value(true)
            }
            _ => Err(Error::method_not_found()),
        }
    }

    async fn subscribe(&mut self, node: &mut Node<'_>, connection: u64, topic: Topic) -> Outcome {
        let own = |one: &&Subscription| one.connection == connection;
        if self.all.values().filter(own).count() >= MOST_SUBSCRIPTIONS {
            return Err(Error {
                code: ErrorCode::InternalError,
                message: format!(
                    "Internal Error: Subscription refused. A connection has at most \
                     {MOST_SUBSCRIPTIONS} subscriptions"
                ),
                data: None,
            });
        }
        let number = self.number();
        let done = match &topic {
            Topic::Signature { signature, .. } => node.ledger.find(signature).map(|_| *signature),
            _ => None,
        };
        self.all.insert(number, Subscription { connection, topic });
        if let Some(signature) = done {
            // Whoever subscribes too late is told at once.
            self.tell_signature(node, &signature);
        }
        value(number)
    }

    /// Tells everybody what happened, and what changed without a transaction.
    pub(crate) async fn publish(&mut self, node: &mut Node<'_>, changed: bool) {
        let news = node.ledger.take_news();
        if self.all.is_empty() {
            return;
        }
        let mut touched = Vec::new();
        for one in &news {
            match one {
                News::Slot(slot) => self.tell_slot(*slot),
                News::Executed(signature) => {
                    let Some(executed) = node.ledger.find(signature) else {
                        continue;
                    };
                    let keys = written(executed);
                    self.tell_logs(signature, executed);
                    self.tell_signature(node, signature);
                    touched.extend(keys.iter().copied());
                    self.tell_programs(node, &keys).await;
                }
            }
        }
        self.tell_accounts(node, (!changed).then_some(&touched))
            .await;
    }

    fn tell_slot(&mut self, slot: u64) {
        let root = slot.saturating_sub(1);
        let info = SlotInfo {
            slot,
            parent: root,
            root,
        };
        let told = serde_json::to_value(info).unwrap_or(Value::Null);
        for number in self.numbers(|topic| matches!(topic, Topic::Slot)) {
            self.tell(number, &told);
        }
        for number in self.numbers(|topic| matches!(topic, Topic::Root)) {
            self.tell(number, &json!(root));
        }
    }

    fn tell_logs(&mut self, signature: &Signature, executed: &Executed) {
        let wanted = |topic: &Topic| match topic {
            Topic::Logs(None) => true,
            Topic::Logs(Some(address)) => executed.keys.contains(address),
            _ => false,
        };
        let result = in_context(
            executed.slot,
            RpcLogsResponse {
                signature: signature.to_string(),
                err: executed.error().map(Into::into),
                logs: executed.meta.log_messages.clone().unwrap_or_default(),
            },
        );
        for number in self.numbers(wanted) {
            self.tell(number, &result);
        }
    }

    /// Tells what became of a transaction, and ends the subscriptions to it.
    fn tell_signature(&mut self, node: &Node<'_>, signature: &Signature) {
        let Some(executed) = node.ledger.find(signature) else {
            return;
        };
        let about = |topic: &Topic, told_of_arrival: bool| match topic {
            Topic::Signature {
                signature: own,
                arrival,
            } => own == signature && (*arrival || !told_of_arrival),
            _ => false,
        };
        let arrived = ReceivedSignatureResult::ReceivedSignature;
        let arrived = in_context(
            executed.slot,
            RpcSignatureResult::ReceivedSignature(arrived),
        );
        for number in self.numbers(|topic| about(topic, true)) {
            self.tell(number, &arrived);
        }
        let err = executed.error().map(Into::into);
        let done = RpcSignatureResult::ProcessedSignature(ProcessedSignatureResult { err });
        let done = in_context(executed.slot, done);
        for number in self.numbers(|topic| about(topic, false)) {
            self.tell(number, &done);
            self.all.remove(&number);
        }
    }

    /// Tells subscribers of programs about accounts that a transaction wrote.
    async fn tell_programs(&mut self, node: &mut Node<'_>, keys: &[Pubkey]) {
        let numbers = self.numbers(|topic| matches!(topic, Topic::Program { .. }));
        if numbers.is_empty() {
            return;
        }
        for key in keys {
            let Some(account) = node.account(key).await else {
                continue;
            };
            for number in &numbers {
                let Some(Topic::Program {
                    program,
                    filters,
                    form,
                }) = self.all.get(number).map(|one| &one.topic)
                else {
                    continue;
                };
                if account.owner() != program || !accounts::passes(&account, filters) {
                    continue;
                }
                let account =
                    accounts::encode_any(node, key, &account, form.encoding, form.slice).await;
                let keyed = RpcKeyedAccount {
                    pubkey: key.to_string(),
                    account,
                };
                let slot = node.slot(None).await.unwrap_or_default();
                self.tell(*number, &in_context(slot, keyed));
            }
        }
    }

    /// Tells subscribers of accounts about those that are not as they were: among some, or
    /// among all.
    async fn tell_accounts(&mut self, node: &mut Node<'_>, among: Option<&Vec<Pubkey>>) {
        let sysvar = |account: &AccountSharedData| account.owner() == &solana_program::sysvar::ID;
        let numbers = self.numbers(|topic| match topic {
            // A sysvar changes with time, and no transaction writes it.
            Topic::Account { address, last, .. } => {
                among.is_none_or(|keys| keys.contains(address) || last.as_ref().is_some_and(sysvar))
            }
            _ => false,
        });
        for number in numbers {
            let Some(Topic::Account {
                address,
                form,
                last,
            }) = self.all.get_mut(&number).map(|one| &mut one.topic)
            else {
                continue;
            };
            let now = node.account(address).await;
            if *last == now {
                continue;
            }
            last.clone_from(&now);
            // An account that is gone is told as one without anything.
            let account = now.unwrap_or_default();
            let account =
                accounts::encode_any(node, address, &account, form.encoding, form.slice).await;
            let slot = node.slot(None).await.unwrap_or_default();
            self.tell(number, &in_context(slot, account));
        }
    }

    fn numbers(&self, wanted: impl Fn(&Topic) -> bool) -> Vec<u64> {
        let all = self.all.iter().filter(|(_, one)| wanted(&one.topic));
        all.map(|(number, _)| *number).collect()
    }

    fn tell(&mut self, number: u64, result: &Value) {
        let Some(one) = self.all.get(&number) else {
            return;
        };
        let connection = one.connection;
        let text = json!({
            "jsonrpc": "2.0",
            "method": one.topic.method(),
            "params": { "result": result, "subscription": number },
        });
        let sent = self.connections.get(&connection);
        if sent.is_none_or(|to| to.try_send(text.to_string()).is_err()) {
            self.leave(connection);
        }
    }
}

/// The accounts that a transaction could write.
fn written(executed: &Executed) -> Vec<Pubkey> {
    let message = &executed.transaction.message;
    let own = message.static_account_keys().len();
    let loaded = executed.meta.loaded_addresses.writable.len();
    let keys = executed.keys.iter().enumerate();
    keys.filter(|(index, _)| match index.checked_sub(own) {
        None => message.is_maybe_writable(*index, None),
        Some(loaded_index) => loaded_index < loaded,
    })
    .map(|(_, key)| *key)
    .collect()
}

fn in_context(slot: u64, told: impl Serialize) -> Value {
    let response = Response {
        context: RpcResponseContext::new(slot),
        value: told,
    };
    serde_json::to_value(response).unwrap_or(Value::Null)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn l5_a_connection_that_reads_nothing_is_closed_and_others_go_on() {
        // given two connections that want to know of slots
        let mut subscriptions = Subscriptions::default();
        let mut join = || {
            let (connection, told) = subscriptions.join().expect("there is room");
            let number = subscriptions.number();
            let topic = Topic::Slot;
            subscriptions
                .all
                .insert(number, Subscription { connection, topic });
            told
        };
        let (mut deaf, mut keen) = (join(), join());

        // when one of them lets more wait than it may
        let mut heard = 0;
        for slot in 0..=MOST_WAITING as u64 {
            subscriptions.tell_slot(slot);
            heard += usize::from(keen.try_recv().is_ok());
        }

        // then it is closed after what it was told, and the other has heard everything
        assert_eq!(heard, MOST_WAITING + 1);
        assert_eq!(subscriptions.connections.len(), 1);
        assert_eq!(subscriptions.all.len(), 1);
        let mut waiting = 0;
        while deaf.try_recv().is_ok() {
            waiting += 1;
        }
        assert_eq!(waiting, MOST_WAITING);
        assert!(deaf.is_closed());
    }
}
