//! `homeostat deploy` over JSON-RPC: a program is deployed, handed over to its publisher's vault
//! when a person says so, and upgraded by it.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use homeostat_chain::squads;
use homeostat_client::Pubkey;
use homeostat_migrations::file::sha256;
use homeostat_sandbox::World;
use homeostat_served::{lies, Fault, Fixture, Proxy};
use serde_json::Value;
use solana_account::{AccountSharedData, ReadableAccount};
use solana_keypair::{write_keypair_file, Keypair};
use solana_loader_v3_interface::{get_program_data_address, instruction as loader_instruction};
use solana_message::Message;
use solana_signer::Signer;
use solana_transaction::Transaction;

use crate::common::{bare, Said};
use crate::schema::check_schema;

/// Bytes of the ELFs: twenty chunks.
const SIZE: usize = 17_500;
const MAINNET: &str = "5eykt4UsFv8P8NJdTREpY1vzqKqZKvdpKuc147dw2N9d";
const DEVNET: &str = "EtWTRABZaYq6iMfeYKouRu166VU2xqa1wcaWoxPkrZBG";
/// Bytes of the ELF in one transaction.
const CHUNK: usize = 900;
/// Requests that are on their way at once.
const LANES: usize = 8;

/// A cluster file, a program's key and a publisher's multisig; the creator pays.
struct Site {
    fixture: Fixture,
    program: Pubkey,
    multisig: Pubkey,
}

impl Site {
    fn new() -> Self {
        let fixture = Fixture::live();
        let key = Keypair::new();
        write_keypair_file(&key, fixture.folder().join("program.json")).unwrap();
        let seeds: [&[u8]; 3] = [b"multisig", b"multisig", &[7; 32]];
        let multisig = Pubkey::find_program_address(&seeds, &squads::PROGRAM).0;
        let site = Self {
            program: key.pubkey(),
            multisig,
            fixture,
        };
        site.set_multisig(&[(Pubkey::new_from_array([3; 32]), 7)]);
        site
    }

    /// Puts a Squads v4 multisig that two must approve in, as the program stores it, at its
    /// address.
    fn set_multisig(&self, members: &[(Pubkey, u8)]) {
        let mut data = vec![224, 116, 121, 186, 68, 161, 79, 236];
        data.extend([7; 32]);
        data.extend([0; 32]);
        data.extend(2u16.to_le_bytes());
        data.extend(3_600u32.to_le_bytes());
        data.extend([0; 16]);
        data.extend([0, 255]);
        data.extend(u32::try_from(members.len()).unwrap().to_le_bytes());
        for (member, mask) in members {
            data.extend(member.as_ref());
            data.push(*mask);
        }
        let mut account = AccountSharedData::new(1_000_000_000, data.len(), &squads::PROGRAM);
        account.set_data_from_slice(&data);
        let address = self.multisig;
        self.fixture
            .served
            .with(async move |world: &mut World| world.bank.set_account(&address, &account));
    }

    fn vault(&self) -> Pubkey {
        squads::vault(&self.multisig, 0)
    }

    fn payer(&self) -> Pubkey {
        self.fixture.creator.pubkey()
    }

    fn file(&self) -> PathBuf {
        self.fixture.folder().join("cluster.toml")
    }

    fn account(&self, address: &Pubkey) -> Option<AccountSharedData> {
        let address = *address;
        self.fixture
            .served
            .with(async move |world: &mut World| world.bank.account(&address).await)
    }

    /// Writes the file: this ELF for this authority, on this cluster.
    fn write(&self, elf: &[u8], authority: &Pubkey, genesis: Option<&str>) {
        fs::write(self.fixture.folder().join("program.so"), elf).unwrap();
        let of_bank = self
            .fixture
            .served
            .with(async |world: &mut World| world.bank.genesis_hash().to_string());
        let genesis = genesis.unwrap_or(&of_bank);
        let text = format!(
            "[cluster]\nurl = \"{}\"\ngenesis = \"{genesis}\"\npayer = \"creator.json\"\n\
             [program]\nid = \"{}\"\nkeypair = \"program.json\"\nelf = \"program.so\"\n\
             sha256 = \"{}\"\nauthority = \"{authority}\"\n\
             [publisher]\nmultisig = \"{}\"\nvault_index = 0\n",
            self.fixture.served.url(),
            self.program,
            sha256(elf),
            self.multisig
        );
        fs::write(self.file(), text).unwrap();
    }

