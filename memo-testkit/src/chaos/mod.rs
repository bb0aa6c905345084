//! A store that fails when it is told to.

mod book;
mod gate;
mod spoil;
mod trouble;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use memo_core::backend::{
    Answer, Backend, Bytes, Capability, Fault, FaultKind, Group, Item, Lease, Name, Token,
};
use memo_core::{Expiration, Waits};

use self::book::Book;
pub use self::book::Logged;
use self::gate::Gate;
use self::spoil::{misplace, spoil};
pub use self::trouble::{Operation, Trouble};
use crate::block_on::at_once;

/// A backend around another, in which things go wrong as the test says, and in which a test can look and meddle. Cloning shares it.
///
/// ```
/// use memo_core::backend::{Backend, Group, Item, Memory, Name};
/// use memo_core::{Expiration, Waits};
/// use memo_testkit::{Chaos, Operation, Trouble, block_on};
///
/// let chaos = Chaos::over(Memory::with_budget(1 << 20));
/// let name = Name::new("shop:user:42", Group(0));
/// let item = Item { name: name.clone(), value: "Ada".into(), expiration: Expiration::never() };
/// block_on(chaos.set_many(vec![item], Waits::Async))?;
///
/// chaos.next(Operation::Get, Trouble::FlipBit { answer: 0, bit: 1 });
/// let mut get = || block_on(chaos.get_many(&[name.clone()], Waits::Async));
/// assert_eq!(get()?, [Some("Cda".into())]);
/// assert_eq!(get()?, [Some("Ada".into())]);
///
/// chaos.edit("shop:user:42", |value| value.truncate(1));
/// assert_eq!(get()?, [Some("A".into())]);
/// assert_eq!((chaos.gets(), chaos.sets()), (3, 1));
/// # Ok::<(), memo_core::backend::Fault>(())
/// ```
pub struct Chaos<B>(Arc<Inner<B>>);

struct Inner<B> {
    backend: B,
    capability: Capability,
    seed: u64,
    rate: f64,
    book: Mutex<Book>,
    gate: Gate,
}

/// How it is made.
impl<B: Backend> Chaos<B> {
    /// Nothing goes wrong but what is planned.
    pub fn over(backend: B) -> Self {
        Self::seeded(backend, 0, 0.0)
    }

    /// Besides what is planned, operations go wrong at this rate, from 0 to 1, in any of the ways but those that wait for
    /// [`release`](Self::release). The same seed and the same operations in the same order give the same troubles; `Debug` shows the
    /// seed.
    pub fn seeded(backend: B, seed: u64, rate: f64) -> Self {
        let capability = backend.capability();
        Self::new(backend, capability, seed, rate)
    }

    /// A store that can do less than `backend` can: it refuses larger values, and operations that `capability` denies. So values are cut into
    /// small chunks, or are stored as outside of the process.
    ///
    /// Around it another can be [`seeded`](Self::seeded).
    ///
    /// ```
    /// use memo_core::backend::{Backend, Capability, Memory};
    /// use memo_testkit::Chaos;
    ///
    /// let outside = Chaos::limited(Memory::with_budget(1 << 20), Capability::of(250, 4096));
    /// assert_eq!(outside.capability().max_value_bytes, 4096);
    /// assert!(!outside.capability().in_process);
    /// ```
    pub fn limited(backend: B, capability: Capability) -> Self {
        Self::new(backend, capability, 0, 0.0)
    }

    fn new(backend: B, capability: Capability, seed: u64, rate: f64) -> Self {
        Self(Arc::new(Inner {
            backend,
            capability,
            seed,
            rate,
            book: Mutex::new(Book::new(seed, rate)),
            gate: Gate::default(),
        }))
    }
}

/// What shall go wrong.
impl<B> Chaos<B> {
    /// The next operation of this kind that is not planned yet goes wrong like this.
    ///
    /// # Panics
    ///
    /// If that trouble cannot happen to such an operation.
    #[track_caller]
    pub fn next(&self, operation: Operation, trouble: Trouble) {
        self.script([(operation, trouble)]);
    }

