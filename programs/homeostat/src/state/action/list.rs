//! Every action by its name, in the order of its number on the wire.

use anchor_lang::prelude::*;

use super::{
    council::AdviceRange,
    terms::{Caps, Terms},
    tuning::{OutputLimits, SlewLimits},
    Act,
};
use crate::state::{
    controller::{ControllerSettings, FeedForward, GuardSettings, Q48},
    economy::Power,
    envelope::Tunable,
    Delays, FeedSettings, Parameter, SeatArgs, Section,
};

/// The types that fields of actions have. An action and the type of its fields may share a
/// name, such as `Caps`; the path keeps them apart.
mod types {
    pub use core::{
        option::Option,
        primitive::{i64, u16, u32, u64, u8},
    };
    pub use std::vec::Vec;

    pub use super::*;
}

/// Declares a struct with the fields of one action, borrowed.
macro_rules! borrowed {
    ($name:ident) => {
        pub struct $name;
    };
    ($name:ident { $($field:ident: $type:ident $(<$of:ident>)?,)* }) => {
        pub struct $name<'a> {
            $(pub $field: &'a types::$type $(<types::$of>)?,)*
        }
    };
}

/// Declares the enum of all actions, as it is on the wire, and in [`fields`] a struct of the
/// same name for each action: everything about an action is written down once, as the
/// implementation of [`Act`] for that struct.
macro_rules! actions {
    (
        $(#[$outer:meta])*
        pub enum $list:ident {
            $(
                $(#[$doc:meta])*
                $name:ident $({
                    $(
                        $(#[$field_doc:meta])*
                        $field:ident: $type:ident $(<$of:ident>)?,
                    )*
                })?,
            )*
        }
    ) => {
        $(#[$outer])*
        pub enum $list {
            $(
                $(#[$doc])*
                $name $({
                    $(
                        $(#[$field_doc])*
                        $field: $type $(<$of>)?,
                    )*
                })?,
            )*
        }

        /// One struct for each action, with the action's fields.
        pub(super) mod fields {
            use super::types;

            $(borrowed! { $name $({ $($field: $type $(<$of>)?,)* })? })*
        }

        impl $list {
            /// The implementation of this action.
            pub(crate) fn act(&self) -> Box<dyn Act + '_> {
                match self {
                    $(Self::$name $({ $($field),* })? => {
                        Box::new(fields::$name $({ $($field),* })?)
                    })*
                }
            }
        }
    };
}

actions! {
    /// One action of a proposal. `expected` is the value in force when the proposal was
    /// made: if anything changed it in between, the proposal fails instead of overwriting
    /// what nobody who approved it had seen.
    #[derive(AnchorSerialize, AnchorDeserialize, Clone, Debug, PartialEq, Eq)]
    pub enum Action {
        /// Moves a quantity of a controller along a ramp. Routine inside the envelope,
        /// else Standard.
        Tune {
            /// The controller that is tuned.
            parameter: Parameter,
            /// The quantity that is moved.
            field: Tunable,
            /// The target that the quantity has so far (x 2^48).
            expected_q48: Q48,
            /// The target that the quantity gets (x 2^48).
            value_q48: Q48,
            /// The duration of the ramp (seconds), at most a year.
            over_seconds: u32,
        },
        /// Resumes a controller that its guard has latched. Routine.
        ResumeController {
            /// The controller that is resumed.
            parameter: Parameter,
            /// The time at which the guard latched that is released (unix seconds).
            expected_since: i64,
        },
        /// Resumes a tripped economy and all of its controllers. Routine.
        ResumeEconomy {
            /// The count of the trip that is ended, `Economy.trips`.
            expected_trip: u16,
        },
        /// Ends a pause before its time. Immediate.
        Unpause {
            /// The section that is paused.
            section: Section,
            /// The end of the pause that is ended (unix seconds).
            expected_until: i64,
        },
        /// Dismisses the advisor and drops its pending advice, or takes the offer of the role
        /// back. Immediate.
        RevokeAdvisor {
            /// The address that has the role, or was offered it.
            expected: Pubkey,
        },
        /// Sets the half-life of a controller's integral. Standard.
        HalfLife {
            /// The controller that is changed.
            parameter: Parameter,
            /// The half-life so far (seconds); 0 = the integral does not leak.
            expected: u64,
            /// The half-life from now on (seconds); 0 = the integral does not leak.
            value: u64,
        },
        /// Sets the feed-forward of a controller: gain, reference and limit. Standard, and
        /// Critical where the limit widens. Bumpless: it acts through the slew limits.
        FeedForward {
            /// The controller that is changed.
            parameter: Parameter,
            /// The feed-forward so far.
            expected: FeedForward,
            /// The feed-forward from now on.
            value: FeedForward,
        },
        /// Sets how fast a parameter may move. Immediate where no way gets faster, else
        /// Critical; a faster one is the only change of its controller in the proposal, and
        /// unlimited can be set in Draft only.
        Slew {
            /// The controller of the parameter.
            parameter: Parameter,
            /// The slew limits so far (ppm per period).
            expected: SlewLimits,
            /// The slew limits from now on (ppm per period).
            value: SlewLimits,
        },
        /// Puts a controller into automatic or into manual mode. Standard.
        Mode {
            /// The controller that is changed.
            parameter: Parameter,
            /// The manual value so far (ppm); none = automatic.
            expected_ppm: Option<i64>,
            /// The manual value from now on (ppm); none = automatic.
            value_ppm: Option<i64>,
        },
        /// Sets the limits of a parameter. Standard where both narrow, else Critical; within
        /// one proposal a limit widens by at most a quarter of the parameter's ceiling. A
        /// value above a lowered maximum is clamped at once; one below a raised minimum
        /// rises by the slew limit.
        Limits {
            /// The controller of the parameter.
            parameter: Parameter,
            /// The limits so far (ppm).
            expected: OutputLimits,
            /// The limits from now on (ppm).
            value: OutputLimits,
        },
        /// Sets the treasury's share of the part of a fee that is not burned. Standard.
        FeeSplit {
            /// The share so far (ppm).
            expected_ppm: u32,
            /// The share from now on (ppm).
            value_ppm: u32,
        },
        /// Sets the weight of a liquidity pool among the liquidity pools. Standard.
        PoolWeight {
            /// The pool's lane in the stream, from 1; lane 0 is the native pool's.
            lane: u8,
            /// The weight so far, relative to the other pools.
            expected: u16,
            /// The weight from now on; 0 retires the pool: nobody stakes in it any more, everybody
            /// can leave, and once it is empty it can be closed.
            value: u16,
        },
        /// Sets the smallest stake that can be added to a pool. Critical, because a high one
        /// keeps newcomers out.
        MinStake {
            /// The pool's lane in the stream; lane 0 is the native pool's.
            lane: u8,
            /// The smallest stake so far (base units of the pool's mint).
            expected: u64,
            /// The smallest stake from now on (base units of the pool's mint), above 0.
            value: u64,
        },
        /// Allows anybody to create a liquidity pool within 14 days; an earlier permit ends.
        /// Both accounts belong to program-derived addresses. Critical.
        AllowPool {
            /// The mint that is staked in the pool: the AMM's LP token.
            stake_mint: Pubkey,
            /// The AMM's token account of the economy's mint.
            amm_vault: Pubkey,
            /// The weight among the liquidity pools, above 0.
            weight: u16,
        },
        /// Allows anybody to create more meters. Standard.
        AllowMeters {
            /// How many meters more than are allowed already.
            count: u8,
        },
        /// Allows anybody to create more feeds, without reporters. Standard.
        AllowFeeds {
            /// How many feeds more than are allowed already.
            count: u8,
        },
        /// Offers somebody the advisor's role; the holder keeps it until then. Standard.
        Advisor {
            /// The advisor so far; the zero address = nobody.
            expected: Pubkey,
            /// The address that is offered the role.
            seat: SeatArgs,
        },
        /// Sets how far the advisor may move a controller. Immediate where it narrows, else
        /// Standard.
        AdviceRange {
            /// The controller that the range is for.
            parameter: Parameter,
            /// The range in force so far.
            expected: AdviceRange,
            /// The range in force from now on.
            value: AdviceRange,
        },
        /// Sets the caps. Immediate where none widens, else Critical. Within one proposal a
        /// cap rises, and the supply floor falls, by at most a quarter of it, or of what is
        /// usual if that is more. Tighter ones act at once, wider ones from the next crank
        /// on, and a higher outflow cap on payments of later proposals.
        Caps {
            /// The caps in force so far.
            expected: Caps,
            /// The caps in force from now on.
            value: Caps,
        },
        /// Sets the terms of unbonding, yield, keeping and utilisation. Critical.
        Terms {
            /// The terms in force so far.
            expected: Terms,
            /// The terms in force from now on.
            value: Terms,
        },
        /// Names the token accounts whose balance does not circulate, such as a team's.
        /// Critical.
        Exclude {
            /// The accounts so far.
            expected: Vec<Pubkey>,
            /// The accounts from now on, at most four.
            accounts: Vec<Pubkey>,
        },
        /// Rewires a controller: what it measures, what its setpoint is a multiple of and which
        /// signal it feeds forward, with everything that goes with it; its limits widen as far as `Limits` may, and its slew limits get no faster. Critical;
        /// bumpless.
        Wire {
            /// The controller that is rewired.
            parameter: Parameter,
            /// The controller's `config_seq` so far.
            expected_seq: u64,
            /// The controller's settings from now on.
            settings: ControllerSettings,
        },
        /// Sets reporters and rules of a feed. Critical.
        Feed {
            /// The feed's place among the economy's feeds, from 0.
            index: u8,
            /// The feed's settings so far.
            expected: FeedSettings,
            /// The feed's settings from now on.
            value: FeedSettings,
        },
        /// Sets a controller's anomaly guard. Critical.
        Guard {
            /// The controller that is guarded.
            parameter: Parameter,
            /// The guard's settings so far.
            expected: GuardSettings,
            /// The guard's settings from now on.
            value: GuardSettings,
        },
        /// Offers somebody a seat in the council. Critical.
        AddMember {
            /// The address that is offered the seat.
            seat: SeatArgs,
        },
        /// Takes a member's seat, or an offered one, back. Critical.
        RemoveMember {
            /// The address of the member.
            key: Pubkey,
            /// The number of the membership that ends.
            expected_id: u32,
        },
        /// Sets how many members' approval a proposal needs. Critical.
        Threshold {
            /// The number of members that is needed so far.
            expected: u8,
            /// The number of members that is needed from now on.
            value: u8,
        },
        /// Offers somebody the guardian's role; the holder keeps it until then. Critical.
        Guardian {
            /// The guardian who holds the role so far.
            expected: Pubkey,
            /// The address that is offered the role.
            seat: SeatArgs,
        },
        /// Sets the delays, the grace and the stakers' veto. Critical.
        Delays {
            /// The delays in force so far.
            expected: Delays,
            /// The delays in force from now on.
            value: Delays,
        },
        /// Pays out of the treasury, within the outflow cap of any 30 days. Critical.
        PayTreasury {
            /// The recipient: a token account of the economy's mint, when proposed already.
            to: Pubkey,
            /// The amount that is paid (base units).
            amount: u64,
        },
        /// Ends the economy for ever: accrual stops, what is owed is minted, claims stay
        /// open. Terminal, and alone in its proposal.
        Retire {
            /// The address that is offered the mint authority, which it accepts with its own
            /// signature within 14 d; none = nobody, for ever.
            successor: Option<Pubkey>,
        },
        /// Gives a power up for ever: no proposal, of whichever council, has it afterwards.
        /// Critical.
        GiveUp {
            /// The power that is given up.
            power: Power,
        },
    }
}
