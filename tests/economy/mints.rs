//! Which mints an economy and its pools accept: every mint extension that the
//! token program can initialise, and some that it cannot.

use anchor_lang::{error::ErrorCode, AnchorSerialize};
use anchor_spl::token_2022::spl_token_2022::{
    self,
    extension::{
        confidential_mint_burn, confidential_transfer, confidential_transfer_fee,
        default_account_state, group_member_pointer, group_pointer, interest_bearing_mint,
        metadata_pointer, pausable, scaled_ui_amount, transfer_fee, transfer_hook, ExtensionType,
    },
    instruction as token,
    state::AccountState,
};
use homeostat_client::AccountMeta;
use homeostat_tests::HomeostatError;
use solana_program::hash::hash;

use super::*;

const T22: Pubkey = spl_token_2022::ID;

/// A mint and what its extensions are called.
struct Sample {
    name: &'static str,
    mint: Keypair,
    spec: MintSpec,
}

impl Sample {
    fn new(
        name: &'static str,
        extensions: &[ExtensionType],
        initialise: impl Fn(&Pubkey) -> Vec<Instruction>,
    ) -> Self {
        let mint = Keypair::new();
        let spec = MintSpec {
            extensions: extensions.to_vec(),
            initialise: initialise(&mint.pubkey()),
            ..MintSpec::plain(TokenProgram::Token2022)
        };
        Self { name, mint, spec }
    }
}

fn transfer_fee_ix(mint: &Pubkey, authority: Option<&Pubkey>) -> Instruction {
    transfer_fee::instruction::initialize_transfer_fee_config(
        &T22,
        mint,
        authority,
        // Who may collect withheld fees does not matter to the economy.
        Some(&Pubkey::new_unique()),
        100,
        u64::MAX,
    )
    .unwrap()
}

fn permanent_delegate_ix(mint: &Pubkey) -> Instruction {
    token::initialize_permanent_delegate(&T22, mint, &Pubkey::new_unique()).unwrap()
}

fn confidential_transfer_ix(mint: &Pubkey) -> Instruction {
    confidential_transfer::instruction::initialize_mint(
        &T22,
        mint,
        Some(Pubkey::new_unique()),
        true,
        None,
    )
    .unwrap()
}

fn metadata_pointer_ix(mint: &Pubkey) -> Instruction {
    metadata_pointer::instruction::initialize(&T22, mint, None, Some(*mint)).unwrap()
}

