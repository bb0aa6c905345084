//! What laws do with a backend, in few words.

use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use memo_core::backend::{Answer, Backend, Bytes, Capability, Group, Item, Lease, Name, Token};
use memo_core::{Expiration, Waits};

use super::Subject;
use crate::block_on::{at_once, block_on};

/// One law's work on a backend that others may use as well: its names and groups are its own.
pub(super) struct Bench<'s, B> {
    subject: &'s Subject<B>,
    waits: Waits,
    prefix: String,
    pub(super) group: Group,
    moment: Duration,
    began: Instant,
    /// How long the law has let time pass, in nanoseconds.
    advanced: AtomicU64,
}

pub(super) const FOREVER: Expiration = Expiration::never();

impl<'s, B: Backend> Bench<'s, B> {
    /// A bench whose moments are so many times those of the subject.
    pub(super) fn new(subject: &'s Subject<B>, waits: Waits, stretch: u32) -> Self {
        // Servers keep what earlier runs left there.
        let nonce = RandomState::new().hash_one(0);
        Self {
            subject,
            waits,
            prefix: format!("law:{nonce:016x}:"),
            group: another_group(),
            moment: subject.moment() * stretch,
            began: Instant::now(),
            advanced: AtomicU64::new(0),
        }
    }

    pub(super) fn capability(&self) -> Capability {
        self.backend().capability()
    }

    pub(super) fn name(&self, text: &str) -> Name {
        self.name_in(self.group, text)
    }

    pub(super) fn name_in(&self, group: Group, text: &str) -> Name {
        Name::new(format!("{}{text}", self.prefix), group)
    }

    /// A name of this length that ends so.
    pub(super) fn name_of_length(&self, length: usize, end: char) -> Name {
        let filler = length.saturating_sub(self.prefix.len() + end.len_utf8());
        self.name(&format!("{}{end}", "n".repeat(filler)))
    }

    /// So many of the shortest times that the backend can tell apart.
    pub(super) fn moments(&self, many: u32) -> Duration {
        self.moment * many
    }

    pub(super) fn advance(&self, moments: u32) {
        let by = self.moments(moments);
        let nanos = u64::try_from(by.as_nanos()).unwrap_or(u64::MAX);
        self.advanced.fetch_add(nanos, Ordering::Relaxed);
        self.subject.advance(by);
    }

    /// Whether so much more time has passed than the law let pass that lives may have ended too early for it.
    pub(super) fn is_late(&self) -> bool {
        let meant = Duration::from_nanos(self.advanced.load(Ordering::Relaxed));
        self.subject.is_in_real_time() && is_late(self.began.elapsed(), meant, self.moment)
    }

    pub(super) fn get(&self, name: &Name) -> Option<Bytes> {
        let mut answers = self.get_many(std::slice::from_ref(name));
        assert_eq!(answers.len(), 1, "one name, one answer");
        answers.pop().flatten()
    }

    pub(super) fn get_many(&self, names: &[Name]) -> Vec<Option<Bytes>> {
        self.done(self.backend().get_many(names, self.waits))
    }

    pub(super) fn set(&self, name: &Name, value: impl Into<Bytes>) {
        self.set_for(name, value, FOREVER);
    }

    pub(super) fn set_for(
        &self,
        name: &Name,
        value: impl Into<Bytes>,
        expiration: impl Into<Expiration>,
    ) {
        self.set_many(vec![item(name, value, expiration)]);
    }

    pub(super) fn set_many(&self, items: Vec<Item>) {
        self.done(self.try_set_many(items));
    }

    pub(super) fn try_set_many(&self, items: Vec<Item>) -> impl Future<Output = Answer<()>> {
        self.backend().set_many(items, self.waits)
    }

    pub(super) fn delete(&self, name: &Name) -> usize {
        self.delete_many(std::slice::from_ref(name))
    }

    pub(super) fn delete_many(&self, names: &[Name]) -> usize {
        self.done(self.backend().delete_many(names, self.waits))
    }

    pub(super) fn probe(&self, names: &[Name]) -> Vec<bool> {
        self.done(self.backend().probe_many(names, self.waits))
    }

    pub(super) fn expire(&self, names: &[Name], expiration: impl Into<Expiration>) -> usize {
        let expiration = expiration.into();
        self.done(self.backend().expire_many(names, expiration, self.waits))
    }

    pub(super) fn delete_group(&self, group: Group) -> usize {
        self.done(self.backend().delete_group(group, self.waits))
    }

