//! The store of bytes in this process, in the near cache's engine and under its budget.

mod entry;
mod leases;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use memo_memory::{DropLater, Insert, Lookup, Store};

use self::entry::{Stored, address};
use self::leases::Leases;
use super::{Answer, Backend, Capability, Fault, FaultKind, Group, Item, Lease, Name, Token};
use crate::clock::{Clock, Janitor, Tick, Time};
use crate::context;
use crate::expiration::Expiration;
use crate::waits::Waits;

/// A backend in this process: bytes under one budget, gone when the process ends. Cloning shares it.
///
/// A value costs its length, its name's if that is longer than 32 bytes, and about half a kilobyte of bookkeeping. Values are copied when
/// they are stored and shared when they are read. Eviction may take anything, counters included. A read takes no lock.
///
/// ```
/// use memo_core::backend::{Backend, Group, Memory, Name};
/// use memo_core::{Expiration, Waits, backend::Item};
/// # use std::{pin::pin, task::{Context, Poll, Waker}};
/// # fn done<T>(future: impl Future<Output = T>) -> T {
/// #     match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
/// #         Poll::Ready(output) => output,
/// #         Poll::Pending => panic!("not ready at once"),
/// #     }
/// # }
///
/// let memory = Memory::with_budget(1 << 20);
/// let name = Name::new("shop:user:42", Group(0));
/// let item = Item { name: name.clone(), value: "Ada".into(), expiration: Expiration::seconds(60) };
/// done(memory.set_many(vec![item], Waits::Blocking))?;
/// assert_eq!(done(memory.get_many(&[name], Waits::Blocking))?, [Some("Ada".into())]);
/// # Ok::<(), memo_core::backend::Fault>(())
/// ```
#[derive(Clone)]
pub struct Memory(Arc<Inner>);

struct Inner {
    store: Arc<Store>,
    time: Time,
    leases: Leases,
}

/// The longest name, in bytes. Nothing depends on it: names are keys of a table, and count against the budget.
const MAX_NAME: usize = 4096;

impl Memory {
    /// A store of its own, that keeps its entries within so many bytes.
    pub fn with_budget(bytes: usize) -> Self {
        Self::alone(bytes, Time::System)
    }

    /// A store of its own that reads the time from `clock`.
    ///
    /// Nobody drops what expires meanwhile, as a thread does where the time is the system's: every change of the store drops a few.
    pub fn with_clock(bytes: usize, clock: impl Clock + 'static) -> Self {
        Self::alone(bytes, Time::Custom(Arc::new(clock)))
    }

    fn alone(budget: usize, time: Time) -> Self {
        let memory = Self::sharing(Arc::new(Store::with_budget(budget)), time);
        let janitor: Arc<dyn Janitor> = memory.0.clone();
        memory.0.time.employ(Arc::downgrade(&janitor));
        memory
    }

    /// The bytes beside the objects of a near cache: one budget, and a scope's objects leave together with the group's bytes.
    ///
    /// Whoever clears the store, or a scope of it, not by way of this backend leaves its leases as they are.
    pub(crate) fn sharing(store: Arc<Store>, time: Time) -> Self {
        Self(Arc::new(Inner {
            store,
            time,
            leases: Leases::new(),
        }))
    }

    /// Works on a thread whose thread-locals are there, as the engine needs them: on another one, if this one is ending.
    fn work<T: Send>(&self, work: impl FnOnce(&Inner) -> T + Send) -> T {
        let done = context::on_living_thread(|| work(&self.0));
        context::enter_thread();
        done
    }
}

