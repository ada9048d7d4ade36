//! What a proposal can do: typed actions, each with the value it expects to find.

use crate::prelude::*;
use homeostat_control::{change, Change, Fx, GuardConfig, Mode};

use super::{
    controller::{
        refuse_config, Controller, ControllerSettings, GuardSettings, Metric, Parameter, Q48,
    },
    council::{Class, Council, Delays, SeatArgs},
    economy::{check, Economy, Limits, PoolSlot},
    envelope::{Advice, Tuning},
    feed::{Feed, FeedSettings},
    layout::Layout,
    pause::Section,
    take::take,
};
use crate::{
    constants::*,
    error::{refuse, HomeostatError},
};

/// Ramped quantities of a controller.
#[derive(AnchorSerialize, Clone, Copy, Debug, PartialEq, Eq)]
#[borsh(use_discriminant = true)]
#[repr(u8)]
pub enum Tunable {
    /// Setpoint (fraction).
    Setpoint = 0,
    /// Bias (ppm).
    Bias = 1,
    /// Proportional gain (ppm per unit of normalised error).
    Kp = 2,
    /// Integral gain (ppm per unit of normalised error and period).
    Ki = 3,
    /// Derivative gain (ppm periods per unit of normalised error).
    Kd = 4,
    /// Derivative filter (periods).
    Filter = 5,
    /// Dead-band half-width on the normalised error.
    DeadBand = 6,
}

impl Tunable {
    /// Number of quantities.
    pub const COUNT: usize = 7;
    /// All of them, in order.
    pub const ALL: [Self; Self::COUNT] = [
        Self::Setpoint,
        Self::Bias,
        Self::Kp,
        Self::Ki,
        Self::Kd,
        Self::Filter,
        Self::DeadBand,
    ];

    /// From its stored byte.
    pub fn from_byte(byte: u8) -> Result<Self> {
        Self::ALL
            .get(usize::from(byte))
            .copied()
            .ok_or_else(|| refuse(HomeostatError::InvariantViolated))
    }
}

/// Slew limits (ppm per period); none = unlimited.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub struct SlewLimits {
    /// Fastest rise.
    pub up_ppm: Option<u64>,
    /// Fastest fall.
    pub down_ppm: Option<u64>,
}

/// Limits of a parameter (ppm).
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutputLimits {
    /// Lower limit.
    pub min_ppm: i64,
    /// Upper limit.
    pub max_ppm: i64,
}

/// Caps that hold whatever the controllers say; units as in `Limits`.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caps {
    /// Highest supply that emission may lead to (base units).
    pub hard_cap: u64,
    /// Burns stop at this supply (base units).
    pub supply_floor: u64,
    /// Highest emission of one period (ppm of supply).
    pub period_emission_ppm: u32,
    /// Highest burn of one period (ppm of supply), shared equally by the meters.
    pub period_burn_ppm: u32,
    /// Paid out of the treasury in 30 d at most (base units); 0 = nothing.
    pub outflow_cap: u64,
}

/// Terms of staking, of keeping and of what utilisation means; units as in `Limits`.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// Yearly volume over circulating supply that is utilisation 1 (ppm).
    pub turnover_ppm: u64,
    /// Smallest stake that can be added (base units).
    pub min_stake: u64,
    /// Paid to whoever cranks (lamports).
    pub bounty: u64,
    /// Time between request_unstake and withdraw (seconds).
    pub unbonding: u32,
}

/// Half-widths of the advisor's ranges around what the council last set; 0 = none.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug, PartialEq, Eq)]
pub struct AdviceRange {
    /// Of the setpoint (fraction).
    pub setpoint_q48: Q48,
    /// Of the bias (ppm).
    pub bias_q48: Q48,
}

