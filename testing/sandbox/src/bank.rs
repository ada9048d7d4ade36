//! A bank in process, with the program in it and a clock that can be set.

use std::collections::BTreeSet;

use base64::{engine::general_purpose::STANDARD, Engine};
use homeostat_client::{decode::Decode, error, event, verify::History, PROGRAM_ID};
use solana_account::{Account, AccountSharedData, ReadableAccount};
use solana_clock::Clock;
use solana_compute_budget_interface::ComputeBudgetInstruction;
use solana_hash::Hash;
use solana_instruction::{error::InstructionError, Instruction};
use solana_keypair::Keypair;
use solana_loader_v3_interface::{get_program_data_address, state::UpgradeableLoaderState};
use solana_message::{v0, AddressLookupTableAccount, Message, VersionedMessage};
use solana_program::{pubkey::Pubkey, rent::Rent};
use solana_program_test::{BanksClient, ProgramTest, ProgramTestContext};
use solana_sdk_ids::bpf_loader_upgradeable;
use solana_signer::Signer;
use solana_transaction::versioned::VersionedTransaction;
use solana_transaction_error::TransactionError;

use crate::packet::{require_packet, size, PACKET};

/// Compute units that a transaction may use.
const COMPUTE_LIMIT: u32 = 1_400_000;

/// The variable that names a folder with ELF files. With it banks run these
/// instead of native code, and nothing native in their place.
pub const ELF_FOLDER: &str = "SBF_OUT_DIR";

/// A bank to be, before its programs. Added with `processor!`, they run as ELF if
/// there is [`ELF_FOLDER`] and natively if there is not.
fn without_programs() -> ProgramTest {
    let mut test = ProgramTest::default();
    let folder = std::env::var_os(ELF_FOLDER);
    test.prefer_bpf(folder.is_some());
    if let Some(folder) = folder {
        // The bank would look for it in other folders as well.
        let file = std::path::Path::new(&folder).join("homeostat.so");
        assert!(file.is_file(), "there is no {}", file.display());
    }
    test
}

/// Bridges `processor!` and the entry point that Anchor makes of `#[program]`: what
/// `ProgramTest::add_program` wants for it, to run natively where there is no ELF.
///
/// ```no_run
/// # async fn bank() {
/// use homeostat_sandbox::{anchor_processor, Bank};
///
/// let bank = Bank::start_with(|test| {
///     let id = [7; 32].into();
///     test.add_program("my_program", id, anchor_processor!(homeostat::entry))
/// });
/// # bank.await; }
/// ```
#[macro_export]
macro_rules! anchor_processor {
    ($entry:path) => {{
        use $crate::solana_program::{
            account_info::AccountInfo, entrypoint::ProgramResult, pubkey::Pubkey,
        };
        fn bridged(program_id: &Pubkey, accounts: &[AccountInfo], data: &[u8]) -> ProgramResult {
            // SAFETY: Anchor ties the lifetimes of all three arguments together, while
            // `processor!` leaves them apart. All of them outlive this call and nothing
            // borrowed from them is returned, so one common lifetime is sound.
            let (program_id, accounts, data) = unsafe {
                (
                    core::mem::transmute::<&Pubkey, &'static Pubkey>(program_id),
                    core::mem::transmute::<&[AccountInfo], &'static [AccountInfo<'static>]>(
                        accounts,
                    ),
                    core::mem::transmute::<&[u8], &'static [u8]>(data),
                )
            };
            $entry(program_id, accounts, data)
        }
        $crate::solana_program_test::processor!(bridged)
    }};
}

/// What a transaction that went through left behind.
#[derive(Clone, Debug, Default)]
pub struct Receipt {
    /// Compute units used.
    pub units: u64,
    /// Log lines.
    pub logs: Vec<String>,
    /// Return data of the last instruction that set any.
    pub return_data: Vec<u8>,
}

/// Why a transaction was refused.
#[derive(Clone, Debug)]
pub struct Failure {
    /// The bank's error.
    pub error: Option<TransactionError>,
    /// Log lines.
    pub logs: Vec<String>,
    /// What happened when there is no transaction error.
    pub other: String,
}

