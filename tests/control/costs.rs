//! What it costs to move each measurement by a tenth for a week, and what the controller then
//! does: every figure of docs/MEASUREMENTS.md, computed from the program's constants, its
//! default settings and the control law.

use homeostat::{
    constants::{DRIFT_TIME, MAX_TOUCHES, SUPPLY_DRIFT_PPM},
    state::defaults,
};

use super::*;

const DOCUMENT: &str = include_str!("../../docs/MEASUREMENTS.md");

/// Tokens in circulation, nothing else exists.
const SUPPLY: f64 = 1e9;
/// Periods of a week in a year.
const WEEKS: f64 = 365.0 / 7.0;
/// The fee that an AMM keeps of a trade: an assumption, the usual one.
const AMM_FEE: f64 = 0.003;

/// How a default controller answers one week in which its measurement is `moved` times its
/// setpoint, after and before weeks at the setpoint: what is added to its value in the week
/// after (ppm), and what is left of that once the measurement is back.
fn answer(parameter: Parameter, moved: f64) -> (i64, i64) {
    let config = defaults::config(parameter, WEEK as u32);
    let rest = config.setpoint.to;
    let mut state = create(&config, 0).unwrap();
    let mut week = |y: Fx| {
        let now = state.last_at + WEEK;
        let input = Input::mean(now, y);
        state = step(&config, &state, &input).0;
        state.u
    };
    let before = (0..4).map(|_| week(rest)).last().unwrap();
    let first = week(rest * Fx::from_num(moved)) - before;
    let left = (0..4).map(|_| week(rest)).last().unwrap() - before;
    (first, left)
}

/// A number as the document writes it: whole, with commas.
fn written(value: f64) -> String {
    let digits = format!("{:.0}", value.abs());
    let groups: Vec<&str> = digits
        .as_bytes()
        .rchunks(3)
        .rev()
        .map(|group| core::str::from_utf8(group).unwrap())
        .collect();
    groups.join(",")
}

/// Asserts that the document has a line with these words and all of these figures.
fn documented(line: &str, figures: &[f64]) {
    let figures: Vec<String> = figures.iter().map(|figure| written(*figure)).collect();
    let of_it: Vec<&str> = DOCUMENT.lines().filter(|l| l.starts_with(line)).collect();
    let has = |text: &&str| figures.iter().all(|figure| text.contains(figure));
    assert!(of_it.iter().any(has), "{line} {figures:?}\n{of_it:#?}");
}

/// Tokens that a change of the emission rate (ppm) brings in a week.
fn emission(ppm: i64) -> f64 {
    ppm as f64 / 1e6 * SUPPLY / WEEKS
}

#[test]
fn success_the_cost_of_the_staked_share_is_documented() {
    // 60 % staked for 6 % of the supply a year; a tenth of the stake stays out for a week.
    let stake = 0.6 * SUPPLY / 10.0;
    let yield_forgone = stake * 0.06 / 0.6 / WEEKS;
    let (first, left) = answer(Parameter::Emission, 0.9);
    let figures = [stake, yield_forgone, first as f64, left as f64];
    documented("| staked share, down", &figures);
    documented("| staked share, down", &[emission(first), emission(left)]);
    let (first, left) = answer(Parameter::Emission, 1.1);
    documented(
        "| staked share, up",
        &[stake, first as f64, left as f64, emission(first)],
    );
}

#[test]
fn success_the_cost_of_utilisation_is_documented() {
    // Wash volume of a tenth of what a turnover of 4 a year brings in a week.
    let volume = 4.0 * SUPPLY / WEEKS;
    let wash = volume / 10.0;
    let fee = wash * 0.003;
    let (burned, rest) = (fee * 0.1, fee * 0.9);
    let (treasury, stakers) = (rest * 0.2, rest * 0.8);
    let (first, left) = answer(Parameter::Fee, 1.1);
    let figures = [wash, fee, burned, treasury, stakers];
    documented("| utilisation, up", &figures);
    let more = |ppm: i64| volume * ppm as f64 / 1e6;
    let figures = [first as f64, left as f64, more(first), more(left)];
    documented("| utilisation, up", &figures);
}

