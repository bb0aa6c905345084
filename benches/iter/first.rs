//! How soon a hit gives its first item, at several lengths.

use crate::manners::MANNERS;
use crate::records::Record;
use crate::rivals::consume;
use crate::timing::{median, time};
use memo::Cache;
use std::time::Duration;

/// Times from the call to the first item; medians.
pub(crate) struct Firsts {
    pub(crate) length: usize,
    /// Of a vector, which has to be decoded first.
    pub(crate) postcard: Duration,
    /// In the order of [`MANNERS`].
    pub(crate) memo: [Duration; MANNERS.len()],
}

/// Measures with all records, with a tenth of them, and with few.
pub(crate) fn measure(
    cache: &Cache,
    records: &[Record],
    rounds: usize,
) -> postcard::Result<Vec<Firsts>> {
    let lengths = [records.len() / 170, records.len() / 10, records.len()];
    lengths
        .iter()
        .filter_map(|&length| records.get(..length))
        .map(|records| of_length(cache, records, rounds))
        .collect()
}

fn of_length(cache: &Cache, records: &[Record], rounds: usize) -> postcard::Result<Firsts> {
    let call = (0, records.len());
    for manner in &MANNERS {
        consume(manner.miss(cache, call, records));
    }
    let bytes = postcard::to_allocvec(records)?;
    let (mut postcard, mut memo) = (Vec::new(), MANNERS.map(|_| Vec::new()));
    // The first round warms up.
    for _ in 0..=rounds {
        let decode = || postcard::from_bytes::<Vec<Record>>(&bytes);
        let (took, first) = time(|| decode().map(first_of));
        first?;
        postcard.push(took);
        for (manner, times) in MANNERS.iter().zip(&mut memo) {
            times.push(time(|| first_of(manner.hit(cache, call))).0);
        }
    }
    let median_of = |times: &Vec<Duration>| median(times[1..].iter().copied());
    Ok(Firsts {
        length: records.len(),
        postcard: median_of(&postcard),
        memo: memo.each_ref().map(median_of),
    })
}

/// The first item, and the others: to drop them takes as long as there are many.
fn first_of<I: IntoIterator>(items: I) -> (Option<I::Item>, I::IntoIter) {
    let mut items = items.into_iter();
    (items.next(), items)
}