impl Failure {
    /// The custom error code, if the refusal has one.
    pub fn code(&self) -> Option<u32> {
        match self.error {
            Some(TransactionError::InstructionError(_, InstructionError::Custom(code))) => {
                Some(code)
            }
            _ => None,
        }
    }
}

impl Failure {
    /// Index of the instruction that was refused, from 0 in the transaction as it was sent.
    pub fn instruction(&self) -> Option<usize> {
        match self.error {
            Some(TransactionError::InstructionError(index, _)) => Some(index.into()),
            _ => None,
        }
    }
}

impl core::fmt::Display for Failure {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match (self.code(), &self.error) {
            (Some(code), _) => writeln!(f, "{}", error::explain(code))?,
            (None, Some(error)) => writeln!(f, "{error}")?,
            (None, None) => writeln!(f, "{}", self.other)?,
        }
        for line in &self.logs {
            writeln!(f, "  {line}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Failure {}

/// A call that an instruction made of another program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The program called.
    pub program: Pubkey,
    /// Its accounts.
    pub accounts: Vec<Pubkey>,
    /// Its instruction data.
    pub data: Vec<u8>,
    /// 2 = called by an instruction of the transaction, 3 = by such a call, …
    pub height: u8,
}

/// What a transaction would do.
#[derive(Clone, Debug, Default)]
pub struct Simulation {
    /// Compute units it would use.
    pub units: u64,
    /// Log lines.
    pub logs: Vec<String>,
    /// Return data of the last instruction that set any.
    pub return_data: Vec<u8>,
    /// Calls between programs, in order.
    pub calls: Vec<Call>,
}

/// Lamports of the payer at the start: enough for whatever a test does.
const RICHES: u64 = 900_000_000_000_000;

/// The key with this number. The same in every run, so that addresses are, and
/// with them bumps and what it costs to find them.
fn numbered_key(number: u64) -> Keypair {
    let mut seed = *b"homeostat sandbox key           ";
    seed[24..].copy_from_slice(&number.to_le_bytes());
    Keypair::new_from_array(seed)
}

/// A message's accounts in the order of their indices: its own, then those that
/// the lookup table adds, writable ones first.
fn all_keys(message: &VersionedMessage, table: Option<&AddressLookupTableAccount>) -> Vec<Pubkey> {
    let mut keys = message.static_account_keys().to_vec();
    let lookups = message.address_table_lookups().unwrap_or_default();
    let addresses = table.map_or(&[][..], |table| &table.addresses);
    let writable = lookups.iter().flat_map(|lookup| &lookup.writable_indexes);
    let readonly = lookups.iter().flat_map(|lookup| &lookup.readonly_indexes);
    keys.extend(
        writable
            .chain(readonly)
            .filter_map(|index| addresses.get(usize::from(*index))),
    );
    keys
}

/// A bank with the program deployed.
pub struct Bank {
    context: ProgramTestContext,
    /// Keys handed out.
    keys: u64,
    /// Makes every transaction different, so that none passes for a repeat.
    sent: u32,
    now: i64,
    /// Every account that a message or a set-up named: see [`Bank::touched`].
    touched: BTreeSet<Pubkey>,
    /// What the events told so far, where somebody keeps them: see [`Bank::watch`].
    history: Option<History>,
}

impl AsMut<Self> for Bank {
    fn as_mut(&mut self) -> &mut Self {
        self
    }
}

impl Bank {
    /// Genesis time of every bank (unix seconds): 2026-01-05 00:00 UTC, a Monday.
    pub const GENESIS: i64 = 1_767_571_200;

    /// Starts a bank with the program: native, or the ELF if there is [`ELF_FOLDER`].
    pub async fn start() -> Self {
        Self::start_with(|_| ()).await
    }

    /// Starts a bank after `edit` has added what it needs.
    pub async fn start_with(edit: impl FnOnce(&mut ProgramTest)) -> Self {
        let mut test = without_programs();
        test.add_program(
            "homeostat",
            PROGRAM_ID,
            crate::anchor_processor!(homeostat::entry),
        );
        edit(&mut test);
        Self::begin(test).await
    }

    /// Starts a bank with `name`.so out of [`ELF_FOLDER`] at the program's address
    /// in the program's place. Panics when there is no such file.
    pub async fn start_elf(name: &'static str, edit: impl FnOnce(&mut ProgramTest)) -> Self {
        let mut test = without_programs();
        test.prefer_bpf(true);
        test.add_program(name, PROGRAM_ID, None);
        edit(&mut test);
        Self::begin(test).await
    }

    /// Starts a bank with an ELF at the program's address, as the upgradeable loader leaves it
    /// after a deployment, in the hands of the payer.
    pub async fn start_deployed(elf: &[u8]) -> Self {
        let (loader, rent) = (bpf_loader_upgradeable::id(), Rent::default());
        let data_at = get_program_data_address(&PROGRAM_ID);
        let account = |state: UpgradeableLoaderState, after: &[u8], executable| {
            let mut data = bincode::serialize(&state).expect("a loader's state is serialized");
            data.extend_from_slice(after);
            Account {
                lamports: rent.minimum_balance(data.len()),
                data,
                owner: loader,
                executable,
                rent_epoch: 0,
            }
        };
        let program = UpgradeableLoaderState::Program {
            programdata_address: data_at,
        };
        let held = UpgradeableLoaderState::ProgramData {
            slot: 0,
            upgrade_authority_address: Some(numbered_key(0).pubkey()),
        };
        let mut test = ProgramTest::default();
        test.prefer_bpf(false);
        test.add_genesis_account(PROGRAM_ID, account(program, &[], true));
        test.add_genesis_account(data_at, account(held, elf, false));
        Self::begin(test).await
    }

    async fn begin(mut test: ProgramTest) -> Self {
        let payer = numbered_key(0);
        let rich = Account {
            lamports: RICHES,
            ..Account::default()
        };
        test.add_account(payer.pubkey(), rich);
        let mut context = test.start_with_context().await;
        context.payer = payer;
        let mut bank = Self {
            context,
            keys: 0,
            sent: 0,
            now: Self::GENESIS,
            touched: BTreeSet::new(),
            history: None,
        };
        bank.set_time(Self::GENESIS).await;
        bank
    }

    /// Whether programs run as ELF.
    pub fn runs_elf() -> bool {
        std::env::var_os(ELF_FOLDER).is_some()
    }

    /// A new key: the n-th of every bank is the same.
    pub fn fresh_key(&mut self) -> Keypair {
        self.keys += 1;
        numbered_key(self.keys)
    }

    /// Pays every fee and rent unless an instruction says otherwise.
    pub fn payer(&self) -> Keypair {
        self.context.payer.insecure_clone()
    }

    /// The cluster's time (unix seconds).
    pub fn now(&self) -> i64 {
        self.now
    }

    /// Sets the cluster's time (unix seconds).
    pub async fn set_time(&mut self, now: i64) {
        let mut clock: Clock = self
            .context
            .banks_client
            .get_sysvar()
            .await
            .expect("the clock exists");
        clock.unix_timestamp = now;
        self.context.set_sysvar(&clock);
        self.now = now;
    }

    /// Moves the clock on by `seconds`.
    pub async fn advance(&mut self, seconds: i64) {
        self.set_time(self.now + seconds).await;
    }

    /// The bank's own interface, for those who send whole transactions. What they
    /// touch has to be told to [`Bank::touch`].
    pub fn client(&self) -> &BanksClient {
        &self.context.banks_client
    }

    /// Hash of the genesis configuration. It differs from bank to bank.
    pub fn genesis_hash(&self) -> Hash {
        self.context.genesis_config().hash()
    }

    /// The slot that transactions are processed in.
    pub async fn slot(&self) -> u64 {
        self.context
            .banks_client
            .get_root_slot()
            .await
            .expect("the bank is running")
    }

    /// Moves on by `slots` (at least 1), to another blockhash. The clock's time stays.
    pub async fn skip_slots(&mut self, slots: u64) {
        let slot = self.slot().await + slots.max(1);
        self.context
            .warp_to_slot(slot)
            .expect("a slot ahead is a slot to go to");
        self.set_time(self.now).await;
    }

    /// Remembers accounts, for [`Bank::touched`].
    pub fn touch(&mut self, addresses: impl IntoIterator<Item = Pubkey>) {
        self.touched.extend(addresses);
    }

    /// Every account that a message or a set-up named, in the order of addresses: the
    /// bank itself has no list of its accounts. Some may not exist any more.
    pub fn touched(&self) -> impl Iterator<Item = &Pubkey> {
        self.touched.iter()
    }

    /// Sends a transaction paid for by [`Bank::payer`]. One that does not fit a packet is
    /// sent as version 0, with a lookup table made for it; one that still does not is
    /// refused, as a cluster does.
    pub async fn send(
        &mut self,
        instructions: &[Instruction],
        signers: &[&Keypair],
    ) -> Result<Receipt, Failure> {
        let events = if self.history.is_some() {
            self.events(instructions, signers).await
        } else {
            Vec::new()
        };
        let (message, _) = self.packed(instructions, signers).await;
        let receipt = self.run(message, signers).await?;
        if let Some(history) = &mut self.history {
            events.iter().for_each(|event| history.learn(event));
        }
        Ok(receipt)
    }

    /// Keeps the events of every transaction from now on. Each is tried out first, so
    /// this doubles the work.
    pub fn watch(&mut self) {
        self.history.get_or_insert_default();
    }

    /// What the events told since [`Bank::watch`].
    pub fn history(&self) -> Option<&History> {
        self.history.as_ref()
    }

    /// The message of a transaction, and the lookup table that it needs to fit a packet.
    async fn packed(
        &mut self,
        instructions: &[Instruction],
        signers: &[&Keypair],
    ) -> (VersionedMessage, Option<AddressLookupTableAccount>) {
        let message = self.message(instructions, signers, None).await;
        if size(&message) <= PACKET {
            return (message, None);
        }
        let table = self.create_table(instructions);
        let message = self.message(instructions, signers, Some(&table)).await;
        (message, Some(table))
    }

    /// Sends a version 0 transaction whose accounts come from a lookup table.
    pub async fn send_with_table(
        &mut self,
        instructions: &[Instruction],
        signers: &[&Keypair],
        table: &AddressLookupTableAccount,
    ) -> Result<Receipt, Failure> {
        let message = self.message(instructions, signers, Some(table)).await;
        self.run(message, signers).await
    }

    async fn message(
        &mut self,
        instructions: &[Instruction],
        signers: &[&Keypair],
        table: Option<&AddressLookupTableAccount>,
    ) -> VersionedMessage {
        self.touch_all(instructions);
        self.sent += 1;
        let unique = COMPUTE_LIMIT - self.sent % 1_000_000;
        let budget = ComputeBudgetInstruction::set_compute_unit_limit(unique);
        let instructions: Vec<_> = std::iter::once(budget)
            .chain(instructions.iter().cloned())
            .collect();
        let blockhash = self
            .context
            .banks_client
            .get_latest_blockhash()
            .await
            .expect("the bank is running");
        // The payer signs whether or not a caller names it.
        let payer = signers
            .iter()
            .map(|signer| signer.pubkey())
            .find(|key| *key == self.context.payer.pubkey())
            .unwrap_or_else(|| self.context.payer.pubkey());
        match table {
            None => VersionedMessage::Legacy(Message::new_with_blockhash(
                &instructions,
                Some(&payer),
                &blockhash,
            )),
            Some(table) => VersionedMessage::V0(
                v0::Message::try_compile(
                    &payer,
                    &instructions,
                    std::slice::from_ref(table),
                    blockhash,
                )
                .expect("the instructions fit a message"),
            ),
        }
    }

    fn touch_all(&mut self, instructions: &[Instruction]) {
        let named = instructions.iter().flat_map(|instruction| {
            let accounts = instruction.accounts.iter().map(|meta| meta.pubkey);
            accounts.chain([instruction.program_id])
        });
        self.touched.extend(named);
        self.touched.insert(self.context.payer.pubkey());
    }

    /// A nonce account of the payer's, ready to be used.
    pub async fn create_nonce(&mut self) -> Pubkey {
        let (payer, nonce) = (self.payer().pubkey(), self.fresh_key());
        let create = solana_system_interface::instruction::create_nonce_account(
            &payer,
            &nonce.pubkey(),
            &payer,
            1_000_000_000,
        );
        self.send(&create, &[&nonce])
            .await
            .expect("the payer is rich");
        // A nonce is not used under the blockhash that it was made of.
        self.new_blockhash().await;
        nonce.pubkey()
    }

    /// Waits for another blockhash.
    pub async fn new_blockhash(&mut self) {
        let latest = self.context.banks_client.get_latest_blockhash().await;
        self.context.last_blockhash = latest.expect("the bank is running");
        self.context
            .get_new_latest_blockhash()
            .await
            .expect("the bank is running");
    }

    /// Goes to a later slot; the time stays.
    pub async fn warp_to_slot(&mut self, slot: u64) {
        self.context.warp_to_slot(slot).expect("a later slot");
        self.set_time(self.now).await;
    }

    /// Sends a transaction that never expires: its first instruction advances a nonce
    /// account of the payer's, and what that account stores is its blockhash.
    pub async fn send_durable(
        &mut self,
        nonce: &Pubkey,
        instructions: &[Instruction],
        signers: &[&Keypair],
    ) -> Result<Receipt, Failure> {
        let data = self.data(nonce).await.expect("the nonce account exists");
        // Version, state, authority, then the hash.
        let stored: [u8; 32] = data[40..72].try_into().expect("a nonce account");
        let payer = self.payer().pubkey();
        let first = [
            solana_system_interface::instruction::advance_nonce_account(nonce, &payer),
            ComputeBudgetInstruction::set_compute_unit_limit(COMPUTE_LIMIT),
        ];
        let all: Vec<_> = first.into_iter().chain(instructions.to_vec()).collect();
        self.touch_all(&all);
        let message = Message::new_with_blockhash(&all, Some(&payer), &stored.into());
        self.run(VersionedMessage::Legacy(message), signers).await
    }

    /// A blockhash that transactions can be signed with now.
    pub async fn blockhash(&mut self) -> [u8; 32] {
        let latest = self.context.banks_client.get_latest_blockhash().await;
        latest.expect("the bank is running").to_bytes()
    }

    /// Signs and sends a transaction that somebody built elsewhere, as a wallet does: in the
    /// wire's format and base64, its only signer `signer`, who pays.
    pub async fn send_wire(
        &mut self,
        transaction: &str,
        signer: &Keypair,
    ) -> Result<Receipt, Failure> {
        let wrong = |other: String| Failure {
            error: None,
            logs: Vec::new(),
            other,
        };
        let bytes = STANDARD
            .decode(transaction)
            .map_err(|error| wrong(error.to_string()))?;
        let unsigned: VersionedTransaction =
            bincode::deserialize(&bytes).map_err(|error| wrong(error.to_string()))?;
        let signed = VersionedTransaction::try_new(unsigned.message, &[signer])
            .map_err(|error| wrong(error.to_string()))?;
        self.process(signed).await
    }

    fn sign(&self, message: VersionedMessage, signers: &[&Keypair]) -> VersionedTransaction {
        let payer = self.payer();
        let mut all: Vec<&Keypair> = vec![&payer];
        for signer in signers {
            if all.iter().all(|known| known.pubkey() != signer.pubkey()) {
                all.push(signer);
            }
        }
        VersionedTransaction::try_new(message, &all).expect("every signer is given")
    }

    async fn run(
        &mut self,
        message: VersionedMessage,
        signers: &[&Keypair],
    ) -> Result<Receipt, Failure> {
        self.process(self.sign(message, signers)).await
    }

    async fn process(&mut self, transaction: VersionedTransaction) -> Result<Receipt, Failure> {
        require_packet(&transaction.message)?;
        let outcome = self
            .context
            .banks_client
            .process_transaction_with_metadata(transaction)
            .await
            .map_err(|error| Failure {
                error: None,
                logs: Vec::new(),
                other: error.to_string(),
            })?;
        let metadata = outcome.metadata;
        let logs = metadata
            .as_ref()
            .map(|m| m.log_messages.clone())
            .unwrap_or_default();
        match outcome.result {
            Ok(()) => Ok(Receipt {
                units: metadata.as_ref().map_or(0, |m| m.compute_units_consumed),
                return_data: metadata
                    .and_then(|m| m.return_data)
                    .map(|data| data.data)
                    .unwrap_or_default(),
                logs,
            }),
            Err(error) => Err(Failure {
                error: Some(error),
                logs,
                other: String::new(),
            }),
        }
    }

    /// What a transaction would do. Changes nothing.
    pub async fn simulate(
        &mut self,
        instructions: &[Instruction],
        signers: &[&Keypair],
    ) -> Result<Simulation, Failure> {
        let (simulation, result) = self.try_out(instructions, signers).await?;
        match result {
            Ok(()) => Ok(simulation),
            Err(error) => Err(Failure {
                error: Some(error),
                logs: simulation.logs,
                other: String::new(),
            }),
        }
    }

    /// The events that a transaction would emit. Changes nothing.
    pub async fn events(
        &mut self,
        instructions: &[Instruction],
        signers: &[&Keypair],
    ) -> Vec<event::Event> {
        let tried = self.try_out(instructions, signers).await;
        let calls = tried.map_or(Vec::new(), |(simulation, _)| simulation.calls);
        calls
            .iter()
            .filter_map(|call| event::parse(&call.program, &call.accounts, &call.data))
            .collect()
    }

    async fn try_out(
        &mut self,
        instructions: &[Instruction],
        signers: &[&Keypair],
    ) -> Result<(Simulation, Result<(), TransactionError>), Failure> {
        let (message, table) = self.packed(instructions, signers).await;
        require_packet(&message)?;
        let keys = all_keys(&message, table.as_ref());
        let transaction = self.sign(message, signers);
        let simulated = self
            .context
            .banks_client
            .simulate_transaction(transaction)
            .await
            .expect("the bank is running");
        let result = simulated.result.unwrap_or(Ok(()));
        let Some(details) = simulated.simulation_details else {
            return Ok((Simulation::default(), result));
        };
        let key = |index: u8| keys.get(usize::from(index)).copied();
        let inner = details.inner_instructions.unwrap_or_default();
        let calls = inner
            .into_iter()
            .flatten()
            .filter_map(|inner| {
                let called = inner.instruction;
                Some(Call {
                    program: key(called.program_id_index)?,
                    accounts: called.accounts.iter().filter_map(|at| key(*at)).collect(),
                    data: called.data,
                    height: inner.stack_height,
                })
            })
            .collect();
        let simulation = Simulation {
            units: details.units_consumed,
            logs: details.logs,
            return_data: details
                .return_data
                .map(|data| data.data)
                .unwrap_or_default(),
            calls,
        };
        Ok((simulation, result))
    }

    /// An account's data; `None` when there is no such account.
    pub async fn data(&mut self, address: &Pubkey) -> Option<Vec<u8>> {
        self.account(address)
            .await
            .map(|account| account.data().to_vec())
    }

    /// An account; `None` when there is none.
    pub async fn account(&mut self, address: &Pubkey) -> Option<AccountSharedData> {
        self.context
            .banks_client
            .get_account(*address)
            .await
            .expect("the bank is running")
            .map(AccountSharedData::from)
    }

    /// A Homeostat account.
    pub async fn fetch<T: Decode>(&mut self, address: &Pubkey) -> T {
        let data = self.data(address).await.expect("the account exists");
        T::decode(&data).expect("the account has this type")
    }

    /// Lamports of an account.
    pub async fn lamports(&mut self, address: &Pubkey) -> u64 {
        self.account(address)
            .await
            .map_or(0, |account| account.lamports())
    }

    /// Writes an account as it is: for states that no transaction leads to.
    pub fn set_account(&mut self, address: &Pubkey, account: &AccountSharedData) {
        self.touched.insert(*address);
        self.context.set_account(address, account);
    }

    /// Rewrites a Homeostat account: for states that no transaction leads to.
    pub async fn edit<T: Decode>(&mut self, address: &Pubkey, edit: impl FnOnce(&mut T)) {
        let account = self.account(address).await.expect("the account exists");
        let mut value = T::decode(account.data()).expect("the account has this type");
        edit(&mut value);
        let mut data = account.data().to_vec();
        let bytes = bytemuck::bytes_of(&value);
        data[8..8 + bytes.len()].copy_from_slice(bytes);
        let mut account = account;
        account.set_data_from_slice(&data);
        self.set_account(address, &account);
    }

    /// Gives lamports to an address.
    pub async fn airdrop(&mut self, to: &Pubkey, lamports: u64) {
        let transfer = solana_system_interface::instruction::transfer(
            &self.context.payer.pubkey(),
            to,
            lamports,
        );
        self.send(&[transfer], &[])
            .await
            .expect("the bank's payer is rich");
    }
}
