//! The function under the attribute: what it takes, what it returns, where it stands.

use proc_macro2::{Ident, TokenStream};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::visit::{self, Visit};
use syn::visit_mut::{self, VisitMut};
use syn::{
    Attribute, Block, FnArg, GenericArgument, Item, PatIdent, PatType, ReturnType, Safety,
    Signature, Token, Type, Visibility, token,
};

use crate::attr::Attr;
use crate::bindings::{self, Binding};
use crate::mentions::has_ident;
use crate::road::{self, Road};
use crate::sequence::Sequence;
use crate::types;

/// A function or method with a body.
#[derive(Debug)]
pub(crate) struct Function {
    /// Outer attributes, documentation included.
    pub(crate) attrs: Vec<Attribute>,
    /// `#![…]` at the start of the body.
    pub(crate) inner_attrs: Vec<Attribute>,
    pub(crate) vis: Visibility,
    pub(crate) defaultness: Option<Token![default]>,
    pub(crate) sig: Signature,
    /// The body's braces.
    pub(crate) brace: token::Brace,
    /// What stands between them, as written.
    pub(crate) body: TokenStream,
    /// Every name the arguments and const generics bind.
    pub(crate) bindings: Vec<Binding>,
    pub(crate) road: Road,
    /// The type of the value: `()` where the function names none, `T` where it returns a boxed
    /// future of `T`.
    pub(crate) output: Type,
    /// What that type yields, if it yields items.
    pub(crate) sequence: Option<Sequence>,
    /// Whether the tokens prove that this stands in an `impl` or a `trait`.
    pub(crate) in_impl: bool,
}

impl Function {
    /// Reads the function under `attr`.
    pub(crate) fn parse(attr: Attr, item: TokenStream) -> syn::Result<Self> {
        (|input: ParseStream<'_>| Self::read(attr, input)).parse2(item)
    }

    fn read(attr: Attr, input: ParseStream<'_>) -> syn::Result<Self> {
        let attrs = input.call(Attribute::parse_outer)?;
        let vis = input.parse()?;
        refuse_other_items(attr, input)?;
        let defaultness = input.parse()?;
        let mut sig: Signature = input.parse()?;
        Ungroup.visit_signature_mut(&mut sig);
        if input.peek(Token![;]) {
            return Err(input.error(no_body(attr)));
        }
        let content;
        let brace = syn::braced!(content in input);
        let inner_attrs = content.call(Attribute::parse_inner)?;
        let body = content.parse()?;
        let (road, output) = road::of(&sig, &body);
        Ok(Self {
            bindings: bindings::all(&sig),
            in_impl: stands_in_impl(&sig, &body),
            sequence: Sequence::of(&output),
            attrs,
            inner_attrs,
            vis,
            defaultness,
            sig,
            brace,
            body,
            road,
            output,
        })
    }
}

/// Takes types out of the groups without delimiters that a macro of the user's puts around `$t`, where nothing stands beside them.
struct Ungroup;

impl VisitMut for Ungroup {
    fn visit_pat_type_mut(&mut self, arg: &mut PatType) {
        types::ungroup(&mut arg.ty);
        visit_mut::visit_pat_type_mut(self, arg);
    }

    fn visit_return_type_mut(&mut self, output: &mut ReturnType) {
        if let ReturnType::Type(_, ty) = output {
            types::ungroup(ty);
        }
        visit_mut::visit_return_type_mut(self, output);
    }

    fn visit_generic_argument_mut(&mut self, argument: &mut GenericArgument) {
        match argument {
            GenericArgument::Type(ty) => types::ungroup(ty),
            GenericArgument::AssocType(assigned) => types::ungroup(&mut assigned.ty),
            _ => {}
        }
        visit_mut::visit_generic_argument_mut(self, argument);
    }
}

fn no_body(attr: Attr) -> String {
    let attr = attr.name();
    format!("a function without a body has nothing to memoize; put `{attr}` on its implementations")
}

/// Everything that is not a function gets a message of its own.
fn refuse_other_items(attr: Attr, input: ParseStream<'_>) -> syn::Result<()> {
    let attr = attr.name();
    let ahead = input.fork();
    let _ = ahead.parse::<Option<Token![unsafe]>>()?;
    if ahead.peek(Token![impl]) || ahead.peek(Token![trait]) {
        let message = format!("`{attr}` goes on each method, not on the whole block");
        return Err(ahead.error(message));
    }
    let is_other = ahead.peek(Token![struct])
        || ahead.peek(Token![enum])
        || ahead.peek(Token![mod])
        || ahead.peek(Token![type])
        || ahead.peek(Token![static])
        || ahead.peek(Token![use])
        || (ahead.peek(Token![const]) && (ahead.peek2(syn::Ident) || ahead.peek2(Token![_])));
    if is_other {
        return Err(ahead.error(format!("`{attr}` goes on a function or a method")));
    }
    Ok(())
}

impl Function {
    /// The function's name without `r#`.
    pub(crate) fn name(&self) -> String {
        self.sig.ident.unraw().to_string()
    }

