//! Each kind of alarm, played on an economy in memory.

use std::collections::BTreeMap;

use homeostat::state::log::{Place, Ring};
use homeostat::state::{AuditRecord, Council, DecisionLog, Economy, Feed};
use homeostat_client::{
    Action, AuditKind, AuditLog, Class, DecisionRecord, EconomyAddresses, Life, Parameter,
    Proposal, ProposalState, Pubkey, Section,
};
use homeostat_control::{Flags, HoldReason};

use super::*;
use crate::alarms::alarm::{Code, Phase, Severity};
use crate::alarms::view::Program;

const DAY: i64 = 86_400;
const START: i64 = 1_767_571_200;
const SLOTS: u32 = 4;

fn key(byte: u8) -> Pubkey {
    Pubkey::new_from_array([byte; 32])
}

/// A live economy, as it is looked at again and again.
struct Stage {
    view: View,
    seen: Seen,
    rules: Rules,
}

fn log<L: anchor_discriminator::Of>(slots: usize, places: &[Place]) -> Vec<u8> {
    let mut data = vec![0; slots];
    data[..8].copy_from_slice(L::bytes());
    for place in places {
        let (ring, _) = Ring::split(&mut data, place).unwrap();
        *ring = Ring::new(SLOTS);
    }
    data
}

/// The first bytes of an account of a type.
mod anchor_discriminator {
    use homeostat::state::Layout;

    pub trait Of: Layout {
        fn bytes() -> &'static [u8] {
            Self::DISCRIMINATOR
        }
    }

    impl Of for homeostat_client::AuditLog {}
    impl Of for homeostat_client::DecisionLog {}
}

impl Stage {
    /// Looked at once, so that what is there is the base line.
    fn new() -> Self {
        let mut stage = Self::unseen();
        stage.seen = Seen::begin(&stage.view, false).unwrap();
        assert_eq!(stage.look(), []);
        stage
    }

    fn unseen() -> Self {
        let mut economy: Box<Economy> = Box::new(bytemuck::Zeroable::zeroed());
        economy.life = Life::Live as u8;
        economy.decimals = 6;
        economy.mint = key(1);
        economy.next_end = START + DAY;
        economy.limits.period = 86_400;
        economy.limits.bounty = 10_000;
        economy.limits.hard_cap = 1_000_000_000;
        economy.limits.supply_floor = 1_000_000;
        for controller in &mut economy.controllers {
            (controller.config.min, controller.config.max) = (20_000, 200_000);
            (controller.config.slew_up, controller.config.slew_down) = (5_000, 5_000);
        }
        let mut council: Box<Council> = Box::new(bytemuck::Zeroable::zeroed());
        council.threshold = 2;
        council.delays = homeostat_client::Delays::DEFAULT;
        council.guardian.holder.key = key(9);
        for (place, member) in council.members.iter_mut().take(3).enumerate() {
            let number = u8::try_from(place).unwrap() + 1;
            (member.id, member.seat.key) = (u32::from(number), key(10 + number));
        }
        let at = EconomyAddresses::new(&key(1), &key(2));
        let (decisions, acts) = (AuditLog::DECISIONS, AuditLog::ACTS);
        Self {
            view: View {
                at,
                slot: 100,
                now: START,
                economy,
                council: Some(council),
                audit: Some(log::<AuditLog>(AuditLog::space(SLOTS), &[decisions, acts])),
                log: Some(log::<DecisionLog>(
                    DecisionLog::space(SLOTS),
                    &[Place::DECISIONS],
                )),
                feeds: BTreeMap::new(),
                keeper_vault: 1_000_000_000,
                rent: 890_880,
                mint_authority: Some(at.authority),
                proposals: BTreeMap::new(),
            },
            seen: Seen::default(),
            rules: Rules::default(),
        }
    }

    /// The next slot, so many seconds later.
    fn after(&mut self, seconds: i64) -> &mut Self {
        self.view.slot += 1;
        self.view.now += seconds;
        self
    }

