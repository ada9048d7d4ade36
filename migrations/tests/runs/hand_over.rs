//! A program leaves its payer for the publisher's vault or key, and for nobody else.

use homeostat_chain::squads;
use homeostat_client::Pubkey;
use homeostat_migrations::{loader::Deployed, plan, status::status, Chain};
use homeostat_sandbox::TokenProgram;
use solana_account::Account;
use solana_keypair::Keypair;
use solana_signer::Signer;

use crate::site::{multisig, small, undisturbed, vault, Counter, Site, LARGE, SMALL};

/// What a refusal must leave as it is: the program, and what the payer has.
fn scene(site: &Site, id: &Pubkey) -> (Option<Deployed>, u64) {
    let payer = site.account(&site.payer().pubkey()).unwrap().unwrap();
    (Deployed::read(site, id).unwrap(), payer.lamports)
}

/// A mint at the address of a key, which was thrown away.
fn mint(site: &Site) -> Pubkey {
    let address = Keypair::new_from_array([71; 32]).pubkey();
    let mint = Account {
        lamports: 10_000_000,
        data: vec![0; 82],
        owner: TokenProgram::Token2022.id(),
        ..Account::default()
    };
    site.put(address, mint);
    address
}

/// `program.authority`, `[publisher]`, the refusal, and what its remedy says.
fn wrong_holders(site: &Site) -> Vec<(Pubkey, String, &'static str, String)> {
    let (tokens, stranger) = (mint(site), Keypair::new_from_array([72; 32]).pubkey());
    let off_curve = squads::vault(&Pubkey::new_from_array([5; 32]), 0);
    assert!(tokens.is_on_curve() && !off_curve.is_on_curve());
    let by_multisig = format!("multisig = \"{}\"", multisig());
    let (first, second) = (vault().to_string(), squads::vault(&multisig(), 1));
    let key = |key: &Pubkey| format!("key = \"{key}\"");
    let nothing_there = format!("multisig = \"{off_curve}\"");
    vec![
        // The classic: the multisig's own account, whatever the file says beside it.
        (
            multisig(),
            by_multisig.clone(),
            "multisig_not_vault",
            first.clone(),
        ),
        (multisig(), String::new(), "multisig_not_vault", first),
        // Another vault, and one of another multisig.
        (
            second,
            by_multisig.clone(),
            "not_the_publisher",
            "`publisher.vault_index`".into(),
        ),
        (
            off_curve,
            by_multisig.clone(),
            "not_the_publisher",
            "correct one".into(),
        ),
        (
            stranger,
            by_multisig,
            "not_the_publisher",
            "correct one".into(),
        ),
        (
            stranger,
            key(&site.payer().pubkey()),
            "not_the_publisher",
            "correct one".into(),
        ),
        // A multisig that is not on this cluster, and its vault.
        (
            squads::vault(&off_curve, 0),
            nothing_there,
            "no_multisig",
            String::new(),
        ),
        // What no key and no program signs for.
        (
            off_curve,
            String::new(),
            "nobodys_address",
            "[publisher]".into(),
        ),
        (
            tokens,
            String::new(),
            "nobodys_address",
            "vault or key".into(),
        ),
        (
            tokens,
            key(&tokens),
            "nobodys_address",
            "vault or key".into(),
        ),
    ]
}

#[test]
fn m9_a_program_is_not_deployed_for_who_could_never_upgrade_it() {
    let (site, id, _) = small();
    let payer = site.payer().pubkey();
    for (authority, publisher, code, remedy) in wrong_holders(&site) {
        // given a file that gives the program to the wrong address
        let file = site.published(SMALL, &id, &authority, &publisher).unwrap();
        let before = scene(&site, &id);
        // when it is planned and applied, then both refuse before anything is sent
        let planned = plan(&site, &file, &payer).unwrap_err();
        let mut counter = Counter::default();
        let applied = site.run(&file, &mut counter).unwrap_err();
        assert_eq!((planned.code, applied.code), (code, code), "{applied}");
        assert!(applied.remedy.contains(&remedy), "{applied}");
        assert_eq!(counter.points, 0);
        assert!(scene(&site, &id) == before && before.0.is_none(), "{code}");
    }
}

#[test]
fn m9_an_address_off_the_curve_is_no_publishers_key() {
    // given a file whose publisher's key is a multisig, or a vault
    let (site, id, vault) = small();
    for address in [multisig(), vault] {
        let publisher = format!("key = \"{address}\"");
        // when it is read, then it is refused with its line, whoever shall have the program
        for authority in [site.payer().pubkey(), address] {
            let read = site.published(SMALL, &id, &authority, &publisher);
            let failure = read.err().expect("a refusal");
            assert_eq!(failure.code, "nobodys_address");
            assert!(failure.at.unwrap().line.is_some() && failure.remedy.contains("vault_index"));
        }
    }
}

#[test]
fn m9_a_program_stays_its_payers_before_who_could_never_upgrade_it() {
    // given a program that is the payer's
    let (site, id, _) = small();
    let payer = site.payer().pubkey();
    undisturbed(&site, &site.deployment(SMALL, &id, &payer));
    for elf in [SMALL, LARGE] {
        for (authority, publisher, code, _) in wrong_holders(&site) {
            // when it is to be handed to the wrong address, after an upgrade or at once
            let file = site.published(elf, &id, &authority, &publisher).unwrap();
            let before = scene(&site, &id);
            let mut counter = Counter::default();
            let failure = site.run(&file, &mut counter).unwrap_err();
            // then it is still the payer's, as it was
            assert_eq!((failure.code, counter.points), (code, 0), "{failure}");
            assert!(scene(&site, &id) == before, "{code}");
            assert_eq!(before.0.unwrap().authority, Some(payer));
        }
    }

    // when the file is mended, then nothing of what was refused is in the way: the vault, whose account
    // may hold lamports, gets it
    site.put(
        vault(),
        Account {
            lamports: 1_000_000,
            ..Account::default()
        },
    );
    let file = site.deployment(SMALL, &id, &vault());
    let shown = plan(&site, &file, &payer).unwrap();
    assert_eq!(shown.steps.len(), 1, "{shown}");
    assert!(shown.to_string().contains("2 approvals"), "{shown}");
    undisturbed(&site, &file);
    assert!(status(&site, &file).unwrap().passes());
}
