//! What a sequence borrows: its body is kept until the last item, and its arguments with it.

use proc_macro2::Ident;
use syn::{FnArg, GenericParam, Lifetime, WherePredicate};

use crate::args::OnDrop;
use crate::bindings;
use crate::diag::Diag;
use crate::item::Function;
use crate::mentions::could_mention;
use crate::road::Road;
use crate::sequence::{Captures, Fix, Sequence};
use crate::types::{self, Borrow};

/// What runs in the background outlives whatever the caller lends.
pub(super) fn to_no_background(on_drop: Option<&OnDrop>, function: &Function, diag: &mut Diag) {
    let Some(OnDrop::Finish(text)) = on_drop else {
        return;
    };
    let lent = kept_arguments(function).find(|(arg, _)| !types::borrows_of(arg).is_empty());
    if let Some((_, name)) = lent {
        diag.error(
            text,
            format!(
                "what is finished in the background cannot borrow `{name}`; \
                 take it by value, or write \"keep\""
            ),
        );
    }
}

/// The return type says how long its value may borrow; without a word, it is as long as needed for `impl Trait`, and not at all for
/// `dyn Trait`.
pub(super) fn for_long_enough(sequence: &Sequence, function: &Function, diag: &mut Diag) {
    let Captures::These(lifetimes, fix) = &sequence.captures else {
        return;
    };
    let otherwise = if sequence.kind.is_stream() {
        ", or take it by value"
    } else {
        ", take it by value, or add `eager`"
    };
    for (arg, name) in kept_arguments(function) {
        let elided_is_this = elided_lifetime_is_of(arg, function);
        let lost = types::borrows_of(arg)
            .into_iter()
            .find(|borrow| !is_kept(borrow, lifetimes, elided_is_this, function));
        if let Some(borrow) = lost {
            let borrow = borrow
                .lifetime
                .filter(|_| matches!(function.road, Road::Sync | Road::Async));
            let fix = how_to_keep(borrow.as_ref(), lifetimes, *fix, elided_is_this);
            diag.error(
                arg,
                format!(
                    "the items are made after the call, from `{name}`, which is borrowed; {fix}{otherwise}"
                ),
            );
        }
    }
}

/// Whether the return type names the lifetime of `borrow`, or one that it may outlive.
fn is_kept(
    borrow: &Borrow,
    lifetimes: &[Lifetime],
    elided_is_this: bool,
    function: &Function,
) -> bool {
    let is_elided = elided_is_this && lifetimes.iter().any(|lifetime| lifetime.ident == "_");
    let is_named = |name| lifetimes.contains(name) || outlives(name, function);
    is_elided || (!lifetimes.is_empty() && borrow.lifetime.as_ref().is_some_and(is_named))
}

/// The arguments that the body uses, each by a name it uses.
fn kept_arguments(function: &Function) -> impl Iterator<Item = (&FnArg, Ident)> {
    function.sig.inputs.iter().filter_map(|arg| {
        let used = bindings::of_argument(arg)
            .into_iter()
            .find(|binding| could_mention(&function.body, &binding.name))?;
        Some((arg, used.name))
    })
}

/// Whether `'_` in the return type is the lifetime of `arg`: of the receiver, or of the only borrow.
fn elided_lifetime_is_of(arg: &FnArg, function: &Function) -> bool {
    let receiver = function.sig.receiver().filter(|receiver| {
        let receiver = FnArg::Receiver((*receiver).clone());
        !types::borrows_of(&receiver).is_empty()
    });
    match receiver {
        Some(_) => matches!(arg, FnArg::Receiver(_)),
        None => {
            let all = function.sig.inputs.iter().flat_map(types::borrows_of);
            all.count() == 1
        }
    }
}

/// Whether the signature says of `lifetime` that it lasts longer than another, which may be the one that counts.
fn outlives(lifetime: &Lifetime, function: &Function) -> bool {
    let generics = &function.sig.generics;
    let in_params = generics.params.iter().any(|param| match param {
        GenericParam::Lifetime(param) => param.lifetime == *lifetime && !param.bounds.is_empty(),
        _ => false,
    });
    let mut predicates = generics
        .where_clause
        .iter()
        .flat_map(|clause| &clause.predicates);
    in_params
        || predicates.any(|predicate| match predicate {
            WherePredicate::Lifetime(predicate) => predicate.lifetime == *lifetime,
            _ => false,
        })
}

/// What to write where a borrow of the lifetime `borrow` is lost.
fn how_to_keep(
    borrow: Option<&Lifetime>,
    lifetimes: &[Lifetime],
    fix: Fix,
    elided_is_this: bool,
) -> String {
    let lifetime = match (borrow, lifetimes.first()) {
        (_, Some(named)) if named.ident != "_" => {
            return format!("give it the lifetime `{named}` of the return type");
        }
        (Some(named), None) => named.to_string(),
        (None, None) if elided_is_this => "'_".to_owned(),
        _ => {
            return "name one lifetime `'a` in all that is borrowed and in the return type"
                .to_owned();
        }
    };
    match fix {
        Fix::Bound => format!("add `+ {lifetime}` to the return type"),
        Fix::Use => format!("add `{lifetime}` to the `use<…>` of the return type"),
        Fix::Argument => format!("give the return type the lifetime `{lifetime}`"),
    }
}
