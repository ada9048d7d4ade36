//! A server that says that something landed is believed when a second answer bears it out.

use homeostat_served::lies;

use super::*;

const SEND: &str = "sendTransaction";
const BLOCK: &str = "getTransaction";

/// A server without a history of transactions.
fn no_history() -> Fault {
    Fault::Error {
        code: -32011,
        message: "Transaction history is not available from this node".into(),
    }
}

/// Pays over two servers in order.
fn pay_over(scene: &Scene, second: &Proxy) -> Said {
    let words = scene.words();
    let mut words: Vec<&str> = words.iter().map(String::as_str).collect();
    words.extend(["--url", scene.proxy.url()]);
    run_at(&scene.fixture, second.url(), &words)
}

#[test]
fn se1_a_server_that_lost_a_payment_and_calls_it_confirmed_is_not_believed() {
    type Spoil = fn(&Proxy);
    let cases: [(&str, Spoil); 3] = [
        ("with a history", |_| ()),
        ("without a history", |proxy| {
            proxy.on(BLOCK).always(no_history());
        }),
        ("whose history is behind", |proxy| {
            proxy.on(BLOCK).always(Fault::lie(|_, _| Value::Null));
        }),
    ];
    for (case, spoil) in cases {
        // given a server that loses what is sent, and says that it is confirmed
        let scene = Scene::new();
        scene.proxy.on(SEND).always(Fault::Swallow);
        scene.proxy.on(STATUSES).always(lies::confirmed());
        spoil(&scene.proxy);
        // when somebody pays over it, then the payment is not called done
        let said = scene.pay();
        let signature = undecided(&scene, &said, case);
        let message = said.json()["error"]["message"].to_string();
        assert!(message.contains("its status says"), "{message}");
        assert_eq!(scene.payments(), 0, "{case}");
        // and the same server cannot make the journal believe it either
        let words = ["outcome", &signature];
        let looked = bare(&scene.fixture, scene.proxy.url(), &words, "json");
        assert_eq!(looked.code, 5, "{case}: {}", looked.stdout);
        let (code, open) = scene.outcome(&[]);
        assert_eq!(code, 6, "{case}: {open:#}");
    }
}

#[test]
fn se1_a_server_that_lost_a_payment_and_calls_it_failed_is_not_believed_either() {
    // given a server that says of a payment which went through that it failed
    let scene = Scene::new();
    scene.proxy.on(STATUSES).always(Fault::lie(|_, mut result| {
        for status in result["value"].as_array_mut().unwrap() {
            if !status.is_null() {
                status["err"] = json!("AccountInUse");
                status["status"] = json!({ "Err": "AccountInUse" });
            }
        }
        result
    }));
    // when somebody pays over it, then its block decides, and nobody pays again
    let said = scene.pay();
    assert_eq!(said.code, 0, "{}\n{}", said.stdout, said.stderr);
    assert_eq!(scene.payments(), 1);
}

#[test]
fn se1_an_honest_server_without_a_history_is_believed_by_what_it_executed() {
    let cases = [no_history(), Fault::lie(|_, _| Value::Null)];
    for fault in cases {
        // given an honest server that keeps no history, or whose history comes later
        let scene = Scene::new();
        scene.proxy.on(BLOCK).always(fault);
        let said = scene.pay();
        // then the payment is done, for its repetition is refused
        assert_eq!(said.code, 0, "{}\n{}", said.stdout, said.stderr);
        assert_eq!(scene.payments(), 1);
    }
}

#[test]
fn se1_of_two_servers_the_one_that_did_not_tell_the_status_bears_it_out() {
    // given a first server that makes up whatever it is asked about a transaction
    let liar = |scene: &Scene| {
        scene.proxy.on(SEND).always(Fault::Swallow);
        scene.proxy.on(STATUSES).always(lies::confirmed());
        scene
            .proxy
            .on("simulateTransaction")
            .after(1)
            .always(Fault::lie(|_, mut result| {
                result["value"]["err"] = json!("AlreadyProcessed");
                result
            }));
    };
    let alone = Scene::new();
    liar(&alone);
    // when it is the only one, then nothing but the payer's own look shows that it lies
    assert_eq!(alone.pay().code, 0);
    assert_eq!(alone.payments(), 0);
    // but when there is a second, which is honest, then it is asked, and the lie is of no use
    let scene = Scene::new();
    liar(&scene);
    let second = Proxy::start(scene.fixture.served.url());
    let said = pay_over(&scene, &second);
    undecided(&scene, &said, "two servers");
    assert_eq!(scene.payments(), 0);
    assert!(second.seen(BLOCK) > 0);
    // and a second one that is dead does not keep an honest first one from being believed
    let scene = Scene::new();
    let second = Proxy::start(scene.fixture.served.url());
    second.on_any().always(Fault::Drop);
    let said = pay_over(&scene, &second);
    assert_eq!(said.code, 0, "{}\n{}", said.stdout, said.stderr);
    assert_eq!(scene.payments(), 1);
}

#[test]
fn a_second_look_is_one_request() {
    // given an honest server, when somebody pays, then its block is asked for once
    let scene = Scene::new();
    assert_eq!(scene.pay().code, 0);
    assert_eq!(scene.proxy.seen(BLOCK), 1);
    assert_eq!(scene.proxy.seen("simulateTransaction"), 1);
}