    fn words<'a>(&self, command: &'a str, file: &'a str, more: &[&'a str]) -> Vec<&'a str> {
        [&["deploy", command, file], more].concat()
    }

    /// Runs `deploy` with JSON; an answer is compared with its schema.
    fn deploy_at(&self, url: &str, command: &str, more: &[&str]) -> Said {
        let file = self.file().display().to_string();
        let said = bare(
            &self.fixture,
            url,
            &self.words(command, &file, more),
            "json",
        );
        if said.json().get("error").is_none() {
            check_schema(&format!("deploy-{command}"), &said.json());
        }
        said
    }

    fn deploy(&self, command: &str, more: &[&str]) -> Said {
        self.deploy_at(self.fixture.served.url(), command, more)
    }

    /// The same as a person sees it.
    fn text(&self, command: &str) -> Said {
        let file = self.file().display().to_string();
        let url = self.fixture.served.url();
        bare(
            &self.fixture,
            url,
            &self.words(command, &file, &[]),
            "display",
        )
    }

    /// Who may upgrade the program, and what the payer has: what a refusal leaves as it is.
    fn scene(&self) -> (Option<Vec<u8>>, u64) {
        let data = get_program_data_address(&self.program);
        let data = self.account(&data);
        // Behind the kind (4 bytes) and the slot (8): whether there is an authority, and which.
        let authority = data.map(|account| account.data()[12..45].to_vec());
        let payer = self.account(&self.payer()).expect("the payer");
        (authority, payer.lamports())
    }

    fn belongs_to(&self, who: &Pubkey) -> bool {
        self.scene().0 == Some([&[1], who.as_ref()].concat())
    }
}

/// The least program that the loader takes, which does nothing: header, code, names of sections,
/// sections. What follows is no part of it, and makes ELFs of one size differ.
fn elf(filler: u8) -> Vec<u8> {
    const CODE: [u8; 16] = [0xb7, 0, 0, 0, 0, 0, 0, 0, 0x95, 0, 0, 0, 0, 0, 0, 0];
    const NAMES: &[u8; 24] = b"\0.text\0.shstrtab\0\0\0\0\0\0\0\0";
    let mut elf = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0".to_vec();
    // A shared object for BPF, of version 1.
    elf.extend([3, 0, 247, 0, 1, 0, 0, 0]);
    // Where it begins to run; no segments; where the sections are described.
    for offset in [64u64, 64, 104] {
        elf.extend(offset.to_le_bytes());
    }
    elf.extend([0; 4]);
    // Sizes and numbers of headers; which section has the names.
    for number in [64u16, 56, 0, 64, 3, 2] {
        elf.extend(number.to_le_bytes());
    }
    elf.extend(CODE);
    elf.extend(NAMES);
    // Name, kind, flags, address, offset, size of: nothing, the code, the names.
    for (words, longs) in [
        ([0u32, 0], [0u64; 4]),
        ([1, 1], [6, 64, 64, CODE.len() as u64]),
        ([7, 3], [0, 0, 80, 17]),
    ] {
        elf.extend(words.map(u32::to_le_bytes).concat());
        elf.extend(longs.map(u64::to_le_bytes).concat());
        elf.extend([0; 24]);
    }
    elf.resize(SIZE, filler);
    elf
}

fn number(value: &Value) -> u64 {
    value
        .as_u64()
        .unwrap_or_else(|| panic!("{value} is no number"))
}

#[test]
fn a_program_is_deployed_for_what_the_plan_says_and_checked() {
    // given a program that is the payer's to deploy
    let site = Site::new();
    site.write(&elf(1), &site.payer(), None);
    let absent = site.deploy("status", &[]);
    assert_eq!((absent.code, absent.error().as_str()), (1, "not_deployed"));

    // when it is planned, then every step has its cost, and nothing is sent
    let before = site.scene();
    let planned = site.deploy("plan", &[]).json();
    assert_eq!(planned["steps"].as_array().unwrap().len(), 3, "{planned:#}");
    assert!(site.text("plan").stdout.contains("in all: rent"));
    // For which the payer's address is enough, and for applying it is not.
    let address = site.payer().to_string();
    let said = site.deploy("plan", &["--keypair", &address]);
    assert_eq!(said.json()["steps"], planned["steps"]);
    let said = site.deploy("apply", &["--keypair", &address]);
    assert_eq!((said.code, said.error().as_str()), (1, "missing_key"));
    assert!(!said.stdout.contains("--sign-only"), "{}", said.stdout);
    assert_eq!(site.scene(), before);

    // when it is applied without priority fees, then it costs that, to the lamport
    let said = site.deploy("apply", &["--with-compute-unit-price", "0"]);
    assert_eq!(said.code, 0, "{} {}", said.stdout, said.stderr);
    assert_eq!(said.json()["complete"], true);
    let cost = number(&planned["rent"]) + number(&planned["fees"]);
    assert_eq!(before.1 - site.scene().1, cost);
    assert!(site.belongs_to(&site.payer()));

    // and nothing is left to do, but it is not the publisher's
    assert_eq!(site.text("plan").stdout, "nothing to do\n");
    let status = site.deploy("status", &[]);
    assert_eq!((status.code, &status.json()["passes"]), (1, &false.into()));
    assert_eq!(status.json()["elf_matches"], true);

    // when it is handed to the vault, on a cluster that is local, then the check passes
    site.write(&elf(1), &site.vault(), None);
    let said = site.deploy("apply", &[]);
    assert_eq!(said.code, 0, "{} {}", said.stdout, said.stderr);
    assert!(site.belongs_to(&site.vault()));
    let status = site.deploy("status", &[]);
    assert_eq!((status.code, &status.json()["passes"]), (0, &true.into()));
    assert_eq!(status.json()["multisig"]["time_lock"], 3_600);
    assert!(site.text("status").stdout.contains("2 approvals"));
}