impl Backend for Memory {
    fn kind(&self) -> &'static str {
        "memory"
    }

    fn capability(&self) -> Capability {
        Capability {
            probes: true,
            expires_early: true,
            groups: true,
            counters: true,
            leases: true,
            in_process: true,
            ..Capability::of(MAX_NAME, self.0.largest_value())
        }
    }

    async fn get_many(&self, names: &[Name], _: Waits) -> Answer<Vec<Option<Bytes>>> {
        self.work(|inner| {
            let now = inner.time.exact();
            Ok(names.iter().map(|name| inner.get(name, now)).collect())
        })
    }

    async fn set_many(&self, items: Vec<Item>, _: Waits) -> Answer<()> {
        self.work(|inner| {
            let now = inner.time.exact();
            items.iter().try_for_each(|item| inner.set(item, now))
        })
    }

    async fn delete_many(&self, names: &[Name], _: Waits) -> Answer<usize> {
        self.work(|inner| {
            let now = inner.time.exact();
            let deleted = names.iter().filter(|name| inner.delete(name, now));
            Ok(deleted.count())
        })
    }

    async fn probe_many(&self, names: &[Name], _: Waits) -> Answer<Vec<bool>> {
        self.work(|inner| {
            let now = inner.time.exact();
            Ok(names.iter().map(|name| inner.has(name, now)).collect())
        })
    }

    async fn expire_many(&self, names: &[Name], expiration: Expiration, _: Waits) -> Answer<usize> {
        self.work(|inner| {
            let now = inner.time.exact();
            let expires_at = expiration.deadline(now, None, 0.0);
            let there = names
                .iter()
                .filter(|name| inner.cut_short(name, expires_at, now));
            Ok(there.count())
        })
    }

    async fn delete_group(&self, group: Group, _: Waits) -> Answer<usize> {
        Ok(self.work(|inner| inner.delete_group(group)))
    }

    async fn add(&self, name: &Name, more: u64, expiration: Expiration, _: Waits) -> Answer<u64> {
        self.work(|inner| inner.add(name, more, expiration))
    }

    async fn lease(&self, name: &Name, token: Token, time: Duration, _: Waits) -> Answer<Lease> {
        Ok(self.work(|inner| inner.lease(name, token, time)))
    }

    async fn seize(&self, name: &Name, token: Token, time: Duration, _: Waits) -> Answer<()> {
        self.work(|inner| inner.seize(name, token, time));
        Ok(())
    }

    async fn join(
        &self,
        name: &Name,
        holder: Token,
        token: Token,
        time: Duration,
        _: Waits,
    ) -> Answer<bool> {
        let (now, until) = self.0.now_and_then(time);
        let mut leases = self.0.leases.of(name);
        Ok(leases.join(name, (holder, token), until, now))
    }

    async fn fill(&self, item: Item, token: Token, _: Waits) -> Answer<bool> {
        self.work(|inner| inner.fill(&item, token))
    }

    async fn extend(&self, name: &Name, token: Token, time: Duration, _: Waits) -> Answer<bool> {
        let (now, until) = self.0.now_and_then(time);
        Ok(self.0.leases.of(name).extend(name, token, until, now))
    }

    async fn release(&self, name: &Name, token: Token, _: Waits) -> Answer<bool> {
        let now = self.0.time.exact();
        Ok(self.0.leases.of(name).release(name, token, now))
    }
}

/// A change of a name holds the lock of its leases, so that changes of one name take turns. What the store lets go of meanwhile may be an
/// object of the near cache, whose drop is user code: a [`DropLater`] begun before the lock has it dropped after it.
impl Inner {
    fn get(&self, name: &Name, now: Tick) -> Option<Bytes> {
        match self.store.read(&address(name), now, Stored::to_bytes) {
            Lookup::Hit(value) => Some(value),
            Lookup::Expired | Lookup::Absent => None,
        }
    }

    /// A look, which does not keep it from being evicted.
    fn has(&self, name: &Name, now: Tick) -> bool {
        self.deadline(name).is_some_and(|end| end > now)
    }

    fn deadline(&self, name: &Name) -> Option<Tick> {
        let info = self.store.inspect(&address(name));
        info.map(|info| info.expires_at)
    }

