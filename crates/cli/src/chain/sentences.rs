//! Sentences about a controller: what it follows beside its own measurement; and that its output
//! rests at a limit while its law wants to go further: which target it misses, by how much, for
//! how long, and which lever would reach it.

use homeostat_client::{Controller, Metric, Parameter, Reference};
use homeostat_control::Decision;
use homeostat_settings::wiring_keys::signal_word;

use super::duration;
use super::figure::{exact, measure, metric_name, share, share_of, short, term};

/// What the feed-forward adds, and what the target is a multiple of; nothing for a controller
/// that follows its own measurement alone.
pub(super) fn follows(controller: &Controller, last: &Decision) -> Vec<String> {
    let Ok(wiring) = controller.wiring() else {
        return Vec::new();
    };
    let mut sentences = Vec::new();
    if let Some(signal) = wiring.feed_forward {
        sentences.push(format!(
            "feed-forward adds {}: it follows {}",
            share(&term(last.f)),
            signal_word(signal)
        ));
    }
    let config = controller.config();
    let multiple = short(&exact(config.setpoint.at(last.to)));
    match wiring.reference {
        Reference::Absolute => {}
        Reference::Average => sentences.push(format!(
            "the target is {multiple} of what is usual, the mean of {} with a half-life of {}",
            metric_name(wiring.metric),
            duration(config.average_half_life)
        )),
        Reference::Given(signal) => {
            sentences.push(format!(
                "the target is {multiple} of {}",
                signal_word(signal)
            ));
        }
    }
    sentences
}

/// What else moves a measurement than the parameter that is steered by it.
const fn depends_on(metric: Metric) -> &'static str {
    match metric {
        Metric::StakedShare => {
            "the unbonding time and the yield cap (`terms`), which stakers weigh"
        }
        Metric::Utilisation => "the turnover that counts as 1 (`terms`)",
        Metric::NetSupplyGrowth => "the emission rate, and the fee rate: fees are what is burned",
        Metric::LiquidityDepth => "the emission rate, of which liquidity gets its share",
        Metric::BurnedOverEmitted => "the emission rate, and the fee rate: fees are what is burned",
        Metric::EmittedOverFees => "the emission rate or the fee rate",
        Metric::Feed0 | Metric::Feed1 | Metric::Feed2 | Metric::Feed3 => {
            "what the feed reports, which nothing here moves"
        }
    }
}

/// The sentence of a controller whose output rests at a limit; none for any other.
pub(super) fn at_limit(parameter: Parameter, controller: &Controller) -> Option<String> {
    let periods = controller.at_limit;
    if periods == 0 {
        return None;
    }
    let (config, last) = (controller.config(), controller.last.law());
    let metric = controller.metric().ok()?;
    let (limit, side, move_it) = if last.u >= config.max {
        (config.max, "maximum", "raise max")
    } else {
        (config.min, "minimum", "lower min")
    };
    let metric_is = metric_name(metric);
    let of_metric = |value| measure(&metric_is, &exact(value));
    let measured = of_metric(last.y);
    Some(format!(
        "{} rests at its {side} {} for {periods} period{} and would go further: {} is {measured} \
         and its target {}, {} away. To reach it {move_it} (`limits`), move the setpoint to what \
         is measured (`tune`), or change what it depends on beside: {}",
        parameter.name(),
        share_of(limit),
        if periods == 1 { "" } else { "s" },
        metric_is,
        of_metric(last.r),
        of_metric(last.r.saturating_sub(last.y).saturating_abs()),
        depends_on(metric),
    ))
}