/// One action. `expected` is the value in force when it was proposed: whatever changed
/// in between makes the proposal fail instead of surprising anybody.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Moves a quantity of a controller along a ramp. Routine inside the envelope,
    /// else Standard.
    Tune {
        /// Which controller.
        parameter: Parameter,
        /// Which quantity.
        field: Tunable,
        /// Its target so far.
        expected_q48: Q48,
        /// Its new target.
        value_q48: Q48,
        /// Duration of the ramp (s), at most a year.
        over_seconds: u32,
    },
    /// Releases a controller that its guard holds. Routine.
    ResumeController {
        /// Which controller.
        parameter: Parameter,
    },
    /// Releases the whole economy after a vault was found short. Routine.
    ResumeEconomy,
    /// Ends a pause before its time. Immediate.
    Unpause {
        /// Which section.
        section: Section,
    },
    /// Dismisses the advisor and drops its advice. Immediate.
    RevokeAdvisor,
    /// Integral half-life (seconds); 0 = no leak. Standard.
    HalfLife {
        /// Which controller.
        parameter: Parameter,
        /// So far.
        expected: u64,
        /// From now on.
        value: u64,
    },
    /// Slew limits. Standard.
    Slew {
        /// Which controller.
        parameter: Parameter,
        /// So far.
        expected: SlewLimits,
        /// From now on.
        value: SlewLimits,
    },
    /// Automatic (none) or manual at a value (ppm). Standard.
    Mode {
        /// Which controller.
        parameter: Parameter,
        /// So far.
        expected_ppm: Option<i64>,
        /// From now on.
        value_ppm: Option<i64>,
    },
    /// Limits of a parameter. Standard where both narrow, else Critical; within one
    /// proposal a limit widens by at most a quarter of the parameter's ceiling. A value
    /// outside is clamped at once.
    Limits {
        /// Which controller.
        parameter: Parameter,
        /// So far.
        expected: OutputLimits,
        /// From now on.
        value: OutputLimits,
    },
    /// Treasury's share of the fee that is not burned (ppm). Standard.
    FeeSplit {
        /// So far.
        expected_ppm: u32,
        /// From now on.
        value_ppm: u32,
    },
    /// Weight of a liquidity pool. Standard.
    PoolWeight {
        /// The pool's lane, from 1.
        lane: u8,
        /// So far.
        expected: u16,
        /// From now on.
        value: u16,
    },
    /// Allows anybody to create a liquidity pool; replaces an earlier permit. Standard.
    AllowPool {
        /// Its LP mint.
        stake_mint: Pubkey,
        /// The AMM's vault of the economy's mint.
        amm_vault: Pubkey,
        /// Its weight.
        weight: u16,
    },
    /// Allows anybody to create so many more meters. Standard.
    AllowMeters {
        /// How many.
        count: u8,
    },
    /// Allows anybody to create so many more feeds, without reporters. Standard.
    AllowFeeds {
        /// How many.
        count: u8,
    },
    /// Offers the advisor's role. Standard.
    Advisor {
        /// Holder so far; the zero address = nobody.
        expected: Pubkey,
        /// Who is offered it.
        seat: SeatArgs,
    },
    /// The advisor's range on a controller. Standard.
    AdviceRange {
        /// Which controller.
        parameter: Parameter,
        /// So far.
        expected: AdviceRange,
        /// From now on.
        value: AdviceRange,
    },
    /// Caps. Critical. Lower ones act at once, higher ones from the next crank on.
    Caps {
        /// So far.
        expected: Caps,
        /// From now on.
        value: Caps,
    },
    /// Terms. Critical.
    Terms {
        /// So far.
        expected: Terms,
        /// From now on.
        value: Terms,
    },
    /// Token accounts whose balance does not circulate (team wallets). Critical.
    Exclude {
        /// So far.
        expected: Vec<Pubkey>,
        /// From now on: at most four.
        accounts: Vec<Pubkey>,
    },
    /// Rewires a controller: what it measures, with everything that goes with it; its
    /// limits widen as far as `Limits` may. Critical; bumpless.
    Wire {
        /// Which controller.
        parameter: Parameter,
        /// The controller's `config_seq` so far.
        expected_seq: u64,
        /// From now on.
        settings: ControllerSettings,
    },
    /// Reporters and rules of a feed. Critical.
    Feed {
        /// Which feed.
        index: u8,
        /// So far.
        expected: FeedSettings,
        /// From now on.
        value: FeedSettings,
    },
    /// Settings of a controller's anomaly guard. Critical.
    Guard {
        /// Which controller.
        parameter: Parameter,
        /// So far.
        expected: GuardSettings,
        /// From now on.
        value: GuardSettings,
    },
    /// Offers somebody a seat in the council. Critical.
    AddMember {
        /// Who.
        seat: SeatArgs,
    },
    /// Takes a member's seat, or an offer, back. Critical.
    RemoveMember {
        /// Whose.
        key: Pubkey,
    },
    /// Members whose approval a proposal needs. Critical.
    Threshold {
        /// So far.
        expected: u8,
        /// From now on.
        value: u8,
    },
    /// Offers the guardian's role. Critical.
    Guardian {
        /// Holder so far.
        expected: Pubkey,
        /// Who is offered it.
        seat: SeatArgs,
    },
    /// Delays, grace and the stakers' veto. Critical.
    Delays {
        /// So far.
        expected: Delays,
        /// From now on.
        value: Delays,
    },
    /// Pays out of the treasury, within the outflow cap. Critical.
    PayTreasury {
        /// A token account of the economy's mint.
        to: Pubkey,
        /// Amount (base units).
        amount: u64,
    },
    /// Ends the economy for ever: accrual stops, what is owed is minted, claims stay
    /// open. Critical, and alone in its proposal.
    Retire {
        /// Who gets the mint authority; none = nobody, for ever.
        successor: Option<Pubkey>,
    },
}

