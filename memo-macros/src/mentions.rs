//! Which names an expression uses.

use proc_macro2::{Ident, TokenStream, TokenTree};
use syn::visit::{self, Visit};
use syn::{Expr, ExprPath, Macro};

/// Whether `name` is used in `expr` as a variable: `q` is in `q.lang`, and `lang` is not.
pub(crate) fn mentions(expr: &Expr, name: &Ident) -> bool {
    let mut search = Search {
        name: name.to_string(),
        found: false,
    };
    search.visit_expr(expr);
    search.found
}

/// Whether `tokens`, which may be anything, could use `name` as a variable, `"{name}"` included.
pub(crate) fn could_mention(tokens: &TokenStream, name: &Ident) -> bool {
    let name = name.to_string();
    has_ident(tokens, &name) || is_captured(tokens, &name)
}

/// Whether an identifier `name` occurs anywhere in `tokens`, however deep.
pub(crate) fn has_ident(tokens: &TokenStream, name: &str) -> bool {
    tokens.clone().into_iter().any(|token| match token {
        TokenTree::Ident(ident) => ident == name,
        TokenTree::Group(group) => has_ident(&group.stream(), name),
        TokenTree::Punct(_) | TokenTree::Literal(_) => false,
    })
}

struct Search {
    name: String,
    found: bool,
}

impl<'ast> Visit<'ast> for Search {
    fn visit_expr_path(&mut self, path: &'ast ExprPath) {
        self.found |= path
            .path
            .get_ident()
            .is_some_and(|ident| *ident == self.name);
        visit::visit_expr_path(self, path);
    }

    /// A macro's tokens mean what the macro makes of them, so any occurrence counts,
    /// `format!("{name}")` included.
    fn visit_macro(&mut self, mac: &'ast Macro) {
        self.found |= has_ident(&mac.tokens, &self.name) || is_captured(&mac.tokens, &self.name);
    }
}

/// Whether a string literal in `tokens` has a hole that starts with `name`.
fn is_captured(tokens: &TokenStream, name: &str) -> bool {
    tokens.clone().into_iter().any(|token| match token {
        TokenTree::Literal(literal) => has_hole(&literal.to_string(), name),
        TokenTree::Group(group) => is_captured(&group.stream(), name),
        TokenTree::Punct(_) | TokenTree::Ident(_) => false,
    })
}

fn has_hole(literal: &str, name: &str) -> bool {
    literal.split('{').skip(1).any(|hole| {
        hole.strip_prefix(name)
            .is_some_and(|rest| rest.starts_with([':', '}']))
    })
}

#[cfg(test)]
mod tests {
    use quote::format_ident;

    use super::*;

    fn check(expr: &str, name: &str) -> bool {
        mentions(&syn::parse_str(expr).expect(expr), &format_ident!("{name}"))
    }

    #[test]
    fn a_variable_is_mentioned() {
        for expr in [
            "lang",
            "lang.0",
            "&lang",
            "f(1, lang)",
            "q.pair(lang)",
            "P { lang }",
            "|x| x + lang",
        ] {
            assert!(check(expr, "lang"), "{expr}");
        }
    }

    #[test]
    fn a_field_method_or_path_of_that_name_is_not_the_variable() {
        for expr in ["q.lang", "q.lang()", "lang::of(q)", "P { lang: q }"] {
            assert!(!check(expr, "lang"), "{expr}");
        }
    }

    #[test]
    fn a_macro_mentions_what_its_tokens_and_strings_name() {
        assert!(check("format!(\"{}\", lang)", "lang"));
        assert!(check("format!(\"{lang:?}\")", "lang"));
        assert!(!check("format!(\"{language}\")", "lang"));
    }
}
