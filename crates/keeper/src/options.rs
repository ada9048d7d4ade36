//! What a keeper is told to do, and at what cost.

use std::path::PathBuf;
use std::time::Duration;

use homeostat_chain::Fees;
use homeostat_client::Pubkey;

/// Most economies that are found by a search; each takes about a kilobyte.
pub const MOST_ECONOMIES: usize = 10_000;
/// A wallet that pays must keep the rent of an empty account (lamports), or it cannot pay:
/// 128 bytes at 6,960 lamports.
pub const POOREST: u64 = 890_880;
/// How long what is in flight may take after a signal.
pub const DEFAULT_GRACE: Duration = Duration::from_secs(10);

/// What a keeper does, and at what cost.
#[derive(Clone, Debug)]
pub struct Options {
    /// Economies to look after, whatever they pay.
    pub economies: Vec<Pubkey>,
    /// Look after every live economy of the cluster that pays: a crank of one that was found
    /// and not named costs at most its bounty, and it gets no lookup table.
    pub all: bool,
    /// Move the fees of the meters of named economies before each crank.
    pub collect: bool,
    /// One look at all economies, without waiting for lots.
    pub once: bool,
    /// What a transaction may cost.
    pub fees: Fees,
    /// Time between two looks at the clock.
    pub poll: Duration,
    /// Time between two looks at everything: new economies, pauses that ended early.
    pub refresh: Duration,
    /// Seconds after the end of a period within which this keeper's lot falls.
    pub jitter: u64,
    /// Longest wait after failures.
    pub max_backoff: Duration,
    /// Least bounty (lamports) that is worth a crank. `None` = anything for named economies,
    /// the base fee for found ones.
    pub min_bounty: Option<u64>,
    /// Balance of the wallet (lamports) below which it warns.
    pub min_balance: u64,
    /// Lookup tables to use, besides those that it finds.
    pub tables: Vec<Pubkey>,
    /// Where it remembers its lookup tables over a restart. `None` = it searches for them.
    pub record: Option<PathBuf>,
    /// Economies that are sent for at a time.
    pub workers: usize,
    /// How long what is in flight may take after a signal.
    pub grace: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            economies: Vec::new(),
            all: false,
            collect: false,
            once: false,
            fees: Fees::default(),
            poll: Duration::from_secs(5),
            refresh: Duration::from_secs(300),
            jitter: 10,
            max_backoff: Duration::from_secs(300),
            min_bounty: None,
            min_balance: 10_000_000,
            tables: Vec::new(),
            record: None,
            workers: 4,
            grace: DEFAULT_GRACE,
        }
    }
}
