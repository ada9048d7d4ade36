//! The control law on random controllers, natively and as the program that runs
//! on chain: the same to the last bit. What a step is made of, and what of it is
//! compared, says `homeostat_probe::law`.

use std::collections::BTreeMap;

use homeostat_control::{Change, Config, Direction, Flags, Fx, HoldReason, Mode, Prime, Sampling};
use homeostat_probe::{
    law::{answer, walk, Request},
    process, record,
    story::{Kind, Story, STORY},
};
use homeostat_sandbox::Bank;
use solana_instruction::Instruction;
use solana_program::pubkey::Pubkey;
use solana_program_test::processor;

const PROBE: Pubkey = Pubkey::new_from_array([8; 32]);
const SEED: u64 = 0x0048_6f6d_656f_7374;
const STEPS: u32 = 100_000;
/// Steps of a transaction: whole stories. A step takes about 9,000 compute units.
const BATCH: u32 = 16 * STORY;

/// The program in a bank.
struct Program {
    bank: Bank,
    /// Transactions so far.
    asked: u32,
    /// Most compute units that one of them used.
    units: u64,
}

impl Program {
    async fn start() -> Self {
        let bank = Bank::start_with(|test| {
            test.add_program("homeostat_probe", PROBE, processor!(process));
        })
        .await;
        Self {
            bank,
            asked: 0,
            units: 0,
        }
    }

    async fn ask(&mut self, request: &Request) -> Result<Vec<u8>, String> {
        let instruction = Instruction::new_with_bytes(PROBE, &request.encode(), Vec::new());
        let receipt = self.bank.send(&[instruction], &[]).await;
        let receipt = receipt.map_err(|failure| failure.to_string())?;
        self.asked += 1;
        self.units = self.units.max(receipt.units);
        Ok(receipt.return_data)
    }
}

/// What is asked, and whether the other side answers it as this one does.
async fn agrees(
    ask: &mut impl AsyncFnMut(Request) -> Result<Vec<u8>, String>,
    request: Request,
) -> bool {
    let expected = answer(&request);
    ask(request).await.is_ok_and(|mut got| {
        got.resize(expected.len(), 0); // zeros at the end are cut off
        got == expected
    })
}

/// The first of the steps at which the other side differs, told in full.
async fn difference(
    ask: &mut impl AsyncFnMut(Request) -> Result<Vec<u8>, String>,
    (seed, first, count): (u64, u32, u32),
) -> Option<String> {
    let digest = |count| Request::Digest { seed, first, count };
    if agrees(ask, digest(count)).await {
        return None;
    }
    // The digests are a chain: once apart, they stay apart.
    let (mut same, mut apart) = (0, count);
    while apart - same > 1 {
        let middle = same + (apart - same) / 2;
        if agrees(ask, digest(middle)).await {
            same = middle;
        } else {
            apart = middle;
        }
    }
    let step = first + same;

    let (mut native, mut other) = (Vec::new(), Vec::new());
    loop {
        let from = u32::try_from(native.len()).unwrap();
        let request = Request::Record { seed, step, from };
        let part = answer(&request);
        if part.is_empty() {
            break;
        }
        native.extend_from_slice(&part);
        match ask(request).await {
            Ok(bytes) => other.extend_from_slice(&bytes),
            Err(failure) => {
                return Some(format!("seed {seed:#x}, step {step}: no answer: {failure}"))
            }
        }
        other.resize(native.len(), 0);
    }
    Some(told((seed, step), &native, &other))
}

