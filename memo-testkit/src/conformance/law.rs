//! Laws as things: listed, and put to a backend.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use memo_core::Waits;
use memo_core::backend::{Backend, Capability};

use super::bench::Bench;
use super::{
    Subject, concurrency, counters, expiry, groups, leases, names, probes, shortening, values,
};

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
    /// [`Capability::probes`].
    Probes,
    /// [`Capability::probes`] and [`Capability::native_expiry`].
    ProbesAndExpiry,
    /// [`Capability::expires_early`] and [`Capability::native_expiry`].
    EarlyExpiry,
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
        let can = |need: &Need| need.is_met(capability);
        let unmet = self.needs.each().iter().find(|need| !can(need));
        unmet.map(|need| need.obstacle())
    }
}

/// One thing that a law needs.
#[derive(Clone, Copy)]
enum Need {
    Expiry,
    Probes,
    EarlyExpiry,
    Groups,
    Counters,
    Leases,
}

impl Needs {
    fn each(self) -> &'static [Need] {
        match self {
            Self::Nothing => &[],
            Self::Expiry => &[Need::Expiry],
            Self::Probes => &[Need::Probes],
            Self::ProbesAndExpiry => &[Need::Expiry, Need::Probes],
            Self::EarlyExpiry => &[Need::Expiry, Need::EarlyExpiry],
            Self::Groups => &[Need::Groups],
            Self::Counters => &[Need::Counters],
            Self::CountersThatExpire => &[Need::Expiry, Need::Counters],
            Self::Leases => &[Need::Leases],
            Self::LeasesThatExpire => &[Need::Expiry, Need::Leases],
            Self::LeasesAndGroups => &[Need::Groups, Need::Leases],
        }
    }
}

impl Need {
    fn is_met(self, capability: &Capability) -> bool {
        match self {
            Self::Expiry => capability.native_expiry,
            Self::Probes => capability.probes,
            Self::EarlyExpiry => capability.expires_early,
            Self::Groups => capability.groups,
            Self::Counters => capability.counters,
            Self::Leases => capability.leases,
        }
    }

    fn obstacle(self) -> &'static str {
        match self {
            Self::Expiry => "its values do not expire by themselves",
            Self::Probes => "it cannot say what is there without its value",
            Self::EarlyExpiry => "it cannot have values expire earlier",
            Self::Groups => "it cannot delete by group",
            Self::Counters => "it cannot count",
            Self::Leases => "it gives no leases",
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
    let mut stretch = 1;
    while let Err(panic) = attempt(law.name, subject, waits, stretch) {
        if stretch >= MAX_STRETCH {
            resume_unwind(panic);
        }
        stretch *= 2;
        eprintln!(
            "`{}` failed while the machine was late; again, with moments {stretch} times as long",
            law.name
        );
    }
    Outcome::Kept
}

/// The longest moments that a law is put with, as a multiple of the subject's.
const MAX_STRETCH: u32 = 16;

/// Puts a law once; the panic of one that failed while the machine was late. Any other failure is final.
fn attempt<B: Backend>(
    law: &str,
    subject: &Subject<B>,
    waits: Waits,
    stretch: u32,
) -> std::thread::Result<()> {
    let bench = Bench::new(subject, waits, stretch);
    let kept = catch_unwind(AssertUnwindSafe(|| enforce(law, &bench)));
    match kept {
        Err(panic) if !bench.is_late() => resume_unwind(panic),
        kept => kept,
    }
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