    /// The binding called `name`.
    pub(crate) fn binding(&self, name: &Ident) -> Option<&Binding> {
        self.bindings.iter().find(|binding| binding.name == *name)
    }

    /// The arguments but for the receiver.
    pub(crate) fn typed_args(&self) -> impl Iterator<Item = &PatType> {
        self.sig.inputs.iter().filter_map(|arg| match arg {
            FnArg::Typed(arg) => Some(arg),
            FnArg::Receiver(_) => None,
        })
    }

    /// The names of the type parameters.
    pub(crate) fn type_params(&self) -> impl Iterator<Item = &Ident> {
        self.sig.generics.type_params().map(|param| &param.ident)
    }

    /// The signature as the entry function has it: no `mut`, no `async`, nothing that only the body
    /// needs.
    pub(crate) fn entry_signature(&self, name: Ident, output: Type) -> Signature {
        let mut sig = self.sig.clone();
        sig.ident = name;
        sig.asyncness = None;
        sig.safety = Safety::Default;
        sig.output = ReturnType::Type(Token![->](self.sig.fn_token.span), Box::new(output));
        for arg in &mut sig.inputs {
            as_passed(arg);
        }
        sig
    }
}

/// The `#[cfg]`s among `attrs`.
pub(crate) fn cfgs(attrs: &[Attribute]) -> Vec<Attribute> {
    Vec::from_iter(
        attrs
            .iter()
            .filter(|attr| attr.path().is_ident("cfg"))
            .cloned(),
    )
}

/// Makes an argument what its caller sees: its type, its pattern without `mut`, its `#[cfg]`s.
fn as_passed(arg: &mut FnArg) {
    struct Immutable;
    impl VisitMut for Immutable {
        fn visit_pat_ident_mut(&mut self, pat: &mut PatIdent) {
            if pat.by_ref.is_none() {
                pat.mutability = None;
            }
            visit_mut::visit_pat_ident_mut(self, pat);
        }
    }
    match arg {
        FnArg::Receiver(receiver) => {
            receiver.mutability = None;
            receiver.attrs = cfgs(&receiver.attrs);
        }
        FnArg::Typed(typed) => {
            Immutable.visit_pat_mut(&mut typed.pat);
            typed.attrs = cfgs(&typed.attrs);
        }
    }
}

/// Whether this must be an associated function: it has a receiver, or it says `Self`.
fn stands_in_impl(sig: &Signature, body: &TokenStream) -> bool {
    sig.receiver().is_some() || has_ident(&sig.to_token_stream(), "Self") || says_self(body)
}

/// Whether the body says `Self` and means the `impl` around it, not one inside it.
fn says_self(body: &TokenStream) -> bool {
    if !has_ident(body, "Self") {
        return false;
    }
    let Ok(stmts) = Block::parse_within.parse2(body.clone()) else {
        return true;
    };
    let mut search = OuterSelf(false);
    stmts.iter().for_each(|stmt| search.visit_stmt(stmt));
    search.0
}

struct OuterSelf(bool);

impl<'ast> Visit<'ast> for OuterSelf {
    fn visit_ident(&mut self, ident: &'ast Ident) {
        self.0 |= ident == "Self";
    }

    fn visit_token_stream(&mut self, tokens: &'ast TokenStream) {
        self.0 |= has_ident(tokens, "Self");
    }

    /// Items cannot name the `Self` around them.
    fn visit_item(&mut self, item: &'ast Item) {
        if let Item::Macro(_) = item {
            visit::visit_item(self, item);
        }
    }
}
