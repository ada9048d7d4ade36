//! What an action is about: one of the parameters, sections, pools or feeds.

use homeostat_client::{Parameter, Power, Section, Tunable};

use super::{numbers::Whole, reader::Reader};
use crate::{
    failure::Failure,
    words::{self, word, POWERS, SECTIONS, TUNABLES},
};

/// Something that an action picks out of a few.
pub(crate) trait Choice<T> {
    /// Reads it.
    ///
    /// # Errors
    ///
    /// It is not there, or none of them.
    fn read(&self, reader: &Reader<'_>, key: &str) -> Result<T, Failure>;

    /// What it is called.
    fn shown(&self, chosen: &T) -> String;
}

/// A parameter, which stands for its controller as well.
pub(crate) struct ParameterName;

impl Choice<Parameter> for ParameterName {
    fn read(&self, reader: &Reader<'_>, key: &str) -> Result<Parameter, Failure> {
        let allowed = "emission, fee, burn or liquidity";
        let read = reader.section.parsed(key, words::parameter, allowed)?;
        reader.section.required(key, read, "\"emission\"")
    }

    fn shown(&self, chosen: &Parameter) -> String {
        chosen.name().to_owned()
    }
}

/// A section that can be paused.
pub(crate) struct SectionName;

impl Choice<Section> for SectionName {
    fn read(&self, reader: &Reader<'_>, key: &str) -> Result<Section, Failure> {
        let allowed = "stake, pay, crank or emission";
        let read = reader.section.word(key, &SECTIONS, allowed)?;
        reader.section.required(key, read, "\"pay\"")
    }

    fn shown(&self, chosen: &Section) -> String {
        word(&SECTIONS, chosen).to_owned()
    }
}

/// A power that can be given up.
pub(crate) struct PowerName;

impl Choice<Power> for PowerName {
    fn read(&self, reader: &Reader<'_>, key: &str) -> Result<Power, Failure> {
        let allowed = words::listed(&POWERS);
        let read = reader.section.word(key, &POWERS, &allowed)?;
        reader.section.required(key, read, "\"successor\"")
    }

    fn shown(&self, chosen: &Power) -> String {
        word(&POWERS, chosen).to_owned()
    }
}

/// A quantity of a controller that can be tuned.
pub(crate) struct TunableName;

impl Choice<Tunable> for TunableName {
    fn read(&self, reader: &Reader<'_>, key: &str) -> Result<Tunable, Failure> {
        let allowed = words::listed(&TUNABLES);
        let read = reader.section.word(key, &TUNABLES, &allowed)?;
        reader.section.required(key, read, "\"setpoint\"")
    }

    fn shown(&self, chosen: &Tunable) -> String {
        word(&TUNABLES, chosen).to_owned()
    }
}

/// A pool, by its lane; lane 0 is the native pool's.
pub(crate) struct AnyPoolLane;

impl Choice<u8> for AnyPoolLane {
    fn read(&self, reader: &Reader<'_>, key: &str) -> Result<u8, Failure> {
        let last = reader.state.economy.pool_count.saturating_sub(1);
        index(reader, key, (0, last), "0")
    }

    fn shown(&self, chosen: &u8) -> String {
        PoolLane.shown(chosen)
    }
}

/// A liquidity pool, by its lane from 1.
pub(crate) struct PoolLane;

impl Choice<u8> for PoolLane {
    fn read(&self, reader: &Reader<'_>, key: &str) -> Result<u8, Failure> {
        // Lane 0 is the native pool's, whose weight is not set.
        let last = reader.state.economy.pool_count.saturating_sub(1).max(1);
        index(reader, key, (1, last), "1")
    }

    fn shown(&self, chosen: &u8) -> String {
        format!("pool {chosen}")
    }
}

/// A feed, by its index.
pub(crate) struct FeedIndex;

impl Choice<u8> for FeedIndex {
    fn read(&self, reader: &Reader<'_>, key: &str) -> Result<u8, Failure> {
        let last = reader.state.feeds.len().saturating_sub(1);
        let last = u8::try_from(last).unwrap_or(u8::MAX);
        index(reader, key, (0, last), "0")
    }

    fn shown(&self, chosen: &u8) -> String {
        format!("feed {chosen}")
    }
}

fn index(
    reader: &Reader<'_>,
    key: &str,
    (first, last): (u8, u8),
    like: &str,
) -> Result<u8, Failure> {
    reader.need(&Whole::number(first.into(), last.into()), &[key], like)
}
