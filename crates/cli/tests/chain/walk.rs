//! What README.md promises, as one life: a token, an economy, its years, its end, and everybody
//! leaves with what is theirs.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use homeostat_client::{EconomyAddresses, Pubkey};
use homeostat_served::Fixture;
use serde_json::Value;
use solana_rpc_client::rpc_client::RpcClient;
use solana_signer::Signer;

use crate::alone;
use crate::common::Said;
use crate::schema::check_schema;

#[path = "walk/book.rs"]
mod book;
#[path = "walk/readme.rs"]
mod readme;

use book::Book;

/// Exit code of a pass of `watch` that told alarms.
const TOLD: i32 = 8;
/// Base units of the token.
const TOKEN: u64 = 1_000_000;
/// What the founder makes (base units).
const SUPPLY: u64 = 1_000_000 * TOKEN;

/// Where the story takes place: a server, key files of people who have SOL, and time.
struct Place<'a> {
    /// The server.
    url: String,
    /// An empty folder for the founder's files and configuration.
    folder: PathBuf,
    /// Makes token and economy, and holds what is not paid.
    founder: PathBuf,
    /// Members of the council, two of whom decide.
    members: [PathBuf; 3],
    /// Pauses and vetoes.
    guardian: PathBuf,
    /// Is paid, and stakes.
    holder: PathBuf,
    /// Tells the feed its values.
    reporter: PathBuf,
    /// How long a period, and a way out, take (seconds).
    period: i64,
    /// Lets so many seconds go by, and at least a slot; false where that much time cannot pass.
    pass: &'a dyn Fn(i64) -> bool,
}

impl<'a> Place<'a> {
    /// A served bank with people on it; its time passes as `pass` says.
    fn served(fixture: &Fixture, period: i64, pass: &'a dyn Fn(i64) -> bool) -> Self {
        let folder = fixture.folder().join("walk");
        std::fs::create_dir(&folder).unwrap();
        let member = |number: usize| fixture.members[number].file.clone();
        Self {
            url: fixture.served.url().to_owned(),
            folder,
            founder: fixture.wallets[0].file.clone(),
            members: [member(0), member(1), member(2)],
            guardian: fixture.guardian.file.clone(),
            holder: fixture.wallets[1].file.clone(),
            reporter: fixture.creator.file.clone(),
            period,
            pass,
        }
    }
}

/// The story as far as it is told.
struct Walk<'a> {
    place: Place<'a>,
    /// The commands that were run.
    ran: RefCell<BTreeSet<String>>,
}

/// The address of a key file.
fn of(file: &Path) -> Pubkey {
    let key = homeostat_chain::signer::read_key(&file.display().to_string());
    key.unwrap().pubkey()
}

/// Base units of an amount.
fn base(amount: &Value) -> u64 {
    let text = amount["base_units"].as_str();
    text.unwrap_or_else(|| panic!("no amount: {amount}"))
        .parse()
        .unwrap()
}

impl<'a> Walk<'a> {
    fn at(place: Place<'a>) -> Self {
        let config = format!(
            "---\njson_rpc_url: \"{}\"\nwebsocket_url: \"\"\nkeypair_path: \"{}\"\n\
             address_labels: {{}}\ncommitment: \"confirmed\"\n",
            place.url,
            place.founder.display()
        );
        std::fs::write(place.folder.join("config.yml"), config).unwrap();
        Self {
            place,
            ran: RefCell::default(),
        }
    }

    fn config(&self) -> PathBuf {
        self.place.folder.join("config.yml")
    }

    /// Runs the words as they stand in README.md, in the founder's folder.
    fn say(&self, words: &[&str]) -> Said {
        let output = alone::binary()
            .current_dir(&self.place.folder)
            .args(words)
            .args(["--output", "json", "--config"])
            .arg(self.config())
            .env("HOMEOSTAT_JOURNAL", self.place.folder.join("journal"))
            .env_remove("STATE_DIRECTORY")
            .output()
            .expect("the binary runs");
        let two = ["token", "log", "config"].contains(&words[0]);
        let name = words[..if two { 2 } else { 1 }].join(" ");
        self.ran.borrow_mut().insert(name);
        let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
        Said {
            code: output.status.code().unwrap_or(-1),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
    }

    /// The founder does something; it has to go through. The answer fits its schema.
    fn done(&self, words: &[&str]) -> Value {
        let said = self.say(words);
        assert_eq!(said.code, 0, "{words:?}\n{}\n{}", said.stdout, said.stderr);
        let answer = said.json();
        let schema = match words[0] {
            "token" => words[..2].join("-"),
            "reporter" => "reporter-once".to_owned(),
            other => other.to_owned(),
        };
        check_schema(&schema, &answer);
        answer
    }

    /// Somebody else does.
    fn by(&self, who: &Path, words: &[&str]) -> Value {
        let key = who.display().to_string();
        self.done(&[words, &["--keypair", &key]].concat())
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.place.folder.join(name), text).unwrap();
    }

