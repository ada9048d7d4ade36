//! Lookup tables: made once, found again, searched for only then.

use super::*;

#[test]
fn an_economy_that_fits_no_packet_gets_a_table_that_is_found_again() {
    // given the largest economy
    let fixture = Fixture::of(largest());
    let economy = fixture.at.economy.to_string();
    let arguments = ["--economy", economy.as_str()];
    let start = || Running::start(fixture.served.url(), key(&fixture, 0), &arguments);
    let keeper = start();
    keeper.wait("state", 1);
    // when its period is over, then a table is made
    end_period(&fixture);
    let made = keeper.wait("table_made", 1);
    keeper.wait("cranked", 1);
    assert_eq!(made[0]["addresses"], made[0]["added"]);
    // and serves the next one
    end_period(&fixture);
    keeper.wait("cranked", 2);
    assert_eq!(keeper.of("table_made").len(), 1);
    keeper.no_errors();
    keeper.kill();
    // and a keeper that starts again finds it
    let keeper = start();
    end_period(&fixture);
    let found = keeper.wait("table_found", 1);
    keeper.wait("cranked", 1);
    assert_eq!(found[0]["table"], made[0]["table"]);
    assert_eq!(found[0]["addresses"], made[0]["addresses"]);
    keeper.no_errors();
    assert_eq!(periods(&fixture), 3);
}

#[test]
fn kill_9_while_a_table_is_made_makes_no_second_one() {
    let fixture = Fixture::of(largest());
    let economy = fixture.at.economy.to_string();
    let proxy = Proxy::start(fixture.served.url());
    end_period(&fixture);
    // The table with its first addresses, an extension, the crank.
    for sent in 0..3 {
        // given a keeper that is killed while it sends one of them
        let seen = proxy.seen("sendTransaction");
        proxy
            .on("sendTransaction")
            .after(u64::from(sent > 0))
            .always(Fault::Hang);
        let keeper = Running::start(proxy.url(), key(&fixture, 0), &["--economy", &economy]);
        until("it sends", || {
            proxy.seen("sendTransaction") > seen + u64::from(sent > 0)
        });
        keeper.kill();
        proxy.heal();
    }
    // when it starts again, then it goes on where it was
    let keeper = Running::start(proxy.url(), key(&fixture, 0), &["--economy", &economy]);
    keeper.wait("cranked", 1);
    keeper.no_errors();
    assert_eq!(periods(&fixture), 1);
    let settings = Wishes {
        url: Some(fixture.served.url().into()),
        config: Some(fixture.config().display().to_string()),
        ..Wishes::default()
    };
    let connection = Connection::open(&settings.resolve().unwrap()).unwrap();
    let program = solana_sdk_ids::address_lookup_table::ID;
    let tables = connection.program_accounts(&program, &[], None).unwrap();
    assert_eq!(tables.len(), 1);
}

#[test]
fn economies_that_need_tables_at_once_get_one_each() {
    let (served, economies, folder) = town(2, largest());
    let key = folder.path().join("keeper.json");
    let arguments = ["--economy", &economies[0], "--economy", &economies[1]];
    let keeper = Running::start(served.url(), &key, &arguments);
    keeper.wait("state", 2);
    served.advance(WEEK);
    keeper.wait("cranked", 2);
    let made = keeper.of("table_made");
    assert_eq!(made.len(), 2);
    assert_ne!(made[0]["table"], made[1]["table"]);
    keeper.no_errors();
    keeper.stop();
    // Economies that nobody named cost no rent.
    served.advance(WEEK);
    let stranger = Keypair::new();
    let file = folder.path().join("stranger.json");
    write_keypair_file(&stranger, &file).unwrap();
    served.with(async move |town: &mut Town| {
        town.bank.airdrop(&stranger.pubkey(), 1_000_000_000).await;
    });
    let keeper = Running::start(served.url(), &file, &["--all", "--min-bounty", "0"]);
    let failed = keeper.wait("failed", 2);
    assert!(failed.iter().all(|line| line["code"] == "needs_table"));
    assert_eq!(keeper.of("table_made").len(), 0);
}

