//! Which options belong to which attribute, and why not to the other.

use proc_macro2::Ident;

use super::name;
use crate::args::Args;
use crate::attr::Attr;
use crate::diag::Diag;

/// An option of the other attribute says why it is not one of this one.
pub(super) fn to_this_attribute(attr: Attr, args: &Args, diag: &mut Diag) {
    match attr {
        Attr::Memoize => options_of_sequences_need_one(args, diag),
        Attr::MemoizeIter => {
            local_needs_a_value(args, diag);
            filters_need_a_value(args, diag);
            sequences_weigh_what_they_are(args, diag);
            sequences_are_always_cut(args, diag);
            sequences_outlive_their_backend(args, diag);
            turns_need_a_value(args, diag);
            copies_need_a_value(args, diag);
        }
    }
}

/// A value is not handed out piece by piece.
fn options_of_sequences_need_one(args: &Args, diag: &mut Diag) {
    let of_items = [name(&args.on_drop), name(&args.on_torn), name(&args.eager)];
    for name in of_items.into_iter().flatten() {
        diag.error(
            name,
            format!("`{name}` is an option of `#[memoize_iter]`; a value is handed out whole, so remove it"),
        );
    }
}

/// Whoever waits for a sequence would wait for its last item.
fn turns_need_a_value(args: &Args, diag: &mut Diag) {
    if let Some(lock) = name(&args.lock) {
        diag.error(
            lock,
            "a sequence is produced as long as its consumer takes, and other processes cannot wait for that; \
             remove `lock`, or memoize a `Vec` by `#[memoize(lock)]`",
        );
    }
}

/// That would be all of them at once.
fn copies_need_a_value(args: &Args, diag: &mut Diag) {
    if let Some(near) = name(&args.near) {
        diag.error(
            near,
            "a sequence is read block by block, and never kept as it is; \
             remove `near`, or memoize a `Vec` by `#[memoize(near = …)]`",
        );
    }
}

/// Items are encoded as they pass.
fn local_needs_a_value(args: &Args, diag: &mut Diag) {
    if let Some(local) = name(&args.local) {
        diag.error(
            local,
            "a sequence is kept as bytes, block by block, and never as it is; \
             remove `local`, or memoize a `Vec` by `#[memoize(local)]`",
        );
    }
}

/// Items are handed out and written before the last one is known.
fn filters_need_a_value(args: &Args, diag: &mut Diag) {
    let filters = [name(&args.cache_if), name(&args.cache_none)];
    for name in filters.into_iter().flatten() {
        diag.error(name, no_value_to_ask(name));
    }
}

fn no_value_to_ask(name: &Ident) -> String {
    format!(
        "items are written as they are handed out, so there is no value to ask; \
         remove `{name}`, or yield an `Err`, after which nothing is kept"
    )
}

/// Blocks are counted, not estimated.
fn sequences_weigh_what_they_are(args: &Args, diag: &mut Diag) {
    if let Some(weigh) = name(&args.weigh) {
        diag.error(
            weigh,
            "a sequence is kept as bytes, which weigh what they are; remove `weigh`",
        );
    }
}

/// It may fail after the first items were handed out.
fn sequences_outlive_their_backend(args: &Args, diag: &mut Diag) {
    if let Some(strict) = name(&args.strict) {
        diag.error(
            strict,
            "the items of a sequence come from its body when the backend fails, also midway; remove `strict`, or memoize a `Vec` by `#[memoize(strict)]`",
        );
    }
}

/// That is what a sequence is.
fn sequences_are_always_cut(args: &Args, diag: &mut Diag) {
    if let Some(large_data) = name(&args.large_data) {
        diag.error(
            large_data,
            "a sequence is always kept in as many entries as it needs; remove `large_data`",
        );
    }
}
