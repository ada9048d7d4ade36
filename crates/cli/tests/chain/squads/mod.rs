//! An economy whose council is the vault of a multisig: what its members store, and what becomes
//! of it when they have approved it. The program of Squads itself is stood in for by
//! [`double`], which says what it is.

mod buffer;
mod double;
mod export;
mod refused;
mod story;
mod votes;

use homeostat_chain::squads::accounts::VaultTransaction;
use homeostat_chain::squads::{self, layout, Multisig, PROGRAM};
use homeostat_client::Pubkey;
use homeostat_sandbox::solana_program_test::processor;
use homeostat_sandbox::{World, WorldSpec};
use homeostat_served::{Fixture, Person};
use solana_account::{AccountSharedData, ReadableAccount};

use crate::common::{bare, run_at, Said};
use crate::founder::Founder;

const SOL: u64 = 1_000_000_000;

/// A multisig of Squads v4 in which two must approve, with 41 transactions before it changed its
/// members last; each member with its rights.
pub(super) fn multisig(fixture: &Fixture, members: &[(Pubkey, u8)]) -> Pubkey {
    let address = Pubkey::new_unique();
    set(fixture, address, &stored_multisig(members), SOL);
    address
}

/// Such a multisig's account.
fn stored_multisig(members: &[(Pubkey, u8)]) -> Vec<u8> {
    let mut data = layout::MULTISIG.to_vec();
    data.extend([1; 32]);
    data.extend([0; 32]);
    data.extend(2u16.to_le_bytes());
    data.extend(3_600u32.to_le_bytes());
    data.extend([41u64.to_le_bytes(); 2].concat());
    data.extend([0, 255]);
    data.extend(u32::try_from(members.len()).unwrap().to_le_bytes());
    for (key, rights) in members {
        data.extend(key.as_ref());
        data.push(*rights);
    }
    // Room for members to come, as the program leaves it.
    data.extend([0; 66]);
    data
}

/// Puts an account of Squads there.
fn set(fixture: &Fixture, address: Pubkey, data: &[u8], lamports: u64) {
    let mut account = AccountSharedData::new(lamports, data.len(), &PROGRAM);
    account.set_data_from_slice(data);
    let put = async move |world: &mut World| world.bank.set_account(&address, &account);
    fixture.served.with(put);
}

/// An economy's Draft to be, a multisig, and its vault as the council's only member.
pub struct House {
    pub founder: Founder,
    pub multisig: Pubkey,
    pub vault: Pubkey,
}

impl House {
    /// Before anything is created.
    pub fn new() -> Self {
        let spec = WorldSpec::default();
        let fixture = Fixture::with_programs(spec, |test| {
            test.add_program("squads_double", PROGRAM, processor!(double::process));
        });
        let members = [0, 1, 2].map(|index| fixture.members[index].pubkey());
        let rights: Vec<_> = members.into_iter().zip([7, 7, 2]).collect();
        let multisig = multisig(&fixture, &rights);
        let vault = squads::vault(&multisig, 0);
        let house = Self {
            founder: Founder::rich_on(fixture),
            multisig,
            vault,
        };
        house.vault_has(SOL);
        house.write_member(&vault);
        house
    }

    /// The economy, live: its vault is the member.
    pub fn live() -> Self {
        let house = Self::new();
        let done = |said: Said| assert_eq!(said.code, 0, "{}{}", said.stdout, said.stderr);
        done(house.founder.create(&[]));
        done(house.squads(&["accept-role", "member"]));
        house.execute(42);
        done(house.guardian(&["accept-role", "guardian"]));
        done(house.founder.go_live(&["--hand-over-mint"]));
        house
    }

    pub fn fixture(&self) -> &Fixture {
        &self.founder.fixture
    }

    /// The economy file names this address, which Squads signs for, as the only member.
    pub fn write_member(&self, member: &Pubkey) {
        self.founder.write(&format!(
            "[council]\nmembers = [{{ key = \"{member}\", via = \"{PROGRAM}\" }}]\nthreshold = 1\n\
             guardian = \"{}\"\n",
            self.fixture().guardian.pubkey()
        ));
    }

    /// Its members have these rights, and the multisig its numbers.
    pub fn rights(&self, rights: &[u8]) {
        let members = self.fixture().members.iter();
        let members: Vec<_> = members
            .map(Person::pubkey)
            .zip(rights.iter().copied())
            .collect();
        let mut data = stored_multisig(&members);
        let number = self.read().transaction_index.to_le_bytes();
        data[double::NUMBER_AT..double::NUMBER_AT + 8].copy_from_slice(&number);
        set(self.fixture(), self.multisig, &data, SOL);
    }

    pub fn vault_has(&self, lamports: u64) {
        let vault = self.vault;
        let account = AccountSharedData::new(lamports, 0, &Pubkey::default());
        let put = async move |world: &mut World| world.bank.set_account(&vault, &account);
        self.fixture().served.with(put);
    }