/// Every mint extension that could take, freeze, tax, block or hide balances.
fn hostile_mints() -> Vec<Sample> {
    use ExtensionType::*;
    let someone = Pubkey::new_unique();
    let mut samples = vec![
        Sample::new(
            "transfer fee with an authority",
            &[TransferFeeConfig],
            |mint| vec![transfer_fee_ix(mint, Some(&someone))],
        ),
        Sample::new("close authority", &[MintCloseAuthority], |mint| {
            vec![token::initialize_mint_close_authority(&T22, mint, Some(&someone)).unwrap()]
        }),
        Sample::new("no close authority", &[MintCloseAuthority], |mint| {
            vec![token::initialize_mint_close_authority(&T22, mint, None).unwrap()]
        }),
        Sample::new(
            "confidential transfer",
            &[ConfidentialTransferMint],
            |mint| vec![confidential_transfer_ix(mint)],
        ),
        Sample::new(
            "confidential transfer fee",
            &[
                TransferFeeConfig,
                ConfidentialTransferMint,
                ConfidentialTransferFeeConfig,
            ],
            |mint| {
                vec![
                    transfer_fee_ix(mint, None),
                    confidential_transfer_ix(mint),
                    confidential_transfer_fee::instruction::initialize_confidential_transfer_fee_config(
                        &T22,
                        mint,
                        None,
                        &Default::default(),
                    )
                    .unwrap(),
                ]
            },
        ),
        Sample::new(
            "confidential mint and burn",
            &[ConfidentialTransferMint, ConfidentialMintBurn],
            |mint| {
                vec![
                    confidential_transfer_ix(mint),
                    confidential_mint_burn::instruction::initialize_mint(
                        &T22,
                        mint,
                        &Default::default(),
                        &Default::default(),
                    )
                    .unwrap(),
                ]
            },
        ),
        Sample::new("accounts open by default", &[DefaultAccountState], |mint| {
            vec![
                default_account_state::instruction::initialize_default_account_state(
                    &T22,
                    mint,
                    &AccountState::Initialized,
                )
                .unwrap(),
            ]
        }),
        Sample::new(
            "accounts frozen by default",
            &[DefaultAccountState],
            |mint| {
                vec![
                    default_account_state::instruction::initialize_default_account_state(
                        &T22,
                        mint,
                        &AccountState::Frozen,
                    )
                    .unwrap(),
                ]
            },
        ),
        Sample::new("not transferable", &[NonTransferable], |mint| {
            vec![token::initialize_non_transferable_mint(&T22, mint).unwrap()]
        }),
        Sample::new("interest bearing", &[InterestBearingConfig], |mint| {
            vec![
                interest_bearing_mint::instruction::initialize(&T22, mint, Some(someone), 500)
                    .unwrap(),
            ]
        }),
        Sample::new("permanent delegate", &[PermanentDelegate], |mint| {
            vec![permanent_delegate_ix(mint)]
        }),
        Sample::new("transfer hook", &[TransferHook], |mint| {
            vec![transfer_hook::instruction::initialize(&T22, mint, None, Some(someone)).unwrap()]
        }),
        Sample::new("transfer hook without a program", &[TransferHook], |mint| {
            vec![transfer_hook::instruction::initialize(&T22, mint, Some(someone), None).unwrap()]
        }),
        Sample::new("scaled amounts", &[ScaledUiAmount], |mint| {
            vec![scaled_ui_amount::instruction::initialize(&T22, mint, Some(someone), 2.0).unwrap()]
        }),
        Sample::new("pausable", &[Pausable], |mint| {
            vec![pausable::instruction::initialize(&T22, mint, &someone).unwrap()]
        }),
        Sample::new(
            "permanent delegate behind a metadata pointer",
            &[MetadataPointer, PermanentDelegate],
            |mint| vec![metadata_pointer_ix(mint), permanent_delegate_ix(mint)],
        ),
    ];
    for sample in &mut samples {
        // The token program wants one for a default state.
        if sample.spec.extensions.contains(&DefaultAccountState) {
            sample.spec.freeze_authority = Some(someone);
        }
    }
    samples
}

/// What the token program's own interfaces call their instructions.
fn interface_ix(name: &str, accounts: Vec<AccountMeta>, body: impl AnchorSerialize) -> Instruction {
    let mut data = hash(name.as_bytes()).to_bytes()[..8].to_vec();
    body.serialize(&mut data).unwrap();
    Instruction {
        program_id: T22,
        accounts,
        data,
    }
}

#[tokio::test]
async fn i4_hostile_mint_is_refused() {
    let mut world = draft().await;
    for Sample { name, mint, spec } in hostile_mints() {
        println!("{name}");
        world.bank.create_mint_at(&mint, &spec).await;
        aim(&mut world, &mint.pubkey(), spec.program);

        for funding in [Funding::Mint, Funding::Funded] {
            let create = create_ix(&world, args(funding));
            let logs = attack(
                &mut world,
                &[create],
                &[],
                HomeostatError::UnsupportedMintExtension,
            )
            .await;
            assert_logged(&logs, "mint extension type");
        }
    }
}

#[tokio::test]
async fn i4_hostile_stake_mint_is_refused() {
    let mut world = draft().await;
    let mint = world.at.mint;
    let amm_vault = world.bank.create_tokens(&mint, &Pubkey::new_unique()).await;
    for Sample { name, mint, spec } in hostile_mints() {
        println!("{name}");
        world.bank.create_mint_at(&mint, &spec).await;
        let stake = StakeMint {
            mint: mint.pubkey(),
            token_program: T22,
            amm_vault: Some(amm_vault),
        };

        let create = ix::create_pool(&world.at, &world.creator.pubkey(), &stake, 1);

        attack(
            &mut world,
            &[create],
            &[],
            HomeostatError::UnsupportedMintExtension,
        )
        .await;
    }
}

