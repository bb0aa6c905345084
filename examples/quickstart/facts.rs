//! What there is to know about one file: the expensive part.

use proc_macro2::{TokenStream, TokenTree};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};

/// Names, and how often each was found.
pub(crate) type Counts = BTreeMap<String, u64>;

/// What a file says, counted.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Facts {
    pub(crate) lines: usize,
    pub(crate) functions: Vec<Function>,
    /// The identifiers.
    pub(crate) words: Counts,
    /// The functions and methods that are called.
    pub(crate) calls: Counts,
}

/// A function with a body.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Function {
    pub(crate) name: String,
    /// From its signature to its closing brace.
    pub(crate) lines: usize,
}

/// Reads and parses a file. One that is no whole Rust file (a template, a fragment to be included) has lines and no more.
pub(crate) fn of(path: &Path) -> Facts {
    let text = fs::read(path)
        .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
        .unwrap_or_default();
    let mut facts = Facts {
        lines: text.lines().count(),
        ..Facts::default()
    };
    if let Ok(file) = syn::parse_file(&text) {
        facts.visit_file(&file);
    }
    // The parser remembers every text for its spans; these are not needed any more.
    proc_macro2::extra::invalidate_current_thread_spans();
    facts
}

impl Facts {
    fn function(&mut self, signature: &syn::Signature, block: &syn::Block) {
        let (first, last) = (signature.span().start().line, block.span().end().line);
        self.functions.push(Function {
            name: signature.ident.to_string(),
            lines: last - first + 1,
        });
    }

    fn call(&mut self, name: &syn::Ident) {
        *self.calls.entry(name.to_string()).or_default() += 1;
    }

    // A macro's arguments are no syntax tree yet, but their words are words.
    fn words_in(&mut self, tokens: TokenStream) {
        for token in tokens {
            match token {
                TokenTree::Ident(word) => self.visit_ident(&word),
                TokenTree::Group(group) => self.words_in(group.stream()),
                TokenTree::Punct(_) | TokenTree::Literal(_) => {}
            }
        }
    }
}

impl<'ast> Visit<'ast> for Facts {
    fn visit_item_fn(&mut self, function: &'ast syn::ItemFn) {
        self.function(&function.sig, &function.block);
        visit::visit_item_fn(self, function);
    }

    fn visit_impl_item_fn(&mut self, function: &'ast syn::ImplItemFn) {
        self.function(&function.sig, &function.block);
        visit::visit_impl_item_fn(self, function);
    }

    fn visit_expr_call(&mut self, call: &'ast syn::ExprCall) {
        if let syn::Expr::Path(path) = &*call.func
            && let Some(last) = path.path.segments.last()
        {
            self.call(&last.ident);
        }
        visit::visit_expr_call(self, call);
    }

    fn visit_expr_method_call(&mut self, call: &'ast syn::ExprMethodCall) {
        self.call(&call.method);
        visit::visit_expr_method_call(self, call);
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        visit::visit_macro(self, call);
        self.words_in(call.tokens.clone());
    }

    // A doc comment is an attribute, and its words are no identifiers.
    fn visit_attribute(&mut self, _: &'ast syn::Attribute) {}

    fn visit_ident(&mut self, word: &'ast syn::Ident) {
        *self.words.entry(word.to_string()).or_default() += 1;
    }
}
