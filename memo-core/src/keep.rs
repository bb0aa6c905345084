//! What of a return value is kept, decided by its type: through every alias, and not by how the type is spelled.
//!
//! [`Returns`] picks a [`Keep`] by method resolution: an inherent method of a nearer type wins over one
//! found by auto-deref, and an `impl` whose bounds do not hold is passed over. (The technique is known as deref
//! specialization; <https://lukaskalbertodt.github.io/2019/12/05/generalized-autoref-based-specialization.html>.)
//!
//! It sees a type as the function's signature has it. Where that is a parameter, or made of one, [`KeepAll`] asks the outcome itself.

mod failure;

use std::any::Any;
use std::marker::PhantomData;
use std::ops::Deref;

pub(crate) use self::failure::is_err;
use crate::value::Cacheable;

/// Returns whether two values are equal.
pub(crate) type Comparison<V> = fn(&V, &V) -> bool;

/// How a function's outcome and its cached value belong together.
pub trait Keep<R>: Copy + Send + Sync + 'static {
    /// What is stored.
    type Value: Cacheable;

    /// Compares two values; `None` where nobody knows how.
    const SAME: Option<Comparison<Self::Value>>;

    /// The part of an outcome that may be stored: nothing of an `Err`.
    fn value(outcome: &R) -> Option<&Self::Value>;

    /// That part by itself, or the outcome where there is none.
    fn part(outcome: R) -> Result<Self::Value, R>;

    /// The outcome that a stored value stands for.
    fn revive(value: Self::Value) -> R;

    /// A copy for another caller who waited for this outcome, if it can be had.
    fn share(outcome: &R) -> Option<Box<dyn Any + Send + Sync>>;

    /// An outcome from such a copy.
    fn unshare(shared: &(dyn Any + Send + Sync)) -> Option<R>;
}

/// A return type, asked what of it to keep.
///
/// The names of the questions are such that no trait of a user's, found before the auto-deref, answers in our place.
pub struct Returns<R>(PhantomData<fn() -> R>);

/// The same question where the bounds of the levels above did not hold.
pub struct Level<R, const LEVEL: u8>(PhantomData<fn() -> R>);

impl<R> Returns<R> {
    /// The question.
    pub const NEW: Self = Self(PhantomData);
}

impl<R, const LEVEL: u8> Level<R, LEVEL> {
    const NEW: Self = Self(PhantomData);
}

impl<R> Deref for Returns<R> {
    type Target = Level<R, 1>;
    fn deref(&self) -> &Level<R, 1> {
        &Level::NEW
    }
}

macro_rules! levels {
    ($($level:literal -> $next:literal)*) => {$(
        impl<R> Deref for Level<R, $level> {
            type Target = Level<R, $next>;
            fn deref(&self) -> &Level<R, $next> {
                &Level::NEW
            }
        }
    )*};
}

levels!(1 -> 2 2 -> 3 3 -> 4 4 -> 5);

impl<T: PartialEq, E: Clone + Send + Sync + 'static> Returns<Result<T, E>> {
    /// `Ok` is kept; concurrent callers share an `Err`.
    pub const fn __memo_keep(&self) -> Kept<Result<T, E>, KeepOk<ByEq>> {
        Kept::NEW
    }
}

impl<T, E: Clone + Send + Sync + 'static> Level<Result<T, E>, 1> {
    /// As above, of values that cannot be compared.
    pub const fn __memo_keep(&self) -> Kept<Result<T, E>, KeepOk> {
        Kept::NEW
    }
}

impl<T: PartialEq, E> Level<Result<T, E>, 2> {
    /// `Ok` is kept; concurrent callers of a failure try for themselves.
    pub const fn __memo_keep(&self) -> Kept<Result<T, E>, KeepOkAlone<ByEq>> {
        Kept::NEW
    }
}

impl<T, E> Level<Result<T, E>, 3> {
    /// As above, of values that cannot be compared.
    pub const fn __memo_keep(&self) -> Kept<Result<T, E>, KeepOkAlone> {
        Kept::NEW
    }
}

impl<R: PartialEq> Level<R, 4> {
    /// Everything is kept, unless it turns out to be an `Err`.
    pub const fn __memo_keep(&self) -> Kept<R, KeepAll<ByEq>> {
        Kept::NEW
    }
}

impl<R> Level<R, 5> {
    /// As above, of values that cannot be compared.
    pub const fn __memo_keep(&self) -> Kept<R, KeepAll> {
        Kept::NEW
    }
}

/// How two values are found to be the same, where that can be.
pub trait Same<V>: Copy + Send + Sync + 'static {
    /// Compares two values; `None` where nobody knows how.
    const SAME: Option<Comparison<V>>;
}

/// The values are `PartialEq`.
#[derive(Clone, Copy, Debug)]
pub struct ByEq;

/// The values cannot be compared.
#[derive(Clone, Copy, Debug)]
pub struct Unknown;

impl<V: PartialEq> Same<V> for ByEq {
    const SAME: Option<Comparison<V>> = Some(|one, other| one == other);
}

impl<V> Same<V> for Unknown {
    const SAME: Option<Comparison<V>> = None;
}