#[test]
fn priority_fees_are_capped_as_everywhere() {
    // given a price that would cost a lamport a compute unit
    let site = Site::new();
    site.write(&elf(1), &site.payer(), None);
    let planned = site.deploy("plan", &[]).json();
    let before = site.scene().1;
    let price = ["--with-compute-unit-price", "1000000"];
    // when it is applied with a cap of 7 lamports, then no transaction costs more above its fee
    let said = site.deploy(
        "apply",
        &[&price[..], &["--max-priority-fee", "7"]].concat(),
    );
    assert_eq!(said.code, 0, "{} {}", said.stdout, said.stderr);
    let cost = number(&planned["rent"]) + number(&planned["fees"]);
    let priority = before - site.scene().1 - cost;
    let transactions = 2 + SIZE.div_ceil(CHUNK) as u64;
    assert!(
        priority > 0 && priority <= 7 * transactions,
        "{priority} lamports, {transactions} transactions"
    );
}

#[test]
fn what_a_server_does_wrong_for_a_while_costs_nothing_twice() {
    let faults: [(&str, u64, Fault); 6] = [
        // The buffer's creation, its chunks, the deployment.
        ("sendTransaction", 0, Fault::Swallow),
        ("sendTransaction", 3, Fault::Swallow),
        ("sendTransaction", 5, Fault::DropAnswer),
        ("sendTransaction", 21, Fault::Duplicate),
        ("getSignatureStatuses", 0, Fault::Drop),
        ("getSignatureStatuses", 2, Fault::Status(503)),
    ];
    for (method, after, fault) in faults {
        // given a server that fails once, somewhere on the way
        let shown = format!("{method} after {after}");
        let site = Site::new();
        site.write(&elf(1), &site.payer(), None);
        let planned = site.deploy("plan", &[]).json();
        let before = site.scene().1;
        let proxy = Proxy::start(site.fixture.served.url());
        proxy.on(method).after(after).once(fault);
        let words = ["--with-compute-unit-price", "0"];
        // when it is applied, and applied again where that was not the end
        let said = site.deploy_at(proxy.url(), "apply", &words);
        let error = said.json()["error"].clone();
        let passes = error["code"]
            .as_str()
            .is_none_or(|code| code.starts_with("rpc_"));
        assert!(passes, "{shown}: {} {}", said.stdout, said.stderr);
        let again = site.deploy_at(proxy.url(), "apply", &words);
        assert_eq!(again.code, 0, "{shown}: {}", again.stdout);
        // then it is there, and cost what the plan said
        assert!(site.belongs_to(&site.payer()), "{shown}");
        let cost = number(&planned["rent"]) + number(&planned["fees"]);
        assert_eq!(before - site.scene().1, cost, "{shown}");
    }
}

