//! An alarm: what happened, why a person must know, what proves it, and what to do.

use std::fmt::Write;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use homeostat_settings::human;

/// How much an alarm matters.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Good to know; nothing has to be done.
    Info,
    /// Somebody should look today.
    Warning,
    /// Somebody should look now: money or power over the economy moves, or nobody can see it.
    Critical,
}

impl Severity {
    /// The word in a line of text.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }
}

/// Whether something happened once, or is a state that lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// It happened.
    Happened,
    /// A state that lasts has begun; nothing more is said until it ends.
    Began,
    /// That state has ended.
    Ended,
}

/// Declares the codes with what each means and what to do.
macro_rules! codes {
    ($($name:ident $word:literal $severity:ident $lasts:literal $meaning:literal $remedy:literal)*) => {
        /// The kinds of alarms. Names are stable.
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
        )]
        pub enum Code {
            $(
                #[doc = $meaning]
                #[serde(rename = $word)]
                $name,
            )*
        }

        impl Code {
            /// All of them, in the order of the operator's guide.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The stable name.
            pub const fn word(self) -> &'static str {
                match self { $(Self::$name => $word,)* }
            }

            /// How much it matters unless a rule says otherwise (a Critical or Terminal
            /// proposal that is queued is critical; what ends is for information).
            pub const fn severity(self) -> Severity {
                match self { $(Self::$name => Severity::$severity,)* }
            }

            /// Whether it is a state that begins and ends.
            pub const fn lasts(self) -> bool {
                match self { $(Self::$name => $lasts,)* }
            }

            /// What it means, in a sentence.
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$name => $meaning,)* }
            }

            /// What to do, in a sentence.
            pub const fn remedy(self) -> &'static str {
                match self { $(Self::$name => $remedy,)* }
            }
        }
    };
}

