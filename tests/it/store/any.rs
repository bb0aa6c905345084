//! A store of one test's own on any server.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use memo::backend::{
    Answer, Backend, Bytes, Capability, Group, Item, Lease, Memory, Name, Terms, Token,
};
use memo::{Expiration, Waits};
use memo_testkit::ManualClock;

use super::book::Book;
use super::{DEADLINE, Server, report};

/// A part of a server, whose names begin with a number of their own there. Cloning shares it.
///
/// It does two things for the server. A server's time cannot be advanced: what has ended by the test's clock is deleted there before the next
/// operation. And servers know no groups: the names of each are remembered here.
#[derive(Clone, Debug)]
pub(crate) struct AnyStore {
    server: Connected,
    part: Arc<Part>,
}

#[derive(Clone, Debug)]
enum Connected {
    Memory(Memory),
    #[cfg(feature = "redis")]
    Redis(memo::Redis),
    #[cfg(feature = "memcached")]
    Memcached(memo::Memcached),
}

#[derive(Debug)]
struct Part {
    prefix: String,
    book: Mutex<Book>,
    /// `None` where the server's time is the test's.
    clock: Option<ManualClock>,
    is_outside: bool,
    at_once: bool,
    test: String,
    is_asked: AtomicBool,
}

/// The longest prefix.
const PREFIX: usize = 8;

/// Longer than any test: time stands still there.
const A_WHILE: Duration = Duration::from_secs(3600);

macro_rules! ask {
    ($store:expr, $server:ident => $operation:expr) => {
        match $store {
            Connected::Memory($server) => $operation,
            #[cfg(feature = "redis")]
            Connected::Redis($server) => $operation,
            #[cfg(feature = "memcached")]
            Connected::Memcached($server) => $operation,
        }
    };
}

impl AnyStore {
    /// A new part of this server, where time passes by this clock, or else as it does.
    pub(super) fn on(server: Server, clock: Option<ManualClock>) -> Self {
        let mut connected = Connected::to(server);
        // Here, since a `Chaos` around it is shared when its cache is built, and passes nothing on.
        ask!(&mut connected, server => server.accept(&Terms::within(DEADLINE)));
        Self::new(connected, server != Server::Memory, clock)
    }

    /// A store where this run keeps its values; in memory, one of so many bytes.
    pub(crate) fn with_clock(budget: usize, clock: ManualClock) -> Self {
        match Server::of_this_test() {
            Server::Memory => {
                let memory = Memory::with_clock(budget, clock);
                Self::new(Connected::Memory(memory), false, None)
            }
            server => Self::on(server, Some(clock)),
        }
    }

    fn new(server: Connected, is_outside: bool, clock: Option<ManualClock>) -> Self {
        static LAST: AtomicU64 = AtomicU64::new(0);
        let number = LAST.fetch_add(1, Ordering::Relaxed);
        let prefix = format!("{number:x}/");
        assert!(prefix.len() <= PREFIX, "too many stores");
        let part = Part {
            prefix,
            book: Mutex::default(),
            clock,
            is_outside,
            at_once: report::is_at_once(),
            test: report::test(),
            is_asked: AtomicBool::new(false),
        };
        Self {
            server,
            part: Arc::new(part),
        }
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        let book = self.part.book.lock();
        book.unwrap_or_else(PoisonError::into_inner)
    }

    /// What every operation begins with; how it waits.
    async fn begin(&self, waits: Waits) -> Answer<Waits> {
        if !self.part.is_asked.swap(true, Ordering::Relaxed) && self.part.is_outside {
            report::asked(&self.part.test);
        }
        let waits = if self.part.at_once {
            Waits::Blocking
        } else {
            waits
        };
        let ended = self.part.clock.as_ref().map(|now| self.book().ended(now));
        let ended = ended.unwrap_or_default();
        if !ended.is_empty() {
            ask!(&self.server, server => server.delete_many(&ended, waits).await)?;
        }
        Ok(waits)
    }

    /// What the server calls it.
    fn name(&self, name: &Name) -> Name {
        Name::new(self.part.prefix.clone() + name.as_str(), name.group())
    }

    fn names(&self, names: &[Name]) -> Vec<Name> {
        names.iter().map(|name| self.name(name)).collect()
    }

    fn item(&self, item: Item) -> Item {
        let name = self.name(&item.name);
        let item = Item { name, ..item };
        self.book().set(&item, self.part.clock.as_ref());
        let expiration = self.patient_end(item.expiration);
        Item { expiration, ..item }
    }

    /// So long by the server's time: the test's clock says when it ends.
    fn patient(&self, time: Duration) -> Duration {
        match &self.part.clock {
            None => time,
            Some(_) => time.max(A_WHILE),
        }
    }

    fn patient_end(&self, expiration: Expiration) -> Expiration {
        match expiration.duration() {
            Some(time) => self.patient(time).into(),
            None => expiration,
        }
    }
}

impl Connected {
    fn to(server: Server) -> Self {
        match server {
            Server::Memory | Server::Outside => Self::Memory(Memory::with_budget(64 << 20)),
            #[cfg(feature = "redis")]
            Server::Redis => Self::redis(),
            #[cfg(feature = "memcached")]
            Server::Memcached => Self::memcached(),
            #[cfg(not(all(feature = "redis", feature = "memcached")))]
            _ => panic!("this build knows no such server"),
        }
    }

    /// The tests share connections, as the parts of a program do.
    #[cfg(feature = "redis")]
    fn redis() -> Self {
        static SHARED: std::sync::LazyLock<memo::Redis> = std::sync::LazyLock::new(|| {
            let url = memo_testkit::servers::RedisServer::shared().url();
            memo::Redis::connect(&url).expect("a URL")
        });
        Self::Redis(SHARED.clone())
    }