    fn pass(&self, seconds: i64) -> bool {
        (self.place.pass)(seconds)
    }

    fn status(&self) -> Value {
        self.done(&["status"])
    }

    /// What a pass of `watch` tells: the codes, in order.
    fn alarms(&self, mint: &Pubkey) -> Vec<String> {
        assert!(self.pass(1));
        let said = self.say(&["watch", "--mint", &mint.to_string(), "--once"]);
        let lines = said.stdout.lines();
        let alarms: Vec<Value> = lines
            .map(|line| serde_json::from_str(line).expect("JSON"))
            .collect();
        let code = if alarms.is_empty() { 0 } else { TOLD };
        assert_eq!(said.code, code, "{} {}", said.stdout, said.stderr);
        for alarm in &alarms {
            check_schema("watch", alarm);
        }
        let codes = alarms.iter().map(|alarm| alarm["code"].as_str().unwrap());
        codes.map(str::to_owned).collect()
    }

    /// A file becomes a proposal that has enough approvals; its number, and when it is due.
    fn propose(&self, file: &str) -> (String, i64) {
        let [first, second, _] = &self.place.members;
        let tried = self.by(first, &["propose", file, "--simulate"]);
        assert!(tried["outcome"]["simulated"].is_object(), "{tried:#}");
        let made = self.by(first, &["propose", file]);
        let number = made["proposal"]["index"].to_string();
        self.by(second, &["approve", &number]);
        let seen = self.done(&["proposals", &number]);
        let one = &seen["proposals"][0];
        assert_eq!(one["state"], "queued", "{seen:#}");
        (number, one["eta"].as_i64().expect("it is due sometime"))
    }

    /// Waits for a proposal and executes it, whoever asks; false where that much time cannot pass.
    fn execute(&self, (number, due): &(String, i64)) -> bool {
        let now = self.status()["now"].as_i64().unwrap();
        if !self.pass(due - now) {
            return false;
        }
        self.by(&self.place.holder, &["execute", number]);
        let seen = self.done(&["proposals", number]);
        assert_eq!(seen["proposals"][0]["state"], "executed", "{seen:#}");
        true
    }

    /// A token and an economy that is live; its addresses.
    fn founded(&self) -> EconomyAddresses {
        let place = &self.place;
        let made = self.done(&[
            "token",
            "create",
            "--name",
            "Our token",
            "--symbol",
            "OUR",
            "--supply",
            "1000000",
        ]);
        assert_eq!(base(&made["supply"]), SUPPLY);
        let mint = made["mint"].as_str().unwrap();
        let shown = self.done(&["token", "show", mint]);
        assert_eq!(shown["accepted"], true, "{shown:#}");
        let people: Vec<String> = place.members.iter().map(|it| of(it).to_string()).collect();
        let (people, guardian) = (people.join(","), of(&place.guardian).to_string());
        let period = format!("{}s", place.period);
        let written = self.done(&[
            "init",
            "economy.toml",
            "--mint",
            mint,
            "--yes",
            "--members",
            &people,
            "--threshold",
            "2",
            "--guardian",
            &guardian,
            "--period",
            &period,
            "--unbonding",
            &period,
            "--outflow-cap",
            "100000",
            "--no-simulation",
        ]);
        assert_eq!(written["council"], true, "{written:#}");
        let create = ["create-economy", "economy.toml", "--mint", mint];
        let tried = self.done(&[&create[..], &["--simulate"]].concat());
        assert!(tried["transactions"].as_array().unwrap().is_empty());
        let created = self.done(&create);
        assert_eq!(
            (&created["life"], &created["complete"]),
            (&"draft".into(), &true.into())
        );
        self.done(&["fund", "0.5", "--bounties", "--mint", mint]);
        let reporter = of(&place.reporter).to_string();
        self.done(&[
            "create-feed",
            "--label",
            "price in usd",
            "--reporter",
            &reporter,
            "--mint",
            mint,
        ]);
        for member in &place.members {
            self.by(member, &["accept-role", "member", "--mint", mint]);
        }
        self.by(
            &place.guardian,
            &["accept-role", "guardian", "--mint", mint],
        );
        self.done(&["go-live", "--mint", mint, "--hand-over-mint"]);
        // From here on nobody names it.
        self.done(&["config", "set", "--mint", mint]);
        let status = self.status();
        assert_eq!(
            (&status["life"], &status["economy"]),
            (&"live".into(), &created["economy"])
        );
        assert_eq!(base(&status["supply"]), SUPPLY);
        assert_eq!(status["before_go_live"], serde_json::json!([]));
        EconomyAddresses::new(&mint.parse().unwrap(), &of(&place.founder))
    }