    /// Writes an act into the audit log.
    fn act(&mut self, kind: AuditKind, fill: impl FnOnce(&mut AuditRecord)) {
        let mut record = AuditRecord {
            kind: kind as u8,
            at: self.view.now,
            slot: self.view.slot,
            actor: key(11),
            proposal: u64::MAX,
            ..AuditRecord::default()
        };
        fill(&mut record);
        let data = self.view.audit.as_mut().unwrap();
        Ring::append_to(data, &record.place(), &mut [record]).unwrap();
    }

    /// An executed proposal, with what it changes.
    fn execute(&mut self, change: impl FnOnce(&mut Economy, &mut Council)) {
        change(&mut self.view.economy, self.view.council.as_mut().unwrap());
        self.view.economy.config_seq += 1;
        self.act(AuditKind::Executed, |record| {
            record.proposal = 0;
            record.subject = key(50);
            record.outcome = ProposalState::Executed as u8;
        });
    }

    /// Writes a decision into the decision log.
    fn decide(&mut self, fill: impl FnOnce(&mut DecisionRecord)) {
        let mut record: DecisionRecord = bytemuck::Zeroable::zeroed();
        record.to = self.view.now;
        fill(&mut record);
        let data = self.view.log.as_mut().unwrap();
        Ring::append_to(data, &Place::DECISIONS, &mut [record]).unwrap();
    }

    /// Looks, a slot and a second later.
    fn look(&mut self) -> Vec<Alarm> {
        self.after(1);
        let (seen, alarms) = judge(&self.seen, &self.view, &self.rules);
        // Looked at again in the same slot it says nothing more.
        assert_eq!(
            judge(&seen, &self.view, &self.rules),
            (seen.clone(), vec![])
        );
        self.seen = seen;
        alarms
    }

    /// Looks, and expects alarms of these codes.
    fn expect(&mut self, codes: &[Code]) -> Vec<Alarm> {
        let alarms = self.look();
        let found: Vec<Code> = alarms.iter().map(|alarm| alarm.code).collect();
        assert_eq!(found, codes, "{alarms:#?}");
        for alarm in &alarms {
            assert!(alarm.message.ends_with('.'), "{}", alarm.message);
            assert_eq!(
                alarm.economy.as_deref(),
                Some(self.view.at.economy.to_string().as_str())
            );
            assert!(
                alarm.id.is_ascii() && !alarm.id.contains(' '),
                "{}",
                alarm.id
            );
        }
        assert_eq!(self.look(), []);
        alarms
    }

    /// Expects one alarm whose words contain all of these.
    fn says(&mut self, code: Code, words: &[&str]) -> Alarm {
        let alarm = self.expect(&[code]).remove(0);
        for word in words {
            assert!(alarm.message.contains(word), "{word}: {}", alarm.message);
        }
        alarm
    }

    /// Expects an alarm beside that of the execution.
    fn follows(&mut self, code: Code, words: &[&str]) {
        let alarm = self.expect(&[Code::ProposalExecuted, code]).remove(1);
        for word in words {
            assert!(alarm.message.contains(word), "{word}: {}", alarm.message);
        }
        assert_eq!(alarm.proof.log.as_deref(), Some("audit_decisions"));
        assert_eq!(alarm.proof.record, Some(1));
    }
}

/// A Critical proposal that widens the limits of the emission.
fn proposal(now: i64) -> Proposal {
    let actions = [Action::Limits {
        parameter: Parameter::Emission,
        expected: governance_limits(20_000, 200_000),
        value: governance_limits(20_000, 300_000),
    }];
    let mut proposal: Proposal = bytemuck::Zeroable::zeroed();
    let bytes = Proposal::encode(&actions).unwrap();
    proposal.write(&actions, &bytes, [0; 32]).unwrap();
    proposal.class = Class::Critical as u8;
    proposal.state = ProposalState::Queued as u8;
    proposal.index = 3;
    proposal.delays = homeostat_client::Delays::DEFAULT;
    proposal.active_until = now + 14 * DAY;
    proposal.eta = now + 3 * DAY;
    proposal.expires_at = now + 10 * DAY;
    proposal
}

fn governance_limits(min_ppm: i64, max_ppm: i64) -> homeostat::state::action::OutputLimits {
    homeostat::state::action::OutputLimits { min_ppm, max_ppm }
}

