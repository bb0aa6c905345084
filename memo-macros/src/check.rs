//! The rules: one rule, one function, one case in `tests/ui/fail`.
//!
//! Each reports at the token that breaks it, and says what to write instead.

mod belongs;
mod flow;
mod items;
mod lent;

use proc_macro2::Ident;
use syn::{Expr, Pat, Type};

use crate::args::{Args, Codec, Entry, Expiration, Jitter, Key, Opt};
use crate::attr::Attr;
use crate::bindings::{self, Binding};
use crate::diag::Diag;
use crate::features::{self, Features};
use crate::item::Function;
use crate::{sequence, suggest, types};

/// Applies every rule.
pub(crate) fn all(
    attr: Attr,
    args: &Args,
    function: &Function,
    features: Features,
    diag: &mut Diag,
) {
    signature(function, diag);
    match attr {
        Attr::Memoize => {
            value_returned(function, diag);
            static_borrow_stays_here(args, function, diag);
        }
        Attr::MemoizeIter => items::returned(args, function, features, diag),
    }
    options(attr, args, function, diag);
    bytes(attr, args, features, diag);
}

/// The rules about the function alone.
fn signature(function: &Function, diag: &mut Diag) {
    function_is_memoized_once(function, diag);
    function_is_not_const(function, diag);
    function_is_not_extern(function, diag);
    return_type_is_not_never(function, diag);
    boxed_future_is_made_by_an_async_block(function, diag);
    impl_trait_argument_has_a_name(function, diag);
}

/// The rules about a value that is kept whole.
fn value_returned(function: &Function, diag: &mut Diag) {
    sequence_is_of_the_other_attribute(function, diag);
    return_type_has_a_name(function, diag);
    return_type_does_not_borrow(function, diag);
}

/// The rules about options. Exhaustive on purpose: a new option does not compile until it is
/// placed.
fn options(attr: Attr, args: &Args, function: &Function, diag: &mut Diag) {
    let Args {
        key,
        skip,
        expiration,
        jitter,
        entry,
        name: _,
        version: _,
        force_overwrite: _,
        cache_if: _,
        cache_none: _,
        cache: _,
        krate: _,
        // In `belongs` and `items`.
        on_drop: _,
        on_torn: _,
        eager: _,
        // In `belongs` and `bytes`.
        local: _,
        weigh: _,
        large_data: _,
        compress: _,
        encrypt: _,
        encryption_key: _,
        codec: _,
        schema: _,
        strict: _,
        lock: _,
        near: _,
    } = args;
    belongs::to_this_attribute(attr, args, diag);
    flow::options_stay_where_they_are(args, diag);
    let skipped = value(skip).map_or(&[][..], Vec::as_slice);
    skipped_names_are_arguments(skipped, function, diag);
    mutable_borrows_are_skipped(skipped, function, diag);
    if let Some(key) = value(key) {
        holes_start_with_arguments(key, function, diag);
        arguments_are_in_the_key_or_skipped(key, skipped, function, diag);
        skipped_arguments_are_not_in_the_key(key, skipped, diag);
    }
    let expiration = value(expiration);
    expiration_is_not_zero(expiration, diag);
    jitter_has_something_to_spread(jitter.as_ref(), expiration, diag);
    entry_has_a_name_of_its_own(value(entry), function, diag);
    type_beside_hides_no_primitive(value(entry), function, diag);
}

/// The rules about values that leave the process.
fn bytes(attr: Attr, args: &Args, features: Features, diag: &mut Diag) {
    encrypt_has_its_feature(name(&args.encrypt), features, diag);
    msgpack_has_its_feature(value(&args.codec), features, diag);
    encryption_key_has_encrypt(args, diag);
    types_that_nobody_looks_at_have_a_version(args, diag);
    if attr == Attr::Memoize {
        local_values_never_become_bytes(args, diag);
        local_values_have_no_backend(args, diag);
        bytes_weigh_what_they_are(args, diag);
        copies_are_small_and_plain(args, diag);
    }
}

fn value<T>(option: &Option<Opt<T>>) -> Option<&T> {
    option.as_ref().map(|option| &option.value)
}

fn name<T>(option: &Option<Opt<T>>) -> Option<&Ident> {
    option.as_ref().map(|option| &option.name)
}

/// Whoever asks for a seal never gets a plain value instead.
fn encrypt_has_its_feature(encrypt: Option<&Ident>, features: Features, diag: &mut Diag) {
    if let (Some(name), false) = (encrypt, features.encrypt) {
        diag.error(name, features::missing("`encrypt`", "encrypt"));
    }
}

