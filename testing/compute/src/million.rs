//! A payment costs the same however many positions there are.

use std::time::{Duration, Instant};

use bytemuck::Zeroable;
use homeostat_client::{address, instruction as ix, Pool, Position, PROGRAM_ID};
use homeostat_sandbox::WorldSpec;
use solana_account::{Account, AccountSharedData};
use solana_program::{hash::hash, pubkey::Pubkey, rent::Rent};
use solana_signer::Signer;

use crate::{
    bench::{Bench, Error},
    cases::{
        fees::couple,
        stage::{ordinary_spec, payment, populated},
    },
};

/// Positions of the crowded economy, that of its first staker included.
const CROWD: u64 = 1_000_000;
/// Stake of each (base units).
const STAKE: u64 = 1_009;

/// What filling the bank took.
#[derive(Clone, Copy, Debug)]
pub struct Effort {
    /// Wall-clock time.
    pub time: Duration,
    /// Resident memory of the process after it (bytes), where the system tells.
    pub memory: Option<u64>,
}

/// Measures `pay` with one position in the economy, and then with a million
/// accounts of positions in the bank. Fails unless both are the same.
pub async fn measure(bench: &mut Bench) -> Result<Option<Effort>, Error> {
    if !bench.wants(&["pay"]) {
        return Ok(None);
    }
    let mut world = populated(WorldSpec {
        liquidity: Vec::new(),
        ..ordinary_spec()
    })
    .await?;
    let (alice, bob) = couple(&mut world).await;
    let pay = ix::pay(&world.at, &world.token_program, &payment(&alice, &bob, 0));
    let signer = [&alice.key];
    bench
        .measure(&mut world, "1 position", &pay, &signer)
        .await?;

    let start = Instant::now();
    let pool = world.native_pool();
    let mut position = Position::zeroed();
    position.pool = pool;
    position.payer = world.bank.payer().pubkey();
    position.amount = STAKE;
    position.paid_q64 = world.pool(0).await.reward_per_share_q64;
    let mut data = world
        .bank
        .data(&address::position(&pool, &world.positions[0].1))
        .await
        .ok_or(Error("the first position is missing".into()))?;
    for number in 1..CROWD {
        // The bank hashes an address by a few of its bytes: they have to look random.
        let address = hash(&number.to_le_bytes()).to_bytes();
        position.owner = Pubkey::new_from_array(hash(&address).to_bytes());
        let bytes = bytemuck::bytes_of(&position);
        data[8..8 + bytes.len()].copy_from_slice(bytes);
        let account = AccountSharedData::from(Account {
            lamports: Rent::default().minimum_balance(data.len()),
            data: data.clone(),
            owner: PROGRAM_ID,
            ..Account::default()
        });
        let address = Pubkey::new_from_array(address);
        world.bank.set_account(&address, &account);
    }
    let added = STAKE * (CROWD - 1);
    world
        .bank
        .edit::<Pool>(&pool, |pool| pool.total += added)
        .await;
    let vault = address::principal_vault(&pool);
    let held = world.bank.balance(&vault).await;
    world.bank.set_balance(&vault, held + added).await;
    let effort = Effort {
        time: start.elapsed(),
        memory: resident(),
    };

    bench
        .measure(&mut world, "1,000,000 positions", &pay, &signer)
        .await?;
    match bench.figures.as_slice() {
        [.., one, crowd]
            if (one.total, one.calls, one.heap, one.stack)
                == (crowd.total, crowd.calls, crowd.heap, crowd.stack) =>
        {
            Ok(Some(effort))
        }
        _ => Err(Error(
            "a payment does not cost the same with 1 and with 1,000,000 positions".into(),
        )),
    }
}

/// Resident memory of this process (bytes).
fn resident() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes * 1_024)
}
