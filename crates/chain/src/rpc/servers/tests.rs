//! Requests by a clock that stands: what is asked when, of whom, and what is told.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use http::StatusCode;
use serde_json::json;
use solana_commitment_config::CommitmentConfig;
use solana_rpc_client::rpc_sender::{RpcSender, RpcTransportStats};
use solana_rpc_client_api::request::RpcResponseErrorData;

use super::super::http::Answered;
use super::super::{Allowed, Budget};
use super::*;

/// A clock that stands, except for who waits by it.
#[derive(Clone, Default)]
struct Still(Arc<Mutex<Duration>>);

impl Still {
    fn pass(&self, time: Duration) {
        *self.0.lock().unwrap() += time;
    }
}

impl Time for Still {
    fn now(&self) -> Duration {
        *self.0.lock().unwrap()
    }

    fn wait(&self, time: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        self.pass(time);
        Box::pin(std::future::ready(()))
    }
}

/// What a server does with a request.
enum Say {
    Answer(Value),
    Status(u16),
    /// Too many requests: come back after so many seconds.
    After(u64),
    /// The connection ends.
    Lost,
    /// What is no JSON-RPC, after so many seconds.
    Nonsense(u64),
    /// An error of JSON-RPC.
    Refuse(i64),
}

type Rule = Box<dyn Fn(RpcRequest, Duration) -> Say + Send + Sync>;
/// Which server was asked what, and when.
type Asked = Arc<Mutex<Vec<(usize, RpcRequest, Duration)>>>;

struct Fake {
    index: usize,
    rule: Rule,
    clock: Still,
    asked: Asked,
}

#[async_trait]
impl RpcSender for Fake {
    async fn send(&self, request: RpcRequest, _: Value) -> Result<Value> {
        let now = self.clock.now();
        self.asked.lock().unwrap().push((self.index, request, now));
        let status = |status: u16, after: Option<u64>| {
            let answered = Answered {
                status: StatusCode::from_u16(status).unwrap(),
                after: after.map(Duration::from_secs),
            };
            Err(reqwest_middleware::Error::middleware(answered).into())
        };
        match (self.rule)(request, now) {
            Say::Answer(answer) => Ok(answer),
            Say::Status(number) => status(number, None),
            Say::After(seconds) => status(429, Some(seconds)),
            Say::Lost => Err(std::io::Error::other("reset by peer").into()),
            Say::Nonsense(seconds) => {
                self.clock.pass(Duration::from_secs(seconds));
                Err(RpcError::ParseError("JSON".into()).into())
            }
            Say::Refuse(code) => Err(RpcError::RpcResponseError {
                code,
                message: "no".into(),
                data: RpcResponseErrorData::Empty,
            }
            .into()),
        }
    }

    fn get_transport_stats(&self) -> RpcTransportStats {
        RpcTransportStats::default()
    }

    fn url(&self) -> String {
        String::new()
    }
}

/// Servers `http://server-0`, `http://server-1`, …, one for each rule.
struct Scene {
    servers: Servers,
    clock: Still,
    asked: Asked,
    told: Arc<Mutex<Vec<String>>>,
}

impl Scene {
    fn new(rules: Vec<Rule>) -> Self {
        Self::within(Allowed::Unbounded, rules)
    }

    fn within(budget: Allowed, rules: Vec<Rule>) -> Self {
        let (clock, asked) = (Still::default(), Asked::default());
        let told = Arc::new(Mutex::new(Vec::new()));
        let lines = Arc::clone(&told);
        let options = Options {
            urls: (0..rules.len())
                .map(|n| format!("http://server-{n}"))
                .collect(),
            commitment: CommitmentConfig::confirmed(),
            timeout: Duration::from_secs(15),
            budget,
            tell: Arc::new(move |line| lines.lock().unwrap().push(line.to_owned())),
        };
        let mut rules = rules.into_iter().enumerate();
        let speak = |_: &str| -> core::result::Result<Speaker, Failure> {
            let (index, rule) = rules.next().unwrap();
            Ok(Box::new(Fake {
                index,
                rule,
                clock: clock.clone(),
                asked: Arc::clone(&asked),
            }))
        };
        let servers = Servers::of(&options, speak, Box::new(clock.clone())).unwrap();
        Self {
            servers,
            clock,
            asked,
            told,
        }
    }

    fn ask_of(&self, whom: Whom, request: RpcRequest) -> Result<Value> {
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        let params = json!([]);
        runtime
            .unwrap()
            .block_on(self.servers.ask(whom, request, &params))
    }

    fn ask(&self, request: RpcRequest) -> Result<Value> {
        self.ask_of(Whom::Any, request)
    }

    fn slot(&self) -> core::result::Result<Value, Failure> {
        self.ask(RpcRequest::GetSlot)
            .map_err(|error| failure("nobody", &error, None))
    }

