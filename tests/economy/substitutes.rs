//! Token programs and substituted accounts, for the whole family.

use anchor_lang::error::ErrorCode;
use homeostat_client::{Setting, PROGRAM_ID};
use homeostat_tests::{attack_ends_with, HomeostatError};
use solana_instruction::error::InstructionError;

use super::*;

const OTHER: fn(&Pubkey) -> Pubkey = |program| {
    if *program == TokenProgram::Legacy.id() {
        TokenProgram::Token2022.id()
    } else {
        TokenProgram::Legacy.id()
    }
};

/// Every instruction of the family that takes a token program, as it is
/// accepted in a Draft (or, for the last two, afterwards).
fn with_token_program(world: &World) -> Vec<(&'static str, Instruction)> {
    vec![
        ("create_meter", meter_ix(world, 1)),
        ("go_live", world.go_live_ix()),
        (
            "fund_rewards",
            fund_ix(world, &world.creator.pubkey(), &world.reserve, TOKEN),
        ),
        ("close", close_ix(world)),
        ("top_up", world.top_up_ix()),
    ]
}

#[tokio::test]
async fn i8_token_program_swap_is_refused() {
    for program in [TokenProgram::Legacy, TokenProgram::Token2022] {
        let mut world = World::build(&WorldSpec {
            program,
            draft: true,
            funding: Funding::Funded,
            ..WorldSpec::default()
        })
        .await;
        for (name, instruction) in with_token_program(&world) {
            println!("{name} of {program:?}");
            let swapped = exchange(instruction.clone(), &program.id(), &OTHER(&program.id()));
            // An account that is created is so before the mint is compared; the token
            // program does not know another's mint.
            let error = match name {
                "create_meter" => InstructionError::IncorrectProgramId,
                _ => InstructionError::Custom(ErrorCode::ConstraintMintTokenProgram.into()),
            };
            attack_ends_with(&mut world, name, &[swapped], &[], &error).await;

            for fake in [PROGRAM_ID, Pubkey::new_unique()] {
                // Homeostat's own address also ends its account list; name it once.
                let mut faked = instruction.clone();
                for meta in &mut faked.accounts {
                    if meta.pubkey == program.id() {
                        meta.pubkey = fake;
                        break;
                    }
                }
                attack(&mut world, &[faked], &[], ErrorCode::InvalidProgramId).await;
            }
        }
    }
}

#[tokio::test]
async fn i8_token_program_swap_at_creation_is_refused() {
    for program in [TokenProgram::Legacy, TokenProgram::Token2022] {
        let mut world = site(&Keypair::new(), &MintSpec::plain(program)).await;
        let create = create_ix(&world, args(Funding::Mint));

        let swapped = exchange(create.clone(), &program.id(), &OTHER(&program.id()));
        let error = InstructionError::IncorrectProgramId;
        attack_ends_with(&mut world, "another program", &[swapped], &[], &error).await;

        let fake = exchange(create.clone(), &program.id(), &Pubkey::new_unique());
        attack(&mut world, &[fake], &[], ErrorCode::InvalidProgramId).await;

        // The same for a pool.
        world.run(&[create]).await.unwrap();
        let pool = native_pool_ix(&world);
        let swapped = exchange(pool.clone(), &program.id(), &OTHER(&program.id()));
        let error = InstructionError::IncorrectProgramId;
        attack_ends_with(&mut world, "another program", &[swapped], &[], &error).await;
        let fake = exchange(pool, &program.id(), &Pubkey::new_unique());
        attack(&mut world, &[fake], &[], ErrorCode::InvalidProgramId).await;
    }
}

/// A mint that belongs to a program of the attacker's.
#[tokio::test]
async fn i8_mint_of_a_fake_token_program_is_refused() {
    let mut world = site(&Keypair::new(), &MintSpec::plain(TokenProgram::Legacy)).await;
    let mut account = world.bank.account(&world.at.mint.clone()).await.unwrap();
    solana_account::WritableAccount::set_owner(&mut account, Pubkey::new_unique());
    let fake = Pubkey::new_unique();
    world.bank.set_account(&fake, &account);
    aim(&mut world, &fake, TokenProgram::Legacy);

    let create = create_ix(&world, args(Funding::Funded));

    attack(
        &mut world,
        &[create],
        &[],
        ErrorCode::AccountOwnedByWrongProgram,
    )
    .await;
}

