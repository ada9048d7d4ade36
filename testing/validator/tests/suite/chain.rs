//! A client's view of the cluster.

use std::time::{Duration, Instant};

use anchor_spl::token_2022::spl_token_2022::{
    self,
    extension::StateWithExtensions,
    instruction as token,
    state::{Account as TokenAccount, Mint},
};
use homeostat_client::{
    address::event_authority,
    decode::Decode,
    error,
    event::{self, Event},
    Pubkey, PROGRAM_ID,
};
use homeostat_validator::Validator;
use solana_commitment_config::CommitmentConfig;
use solana_instruction::{error::InstructionError, Instruction};
use solana_keypair::Keypair;
use solana_rpc_client::rpc_client::RpcClient;
use solana_rpc_client_api::config::{RpcSendTransactionConfig, RpcTransactionConfig};
use solana_signature::Signature;
use solana_signer::Signer;
use solana_system_interface::instruction::create_account;
use solana_transaction::Transaction;
use solana_transaction_error::TransactionError;
use solana_transaction_status_client_types::{
    option_serializer::OptionSerializer, EncodedConfirmedTransactionWithStatusMeta, UiInstruction,
    UiTransactionEncoding,
};

/// Token program of every mint here.
pub const TOKEN_PROGRAM: Pubkey = spl_token_2022::ID;

/// How long anything but a period may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// A transaction in a block, with what it left behind.
pub struct Landed {
    pub signature: Signature,
    pub slot: u64,
    /// The clock of its block (unix seconds).
    pub at: i64,
    /// Fee (lamports).
    pub fee: u64,
    /// The custom error code of the instruction that failed, if one did.
    pub code: Option<u32>,
    pub failed: bool,
    pub events: Vec<Event>,
    /// Inner instructions that are no events.
    pub others: usize,
}

/// JSON-RPC, and whoever pays.
pub struct Chain {
    pub rpc: RpcClient,
    pub payer: Keypair,
}

impl Chain {
    pub fn of(validator: &Validator) -> Self {
        Self {
            rpc: validator.rpc(),
            payer: validator.payer().insecure_clone(),
        }
    }

    fn sign(&self, instructions: &[Instruction], signers: &[&Keypair]) -> Transaction {
        let blockhash = self.rpc.get_latest_blockhash().unwrap();
        let mut all = vec![&self.payer];
        all.extend(signers);
        Transaction::new_signed_with_payer(
            instructions,
            Some(&self.payer.pubkey()),
            &all,
            blockhash,
        )
    }

    /// Sends a transaction that must succeed, and reads it back from its block.
    pub fn run(&self, instructions: &[Instruction], signers: &[&Keypair]) -> Landed {
        let transaction = self.sign(instructions, signers);
        let signature = self
            .rpc
            .send_and_confirm_transaction(&transaction)
            .unwrap_or_else(|error| {
                let code = custom(error.get_transaction_error().as_ref());
                let code = code.map(error::explain).unwrap_or_default();
                panic!("refused: {code} {error}")
            });
        self.landed(&signature)
    }

    /// Sends a transaction without asking first whether it would succeed, so that
    /// it gets into a block even when it fails.
    pub fn force(&self, instructions: &[Instruction], signers: &[&Keypair]) -> Landed {
        let transaction = self.sign(instructions, signers);
        let blindly = RpcSendTransactionConfig {
            skip_preflight: true,
            ..RpcSendTransactionConfig::default()
        };
        let signature = self
            .rpc
            .send_transaction_with_config(&transaction, blindly)
            .unwrap();
        let begin = Instant::now();
        while self.rpc.get_signature_status(&signature).unwrap().is_none() {
            assert!(begin.elapsed() < PATIENCE, "{signature} is in no block");
            std::thread::sleep(Duration::from_millis(200));
        }
        self.landed(&signature)
    }

    /// The custom error code with which the simulation before sending refuses.
    pub fn refused(&self, instructions: &[Instruction], signers: &[&Keypair]) -> Option<u32> {
        let error = self
            .rpc
            .send_transaction(&self.sign(instructions, signers))
            .expect_err("this must be refused");
        custom(error.get_transaction_error().as_ref())
    }

    /// `getTransaction`, and the events in its inner instructions.
    pub fn landed(&self, signature: &Signature) -> Landed {
        let found = self.transaction(signature);
        let meta = found.transaction.meta.as_ref().expect("metadata is kept");
        let message = found.transaction.transaction.decode().unwrap().message;
        let keys = message.static_account_keys();
        let OptionSerializer::Some(inner) = &meta.inner_instructions else {
            panic!("inner instructions are kept");
        };
        let (mut events, mut others) = (Vec::new(), 0);
        for inner in inner.iter().flat_map(|inner| &inner.instructions) {
            let UiInstruction::Compiled(inner) = inner else {
                panic!("asked for in base64, so nothing is parsed");
            };
            let program = keys[usize::from(inner.program_id_index)];
            let accounts: Vec<Pubkey> = inner
                .accounts
                .iter()
                .map(|index| keys[usize::from(*index)])
                .collect();
            let data = bs58::decode(&inner.data).into_vec().unwrap();
            match event::parse(&program, &accounts, &data) {
                Some(event) => {
                    assert_eq!((program, accounts), (PROGRAM_ID, vec![event_authority()]));
                    assert_eq!(data[..8], event::EVENT_TAG);
                    assert_eq!(inner.stack_height, Some(2), "called by the program itself");
                    events.push(event);
                }
                None => others += 1,
            }
        }
        let error = meta.err.clone().map(TransactionError::from);
        Landed {
            signature: *signature,
            slot: found.slot,
            at: found.block_time.expect("every block has a time"),
            fee: meta.fee,
            code: custom(error.as_ref()),
            failed: error.is_some(),
            events,
            others,
        }
    }