    fn set(&self, item: &Item, now: Tick) -> Answer<()> {
        let _later = DropLater::begin();
        let mut leases = self.leases.of(&item.name);
        leases.void(&item.name);
        self.put(item, now)
    }

    fn delete(&self, name: &Name, now: Tick) -> bool {
        let _later = DropLater::begin();
        let mut leases = self.leases.of(name);
        leases.void(name);
        let was_there = self.has(name, now);
        self.store.remove(&address(name)) && was_there
    }

    /// An addition under way would put the older end back, so it takes its turn.
    fn cut_short(&self, name: &Name, expires_at: Tick, now: Tick) -> bool {
        let _later = DropLater::begin();
        let _leases = self.leases.of(name);
        self.store.cut_short(&address(name), expires_at, now)
    }

    /// Leases first: what is filled by one that was still good is in the store by then, and removed with the rest.
    fn delete_group(&self, group: Group) -> usize {
        self.leases.void_group(group);
        self.store.reclaim(self.time.exact());
        self.store.remove_scope(group.0)
    }

    fn add(&self, name: &Name, more: u64, expiration: Expiration) -> Answer<u64> {
        let _later = DropLater::begin();
        let mut leases = self.leases.of(name);
        let now = self.time.exact();
        let found = self.store.read(&address(name), now, Stored::count);
        let (sum, expires_at) = match (found, self.deadline(name)) {
            (Lookup::Hit(None), _) => return Err(Fault::new(FaultKind::Other, "not a counter")),
            // It stays at the top rather than begin anew, and keeps the end that it has.
            (Lookup::Hit(Some(sum)), Some(end)) => (sum.saturating_add(more), end),
            _ => {
                leases.void(name);
                (more, expiration.deadline(now, None, 0.0))
            }
        };
        self.insert(name, Stored::Count(sum), expires_at, now)?;
        Ok(sum)
    }

    fn lease(&self, name: &Name, token: Token, time: Duration) -> Lease {
        let _later = DropLater::begin();
        let mut leases = self.leases.of(name);
        let (now, until) = self.now_and_then(time);
        match self.get(name, now) {
            Some(value) => Lease::Found(value),
            None => leases.ask(name, token, until, now),
        }
    }

    fn seize(&self, name: &Name, token: Token, time: Duration) {
        let _later = DropLater::begin();
        let mut leases = self.leases.of(name);
        let (now, until) = self.now_and_then(time);
        self.store.remove(&address(name));
        leases.seize(name, token, until, now);
    }

    fn now_and_then(&self, time: Duration) -> (Tick, Tick) {
        let now = self.time.exact();
        (now, Expiration::from(time).deadline(now, None, 0.0))
    }

    fn fill(&self, item: &Item, token: Token) -> Answer<bool> {
        let _later = DropLater::begin();
        let mut leases = self.leases.of(&item.name);
        let now = self.time.exact();
        if !leases.redeem(&item.name, token, now) {
            return Ok(false);
        }
        self.put(item, now)?;
        Ok(true)
    }

    /// Copies: a slice would keep all that it is a slice of, and the budget would not know.
    fn put(&self, item: &Item, now: Tick) -> Answer<()> {
        let value = Stored::Value(Bytes::copy_from_slice(&item.value));
        let expires_at = item.expiration.deadline(now, None, 0.0);
        self.insert(&item.name, value, expires_at, now)
    }

    fn insert(&self, name: &Name, stored: Stored, expires_at: Tick, now: Tick) -> Answer<()> {
        let weight = stored.weight();
        match self
            .store
            .insert(&address(name), Box::new(stored), weight, expires_at, now)
        {
            Insert::Stored { .. } => Ok(()),
            Insert::TooLarge => Err(Fault::new(
                FaultKind::TooLarge,
                "the value has no room in the memory budget",
            )),
        }
    }