#[test]
fn nothing_that_stays_as_it_is_alarms() {
    let mut stage = Stage::new();
    for _ in 0..3 {
        assert_eq!(stage.after(600).look(), []);
    }
}

#[test]
fn a_proposal_is_told_when_it_is_made_and_queued_with_who_can_stop_it() {
    let mut stage = Stage::new();
    let mut account = proposal(stage.view.now);
    account.state = ProposalState::Active as u8;
    stage.act(AuditKind::Proposed, |record| {
        (record.proposal, record.subject) = (3, key(50));
        record.outcome = ProposalState::Active as u8;
    });
    stage.view.slot += 1;
    assert_eq!(wanted_proposals(&stage.seen, &stage.view), [key(50)]);
    stage.view.proposals.insert(key(50), account);
    let what = "limits emission: max 0.2 -> 0.3";
    stage.says(Code::ProposalMade, &["proposal 3", what]);
    // when it has enough approvals
    account.state = ProposalState::Queued as u8;
    stage.view.proposals.insert(key(50), account);
    let eta = account.eta;
    let approve = |record: &mut AuditRecord| {
        (record.proposal, record.subject, record.value) = (3, key(50), eta);
        record.outcome = ProposalState::Queued as u8;
    };
    stage.act(AuditKind::Approved, approve);
    let alarm = stage.says(
        Code::ProposalQueued,
        &[
            "Proposal 3 (critical)",
            what,
            "2026-01-08 00:00:",
            "the guardian with a veto",
            "ballots of 33.4 % of the stake",
            "2 members who cancel it",
        ],
    );
    assert_eq!(alarm.severity, Severity::Critical);
    // one approval more is no news, nor is its time until it is over
    stage.act(AuditKind::Approved, approve);
    assert_eq!(stage.look(), []);
    stage.after(11 * DAY);
    stage.view.economy.next_end = stage.view.now + DAY;
    stage.says(Code::ProposalExpired, &["proposal 3", what]);
    stage.act(AuditKind::Expired, approve);
    assert_eq!(stage.look(), []);
}

#[test]
fn what_becomes_of_a_proposal_is_told_though_its_account_is_gone() {
    for (kind, outcome, code) in [
        (
            AuditKind::Vetoed,
            ProposalState::Vetoed,
            Code::ProposalVetoed,
        ),
        (
            AuditKind::StakersVetoed,
            ProposalState::Vetoed,
            Code::ProposalVetoed,
        ),
        (
            AuditKind::Cancelled,
            ProposalState::Cancelled,
            Code::ProposalCancelled,
        ),
        (
            AuditKind::Expired,
            ProposalState::Expired,
            Code::ProposalExpired,
        ),
    ] {
        // given a proposal that was told
        let mut stage = Stage::new();
        stage.act(AuditKind::Proposed, |record| {
            (record.proposal, record.subject) = (3, key(50));
        });
        let account = proposal(stage.view.now);
        stage.view.proposals.insert(key(50), account);
        stage.expect(&[Code::ProposalMade]);
        // when it ends and its account is closed
        stage.view.proposals.clear();
        stage.act(kind, |record| {
            (record.proposal, record.subject) = (3, key(50));
            record.outcome = outcome as u8;
        });
        // then what it was about is still known
        stage.says(code, &["proposal 3", "max 0.2 -> 0.3"]);
    }
    // one vote of two to cancel is no end
    let mut stage = Stage::new();
    stage.act(AuditKind::Cancelled, |record| {
        record.outcome = ProposalState::Queued as u8;
    });
    assert_eq!(stage.look(), []);
}

#[test]
fn a_lifted_veto_is_told() {
    let mut stage = Stage::new();
    for (outcome, codes) in [
        (ProposalState::Vetoed, vec![]),
        (ProposalState::Queued, vec![Code::VetoLifted]),
    ] {
        stage.act(AuditKind::Overridden, |record| {
            (record.proposal, record.subject) = (3, key(50));
            record.outcome = outcome as u8;
            record.value = START + DAY;
        });
        stage.expect(&codes);
    }
}

