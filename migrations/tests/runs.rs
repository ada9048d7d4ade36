//! Runs over a bank in process, with the real loader and the real program: killed at every
//! point, and in the wrong place.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use base64::{prelude::BASE64_STANDARD, Engine};
use homeostat_client::{AccountMeta, Instruction, Pubkey, PROGRAM_ID};
use homeostat_migrations::{
    apply,
    file::sha256,
    loader::buffer_address,
    loader::Deployed,
    plan,
    run::{Signed, Upgrade},
    status::status,
    Chain, ClusterFile, Outcome, Point, Witness,
};
use homeostat_ops::Failure;
use homeostat_sandbox::{fixture, Bank, MintSpec, TokenProgram};
use solana_account::Account;
use solana_keypair::{write_keypair_file, Keypair};
use solana_message::Message;
use solana_program::rent::Rent;
use solana_signer::Signer;
use tokio::runtime::{Builder, Runtime};

const GENESIS: &str = "a bank";
/// Two programs whose ELFs every bank has, a small one and a large one.
const SMALL: &str = "MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr";
const LARGE: &str = "ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL";
/// The tests' own: an economy of layout version 0, first of its accounts.
const ECONOMY_0: &[u8] = include_bytes!("../../tests/fixtures/economy-0.bin");

/// A cluster file on a bank, in a folder of its own.
struct Site {
    runtime: Runtime,
    bank: RefCell<Bank>,
    /// Who may sign.
    keys: Vec<Keypair>,
    /// Accounts that a search looks through.
    listed: Vec<Pubkey>,
    genesis: Cell<&'static str>,
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
        let mut bank = self.runtime.block_on(Bank::start());
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
    fn new() -> Self {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let bank = runtime.block_on(Bank::start());
        let payer = bank.payer();
        Self {
            runtime,
            bank: RefCell::new(bank),
            keys: vec![payer],
            listed: Vec::new(),
            genesis: Cell::new(GENESIS),
            touched: RefCell::default(),
            banks: Cell::new(1),
            folder: tempfile::tempdir().unwrap(),
        }
    }

