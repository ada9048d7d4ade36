//! Stages of the commands for an economy's parts, its end, and what wallets take back.

use homeostat::state::FeedSettings;
use homeostat_client::{address, Action, Funding};
use homeostat_sandbox::{world::TOKEN, TokenProgram, World, WorldSpec};
use homeostat_served::Fixture;
use solana_account::ReadableAccount;
use solana_keypair::{write_keypair_file, Keypair};
use solana_signer::Signer;

use super::{Owner, Set, Stage, DAY};

/// Somebody who is named before there is an economy: its sponsor, or a reporter.
fn named() -> Keypair {
    Keypair::new_from_array([91; 32])
}

fn spec(command: &str) -> WorldSpec {
    let plain = WorldSpec::default();
    match command {
        "close" => WorldSpec {
            draft: true,
            ..plain
        },
        "touch-pool" | "close-pool" => WorldSpec {
            liquidity: vec![1],
            ..plain
        },
        "report-feed" => WorldSpec {
            feeds: vec![Some(FeedSettings {
                label: [b'U'; 16],
                reporters: vec![named().pubkey()],
                quorum: 1,
                max_spread_ppm: 50_000,
                max_age: 86_400,
            })],
            ..plain
        },
        "announce-recall" | "recall" | "dissolve" => WorldSpec {
            funding: Funding::Funded,
            sponsor: Some(named().pubkey()),
            funds: 100_000_000 * TOKEN,
            ..plain
        },
        _ => plain,
    }
}

/// The stage of a command; `None` for one that is not listed.
pub(super) fn of(command: &str) -> Option<Stage> {
    let set = Set(Fixture::of(spec(command)));
    let fixture = &set.0;
    let wallet = &fixture.wallets[0];
    let mut key = wallet.file.display().to_string();
    let mut words = vec![command.to_owned()];
    let mut say = |more: &[&str]| words.extend(more.iter().map(|word| (*word).to_owned()));
    match command {
        "cancel-unstake" => {
            set.does(&["stake", "10"], wallet);
            set.does(&["unstake", "3"], wallet);
            say(&["0"]);
        }
        "close-position" => {
            set.does(&["stake", "10"], wallet);
            set.does(&["unstake", "ALL"], wallet);
            fixture.served.advance(60 * DAY);
            set.does(&["withdraw"], wallet);
        }
        "close-ballot" => {
            set.does(&["stake", "500000"], wallet);
            fixture.served.advance(60);
            set.queued();
            set.does(&["ballot", "0"], wallet);
            set.does(&["veto", "0"], &fixture.guardian);
            say(&["0"]);
        }
        "create-pool" => {
            let stake = fixture.served.with(async |world: &mut World| {
                let mint = world.at.mint;
                world.bank.create_amm(&mint, TokenProgram::Legacy).await
            });
            set.enacts(Action::AllowPool {
                stake_mint: stake.mint,
                amm_vault: stake.amm_vault.expect("an AMM's vault"),
                weight: 2,
            });
        }
        "create-meter" => set.enacts(Action::AllowMeters { count: 1 }),
        "create-feed" => set.enacts(Action::AllowFeeds { count: 1 }),
        "report-feed" => {
            key = set.named();
            say(&["0", "1.5"]);
        }
        "touch-pool" | "close-pool" => {
            fixture.served.advance(DAY);
            if command == "close-pool" {
                set.enacts(Action::Retire { successor: None });
            }
            let mint = fixture
                .served
                .with(async |world: &mut World| world.pools[1].mint);
            say(&["--pool", &mint.to_string()]);
        }
        "grow-log" => say(&["5"]),
        "trip-breaker" => {
            set.does(&["stake", "5"], wallet);
            let vault = address::principal_vault(&fixture.at.pool(&fixture.at.mint));
            fixture.served.with(async move |world: &mut World| {
                let mut account = world.bank.account(&vault).await.expect("a vault");
                let mut data = account.data().to_vec();
                // The amount of a token account.
                data[64..72].copy_from_slice(&TOKEN.to_le_bytes());
                account.set_data_from_slice(&data);
                world.bank.set_account(&vault, &account);
            });
        }
        "close" => key = fixture.creator.file.display().to_string(),
        "announce-recall" => {
            key = set.named();
            say(&["3"]);
        }
        "recall" => {
            key = set.named();
            let words = ["announce-recall", "3", "--keypair", &key];
            assert_eq!(crate::common::run(fixture, &words).code, 0);
            fixture.served.advance(30 * DAY);
        }
        "hand-over-mint" => set.enacts(Action::Retire {
            successor: Some(wallet.pubkey()),
        }),
        "wind-up" | "dissolve" => {
            set.enacts(Action::Retire { successor: None });
            if command == "dissolve" {
                set.does(&["wind-up"], wallet);
            }
        }
        _ => return None,
    }
    Some(Stage {
        words,
        key,
        owner: Owner::Fixture(Box::new(set.0)),
    })
}

impl Set {
    fn enacts(&self, action: Action) {
        self.0.served.with(async move |world: &mut World| {
            world.enact(vec![action]).await.expect("it is decided");
        });
    }

    /// The key file of whoever was named before.
    fn named(&self) -> String {
        let key = named();
        let address = key.pubkey();
        self.0.served.with(async move |world: &mut World| {
            world.bank.airdrop(&address, 10_000_000_000).await;
        });
        let file = self.0.folder().join("named.json");
        write_keypair_file(&key, &file).expect("a key file is written");
        file.display().to_string()
    }
}