#[tokio::test]
async fn fail_go_live_with_substituted_accounts() {
    // Given a rival economy of the same mint, whose accounts are all real.
    let mut world = draft().await;
    world.hand_over_mint(Funding::Mint).await;
    let rival = outsider(&mut world).await;
    let other = EconomyAddresses::new(&world.at.mint, &rival.pubkey());
    let create = ix::create_economy(
        &world.at.mint,
        &world.token_program,
        &rival.pubkey(),
        args(Funding::Funded),
    );
    world.bank.send(&[create], &[&rival]).await.unwrap();
    let other_mint = world
        .bank
        .create_mint(&MintSpec::plain(TokenProgram::Token2022))
        .await;

    let at = world.at;
    for (real, wrong) in [
        (at.mint, other_mint),
        (at.authority, other.authority),
        (at.reward_vault, other.reward_vault),
        (at.reward_vault, at.treasury_vault),
        (at.log, other.log),
    ] {
        let go_live = exchange(world.go_live_ix(), &real, &wrong);
        attack(&mut world, &[go_live], &[], ErrorCode::ConstraintHasOne).await;
    }
    world.go_live().await.unwrap();
}

#[tokio::test]
async fn fail_parts_with_substituted_accounts() {
    let mut world = draft().await;
    let other_mint = world
        .bank
        .create_mint(&MintSpec::plain(TokenProgram::Token2022))
        .await;
    let at = world.at;
    let meter = at.meter(1);
    let vault = homeostat_client::address::fee_vault(&meter);
    let stranger = Pubkey::new_unique();

    // Addresses that do not follow from their seeds.
    for (real, wrong) in [(meter, at.meter(7)), (vault, stranger)] {
        let create = exchange(meter_ix(&world, 1), &real, &wrong);
        attack(&mut world, &[create], &[], ErrorCode::ConstraintSeeds).await;
    }
    // Accounts that are not the economy's.
    for (real, wrong) in [(at.mint, other_mint), (at.authority, stranger)] {
        let create = exchange(meter_ix(&world, 1), &real, &wrong);
        attack(&mut world, &[create], &[], ErrorCode::ConstraintHasOne).await;
    }

    // The same for a pool, of which the stake mint is free.
    let lp = world.add_liquidity_pool(1).await.unwrap();
    let amm = Bank::amm_of(&other_mint);
    world.bank.set_minter(&other_mint, &amm).await;
    let stake = StakeMint {
        mint: other_mint,
        token_program: TokenProgram::Token2022.id(),
        ..lp
    };
    let create = ix::create_pool(&at, &world.creator.pubkey(), &stake, 1);
    let pool = at.pool(&other_mint);
    let principal = homeostat_client::address::principal_vault(&pool);
    for (real, wrong, code) in [
        (pool, stranger, ErrorCode::ConstraintSeeds),
        (principal, stranger, ErrorCode::ConstraintSeeds),
        (at.authority, stranger, ErrorCode::ConstraintHasOne),
    ] {
        let wrong = exchange(create.clone(), &real, &wrong);
        attack(&mut world, &[wrong], &[], code).await;
    }
    world.run(&[create]).await.unwrap();
}

/// Naming the creator is not enough.
#[tokio::test]
async fn i1_everything_wants_the_creators_signature() {
    let (mut world, founder) = founded_draft().await;
    let key = founder.pubkey();
    let limits = Setting::Limits(limits_of(&*world.economy().await));
    let lp = StakeMint {
        mint: world
            .bank
            .create_mint(&MintSpec::plain(TokenProgram::Legacy))
            .await,
        token_program: TokenProgram::Legacy.id(),
        amm_vault: Some(world.reserve),
    };
    let not_his = u32::from(HomeostatError::Unauthorized);
    // Each with the refusal of somebody else's own signature.
    let attempts = [
        (
            create_ix(&world, args(Funding::Mint)),
            ErrorCode::ConstraintSeeds.into(),
        ),
        (ix::configure(&world.at.economy, &key, limits), not_his),
        (ix::create_pool(&world.at, &key, &lp, 1), not_his),
        (meter_ix(&world, 1), not_his),
        (world.go_live_ix(), not_his),
        (
            fund_ix(&world, &key, &world.reserve, 1),
            HomeostatError::FundingNotOpen.into(),
        ),
        (close_ix(&world), not_his),
    ];
    for (attempt, code) in attempts {
        let forged = without_signatures(attempt.clone());
        attack(&mut world, &[forged], &[], ErrorCode::AccountNotSigner).await;

        // Nor is it an advantage to be the one who pays the fees.
        let payer = world.bank.payer().pubkey();
        let others = exchange(attempt, &key, &payer);
        attack(&mut world, &[others], &[], code).await;
    }
}

/// One vault in two roles.
#[tokio::test]
async fn fail_with_one_account_in_two_roles() {
    let mut world = funded_draft().await;
    let at = world.at;
    for (real, wrong, code) in [
        (
            at.treasury_vault,
            at.reward_vault,
            ErrorCode::ConstraintHasOne,
        ),
        (
            world.reserve,
            at.reward_vault,
            ErrorCode::ConstraintTokenOwner,
        ),
    ] {
        let close = exchange(close_ix(&world), &real, &wrong);
        attack(&mut world, &[close], &[], code).await;
    }
}