#[test]
fn m10_a_program_is_handed_over_only_when_somebody_types_its_address() {
    // given a program that is the payer's, and a file that gives it to the publisher's vault
    let site = Site::new();
    site.write(&elf(1), &site.payer(), None);
    assert_eq!(site.deploy("apply", &[]).code, 0);
    let proxy = Proxy::start(site.fixture.served.url());
    let (program, vault) = (site.program.to_string(), site.vault().to_string());
    for genesis in [MAINNET, DEVNET] {
        site.write(&elf(1), &site.vault(), Some(genesis));
        fs::remove_file(format!("{}.state.json", site.file().display())).unwrap_or_default();
        proxy.heal();
        proxy.on("getGenesisHash").always(lies::genesis(genesis));
        let before = site.scene();
        // when a script applies it, with the wrong address or with none, then it stays the payer's
        for words in [
            &["--yes"][..],
            &["--yes", "--confirm-program", "yes"],
            &["--yes", "--confirm-program", &vault],
        ] {
            let said = site.deploy_at(proxy.url(), "apply", words);
            assert_eq!(
                (said.code, said.error().as_str()),
                (1, "not_confirmed"),
                "{words:?} {}",
                said.stdout
            );
            let remedy = said.json()["error"]["remedy"].to_string();
            assert!(remedy.contains(&format!("--confirm-program {program}")));
            assert!(remedy.contains(&vault), "{remedy}");
            assert_eq!(site.scene(), before);
        }
    }
    // and on mainnet nothing is written without --yes; the remedy names what the command has
    proxy.heal();
    proxy.on("getGenesisHash").always(lies::genesis(MAINNET));
    site.write(&elf(1), &site.vault(), Some(MAINNET));
    let before = site.scene();
    let said = site.deploy_at(proxy.url(), "apply", &["--confirm-program", &program]);
    assert_eq!((said.code, said.error().as_str()), (1, "not_confirmed"));
    assert!(!said.stdout.contains("--simulate"), "{}", said.stdout);
    assert_eq!(site.scene(), before);

    // when the program's address is given, then the vault has it
    let words = ["--yes", "--confirm-program", &program];
    let said = site.deploy_at(proxy.url(), "apply", &words);
    assert_eq!(said.code, 0, "{} {}", said.stdout, said.stderr);
    assert!(site.belongs_to(&site.vault()));
}

#[test]
fn m9_the_multisigs_own_account_does_not_get_a_program() {
    // given a program that is the payer's, and a file with the multisig where its vault belongs
    let site = Site::new();
    site.write(&elf(1), &site.payer(), None);
    assert_eq!(site.deploy("apply", &[]).code, 0);
    site.write(&elf(1), &site.multisig, None);
    let before = site.scene();
    // when it is planned or applied, then the vault is named, and nothing is sent
    for command in ["plan", "apply"] {
        let said = site.deploy(command, &[]);
        assert_eq!(
            (said.code, said.error().as_str()),
            (1, "multisig_not_vault"),
            "{}",
            said.stdout
        );
        let remedy = said.json()["error"]["remedy"].to_string();
        assert!(remedy.contains(&site.vault().to_string()), "{remedy}");
        assert_eq!(site.scene(), before);
    }
}

#[test]
fn what_a_vault_has_to_sign_is_exported_for_squads_importer() {
    // given a program of the vault's, and another ELF for it that needs no more room
    let site = Site::new();
    site.write(&elf(2), &site.vault(), None);
    let said = site.deploy("apply", &[]);
    assert_eq!(said.code, 0, "{} {}", said.stdout, said.stderr);
    site.write(&elf(1), &site.vault(), None);

    // when it is applied, then the buffer waits for the vault, and so does the exit code
    let said = site.deploy("apply", &[]);
    assert_eq!(said.code, 6, "{} {}", said.stdout, said.stderr);
    let answer = said.json();
    assert_eq!(answer["complete"], false);
    let sign = &answer["sign"];
    assert_eq!(sign["authority"], site.vault().to_string());
    assert_eq!(sign["transactions"].as_array().unwrap().len(), 1);

    // and what is printed is a whole transaction, in which the vault upgrades the program
    let text = sign["transactions"][0]["transaction"].as_str().unwrap();
    let bytes = bs58::decode(text).into_vec().unwrap();
    let transaction: Transaction = bincode::deserialize(&bytes).unwrap();
    let buffer: Pubkey = sign["buffer"].as_str().unwrap().parse().unwrap();
    let upgrade = loader_instruction::upgrade(&site.program, &buffer, &site.vault(), &site.payer());
    assert_eq!(
        transaction.message,
        Message::new(&[upgrade], Some(&site.vault()))
    );
    // The buffer is the vault's and holds the ELF: behind its kind (4 bytes), whether it has an
    // authority, and which (33).
    let held = site.account(&buffer).unwrap().data().to_vec();
    assert_eq!(held[4..37], *[&[1], site.vault().as_ref()].concat());
    assert_eq!(held[37..], elf(1));

    // and a person reads the same
    let said = site.text("apply");
    assert_eq!(said.code, 6);
    assert!(said.stdout.contains(text), "{}", said.stdout);

    // when it is to be stored in a multisig, then in the file's, and by a member who may
    let before = site.scene();
    let (multisig, vault) = (site.multisig.to_string(), site.vault().to_string());
    let said = site.deploy("apply", &["--squads", &vault]);
    assert_eq!(
        (said.code, said.error().as_str()),
        (1, "not_the_publisher"),
        "{}",
        said.stdout
    );
    let voter = [(site.payer(), 2), (Pubkey::new_from_array([4; 32]), 7)];
    for members in [&voter[1..], &voter[..]] {
        site.set_multisig(members);
        let said = site.deploy("apply", &["--squads", &multisig]);
        assert_eq!(
            (said.code, said.error().as_str()),
            (1, "not_a_member"),
            "{}",
            said.stdout
        );
        assert_eq!(site.scene(), before);
    }
}

