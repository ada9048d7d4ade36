//! A cluster file on a bank in process, with the real loader and the real program.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeSet,
    fs,
    path::PathBuf,
    rc::Rc,
};

use homeostat_chain::{
    signer::read_key,
    squads::{self, Multisig},
};
use homeostat_client::{AccountMeta, Instruction, Pubkey, PROGRAM_ID};
use homeostat_migrations::{
    apply, file::sha256, loader::Deployed, plan, Chain, ClusterFile, Outcome, Point, Witness,
};
use homeostat_probe::{
    caller::{call, vault_seeds},
    process,
};
use homeostat_sandbox::{fixture, Bank, MintSpec, TokenProgram};
use homeostat_settings::Failure;
use solana_account::Account;
use solana_keypair::{write_keypair_file, Keypair};
use solana_program::rent::Rent;
use solana_program_test::processor;
use solana_signer::Signer;
use solana_transaction::Transaction;
use tokio::runtime::{Builder, Runtime};

pub const GENESIS: &str = "a bank";
/// Two programs whose ELFs every bank has, a small one and a large one.
pub const SMALL: &str = "MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr";
pub const LARGE: &str = "ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL";
/// The tests' own: an economy of layout version 0, first of its accounts.
pub const ECONOMY_0: &[u8] = include_bytes!("../../../tests/fixtures/economy-0.bin");

/// A cluster file on a bank, in a folder of its own.
pub struct Site {
    runtime: Runtime,
    pub bank: RefCell<Bank>,
    /// Who may sign.
    keys: Vec<Keypair>,
    /// Accounts that a search looks through.
    pub listed: Vec<Pubkey>,
    pub genesis: Cell<&'static str>,
    /// Accounts of transactions that were sent.
    touched: RefCell<BTreeSet<Pubkey>>,
    /// Banks so far.
    banks: Cell<u64>,
    folder: tempfile::TempDir,
}

impl Chain for Site {
    fn genesis(&self) -> String {
        self.genesis.get().to_owned()
    }

    fn accounts(&self, addresses: &[Pubkey]) -> Result<Vec<Option<Account>>, Failure> {
        let mut bank = self.bank.borrow_mut();
        Ok(self.runtime.block_on(async {
            let mut accounts = Vec::new();
            for address in addresses {
                accounts.push(bank.account(address).await.map(Account::from));
            }
            accounts
        }))
    }

    fn beginning_with(&self, bytes: &[u8]) -> Result<Vec<Pubkey>, Failure> {
        let accounts = self.accounts(&self.listed)?;
        let begins = |account: &Option<Account>| {
            account.as_ref().is_some_and(|account| {
                account.owner == PROGRAM_ID && account.data.starts_with(bytes)
            })
        };
        let found = self.listed.iter().zip(&accounts);
        Ok(found
            .filter(|(_, it)| begins(it))
            .map(|(key, _)| *key)
            .collect())
    }

    fn multisig(&self, address: &Pubkey) -> Result<Multisig, Failure> {
        let account = self
            .account(address)?
            .filter(|it| it.owner == squads::PROGRAM);
        account
            .and_then(|account| Multisig::decode(*address, &account.data))
            .ok_or_else(|| Failure::new("no_multisig", format!("none at {address}")))
    }

    fn rent(&self, bytes: usize) -> Result<u64, Failure> {
        Ok(Rent::default().minimum_balance(bytes))
    }

    /// Goes on with the same accounts on a new bank, in a later slot: one bank's cache of
    /// programs does not survive a jump of slots.
    fn wait_past(&self, _: u64) -> Result<(), Failure> {
        let banks = self.banks.get() + 1;
        self.banks.set(banks);
        let signers = self.keys.iter().map(|key| key.pubkey());
        self.touched.borrow_mut().extend(signers);
        let keys: Vec<Pubkey> = self.touched.borrow().iter().copied().collect();
        let ours = |account: &Account| {
            !account.executable || account.owner == solana_sdk_ids::bpf_loader_upgradeable::ID
        };
        let accounts = self.accounts(&keys).unwrap();
        let mut kept: Vec<_> = keys
            .into_iter()
            .zip(accounts)
            .filter_map(|(key, account)| Some((key, account.filter(|it| ours(it))?)))
            .filter(|(_, account)| account.owner != solana_sdk_ids::sysvar::ID)
            .collect();
        // Deployed in slot 0, which every bank takes for settled.
        for (_, account) in &mut kept {
            let loader = solana_sdk_ids::bpf_loader_upgradeable::ID;
            if account.owner == loader && account.data.starts_with(&[3, 0, 0, 0]) {
                account.data[4..12].fill(0);
            }
        }
        let mut bank = bank(&self.runtime);
        self.runtime.block_on(bank.warp_to_slot(banks * 50));
        fixture::load(&mut bank, &kept);
        *self.bank.borrow_mut() = bank;
        Ok(())
    }

