use std::rc::Rc;

use memo::memoize_iter;

#[memoize_iter(on_drop = "finish")]
fn bytes(text: Rc<str>) -> impl Iterator<Item = u8> {
    (0..text.len()).map(move |i| text.as_bytes()[i])
}

fn main() {}
