//! Mints that an economy and its pools refuse: every extension that could take, freeze, tax,
//! block or hide balances, and every one that is not known.

use anchor_lang::{error::ErrorCode, AnchorSerialize};
use anchor_spl::token_2022::spl_token_2022::{
    self,
    extension::{
        confidential_mint_burn, confidential_transfer, confidential_transfer_fee,
        default_account_state, interest_bearing_mint, metadata_pointer, pausable, scaled_ui_amount,
        transfer_fee, transfer_hook, ExtensionType,
    },
    instruction as token,
    state::AccountState,
};
use homeostat_client::AccountMeta;
use homeostat_tests::HomeostatError;
use solana_program::hash::hash;

use super::*;

pub(super) const T22: Pubkey = spl_token_2022::ID;

/// A mint and what its extensions are called.
pub(super) struct Sample {
    pub(super) name: &'static str,
    pub(super) mint: Keypair,
    pub(super) spec: MintSpec,
}

impl Sample {
    pub(super) fn new(
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

pub(super) fn transfer_fee_ix(mint: &Pubkey, authority: Option<&Pubkey>) -> Instruction {
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

pub(super) fn metadata_pointer_ix(mint: &Pubkey) -> Instruction {
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
pub(super) fn interface_ix(
    name: &str,
    accounts: Vec<AccountMeta>,
    body: impl AnchorSerialize,
) -> Instruction {
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
