//! Liquidity pools and feeds of an economy file.

use homeostat_client::instruction::StakeMint;
use homeostat_client::{Feed, Metric, Pool};
use homeostat_sandbox::TokenProgram;

use super::*;

impl Founder {
    /// An AMM for the founder's token.
    fn amm(&self) -> StakeMint {
        let mint = self.mint;
        self.fixture.served.with(async move |world: &mut World| {
            world.bank.create_amm(&mint, TokenProgram::Legacy).await
        })
    }

    /// A file with this pool, and a feed with these reporters that emission follows.
    fn write_parts(&self, pool: &str, feed: &str) {
        let file = [
            CHANGED,
            &self.council(2),
            "[controllers.burn]\nmetric = \"feed_0\"\nfeed_forward = \"none\"\n",
            pool,
            feed,
        ];
        // The burn's table stands once.
        let text = file.concat().replace("[controllers.burn]\nki = 0.01\n", "");
        self.write(&text);
    }

    fn feed(&self) -> Feed {
        let at = self.at.feed(0);
        let read = async move |world: &mut World| world.bank.fetch(&at).await;
        self.fixture.served.with(read)
    }
}

fn pool(stake: &StakeMint, weight: u16) -> String {
    format!(
        "[[pool]]\nstake_mint = \"{}\"\namm_vault = \"{}\"\nweight = {weight}\n",
        stake.mint,
        stake.amm_vault.unwrap()
    )
}

fn feed(reporters: &[Pubkey], more: &str) -> String {
    let listed: Vec<_> = reporters.iter().map(|key| format!("\"{key}\"")).collect();
    format!(
        "[[feed]]\nlabel = \"SOL/USD\"\nreporters = [{}]\n{more}",
        listed.join(", ")
    )
}

#[test]
fn pools_and_feeds_of_the_file_are_made_and_go_on_where_they_were_stopped() {
    // given a file with a liquidity pool, and a feed that a controller follows
    let founder = Founder::new();
    let amm = founder.amm();
    let reporters: Vec<_> = founder
        .fixture
        .wallets
        .iter()
        .map(|it| it.pubkey())
        .collect();
    let first = feed(&reporters, "");
    founder.write_parts(&pool(&amm, 3), &first);

    // when it is tried out, then both are shown
    let tried = founder.create(&["--simulate"]);
    assert_eq!(tried.code, 0, "{}{}", tried.stdout, tried.stderr);
    for shown in [
        format!("of {}, weight 3", amm.mint),
        "SOL/USD".to_owned(),
        format!("reporter   {}", reporters[0]),
        "create feed 0".to_owned(),
    ] {
        assert!(tried.stderr.contains(&shown), "{shown}: {}", tried.stderr);
    }

    // when it is created over a server that goes away after every transaction, then each run
    // does the next part
    let proxy = Proxy::start(founder.fixture.served.url());
    let mut runs = 0;
    loop {
        proxy.heal();
        proxy.on("simulateTransaction").after(1).always(Fault::Drop);
        let said = founder.create_at(proxy.url(), &[]);
        runs += 1;
        if said.code == 0 {
            break;
        }
        assert_eq!(said.code, 3, "{}{}", said.stdout, said.stderr);
        assert!(runs < 9, "{}", said.stdout);
    }
    assert!(runs > 1);
    // then all of it is there, once
    let steps = |said: &Said| said.json()["steps"].clone();
    let again = founder.create(&[]);
    assert_eq!(steps(&again), serde_json::json!([]), "{}", again.stdout);
    let economy = founder.economy().unwrap();
    assert_eq!((economy.pool_count, economy.feed_count), (2, 1));
    assert_eq!(economy.pools[1].weight, 3);
    let wiring = economy.controllers[Parameter::Burn.index()]
        .wiring()
        .unwrap();
    assert_eq!(wiring.metric, Metric::Feed0);
    let at = founder.at.pool(&amm.mint);
    let read = async move |world: &mut World| world.bank.fetch::<Pool>(&at).await;
    let made = founder.fixture.served.with(read);
    assert_eq!(Some(made.amm_vault), amm.amm_vault);
    let settings = founder.feed().settings();
    assert_eq!((&settings.reporters, settings.max_age), (&reporters, 3_600));

    // when the feed's rules change in the file, then one step sets them, and one those of the
    // controller that follows it
    founder.write_parts(&pool(&amm, 3), &feed(&reporters, "max_age = 7_200\n"));
    let changed = founder.create(&[]);
    assert_eq!(changed.code, 0, "{}{}", changed.stdout, changed.stderr);
    assert_eq!(steps(&changed).as_array().unwrap().len(), 2);
    assert_eq!(founder.feed().settings().max_age, 7_200);
    // and when the pool's weight does, then it is refused with both, and nothing is sent
    let held = founder.lamports();
    founder.write_parts(&pool(&amm, 4), &first);
    let refused = founder.create(&[]);
    assert_eq!(
        said(&refused),
        (1, "other_pool".into()),
        "{}",
        refused.stdout
    );
    let message = refused.json()["error"]["message"].to_string();
    assert!(
        message.contains("weight 3") && message.contains("says 4"),
        "{message}"
    );
    assert_eq!(founder.lamports(), held);

    // and the economy goes live with them
    founder.write_parts(&pool(&amm, 3), &first);
    assert_eq!(founder.create(&[]).code, 0);
    founder.accept();
    let live = founder.go_live(&["--hand-over-mint"]);
    assert_eq!(live.code, 0, "{}{}", live.stdout, live.stderr);
}

#[test]
fn pools_and_feeds_that_cannot_be_are_refused_before_anything_is_sent() {
    let founder = Founder::new();
    let amm = founder.amm();
    let own = StakeMint {
        mint: founder.mint,
        ..amm
    };
    let no_mint = StakeMint {
        mint: Pubkey::new_unique(),
        ..amm
    };
    let no_vault = StakeMint {
        amm_vault: Some(founder.fixture.wallets[0].pubkey()),
        ..amm
    };
    let reporter = [founder.fixture.wallets[0].pubkey()];
    let cases = [
        (pool(&own, 1), String::new(), "own_mint_as_liquidity"),
        (pool(&no_mint, 1), String::new(), "no_mint"),
        (pool(&no_vault, 1), String::new(), "wrong_amm_vault"),
        (pool(&amm, 0), String::new(), "bad_value"),
        (String::new(), feed(&reporter, "quorum = 2\n"), "bad_value"),
        (String::new(), String::new(), "bad_word"),
    ];
    let held = founder.lamports();
    for (pool, feed, code) in cases {
        let feed = match feed.as_str() {
            "" if code != "bad_word" => self::feed(&reporter, ""),
            _ => feed,
        };
        founder.write_parts(&pool, &feed);
        let refused = founder.create(&[]);
        assert_eq!(said(&refused), (1, code.into()), "{}", refused.stdout);
        assert!(refused.json()["error"]["remedy"].is_string(), "{code}");
        assert!(founder.economy().is_none(), "{code}");
    }
    assert_eq!(founder.lamports(), held);
}
