//! Events from the inner instructions of a transaction.
//!
//! Logs are not read, because other instructions can truncate or imitate them. An event is a
//! call of the program to itself, which only the program can sign.

use anchor_lang::{prelude::Pubkey, Discriminator};
use borsh::BorshDeserialize;
use homeostat::events::*;

use crate::{address::event_authority, PROGRAM_ID};

/// First bytes of every event call.
pub const EVENT_TAG: [u8; 8] = [0xe4, 0x45, 0xa5, 0x2e, 0x51, 0xcb, 0x9a, 0x1d];

macro_rules! events {
    ($($name:ident),* $(,)?) => {
        /// An event of the program. Amounts in base units, rates in ppm, times in unix
        /// seconds.
        #[allow(missing_docs)]
        pub enum Event {
            $($name($name)),*
        }

        impl Event {
            /// Every event's name, as in the IDL.
            pub const NAMES: &'static [&'static str] = &[$(stringify!($name)),*];

            /// The event's name, as in the IDL.
            pub const fn name(&self) -> &'static str {
                match self {
                    $(Self::$name(_) => stringify!($name)),*
                }
            }

            /// Reads discriminator and fields; `None` when it is no event.
            fn read(body: &[u8]) -> Option<Self> {
                $(if let Some(mut bytes) = body.strip_prefix($name::DISCRIMINATOR) {
                    return $name::deserialize(&mut bytes).ok().map(Self::$name);
                })*
                None
            }
        }
    };
}

// The most frequent first: reading compares one after the other.
events!(
    Cranked,
    FeedReported,
    PoolTouched,
    Staked,
    UnstakeRequested,
    UnstakeCancelled,
    Withdrawn,
    Claimed,
    Collected,
    ToppedUp,
    PositionOpened,
    PositionClosed,
    EconomyCreated,
    EconomyConfigured,
    PoolCreated,
    MeterCreated,
    FeedCreated,
    FeedConfigured,
    WentLive,
    RewardsFunded,
    EconomyClosed,
    MintHandedOver,
    WoundUp,
    RecallAnnounced,
    FundsRecalled,
    PoolClosed,
    EconomyDissolved,
    LogGrown,
    Migrated,
    BreakerTripped,
    CouncilCreated,
    Proposed,
    Decided,
    Executed,
    PowerGivenUp,
    ProposalClosed,
    BallotCast,
    BallotClosed,
    RoleAccepted,
    Paused,
    Advised,
    AdviceVetoed,
);

/// Reads the event of an inner instruction; `None` when it carries no event of this program.
///
/// `accounts` are the keys that the inner instruction was called with. The first has to be the
/// event authority: without that signature anybody could imitate an event.
pub fn parse(program_id: &Pubkey, accounts: &[Pubkey], data: &[u8]) -> Option<Event> {
    if *program_id != PROGRAM_ID || accounts.first() != Some(&event_authority()) {
        return None;
    }
    Event::read(data.strip_prefix(&EVENT_TAG)?)
}

/// An inner instruction as a transaction's metadata has it: its program and accounts are
/// indices into the transaction's keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Inner<'a> {
    /// Index of the program that was called.
    pub program_id_index: u8,
    /// Indices of the accounts that it was called with.
    pub accounts: &'a [u8],
    /// The data that it was called with.
    pub data: &'a [u8],
}

/// Every event of a transaction, in order.
///
/// `keys` are the message's static keys, then those that its lookup tables added, writable
/// ones first: the order in which every RPC server lists them. `inner` are the inner
/// instructions of all its instructions, one after the other. An index beyond `keys` is skipped:
/// the metadata is an RPC server's word, and must not be able to stop a reader.
///
/// ```
/// use homeostat_client::{address::event_authority, event, Pubkey, PROGRAM_ID};
///
/// // A transfer and an event that the program emitted, as `getTransaction` lists them.
/// let event_of_topped_up = {
///     use anchor_lang::Event;
///     let topped_up = homeostat::events::ToppedUp {
///         economy: Pubkey::new_unique(),
///         amount: 42,
///         old_supplied: 0,
///         new_supplied: 42,
///     };
///     [&event::EVENT_TAG[..], &topped_up.data()].concat()
/// };
/// let keys = [Pubkey::new_unique(), PROGRAM_ID, event_authority()];
/// let inner = [
///     event::Inner { program_id_index: 0, accounts: &[0, 1], data: &[3] },
///     event::Inner { program_id_index: 1, accounts: &[2], data: &event_of_topped_up },
/// ];
///
/// let events = event::of_transaction(&keys, inner);
/// assert_eq!(events.len(), 1);
/// assert_eq!(events[0].name(), "ToppedUp");
/// ```
pub fn of_transaction<'a>(
    keys: &[Pubkey],
    inner: impl IntoIterator<Item = Inner<'a>>,
) -> Vec<Event> {
    let key = |index: &u8| keys.get(usize::from(*index)).copied();
    inner
        .into_iter()
        .filter_map(|called| {
            // Only the first account distinguishes an event from an imitation.
            let first = key(called.accounts.first()?)?;
            parse(&key(&called.program_id_index)?, &[first], called.data)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use anchor_lang::Event as _;

    fn call() -> Vec<u8> {
        let event = LogGrown {
            economy: Pubkey::new_unique(),
            log: Pubkey::new_unique(),
            old_slots: 24,
            new_slots: 48,
        };
        EVENT_TAG.iter().copied().chain(event.data()).collect()
    }

    #[test]
    fn an_event_call_is_read() {
        let event = parse(&PROGRAM_ID, &[event_authority()], &call());
        assert!(matches!(event, Some(Event::LogGrown(grown)) if grown.new_slots == 48));
    }

    #[test]
    fn look_alikes_are_not() {
        assert!(parse(&Pubkey::new_unique(), &[event_authority()], &call()).is_none());
        assert!(parse(&PROGRAM_ID, &[Pubkey::new_unique()], &call()).is_none());
        assert!(parse(&PROGRAM_ID, &[event_authority()], &call()[8..]).is_none());
        assert!(parse(&PROGRAM_ID, &[], &call()).is_none());
        let cut = &call()[..20];
        assert!(parse(&PROGRAM_ID, &[event_authority()], cut).is_none());
    }

    #[test]
    fn indices_that_lead_nowhere_are_no_events() {
        let data = call();
        let keys = [PROGRAM_ID, event_authority()];
        let inner = |program_id_index, accounts| Inner {
            program_id_index,
            accounts,
            data: &data,
        };
        let hostile = [
            inner(9, &[1][..]),
            inner(0, &[]),
            inner(0, &[7]),
            inner(1, &[1]),
        ];
        assert!(of_transaction(&keys, hostile).is_empty());
        assert_eq!(of_transaction(&keys, [inner(0, &[1])]).len(), 1);
    }
}
