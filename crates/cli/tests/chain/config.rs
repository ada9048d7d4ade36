//! The default economy and names of addresses: set, used, told, taken back, and never meant
//! elsewhere.

use std::fs;
use std::path::PathBuf;

use homeostat_client::Pubkey;
use homeostat_served::{lies, Fixture, Proxy};

use crate::alone;
use crate::common::Said;
use crate::schema::check_schema;

/// A genesis hash that is another cluster's.
const ELSEWHERE: &str = "4uhcVJyU9pJkvQyS88uRDiswHXSCkY3zQawwpjk2NsNY";

fn as_person(fixture: &Fixture, words: &[&str]) -> Said {
    alone(fixture, fixture.served.url(), words, "display")
}

fn at(fixture: &Fixture, url: &str, words: &[&str]) -> Said {
    alone(fixture, url, words, "json")
}

/// Runs the binary with no economy in its environment.
fn alone(fixture: &Fixture, url: &str, words: &[&str], format: &str) -> Said {
    let output = alone::binary()
        .args(words)
        .args(["--output", format, "--url", url, "--config"])
        .arg(fixture.config())
        .env("HOMEOSTAT_JOURNAL", fixture.folder().join("journal"))
        .output()
        .expect("the binary runs");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    Said {
        code: output.status.code().unwrap_or(-1),
        stdout: text(output.stdout),
        stderr: text(output.stderr),
    }
}

fn here(fixture: &Fixture, words: &[&str]) -> Said {
    let said = at(fixture, fixture.served.url(), words);
    if words[0] == "config" && said.code == 0 {
        check_schema("config", &said.json());
    }
    said
}

fn file(fixture: &Fixture) -> PathBuf {
    fixture.folder().join("homeostat.toml")
}

#[test]
fn fo1_a_default_economy_is_told_and_is_never_meant_on_another_cluster() {
    // Given a wallet and no economy named anywhere,
    let fixture = Fixture::live();
    let key = fixture.wallets[0].file.display().to_string();
    let stake = ["stake", "3", "--keypair", &key];
    let none = here(&fixture, &stake);
    assert_eq!(
        (none.code, none.error()),
        (1, "no_economy".into()),
        "{}",
        none.stdout
    );
    assert!(
        none.stdout.contains("homeostat config set"),
        "{}",
        none.stdout
    );
    // when one is set that is not there, then nothing is set;
    let economy = fixture.at.economy.to_string();
    let wallet = fixture.wallets[0].pubkey().to_string();
    let wrong = here(&fixture, &["config", "set", "--economy", &wallet]);
    assert_eq!(wrong.code, 1, "{}", wrong.stdout);
    assert!(!file(&fixture).exists());
    // when the economy is set, then it is meant, which is told, and the Solana file is as it was;
    let solana = fs::read(fixture.config()).unwrap();
    let set = here(&fixture, &["config", "set", "--economy", &economy]);
    assert_eq!(set.code, 0, "{}{}", set.stdout, set.stderr);
    assert_eq!(set.json()["defaults"][0]["economy"], economy.as_str());
    assert_eq!(fs::read(fixture.config()).unwrap(), solana);
    let staked = here(&fixture, &stake);
    assert_eq!(staked.code, 0, "{}{}", staked.stdout, staked.stderr);
    assert!(staked.stderr.contains(&economy), "{}", staked.stderr);
    assert!(
        staked.stderr.contains("the default for"),
        "{}",
        staked.stderr
    );
    // a token that is named goes before it;
    let other = Pubkey::new_unique().to_string();
    let named = here(&fixture, &["status", "--mint", &other]);
    assert_eq!(named.error(), "unknown_mint", "{}", named.stdout);
    // and on a cluster with another genesis it is not meant, whatever is there.
    let proxy = Proxy::start(fixture.served.url());
    proxy.on("getGenesisHash").always(lies::genesis(ELSEWHERE));
    let elsewhere = at(&fixture, proxy.url(), &[&stake[..], &["--yes"]].concat());
    assert_eq!(
        (elsewhere.code, elsewhere.error()),
        (1, "no_economy".into()),
        "{}",
        elsewhere.stdout
    );
    assert!(
        elsewhere.stdout.contains("another cluster"),
        "{}",
        elsewhere.stdout
    );
    assert!(elsewhere.stdout.contains("testnet"), "{}", elsewhere.stdout);
    assert_eq!(proxy.seen("sendTransaction"), 0);
    assert_eq!(proxy.seen("getMultipleAccounts"), 0);

    // When it is set by the token, that is what is meant; when it is taken back, nothing is.
    let mint = fixture.at.mint.to_string();
    let set = here(&fixture, &["config", "set", "--mint", &mint]);
    assert_eq!(
        set.json()["defaults"][0]["mint"],
        mint.as_str(),
        "{}",
        set.stdout
    );
    let status = here(&fixture, &["status"]);
    assert_eq!(
        status.json()["economy"],
        economy.as_str(),
        "{}",
        status.stdout
    );
    assert_eq!(here(&fixture, &["config", "unset"]).code, 0);
    let status = here(&fixture, &["status"]);
    assert_eq!(status.error(), "no_economy", "{}", status.stdout);
    let again = here(&fixture, &["config", "unset"]);
    assert_eq!(again.error(), "not_set", "{}", again.stdout);
    let both = here(
        &fixture,
        &["config", "set", "--mint", &mint, "--economy", &economy],
    );
    assert_eq!((both.code, both.error()), (2, "usage".into()));
}

