//! Mints and token accounts on a bank.

use anchor_spl::{
    token::spl_token,
    token_2022::spl_token_2022::{
        self,
        extension::{BaseStateWithExtensions, ExtensionType, StateWithExtensions},
        state::{Account as TokenAccount, Mint},
    },
};
use homeostat_client::instruction::StakeMint;
use solana_account::ReadableAccount;
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_program::{program_option::COption, pubkey::Pubkey};
use solana_signer::Signer;

use crate::bank::Bank;

/// Which token program a mint belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenProgram {
    /// SPL Token.
    Legacy,
    /// Token-2022.
    Token2022,
}

impl TokenProgram {
    /// Its address.
    pub fn id(self) -> Pubkey {
        match self {
            Self::Legacy => spl_token::ID,
            Self::Token2022 => spl_token_2022::ID,
        }
    }
}

/// A mint to create.
#[derive(Clone, Debug)]
pub struct MintSpec {
    /// Its token program.
    pub program: TokenProgram,
    /// Decimals.
    pub decimals: u8,
    /// Freeze authority, if it shall have one.
    pub freeze_authority: Option<Pubkey>,
    /// Token-2022 extensions that need room.
    pub extensions: Vec<ExtensionType>,
    /// Instructions that initialise them, before the mint itself; `{mint}` is
    /// known through the keypair passed to [`Bank::create_mint_at`].
    pub initialise: Vec<Instruction>,
}

impl MintSpec {
    /// A plain mint with six decimals.
    pub fn plain(program: TokenProgram) -> Self {
        Self {
            program,
            decimals: 6,
            freeze_authority: None,
            extensions: Vec::new(),
            initialise: Vec::new(),
        }
    }
}

impl Bank {
    /// Creates a mint whose authority is the bank's payer.
    pub async fn create_mint(&mut self, spec: &MintSpec) -> Pubkey {
        let mint = self.fresh_key();
        self.create_mint_at(&mint, spec).await;
        mint.pubkey()
    }

    /// Creates a mint at a known address.
    pub async fn create_mint_at(&mut self, mint: &Keypair, spec: &MintSpec) {
        let payer = self.payer();
        let space = match spec.program {
            TokenProgram::Legacy => 82,
            TokenProgram::Token2022 => {
                ExtensionType::try_calculate_account_len::<Mint>(&spec.extensions)
                    .expect("these extensions belong to mints")
            }
        };
        let program = spec.program.id();
        let mut instructions = vec![self.create_account(&mint.pubkey(), space, &program)];
        instructions.extend(spec.initialise.iter().cloned());
        instructions.push(
            spl_token_2022::instruction::initialize_mint2(
                &program,
                &mint.pubkey(),
                &payer.pubkey(),
                spec.freeze_authority.as_ref(),
                spec.decimals,
            )
            .expect("a token program"),
        );
        self.send(&instructions, &[mint])
            .await
            .unwrap_or_else(|failure| panic!("creating a mint: {failure}"));
    }

    fn create_account(&self, address: &Pubkey, space: usize, owner: &Pubkey) -> Instruction {
        let rent = solana_program::rent::Rent::default().minimum_balance(space);
        solana_system_interface::instruction::create_account(
            &self.payer().pubkey(),
            address,
            rent,
            space as u64,
            owner,
        )
    }

    /// Creates a token account.
    pub async fn create_tokens(&mut self, mint: &Pubkey, owner: &Pubkey) -> Pubkey {
        let account = self.fresh_key();
        self.create_tokens_at(&account, mint, owner).await;
        account.pubkey()
    }

    /// Creates a token account at a known address.
    pub async fn create_tokens_at(&mut self, account: &Keypair, mint: &Pubkey, owner: &Pubkey) {
        let info = self.account(mint).await.expect("the mint exists");
        let program = *info.owner();
        let space = if program == spl_token::ID {
            165
        } else {
            let mint = StateWithExtensions::<Mint>::unpack(info.data()).expect("a mint");
            let needed = ExtensionType::get_required_init_account_extensions(
                &mint.get_extension_types().expect("known extensions"),
            );
            ExtensionType::try_calculate_account_len::<TokenAccount>(&needed)
                .expect("account extensions")
        };
        let create = self.create_account(&account.pubkey(), space, &program);
        let initialise = spl_token_2022::instruction::initialize_account3(
            &program,
            &account.pubkey(),
            mint,
            owner,
        )
        .expect("a token program");
        self.send(&[create, initialise], &[account])
            .await
            .unwrap_or_else(|failure| panic!("creating a token account: {failure}"));
    }

    /// An address that no key belongs to, as an AMM's program derives it for a mint.
    pub fn amm_of(mint: &Pubkey) -> Pubkey {
        Pubkey::find_program_address(&[b"amm", mint.as_ref()], &spl_token::ID).0
    }

