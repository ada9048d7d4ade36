//! The bytes of a step: every field, at the same place in every record.

use homeostat_control::{
    Config, Decision, Direction, Field, Fx, HoldReason, Input, Mode, Prime, Ramp, Reference,
    Sample, Sampling, State,
};

use crate::story::Story;

/// Where the fields of a record go: part and name, then the bytes.
pub trait Sink {
    /// Takes one field.
    fn put(&mut self, part: &'static str, name: &'static str, bytes: &[u8]);
}

impl Sink for Vec<u8> {
    fn put(&mut self, _: &'static str, _: &'static str, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }
}

/// Writes everything that the law was given and made. Numbers are little-endian; an
/// absent value takes as many bytes as one that is there.
#[inline(never)]
pub fn write(story: &Story, to: &mut impl Sink) {
    let refused = |field: Option<Field>| [field.map_or(u8::MAX, |field| field as u8)];
    let made = [
        u8::from(story.change.is_some()),
        u8::from(story.resumed),
        story.kind as u8,
    ];
    to.put("story", "change, resumed, kind", &made);
    let at_creation = refused(story.refused_at_creation);
    to.put("story", "refused_at_creation", &at_creation);
    to.put("story", "refused", &refused(story.refused));
    config(&story.config, to);
    state("before", &story.before, to);
    decision("before.last", &story.before.last, to);
    input(&story.input, to);
    decision("decision", &story.decision, to);
    state("after", &story.after, to);
    decision("after.last", &story.after.last, to);
}

// Each struct is taken apart by all its fields, so a new one does not compile until it
// has its place here.

#[inline(never)]
fn config(config: &Config, to: &mut impl Sink) {
    const PART: &str = "config";
    let Config {
        direction,
        sampling,
        mode,
        period,
        max_periods,
        max_hold,
        setpoint,
        reference,
        average_half_life,
        scale,
        bias,
        kp,
        ki,
        kd,
        filter,
        dead_band,
        half_life,
        min,
        max,
        slew_up,
        slew_down,
        kf,
        w_ref,
        f_max,
        max_age,
        min_samples,
        y_min,
        y_max,
    } = config;
    let direction = match direction {
        Direction::Direct => 0,
        Direction::Reverse => 1,
    };
    let sampling = match sampling {
        Sampling::Mean => 0,
        Sampling::Point => 1,
    };
    let reference = match reference {
        Reference::Absolute => 0,
        Reference::Given => 1,
        Reference::Average => 2,
    };
    let manual = match mode {
        Mode::Auto => None,
        Mode::Manual(u) => Some(*u as u64),
    };
    to.put(PART, "direction", &[direction]);
    to.put(PART, "sampling", &[sampling]);
    to.put(PART, "reference", &[reference]);
    let average_half_life = average_half_life.to_le_bytes();
    to.put(PART, "average_half_life", &average_half_life);
    maybe_word(PART, "mode", manual, to);
    to.put(PART, "period", &period.to_le_bytes());
    to.put(PART, "max_periods", &max_periods.to_le_bytes());
    to.put(PART, "max_hold", &max_hold.to_le_bytes());
    for (name, ramp) in [
        ("setpoint", setpoint),
        ("bias", bias),
        ("kp", kp),
        ("ki", ki),
        ("kd", kd),
        ("filter", filter),
        ("dead_band", dead_band),
    ] {
        let Ramp {
            from,
            to: target,
            start,
            end,
        } = ramp;
        number(PART, name, from, to);
        number(PART, name, target, to);
        to.put(PART, name, &start.to_le_bytes());
        to.put(PART, name, &end.to_le_bytes());
    }
    number(PART, "scale", scale, to);
    to.put(PART, "half_life", &half_life.to_le_bytes());
    to.put(PART, "min", &min.to_le_bytes());
    to.put(PART, "max", &max.to_le_bytes());
    maybe_word(PART, "slew_up", *slew_up, to);
    maybe_word(PART, "slew_down", *slew_down, to);
    number(PART, "kf", kf, to);
    number(PART, "w_ref", w_ref, to);
    number(PART, "f_max", f_max, to);
    to.put(PART, "max_age", &max_age.to_le_bytes());
    to.put(PART, "min_samples", &min_samples.to_le_bytes());
    number(PART, "y_min", y_min, to);
    number(PART, "y_max", y_max, to);
}

