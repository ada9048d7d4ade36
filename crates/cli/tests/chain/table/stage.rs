//! For each command that writes: a world in which it can be run, and its words.

#[path = "stage/parts.rs"]
mod parts;

use homeostat::state::action::AdviceRange;
use homeostat_client::{governance::q48, Action, Funding, Parameter, Pubkey, SeatArgs};
use homeostat_sandbox::{world::TOKEN, World, WorldSpec};
use homeostat_served::{Fixture, Person};

use crate::common::run;
use crate::creation::Founder;

/// A week, the period of the default economy, and a day (seconds).
const WEEK: i64 = 604_800;
const DAY: i64 = 86_400;

/// A world that is ready for a command.
pub(super) struct Stage {
    owner: Owner,
    /// The command and its own arguments.
    pub(super) words: Vec<String>,
    /// Whose key.
    pub(super) key: String,
}

enum Owner {
    Fixture(Box<Fixture>),
    Founder(Box<Founder>),
}

impl Stage {
    pub(super) fn fixture(&self) -> &Fixture {
        match &self.owner {
            Owner::Fixture(fixture) => fixture,
            Owner::Founder(founder) => &founder.fixture,
        }
    }

    /// The economy that is meant.
    pub(super) fn economy(&self) -> String {
        match &self.owner {
            Owner::Fixture(fixture) => fixture.at.economy.to_string(),
            Owner::Founder(founder) => founder.at.economy.to_string(),
        }
    }

    /// The stage of a command; `None` for one that is not listed.
    pub(super) fn of(command: &str) -> Option<Self> {
        match command {
            "create-economy" | "go-live" => return Some(Self::founded(command)),
            _ => {}
        }
        let spec = match command {
            "fund" => WorldSpec {
                funding: Funding::Funded,
                funds: 1_000_000 * TOKEN,
                ..WorldSpec::default()
            },
            _ => WorldSpec::default(),
        };
        let set = Set(Fixture::of(spec));
        let fixture = &set.0;
        let (wallet, other) = (&fixture.wallets[0], &fixture.wallets[1]);
        let members = &fixture.members;
        let to = other.pubkey().to_string();
        let file;
        let (arguments, who): (Vec<&str>, &Person) = match command {
            "stake" => (vec!["3"], wallet),
            "unstake" => {
                set.does(&["stake", "10"], wallet);
                (vec!["3"], wallet)
            }
            "withdraw" => {
                set.does(&["stake", "10"], wallet);
                set.does(&["unstake", "3"], wallet);
                fixture.served.advance(60 * DAY);
                (vec![], wallet)
            }
            "claim" => {
                set.does(&["stake", "500000"], wallet);
                fixture.served.advance(DAY);
                (vec![], wallet)
            }
            "pay" => (vec![&to, "3"], wallet),
            "fund" => (vec!["3"], wallet),
            "top-up" => {
                fixture.served.advance(WEEK + 12_345);
                (vec![], wallet)
            }
            "collect" => {
                set.does(&["pay", &to, "1000"], wallet);
                (vec![], wallet)
            }
            "crank" => {
                fixture.served.advance(WEEK);
                (vec![], wallet)
            }
            "propose" => {
                file = change(fixture);
                (vec![&file], &members[0])
            }
            "approve" => {
                set.proposed();
                (vec!["0"], &members[1])
            }
            "withdraw-approval" => {
                set.queued();
                (vec!["0"], &members[1])
            }
            "cancel" => {
                set.proposed();
                (vec!["0"], &members[0])
            }
            "close-proposal" => {
                set.proposed();
                set.does(&["cancel", "0"], &members[0]);
                (vec!["0"], wallet)
            }
            "veto" => {
                set.queued();
                (vec!["0"], &fixture.guardian)
            }
            "override-veto" => {
                set.dismissed();
                set.does(&["veto", "0"], &fixture.guardian);
                (vec!["0"], &members[0])
            }
            "expire" => {
                set.proposed();
                fixture.served.advance(60 * DAY);
                (vec!["0"], wallet)
            }
            "execute" => {
                set.queued();
                fixture.served.advance(2 * DAY);
                (vec!["0"], wallet)
            }
            "ballot" => {
                set.does(&["stake", "500000"], wallet);
                fixture.served.advance(60);
                set.queued();
                (vec!["0"], wallet)
            }
            "pause" => (
                vec!["pay", "3600", "--reason", "incident"],
                &fixture.guardian,
            ),
            "unpause" => {
                let pause = ["pause", "pay", "3600", "--reason", "incident"];
                set.does(&pause, &fixture.guardian);
                (vec!["pay"], &members[0])
            }
            "accept-role" => {
                set.appointed();
                (vec!["advisor"], other)
            }
            "advise" | "veto-advice" => {
                set.appointed();
                set.does(&["accept-role", "advisor"], other);
                match command {
                    "advise" => (vec!["emission", "setpoint", "0.58"], other),
                    _ => {
                        set.does(&["advise", "emission", "setpoint", "0.58"], other);
                        (vec![], &fixture.guardian)
                    }
                }
            }
            _ => return parts::of(command),
        };
        let mut words = vec![command.to_owned()];
        words.extend(arguments.into_iter().map(str::to_owned));
        let key = who.file.display().to_string();
        Some(Self {
            words,
            key,
            owner: Owner::Fixture(Box::new(set.0)),
        })
    }

