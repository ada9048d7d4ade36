//! What is larger than a packet goes through a buffer, and a command that was stopped goes on
//! where it was.

use std::process::Stdio;

use homeostat_chain::squads::accounts::Buffer;
use homeostat_chain::squads::PROGRAM;
use homeostat_client::Pubkey;
use homeostat_served::{Fault, Proxy};
use solana_keypair::Keypair;
use solana_signer::Signer;

use super::House;

const SEND: &str = "sendTransaction";

/// An address on the curve, without an account.
fn somebody(number: u8) -> Pubkey {
    Keypair::new_from_array([number; 32]).pubkey()
}

/// A proposal that no packet stores: its actions have some 600 bytes and name four accounts.
fn large(house: &House, first: u8) -> String {
    let accounts: Vec<String> = (first..first + 4)
        .map(|number| format!("\"{}\"", somebody(number)))
        .collect();
    let mut text = format!(
        "[[action]]\nkind = 'exclude'\naccounts = [{}]\n",
        accounts.join(", ")
    );
    for number in first + 4..first + 7 {
        let key = somebody(number);
        text.push_str(&format!(
            "[[action]]\nkind = 'add_member'\nkey = '{key}'\nvia = '{PROGRAM}'\n"
        ));
    }
    house.file(&format!("large-{first}.toml"), &text)
}

/// The words that propose it, with a reason that makes it larger still.
fn words(house: &House, first: u8) -> Vec<String> {
    let reason = house.file("why.md", "Because.");
    let uri = format!("https://example.org/{}.md", "why-".repeat(25));
    let words = [
        "propose",
        &large(house, first),
        "--reason",
        &reason,
        "--reason-uri",
        &uri,
    ];
    words.map(str::to_owned).to_vec()
}

fn borrowed(words: &[String]) -> Vec<&str> {
    words.iter().map(String::as_str).collect()
}

/// Starts a command over a proxy that hangs at the request to send the transaction with that
/// place, and kills it there.
fn killed(house: &House, words: &[String], place: u64) {
    let proxy = Proxy::start(house.fixture().served.url());
    proxy.on(SEND).after(place).always(Fault::Hang);
    let mut child = crate::alone::binary()
        .args(words)
        .args(house.by_member())
        .args(["--url", proxy.url(), "--config"])
        .arg(house.fixture().config())
        .env(
            "HOMEOSTAT_JOURNAL",
            house.fixture().folder().join("journal"),
        )
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the binary runs");
    while proxy.seen(SEND) <= place {
        assert!(child.try_wait().expect("a child").is_none(), "{words:?}");
        std::thread::yield_now();
    }
    child.kill().expect("it is killed");
    child.wait().expect("it is dead");
}

#[test]
fn q6_a_command_that_was_killed_while_it_filled_a_buffer_goes_on_there() {
    // given a proposal that no packet stores
    let house = House::live();
    let words = words(&house, 30);
    // when it is tried out, then it says that this is the first of several transactions
    let tried = house.squads(&[&borrowed(&words)[..], &["--simulate"]].concat());
    assert_eq!(tried.code, 0, "{}{}", tried.stdout, tried.stderr);
    let untried = tried.json()["outcome"]["simulated"]["untried"].as_u64();
    let count = untried.expect("a number") + 1;
    assert!(count >= 3, "{count}");
    assert!(house.buffer().is_none());

    // when it is killed before each of its transactions in turn, each time after what landed
    killed(&house, &words, 0);
    assert!(house.buffer().is_none());
    killed(&house, &words, 1);
    let there = Buffer::decode(&house.buffer().expect("a buffer")).expect("a buffer");
    assert!(!there.bytes.is_empty() && there.bytes.len() < usize::from(there.size));
    assert_eq!(house.read().transaction_index, 42);

    // then the next run sends only what is missing
    let said = house.squads(&borrowed(&words));
    assert_eq!(said.code, 0, "{}{}", said.stdout, said.stderr);
    let handed = said.json()["outcome"]["handed_over"].clone();
    let buffered = handed["buffered"].as_array().expect("a list").len() as u64;
    assert_eq!(buffered + 1, count - 1);
    let kept = format!("{} bytes are there already", there.bytes.len());
    assert!(said.stderr.contains(&kept), "{}", said.stderr);
    // and the buffer is closed, the message whole, and what it says is done
    assert!(house.buffer().is_none());
    let message = house.stored(43).message.bytes().expect("a message");
    assert_eq!(message.len(), usize::from(there.size));
    assert!(message.starts_with(&there.bytes));
    house.execute(43);
    assert_eq!(house.proposals().len(), 1);
}

#[test]
fn q7_what_another_command_left_in_the_buffer_is_closed_and_not_mixed_up() {
    // given a command that was killed when it had filled a part of the buffer
    let house = House::live();
    let (left, wanted) = (words(&house, 30), words(&house, 50));
    killed(&house, &left, 1);
    let old = Buffer::decode(&house.buffer().expect("a buffer")).expect("a buffer");

    // when another proposal is handed over, then that is said, and only the new one is stored
    let said = house.squads(&borrowed(&wanted));
    assert_eq!(said.code, 0, "{}{}", said.stdout, said.stderr);
    assert!(said.stderr.contains("closed first"), "{}", said.stderr);
    let message = house.stored(43).message.bytes().expect("a message");
    assert!(!message.starts_with(&old.bytes));
    assert!(house.buffer().is_none());
    house.execute(43);
    assert_eq!(house.proposals().len(), 1);
    // and the command that was killed can still be run
    let said = house.squads(&borrowed(&left));
    assert_eq!(said.code, 0, "{}{}", said.stdout, said.stderr);
    assert_eq!(house.read().transaction_index, 44);
}