    /// Half of the budget, under a name of any length: the engine would refuse what is larger than nine tenths of it.
    fn largest_value(&self) -> usize {
        let bookkeeping = Store::ENTRY_OVERHEAD + MAX_NAME;
        (self.store.stats().budget / 2).saturating_sub(bookkeeping)
    }
}

impl Janitor for Inner {
    fn sweep(&self, now: Tick) -> Option<Tick> {
        self.store.reclaim(now);
        self.store.next_expiry()
    }
}

impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Memory")
            .field("stats", &self.0.store.stats())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;
    use crate::near::{KeyRef, Near, Storing};
    use crate::waits::at_once;

    const FOREVER: Expiration = Expiration::never();

    #[derive(Clone, Debug, Default)]
    struct Dial(Arc<AtomicU64>);

    impl Clock for Dial {
        fn now(&self) -> Tick {
            self.0.load(Ordering::Relaxed)
        }
    }

    fn done<T>(operation: impl Future<Output = Answer<T>>) -> T {
        let answer = at_once(operation);
        answer.expect("the store takes it")
    }

    fn set(memory: &Memory, name: &Name, value: &[u8], expiration: Expiration) -> Answer<()> {
        let item = Item {
            name: name.clone(),
            value: Bytes::copy_from_slice(value),
            expiration,
        };
        at_once(memory.set_many(vec![item], Waits::Async))
    }

    fn get(memory: &Memory, name: &Name) -> Option<Bytes> {
        let mut answers = done(memory.get_many(std::slice::from_ref(name), Waits::Async));
        answers.pop().expect("one answer to one name")
    }

    fn name(text: &str) -> Name {
        Name::new(text, Group(1))
    }

    #[test]
    fn bytes_and_objects_share_one_budget_and_leave_together() {
        let near = Near::new(1 << 20);
        let memory = Memory::sharing(Arc::clone(near.engine()), Time::System);
        set(&memory, &name("a"), &[1; 1000], FOREVER).expect("it fits");
        let call = name("a");
        let object = KeyRef {
            value_type: std::any::TypeId::of::<u8>(),
            ..address(&call)
        };
        let stored = near.store(&object, 7_u8, 1, Tick::MAX, 0);
        assert!(matches!(stored, Storing::Stored { .. }));

        assert_eq!(near.stats().entries, 2);
        assert_eq!(near.stats().bytes, 1001 + 2 * Store::ENTRY_OVERHEAD);
        assert_eq!(near.get::<u8>(&object, 0), Some(7));
        assert_eq!(
            get(&memory, &name("a")).map(|value| value.len()),
            Some(1000)
        );

        assert_eq!(near.remove_scope(1), 2);
        assert_eq!(get(&memory, &name("a")), None);
    }

    #[test]
    fn one_text_in_two_groups_is_two_names() {
        let memory = Memory::with_budget(1 << 20);
        let (one, two) = (Name::new("a", Group(1)), Name::new("a", Group(2)));
        set(&memory, &one, b"1", FOREVER).expect("it fits");
        assert_eq!(get(&memory, &two), None);
        set(&memory, &two, b"2", FOREVER).expect("it fits");
        assert_eq!(done(memory.delete_group(Group(2), Waits::Async)), 1);
        assert_eq!(get(&memory, &one), Some("1".into()));
    }

    #[test]
    fn what_the_budget_cannot_hold_is_refused_and_the_older_value_gone() {
        let memory = Memory::with_budget(64 << 10);
        let largest = memory.capability().max_value_bytes;
        assert!((16 << 10..64 << 10).contains(&largest));
        set(&memory, &name("a"), &vec![1; largest], FOREVER).expect("it says that it fits");
        let refused = set(&memory, &name("a"), &[1; 64 << 10], FOREVER);
        assert_eq!(
            refused.map_err(|fault| fault.kind()),
            Err(FaultKind::TooLarge)
        );
        assert_eq!(get(&memory, &name("a")), None);
    }

    #[test]
    fn a_store_without_a_budget_takes_nothing_and_does_not_panic() {
        let memory = Memory::with_budget(0);
        assert_eq!(memory.capability().max_value_bytes, 0);
        assert!(set(&memory, &name("a"), b"", FOREVER).is_err());
        let sum = at_once(memory.add(&name("a"), 1, FOREVER, Waits::Async));
        assert!(sum.is_err());
    }

    #[test]
    fn a_slice_keeps_nothing_of_what_it_is_a_slice_of() {
        let memory = Memory::with_budget(1 << 20);
        let whole = Bytes::from(vec![7; 1 << 16]);
        let item = Item {
            name: name("a"),
            value: whole.slice(..10),
            expiration: FOREVER,
        };
        done(memory.set_many(vec![item], Waits::Async));
        assert!(whole.is_unique());
        assert_eq!(get(&memory, &name("a")), Some(vec![7; 10].into()));
    }

    #[test]
    fn what_has_expired_counts_for_nothing() {
        let clock = Dial::default();
        let memory = Memory::with_clock(1 << 20, clock.clone());
        set(&memory, &name("a"), b"1", Expiration::millis(10)).expect("it fits");
        set(&memory, &name("b"), b"1", Expiration::millis(11)).expect("it fits");
        clock.0.store(10, Ordering::Relaxed);
        assert_eq!(get(&memory, &name("a")), None);
        assert_eq!(done(memory.delete_many(&[name("a")], Waits::Async)), 0);
        assert_eq!(done(memory.delete_group(Group(1), Waits::Async)), 1);
    }

    #[test]
    fn a_counter_reads_as_digits_and_stays_at_the_top() {
        let memory = Memory::with_budget(1 << 20);
        let counter = name("n");
        let add = |more| done(memory.add(&counter, more, FOREVER, Waits::Async));
        assert_eq!(add(41), 41);
        assert_eq!(add(1), 42);
        assert_eq!(get(&memory, &counter), Some("42".into()));
        assert_eq!(add(u64::MAX), u64::MAX);
    }

    #[test]
    fn additions_keep_the_end_that_a_counter_was_cut_short_to() {
        let clock = Dial::default();
        let memory = Memory::with_clock(1 << 20, clock.clone());
        let counter = [name("n")];
        let add = |life| done(memory.add(&counter[0], 1, life, Waits::Async));
        assert_eq!(add(Expiration::millis(100)), 1);
        let cut = memory.expire_many(&counter, Expiration::millis(10), Waits::Async);
        assert_eq!(done(cut), 1);
        assert_eq!(add(FOREVER), 2);
        clock.0.store(10, Ordering::Relaxed);
        assert_eq!(add(FOREVER), 1);
    }

    #[test]
    fn of_two_ends_the_earlier_one_stays() {
        let clock = Dial::default();
        let memory = Memory::with_clock(1 << 20, clock.clone());
        let names = [name("a"), name("b")];
        set(&memory, &names[0], b"1", Expiration::millis(10)).expect("it fits");
        set(&memory, &names[1], b"1", FOREVER).expect("it fits");
        let cut = memory.expire_many(&names, Expiration::millis(20), Waits::Async);
        assert_eq!(done(cut), 2);
        for (now, there) in [(9, [true, true]), (10, [false, true]), (20, [false; 2])] {
            clock.0.store(now, Ordering::Relaxed);
            assert_eq!(done(memory.probe_many(&names, Waits::Async)), there);
        }
    }

    #[test]
    fn a_name_whose_value_was_cut_short_can_be_leased_when_it_is_gone() {
        let clock = Dial::default();
        let memory = Memory::with_clock(1 << 20, clock.clone());
        let names = [name("a")];
        let second = Duration::from_secs(1);
        let lease = |token| done(memory.lease(&names[0], token, second, Waits::Async));
        let token = Token(1);
        let cut = || done(memory.expire_many(&names, Expiration::millis(10), Waits::Async));
        set(&memory, &names[0], b"1", FOREVER).expect("it fits");
        assert_eq!(cut(), 1);
        clock.0.store(10, Ordering::Relaxed);
        assert_eq!(lease(token), Lease::Granted);
        assert_eq!(cut(), 0);
        assert_eq!(lease(Token(2)), Lease::Held(token));
        let item = Item {
            name: name("a"),
            value: "2".into(),
            expiration: FOREVER,
        };
        assert!(done(memory.fill(item, token, Waits::Async)));
        assert_eq!(get(&memory, &names[0]), Some("2".into()));
    }

    #[test]
    fn a_value_is_no_counter() {
        let memory = Memory::with_budget(1 << 20);
        set(&memory, &name("a"), b"5", FOREVER).expect("it fits");
        let sum = at_once(memory.add(&name("a"), 1, FOREVER, Waits::Async));
        assert!(sum.is_err());
        assert_eq!(get(&memory, &name("a")), Some("5".into()));
    }

    #[test]
    fn leases_that_nobody_gave_back_are_forgotten() {
        let clock = Dial::default();
        let memory = Memory::with_clock(1 << 20, clock.clone());
        for round in 0..10_000_u64 {
            clock.0.store(round, Ordering::Relaxed);
            let name = name(&round.to_string());
            let time = Duration::from_millis(10);
            done(memory.lease(&name, Token(round), time, Waits::Async));
        }
        assert!(memory.0.leases.len() < 1000);
    }

    #[test]
    fn a_thread_that_ends_can_still_use_the_store() {
        use std::cell::OnceCell;

        struct Last(OnceCell<Memory>);
        impl Drop for Last {
            fn drop(&mut self) {
                let memory = self.0.get().expect("the thread has set it");
                assert_eq!(get(memory, &name("a")), Some("A".into()));
                set(memory, &name("b"), b"B", FOREVER).expect("it fits");
                assert_eq!(done(memory.delete_many(&[name("a")], Waits::Async)), 1);
            }
        }
        thread_local!(static LAST: Last = const { Last(OnceCell::new()) });

        let memory = Memory::with_budget(1 << 20);
        let theirs = memory.clone();
        let thread = std::thread::spawn(move || {
            LAST.with(|last| last.0.set(theirs.clone()).expect("it is set once"));
            set(&theirs, &name("a"), b"A", FOREVER).expect("it fits");
            get(&theirs, &name("a"));
        });
        thread.join().expect("it ends well");
        assert_eq!(get(&memory, &name("a")), None);
        assert_eq!(get(&memory, &name("b")), Some("B".into()));
    }

    /// The drop of an object calls the store again, as a user's may: under the lock of a name it would wait for itself.
    #[test]
    fn an_object_that_makes_room_for_bytes_is_dropped_under_no_lock() {
        #[derive(Clone)]
        struct Nosy(Memory, Arc<AtomicU64>);
        impl Drop for Nosy {
            fn drop(&mut self) {
                set(&self.0, &name("a"), b"from a drop", FOREVER).expect("it fits");
                self.1.fetch_add(1, Ordering::Relaxed);
            }
        }
        let near = Near::new(64 << 10);
        let memory = Memory::sharing(Arc::clone(near.engine()), Time::System);
        let drops = Arc::new(AtomicU64::new(0));
        let call = name("object");
        let object = KeyRef {
            value_type: std::any::TypeId::of::<Nosy>(),
            ..address(&call)
        };
        let nosy = Nosy(memory.clone(), Arc::clone(&drops));
        near.store(&object, nosy, 50 << 10, Tick::MAX, 0);
        set(&memory, &name("a"), &[0; 30 << 10], FOREVER).expect("it fits");
        assert_eq!(drops.load(Ordering::Relaxed), 1);
        assert_eq!(get(&memory, &name("a")), Some("from a drop".into()));
    }
}
