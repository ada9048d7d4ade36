//! Programs deployed and upgraded: killed at every point, and in the wrong place.

use std::fs;

use homeostat_client::Pubkey;
use homeostat_migrations::{
    loader::{buffer_address, extend, Deployed},
    plan,
    run::{Signed, Upgrade},
    status::status,
    ClusterFile, Outcome, Publisher,
};
use homeostat_sandbox::fixture;
use solana_account::Account;
use solana_program::{entrypoint::MAX_PERMITTED_DATA_INCREASE, rent::Rent};
use solana_signer::Signer;

use crate::site::{left, read_key_file, small, undisturbed, Counter, Killer, Site, LARGE, SMALL};

#[test]
fn success_a_deployment_killed_anywhere_goes_on() {
    // given an undisturbed deployment
    let (site, id, multisig) = small();
    let file = site.deployment(SMALL, &id, &multisig);
    let planned = plan(&site, &file, &site.payer().pubkey()).unwrap();
    assert_eq!(planned.steps.len(), 4, "{planned}");
    assert!(planned.cost().0 > 0 && planned.cost().1 > 0);
    let points = undisturbed(&site, &file);
    let whole = left(&site, &id);
    assert_eq!(whole.0, Some(multisig));
    assert!(points > 20);

    // when another is killed at any of its points, then it goes on to the same end
    for point in 0..points {
        let (site, id, multisig) = small();
        let file = site.deployment(SMALL, &id, &multisig);
        let failure = site.run(&file, &mut Killer { left: point }).unwrap_err();
        assert_eq!(failure.code, "killed", "{failure}");
        let more = undisturbed(&site, &file);
        assert!(more <= points, "what was done is not done again");
        assert_eq!(left(&site, &id), whole, "killed at point {point}");
    }
}

#[test]
fn success_an_upgrade_killed_over_and_over_goes_on() {
    // given a small program whose authority is the payer
    let (site, id, _) = small();
    let payer = site.payer().pubkey();
    undisturbed(&site, &site.deployment(SMALL, &id, &payer));

    // when it is upgraded to a larger one, killed at every point in turn
    let file = site.deployment(LARGE, &id, &payer);
    let kills = site.run_killed_over_and_over(&file);
    assert!(kills > 10);

    // then the ELF is there, whole
    let program = file.program.as_ref().unwrap();
    assert!(Deployed::read(&site, &id)
        .unwrap()
        .unwrap()
        .holds(&program.elf));
    assert_eq!(
        status(&site, &file).unwrap().upgrade_authority,
        Some(payer.to_string())
    );
}

#[test]
fn m6_a_multisig_upgrades_itself_and_the_check_says_who_may() {
    // given a program that belongs to a multisig's vault
    let (site, id, vault) = small();
    let first = site.deployment(SMALL, &id, &vault);
    undisturbed(&site, &first);
    let checked = status(&site, &first).unwrap();
    assert!(checked.passes() && checked.to_string().contains(&vault.to_string()));
    assert_eq!(checked.multisig.unwrap().threshold, 2);

    // when it is to be upgraded, then the buffer is prepared and handed over
    let file = site.deployment(LARGE, &id, &vault);
    let sign = waiting(&site, &file);
    assert_eq!(sign.authority, vault.to_string());
    assert!(
        !status(&site, &file).unwrap().passes(),
        "the ELF is another"
    );
    assert_eq!(waiting(&site, &file), sign);

    // when the vault, which has what it pays, does what was printed: room in pieces that a call
    // can make, then the upgrade
    let (last, room) = sign.transactions.split_last().unwrap();
    assert!(last.what == Signed::Upgrade && room.len() > 1);
    assert!(room.iter().all(|piece| piece.what == Signed::Room));
    site.put(
        vault,
        Account {
            lamports: sign.pays + Rent::default().minimum_balance(0),
            ..Account::default()
        },
    );
    // All of it at once is more than a call can make.
    let most = u32::try_from(MAX_PERMITTED_DATA_INCREASE * room.len()).unwrap();
    let refused = site.act(&[extend(&id, &vault, &vault, most, true)], &vault);
    let refused = refused.unwrap_err().to_string();
    assert!(refused.contains("reallocate"), "{refused}");
    for piece in room {
        site.sign(&piece.transaction, &vault);
    }
    // What is left is printed again, and it is the upgrade alone.
    let left = waiting(&site, &file);
    assert_eq!(
        (left.pays, left.transactions.as_slice()),
        (0, core::slice::from_ref(last))
    );
    site.sign(&last.transaction, &vault);

    // then the run is complete, and the check passes
    undisturbed(&site, &file);
    assert!(status(&site, &file).unwrap().passes());

    // and it does not pass for another publisher
    let mut other = file;
    other.program.as_mut().unwrap().publisher = Publisher::Key(Pubkey::new_from_array([7; 32]));
    let checked = status(&site, &other).unwrap();
    assert!(!checked.passes() && checked.to_string().contains("NO"));
    // nor for none, while somebody may
    other.program.as_mut().unwrap().publisher = Publisher::Nobody;
    assert!(!status(&site, &other).unwrap().passes());
}

