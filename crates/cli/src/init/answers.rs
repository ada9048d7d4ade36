//! The questions of `init`: for each its option, what is asked, why, and what fits.

use std::collections::BTreeMap;

use clap::{Arg, ArgMatches, Command, FromArgMatches};
use homeostat_client::Pubkey;

use super::ask::Asking;
use crate::decimal::Decimal;
use crate::failure::{quoted, Failure};
use homeostat_settings::human::read_duration;

/// What was answered by options, by key.
pub(super) type Given = BTreeMap<&'static str, String>;

/// A question.
pub(super) struct Question {
    /// The table of the file that it belongs to.
    pub(super) table: &'static str,
    /// Its key there.
    pub(super) key: &'static str,
    /// The option that answers it.
    flag: &'static str,
    /// What a person is asked.
    pub(super) ask: &'static str,
    /// The reason, which the file has beside the value.
    pub(super) why: &'static str,
    /// What an empty line stands for.
    usual: &'static str,
    kind: Kind,
}

/// What an answer is.
#[derive(Clone, Copy)]
enum Kind {
    Text,
    Word(&'static [&'static str]),
    /// A number, or a percentage.
    Number,
    /// The same, or nothing.
    MaybeNumber,
    Duration,
    /// Pairs of a yield and a share.
    Stakers,
    Addresses,
    Address,
}

const ECONOMY: &str = "economy";
const FORECAST: &str = "forecast";
const COUNCIL: &str = "council";
const DELAYS: &str = "council.delays";

