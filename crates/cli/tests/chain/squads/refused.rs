//! What a vault can never do is refused before it is stored, and a remedy names what helps.

use std::sync::Arc;

use homeostat_chain::squads::PROGRAM;
use homeostat_client::{Proposal, Pubkey};
use homeostat_sandbox::solana_program::rent::Rent;
use homeostat_served::{Fault, Proxy};

use super::{double::NUMBER_AT, multisig, set, split, House, SOL};
use crate::common::{run_at, Said};

fn code(said: &Said) -> (i32, String) {
    (said.code, said.error())
}

fn remedy(said: &Said) -> String {
    said.json()["error"]["remedy"]
        .as_str()
        .unwrap_or_default()
        .to_owned()
}

#[test]
fn q3_what_the_program_takes_from_no_vault_is_not_stored() {
    // given a live economy whose only member is a vault, and a proposal that is open
    let house = House::live();
    let change = house.file("change.toml", &split("0.4"));
    assert_eq!(house.squads(&["propose", &change]).code, 0);
    house.execute(43);
    let stranger = multisig(house.fixture(), &[(house.fixture().members[0].pubkey(), 7)]);
    let [stranger, own] = [stranger, house.multisig].map(|address| address.to_string());
    let key = house.fixture().members[0].file.display().to_string();
    let vault = house.vault.to_string();
    let other = house.file("other.toml", &split("0.3"));
    let pause = ["pause", "pay", "3600", "--reason", "incident"];
    // Words, who shall act, what it is refused as, and what helps.
    let cases: [(&[&str], &[&str], &str, &str); 7] = [
        // the program takes an execution from no program
        (
            &["execute", "0"],
            &[&own],
            "not_from_a_program",
            "leave --squads away",
        ),
        // the vault of another multisig, and another vault of this one, hold no seat
        (
            &["propose", &other],
            &[&stranger],
            "vault_without_seat",
            &vault,
        ),
        (
            &["approve", "0"],
            &[&own, "--vault", "1"],
            "vault_without_seat",
            "--vault",
        ),
        // a member is no guardian and no advisor, and has no offer
        (&pause, &[&own], "vault_without_seat", "leave --squads away"),
        (
            &["veto", "0"],
            &[&own],
            "vault_without_seat",
            "leave --squads away",
        ),
        (
            &["advise", "emission", "setpoint", "0.5"],
            &[&own],
            "vault_without_seat",
            "leave --squads away",
        ),
        (
            &["accept-role", "advisor"],
            &[&own],
            "vault_without_seat",
            "leave --squads away",
        ),
    ];
    let before = house.read();
    for (words, who, refused, helps) in cases {
        let by = [&["--keypair", &key, "--squads"], who].concat();
        // when it is handed over, tried out, or printed for the importer
        let ways: [&[&str]; 3] = [&[], &["--simulate"], &["--export", "base58"]];
        for way in ways {
            let said = house.run(&[words, &by, way].concat());
            // then it is refused, and nothing is stored
            assert_eq!(
                code(&said),
                (1, refused.to_owned()),
                "{words:?}\n{}",
                said.stdout
            );
            assert!(
                remedy(&said).contains(helps),
                "{words:?}: {}",
                remedy(&said)
            );
        }
    }
    // What anybody may do is tried out in the vault's name: this is too early.
    let said = house.squads(&["expire", "0"]);
    assert_eq!(code(&said), (4, "refused".to_owned()), "{}", said.stdout);
    assert!(remedy(&said).contains("wait 9 d"), "{}", remedy(&said));
    assert_eq!(house.read(), before);
    // What it may do is stored, and done.
    let said = house.squads(&["collect"]);
    assert_eq!(said.code, 0, "{}{}", said.stdout, said.stderr);
    house.execute(44);
}

