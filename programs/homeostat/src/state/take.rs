//! How arguments are read from Borsh's form in the program: as if the bytes ended in
//! zeros, with one look at the end, where Borsh's own readers carry an error, with its text,
//! from every number. Clients read actions with Borsh's derive; a test compares the two.

use std::io::{self, Read};

use crate::prelude::*;

use anchor::prelude::borsh::BorshDeserialize;

use super::{
    action::{Action, AdviceRange, Caps, OutputLimits, SlewLimits, Terms, Tunable},
    controller::{Metric, Parameter},
    council::{CouncilArgs, Delays, RoleKind, SeatArgs},
    economy::Funding,
    feed::FeedSettings,
    pause::{PauseReason, Section},
};
use crate::instructions::{
    ControllerSettings, Direction, EconomyArgs, GuardSettings, LimitSettings, Setting,
};

/// Reads a value from the front, and moves on. Refuses what Borsh refuses
/// (`InstructionDidNotDeserialize`).
pub fn take<T: Take>(bytes: &mut &[u8]) -> Result<T> {
    let mut source = Bytes::new(bytes);
    let value = read(&mut source).ok();
    let value = value.filter(|_| !source.short);
    *bytes = source.rest;
    value.ok_or_else(|| ErrorCode::InstructionDidNotDeserialize.into())
}

/// Reads a value from wherever it comes.
pub fn read<T: Take, R: Read>(source: &mut R) -> io::Result<T> {
    let mut reader = Reader {
        source,
        wrong: false,
    };
    let value = T::take(&mut reader);
    if reader.wrong {
        return Err(io::ErrorKind::InvalidData.into());
    }
    Ok(value)
}

/// How `#[program]` reads an instruction's arguments: see `crate::framework`.
pub trait Arguments: BorshDeserialize {
    /// Reads them from the front.
    fn deserialize(bytes: &mut &[u8]) -> io::Result<Self> {
        let mut source = Bytes::new(bytes);
        let value = Self::deserialize_reader(&mut source)?;
        if source.short {
            return Err(io::ErrorKind::InvalidData.into());
        }
        *bytes = source.rest;
        Ok(value)
    }
}

impl<T: BorshDeserialize> Arguments for T {}

/// Bytes that seem to end in zeros, and know whether one of those was read.
struct Bytes<'a> {
    rest: &'a [u8],
    short: bool,
}

impl<'a> Bytes<'a> {
    fn new(rest: &'a [u8]) -> Self {
        let short = false;
        Self { rest, short }
    }

    // Of a length that is known where it stands: a load and a store.
    #[inline(always)]
    fn fill(&mut self, buffer: &mut [u8]) {
        match self.rest.split_at_checked(buffer.len()) {
            Some((front, rest)) => {
                buffer.copy_from_slice(front);
                self.rest = rest;
            }
            None => self.run_out(buffer),
        }
    }

    #[cold]
    #[inline(never)]
    fn run_out(&mut self, buffer: &mut [u8]) {
        let available = self.rest.len().min(buffer.len());
        let (front, rest) = self.rest.split_at(available);
        let (filled, missing) = buffer.split_at_mut(available);
        filled.copy_from_slice(front);
        missing.fill(0);
        self.rest = rest;
        self.short |= !missing.is_empty();
    }
}

impl Read for Bytes<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let available = self.rest.len().min(buffer.len());
        self.fill(buffer.split_at_mut(available).0);
        Ok(available)
    }

    // Never an error, and seen to be none: what Borsh does with one is left out.
    #[inline(always)]
    fn read_exact(&mut self, buffer: &mut [u8]) -> io::Result<()> {
        self.fill(buffer);
        Ok(())
    }
}

/// A source of bytes, and whether something was read that is not there or means nothing.
pub struct Reader<'a, R> {
    source: &'a mut R,
    wrong: bool,
}