/// A difference, for people.
fn told((seed, step): (u64, u32), native: &[u8], other: &[u8]) -> String {
    let mut text = format!(
        "seed {seed:#x}, step {step} (step {} of story {}):\n",
        step % STORY,
        step / STORY
    );
    walk(seed, step, 1, |_, story| {
        let mut fields = Fields::default();
        record::write(story, &mut fields);
        let mut at = 0;
        for (part, name, length) in fields.0 {
            let (a, b) = (&native[at..at + length], &other[at..at + length]);
            if a != b {
                text += &format!("{part}.{name}: native {}, other {}\n", hex(a), hex(b));
            }
            at += length;
        }
        text += &format!("native, decoded: {story:#?}\n");
    });
    text + &format!("native: {}\nother:  {}\n", hex(native), hex(other))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Where the fields of a record lie.
#[derive(Default)]
struct Fields(Vec<(&'static str, &'static str, usize)>);

impl record::Sink for Fields {
    fn put(&mut self, part: &'static str, name: &'static str, bytes: &[u8]) {
        self.0.push((part, name, bytes.len()));
    }
}

/// How often each thing happened in the steps.
#[derive(Default)]
struct Coverage(BTreeMap<String, u32>);

impl Coverage {
    fn count(&mut self, what: &str, happened: bool) {
        *self.0.entry(what.into()).or_default() += u32::from(happened);
    }

    fn read(&mut self, story: &Story) {
        let (config, before, decision) = (&story.config, &story.before, &story.decision);
        for (name, flag) in FLAGS {
            self.count(&format!("flag {name}"), decision.flags.contains(flag));
        }
        let repeated = decision.flags.contains(Flags::REPEATED);
        for reason in REASONS {
            let held = !repeated && decision.held == reason;
            self.count(&format!("held {reason:?}"), held);
        }
        for kind in [Kind::Ordinary, Kind::Cornered, Kind::Wild] {
            self.count(&format!("kind {kind:?}"), story.kind == kind);
        }
        for sampling in [Sampling::Mean, Sampling::Point] {
            let sampled = config.sampling == sampling;
            self.count(&format!("sampling {sampling:?}"), sampled);
        }
        for direction in [Direction::Direct, Direction::Reverse] {
            self.count(
                &format!("direction {direction:?}"),
                config.direction == direction,
            );
        }
        for prime in [Prime::No, Prime::Zero, Prime::Solve] {
            self.count(&format!("prime {prime:?}"), before.prime == prime);
        }
        self.count("mode auto", config.mode == Mode::Auto);
        self.count("mode manual", config.mode != Mode::Auto);
        self.count("resumed", story.resumed);
        self.count("refused at creation", story.refused_at_creation.is_some());
        if let Some(change) = &story.change {
            let outcome = if story.refused.is_some() {
                "refused"
            } else {
                "made"
            };
            self.count(&format!("{outcome} {}", name(change)), true);
        }

        let now = decision.to;
        let regulated = !repeated && decision.held == HoldReason::None;
        for (name, ramp) in [
            ("setpoint", &config.setpoint),
            ("bias", &config.bias),
            ("kp", &config.kp),
            ("ki", &config.ki),
            ("kd", &config.kd),
            ("filter", &config.filter),
            ("dead-band", &config.dead_band),
        ] {
            self.count(&format!("moving {name}"), regulated && ramp.is_moving(now));
        }
        self.count("leak", regulated && decision.lambda != Fx::ONE);
        // A half-life is never shorter than the longest step.
        self.count("greatest leak", regulated && decision.lambda == Fx::ONE / 2);
        self.count("feed-forward", decision.f != Fx::ZERO);
        self.count("feed-forward at its limit", {
            config.f_max != Fx::ZERO && decision.f.unsigned_abs() == config.f_max.unsigned_abs()
        });
        let error = Config::MAX_ERROR;
        self.count("greatest error", regulated && decision.z == error);
        self.count("least error", regulated && decision.z == -error);
        self.count("derivative", regulated && decision.d != Fx::ZERO);
        self.count("trapezoid", {
            regulated && config.sampling == Sampling::Point && before.e_prev.is_some()
        });
        let widest = Config::MAX_OUTPUT;
        self.count(
            "widest limits",
            config.min == -widest && config.max == widest,
        );
    }
}

const FLAGS: [(&str, Flags); 14] = [
    ("PRIMED", Flags::PRIMED),
    ("REPEATED", Flags::REPEATED),
    ("GAP", Flags::GAP),
    ("HELD", Flags::HELD),
    ("HOLD_EXPIRED", Flags::HOLD_EXPIRED),
    ("DEAD_BAND", Flags::DEAD_BAND),
    ("SLEW_UP", Flags::SLEW_UP),
    ("SLEW_DOWN", Flags::SLEW_DOWN),
    ("LIMIT_LOW", Flags::LIMIT_LOW),
    ("LIMIT_HIGH", Flags::LIMIT_HIGH),
    ("TRIMMED", Flags::TRIMMED),
    ("CAPPED", Flags::CAPPED),
    ("MANUAL", Flags::MANUAL),
    ("CLAMPED_Y", Flags::CLAMPED_Y),
];

const REASONS: [HoldReason; 8] = [
    HoldReason::None,
    HoldReason::Missing,
    HoldReason::Stale,
    HoldReason::Future,
    HoldReason::OutOfRange,
    HoldReason::ThinSamples,
    HoldReason::Computation,
    HoldReason::Tripped,
];

const CHANGES: [&str; 12] = [
    "setpoint",
    "bias",
    "kp",
    "ki",
    "kd",
    "filter",
    "dead-band",
    "half-life",
    "limits",
    "slew",
    "mode",
    "feed-forward",
];

fn name(change: &Change) -> &'static str {
    CHANGES[match change {
        Change::Setpoint { .. } => 0,
        Change::Bias { .. } => 1,
        Change::Kp { .. } => 2,
        Change::Ki { .. } => 3,
        Change::Kd { .. } => 4,
        Change::Filter { .. } => 5,
        Change::DeadBand { .. } => 6,
        Change::HalfLife(_) => 7,
        Change::Limits { .. } => 8,
        Change::Slew { .. } => 9,
        Change::Mode(_) => 10,
        Change::FeedForward { .. } => 11,
    }]
}

