//! A watcher is killed at every step between deciding and delivering.

use std::panic::{catch_unwind, resume_unwind, AssertUnwindSafe};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::*;
use crate::alarms::sinks::{Appended, Form, Lines, Sink};

fn key(byte: u8) -> Pubkey {
    Pubkey::new_from_array([byte; 32])
}

fn alarms(numbers: std::ops::Range<u64>) -> Vec<Alarm> {
    numbers.map(|number| Alarm::test(number, 0)).collect()
}

fn names(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// A receiver that drops what it has already, as the guide asks of a web server: how often each
/// alarm was sent, in the order of the first time.
#[derive(Clone, Default)]
struct Receiver(Arc<Mutex<Vec<(String, u32)>>>);

impl Sink for Receiver {
    fn name(&self) -> &'static str {
        "webhook"
    }

    fn deliver(&mut self, alarm: &Alarm) -> Result<(), Failure> {
        let mut all = self.0.lock().unwrap();
        match all.iter_mut().find(|(id, _)| *id == alarm.id) {
            Some((_, times)) => *times += 1,
            None => all.push((alarm.id.clone(), 1)),
        }
        Ok(())
    }
}

fn outlets(file: &Path, receiver: &Receiver) -> Vec<Outlet> {
    let (base, cap) = (Duration::ZERO, Duration::ZERO);
    vec![
        Outlet::new(Appended::new(file), base, cap),
        Outlet::new(receiver.clone(), base, cap),
    ]
}

/// Opens a memory that nobody else has for long: a command that another test starts has its lock
/// between fork and exec.
fn try_open(file: &Path, sinks: &[&str]) -> Result<Memory, Failure> {
    loop {
        match Memory::open(file, names(sinks)) {
            Err(failure) if failure.code == "watch_state_busy" => std::thread::yield_now(),
            opened => return opened,
        }
    }
}

fn open(file: &Path, sinks: &[&str]) -> Memory {
    try_open(file, sinks).unwrap()
}

fn deliver(memory: &mut Memory, outlets: &mut [Outlet]) -> Result<usize, Failure> {
    let at = Instant::now();
    memory.deliver(outlets, at, at + Duration::from_secs(600))
}

fn ids(file: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    text.lines()
        .map(|line| serde_json::from_str::<Alarm>(line).unwrap().id)
        .collect()
}

/// One life of a watcher: decides three alarms unless it knows them, and tells them. It dies at
/// the step with that number, if it comes so far; returns whether it did.
fn live(folder: &Path, receiver: &Receiver, dies_at: Option<usize>) -> bool {
    let mut count = 0_usize;
    let mut memory =
        open(&folder.join("watch.json"), &["file", "webhook"]).at_each_step(move |_| {
            count += 1;
            // What a kill leaves is what is on the disk.
            if Some(count) == dies_at {
                resume_unwind(Box::new("killed"));
            }
        });
    let mut outlets = outlets(&folder.join("alarms.jsonl"), receiver);
    let life = catch_unwind(AssertUnwindSafe(|| {
        deliver(&mut memory, &mut outlets).unwrap();
        if memory.seen(&key(1)).is_none() {
            memory.note(&key(1), Seen::default(), alarms(0..3)).unwrap();
        }
        deliver(&mut memory, &mut outlets).unwrap();
    }));
    life.is_err()
}

#[test]
fn al2_killed_at_any_step_every_alarm_arrives_and_none_is_written_twice() {
    let mut steps = 0;
    for dies_at in 1.. {
        let folder = tempfile::tempdir().unwrap();
        let receiver = Receiver::default();
        // given a watcher that is killed at this step, and one that is started again
        let died = live(folder.path(), &receiver, Some(dies_at));
        assert!(!live(folder.path(), &receiver, None));
        // then the file has each alarm once, in order
        let all = ["test.0", "test.1", "test.2"];
        assert_eq!(ids(&folder.path().join("alarms.jsonl")), all, "{dies_at}");
        // and a receiver that knows them by their ids too; at most one was sent twice
        let received = receiver.0.lock().unwrap();
        let known: Vec<&str> = received.iter().map(|(id, _)| id.as_str()).collect();
        assert_eq!(known, all, "{dies_at}");
        let twice: u32 = received.iter().map(|(_, times)| times - 1).sum();
        assert!(twice <= 1, "{dies_at}: {received:?}");
        if !died {
            break;
        }
        steps = dies_at;
    }
    // decided, noted, and for three alarms and two sinks delivered and struck out
    assert_eq!(steps, 2 + 3 * 2 * 2);
}

#[test]
fn al2_killed_twice_in_a_row_at_any_two_steps_nothing_is_lost() {
    for (first, second) in
        (1..=14).flat_map(|first| [1, 2, 3, 4, 7].map(move |second| (first, second)))
    {
        let folder = tempfile::tempdir().unwrap();
        let receiver = Receiver::default();
        live(folder.path(), &receiver, Some(first));
        live(folder.path(), &receiver, Some(second));
        live(folder.path(), &receiver, None);
        let all = ["test.0", "test.1", "test.2"];
        assert_eq!(ids(&folder.path().join("alarms.jsonl")), all);
        assert_eq!(receiver.0.lock().unwrap().len(), 3);
    }
}

