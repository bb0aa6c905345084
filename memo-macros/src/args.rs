//! The grammar of the attributes: which options there are, which attribute reads which, and what each one holds.
//!
//! What a single value may be is said in [`values`]; rules about options together, or about the
//! function, in [`check`](crate::check).

use proc_macro2::TokenStream;
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Expr, Ident, LitFloat, LitStr, Path, Token};

use crate::attr::Attr;
use crate::diag::Diag;
use crate::mentions::mentions;
use crate::suggest;
use crate::template::Template;
use crate::values::{self, Value};

/// Every option, in the order of the reference, and what reads it.
pub(crate) const OPTIONS: [(&str, &[Attr]); 26] = [
    ("key", BOTH),
    ("skip", BOTH),
    ("name", BOTH),
    ("version", BOTH),
    ("expiration", BOTH),
    ("jitter", BOTH),
    ("force_overwrite", BOTH),
    ("on_drop", &[Attr::MemoizeIter]),
    ("on_torn", &[Attr::MemoizeIter]),
    ("eager", &[Attr::MemoizeIter]),
    ("cache_if", &[Attr::Memoize]),
    ("cache_none", &[Attr::Memoize]),
    ("local", &[Attr::Memoize]),
    ("weigh", &[Attr::Memoize]),
    ("large_data", &[Attr::Memoize]),
    ("compress", BOTH),
    ("encrypt", BOTH),
    ("encryption_key", BOTH),
    ("codec", BOTH),
    ("schema", BOTH),
    ("strict", &[Attr::Memoize]),
    ("lock", &[Attr::Memoize]),
    ("near", &[Attr::Memoize]),
    ("cache", BOTH),
    ("entry", BOTH),
    ("crate", BOTH),
];

const BOTH: &[Attr] = &[Attr::Memoize, Attr::MemoizeIter];

/// The options of one attribute.
pub(crate) fn options_of(attr: Attr) -> impl Iterator<Item = &'static str> {
    OPTIONS
        .into_iter()
        .filter(move |(_, readers)| readers.contains(&attr))
        .map(|(name, _)| name)
}

/// What other caches call our options.
const OTHER_WORDS: [(&str, &str); 30] = [
    ("ttl", "expiration"),
    ("expires", "expiration"),
    ("expires_in", "expiration"),
    ("expire", "expiration"),
    ("timeout", "expiration"),
    ("convert", "key"),
    ("ignore", "skip"),
    ("exclude", "skip"),
    ("prefix", "name"),
    ("force", "force_overwrite"),
    ("force_refresh", "force_overwrite"),
    ("condition", "cache_if"),
    ("in_memory", "local"),
    ("weight", "weigh"),
    ("size", "weigh"),
    ("large", "large_data"),
    ("chunked", "large_data"),
    ("compression", "compress"),
    ("compress_large_data", "compress"),
    ("encrypted", "encrypt"),
    ("secure", "encrypt"),
    ("use_encryption", "encrypt"),
    ("secret", "encryption_key"),
    ("keyring", "encryption_key"),
    ("serializer", "codec"),
    ("format", "codec"),
    ("lease", "lock"),
    ("locked", "lock"),
    ("sync", "lock"),
    ("client_side", "near"),
];

/// An option as written: its name, for errors, and its value.
#[derive(Debug)]
pub(crate) struct Opt<T> {
    /// The option's name in the attribute.
    pub(crate) name: Ident,
    /// What was given.
    pub(crate) value: T,
}

