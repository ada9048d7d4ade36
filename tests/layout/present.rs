//! The present layouts: an account of each type reads as it did when it was kept.

use homeostat::state::layout::{Layout, LAYOUTS};
use homeostat_client::{
    decode::Decode,
    governance::{self, ProposalId},
    instruction as ix, AuditLog, Ballot, Council, DecisionLog, Economy, Feed, Meter, Pool,
    Position, Proposal, PROGRAM_ID,
};
use homeostat_sandbox::{
    fixture::{self, Kept},
    world::TOKEN,
    World, WorldSpec,
};
use solana_account::{Account, ReadableAccount};
use solana_program::pubkey::Pubkey;
use solana_signer::Signer;

/// An account of each type, and what it says.
const PRESENT: &[u8] = include_bytes!("../fixtures/present.bin");
const PRESENT_TEXT: &str = include_str!("../fixtures/present.txt");

/// What an account says, in a line.
fn line((address, account): &Kept) -> Option<String> {
    fn say<T: Decode + core::fmt::Debug>(data: &[u8]) -> Option<String> {
        T::decode(data).ok().map(|state| format!("{state:?}"))
    }
    let readers = [
        say::<Economy>,
        say::<Pool>,
        say::<Position>,
        say::<Meter>,
        say::<Feed>,
        say::<DecisionLog>,
        say::<Council>,
        say::<AuditLog>,
        say::<Proposal>,
        say::<Ballot>,
    ];
    let said = readers.iter().find_map(|read| read(&account.data))?;
    Some(format!("{address} {} bytes: {said}\n", account.data.len()))
}

#[test]
fn success_the_present_layouts_are_those_of_the_kept_accounts() {
    let kept = fixture::read(PRESENT);
    let text: String = kept.iter().filter_map(line).collect();
    assert_eq!(text, PRESENT_TEXT);
    // One of each type at least, and with the present version.
    let has = |discriminator: &[u8]| {
        kept.iter()
            .any(|(_, account)| account.data.starts_with(discriminator))
    };
    assert!(LAYOUTS.iter().all(|known| has(known.discriminator)));
    assert_eq!(fixture::write(&kept), PRESENT);
    assert_eq!(Economy::VERSION, 1);
}

/// Writes the kept accounts anew: after a layout changed, beside those of the old one.
#[tokio::test]
#[ignore = "writes into the source tree"]
async fn write_the_present_layouts() {
    let (mut world, proposal) = lively().await;
    let mut kept = Vec::new();
    let state = world.state().await;
    let mut keys: Vec<Pubkey> = state.into_iter().map(|(key, _)| key).collect();
    let ballot_of = world.positions[0].1;
    let at = proposal.address(&world.at.economy);
    let ballot = homeostat_client::address::ballot(&at, proposal.index, &ballot_of);
    keys.push(ballot);
    for key in keys {
        let Some(account) = world.bank.account(&key).await else {
            continue;
        };
        let known = kept.iter().any(|(other, _): &Kept| *other == key);
        if account.owner() == &PROGRAM_ID && !known {
            kept.push((key, Account::from(account)));
        }
    }
    let text: String = kept.iter().filter_map(line).collect();
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures");
    std::fs::write(format!("{folder}/present.bin"), fixture::write(&kept)).unwrap();
    std::fs::write(format!("{folder}/present.txt"), text).unwrap();
}

/// A world in which little is zero.
async fn lively() -> (World, ProposalId) {
    use homeostat_client::{governance::q48, Action, FeedSettings, Parameter, Tunable};
    let reporter = solana_keypair::Keypair::new_from_array([78; 32]);
    let mut world = World::build(&WorldSpec {
        feeds: vec![Some(FeedSettings {
            label: *b"a price\0\0\0\0\0\0\0\0\0",
            reporters: vec![reporter.pubkey()],
            quorum: 1,
            max_spread_ppm: 50_000,
            max_age: 3_600,
        })],
        liquidity: vec![3],
        excluded: 1,
        ..WorldSpec::default()
    })
    .await;
    let staker = world.staker(1_000_000 * TOKEN).await;
    let leaver = world.staker(300_000 * TOKEN).await;
    let payer = world.wallet(50_000 * TOKEN).await;
    for _ in 0..2 {
        world.bank.advance(100_000).await;
        world
            .pay(&payer, &staker.tokens, 5_000 * TOKEN)
            .await
            .unwrap();
        world.next_period().await.unwrap();
        world.collect(0).await.unwrap();
    }
    world
        .pay(&payer, &staker.tokens, 777 * TOKEN)
        .await
        .unwrap();
    world
        .request_unstake(&leaver, 100_000 * TOKEN)
        .await
        .unwrap();
    world.top_up().await.unwrap();
    world.claim(&staker).await.unwrap();
    let report = ix::Report {
        sequence: 1,
        value_q48: q48(1.5),
        observed_at: world.bank.now(),
    };
    let report = ix::report_feed(&world.at.feed(0), &reporter.pubkey(), &report);
    world.send_as(&reporter, report).await.unwrap();
    let actions = vec![Action::Tune {
        parameter: Parameter::Emission,
        field: Tunable::Setpoint,
        expected_q48: q48(0.60),
        value_q48: q48(0.90),
        over_seconds: 60,
    }];
    let index = world.queue(actions).await.unwrap();
    assert_eq!(index.index, 0);
    let (at, key) = (world.at, world.bank.payer().pubkey());
    let ballot = governance::cast_ballot(&at, &staker.pubkey(), &key, index);
    world.send_as(&staker.key, ballot).await.unwrap();
    (world, index)
}
