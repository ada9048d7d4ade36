//! Mints that an economy accepts: pointers and metadata, transfer fees that nobody else sets,
//! and every number of decimals and supply that can be streamed.

use anchor_lang::error::ErrorCode;
use anchor_spl::token_2022::spl_token_2022::extension::{
    group_member_pointer, group_pointer, ExtensionType,
};
use homeostat_client::AccountMeta;
use homeostat_tests::HomeostatError;

use super::{
    hostile_mints::{interface_ix, metadata_pointer_ix, transfer_fee_ix, Sample, T22},
    *,
};

/// From creation to a claim that pays, on a mint with allowed extensions.
async fn assert_lives(mut world: World, funding: Funding) {
    let (mint, reserve) = (world.at.mint, world.reserve);
    world
        .bank
        .mint_to(&mint, &reserve, 1_000_000_000 * TOKEN)
        .await;
    bring_to_life(&mut world, args(funding)).await;
    if funding == Funding::Funded {
        fund(&mut world, 1_000_000 * TOKEN).await.unwrap();
    }
    let staker = staker_with_all_of(&mut world, 500 * TOKEN).await;
    let payer = world.wallet(100 * TOKEN).await;
    for _ in 0..3 {
        world.pay(&payer, &staker.tokens, TOKEN).await.unwrap();
        world.collect(0).await.unwrap();
        world.next_period().await.unwrap();
        assert_sound(&mut world).await;
    }
    world.bank.advance(WEEK / 2).await;
    let before = world.balance(&staker).await;

    world.claim(&staker).await.unwrap();

    assert!(world.balance(&staker).await > before);
    assert_sound(&mut world).await;
}

#[tokio::test]
async fn i4_pointers_are_allowed() {
    use ExtensionType::*;
    let someone = Some(Pubkey::new_unique());
    let samples = [
        Sample::new("metadata pointer", &[MetadataPointer], |mint| {
            vec![metadata_pointer_ix(mint)]
        }),
        Sample::new("group pointer", &[GroupPointer], |mint| {
            vec![group_pointer::instruction::initialize(&T22, mint, someone, someone).unwrap()]
        }),
        Sample::new("group member pointer", &[GroupMemberPointer], |mint| {
            vec![
                group_member_pointer::instruction::initialize(&T22, mint, someone, someone)
                    .unwrap(),
            ]
        }),
        Sample::new(
            "all three",
            &[MetadataPointer, GroupPointer, GroupMemberPointer],
            |mint| {
                vec![
                    metadata_pointer_ix(mint),
                    group_pointer::instruction::initialize(&T22, mint, someone, None).unwrap(),
                    group_member_pointer::instruction::initialize(&T22, mint, someone, None)
                        .unwrap(),
                ]
            },
        ),
    ];
    for Sample { name, mint, spec } in samples {
        println!("{name}");
        assert_lives(site(&mint, &spec).await, Funding::Mint).await;
    }
}

#[tokio::test]
async fn i4_metadata_and_group_inside_the_mint_are_allowed() {
    use ExtensionType::*;
    let Sample { mint, spec, .. } =
        Sample::new("with contents", &[MetadataPointer, GroupPointer], |mint| {
            vec![
                metadata_pointer_ix(mint),
                group_pointer::instruction::initialize(&T22, mint, None, Some(*mint)).unwrap(),
            ]
        });
    let mut world = site(&mint, &spec).await;
    let (mint, authority) = (world.at.mint, world.creator.pubkey());
    world.bank.airdrop(&mint, SOL).await;
    let metadata = interface_ix(
        "spl_token_metadata_interface:initialize_account",
        vec![
            AccountMeta::new(mint, false),
            AccountMeta::new_readonly(authority, false),
            AccountMeta::new_readonly(mint, false),
            AccountMeta::new_readonly(authority, true),
        ],
        (
            "Homeostat test".to_string(),
            "HOME".to_string(),
            "https://example.org/home.json".to_string(),
        ),
    );
    let group = interface_ix(
        "spl_token_group_interface:initialize_token_group",
        vec![
            AccountMeta::new(mint, false),
            AccountMeta::new_readonly(mint, false),
            AccountMeta::new_readonly(authority, true),
        ],
        ([0u8; 32], 8u64),
    );
    world.run(&[metadata, group]).await.unwrap();
    let len = world.bank.data(&mint).await.unwrap().len();
    assert!(len > 400, "the mint carries its metadata: {len}");

    assert_lives(world, Funding::Mint).await;
}

#[tokio::test]
async fn i4_transfer_fee_that_nobody_can_change_is_allowed() {
    for funding in [Funding::Mint, Funding::Funded] {
        let Sample { mint, spec, .. } = Sample::new(
            "transfer fee for ever",
            &[ExtensionType::TransferFeeConfig],
            |mint| vec![transfer_fee_ix(mint, None)],
        );
        assert_lives(site(&mint, &spec).await, funding).await;
    }
}

