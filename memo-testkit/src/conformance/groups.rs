//! Laws about groups.

use memo_core::backend::Backend;

use super::bench::{Bench, another_group};

pub(super) fn a_group_is_deleted_and_no_other<B: Backend>(bench: &Bench<'_, B>) {
    let other = another_group();
    let (a, b) = (bench.name("a"), bench.name("b"));
    let theirs = bench.name_in(other, "c");
    for name in [&a, &b, &theirs] {
        bench.set(name, "A");
    }
    assert_eq!(bench.delete_group(bench.group), 2);
    assert_eq!(
        bench.get_many(&[a, b, theirs]),
        [None, None, Some("A".into())]
    );
    assert_eq!(bench.delete_group(bench.group), 0);
    assert_eq!(bench.delete_group(other), 1);
}

pub(super) fn a_deleted_group_can_be_filled_again<B: Backend>(bench: &Bench<'_, B>) {
    let name = bench.name("a");
    bench.set(&name, "first");
    bench.delete_group(bench.group);
    bench.set(&name, "second");
    assert_eq!(bench.get(&name), Some("second".into()));
}