/// Everything that is asked, in order.
pub(super) const QUESTIONS: &[Question] = &[
    Question {
        table: ECONOMY,
        key: "name",
        flag: "name",
        ask: "What is the economy called?",
        why: "What people read in simulations; it is not on chain.",
        usual: "My economy",
        kind: Kind::Text,
    },
    Question {
        table: ECONOMY,
        key: "mode",
        flag: "mode",
        ask: "Where do rewards come from: mint (new tokens, under a cap) or funded (a vault that is filled)?",
        why: "Where rewards come from. \"mint\" makes new tokens under the hard cap, and the economy \
              gets the mint authority; \"funded\" pays out of a vault that anybody fills. It stays as it is.",
        usual: "mint",
        kind: Kind::Word(&["mint", "funded"]),
    },
    Question {
        table: ECONOMY,
        key: "decimals",
        flag: "decimals",
        ask: "Decimals of the token?",
        why: "Decimals of the token: those of its mint.",
        usual: "6",
        kind: Kind::Number,
    },
    Question {
        table: ECONOMY,
        key: "supply",
        flag: "supply",
        ask: "Tokens at the start?",
        why: "Tokens at the start, for simulations; on chain it is the mint's supply.",
        usual: "1000000000",
        kind: Kind::Number,
    },
    Question {
        table: ECONOMY,
        key: "hard_cap",
        flag: "hard-cap",
        ask: "Most tokens that may ever exist? (nothing: twice those at the start)",
        why: "Most tokens that may ever exist, whatever the controllers say. Only a Critical proposal \
              raises it.",
        usual: "",
        kind: Kind::MaybeNumber,
    },
    Question {
        table: ECONOMY,
        key: "period",
        flag: "period",
        ask: "How often are parameters decided? (60s to 30d)",
        why: "Seconds between two decisions. It is for ever: the gains are tuned for it. Longer is \
              steadier and dearer to manipulate, shorter answers sooner.",
        usual: "7d",
        kind: Kind::Duration,
    },
    Question {
        table: ECONOMY,
        key: "unbonding",
        flag: "unbonding",
        ask: "How long does stake wait before it can be taken out?",
        why: "Seconds from a request to the withdrawal. It keeps stake that has voted, or profited \
              from a measurement, from leaving before that takes effect.",
        usual: "7d",
        kind: Kind::Duration,
    },
    Question {
        table: ECONOMY,
        key: "treasury_share",
        flag: "treasury-share",
        ask: "Which part of the fees that are not burned does the treasury get?",
        why: "The treasury's part of the fees that are not burned; the rest goes to stakers.",
        usual: "0.2",
        kind: Kind::Number,
    },
    Question {
        table: ECONOMY,
        key: "outflow_cap",
        flag: "outflow-cap",
        ask: "Most tokens that the treasury may pay out in 30 days? (0: none)",
        why: "Most tokens that the treasury pays out in 30 days, whoever approves it: what stolen keys \
              could take before anybody sees it.",
        usual: "0",
        kind: Kind::Number,
    },
    Question {
        table: ECONOMY,
        key: "bounty",
        flag: "bounty",
        ask: "Lamports for whoever ends a period?",
        why: "Lamports for whoever ends a period, from a vault that is filled with `homeostat fund SOL \
              --bounties`. An empty vault stops nothing.",
        usual: "10000",
        kind: Kind::Number,
    },
    Question {
        table: FORECAST,
        key: "turnover",
        flag: "turnover",
        ask: "How often is the circulating supply paid through the economy in a year?",
        why: "Volume of a year over the circulating supply: what fees can bring in.",
        usual: "4",
        kind: Kind::Number,
    },
    Question {
        table: FORECAST,
        key: "stakers",
        flag: "stakers",
        ask: "At which yield is which share staked? (YIELD:SHARE, …)",
        why: "Who stakes at which yield, ascending: what the staked share costs.",
        usual: "0.075:0.5",
        kind: Kind::Stakers,
    },
    Question {
        table: FORECAST,
        key: "staked_share",
        flag: "staked-share",
        ask: "Which share of the circulating tokens is to be staked?",
        why: "The share that is to be staked, which the emission is steered by.",
        usual: "0.6",
        kind: Kind::Number,
    },
    Question {
        table: FORECAST,
        key: "most_emission",
        flag: "most-emission",
        ask: "Highest emission that is acceptable, over the supply in a year?",
        why: "The highest emission that holders accept, over the supply in a year.",
        usual: "0.2",
        kind: Kind::Number,
    },
    Question {
        table: FORECAST,
        key: "treasury_needs",
        flag: "treasury-needs",
        ask: "What does the treasury need in a year, over the supply?",
        why: "What the treasury needs in a year, over the supply; the fee has to bring it in.",
        usual: "0",
        kind: Kind::Number,
    },
    Question {
        table: FORECAST,
        key: "fee",
        flag: "fee",
        ask: "Which fee are payers used to?",
        why: "The fee that payers are used to, as a fraction of a payment.",
        usual: "0.003",
        kind: Kind::Number,
    },
    Question {
        table: FORECAST,
        key: "burned_over_emitted",
        flag: "burned-over-emitted",
        ask: "Which part of the emission is to be burned again?",
        why: "The part of the emission that is to be burned again, out of fees.",
        usual: "0.02",
        kind: Kind::Number,
    },
    Question {
        table: COUNCIL,
        key: "members",
        flag: "members",
        ask: "Addresses of the council's members, with commas between? (nothing: later)",
        why: "1 to 15 wallets that propose and approve. Each accepts its seat before the economy goes \
              live, so that no mistyped address is among them.",
        usual: "",
        kind: Kind::Addresses,
    },
    Question {
        table: COUNCIL,
        key: "threshold",
        flag: "threshold",
        ask: "How many of them have to approve?",
        why: "Approvals that a proposal needs. With more than half, no two decisions contradict each \
              other behind anybody's back.",
        usual: "",
        kind: Kind::Number,
    },
    Question {
        table: COUNCIL,
        key: "guardian",
        flag: "guardian",
        ask: "Address of the guardian, who pauses and vetoes and is no member?",
        why: "Pauses and vetoes, and can raise or approve nothing. No member, so that it stops the \
              council.",
        usual: "",
        kind: Kind::Address,
    },
    Question {
        table: DELAYS,
        key: "routine",
        flag: "routine-delay",
        ask: "How long do changes inside the envelope wait? (6h to 7d)",
        why: "Seconds between approval and execution of changes inside the envelope: the time in \
              which stakers and guardian see them.",
        usual: "6h",
        kind: Kind::Duration,
    },
    Question {
        table: DELAYS,
        key: "standard",
        flag: "standard-delay",
        ask: "How long do changes outside of it wait? (24h to 14d)",
        why: "The same for changes outside of it, narrower limits, pools and fees.",
        usual: "2d",
        kind: Kind::Duration,
    },
    Question {
        table: DELAYS,
        key: "critical",
        flag: "critical-delay",
        ask: "How long do wider limits, members and treasury payments wait? (3d to 30d)",
        why: "The same for wider limits, members, delays, treasury payments and the end. Long enough \
              for stakers to take their stake out.",
        usual: "6d",
        kind: Kind::Duration,
    },
];