/// The codec is not there without it.
fn msgpack_has_its_feature(codec: Option<&Codec>, features: Features, diag: &mut Diag) {
    if let (Some(Codec::Msgpack(text)), false) = (codec, features.msgpack) {
        diag.error(text, features::missing("`codec = \"msgpack\"`", "msgpack"));
    }
}

/// A key alone would look as if it sealed something.
fn encryption_key_has_encrypt(args: &Args, diag: &mut Diag) {
    if let (Some(key), None) = (name(&args.encryption_key), &args.encrypt) {
        diag.error(
            key,
            "`encryption_key` seals nothing by itself; add `encrypt`",
        );
    }
}

/// Something must tell the values of one type from those of another.
fn types_that_nobody_looks_at_have_a_version(args: &Args, diag: &mut Diag) {
    if let (
        Some(Opt {
            name: schema,
            value: false,
        }),
        None,
    ) = (&args.schema, &args.version)
    {
        diag.error(
            schema,
            "`schema = false` leaves it to `version` to tell a changed type from this one; add `version = 1`, and another number with each change",
        );
    }
}

/// What stays in the process is never encoded.
fn local_values_never_become_bytes(args: &Args, diag: &mut Diag) {
    if args.local.is_none() {
        return;
    }
    let of_bytes = [
        name(&args.large_data),
        name(&args.compress),
        name(&args.encrypt),
        name(&args.encryption_key),
        name(&args.codec),
        name(&args.schema),
        name(&args.lock),
        name(&args.near),
    ];
    for name in of_bytes.into_iter().flatten() {
        diag.error(
            name,
            format!("`local` keeps values in the process as they are; remove it, or `{name}`"),
        );
    }
}

/// What stays in the process has nothing that fails.
fn local_values_have_no_backend(args: &Args, diag: &mut Diag) {
    if let (Some(strict), Some(_)) = (name(&args.strict), &args.local) {
        diag.error(
            strict,
            "`local` keeps values in the process, where no backend can fail; remove it, or `strict`",
        );
    }
}

/// A copy is the value as it is: a secret in memory, or a large one held twice.
fn copies_are_small_and_plain(args: &Args, diag: &mut Diag) {
    let Some(near) = name(&args.near) else { return };
    for kept_as_bytes in [name(&args.large_data), name(&args.encrypt)]
        .into_iter()
        .flatten()
    {
        diag.error(
            near,
            format!("`near` keeps copies in the process as they are, and `{kept_as_bytes}` only bytes; remove one of them"),
        );
    }
}

/// Chunks and sealed values are counted, not estimated.
fn bytes_weigh_what_they_are(args: &Args, diag: &mut Diag) {
    let kept_as_bytes = name(&args.large_data).or(name(&args.encrypt));
    if let (Some(weigh), Some(reason), None) = (name(&args.weigh), kept_as_bytes, &args.local) {
        diag.error(
            weigh,
            format!("`{reason}` keeps values as bytes, which weigh what they are; remove `weigh`"),
        );
    }
}

/// The type that stands beside a function of such a name would hide the type that everybody means by it.
fn type_beside_hides_no_primitive(entry: Option<&Entry>, function: &Function, diag: &mut Diag) {
    let name = &function.sig.ident;
    if entry.is_none() && !function.in_impl && PRIMITIVES.iter().any(|primitive| name == primitive)
    {
        diag.error(
            name,
            format!("beside this function would stand a type `{name}`, in place of the primitive one; add `entry = false`"),
        );
    }
}

const PRIMITIVES: &[&str] = &[
    "bool", "char", "f32", "f64", "i8", "i16", "i32", "i64", "i128", "isize", "str", "u8", "u16",
    "u32", "u64", "u128", "usize",
];

/// The outer one would keep what the inner one has kept, beside a type of the same name.
fn function_is_memoized_once(function: &Function, diag: &mut Diag) {
    for attr in &function.attrs {
        let last = attr.path().segments.last();
        if last.is_some_and(|last| last.ident == "memoize" || last.ident == "memoize_iter") {
            diag.error(
                attr,
                "this function is memoized already; keep one of the attributes",
            );
        }
    }
}

/// A constant cannot look anything up.
fn function_is_not_const(function: &Function, diag: &mut Diag) {
    if let Some(constness) = &function.sig.constness {
        diag.error(
            constness,
            "a `const fn` cannot use a cache; remove `const`, or the attribute",
        );
    }
}