/// What the default burn share does in a week in which a tenth more of the fees comes in: its
/// signal, emitted over fees, is `moved` instead of five, and `burned` over emitted what it is
/// then. After and before weeks at rest.
fn fed_forward(moved: f64, burned: f64) -> (i64, i64) {
    let config = defaults::config(Parameter::Burn, WEEK as u32);
    let mut state = create(&config, 0).unwrap();
    let rest = config.setpoint.to;
    let mut week = |w: f64, y: Fx| {
        let input = Input {
            w: Some(Fx::from_num(w)),
            ..Input::mean(state.last_at + WEEK, y)
        };
        state = step(&config, &state, &input).0;
        state.u
    };
    let before = (0..4).map(|_| week(5.0, rest)).last().unwrap();
    let first = week(moved, rest * Fx::from_num(burned)) - before;
    let left = (0..4).map(|_| week(5.0, rest)).last().unwrap() - before;
    (first, left)
}

#[test]
fn success_the_cost_of_the_ratios_of_burns_emission_and_fees_is_documented() {
    // 6 % emitted a year are five times the fees of a turnover of 4 at 0.3 %, so that a tenth of
    // the fees is a fiftieth of the emission.
    let usual = 4.0 * SUPPLY / WEEKS * 0.003;
    assert!((emission(60_000) / usual - 5.0).abs() < 1e-9);
    let kept = |ppm: i64| usual * ppm as f64 / 1e6;
    for (line, fee, w) in [
        // A tenth more of the fees, and so of the burns.
        ("| burned over emitted, up", usual / 10.0, 5.0 / 1.1),
        ("| emitted over fees, down", usual / 0.9 - usual, 4.5),
    ] {
        let burned = fee / 10.0;
        let rest = fee - burned;
        let (treasury, stakers) = (rest * 0.2, rest * 0.8);
        // More fees at the same share burn more of the emission.
        let (first, left) = fed_forward(w, 5.0 / w);
        let figures = [fee / 0.003, fee, burned, treasury, stakers];
        documented(line, &figures);
        documented(line, &[first as f64, left as f64, kept(first), kept(left)]);
    }
}

#[test]
fn success_the_cost_of_liquidity_depth_is_documented() {
    // A twentieth of the supply in the AMM. Who takes a tenth of it out pays, by the constant
    // product, a ninth of the other side for it; then the same trade back. Of the touches that
    // make a median the greater half has to see it.
    let vault = 0.05 * SUPPLY;
    let taken = vault / 10.0;
    let paid = vault / 9.0;
    let a_touch = AMM_FEE * (paid + taken);
    let touches = (MAX_TOUCHES / 2 + 1) as f64;
    let (first, left) = answer(Parameter::Liquidity, 0.9);
    let figures = [taken, a_touch, touches, touches * a_touch];
    documented("| liquidity depth, down", &figures);
    // The share is one of the emission.
    let weekly = emission(60_000);
    let more = |ppm: i64| weekly * ppm as f64 / 1e6;
    let figures = [first as f64, left as f64, more(first), more(left)];
    documented("| liquidity depth, down", &figures);
    assert!(touches * a_touch > 10.0 * more(first));
}

#[test]
fn success_the_bound_of_s_and_c_is_documented() {
    let drift = SUPPLY * SUPPLY_DRIFT_PPM as f64 / 1e6;
    assert_eq!(DRIFT_TIME, WEEK as u64);
    // With 300 of 1,000 million excluded, a tenth of C is 70 million.
    let weeks = (0.7 * SUPPLY / 10.0 / drift).ceil();
    documented("| C by excluded accounts", &[drift, weeks]);
    documented("| S by foreign burns", &[drift]);
}