/// Actions as `propose` takes them, Borsh's `Vec<Action>`, and the bytes they came in:
/// the proposal keeps those and hashes them, so the program never writes actions itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actions {
    list: Vec<Action>,
    /// A count of 32 bits, then the actions one after the other.
    bytes: Vec<u8>,
}

impl Actions {
    /// One after the other.
    pub fn list(&self) -> &[Action] {
        &self.list
    }

    /// Their bytes, as Borsh writes them, one after the other.
    pub fn bytes(&self) -> &[u8] {
        self.bytes
            .split_first_chunk::<4>()
            .map_or(&[], |(_, actions)| actions)
    }
}

/// Bytes of the largest transaction: what its arguments fit into.
const TRANSACTION: usize = 1_232;

impl Actions {
    /// One after the other, each of which has to be there, whatever the count claims.
    fn read(bytes: &mut &[u8]) -> Result<Vec<Action>> {
        let count: u32 = take(bytes)?;
        let mut list = Vec::with_capacity(MAX_ACTIONS);
        for _ in 0..count {
            list.push(take(bytes)?);
        }
        Ok(list)
    }
}

impl From<Vec<Action>> for Actions {
    fn from(list: Vec<Action>) -> Self {
        let mut bytes = Vec::new();
        // Memory takes everything.
        let _ = list.serialize(&mut bytes);
        Self { list, bytes }
    }
}

impl AnchorSerialize for Actions {
    fn serialize<W: std::io::Write>(&self, writer: &mut W) -> std::io::Result<()> {
        writer.write_all(&self.bytes)
    }
}

impl AnchorDeserialize for Actions {
    /// Reads to the end: nothing comes after an instruction's last argument.
    fn deserialize_reader<R: std::io::Read>(reader: &mut R) -> std::io::Result<Self> {
        let mut bytes = vec![0; TRANSACTION];
        let mut length: usize = 0;
        while let Some(rest) = bytes.get_mut(length..) {
            match reader.read(rest)? {
                0 => break,
                more => length = length.saturating_add(more),
            }
        }
        bytes.truncate(length);
        let mut rest = bytes.as_slice();
        let list = Self::read(&mut rest).map_err(|_| std::io::ErrorKind::InvalidData)?;
        let used = bytes.len().saturating_sub(rest.len());
        bytes.truncate(used);
        Ok(Self { list, bytes })
    }
}

