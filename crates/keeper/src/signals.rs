//! Being asked to stop.

use std::io;
use std::sync::mpsc::Sender;
use std::time::Duration;

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::message::Message;

/// What a keeper may take to end above its grace: it may wait for an answer about the clock.
const MARGIN: Duration = Duration::from_secs(5);

/// Tells the keeper to stop on SIGINT and SIGTERM. If it has not 5 s after its `grace`, or on
/// the second signal, the process ends by itself with exit code 0: a keeper may be killed at any
/// moment, so nothing is lost.
///
/// # Errors
///
/// The system's.
pub fn stop_on_signals(keeper: Sender<Message>, grace: Duration) -> io::Result<()> {
    on_signals(grace, move || {
        // Fails when the keeper has ended already.
        let _ = keeper.send(Message::Stop);
    })
}

/// The same for any daemon that loses nothing when it is killed: `stop` tells it to end.
///
/// # Errors
///
/// The system's.
pub fn on_signals(grace: Duration, stop: impl FnOnce() + Send + 'static) -> io::Result<()> {
    let mut signals = Signals::new([SIGINT, SIGTERM])?;
    std::thread::Builder::new()
        .name("daemon-signals".into())
        .spawn(move || {
            let mut all = signals.forever();
            if all.next().is_none() {
                return;
            }
            stop();
            let ended = std::thread::Builder::new()
                .name("daemon-grace".into())
                .spawn(move || {
                    std::thread::sleep(grace.saturating_add(MARGIN));
                    std::process::exit(0);
                });
            if ended.is_err() || all.next().is_some() {
                std::process::exit(0);
            }
        })?;
    Ok(())
}
