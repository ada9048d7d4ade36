//! From the Draft to a change that the members of a multisig approved, as the README has it.

use homeostat_chain::squads::PROGRAM;
use homeostat_client::{instruction, EconomyAddresses, Pubkey};
use homeostat_sandbox::{MintSpec, TokenProgram, World};
use homeostat_served::create_associated;

use super::{split, House, SOL};
use crate::common::{run_at, Said};

fn done(said: &Said) {
    assert_eq!(said.code, 0, "{}{}", said.stdout, said.stderr);
}

#[test]
fn the_steps_of_the_mainnet_section_lead_from_the_draft_to_a_change() {
    // given a founder, a multisig, and an economy file whose only member is the vault
    let house = House::new();
    let founder = &house.founder;
    done(&founder.create(&["--simulate"]));
    done(&founder.create(&[]));

    // when a member of the multisig stores that the vault accepts, then nothing has happened yet
    let said = house.squads(&["accept-role", "member"]);
    done(&said);
    let handed = said.json()["outcome"]["handed_over"].clone();
    assert_eq!(handed["transaction_index"], 42);
    assert_eq!(handed["vault"], house.vault.to_string());
    assert_eq!(
        (&handed["threshold"], &handed["time_lock"]),
        (&2.into(), &3_600.into())
    );
    let offers = || {
        house.run(&["status"]).json()["offers"]
            .as_array()
            .map(Vec::len)
    };
    assert_eq!(offers(), Some(2));
    // and when its members have approved it, then it has
    house.execute(42);
    assert_eq!(offers(), Some(1));
    done(&house.guardian(&["accept-role", "guardian"]));
    done(&founder.go_live(&["--hand-over-mint"]));

    // when a change is tried out, then nothing is stored
    let change = house.file("change.toml", &split("0.4"));
    done(&house.squads(&["propose", &change, "--simulate"]));
    assert_eq!(house.read().transaction_index, 42);
    // when it is proposed, approved and executed, then it is the vault's proposal
    done(&house.squads(&["propose", &change]));
    assert_eq!(house.proposals(), []);
    house.execute(43);
    let vault = house.vault.to_string();
    assert_eq!(house.proposals(), [(0, "queued".to_owned(), vault)]);
    // and after its delay anybody executes it
    let seen = house.run(&["proposals", "0"]).json();
    let eta = seen["proposals"][0]["eta"].as_i64().expect("an eta");
    let served = &house.fixture().served;
    served.advance(eta - served.now());
    let anybody = house.fixture().wallets[0].file.display().to_string();
    done(&house.run(&["execute", "0", "--keypair", &anybody]));
    let economy = founder.economy().expect("an economy");
    assert_eq!(economy.limits.treasury_ppm, 400_000);
}

#[test]
fn q1_two_proposals_that_wait_at_once_both_become_proposals() {
    // given a proposal that waits in the multisig
    let house = House::live();
    let [first, second] = ["0.4", "0.3"].map(|share| {
        let file = house.file(&format!("{share}.toml"), &split(share));
        (file, share)
    });
    let said = house.squads(&["propose", &first.0]);
    done(&said);
    assert_eq!(
        said.json()["outcome"]["handed_over"]["pending"],
        serde_json::json!([])
    );

    // when another one is stored, then what waits is told first
    let said = house.squads(&["propose", &second.0]);
    done(&said);
    let pending = said.json()["outcome"]["handed_over"]["pending"].clone();
    assert_eq!(pending.as_array().map(Vec::len), Some(1));
    assert_eq!(
        (&pending[0]["number"], &pending[0]["status"]),
        (&43.into(), &"active".into())
    );
    assert_eq!(pending[0]["what"], "propose");
    assert!(
        said.stderr
            .contains("43  active, 1 of 2 approvals: propose"),
        "{}",
        said.stderr
    );

    // then both are stored: each for the account that its actions name
    let address = |number: u64| -> Pubkey {
        let calls = house
            .stored(number)
            .message
            .instructions()
            .expect("instructions");
        assert_eq!(instruction::name(&calls[0]), Some("propose"));
        calls[0].accounts[5].pubkey
    };
    let told = said.json()["proposal"]["address"].clone();
    assert_eq!(told, address(44).to_string());
    assert!(said.json()["what"]
        .as_str()
        .unwrap()
        .contains(told.as_str().unwrap()));
    assert_ne!(address(43), address(44));

    // and in whichever order they are executed, both are made
    house.execute(44);
    house.execute(43);
    let made = house.proposals();
    let states: Vec<_> = made
        .iter()
        .map(|(number, state, _)| (*number, state.as_str()))
        .collect();
    assert_eq!(states, [(0, "queued"), (1, "queued")]);
    // What was executed waits no more.
    let said = house.squads(&["propose", &house.file("third.toml", &split("0.1"))]);
    done(&said);
    assert_eq!(
        said.json()["outcome"]["handed_over"]["pending"],
        serde_json::json!([])
    );
}

