//! The columns of the table: what a server does wrong, and how a command has to end then.

use homeostat_served::{lies, Fault, Proxy};
use serde_json::Value;

const SEND: &str = "sendTransaction";
const STATUSES: &str = "getSignatureStatuses";
const BLOCKHASH: &str = "getLatestBlockhash";
/// How far a server is behind (slots).
const LAG: i64 = 200;

/// How a command has to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// Exit 0: all of it was done, once.
    Done,
    /// Exit 3: nothing was sent.
    Unsent,
    /// Exit 5: the signature is named; nothing landed.
    UnknownLost,
    /// Exit 5: the signature is named; its transaction landed.
    UnknownLanded,
}

impl End {
    /// The exit code.
    pub(super) fn code(self) -> i32 {
        match self {
            Self::Done => 0,
            Self::Unsent => 3,
            Self::UnknownLost | Self::UnknownLanded => 5,
        }
    }
}

/// What a server does wrong.
pub(super) struct Column {
    /// In words.
    pub(super) what: &'static str,
    /// Makes a proxy do it.
    pub(super) spoil: fn(&Proxy),
    pub(super) end: End,
    /// Options that shorten or lengthen the waiting (seconds).
    pub(super) patience: &'static str,
}

/// No transaction has a status.
fn withheld(result: &mut Value) {
    let values = result["value"].as_array_mut().expect("statuses");
    values.fill(Value::Null);
}

fn move_back(number: &mut Value) {
    let moved = number.as_u64().expect("a number");
    *number = moved.saturating_add_signed(-LAG).into();
}

fn lags(proxy: &Proxy) {
    proxy.on("getEpochInfo").always(Fault::lie(|_, mut tip| {
        move_back(&mut tip["blockHeight"]);
        move_back(&mut tip["absoluteSlot"]);
        tip
    }));
    proxy.on(STATUSES).always(Fault::lie(|_, mut result| {
        withheld(&mut result);
        move_back(&mut result["context"]["slot"]);
        result
    }));
}

fn unwell() -> Fault {
    Fault::Error {
        code: -32005,
        message: "Node is unhealthy".into(),
    }
}

/// Every column, in the order of the table.
pub(super) const COLUMNS: &[Column] = &[
    Column {
        what: "is well",
        spoil: |_| (),
        end: End::Done,
        patience: "60",
    },
    Column {
        what: "hangs before anything is sent",
        spoil: |proxy| proxy.on(BLOCKHASH).always(Fault::Hang),
        end: End::Unsent,
        patience: "1",
    },
    Column {
        what: "hangs when it is sent to",
        spoil: |proxy| proxy.on(SEND).always(Fault::Hang),
        end: End::UnknownLost,
        patience: "1",
    },
    Column {
        what: "drops the connection before anything is sent",
        spoil: |proxy| proxy.on(BLOCKHASH).always(Fault::Drop),
        end: End::Unsent,
        patience: "1",
    },
    Column {
        what: "drops what is sent",
        spoil: |proxy| proxy.on(SEND).always(Fault::Drop),
        end: End::UnknownLost,
        patience: "1",
    },
    Column {
        what: "takes what is sent and drops the answer",
        spoil: |proxy| proxy.on(SEND).always(Fault::DropAnswer),
        end: End::Done,
        patience: "60",
    },
    Column {
        what: "withholds the status",
        spoil: |proxy| {
            proxy.on(STATUSES).always(Fault::lie(|_, mut result| {
                withheld(&mut result);
                result
            }));
        },
        end: End::UnknownLanded,
        patience: "1",
    },
    Column {
        what: "loses what is sent and says it is confirmed",
        spoil: |proxy| {
            proxy.on(SEND).always(Fault::Swallow);
            proxy.on(STATUSES).always(lies::confirmed());
        },
        end: End::UnknownLost,
        patience: "1",
    },
    Column {
        what: "answers 429 twice before anything is sent",
        spoil: |proxy| proxy.on(BLOCKHASH).times(2, Fault::Status(429)),
        end: End::Done,
        patience: "60",
    },
    Column {
        what: "answers 429 for ever",
        spoil: |proxy| proxy.on(BLOCKHASH).always(Fault::Status(429)),
        end: End::Unsent,
        patience: "1",
    },
    Column {
        what: "answers 429 to all that is sent",
        spoil: |proxy| proxy.on(SEND).always(Fault::Status(429)),
        end: End::UnknownLost,
        patience: "1",
    },
    Column {
        what: "answers 429 to what is sent, twice",
        spoil: |proxy| proxy.on(SEND).times(2, Fault::Status(429)),
        end: End::Done,
        patience: "60",
    },
    Column {
        what: "answers 503 for ever",
        spoil: |proxy| proxy.on(BLOCKHASH).always(Fault::Status(503)),
        end: End::Unsent,
        patience: "1",
    },
    Column {
        what: "answers 503 to all that is sent",
        spoil: |proxy| proxy.on(SEND).always(Fault::Status(503)),
        end: End::UnknownLost,
        patience: "1",
    },
    Column {
        what: "answers 503 to what is sent, once",
        spoil: |proxy| proxy.on(SEND).times(1, Fault::Status(503)),
        end: End::Done,
        patience: "60",
    },
    Column {
        what: "refuses all that is sent: unhealthy",
        spoil: |proxy| proxy.on(SEND).always(unwell()),
        end: End::UnknownLost,
        patience: "1",
    },
    Column {
        what: "lags by 200 slots",
        spoil: lags,
        end: End::UnknownLanded,
        patience: "1",
    },
    Column {
        what: "loses what is sent, once",
        spoil: |proxy| proxy.on(SEND).once(Fault::Swallow),
        end: End::Done,
        patience: "60",
    },
    Column {
        what: "loses all that is sent",
        spoil: |proxy| proxy.on(SEND).always(Fault::Swallow),
        end: End::UnknownLost,
        patience: "1",
    },
    Column {
        what: "forwards what is sent twice",
        spoil: |proxy| proxy.on(SEND).always(Fault::Duplicate),
        end: End::Done,
        patience: "60",
    },
];
