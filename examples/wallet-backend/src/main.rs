//! One JSON object a line in, one a line out: `{"request": ..., "chain": ...}` gives the
//! answer, `{"request": ...}` alone the accounts that it needs. Put a web server before it,
//! or call the library from one.

use std::collections::BTreeMap;
use std::io::{BufRead, Write};

use base64::{engine::general_purpose::STANDARD, Engine};
use homeostat_wallet_backend::{answer, needs, Address, Chain, Refusal, Request};
use serde::Deserialize;
use serde_json::{json, Value};

#[derive(Deserialize)]
struct Line {
    request: Request,
    chain: Option<Fetched>,
}

/// What was fetched, as JSON-RPC tells it.
#[derive(Deserialize)]
struct Fetched {
    now: i64,
    #[serde(default)]
    epoch: u64,
    blockhash: Address,
    /// Base64; `null` where there is no such account.
    accounts: BTreeMap<Address, Option<String>>,
}

impl Fetched {
    fn chain(self) -> Result<Chain, String> {
        let mut accounts = BTreeMap::new();
        for (address, data) in self.accounts {
            if let Some(data) = data {
                let data = STANDARD
                    .decode(data)
                    .map_err(|error| format!("account {}: {error}", address.0))?;
                accounts.insert(address.0, data);
            }
        }
        Ok(Chain {
            now: self.now,
            epoch: self.epoch,
            blockhash: self.blockhash.0.to_bytes(),
            accounts,
        })
    }
}

fn respond(line: &str) -> Result<Value, String> {
    let line: Line = serde_json::from_str(line).map_err(|error| error.to_string())?;
    let Some(fetched) = line.chain else {
        let needed: Vec<_> = needs(&line.request).into_iter().map(Address).collect();
        return Ok(json!({ "needs": needed }));
    };
    match answer(&line.request, &fetched.chain()?) {
        Ok(answer) => serde_json::to_value(answer).map_err(|error| error.to_string()),
        Err(Refusal { message }) => Err(message),
    }
}

fn main() -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        let response = respond(&line?).unwrap_or_else(|message| json!({ "error": message }));
        writeln!(out, "{response}")?;
        out.flush()?;
    }
    Ok(())
}
