use memo::memoize;

use std::cell::RefCell;
use std::rc::Rc;

#[memoize]
fn name(id: u64) -> Rc<str> {
    id.to_string().into()
}

#[memoize(local)]
fn names(id: u64) -> RefCell<Vec<u64>> {
    RefCell::new(vec![id])
}

fn main() {}