    /// An economy that is to be created, or to go live.
    fn founded(command: &str) -> Self {
        let founder = Founder::new();
        let words = match command {
            "create-economy" => founder.creation(),
            _ => {
                assert_eq!(founder.create(&[]).code, 0);
                founder.accept();
                ["go-live", "--hand-over-mint"].map(str::to_owned).to_vec()
            }
        };
        Self {
            words,
            key: founder.key.display().to_string(),
            owner: Owner::Founder(Box::new(founder)),
        }
    }
}

/// A file that proposes another limit, which stakers may vote against.
fn change(fixture: &Fixture) -> String {
    let file = fixture.folder().join("change.toml");
    let text = "[[action]]\nkind = 'limits'\nparameter = 'fee'\nmax = 0.009\n";
    std::fs::write(&file, text).expect("the file is written");
    file.display().to_string()
}

/// A fixture whose scene is set.
struct Set(Fixture);

impl Set {
    fn does(&self, words: &[&str], who: &Person) {
        let key = who.file.display().to_string();
        let said = run(&self.0, &[words, &["--keypair", &key]].concat());
        assert_eq!(said.code, 0, "{words:?} {}{}", said.stdout, said.stderr);
    }

    /// The first member proposes another limit.
    fn proposed(&self) {
        let file = change(&self.0);
        self.does(&["propose", &file], &self.0.members[0]);
    }

    /// The same with the second member's approval, which is enough.
    fn queued(&self) {
        self.proposed();
        self.does(&["approve", "0"], &self.0.members[1]);
    }

    /// The guardian's replacement, queued.
    fn dismissed(&self) {
        let (fixture, other) = (&self.0, self.0.wallets[1].pubkey());
        let file = fixture.folder().join("guardian.toml");
        let text = format!("[[action]]\nkind = 'guardian'\nkey = '{other}'\n");
        std::fs::write(&file, text).expect("the file is written");
        let file = file.display().to_string();
        self.does(&["propose", &file], &fixture.members[0]);
        self.does(&["approve", "0"], &fixture.members[1]);
    }

    /// The second wallet is offered the advisor's role, with a range around one target.
    fn appointed(&self) {
        let key = self.0.wallets[1].pubkey();
        let none = AdviceRange {
            setpoint_q48: 0,
            bias_q48: 0,
        };
        self.0.served.with(async move |world: &mut World| {
            world
                .enact(vec![
                    Action::Advisor {
                        expected: Pubkey::default(),
                        seat: SeatArgs { key, via: None },
                    },
                    Action::AdviceRange {
                        parameter: Parameter::Emission,
                        expected: none,
                        value: AdviceRange {
                            setpoint_q48: q48(0.05),
                            ..none
                        },
                    },
                ])
                .await
                .expect("the council appoints");
        });
    }
}
