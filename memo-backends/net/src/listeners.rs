//! Those who use the servers of one client: caches, each with a deadline of its own, that want to know how the servers are.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use memo_core::backend::{Alerts, Terms};

/// Who is told when a server goes or comes. Cloning shares it: the servers of one client have the same.
#[derive(Clone, Default)]
pub struct Listeners(Arc<Mutex<List>>);

#[derive(Default)]
struct List {
    next: u64,
    each: Vec<Listener>,
}

struct Listener {
    number: u64,
    terms: Terms,
}

/// One who listens, until this is dropped.
#[derive(Debug)]
pub struct Listening {
    listeners: Listeners,
    number: u64,
}

/// A probe that waits for longer than this tells nothing that anybody could use.
const LONGEST_PROBE: Duration = Duration::from_secs(60);

impl Listeners {
    /// One more.
    #[must_use]
    pub fn add(&self, terms: &Terms) -> Listening {
        let mut list = self.lock();
        list.next += 1;
        let number = list.next;
        list.each.push(Listener {
            number,
            terms: terms.clone(),
        });
        drop(list);
        Listening {
            listeners: self.clone(),
            number,
        }
    }

    /// How long a server is waited for that is asked on behalf of all: as long as the most patient of them would wait.
    pub fn patience(&self) -> Duration {
        let list = self.lock();
        let each = list.each.iter().map(|listener| listener.terms.deadline);
        let longest = each.max().unwrap_or(Terms::default().deadline);
        longest.min(LONGEST_PROBE)
    }

    pub(crate) fn alerts(&self) -> Vec<Alerts> {
        let list = self.lock();
        let each = list
            .each
            .iter()
            .map(|listener| listener.terms.alerts.clone());
        each.collect()
    }

    fn lock(&self) -> MutexGuard<'_, List> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        let mut list = self.listeners.lock();
        let gone: Vec<Listener> = list
            .each
            .extract_if(.., |listener| listener.number == self.number)
            .collect();
        drop(list);
        // What it holds may be a user's.
        drop(gone);
    }
}

impl fmt::Debug for Listeners {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Listeners")
            .field(&self.lock().each.len())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_goes_is_forgotten_and_what_it_held_is_dropped() {
        let listeners = Listeners::default();
        let kept = listeners.add(&Terms::default());
        for _ in 0..20_000 {
            let held = Arc::new(());
            let holds = Arc::clone(&held);
            let mut terms = Terms::default();
            terms.alerts = Alerts::to(move |_, _| drop(Arc::clone(&holds)));
            let listening = listeners.add(&terms);
            drop(terms);
            assert_eq!(Arc::strong_count(&held), 2);
            drop(listening);
            assert_eq!(Arc::strong_count(&held), 1);
        }
        assert_eq!(listeners.lock().each.len(), 1);
        drop(kept);
        assert!(listeners.alerts().is_empty());
    }

    #[test]
    fn the_most_patient_of_those_who_are_there_says_how_long_a_probe_waits() {
        let listeners = Listeners::default();
        assert_eq!(listeners.patience(), Terms::default().deadline);
        let second = Duration::from_secs(1);
        let patient = listeners.add(&Terms::within(second));
        let last = listeners.add(&Terms::within(Duration::from_millis(1)));
        assert_eq!(listeners.patience(), second);
        drop(patient);
        assert_eq!(listeners.patience(), Duration::from_millis(1));
        drop(last);
        let endless = listeners.add(&Terms::within(Duration::MAX));
        assert_eq!(listeners.patience(), LONGEST_PROBE);
        drop(endless);
    }
}