    /// What an AMM's pool of `mint` has for outsiders: an LP mint and a vault, both in the hands
    /// of its program.
    pub async fn create_amm(&mut self, mint: &Pubkey, program: TokenProgram) -> StakeMint {
        let lp_mint = self.create_mint(&MintSpec::plain(program)).await;
        let amm = Self::amm_of(&lp_mint);
        self.set_minter(&lp_mint, &amm).await;
        StakeMint {
            mint: lp_mint,
            token_program: program.id(),
            amm_vault: Some(self.create_tokens(mint, &amm).await),
        }
    }

    /// Mints tokens with the bank payer's mint authority, or as an AMM's program does.
    pub async fn mint_to(&mut self, mint: &Pubkey, to: &Pubkey, amount: u64) {
        let amm = Self::amm_of(mint);
        let held = self.mint(mint).await.mint_authority == COption::Some(amm);
        if held {
            let payer = self.payer().pubkey();
            self.set_minter(mint, &payer).await;
        }
        self.mint_as_payer(mint, to, amount).await;
        if held {
            self.set_minter(mint, &amm).await;
        }
    }

    async fn mint_as_payer(&mut self, mint: &Pubkey, to: &Pubkey, amount: u64) {
        let program = self.owner(mint).await;
        let instruction = spl_token_2022::instruction::mint_to(
            &program,
            mint,
            to,
            &self.payer().pubkey(),
            &[],
            amount,
        )
        .expect("a token program");
        self.send(&[instruction], &[])
            .await
            .unwrap_or_else(|failure| panic!("minting: {failure}"));
    }

    /// Transfers tokens between two token accounts.
    pub async fn transfer(
        &mut self,
        mint: &Pubkey,
        from: &Pubkey,
        to: &Pubkey,
        owner: &Keypair,
        amount: u64,
    ) {
        let instruction = self
            .transfer_ix(mint, from, to, &owner.pubkey(), amount)
            .await;
        self.send(&[instruction], &[owner])
            .await
            .unwrap_or_else(|failure| panic!("transferring: {failure}"));
    }

    /// The instruction that transfers tokens; `owner` signs.
    pub async fn transfer_ix(
        &mut self,
        mint: &Pubkey,
        from: &Pubkey,
        to: &Pubkey,
        owner: &Pubkey,
        amount: u64,
    ) -> Instruction {
        let program = self.owner(mint).await;
        let decimals = self.mint(mint).await.decimals;
        spl_token_2022::instruction::transfer_checked(
            &program,
            from,
            mint,
            to,
            owner,
            &[],
            amount,
            decimals,
        )
        .expect("a token program")
    }

    /// Burns tokens of a token account.
    pub async fn burn(&mut self, mint: &Pubkey, from: &Pubkey, owner: &Keypair, amount: u64) {
        let program = self.owner(mint).await;
        let instruction =
            spl_token_2022::instruction::burn(&program, from, mint, &owner.pubkey(), &[], amount)
                .expect("a token program");
        self.send(&[instruction], &[owner])
            .await
            .unwrap_or_else(|failure| panic!("burning: {failure}"));
    }

    /// Hands the mint authority from the bank's payer to `to`.
    pub async fn set_mint_authority(&mut self, mint: &Pubkey, to: Option<&Pubkey>) {
        let program = self.owner(mint).await;
        let instruction = spl_token_2022::instruction::set_authority(
            &program,
            mint,
            to,
            spl_token_2022::instruction::AuthorityType::MintTokens,
            &self.payer().pubkey(),
            &[],
        )
        .expect("a token program");
        self.send(&[instruction], &[])
            .await
            .unwrap_or_else(|failure| panic!("setting the mint authority: {failure}"));
    }

    async fn owner(&mut self, address: &Pubkey) -> Pubkey {
        *self
            .account(address)
            .await
            .expect("the account exists")
            .owner()
    }

    /// A mint's state.
    pub async fn mint(&mut self, mint: &Pubkey) -> Mint {
        let data = self.data(mint).await.expect("the mint exists");
        StateWithExtensions::<Mint>::unpack(&data)
            .expect("a mint")
            .base
    }

    /// A mint's supply (base units).
    pub async fn supply(&mut self, mint: &Pubkey) -> u64 {
        self.mint(mint).await.supply
    }

    /// A token account's balance (base units); 0 when there is none.
    pub async fn balance(&mut self, account: &Pubkey) -> u64 {
        let Some(data) = self.data(account).await else {
            return 0;
        };
        StateWithExtensions::<TokenAccount>::unpack(&data)
            .expect("a token account")
            .base
            .amount
    }

    /// True for a mint that keeps a fee of every transfer.
    pub async fn taxes_transfers(&mut self, mint: &Pubkey) -> bool {
        let data = self.data(mint).await.expect("the mint exists");
        StateWithExtensions::<Mint>::unpack(&data)
            .and_then(|mint| mint.get_extension_types())
            .is_ok_and(|types| types.contains(&ExtensionType::TransferFeeConfig))
    }
}