    /// When a server was asked (ms), since the last time that this was looked at.
    fn times(&self, server: usize) -> Vec<u128> {
        let mut asked = self.asked.lock().unwrap();
        let own = asked.iter().filter(|(index, ..)| *index == server);
        let times = own.map(|(_, _, at)| at.as_millis()).collect();
        asked.retain(|(index, ..)| *index != server);
        times
    }

    fn told(&self) -> Vec<String> {
        std::mem::take(&mut self.told.lock().unwrap())
    }
}

fn genesis(cluster: u8) -> Value {
    Hash::new_from_array([cluster; 32]).to_string().into()
}

/// A server of a cluster that answers everything.
fn well(cluster: u8) -> Rule {
    Box::new(move |request, _| answer(cluster, request))
}

fn answer(cluster: u8, request: RpcRequest) -> Say {
    match request {
        RpcRequest::GetGenesisHash => Say::Answer(genesis(cluster)),
        _ => Say::Answer(cluster.into()),
    }
}

/// The same, with trouble for so many seconds first.
fn at_first(seconds: u64, cluster: u8, trouble: fn() -> Say) -> Rule {
    Box::new(move |request, now| {
        if now < Duration::from_secs(seconds) {
            trouble()
        } else {
            answer(cluster, request)
        }
    })
}

const FOR_EVER: u64 = u64::MAX;

#[test]
fn a_server_that_limits_is_asked_again_after_growing_pauses() {
    for trouble in [
        || Say::Status(429),
        || Say::Status(503),
        || Say::Refuse(429),
    ] {
        // Given a server that refuses for three seconds, when it is asked,
        let scene = Scene::new(vec![at_first(3, 1, trouble)]);
        // then it has answered after three pauses: its genesis, and the question.
        assert_eq!(scene.slot().unwrap(), 1);
        assert_eq!(scene.times(0), [0, 500, 1_500, 3_500, 3_500]);
        let told = scene.told();
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(told[0].contains("server-0") && told[0].ends_with("asking again for up to 30 s"));
        // And the next question waits for nothing.
        assert_eq!(scene.slot().unwrap(), 1);
        assert_eq!(scene.times(0), [3_500]);
    }
}

#[test]
fn a_server_that_limits_for_ever_is_given_up_with_what_it_said() {
    let scene = Scene::new(vec![at_first(FOR_EVER, 1, || Say::Status(429))]);
    let failure = scene.slot().unwrap_err();
    assert_eq!(scene.times(0), [0, 500, 1_500, 3_500, 7_500, 15_500]);
    assert_eq!((failure.code, failure.exit()), ("rpc_refused", 3));
    for words in [
        "http://server-0 answered 429",
        "asked 6 times in 15.5 s",
        "in 15.0 s",
    ] {
        assert!(failure.message.contains(words), "{failure:?}");
    }
    assert!(failure.remedy.contains("limits requests"));
    // The next one waits as long as the last had to, and no longer than it may.
    scene.slot().unwrap_err();
    assert_eq!(scene.times(0), [30_500, 45_500]);
    // Whoever asks again by itself is not held up.
    let sent = scene.ask(RpcRequest::SendTransaction).unwrap_err();
    assert!(failure_of(&sent)
        .message
        .contains("it can be asked again in"));
    assert_eq!(scene.times(0), [0_u128; 0]);
}

fn failure_of(error: &ClientError) -> Failure {
    failure("nobody", error, None)
}

#[test]
fn a_server_is_left_alone_for_as_long_as_it_asks() {
    let scene = Scene::new(vec![at_first(7, 1, || Say::After(7))]);
    assert_eq!(scene.slot().unwrap(), 1);
    assert_eq!(scene.times(0), [0, 7_000, 7_000]);
    // One that asks for more than a request may wait ends it at once, and says for how long;
    let scene = Scene::new(vec![at_first(60, 1, || Say::After(60))]);
    let failure = scene.slot().unwrap_err();
    assert!(
        failure.message.contains("it can be asked again in 60.0 s"),
        "{failure:?}"
    );
    assert_eq!(scene.times(0), [0]);
    // nobody has to wait for hours.
    let scene = Scene::new(vec![at_first(FOR_EVER, 1, || Say::After(86_400))]);
    let failure = scene.slot().unwrap_err();
    assert!(
        failure.message.contains("it can be asked again in 120.0 s"),
        "{failure:?}"
    );
}