    fn send(
        &self,
        payer: &dyn Signer,
        signers: &[&dyn Signer],
        instructions: &[Instruction],
    ) -> Result<(), Failure> {
        let named: Vec<Pubkey> = std::iter::once(payer.pubkey())
            .chain(signers.iter().map(|signer| signer.pubkey()))
            .collect();
        let keys = self.keys.iter().filter(|key| named.contains(&key.pubkey()));
        let keys: Vec<&Keypair> = keys.collect();
        let metas = instructions.iter().flat_map(|one| &one.accounts);
        self.touched
            .borrow_mut()
            .extend(metas.map(|meta| meta.pubkey));
        let mut bank = self.bank.borrow_mut();
        self.runtime.block_on(async {
            let sent = bank.send(instructions, &keys).await;
            sent.map(|_| ())
                .map_err(|failure| Failure::new("refused", failure.to_string()))
        })
    }

    fn send_all(
        &self,
        payer: &dyn Signer,
        transactions: &[Vec<Instruction>],
        landed: &mut (dyn FnMut() -> Result<(), Failure> + '_),
    ) -> Result<(), Failure> {
        // Last ones first: their order must not matter.
        for instructions in transactions.iter().rev() {
            let keys = self
                .keys
                .iter()
                .filter(|key| key.pubkey() == payer.pubkey());
            let keys: Vec<&Keypair> = keys.collect();
            let mut bank = self.bank.borrow_mut();
            self.runtime
                .block_on(bank.send(instructions, &keys))
                .map_err(|failure| Failure::new("refused", failure.to_string()))?;
            drop(bank);
            landed()?;
        }
        Ok(())
    }
}

impl Site {
    pub fn new() -> Self {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let bank = bank(&runtime);
        let payer = bank.payer();
        let site = Self {
            runtime,
            bank: RefCell::new(bank),
            keys: vec![payer],
            listed: Vec::new(),
            genesis: Cell::new(GENESIS),
            touched: RefCell::default(),
            banks: Cell::new(1),
            folder: tempfile::tempdir().unwrap(),
        };
        site.put(multisig(), stored_multisig());
        site
    }

