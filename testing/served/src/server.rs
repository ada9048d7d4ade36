//! A world behind JSON-RPC.

use std::{future::Future, pin::Pin, rc::Rc, time::Instant};

use homeostat_sandbox::{Bank, World};
use hyper::StatusCode;
use tokio::{
    sync::{mpsc, Mutex},
    time::{interval, MissedTickBehavior},
};

use crate::{
    http::{self, Answer, Asked, Caller, HangUp, Listening},
    ledger::Ledger,
    methods::{self, Node},
    pace::{Pace, Run, TICK},
    ports::{self, PortError},
    rpc,
    subscriptions::Subscriptions,
    websocket::{self, Office},
};

/// What can be served: anything that owns a bank.
pub trait Stage: 'static {
    /// Its bank.
    fn bank(&mut self) -> &mut Bank;
}

impl Stage for Bank {
    fn bank(&mut self) -> &mut Bank {
        self
    }
}

impl Stage for World {
    fn bank(&mut self) -> &mut Bank {
        &mut self.bank
    }
}

/// Where a world is served, and how its clock moves.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// Port of JSON-RPC (1 to 65534); the websocket is on the next one. `None` takes two that
    /// are free.
    pub rpc_port: Option<u16>,
    /// How the clock moves by itself.
    pub pace: Pace,
}

/// The stage, what happened on it, and who is told.
struct Inside<S> {
    stage: S,
    ledger: Ledger,
    pace: Pace,
    subscriptions: Subscriptions,
}

impl<S: Stage> Inside<S> {
    fn parts(&mut self) -> (Node<'_>, &mut Subscriptions) {
        let node = Node {
            bank: self.stage.bank(),
            ledger: &mut self.ledger,
            pace: self.pace,
        };
        (node, &mut self.subscriptions)
    }

    async fn respond(&mut self, caller: Caller, body: &[u8]) -> Option<Vec<u8>> {
        let (mut node, subscriptions) = self.parts();
        let response = rpc::respond(body, async |method: &str, arguments: &rpc::Arguments| {
            methods::call(&mut node, caller, method, arguments).await
        })
        .await;
        subscriptions.publish(&mut node, false).await;
        response
    }

    /// The clock of a running world moves.
    async fn tick(&mut self, run: &mut Run) {
        let (mut node, subscriptions) = self.parts();
        node.bank.advance(run.passed(Instant::now())).await;
        if let Some(slots) = run.slots() {
            node.skip(slots).await;
        }
        subscriptions.publish(&mut node, false).await;
    }

    /// Tells what a closure changed, with or without transactions.
    async fn changed(&mut self) {
        let (mut node, subscriptions) = self.parts();
        subscriptions.publish(&mut node, true).await;
    }
}

impl<S: Stage> Office for Rc<Mutex<Inside<S>>> {
    async fn join(&self) -> Option<(u64, mpsc::Receiver<String>)> {
        self.lock().await.subscriptions.join()
    }

    async fn leave(&self, connection: u64) {
        self.lock().await.subscriptions.leave(connection);
    }

    async fn answer(&self, connection: u64, message: &[u8]) -> Option<Vec<u8>> {
        let mut inside = self.lock().await;
        let (mut node, subscriptions) = inside.parts();
        rpc::respond(message, async |method: &str, arguments: &rpc::Arguments| {
            subscriptions
                .call(&mut node, connection, method, arguments)
                .await
        })
        .await
    }
}

type Act<S> =
    Box<dyn for<'a> FnOnce(&'a mut Inside<S>) -> Pin<Box<dyn Future<Output = ()> + 'a>> + Send>;

/// A [`World`] (or a [`Bank`], or whatever owns one) behind Solana's JSON-RPC over HTTP and its
/// subscriptions over websocket, on a thread of its own. Dropping it ends thread and ports.
///
/// Blocking calls: inside a runtime use it from a thread that may block. They panic when
/// what runs inside has panicked.
pub struct Served<S: Stage = World> {
    listening: Listening,
    websocket: String,
    acts: mpsc::UnboundedSender<Act<S>>,
}

impl<S: Stage> Served<S> {
    /// Builds the world on the thread that serves it, and returns when it answers.
    ///
    /// ```no_run
    /// use homeostat_sandbox::{Bank, World, WorldSpec};
    /// use homeostat_served::Served;
    ///
    /// let spec = WorldSpec { period: 3_600, ..WorldSpec::default() };
    /// let world = Served::start(async move || World::build(&spec).await);
    /// let bare = Served::start(async || Bank::start().await);
    /// # drop((world, bare));
    /// ```
    pub fn start(build: impl AsyncFnOnce() -> S + Send + 'static) -> Self {
        Self::start_with(Options::default(), build).expect("this machine has two free ports")
    }

