//! The queries, and the slow database that they ask.

use crate::airports::{self, Airport, Leg};
use futures::stream::{self, Stream, StreamExt};
use memo::{memoize, memoize_iter};
use std::thread;
use std::time::Duration;

/// What a question costs, and each row of a long answer: this is simulated. The table itself answers in microseconds.
const QUESTION: Duration = Duration::from_millis(30);
const ROW: Duration = Duration::from_millis(1);

/// One airport. The same few are asked for all the time, so each process keeps copies of its own for a second.
#[memoize(key = "airport:{code}", expiration = "10m", near = "1s")]
pub(crate) async fn airport(code: &str) -> Option<Airport> {
    tokio::time::sleep(QUESTION).await;
    airports::find(code).cloned()
}

/// The airports that a text is about. However many processes are asked at once, one asks the database.
#[memoize(key = "search:{text}", expiration = "5m", lock)]
pub(crate) async fn search(text: &str) -> Vec<Airport> {
    tokio::time::sleep(QUESTION).await;
    airports::search(text)
}

/// How far it is from everywhere to everywhere: large, and sealed, so it is not cached unless there are keys.
#[memoize(key = "report", expiration = "1h", large_data, encrypt)]
pub(crate) fn report() -> Vec<Leg> {
    thread::sleep(QUESTION * 5);
    airports::all_legs()
}

/// How far it is from one airport to all others, the nearest first, row by row as the database finds them.
#[memoize_iter(key = "from:{code}", expiration = "10m")]
pub(crate) fn departures(code: String) -> impl Stream<Item = Leg> + Send {
    let legs = airports::find(&code).map(airports::legs_from);
    stream::iter(legs.unwrap_or_default()).then(|leg| async {
        tokio::time::sleep(ROW).await;
        leg
    })
}
