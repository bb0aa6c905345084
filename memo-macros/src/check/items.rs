//! The rules about what yields items.

use proc_macro2::Ident;
use quote::ToTokens;
use syn::Type;

use super::{lent, name, value};
use crate::args::Args;
use crate::diag::Diag;
use crate::features::{self, Features};
use crate::item::Function;
use crate::model::Source;
use crate::sequence::{self, Kind, Sequence};
use crate::types;

/// The rules about the return type, and the options that depend on it.
pub(super) fn returned(args: &Args, function: &Function, features: Features, diag: &mut Diag) {
    let Some(sequence) = &function.sequence else {
        return_type_yields_items(function, diag);
        return;
    };
    let source = Source::of(sequence.kind, &function.road, args.eager.is_some());
    let (on_drop, on_torn) = (name(&args.on_drop), name(&args.on_torn));
    item_has_a_name(sequence, diag);
    item_does_not_borrow(sequence, diag);
    bounds_can_be_kept(sequence, diag);
    what_awaits_has_its_feature(sequence, source, function, features, diag);
    eager_changes_something(name(&args.eager), sequence, source, diag);
    on_drop_has_a_consumer(on_drop, source, diag);
    on_torn_has_a_consumer(on_torn, source, diag);
    if source == Source::Lazy {
        lent::to_no_background(value(&args.on_drop), function, diag);
        lent::for_long_enough(sequence, function, diag);
    }
}

/// The item is asked what of it to keep, so it must show.
fn return_type_yields_items(function: &Function, diag: &mut Diag) {
    let output = &function.output;
    if matches!(output, Type::Never(_)) || types::boxed_future(output).is_some() {
        return;
    }
    let message = if types::argument_of(output, "Result").is_some() {
        "items are handed out one by one, so each may fail by itself; \
         return the iterator, with `Item = Result<T, E>`"
    } else {
        "what is yielded must show in the return type: `impl Iterator<Item = T>`, \
         `Box<dyn Iterator<Item = T>>`, `Vec<T>`, `impl Stream<Item = T>` or `Pin<Box<dyn Stream<Item = T>>>`"
    };
    diag.error(output, message);
}

/// The cache must be able to say which type it holds.
fn item_has_a_name(sequence: &Sequence, diag: &mut Diag) {
    if types::has_impl_trait(&sequence.item) {
        diag.error(
            &sequence.item,
            "an `impl Trait` item cannot be kept, because its type has no name; yield a concrete type",
        );
    }
}

/// An item in the cache outlives every argument.
fn item_does_not_borrow(sequence: &Sequence, diag: &mut Diag) {
    if let Some(borrow) = types::borrow(&sequence.item) {
        diag.error(
            borrow,
            "a cached item outlives the call and cannot borrow from it; \
             yield an owned value, for example `String` or `Arc<str>`",
        );
    }
}

/// What is read from a store comes from front to back.
fn bounds_can_be_kept(sequence: &Sequence, diag: &mut Diag) {
    let instead = if sequence.kind.is_stream() {
        "ask for `Stream` alone"
    } else {
        "ask for `Iterator` alone, or return `Vec<T>`"
    };
    for bound in &sequence.strange {
        let name = sequence::name(bound).unwrap_or_else(|| bound.to_token_stream().to_string());
        diag.error(
            bound,
            format!(
                "a cached sequence is read once, from front to back, and is not `{name}`; {instead}"
            ),
        );
    }
}

/// The runtime of streams is not there without it.
fn what_awaits_has_its_feature(
    sequence: &Sequence,
    source: Source,
    function: &Function,
    features: Features,
    diag: &mut Diag,
) {
    let what = match source {
        _ if features.stream => return,
        _ if sequence.kind.is_stream() => "a memoized stream",
        Source::Awaited => "`#[memoize_iter]` on an `async fn`",
        Source::Lazy | Source::Eager => return,
    };
    diag.error(&function.output, features::missing(what, "stream"));
}

/// An option that does nothing would look as if it did.
fn eager_changes_something(
    eager: Option<&Ident>,
    sequence: &Sequence,
    source: Source,
    diag: &mut Diag,
) {
    let message = match (sequence.kind, source) {
        (Kind::Stream | Kind::BoxedStream, _) => {
            "a stream cannot be there at once; remove `eager`, \
             or collect it in an `async fn` that returns `Vec<T>`"
        }
        (Kind::List, _) => "a `Vec` is whole when the call returns; remove `eager`",
        (_, Source::Awaited) => {
            "an `async fn` has all items when its future is ready; remove `eager`"
        }
        (_, Source::Lazy | Source::Eager) => return,
    };
    if let Some(eager) = eager {
        diag.error(eager, message);
    }
}

/// Who is given all items at once cannot leave before the last.
fn on_drop_has_a_consumer(on_drop: Option<&Ident>, source: Source, diag: &mut Diag) {
    if let (Some(on_drop), Source::Eager | Source::Awaited) = (on_drop, source) {
        diag.error(
            on_drop,
            "all items are there when this function returns, so nobody leaves before the last; remove `on_drop`",
        );
    }
}

/// What nobody has seen can be computed anew.
fn on_torn_has_a_consumer(on_torn: Option<&Ident>, source: Source, diag: &mut Diag) {
    if let (Some(on_torn), Source::Eager | Source::Awaited) = (on_torn, source) {
        diag.error(
            on_torn,
            "nothing is handed out before all items are there, so nothing can be torn; remove `on_torn`",
        );
    }
}
