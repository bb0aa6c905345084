//! What a type says about itself in its tokens.

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::visit::{self, Visit};
use syn::{
    FnArg, GenericArgument, Lifetime, ParenthesizedGenericArguments, Path, PathArguments,
    ReceiverKind, Type, TypeFnPtr, TypeImplTrait, TypeParamBound, TypeReference,
};

/// Takes `ty` out of groups that have no delimiters.
pub(crate) fn ungroup(ty: &mut Type) {
    while let Type::Group(group) = ty {
        *ty = Type::clone(&group.elem);
    }
}

/// Whether `ty` names an `impl Trait`, however deep.
pub(crate) fn has_impl_trait(ty: &Type) -> bool {
    struct Search(bool);
    impl<'ast> Visit<'ast> for Search {
        fn visit_type_impl_trait(&mut self, _: &'ast TypeImplTrait) {
            self.0 = true;
        }
    }
    let mut search = Search(false);
    search.visit_type(ty);
    search.0
}

/// Whether the caller sees what the function writes into `arg`.
pub(crate) fn borrows_mutably(arg: &FnArg) -> bool {
    match arg {
        FnArg::Typed(arg) => has_mutable_borrow(&arg.ty),
        FnArg::Receiver(receiver) => match &receiver.kind {
            ReceiverKind::Reference(_, _, mutability) => mutability.is_some(),
            ReceiverKind::Typed(_, ty) => has_mutable_borrow(ty),
            _ => false,
        },
    }
}