impl<R: Read> Reader<'_, R> {
    /// Fills all of `buffer`: beyond the end with zeros.
    #[inline(always)]
    fn fill(&mut self, buffer: &mut [u8]) {
        if self.source.read_exact(buffer).is_err() {
            buffer.fill(0);
            self.wrong = true;
        }
    }

    /// One of the values of an enumeration, by its place; the first where it is none.
    #[inline(always)]
    fn one_of<T: Copy>(&mut self, values: &[T], first: T) -> T {
        let place = usize::from(u8::take(self));
        let value = values.get(place).copied();
        self.wrong |= value.is_none();
        value.unwrap_or(first)
    }
}

/// What can be read.
pub trait Take: Sized {
    /// Reads it; of what is wrong the reader knows.
    fn take<R: Read>(reader: &mut Reader<R>) -> Self;
}

macro_rules! numbers {
    ($($number:ty)*) => {$(
        impl Take for $number {
            #[inline(never)]
            fn take<R: Read>(reader: &mut Reader<R>) -> Self {
                let mut bytes = [0; size_of::<Self>()];
                reader.fill(&mut bytes);
                Self::from_le_bytes(bytes)
            }
        }
    )*};
}

numbers!(u8 u16 u32 u64 i64 i128);

impl Take for bool {
    #[inline(always)]
    fn take<R: Read>(reader: &mut Reader<R>) -> Self {
        reader.one_of(&[false, true], false)
    }
}

impl<const N: usize> Take for [u8; N] {
    #[inline(always)]
    fn take<R: Read>(reader: &mut Reader<R>) -> Self {
        let mut bytes = [0; N];
        reader.fill(&mut bytes);
        bytes
    }
}

impl Take for Pubkey {
    #[inline(never)]
    fn take<R: Read>(reader: &mut Reader<R>) -> Self {
        Self::new_from_array(Take::take(reader))
    }
}

impl<T: Take> Take for Option<T> {
    #[inline(never)]
    fn take<R: Read>(reader: &mut Reader<R>) -> Self {
        bool::take(reader).then(|| T::take(reader))
    }
}

/// More keys than a transaction has room for: a list that claims more is wrong.
const MOST_KEYS: u64 = 40;

impl<T: Take> Take for Vec<T> {
    #[inline(never)]
    fn take<R: Read>(reader: &mut Reader<R>) -> Self {
        let count = u64::from(u32::take(reader));
        reader.wrong |= count > MOST_KEYS;
        (0..count.min(MOST_KEYS))
            .map(|_| Take::take(reader))
            .collect()
    }
}

macro_rules! enumerations {
    ($($name:ident { $first:ident $($other:ident)* })*) => {$(
        impl Take for $name {
            #[inline(never)]
            fn take<R: Read>(reader: &mut Reader<R>) -> Self {
                const VALUES: &[$name] = &[$name::$first, $($name::$other),*];
                reader.one_of(VALUES, Self::$first)
            }
        }
    )*};
}

enumerations! {
    Parameter { Emission Fee Burn Liquidity }
    Tunable { Setpoint Bias Kp Ki Kd Filter DeadBand }
    Section { Stake Pay Crank Emission }
    PauseReason { Incident Exploit Oracle Market Upgrade Other }
    Funding { Mint Funded }
    RoleKind { Member Guardian Advisor }
    Metric { StakedShare Utilisation NetSupplyGrowth LiquidityDepth Feed0 Feed1 Feed2 Feed3 }
    Direction { Direct Reverse }
}

/// Structures, field by field in the order in which they are declared.
macro_rules! structures {
    ($($name:ident { $($field:ident)* })*) => {$(
        impl Take for $name {
            #[inline(never)]
            fn take<R: Read>(reader: &mut Reader<R>) -> Self {
                Self { $($field: Take::take(reader)),* }
            }
        }
    )*};
}