/// On the ELF this compares two machines. On the native program it only shows that
/// the test itself works: both sides are then the same machine code.
#[tokio::test]
async fn success_a_hundred_thousand_steps_agree_to_the_bit() {
    // Given the program and this build of the law,
    let mut program = Program::start().await;
    let start = std::time::Instant::now();
    let mut ask = async |request: Request| program.ask(&request).await;

    // when both go through the same random steps,
    let mut done = 0;
    while done < STEPS {
        let count = BATCH.min(STEPS - done);
        // then everything that goes in and comes out is the same.
        if let Some(told) = difference(&mut ask, (SEED, done, count)).await {
            panic!("{told}");
        }
        done += count;
    }
    println!(
        "seed {SEED:#x}: {done} steps, in {} transactions of at most {} compute units and {:.1} s; \
         compared {} with native code",
        program.asked,
        program.units,
        start.elapsed().as_secs_f64(),
        if Bank::runs_elf() {
            "the ELF"
        } else {
            "the native program (the same machine code)"
        }
    );
}

#[test]
fn success_the_steps_reach_every_corner() {
    let mut coverage = Coverage::default();
    let mut steps = 0;
    walk(SEED, 0, STEPS, |_, story| {
        coverage.read(story);
        steps += 1;
    });
    assert_eq!(steps, STEPS);
    for (what, times) in &coverage.0 {
        println!("{times:6} {what}");
    }
    for (what, times) in &coverage.0 {
        let least = if what.starts_with("refused") { 20 } else { 100 };
        assert!(*times >= least, "{what}: {times} of {STEPS} steps");
    }
    for change in CHANGES {
        let made = format!("made {change}");
        assert!(coverage.0.contains_key(&made), "{made}: never");
    }
}

/// Answers like this build, but for one step and those that follow it.
fn spoilt(request: Request, spoilt: u32) -> Vec<u8> {
    let mut bytes = answer(&request);
    let hit = match request {
        Request::Digest { first, count, .. } => (first..first + count).contains(&spoilt),
        Request::Record { step, from, .. } => step == spoilt && from == 0,
    };
    if hit {
        bytes[0] ^= 1;
    }
    bytes
}

#[tokio::test]
async fn success_a_difference_is_traced_to_its_step() {
    // Given somebody who computes step 1,234 differently,
    for (first, count) in [(1_200, 80), (1_234, 80), (1_155, 80), (1_234, 1)] {
        let mut ask = async |request: Request| Ok(spoilt(request, 1_234));
        let told = difference(&mut ask, (SEED, first, count)).await.unwrap();
        // then that step and the field are named, whatever the batch,
        assert!(told.contains("step 1234 (step 2 of story 154)"), "{told}");
        assert!(told.contains("story.change, resumed, kind: native "));
    }
    // and so is a step that the other side cannot do,
    let mut ask = async |request: Request| match request {
        Request::Digest { first, count, .. } if first + count > 1_234 => Err("aborted".into()),
        Request::Record { .. } => Err("aborted".into()),
        _ => Ok(answer(&request)),
    };
    let told = difference(&mut ask, (SEED, 1_200, 80)).await.unwrap();
    assert!(told.ends_with("step 1234: no answer: aborted"), "{told}");
    // and where all is the same, nothing.
    let mut ask = async |request: Request| Ok(answer(&request));
    assert_eq!(difference(&mut ask, (SEED, 0, 80)).await, None);
}