#[tokio::test]
async fn i4_transfer_fee_that_the_economy_holds_is_allowed() {
    // Given a creator, who hands the fee to the economy that is to come.
    let mut world = draft().await;
    let creator = world.creator.pubkey();
    let mint = Keypair::new();
    let holder = EconomyAddresses::new(&mint.pubkey(), &creator).authority;
    let spec = MintSpec {
        extensions: vec![ExtensionType::TransferFeeConfig],
        initialise: vec![transfer_fee_ix(&mint.pubkey(), Some(&holder))],
        ..MintSpec::plain(TokenProgram::Token2022)
    };
    world.bank.create_mint_at(&mint, &spec).await;
    world.reserve = world.bank.create_tokens(&mint.pubkey(), &creator).await;
    aim(&mut world, &mint.pubkey(), TokenProgram::Token2022);

    assert_lives(world, Funding::Mint).await;
}

#[tokio::test]
async fn i4_transfer_fee_of_another_economy_is_refused() {
    // Given a mint whose fee belongs to somebody else's economy of that mint.
    let mut world = draft().await;
    let mint = Keypair::new();
    let rival = Pubkey::new_unique();
    let theirs = EconomyAddresses::new(&mint.pubkey(), &rival).authority;
    let spec = MintSpec {
        extensions: vec![ExtensionType::TransferFeeConfig],
        initialise: vec![transfer_fee_ix(&mint.pubkey(), Some(&theirs))],
        ..MintSpec::plain(TokenProgram::Token2022)
    };
    world.bank.create_mint_at(&mint, &spec).await;
    aim(&mut world, &mint.pubkey(), TokenProgram::Token2022);

    let create = create_ix(&world, args(Funding::Funded));

    attack(
        &mut world,
        &[create],
        &[],
        HomeostatError::UnsupportedMintExtension,
    )
    .await;
}

#[tokio::test]
async fn success_decimals_from_zero_to_the_most() {
    for program in [TokenProgram::Legacy, TokenProgram::Token2022] {
        // Supply, stake and hard cap in whole base units.
        for (decimals, supply) in [(0, 1_000_000u64), (9, 1_000_000_000_000_000_000)] {
            let spec = MintSpec {
                decimals,
                ..MintSpec::plain(program)
            };
            let mut world = site(&Keypair::new(), &spec).await;
            let (mint, reserve) = (world.at.mint, world.reserve);
            world.bank.mint_to(&mint, &reserve, supply).await;
            let args = EconomyArgs {
                hard_cap: supply * 2,
                ..args(Funding::Mint)
            };
            bring_to_life(&mut world, args).await;
            let staker = staker_with_all_of(&mut world, supply / 2).await;

            for _ in 0..4 {
                world.next_period().await.unwrap();
                assert_sound(&mut world).await;
            }

            // 6 % a year at first, and a stake that is below target raises it.
            let before = world.balance(&staker).await;
            world.claim(&staker).await.unwrap();
            let earned = world.balance(&staker).await - before;
            let at_least = supply / 1_000_000 * 60_000 * 4 / 53;
            assert!(earned >= at_least, "{earned} < {at_least}");
            assert_eq!(world.economy().await.decimals, decimals);
        }
    }
}

#[tokio::test]
async fn success_a_nearly_indivisible_token_streams_without_loss() {
    // Given 1,000 tokens without decimals: not two of them a week.
    let spec = MintSpec {
        decimals: 0,
        ..MintSpec::plain(TokenProgram::Token2022)
    };
    let mut world = site(&Keypair::new(), &spec).await;
    let (mint, reserve) = (world.at.mint, world.reserve);
    world.bank.mint_to(&mint, &reserve, 1_000).await;
    let args = EconomyArgs {
        hard_cap: 2_000,
        ..args(Funding::Mint)
    };
    bring_to_life(&mut world, args).await;
    let staker = staker_with_all_of(&mut world, 600).await;

    // When half a year passes with a claim every week.
    for _ in 0..26 {
        world.next_period().await.unwrap();
        world.claim(&staker).await.unwrap();
        assert_sound(&mut world).await;
    }

    // Then about three per cent were paid, although no week had a whole number.
    let paid = world.balance(&staker).await;
    assert!((25..=35).contains(&paid), "{paid}");
}

#[tokio::test]
async fn success_the_largest_supply_that_can_be_streamed() {
    let most = u64::MAX / 4;
    for funding in [Funding::Mint, Funding::Funded] {
        let supply = match funding {
            Funding::Mint => most - most / 100,
            Funding::Funded => u64::MAX,
        };
        let mut world = World::build(&WorldSpec {
            funding,
            supply,
            hard_cap: most,
            ..WorldSpec::default()
        })
        .await;
        if funding == Funding::Funded {
            fund(&mut world, u64::MAX / 2).await.unwrap();
        }
        let staker = staker_with_all_of(&mut world, supply / 4).await;
        for _ in 0..20 {
            world.next_period().await.unwrap();
            world.claim(&staker).await.unwrap();
            if funding == Funding::Mint {
                assert_sound(&mut world).await;
            }
        }
        assert!(world.balance(&staker).await > 0);
        assert!(world.bank.supply(&world.at.mint.clone()).await <= supply.max(most));
    }
}

#[tokio::test]
async fn fail_a_mint_that_does_not_exist() {
    let mut world = draft().await;
    let nowhere = Pubkey::new_unique();
    aim(&mut world, &nowhere, TokenProgram::Token2022);

    let create = create_ix(&world, args(Funding::Funded));

    attack(&mut world, &[create], &[], ErrorCode::AccountNotInitialized).await;
}