    pub(super) fn add(&self, name: &Name, more: u64) -> u64 {
        self.add_for(name, more, FOREVER)
    }

    pub(super) fn add_for(&self, name: &Name, more: u64, expiration: impl Into<Expiration>) -> u64 {
        let expiration = expiration.into();
        self.done(self.backend().add(name, more, expiration, self.waits))
    }

    /// A lease for longer than any law takes.
    pub(super) fn lease(&self, name: &Name) -> Lease {
        self.lease_by(name, token(), self.moments(3600))
    }

    pub(super) fn lease_by(&self, name: &Name, token: Token, time: Duration) -> Lease {
        self.done(self.backend().lease(name, token, time, self.waits))
    }

    #[track_caller]
    pub(super) fn granted(&self, name: &Name) -> Token {
        self.granted_for(name, self.moments(3600))
    }

    #[track_caller]
    pub(super) fn granted_for(&self, name: &Name, time: Duration) -> Token {
        let token = token();
        let lease = self.lease_by(name, token, time);
        assert_eq!(lease, Lease::Granted, "no lease was granted");
        token
    }

    pub(super) fn is_held(&self, name: &Name) -> bool {
        matches!(self.lease(name), Lease::Held(_))
    }

    pub(super) fn seize(&self, name: &Name, time: Duration) -> Token {
        let token = token();
        self.done(self.backend().seize(name, token, time, self.waits));
        token
    }

    /// The token by which it was joined, if it was.
    pub(super) fn join(&self, name: &Name, holder: Token, time: Duration) -> Option<Token> {
        let token = token();
        let join = self.backend().join(name, holder, token, time, self.waits);
        self.done(join).then_some(token)
    }

    pub(super) fn fill(&self, name: &Name, value: impl Into<Bytes>, token: Token) -> bool {
        self.fill_for(name, value, FOREVER, token)
    }

    pub(super) fn fill_for(
        &self,
        name: &Name,
        value: impl Into<Bytes>,
        expiration: impl Into<Expiration>,
        token: Token,
    ) -> bool {
        let item = item(name, value, expiration);
        self.done(self.backend().fill(item, token, self.waits))
    }

    pub(super) fn extend(&self, name: &Name, token: Token, time: Duration) -> bool {
        self.done(self.backend().extend(name, token, time, self.waits))
    }

    pub(super) fn release(&self, name: &Name, token: Token) -> bool {
        self.done(self.backend().release(name, token, self.waits))
    }

    pub(super) fn backend(&self) -> &B {
        self.subject.backend()
    }

    pub(super) fn waits(&self) -> Waits {
        self.waits
    }

    #[track_caller]
    pub(super) fn done<T>(&self, operation: impl Future<Output = Answer<T>>) -> T {
        self.run(operation).expect("the backend does it")
    }

    /// That blocking operations are ready when first polled is a law in itself.
    #[track_caller]
    pub(super) fn run<T>(&self, operation: impl Future<Output = T>) -> T {
        match self.waits {
            Waits::Blocking => at_once(operation).expect("it is ready when first polled"),
            Waits::Async => block_on(operation),
        }
    }
}

fn is_late(took: Duration, meant: Duration, moment: Duration) -> bool {
    took.saturating_sub(meant) >= moment / 2
}

pub(super) fn item(
    name: &Name,
    value: impl Into<Bytes>,
    expiration: impl Into<Expiration>,
) -> Item {
    Item {
        name: name.clone(),
        value: value.into(),
        expiration: expiration.into(),
    }
}

/// A group that no other law has, in this process.
pub(super) fn another_group() -> Group {
    static NEXT: AtomicU32 = AtomicU32::new(1 << 31);
    Group(NEXT.fetch_add(1, Ordering::Relaxed))
}

/// One that no other lease has: of the laws that are put to one store, in this process or in another.
fn token() -> Token {
    static LAST: AtomicU64 = AtomicU64::new(0);
    let number = LAST.fetch_add(1, Ordering::Relaxed);
    Token(RandomState::new().hash_one((std::process::id(), number)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_law_is_late_once_it_takes_half_a_moment_more_than_it_meant_to() {
        let millis = Duration::from_millis;
        assert!(!is_late(millis(349), millis(300), millis(100)));
        assert!(is_late(millis(350), millis(300), millis(100)));
        assert!(!is_late(millis(200), millis(300), millis(100)));
    }
}