impl Question {
    /// An answer as TOML has it; nothing for nothing.
    ///
    /// # Errors
    ///
    /// `bad_value` with what can be written.
    pub(super) fn read(&self, text: &str) -> Result<String, Failure> {
        let wrong = |allowed: &str| {
            Failure::new(
                "bad_value",
                format!("{} is no answer to {}", quoted(text), self.option()),
            )
            .remedy(format!("write {allowed}"))
        };
        match self.kind {
            Kind::Text => {
                let fits = |letter: char| !letter.is_control() && !['"', '\\'].contains(&letter);
                let name = (1..=40).contains(&text.chars().count()) && text.chars().all(fits);
                match name {
                    true => Ok(format!("\"{text}\"")),
                    false => Err(wrong("1 to 40 characters without quotation marks")),
                }
            }
            Kind::Word(words) => match words.contains(&text) {
                true => Ok(format!("\"{text}\"")),
                false => Err(wrong(&words.join(" or "))),
            },
            Kind::MaybeNumber if text.is_empty() => Ok(String::new()),
            Kind::Number | Kind::MaybeNumber => {
                number(text).ok_or_else(|| wrong("a number such as 0.06 or 1000000, or 6 %"))
            }
            Kind::Duration => read_duration(text)
                .map(|seconds| seconds.to_string())
                .map_err(|_| wrong("a duration such as 12h, 7d, or seconds")),
            Kind::Stakers => stakers(text)
                .ok_or_else(|| wrong("pairs of a yield and a share, such as 0.05:0.4, 0.1:0.6")),
            Kind::Addresses => {
                let all = text.split(',').map(str::trim).filter(|it| !it.is_empty());
                let all: Option<Vec<String>> = all.map(address).collect();
                match all.ok_or_else(|| wrong("addresses with commas between"))? {
                    none if none.is_empty() => Ok(String::new()),
                    some => Ok(format!("[{}]", some.join(", "))),
                }
            }
            Kind::Address => address(text).ok_or_else(|| wrong("an address")),
        }
    }

    /// Its option.
    fn option(&self) -> String {
        format!("--{}", self.flag)
    }
}

/// An address in quotation marks.
fn address(text: &str) -> Option<String> {
    let address: Pubkey = text.parse().ok()?;
    Some(format!("\"{address}\""))
}

/// A number that is not negative; thousands may be set off, and `6 %` is 0.06.
fn number(text: &str) -> Option<String> {
    const PERCENT: i32 = 2;
    let (digits, places) = match text.strip_suffix('%') {
        Some(share) => (share.trim_end(), PERCENT),
        None => (text, 0),
    };
    let digits = digits.replace([',', '_'], "");
    let number: Decimal = digits.parse().ok()?;
    let number = number.shifted(-places).to_string();
    (!number.starts_with('-')).then_some(number)
}

/// Who stakes at which yield.
fn stakers(text: &str) -> Option<String> {
    let pair = |pair: &str| {
        let (rate, share) = pair.split_once(':')?;
        let (rate, share) = (number(rate.trim())?, number(share.trim())?);
        Some(format!("{{ yield = {rate}, staked = {share} }}"))
    };
    let pairs: Option<Vec<String>> = text.split(',').map(pair).collect();
    Some(format!("[{}]", pairs?.join(", ")))
}

/// The options that answer questions.
#[derive(Clone, Debug, Default)]
pub struct AnswerArgs(Given);

impl AnswerArgs {
    /// What was answered.
    pub(super) fn given(&self) -> Given {
        self.0.clone()
    }
}

impl FromArgMatches for AnswerArgs {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut answers = Self::default();
        answers.update_from_arg_matches(matches)?;
        Ok(answers)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        for question in QUESTIONS {
            if let Some(answer) = matches.get_one::<String>(question.key) {
                self.0.insert(question.key, answer.clone());
            }
        }
        Ok(())
    }
}

