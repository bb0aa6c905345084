//! Laws as things: listed, and put to a backend.

use memo_core::Waits;
use memo_core::backend::{Backend, Capability};

use super::bench::Bench;
use super::{Subject, concurrency, counters, expiry, groups, leases, names, values};

/// Something that every backend does, if it can do what the law is about.
#[derive(Clone, Copy, Debug)]
pub struct Law {
    /// What holds.
    pub name: &'static str,
    /// Why it must.
    pub reason: &'static str,
    /// What it is about.
    pub needs: Needs,
}

/// What a backend must be able to do for a law to apply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Needs {
    /// What all can.
    Nothing,
    /// [`Capability::native_expiry`].
    Expiry,
    /// [`Capability::groups`].
    Groups,
    /// [`Capability::counters`].
    Counters,
    /// [`Capability::counters`] and [`Capability::native_expiry`].
    CountersThatExpire,
    /// [`Capability::leases`].
    Leases,
    /// [`Capability::leases`] and [`Capability::native_expiry`].
    LeasesThatExpire,
    /// [`Capability::leases`] and [`Capability::groups`].
    LeasesAndGroups,
}

/// How a backend stands to a law that it does not break.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It keeps it.
    Kept,
    /// It cannot do what the law is about; why.
    NotApplicable(&'static str),
}

impl Law {
    /// Why the law does not apply to a backend that can do only this; `None` if it does apply.
    ///
    /// ```
    /// use memo_core::backend::Capability;
    /// use memo_testkit::conformance::laws;
    ///
    /// let plain = Capability::of(250, 1 << 20);
    /// let not_applicable = laws().iter().filter_map(|law| law.obstacle(&plain));
    /// assert!(not_applicable.count() > 0);
    /// ```
    pub fn obstacle(&self, capability: &Capability) -> Option<&'static str> {
        let (expiry, groups, counters, leases) = match self.needs {
            Needs::Nothing => (false, false, false, false),
            Needs::Expiry => (true, false, false, false),
            Needs::Groups => (false, true, false, false),
            Needs::Counters => (false, false, true, false),
            Needs::CountersThatExpire => (true, false, true, false),
            Needs::Leases => (false, false, false, true),
            Needs::LeasesThatExpire => (true, false, false, true),
            Needs::LeasesAndGroups => (false, true, false, true),
        };
        if expiry && !capability.native_expiry {
            Some("its values do not expire by themselves")
        } else if groups && !capability.groups {
            Some("it cannot delete by group")
        } else if counters && !capability.counters {
            Some("it cannot count")
        } else if leases && !capability.leases {
            Some("it gives no leases")
        } else {
            None
        }
    }
}

/// All laws.
pub fn laws() -> &'static [Law] {
    LAWS
}

/// Puts a backend to the law of this name.
///
/// # Panics
///
/// If the backend breaks it, or there is no such law.
pub fn check<B: Backend>(law: &str, subject: &Subject<B>, waits: Waits) -> Outcome {
    let law = LAWS.iter().find(|known| known.name == law);
    let law = law.expect("there is no such law");
    if let Some(obstacle) = law.obstacle(&subject.backend().capability()) {
        return Outcome::NotApplicable(obstacle);
    }
    enforce(law.name, &Bench::new(subject, waits));
    Outcome::Kept
}

#[doc(hidden)]
#[macro_export]
macro_rules! __law_table {
    ([] $($module:ident $needs:ident $name:ident $reason:literal;)+) => {
        const LAWS: &[Law] = &[$(Law {
            name: stringify!($name),
            reason: $reason,
            needs: Needs::$needs,
        }),+];

        fn enforce<B: Backend>(law: &str, bench: &Bench<'_, B>) {
            match law {
                $(stringify!($name) => $module::$name(bench),)+
                _ => {}
            }
        }
    };
}

crate::__each_law! { __law_table, }

/// Makes a test of each law, twice: in `$name::blocking` and in `$name::asynchronous`.
///
/// `$subject` is called for each, and gives a [`Subject`](crate::conformance::Subject). [`conformance`](mod@crate::conformance) has an
/// example.
#[macro_export]
macro_rules! conformance {
    ($name:ident, $subject:expr $(,)?) => {
        mod $name {
            mod blocking {
                #[allow(unused_imports, reason = "the subject may be a whole path")]
                use super::super::*;
                $crate::__each_law! { __law_tests, Blocking, $subject }
            }
            mod asynchronous {
                #[allow(unused_imports, reason = "the subject may be a whole path")]
                use super::super::*;
                $crate::__each_law! { __law_tests, Async, $subject }
            }
        }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __law_tests {
    ([$waits:ident, $subject:expr] $($module:ident $needs:ident $name:ident $reason:literal;)+) => {
        $crate::__law_tests! { @ $waits ($subject) $($name)+ }
    };
    (@ $waits:ident $subject:tt $($name:ident)+) => {
        $(#[test]
        fn $name() {
            let subject = $subject();
            $crate::conformance::check(
                stringify!($name),
                &subject,
                $crate::conformance::__Waits::$waits,
            );
        })+
    };
}
