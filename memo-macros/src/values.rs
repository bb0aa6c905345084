//! What the value of each option may be.
//!
//! A reader that finds a fault returns it, or reports several and returns nothing.

use proc_macro2::{Ident, TokenStream};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{Expr, ExprLit, ExprPath, Lit, LitFloat, LitInt, LitStr, Path, Token, UnOp, token};

use crate::args::{self, Codec, Entry, Expiration, Jitter, Key, OnDrop, OnTorn, Opt};
use crate::diag::Diag;
use crate::template::Template;
use crate::{duration, suggest};

/// Everything a value's reader needs: where it is, what it is called, where faults go.
pub(crate) struct Value<'a, 'b> {
    pub(crate) name: &'a Ident,
    pub(crate) input: ParseStream<'b>,
    pub(crate) diag: &'a mut Diag,
}

impl Value<'_, '_> {
    /// Fills an option with what `read` finds; a second one of the same name is an error.
    pub(crate) fn fill<T>(
        mut self,
        slot: &mut Option<Opt<T>>,
        read: impl FnOnce(&mut Self) -> syn::Result<Option<T>>,
    ) -> syn::Result<()> {
        let value = read(&mut self)?;
        let name = self.name.clone();
        if slot.is_some() {
            return Err(syn::Error::new(
                name.span(),
                format!("`{name}` is given twice; keep one"),
            ));
        }
        *slot = value.map(|value| Opt { name, value });
        Ok(())
    }

    /// Whether the option is its name alone.
    fn is_bare(&self) -> bool {
        self.input.is_empty() || self.input.peek(Token![,])
    }

    /// The expression after `=`; `example` is what the message shows where there is none.
    fn expr(&self, example: &str) -> syn::Result<Expr> {
        let name = self.name;
        if !self.input.peek(Token![=]) {
            return Err(self.missing(example));
        }
        self.input.parse::<Token![=]>()?;
        if self.input.is_empty() || self.input.peek(Token![,]) {
            return Err(self.missing(example));
        }
        self.input.parse().map(ungrouped).map_err(|error| {
            syn::Error::new(
                error.span(),
                format!("the value of `{name}` is not an expression: {error}"),
            )
        })
    }

    fn missing(&self, example: &str) -> syn::Error {
        let name = self.name;
        syn::Error::new(
            name.span(),
            format!("`{name}` needs a value, for example `{name} = {example}`"),
        )
    }

    fn wrong(&self, value: &impl ToTokens, kind: &str, example: &str) -> syn::Error {
        let name = self.name;
        syn::Error::new_spanned(
            value,
            format!("`{name}` is {kind}, for example `{name} = {example}`"),
        )
    }
}

/// A template or a list.
pub(crate) fn key(value: &mut Value<'_, '_>) -> syn::Result<Option<Key>> {
    const EXAMPLE: &str = "\"user:{id}\"";
    let given = value.expr(EXAMPLE)?;
    if let Some(Lit::Str(text)) = literal(&given) {
        return Ok(Template::parse(text, value.diag).map(Key::Template));
    }
    match given {
        Expr::Array(list) => {
            let elements = list.elems.into_iter().map(ungrouped);
            Ok(Some(Key::List(elements.collect())))
        }
        other => Err(value.wrong(
            &other,
            "a template (a string literal) or a list `[a, b.c]`",
            EXAMPLE,
        )),
    }
}

