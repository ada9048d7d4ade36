//! A cluster file on a real cluster: deployed over JSON-RPC, killed on the way, upgraded,
//! an economy created.

use std::{fs, path::Path, rc::Rc};

use homeostat_chain::{Connection, Fees, Sender};
use homeostat_client::{Economy, EconomyAddresses, Life, Pubkey};
use homeostat_migrations::{
    apply, chain::Cluster, file::sha256, loader::Deployed, plan, status::status, Chain as _,
    ClusterFile, Outcome, Point, Witness,
};
use homeostat_settings::Failure;
use homeostat_validator::{Options, Validator};
use solana_commitment_config::CommitmentConfig;
use solana_keypair::{write_keypair_file, Keypair};
use solana_signer::Signer;

use crate::{alone, chain::Chain, elf};

/// Stops a run after so many points; counts them.
struct Killer {
    left: usize,
    landed: usize,
}

impl Witness for Killer {
    fn at(&mut self, point: Point<'_>) -> Result<(), Failure> {
        if point == Point::Landed {
            self.landed += 1;
        }
        match self.left.checked_sub(1) {
            Some(left) => {
                self.left = left;
                Ok(())
            }
            None => Err(Failure::new("killed", "killed")),
        }
    }
}

fn read_key_file(source: &str) -> Result<Rc<dyn Signer>, Failure> {
    Ok(Rc::new(homeostat_chain::signer::read_key(source)?))
}

fn killer(left: usize) -> Killer {
    Killer { left, landed: 0 }
}

/// Writes a cluster file and reads it.
fn file(folder: &Path, genesis: &str, text: &str) -> ClusterFile {
    let path = folder.join("cluster.toml");
    let cluster = format!("[cluster]\nurl = \"localhost\"\ngenesis = \"{genesis}\"\n{text}");
    fs::write(&path, cluster).unwrap();
    ClusterFile::read(&path, &read_key_file).unwrap_or_else(|failure| panic!("{failure}"))
}

/// A file that deploys these bytes.
fn deployment(
    folder: &Path,
    genesis: &str,
    id: &Pubkey,
    payer: &Pubkey,
    elf: &[u8],
) -> ClusterFile {
    fs::write(folder.join("program.so"), elf).unwrap();
    let sha256 = sha256(elf);
    let text = format!(
        "[program]\nid = \"{id}\"\nkeypair = \"program.json\"\nelf = \"program.so\"\n\
         sha256 = \"{sha256}\"\nauthority = \"{payer}\"\n[publisher]\nkey = \"{payer}\"\n"
    );
    file(folder, genesis, &text)
}

#[test]
fn a_cluster_file_is_applied_over_json_rpc() {
    let _alone = alone();
    let validator = Validator::start(Options::new(elf())).unwrap();
    let chain = Chain::of(&validator);
    let payer = &chain.payer;
    let connection = Connection::open_within(
        validator.rpc_url(),
        CommitmentConfig::confirmed(),
        homeostat_chain::connection::TIMEOUT,
    )
    .unwrap();
    let cluster = Cluster {
        sender: Sender::new(&connection, Fees::default()),
    };
    let genesis = cluster.genesis();
    let folder = tempfile::tempdir().unwrap();
    let (folder, state) = (folder.path(), folder.path().join("state.json"));
    let run =
        |file: &ClusterFile, witness: &mut Killer| apply(&cluster, file, payer, &state, witness);

    // given another key for the program and half of its writes
    let program = Keypair::new();
    write_keypair_file(&program, folder.join("program.json")).unwrap();
    let (id, bytes) = (program.pubkey(), fs::read(elf()).unwrap());
    let first = deployment(folder, &genesis, &id, &payer.pubkey(), &bytes);
    let planned = plan(&cluster, &first, &payer.pubkey()).unwrap();
    println!("{planned}");
    let chunks = bytes.len().div_ceil(900);
    let failure = run(&first, &mut killer(3 + chunks / 2)).unwrap_err();
    assert_eq!(failure.code, "killed", "{failure}");

    // when it goes on, killed again before the deployment, then it is deployed whole,
    // and no chunk that is on the chain was written again
    let before = plan(&cluster, &first, &payer.pubkey()).unwrap();
    assert!(before.cost().1 < planned.cost().1, "{before}");
    let mut second = killer(usize::MAX);
    assert_eq!(run(&first, &mut second).unwrap(), Outcome::Complete);
    println!("{chunks} chunks, {} in the second run", second.landed);
    assert!(second.landed < chunks);
    let deployed = Deployed::read(&cluster, &id).unwrap().unwrap();
    assert!(deployed.holds(&bytes) && deployed.authority == Some(payer.pubkey()));
    assert!(status(&cluster, &first).unwrap().passes());

    // when it is upgraded to a larger ELF, then there is room for it and it is whole
    let larger = [bytes.as_slice(), &[0; 100], &[1; 20_000]].concat();
    let upgrade = deployment(folder, &genesis, &id, &payer.pubkey(), &larger);
    assert!(!status(&cluster, &upgrade).unwrap().passes());
    assert_eq!(
        run(&upgrade, &mut killer(usize::MAX)).unwrap(),
        Outcome::Complete
    );
    assert!(status(&cluster, &upgrade).unwrap().passes());

    // when an economy of the preloaded program is created
    let mint = chain.create_mint();
    fs::write(
        folder.join("economy.toml"),
        "[economy]\ndecimals = 6\nmeters = 2\n",
    )
    .unwrap();
    write_keypair_file(payer, folder.join("creator.json")).unwrap();
    let text = format!(
        "[economies.one]\nfile = \"economy.toml\"\nmint = \"{mint}\"\ncreator = \"creator.json\"\n"
    );
    let economies = file(folder, &genesis, &text);
    fs::remove_file(&state).unwrap();
    assert_eq!(
        run(&economies, &mut killer(usize::MAX)).unwrap(),
        Outcome::Complete
    );

    // then it is there, in Draft, and nothing is left to do
    let at = EconomyAddresses::new(&mint, &payer.pubkey());
    let economy = chain.fetch::<Economy>(&at.economy);
    assert_eq!((economy.life, economy.meter_count), (Life::Draft as u8, 2));
    let left = plan(&cluster, &economies, &payer.pubkey()).unwrap();
    assert!(left.steps.is_empty(), "{left}");

    // and a file of another cluster sends nothing
    let foreign = file(folder, "another", &text);
    let failure = run(&foreign, &mut killer(usize::MAX)).unwrap_err();
    assert_eq!(failure.code, "wrong_cluster");
    validator.stop().unwrap();
}
