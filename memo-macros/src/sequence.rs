//! What a return type that yields items says in its tokens.

use proc_macro2::Span;
use syn::punctuated::Punctuated;
use syn::{
    CapturedParam, GenericArgument, Lifetime, Path, PathArguments, Token, Type, TypeParamBound,
};

use crate::types::{argument_of, generic_arguments};

/// A return type that yields items.
#[derive(Debug)]
pub(crate) struct Sequence {
    pub(crate) kind: Kind,
    /// What it yields.
    pub(crate) item: Type,
    /// What it may borrow from the arguments.
    pub(crate) captures: Captures,
    /// Bounds that no cached sequence can keep.
    pub(crate) strange: Vec<TypeParamBound>,
}

/// How the items are handed out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `impl Iterator<Item = T>`
    Iterator,
    /// `Box<dyn Iterator<Item = T>>`
    BoxedIterator,
    /// `Vec<T>`
    List,
    /// `impl Stream<Item = T>`
    Stream,
    /// `Pin<Box<dyn Stream<Item = T>>>`, `BoxStream<'a, T>`, `LocalBoxStream<'a, T>`
    BoxedStream,
}

impl Kind {
    /// Whether the items come with time.
    pub(crate) fn is_stream(self) -> bool {
        matches!(self, Self::Stream | Self::BoxedStream)
    }
}

/// What a value of the type may borrow, where its tokens say so.
#[derive(Debug)]
pub(crate) enum Captures {
    /// Whatever the arguments borrow: `impl Trait` without a lifetime.
    All,
    /// What has one of these lifetimes, and what to write for another one.
    These(Vec<Lifetime>, Fix),
}

/// Where a lifetime is added.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Fix {
    /// `+ 'a`
    Bound,
    /// `+ use<'a>`
    Use,
    /// `BoxStream<'a, T>`
    Argument,
}

impl Sequence {
    /// What `ty` yields, if it says so.
    pub(crate) fn of(ty: &Type) -> Option<Self> {
        let ty = peeled(ty);
        match ty {
            Type::ImplTrait(opaque) => Self::of_impl(&opaque.bounds),
            _ => Self::of_list(ty)
                .or_else(|| Self::of_alias(ty))
                .or_else(|| Self::of_box(ty)),
        }
    }

    fn of_impl(bounds: &Bounds) -> Option<Self> {
        let (kind, item) = bounds.iter().find_map(yields)?;
        Some(Self {
            kind,
            item,
            captures: captures_of_impl(bounds),
            strange: strange(bounds, kind),
        })
    }

    fn of_list(ty: &Type) -> Option<Self> {
        Some(Self {
            kind: Kind::List,
            item: argument_of(ty, "Vec")?.clone(),
            captures: Captures::All,
            strange: Vec::new(),
        })
    }

    fn of_alias(ty: &Type) -> Option<Self> {
        let (name, item) = alias(ty)?;
        Some(Self {
            kind: Kind::BoxedStream,
            item: item.clone(),
            captures: Captures::These(lifetime_arguments(ty, name), Fix::Argument),
            strange: Vec::new(),
        })
    }

    fn of_box(ty: &Type) -> Option<Self> {
        let (pinned, boxed) = match argument_of(ty, "Pin") {
            Some(inner) => (true, peeled(inner)),
            None => (false, ty),
        };
        let Type::TraitObject(object) = peeled(argument_of(boxed, "Box")?) else {
            return None;
        };
        let (kind, item) = object.bounds.iter().find_map(yields)?;
        let kind = match (kind, pinned) {
            (Kind::Iterator, false) => Kind::BoxedIterator,
            (Kind::Stream, true) => Kind::BoxedStream,
            _ => return None,
        };
        Some(Self {
            kind,
            item,
            captures: Captures::These(lifetime_bounds(&object.bounds), Fix::Bound),
            strange: strange(&object.bounds, kind),
        })
    }

    /// What is kept of an item, as far as its tokens say: of a `Result<T, E>`, `T`.
    pub(crate) fn kept(&self) -> &Type {
        argument_of(peeled(&self.item), "Result").unwrap_or(&self.item)
    }
}

/// Whether `ty` is an iterator or a stream, even if it does not say of what.
pub(crate) fn hands_out(ty: &Type) -> bool {
    match peeled(ty) {
        Type::ImplTrait(opaque) => opaque.bounds.iter().any(|bound| kind(bound).is_some()),
        Type::TraitObject(object) => object.bounds.iter().any(|bound| kind(bound).is_some()),
        ty => {
            let mut pointees = ["Box", "Pin"]
                .into_iter()
                .filter_map(|pointer| argument_of(ty, pointer));
            alias(ty).is_some() || pointees.any(hands_out)
        }
    }
}

