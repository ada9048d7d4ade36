//! create_economy: what a Draft starts with, and who cannot make one.

use anchor_lang::error::ErrorCode;
use anchor_spl::token_2022::spl_token_2022::{
    extension::StateWithExtensions, state::Account as TokenAccount,
};
use homeostat::state::defaults;
use homeostat_client::{log, Life, Parameter};
use homeostat_tests::{exchange, HomeostatError};

use super::*;

pub(super) async fn plain_site(program: TokenProgram) -> World {
    site(&Keypair::new(), &MintSpec::plain(program)).await
}

#[tokio::test]
async fn success_a_draft_is_created_with_both_token_programs() {
    for program in [TokenProgram::Legacy, TokenProgram::Token2022] {
        let mut world = plain_site(program).await;

        let create = create_ix(&world, args(Funding::Mint));
        world.run(&[create]).await.unwrap();

        let economy = world.economy().await;
        assert_eq!(economy.life, Life::Draft as u8);
        assert_eq!(economy.mint, world.at.mint);
        assert_eq!(economy.token_program, program.id());
        assert_eq!(economy.creator, world.creator.pubkey());
        assert_eq!(economy.authority, world.at.authority);
        assert_eq!(economy.decimals, 6);
        assert_eq!((economy.pool_count, economy.meter_count), (0, 0));
        assert_eq!(economy.stream, Default::default(), "nothing accrues");
        assert_eq!(economy.totals, Default::default());
    }
}

#[tokio::test]
async fn success_every_vault_belongs_to_the_authority_alone() {
    let mut world = draft().await;

    let pool = world.native_pool();
    let vaults = [
        world.at.reward_vault,
        world.at.treasury_vault,
        homeostat_client::address::principal_vault(&pool),
        homeostat_client::address::fee_vault(&world.at.meter(0)),
    ];
    for vault in vaults {
        let data = world.bank.data(&vault).await.unwrap();
        let vault = StateWithExtensions::<TokenAccount>::unpack(&data)
            .unwrap()
            .base;
        assert_eq!(vault.owner, world.at.authority);
        assert_eq!(vault.mint, world.at.mint);
        assert!(vault.delegate.is_none() && vault.close_authority.is_none());
        assert_eq!(vault.amount, 0);
    }
}

#[tokio::test]
async fn success_the_log_of_a_draft_is_empty_and_whole() {
    let mut world = draft().await;

    let data = world.bank.data(&world.at.log).await.unwrap();
    let (header, records) = log::read(&data).unwrap();

    assert_eq!(header.economy, world.at.economy);
    assert_eq!((header.head_seq, records.len()), (0, 0));
}

#[tokio::test]
async fn success_the_event_names_what_was_created() {
    let mut world = plain_site(TokenProgram::Token2022).await;

    let create = create_ix(&world, args(Funding::Funded));
    let Event::EconomyCreated(created) = only_event(&mut world, &[create]).await else {
        panic!("another event");
    };

    assert_eq!(created.economy, world.at.economy);
    assert_eq!(created.mint, world.at.mint);
    assert_eq!(created.creator, world.creator.pubkey());
    assert_eq!(created.funding, Funding::Funded);
    assert_eq!(created.period, WEEK as u32);
    assert_eq!(created.hard_cap, args(Funding::Funded).hard_cap);
}

#[tokio::test]
async fn success_defaults_pass_at_the_shortest_and_the_longest_period() {
    for period in [60, 3_600, 2_592_000] {
        let mut world = World::build(&WorldSpec {
            period,
            ..WorldSpec::default()
        })
        .await;
        let staker = staker_with_all_of(&mut world, 500 * TOKEN).await;

        world.next_period().await.unwrap();

        world.claim(&staker).await.unwrap();
        assert_sound(&mut world).await;
    }
}

#[tokio::test]
async fn fail_without_the_creators_signature() {
    let mut world = plain_site(TokenProgram::Token2022).await;
    let victim = Keypair::new().pubkey();
    let forged = exchange(
        ix::create_economy(
            &world.at.mint,
            &world.token_program,
            &victim,
            args(Funding::Mint),
        ),
        &victim,
        &victim,
    );

    attack(
        &mut world,
        &[without_signatures(forged)],
        &[],
        ErrorCode::AccountNotSigner,
    )
    .await;
}

