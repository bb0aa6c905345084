//! Large, sealed and uncompressed values, wherever the attribute goes; callers see no difference.

#[path = "../support.rs"]
mod support;

use memo::memoize;
use serde::{Deserialize, Serialize};

use support::block_on;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Report {
    rows: Vec<u64>,
}

impl Report {
    fn new(rows: u64) -> Self {
        Self {
            rows: (0..rows).collect(),
        }
    }
}

#[memoize(large_data, encrypt, compress = false)]
fn report(rows: u64) -> Report {
    Report::new(rows)
}

#[memoize(large_data, encrypt, compress = false)]
async fn later(rows: u64) -> Report {
    Report::new(rows)
}

#[memoize(large_data, encrypt, compress = false)]
fn checked(rows: u64) -> Result<Report, String> {
    match rows {
        0 => Err("no rows".to_owned()),
        _ => Ok(Report::new(rows)),
    }
}

#[memoize(large_data, encrypt, compress = false, cache_none = false)]
fn found(rows: u64) -> Option<Report> {
    (rows > 0).then(|| Report::new(rows))
}

#[memoize(large_data, encrypt, compress = false)]
async fn both(rows: u64) -> Result<Option<Report>, String> {
    checked(rows).map(Some)
}

#[memoize(large_data, encrypt, compress = false)]
fn twice<T>(value: T) -> Vec<T>
where
    T: Clone + Send + Sync + Serialize + for<'de> Deserialize<'de> + 'static,
{
    vec![value.clone(), value]
}

struct Office {
    rows: u64,
}

impl Office {
    #[memoize(key = [self.rows, more], large_data, encrypt, compress = false, entry = report_entry)]
    fn report(&self, more: u64) -> Report {
        Report::new(self.rows + more)
    }

    #[memoize(key = "{self.rows}:{more}", large_data, encrypt, compress = false)]
    async fn later(&self, more: u64) -> Report {
        Report::new(self.rows + more)
    }
}

#[memoize(large_data)]
fn large(rows: u64) -> Report {
    Report::new(rows)
}

#[memoize(compress, codec = "postcard")]
fn compressed(rows: u64) -> Report {
    Report::new(rows)
}

#[memoize(codec = "msgpack", version = 2)]
fn described(text: &str) -> serde_json::Value {
    serde_json::Value::from(text)
}

fn main() {
    let office = Office { rows: 3 };
    for _ in 0..2 {
        assert_eq!(report(3), Report::new(3));
        assert_eq!(block_on(later(3)), Report::new(3));
        assert_eq!(checked(3), Ok(Report::new(3)));
        assert_eq!(checked(0), Err("no rows".to_owned()));
        assert_eq!(found(3), Some(Report::new(3)));
        assert_eq!(found(0), None);
        assert_eq!(block_on(both(3)), Ok(Some(Report::new(3))));
        assert_eq!(twice("a".to_owned()), ["a", "a"]);
        assert_eq!(twice(1_u8), [1, 1]);
        assert_eq!(office.report(1), Report::new(4));
        assert_eq!(block_on(office.later(1)), Report::new(4));
        assert_eq!(large(3), Report::new(3));
        assert_eq!(compressed(3), Report::new(3));
        assert_eq!(described("a"), serde_json::json!("a"));
    }
    report::entry(3).invalidate();
    office.report_entry(1).invalidate();
}
