//! Several servers of one cluster, and which of them is asked when.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::OnceLock;
use std::time::Duration;

use serde_json::Value;
use solana_hash::Hash;
use solana_rpc_client_api::client_error::{Error as ClientError, Result};
use solana_rpc_client_api::request::{RpcError, RpcRequest};

use super::budget::Budget;
use super::course::{Course, Whom};
use super::http::speaker;
use super::server::{Server, Speaker};
use super::trouble::{failure, judge, GaveUp, Trouble};
use super::{Machine, Options, Tell, Time};
use crate::cluster::Kind;
use homeostat_settings::failure::Failure;

/// How often a server that is not reached is asked in all: a connection may end by chance.
const REACHES: u32 = 3;
/// How long a request is tried for whose caller asks again by itself.
const HURRIED: Duration = Duration::from_secs(2);

/// Servers of one cluster, in order.
pub(crate) struct Servers {
    all: Vec<Server>,
    /// That of the cluster, which the first server that answered has told.
    genesis: OnceLock<Hash>,
    time: Box<dyn Time>,
    timeout: Duration,
    tell: Tell,
    /// Which one answered last.
    current: AtomicUsize,
    requests: AtomicUsize,
}

impl Servers {
    /// Servers over HTTP, by the time of this machine.
    ///
    /// # Errors
    ///
    /// This machine cannot speak HTTP.
    pub(crate) fn new(options: &Options) -> core::result::Result<Self, Failure> {
        let speak = |url: &str| -> core::result::Result<Speaker, Failure> {
            Ok(Box::new(speaker(url, options.timeout)?))
        };
        Self::of(options, speak, Box::new(Machine::default()))
    }

    /// Servers that are spoken to in some way, by some clock.
    pub(super) fn of(
        options: &Options,
        mut speak: impl FnMut(&str) -> core::result::Result<Speaker, Failure>,
        time: Box<dyn Time>,
    ) -> core::result::Result<Self, Failure> {
        let server = |url: &String| Ok(Server::new(url, speak(url)?, options.budget.of(url)));
        Ok(Self {
            all: options
                .urls
                .iter()
                .map(server)
                .collect::<core::result::Result<_, Failure>>()?,
            genesis: OnceLock::new(),
            time,
            timeout: options.timeout,
            tell: options.tell.clone(),
            current: AtomicUsize::new(0),
            requests: AtomicUsize::new(0),
        })
    }

    /// Requests that were made, each try counted.
    pub(crate) fn requests(&self) -> usize {
        self.requests.load(Ordering::Relaxed)
    }

    /// The first server's URL.
    pub(crate) fn first_url(&self) -> &str {
        self.all.first().map_or("", |server| &server.url)
    }

    /// How often whoever answered last is asked at most.
    pub(crate) fn budget(&self) -> Option<Budget> {
        let current = self.current.load(Ordering::Relaxed);
        self.all.get(current).and_then(Server::budget)
    }

    /// Who answered last, without what may be a secret.
    pub(crate) fn shown(&self) -> String {
        let current = self.current.load(Ordering::Relaxed);
        self.name(current)
    }

    /// All servers in the order in which they would be asked now.
    pub(crate) fn order(&self) -> Vec<usize> {
        let now = self.time.now();
        let mut order: Vec<usize> = (0..self.all.len()).collect();
        order.sort_by_key(|index| {
            let server = self.all.get(*index);
            server.map(|server| server.rest_ends().saturating_sub(now))
        });
        order
    }

    /// A server's URL without what may be a secret.
    pub(crate) fn name(&self, index: usize) -> String {
        let server = self.all.get(index);
        server
            .map(|server| server.shown.clone())
            .unwrap_or_default()
    }