#[test]
fn a_table_in_the_record_is_not_searched_for_and_one_that_is_gone_is() {
    // given a keeper that made a table, and remembers it
    let fixture = Fixture::of(largest());
    let economy = fixture.at.economy.to_string();
    let proxy = Proxy::start(fixture.served.url());
    let record = fixture.folder().join("lookup-tables.json");
    let record = record.to_str().unwrap();
    let arguments = ["--economy", economy.as_str(), "--record", record];
    let start = || Running::start(proxy.url(), key(&fixture, 0), &arguments);
    let searches = || proxy.seen("getProgramAccounts");
    let keeper = start();
    end_period(&fixture);
    let made = keeper.wait("table_made", 1);
    keeper.wait("cranked", 1);
    assert_eq!(searches(), 1);
    keeper.kill();
    // when it starts again, then it finds the table without a search
    let keeper = start();
    end_period(&fixture);
    let found = keeper.wait("table_found", 1);
    keeper.wait("cranked", 1);
    assert_eq!(found[0]["table"], made[0]["table"]);
    assert_eq!(searches(), 1);
    keeper.no_errors();
    keeper.kill();
    // and when the record names an account that is no table, it searches, and corrects it
    let kept = std::fs::read_to_string(record).unwrap();
    let table = made[0]["table"].as_str().unwrap();
    assert!(kept.contains(table), "{kept}");
    let wrong = kept.replace(table, &fixture.at.mint.to_string());
    std::fs::write(record, wrong).unwrap();
    let keeper = start();
    end_period(&fixture);
    let found = keeper.wait("table_found", 1);
    keeper.wait("cranked", 1);
    assert_eq!(found[0]["table"], made[0]["table"]);
    assert_eq!(searches(), 2);
    assert_eq!(std::fs::read_to_string(record).unwrap(), kept);
    keeper.no_errors();
}

#[test]
fn a_table_that_the_cluster_refuses_is_looked_up_again() {
    // given a keeper with a table
    let fixture = Fixture::of(largest());
    let economy = fixture.at.economy.to_string();
    let proxy = Proxy::start(fixture.served.url());
    let keeper = Running::start(proxy.url(), key(&fixture, 0), &["--economy", &economy]);
    end_period(&fixture);
    let made = keeper.wait("table_made", 1);
    keeper.wait("cranked", 1);
    // when the cluster says once that it does not have it
    proxy
        .on("simulateTransaction")
        .once(Fault::lie(|_, mut result| {
            result["value"]["err"] = "AddressLookupTableNotFound".into();
            result
        }));
    end_period(&fixture);
    keeper.wait("failed", 1);
    // then it asks where its record says, finds it, and ends the period
    let found = keeper.wait("table_found", 1);
    keeper.wait("cranked", 2);
    assert_eq!(found[0]["table"], made[0]["table"]);
    assert_eq!(proxy.seen("getProgramAccounts"), 1);
    assert_eq!(periods(&fixture), 2);
}

#[test]
fn a_crank_by_hand_uses_the_keepers_table_and_searches_only_without_its_record() {
    // given an economy that fits no packet, a keeper that made its table, and its record
    let fixture = Fixture::of(largest());
    let economy = fixture.at.economy.to_string();
    let record = fixture.folder().join("lookup-tables.json");
    let record = record.to_str().unwrap();
    let keys = [0, 1].map(|wallet| key(&fixture, wallet).display().to_string());
    // without a table there is nothing to send, and it is said how to come to one
    end_period(&fixture);
    let said = run(&fixture, &["crank", "--keypair", &keys[0]]);
    assert_eq!((said.code, said.error().as_str()), (1, "needs_table"));
    assert!(said.json()["error"]["remedy"]
        .as_str()
        .unwrap()
        .contains("--lookup-table"));
    let arguments = ["--economy", economy.as_str(), "--record", record];
    let keeper = Running::start(fixture.served.url(), key(&fixture, 0), &arguments);
    let made = keeper.wait("table_made", 1);
    keeper.wait("cranked", 1);
    keeper.kill();
    let table = made[0]["table"].as_str().unwrap();
    let proxy = Proxy::start(fixture.served.url());
    let searches = || proxy.seen("getProgramAccounts");
    for (options, searched) in [
        // when somebody else cranks with that record, or with the table's name, then no server is
        // searched; whoever has the keeper's key needs neither
        (["--keypair", &keys[1], "--record", record], 0),
        (["--keypair", &keys[1], "--lookup-table", table], 0),
        (["--keypair", &keys[0], "--record", "/nowhere/at/all"], 1),
    ] {
        let before = periods(&fixture);
        end_period(&fixture);
        let words = [&["crank"], options.as_slice()].concat();
        let said = crate::common::run_at(&fixture, proxy.url(), &words);
        assert_eq!(said.code, 0, "{options:?}: {}", said.stdout);
        assert_eq!(periods(&fixture), before + 1, "{options:?}");
        assert_eq!(searches(), searched, "{options:?}");
    }
    // and what the next crank would do needs no table
    let preview = run(&fixture, &["preview", "--keypair", &keys[0]]);
    assert_eq!(preview.code, 0, "{}", preview.stdout);
}