/// The attribute, option by option.
///
/// Rules destructure this exhaustively, so that a new option does not compile until it is placed.
#[derive(Debug, Default)]
pub(crate) struct Args {
    pub(crate) key: Option<Opt<Key>>,
    pub(crate) skip: Option<Opt<Vec<Ident>>>,
    pub(crate) name: Option<Opt<LitStr>>,
    pub(crate) version: Option<Opt<u32>>,
    pub(crate) expiration: Option<Opt<Expiration>>,
    pub(crate) jitter: Option<Opt<Jitter>>,
    pub(crate) force_overwrite: Option<Opt<Expr>>,
    pub(crate) on_drop: Option<Opt<OnDrop>>,
    pub(crate) on_torn: Option<Opt<OnTorn>>,
    pub(crate) eager: Option<Opt<()>>,
    pub(crate) cache_if: Option<Opt<Expr>>,
    pub(crate) cache_none: Option<Opt<bool>>,
    pub(crate) local: Option<Opt<()>>,
    pub(crate) weigh: Option<Opt<Expr>>,
    pub(crate) large_data: Option<Opt<()>>,
    pub(crate) compress: Option<Opt<bool>>,
    pub(crate) encrypt: Option<Opt<()>>,
    pub(crate) encryption_key: Option<Opt<Expr>>,
    pub(crate) codec: Option<Opt<Codec>>,
    pub(crate) schema: Option<Opt<bool>>,
    pub(crate) strict: Option<Opt<()>>,
    /// In milliseconds.
    pub(crate) lock: Option<Opt<u64>>,
    /// In milliseconds.
    pub(crate) near: Option<Opt<u64>>,
    pub(crate) cache: Option<Opt<Expr>>,
    pub(crate) entry: Option<Opt<Entry>>,
    pub(crate) krate: Option<Opt<Path>>,
}

/// `key = …`
#[derive(Debug)]
pub(crate) enum Key {
    /// `"user:{id}"`
    Template(Template),
    /// `[a, b.c, f(d)]`
    List(Vec<Expr>),
}

impl Key {
    /// Every expression in the key.
    pub(crate) fn exprs(&self) -> Vec<&Expr> {
        match self {
            Self::Template(template) => template.holes.iter().map(|hole| &hole.expr).collect(),
            Self::List(elements) => elements.iter().collect(),
        }
    }

    /// Whether the argument `name` has a say in the key.
    pub(crate) fn mentions(&self, name: &Ident) -> bool {
        self.exprs().into_iter().any(|expr| mentions(expr, name))
    }
}

/// `expiration = …`
#[derive(Debug)]
pub(crate) enum Expiration {
    /// An integer or a string, and where it stands.
    Millis(u64, Expr),
    /// `"never"`
    Never,
    /// Any other expression: a `Duration`, computed per call.
    Dynamic(Expr),
}

/// `jitter = …`
#[derive(Debug)]
pub(crate) enum Jitter {
    /// `0.1`: this share of the expiration.
    Fraction(LitFloat),
    /// `"30s"`: at most this long.
    UptoMillis(u64),
}

/// `codec = …`
#[derive(Clone, Debug)]
pub(crate) enum Codec {
    /// `"postcard"`
    Postcard,
    /// `"msgpack"`, and where it stands.
    Msgpack(LitStr),
}

/// `entry = …`
#[derive(Debug)]
pub(crate) enum Entry {
    /// `true`: what happens anyway.
    Default,
    /// `false`: nothing beside the function.
    Off,
    /// `user_entry`: a method of this name.
    Named(Ident),
}

/// `on_drop = …`
#[derive(Clone, Debug)]
pub(crate) enum OnDrop {
    /// `"discard"`: what happens anyway.
    Discard,
    /// `"finish"`, and where it stands.
    Finish(LitStr),
    /// `"keep"`, and where it stands.
    Keep(LitStr),
}

/// `on_torn = …`
#[derive(Clone, Debug)]
pub(crate) enum OnTorn {
    /// `"panic"`: what happens anyway.
    Panic,
    /// `"error"`, and where it stands.
    Error(LitStr),
    /// `"end_with_event"`, and where it stands.
    End(LitStr),
}

