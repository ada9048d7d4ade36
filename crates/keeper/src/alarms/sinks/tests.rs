//! Web servers and commands that do not do what they should.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{channel, Receiver};
use std::time::{Duration, Instant};

use super::*;

const TIMEOUT: Duration = Duration::from_millis(500);
/// How long anything may take on a busy machine, and far less than without a bound.
const PATIENCE: Duration = Duration::from_secs(60);

/// A web server that reads a request, hands its text over, and then does `answer`.
fn server(answer: impl Fn(TcpStream) + Send + 'static) -> (String, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/hook?key=secret", listener.local_addr().unwrap());
    let (asked, requests) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut text = Vec::new();
            let mut some = [0; 4_096];
            while !text.ends_with(b"}\n") {
                match stream.read(&mut some) {
                    Ok(0) | Err(_) => break,
                    Ok(count) => text.extend_from_slice(&some[..count]),
                }
            }
            let text = String::from_utf8_lossy(&text).into_owned();
            if asked.send(text).is_err() {
                return;
            }
            answer(stream);
        }
    });
    (url, requests)
}

#[test]
fn a_webhook_gets_the_alarm_with_its_id_as_idempotency_key() {
    let (url, requests) = server(|mut stream| {
        let _ = stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n");
    });
    let mut hook = Webhook::new(&url, PATIENCE).unwrap();
    let alarm = Alarm::test(7, 0);
    hook.deliver(&alarm).unwrap();
    let request = requests.recv().unwrap();
    assert!(
        request.starts_with("POST /hook?key=secret HTTP/1.1\r\n"),
        "{request}"
    );
    assert!(
        request
            .to_lowercase()
            .contains("idempotency-key: test.7\r\n"),
        "{request}"
    );
    let (_, body) = request.split_once("\r\n\r\n").unwrap();
    assert_eq!(serde_json::from_str::<Alarm>(body).unwrap(), alarm);
}

#[test]
fn al5_a_web_server_that_answers_never_or_without_end_is_left_in_time() {
    // one that never answers
    let (url, _requests) = server(|stream| {
        std::thread::spawn(move || {
            std::thread::sleep(PATIENCE);
            drop(stream);
        });
    });
    let begin = Instant::now();
    let failure = Webhook::new(&url, TIMEOUT)
        .unwrap()
        .deliver(&Alarm::test(1, 0))
        .unwrap_err();
    assert!(begin.elapsed() < PATIENCE, "{:?}", begin.elapsed());
    assert_eq!(failure.code, "webhook_failed");
    assert!(!failure.to_string().contains("secret"), "{failure}");
    // one whose answer has no end: its status is enough
    let (url, _requests) = server(|mut stream| {
        std::thread::spawn(move || {
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n");
            while stream.write_all(&[b'x'; 65_536]).is_ok() {}
        });
    });
    let begin = Instant::now();
    let mut hook = Webhook::new(&url, PATIENCE).unwrap();
    hook.deliver(&Alarm::test(1, 0)).unwrap();
    assert!(begin.elapsed() < PATIENCE, "{:?}", begin.elapsed());
}

#[test]
fn al5_a_redirect_or_an_error_is_no_delivery() {
    for answer in [
        "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
        "nonsense\r\n\r\n",
    ] {
        let (url, _requests) = server(move |mut stream| {
            let _ = stream.write_all(answer.as_bytes());
        });
        let mut hook = Webhook::new(&url, PATIENCE).unwrap();
        let failure = hook.deliver(&Alarm::test(1, 0)).unwrap_err();
        assert_eq!(failure.code, "webhook_failed", "{answer}");
    }
}

#[test]
fn al5_alarms_leave_this_machine_over_https_alone() {
    for (url, code) in [
        ("http://alarms.example.org/", "insecure_webhook"),
        ("http://10.0.0.1/", "insecure_webhook"),
        // Each names this machine where nobody looks.
        ("http://alarms.example.org\\@127.0.0.1/", "insecure_webhook"),
        ("http://alarms.example.org#@127.0.0.1/", "insecure_webhook"),
        ("http://127.0.0.1@alarms.example.org/", "insecure_webhook"),
        ("ftp://127.0.0.1/", "bad_url"),
        ("alarms.example.org", "bad_url"),
        ("", "bad_url"),
    ] {
        assert_eq!(
            Webhook::new(url, TIMEOUT).err().unwrap().code,
            code,
            "{url}"
        );
    }
    for url in [
        "https://alarms.example.org/",
        "http://127.0.0.1:8080/",
        "http://[::1]/",
    ] {
        assert!(Webhook::new(url, TIMEOUT).is_ok(), "{url}");
    }
}

#[cfg(unix)]
mod commands {
    use super::*;

    fn shell(script: &str, timeout: Duration) -> Exec {
        let words = ["sh", "-c", script].map(str::to_owned);
        Exec::new(words.to_vec(), timeout).unwrap()
    }

    #[test]
    fn a_command_gets_the_alarm_on_stdin_and_its_id_beside() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("told");
        let script = format!("cat > {0}; echo $HOMEOSTAT_ALARM_ID >> {0}", file.display());
        shell(&script, PATIENCE)
            .deliver(&Alarm::test(7, 0))
            .unwrap();
        let told = std::fs::read_to_string(&file).unwrap();
        let (json, id) = told.split_once('\n').unwrap();
        assert_eq!(
            serde_json::from_str::<Alarm>(json).unwrap(),
            Alarm::test(7, 0)
        );
        assert_eq!(id, "test.7\n");
        // one that reads nothing has taken it too, if it says so
        shell("exit 0", PATIENCE)
            .deliver(&Alarm::test(7, 0))
            .unwrap();
        let failure = shell("exit 3", PATIENCE)
            .deliver(&Alarm::test(7, 0))
            .unwrap_err();
        assert_eq!(failure.code, "exec_failed");
        let mut missing = Exec::new(vec!["/no/such/program".into()], PATIENCE).unwrap();
        assert_eq!(
            missing.deliver(&Alarm::test(7, 0)).unwrap_err().code,
            "exec_failed"
        );
        assert_eq!(Exec::new(vec![], PATIENCE).err().unwrap().code, "usage");
    }

    #[test]
    fn al6_a_command_that_hangs_is_killed_with_what_it_has_started() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("children");
        // given a command that starts another, tells its number and waits for ever
        let script = format!("sleep 600 & echo $! > {}; wait", file.display());
        let begin = Instant::now();
        let failure = shell(&script, Duration::from_secs(2))
            .deliver(&Alarm::test(1, 0))
            .unwrap_err();
        assert!(begin.elapsed() < PATIENCE, "{:?}", begin.elapsed());
        assert!(failure.message.contains("was killed"), "{failure}");
        // then neither of them is left
        let child = std::fs::read_to_string(&file).unwrap();
        let is_there = || {
            let status = std::fs::read_to_string(format!("/proc/{}/stat", child.trim()));
            // One that nobody has waited for yet is dead all the same.
            status.is_ok_and(|status| !status.contains(") Z "))
        };
        while is_there() {
            assert!(begin.elapsed() < PATIENCE, "the child lives on");
            std::thread::yield_now();
        }
    }
}