#[test]
fn an_execution_is_told_with_what_it_widened_lowered_or_replaced() {
    type Change = fn(&mut Economy, &mut Council);
    let cases: &[(Change, Code, &[&str])] = &[
        (
            |economy, _| economy.controllers[0].config.max = 300_000,
            Code::LimitsWidened,
            &["emission", "2 % to 20 %", "2 % to 30 %"],
        ),
        (
            |economy, _| economy.controllers[1].config.min = 10_000,
            Code::LimitsWidened,
            &["fee", "1 % to 20 %"],
        ),
        (
            |economy, _| economy.controllers[2].config.slew_up = u64::MAX,
            Code::SlewRaised,
            &["burn", "0.5 %", "any amount"],
        ),
        (
            |economy, _| economy.limits.hard_cap += 500_000_000,
            Code::CapWidened,
            &["highest supply", "1000 tokens", "1500 tokens"],
        ),
        (
            |economy, _| economy.limits.supply_floor = 0,
            Code::CapWidened,
            &["burns stop", "1 tokens", "0 tokens"],
        ),
        (
            |economy, _| economy.limits.outflow_cap = 2_000_000,
            Code::CapWidened,
            &["treasury", "0 tokens", "2 tokens"],
        ),
        (
            |economy, _| economy.limits.period_emission_ppm += 1,
            Code::CapWidened,
            &["highest emission of a period", "was 0 %", "is 0.0001 %"],
        ),
        (
            |economy, _| economy.limits.period_burn_ppm += 1,
            Code::CapWidened,
            &["highest burn of a period", "was 0 %", "is 0.0001 %"],
        ),
        (
            |economy, _| economy.limits.yield_ppm = u32::MAX,
            Code::CapWidened,
            &["yield", "0 %", "none"],
        ),
        (
            |_, council| council.delays.critical -= 86_400,
            Code::DelayLowered,
            &["Critical", "6 d", "5 d"],
        ),
        (
            |_, council| council.delays.standard -= 1,
            Code::DelayLowered,
            &["Standard", "s)"],
        ),
        (
            |_, council| council.delays.grace += 86_400,
            Code::DelayLowered,
            &["7 d", "8 d"],
        ),
        (
            |_, council| council.delays.staker_veto_ppm = 400_000,
            Code::StakerVetoRaised,
            &["33.4 %", "40 %"],
        ),
        (
            |_, council| council.threshold = 1,
            Code::ThresholdLowered,
            &["2 approvals", "1 of 3 members"],
        ),
        (
            |_, council| {
                let member = &mut council.members[3];
                (member.id, member.seat.key) = (4, key(14));
                member.offered_until = i64::MAX;
            },
            Code::MemberOffered,
            &["was offered a seat"],
        ),
        (
            |_, council| council.members[2] = Default::default(),
            Code::MemberRemoved,
            &["no member", "2 are left"],
        ),
        (
            |_, council| {
                council.guardian.offered.key = key(8);
                council.guardian.offered_until = i64::MAX;
            },
            Code::GuardianOffered,
            &["was offered the guardian's role"],
        ),
        (
            |_, council| {
                council.advisor.offered.key = key(8);
                council.advisor.offered_until = i64::MAX;
            },
            Code::AdvisorOffered,
            &["was offered the advisor's role, which nobody holds"],
        ),
        (
            |economy, _| economy.totals.treasury_paid = 7_000_000,
            Code::TreasuryPaid,
            &["7 tokens left the treasury"],
        ),
    ];
    for (change, code, words) in cases {
        let mut stage = Stage::new();
        stage.execute(change);
        stage.follows(*code, words);
    }
    // what narrows, slows or lengthens is told by the execution alone
    let quiet: &[Change] = &[
        |economy, _| economy.controllers[0].config.max = 100_000,
        |economy, _| economy.limits.hard_cap -= 1,
        |_, council| council.delays.critical += 86_400,
        |_, council| council.threshold = 3,
    ];
    for change in quiet {
        let mut stage = Stage::new();
        stage.execute(change);
        stage.expect(&[Code::ProposalExecuted]);
    }
}