type Bounds = Punctuated<TypeParamBound, Token![+]>;

/// `ty` without the parentheses and groups that macros leave around it.
fn peeled(ty: &Type) -> &Type {
    match ty {
        Type::Group(group) => peeled(&group.elem),
        Type::Paren(paren) => peeled(&paren.elem),
        _ => ty,
    }
}

/// The name that futures has for this boxed stream, and its items.
fn alias(ty: &Type) -> Option<(&'static str, &Type)> {
    ["BoxStream", "LocalBoxStream"]
        .into_iter()
        .find_map(|name| Some((name, argument_of(ty, name)?)))
}

/// Which sequence a bound asks for.
fn kind(bound: &TypeParamBound) -> Option<Kind> {
    match name(bound)?.as_str() {
        "Iterator"
        | "IntoIterator"
        | "FusedIterator"
        | "DoubleEndedIterator"
        | "ExactSizeIterator" => Some(Kind::Iterator),
        "Stream" | "FusedStream" => Some(Kind::Stream),
        _ => None,
    }
}

/// The sequence that a bound asks for, and its items.
fn yields(bound: &TypeParamBound) -> Option<(Kind, Type)> {
    let kind = kind(bound)?;
    let last = path(bound)?.segments.last()?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else {
        return None;
    };
    let item = arguments.args.iter().find_map(|argument| match argument {
        GenericArgument::AssocType(item) if item.ident == "Item" => Some(item.ty.clone()),
        _ => None,
    })?;
    Some((kind, item))
}

/// The bounds that the cached sequence does not have.
fn strange(bounds: &Bounds, kind: Kind) -> Vec<TypeParamBound> {
    let is_kept = |bound: &&TypeParamBound| match bound {
        TypeParamBound::Trait(_) => match name(bound).as_deref() {
            Some("Send" | "Sync" | "Unpin") => true,
            Some("Iterator" | "IntoIterator" | "FusedIterator") => !kind.is_stream(),
            Some("Stream") => kind.is_stream(),
            _ => false,
        },
        TypeParamBound::Lifetime(_) | TypeParamBound::PreciseCapture(_) => true,
        _ => false,
    };
    Vec::from_iter(bounds.iter().filter(|bound| !is_kept(bound)).cloned())
}

fn path(bound: &TypeParamBound) -> Option<&Path> {
    match bound {
        TypeParamBound::Trait(bound) => Some(&bound.path),
        _ => None,
    }
}

/// The last name of a trait's path.
pub(crate) fn name(bound: &TypeParamBound) -> Option<String> {
    Some(path(bound)?.segments.last()?.ident.to_string())
}

fn captures_of_impl(bounds: &Bounds) -> Captures {
    let used = bounds.iter().find_map(|bound| match bound {
        TypeParamBound::PreciseCapture(captured) => Some(&captured.params),
        _ => None,
    });
    if let Some(used) = used {
        let lifetimes = used.iter().filter_map(|param| match param {
            CapturedParam::Lifetime(lifetime) => Some(lifetime.clone()),
            _ => None,
        });
        return Captures::These(lifetimes.collect(), Fix::Use);
    }
    let is_lifetime = |bound: &TypeParamBound| matches!(bound, TypeParamBound::Lifetime(_));
    if bounds.iter().any(is_lifetime) {
        Captures::These(lifetime_bounds(bounds), Fix::Bound)
    } else {
        Captures::All
    }
}

fn lifetime_bounds(bounds: &Bounds) -> Vec<Lifetime> {
    let lifetimes = bounds.iter().filter_map(|bound| match bound {
        TypeParamBound::Lifetime(lifetime) => Some(lifetime),
        _ => None,
    });
    that_borrow(lifetimes)
}

/// Left out, it is `'_`.
fn lifetime_arguments(ty: &Type, name: &str) -> Vec<Lifetime> {
    let arguments = match ty {
        Type::Path(path) => generic_arguments(&path.path, name),
        _ => None,
    };
    let mut lifetimes = arguments
        .into_iter()
        .flatten()
        .filter_map(|argument| match argument {
            GenericArgument::Lifetime(lifetime) => Some(lifetime),
            _ => None,
        })
        .peekable();
    if lifetimes.peek().is_none() {
        return vec![Lifetime::new("'_", Span::call_site())];
    }
    that_borrow(lifetimes)
}

fn that_borrow<'a>(lifetimes: impl Iterator<Item = &'a Lifetime>) -> Vec<Lifetime> {
    let borrowing = lifetimes.filter(|lifetime| lifetime.ident != "static");
    borrowing.cloned().collect()
}
