//! Tokens and rights are given to wallets: whoever names something else is refused before
//! anything is sent, and told who may be meant.

use homeostat_chain::live::associated;
use homeostat_chain::squads;
use homeostat_client::{Pubkey, PROGRAM_ID};
use homeostat_sandbox::world::TOKEN;
use homeostat_served::Fixture;

use crate::common::{run, Said};
use crate::founder::Founder;

fn state(fixture: &Fixture) -> Vec<(Pubkey, Vec<u8>)> {
    fixture.served.with(async |world| world.state().await)
}

fn said_of(said: &Said) -> (String, String) {
    let error = said.json()["error"].clone();
    let text = |key: &str| error[key].as_str().unwrap_or_default().to_owned();
    (text("message"), text("remedy"))
}

#[test]
fn a_payment_to_what_is_no_wallet_is_refused_and_the_owner_is_named() {
    // given two wallets, and everything else that has an address
    let fixture = Fixture::live();
    let key = fixture.wallets[0].file.display().to_string();
    let owner = fixture.wallets[1].pubkey().to_string();
    let at = fixture.at;
    let vault = squads::vault(&Pubkey::new_unique(), 0);
    let clock = solana_sdk_ids::sysvar::clock::ID;
    let flag = "--allow-non-system-account-recipient";
    // Address, what it is refused as, what is offered, and whether a flag may help.
    let cases = [
        (
            fixture.tokens[1],
            "recipient_is_token_account",
            owner.as_str(),
            false,
        ),
        (
            at.mint,
            "recipient_is_mint",
            "wallet of whoever is meant",
            false,
        ),
        (
            PROGRAM_ID,
            "recipient_is_program",
            "wallet of whoever",
            false,
        ),
        (at.economy, "recipient_is_economy", "homeostat fund", false),
        (
            at.authority,
            "recipient_is_economy",
            "homeostat fund",
            false,
        ),
        (
            at.keeper_vault,
            "recipient_is_economy",
            "homeostat fund",
            false,
        ),
        (
            at.treasury_vault,
            "recipient_is_economy",
            "homeostat fund",
            false,
        ),
        (at.council, "recipient_is_economy", "homeostat fund", false),
        (vault, "recipient_off_curve", flag, true),
        (clock, "recipient_not_wallet", flag, true),
    ];
    let before = state(&fixture);
    for (to, code, offered, may_be_meant) in cases {
        // when each is paid, also by somebody who would create its account
        let address = to.to_string();
        let pay = ["pay", &address, "1", "--fund-recipient", "--keypair", &key];
        let said = run(&fixture, &pay);
        assert_eq!(
            (said.code, said.error().as_str()),
            (1, code),
            "{}",
            said.stdout
        );
        let (message, remedy) = said_of(&said);
        assert!(message.contains(&address), "{message}");
        assert!(remedy.contains(offered), "{code}: {remedy}");
        // then the flag helps where a program may sign for it, and nowhere else
        let mut forced = pay.to_vec();
        forced.extend([flag, "--simulate"]);
        let said = run(&fixture, &forced);
        assert_eq!(said.code == 0, may_be_meant, "{code}: {}", said.stdout);
    }
    // then nothing has moved
    assert_eq!(state(&fixture), before);
    let paid = run(
        &fixture,
        &[
            "pay",
            &fixture.tokens[1].to_string(),
            "1",
            "--keypair",
            &key,
        ],
    );
    assert!(
        said_of(&paid).1.contains("this very account"),
        "{}",
        paid.stdout
    );

    // when the vault is meant, then it is paid
    let address = vault.to_string();
    let pay = [
        "pay",
        &address,
        "1",
        "--fund-recipient",
        flag,
        "--keypair",
        &key,
    ];
    assert_eq!(run(&fixture, &pay).code, 0);
    let program = fixture.served.with(async |world| world.token_program);
    let tokens = associated(&vault, &at.mint, &program);
    let arrived = fixture
        .served
        .with(async move |world| world.bank.balance(&tokens).await);
    assert!(arrived > TOKEN / 2, "{arrived}");
}

#[test]
fn a_proposal_gives_nothing_to_what_nobody_signs_for() {
    let fixture = Fixture::live();
    let key = fixture.members[0].file.display().to_string();
    let wallet = fixture.wallets[1].pubkey();
    let tokens = fixture.tokens[1];
    let vault = squads::vault(&Pubkey::new_unique(), 0);
    let cases = [
        (
            format!("kind = \"pay_treasury\"\nto = \"{wallet}\"\namount = 1"),
            "not_a_token_account",
            tokens.to_string(),
        ),
        (
            format!(
                "kind = \"pay_treasury\"\nto = \"{}\"\namount = 1",
                fixture.at.treasury_vault
            ),
            "recipient_is_economy",
            "wallet".to_owned(),
        ),
        (
            format!("kind = \"add_member\"\nkey = \"{vault}\""),
            "seat_without_via",
            "`via`".to_owned(),
        ),
        (
            format!("kind = \"guardian\"\nkey = \"{tokens}\""),
            "recipient_is_token_account",
            wallet.to_string(),
        ),
        (
            format!("kind = \"retire\"\nsuccessor = \"{}\"", fixture.at.mint),
            "recipient_is_mint",
            "wallet".to_owned(),
        ),
    ];
    let before = state(&fixture);
    for (action, code, offered) in cases {
        let file = fixture.folder().join("gift.toml");
        std::fs::write(&file, format!("[[action]]\n{action}\n")).expect("a file");
        let file = file.display().to_string();
        let said = run(&fixture, &["propose", &file, "--keypair", &key]);
        assert_eq!(said.error(), code, "{action}\n{}", said.stdout);
        let (_, remedy) = said_of(&said);
        assert!(remedy.contains(&offered), "{action}: {remedy}");
    }
    assert_eq!(state(&fixture), before);
}

#[test]
fn a_sponsor_or_a_seat_that_nobody_signs_for_is_refused_before_anything_is_made() {
    // given an economy file whose sponsor is the mint, or whose guardian is a vault without `via`
    let founder = Founder::new();
    let vault = homeostat_chain::squads::vault(&Pubkey::new_unique(), 0);
    let state = || {
        let served = &founder.fixture.served;
        served.with(async |world| world.state().await)
    };
    let before = state();
    let member = founder.fixture.members[0].pubkey();
    let file = |economy: &str, guardian: &str| {
        founder.write(&format!(
            "[economy]\n{economy}\n[council]\nmembers = [\"{member}\"]\nthreshold = 1\n\
             guardian = \"{guardian}\"\n"
        ));
        founder.create(&[])
    };
    let guardian = founder.fixture.guardian.pubkey().to_string();
    let funded = format!(
        "mode = \"funded\"\nsponsor = \"{}\"",
        founder.fixture.at.mint
    );
    // when it is created, then nothing is
    let said = file(&funded, &guardian);
    assert_eq!(
        (said.code, said.error().as_str()),
        (1, "recipient_is_mint"),
        "{}",
        said.stdout
    );
    let said = file("", &vault.to_string());
    assert_eq!(
        (said.code, said.error().as_str()),
        (1, "seat_without_via"),
        "{}",
        said.stdout
    );
    assert_eq!(state(), before);
}