#[cfg(feature = "idl-build")]
impl anchor_lang::IdlBuild for Actions {
    fn create_type() -> Option<anchor_lang::idl::types::IdlTypeDef> {
        use anchor_lang::idl::types::{IdlType, IdlTypeDef, IdlTypeDefTy};
        let action = IdlType::Defined {
            name: Action::get_full_path(),
            generics: Vec::new(),
        };
        Some(IdlTypeDef {
            name: Self::get_full_path(),
            docs: vec!["One to four actions.".into()],
            serialization: Default::default(),
            repr: None,
            generics: Vec::new(),
            ty: IdlTypeDefTy::Type {
                alias: IdlType::Vec(Box::new(action)),
            },
        })
    }

    fn insert_types(
        types: &mut std::collections::BTreeMap<String, anchor_lang::idl::types::IdlTypeDef>,
    ) {
        if let Some(action) = Action::create_type() {
            types.insert(Action::get_full_path(), action);
            Action::insert_types(types);
        }
    }
}

impl Action {
    /// How grave it is in the present state.
    pub fn class(&self, economy: &Economy) -> Result<Class> {
        Ok(match self {
            Self::Unpause { .. } | Self::RevokeAdvisor => Class::Immediate,
            Self::ResumeController { .. } | Self::ResumeEconomy => Class::Routine,
            Self::Tune {
                parameter,
                field,
                value_q48,
                ..
            } => {
                let controller = economy.controller(*parameter)?;
                let value = Fx::from_bits(*value_q48);
                let inside = controller
                    .envelope
                    .covers(&controller.config, *field, value);
                if inside {
                    Class::Routine
                } else {
                    Class::Standard
                }
            }
            Self::Limits {
                parameter, value, ..
            } => {
                let config = &economy.controller(*parameter)?.config;
                if value.min_ppm >= config.min && value.max_ppm <= config.max {
                    Class::Standard
                } else {
                    Class::Critical
                }
            }
            Self::HalfLife { .. }
            | Self::Slew { .. }
            | Self::Mode { .. }
            | Self::FeeSplit { .. }
            | Self::PoolWeight { .. }
            | Self::AllowPool { .. }
            | Self::AllowMeters { .. }
            | Self::AllowFeeds { .. }
            | Self::Advisor { .. }
            | Self::AdviceRange { .. } => Class::Standard,
            Self::Caps { .. }
            | Self::Terms { .. }
            | Self::Exclude { .. }
            | Self::Wire { .. }
            | Self::Feed { .. }
            | Self::Guard { .. }
            | Self::AddMember { .. }
            | Self::RemoveMember { .. }
            | Self::Threshold { .. }
            | Self::Guardian { .. }
            | Self::Delays { .. }
            | Self::PayTreasury { .. }
            | Self::Retire { .. } => Class::Critical,
        })
    }

    /// True for what a guardian cannot veto: it only lets go of something.
    pub const fn resumes(&self) -> bool {
        matches!(
            self,
            Self::Unpause { .. }
                | Self::RevokeAdvisor
                | Self::ResumeController { .. }
                | Self::ResumeEconomy
        )
    }

    /// The controller it changes, if it changes one's configuration.
    pub const fn configures(&self) -> Option<Parameter> {
        match self {
            Self::Tune { parameter, .. }
            | Self::HalfLife { parameter, .. }
            | Self::Slew { parameter, .. }
            | Self::Mode { parameter, .. }
            | Self::Limits { parameter, .. }
            | Self::Wire { parameter, .. }
            | Self::Guard { parameter, .. }
            | Self::ResumeController { parameter } => Some(*parameter),
            _ => None,
        }
    }

    /// True when it changes members, roles or delays.
    pub const fn seats(&self) -> bool {
        matches!(
            self,
            Self::Advisor { .. }
                | Self::AddMember { .. }
                | Self::RemoveMember { .. }
                | Self::Threshold { .. }
                | Self::Guardian { .. }
                | Self::Delays { .. }
        )
    }