#[test]
fn fo3_a_name_is_not_an_address_and_stands_beside_one_only_where_people_read() {
    let fixture = Fixture::live();
    let label = |address: &str, name: &str| here(&fixture, &["config", "label", address, name]);
    let (one, other) = (
        fixture.guardian.pubkey().to_string(),
        fixture.members[0].pubkey().to_string(),
    );
    // Given a guardian with a name,
    let named = label(&one, "night watch");
    assert_eq!(named.code, 0, "{}", named.stdout);
    assert_eq!(named.json()["labels"][0]["address"], one.as_str());
    // when a name could be mistaken, then it is refused and the file stays;
    let before = fs::read(file(&fixture)).unwrap();
    for wrong in [
        other.as_str(),
        "Night Watch",
        "a\u{1b}[2Jb",
        "a\u{202e}b",
        "",
    ] {
        let refused = label(&other, wrong);
        assert_eq!(
            refused.error(),
            "bad_label",
            "{wrong:?}: {}",
            refused.stdout
        );
    }
    assert_eq!(label("me", "x").error(), "bad_address");
    assert_eq!(fs::read(file(&fixture)).unwrap(), before);
    // when it paused something, then people read its name, and JSON has the address.
    let economy = fixture.at.economy.to_string();
    let key = fixture.guardian.file.display().to_string();
    let pause = [
        "pause",
        "stake",
        "60",
        "--reason",
        "market",
        "--economy",
        &economy,
        "--keypair",
        &key,
    ];
    let paused = here(&fixture, &pause);
    assert_eq!(paused.code, 0, "{}{}", paused.stdout, paused.stderr);
    let audit = ["audit", "--economy", &economy, "--kind", "paused"];
    let told = here(&fixture, &audit);
    assert_eq!(
        told.json()["acts"][0]["actor"],
        one.as_str(),
        "{}",
        told.stdout
    );
    let shown = as_person(&fixture, &audit);
    assert!(
        shown.stdout.contains("night watch ("),
        "{}{}",
        shown.stdout,
        shown.stderr
    );
    // When the name is taken back, then the address is shown whole.
    assert_eq!(
        here(&fixture, &["config", "unset", "--label", &one]).code,
        0
    );
    let shown = as_person(&fixture, &audit);
    assert!(shown.stdout.contains(&one), "{}", shown.stdout);
}

#[test]
fn a_file_that_cannot_be_read_is_told_and_the_solana_file_is_never_written_to() {
    let fixture = Fixture::live();
    fs::write(file(&fixture), "[address_labes]\n").unwrap();
    let broken = here(&fixture, &["status"]);
    assert_eq!(broken.error(), "unknown_key", "{}", broken.stdout);
    assert!(
        broken.stdout.contains("did you mean `address_labels`?"),
        "{}",
        broken.stdout
    );
    // Given a file for the settings that is Solana's own,
    let solana = fixture.config();
    let before = fs::read(&solana).unwrap();
    let own = solana.display().to_string();
    let address = fixture.guardian.pubkey().to_string();
    let words = ["config", "label", &address, "guard", "--preferences", &own];
    let refused = here(&fixture, &words);
    assert_eq!(refused.error(), "bad_config", "{}", refused.stdout);
    assert_eq!(fs::read(&solana).unwrap(), before);
    // when another is named, then that is written, in a folder that is made for it.
    let elsewhere = fixture.folder().join("deep").join("my.toml");
    let named = elsewhere.display().to_string();
    let words = [
        "config",
        "label",
        &address,
        "guard",
        "--preferences",
        &named,
    ];
    assert_eq!(here(&fixture, &words).code, 0);
    assert!(fs::read_to_string(&elsewhere).unwrap().contains("guard"));
}