    /// Two people stake and pay for a period, which is cranked, explained and proved.
    fn a_period(&self, book: &Book) {
        let supply = book.whole();
        let (holder, recipient) = (&self.place.holder, of(&self.place.holder).to_string());
        self.done(&["stake", "500000"]);
        let paid = self.done(&["pay", &recipient, "100000", "--fund-recipient"]);
        let figures = &paid["figures"];
        let (arrives, fee) = (base(&figures["arrives"]), base(&figures["fee"]));
        assert!(fee > 0);
        assert_eq!(arrives + fee, 100_000 * TOKEN, "{paid:#}");
        assert_eq!(book.held(&of(holder)), arrives);
        self.by(holder, &["stake", "50000"]);
        assert_eq!(book.held(&of(holder)), arrives - 50_000 * TOKEN);
        // The fee is in its shard and nowhere else, and nothing was minted.
        assert_eq!((book.whole(), book.pending_fees()), (supply, fee));
        assert_eq!(book.staked(), 550_000 * TOKEN);

        let status = self.status();
        let end = status["next_crank_at"].as_i64().unwrap();
        assert!(self.pass(end - status["now"].as_i64().unwrap()));
        let preview = self.done(&["preview"]);
        self.by(holder, &["crank"]);
        assert_eq!(self.status()["periods"], 1);
        let why = self.done(&["explain", "emission"]);
        assert_eq!(why["decision"]["u"], preview["decisions"][0]["u"]);
        let proof = self.done(&["log", "verify"])["proof"].clone();
        assert_eq!(
            (&proof["from_seq"], &proof["recomputed"]),
            (&0.into(), &proof["decisions"])
        );
        assert_eq!(proof["unproven"], serde_json::json!([]));
        book.whole();
    }

    /// The reporter tells the feed what its table says.
    fn a_report(&self, at: &EconomyAddresses) {
        let now = self.status()["now"].as_i64().unwrap();
        self.write("values.csv", &format!("at,price\n{now},1.25\n"));
        self.write(
            "reporter.toml",
            &format!(
                "[[feed]]\neconomy = \"{}\"\nfeed = 0\nevery = 600\nmin = 0.5\nmax = 5\n\
                 max_step = 0.2\n\n[[feed.source]]\nkind = \"csv\"\nfile = \"{}\"\n\
                 column = \"price\"\ntime_column = \"at\"\nmax_age = 900\n",
                at.economy,
                self.place.folder.join("values.csv").display()
            ),
        );
        let told = self.by(
            &self.place.reporter,
            &["reporter", "reporter.toml", "--once"],
        );
        let one = &told["feeds"][0];
        assert_eq!(
            (&one["result"], &one["value"], &one["sequence"]),
            (&"reported".into(), &"1.25".into(), &1.into()),
            "{told:#}"
        );
    }

    /// Everybody takes out what is theirs, and closes the door.
    fn everybody_leaves(&self, book: &Book) {
        let people = [&self.place.founder, &self.place.holder];
        for who in people {
            self.by(who, &["unstake", "ALL"]);
        }
        // Whoever asks late in an hour waits for the end of that hour.
        assert!(self.pass(self.place.period + 3_600));
        for who in people {
            let before = book.held(&of(who));
            let out = self.by(who, &["withdraw"]);
            assert_eq!(
                book.held(&of(who)) - before,
                base(&out["figures"]["amount"])
            );
            let before = book.held(&of(who));
            let rewards = self.by(who, &["claim"]);
            let told = base(&rewards["figures"]["amount"]);
            assert_eq!(book.held(&of(who)) - before, told, "{rewards:#}");
            assert!(told > 0);
            self.by(who, &["close-position"]);
        }
        assert_eq!(book.staked(), 0);
        for who in people {
            let status = self.done(&["status", "--owner", &of(who).to_string()]);
            assert_eq!(status["positions"], serde_json::json!([]));
        }
    }

