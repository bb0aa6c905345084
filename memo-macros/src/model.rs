//! What is to be emitted, with nothing left to decide.

use proc_macro2::Ident;
use syn::{Expr, LitStr, Pat, Path, Type, parse_quote};

use crate::args::{self, Args, Codec, Jitter, Key, OnDrop, OnTorn, Opt};
use crate::attr::Attr;
use crate::bindings::Binding;
use crate::item::Function;
use crate::mentions::mentions;
use crate::road::Road;
use crate::sequence::Kind;
use crate::template::Style;
use crate::types;
use crate::values::name;

/// A checked attribute over a checked function.
#[derive(Debug)]
pub(crate) struct Model {
    pub(crate) function: Function,
    /// Where the runtime is, `::memo` unless `crate = …`.
    pub(crate) krate: Path,
    pub(crate) entry: Entry,
    pub(crate) site: Site,
    /// The types that belong to the key.
    pub(crate) instance: Vec<Instance>,
    /// The values that belong to the key, in order.
    pub(crate) parts: Vec<Part>,
    pub(crate) rules: Rules,
    /// What is kept where it is items.
    pub(crate) items: Option<Items>,
}

/// Items, one after another.
#[derive(Debug)]
pub(crate) struct Items {
    pub(crate) kind: Kind,
    /// What the function yields.
    pub(crate) item: Type,
    /// What is kept of it.
    pub(crate) kept: Type,
    pub(crate) source: Source,
    pub(crate) on_drop: OnDrop,
    pub(crate) on_torn: OnTorn,
}

/// When the items are there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// As they are asked for.
    Lazy,
    /// All of them, when the call returns.
    Eager,
    /// All of them, when the future is ready.
    Awaited,
}

impl Source {
    /// When the items of `function` are there.
    pub(crate) fn of(kind: Kind, road: &Road, eager: bool) -> Self {
        match road {
            _ if kind.is_stream() => Self::Lazy,
            Road::Sync if eager || kind == Kind::List => Self::Eager,
            Road::Sync => Self::Lazy,
            Road::Async | Road::Boxed(_) => Self::Awaited,
        }
    }
}

/// How callers reach an entry without calling the function.
#[derive(Debug)]
pub(crate) enum Entry {
    /// Through an uninhabited type of the function's name.
    Twin,
    /// Through an associated function of this name.
    Method(Ident),
    /// Not at all.
    None,
}

/// The constants of the function.
#[derive(Debug)]
pub(crate) struct Site {
    pub(crate) function: String,
    pub(crate) named: Option<LitStr>,
    pub(crate) form: Form,
    pub(crate) version: Option<u32>,
    pub(crate) expiration: Option<Expiration>,
    pub(crate) jitter: Option<Jitter>,
    pub(crate) large_data: bool,
    pub(crate) compress: Option<bool>,
    pub(crate) encrypt: bool,
    pub(crate) codec: Option<Codec>,
    /// Whether the type of the value is left alone.
    pub(crate) untraced: bool,
    /// In milliseconds.
    pub(crate) lock: Option<u64>,
    /// In milliseconds.
    pub(crate) near: Option<u64>,
}

/// How a key reads.
#[derive(Debug)]
pub(crate) enum Form {
    /// The arguments, one after another.
    Arguments,
    /// The text around the holes.
    Template(Vec<String>),
    /// The elements of a list, one after another.
    List,
}

/// An expiration known at compile time.
#[derive(Debug)]
pub(crate) enum Expiration {
    Seconds(u64),
    Millis(u64),
    Never,
}

/// A type that tells one instance of a generic function from another.
#[derive(Debug)]
pub(crate) enum Instance {
    /// `Self`
    SelfType,
    /// A type parameter.
    Param(Ident),
    /// The type behind the `impl Trait` of an argument.
    TypeOf(Ident),
    /// The parameters of an `impl` that does not show in the tokens.
    Surroundings,
}

/// A value in the key.
#[derive(Debug)]
pub(crate) enum Part {
    /// An argument as it is.
    Argument(Binding),
    /// An element of a list.
    Element(Expr),
    /// A hole in a template.
    Hole(Expr, Style),
}

/// What differs from call to call.
#[derive(Debug)]
pub(crate) struct Rules {
    pub(crate) values: Values,
    pub(crate) weigh: Option<Expr>,
    pub(crate) expires: Option<Expires>,
    pub(crate) cache_if: Option<Expr>,
    pub(crate) skip_none: bool,
    pub(crate) force: Option<Expr>,
    pub(crate) cache: Option<Expr>,
    pub(crate) encryption_key: Option<Expr>,
    /// Where it stands, for errors about the return type.
    pub(crate) strict: Option<Ident>,
}

/// Where values may live.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Values {
    /// In the process, as they are.
    Local,
    /// There, or as bytes in a backend.
    Portable,
    /// As bytes.
    Bytes,
    /// As bytes, item by item.
    Items,
}

/// An expiration computed at run time.
#[derive(Debug)]
pub(crate) enum Expires {
    /// Needs the arguments, which the body may consume: computed before it runs.
    Eager(Expr),
    /// Computed only when something is stored.
    Lazy(Expr),
}