    /// Starts on given ports or with a clock that runs.
    ///
    /// # Errors
    ///
    /// The port is taken, or the next one, where the websocket goes.
    pub fn start_with(
        options: Options,
        build: impl AsyncFnOnce() -> S + Send + 'static,
    ) -> Result<Self, PortError> {
        let listeners = ports::pair(options.rpc_port)?;
        let above = listeners[1]
            .local_addr()
            .expect("a listener has an address");
        let (acts, mut asked) = mpsc::unbounded_channel::<Act<S>>();
        let (ready, built) = std::sync::mpsc::channel();
        let main = move |[listener, websocket]: [tokio::net::TcpListener; 2]| async move {
            let mut stage = build().await;
            let ledger = Ledger::open(stage.bank()).await;
            let inside = Rc::new(Mutex::new(Inside {
                stage,
                ledger,
                pace: options.pace,
                subscriptions: Subscriptions::default(),
            }));
            // Nobody waits any more if this fails.
            let _ = ready.send(());
            let serving = http::serve(listener, {
                let inside = Rc::clone(&inside);
                move |asked| handle(Rc::clone(&inside), asked)
            });
            let telling = websocket::serve(websocket, Rc::clone(&inside));
            let acting = async {
                while let Some(act) = asked.recv().await {
                    let mut inside = inside.lock().await;
                    act(&mut *inside).await;
                    inside.changed().await;
                }
            };
            tokio::join!(serving, telling, acting, running(&inside, options.pace));
        };
        let listening = Listening::start("homeostat-served", listeners, main);
        built.recv().expect("the world is built");
        Ok(Self {
            listening,
            websocket: format!("ws://{above}"),
            acts,
        })
    }

    /// Such as `http://127.0.0.1:34567`.
    pub fn url(&self) -> &str {
        self.listening.url()
    }

    /// Such as `ws://127.0.0.1:34568`.
    pub fn ws_url(&self) -> &str {
        &self.websocket
    }

    /// Whether it still answers: no longer once what runs inside has panicked.
    pub fn is_running(&self) -> bool {
        self.listening.is_running()
    }

    /// Runs a closure on the world, between two requests, and returns what it returns.
    ///
    /// ```no_run
    /// # use homeostat_sandbox::World;
    /// # let served = homeostat_served::Served::start(async || World::new().await);
    /// let end = served.with(async |world: &mut World| {
    ///     world.bank.advance(60).await;
    ///     world.economy().await.next_end
    /// });
    /// # let _ = end;
    /// ```
    pub fn with<T: Send + 'static>(
        &self,
        act: impl AsyncFnOnce(&mut S) -> T + Send + 'static,
    ) -> T {
        self.inside(async move |inside: &mut Inside<S>| act(&mut inside.stage).await)
    }

    /// Lets `blocks` pass (at least 1) in which nothing happens: after 151 every blockhash
    /// that was handed out is too old. The clock's time stays.
    pub fn skip_blocks(&self, blocks: u64) {
        self.inside(async move |inside: &mut Inside<S>| inside.parts().0.skip(blocks).await);
    }

    /// Moves the clock on by `seconds`.
    pub fn advance(&self, seconds: i64) {
        self.with(async move |stage: &mut S| stage.bank().advance(seconds).await);
    }

    /// The clock's time (unix seconds).
    pub fn now(&self) -> i64 {
        self.with(async |stage: &mut S| stage.bank().now())
    }

    fn inside<T: Send + 'static>(
        &self,
        act: impl AsyncFnOnce(&mut Inside<S>) -> T + Send + 'static,
    ) -> T {
        let (done, result) = std::sync::mpsc::channel();
        let act: Act<S> = Box::new(move |inside| {
            Box::pin(async move {
                // Nobody waits any more if this fails.
                let _ = done.send(act(inside).await);
            })
        });
        // Fails, as the next line does, when the thread has panicked.
        let _ = self.acts.send(act);
        result.recv().expect("the world is running")
    }
}

async fn handle<S: Stage>(inside: Rc<Mutex<Inside<S>>>, asked: Asked) -> Result<Answer, HangUp> {
    match asked {
        Asked::Get(path) if path == "/health" => Ok(http::text(StatusCode::OK, "ok")),
        Asked::Get(_) => Ok(http::text(StatusCode::NOT_FOUND, "no such page")),
        Asked::Post(body, caller) => {
            let response = inside.lock().await.respond(caller, &body).await;
            Ok(http::json(response.unwrap_or_default()))
        }
    }
}

/// Lets the clock run, if it does.
async fn running<S: Stage>(inside: &Mutex<Inside<S>>, pace: Pace) {
    let Pace::Running { speed } = pace else {
        return;
    };
    let (mut run, mut ticks) = (Run::new(speed), interval(TICK));
    // A machine that was asleep has no ticks to catch up with; its clock has.
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        inside.lock().await.tick(&mut run).await;
    }
}