    /// Tells the story, and returns what it leaves out where time cannot pass.
    fn told(&self) -> Option<&'static str> {
        let place = &self.place;
        let at = self.founded();
        let book = Book::of(&place.url, &at, [of(&place.founder), of(&place.holder)]);
        // A period's rewards are minted ahead.
        assert!(book.whole() >= SUPPLY);
        self.a_period(&book);
        self.a_report(&at);
        // Whoever watches knows what is there, and then is told what changes, once.
        self.alarms(&at.mint);
        assert_eq!(self.alarms(&at.mint), [""; 0]);
        self.write(
            "change.toml",
            "title = \"Aim a little lower\"\n\n[[action]]\nkind = \"tune\"\n\
             parameter = \"emission\"\nfield = \"setpoint\"\nvalue = 0.59\n",
        );
        let change = self.propose("change.toml");
        assert_eq!(self.alarms(&at.mint), ["proposal_made", "proposal_queued"]);
        if !self.execute(&change) {
            return Some("execution after its delay, alarms of it, retirement, exits, dissolution");
        }
        assert_eq!(self.status()["parameters"][0]["target"], "0.59");
        let told = self.alarms(&at.mint);
        assert!(told.contains(&"proposal_executed".to_owned()), "{told:?}");
        assert_eq!(self.alarms(&at.mint), [""; 0]);
        let audit = self.done(&["audit", "--since", "30d", "--kind", "executed"]);
        assert!(!audit["acts"].as_array().unwrap().is_empty(), "{audit:#}");

        // It ends, as everything does, and its mint authority goes back to the founder.
        let founder = of(&place.founder);
        let end = format!("[[action]]\nkind = \"retire\"\nsuccessor = \"{founder}\"\n");
        self.write("end.toml", &end);
        let end = self.propose("end.toml");
        assert!(self.execute(&end));
        assert_eq!(self.status()["life"], "retired");
        self.done(&["hand-over-mint"]);
        self.done(&["collect"]);
        assert_eq!(book.pending_fees(), 0);
        self.done(&["wind-up"]);
        book.whole();
        self.everybody_leaves(&book);
        // What nobody is owed any more is the treasury's, and the council pays it out.
        self.done(&["wind-up"]);
        let rest = base(&self.status()["treasury"]["balance"]);
        assert!(rest > 0);
        assert_eq!(
            book.whole(),
            book.held(&founder) + book.held(&of(&place.holder)) + rest
        );
        let tokens = format!("{}.{:06}", rest / TOKEN, rest % TOKEN);
        let to = book.account(&founder);
        let pay =
            format!("[[action]]\nkind = \"pay_treasury\"\nto = \"{to}\"\namount = {tokens}\n");
        self.write("rest.toml", &pay);
        let pay = self.propose("rest.toml");
        assert!(self.execute(&pay));
        self.done(&["dissolve"]);
        // then everything that there ever was is in somebody's hands
        assert_eq!(
            book.whole(),
            book.held(&founder) + book.held(&of(&place.holder))
        );
        let shown = self.done(&["token", "show", &at.mint.to_string()]);
        assert_eq!(base(&shown["supply"]), book.whole());
        assert_eq!(shown["mint_authority"], founder.to_string());
        let gone = self.say(&["status"]);
        assert_ne!(gone.code, 0, "{}", gone.stdout);
        None
    }
}

#[test]
fn the_readme_is_a_life_and_everybody_leaves_with_what_is_theirs() {
    let fixture = Fixture::live();
    let pass = |seconds: i64| {
        fixture.served.advance(seconds.max(0));
        fixture.served.skip_blocks(1);
        true
    };
    let walk = Walk::at(Place::served(&fixture, 86_400, &pass));
    let founder = of(&walk.place.founder);
    let rpc = RpcClient::new(walk.place.url.clone());
    let before = rpc.get_balance(&founder).unwrap();
    assert_eq!(walk.told(), None);
    // then the founder has its lamports back, but for the token's accounts and small change
    let spent = before - rpc.get_balance(&founder).unwrap();
    assert!(spent < 20_000_000, "{spent} lamports");
    let ran: BTreeSet<String> = walk.ran.into_inner();
    let walked: BTreeSet<String> = readme::WALKED.iter().map(|it| (*it).to_owned()).collect();
    assert_eq!(ran, walked);
}

#[test]
fn where_hours_cannot_pass_the_walk_says_what_it_leaves_out() {
    // given a place such as a real validator, whose clock nobody moves
    let fixture = Fixture::live();
    let pass = |seconds: i64| {
        if seconds > 120 {
            return false;
        }
        fixture.served.advance(seconds.max(0));
        fixture.served.skip_blocks(1);
        true
    };
    let walk = Walk::at(Place::served(&fixture, 60, &pass));
    // then the story goes to the approval, and tells what would follow
    let left = walk.told().expect("a delay is hours");
    assert!(left.contains("execution"), "{left}");
}
