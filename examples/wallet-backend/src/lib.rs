//! An example to copy from: the back end of a wallet or of a web page. It answers plain JSON
//! requests with unsigned transactions and decoded accounts. It holds no key, opens no
//! connection, and never signs.
//!
//! A request says what the user wants. The answer to it depends on accounts of the chain:
//! [`needs`] tells which, whoever calls fetches them (with one `getMultipleAccounts`), and
//! [`answer`] does the rest. So it works behind any web server, and a test needs none.
//!
//! Amounts are base units, as strings in both directions, because JavaScript's numbers end
//! at 2^53; plain numbers are read too.
//!
//! ```
//! use homeostat_wallet_backend::{answer, needs, Chain, Request};
//!
//! let request: Request = serde_json::from_str(r#"{
//!     "economy": {
//!         "mint": "So11111111111111111111111111111111111111112",
//!         "creator": "SysvarRent111111111111111111111111111111111"
//!     },
//!     "owner": "SysvarC1ock11111111111111111111111111111111",
//!     "ask": "unstake",
//!     "amount": "1000000"
//! }"#).unwrap();
//! assert_eq!(needs(&request).len(), 4);
//!
//! // With nothing fetched the answer is an error that says what to do.
//! let error = answer(&request, &Chain::default()).unwrap_err();
//! assert!(error.message.contains("not found"));
//! ```

use std::collections::BTreeMap;

use base64::{engine::general_purpose::STANDARD, Engine};
use homeostat_client::{
    address,
    decode::Decode,
    error,
    event::{self, Event},
    instruction::{self as ix, Payment, StakeMint},
    wallet::{self, Held, Payout, Summary, TransferFee},
    Economy, EconomyAddresses, Instruction, Pool, Position, Pubkey,
};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use solana_message::Message;

/// A number that JSON carries as a string.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Amount(pub u64);

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Either {
            Number(u64),
            Text(String),
        }
        match Either::deserialize(from)? {
            Either::Number(number) => Ok(Self(number)),
            Either::Text(text) => text.parse().map(Self).map_err(serde::de::Error::custom),
        }
    }
}

/// An address, as text in JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Address(pub Pubkey);

impl Serialize for Address {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Address {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        let wrong = || serde::de::Error::custom("not an address: 32 bytes in base58");
        text.parse().map(Self).map_err(|_| wrong())
    }
}

/// Which economy: its addresses follow from these two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Which {
    /// Mint of its token.
    pub mint: Address,
    /// Who created it.
    pub creator: Address,
}

/// What somebody asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// Of which economy.
    pub economy: Which,
    /// Whose wallet: signs what is built, and pays the network's fee.
    pub owner: Address,
    /// What.
    #[serde(flatten)]
    pub ask: Ask,
}

/// What can be asked for. All staking is in the native pool.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "snake_case")]
pub enum Ask {
    /// The economy and the owner's position. Builds nothing.
    Overview,
    /// Stake; the position is opened first if there is none.
    Stake {
        /// Token account to take it from.
        tokens: Address,
        /// Base units.
        amount: Amount,
    },
    /// Begin to unbond.
    Unstake {
        /// Base units.
        amount: Amount,
    },
    /// Take out what has unbonded.
    Withdraw {
        /// Token account to send it to.
        tokens: Address,
    },
    /// Take the rewards out.
    Claim {
        /// Token account to send them to.
        tokens: Address,
    },
    /// Stake the rewards. Of a mint with a transfer fee, less what that keeps back.
    Compound {
        /// Token account that they go through.
        tokens: Address,
    },
    /// Pay somebody, the fee included.
    Pay {
        /// Token account to take it from.
        tokens: Address,
        /// Token account to pay to.
        to: Address,
        /// Base units, fee included.
        amount: Amount,
        /// How much the fee rate may have risen when it lands (ppm of itself).
        tolerance_ppm: u64,
    },
}

/// What was fetched.
#[derive(Clone, Debug, Default)]
pub struct Chain {
    /// The cluster's time (unix seconds).
    pub now: i64,
    /// The cluster's epoch: a mint's transfer fee depends on it.
    pub epoch: u64,
    /// A recent blockhash.
    pub blockhash: [u8; 32],
    /// Account data by address; an account that does not exist is not in it.
    pub accounts: BTreeMap<Pubkey, Vec<u8>>,
}

/// What the user reads when it does not work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Refusal {
    /// What is wrong and what to do.
    pub message: String,
}

