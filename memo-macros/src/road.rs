//! How the value comes about: at once, or by a future.

use proc_macro2::TokenStream;
use syn::parse::Parser;
use syn::{Block, Expr, ExprAsync, ReturnType, Signature, Stmt, Type, parse_quote_spanned};

use crate::types;
use crate::values::ungrouped;

/// How the value comes about.
#[derive(Debug)]
pub(crate) enum Road {
    /// `fn`
    Sync,
    /// `async fn`
    Async,
    /// A `fn` that ends in `Box::pin(async move { … })`, which is what `#[async_trait]` makes of an
    /// `async fn`.
    Boxed(Box<Boxed>),
}

/// The parts of a body that ends in `Box::pin(async move { … })`.
#[derive(Debug)]
pub(crate) struct Boxed {
    /// What stands before the last expression.
    pub(crate) before: Vec<Stmt>,
    /// `Box::pin`, as written.
    pub(crate) pin: Expr,
    /// The block, as written.
    pub(crate) block: ExprAsync,
}

/// How the value comes about, and its type.
pub(crate) fn of(sig: &Signature, body: &TokenStream) -> (Road, Type) {
    let output = match &sig.output {
        ReturnType::Type(_, ty) => Type::clone(ty),
        ReturnType::Default => parse_quote_spanned!(sig.ident.span()=> ()),
    };
    if sig.asyncness.is_some() {
        return (Road::Async, output);
    }
    let resolved =
        types::boxed_future(&output).and_then(|inner| Some((boxed(body)?, inner.clone())));
    match resolved {
        Some((boxed, inner)) => (Road::Boxed(Box::new(boxed)), inner),
        None => (Road::Sync, output),
    }
}

/// Takes a body apart that ends in `Box::pin(async move { … })`.
fn boxed(body: &TokenStream) -> Option<Boxed> {
    let mut before = Block::parse_within.parse2(body.clone()).ok()?;
    let Some(Stmt::Expr(last, None)) = before.pop() else {
        return None;
    };
    let Expr::Call(call) = ungrouped(last) else {
        return None;
    };
    match call.args.into_iter().next().map(ungrouped) {
        Some(Expr::Async(block)) if is_pin(&call.func) && block.capture.is_some() => Some(Boxed {
            before,
            pin: *call.func,
            block,
        }),
        _ => None,
    }
}

/// Whether `function` is a path that ends in `pin`.
fn is_pin(function: &Expr) -> bool {
    let Expr::Path(path) = function else {
        return false;
    };
    path.path
        .segments
        .last()
        .is_some_and(|last| last.ident == "pin")
}