/// Whether `ty` has a `&mut`; the arguments of function types are not part of the value.
fn has_mutable_borrow(ty: &Type) -> bool {
    struct Search(bool);
    impl<'ast> Visit<'ast> for Search {
        fn visit_type_reference(&mut self, reference: &'ast TypeReference) {
            self.0 |= reference.mutability.is_some();
            visit::visit_type_reference(self, reference);
        }
        fn visit_type_fn_ptr(&mut self, _: &'ast TypeFnPtr) {}
        fn visit_parenthesized_generic_arguments(
            &mut self,
            _: &'ast ParenthesizedGenericArguments,
        ) {
        }
    }
    let mut search = Search(false);
    search.visit_type(ty);
    search.0
}

/// A borrow that is not `'static`.
#[derive(Debug)]
pub(crate) struct Borrow {
    /// Its lifetime, if that has a name.
    pub(crate) lifetime: Option<Lifetime>,
    /// What to point at.
    pub(crate) tokens: TokenStream,
}

impl Borrow {
    fn new(lifetime: Option<&Lifetime>, tokens: impl ToTokens) -> Self {
        Self {
            lifetime: lifetime.filter(|lifetime| lifetime.ident != "_").cloned(),
            tokens: tokens.to_token_stream(),
        }
    }
}

/// The first borrow in `ty` that is not `'static`, as tokens to point at.
pub(crate) fn borrow(ty: &Type) -> Option<TokenStream> {
    let first = borrows(ty).into_iter().next();
    first.map(|borrow| borrow.tokens)
}

/// The borrows in the type of `arg`.
pub(crate) fn borrows_of(arg: &FnArg) -> Vec<Borrow> {
    match arg {
        FnArg::Typed(arg) => borrows(&arg.ty),
        FnArg::Receiver(receiver) => match &receiver.kind {
            ReceiverKind::Reference(_, lifetime, _) if !is_static(lifetime.as_ref()) => {
                vec![Borrow::new(lifetime.as_ref(), receiver)]
            }
            ReceiverKind::Typed(_, ty) => borrows(ty),
            _ => Vec::new(),
        },
    }
}

fn is_static(lifetime: Option<&Lifetime>) -> bool {
    lifetime.is_some_and(|lifetime| lifetime.ident == "static")
}

/// The borrows in `ty` that show and are not `'static`, from left to right.
fn borrows(ty: &Type) -> Vec<Borrow> {
    struct Search(Vec<Borrow>);
    impl<'ast> Visit<'ast> for Search {
        fn visit_type_reference(&mut self, reference: &'ast TypeReference) {
            if reference.lifetime.is_none() {
                self.0.push(Borrow::new(None, reference));
            }
            visit::visit_type_reference(self, reference);
        }
        fn visit_lifetime(&mut self, lifetime: &'ast Lifetime) {
            if !is_static(Some(lifetime)) {
                self.0.push(Borrow::new(Some(lifetime), lifetime));
            }
        }
        fn visit_type_fn_ptr(&mut self, _: &'ast TypeFnPtr) {}
        fn visit_parenthesized_generic_arguments(
            &mut self,
            _: &'ast ParenthesizedGenericArguments,
        ) {
        }
    }
    let mut search = Search(Vec::new());
    search.visit_type(ty);
    search.0
}

/// The `&'static T` that is the value of a function which returns `ty`, by itself or as all that an `Ok` or `Some` holds.
pub(crate) fn static_borrow(ty: &Type) -> Option<&TypeReference> {
    match ty {
        Type::Reference(reference) => is_static(reference.lifetime.as_ref()).then_some(reference),
        _ => static_borrow(argument_of(ty, "Result").or_else(|| argument_of(ty, "Option"))?),
    }
}

/// Returns true if `ty` is `[T; N]`, or a borrow of one.
pub(crate) fn is_array(ty: &Type) -> bool {
    match ty {
        Type::Array(_) => true,
        Type::Reference(reference) => is_array(&reference.elem),
        Type::Paren(paren) => is_array(&paren.elem),
        Type::Group(group) => is_array(&group.elem),
        _ => false,
    }
}

/// The `T` of `Pin<Box<dyn Future<Output = T> + …>>`.
pub(crate) fn boxed_future(ty: &Type) -> Option<&Type> {
    let Type::TraitObject(object) = argument_of(argument_of(ty, "Pin")?, "Box")? else {
        return None;
    };
    object.bounds.iter().find_map(|bound| match bound {
        TypeParamBound::Trait(bound) => future_output(&bound.path),
        _ => None,
    })
}

/// Whether `ty` is `impl Future<…>`, or one of the boxes that `futures` has for it.
pub(crate) fn is_named_future(ty: &Type) -> bool {
    let is = |path: &Path, names: &[&str]| {
        let last = path.segments.last();
        last.is_some_and(|last| names.iter().any(|name| last.ident == name))
    };
    match ty {
        Type::Path(path) => is(&path.path, &["BoxFuture", "LocalBoxFuture"]),
        Type::ImplTrait(opaque) => opaque.bounds.iter().any(
            |bound| matches!(bound, TypeParamBound::Trait(bound) if is(&bound.path, &["Future"])),
        ),
        _ => false,
    }
}

/// The `T` of `path::to::Name<T>`.
pub(crate) fn argument_of<'a>(ty: &'a Type, name: &str) -> Option<&'a Type> {
    let Type::Path(path) = ty else { return None };
    generic_arguments(&path.path, name)?.find_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    })
}

/// The `T` of `path::to::Future<Output = T>`.
fn future_output(path: &Path) -> Option<&Type> {
    generic_arguments(path, "Future")?.find_map(|argument| match argument {
        GenericArgument::AssocType(output) if output.ident == "Output" => Some(&output.ty),
        _ => None,
    })
}

/// The arguments of the last segment, if that is called `name`.
pub(crate) fn generic_arguments<'a>(
    path: &'a Path,
    name: &str,
) -> Option<impl Iterator<Item = &'a GenericArgument>> {
    let last = path
        .segments
        .last()
        .filter(|segment| segment.ident == name)?;
    match &last.arguments {
        PathArguments::AngleBracketed(arguments) => Some(arguments.args.iter()),
        _ => None,
    }
}