impl Model {
    /// Decides everything; `args` and `function` have passed every [check](crate::check).
    pub(crate) fn new(attr: Attr, args: Args, mut function: Function) -> Self {
        let Args {
            key,
            skip,
            name,
            version,
            expiration,
            jitter,
            force_overwrite,
            on_drop,
            on_torn,
            eager,
            cache_if,
            cache_none,
            local,
            weigh,
            large_data,
            compress,
            encrypt,
            encryption_key,
            codec,
            schema,
            strict,
            lock,
            near,
            cache,
            entry,
            krate,
        } = args;
        let skipped = value(skip).unwrap_or_default();
        let entry = value(entry).unwrap_or(args::Entry::Default);
        let instance = instance(&function, &entry);
        let (form, parts) = key_form(value(key), &skipped, &function);
        let (fixed, expires) = expirations(attr, value(expiration), &function);
        let values = match (&local, &large_data, &encrypt) {
            _ if attr == Attr::MemoizeIter => Values::Items,
            (Some(_), _, _) => Values::Local,
            (None, None, None) => Values::Portable,
            _ => Values::Bytes,
        };
        let sequence = function
            .sequence
            .take()
            .filter(|_| attr == Attr::MemoizeIter);
        let items = sequence.map(|sequence| Items {
            kind: sequence.kind,
            kept: sequence.kept().clone(),
            source: Source::of(sequence.kind, &function.road, eager.is_some()),
            item: sequence.item,
            on_drop: value(on_drop).unwrap_or(OnDrop::Discard),
            on_torn: value(on_torn).unwrap_or(OnTorn::Panic),
        });
        Self {
            krate: value(krate).unwrap_or_else(|| parse_quote!(::memo)),
            entry: entry_plan(entry, &function),
            site: Site {
                function: function.name(),
                named: value(name),
                form,
                version: value(version),
                expiration: fixed,
                jitter: value(jitter),
                large_data: large_data.is_some(),
                compress: value(compress),
                encrypt: encrypt.is_some(),
                codec: value(codec),
                untraced: value(schema) == Some(false),
                lock: value(lock),
                near: value(near),
            },
            instance,
            parts,
            rules: Rules {
                values,
                weigh: value(weigh),
                expires,
                cache_if: value(cache_if),
                skip_none: value(cache_none) == Some(false),
                force: value(force_overwrite),
                cache: value(cache),
                encryption_key: value(encryption_key),
                strict: strict.map(|strict| strict.name),
            },
            items,
            function,
        }
    }

    /// The type that is asked what of it to keep.
    pub(crate) fn subject(&self) -> &Type {
        match &self.items {
            Some(items) => &items.item,
            None => &self.function.output,
        }
    }
}

fn value<T>(option: Option<Opt<T>>) -> Option<T> {
    option.map(|option| option.value)
}

/// A type of the function's name can stand beside a free function, and nowhere else.
fn entry_plan(entry: args::Entry, function: &Function) -> Entry {
    match entry {
        args::Entry::Named(name) => Entry::Method(name),
        args::Entry::Default if !function.in_impl => Entry::Twin,
        args::Entry::Default | args::Entry::Off => Entry::None,
    }
}

/// The types in the key. `entry = false` may hide an associated function of a generic `impl`.
fn instance(function: &Function, entry: &args::Entry) -> Vec<Instance> {
    let mut all = Vec::new();
    match entry {
        _ if function.in_impl => all.push(Instance::SelfType),
        args::Entry::Named(_) => all.push(Instance::SelfType),
        args::Entry::Off => all.push(Instance::Surroundings),
        args::Entry::Default => {}
    }
    all.extend(function.type_params().cloned().map(Instance::Param));
    for arg in function
        .typed_args()
        .filter(|arg| types::has_impl_trait(&arg.ty))
    {
        if let Pat::Ident(pat) = &*arg.pat {
            all.push(Instance::TypeOf(pat.ident.clone()));
        }
    }
    all
}

fn key_form(key: Option<Key>, skipped: &[Ident], function: &Function) -> (Form, Vec<Part>) {
    match key {
        Some(Key::Template(template)) => {
            let holes = template
                .holes
                .into_iter()
                .map(|hole| Part::Hole(hole.expr, hole.style));
            (Form::Template(template.literals), holes.collect())
        }
        Some(Key::List(elements)) => (
            Form::List,
            elements
                .into_iter()
                .map(|element| self::element(element, function))
                .collect(),
        ),
        None => (Form::Arguments, arguments(skipped, function)),
    }
}

/// An argument as it is, where a list names one, or any other expression.
fn element(expr: Expr, function: &Function) -> Part {
    let named = name(&expr).and_then(|name| Some((name, function.binding(name)?)));
    match named {
        Some((name, binding)) => Part::Argument(Binding {
            name: name.clone(),
            ..binding.clone()
        }),
        None => Part::Element(expr),
    }
}

/// Every argument that is not skipped; `whole @ (a, b)` is in the key as `whole`.
fn arguments(skipped: &[Ident], function: &Function) -> Vec<Part> {
    let kept = function
        .bindings
        .iter()
        .filter(|binding| !binding.nested && !skipped.contains(&binding.name));
    kept.cloned().map(Part::Argument).collect()
}

/// A constant goes to the site, anything else is computed per call.
fn expirations(
    attr: Attr,
    expiration: Option<args::Expiration>,
    function: &Function,
) -> (Option<Expiration>, Option<Expires>) {
    match expiration {
        None => (None, None),
        Some(args::Expiration::Never) => (Some(Expiration::Never), None),
        Some(args::Expiration::Millis(millis, _)) if millis % 1000 == 0 => {
            (Some(Expiration::Seconds(millis / 1000)), None)
        }
        Some(args::Expiration::Millis(millis, _)) => (Some(Expiration::Millis(millis)), None),
        Some(args::Expiration::Dynamic(expr)) => (None, Some(dynamic(attr, expr, function))),
    }
}

/// Whoever consumes a sequence may do so elsewhere, and later: its expiration is of the call.
fn dynamic(attr: Attr, expr: Expr, function: &Function) -> Expires {
    let mut names = function.bindings.iter().map(|binding| &binding.name);
    if attr == Attr::MemoizeIter || names.any(|name| mentions(&expr, name)) {
        Expires::Eager(expr)
    } else {
        Expires::Lazy(expr)
    }
}