/// Foreign callers cannot be given our panics, nor can variadic arguments be keyed.
fn function_is_not_extern(function: &Function, diag: &mut Diag) {
    if let Some(abi) = &function.sig.abi {
        diag.error(
            abi,
            "an `extern` function cannot be memoized; \
             memoize a Rust function and call it from this one",
        );
    }
    if let Some(variadic) = &function.sig.variadic {
        diag.error(variadic, "variadic arguments cannot be part of a key");
    }
}

/// What never returns has no value.
fn return_type_is_not_never(function: &Function, diag: &mut Diag) {
    if let Type::Never(never) = &function.output {
        diag.error(
            never,
            "a function that never returns has no value to keep; remove the attribute",
        );
    }
}

/// What hands out one item after another has no value to clone.
fn sequence_is_of_the_other_attribute(function: &Function, diag: &mut Diag) {
    if sequence::hands_out(&function.output) {
        diag.error(
            &function.output,
            "what is iterated once cannot be kept as a value; use `#[memoize_iter]`, which keeps the items",
        );
    }
}

/// The cache must be able to say which type it holds.
fn return_type_has_a_name(function: &Function, diag: &mut Diag) {
    let output = &function.output;
    if types::is_named_future(output) {
        diag.error(
            output,
            "a future cannot be kept, only its output; make this an `async fn` that returns the output",
        );
        return;
    }
    if types::has_impl_trait(output) && !sequence::hands_out(output) {
        diag.error(
            output,
            "an `impl Trait` value cannot be kept, because its type has no name; \
             return a concrete type, for example `Vec<T>`",
        );
    }
}

/// A value in the cache outlives every argument.
fn return_type_does_not_borrow(function: &Function, diag: &mut Diag) {
    let output = &function.output;
    let is_future = types::is_named_future(output) || types::boxed_future(output).is_some();
    if is_future || sequence::hands_out(output) {
        return;
    }
    if let Some(borrow) = types::borrow(output) {
        diag.error(
            borrow,
            "a cached value outlives the call and cannot borrow from it; \
             return an owned value, for example `String` or `Arc<str>`",
        );
    }
}

/// A store has bytes, and nothing that lives for ever.
fn static_borrow_stays_here(args: &Args, function: &Function, diag: &mut Diag) {
    if let (None, Some(borrow)) = (&args.local, types::static_borrow(&function.output)) {
        diag.error(
            borrow,
            "what is `&'static` cannot be read back from a store; say `local` to keep it in the process, \
             or return an owned value, for example `String` or `Arc<str>`",
        );
    }
}

/// A future cannot be cloned, only what it resolves to.
fn boxed_future_is_made_by_an_async_block(function: &Function, diag: &mut Diag) {
    if types::boxed_future(&function.output).is_some() {
        diag.error(
            &function.output,
            "a boxed future cannot be kept, only its output; \
             make this an `async fn`, or end it with `Box::pin(async move { … })`",
        );
    }
}

/// The type behind `impl Trait` is part of the key and is asked of the value.
fn impl_trait_argument_has_a_name(function: &Function, diag: &mut Diag) {
    for arg in function.typed_args() {
        if types::has_impl_trait(&arg.ty) && !matches!(&*arg.pat, Pat::Ident(_)) {
            diag.error(
                &arg.pat,
                "an `impl Trait` argument is part of the key through its type; \
                 give it a name, for example `_x`",
            );
        }
    }
}

/// `skip(lng)` must not pass silently while `lang` stays in the key.
fn skipped_names_are_arguments(skipped: &[Ident], function: &Function, diag: &mut Diag) {
    for name in skipped {
        if function.binding(name).is_none() {
            diag.error(name, no_such_argument(name, function));
        }
    }
}

/// What a call writes through `&mut` would not be written on a hit.
fn mutable_borrows_are_skipped(skipped: &[Ident], function: &Function, diag: &mut Diag) {
    for arg in &function.sig.inputs {
        let forgotten = bindings::of_argument(arg)
            .into_iter()
            .find(|binding| !skipped.contains(&binding.name));
        if let (true, Some(Binding { name, .. })) = (types::borrows_mutably(arg), forgotten) {
            diag.error(
                arg,
                format!(
                    "what a call does through `&mut` would not happen again on a hit; \
                     memoize what it computes from, or add `skip({name})`"
                ),
            );
        }
    }
}