    pub fn payer(&self) -> Keypair {
        self.keys[0].insecure_clone()
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A key that may sign, in a file of this name.
    pub fn key(&mut self, name: &str, number: u8) -> Pubkey {
        let key = Keypair::new_from_array([number; 32]);
        write_keypair_file(&key, self.path(name)).unwrap();
        let address = key.pubkey();
        self.keys.push(key);
        let mut bank = self.bank.borrow_mut();
        self.runtime
            .block_on(bank.airdrop(&address, 10_000_000_000));
        address
    }

    /// Writes the ELF of a program that the bank has.
    pub fn elf(&self, program: &str) -> String {
        let account = self.account(&program.parse().unwrap()).unwrap();
        let elf = account.expect("every bank has it").data;
        fs::write(self.path("program.so"), &elf).unwrap();
        sha256(&elf)
    }

    pub fn file(&self, text: &str) -> Result<ClusterFile, Failure> {
        let cluster = format!("[cluster]\nurl = \"localhost\"\ngenesis = \"{GENESIS}\"\n{text}");
        fs::write(self.path("cluster.toml"), cluster).unwrap();
        ClusterFile::read(&self.path("cluster.toml"), &read_key_file)
    }

    /// A file that deploys this ELF at the address of the key `program.json`, for the vault of
    /// the site's multisig or for a key.
    pub fn deployment(&self, elf: &str, id: &Pubkey, authority: &Pubkey) -> ClusterFile {
        let publisher = match *authority == vault() {
            true => format!("multisig = \"{}\"", multisig()),
            false => format!("key = \"{authority}\""),
        };
        self.published(elf, id, authority, &publisher).unwrap()
    }

    /// The same with `[publisher]` as written.
    pub fn published(
        &self,
        elf: &str,
        id: &Pubkey,
        authority: &Pubkey,
        publisher: &str,
    ) -> Result<ClusterFile, Failure> {
        let sha256 = self.elf(elf);
        let text = format!(
            "[program]\nid = \"{id}\"\nkeypair = \"program.json\"\nelf = \"program.so\"\n\
             sha256 = \"{sha256}\"\nauthority = \"{authority}\"\n[publisher]\n{publisher}\n"
        );
        self.file(&text)
    }

    /// Puts an account at an address, for every bank to come.
    pub fn put(&self, address: Pubkey, account: Account) {
        self.touched.borrow_mut().insert(address);
        fixture::load(&mut self.bank.borrow_mut(), &[(address, account)]);
    }

    pub fn state(&self) -> PathBuf {
        self.path("state.json")
    }

    pub fn run(&self, file: &ClusterFile, witness: &mut dyn Witness) -> Result<Outcome, Failure> {
        apply(self, file, &self.payer(), &self.state(), witness)
    }

    /// Does what was printed for the authority to sign.
    pub fn sign(&self, printed: &str, authority: &Pubkey) {
        let bytes = bs58::decode(printed).into_vec().unwrap();
        let transaction: Transaction = bincode::deserialize(&bytes).unwrap();
        let message = transaction.message;
        assert_eq!(message.account_keys.first(), Some(authority), "it pays");
        assert_eq!(message.header.num_required_signatures, 1, "it alone signs");
        let key = |at: u8| message.account_keys[usize::from(at)];
        let instructions = message.instructions.iter().map(|one| Instruction {
            program_id: key(one.program_id_index),
            accounts: one
                .accounts
                .iter()
                .map(|at| AccountMeta {
                    pubkey: key(*at),
                    is_signer: message.is_signer(usize::from(*at)),
                    is_writable: message.is_maybe_writable(usize::from(*at), None),
                })
                .collect(),
            data: one.data.clone(),
        });
        let instructions: Vec<Instruction> = instructions.collect();
        self.act(&instructions, authority).unwrap();
    }

    /// Sends instructions as the vault, called by a program that signs for it, or as a key.
    pub fn act(&self, instructions: &[Instruction], authority: &Pubkey) -> Result<(), Failure> {
        self.wait_past(0).unwrap();
        let payer = self.payer();
        if *authority == vault() {
            let multisig = multisig();
            let seeds = vault_seeds(&multisig, &[0]);
            let (_, bump) = Pubkey::find_program_address(&seeds, &squads::PROGRAM);
            let bump = [bump];
            let seeds: Vec<&[u8]> = seeds.into_iter().chain([&bump[..]]).collect();
            let calls: Vec<Instruction> = instructions
                .iter()
                .map(|one| call(&squads::PROGRAM, 0, &seeds, one))
                .collect();
            self.send(&payer, &[], &calls)
        } else {
            let signer = self.keys.iter().find(|key| key.pubkey() == *authority);
            self.send(&payer, &[signer.unwrap()], instructions)
        }
    }

    /// Runs, and again, killed each time at its first point, its second, or its third.
    /// Returns how often it was killed.
    pub fn run_killed_over_and_over(&self, file: &ClusterFile) -> usize {
        for kills in 0..1_000 {
            match self.run(file, &mut Killer { left: kills % 3 }) {
                Ok(Outcome::Complete) => return kills,
                Ok(waiting) => panic!("{waiting:?}"),
                Err(failure) => assert_eq!(failure.code, "killed", "{failure}"),
            }
        }
        panic!("it does not end")
    }
}

/// The Squads v4 multisig of every site, at an address that no key signs for.
pub fn multisig() -> Pubkey {
    Pubkey::find_program_address(&[b"multisig", b"multisig", &[7; 32]], &squads::PROGRAM).0
}

/// Its first vault.
pub fn vault() -> Pubkey {
    squads::vault(&multisig(), 0)
}

/// It as the program stores it: two must approve.
fn stored_multisig() -> Account {
    let mut data = vec![224, 116, 121, 186, 68, 161, 79, 236];
    data.extend([7; 32]);
    data.extend([0; 32]);
    data.extend(2u16.to_le_bytes());
    data.extend(0u32.to_le_bytes());
    data.extend([0; 16]);
    data.extend([0, 255]);
    data.extend(2u32.to_le_bytes());
    for member in [[3; 32], [4; 32]] {
        data.extend(member);
        data.push(7);
    }
    Account {
        lamports: 10_000_000,
        owner: squads::PROGRAM,
        data,
        ..Account::default()
    }
}

/// A bank where a program that signs with its vaults, as Squads does, stands in its place.
fn bank(runtime: &Runtime) -> Bank {
    runtime.block_on(Bank::start_with(|test| {
        test.add_program("homeostat_probe", squads::PROGRAM, processor!(process));
    }))
}

/// A signer that a cluster file names.
pub fn read_key_file(source: &str) -> Result<Rc<dyn Signer>, Failure> {
    Ok(Rc::new(read_key(source)?))
}

/// Kills a run after so many points.
pub struct Killer {
    pub left: usize,
}

impl Witness for Killer {
    fn at(&mut self, _: Point<'_>) -> Result<(), Failure> {
        match self.left.checked_sub(1) {
            Some(left) => {
                self.left = left;
                Ok(())
            }
            None => Err(Failure::new("killed", "killed")),
        }
    }
}

/// Counts the points of a run.
#[derive(Default)]
pub struct Counter {
    pub points: usize,
}

impl Witness for Counter {
    fn at(&mut self, _: Point<'_>) -> Result<(), Failure> {
        self.points += 1;
        Ok(())
    }
}

pub fn undisturbed(site: &Site, file: &ClusterFile) -> usize {
    let mut counter = Counter::default();
    let outcome = site.run(file, &mut counter);
    assert_eq!(outcome.unwrap(), Outcome::Complete);
    let plan = plan(site, file, &site.payer().pubkey()).unwrap();
    assert!(plan.steps.is_empty(), "{plan}");
    counter.points
}

/// A site with a program to deploy and its multisig.
pub fn small() -> (Site, Pubkey, Pubkey) {
    let mut site = Site::new();
    let id = site.key("program.json", 90);
    // The program's address must be empty; its key only signs.
    let empty = Account::default();
    let mut bank = site.bank.borrow_mut();
    fixture::load(&mut bank, &[(id, empty)]);
    drop(bank);
    (site, id, vault())
}

/// What a deployment leaves, without the slot.
pub fn left(site: &Site, id: &Pubkey) -> (Option<Pubkey>, Vec<u8>) {
    let deployed = Deployed::read(site, id).unwrap().unwrap();
    (deployed.authority, deployed.room)
}

/// A site with an economy to create and three accounts to migrate.
pub fn living() -> (Site, ClusterFile) {
    let mut site = Site::new();
    site.key("creator.json", 93);
    let mut bank = site.bank.borrow_mut();
    let spec = MintSpec::plain(TokenProgram::Token2022);
    let mint = site.runtime.block_on(bank.create_mint(&spec));
    let (_, old) = fixture::read(ECONOMY_0).swap_remove(0);
    let older: Vec<_> = (100..103)
        .map(|n| (Pubkey::new_from_array([n; 32]), old.clone()))
        .collect();
    fixture::load(&mut bank, &older);
    drop(bank);
    site.listed = older.into_iter().map(|(key, _)| key).collect();
    fs::write(
        site.path("economy.toml"),
        "[economy]\nmeters = 2\nunbonding = 60\n[controllers.emission]\nsetpoint = 0.5\n",
    )
    .unwrap();
    let text = format!(
        "[migrations]\nbatch = 2\n[economies.first]\nfile = \"economy.toml\"\n\
         mint = \"{mint}\"\ncreator = \"creator.json\"\n"
    );
    let file = site.file(&text).unwrap();
    (site, file)
}