codes! {
    ProposalMade "proposal_made" Info false
        "A member made a proposal; it collects approvals."
        "Read it with `homeostat proposals`; members approve or leave it."
    ProposalQueued "proposal_queued" Warning false
        "A proposal has enough approvals and waits for its time."
        "Read what it changes before that time; whoever is named can still stop it."
    ProposalVetoed "proposal_vetoed" Warning false
        "The guardian or the stakers stopped a proposal."
        "Ask whoever vetoed for the reason."
    VetoLifted "veto_lifted" Critical false
        "Members lifted the guardian's veto of its own replacement; the proposal waits again."
        "Ask the members why; no second veto can stop it, ballots of stakers can."
    ProposalCancelled "proposal_cancelled" Info false
        "A proposal was taken back."
        "Nothing has to be done."
    ProposalExpired "proposal_expired" Info false
        "A proposal was not approved or not executed in time."
        "Propose it again if it is still wanted."
    ProposalExecuted "proposal_executed" Warning false
        "A proposal was carried out."
        "Compare with `homeostat status` what holds now."
    LimitsWidened "limits_widened" Critical false
        "A controller may move a parameter further than before."
        "Make sure that the council meant it; a proposal can narrow the limits again."
    SlewRaised "slew_raised" Warning false
        "A controller may move a parameter faster than before."
        "Make sure that the council meant it; lowering it again needs no delay."
    CapWidened "cap_widened" Critical false
        "A cap on supply, emission, burns, yield or treasury payments holds back less than before."
        "Make sure that the council meant it; tightening it again needs no delay."
    DelayLowered "delay_lowered" Critical false
        "Proposals of a class wait for less time, or can be executed for longer, than before."
        "Look at the queue more often; there is less time to stop a proposal from now on."
    StakerVetoRaised "staker_veto_raised" Critical false
        "More stake than before is needed to veto a proposal."
        "Stakers should know; make sure that the council meant it."
    ThresholdLowered "threshold_lowered" Critical false
        "Fewer members than before decide."
        "Make sure that the council meant it and that no seat is in doubt."
    MemberOffered "member_offered" Warning false
        "Somebody was offered a seat in the council."
        "Make sure who it is before the seat is accepted."
    MemberAdded "member_added" Critical false
        "Somebody accepted a seat in the council and votes from now on."
        "Make sure that the council meant this address."
    MemberRemoved "member_removed" Critical false
        "A member lost the seat; its approvals count no more."
        "Make sure that the remaining members can reach the threshold."
    GuardianOffered "guardian_offered" Critical false
        "Somebody was offered the guardian's role."
        "Make sure who it is; the present guardian keeps the role until then."
    GuardianReplaced "guardian_replaced" Critical false
        "Another address is the guardian, who alone pauses and vetoes."
        "Make sure that the council meant this address."
    AdvisorOffered "advisor_offered" Info false
        "Somebody was offered the advisor's role."
        "Make sure who it is before the role is accepted."
    AdvisorReplaced "advisor_replaced" Warning false
        "Another address, or nobody, is the advisor, who recommends values within a range."
        "Make sure that the council meant it."
    AdviceGiven "advice_given" Info false
        "The advisor recommended a value, which a later crank applies."
        "The guardian can still veto it with `homeostat veto-advice`."
    AdviceVetoed "advice_vetoed" Info false
        "The guardian dropped the pending advice."
        "Nothing has to be done."
    Paused "paused" Critical true
        "The guardian paused a section of the economy."
        "Ask the guardian for the reason; exits work, and members can end the pause with `homeostat unpause`."
    BreakerTripped "breaker_tripped" Critical true
        "A vault holds less than is owed from it: emission has stopped and every controller is held."
        "Find out where the tokens went before anybody proposes to resume the economy."
    GuardLatched "guard_latched" Warning true
        "The anomaly guard holds a controller, because what it measures is out of the ordinary."
        "Look at the measurement with `homeostat explain`; the guard releases by itself, or a proposal resumes."
    Saturated "saturated" Warning true
        "A parameter has rested at a limit for several periods and its controller wants to go further."
        "Decide whether the limit or the target is wrong."
    PeriodOverdue "period_overdue" Warning true
        "A period is over and nobody has ended it."
        "Look after the keeper, or end the period with `homeostat crank`; anybody may."
    BountyLow "bounty_low" Warning true
        "The keeper vault pays for few more cranks."
        "Send lamports to the keeper vault that `homeostat status` names."
    WalletLow "wallet_low" Warning true
        "A wallet that pays for transactions has few lamports left."
        "Send lamports to the wallet."
    FeedStale "feed_stale" Warning true
        "A feed has no reading: too few reporters told it a fresh value that agrees."
        "Look after the reporters; a controller without its feed is held."
    TreasuryPaid "treasury_paid" Warning false
        "Tokens left the treasury."
        "Compare the amount with the proposals that were executed."
    MintAuthorityChanged "mint_authority_changed" Critical false
        "Another address, or nobody, may mint the economy's token."
        "If the economy is live, nobody but its own authority should be able to mint: ask the council now."
    MintOffered "mint_offered" Critical false
        "A retired economy offers the authority over its mint to a successor."
        "Make sure who it is; whoever accepts can mint without limit."
    EconomyRetired "economy_retired" Critical false
        "The economy has ended: nothing accrues any more, claims stay open."
        "Claim rewards and withdraw stake; there is no hurry."
    WentLive "went_live" Info false
        "The economy went live; from now on only proposals change it."
        "Nothing has to be done."
    UpgradeAuthorityChanged "upgrade_authority_changed" Critical false
        "Another address, or nobody, may replace the program."
        "Make sure that the publisher meant it; whoever holds it stands above every council."
    ProgramRedeployed "program_redeployed" Critical false
        "The program's code was replaced."
        "Compare the new code with a verifiable build before you trust what it writes."
    RecordsLost "records_lost" Warning false
        "A log dropped records before they were read: what they told is not known here."
        "Read them from the transactions with `homeostat log verify --from-genesis`; let the log hold more with `homeostat grow-log`."
    StateContradictsLog "state_contradicts_log" Critical true
        "What a server says of the economy does not follow from the economy's own logs; it is not believed."
        "Ask other servers with --url; if they say the same, somebody changed the program or the log: keep the evidence."
    EconomyGone "economy_gone" Critical true
        "There is no economy at its address any more."
        "Ask another server with --url; if it is true, the economy was dissolved, or closed as a Draft."
    Blind "blind" Critical true
        "Nothing newer was seen of the cluster for a while: alarms may be late."
        "Look after the servers (--url) and the network of this machine."
    Test "test" Info false
        "A test that somebody asked for."
        "Nothing has to be done."
}