/// Appends a type-length-value entry to a mint, by hand.
async fn append_entry(world: &mut World, mint: &Pubkey, kind: u16, value: &[u8]) {
    let mut account = world.bank.account(mint).await.unwrap();
    let mut data = solana_account::ReadableAccount::data(&account).to_vec();
    if data.len() == 82 {
        data.resize(165, 0);
        data.push(1);
    }
    data.extend(kind.to_le_bytes());
    data.extend((value.len() as u16).to_le_bytes());
    data.extend(value);
    account.set_data_from_slice(&data);
    solana_account::WritableAccount::set_lamports(&mut account, SOL);
    world.bank.set_account(mint, &account);
}

/// Extensions that the deployed token program does not know (28 is the
/// permissioned burn of the next one) are refused before anything is created.
#[tokio::test]
async fn i4_unknown_extension_is_refused() {
    for (kind, behind_a_pointer) in [
        (28u16, false),
        (29, false),
        (1_000, false),
        (u16::MAX, false),
        (28, true),
    ] {
        let (extensions, mint) = match behind_a_pointer {
            true => (vec![ExtensionType::MetadataPointer], Keypair::new()),
            false => (Vec::new(), Keypair::new()),
        };
        let initialise = match behind_a_pointer {
            true => vec![metadata_pointer_ix(&mint.pubkey())],
            false => Vec::new(),
        };
        let spec = MintSpec {
            extensions,
            initialise,
            ..MintSpec::plain(TokenProgram::Token2022)
        };
        let mut world = site(&mint, &spec).await;
        append_entry(&mut world, &mint.pubkey(), kind, &[7; 32]).await;

        let create = create_ix(&world, args(Funding::Funded));

        attack(
            &mut world,
            &[create],
            &[],
            HomeostatError::UnsupportedMintExtension,
        )
        .await;
    }
}

/// The same entries on a mint whose vaults exist already: go_live checks again.
#[tokio::test]
async fn i4_extension_that_appears_later_is_refused_at_go_live() {
    for kind in [3u16, 12, 14, 28, 1_000, u16::MAX] {
        let mut world = draft().await;
        world.hand_over_mint(Funding::Mint).await;
        let mint = world.at.mint;
        append_entry(&mut world, &mint, kind, &[7; 32]).await;

        let go_live = world.go_live_ix();
        let logs = attack(
            &mut world,
            &[go_live],
            &[],
            HomeostatError::UnsupportedMintExtension,
        )
        .await;

        let named = format!("mint extension type {kind}");
        assert_logged(&logs, &named);
    }
}

#[tokio::test]
async fn i4_entry_longer_than_the_mint_is_refused() {
    let mut world = draft().await;
    world.hand_over_mint(Funding::Mint).await;
    let mint = world.at.mint;
    append_entry(&mut world, &mint, 18, &[7; 64]).await;
    let mut account = world.bank.account(&mint).await.unwrap();
    let data = solana_account::ReadableAccount::data(&account).to_vec();
    account.set_data_from_slice(&data[..data.len() - 1]);
    world.bank.set_account(&mint, &account);

    let go_live = world.go_live_ix();

    attack(
        &mut world,
        &[go_live],
        &[],
        HomeostatError::UnsupportedMintExtension,
    )
    .await;
}

/// A token account is no mint, whoever owns it.
#[tokio::test]
async fn i4_token_account_in_place_of_the_mint_is_refused() {
    for program in [TokenProgram::Legacy, TokenProgram::Token2022] {
        let mut world = site(&Keypair::new(), &MintSpec::plain(program)).await;
        let reserve = world.reserve;
        aim(&mut world, &reserve, program);

        let create = create_ix(&world, args(Funding::Funded));

        attack(
            &mut world,
            &[create],
            &[],
            ErrorCode::AccountDidNotDeserialize,
        )
        .await;
    }
}

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
