//! The backend in the process keeps the laws, and so does a chaos around it in which nothing goes wrong.

use memo_core::Waits;
use memo_core::backend::{Capability, Memory};
use memo_testkit::conformance::{Outcome, Subject, check, laws};
use memo_testkit::{Chaos, ManualClock, conformance};

fn subject(clock: &ManualClock) -> Memory {
    Memory::with_clock(16 << 20, clock.clone())
}

fn memory() -> Subject<Memory> {
    let clock = ManualClock::new();
    Subject::with_clock(subject(&clock), clock)
}

fn limited() -> Subject<Chaos<Memory>> {
    let clock = ManualClock::new();
    let chaos = Chaos::limited(subject(&clock), Capability::of(250, 1000));
    Subject::with_clock(chaos, clock)
}

conformance!(in_memory, memory);
conformance!(through_a_calm_chaos, || {
    let clock = ManualClock::new();
    Subject::with_clock(Chaos::over(subject(&clock)), clock)
});
conformance!(through_a_limited_chaos, limited);

#[test]
fn every_law_applies_to_what_can_do_all() {
    for law in laws() {
        assert_eq!(check(law.name, &memory(), Waits::Async), Outcome::Kept);
    }
}

#[test]
fn laws_about_what_a_backend_cannot_do_say_so() {
    for law in laws() {
        let outcome = check(law.name, &limited(), Waits::Blocking);
        let obstacle = law.obstacle(&Capability::of(250, 1000));
        assert_eq!(
            outcome,
            obstacle.map_or(Outcome::Kept, Outcome::NotApplicable)
        );
    }
}

#[test]
fn every_law_has_a_name_of_its_own_and_a_reason() {
    let mut names: Vec<_> = laws().iter().map(|law| law.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), laws().len());
    assert!(laws().iter().all(|law| law.reason.ends_with('.')));
}