#[test]
fn a_retirement_is_told_with_whom_it_offers_the_mint() {
    let mut stage = Stage::new();
    stage.execute(|economy, _| {
        economy.life = Life::Retired as u8;
        economy.successor = key(7);
        economy.successor_until = START + DAY;
    });
    let alarms = stage.expect(&[
        Code::ProposalExecuted,
        Code::EconomyRetired,
        Code::MintOffered,
    ]);
    assert!(alarms[2].message.contains(&key(7).to_string()));
}

#[test]
fn roles_that_are_accepted_are_told_with_who_had_them() {
    for (role, code, words) in [
        (0, Code::MemberAdded, "accepted a seat"),
        (1, Code::GuardianReplaced, "The guardian was"),
        (2, Code::AdvisorReplaced, "The advisor was"),
    ] {
        let mut stage = Stage::new();
        let council = stage.view.council.as_mut().unwrap();
        match role {
            0 => (council.members[3].id, council.members[3].seat.key) = (4, key(14)),
            1 => council.guardian.holder.key = key(14),
            _ => council.advisor.holder.key = key(14),
        }
        stage.act(AuditKind::RoleAccepted, |record| {
            (record.outcome, record.actor, record.subject) = (role, key(14), key(9));
        });
        let who = key(14).to_string();
        stage.says(code, &[words, &who]);
    }
    // an advisor who is dismissed has no record of its own
    let mut stage = Stage::unseen();
    stage.view.council.as_mut().unwrap().advisor.holder.key = key(8);
    stage.seen = Seen::begin(&stage.view, false).unwrap();
    stage.execute(|_, council| council.advisor = Default::default());
    stage.follows(Code::AdvisorReplaced, &["is nobody"]);
}

#[test]
fn advice_is_told_and_its_veto() {
    let mut stage = Stage::new();
    stage.act(AuditKind::Advised, |record| {
        (record.outcome, record.value) = (1, START + DAY);
    });
    stage.says(Code::AdviceGiven, &["fee", "2026-01-06 00:00:00 UTC"]);
    stage.act(AuditKind::AdviceVetoed, |_| ());
    stage.says(Code::AdviceVetoed, &["dropped"]);
}

#[test]
fn a_pause_begins_with_its_record_and_ends_by_the_clock() {
    let mut stage = Stage::new();
    let until = stage.view.now + 3_600;
    let pause = &mut stage.view.economy.pauses[Section::Pay as usize];
    (pause.from, pause.until) = (until - 3_600, until);
    stage.act(AuditKind::Paused, |record| {
        (record.outcome, record.value) = (Section::Pay as u8, until);
    });
    let began = stage.says(Code::Paused, &["paused pay until", "(1 h)"]);
    assert_eq!(
        (began.phase, began.severity),
        (Phase::Began, Severity::Critical)
    );
    stage.after(3_600);
    let ended = stage.says(Code::Paused, &["pause of pay has ended"]);
    assert_eq!(
        (ended.phase, ended.severity),
        (Phase::Ended, Severity::Info)
    );
    assert_ne!(began.id, ended.id);
    // one that began and ended while nobody looked is told too
    let until = stage.view.now + 60;
    stage.act(AuditKind::Paused, |record| {
        (record.outcome, record.value) = (Section::Stake as u8, until);
    });
    stage.after(3_600);
    let both = stage.expect(&[Code::Paused, Code::Paused]);
    assert_eq!(both.map_phases(), [Phase::Began, Phase::Ended]);
}

trait Phases {
    fn map_phases(&self) -> Vec<Phase>;
}

impl Phases for Vec<Alarm> {
    fn map_phases(&self) -> Vec<Phase> {
        self.iter().map(|alarm| alarm.phase).collect()
    }
}

#[test]
fn a_tripped_breaker_is_told_also_when_it_came_and_went() {
    let mut stage = Stage::new();
    (stage.view.economy.tripped, stage.view.economy.trips) = (1, 1);
    stage.says(Code::BreakerTripped, &["vault was found short"]);
    (stage.view.economy.tripped, stage.view.economy.trips) = (0, 1);
    stage.says(Code::BreakerTripped, &["was resumed"]);
    stage.view.economy.trips = 2;
    let both = stage.expect(&[Code::BreakerTripped, Code::BreakerTripped]);
    assert_eq!(both.map_phases(), [Phase::Began, Phase::Ended]);
}