#[test]
fn q2_what_waits_already_is_not_stored_again() {
    // given a proposal that waits in the multisig
    let house = House::live();
    let change = house.file("change.toml", &split("0.4"));
    done(&house.squads(&["propose", &change]));
    let reason = house.file("why.md", "Because.");
    let with_reason = [
        "--reason",
        &reason,
        "--reason-uri",
        "https://example.org/why.md",
    ];

    // when the same actions are handed over again, also for another reason, then it is refused
    // and the waiting one is named
    let again: [&[&str]; 3] = [&[], &with_reason, &["--simulate"]];
    for more in again {
        let said = house.squads(&[&["propose", change.as_str()], more].concat());
        assert_eq!(
            (said.code, said.error().as_str()),
            (1, "stored_already"),
            "{}",
            said.stdout
        );
        let error = said.json()["error"].clone();
        assert!(
            error["remedy"]
                .as_str()
                .unwrap()
                .contains("approve number 43"),
            "{error}"
        );
        assert_eq!(house.read().transaction_index, 43);
    }
    // and when its members have rejected it, then it can be stored
    const REJECTED: u8 = 2;
    house.decided(43, REJECTED);
    let said = house.squads_text(&["propose", &change]);
    done(&said);
    assert!(said.stdout.contains("number     44"), "{}", said.stdout);
    house.execute(44);
    assert_eq!(house.proposals().len(), 1);
    // The vault approves the proposal that is open: storing it once more could do nothing.
    let said = house.squads(&["propose", &change]);
    assert_eq!(
        (said.code, said.error().as_str()),
        (1, "approved_already"),
        "{}",
        said.stdout
    );
}

#[test]
fn q8_a_vault_creates_an_economy_in_transactions_that_packets_store() {
    // given a vault with a mint of its own, SOL for the rents, and a file that changes everything
    let house = House::new();
    let vault = house.vault;
    let mint = house.fixture().served.with(async move |world: &mut World| {
        let bank = &mut world.bank;
        let mint = bank
            .create_mint(&MintSpec::plain(TokenProgram::Token2022))
            .await;
        let program = TokenProgram::Token2022.id();
        let reserve = create_associated(world, &vault, &mint, &program).await;
        world.bank.mint_to(&mint, &reserve, 1_000_000_000_000).await;
        world.bank.set_mint_authority(&mint, Some(&vault)).await;
        mint
    });
    let at = EconomyAddresses::new(&mint, &vault);
    let file = house.file(
        "vault.toml",
        &format!(
            "[economy]\nbounty = 5_000\nmeters = 2\n[controllers.emission]\nki = 0.01\n\
             [controllers.fee]\nki = 0.0001\n[controllers.burn]\nki = 0.01\n\
             [controllers.liquidity]\nki = 0.005\n[council]\nmembers = [{{ key = \"{vault}\", via \
             = \"{PROGRAM}\" }}]\nthreshold = 1\nguardian = \"{}\"\n",
            house.fixture().guardian.pubkey()
        ),
    );
    let (mint, key, multisig) = (
        mint.to_string(),
        house.fixture().members[0].file.display().to_string(),
        house.multisig.to_string(),
    );
    let words = [
        "create-economy",
        &file,
        "--mint",
        &mint,
        "--keypair",
        &key,
        "--squads",
        &multisig,
    ];
    let create = |more: &[&str]| {
        let url = house.fixture().served.url();
        run_at(house.fixture(), url, &[&words, more].concat())
    };
    // when the vault is too poor for the rents, then nothing is stored
    house.vault_has(10_000_000);
    assert_eq!(create(&[]).error(), "vault_too_poor");
    house.vault_has(10 * SOL);
    let tried = create(&["--simulate"]);
    done(&tried);
    assert!(tried.json()["simulated"]["untried"].as_u64() > Some(0));
    assert_eq!(house.read().transaction_index, 41);

    // when it is created, then each batch is stored by one packet and executed by another
    let said = create(&[]);
    done(&said);
    let answer = said.json();
    assert_eq!(answer["complete"], false);
    let handed = answer["handed_over"].as_array().expect("a list");
    assert!(handed.len() > 1, "{handed:?}");
    let numbers: Vec<u64> = handed
        .iter()
        .map(|one| one["transaction_index"].as_u64().expect("a number"))
        .collect();
    let expected: Vec<u64> = (42..).take(handed.len()).collect();
    assert_eq!(numbers, expected);
    assert!(handed
        .iter()
        .all(|one| one["buffered"] == serde_json::json!([])));

    // when it is run again before anybody has approved, then nothing is stored twice
    let again = create(&[]);
    done(&again);
    assert_eq!(again.json()["handed_over"], serde_json::json!([]));
    assert!(
        again.stderr.contains("waits already: number 42"),
        "{}",
        again.stderr
    );
    // when its members have executed the first, then only the others wait
    house.execute(numbers[0]);
    done(&create(&[]));
    assert_eq!(
        house.read().transaction_index,
        *numbers.last().expect("a number")
    );

    // when they have executed all of it in order, then nothing is missing, and the vault goes live
    numbers[1..]
        .iter()
        .for_each(|number| house.execute(*number));
    let complete = create(&[]).json();
    assert_eq!(
        (&complete["complete"], &complete["steps"]),
        (&true.into(), &serde_json::json!([]))
    );
    let economy = at.economy.to_string();
    let guardian = house.fixture().guardian.file.display().to_string();
    let url = house.fixture().served.url();
    let accept = [
        "accept-role",
        "guardian",
        "--keypair",
        &guardian,
        "--economy",
        &economy,
    ];
    done(&run_at(house.fixture(), url, &accept));
    let live = [
        "go-live",
        "--hand-over-mint",
        "--keypair",
        &key,
        "--squads",
        &multisig,
    ];
    let live = run_at(
        house.fixture(),
        url,
        &[&live[..], &["--economy", &economy]].concat(),
    );
    done(&live);
    house.execute(house.read().transaction_index);
    let status = run_at(house.fixture(), url, &["status", "--economy", &economy]);
    assert_eq!(status.json()["life"], "live", "{}", status.stdout);
}