    /// Applies it. Refuses an unexpected old value and a new one out of range. What
    /// moves tokens or reads other accounts is left to `execute`.
    #[inline(never)]
    fn apply(&self, class: Class, on: &mut Ground) -> Result<()> {
        let Ground {
            economy,
            council,
            now,
        } = on;
        let now = *now;
        match self {
            Self::Tune {
                parameter,
                field,
                expected_q48,
                value_q48,
                over_seconds,
            } => {
                let value = Fx::from_bits(*value_q48);
                let period = economy.totals.periods;
                let controller = controller_mut(economy, *parameter)?;
                let target = field.ramp(&controller.config).to.get();
                expect(target.to_bits() == *expected_q48)?;
                if class <= Class::Routine {
                    controller.envelope.change_once(*field, period)?;
                } else {
                    controller.envelope.set_anchor(*field, value);
                }
                let to = Tuning {
                    field: *field,
                    value,
                    over_seconds: *over_seconds,
                };
                controller.tune(*parameter, &to, now)
            }
            Self::HalfLife {
                parameter,
                expected,
                value,
            } => {
                let controller = controller_mut(economy, *parameter)?;
                expect(controller.config.half_life == *expected)?;
                controller.change(*parameter, &Change::HalfLife(*value), now)
            }
            Self::Slew {
                parameter,
                expected,
                value,
            } => {
                let controller = controller_mut(economy, *parameter)?;
                let config = controller.config();
                expect(config.slew_up == expected.up_ppm && config.slew_down == expected.down_ppm)?;
                let slew = Change::Slew {
                    up: value.up_ppm,
                    down: value.down_ppm,
                };
                controller.change(*parameter, &slew, now)
            }
            Self::Mode {
                parameter,
                expected_ppm,
                value_ppm,
            } => {
                let controller = controller_mut(economy, *parameter)?;
                expect(controller.config().mode == mode(*expected_ppm))?;
                controller.change(*parameter, &Change::Mode(mode(*value_ppm)), now)
            }
            Self::Limits {
                parameter,
                expected,
                value,
            } => {
                let controller = controller_mut(economy, *parameter)?;
                let old = &controller.config;
                expect(old.min == expected.min_ppm && old.max == expected.max_ppm)?;
                let limits = Change::Limits {
                    min: value.min_ppm,
                    max: value.max_ppm,
                };
                controller.change(*parameter, &limits, now)
            }
            Self::Wire {
                parameter,
                expected_seq,
                settings,
            } => {
                let config = settings.config(economy.limits.period);
                Controller::validate(&config, *parameter, settings.metric)?;
                economy.require_metric(settings.metric)?;
                let controller = controller_mut(economy, *parameter)?;
                expect(controller.config_seq == *expected_seq)?;
                controller.config = (&config).into();
                controller.metric = settings.metric as u8;
                controller.envelope.anchor_all(&controller.config);
                controller.state.u = controller.state.u.clamp(config.min, config.max);
                controller.config_seq = controller.config_seq.saturating_add(1);
                // What guard and law remember is of another measurement.
                controller.resume_under(&config, now);
                Ok(())
            }
            Self::Feed { index, value, .. } => {
                check("index", *index < economy.feed_count)?;
                // Tried on an empty one here; `execute` has the real one.
                let mut trial: Feed = bytemuck::Zeroable::zeroed();
                trial.version = Feed::VERSION;
                trial.configure(value)
            }
            Self::Guard {
                parameter,
                expected,
                value,
            } => {
                let config = GuardConfig::from(value);
                Controller::validate_guard(&config, *parameter)?;
                let expected = (&GuardConfig::from(expected)).into();
                let stored = &mut controller_mut(economy, *parameter)?.guard_config;
                set(stored, &expected, &(&config).into())
            }
            Self::ResumeController { parameter } => {
                let controller = controller_mut(economy, *parameter)?;
                ensure!(
                    controller.guard.latched != 0,
                    HomeostatError::NothingToResume
                );
                controller.resume_guard(now);
                Ok(())
            }
            Self::ResumeEconomy => {
                ensure!(economy.tripped != 0, HomeostatError::NothingToResume);
                economy.tripped = 0;
                for controller in economy.controllers.iter_mut() {
                    controller.resume_guard(now);
                }
                Ok(())
            }
            Self::Unpause { section } => {
                ensure!(
                    economy.is_paused(*section, now),
                    HomeostatError::NothingToResume
                );
                economy.unpause(*section, now)
            }
            Self::RevokeAdvisor => {
                council.advisor.revoke();
                economy.advice = Advice::default();
                Ok(())
            }
            Self::FeeSplit {
                expected_ppm,
                value_ppm,
            } => set(&mut economy.limits.treasury_ppm, expected_ppm, value_ppm),
            Self::PoolWeight {
                lane,
                expected,
                value,
            } => {
                let liquidity = (1..economy.pool_count).contains(lane) && *value > 0;
                check("weight", liquidity)?;
                let slot: &mut PoolSlot = economy
                    .pools
                    .get_mut(usize::from(*lane))
                    .ok_or(HomeostatError::TooMany)?;
                set(&mut slot.weight, expected, value)
            }
            Self::AllowPool {
                stake_mint,
                amm_vault,
                weight,
            } => {
                check("weight", *weight > 0)?;
                check("stake_mint", *stake_mint != Pubkey::default())?;
                council.permit.stake_mint = *stake_mint;
                council.permit.amm_vault = *amm_vault;
                council.permit.weight = *weight;
                Ok(())
            }
            Self::AllowMeters { count } => allow(
                &mut council.permit.meters,
                economy.meter_count,
                *count,
                MAX_METERS,
            ),
            Self::AllowFeeds { count } => allow(
                &mut council.permit.feeds,
                economy.feed_count,
                *count,
                MAX_FEEDS,
            ),
            Self::Advisor { expected, seat } => {
                expect(council.advisor.holder.key == *expected)?;
                council.advisor.offer(seat.seat()?, now);
                Ok(())
            }
            Self::AdviceRange {
                parameter,
                expected,
                value,
            } => {
                let envelope = &mut controller_mut(economy, *parameter)?.envelope;
                expect(
                    envelope.advice_setpoint.get().to_bits() == expected.setpoint_q48
                        && envelope.advice_bias.get().to_bits() == expected.bias_q48,
                )?;
                check("advice", value.setpoint_q48 >= 0 && value.bias_q48 >= 0)?;
                envelope.advice_setpoint = Fx::from_bits(value.setpoint_q48).into();
                envelope.advice_bias = Fx::from_bits(value.bias_q48).into();
                Ok(())
            }
            Self::Caps { expected, value } => {
                let limits = &mut economy.limits;
                expect(Caps::of(limits) == *expected)?;
                limits.hard_cap = value.hard_cap;
                limits.supply_floor = value.supply_floor;
                limits.period_emission_ppm = value.period_emission_ppm;
                limits.period_burn_ppm = value.period_burn_ppm;
                limits.outflow_cap = value.outflow_cap;
                Ok(())
            }
            Self::Terms { expected, value } => {
                let limits = &mut economy.limits;
                expect(Terms::of(limits) == *expected)?;
                limits.turnover_ppm = value.turnover_ppm;
                limits.min_stake = value.min_stake;
                limits.bounty = value.bounty;
                limits.unbonding = value.unbonding;
                Ok(())
            }
            Self::Exclude { expected, accounts } => {
                expect(economy.active_excluded() == expected.as_slice())?;
                economy.exclude(accounts)
            }
            Self::AddMember { seat } => {
                council.drop_stale_offers(now);
                council.add(seat.seat()?, now.saturating_add(OPEN_TIME))
            }
            Self::RemoveMember { key } => council.remove(key),
            Self::Threshold { expected, value } => set(&mut council.threshold, expected, value),
            Self::Guardian { expected, seat } => {
                expect(council.guardian.holder.key == *expected)?;
                council.guardian.offer(seat.seat()?, now);
                Ok(())
            }
            Self::Delays { expected, value } => set(&mut council.delays, expected, value),
            Self::PayTreasury { amount, .. } => economy.spend_treasury(*amount, now),
            Self::Retire { .. } => economy.retire(now),
        }
    }
}