    /// Plans what becomes of the coming operations: each one takes the first step of its kind. [`Trouble::None`] lets one pass.
    ///
    /// # Panics
    ///
    /// If a trouble cannot happen to its operation.
    #[track_caller]
    pub fn script(&self, steps: impl IntoIterator<Item = (Operation, Trouble)>) {
        let steps: Vec<_> = steps.into_iter().collect();
        for (operation, trouble) in &steps {
            assert!(
                trouble.suits(*operation),
                "{trouble:?} cannot happen to {operation:?}"
            );
        }
        self.book().plan(steps);
    }

    /// How many planned steps no operation has taken yet.
    pub fn planned(&self) -> usize {
        self.book().planned()
    }

    /// Lets go of all operations that hang or are delayed now.
    pub fn release(&self) {
        self.0.gate.open();
    }

    /// Blocks this thread until so many operations hang or are delayed.
    pub fn wait_until_held(&self, operations: usize) {
        self.0.gate.wait_until_waiting(operations);
    }
}

/// What went through.
impl<B> Chaos<B> {
    /// Every operation so far, in order.
    pub fn log(&self) -> Vec<Logged> {
        self.book().log.clone()
    }

    /// Forgets the operations so far; what is planned and stored stays.
    pub fn clear_log(&self) {
        self.book().log.clear();
    }

    /// How many operations of a kind there were, however they ended.
    pub fn count(&self, operation: Operation) -> usize {
        let book = self.book();
        let of_kind = book.log.iter().filter(|entry| entry.operation == operation);
        of_kind.count()
    }

    /// How many times values were asked for.
    pub fn gets(&self) -> usize {
        self.count(Operation::Get)
    }

    /// How many times values were set.
    pub fn sets(&self) -> usize {
        self.count(Operation::Set)
    }

