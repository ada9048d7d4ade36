//! The migration of an account to the present layout.

use homeostat_client::instruction as ix;
use homeostat_sandbox::fixture;
use solana_signer::Signer;

use super::{ORDINARY, WORST};
use crate::bench::{self, Bench, Error};

const INSTRUCTIONS: [&str; 1] = ["migrate"];

/// Accounts of layout version 0, an economy first: a fixture of the integration tests.
const ECONOMY_0: &[u8] = include_bytes!("../../../../tests/fixtures/economy-0.bin");

/// Measures this family of instructions.
pub async fn measure(bench: &mut Bench) -> Result<(), Error> {
    if !bench.wants(&INSTRUCTIONS) {
        return Ok(());
    }
    let mut bank = bench::bank().await;
    let (address, mut account) = fixture::read(ECONOMY_0).swap_remove(0);
    let migrate = ix::migrate(&address, &bank.payer().pubkey());

    // The migration pays the rent of the bytes that it adds.
    fixture::load(&mut bank, &[(address, account.clone())]);
    bench.measure(&mut bank, WORST, &migrate, &[]).await?;

    // The account holds the rent already.
    account.lamports += 1_000_000;
    fixture::load(&mut bank, &[(address, account)]);
    bench.measure(&mut bank, ORDINARY, &migrate, &[]).await
}