/// What actions change, and when.
pub struct Ground<'a> {
    /// The economy.
    pub economy: &'a mut Economy,
    /// Its council.
    pub council: &'a mut Council,
    /// Unix seconds.
    pub now: i64,
}

impl Ground<'_> {
    /// Applies actions one after the other, each graded in the state that the ones before
    /// left, at most as grave as `allowed`. Returns the gravest class.
    #[inline(never)]
    pub fn apply(&mut self, actions: &[Action], allowed: Class) -> Result<Class> {
        let mut gravest = Class::Immediate;
        let outputs = self.economy.outputs();
        for action in actions {
            let class = action.class(self.economy)?;
            ensure!(class <= allowed, HomeostatError::ClassChanged);
            gravest = gravest.max(class);
            action.apply(class, self)?;
        }
        self.economy.require_step(&outputs)?;
        self.economy.validate_limits()?;
        if actions.iter().any(Action::seats) {
            self.council.validate()?;
        }
        self.council.invariant()?;
        Ok(gravest)
    }
}

impl Caps {
    /// Those in force.
    pub const fn of(limits: &Limits) -> Self {
        Self {
            hard_cap: limits.hard_cap,
            supply_floor: limits.supply_floor,
            period_emission_ppm: limits.period_emission_ppm,
            period_burn_ppm: limits.period_burn_ppm,
            outflow_cap: limits.outflow_cap,
        }
    }
}