    /// Asks. An answer that refuses the request is an answer; anything else ends with
    /// [`GaveUp`].
    pub(crate) async fn ask(
        &self,
        whom: Whom,
        request: RpcRequest,
        params: &Value,
    ) -> Result<Value> {
        let begun = self.time.now();
        let patience = self.patience(whom, request, params);
        let mut course = Course {
            begun,
            sent: begun,
            whom,
            out: Vec::new(),
            lost: vec![0; self.all.len()],
            tries: 0,
        };
        loop {
            let Some((index, free)) = self.next(&course.out, whom) else {
                return Err(self.gave_up(&course, None));
            };
            let Some(server) = self.all.get(index) else {
                return Err(self.gave_up(&course, None));
            };
            let now = self.time.now();
            if free > now {
                if free > course.begun.saturating_add(patience) {
                    return Err(self.gave_up(&course, Some(free.saturating_sub(now))));
                }
                self.tell_of_waiting(server, now, patience);
                self.time.wait(free.saturating_sub(now)).await;
                continue;
            }
            course.tries = course.tries.saturating_add(1);
            let asking = self.meet_and_ask(&mut course, server, request, params);
            let error = match asking.await {
                Ok(answer) => {
                    server.answered();
                    self.answers(index, whom);
                    return Ok(answer);
                }
                Err(error) => error,
            };
            let trouble = judge(&error);
            if trouble == Trouble::Answer {
                return Err(error);
            }
            let said = failure(&server.shown, &error, Some(&request));
            self.note(&mut course, index, trouble, said);
        }
    }

    /// A failed try: whether the server is left alone, and whether it is asked again.
    fn note(&self, course: &mut Course, index: usize, trouble: Trouble, said: Failure) {
        let Some(server) = self.all.get(index) else {
            return;
        };
        let (asked, now) = (course.sent, self.time.now());
        let others = self.all.len() > 1;
        match trouble {
            Trouble::Busy(wants) => server.failed(asked, now, wants, self.timeout, said),
            Trouble::Lost => {
                server.failed(asked, now, None, self.timeout, said);
                if let Some(lost) = course.lost.get_mut(index) {
                    *lost = lost.saturating_add(1);
                    if *lost >= REACHES {
                        course.out.push(index);
                    }
                }
            }
            Trouble::Useless if others => {
                server.failed(asked, now, None, self.timeout.saturating_mul(2), said);
                course.out.push(index);
            }
            Trouble::Useless | Trouble::NotHere | Trouble::Answer => {
                server.remember(said);
                course.out.push(index);
            }
        }
    }

    /// How long a request is tried for.
    fn patience(&self, whom: Whom, request: RpcRequest, params: &Value) -> Duration {
        if matches!(whom, Whom::One { patient: false, .. }) {
            return Duration::ZERO;
        }
        let longest = self.timeout.saturating_mul(2);
        // Whoever waits for a transaction asks for its status and sends it again anyway.
        let history = params.pointer("/1/searchTransactionHistory");
        let again = match request {
            RpcRequest::SendTransaction => true,
            RpcRequest::GetSignatureStatuses => history != Some(&Value::Bool(true)),
            _ => false,
        };
        if again {
            longest.min(HURRIED)
        } else {
            longest
        }
    }

    /// The first server in order that is not left alone now, else the one that is free first;
    /// and when that is.
    fn next(&self, out: &[usize], whom: Whom) -> Option<(usize, Duration)> {
        let now = self.time.now();
        let servers = self.all.iter().enumerate();
        let asked = servers
            .filter(|(index, _)| whom.may_be(*index) && !out.contains(index))
            .map(|(index, server)| (index, server.rest_ends()));
        let mut first = None;
        for (index, free) in asked {
            if free <= now {
                return Some((index, free));
            }
            if first.is_none_or(|(_, sooner)| free < sooner) {
                first = Some((index, free));
            }
        }
        first
    }

    /// Asks a server, whose genesis is known or asked for first.
    async fn meet_and_ask(
        &self,
        course: &mut Course,
        server: &Server,
        request: RpcRequest,
        params: &Value,
    ) -> Result<Value> {
        let genesis = match server.genesis() {
            Some(genesis) => genesis,
            None => self.meet(course, server).await?,
        };
        match request {
            RpcRequest::GetGenesisHash => Ok(Value::String(genesis.to_string())),
            _ => self.post(course, server, request, params).await,
        }
    }

