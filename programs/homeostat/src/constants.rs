//! Limits that hold whatever governance or a controller says.

/// A year, as every annual rate in this program counts it (365 d), in seconds.
pub const YEAR: i64 = 31_536_000;
/// The number of parts per million in one.
pub const PPM: u64 = 1_000_000;

/// Shortest period of an economy (seconds).
pub const MIN_PERIOD: u32 = homeostat_control::Config::MIN_PERIOD;
/// Longest period of an economy (seconds).
pub const MAX_PERIOD: u32 = homeostat_control::Config::MAX_PERIOD;

/// Most pools of an economy: one native, the rest liquidity.
pub const MAX_POOLS: usize = 8;
/// Most meters (payment shards) of an economy.
pub const MAX_METERS: usize = 8;
/// Most token accounts that can be excluded from the circulating supply.
pub const MAX_EXCLUDED: usize = 4;
/// Most feeds of an economy.
pub const MAX_FEEDS: usize = 4;
/// Most reporters of a feed.
pub const MAX_REPORTERS: usize = 7;
/// Largest spread between the median and a report that counts (ppm of the median): 50 %.
pub const MAX_SPREAD_PPM: u32 = 500_000;
/// How old a report may be and still count (seconds): 1 min to 30 d.
pub const REPORT_AGE: core::ops::RangeInclusive<u32> = 60..=2_592_000;
/// The number of unbonding tickets that a position has room for.
pub const MAX_TICKETS: usize = 8;
/// Tickets that unlock on the same day merge; this is the length of a day (seconds).
pub const TICKET_GRAIN: i64 = 86_400;
/// The number of earlier moments whose stake a position remembers.
pub const MAX_CHECKPOINTS: usize = 16;
/// Of three checkpoints in a row the last is at least so long after the first (seconds): 22 d.
pub const CHECKPOINT_SPAN: i64 = 1_900_800;
/// How old the snapshot of an open proposal can be at most (seconds): 148 d. A guardian's
/// replacement loses its support at once, finds it in the last second of 14 d, is queued for
/// the longest Critical delay and grace, vetoed at the end, lifted as late as can be, and
/// queued as long again. Any other proposal loses its support at once,
/// finds it in the last second of 14 d, and is queued for the longest Terminal delay and
/// grace: 88 d.
pub const SNAPSHOT_AGE: i64 =
    2 * OPEN_TIME + 2 * (*CRITICAL_DELAY.end() as i64 + *GRACE.end() as i64);
/// Longest unbonding time (seconds): 90 d.
pub const MAX_UNBONDING: u32 = 7_776_000;

/// Highest annual emission (ppm of supply): 100 %.
pub const MAX_EMISSION_PPM: i64 = 1_000_000;
/// Highest fee rate (ppm of a payment): 10 %.
pub const MAX_FEE_PPM: i64 = 100_000;
/// Highest burn share and liquidity share (ppm): 100 %.
pub const MAX_SHARE_PPM: i64 = 1_000_000;
/// Highest transfer fee of a mint that an economy or a pool accepts (basis points): 10 %.
pub const MAX_TRANSFER_FEE_BPS: u16 = 1_000;
/// The yield cap of an economy that has none.
pub const NO_YIELD_CAP: u32 = u32::MAX;
/// Highest emission of one period (ppm of supply): 10 %.
pub const MAX_PERIOD_EMISSION_PPM: u32 = 100_000;
/// Highest burn of one period (ppm of supply): 10 %.
pub const MAX_PERIOD_BURN_PPM: u32 = 100_000;
/// Length of a stretch of time that treasury payments are counted in (seconds): 6 d.
pub const OUTFLOW_STRETCH: u64 = 518_400;
/// The number of stretches that count against the outflow cap: the present one and as many
/// before it as make 30 d, so that no 30 d contain more payments than the cap says.
pub const OUTFLOW_STRETCHES: usize = 6;
/// Time between a sponsor's announcement to recall funds and the recall (seconds): 30 d.
pub const RECALL_NOTICE: i64 = 2_592_000;
/// Turnover per year that is utilisation 1 (ppm of circulating supply): 0.01 to 1,000 times.
pub const TURNOVER_RANGE_PPM: core::ops::RangeInclusive<u64> = 10_000..=1_000_000_000;
/// Highest bounty a crank pays (lamports): 0.1 SOL.
pub const MAX_BOUNTY: u64 = 100_000_000;