#[test]
fn a_server_that_is_not_there_is_tried_three_times() {
    let scene = Scene::new(vec![at_first(FOR_EVER, 1, || Say::Lost)]);
    let failure = scene.slot().unwrap_err();
    assert_eq!(failure.code, "rpc_unreachable");
    assert!(
        failure.message.ends_with("asked 3 times in 1.5 s"),
        "{failure:?}"
    );
    assert_eq!(scene.times(0), [0, 500, 1_500]);
    // A connection that ends by chance costs half a second.
    let scene = Scene::new(vec![at_first(1, 1, || Say::Lost)]);
    assert_eq!(scene.slot().unwrap(), 1);
}

#[test]
fn what_is_answered_is_not_asked_again() {
    // Given one server that refuses the question, and one that answers nonsense,
    for (say, code) in [
        ((|| Say::Refuse(-32_602)) as fn() -> Say, "rpc_refused"),
        (|| Say::Nonsense(0), "rpc_nonsense"),
        (|| Say::Status(403), "rpc_refused"),
    ] {
        let rule = move |request, _| match request {
            RpcRequest::GetGenesisHash => Say::Answer(genesis(1)),
            _ => say(),
        };
        let scene = Scene::new(vec![Box::new(rule)]);
        // then it is asked once,
        assert_eq!(scene.slot().unwrap_err().code, code);
        assert_eq!(scene.times(0), [0, 0]);
        // and the next question is asked at once.
        scene.slot().unwrap_err();
        assert_eq!(scene.times(0), [0]);
        assert_eq!(scene.told(), [""; 0]);
    }
}

#[test]
fn the_second_server_is_asked_while_the_first_fails() {
    let troubles: [fn() -> Say; 4] = [
        || Say::Status(429),
        || Say::Status(500),
        || Say::Lost,
        || Say::Nonsense(0),
    ];
    for trouble in troubles {
        // Given a first server that fails for three seconds, and a second one,
        let first: Rule = Box::new(move |request, now| match request {
            RpcRequest::GetGenesisHash => Say::Answer(genesis(1)),
            _ if now < Duration::from_secs(3) => trouble(),
            _ => Say::Answer("first".into()),
        });
        let second: Rule = Box::new(|request, _| match request {
            RpcRequest::GetGenesisHash => Say::Answer(genesis(1)),
            _ => Say::Answer("second".into()),
        });
        let scene = Scene::new(vec![first, second]);
        // when something is asked, then the second answers without a pause, which is told;
        assert_eq!(scene.slot().unwrap(), "second");
        assert_eq!((scene.times(0), scene.times(1)), (vec![0, 0], vec![0, 0]));
        let told = scene.told();
        assert_eq!(told.len(), 1, "{told:?}");
        assert!(told[0].ends_with("asking http://server-1 now"), "{told:?}");
        // the first is left alone for a while,
        scene.clock.pass(Duration::from_millis(400));
        assert_eq!(scene.slot().unwrap(), "second");
        assert_eq!((scene.times(0), scene.times(1)), (vec![], vec![400]));
        // and asked again when it may be well.
        scene.clock.pass(Duration::from_secs(3));
        assert_eq!(scene.slot().unwrap(), "first");
        assert_eq!((scene.times(0), scene.times(1)), (vec![3_400], vec![]));
    }
}

#[test]
fn a_server_that_takes_its_time_to_fail_is_left_alone_as_long() {
    let first: Rule = Box::new(|request, _| match request {
        RpcRequest::GetGenesisHash => Say::Answer(genesis(1)),
        _ => Say::Nonsense(15),
    });
    let scene = Scene::new(vec![first, well(1)]);
    scene.slot().unwrap();
    assert_eq!(scene.times(0), [0, 0]);
    scene.clock.pass(Duration::from_secs(14));
    scene.slot().unwrap();
    assert_eq!(scene.times(0), [0_u128; 0]);
    scene.clock.pass(Duration::from_secs(1));
    scene.slot().unwrap();
    assert_eq!(scene.times(0), [30_000]);
}

#[test]
fn what_one_server_does_not_have_another_is_asked_for() {
    let first: Rule = Box::new(|request, _| match request {
        RpcRequest::GetSlot => Say::Refuse(-32_601),
        other => answer(1, other),
    });
    let scene = Scene::new(vec![first, well(1)]);
    assert_eq!(scene.slot().unwrap(), 1);
    assert_eq!(scene.times(1), [0, 0]);
    // It is not left alone for that.
    scene.ask(RpcRequest::GetBlockHeight).unwrap();
    assert_eq!((scene.times(0).len(), scene.times(1)), (3, vec![]));
}

#[test]
fn when_all_fail_it_is_told_of_each() {
    let scene = Scene::new(vec![
        at_first(FOR_EVER, 1, || Say::Status(429)),
        at_first(FOR_EVER, 1, || Say::Lost),
    ]);
    let failure = scene.slot().unwrap_err();
    assert_eq!(failure.code, "rpc_refused");
    for words in [
        "http://server-0 answered 429",
        "http://server-1 cannot be reached",
    ] {
        assert!(failure.message.contains(words), "{failure:?}");
    }
}

