use memo::memoize;

use std::borrow::Cow;

#[memoize]
fn trimmed(text: &str) -> &str {
    text.trim()
}

#[memoize]
fn lower(text: &str) -> Cow<'_, str> {
    Cow::Borrowed(text)
}

fn main() {}