#[test]
fn a_latched_guard_is_told_from_the_records_and_ends_with_what_is() {
    let mut stage = Stage::new();
    stage.decide(|record| record.held = HoldReason::Spike as u8);
    stage.view.economy.controllers[0].guard.latched = 1;
    let alarm = stage.says(Code::GuardLatched, &["emission", "far from the usual"]);
    assert_eq!(alarm.proof.record, Some(1));
    assert_eq!(alarm.proof.log.as_deref(), Some("decision_log"));
    // a proposal resumes it between two decisions
    stage.view.economy.controllers[0].guard.latched = 0;
    stage.says(Code::GuardLatched, &["steers again"]);
    // one that latched and resumed while nobody looked is told too
    stage.decide(|record| {
        (record.parameter, record.held) = (3, HoldReason::Frozen as u8);
    });
    stage.decide(|record| (record.parameter, record.flags) = (3, Flags::RESUMED.0));
    let both = stage.expect(&[Code::GuardLatched, Code::GuardLatched]);
    assert_eq!(both.map_phases(), [Phase::Began, Phase::Ended]);
    assert!(both[0].message.contains("liquidity"));
}

#[test]
fn a_parameter_that_rests_at_a_limit_is_told_after_some_periods() {
    let mut stage = Stage::new();
    for (periods, codes) in [(2, vec![]), (3, vec![Code::Saturated]), (4, vec![])] {
        stage.decide(|record| (record.parameter, record.at_limit) = (2, periods));
        stage.view.economy.controllers[2].at_limit = periods;
        stage.expect(&codes);
    }
    stage.decide(|record| record.parameter = 2);
    stage.view.economy.controllers[2].at_limit = 0;
    stage.says(Code::Saturated, &["burn", "no longer"]);
}

#[test]
fn a_period_is_overdue_once_and_ends_once() {
    let mut stage = Stage::new();
    // a tenth of a day is 2 h 24 min
    stage.after(DAY + 8_000);
    assert_eq!(stage.look(), []);
    stage.after(1_000);
    stage.says(
        Code::PeriodOverdue,
        &["2026-01-06 00:00:00 UTC", "2 h 30 min"],
    );
    stage.after(DAY);
    assert_eq!(stage.look(), []);
    stage.view.economy.next_end = stage.view.now + DAY;
    stage.says(Code::PeriodOverdue, &["was ended"]);
    // while cranks are paused nobody could end it
    let pause = &mut stage.view.economy.pauses[Section::Crank as usize];
    (pause.from, pause.until) = (0, i64::MAX);
    stage.expect(&[Code::Paused]);
    stage.after(3 * DAY);
    assert_eq!(stage.look(), []);
}

#[test]
fn an_empty_keeper_vault_alarms_once_however_it_trembles() {
    let mut stage = Stage::new();
    let rent = stage.view.rent;
    for (has, codes) in [
        (rent + 100_000, vec![]),
        (rent + 99_999, vec![Code::BountyLow]),
        (rent + 100_000, vec![]),
        (rent + 124_999, vec![]),
        (rent + 50_000, vec![]),
        (rent + 125_000, vec![Code::BountyLow]),
        (rent + 100_001, vec![]),
    ] {
        stage.view.keeper_vault = has;
        stage.expect(&codes);
    }
    // without a bounty there is nothing to pay
    stage.view.economy.limits.bounty = 0;
    stage.view.keeper_vault = 0;
    assert_eq!(stage.look(), []);
}

#[test]
fn a_feed_without_a_reading_is_told_until_it_has_one_that_lasts() {
    let mut stage = Stage::unseen();
    let mut feed: Feed = bytemuck::Zeroable::zeroed();
    (feed.reporter_count, feed.quorum, feed.max_age) = (1, 1, 400);
    feed.label[..4].copy_from_slice(b"U\x1b[m");
    feed.reporters[0].sequence = 1;
    feed.reporters[0].value = homeostat_control::Fx::ONE.into();
    feed.reporters[0].observed_at = START;
    stage.view.feeds.insert(0, feed);
    stage.seen = Seen::begin(&stage.view, false).unwrap();
    assert_eq!(stage.after(390).look(), []);
    stage.after(10);
    stage.says(
        Code::FeedStale,
        &["Feed 0 (`U\\u{1b}[m`)", "1 of 1 reporters"],
    );
    // a report that is almost too old again ends nothing
    let now = stage.view.now;
    let report = |at: i64, stage: &mut Stage| {
        let feed = stage.view.feeds.get_mut(&0).unwrap();
        feed.reporters[0].observed_at = at;
    };
    report(now - 350, &mut stage);
    assert_eq!(stage.look(), []);
    report(now, &mut stage);
    stage.says(Code::FeedStale, &["again"]);
}

