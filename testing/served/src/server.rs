//! A world behind JSON-RPC.

use std::{future::Future, pin::Pin, rc::Rc};

use homeostat_sandbox::{Bank, World};
use hyper::StatusCode;
use tokio::sync::{mpsc, Mutex};

use crate::{
    http::{self, Answer, Asked, HangUp, Listening},
    ledger::Ledger,
    methods::Node,
    rpc,
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

/// The stage, and what happened on it.
struct Inside<S> {
    stage: S,
    ledger: Ledger,
}

impl<S: Stage> Inside<S> {
    fn node(&mut self) -> Node<'_> {
        Node {
            bank: self.stage.bank(),
            ledger: &mut self.ledger,
        }
    }
}

type Act<S> =
    Box<dyn for<'a> FnOnce(&'a mut Inside<S>) -> Pin<Box<dyn Future<Output = ()> + 'a>> + Send>;

/// A [`World`] (or a [`Bank`], or whatever owns one) behind Solana's JSON-RPC over HTTP, on
/// a thread of its own. Dropping it ends thread and port.
///
/// Blocking calls: inside a runtime use it from a thread that may block. They panic when
/// what runs inside has panicked.
pub struct Served<S: Stage = World> {
    listening: Listening,
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
        let (acts, mut asked) = mpsc::unbounded_channel::<Act<S>>();
        let (ready, built) = std::sync::mpsc::channel();
        let listening = Listening::start("homeostat-served", move |listener| async move {
            let mut stage = build().await;
            let ledger = Ledger::open(stage.bank()).await;
            let inside = Rc::new(Mutex::new(Inside { stage, ledger }));
            // Nobody waits any more if this fails.
            let _ = ready.send(());
            let serving = http::serve(listener, {
                let inside = Rc::clone(&inside);
                move |asked| handle(Rc::clone(&inside), asked)
            });
            let acting = async {
                while let Some(act) = asked.recv().await {
                    act(&mut *inside.lock().await).await;
                }
            };
            tokio::join!(serving, acting);
        });
        built.recv().expect("the world is built");
        Self { listening, acts }
    }

    /// Such as `http://127.0.0.1:34567`.
    pub fn url(&self) -> &str {
        self.listening.url()
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
        self.inside(async move |inside: &mut Inside<S>| inside.node().skip(blocks).await);
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
        Asked::Post(body) => {
            let mut inside = inside.lock().await;
            let response = rpc::respond(&mut inside.node(), &body).await;
            Ok(http::json(response.unwrap_or_default()))
        }
    }
}
