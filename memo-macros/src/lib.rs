//! The attributes of [memo](https://docs.rs/memo): tokens in, one call of the runtime out.
//!
//! `args` reads the attribute and `item` the function, `check` applies the rules, `model` decides,
//! `expand` writes. No decision about caching is taken here. Every error is reported at once, at its
//! token, with what to write instead, and the function is then emitted as it was.

mod args;
mod attr;
mod bindings;
mod check;
mod diag;
mod duration;
mod expand;
mod fallback;
mod features;
mod item;
mod mentions;
mod model;
mod road;
mod sequence;
mod suggest;
mod template;
#[cfg(test)]
mod tests;
mod types;
mod values;

use proc_macro2::TokenStream;

use crate::args::Args;
use crate::attr::Attr;
use crate::diag::Diag;
use crate::features::Features;
use crate::item::Function;
use crate::model::Model;

#[doc = include_str!("../reference.md")]
#[proc_macro_attribute]
pub fn memoize(
    attr: proc_macro::TokenStream,
    item: proc_macro::TokenStream,
) -> proc_macro::TokenStream {
    expand(Attr::Memoize, attr.into(), item.into(), Features::BUILT).into()
}

#[doc = include_str!("../reference_iter.md")]
#[proc_macro_attribute]
pub fn memoize_iter(
    attr: proc_macro::TokenStream,
    item: proc_macro::TokenStream,
) -> proc_macro::TokenStream {
    expand(Attr::MemoizeIter, attr.into(), item.into(), Features::BUILT).into()
}

/// The expansion, or every error and the item as it was.
pub(crate) fn expand(
    attr: Attr,
    options: TokenStream,
    item: TokenStream,
    features: Features,
) -> TokenStream {
    match model(attr, options, item.clone(), features) {
        Ok(model) => expand::tokens(&model),
        Err(errors) => fallback::with_errors(item, &errors),
    }
}

/// Reads and checks everything before reporting anything.
fn model(
    attr: Attr,
    options: TokenStream,
    item: TokenStream,
    features: Features,
) -> syn::Result<Model> {
    let mut diag = Diag::new();
    let args = Args::parse(attr, options, &mut diag);
    let function = match Function::parse(attr, item) {
        Ok(function) => function,
        Err(error) => return Err(diag.fail(error)),
    };
    check::all(attr, &args, &function, features, &mut diag);
    diag.finish()?;
    Ok(Model::new(attr, args, function))
}