#[test]
fn the_mint_and_the_program_are_watched() {
    let mut stage = Stage::new();
    stage.view.mint_authority = Some(key(66));
    let who = key(66).to_string();
    stage.says(Code::MintAuthorityChanged, &[&who]);
    let before = Program {
        account: key(1),
        upgrade_authority: Some(key(2)),
        deployed: 5,
        slot: 10,
        now: START,
    };
    let codes = |now: &Program| -> Vec<Code> {
        judge_program(&before, now)
            .iter()
            .map(|alarm| alarm.code)
            .collect()
    };
    let later = Program {
        slot: 11,
        ..before.clone()
    };
    assert_eq!(codes(&later), []);
    let given = Program {
        upgrade_authority: None,
        ..later.clone()
    };
    assert_eq!(codes(&given), [Code::UpgradeAuthorityChanged]);
    let again = Program {
        deployed: 11,
        ..later
    };
    assert_eq!(codes(&again), [Code::ProgramRedeployed]);
    // an old answer is none
    let old = Program { slot: 9, ..given };
    assert_eq!(codes(&old), []);
}

#[test]
fn wallets_sight_and_an_economy_that_is_gone_alarm_once_and_end_once() {
    let rules = Rules::default();
    let mut levels = Default::default();
    let at = (5, START);
    let mut wallet = |has| judge_wallet(&mut levels, &key(3), has, at, &rules).map_phases();
    assert_eq!(wallet(10_000_000), []);
    assert_eq!(wallet(9_999_999), [Phase::Began]);
    assert_eq!(wallet(12_499_999), []);
    assert_eq!(wallet(12_500_000), [Phase::Ended]);
    let mut sight = |unseen| judge_sight(&mut levels, unseen, at, &rules).map_phases();
    assert_eq!(sight(599), []);
    assert_eq!(sight(600), [Phase::Began]);
    assert_eq!(sight(9_000), []);
    assert_eq!(sight(0), [Phase::Ended]);
    let mut gone = |gone| judge_gone(&mut levels, &key(4), gone, at).map_phases();
    assert_eq!(gone(false), []);
    assert_eq!(gone(true), [Phase::Began]);
    assert_eq!(gone(true), []);
    assert_eq!(gone(false), [Phase::Ended]);
}

#[test]
fn going_live_is_told_and_a_draft_is_its_creators() {
    let mut stage = Stage::unseen();
    stage.view.economy.life = Life::Draft as u8;
    stage.seen = Seen::begin(&stage.view, false).unwrap();
    stage.view.economy.controllers[0].config.max = 900_000;
    stage.view.council.as_mut().unwrap().threshold = 1;
    assert_eq!(stage.look(), []);
    stage.view.economy.life = Life::Live as u8;
    stage.says(Code::WentLive, &["went live"]);
}

#[test]
fn a_replay_tells_what_the_logs_still_hold_and_a_first_look_does_not() {
    let mut stage = Stage::unseen();
    stage.act(AuditKind::AdviceVetoed, |_| ());
    stage.execute(|_, _| ());
    let mut replay = Seen::begin(&stage.view, true).unwrap();
    let (seen, alarms) = judge(&replay, &stage.view, &stage.rules);
    let codes: Vec<Code> = alarms.iter().map(|alarm| alarm.code).collect();
    assert_eq!(codes, [Code::AdviceVetoed, Code::ProposalExecuted]);
    assert!(!seen.replay);
    replay = Seen::begin(&stage.view, false).unwrap();
    assert_eq!(judge(&replay, &stage.view, &stage.rules).1, []);
}