structures! {
    SlewLimits { up_ppm down_ppm }
    OutputLimits { min_ppm max_ppm }
    Caps { hard_cap supply_floor period_emission_ppm period_burn_ppm outflow_cap }
    Terms { turnover_ppm min_stake bounty unbonding }
    AdviceRange { setpoint_q48 bias_q48 }
    EconomyArgs { funding period hard_cap }
    CouncilArgs { members threshold guardian delays }
    LimitSettings {
        hard_cap supply_floor turnover_ppm min_stake bounty period_emission_ppm treasury_ppm
        unbonding outflow_cap period_burn_ppm
    }
    SeatArgs { key via }
    Delays { routine standard critical grace staker_veto_ppm }
    FeedSettings { label reporters quorum max_spread_ppm max_age }
    GuardSettings {
        enabled limit slack threshold floor half_life min_samples frozen hold_periods
    }
    ControllerSettings {
        metric direction setpoint_q48 scale_q48 bias_q48 kp_q48 ki_q48 kd_q48 filter_q48
        dead_band_q48 half_life min_ppm max_ppm slew_up_ppm slew_down_ppm max_periods
        max_hold max_age min_samples
    }
}

/// Variants, in the order in which they are declared.
macro_rules! variants {
    ($type:ident, or $other:expr; $($number:literal $name:ident { $($field:tt)* })*) => {
        impl Take for $type {
            #[inline(never)]
            fn take<R: Read>(reader: &mut Reader<R>) -> Self {
                match u8::take(reader) {
                    $($number => Self::$name { $($field: Take::take(reader)),* },)*
                    _ => {
                        reader.wrong = true;
                        $other
                    }
                }
            }
        }
    };
}

variants! {
    Action, or Self::RevokeAdvisor;
    0 Tune { parameter field expected_q48 value_q48 over_seconds }
    1 ResumeController { parameter }
    2 ResumeEconomy {}
    3 Unpause { section }
    4 RevokeAdvisor {}
    5 HalfLife { parameter expected value }
    6 Slew { parameter expected value }
    7 Mode { parameter expected_ppm value_ppm }
    8 Limits { parameter expected value }
    9 FeeSplit { expected_ppm value_ppm }
    10 PoolWeight { lane expected value }
    11 AllowPool { stake_mint amm_vault weight }
    12 AllowMeters { count }
    13 AllowFeeds { count }
    14 Advisor { expected seat }
    15 AdviceRange { parameter expected value }
    16 Caps { expected value }
    17 Terms { expected value }
    18 Exclude { expected accounts }
    19 Wire { parameter expected_seq settings }
    20 Feed { index expected value }
    21 Guard { parameter expected value }
    22 AddMember { seat }
    23 RemoveMember { key }
    24 Threshold { expected value }
    25 Guardian { expected seat }
    26 Delays { expected value }
    27 PayTreasury { to amount }
    28 Retire { successor }
}

variants! {
    Setting, or Self::Excluded { accounts: Vec::new() };
    0 Controller { parameter settings }
    1 Limits { 0 }
    2 Excluded { accounts }
    3 Guard { parameter settings }
}

/// What comes as an argument, or in one, is read in this way by everybody.
macro_rules! arguments {
    ($($name:ident)*) => {$(
        impl BorshDeserialize for $name {
            fn deserialize_reader<R: Read>(source: &mut R) -> io::Result<Self> {
                read(source)
            }
        }
    )*};
}

