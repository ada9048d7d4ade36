//! Transfer fees that are scheduled to change: a mint that takes nothing today and everything
//! three epochs later, with nobody left who could be asked.

use anchor_spl::token_2022::spl_token_2022::{
    extension::{transfer_fee, ExtensionType},
    instruction::{set_authority, AuthorityType},
};
use homeostat_tests::HomeostatError;
use solana_account::WritableAccount;

use super::{
    hostile_mints::{Sample, T22},
    *,
};

/// Where a mint whose only extension is the transfer fee has the rates of the older and of the
/// newer epoch: after the mint (166 bytes), the entry's header (4), and the configuration's
/// first fields.
const RATES_AT: [usize; 2] = [166 + 4 + 88, 166 + 4 + 106];

/// A mint that takes `basis_points` now, and that `authority` may change.
fn with_fee(basis_points: u16, authority: Option<&Pubkey>) -> Sample {
    Sample::new(
        "transfer fee",
        &[ExtensionType::TransferFeeConfig],
        |mint| {
            vec![transfer_fee::instruction::initialize_transfer_fee_config(
                &T22,
                mint,
                authority,
                Some(&Pubkey::new_unique()),
                basis_points,
                u64::MAX,
            )
            .unwrap()]
        },
    )
}

/// Schedules a fee of `basis_points`, then gives the fee's authority up for ever.
async fn schedule(world: &mut World, mint: &Pubkey, issuer: &Keypair, basis_points: u16) {
    let key = issuer.pubkey();
    let set =
        transfer_fee::instruction::set_transfer_fee(&T22, mint, &key, &[], basis_points, u64::MAX)
            .unwrap();
    let revoke = set_authority(
        &T22,
        mint,
        None,
        AuthorityType::TransferFeeConfig,
        &key,
        &[],
    )
    .unwrap();
    world.bank.send(&[set, revoke], &[issuer]).await.unwrap();
}

/// The two rates of a mint's schedule (basis points).
async fn rates(world: &mut World, mint: &Pubkey) -> [u16; 2] {
    let data = world.bank.data(mint).await.unwrap();
    RATES_AT.map(|at| u16::from_le_bytes([data[at], data[at + 1]]))
}

/// Writes the rate of the older epoch, which the token program lets nobody do; the newer one is
/// in force.
async fn overwrite_older(world: &mut World, mint: &Pubkey, basis_points: u16) {
    let mut account = world.bank.account(mint).await.unwrap();
    let at = RATES_AT[0];
    account.data_as_mut_slice()[at..at + 2].copy_from_slice(&basis_points.to_le_bytes());
    world.bank.set_account(mint, &account);
    assert_eq!(rates(world, mint).await[0], basis_points);
}

/// A world on a mint of its own that takes `now` basis points and is scheduled to take `later`.
async fn scheduled(now: u16, later: u16) -> World {
    let issuer = Keypair::new();
    let Sample { mint, spec, .. } = with_fee(now, Some(&issuer.pubkey()));
    let mut world = site(&mint, &spec).await;
    let mint = world.at.mint;
    schedule(&mut world, &mint, &issuer, later).await;
    world
}

#[tokio::test]
async fn e1_a_scheduled_fee_is_refused_at_creation() {
    for (now, later) in [(0, 10_000), (10_000, 0), (100, 101), (0, 1), (1_001, 1_001)] {
        // given a mint whose fee changes later, or is above 10 % already, and no authority
        let mut world = scheduled(now, later).await;
        let mint = world.at.mint;
        assert_eq!(rates(&mut world, &mint).await, [now, later]);

        // then no economy is made of it, whoever pays the rewards
        for funding in [Funding::Mint, Funding::Funded] {
            let create = create_ix(&world, args(funding));
            let error = HomeostatError::UnsafeTransferFee;
            attack(&mut world, &[create], &[], error).await;
        }
    }
}

#[tokio::test]
async fn e1_a_fee_that_stays_is_accepted() {
    for rate in [0, 1, 1_000] {
        let mut world = scheduled(rate, rate).await;
        let create = create_ix(&world, args(Funding::Funded));
        world.run(&[create]).await.unwrap();
        assert_eq!(world.economy().await.mint, world.at.mint);
    }
}

#[tokio::test]
async fn e1_a_scheduled_fee_of_a_stake_mint_is_refused() {
    // given a Draft, and an LP mint that will keep whatever leaves the pool
    let mut world = draft().await;
    let creator = world.creator.pubkey();
    let own = world.at.mint;
    let amm_vault = world.bank.create_tokens(&own, &Pubkey::new_unique()).await;
    let issuer = Keypair::new();
    let Sample { mint, spec, .. } = with_fee(0, Some(&issuer.pubkey()));
    world.bank.create_mint_at(&mint, &spec).await;
    schedule(&mut world, &mint.pubkey(), &issuer, 10_000).await;
    let stake = StakeMint {
        mint: mint.pubkey(),
        token_program: T22,
        amm_vault: Some(amm_vault),
    };

    let create = ix::create_pool(&world.at, &creator, &stake, 1);

    let error = HomeostatError::UnsafeTransferFee;
    attack(&mut world, &[create], &[], error).await;
    assert_eq!(world.economy().await.pool_count, 1);
}

/// The token program lets nobody schedule anything once the economy is created; `go_live` and
/// `stake` read the schedule all the same, and no exit does.
#[tokio::test]
async fn e1_a_scheduled_fee_that_appears_later_is_refused_wherever_something_opens() {
    // given a Draft whose mint turned bad
    let Sample { mint, spec, .. } = with_fee(100, None);
    let mut world = site(&mint, &spec).await;
    let (mint, reserve) = (world.at.mint, world.reserve);
    world
        .bank
        .mint_to(&mint, &reserve, 1_000_000_000 * TOKEN)
        .await;
    let steps = [
        create_ix(&world, args(Funding::Mint)),
        native_pool_ix(&world),
        meter_ix(&world, 0),
    ];
    for step in steps {
        world.run(&[step]).await.unwrap();
    }
    world.create_council(1, None).await.unwrap();
    world.hand_over_mint(Funding::Mint).await;
    overwrite_older(&mut world, &mint, 10_000).await;

    // then it does not go live
    let go_live = world.go_live_ix();
    let error = HomeostatError::UnsafeTransferFee;
    attack(&mut world, &[go_live], &[], error).await;

    // and once it was live, nobody stakes, while those who did leave with everything
    overwrite_older(&mut world, &mint, 100).await;
    world.go_live().await.unwrap();
    let staker = staker_with_all_of(&mut world, 1_000 * TOKEN).await;
    let late = world.wallet(1_000 * TOKEN).await;
    world.open(&late).await.unwrap();
    overwrite_older(&mut world, &mint, 10_000).await;
    let stake = world.stake_ix(&late, TOKEN);
    let error = HomeostatError::UnsafeTransferFee;
    attack(&mut world, &[stake], &[&late.key], error).await;
    let staked = world.position(&staker).await.amount;
    world.request_unstake(&staker, staked).await.unwrap();
    world.bank.advance(WEEK).await;
    world.claim(&staker).await.unwrap();
    world.withdraw(&staker).await.unwrap();
    assert!(world.balance(&staker).await > staked / 100 * 98);
}