    pub fn lamports(&self) -> u64 {
        let vault = self.vault;
        let read = async move |world: &mut World| world.bank.lamports(&vault).await;
        self.fixture().served.with(read)
    }

    /// A command for this economy.
    pub fn run(&self, words: &[&str]) -> Said {
        self.run_at(self.fixture().served.url(), words)
    }

    pub fn run_at(&self, url: &str, words: &[&str]) -> Said {
        let economy = self.founder.at.economy.to_string();
        run_at(
            self.fixture(),
            url,
            &[words, &["--economy", &economy]].concat(),
        )
    }

    /// The words by which a member of the multisig lets its vault act.
    pub fn by_member(&self) -> Vec<String> {
        let key = self.fixture().members[0].file.display().to_string();
        let multisig = self.multisig.to_string();
        let economy = self.founder.at.economy.to_string();
        [
            "--squads",
            &multisig,
            "--keypair",
            &key,
            "--economy",
            &economy,
        ]
        .map(str::to_owned)
        .to_vec()
    }

    /// A command of the vault.
    pub fn squads(&self, words: &[&str]) -> Said {
        let by = self.by_member();
        let by: Vec<&str> = by.iter().map(String::as_str).collect();
        run_at(
            self.fixture(),
            self.fixture().served.url(),
            &[words, &by].concat(),
        )
    }

    /// The same as a person sees it.
    pub fn squads_text(&self, words: &[&str]) -> Said {
        let by = self.by_member();
        let by: Vec<&str> = by.iter().map(String::as_str).collect();
        let words = [words, &by].concat();
        bare(
            self.fixture(),
            self.fixture().served.url(),
            &words,
            "display",
        )
    }

    fn guardian(&self, words: &[&str]) -> Said {
        let key = self.fixture().guardian.file.display().to_string();
        self.run(&[words, &["--keypair", &key]].concat())
    }

    /// A proposal file with this name.
    pub fn file(&self, name: &str, text: &str) -> String {
        let path = self.fixture().folder().join(name);
        std::fs::write(&path, text).expect("a file");
        path.display().to_string()
    }

    fn account(&self, address: Pubkey) -> Option<Vec<u8>> {
        let read = async move |world: &mut World| world.bank.account(&address).await;
        let account = self.fixture().served.with(read)?;
        Some(account.data().to_vec())
    }

    /// The multisig as it is.
    pub fn read(&self) -> Multisig {
        let data = self.account(self.multisig).expect("the multisig");
        Multisig::decode(self.multisig, &data).expect("a multisig")
    }

    /// What is stored with that number.
    pub fn stored(&self, number: u64) -> VaultTransaction {
        let data = self.account(layout::transaction(&self.multisig, number));
        VaultTransaction::decode(&data.expect("a transaction")).expect("a vault transaction")
    }

    /// A buffer of the first member's, if there is one.
    pub fn buffer(&self) -> Option<Vec<u8>> {
        let member = self.fixture().members[0].pubkey();
        let at = layout::buffer(&self.multisig, &member, squads::buffer::INDEX);
        self.account(at).filter(|data| !data.is_empty())
    }

    /// Its members think so of the transaction with that number.
    pub fn decided(&self, number: u64, status: u8) {
        let approved = [0, 1].map(|index| self.fixture().members[index].pubkey());
        let data = double::proposal(&self.multisig, number, status, &approved);
        let at = layout::proposal(&self.multisig, number);
        set(self.fixture(), at, &data, SOL);
    }

    /// The members approve the transaction with that number, and the second executes it.
    pub fn execute(&self, number: u64) {
        const APPROVED: u8 = 3;
        self.decided(number, APPROVED);
        let stored = self.stored(number);
        let member = self.fixture().members[1].key.insecure_clone();
        let execute = self.read().execute(
            &solana_signer::Signer::pubkey(&member),
            number,
            stored.vault_index,
            &stored.message,
        );
        let sent = async move |world: &mut World| world.bank.send(&[execute], &[&member]).await;
        let sent = self.fixture().served.with(sent);
        sent.unwrap_or_else(|failure| panic!("number {number}: {failure}"));
    }

    /// The economy's proposals: number, state, and who proposed it.
    pub fn proposals(&self) -> Vec<(u64, String, String)> {
        let seen = self.run(&["proposals"]).json();
        let seen = seen["proposals"].as_array().expect("a list").iter();
        let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
        seen.map(|one| {
            let number = one["index"].as_u64().unwrap_or(u64::MAX);
            (number, text(&one["state"]), text(&one["proposer"]))
        })
        .collect()
    }
}

/// A proposal of a new split of the fees.
pub fn split(share: &str) -> String {
    format!("[[action]]\nkind = 'fee_split'\ntreasury_share = {share}\n")
}
