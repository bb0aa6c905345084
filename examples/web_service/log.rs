//! What an operator is told as it happens.

use memo::{Event, Observer};

/// Writes to standard error what is worth a line.
#[derive(Debug)]
pub(crate) struct Log;

impl Observer for Log {
    fn on(&self, event: &Event) {
        match event {
            Event::Server {
                backend,
                server,
                availability,
            } => eprintln!("service: {backend} at {server}: {availability:?}"),
            Event::NotCached { function, problem } => {
                eprintln!("service: `{function}` is not cached: {problem}");
            }
            _ => {}
        }
    }
}