    fn transaction(&self, signature: &Signature) -> EncodedConfirmedTransactionWithStatusMeta {
        let config = RpcTransactionConfig {
            encoding: Some(UiTransactionEncoding::Base64),
            commitment: Some(CommitmentConfig::confirmed()),
            max_supported_transaction_version: Some(0),
        };
        let begin = Instant::now();
        loop {
            // A block's transactions can be looked up some time after it is confirmed.
            match self.rpc.get_transaction_with_config(signature, config) {
                Ok(found) if found.block_time.is_some() => return found,
                outcome => assert!(begin.elapsed() < PATIENCE, "{signature}: {outcome:?}"),
            }
            std::thread::sleep(Duration::from_millis(200));
        }
    }

    /// An account's data; empty when there is none.
    pub fn data(&self, address: &Pubkey) -> Vec<u8> {
        let commitment = self.rpc.commitment();
        let found = self.rpc.get_account_with_commitment(address, commitment);
        found
            .unwrap()
            .value
            .map(|account| account.data)
            .unwrap_or_default()
    }

    /// An account of the program.
    pub fn fetch<T: Decode>(&self, address: &Pubkey) -> Box<T> {
        Box::new(T::decode(&self.data(address)).unwrap())
    }

    /// Balance of a token account (base units).
    pub fn tokens(&self, account: &Pubkey) -> u64 {
        let data = self.data(account);
        let state = StateWithExtensions::<TokenAccount>::unpack(&data).unwrap();
        state.base.amount
    }

    /// Supply of a mint (base units).
    pub fn supply(&self, mint: &Pubkey) -> u64 {
        let data = self.data(mint);
        let state = StateWithExtensions::<Mint>::unpack(&data).unwrap();
        state.base.supply
    }

    /// The cluster's time (unix seconds).
    pub fn now(&self) -> i64 {
        let data = self.data(&solana_sdk_ids::sysvar::clock::ID);
        // Slot, start of the epoch, epoch, next epoch, time: 8 bytes each.
        i64::from_le_bytes(data[32..].try_into().unwrap())
    }

    /// Waits for the cluster's clock.
    pub fn wait_until(&self, time: i64) {
        while self.now() < time {
            std::thread::sleep(Duration::from_millis(300));
        }
    }

    fn create(&self, address: &Pubkey, space: usize) -> Instruction {
        let rent = self
            .rpc
            .get_minimum_balance_for_rent_exemption(space)
            .unwrap();
        create_account(
            &self.payer.pubkey(),
            address,
            rent,
            space as u64,
            &TOKEN_PROGRAM,
        )
    }

    /// A plain mint with six decimals; the payer has its authority.
    pub fn create_mint(&self) -> Pubkey {
        let (mint, payer) = (Keypair::new(), self.payer.pubkey());
        let initialise =
            token::initialize_mint2(&TOKEN_PROGRAM, &mint.pubkey(), &payer, None, 6).unwrap();
        self.run(&[self.create(&mint.pubkey(), 82), initialise], &[&mint]);
        mint.pubkey()
    }

    /// A token account with `amount` new tokens (base units).
    pub fn create_tokens(&self, mint: &Pubkey, owner: &Pubkey, amount: u64) -> Pubkey {
        let account = Keypair::new();
        let address = account.pubkey();
        let initialise = token::initialize_account3(&TOKEN_PROGRAM, &address, mint, owner).unwrap();
        let mut instructions = vec![self.create(&address, 165), initialise];
        if amount > 0 {
            let payer = self.payer.pubkey();
            instructions
                .push(token::mint_to(&TOKEN_PROGRAM, mint, &address, &payer, &[], amount).unwrap());
        }
        self.run(&instructions, &[&account]);
        address
    }

    /// Hands the mint authority over.
    pub fn hand_over(&self, mint: &Pubkey, to: &Pubkey) {
        let payer = self.payer.pubkey();
        let kind = token::AuthorityType::MintTokens;
        let hand_over =
            token::set_authority(&TOKEN_PROGRAM, mint, Some(to), kind, &payer, &[]).unwrap();
        self.run(&[hand_over], &[]);
    }
}

fn custom(error: Option<&TransactionError>) -> Option<u32> {
    match error {
        Some(TransactionError::InstructionError(_, InstructionError::Custom(code))) => Some(*code),
        _ => None,
    }
}