impl Args {
    /// Reads the attribute; every fault in it is reported, and what is sound is kept.
    pub(crate) fn parse(attr: Attr, tokens: TokenStream, diag: &mut Diag) -> Self {
        let mut args = Self::default();
        let read = |input: ParseStream<'_>| {
            while !input.is_empty() {
                if let Err(error) = args.option(attr, input, diag) {
                    diag.absorb(error);
                    skip_to_comma(input)?;
                }
                if !input.is_empty() {
                    input.parse::<Token![,]>()?;
                }
            }
            Ok(())
        };
        if let Err(error) = read.parse2(tokens) {
            diag.absorb(error);
        }
        args
    }

    /// Reads one option.
    fn option(&mut self, attr: Attr, input: ParseStream<'_>, diag: &mut Diag) -> syn::Result<()> {
        let name = input.call(Ident::parse_any).map_err(|_| no_name(input))?;
        let value = Value {
            name: &name,
            input,
            diag,
        };
        match name.to_string().as_str() {
            "key" => value.fill(&mut self.key, values::key),
            "skip" => value.fill(&mut self.skip, values::names),
            "name" => value.fill(&mut self.name, values::text),
            "version" => value.fill(&mut self.version, values::version),
            "expiration" => value.fill(&mut self.expiration, values::expiration),
            "jitter" => value.fill(&mut self.jitter, values::jitter),
            "force_overwrite" => value.fill(&mut self.force_overwrite, values::expr),
            "on_drop" => value.fill(&mut self.on_drop, values::on_drop),
            "on_torn" => value.fill(&mut self.on_torn, values::on_torn),
            "eager" => value.fill(&mut self.eager, values::flag),
            "cache_if" => value.fill(&mut self.cache_if, values::function),
            "cache_none" => value.fill(&mut self.cache_none, values::boolean),
            "local" => value.fill(&mut self.local, values::flag),
            "weigh" => value.fill(&mut self.weigh, values::function),
            "large_data" => value.fill(&mut self.large_data, values::flag),
            "compress" => value.fill(&mut self.compress, values::switch),
            "encrypt" => value.fill(&mut self.encrypt, values::flag),
            "encryption_key" => value.fill(&mut self.encryption_key, values::keyring),
            "codec" => value.fill(&mut self.codec, values::codec),
            "schema" => value.fill(&mut self.schema, values::boolean),
            "strict" => value.fill(&mut self.strict, values::flag),
            "lock" => value.fill(&mut self.lock, values::lock),
            "near" => value.fill(&mut self.near, values::near),
            "cache" => value.fill(&mut self.cache, values::expr),
            "entry" => value.fill(&mut self.entry, values::entry),
            "crate" => value.fill(&mut self.krate, values::path),
            _ => Err(unknown(attr, &name)),
        }
    }
}

/// `#[memoize("user:{id}")]`
fn no_name(input: ParseStream<'_>) -> syn::Error {
    let example = match input.fork().parse::<LitStr>() {
        Ok(text) => format!("key = {:?}", text.value()),
        Err(_) => "key = \"user:{id}\"".to_owned(),
    };
    input.error(format!(
        "an option is given by its name, for example `{example}`"
    ))
}

fn unknown(attr: Attr, name: &Ident) -> syn::Error {
    let wrong = name.to_string();
    let known = Vec::from_iter(options_of(attr));
    let other_word = OTHER_WORDS
        .iter()
        .find(|(word, ours)| *word == wrong && known.contains(ours))
        .map(|(_, ours)| *ours);
    let nearest = || suggest::nearest(&wrong, known.iter().copied());
    let hint = suggest::hint(other_word.or_else(nearest));
    let known = known.join(", ");
    syn::Error::new(
        name.span(),
        format!("unknown option `{wrong}`{hint} (options: {known})"),
    )
}

/// Leaves the rest of a broken option behind.
pub(crate) fn skip_to_comma(input: ParseStream<'_>) -> syn::Result<()> {
    while !input.is_empty() && !input.peek(Token![,]) {
        input.parse::<proc_macro2::TokenTree>()?;
    }
    Ok(())
}
