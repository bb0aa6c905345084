//! What the attribute accepts and what it refuses: one rule, one file, named after the rule.

#[test]
fn what_is_accepted_runs() {
    trybuild::TestCases::new().pass("tests/ui/pass/*.rs");
}

#[test]
fn what_is_refused_says_why() {
    trybuild::TestCases::new().compile_fail("tests/ui/fail/*.rs");
}
