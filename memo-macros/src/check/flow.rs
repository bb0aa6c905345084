//! The limits of an option's expression, which is no part of the body.

use proc_macro2::{Ident, TokenStream};
use quote::ToTokens;
use syn::visit::{self, Visit};
use syn::{Expr, ExprAsync, ExprAwait, ExprClosure, ExprReturn, ExprTry, Item};

use crate::args::{Args, Expiration, Opt};
use crate::diag::Diag;

/// An option is evaluated for the call and for its entry, and neither is the function to await in or to return from.
pub(super) fn options_stay_where_they_are(args: &Args, diag: &mut Diag) {
    for (option, expr) in expressions(args) {
        let mut exits = Exits::default();
        exits.visit_expr(expr);
        for Exit { written, tokens } in exits.found {
            let instead = instead(option);
            diag.error(
                tokens,
                format!("`{written}` does not work in `{option}`, which is no part of the body; {instead}"),
            );
        }
    }
}

/// The way that there is.
fn instead(option: &Ident) -> &'static str {
    match option.to_string().as_str() {
        "key" => "compute it before the call and pass it as an argument",
        "cache_if" | "weigh" => "compute it in the body and return it with the value",
        _ => "compute it before the call and pass it as an argument, with `skip(..)`",
    }
}

/// Every expression in the attribute, with its option.
fn expressions(args: &Args) -> Vec<(&Ident, &Expr)> {
    let mut all = Vec::new();
    if let Some(Opt { name, value: key }) = &args.key {
        all.extend(key.exprs().into_iter().map(|expr| (name, expr)));
    }
    if let Some(Opt {
        name,
        value: Expiration::Dynamic(expr),
    }) = &args.expiration
    {
        all.push((name, expr));
    }
    let plain = [
        &args.force_overwrite,
        &args.cache_if,
        &args.weigh,
        &args.cache,
        &args.encryption_key,
    ];
    let plain = plain.into_iter().flatten();
    all.extend(plain.map(|option| (&option.name, &option.value)));
    all
}

/// A token that would leave an expression.
struct Exit {
    written: &'static str,
    tokens: TokenStream,
}

/// Finds what leaves an expression, and not what stays in a closure or block of its own.
#[derive(Default)]
struct Exits {
    found: Vec<Exit>,
    in_closure: bool,
}

impl Exits {
    fn add(&mut self, written: &'static str, tokens: impl ToTokens) {
        self.found.push(Exit {
            written,
            tokens: tokens.into_token_stream(),
        });
    }
}

impl<'ast> Visit<'ast> for Exits {
    fn visit_expr_await(&mut self, expr: &'ast ExprAwait) {
        visit::visit_expr_await(self, expr);
        self.add(".await", expr.await_token);
    }

    fn visit_expr_try(&mut self, expr: &'ast ExprTry) {
        visit::visit_expr_try(self, expr);
        if !self.in_closure {
            self.add("?", expr.question_token);
        }
    }

    fn visit_expr_return(&mut self, expr: &'ast ExprReturn) {
        visit::visit_expr_return(self, expr);
        if !self.in_closure {
            self.add("return", expr.return_token);
        }
    }

    /// A return is the closure's own; the closure cannot await unless it is `async`.
    fn visit_expr_closure(&mut self, expr: &'ast ExprClosure) {
        if expr.asyncness.is_none() {
            let outside = std::mem::replace(&mut self.in_closure, true);
            visit::visit_expr_closure(self, expr);
            self.in_closure = outside;
        }
    }

    fn visit_expr_async(&mut self, _: &'ast ExprAsync) {}

    fn visit_item(&mut self, _: &'ast Item) {}
}