    /// How many times names were deleted.
    pub fn deletes(&self) -> usize {
        self.count(Operation::Delete)
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.0.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Meddling with what is stored. It goes past the script and the log, and blocks the thread while the backend works.
///
/// # Panics
///
/// Where the backend fails, and where a name is given under which nothing is stored.
impl<B: Backend> Chaos<B> {
    /// Names and values of all that was set and is still there, in the order of the names.
    #[track_caller]
    pub fn entries(&self) -> Vec<(String, Bytes)> {
        let names = self.book().names();
        let values = done(self.0.backend.get_many(&names, Waits::Blocking));
        let texts = names.iter().map(|name| name.as_str().to_owned());
        texts
            .zip(values)
            .filter_map(|(text, value)| Some((text, value?)))
            .collect()
    }

    /// Changes a stored value. Its time begins anew.
    #[track_caller]
    pub fn edit(&self, name: &str, change: impl FnOnce(&mut Vec<u8>)) {
        let item = self.stored(name);
        let mut value = item.value.to_vec();
        change(&mut value);
        let value = value.into();
        self.put(Item { value, ..item });
    }

    /// Removes a stored value.
    #[track_caller]
    pub fn remove(&self, name: &str) {
        let item = self.stored(name);
        done(self.0.backend.delete_many(&[item.name], Waits::Blocking));
    }

    /// Stores what is under one name under another as well, in the group that it had there or else in the same.
    #[track_caller]
    pub fn copy(&self, from: &str, to: &str) {
        let item = self.stored(from);
        let known = self.book().past(to).map(|(name, _)| name);
        let name = known.unwrap_or_else(|| Name::new(to, item.name.group()));
        self.put(Item { name, ..item });
    }

    #[track_caller]
    fn stored(&self, text: &str) -> Item {
        let known = self.book().past(text);
        let (name, expiration) = known.expect("nothing was set under this name");
        let names = std::slice::from_ref(&name);
        let mut values = done(self.0.backend.get_many(names, Waits::Blocking));
        let value = values.pop().flatten();
        Item {
            name,
            value: value.expect("nothing is stored under this name"),
            expiration,
        }
    }

    /// From now on it is one of the values that were set.
    #[track_caller]
    fn put(&self, item: Item) {
        self.book().remember(&item);
        done(self.0.backend.set_many(vec![item], Waits::Blocking));
    }
}

#[track_caller]
fn done<T>(operation: impl Future<Output = Answer<T>>) -> T {
    let answer = at_once(operation).expect("a blocking operation is ready when first polled");
    answer.expect("the backend does it")
}

impl<B: Backend> Chaos<B> {
    fn meet(&self, operation: Operation, names: &[Name]) -> Trouble {
        self.book().meet(operation, names)
    }

    /// Does `work`, with the troubles that any operation may have.
    async fn suffer<T>(
        &self,
        trouble: Trouble,
        waits: Waits,
        work: impl Future<Output = Answer<T>>,
    ) -> Answer<T> {
        match trouble {
            Trouble::FailBefore => Err(Fault::new(FaultKind::Connect, "chaos: before")),
            Trouble::FailAfter => {
                work.await?;
                Err(Fault::new(FaultKind::Timeout, "chaos: the reply is lost"))
            }
            Trouble::Hang => {
                self.0.gate.pass(waits).await;
                Err(Fault::new(FaultKind::Timeout, "chaos: it hung"))
            }
            Trouble::Delay => {
                self.0.gate.pass(waits).await;
                work.await
            }
            Trouble::DelayReply => {
                let answer = work.await;
                self.0.gate.pass(waits).await;
                answer
            }
            _ => work.await,
        }
    }

    async fn lose(&self, names: &[Name], trouble: Trouble, waits: Waits) -> Answer<()> {
        if let Trouble::Evict(place) = trouble
            && let Some(lost) = names.get(place % names.len().max(1))
        {
            let lost = std::slice::from_ref(lost);
            self.0.backend.delete_many(lost, waits).await?;
        }
        Ok(())
    }

    /// An operation that the backend may have and we do not.
    fn deny_unless(&self, can: impl Fn(&Capability) -> bool) -> Answer<()> {
        if can(&self.0.capability) || !can(&self.0.backend.capability()) {
            return Ok(());
        }
        Err(Fault::new(FaultKind::Unsupported, "chaos: not here"))
    }

    /// Also what the backend could take, if it is over the limit that we say.
    fn refuse_too_large(&self, items: &[Item]) -> Answer<()> {
        let limit = self.0.capability.max_value_bytes;
        let ours = limit < self.0.backend.capability().max_value_bytes;
        if ours && items.iter().any(|item| item.value.len() > limit) {
            return Err(Fault::new(FaultKind::TooLarge, "chaos: over the limit"));
        }
        Ok(())
    }
}

impl<B: Backend> Backend for Chaos<B> {
    fn kind(&self) -> &'static str {
        "chaos"
    }

    fn capability(&self) -> Capability {
        self.0.capability
    }

    async fn get_many(&self, names: &[Name], waits: Waits) -> Answer<Vec<Option<Bytes>>> {
        let trouble = self.meet(Operation::Get, names);
        self.lose(names, trouble, waits).await?;
        let work = self.0.backend.get_many(names, waits);
        let mut answers = self.suffer(trouble, waits, work).await?;
        spoil(&mut answers, names, trouble, &mut self.book());
        Ok(answers)
    }

    async fn set_many(&self, items: Vec<Item>, waits: Waits) -> Answer<()> {
        let names: Vec<Name> = items.iter().map(|item| item.name.clone()).collect();
        let trouble = self.meet(Operation::Set, &names);
        self.refuse_too_large(&items)?;
        let work = async {
            items.iter().for_each(|item| self.book().remember(item));
            self.0.backend.set_many(items, waits).await
        };
        self.suffer(trouble, waits, work).await?;
        self.lose(&names, trouble, waits).await
    }

    async fn delete_many(&self, names: &[Name], waits: Waits) -> Answer<usize> {
        let trouble = self.meet(Operation::Delete, names);
        let work = self.0.backend.delete_many(names, waits);
        self.suffer(trouble, waits, work).await
    }

    async fn probe_many(&self, names: &[Name], waits: Waits) -> Answer<Vec<bool>> {
        self.deny_unless(|can| can.probes)?;
        let trouble = self.meet(Operation::Probe, names);
        self.lose(names, trouble, waits).await?;
        let work = self.0.backend.probe_many(names, waits);
        let mut answers = self.suffer(trouble, waits, work).await?;
        misplace(&mut answers, trouble);
        Ok(answers)
    }

    async fn expire_many(
        &self,
        names: &[Name],
        expiration: Expiration,
        waits: Waits,
    ) -> Answer<usize> {
        self.deny_unless(|can| can.expires_early)?;
        let trouble = self.meet(Operation::Expire, names);
        let work = self.0.backend.expire_many(names, expiration, waits);
        self.suffer(trouble, waits, work).await
    }

    async fn delete_group(&self, group: Group, waits: Waits) -> Answer<usize> {
        self.deny_unless(|can| can.groups)?;
        let trouble = self.meet(Operation::DeleteGroup, &[]);
        let work = self.0.backend.delete_group(group, waits);
        self.suffer(trouble, waits, work).await
    }

    async fn add(
        &self,
        name: &Name,
        more: u64,
        expiration: Expiration,
        waits: Waits,
    ) -> Answer<u64> {
        self.deny_unless(|can| can.counters)?;
        let trouble = self.meet(Operation::Add, std::slice::from_ref(name));
        let work = self.0.backend.add(name, more, expiration, waits);
        self.suffer(trouble, waits, work).await
    }

    async fn lease(
        &self,
        name: &Name,
        token: Token,
        time: Duration,
        waits: Waits,
    ) -> Answer<Lease> {
        self.deny_unless(|can| can.leases)?;
        let names = std::slice::from_ref(name);
        let trouble = self.meet(Operation::Lease, names);
        let work = self.0.backend.lease(name, token, time, waits);
        let lease = self.suffer(trouble, waits, work).await?;
        let Lease::Found(value) = lease else {
            return Ok(lease);
        };
        let mut answers = vec![Some(value.clone())];
        spoil(&mut answers, names, trouble, &mut self.book());
        Ok(Lease::Found(answers.pop().flatten().unwrap_or(value)))
    }

    async fn seize(&self, name: &Name, token: Token, time: Duration, waits: Waits) -> Answer<()> {
        self.deny_unless(|can| can.leases)?;
        let trouble = self.meet(Operation::Seize, std::slice::from_ref(name));
        let work = self.0.backend.seize(name, token, time, waits);
        self.suffer(trouble, waits, work).await
    }

    async fn join(
        &self,
        name: &Name,
        holder: Token,
        token: Token,
        time: Duration,
        waits: Waits,
    ) -> Answer<bool> {
        self.deny_unless(|can| can.leases)?;
        let trouble = self.meet(Operation::Join, std::slice::from_ref(name));
        let work = self.0.backend.join(name, holder, token, time, waits);
        self.suffer(trouble, waits, work).await
    }

    async fn fill(&self, item: Item, token: Token, waits: Waits) -> Answer<bool> {
        self.deny_unless(|can| can.leases)?;
        let trouble = self.meet(Operation::Fill, std::slice::from_ref(&item.name));
        self.refuse_too_large(std::slice::from_ref(&item))?;
        let work = async {
            self.book().remember(&item);
            self.0.backend.fill(item, token, waits).await
        };
        self.suffer(trouble, waits, work).await
    }

    async fn extend(
        &self,
        name: &Name,
        token: Token,
        time: Duration,
        waits: Waits,
    ) -> Answer<bool> {
        self.deny_unless(|can| can.leases)?;
        let trouble = self.meet(Operation::Extend, std::slice::from_ref(name));
        let work = self.0.backend.extend(name, token, time, waits);
        self.suffer(trouble, waits, work).await
    }

    async fn release(&self, name: &Name, token: Token, waits: Waits) -> Answer<bool> {
        self.deny_unless(|can| can.leases)?;
        let trouble = self.meet(Operation::Release, std::slice::from_ref(name));
        let work = self.0.backend.release(name, token, waits);
        self.suffer(trouble, waits, work).await
    }
}

impl<B> Clone for Chaos<B> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<B> fmt::Debug for Chaos<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (operations, planned) = {
            let book = self.book();
            (book.log.len(), book.planned())
        };
        f.debug_struct("Chaos")
            .field("seed", &self.0.seed)
            .field("rate", &self.0.rate)
            .field("operations", &operations)
            .field("planned", &planned)
            .finish_non_exhaustive()
    }
}
