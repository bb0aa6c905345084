//! What bodies yield.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::Runs;
use crate::shelf::noise;

/// Items for a body, and a count of its runs and of the items that it has yielded.
#[derive(Clone, Debug)]
pub(super) struct Source<V> {
    items: Arc<Vec<V>>,
    runs: Arc<Runs>,
    yielded: Arc<AtomicUsize>,
}

impl<V: Clone + Send + Sync + 'static> Source<V> {
    pub(super) fn new(items: Vec<V>) -> Self {
        Self {
            items: Arc::new(items),
            runs: Arc::default(),
            yielded: Arc::default(),
        }
    }

    /// A body that is one more run.
    pub(super) fn body(&self) -> impl FnOnce() -> Yielding<V> + Send + use<V> {
        let source = self.clone();
        move || {
            source.runs.add();
            Yielding { source, at: 0 }
        }
    }

    pub(super) fn runs(&self) -> u64 {
        self.runs.get()
    }

    /// How many items all runs together have yielded.
    pub(super) fn yielded(&self) -> usize {
        self.yielded.load(Ordering::SeqCst)
    }

    pub(super) fn items(&self) -> &[V] {
        &self.items
    }
}

/// One run of a body.
#[derive(Debug)]
pub(super) struct Yielding<V> {
    source: Source<V>,
    at: usize,
}

impl<V: Clone> Iterator for Yielding<V> {
    type Item = V;

    fn next(&mut self) -> Option<V> {
        let item = self.source.items.get(self.at)?.clone();
        self.at += 1;
        self.source.yielded.fetch_add(1, Ordering::SeqCst);
        Some(item)
    }
}

/// So many texts of this length that do not compress; those of two editions differ in every item that is not empty.
pub(super) fn lines(edition: u32, count: usize, length: usize) -> Vec<String> {
    let line = |n| noise(edition * 10_000 + n as u32, length);
    (0..count).map(line).collect()
}

/// So many texts, from nothing to longer than a chunk.
pub(super) fn mixed(edition: u32, count: usize) -> Vec<String> {
    const LENGTHS: [usize; 7] = [3, 0, 90, 1, 400, 17, 64];
    let line = |n| noise(edition * 10_000 + n as u32, LENGTHS[n % LENGTHS.len()]);
    (0..count).map(line).collect()
}