#[test]
fn al3_an_answer_of_an_earlier_slot_is_no_event() {
    let mut stage = Stage::new();
    let old = stage.view.clone();
    stage.execute(|economy, _| economy.controllers[0].config.max = 300_000);
    stage.expect(&[Code::ProposalExecuted, Code::LimitsWidened]);
    // when a server that lags answers as it was before
    let (seen, alarms) = judge(&stage.seen, &old, &stage.rules);
    assert_eq!((seen == stage.seen, alarms), (true, vec![]));
    assert_eq!(stage.look(), []);
}

#[test]
fn al4_a_state_that_contradicts_its_logs_is_an_alarm_and_no_truth() {
    type Lie = fn(&mut View);
    let lies: &[(Lie, &str)] = &[
        (
            |view| view.council.as_mut().unwrap().threshold = 1,
            "no record of a proposal that was executed",
        ),
        (
            |view| view.economy.controllers[0].config.max = 900_000,
            "no record of a proposal that was executed",
        ),
        (
            |view| view.economy.config_seq += 1,
            "counts 2 executed proposals after 1",
        ),
        (
            |view| view.economy.totals.treasury_paid = 5,
            "tokens left the treasury",
        ),
        (
            |view| view.economy.life = Life::Retired as u8,
            "the economy has ended",
        ),
        (
            |view| {
                let at = AuditLog::DECISIONS.slots + 20;
                view.audit.as_mut().unwrap()[at] ^= 1;
            },
            "does not prove itself",
        ),
        (|view| view.audit = None, "had 1 records and has 0"),
        (
            |view| {
                let fresh = Stage::unseen().view;
                (view.audit, view.economy.config_seq) = (fresh.audit, 1);
            },
            "had 1 records and has 0",
        ),
        (
            |view| {
                let mut other = Stage::unseen();
                other.act(AuditKind::StakersVetoed, |_| ());
                view.audit = other.view.audit;
            },
            "record 1 of the audit log's decisions is another",
        ),
    ];
    for (lie, words) in lies {
        // given an economy that executed a proposal
        let mut stage = Stage::new();
        stage.execute(|_, _| ());
        stage.expect(&[Code::ProposalExecuted]);
        let truth = stage.view.clone();
        lie(&mut stage.view);
        // then the lie is one alarm, and nothing of it is told as a fact
        let alarm = stage.says(Code::StateContradictsLog, &[words]);
        assert_eq!(alarm.severity, Severity::Critical);
        // and with the truth it ends, and nothing was lost
        let (slot, now) = (stage.view.slot, stage.view.now);
        stage.view = View { slot, now, ..truth };
        stage.act(AuditKind::AdviceVetoed, |_| ());
        let codes = [Code::StateContradictsLog, Code::AdviceVetoed];
        assert_eq!(stage.expect(&codes)[0].phase, Phase::Ended);
    }
}

#[test]
fn al7_records_that_were_dropped_before_they_were_read_are_an_alarm() {
    let mut stage = Stage::new();
    // given more acts than the ring holds, of a member who makes noise
    for _ in 0..7 {
        stage.act(AuditKind::Withdrawn, |record| record.proposal = 1);
    }
    let alarm = stage.says(
        Code::RecordsLost,
        &["Records 1 to 3", "acts of single keys"],
    );
    assert_eq!(alarm.proof.record, Some(3));
    // and the decisions are in a ring of their own, which the noise does not reach
    stage.execute(|_, council| council.threshold = 1);
    stage.expect(&[Code::ProposalExecuted, Code::ThresholdLowered]);
}

#[test]
fn al1_a_hostile_label_is_shown_escaped() {
    let mut stage = Stage::unseen();
    let mut feed: Feed = bytemuck::Zeroable::zeroed();
    (feed.reporter_count, feed.quorum, feed.max_age) = (1, 1, 60);
    feed.label[..6].copy_from_slice(b"\x1b[2J\n\x07");
    stage.view.feeds.insert(0, feed);
    stage.seen = Seen::begin(&stage.view, false).unwrap();
    let alarm = stage.says(Code::FeedStale, &[]);
    assert!(!alarm.message.chars().any(char::is_control));
}