/// What is printed where a run has to wait.
fn waiting(site: &Site, file: &ClusterFile) -> Upgrade {
    match site.run(file, &mut Counter::default()).unwrap() {
        Outcome::Waiting(sign) => sign,
        Outcome::Complete => panic!("it cannot upgrade by itself"),
    }
}

#[test]
fn success_a_key_that_publishes_makes_room_at_once() {
    // given a program that belongs to a key, which is not the payer's
    let (mut site, id, _) = small();
    let key = site.key("publisher.json", 92);
    undisturbed(&site, &site.deployment(SMALL, &id, &key));
    // when it signs what was printed for a larger ELF, then that is there
    let file = site.deployment(LARGE, &id, &key);
    let sign = waiting(&site, &file);
    assert_eq!(sign.transactions.len(), 2);
    for one in &sign.transactions {
        site.sign(&one.transaction, &key);
    }
    undisturbed(&site, &file);
    assert!(status(&site, &file).unwrap().passes());
}

#[test]
fn m7_only_the_canonical_interface_description_counts() {
    // given a program whose interface description somebody else published
    let (site, id, multisig) = small();
    let file = site.deployment(SMALL, &id, &multisig);
    undisturbed(&site, &file);
    let metadata: Pubkey = "ProgM6JCCvbYkfKqJYHePx4xxSUSqJp7rh8Lyv7nk7S"
        .parse()
        .unwrap();
    let mut seed = [0; 16];
    seed[..3].copy_from_slice(b"idl");
    let stranger = Pubkey::new_from_array([8; 32]);
    let put = |seeds: &[&[u8]], owner: Pubkey, kind: u8, canonical: u8| {
        let (address, _) = Pubkey::find_program_address(seeds, &metadata);
        let mut data = vec![0; 100];
        data[0] = kind;
        data[1..33].copy_from_slice(id.as_ref());
        data[66] = canonical;
        let account = Account {
            lamports: 10_000_000,
            owner,
            data,
            ..Account::default()
        };
        fixture::load(&mut site.bank.borrow_mut(), &[(address, account)]);
        let checked = status(&site, &file).unwrap();
        assert_eq!(
            checked.to_string().contains("not published"),
            !checked.idl_published
        );
        (checked.idl == address.to_string(), checked.idl_published)
    };
    let canonical: [&[u8]; 2] = [id.as_ref(), &seed];
    let another: [&[u8]; 3] = [id.as_ref(), stranger.as_ref(), &seed];
    assert_eq!(put(&another, metadata, 2, 0), (false, false));
    // Half written, another program's, then whole.
    assert_eq!(put(&canonical, metadata, 1, 1), (true, false));
    assert_eq!(put(&canonical, stranger, 2, 1), (true, false));
    assert_eq!(put(&canonical, metadata, 2, 1), (true, true));
}

#[test]
fn fail_somebody_elses_program() {
    let (site, id, multisig) = small();
    undisturbed(&site, &site.deployment(SMALL, &id, &multisig));
    let stranger = site.deployment(LARGE, &id, &site.payer().pubkey());
    fs::remove_file(site.state()).unwrap();
    let failure = site.run(&stranger, &mut Counter::default()).unwrap_err();
    assert_eq!(failure.code, "wrong_authority");
    assert!(failure.message.contains(&multisig.to_string()));
}

#[test]
fn success_lamports_that_somebody_sent_do_not_stop_a_deployment() {
    // given addresses of buffer and program that hold a lamport, or more than they need
    for lamports in [1, 10_000_000_000] {
        let (site, id, multisig) = small();
        let file = site.deployment(SMALL, &id, &multisig);
        let elf = &file.program.as_ref().unwrap().elf;
        let (buffer, _) = buffer_address(&site.payer().pubkey(), elf).unwrap();
        let sent = Account {
            lamports,
            ..Account::default()
        };
        let held = [(id, sent.clone()), (buffer, sent)];
        fixture::load(&mut site.bank.borrow_mut(), &held);
        // then it is deployed all the same
        undisturbed(&site, &file);
        assert!(status(&site, &file).unwrap().passes());
    }
}

#[test]
fn fail_another_elf_before_the_first_is_done() {
    let (site, id, multisig) = small();
    let file = site.deployment(SMALL, &id, &multisig);
    site.run(&file, &mut Killer { left: 5 }).unwrap_err();
    let other = site.deployment(LARGE, &id, &multisig);
    let failure = site.run(&other, &mut Counter::default()).unwrap_err();
    assert_eq!(failure.code, "changed_meanwhile");
    assert!(failure.remedy.contains("finish that run"));
    // The first can still be finished, and then the other begun.
    let file = site.deployment(SMALL, &id, &multisig);
    undisturbed(&site, &file);

    // An ELF that is not the reviewed one is not even read further.
    fs::write(site.path("program.so"), b"another").unwrap();
    let failure = ClusterFile::read(&site.path("cluster.toml"), &read_key_file)
        .err()
        .unwrap();
    assert_eq!(failure.code, "wrong_elf");
}