/// The answer: outcomes `R` are kept as `K` says.
pub struct Kept<R, K>(PhantomData<fn() -> (R, K)>);

impl<R, K> Kept<R, K> {
    const NEW: Self = Self(PhantomData);
}

/// Keeps `Ok`; an `Err` can be cloned for those who wait.
#[derive(Clone, Copy, Debug)]
pub struct KeepOk<S = Unknown>(PhantomData<S>);

impl KeepOk {
    /// Of values that cannot be compared.
    pub const NEW: Self = Self(PhantomData);
}

/// Keeps `Ok`; an `Err` belongs to one caller.
#[derive(Clone, Copy, Debug)]
pub struct KeepOkAlone<S = Unknown>(PhantomData<S>);

impl KeepOkAlone {
    /// Of values that cannot be compared.
    pub const NEW: Self = Self(PhantomData);
}

/// Keeps every outcome, but for an `Err` that nobody could see in the signature.
#[derive(Clone, Copy, Debug)]
pub struct KeepAll<S = Unknown>(PhantomData<S>);

impl KeepAll {
    /// Of values that cannot be compared.
    pub const NEW: Self = Self(PhantomData);
}

impl<R: Cacheable, S: Same<R>> Keep<R> for KeepAll<S> {
    type Value = R;

    const SAME: Option<Comparison<R>> = S::SAME;

    fn value(outcome: &R) -> Option<&R> {
        (!is_err(outcome)).then_some(outcome)
    }

    fn part(outcome: R) -> Result<R, R> {
        if is_err(&outcome) {
            Err(outcome)
        } else {
            Ok(outcome)
        }
    }

    fn revive(value: R) -> R {
        value
    }

    fn share(outcome: &R) -> Option<Box<dyn Any + Send + Sync>> {
        Some(Box::new(outcome.clone()))
    }

    fn unshare(shared: &(dyn Any + Send + Sync)) -> Option<R> {
        shared.downcast_ref::<R>().cloned()
    }
}

impl<T: Cacheable, E: Clone + Send + Sync + 'static, S: Same<T>> Keep<Result<T, E>> for KeepOk<S> {
    type Value = T;

    const SAME: Option<Comparison<T>> = S::SAME;

    fn value(outcome: &Result<T, E>) -> Option<&T> {
        outcome.as_ref().ok()
    }

    fn part(outcome: Result<T, E>) -> Result<T, Result<T, E>> {
        outcome.map_err(Err)
    }

    fn revive(value: T) -> Result<T, E> {
        Ok(value)
    }

    fn share(outcome: &Result<T, E>) -> Option<Box<dyn Any + Send + Sync>> {
        Some(Box::new(outcome.clone()))
    }

    fn unshare(shared: &(dyn Any + Send + Sync)) -> Option<Result<T, E>> {
        shared.downcast_ref::<Result<T, E>>().cloned()
    }
}

impl<T: Cacheable, E, S: Same<T>> Keep<Result<T, E>> for KeepOkAlone<S> {
    type Value = T;

    const SAME: Option<Comparison<T>> = S::SAME;

    fn value(outcome: &Result<T, E>) -> Option<&T> {
        outcome.as_ref().ok()
    }

    fn part(outcome: Result<T, E>) -> Result<T, Result<T, E>> {
        outcome.map_err(Err)
    }

    fn revive(value: T) -> Result<T, E> {
        Ok(value)
    }

    fn share(outcome: &Result<T, E>) -> Option<Box<dyn Any + Send + Sync>> {
        let value = outcome.as_ref().ok()?;
        Some(Box::new(value.clone()))
    }

    fn unshare(shared: &(dyn Any + Send + Sync)) -> Option<Result<T, E>> {
        shared.downcast_ref::<T>().cloned().map(Ok)
    }
}

/// Which values mean "nothing there", for `cache_none = false`.
#[diagnostic::on_unimplemented(
    message = "`cache_none` has no meaning here: the function's signature does not say that it returns an `Option`",
    note = "leave `cache_none` off, or say with `cache_if = |value| …` which values to keep"
)]
pub trait Nothing<V> {
    /// Whether `value` is a `None`.
    fn is_none(value: &V) -> bool;
}

/// The value is an `Option`.
#[derive(Clone, Copy, Debug)]
pub struct IsOption;

/// The value is no `Option`.
#[derive(Clone, Copy, Debug)]
pub struct IsNoOption;

impl<T> Nothing<Option<T>> for IsOption {
    fn is_none(value: &Option<T>) -> bool {
        value.is_none()
    }
}

impl<T, E> Returns<Result<Option<T>, E>> {
    /// `Ok(None)` can be left out.
    pub const fn __memo_optional(&self) -> IsOption {
        IsOption
    }
}

impl<T> Level<Option<T>, 1> {
    /// `None` can be left out.
    pub const fn __memo_optional(&self) -> IsOption {
        IsOption
    }
}

impl<R> Level<R, 2> {
    /// There is no `None` to leave out.
    pub const fn __memo_optional(&self) -> IsNoOption {
        IsNoOption
    }
}