#[test]
fn chunks_are_sent_side_by_side_and_not_again_after_a_kill() {
    // given a server that never answers the first chunk of the buffer
    let site = Site::new();
    site.write(&elf(1), &site.payer(), None);
    let chunks = SIZE.div_ceil(CHUNK);
    let held_up = chunks.div_ceil(LANES);
    let proxy = Proxy::start(site.fixture.served.url());
    proxy.on("sendTransaction").after(1).once(Fault::Hang);
    let file = site.file().display().to_string();
    let mut child = Command::new(env!("CARGO_BIN_EXE_homeostat"))
        .args(["deploy", "apply", &file, "--rpc-timeout", "600", "--url"])
        .arg(proxy.url())
        .arg("--config")
        .arg(site.fixture.config())
        .env("HOMEOSTAT_JOURNAL", site.fixture.folder().join("journal"))
        .env("HOME", site.fixture.folder())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the binary runs");
    // when it is killed after it has sent what does not wait for that answer: the buffer's
    // creation, the chunk, and the others but those behind it
    while proxy.seen("sendTransaction") < (2 + chunks - held_up) as u64 {
        assert!(child.try_wait().expect("a child").is_none());
        std::thread::yield_now();
    }
    child.kill().expect("it is killed");
    child.wait().expect("it is dead");

    // then another run sends what is missing, and all is there
    let before = proxy.seen("sendTransaction");
    let said = site.deploy_at(proxy.url(), "apply", &[]);
    assert_eq!(said.code, 0, "{} {}", said.stdout, said.stderr);
    let again = proxy.seen("sendTransaction") - before;
    assert!(again < chunks as u64, "{again} of {chunks}");
    assert!(site.belongs_to(&site.payer()));
    assert_eq!(site.text("plan").stdout, "nothing to do\n");
}

#[test]
fn what_is_wrong_is_said_with_its_exit_code() {
    let site = Site::new();
    let write = |text: &str| fs::write(site.file(), text).unwrap();
    let nobody = "http://127.0.0.1:9";
    // given a cluster that nobody serves, then an error is data, and all of stdout
    for command in ["plan", "apply", "status"] {
        write("[cluster]\nurl = \"http://127.0.0.1:9\"\ngenesis = \"x\"\n");
        let said = site.deploy_at(nobody, command, &[]);
        let error = said.error();
        assert_eq!((said.code, error.as_str()), (3, "rpc_unreachable"));
        // The rest says that it is asked again.
        let lines: Vec<&str> = said.stderr.lines().collect();
        assert_eq!(lines.len(), 1, "{command}: {}", said.stderr);
        assert!(lines[0].contains("asking again"), "{}", said.stderr);
        // and a cluster that is not the file's is named, before anything else
        write("[cluster]\nurl = \"localhost\"\ngenesis = \"x\"\n");
        let said = site.deploy(command, &[]);
        assert_eq!((said.code, said.error().as_str()), (1, "wrong_cluster"));
    }
    // given a mistyped key, then its line and the right one are named
    write("[cluster]\nurl = \"l\"\ngenesys = \"x\"\n");
    let said = site.text("plan");
    assert_eq!((said.code, said.stdout.as_str()), (1, ""));
    for part in ["line 3", "`genesys`", "did you mean `genesis`?"] {
        assert!(said.stderr.contains(part), "{}", said.stderr);
    }
    // given words that are none, then the usage is wrong; help tells every exit code
    assert_eq!(site.deploy("undo", &[]).code, 2);
    let help = site.deploy_help();
    for part in ["plan", "apply", "status", "6 a multisig has to"] {
        assert!(help.contains(part), "{help}");
    }
}

impl Site {
    /// `homeostat deploy --help`.
    fn deploy_help(&self) -> String {
        let url = self.fixture.served.url();
        bare(&self.fixture, url, &["deploy", "--help"], "display").stdout
    }
}