arguments! {
    Parameter Tunable Section PauseReason Funding RoleKind
    EconomyArgs CouncilArgs FeedSettings Setting
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: u8) -> Pubkey {
        Pubkey::new_from_array([byte; 32])
    }

    fn settings(with: bool) -> ControllerSettings {
        ControllerSettings {
            metric: if with {
                Metric::Feed3
            } else {
                Metric::StakedShare
            },
            direction: if with {
                Direction::Reverse
            } else {
                Direction::Direct
            },
            setpoint_q48: -1,
            scale_q48: 2,
            bias_q48: i128::MIN,
            kp_q48: 4,
            ki_q48: 5,
            kd_q48: i128::MAX,
            filter_q48: 7,
            dead_band_q48: 8,
            half_life: 9,
            min_ppm: -10,
            max_ppm: 11,
            slew_up_ppm: with.then_some(12),
            slew_down_ppm: (!with).then_some(13),
            max_periods: 14,
            max_hold: 15,
            max_age: 16,
            min_samples: 17,
        }
    }

    const GUARD: GuardSettings = GuardSettings {
        enabled: true,
        limit: 1,
        slack: 2,
        threshold: 3,
        floor: 4,
        half_life: 5,
        min_samples: 6,
        frozen: 7,
        hold_periods: 8,
    };

    /// Every kind of action, with every kind of value.
    fn actions() -> Vec<Action> {
        let parameter = Parameter::Liquidity;
        let seat = |byte: u8| SeatArgs {
            key: key(byte),
            via: byte.is_multiple_of(2).then(|| key(99)),
        };
        let feed = |count: u8| FeedSettings {
            label: [7; 16],
            reporters: (1..=count).map(key).collect(),
            quorum: 2,
            max_spread_ppm: 3,
            max_age: 4,
        };
        let caps = |first: u64| Caps {
            hard_cap: first,
            supply_floor: 2,
            period_emission_ppm: 3,
            period_burn_ppm: 4,
            outflow_cap: 5,
        };
        let terms = |first: u64| Terms {
            turnover_ppm: first,
            min_stake: 2,
            bounty: 3,
            unbonding: 4,
        };
        let range = |first: i128| AdviceRange {
            setpoint_q48: first,
            bias_q48: 2,
        };
        let limits = |min_ppm: i64| OutputLimits {
            min_ppm,
            max_ppm: 9,
        };
        let slew = |up_ppm: Option<u64>| SlewLimits {
            up_ppm,
            down_ppm: Some(3),
        };
        let mut actions = vec![
            Action::ResumeController { parameter },
            Action::ResumeEconomy,
            Action::RevokeAdvisor,
            Action::HalfLife {
                parameter,
                expected: 1,
                value: u64::MAX,
            },
            Action::Slew {
                parameter,
                expected: slew(None),
                value: slew(Some(1)),
            },
            Action::Mode {
                parameter,
                expected_ppm: None,
                value_ppm: Some(-5),
            },
            Action::Limits {
                parameter,
                expected: limits(-1),
                value: limits(i64::MIN),
            },
            Action::FeeSplit {
                expected_ppm: 1,
                value_ppm: u32::MAX,
            },
            Action::PoolWeight {
                lane: 1,
                expected: 2,
                value: u16::MAX,
            },
            Action::AllowPool {
                stake_mint: key(1),
                amm_vault: key(2),
                weight: 3,
            },
            Action::AllowMeters { count: 4 },
            Action::AllowFeeds { count: 5 },
            Action::Advisor {
                expected: key(1),
                seat: seat(2),
            },
            Action::AdviceRange {
                parameter,
                expected: range(-1),
                value: range(1),
            },
            Action::Caps {
                expected: caps(1),
                value: caps(u64::MAX),
            },
            Action::Terms {
                expected: terms(1),
                value: terms(2),
            },
            Action::Exclude {
                expected: vec![],
                accounts: vec![key(1), key(2)],
            },
            Action::Feed {
                index: 1,
                expected: feed(0),
                value: feed(7),
            },
            Action::Guard {
                parameter,
                expected: GUARD,
                value: GUARD,
            },
            Action::AddMember { seat: seat(3) },
            Action::RemoveMember { key: key(4) },
            Action::Threshold {
                expected: 1,
                value: 2,
            },
            Action::Guardian {
                expected: key(5),
                seat: seat(6),
            },
            Action::Delays {
                expected: Delays::DEFAULT,
                value: Delays::DEFAULT,
            },
            Action::PayTreasury {
                to: key(7),
                amount: 8,
            },
            Action::Retire { successor: None },
            Action::Retire {
                successor: Some(key(9)),
            },
        ];
        for with in [false, true] {
            let settings = settings(with);
            actions.push(Action::Wire {
                parameter,
                expected_seq: 6,
                settings,
            });
        }
        for section in [
            Section::Stake,
            Section::Pay,
            Section::Crank,
            Section::Emission,
        ] {
            actions.push(Action::Unpause { section });
        }
        for (parameter, field) in Parameter::ALL.iter().cycle().zip(Tunable::ALL) {
            actions.push(Action::Tune {
                parameter: *parameter,
                field,
                expected_q48: -2,
                value_q48: 3,
                over_seconds: 4,
            });
        }
        actions
    }

    /// What Borsh makes of bytes, and how many it leaves.
    fn borsh<T: AnchorDeserialize>(mut bytes: &[u8]) -> Option<(T, usize)> {
        let value = T::deserialize(&mut bytes).ok()?;
        Some((value, bytes.len()))
    }

    fn ours<T: Take>(mut bytes: &[u8]) -> Option<(T, usize)> {
        let value = take(&mut bytes).ok()?;
        Some((value, bytes.len()))
    }

    #[test]
    fn an_action_is_read_as_borsh_reads_it() {
        let actions = actions();
        let mut kinds = [false; 256];
        for action in &actions {
            let mut bytes = Vec::new();
            action.serialize(&mut bytes).unwrap();
            kinds[usize::from(bytes[0])] = true;
            bytes.push(0xA5);
            assert_eq!(ours(&bytes), Some((action.clone(), 1)));
            // Cut off anywhere, it is refused, as every other value of any byte is read
            // or refused alike.
            for end in 0..bytes.len() - 1 {
                assert_eq!(
                    ours::<Action>(&bytes[..end]),
                    None,
                    "{action:?}, {end} bytes"
                );
            }
            for place in 0..bytes.len() {
                let was = bytes[place];
                for value in [0, 1, 2, 4, 7, 8, 29, 255] {
                    bytes[place] = value;
                    let (ours, theirs) = (ours::<Action>(&bytes), borsh(&bytes));
                    assert_eq!(ours, theirs, "{action:?}, byte {place} = {value}");
                }
                bytes[place] = was;
            }
        }
        // All kinds that there are.
        let known =
            |kind: &usize| borsh::<Action>(&[&[*kind as u8][..], &[0; 999]].concat()).is_some();
        assert_eq!(
            kinds.iter().filter(|seen| **seen).count(),
            (0..256).filter(known).count()
        );
    }

    #[test]
    fn a_setting_is_read_as_it_was_written() {
        let parameter = Parameter::Burn;
        let limits = LimitSettings {
            hard_cap: 1,
            supply_floor: 2,
            turnover_ppm: 3,
            min_stake: 4,
            bounty: 5,
            period_emission_ppm: 6,
            treasury_ppm: 7,
            unbonding: 8,
            outflow_cap: 9,
            period_burn_ppm: 10,
        };
        for setting in [
            Setting::Controller {
                parameter,
                settings: settings(true),
            },
            Setting::Limits(limits),
            Setting::Excluded {
                accounts: vec![key(1), key(2)],
            },
            Setting::Guard {
                parameter,
                settings: GUARD,
            },
        ] {
            let mut bytes = Vec::new();
            setting.serialize(&mut bytes).unwrap();
            assert_eq!(ours(&bytes), Some((setting.clone(), 0)));
            for end in 0..bytes.len() {
                assert_eq!(ours::<Setting>(&bytes[..end]), None);
            }
        }
    }

    #[test]
    fn a_list_that_claims_more_keys_than_there_is_room_for_is_refused() {
        let claimed = [u32::MAX.to_le_bytes().as_slice(), &[1; 2_000]].concat();
        assert_eq!(ours::<Vec<Pubkey>>(&claimed), None);
    }
}