impl Terms {
    /// Those in force.
    pub const fn of(limits: &Limits) -> Self {
        Self {
            turnover_ppm: limits.turnover_ppm,
            min_stake: limits.min_stake,
            bounty: limits.bounty,
            unbonding: limits.unbonding,
        }
    }
}

impl Controller {
    /// Applies a change of the control law, bumpless where the law is.
    #[inline(never)]
    pub fn change(&mut self, parameter: Parameter, by: &Change, now: i64) -> Result<()> {
        let (config, state) = change(&self.config(), &self.state(), by, now)
            .map_err(|wrong| refuse_config(parameter, &wrong))?;
        // The law has validated its part.
        Self::validate_range(&config, parameter, Metric::from_byte(self.metric)?)?;
        self.config = (&config).into();
        // No change rewrites the last decision.
        self.state = (&state).into();
        self.config_seq = self.config_seq.saturating_add(1);
        Ok(())
    }

    /// Moves a quantity along a ramp.
    pub fn tune(&mut self, parameter: Parameter, to: &Tuning, now: i64) -> Result<()> {
        check("over_seconds", to.over_seconds <= MAX_RAMP)?;
        let change = to.field.change(to.value, to.over_seconds);
        self.change(parameter, &change, now)
    }
}

fn controller_mut(economy: &mut Economy, parameter: Parameter) -> Result<&mut Controller> {
    economy
        .controllers
        .get_mut(parameter.index())
        .ok_or_else(|| refuse(HomeostatError::NoSuchController))
}

fn mode(manual: Option<i64>) -> Mode {
    manual.map_or(Mode::Auto, Mode::Manual)
}

fn expect(holds: bool) -> Result<()> {
    ensure!(holds, HomeostatError::OldValueChanged);
    Ok(())
}

/// Allows `count` more of something that exists `there` times.
fn allow(permit: &mut u8, there: u8, count: u8, most: usize) -> Result<()> {
    check("count", count > 0)?;
    let allowed = permit.saturating_add(count);
    let all = usize::from(allowed).saturating_add(usize::from(there));
    ensure!(all <= most, HomeostatError::TooMany);
    *permit = allowed;
    Ok(())
}

/// Replaces a value that is as expected.
fn set<T: Copy + PartialEq>(value: &mut T, expected: &T, new: &T) -> Result<()> {
    expect(*value == *expected)?;
    *value = *new;
    Ok(())
}