    #[cfg(feature = "memcached")]
    fn memcached() -> Self {
        static SHARED: std::sync::LazyLock<memo::Memcached> = std::sync::LazyLock::new(|| {
            let url = memo_testkit::servers::MemcachedServer::shared().url();
            memo::Memcached::connect(&url).expect("a URL")
        });
        Self::Memcached(SHARED.clone())
    }
}

impl Backend for AnyStore {
    fn kind(&self) -> &'static str {
        ask!(&self.server, server => server.kind())
    }

    /// The server's, but for groups, and for names, which lose what the prefix takes.
    fn capability(&self) -> Capability {
        let mut capability = ask!(&self.server, server => server.capability());
        capability.max_name_bytes -= PREFIX;
        if self.part.is_outside {
            capability.groups = true;
            capability.in_process = false;
        }
        capability
    }

    async fn get_many(&self, names: &[Name], waits: Waits) -> Answer<Vec<Option<Bytes>>> {
        let (waits, names) = (self.begin(waits).await?, self.names(names));
        ask!(&self.server, server => server.get_many(&names, waits).await)
    }

    async fn set_many(&self, items: Vec<Item>, waits: Waits) -> Answer<()> {
        let waits = self.begin(waits).await?;
        let items = items.into_iter().map(|item| self.item(item)).collect();
        ask!(&self.server, server => server.set_many(items, waits).await)
    }

    async fn delete_many(&self, names: &[Name], waits: Waits) -> Answer<usize> {
        let (waits, names) = (self.begin(waits).await?, self.names(names));
        ask!(&self.server, server => server.delete_many(&names, waits).await)
    }

    async fn probe_many(&self, names: &[Name], waits: Waits) -> Answer<Vec<bool>> {
        let (waits, names) = (self.begin(waits).await?, self.names(names));
        ask!(&self.server, server => server.probe_many(&names, waits).await)
    }

    async fn expire_many(
        &self,
        names: &[Name],
        expiration: Expiration,
        waits: Waits,
    ) -> Answer<usize> {
        let (waits, names) = (self.begin(waits).await?, self.names(names));
        if let Some(clock) = &self.part.clock {
            let mut book = self.book();
            let shorten = |name| book.shorten(name, expiration, clock);
            names.iter().for_each(shorten);
        }
        let expiration = self.patient_end(expiration);
        ask!(&self.server, server => server.expire_many(&names, expiration, waits).await)
    }

    async fn delete_group(&self, group: Group, waits: Waits) -> Answer<usize> {
        let waits = self.begin(waits).await?;
        if !self.part.is_outside {
            return ask!(&self.server, server => server.delete_group(group, waits).await);
        }
        let names = self.book().take_group(group);
        ask!(&self.server, server => server.delete_many(&names, waits).await)
    }

    async fn add(
        &self,
        name: &Name,
        more: u64,
        expiration: Expiration,
        waits: Waits,
    ) -> Answer<u64> {
        let (waits, name) = (self.begin(waits).await?, self.name(name));
        ask!(&self.server, server => server.add(&name, more, expiration, waits).await)
    }

    async fn lease(
        &self,
        name: &Name,
        token: Token,
        time: Duration,
        waits: Waits,
    ) -> Answer<Lease> {
        let (waits, name) = (self.begin(waits).await?, self.name(name));
        let patient = self.patient(time);
        let lease = ask!(&self.server, server => server.lease(&name, token, patient, waits).await)?;
        if let (Lease::Granted, Some(clock)) = (&lease, &self.part.clock) {
            self.book().lease(&name, time, clock);
        }
        Ok(lease)
    }

    async fn seize(&self, name: &Name, token: Token, time: Duration, waits: Waits) -> Answer<()> {
        let (waits, name) = (self.begin(waits).await?, self.name(name));
        let patient = self.patient(time);
        ask!(&self.server, server => server.seize(&name, token, patient, waits).await)?;
        if let Some(clock) = &self.part.clock {
            self.book().lease(&name, time, clock);
        }
        Ok(())
    }

    async fn join(
        &self,
        name: &Name,
        holder: Token,
        token: Token,
        time: Duration,
        waits: Waits,
    ) -> Answer<bool> {
        let (waits, name) = (self.begin(waits).await?, self.name(name));
        let patient = self.patient(time);
        let joined =
            ask!(&self.server, server => server.join(&name, holder, token, patient, waits).await)?;
        if let (true, Some(clock)) = (joined, &self.part.clock) {
            self.book().lease(&name, time, clock);
        }
        Ok(joined)
    }

    async fn fill(&self, item: Item, token: Token, waits: Waits) -> Answer<bool> {
        let (waits, item) = (self.begin(waits).await?, self.item(item));
        ask!(&self.server, server => server.fill(item, token, waits).await)
    }

    async fn extend(
        &self,
        name: &Name,
        token: Token,
        time: Duration,
        waits: Waits,
    ) -> Answer<bool> {
        let (waits, name) = (self.begin(waits).await?, self.name(name));
        let patient = self.patient(time);
        let stands =
            ask!(&self.server, server => server.extend(&name, token, patient, waits).await)?;
        if let (true, Some(clock)) = (stands, &self.part.clock) {
            self.book().lease(&name, time, clock);
        }
        Ok(stands)
    }

    async fn release(&self, name: &Name, token: Token, waits: Waits) -> Answer<bool> {
        let (waits, name) = (self.begin(waits).await?, self.name(name));
        ask!(&self.server, server => server.release(&name, token, waits).await)
    }
}
