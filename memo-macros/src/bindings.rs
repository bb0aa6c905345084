//! The names that arguments bind.

use proc_macro2::Ident;
use syn::visit::Visit;
use syn::{Attribute, Expr, FnArg, Pat, PatIdent, Signature};

use crate::item::cfgs;
use crate::types;

/// A name that an argument (or a const generic) binds.
#[derive(Clone, Debug)]
pub(crate) struct Binding {
    pub(crate) name: Ident,
    /// The argument's `#[cfg]`s.
    pub(crate) cfgs: Vec<Attribute>,
    /// Bound again inside a `whole @ …`: a key may name it, and need not.
    pub(crate) nested: bool,
    /// True if its type shows that it is an array, or borrows one.
    pub(crate) array: bool,
}

/// Every name that the arguments and const generics bind.
pub(crate) fn all(sig: &Signature) -> Vec<Binding> {
    let constants = sig.generics.const_params().map(|param| Binding {
        name: param.ident.clone(),
        cfgs: cfgs(&param.attrs),
        nested: false,
        array: false,
    });
    sig.inputs
        .iter()
        .flat_map(of_argument)
        .chain(constants)
        .collect()
}

/// Every name that an argument binds, once each.
pub(crate) fn of_argument(arg: &FnArg) -> Vec<Binding> {
    let mut names = Names::default();
    match arg {
        FnArg::Receiver(receiver) => {
            names.cfgs = cfgs(&receiver.attrs);
            names.add(Ident::new("self", receiver.self_token.span));
        }
        FnArg::Typed(arg) => {
            names.cfgs = cfgs(&arg.attrs);
            names.array = matches!(&*arg.pat, Pat::Ident(_)) && types::is_array(&arg.ty);
            names.visit_pat(&arg.pat);
        }
    }
    names.found
}

/// Collects the names in a pattern.
#[derive(Default)]
struct Names {
    found: Vec<Binding>,
    cfgs: Vec<Attribute>,
    depth: usize,
    array: bool,
}

impl Names {
    /// Alternatives of an or-pattern bind the same names, so a name is kept once.
    fn add(&mut self, name: Ident) {
        if self.found.iter().all(|binding| binding.name != name) {
            self.found.push(Binding {
                name,
                cfgs: self.cfgs.clone(),
                nested: self.depth > 0,
                array: self.array && self.depth == 0,
            });
        }
    }
}

impl<'ast> Visit<'ast> for Names {
    fn visit_pat_ident(&mut self, pat: &'ast PatIdent) {
        self.add(pat.ident.clone());
        if let Some((_, inner)) = &pat.subpat {
            self.depth += 1;
            self.visit_pat(inner);
            self.depth -= 1;
        }
    }

    /// Constants in patterns bind nothing.
    fn visit_expr(&mut self, _: &'ast Expr) {}
}