fn refuse(message: impl Into<String>) -> Refusal {
    Refusal {
        message: message.into(),
    }
}

/// A transaction to sign, or what was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Answer {
    /// What it does, for the user to read before signing.
    pub message: String,
    /// The unsigned transaction in base64, in the wire's format; its only signer is the
    /// owner. Absent when nothing was to be built.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transaction: Option<String>,
    /// The instructions' names, in order, for [`explain`].
    pub instructions: Vec<&'static str>,
    /// The overview.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub overview: Option<Overview>,
}

/// An economy and a position in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Overview {
    /// `draft`, `live` or `retired`.
    pub life: &'static str,
    /// Decimals of the mint.
    pub decimals: u8,
    /// Fee of a payment (ppm).
    pub fee_ppm: u64,
    /// What staking earns in a year over the stake, at the present rate (ppm).
    pub apr_ppm: u64,
    /// Time between unstake and withdraw (seconds).
    pub unbonding_seconds: u32,
    /// End of a pause of payments (unix seconds).
    pub payments_paused_until: Option<i64>,
    /// Staked (base units).
    pub staked: Amount,
    /// What a claim would pay now (base units).
    pub pending_rewards: Amount,
    /// What a withdrawal would pay now (base units).
    pub withdrawable: Amount,
    /// On its way out, the earliest first.
    pub unbonding: Vec<Ticket>,
}

/// Stake on its way out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Ticket {
    /// Base units.
    pub amount: Amount,
    /// When it can be withdrawn (unix seconds).
    pub ready_at: i64,
}

/// The accounts that [`answer`] looks at for a request.
pub fn needs(request: &Request) -> Vec<Pubkey> {
    let (at, pool, position) = places(request);
    let mut needed = vec![at.economy, pool, position, at.mint];
    if matches!(request.ask, Ask::Claim { .. } | Ask::Compound { .. }) {
        needed.push(at.reward_vault);
    }
    needed
}

fn places(request: &Request) -> (EconomyAddresses, Pubkey, Pubkey) {
    let at = EconomyAddresses::new(&request.economy.mint.0, &request.economy.creator.0);
    let pool = at.pool(&at.mint);
    (at, pool, address::position(&pool, &request.owner.0))
}

impl Chain {
    fn read<T: Decode>(&self, what: &str, address: &Pubkey) -> Result<T, Refusal> {
        let data = self
            .accounts
            .get(address)
            .ok_or_else(|| refuse(format!("{what} {address} was not found on this cluster")))?;
        T::decode(data).map_err(|error| refuse(format!("{what} {address}: {error}")))
    }

    /// Balance of a token account, whichever token program it is of.
    fn balance(&self, address: &Pubkey) -> u64 {
        let data = self.accounts.get(address);
        let amount = data.and_then(|data| data.get(64..72)?.try_into().ok());
        amount.map_or(0, u64::from_le_bytes)
    }
}

