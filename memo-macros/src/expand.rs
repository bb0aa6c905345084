//! The model as tokens; the only `quote!` of what users get.
//!
//! Every path is absolute and every local is called `__memo_…`, so nothing of the user's can get in
//! the way.

mod items;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Expr, parse_quote};

use crate::args::{Codec, Jitter};
use crate::bindings::Binding;
use crate::item::cfgs;
use crate::model::{Entry, Expiration, Expires, Form, Instance, Items, Model, Part, Values};
use crate::road::{Boxed, Road};
use crate::template::Style;

/// The function, and what stands beside it.
pub(crate) fn tokens(model: &Model) -> TokenStream {
    let function = function(model);
    let beside = match &model.entry {
        Entry::Twin => twin(model),
        Entry::Method(name) => methods(model, name),
        Entry::None => TokenStream::new(),
    };
    quote!(#function #beside)
}

/// ```text
/// pub fn load(id: u64) -> User { … }
/// ```
fn function(model: &Model) -> TokenStream {
    let function = &model.function;
    let (attrs, inner_attrs) = (&function.attrs, &function.inner_attrs);
    let (vis, defaultness, sig) = (&function.vis, &function.defaultness, &function.sig);
    let site = match &model.entry {
        Entry::None => site_static(model),
        Entry::Twin | Entry::Method(_) => TokenStream::new(),
    };
    let key = match has_key_in_call(model) {
        true => TokenStream::new(),
        false => key(model),
    };
    let call = call(model);
    let body = braces(model, quote!(#(#inner_attrs)* #site #key #call));
    quote!(#(#attrs)* #vis #defaultness #sig #body)
}

/// The one call that the body becomes.
fn call(model: &Model) -> TokenStream {
    let call = match &model.items {
        Some(items) => items::call(model, items),
        None => call_of_value(model),
    };
    match &model.function.road {
        Road::Sync | Road::Async => call,
        Road::Boxed(boxed) => {
            let Boxed { before, pin, .. } = &**boxed;
            quote!(#(#before)* #pin(async move { #call }))
        }
    }
}

fn call_of_value(model: &Model) -> TokenStream {
    let private = private(model);
    let holds = match model.function.road {
        Road::Sync => Holds::Here,
        Road::Async | Road::Boxed(_) => Holds::Outside,
    };
    let (site, rules, strict) = (site_ref(model), rules(model, holds), strict(model));
    let (local, output) = (key_local(), &model.function.output);
    let body = braces(model, &model.function.body);
    let block = match &model.function.road {
        Road::Sync => {
            return quote!(#private::call(#site, #local, #rules #strict, || -> #output #body));
        }
        Road::Async => quote!(async move #body),
        Road::Boxed(boxed) => boxed.block.to_token_stream(),
    };
    let key = has_key_in_call(model).then(|| key(model));
    let kept = borrowed_operands(model).map(|(word, expr)| kept(word, expr));
    // In a closure, so that neither the future nor, while the body is polled, the stack holds key and rules.
    let make = quote!(|| { #key (#local, #rules #strict, #block) });
    quote!(#(#kept)* #private::call_async::<#output, _, _, _>(#site, #make).await)
}

/// Whether the key is made when the call's future is polled, and not before.
fn has_key_in_call(model: &Model) -> bool {
    model.items.is_none() && matches!(model.function.road, Road::Async)
}

/// ```text
/// let mut __memo_key = ::memo::__private::Key::new();
/// ::memo::__private::Key::part(&mut __memo_key, &id);
/// ```
fn key(model: &Model) -> TokenStream {
    let private = private(model);
    let local = key_local();
    let instance = instance(model);
    let parts = model.parts.iter().map(|part| key_part(part, &private));
    let mutable = (!instance.is_empty() || !model.parts.is_empty()).then(|| quote!(mut));
    quote! {
        let #mutable #local = #private::Key::new();
        #instance
        #(#parts)*
    }
}

/// One value in the key; errors about it point at the user's tokens.
fn key_part(part: &Part, private: &TokenStream) -> TokenStream {
    let key = key_local();
    match part {
        Part::Argument(Binding {
            name, cfgs, array, ..
        }) => {
            let method =
                format_ident!("{}", if *array { "array" } else { "part" }, span = at(name));
            quote_spanned!(at(name)=> #(#cfgs)* #private::Key::#method(&mut #key, &#name);)
        }
        Part::Element(expr) => {
            let operand = operand(expr);
            quote_spanned!(at(expr)=> #private::Key::part(&mut #key, &#operand);)
        }
        Part::Hole(expr, style) => {
            let operand = operand(expr);
            let method = match style {
                Style::Text => format_ident!("text", span = at(expr)),
                Style::Debug => format_ident!("debug", span = at(expr)),
            };
            quote_spanned!(at(expr)=> #private::Hole(&#operand).#method(&mut #key);)
        }
    }
}

/// The types in the key, as one statement.
fn instance(model: &Model) -> TokenStream {
    let private = private(model);
    let key = key_local();
    let types = Vec::from_iter(model.instance.iter().map(|instance| match instance {
        Instance::SelfType => quote!(#private::Type::<Self>::NEW),
        Instance::Param(param) => quote!(#private::Type::<#param>::NEW),
        Instance::TypeOf(argument) => quote!(#private::type_of(&#argument)),
        // The type of a closure carries every generic parameter in scope.
        Instance::Surroundings => quote!(#private::Around(|| {})),
    }));
    let all = tuple(&types);
    match (&model.instance[..], &types[..]) {
        ([], _) => TokenStream::new(),
        ([Instance::SelfType | Instance::Surroundings, ..], [holder, others @ ..])
            if model.site.named.is_some() =>
        {
            let (site, others) = (site_ref(model), tuple(others));
            quote!(#private::named_instance(&mut #key, #site, &#holder, &#all, &#others);)
        }
        _ => quote!(#private::Key::instance(&mut #key, &#all);),
    }
}

/// Several values as one; a single one as it is.
fn tuple(values: &[TokenStream]) -> TokenStream {
    match values {
        [one] => one.clone(),
        many => quote!((#(#many),*)),
    }
}

/// ```text
/// ::memo::__private::rules(::memo::__private::Returns::<User>::NEW.__memo_keep())
/// ```
///
/// Here the bounds on the value are checked.
fn rules(model: &Model, holds: Holds) -> TokenStream {
    let keep = returns(model, "__memo_keep");
    let rules = &model.rules;
    let place = at(model.subject());
    let at_value = spanned_at(private(model), place);
    let start = match rules.values {
        Values::Local => format_ident!("local_rules", span = place),
        Values::Portable => format_ident!("rules", span = place),
        Values::Bytes => format_ident!("bytes_rules", span = place),
        Values::Items => format_ident!("item_rules", span = place),
    };
    let start = quote_spanned!(place=> #at_value::#start(#keep));
    let weigh = rules.weigh.as_ref().map(|weigh| quote!(.weigh(#weigh)));
    let expires = rules.expires.as_ref().map(|expires| match expires {
        Expires::Eager(expr) => quote!(.expires_in(#expr)),
        Expires::Lazy(expr) => quote!(.expires(|| #expr)),
    });
    let cache_if = rules.cache_if.as_ref().map(|expr| quote!(.cache_if(#expr)));
    let skip_none = rules.skip_none.then(|| {
        let optional = returns(model, "__memo_optional");
        quote!(.skip_none(#optional))
    });
    let force = rules.force.as_ref().map(|expr| quote!(.force(#expr)));
    let borrowed = borrowed_operands(model).map(|(word, expr)| borrowed(word, expr, holds));
    quote!(#start #weigh #expires #cache_if #skip_none #force #(#borrowed)*)
}

/// `.strict()`; that the function cannot return the fault is said where the option stands.
fn strict(model: &Model) -> Option<TokenStream> {
    let strict = model.rules.strict.as_ref()?;
    let strict = Ident::new("strict", at(strict));
    Some(quote_spanned!(strict.span()=> .#strict()))
}

/// The options that are borrowed for as long as the call takes.
fn borrowed_operands(model: &Model) -> impl Iterator<Item = (&'static str, &Expr)> {
    let rules = &model.rules;
    let named = [
        ("cache", &rules.cache),
        ("encryption_key", &rules.encryption_key),
    ];
    named
        .into_iter()
        .filter_map(|(word, expr)| Some((word, expr.as_ref()?)))
}

/// Where what the rules borrow is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Holds {
    /// In the statement that makes them.
    Here,
    /// Outside of the closure that makes them, by [`kept`].
    Outside,
}

/// `.cache(&expr)`, or `.cache(__memo_cache)` where the expression is [`kept`]; what it is not is said where it stands.
fn borrowed(word: &str, expr: &Expr, holds: Holds) -> TokenStream {
    let method = format_ident!("{word}", span = at(expr));
    if holds == Holds::Outside && !is_place(expr) {
        let local = kept_local(word);
        return quote_spanned!(at(expr)=> .#method(#local));
    }
    let operand = operand(expr);
    quote_spanned!(at(expr)=> .#method(&#operand))
}

/// `let __memo_cache = &expr;`: the closure that makes the rules of an asynchronous call would return a borrow of what ends with it.
fn kept(word: &str, expr: &Expr) -> Option<TokenStream> {
    if is_place(expr) {
        return None;
    }
    let (local, operand) = (kept_local(word), operand(expr));
    Some(quote_spanned!(at(expr)=> let #local = &#operand;))
}

fn kept_local(word: &str) -> Ident {
    format_ident!("__memo_{word}", span = Span::mixed_site())
}

/// Whether it says where a value is, and makes none.
fn is_place(expr: &Expr) -> bool {
    match expr {
        Expr::Path(_) => true,
        Expr::Field(field) => is_place(&field.base),
        Expr::Reference(reference) => is_place(&reference.expr),
        Expr::Paren(paren) => is_place(&paren.expr),
        Expr::Group(group) => is_place(&group.expr),
        _ => false,
    }
}

/// Asks the type of the value, or of an item, what it is; errors about it point at the user's return type.
fn returns(model: &Model, question: &str) -> TokenStream {
    let subject = model.subject();
    let place = at(subject);
    let private = spanned_at(private(model), place);
    let question = format_ident!("{question}", span = place);
    quote_spanned!(place=> #private::Returns::<#subject>::NEW.#question())
}

/// ```text
/// static __MEMO_SITE: ::memo::Site = { struct __MemoHere; ::memo::__private::site(type_name::<__MemoHere>, "load") };
/// ```
fn site_static(model: &Model) -> TokenStream {
    let krate = &model.krate;
    let site = site(model);
    quote!(static __MEMO_SITE: #krate::Site = #site;)
}

/// The site's constructor and its options.
///
/// The name of a type that stands in the function is the one way to learn the function's whole path, with the `impl` it is in.
fn site(model: &Model) -> TokenStream {
    let private = private(model);
    let site = &model.site;
    let function = &site.function;
    let named = site.named.as_ref().map(|name| quote!(.named(#name)));
    let form = match &site.form {
        Form::Arguments => TokenStream::new(),
        Form::Template(literals) => quote!(.template(&[#(#literals),*])),
        Form::List => quote!(.list()),
    };
    let version = site.version.map(|version| quote!(.version(#version)));
    let expiration = site
        .expiration
        .as_ref()
        .map(|expiration| site_expiration(expiration, model));
    let jitter = site
        .jitter
        .as_ref()
        .map(|jitter| site_jitter(jitter, model));
    let large_data = site.large_data.then(|| quote!(.large_data()));
    let compress = site.compress.map(|compress| quote!(.compress(#compress)));
    let encrypt = site.encrypt.then(|| quote!(.encrypt()));
    let codec = site.codec.as_ref().map(|codec| site_codec(codec, model));
    let untraced = site.untraced.then(|| quote!(.untraced()));
    let lock = site.lock.map(|millis| quote!(.lock(#millis)));
    let near = site.near.map(|millis| quote!(.near(#millis)));
    quote! {{
        struct __MemoHere;
        #private::site(::core::any::type_name::<__MemoHere>, #function)
            #named #form #version #expiration #jitter #large_data #compress #encrypt #codec #untraced #lock #near
    }}
}

fn site_expiration(expiration: &Expiration, model: &Model) -> TokenStream {
    let krate = &model.krate;
    let expiration = match expiration {
        Expiration::Seconds(seconds) => quote!(seconds(#seconds)),
        Expiration::Millis(millis) => quote!(millis(#millis)),
        Expiration::Never => quote!(never()),
    };
    quote!(.expiration(#krate::Expiration::#expiration))
}

fn site_jitter(jitter: &Jitter, model: &Model) -> TokenStream {
    let krate = &model.krate;
    let jitter = match jitter {
        Jitter::Fraction(share) => quote!(fraction(#share)),
        Jitter::UptoMillis(millis) => quote!(upto_millis(#millis)),
    };
    quote!(.jitter(#krate::Jitter::#jitter))
}

fn site_codec(codec: &Codec, model: &Model) -> TokenStream {
    let krate = &model.krate;
    let codec = match codec {
        Codec::Postcard => quote!(Postcard),
        Codec::Msgpack(_) => quote!(Msgpack),
    };
    quote!(.codec(#krate::Codec::#codec))
}

/// How the function finds its site.
fn site_ref(model: &Model) -> TokenStream {
    let name = &model.function.sig.ident;
    match &model.entry {
        Entry::Twin => quote!(#name::site()),
        Entry::Method(_) => {
            let hidden = hidden_site(model);
            quote!(Self::#hidden())
        }
        Entry::None => quote!(&__MEMO_SITE),
    }
}

/// ```text
/// pub enum load {}
/// impl load {
///     pub fn site() -> &'static ::memo::Site { … }
///     pub fn entry(id: u64) -> ::memo::Entry<User> { … }
/// }
/// ```
fn twin(model: &Model) -> TokenStream {
    let krate = &model.krate;
    let function = &model.function;
    let (name, vis, cfgs) = (&function.sig.ident, &function.vis, cfgs(&function.attrs));
    let about = format!(" The cached entries of [`{0}`](fn@{0}).", function.name());
    let site = site_static(model);
    let entry = entry(model, &format_ident!("entry"), &quote!(Self::site()));
    quote! {
        #(#cfgs)*
        #[doc = #about]
        #[allow(non_camel_case_types, dead_code)]
        #vis enum #name {}

        #(#cfgs)*
        #[allow(dead_code, unused_variables, clippy::all, clippy::pedantic)]
        impl #name {
            #[doc = " The registry's view of this function."]
            #vis fn site() -> &'static #krate::Site {
                #site
                &__MEMO_SITE
            }

            #[doc = " The entry of a call with these arguments."]
            #entry
        }
    }
}

/// ```text
/// fn __memo_site_load() -> &'static ::memo::Site { … }
/// pub fn load_entry(&self, id: u64) -> ::memo::Entry<User> { … }
/// ```
fn methods(model: &Model, name: &Ident) -> TokenStream {
    let krate = &model.krate;
    let function = &model.function;
    let cfgs = cfgs(&function.attrs);
    let about = format!(
        " The cached entry of a call of [`{0}`](Self::{0}) with these arguments.",
        function.name()
    );
    let hidden = hidden_site(model);
    let site = site_static(model);
    let entry = entry(model, name, &quote!(Self::#hidden()));
    quote! {
        #(#cfgs)*
        #[doc(hidden)]
        fn #hidden() -> &'static #krate::Site {
            #site
            &__MEMO_SITE
        }

        #(#cfgs)*
        #[doc = #about]
        #[allow(dead_code, unused_variables, clippy::all, clippy::pedantic)]
        #entry
    }
}

/// The function that takes the same arguments and returns their entry.
///
/// `#[inline]`, so that machine code is made of it only where it is called.
fn entry(model: &Model, name: &Ident, site: &TokenStream) -> TokenStream {
    let (krate, output, vis) = (&model.krate, &model.function.output, &model.function.vis);
    let (value, make) = match &model.items {
        Some(items) => (items::kept(items), "items_entry"),
        None => (quote!(#output), "entry"),
    };
    let (handle, make) = if is_async(model) {
        (quote!(AsyncEntry), format!("async_{make}"))
    } else {
        (quote!(Entry), make.to_owned())
    };
    let place = at(model.subject());
    let (make, at_value) = (
        format_ident!("{make}", span = place),
        spanned_at(private(model), place),
    );
    let sig = model
        .function
        .entry_signature(name.clone(), parse_quote!(#krate::#handle<#value>));
    let (key, local, rules) = (key(model), key_local(), rules(model, Holds::Here));
    let made = quote_spanned!(place=> #at_value::#make(#site, #local, #rules));
    quote! {
        #[inline]
        #vis #sig {
            #key
            #made
        }
    }
}

/// Whether whoever calls the function can await.
fn is_async(model: &Model) -> bool {
    let yields_later = |items: &Items| items.kind.is_stream();
    !matches!(model.function.road, Road::Sync) || model.items.as_ref().is_some_and(yields_later)
}

fn private(model: &Model) -> TokenStream {
    let krate = &model.krate;
    quote!(#krate::__private)
}

/// The local that holds the key; no name of the user's can meet it.
fn key_local() -> Ident {
    Ident::new("__memo_key", Span::mixed_site())
}

fn hidden_site(model: &Model) -> Ident {
    format_ident!("__memo_site_{}", model.function.name())
}

/// `tokens` in the braces of the user's body.
fn braces(model: &Model, tokens: impl ToTokens) -> TokenStream {
    let mut block = TokenStream::new();
    model
        .function
        .brace
        .surround(&mut block, |inside| tokens.to_tokens(inside));
    block
}

/// `expr` so that `&` in front of it borrows all of it.
fn operand(expr: &Expr) -> TokenStream {
    match expr {
        Expr::Path(_)
        | Expr::Field(_)
        | Expr::MethodCall(_)
        | Expr::Call(_)
        | Expr::Index(_)
        | Expr::Lit(_)
        | Expr::Macro(_)
        | Expr::Paren(_)
        | Expr::Tuple(_)
        | Expr::Array(_)
        | Expr::Reference(_) => quote!(#expr),
        _ => quote!((#expr)),
    }
}

/// Where `tokens` stand, for errors; names still resolve, and lints still see generated code.
fn at(tokens: &impl Spanned) -> Span {
    Span::mixed_site().located_at(tokens.span())
}

/// `tokens` so that an error about all of them points at the user's `place`.
fn spanned_at(tokens: TokenStream, place: Span) -> TokenStream {
    let moved = tokens.into_iter().map(|mut token| {
        token.set_span(token.span().located_at(place));
        token
    });
    moved.collect()
}