/// `{lng.code}` where the argument is `lang`. Calls such as `{tenant()}` may name other things.
fn holes_start_with_arguments(key: &Key, function: &Function, diag: &mut Diag) {
    let Key::Template(template) = key else { return };
    for hole in &template.holes {
        let name = first_name(&hole.expr)
            .filter(|name| !is_constant(name) && function.binding(name).is_none());
        if let Some(name) = name {
            diag.error(&hole.expr, no_such_argument(name, function));
        }
    }
}

/// Two calls that differ in a forgotten argument would share a value.
fn arguments_are_in_the_key_or_skipped(
    key: &Key,
    skipped: &[Ident],
    function: &Function,
    diag: &mut Diag,
) {
    for Binding { name, nested, .. } in &function.bindings {
        if *nested || skipped.contains(name) || key.mentions(name) {
            continue;
        }
        let add = match key {
            Key::Template(_) if name == "self" => "{self.…}".to_owned(),
            Key::Template(_) => format!("{{{name}}}"),
            Key::List(_) if name == "self" => "self.…".to_owned(),
            Key::List(_) => name.to_string(),
        };
        diag.error(
            name,
            format!("`{name}` is not part of the key; add `{add}` to it, or `skip({name})`"),
        );
    }
}

/// `skip` and `key` contradict each other.
fn skipped_arguments_are_not_in_the_key(key: &Key, skipped: &[Ident], diag: &mut Diag) {
    for name in skipped {
        if key.mentions(name) {
            diag.error(
                name,
                format!("`{name}` is skipped and also part of the key; remove one"),
            );
        }
    }
}

/// Zero would mean "never kept" to some readers and "kept for ever" to others.
fn expiration_is_not_zero(expiration: Option<&Expiration>, diag: &mut Diag) {
    if let Some(Expiration::Millis(0, literal)) = expiration {
        diag.error(
            literal,
            "an expiration of zero keeps nothing; leave the attribute off, \
             or call through `memo::bypass` (to keep for ever: \"never\")",
        );
    }
}

/// Jitter spreads an expiration, so there must be one, and some width.
fn jitter_has_something_to_spread(
    jitter: Option<&Opt<Jitter>>,
    expiration: Option<&Expiration>,
    diag: &mut Diag,
) {
    let Some(Opt { name, value }) = jitter else {
        return;
    };
    if matches!(expiration, Some(Expiration::Never)) {
        diag.error(
            name,
            "`jitter` spreads expiration, and \"never\" has none; remove one",
        );
    }
    if matches!(value, Jitter::UptoMillis(0)) {
        diag.error(name, "a jitter of zero spreads nothing; remove it");
    }
}

/// The entry method stands beside the function.
fn entry_has_a_name_of_its_own(entry: Option<&Entry>, function: &Function, diag: &mut Diag) {
    if let Some(Entry::Named(name)) = entry
        && *name == function.sig.ident
    {
        diag.error(
            name,
            format!(
                "the method itself is called `{name}`; \
                 choose another name, for example `{name}_entry`"
            ),
        );
    }
}

/// Whether `name` is spelled as constants are, such as a const generic of the `impl` around: the compiler knows whether there is one.
fn is_constant(name: &Ident) -> bool {
    let name = name.to_string();
    name.starts_with(|first: char| first.is_uppercase()) && !name.contains(char::is_lowercase)
}

/// The name an expression starts with, if it is a name and what hangs on it: `q` of `q.lang()[0]`.
fn first_name(expr: &Expr) -> Option<&Ident> {
    match expr {
        Expr::Path(path) => path.path.get_ident(),
        Expr::Field(field) => first_name(&field.base),
        Expr::MethodCall(call) => first_name(&call.receiver),
        Expr::Index(index) => first_name(&index.expr),
        Expr::Paren(paren) => first_name(&paren.expr),
        Expr::Reference(reference) => first_name(&reference.expr),
        Expr::Unary(unary) => first_name(&unary.expr),
        Expr::Cast(cast) => first_name(&cast.expr),
        _ => None,
    }
}

fn no_such_argument(name: &Ident, function: &Function) -> String {
    if name == "self" {
        return "this function has no `self`".to_owned();
    }
    let names = Vec::from_iter(
        function
            .bindings
            .iter()
            .map(|binding| binding.name.to_string()),
    );
    let hint = suggest::hint(suggest::nearest(
        &name.to_string(),
        names.iter().map(String::as_str),
    ));
    format!("`{name}` is not an argument of this function{hint}")
}