/// Answers a request from what was fetched.
///
/// # Errors
///
/// A sentence for the user: what the program would refuse, before anybody signs it.
pub fn answer(request: &Request, chain: &Chain) -> Result<Answer, Refusal> {
    let (at, pool_address, position_address) = places(request);
    let owner = request.owner.0;
    let economy: Economy = chain.read("the economy", &at.economy)?;
    let pool: Pool = chain.read("the native pool", &pool_address)?;
    let opened = chain.accounts.contains_key(&position_address);
    let position = || chain.read::<Position>("your position", &position_address);
    let native = StakeMint {
        mint: at.mint,
        token_program: economy.token_program,
        amm_vault: None,
    };
    let program_says = |error| refuse(error::explain(u32::from(error)));
    let payout = |tokens: &Address| Payout {
        owner,
        owner_tokens: tokens.0,
        reward_vault_balance: chain.balance(&at.reward_vault),
    };
    let decimals = economy.decimals;

    let (instructions, message) = match &request.ask {
        Ask::Overview => {
            let position = opened.then(position).transpose()?;
            return Ok(Answer {
                message: "The economy and your position".into(),
                transaction: None,
                instructions: Vec::new(),
                overview: Some(overview(&economy, &pool, position.as_ref(), chain.now)?),
            });
        }
        Ask::Stake { tokens, amount } => {
            let mut both = Vec::new();
            if !opened {
                both.push(ix::open_position(
                    &at.economy,
                    &pool_address,
                    &owner,
                    &owner,
                ));
            }
            both.push(ix::stake(&at, &native, &owner, &tokens.0, amount.0));
            (both, format!("Stake {}", display(amount.0, decimals)))
        }
        Ask::Unstake { amount } => {
            let staked = position()?.amount;
            if amount.0 > staked {
                let staked = display(staked, decimals);
                return Err(refuse(format!("only {staked} is staked; unstake less")));
            }
            let days = f64::from(economy.limits.unbonding) / 86_400.0;
            let unstake = ix::request_unstake(&at.economy, &pool_address, &owner, amount.0);
            let amount = display(amount.0, decimals);
            let message = format!("Unstake {amount}; it can be withdrawn after {days} days");
            (vec![unstake], message)
        }
        Ask::Withdraw { tokens } => {
            let ready = wallet::withdrawable(&position()?, chain.now);
            if ready == 0 {
                return Err(refuse("nothing has unbonded yet; see when in the overview"));
            }
            let withdraw = ix::withdraw(&at, &native, &owner, &tokens.0);
            let message = format!("Withdraw {}", display(ready, decimals));
            (vec![withdraw], message)
        }
        Ask::Claim { tokens } => {
            let position = position()?;
            let held = Held {
                pool: &pool,
                position: &position,
            };
            let claims = wallet::claim_all(&at, &economy, &[held], &payout(tokens), chain.now)
                .map_err(program_says)?;
            let earned = wallet::pending_rewards(&economy, &pool, &position, chain.now)
                .map_err(program_says)?;
            (claims, format!("Claim {}", display(earned, decimals)))
        }
        Ask::Compound { tokens } => {
            let position = position()?;
            let held = Held {
                pool: &pool,
                position: &position,
            };
            let mint = chain.accounts.get(&at.mint);
            let fee = mint
                .and_then(|data| TransferFee::of_mint(data, chain.epoch))
                .ok_or_else(|| refuse("the mint was not found on this cluster"))?;
            let both = wallet::compound(&at, &economy, &held, &payout(tokens), &fee, chain.now)
                .map_err(program_says)?;
            (both, "Claim your rewards and stake them".into())
        }
        Ask::Pay {
            tokens,
            to,
            amount,
            tolerance_ppm,
        } => {
            let quote = wallet::quote(&economy, amount.0, chain.now).map_err(program_says)?;
            let shards = u64::from(economy.meter_count.max(1));
            let payment = Payment {
                payer: owner,
                from: tokens.0,
                to: to.0,
                // Spread over the shards, so that payers do not wait for each other.
                shard: u8::try_from(u64::from(owner.to_bytes()[31]) % shards).unwrap_or(0),
                amount: amount.0,
                max_fee: quote.max_fee(*tolerance_ppm),
            };
            let pay = ix::pay(&at, &economy.token_program, &payment);
            let message = format!(
                "Pay {}: {} arrives, the fee is {} ({} %)",
                display(amount.0, decimals),
                display(quote.net, decimals),
                display(quote.fee, decimals),
                quote.fee_ppm as f64 / 10_000.0,
            );
            (vec![pay], message)
        }
    };
    if instructions.is_empty() {
        return Err(refuse("there are no rewards to take yet; come back later"));
    }
    Ok(Answer {
        message,
        transaction: Some(unsigned(&instructions, &owner, chain.blockhash)),
        instructions: instructions.iter().filter_map(ix::name).collect(),
        overview: None,
    })
}

fn overview(
    economy: &Economy,
    pool: &Pool,
    position: Option<&Position>,
    now: i64,
) -> Result<Overview, Refusal> {
    let summary = Summary::of(economy, now);
    let pending = position.map(|position| wallet::pending_rewards(economy, pool, position, now));
    let pending = pending
        .transpose()
        .map_err(|error| refuse(error::explain(u32::from(error))))?;
    let tickets = position.map(|position| wallet::unbonding(position, now));
    Ok(Overview {
        life: match summary.life {
            homeostat_client::Life::Draft => "draft",
            homeostat_client::Life::Live => "live",
            homeostat_client::Life::Retired => "retired",
        },
        decimals: summary.decimals,
        fee_ppm: summary.fee_ppm,
        apr_ppm: wallet::apr_ppm(economy, pool, now).unwrap_or(0),
        unbonding_seconds: summary.unbonding_seconds,
        payments_paused_until: summary.paused_until[homeostat_client::Section::Pay as usize],
        staked: Amount(position.map_or(0, |position| position.amount)),
        pending_rewards: Amount(pending.unwrap_or(0)),
        withdrawable: Amount(position.map_or(0, |position| wallet::withdrawable(position, now))),
        unbonding: tickets
            .unwrap_or_default()
            .into_iter()
            .map(|ticket| Ticket {
                amount: Amount(ticket.amount),
                ready_at: ticket.ready_at,
            })
            .collect(),
    })
}