    /// Asks a server for its genesis, which has to be what its name promises, and that of the
    /// others.
    async fn meet(&self, course: &mut Course, server: &Server) -> Result<Hash> {
        let told = self
            .post(course, server, RpcRequest::GetGenesisHash, &Value::Null)
            .await?;
        let genesis: Hash = told
            .as_str()
            .and_then(|told| told.parse().ok())
            .ok_or_else(|| ClientError::from(RpcError::ParseError("a genesis hash".into())))?;
        let (kind, shown) = (Kind::of(&genesis), &server.shown);
        if let Some(promised) = Kind::promised_by(&server.url).filter(|promised| *promised != kind)
        {
            let words =
                format!("{shown} is named {promised}, but its genesis {genesis} is of {kind}");
            return Err(GaveUp(
                Failure::new("wrong_cluster", words)
                    .remedy("do not send anything there; check the URL"),
            )
            .into());
        }
        let known = self.genesis.get_or_init(|| genesis);
        if *known != genesis {
            let words = format!(
                "{shown} is of another cluster than {}: its genesis is {genesis}, not {known}",
                self.shown()
            );
            return Err(GaveUp(
                Failure::new("wrong_cluster", words)
                    .remedy("give only servers of one cluster with --url; nothing was asked of it"),
            )
            .into());
        }
        server.has_genesis(genesis);
        Ok(genesis)
    }

    /// One request, as soon as the server's budget has room for it.
    async fn post(
        &self,
        course: &mut Course,
        server: &Server,
        request: RpcRequest,
        params: &Value,
    ) -> Result<Value> {
        let method = request.to_string();
        while let Err((wait, told)) = server.book(&method, self.time.now()) {
            if let Some(budget) = told {
                (self.tell)(&format!(
                    "{} is asked {budget} at most: waiting",
                    server.shown
                ));
            }
            self.time.wait(wait).await;
            course.begun = course.begun.saturating_add(wait);
        }
        course.sent = self.time.now();
        self.requests.fetch_add(1, Ordering::Relaxed);
        server.speaker.send(request, params.clone()).await
    }

    /// A server answered; that it is another one than before is told.
    fn answers(&self, index: usize, whom: Whom) {
        if whom != Whom::Any {
            return;
        }
        let before = self.current.swap(index, Ordering::Relaxed);
        let (Some(old), Some(new)) = (self.all.get(before), self.all.get(index)) else {
            return;
        };
        if before != index && old.tells(self.time.now()) {
            let why = old.last().map(|why| format!("{}; ", why.message));
            let why = why.unwrap_or_default();
            (self.tell)(&format!("{why}asking {} now", new.shown));
        }
    }

    fn tell_of_waiting(&self, server: &Server, now: Duration, patience: Duration) {
        if let Some(why) = server.last() {
            if server.tells(now) {
                (self.tell)(&format!(
                    "{}; asking again for up to {:.0} s",
                    why.message,
                    patience.as_secs_f64()
                ));
            }
        }
    }

    /// The failure of a request that nobody answered. `rest` is for how long the server that is
    /// free first would have to be left alone.
    fn gave_up(&self, course: &Course, rest: Option<Duration>) -> ClientError {
        let servers = self.all.iter().enumerate();
        let asked = servers.filter(|(index, _)| course.whom.may_be(*index));
        let said: Vec<Failure> = asked.filter_map(|(_, server)| server.last()).collect();
        let Some(first) = said.first() else {
            let nobody = Failure::new("rpc_unreachable", "there is no server to ask");
            return GaveUp(nobody.remedy("name one with --url")).into();
        };
        let mut all: Vec<&str> = said.iter().map(|one| one.message.as_str()).collect();
        all.dedup();
        let mut message = all.join("; ");
        let took = self.time.now().saturating_sub(course.begun);
        if course.tries > 1 {
            message.push_str(&format!(
                "; asked {} times in {:.1} s",
                course.tries,
                took.as_secs_f64()
            ));
        }
        if let Some(rest) = rest {
            message.push_str(&format!(
                "; it can be asked again in {:.1} s",
                rest.as_secs_f64()
            ));
        }
        let mut failure = first.clone();
        failure.message = message;
        GaveUp(failure).into()
    }
}

#[cfg(test)]
mod tests;