/// How far a crank moves the supply counter towards foreign mints and burns, and the excluded
/// balance towards that of the accounts, when a week or more has passed (ppm of the supply);
/// after less time in proportion.
pub const SUPPLY_DRIFT_PPM: u64 = 10_000;
/// The time that all of [`SUPPLY_DRIFT_PPM`] takes (seconds): a week.
pub const DRIFT_TIME: u64 = 604_800;
/// Two touches of a liquidity pool are at least this part of a period apart: a tenth.
pub const TOUCH_PARTS: u32 = 10;
/// Most touches that a period's depth is the median of.
pub const MAX_TOUCHES: usize = 9;
/// Fewest touches that give a depth; with less the controller is held.
pub const MIN_TOUCHES: usize = 3;
/// Most tokens (base units) that one economy streams over its whole life, emission and fees
/// together: as many as a token program can count. It keeps every Q64.64 accumulator, and the
/// sum of all of them, inside 128 bits.
pub const MAX_LIFETIME_STREAM: u64 = u64::MAX;

/// The full budget of a section's pauses (seconds): 72 h.
pub const PAUSE_BUDGET: i64 = 259_200;
/// Time in which one second of that budget is restored (seconds): all of it in 30 d.
pub const PAUSE_REFILL: i64 = 2_592_000 / PAUSE_BUDGET;

/// Number of records that the decision log has room for at creation.
pub const LOG_INITIAL_CAPACITY: u32 = 20;
/// Most records that either log can be grown to.
pub const LOG_MAX_CAPACITY: u32 = 256;

/// Most members of a council.
pub const MAX_MEMBERS: usize = 15;
/// Most actions of a proposal.
pub const MAX_ACTIONS: usize = 4;
/// Most bytes of a proposal's actions, as Borsh writes them.
pub const MAX_ACTION_BYTES: usize = 640;
/// Most bytes of the address of a proposal's reason.
pub const MAX_REASON_URI: usize = 128;
/// Number of open proposals of a council, shared equally among its members.
pub const OPEN_PROPOSALS: u8 = 16;
/// Number of open proposals that every member may have, however many members there are.
pub const MIN_OPEN_PER_MEMBER: u8 = 2;
/// Time in which a proposal must reach the threshold, and an offered role or mint authority
/// must be accepted (seconds): 14 d.
pub const OPEN_TIME: i64 = 1_209_600;

const HOUR: u32 = 3_600;
const DAY: u32 = 86_400;
/// Delay of Routine proposals and of advice (seconds): 6 h to 7 d.
pub const ROUTINE_DELAY: core::ops::RangeInclusive<u32> = 6 * HOUR..=7 * DAY;
/// Delay of Standard proposals (seconds): 24 h to 14 d.
pub const STANDARD_DELAY: core::ops::RangeInclusive<u32> = DAY..=14 * DAY;
/// Delay of Critical proposals (seconds): 72 h to 30 d.
pub const CRITICAL_DELAY: core::ops::RangeInclusive<u32> = 3 * DAY..=30 * DAY;
/// How much longer a Terminal proposal waits than a Critical one (seconds): 14 d. It is no
/// setting, so no council shortens it.
pub const TERMINAL_EXTRA: u32 = 14 * DAY;
/// Time in which a queued proposal can be executed (seconds): 1 d to 30 d.
pub const GRACE: core::ops::RangeInclusive<u32> = DAY..=30 * DAY;
/// Share of the native stake whose ballots veto a proposal (ppm): 10 % to 50 %.
pub const STAKER_VETO_PPM: core::ops::RangeInclusive<u32> = 100_000..=500_000;
/// The stake that ballots are a share of is at least this part of the circulating supply: a
/// tenth.
pub const VETO_FLOOR_PART: u64 = 10;
/// How far a Routine proposal may move a quantity from the value that the council last set
/// by a Standard proposal: a tenth of the error scale for the setpoint, of the span between
/// the limits for the bias, of the value itself for the others.
pub const ENVELOPE_PARTS: i128 = 10;
/// How far one proposal may widen a limit: a quarter of the parameter's ceiling.
pub const LIMIT_STEP_PARTS: i64 = 4;
/// How far one proposal may raise a cap: a quarter of the cap or, where the cap is lower, of
/// what is usual: the supply for the supply floor, which is lowered, the cap that a new economy
/// has for emission and burn of a period, a hundredth of the supply for the treasury.
pub const CAP_STEP_PARTS: u64 = 4;
/// The part of the supply that one step of the outflow cap is a quarter of at least: a
/// hundredth.
pub const OUTFLOW_STEP_PART: u64 = 100;
/// Longest ramp of a change (seconds): a year.
pub const MAX_RAMP: u32 = 31_536_000;

/// Number of records that the audit log has room for at creation.
pub const AUDIT_INITIAL_CAPACITY: u32 = 24;
