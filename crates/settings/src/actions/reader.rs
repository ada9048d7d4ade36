//! One action of a proposal file, and the live state that it is read against.

use homeostat::state::action::{AdviceRange, OutputLimits, SlewLimits};
use homeostat_client::{Controller, Feed, FeedForward, GuardSettings, Parameter, Pubkey, Tunable};
use homeostat_control::Mode;

use super::unit::Unit;
use crate::{
    document::Section, failure::Failure, keys::Keys, proposal_file::State, tokens::Tokens,
};

/// Reads one action: its keys from the file, the values that it expects from the state.
pub(crate) struct Reader<'a> {
    /// The action's table in the file.
    pub(crate) section: &'a Section<'a>,
    /// The live state.
    pub(crate) state: State<'a>,
}

impl Reader<'_> {
    /// The numbers of the table.
    pub(crate) fn keys(&self) -> Keys<'_> {
        Keys {
            section: self.section,
        }
    }

    /// The unit of amounts.
    pub(crate) fn tokens(&self) -> Tokens {
        Tokens {
            decimals: self.state.economy.decimals,
        }
    }

    /// A value that has to be there; `like` shows how one is written.
    pub(crate) fn need<New, Old>(
        &self,
        unit: &impl Unit<New, Old>,
        keys: &[&str],
        like: &str,
    ) -> Result<New, Failure> {
        let read = unit.read(self, keys)?;
        let key = keys.first().copied().unwrap_or_default();
        self.section.required(key, read, like)
    }

    /// The controller of a parameter.
    pub(crate) fn controller(&self, parameter: Parameter) -> &Controller {
        let [emission, fee, burn, liquidity] = &self.state.economy.controllers;
        match parameter {
            Parameter::Emission => emission,
            Parameter::Fee => fee,
            Parameter::Burn => burn,
            Parameter::Liquidity => liquidity,
        }
    }

    /// Where a controller's quantity is, or is on its way to (x 2^48).
    pub(crate) fn target(&self, parameter: Parameter, field: Tunable) -> i128 {
        let config = &self.controller(parameter).config;
        field.ramp(config).to.get().to_bits()
    }

    /// A controller's slew limits.
    pub(crate) fn slew(&self, parameter: Parameter) -> SlewLimits {
        let config = self.controller(parameter).config();
        SlewLimits {
            up_ppm: config.slew_up,
            down_ppm: config.slew_down,
        }
    }

    /// A controller's feed-forward.
    pub(crate) fn feed_forward(&self, parameter: Parameter) -> FeedForward {
        FeedForward::new(&self.controller(parameter).config())
    }

    /// A controller's manual value (ppm); none while it is automatic.
    pub(crate) fn manual(&self, parameter: Parameter) -> Option<i64> {
        match self.controller(parameter).config().mode {
            Mode::Auto => None,
            Mode::Manual(at) => Some(at),
        }
    }

    /// A parameter's limits.
    pub(crate) fn limits(&self, parameter: Parameter) -> OutputLimits {
        let config = &self.controller(parameter).config;
        OutputLimits {
            min_ppm: config.min,
            max_ppm: config.max,
        }
    }

    /// How far the advisor may go.
    pub(crate) fn advice_range(&self, parameter: Parameter) -> AdviceRange {
        let envelope = &self.controller(parameter).envelope;
        AdviceRange {
            setpoint_q48: envelope.advice_setpoint.get().to_bits(),
            bias_q48: envelope.advice_bias.get().to_bits(),
        }
    }

    /// A controller's guard.
    pub(crate) fn guard(&self, parameter: Parameter) -> GuardSettings {
        GuardSettings::new(&self.controller(parameter).guard_config())
    }

    /// Who is the advisor, or was offered the role.
    ///
    /// # Errors
    ///
    /// Nobody.
    pub(crate) fn advisor(&self) -> Result<Pubkey, Failure> {
        let role = &self.state.council.advisor;
        let known = [&role.holder, &role.offered].map(|seat| seat.key);
        let known = known.into_iter().find(|key| *key != Pubkey::default());
        known.ok_or_else(|| {
            self.section.wrong(
                "kind",
                "bad_value",
                "has nobody to dismiss",
                "the economy has no advisor, and nobody was offered the role",
            )
        })
    }

    /// The number of a member's membership; 0 where there is none.
    pub(crate) fn membership(&self, key: &Pubkey) -> u32 {
        let members = &self.state.council.members;
        let member = members.iter().find(|member| member.seat.key == *key);
        member.map_or(0, |member| member.id)
    }

    /// A pool's weight; 0 where there is no pool.
    pub(crate) fn weight(&self, lane: u8) -> u16 {
        let slot = self.state.economy.pools.get(usize::from(lane));
        slot.map_or(0, |slot| slot.weight)
    }

    /// A feed.
    ///
    /// # Errors
    ///
    /// The economy has none of this index.
    pub(crate) fn feed(&self, index: u8) -> Result<&Feed, Failure> {
        self.state.feeds.get(usize::from(index)).ok_or_else(|| {
            self.section.wrong(
                "index",
                "bad_value",
                "is no feed of the economy",
                "the economy has none yet: propose `allow_feeds` first",
            )
        })
    }
}