/// What proves an alarm.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Proof {
    /// The account that shows it; empty for a test.
    pub account: String,
    /// Which chain of records, where one tells it: `audit_decisions`, `audit_acts` or
    /// `decision_log`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub log: Option<String>,
    /// The number of the record in that chain.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub record: Option<u64>,
    /// The slot of the act, or the slot in which the account was read.
    pub slot: u64,
}

/// Something that a person must know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Alarm {
    /// Name of this one alarm. It stays the same however often it is delivered, so whoever
    /// receives it can tell that it has it already.
    pub id: String,
    /// Its number among the alarms of this watcher, from 1.
    pub sequence: u64,
    /// Its kind.
    pub code: Code,
    /// How much it matters.
    pub severity: Severity,
    /// Whether it happened, began or ended.
    pub phase: Phase,
    /// The economy; absent where it concerns all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub economy: Option<String>,
    /// When, by the cluster's clock (unix seconds).
    pub at: i64,
    /// What happened, in a person's words, with the old and the new value.
    pub message: String,
    /// What to do.
    pub remedy: String,
    /// What proves it.
    pub proof: Proof,
}

impl Alarm {
    /// The alarm as one line for people. Nothing in it moves a cursor, breaks the line or turns
    /// the direction of writing, whatever a stranger wrote on chain.
    pub fn line(&self) -> String {
        let mut line = format!(
            "{} {:<8} {}",
            human::time(self.at),
            self.severity.word(),
            self.code.word()
        );
        // Writing to a String cannot fail.
        if let Some(economy) = &self.economy {
            let _ = write!(line, " {economy}");
        }
        let _ = write!(line, ": {} {}", self.message, self.remedy);
        let proof = &self.proof;
        match (&proof.log, proof.record) {
            (Some(log), Some(record)) => {
                let _ = write!(line, " [{log} record {record}, slot {}", proof.slot);
            }
            _ => {
                let _ = write!(line, " [slot {}", proof.slot);
            }
        }
        let _ = write!(line, ", id {}]", self.id);
        human::escaped(&line)
    }

    /// A test alarm, numbered by whoever asks for it.
    pub fn test(number: u64, at: i64) -> Self {
        Self {
            id: format!("test.{number}"),
            sequence: 0,
            code: Code::Test,
            severity: Code::Test.severity(),
            phase: Phase::Happened,
            economy: None,
            at,
            message: "This is a test: alarms arrive here.".to_owned(),
            remedy: Code::Test.remedy().to_owned(),
            proof: Proof::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn al1_a_line_of_text_stays_one_line_whatever_is_written_on_chain() {
        let mut alarm = Alarm::test(7, 0);
        alarm.message = "a\u{1b}[2J\nb\u{202e}c\r\u{9b}d".to_owned();
        let line = alarm.line();
        assert!(
            line.contains("a\\u{1b}[2J\\nb\\u{202e}c\\r\\u{9b}d"),
            "{line}"
        );
        assert!(!line.chars().any(char::is_control), "{line}");
        // JSON escapes what would break its line
        let json = serde_json::to_string(&alarm).expect("JSON");
        assert_eq!(json.lines().count(), 1);
        assert_eq!(serde_json::from_str::<Alarm>(&json).expect("reads"), alarm);
    }

    #[test]
    fn the_guide_has_a_row_for_every_alarm() {
        let guide = include_str!("../../../../docs/WATCH.md");
        let rows: Vec<&str> = guide
            .lines()
            .take_while(|line| *line != "## Metrics")
            .filter(|line| line.starts_with("| `"))
            .collect();
        let listed: Vec<String> = Code::ALL
            .iter()
            .map(|code| {
                let kind = if code.lasts() { "begins, ends" } else { "once" };
                format!(
                    "| `{}` | {} | {kind} | {} | {} |",
                    code.word(),
                    code.severity().word(),
                    code.meaning(),
                    code.remedy()
                )
            })
            .collect();
        for row in &listed {
            assert!(rows.contains(&row.as_str()), "docs/WATCH.md lacks\n{row}");
        }
        // and none of an alarm that does not exist; rows of flags are those of the sinks
        let sinks = |row: &&&str| row.starts_with("| `--");
        let known = |row: &&&str| listed.iter().any(|listed| listed == *row);
        let others: Vec<_> = rows
            .iter()
            .filter(|row| !sinks(row) && !known(row))
            .collect();
        assert!(others.is_empty(), "{others:#?}");
    }
}