impl clap::Args for AnswerArgs {
    fn augment_args(command: Command) -> Command {
        QUESTIONS.iter().fold(command, |command, question| {
            let help = match question.usual {
                "" => question.ask.to_owned(),
                usual => format!("{} [usual: {usual}]", question.ask),
            };
            command.arg(
                Arg::new(question.key)
                    .long(question.flag)
                    .value_name("ANSWER")
                    .help(help)
                    .help_heading("Answers"),
            )
        })
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

/// All answers as TOML has them, by key; empty where nothing is to be written.
#[derive(Debug)]
pub(super) struct Answers(BTreeMap<&'static str, String>);

impl Answers {
    /// The answer to a question; empty where nothing is to be written.
    pub(super) fn get(&self, key: &str) -> &str {
        self.0.get(key).map_or("", String::as_str)
    }
}

/// Asks what no option answers.
///
/// # Errors
///
/// An answer of an option that does not fit, or that belongs to a council without members; the
/// answers have ended.
pub(super) fn collect(given: &Given, asking: &mut Asking<'_>) -> Result<Answers, Failure> {
    let mut answers = Answers(BTreeMap::new());
    for question in QUESTIONS {
        let key = question.key;
        let of_council = [COUNCIL, DELAYS].contains(&question.table) && key != "members";
        let no_council = of_council && answers.get("members").is_empty();
        let no_cap = key == "hard_cap" && answers.get("mode") == "\"funded\"";
        if no_council && given.contains_key(key) {
            return Err(Failure::new(
                "usage",
                format!(
                    "{} belongs to a council, which has no members",
                    question.option()
                ),
            )
            .remedy("name them with --members ADDRESS,ADDRESS; nothing was written"));
        }
        if (no_council || no_cap) && !given.contains_key(key) {
            continue;
        }
        let majority = majority(answers.get("members"));
        let usual = match key {
            "threshold" => majority.as_str(),
            _ => question.usual,
        };
        let answer = match given.get(key) {
            Some(text) => question.read(text)?,
            None => asking.answer(question, usual)?,
        };
        answers.0.insert(key, answer);
    }
    Ok(answers)
}

/// More than half of the members.
fn majority(members: &str) -> String {
    let count = members.split(',').filter(|it| !it.is_empty()).count();
    (count / 2 + 1).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(key: &str, text: &str) -> Result<String, &'static str> {
        let question = QUESTIONS.iter().find(|it| it.key == key).unwrap();
        question.read(text).map_err(|failure| failure.code)
    }

    #[test]
    fn answers_are_read_as_people_write_them() {
        let ok = |text: &str| Ok(text.to_owned());
        assert_eq!(read("supply", "1,000,000"), ok("1000000"));
        assert_eq!(read("staked_share", "60 %"), ok("0.6"));
        assert_eq!(read("fee", "0.3%"), ok("0.003"));
        assert_eq!(read("period", "7d"), ok("604800"));
        assert_eq!(read("period", "60"), ok("60"));
        assert_eq!(read("hard_cap", ""), ok(""));
        let pairs = "[{ yield = 0.05, staked = 0.4 }, { yield = 0.1, staked = 0.6 }]";
        assert_eq!(read("stakers", "5%:40%, 0.1:0.6"), ok(pairs));
        let (one, other) = (Pubkey::new_unique(), Pubkey::new_unique());
        let both = format!("{one}, {other},");
        assert_eq!(
            read("members", &both),
            ok(&format!("[\"{one}\", \"{other}\"]"))
        );
        assert_eq!(read("members", ""), ok(""));
        for (key, wrong) in [
            ("name", "a\"b"),
            ("name", ""),
            ("mode", "burn"),
            ("supply", "-1"),
            ("supply", "much"),
            ("supply", ""),
            ("period", "1.5d"),
            ("stakers", "0.05"),
            ("members", "me"),
            ("guardian", ""),
        ] {
            assert_eq!(read(key, wrong), Err("bad_value"), "{key} {wrong:?}");
        }
    }

    #[test]
    fn a_threshold_is_more_than_half_and_a_guardian_needs_a_council() {
        let people: Vec<String> = (0..4).map(|_| Pubkey::new_unique().to_string()).collect();
        let members = people[..3].join(",");
        let given = Given::from([("members", members), ("guardian", people[3].clone())]);
        let answers = collect(&given, &mut Asking::usual()).unwrap();
        assert_eq!(answers.get("threshold"), "2");
        let given = Given::from([("guardian", people[3].clone())]);
        let failure = collect(&given, &mut Asking::usual()).err().unwrap();
        assert_eq!(failure.code, "usage");
    }
}