#[test]
fn a_server_of_another_cluster_is_asked_nothing_but_its_genesis() {
    // Given a second server of another cluster, and a first one that fails after a while,
    let first: Rule = Box::new(|request, now| match request {
        _ if now > Duration::ZERO => Say::Status(503),
        other => answer(1, other),
    });
    let second: Rule = Box::new(|request, _| answer(2, request));
    let scene = Scene::new(vec![first, second]);
    assert_eq!(scene.slot().unwrap(), 1);
    scene.clock.pass(Duration::from_secs(1));
    // when the second would be asked, then it is refused.
    for _ in 0..2 {
        let failure = scene.slot().unwrap_err();
        assert_eq!(failure.code, "wrong_cluster");
        assert!(failure
            .message
            .contains("http://server-1 is of another cluster"));
    }
    let asked = scene.asked.lock().unwrap();
    let mut of_second = asked.iter().filter(|(index, ..)| *index == 1);
    assert!(of_second.all(|(_, request, _)| *request == RpcRequest::GetGenesisHash));
}

#[test]
fn one_server_alone_is_asked_where_answers_are_compared() {
    let scene = Scene::new(vec![at_first(1, 1, || Say::Status(503)), well(1)]);
    let whom = |index, patient| Whom::One { index, patient };
    // Given a first server that fails, whoever compares answers is not sent to another one,
    let failed = scene
        .ask_of(whom(0, false), RpcRequest::GetSlot)
        .unwrap_err();
    assert_eq!(failure_of(&failed).code, "rpc_refused");
    assert_eq!((scene.times(0), scene.times(1)), (vec![0], vec![]));
    // and asks the next one itself, or waits.
    assert_eq!(scene.servers.order(), [1, 0]);
    scene.ask_of(whom(1, false), RpcRequest::GetSlot).unwrap();
    assert_eq!((scene.times(0), scene.times(1)), (vec![], vec![0, 0]));
    scene.ask_of(whom(0, true), RpcRequest::GetSlot).unwrap();
    assert_eq!(
        (scene.times(0), scene.times(1)),
        (vec![500, 1_500, 1_500], vec![])
    );
}

#[test]
fn a_budget_holds_requests_back_and_says_so_once() {
    let budget = Budget { method: 3, all: 5 };
    let scene = Scene::within(Allowed::At(budget), vec![well(1)]);
    for _ in 0..7 {
        scene.slot().unwrap();
    }
    // The genesis is one of all; then three slots in each window.
    let expected = [0, 0, 0, 0, 10_000, 10_000, 10_000, 20_000];
    assert_eq!(scene.times(0), expected);
    let told = scene.told();
    assert_eq!(told.len(), 1);
    assert!(
        told[0].contains("3 requests of a method and 5 in all in 10 s"),
        "{told:?}"
    );
    // What was said is said again when it has been quiet for a minute.
    scene.clock.pass(Duration::from_secs(100));
    for _ in 0..4 {
        scene.slot().unwrap();
    }
    assert_eq!(scene.told().len(), 1);
}

#[test]
fn what_a_budget_took_is_not_held_against_the_server() {
    // Given a server that refuses the first request of its second window,
    let budget = Budget { method: 2, all: 9 };
    let rule: Rule = Box::new(|request, now| match now.as_millis() {
        10_000 => Say::Status(429),
        _ => answer(1, request),
    });
    let scene = Scene::within(Allowed::At(budget), vec![rule]);
    let mut times = vec![0, 0, 0, 10_000];
    for _ in 0..3 {
        // when three are asked, the last of which has two seconds,
        scene.ask(RpcRequest::SendTransaction).unwrap();
    }
    // then that one is asked again after the usual pause.
    times.push(10_500);
    assert_eq!(scene.times(0), times);
}

#[test]
fn requests_that_fail_together_are_one_failure() {
    let scene = Scene::new(vec![well(1)]);
    let server = &scene.servers.all[0];
    let seconds = Duration::from_secs;
    let failed = |asked: u64, now: u64| {
        let why = Failure::new("rpc_refused", "no");
        server.failed(seconds(asked), seconds(now), None, seconds(15), why);
        server.rest_ends().as_millis()
    };
    // Given four requests on their way when a server begins to fail,
    assert_eq!(failed(10, 10), 10_500);
    for _ in 0..3 {
        // then it rests as long as the others took to fail, and that is all;
        assert_eq!(failed(9, 10), 11_000);
    }
    // those that follow do.
    assert_eq!(failed(11, 11), 12_000);
    assert_eq!(failed(12, 12), 14_000);
    server.answered();
    assert_eq!(failed(20, 20), 20_500);
}
