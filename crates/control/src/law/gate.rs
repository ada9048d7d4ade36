//! Which measurements the law accepts.

use super::Input;
use crate::{
    config::{Config, Reference, Sampling},
    math::clamp,
    reason::HoldReason,
    Fx,
};

/// The y that the law may use and whether it was clamped, or why there is none.
///
/// The program's own mean is never refused for its value: zero and an excess are
/// facts, so it is clamped. A feed value outside the credible range is refused, since
/// a reporter who can send anything must not be able to drive u to a limit. A target that
/// is a multiple of something missing is no target: there is no error to steer by.
pub(crate) fn gate(config: &Config, input: &Input) -> Result<(Fx, bool), HoldReason> {
    if input.tripped {
        return Err(HoldReason::Tripped);
    }
    let Some(sample) = input.y else {
        return Err(HoldReason::Missing);
    };
    if sample.at > input.now {
        return Err(HoldReason::Future);
    }
    if input.now.abs_diff(sample.at) > u64::from(config.max_age) {
        return Err(HoldReason::Stale);
    }
    let credible = clamp(sample.value, config.y_min, config.y_max);
    let outside = credible != sample.value;
    let clamped = match config.sampling {
        Sampling::Mean => outside,
        Sampling::Point if outside => return Err(HoldReason::OutOfRange),
        Sampling::Point if sample.samples < config.min_samples => {
            return Err(HoldReason::ThinSamples)
        }
        Sampling::Point => false,
    };
    if config.reference == Reference::Given && input.reference.is_none() {
        return Err(HoldReason::NoReference);
    }
    Ok((credible, clamped))
}
