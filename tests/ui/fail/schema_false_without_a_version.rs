//! Something must tell the values of one type from those of another.

use memo::memoize;

#[memoize(key = "rate:{day}", schema = false)]
fn rate(day: u32) -> f64 {
    f64::from(day)
}

fn main() {
    rate(1);
}