/// A state without its last decision.
#[inline(never)]
fn state(part: &'static str, state: &State, to: &mut impl Sink) {
    let State {
        last_at,
        u,
        integral,
        derivative,
        y_prev,
        average,
        e_prev,
        feed_forward,
        bucket_up,
        bucket_down,
        widened_up,
        widened_down,
        held_for,
        prime,
        last: _,
    } = state;
    let prime = match prime {
        Prime::No => 0,
        Prime::Zero => 1,
        Prime::Solve => 2,
    };
    to.put(part, "last_at", &last_at.to_le_bytes());
    to.put(part, "u", &u.to_le_bytes());
    number(part, "integral", integral, to);
    number(part, "derivative", derivative, to);
    maybe_number(part, "y_prev", y_prev, to);
    maybe_number(part, "average", average, to);
    maybe_number(part, "e_prev", e_prev, to);
    number(part, "feed_forward", feed_forward, to);
    to.put(part, "bucket_up", &bucket_up.to_le_bytes());
    to.put(part, "bucket_down", &bucket_down.to_le_bytes());
    let widened = [u8::from(*widened_up), u8::from(*widened_down)];
    to.put(part, "widened", &widened);
    to.put(part, "held_for", &held_for.to_le_bytes());
    to.put(part, "prime", &[prime]);
}

#[inline(never)]
fn input(input: &Input, to: &mut impl Sink) {
    const PART: &str = "input";
    let Input {
        now,
        y,
        w,
        reference,
        applied,
        tripped,
    } = input;
    let (value, at, samples) = match y {
        Some(Sample { value, at, samples }) => (Some(*value), *at, *samples),
        None => (None, 0, 0),
    };
    to.put(PART, "now", &now.to_le_bytes());
    maybe_number(PART, "y.value", &value, to);
    to.put(PART, "y.at", &at.to_le_bytes());
    to.put(PART, "y.samples", &samples.to_le_bytes());
    maybe_number(PART, "w", w, to);
    maybe_number(PART, "reference", reference, to);
    maybe_word(PART, "applied", applied.map(|u| u as u64), to);
    to.put(PART, "tripped", &[u8::from(*tripped)]);
}

#[inline(never)]
fn decision(part: &'static str, decision: &Decision, to: &mut impl Sink) {
    let Decision {
        from,
        to: end,
        y,
        r,
        z,
        e,
        tau,
        lambda,
        p,
        i,
        d,
        f,
        u0,
        raw,
        slewed,
        limited,
        u_prev,
        u,
        flags,
        held,
    } = decision;
    let held = match held {
        HoldReason::None => 0,
        HoldReason::Missing => 1,
        HoldReason::Stale => 2,
        HoldReason::Future => 3,
        HoldReason::OutOfRange => 4,
        HoldReason::ThinSamples => 5,
        HoldReason::Computation => 6,
        HoldReason::Tripped => 7,
        HoldReason::Spike => 8,
        HoldReason::Drift => 9,
        HoldReason::Frozen => 10,
        HoldReason::NoReference => 11,
    };
    to.put(part, "from", &from.to_le_bytes());
    to.put(part, "to", &end.to_le_bytes());
    number(part, "y", y, to);
    number(part, "r", r, to);
    number(part, "z", z, to);
    number(part, "e", e, to);
    number(part, "tau", tau, to);
    number(part, "lambda", lambda, to);
    number(part, "p", p, to);
    number(part, "i", i, to);
    number(part, "d", d, to);
    number(part, "f", f, to);
    number(part, "u0", u0, to);
    number(part, "raw", raw, to);
    number(part, "slewed", slewed, to);
    number(part, "limited", limited, to);
    to.put(part, "u_prev", &u_prev.to_le_bytes());
    to.put(part, "u", &u.to_le_bytes());
    to.put(part, "flags", &flags.0.to_le_bytes());
    to.put(part, "held", &[held]);
}

fn number(part: &'static str, name: &'static str, value: &Fx, to: &mut impl Sink) {
    to.put(part, name, &value.to_bits().to_le_bytes());
}

fn maybe_number(part: &'static str, name: &'static str, value: &Option<Fx>, to: &mut impl Sink) {
    to.put(part, name, &[u8::from(value.is_some())]);
    number(part, name, &value.unwrap_or_default(), to);
}

fn maybe_word(part: &'static str, name: &'static str, value: Option<u64>, to: &mut impl Sink) {
    to.put(part, name, &[u8::from(value.is_some())]);
    to.put(part, name, &value.unwrap_or_default().to_le_bytes());
}