    fn payer(&self) -> Keypair {
        self.keys[0].insecure_clone()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A key that may sign, in a file of this name.
    fn key(&mut self, name: &str, number: u8) -> Pubkey {
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
    fn elf(&self, program: &str) -> String {
        let account = self.account(&program.parse().unwrap()).unwrap();
        let elf = account.expect("every bank has it").data;
        fs::write(self.path("program.so"), &elf).unwrap();
        sha256(&elf)
    }

    fn file(&self, text: &str) -> Result<ClusterFile, Failure> {
        let cluster = format!("[cluster]\nurl = \"localhost\"\ngenesis = \"{GENESIS}\"\n{text}");
        fs::write(self.path("cluster.toml"), cluster).unwrap();
        ClusterFile::read(&self.path("cluster.toml"))
    }

    /// A file that deploys this ELF at the address of the key `program.json`.
    fn deployment(&self, elf: &str, id: &Pubkey, authority: &Pubkey) -> ClusterFile {
        let sha256 = self.elf(elf);
        let text = format!(
            "[program]\nid = \"{id}\"\nkeypair = \"program.json\"\nelf = \"program.so\"\n\
             sha256 = \"{sha256}\"\nauthority = \"{authority}\"\npublisher = \"{authority}\"\n"
        );
        self.file(&text).unwrap()
    }

    fn state(&self) -> PathBuf {
        self.path("state.json")
    }

    fn run(&self, file: &ClusterFile, witness: &mut dyn Witness) -> Result<Outcome, Failure> {
        apply(self, file, &self.payer(), &self.state(), witness)
    }

    /// Sends what was printed for a multisig to sign, as this key.
    fn sign(&self, printed: &Upgrade, multisig: &Pubkey) {
        let bytes = BASE64_STANDARD.decode(&printed.message).unwrap();
        let message: Message = bincode::deserialize(&bytes).unwrap();
        let key = |at: u8| message.account_keys[usize::from(at)];
        let instructions: Vec<Instruction> = message
            .instructions
            .iter()
            .map(|one| Instruction {
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
            })
            .collect();
        let signer = self.keys.iter().find(|key| key.pubkey() == *multisig);
        self.wait_past(0).unwrap();
        self.send(&self.payer(), &[signer.unwrap()], &instructions)
            .unwrap();
    }

    /// Runs, and again, killed each time at its first point, its second, or its third.
    /// Returns how often it was killed.
    fn run_killed_over_and_over(&self, file: &ClusterFile) -> usize {
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

/// Kills a run after so many points.
struct Killer {
    left: usize,
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
struct Counter {
    points: usize,
}

impl Witness for Counter {
    fn at(&mut self, _: Point<'_>) -> Result<(), Failure> {
        self.points += 1;
        Ok(())
    }
}

fn undisturbed(site: &Site, file: &ClusterFile) -> usize {
    let mut counter = Counter::default();
    let outcome = site.run(file, &mut counter);
    assert_eq!(outcome.unwrap(), Outcome::Complete);
    let plan = plan(site, file, &site.payer().pubkey()).unwrap();
    assert!(plan.steps.is_empty(), "{plan}");
    counter.points
}

/// A site with a program to deploy and its multisig.
fn small() -> (Site, Pubkey, Pubkey) {
    let mut site = Site::new();
    let id = site.key("program.json", 90);
    // The program's address must be empty; its key only signs.
    let empty = Account::default();
    let mut bank = site.bank.borrow_mut();
    fixture::load(&mut bank, &[(id, empty)]);
    drop(bank);
    (site, id, Pubkey::new_from_array([91; 32]))
}

/// What a deployment leaves, without the slot.
fn left(site: &Site, id: &Pubkey) -> (Option<Pubkey>, Vec<u8>) {
    let deployed = Deployed::read(site, id).unwrap().unwrap();
    (deployed.authority, deployed.room)
}

#[test]
fn success_a_deployment_killed_anywhere_goes_on() {
    // given an undisturbed deployment
    let (site, id, multisig) = small();
    let file = site.deployment(SMALL, &id, &multisig);
    let planned = plan(&site, &file, &site.payer().pubkey()).unwrap();
    assert_eq!(planned.steps.len(), 4, "{planned}");
    assert!(planned.cost().0 > 0 && planned.cost().1 > 0);
    let points = undisturbed(&site, &file);
    let whole = left(&site, &id);
    assert_eq!(whole.0, Some(multisig));
    assert!(points > 20);

    // when another is killed at any of its points, then it goes on to the same end
    for point in 0..points {
        let (site, id, multisig) = small();
        let file = site.deployment(SMALL, &id, &multisig);
        let failure = site.run(&file, &mut Killer { left: point }).unwrap_err();
        assert_eq!(failure.code, "killed", "{failure}");
        let more = undisturbed(&site, &file);
        assert!(more <= points, "what was done is not done again");
        assert_eq!(left(&site, &id), whole, "killed at point {point}");
    }
}

#[test]
fn success_an_upgrade_killed_over_and_over_goes_on() {
    // given a small program whose authority is the payer
    let (site, id, _) = small();
    let payer = site.payer().pubkey();
    undisturbed(&site, &site.deployment(SMALL, &id, &payer));

    // when it is upgraded to a larger one, killed at every point in turn
    let file = site.deployment(LARGE, &id, &payer);
    let kills = site.run_killed_over_and_over(&file);
    assert!(kills > 10);

    // then the ELF is there, whole
    let program = file.program.as_ref().unwrap();
    assert!(Deployed::read(&site, &id)
        .unwrap()
        .unwrap()
        .holds(&program.elf));
    assert_eq!(
        status(&site, &file).unwrap().upgrade_authority,
        Some(payer.to_string())
    );
}

#[test]
fn m6_a_multisig_upgrades_itself_and_the_check_says_who_may() {
    // given a program that belongs to a multisig
    let (mut site, id, _) = small();
    let multisig = site.key("multisig.json", 92);
    let first = site.deployment(SMALL, &id, &multisig);
    undisturbed(&site, &first);
    let checked = status(&site, &first).unwrap();
    assert!(checked.passes() && checked.to_string().contains(&multisig.to_string()));

    // when it is to be upgraded, then the buffer is prepared and handed over
    let file = site.deployment(LARGE, &id, &multisig);
    let Outcome::Waiting(sign) = site.run(&file, &mut Counter::default()).unwrap() else {
        panic!("it cannot upgrade by itself")
    };
    assert_eq!(sign.authority, multisig.to_string());
    assert!(
        !status(&site, &file).unwrap().passes(),
        "the ELF is another"
    );
    let again = site.run(&file, &mut Counter::default()).unwrap();
    assert_eq!(again, Outcome::Waiting(sign.clone()));

    // when the multisig signs what was printed: room first, then the upgrade
    assert_eq!(sign.what, Signed::Room);
    site.sign(&sign, &multisig);
    let Outcome::Waiting(sign) = site.run(&file, &mut Counter::default()).unwrap() else {
        panic!("the upgrade is left")
    };
    assert_eq!(sign.what, Signed::Upgrade);
    site.sign(&sign, &multisig);

    // then the run is complete, and the check passes
    undisturbed(&site, &file);
    assert!(status(&site, &file).unwrap().passes());

    // and it does not pass for another publisher
    let mut other = file;
    other.program.as_mut().unwrap().publisher = Some(Pubkey::new_from_array([7; 32]));
    let checked = status(&site, &other).unwrap();
    assert!(!checked.passes() && checked.to_string().contains("NO"));
    // nor for none, while somebody may
    other.program.as_mut().unwrap().publisher = None;
    assert!(!status(&site, &other).unwrap().passes());
}

#[test]
fn m7_only_the_canonical_interface_description_counts() {
    // given a program whose interface description somebody else published
    let (site, id, multisig) = small();
    let file = site.deployment(SMALL, &id, &multisig);
    undisturbed(&site, &file);
    let metadata: Pubkey = "ProgM6JCCvbYkfKqJYHePx4xxSUSqJp7rh8Lyv7nk7S"
        .parse()
        .unwrap();
    let mut seed = [0; 16];
    seed[..3].copy_from_slice(b"idl");
    let stranger = Pubkey::new_from_array([8; 32]);
    let put = |seeds: &[&[u8]], owner: Pubkey, kind: u8, canonical: u8| {
        let (address, _) = Pubkey::find_program_address(seeds, &metadata);
        let mut data = vec![0; 100];
        data[0] = kind;
        data[1..33].copy_from_slice(id.as_ref());
        data[66] = canonical;
        let account = Account {
            lamports: 10_000_000,
            owner,
            data,
            ..Account::default()
        };
        fixture::load(&mut site.bank.borrow_mut(), &[(address, account)]);
        let checked = status(&site, &file).unwrap();
        assert_eq!(
            checked.to_string().contains("not published"),
            !checked.idl_published
        );
        (checked.idl == address.to_string(), checked.idl_published)
    };
    let canonical: [&[u8]; 2] = [id.as_ref(), &seed];
    let another: [&[u8]; 3] = [id.as_ref(), stranger.as_ref(), &seed];
    assert_eq!(put(&another, metadata, 2, 0), (false, false));
    // Half written, another program's, then whole.
    assert_eq!(put(&canonical, metadata, 1, 1), (true, false));
    assert_eq!(put(&canonical, stranger, 2, 1), (true, false));
    assert_eq!(put(&canonical, metadata, 2, 1), (true, true));
}

/// A site with an economy to create and three accounts to migrate.
fn living() -> (Site, ClusterFile) {
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

/// Every account that such a run leaves.
fn economy_left(site: &Site, file: &ClusterFile) -> Vec<Option<Vec<u8>>> {
    let plan = &file.economies[0];
    let at = homeostat_client::EconomyAddresses::new(&plan.mint, &plan.creator.pubkey());
    let mut keys = vec![
        at.economy,
        at.log,
        at.pool(&plan.mint),
        at.meter(0),
        at.meter(1),
    ];
    keys.extend(&site.listed);
    let accounts = site.accounts(&keys).unwrap();
    let data: Vec<_> = accounts
        .into_iter()
        .map(|it| it.map(|it| it.data))
        .collect();
    assert!(data.iter().all(Option::is_some));
    data
}

#[test]
fn m3_economies_and_migrations_killed_anywhere_go_on() {
    let (site, file) = living();
    let planned = plan(&site, &file, &site.payer().pubkey()).unwrap();
    // The economy, limits, a controller, pool, two meters; three accounts by two.
    assert_eq!(planned.steps.len(), 7, "{planned}");
    let last = &planned.steps[6];
    assert!(
        last.what
            .contains("3 accounts (Economy, layout 0 to 1) in 2"),
        "{planned}"
    );
    let rent = Rent::default();
    // An account of layout 0 is 72 bytes shorter.
    let each = rent.minimum_balance(72) - rent.minimum_balance(0);
    assert_eq!((last.rent, last.fees), (3 * each, 10_000));
    let points = undisturbed(&site, &file);
    let whole = economy_left(&site, &file);
    for point in 0..points {
        let (site, file) = living();
        let failure = site.run(&file, &mut Killer { left: point }).unwrap_err();
        assert_eq!(failure.code, "killed", "{failure}");
        undisturbed(&site, &file);
        assert!(
            economy_left(&site, &file) == whole,
            "killed at point {point}"
        );
    }
}

#[test]
fn fail_another_cluster_than_the_files() {
    let (site, file) = living();
    site.genesis.set("another");
    let failure = site.run(&file, &mut Counter::default()).unwrap_err();
    assert_eq!(failure.code, "wrong_cluster");
    assert!(!failure.remedy.is_empty() && !site.state().exists());
    assert_eq!(
        plan(&site, &file, &site.payer().pubkey()).unwrap_err().code,
        "wrong_cluster"
    );

    // A state file of another cluster is refused too, and kept.
    site.genesis.set(GENESIS);
    undisturbed(&site, &file);
    let kept = fs::read_to_string(site.state()).unwrap();
    fs::write(site.state(), kept.replace(GENESIS, "another")).unwrap();
    let failure = site.run(&file, &mut Counter::default()).unwrap_err();
    assert_eq!(failure.code, "wrong_cluster");
    assert_eq!(
        fs::read_to_string(site.state()).unwrap(),
        kept.replace(GENESIS, "another")
    );
}

#[test]
fn fail_somebody_elses_program() {
    let (site, id, multisig) = small();
    undisturbed(&site, &site.deployment(SMALL, &id, &multisig));
    let stranger = site.deployment(LARGE, &id, &site.payer().pubkey());
    fs::remove_file(site.state()).unwrap();
    let failure = site.run(&stranger, &mut Counter::default()).unwrap_err();
    assert_eq!(failure.code, "wrong_authority");
    assert!(failure.message.contains(&multisig.to_string()));
}

#[test]
fn success_lamports_that_somebody_sent_do_not_stop_a_deployment() {
    // given addresses of buffer and program that hold a lamport, or more than they need
    for lamports in [1, 10_000_000_000] {
        let (site, id, multisig) = small();
        let file = site.deployment(SMALL, &id, &multisig);
        let elf = &file.program.as_ref().unwrap().elf;
        let (buffer, _) = buffer_address(&site.payer().pubkey(), elf).unwrap();
        let sent = Account {
            lamports,
            ..Account::default()
        };
        let held = [(id, sent.clone()), (buffer, sent)];
        fixture::load(&mut site.bank.borrow_mut(), &held);
        // then it is deployed all the same
        undisturbed(&site, &file);
        assert!(status(&site, &file).unwrap().passes());
    }
}

#[test]
fn fail_another_elf_before_the_first_is_done() {
    let (site, id, multisig) = small();
    let file = site.deployment(SMALL, &id, &multisig);
    site.run(&file, &mut Killer { left: 5 }).unwrap_err();
    let other = site.deployment(LARGE, &id, &multisig);
    let failure = site.run(&other, &mut Counter::default()).unwrap_err();
    assert_eq!(failure.code, "changed_meanwhile");
    assert!(failure.remedy.contains("finish that run"));
    // The first can still be finished, and then the other begun.
    let file = site.deployment(SMALL, &id, &multisig);
    undisturbed(&site, &file);

    // An ELF that is not the reviewed one is not even read further.
    fs::write(site.path("program.so"), b"another").unwrap();
    let failure = ClusterFile::read(&site.path("cluster.toml")).err().unwrap();
    assert_eq!(failure.code, "wrong_elf");
}

#[test]
fn fail_state_files_that_are_broken_or_cannot_be_written() {
    let (site, file) = living();
    site.run(&file, &mut Killer { left: 4 }).unwrap_err();
    // Cut short at every length: refused, kept, and nothing is sent.
    let whole = fs::read(site.state()).unwrap();
    for length in 0..whole.len() - 2 {
        fs::write(site.state(), &whole[..length]).unwrap();
        let failure = site.run(&file, &mut Counter::default()).unwrap_err();
        assert_eq!(failure.code, "bad_state", "{length}: {failure}");
        assert!(failure.remedy.contains("move it away"));
        assert_eq!(fs::read(site.state()).unwrap(), &whole[..length]);
    }
    // Moved away, the run goes on from the chain.
    fs::remove_file(site.state()).unwrap();
    undisturbed(&site, &file);

    // Where nothing can be written, nothing is sent.
    let (site, file) = living();
    let nowhere = Path::new("/nowhere/state.json");
    let mut counter = Counter::default();
    let failure = apply(&site, &file, &site.payer(), nowhere, &mut counter).unwrap_err();
    assert_eq!((failure.code, counter.points), ("unwritable_file", 0));
    assert!(!failure.remedy.is_empty());
}

#[test]
fn fail_cluster_files_that_are_wrong() {
    let (site, _) = living();
    for (text, code) in [
        ("[program]\nid = \"x\"\n", "bad_address"),
        ("[migrations]\nbatch = 0\n", "bad_cluster_file"),
        ("[migrations]\nbatch = 17\n", "bad_cluster_file"),
        ("[migrations]\nbatsh = 1\n", "unknown_key"),
        ("[economies.a]\nfile = \"none.toml\"\n", "unreadable_file"),
        ("[economies.a]\n", "bad_cluster_file"),
        ("[cluster\n", "bad_toml"),
    ] {
        let failure = site.file(text).err().unwrap();
        assert_eq!(failure.code, code, "{text}: {failure}");
        assert!(!failure.remedy.is_empty(), "{text}");
    }
}
