//! A method may return the type parameter of its `impl`.

#[path = "../support.rs"]
mod support;

use memo::memoize;

use support::Runs;

static RUNS: Runs = Runs::new();

struct Shelf<T> {
    id: u32,
    first: T,
}

impl<T: Clone + Send + Sync + 'static> Shelf<T> {
    #[memoize(key = "{self.id}", local)]
    fn first(&self) -> T {
        RUNS.count();
        self.first.clone()
    }

    /// Nothing here says that it stands in an `impl`.
    #[memoize(entry = false)]
    fn size(n: usize) -> usize {
        RUNS.count();
        n * size_of::<T>()
    }
}

fn main() {
    let (bytes, words) = (
        Shelf { id: 1, first: 7_u8 },
        Shelf {
            id: 1,
            first: "seven",
        },
    );
    assert_eq!(bytes.first(), 7);
    assert_eq!(bytes.first(), 7);
    assert_eq!(words.first(), "seven");
    RUNS.assert(2);
    assert_eq!(Shelf::<u8>::size(3), 3);
    assert_eq!(Shelf::<u32>::size(3), 12);
    assert_eq!(Shelf::<u8>::size(3), 3);
    RUNS.assert(2);
}