/// The transaction as wallets take it: a zero signature for the owner, then the message.
fn unsigned(instructions: &[Instruction], owner: &Pubkey, blockhash: [u8; 32]) -> String {
    let message = Message::new_with_blockhash(instructions, Some(owner), &blockhash.into());
    let signatures = message.header.num_required_signatures;
    // A count below 128 is one byte; the owner is the only signer.
    let mut bytes = vec![signatures];
    bytes.extend(std::iter::repeat_n(0, 64 * usize::from(signatures)));
    bytes.extend(message.serialize());
    STANDARD.encode(bytes)
}

/// Base units as tokens.
///
/// ```
/// assert_eq!(homeostat_wallet_backend::display(1_500_000, 6), "1.5");
/// assert_eq!(homeostat_wallet_backend::display(7, 6), "0.000007");
/// assert_eq!(homeostat_wallet_backend::display(42, 0), "42");
/// ```
pub fn display(amount: u64, decimals: u8) -> String {
    let digits = format!("{amount:0>width$}", width = usize::from(decimals) + 1);
    let (whole, part) = digits.split_at(digits.len() - usize::from(decimals));
    match part.trim_end_matches('0') {
        "" => whole.to_owned(),
        part => format!("{whole}.{part}"),
    }
}

/// Why a transaction failed: `index` and `code` as the error of `sendTransaction` or
/// `getTransaction` has them (`{"InstructionError":[index,{"Custom":code}]}`), and the names
/// that the [`Answer`] had. The logs, if there are any, tell whose error it is.
///
/// ```
/// use homeostat_wallet_backend::explain;
///
/// let text = explain(&["top_up", "claim"], 1, 6016, &[]);
/// assert!(text.starts_with("claim: RewardVaultShort (6016)"));
/// ```
pub fn explain(instructions: &[&str], index: usize, code: u32, logs: &[String]) -> String {
    let text = match error::failed_program(logs) {
        Some(program) => error::explain_from(&program, code),
        None => error::explain(code),
    };
    match instructions.get(index) {
        Some(name) => format!("{name}: {text}"),
        None => text,
    }
}

/// An inner instruction as `getTransaction` tells it, its data decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InnerInstruction {
    /// Index of the program in the transaction's keys.
    pub program_id_index: u8,
    /// Indices of its accounts.
    pub accounts: Vec<u8>,
    /// Its data.
    pub data: Vec<u8>,
}

/// A line of a wallet's history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Line {
    /// Name of the event, as in the IDL.
    pub event: &'static str,
    /// Whose position it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<Address>,
    /// What moved (base units).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount: Option<Amount>,
    /// When it can be withdrawn (unix seconds).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ready_at: Option<i64>,
}

/// The events of a transaction that went through, in order; `keys` as
/// [`event::of_transaction`] wants them.
pub fn history(keys: &[Pubkey], inner: &[InnerInstruction]) -> Vec<Line> {
    let calls = inner.iter().map(|called| event::Inner {
        program_id_index: called.program_id_index,
        accounts: &called.accounts,
        data: &called.data,
    });
    let events = event::of_transaction(keys, calls);
    events.iter().map(line).collect()
}

fn line(event: &Event) -> Line {
    let (owner, amount, ready_at) = match event {
        Event::Staked(e) => (Some(e.owner), Some(e.amount), None),
        Event::UnstakeRequested(e) => (Some(e.owner), Some(e.amount), Some(e.unlock_at)),
        Event::UnstakeCancelled(e) => (Some(e.owner), Some(e.amount), None),
        Event::Withdrawn(e) => (Some(e.owner), Some(e.amount), None),
        Event::Claimed(e) => (Some(e.owner), Some(e.amount), None),
        Event::PositionOpened(e) => (Some(e.owner), None, None),
        Event::PositionClosed(e) => (Some(e.owner), None, None),
        Event::ToppedUp(e) => (None, Some(e.amount), None),
        _ => (None, None, None),
    };
    Line {
        event: event.name(),
        owner: owner.map(Address),
        amount: amount.map(Amount),
        ready_at,
    }
}
