//! A `Cow` is a key by what it holds, borrowed or owned.

#[path = "../support.rs"]
mod support;

use std::borrow::Cow;

use memo::memoize;

use support::Runs;

static RUNS: Runs = Runs::new();

#[memoize]
fn shout(text: Cow<'_, str>) -> String {
    RUNS.count();
    text.to_uppercase()
}

fn main() {
    assert_eq!(shout(Cow::Borrowed("hey")), "HEY");
    assert_eq!(shout(Cow::Owned("hey".to_owned())), "HEY");
    RUNS.assert(1);
    assert_eq!(shout("you".into()), "YOU");
    RUNS.assert(1);
}