/// The names in parentheses.
pub(crate) fn names(value: &mut Value<'_, '_>) -> syn::Result<Option<Vec<Ident>>> {
    const NONE: &str = "`skip` needs the names of arguments, for example `skip(db)`";
    if !value.input.peek(token::Paren) {
        return Err(syn::Error::new(value.name.span(), NONE));
    }
    let content;
    syn::parenthesized!(content in value.input);
    let tokens: TokenStream = content.parse()?;
    let read = Punctuated::<Ident, Token![,]>::parse_terminated_with;
    let names = (|input: ParseStream<'_>| read(input, Ident::parse_any)).parse2(tokens.clone());
    match names {
        Ok(names) if !names.is_empty() => Ok(Some(Vec::from_iter(names))),
        Ok(_) => Err(syn::Error::new(value.name.span(), NONE)),
        Err(_) => Err(syn::Error::new_spanned(tokens, NONE)),
    }
}

/// A string that says something.
pub(crate) fn text(value: &mut Value<'_, '_>) -> syn::Result<Option<LitStr>> {
    const EMPTY: &str = "the name is empty; leave `name` off to use the function's path";
    const NUL: &str = "a name cannot hold the character NUL; remove it";
    const EXAMPLE: &str = "\"users\"";
    let given = value.expr(EXAMPLE)?;
    match literal(&given) {
        Some(Lit::Str(text)) if text.value().trim().is_empty() => {
            Err(syn::Error::new(text.span(), EMPTY))
        }
        Some(Lit::Str(text)) if text.value().contains('\0') => {
            Err(syn::Error::new(text.span(), NUL))
        }
        Some(Lit::Str(text)) => Ok(Some(text.clone())),
        _ => Err(value.wrong(&given, "a string literal", EXAMPLE)),
    }
}

/// A whole number.
pub(crate) fn version(value: &mut Value<'_, '_>) -> syn::Result<Option<u32>> {
    let given = value.expr("2")?;
    match literal(&given) {
        Some(Lit::Int(number)) => whole(number).map(Some),
        _ => Err(value.wrong(&given, "a whole number literal", "2")),
    }
}

/// A duration, "never", or an expression.
pub(crate) fn expiration(value: &mut Value<'_, '_>) -> syn::Result<Option<Expiration>> {
    let given = not_negative(value.expr("\"15m\"")?)?;
    let millis = match literal(&given) {
        Some(Lit::Int(seconds)) => millis_of_seconds(seconds)?,
        Some(Lit::Str(text)) if is_never(text) => return Ok(Some(Expiration::Never)),
        Some(Lit::Str(text)) => millis_of_text(text)?,
        Some(_) => {
            return Err(value.wrong(&given, "seconds, a string or a `Duration`", "\"500ms\""));
        }
        None => return Ok(Some(Expiration::Dynamic(given))),
    };
    Ok(Some(Expiration::Millis(millis, given)))
}

/// A share of the expiration, or a duration.
pub(crate) fn jitter(value: &mut Value<'_, '_>) -> syn::Result<Option<Jitter>> {
    let given = not_negative(value.expr("0.1")?)?;
    match literal(&given) {
        Some(Lit::Float(share)) if is_share(share) => Ok(Some(Jitter::Fraction(share.clone()))),
        Some(Lit::Float(share)) => Err(syn::Error::new(
            share.span(),
            "the share must lie between 0 and 1, for example `jitter = 0.1`",
        )),
        Some(Lit::Int(seconds)) => Ok(Some(Jitter::UptoMillis(millis_of_seconds(seconds)?))),
        Some(Lit::Str(text)) => Ok(Some(Jitter::UptoMillis(millis_of_text(text)?))),
        _ => Err(value.wrong(
            &given,
            "a share of the expiration or a duration literal",
            "0.1",
        )),
    }
}

/// How long a lock outlives its holder where nothing is said, in milliseconds.
const LOCK: u64 = 10_000;

/// Nothing, or a duration; in milliseconds.
pub(crate) fn lock(value: &mut Value<'_, '_>) -> syn::Result<Option<u64>> {
    if value.is_bare() {
        return Ok(Some(LOCK));
    }
    some_time(value, "\"30s\"").map(Some)
}

/// A duration, in milliseconds.
pub(crate) fn near(value: &mut Value<'_, '_>) -> syn::Result<Option<u64>> {
    some_time(value, "\"5s\"").map(Some)
}

/// A duration that is written out, and is not zero.
fn some_time(value: &Value<'_, '_>, example: &str) -> syn::Result<u64> {
    let given = not_negative(value.expr(example)?)?;
    let millis = match literal(&given) {
        Some(Lit::Int(seconds)) => millis_of_seconds(seconds)?,
        Some(Lit::Str(text)) => millis_of_text(text)?,
        _ => return Err(value.wrong(&given, "a duration literal", example)),
    };
    match millis {
        0 => Err(syn::Error::new_spanned(
            given,
            format!(
                "`{0}` of no time does nothing; remove it, or write for example `{0} = {example}`",
                value.name
            ),
        )),
        millis => Ok(millis),
    }
}

/// Any expression.
pub(crate) fn expr(value: &mut Value<'_, '_>) -> syn::Result<Option<Expr>> {
    let example = match value.name.to_string().as_str() {
        "force_overwrite" => "refresh",
        _ => "self.cache",
    };
    value.expr(example).map(Some)
}

/// What asks the value something.
pub(crate) fn function(value: &mut Value<'_, '_>) -> syn::Result<Option<Expr>> {
    let example = match value.name.to_string().as_str() {
        "cache_if" => "|page| page.is_complete()",
        _ => "|page| page.len()",
    };
    let given = value.expr(example)?;
    match literal(&given) {
        None => Ok(Some(given)),
        Some(_) => Err(value.wrong(&given, "a closure, or the path of a function", example)),
    }
}

/// `true` or `false`.
pub(crate) fn boolean(value: &mut Value<'_, '_>) -> syn::Result<Option<bool>> {
    let given = value.expr("false")?;
    match literal(&given) {
        Some(Lit::Bool(flag)) => Ok(Some(flag.value)),
        _ => Err(value.wrong(&given, "`true` or `false`", "false")),
    }
}

/// Nothing: the option says it all.
///
/// It counts as given where it has a value, so that no other option misses it.
pub(crate) fn flag(value: &mut Value<'_, '_>) -> syn::Result<Option<()>> {
    if !value.is_bare() {
        let name = value.name;
        let message = format!("`{name}` takes no value; write `{name}`");
        value.diag.absorb(value.input.error(message));
        args::skip_to_comma(value.input)?;
    }
    Ok(Some(()))
}

/// Nothing, which is `true`; or `true` or `false`.
pub(crate) fn switch(value: &mut Value<'_, '_>) -> syn::Result<Option<bool>> {
    const ONE_ALGORITHM: &str = "LZ4 is the only algorithm; write `compress` or `compress = false`";
    if value.is_bare() {
        return Ok(Some(true));
    }
    let given = value.expr("false")?;
    match literal(&given) {
        Some(Lit::Bool(switch)) => Ok(Some(switch.value)),
        Some(Lit::Str(algorithm)) => Err(syn::Error::new(algorithm.span(), ONE_ALGORITHM)),
        _ => Err(value.wrong(&given, "`true` or `false`", "false")),
    }
}

/// An expression that gives the keys; a literal would be a secret in the source.
pub(crate) fn keyring(value: &mut Value<'_, '_>) -> syn::Result<Option<Expr>> {
    const EXAMPLE: &str = "KEYS";
    let given = value.expr(EXAMPLE)?;
    match literal(&given) {
        None => Ok(Some(given)),
        Some(_) => Err(value.wrong(&given, "a `Keyring`, never the secret itself", EXAMPLE)),
    }
}

/// The name of a codec.
pub(crate) fn codec(value: &mut Value<'_, '_>) -> syn::Result<Option<Codec>> {
    let text = word(value, "codec", ["postcard", "msgpack"])?;
    Ok(Some(match text.value().as_str() {
        "msgpack" => Codec::Msgpack(text),
        _ => Codec::Postcard,
    }))
}

/// What becomes of a sequence whose consumer leaves.
pub(crate) fn on_drop(value: &mut Value<'_, '_>) -> syn::Result<Option<OnDrop>> {
    let text = word(value, "way", ["discard", "finish", "keep"])?;
    Ok(Some(match text.value().as_str() {
        "finish" => OnDrop::Finish(text),
        "keep" => OnDrop::Keep(text),
        _ => OnDrop::Discard,
    }))
}

/// What becomes of a sequence that cannot go on as it began.
pub(crate) fn on_torn(value: &mut Value<'_, '_>) -> syn::Result<Option<OnTorn>> {
    let text = word(value, "way", ["panic", "error", "end_with_event"])?;
    Ok(Some(match text.value().as_str() {
        "error" => OnTorn::Error(text),
        "end_with_event" => OnTorn::End(text),
        _ => OnTorn::Panic,
    }))
}

/// One of a few `words`, the first of which is what happens anyway.
fn word<const N: usize>(
    value: &Value<'_, '_>,
    kind: &str,
    words: [&str; N],
) -> syn::Result<LitStr> {
    let example = format!("{:?}", words[1]);
    let given = value.expr(&example)?;
    let Some(Lit::Str(text)) = literal(&given) else {
        return Err(value.wrong(&given, "a string literal", &example));
    };
    let wrong = text.value();
    if words.contains(&wrong.as_str()) {
        return Ok(text.clone());
    }
    let hint = suggest::hint(suggest::nearest(&wrong.to_lowercase(), words));
    let known = words.join(", ");
    Err(syn::Error::new(
        text.span(),
        format!("unknown {kind} `{wrong}`{hint} ({kind}s: {known})"),
    ))
}

/// `false`, or the name of a method.
pub(crate) fn entry(value: &mut Value<'_, '_>) -> syn::Result<Option<Entry>> {
    let given = value.expr("user_entry")?;
    match (literal(&given), name(&given)) {
        (Some(Lit::Bool(flag)), _) if flag.value => Ok(Some(Entry::Default)),
        (Some(Lit::Bool(_)), _) => Ok(Some(Entry::Off)),
        (_, Some(name)) => Ok(Some(Entry::Named(name.clone()))),
        _ => Err(value.wrong(&given, "`false` or the name of a method", "user_entry")),
    }
}

/// The path of a crate or module.
pub(crate) fn path(value: &mut Value<'_, '_>) -> syn::Result<Option<Path>> {
    match value.expr("::my_crate::memo")? {
        Expr::Path(path) if path.qself.is_none() => Ok(Some(path.path)),
        other => Err(value.wrong(&other, "a path, without quotes", "::my_crate::memo")),
    }
}

/// `-5` is a mistake to name, not an expression to run.
fn not_negative(expr: Expr) -> syn::Result<Expr> {
    match &expr {
        Expr::Unary(unary)
            if matches!(unary.op, UnOp::Neg(_)) && literal(&unary.expr).is_some() =>
        {
            Err(syn::Error::new_spanned(
                expr,
                "a duration cannot be negative",
            ))
        }
        _ => Ok(expr),
    }
}

/// What a macro of the user's was given as `$x`, without the group around it that has no delimiters.
pub(crate) fn ungrouped(mut expr: Expr) -> Expr {
    while let Expr::Group(group) = expr {
        expr = *group.expr;
    }
    expr
}

fn literal(expr: &Expr) -> Option<&Lit> {
    match expr {
        Expr::Lit(ExprLit { lit, .. }) => Some(lit),
        _ => None,
    }
}

/// The name that `expr` is, where it is no more than one.
pub(crate) fn name(expr: &Expr) -> Option<&Ident> {
    match expr {
        Expr::Path(ExprPath { path, .. }) => path.get_ident(),
        _ => None,
    }
}

/// A whole number of any type suffix.
fn whole<N: std::str::FromStr<Err: std::fmt::Display>>(number: &LitInt) -> syn::Result<N> {
    number.base10_parse().map_err(|error| {
        syn::Error::new(
            number.span(),
            format!("`{number}` cannot be used here: {error}"),
        )
    })
}

fn millis_of_seconds(seconds: &LitInt) -> syn::Result<u64> {
    whole::<u64>(seconds)?.checked_mul(1000).ok_or_else(|| {
        syn::Error::new(seconds.span(), "too many seconds to count; write \"never\"")
    })
}

fn millis_of_text(text: &LitStr) -> syn::Result<u64> {
    duration::millis(&text.value()).map_err(|message| syn::Error::new(text.span(), message))
}

fn is_never(text: &LitStr) -> bool {
    text.value().trim() == "never"
}

fn is_share(share: &LitFloat) -> bool {
    share
        .base10_parse::<f64>()
        .is_ok_and(|share| share > 0.0 && share < 1.0)
}
