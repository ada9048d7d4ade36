//! Words that files, command lines and answers share for the program's enumerations.

use homeostat_client::{
    Class, Metric, Parameter, Power, ProposalState, RoleKind, Section, Tunable,
};

/// Words of the sections that can be paused.
pub const SECTIONS: [(&str, Section); 4] = [
    ("stake", Section::Stake),
    ("pay", Section::Pay),
    ("crank", Section::Crank),
    ("emission", Section::Emission),
];

/// Words of the classes of proposals.
pub const CLASSES: [(&str, Class); 5] = [
    ("immediate", Class::Immediate),
    ("routine", Class::Routine),
    ("standard", Class::Standard),
    ("critical", Class::Critical),
    ("terminal", Class::Terminal),
];

/// Words of the states of a proposal.
const STATES: [(&str, ProposalState); 6] = [
    ("active", ProposalState::Active),
    ("queued", ProposalState::Queued),
    ("executed", ProposalState::Executed),
    ("vetoed", ProposalState::Vetoed),
    ("cancelled", ProposalState::Cancelled),
    ("expired", ProposalState::Expired),
];

/// The word of a proposal's class as it is stored; `unknown` for one of a later program.
pub fn class_name(class: u8) -> &'static str {
    CLASSES
        .iter()
        .find(|(_, known)| *known as u8 == class)
        .map_or("unknown", |(name, _)| name)
}

/// The word of a proposal's state as it is stored; `unknown` for one of a later program.
pub fn state_name(state: u8) -> &'static str {
    STATES
        .iter()
        .find(|(_, known)| *known as u8 == state)
        .map_or("unknown", |(name, _)| name)
}

/// Words of the roles that are offered and accepted.
pub const ROLES: [(&str, RoleKind); 3] = [
    ("member", RoleKind::Member),
    ("guardian", RoleKind::Guardian),
    ("advisor", RoleKind::Advisor),
];

/// Words of the tunable quantities.
pub const TUNABLES: [(&str, Tunable); Tunable::COUNT] = [
    ("setpoint", Tunable::Setpoint),
    ("bias", Tunable::Bias),
    ("kp", Tunable::Kp),
    ("ki", Tunable::Ki),
    ("kd", Tunable::Kd),
    ("filter", Tunable::Filter),
    ("dead_band", Tunable::DeadBand),
];

/// Words of the powers that a council can give up.
pub const POWERS: [(&str, Power); Power::COUNT] = [
    ("successor", Power::Successor),
    ("higher_hard_cap", Power::HardCap),
    ("higher_outflow_cap", Power::OutflowCap),
    ("wider_emission_limits", Power::EmissionLimits),
    ("wider_fee_limits", Power::FeeLimits),
    ("wider_burn_limits", Power::BurnLimits),
    ("wider_liquidity_limits", Power::LiquidityLimits),
];

/// Words of the metrics.
pub const METRICS: [(&str, Metric); 10] = [
    ("staked_share", Metric::StakedShare),
    ("utilisation", Metric::Utilisation),
    ("net_supply_growth", Metric::NetSupplyGrowth),
    ("liquidity_depth", Metric::LiquidityDepth),
    ("burned_over_emitted", Metric::BurnedOverEmitted),
    ("emitted_over_fees", Metric::EmittedOverFees),
    ("feed_0", Metric::Feed0),
    ("feed_1", Metric::Feed1),
    ("feed_2", Metric::Feed2),
    ("feed_3", Metric::Feed3),
];

/// Words of the values in force that another controller can follow.
pub const OUTPUTS: [(&str, Parameter); 4] = [
    ("output_emission", Parameter::Emission),
    ("output_fee", Parameter::Fee),
    ("output_burn", Parameter::Burn),
    ("output_liquidity", Parameter::Liquidity),
];

/// The word of a meaning; `?` for one without a word.
pub fn word<T: PartialEq>(words: &[(&'static str, T)], meaning: &T) -> &'static str {
    words
        .iter()
        .find(|(_, known)| known == meaning)
        .map_or("?", |(word, _)| word)
}

/// The words, for people: `stake, pay, crank, emission`.
pub(crate) fn listed<T>(words: &[(&'static str, T)]) -> String {
    let words: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
    words.join(", ")
}

/// The parameter of a word.
pub fn parameter(text: &str) -> Option<Parameter> {
    Parameter::ALL
        .into_iter()
        .find(|parameter| parameter.name() == text)
}
