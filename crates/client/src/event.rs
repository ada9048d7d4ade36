//! Events from the inner instructions of a transaction.
//!
//! Logs are not read: other instructions can truncate or imitate them. An
//! event is a call of the program to itself that only it can sign.

use anchor_lang::{prelude::Pubkey, Discriminator};
use borsh::BorshDeserialize;
use homeostat::events::*;

use crate::{address::event_authority, PROGRAM_ID};

/// First bytes of every event call.
pub const EVENT_TAG: [u8; 8] = [0xe4, 0x45, 0xa5, 0x2e, 0x51, 0xcb, 0x9a, 0x1d];

/// An event of the program.
#[allow(missing_docs)]
pub enum Event {
    EconomyCreated(EconomyCreated),
    EconomyConfigured(EconomyConfigured),
    PoolCreated(PoolCreated),
    MeterCreated(MeterCreated),
    FeedCreated(FeedCreated),
    FeedConfigured(FeedConfigured),
    FeedReported(FeedReported),
    WentLive(WentLive),
    RewardsFunded(RewardsFunded),
    ToppedUp(ToppedUp),
    EconomyClosed(EconomyClosed),
    PositionOpened(PositionOpened),
    Staked(Staked),
    UnstakeRequested(UnstakeRequested),
    UnstakeCancelled(UnstakeCancelled),
    Withdrawn(Withdrawn),
    Claimed(Claimed),
    PositionClosed(PositionClosed),
    Collected(Collected),
    Cranked(Cranked),
    LogGrown(LogGrown),
    Migrated(Migrated),
    BreakerTripped(BreakerTripped),
    CouncilCreated(CouncilCreated),
    Proposed(Proposed),
    Decided(Decided),
    Executed(Executed),
    ProposalClosed(ProposalClosed),
    BallotCast(BallotCast),
    BallotClosed(BallotClosed),
    RoleAccepted(RoleAccepted),
    Paused(Paused),
    Advised(Advised),
    AdviceVetoed(AdviceVetoed),
}

/// Parses an inner instruction; `None` when it is no event of this program.
///
/// `accounts` are the keys the inner instruction was called with.
pub fn parse(program_id: &Pubkey, accounts: &[Pubkey], data: &[u8]) -> Option<Event> {
    if *program_id != PROGRAM_ID || accounts.first() != Some(&event_authority()) {
        return None;
    }
    let body = data.strip_prefix(&EVENT_TAG)?;
    macro_rules! one_of {
        ($($name:ident),*) => {
            $(if let Some(mut bytes) = body.strip_prefix($name::DISCRIMINATOR) {
                return $name::deserialize(&mut bytes).ok().map(Event::$name);
            })*
        };
    }
    one_of!(
        Cranked,
        FeedReported,
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
        LogGrown,
        Migrated,
        BreakerTripped,
        CouncilCreated,
        Proposed,
        Decided,
        Executed,
        ProposalClosed,
        BallotCast,
        BallotClosed,
        RoleAccepted,
        Paused,
        Advised,
        AdviceVetoed
    );
    None
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
    }
}