#[test]
fn q4_a_vault_keeps_its_own_rent_above_what_it_pays() {
    let house = House::live();
    let rent = Rent::default();
    let (pays, keeps) = (
        rent.minimum_balance(Proposal::SPACE),
        rent.minimum_balance(0),
    );
    let change = house.file("change.toml", &split("0.4"));
    // given a vault with the proposal's rent and a lamport, which it could not spend
    for has in [0, pays - 1, pays, pays + 1, pays + keeps - 1] {
        house.vault_has(has);
        // when it shall propose, then it is refused, and what is missing is told
        let said = house.squads(&["propose", &change]);
        assert_eq!(
            code(&said),
            (1, "vault_too_poor".to_owned()),
            "{has}: {}",
            said.stdout
        );
        let missing = format!("send it {} lamports", pays + keeps - has);
        assert!(remedy(&said).contains(&missing), "{has}: {}", remedy(&said));
    }
    // given that much more, then it is stored and runs, also when somebody adds dust
    house.vault_has(pays + keeps);
    assert_eq!(house.squads(&["propose", &change]).code, 0);
    house.vault_has(pays + keeps + 1);
    house.execute(43);
    assert_eq!(house.lamports(), keeps + 1);
    assert_eq!(house.proposals().len(), 1);
}

#[test]
fn q5_a_seat_for_a_multisig_instead_of_its_vault_is_refused_before_anything_is_made() {
    // given an economy file that names the multisig itself, which signs for nothing
    let house = House::new();
    house.write_member(&house.multisig);
    // when the economy is created, then it is refused, and the vault is named
    let said = house.founder.create(&[]);
    assert_eq!(
        code(&said),
        (1, "multisig_instead_of_vault".to_owned()),
        "{}",
        said.stdout
    );
    assert!(
        remedy(&said).contains(&house.vault.to_string()),
        "{}",
        remedy(&said)
    );
    assert!(house.founder.economy().is_none());

    // and a proposal that would give it a seat is refused as well
    let house = House::live();
    let add = format!(
        "[[action]]\nkind = 'add_member'\nkey = '{}'\nvia = '{PROGRAM}'\n",
        house.multisig
    );
    let said = house.squads(&["propose", &house.file("add.toml", &add)]);
    assert_eq!(said.error(), "multisig_instead_of_vault", "{}", said.stdout);
    assert_eq!(house.read().transaction_index, 42);
}

#[test]
fn a_member_without_the_right_and_an_address_without_a_multisig_store_nothing() {
    let house = House::live();
    let change = house.file("change.toml", &split("0.4"));
    let (own, nobody) = (house.multisig.to_string(), Pubkey::new_unique().to_string());
    let voter = house.fixture().members[2].file.display().to_string();
    let said = house.run(&["propose", &change, "--squads", &own, "--keypair", &voter]);
    assert_eq!(
        code(&said),
        (1, "not_a_member".to_owned()),
        "{}",
        said.stdout
    );
    let said = house.run(&["collect", "--squads", &nobody, "--keypair", &voter]);
    assert_eq!(
        code(&said),
        (1, "no_multisig".to_owned()),
        "{}",
        said.stdout
    );
    assert_eq!(house.read().transaction_index, 42);
}

#[test]
fn q9_a_number_that_another_member_takes_meanwhile_is_told_as_taken() {
    // given a member whose command was tried out when another member stores something
    let house = Arc::new(House::live());
    let proxy = Proxy::start(house.fixture().served.url());
    let another = Arc::clone(&house);
    let takes = Fault::lie(move |_, tried| {
        let mut data = another.account(another.multisig).expect("the multisig");
        data[NUMBER_AT..NUMBER_AT + 8].copy_from_slice(&43u64.to_le_bytes());
        set(another.fixture(), another.multisig, &data, SOL);
        tried
    });
    proxy.on("simulateTransaction").once(takes);
    // when it is sent, then it is refused as overtaken, and nothing of it is stored
    let change = house.file("change.toml", &split("0.4"));
    let by = house.by_member();
    let words = ["propose", change.as_str()].into_iter();
    let words: Vec<&str> = words.chain(by.iter().map(String::as_str)).collect();
    let said = run_at(house.fixture(), proxy.url(), &words);
    assert_eq!(
        code(&said),
        (1, "stored_meanwhile".to_owned()),
        "{}",
        said.stdout
    );
    assert!(remedy(&said).contains("run it again"), "{}", remedy(&said));
    // and the same again is stored with the next number
    assert_eq!(house.squads(&["propose", &change]).code, 0);
    house.execute(44);
    assert_eq!(house.proposals().len(), 1);
}
