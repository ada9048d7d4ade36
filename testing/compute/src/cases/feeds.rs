//! Feeds: created, configured, reported to.

use homeostat_client::instruction as ix;
use homeostat_sandbox::WorldSpec;
use solana_signer::Signer;

use super::{
    stage::{
        build, feed_of, heaviest_spec, ordinary_spec, report, reporter, DUST, MOST_FEEDS,
        MOST_REPORTERS,
    },
    ORDINARY, REPEATED, WORST,
};
use crate::bench::{Bench, Error};

const INSTRUCTIONS: [&str; 3] = ["create_feed", "configure_feed", "report_feed"];

/// Measures this family of instructions.
pub async fn measure(bench: &mut Bench) -> Result<(), Error> {
    if !bench.wants(&INSTRUCTIONS) {
        return Ok(());
    }
    ordinary(bench).await?;
    worst(bench).await
}

/// A feed of three reporters.
async fn ordinary(bench: &mut Bench) -> Result<(), Error> {
    let mut world = build(WorldSpec {
        draft: true,
        ..ordinary_spec()
    })
    .await?;
    let (at, creator) = (world.at, world.creator.pubkey());
    let bank = &mut world.bank;
    let create = ix::create_feed(&at, &creator, 0);
    bench.perform(bank, ORDINARY, &create, &[]).await?;
    let create = ix::create_feed(&at, &creator, 1);
    bench.measure(bank, REPEATED, &create, &[]).await?;
    let configure = ix::configure_feed(&at, &creator, 0, feed_of(0, 3));
    bench.perform(bank, ORDINARY, &configure, &[]).await?;
    bench.measure(bank, REPEATED, &configure, &[]).await?;
    for case in [ORDINARY, REPEATED] {
        bank.advance(60).await;
        let (who, report) = (reporter(0), report(bank, 7));
        let send = ix::report_feed(&at.feed(0), &who.pubkey(), &report);
        bench.perform(bank, case, &send, &[&who]).await?;
    }
    Ok(())
}

/// The last feed, at an address that holds lamports; seven reporters for seven
/// others; the last of them.
async fn worst(bench: &mut Bench) -> Result<(), Error> {
    let mut world = build(WorldSpec {
        draft: true,
        feeds: heaviest_spec().feeds[1..].to_vec(),
        ..heaviest_spec()
    })
    .await?;
    let (at, creator, last) = (world.at, world.creator.pubkey(), MOST_FEEDS - 1);
    let bank = &mut world.bank;
    bank.airdrop(&at.feed(last), DUST).await;
    let create = ix::create_feed(&at, &creator, last);
    bench.perform(bank, WORST, &create, &[]).await?;
    let others = ix::configure_feed(&at, &creator, last, feed_of(MOST_REPORTERS, MOST_REPORTERS));
    bank.send(&[others], &[]).await?;
    let configure = ix::configure_feed(&at, &creator, last, feed_of(0, MOST_REPORTERS));
    bench.perform(bank, WORST, &configure, &[]).await?;
    let (who, report) = (reporter(MOST_REPORTERS - 1), report(bank, 7));
    let send = ix::report_feed(&at.feed(last), &who.pubkey(), &report);
    bench.measure(bank, WORST, &send, &[&who]).await
}