#[test]
fn a_line_that_was_left_half_written_is_written_anew() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("alarms.jsonl");
    let mut sink = Appended::new(&file);
    for alarm in alarms(0..2) {
        sink.deliver(&alarm).unwrap();
    }
    // given a power cut in the middle of the second line
    let text = std::fs::read(&file).unwrap();
    std::fs::write(&file, &text[..text.len() - 9]).unwrap();
    let mut sink = Appended::new(&file);
    for alarm in alarms(0..3) {
        sink.deliver(&alarm).unwrap();
    }
    assert_eq!(ids(&file), ["test.0", "test.1", "test.2"]);
}

/// A sink that is down for so many deliveries.
struct Down(u32);

impl Sink for Down {
    fn name(&self) -> &'static str {
        "webhook"
    }

    fn deliver(&mut self, _: &Alarm) -> Result<(), Failure> {
        if self.0 == 0 {
            return Ok(());
        }
        self.0 -= 1;
        Err(Failure::new("webhook_failed", "down"))
    }
}

#[test]
fn a_sink_that_is_down_holds_up_no_other_and_gets_all_later() {
    let folder = tempfile::tempdir().unwrap();
    let (state, file) = (
        folder.path().join("watch.json"),
        folder.path().join("alarms.jsonl"),
    );
    let mut memory = open(&state, &["file", "webhook"]);
    memory.note(&key(1), Seen::default(), alarms(0..3)).unwrap();
    let wait = Duration::from_secs(10);
    let mut outlets = [
        Outlet::new(Down(1), wait, wait),
        Outlet::new(Appended::new(&file), wait, wait),
    ];
    let now = Instant::now();
    let end = now + Duration::from_secs(600);
    // when it fails, it is left alone for a while and the file gets all three
    assert_eq!(memory.deliver(&mut outlets, now, end).unwrap(), 3);
    assert_eq!(memory.pending(), 3);
    assert_eq!(memory.deliver(&mut outlets, now, end).unwrap(), 0);
    // then it gets them
    let later = now + wait;
    assert_eq!(memory.deliver(&mut outlets, later, end).unwrap(), 3);
    assert_eq!(memory.pending(), 0);
    assert_eq!(ids(&file).len(), 3);
}

#[test]
fn what_a_sink_was_not_told_is_struck_out_when_it_is_no_longer_wanted() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("watch.json");
    let mut memory = open(&state, &["stdout", "webhook"]);
    memory.note(&key(1), Seen::default(), alarms(0..1)).unwrap();
    drop(memory);
    assert_eq!(open(&state, &["webhook"]).pending(), 1);
    assert_eq!(open(&state, &["exec"]).pending(), 0);
}

#[test]
fn a_memory_is_one_watchers_and_one_clusters_and_never_thrown_away() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("watch.json");
    let mut memory = open(&state, &["stdout"]);
    memory.require_cluster("genesis").unwrap();
    memory.note(&key(1), Seen::default(), vec![]).unwrap();
    let second = Memory::open(&state, names(&["stdout"]));
    assert_eq!(second.err().unwrap().code, "watch_state_busy");
    drop(memory);
    let mut memory = open(&state, &["stdout"]);
    assert_eq!(memory.seen(&key(1)), Some(&Seen::default()));
    let other = memory.require_cluster("another").unwrap_err();
    assert_eq!(other.code, "other_cluster");
    drop(memory);
    for broken in [
        "",
        "{",
        "[]",
        r#"{"version":2,"genesis":"","sequence":0,"program":null,"levels":{},"economies":{},"pending":[]}"#,
    ] {
        std::fs::write(&state, broken).unwrap();
        let refused = try_open(&state, &["stdout"]).err().unwrap();
        assert_eq!(refused.code, "bad_watch_state", "{broken}");
        assert_eq!(std::fs::read_to_string(&state).unwrap(), broken);
    }
}

#[test]
fn with_too_many_that_wait_there_is_no_room_for_more() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("watch.json");
    let mut memory = open(&state, &["webhook"]);
    let most = u64::try_from(MOST_PENDING).unwrap();
    memory
        .note(&key(1), Seen::default(), alarms(0..most))
        .unwrap();
    assert!(!memory.has_room());
    drop(memory);
    assert_eq!(open(&state, &["webhook"]).pending(), MOST_PENDING);
}

#[test]
fn a_stdout_that_is_gone_is_a_failure_and_no_delivery() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("watch.json");
    let mut memory = open(&state, &["stdout"]);
    memory.note(&key(1), Seen::default(), alarms(0..1)).unwrap();
    let gone = Lines::new(Form::Text, |_| Err(std::io::ErrorKind::BrokenPipe.into()));
    let mut outlets = [Outlet::new(gone, Duration::ZERO, Duration::ZERO)];
    assert_eq!(deliver(&mut memory, &mut outlets).unwrap(), 0);
    assert_eq!(memory.pending(), 1);
}