#[tokio::test]
async fn i7_creation_arguments_are_bounded() {
    let mut world = plain_site(TokenProgram::Token2022).await;
    let sound = args(Funding::Mint);
    let refused = [
        (
            "period",
            EconomyArgs {
                period: 59,
                ..sound
            },
        ),
        ("period", EconomyArgs { period: 0, ..sound }),
        (
            "period",
            EconomyArgs {
                period: 2_592_001,
                ..sound
            },
        ),
        (
            "period",
            EconomyArgs {
                period: u32::MAX,
                ..sound
            },
        ),
        (
            "hard_cap",
            EconomyArgs {
                hard_cap: 0,
                ..sound
            },
        ),
    ];
    for (field, args) in refused {
        let create = create_ix(&world, args);
        let logs = attack(&mut world, &[create], &[], HomeostatError::InvalidParameter).await;
        assert_logged(&logs, field);
    }

    for (period, hard_cap) in [(60, 1), (2_592_000, u64::MAX)] {
        let inside = EconomyArgs {
            period,
            hard_cap,
            ..sound
        };
        let create = create_ix(&world, inside);
        let close = ix::close(
            &world.at,
            &world.creator.pubkey(),
            &world.reserve,
            &world.token_program,
            &ix::Parts::default(),
        );
        world.run(&[create]).await.unwrap();
        let limits = world.economy().await.limits;
        assert_eq!((limits.period, limits.hard_cap), (period, hard_cap));
        world.run(&[close]).await.unwrap();
    }
}

#[tokio::test]
async fn i7_an_unknown_funding_is_refused() {
    let mut world = plain_site(TokenProgram::Token2022).await;
    let mut create = create_ix(&world, args(Funding::Mint));
    // The byte behind the discriminator.
    create.data[8] = 2;

    attack(
        &mut world,
        &[create],
        &[],
        ErrorCode::InstructionDidNotDeserialize,
    )
    .await;
}

/// Events are calls of the program to itself that only it can sign.
#[tokio::test]
async fn fail_nobody_else_emits_an_event() {
    let mut world = draft().await;
    let create = create_ix(&world, args(Funding::Mint));
    let authority = homeostat_client::address::event_authority();
    let mut forged = Instruction {
        program_id: homeostat_client::PROGRAM_ID,
        accounts: create
            .accounts
            .iter()
            .filter(|meta| meta.pubkey == authority)
            .cloned()
            .collect(),
        data: homeostat_client::event::EVENT_TAG.to_vec(),
    };
    forged.data.extend([0; 64]);
    attack(
        &mut world,
        std::slice::from_ref(&forged),
        &[],
        ErrorCode::ConstraintSigner,
    )
    .await;

    // A look-alike authority that does sign.
    let liar = outsider(&mut world).await;
    forged.accounts[0].pubkey = liar.pubkey();
    forged.accounts[0].is_signer = true;
    attack(&mut world, &[forged], &[&liar], ErrorCode::ConstraintSeeds).await;
}

#[tokio::test]
async fn success_defaults_wire_every_controller_to_its_metric() {
    let mut world = draft().await;

    let economy = world.economy().await;

    for parameter in Parameter::ALL {
        let controller = &economy.controllers[parameter.index()];
        assert_eq!(controller.wiring().unwrap(), defaults::wiring(parameter));
        assert_eq!(controller.config.period, economy.limits.period);
        assert_eq!(controller.config_seq, 0);
    }
}

#[tokio::test]
async fn fail_a_council_and_its_log_stand_at_their_own_addresses() {
    // Given a Draft without a council
    let mut world = plain_site(TokenProgram::Legacy).await;
    let create = create_ix(&world, args(Funding::Mint));
    world.run(&[create]).await.unwrap();
    let create = world.create_council_ix(world.council_args(1, None));

    // When one of the two is to be somewhere else, then nothing is created
    for old in [world.at.council, world.at.audit] {
        let elsewhere = exchange(create.clone(), &old, &Pubkey::new_unique());
        let seeds = ErrorCode::ConstraintSeeds;
        attack(&mut world, &[elsewhere], &[], seeds).await;
    }
    world.run(&[create]).await.unwrap();
}
