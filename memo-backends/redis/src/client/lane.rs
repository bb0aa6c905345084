//! The connection that all who await in one runtime share.

use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use memo_core::backend::{Answer, Fault, FaultKind};
use memo_net::gather::{Crowd, Gathering};
use memo_net::runtime::within;
use memo_net::stream::{Duplex, dial};
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, RedisConnectionInfo};
use tokio::runtime::Handle;
use tokio::sync::watch;
use tokio::task::AbortHandle;

use super::bounded::{Bounded, Exceeded};
use super::question::Question;
use super::target::Target;
use crate::error;

/// A place for one connection, which is made when it is needed and replaced when it broke.
#[derive(Debug)]
pub(crate) struct Lane {
    target: Arc<Target>,
    runtime: Handle,
    live: Mutex<Option<Arc<Live>>>,
    /// What becomes of the latest attempt to connect. It runs in a task of its own: one who asked may be dropped, or not be polled for long.
    attempt: Mutex<Option<Attempt>>,
}

/// Nothing while it is under way.
type Attempt = watch::Receiver<Option<Answer<()>>>;

/// A connection.
#[derive(Debug)]
pub(crate) struct Live {
    connection: MultiplexedConnection,
    asking: Crowd,
    used: AtomicBool,
    is_exceeded: Exceeded,
    driver: AbortHandle,
}

/// How many questions wait for the driver before those who ask have to. Waiting there costs more than waiting for the answer.
const QUEUE: usize = 1024;

impl Lane {
    pub(super) fn new(target: Arc<Target>, runtime: Handle) -> Self {
        Self {
            target,
            runtime,
            live: Mutex::default(),
            attempt: Mutex::default(),
        }
    }

    /// The connection, if there is one that stands as far as is known.
    pub(super) fn current(&self) -> Option<Arc<Live>> {
        let mut live = self.live.lock().unwrap_or_else(PoisonError::into_inner);
        live.take_if(|live| live.driver.is_finished());
        live.clone()
    }

    /// The connection, or a new one; all who come meanwhile share one attempt.
    pub(super) async fn connect(self: &Arc<Self>, until: Instant) -> Answer<Arc<Live>> {
        let mut attempt = self.attempt(until);
        let outcome = attempt.wait_for(Option::is_some).await;
        let outcome = outcome.map_err(|_| no_runtime())?.clone();
        outcome.unwrap_or_else(|| Err(no_runtime()))?;
        self.current().ok_or_else(error::cut)
    }

    /// The attempt that is under way, or a new one; one that succeeded, as long as its connection stands.
    fn attempt(self: &Arc<Self>, until: Instant) -> Attempt {
        let mut latest = self.attempt.lock().unwrap_or_else(PoisonError::into_inner);
        let serves = |attempt: &&Attempt| match &*attempt.borrow() {
            None => attempt.has_changed().is_ok(),
            Some(outcome) => outcome.is_ok() && self.current().is_some(),
        };
        if let Some(attempt) = latest.as_ref().filter(serves) {
            return attempt.clone();
        }
        let (tell, told) = watch::channel(None);
        *latest = Some(told.clone());
        let lane = Arc::clone(self);
        self.runtime.spawn(async move {
            let outcome = lane.connect_now(until).await;
            tell.send_replace(Some(outcome));
        });
        told
    }

    async fn connect_now(&self, until: Instant) -> Answer<()> {
        let until = self.target.connected_by(until);
        let live = within(until, pin!(connect(&self.target, until))).await?;
        *self.live.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(live));
        Ok(())
    }

    /// Lets go of a connection that broke, unless it has been replaced. Those who wait for an answer on it may go on.
    pub(super) fn discard(&self, broken: &Arc<Live>) {
        let mut live = self.live.lock().unwrap_or_else(PoisonError::into_inner);
        live.take_if(|live| Arc::ptr_eq(live, broken));
    }
}

impl Live {
    pub(super) async fn ask<Q: Question>(&self, question: &Q) -> Answer<Q::Reply> {
        let _member = self.asking.join();
        let mut connection = self.connection.clone();
        let reply = question.send(&mut connection).await;
        let reply = reply.map_err(|error| match self.is_exceeded.is_so() {
            true => error::too_long(),
            false => error::of_driver(&error),
        })?;
        let reply = question.fitting(reply)?;
        // Written once: many read it at a time.
        if self.is_new() {
            self.used.store(true, Ordering::Relaxed);
        }
        Ok(reply)
    }

    /// Whether it has ended because somebody's answer was too long.
    pub(super) fn is_exceeded(&self) -> bool {
        self.is_exceeded.is_so()
    }

    pub(super) fn is_new(&self) -> bool {
        !self.used.load(Ordering::Relaxed)
    }

    /// Has `connection` driven until nobody holds it any more: a server that hangs would hold it for ever.
    fn driven(
        connection: MultiplexedConnection,
        asking: Crowd,
        is_exceeded: Exceeded,
        driver: impl Future<Output = ()> + Send + 'static,
    ) -> Self {
        let driver = tokio::spawn(driver).abort_handle();
        Self {
            connection,
            asking,
            used: AtomicBool::new(false),
            is_exceeded,
            driver,
        }
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

/// Runs in the runtime that will drive the connection.
async fn connect(target: &Arc<Target>, until: Instant) -> Answer<Live> {
    let address = match target.is_watched() {
        false => target.locate(until)?,
        true => {
            let target = Arc::clone(target);
            let asking = tokio::task::spawn_blocking(move || target.locate(until));
            asking.await.map_err(|_| no_runtime())?
        }?,
    };
    let stream = dial(&address, target.tls.as_ref());
    let stream = stream
        .await
        .map_err(|error| error::of_connecting(&address.to_string(), &error))?;
    let live = talk(stream).await?;
    let greeting = target.greeting();
    if !greeting.is_empty() {
        let mut connection = live.connection.clone();
        let answers = greeting.send(&mut connection).await;
        target.accepts(&answers.map_err(|error| error::of_driver(&error))?)?;
    }
    Ok(live)
}

/// The greeting is ours, and so are the deadlines: the driver's would need the timers of the caller's runtime.
async fn talk(stream: Box<dyn Duplex>) -> Answer<Live> {
    let nothing_to_say = RedisConnectionInfo::default().set_skip_set_lib_name();
    let asking = Crowd::default();
    let is_exceeded = Exceeded::default();
    let stream = Bounded::over(stream, is_exceeded.clone());
    let stream = Gathering::over(stream, asking.clone());
    let config = AsyncConnectionConfig::new()
        .set_pipeline_buffer_size(QUEUE)
        .set_connection_timeout(None)
        .set_response_timeout(None);
    let made = MultiplexedConnection::new_with_config(&nothing_to_say, stream, config).await;
    let (connection, driver) = made.map_err(|error| error::of_driver(&error))?;
    Ok(Live::driven(connection, asking, is_exceeded, driver))
}

fn no_runtime() -> Fault {
    let message = "the runtime has ended, or drives no sockets";
    Fault::new(FaultKind::Connect, message)
}
