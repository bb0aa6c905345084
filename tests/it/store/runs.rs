//! Whole runs of this suite with a store outside of the process, and what each test had to do with it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::Command;

/// The tests whose subject is this process, by why.
const IN_MEMORY: &[(&str, &[&str])] = &[
    (
        "Budget",
        &[
            "budget::a_hit_serialises_nothing",
            "budget::a_value_may_call_the_cache_when_it_is_dropped",
            "budget::a_value_that_is_nested_too_deep_to_be_weighed_is_returned_and_not_stored",
            "budget::a_value_too_large_is_returned_and_not_stored",
            "budget::a_value_weighs_what_it_holds_or_what_the_attribute_says",
            "budget::the_budget_is_never_exceeded",
            "small_stores::a_value_that_the_server_refuses_for_its_size_is_told_once_with_what_mends_it",
        ],
    ),
    (
        "Bytes",
        &[
            "large_data::a_large_value_is_compressed_in_the_budget",
            "large_data::what_is_left_of_a_large_value_goes_with_it",
            "readable::a_sealed_value_in_this_process_is_bytes_as_well",
            "user_code::a_large_value_is_stored_where_the_one_that_it_evicts_invalidates_the_entry",
        ],
    ),
    (
        "Objects",
        &[
            "hidden_types::in_the_process_nothing_changes_and_it_is_cached",
            "identity::functions_of_one_template_keep_their_entries_beside_each_other_in_this_process",
            "outcomes::a_hit_hands_out_the_same_allocation",
        ],
    ),
    (
        "Reclaims",
        &[
            "expiry::on_the_system_clock_the_expired_are_reclaimed_though_nobody_calls",
            "expiry::the_expired_are_reclaimed_while_others_are_stored",
        ],
    ),
];

/// The tests that come to ask no store of this run for anything: they bring a backend, or what they are about comes before it.
const WITHOUT: &[&str] = &[
    "async_functions::its_future_is_send_and_runs_nothing_before_it_is_polled",
    "codecs::a_type_whose_values_would_come_back_as_others_is_not_cached_and_it_is_said",
    "entries::an_entry_shows_its_function_and_not_its_key",
    "generic_outcomes::an_error_of_a_local_function_is_not_stored",
    "hidden_types::a_type_that_hides_another_is_not_cached_outside_the_process_and_it_is_told_once",
    "keys::a_faulty_key_is_nobody_s_entry",
    "keys::a_key_that_cannot_be_made_means_no_cache_and_an_event",
    "keys::a_name_goes_before_a_template",
    "keys::the_default_name_is_crate_module_and_function",
    "leases::time::a_long_computation_keeps_its_lease",
    "lossy_values::untagged::what_cannot_be_compared_is_not_cached",
    "near_copies::while_the_store_is_not_there_copies_are_all_there_is",
    "near_copies::without_a_store_outside_it_is_as_if_it_was_not_written",
    "outages::deadlines::a_backend_that_keeps_deadlines_is_trusted",
    "outages::deadlines::an_asynchronous_operation_that_hangs_is_given_up",
    "outages::sequences::calls_during_an_outage_share_a_short_sequence",
    "outages::servers::a_backend_is_told_its_deadline",
    "outages::servers::a_cache_shows_the_servers_behind_it",
    "outages::servers::what_a_server_does_is_an_event_of_no_function",
    "outages::servers::what_tells_of_servers_keeps_no_cache_alive",
    "outages::strict::the_fault_is_shared_where_the_error_cannot_be",
    "outages::strict::those_who_wait_for_a_strict_call_get_its_fault_and_do_not_ask_again",
    "outages::strict::who_is_not_strict_runs_his_body_when_a_strict_call_fails_before_him",
    "panics::a_full_standard_error_is_no_panic_of_the_call",
    "registry::bypassed_calls_are_nobody_s_business",
    "runtimes::blocking_calls_on_the_thread_of_a_runtime_are_told_once_for_each_function",
    "same_names::types_of_one_name_make_two_instances",
    "scopes::a_disabled_cache_is_no_cache",
    "scopes::a_disabled_cache_takes_nothing",
    "scopes::a_put_from_a_thread_that_ends_drops_the_old_value_under_no_lock",
    "scopes::a_thread_local_may_call_while_its_thread_ends",
    "sealed::a_cache_that_requires_encryption_is_not_built_without_keys",
    "sealed::encrypt_all_without_keys_caches_nothing",
    "sealed::names_of_sealed_entries_show_no_argument",
    "sealed::names_of_sealed_entries_show_no_argument_where_the_cache_is_disabled",
    "sealed::the_want_of_a_keyring_is_told_to_the_observer_once",
    "sealed::two_caches_do_not_open_each_others_entries",
    "sealed::without_a_keyring_nothing_is_cached_and_it_is_said_once",
    "sequence_review::bodies::a_body_whose_items_are_not_stored_does_not_go_on_without_its_consumer",
    "sequences::following::tasks::nothing_happens_before_the_first_poll",
    "sequences::surroundings::a_disabled_cache_runs_every_body",
    "small_stores::a_store_of_very_short_names_is_refused_when_the_cache_is_built",
];

/// How many tests have their stores work by blocking operations alone, since they count polls.
const AT_ONCE: usize = 37;

#[test]
#[ignore = "all other tests again: for where there are no servers"]
fn the_suite_passes_on_a_store_outside_of_the_process() {
    run_all_on("outside");
}

#[cfg(feature = "redis")]
#[test]
#[ignore = "all other tests again: `cargo xtask test` runs it"]
fn the_suite_passes_on_redis() {
    run_all_on("redis");
}

#[cfg(feature = "memcached")]
#[test]
#[ignore = "all other tests again: `cargo xtask test` runs it"]
fn the_suite_passes_on_memcached() {
    run_all_on("memcached");
}

/// Runs all tests with this store. None may be left out of the account.
fn run_all_on(store: &str) {
    let report = Report::of_a_run_on(store);
    eprintln!("{store}: {report}");
    let in_memory = IN_MEMORY.iter().flat_map(|&(why, tests)| {
        let entry = move |test: &&str| (test.to_string(), format!("InMemory({why})"));
        tests.iter().map(entry)
    });
    assert_eq!(report.in_memory, BTreeMap::from_iter(in_memory));
    assert_eq!(report.at_once.len(), AT_ONCE, "{:?}", report.at_once);
    let without: Vec<_> = report.unaccounted().collect();
    assert_eq!(without, WITHOUT, "{store} was not asked by these");
}

/// What tests said while they ran.
#[derive(Default)]
struct Report {
    all: BTreeSet<String>,
    asked: BTreeSet<String>,
    at_once: BTreeSet<String>,
    scripted: BTreeSet<String>,
    in_memory: BTreeMap<String, String>,
}

impl Report {
    fn of_a_run_on(store: &str) -> Self {
        let path = path(store);
        let status = this()
            .env("MEMO_TEST_STORE", store)
            .env("MEMO_TEST_REPORT", &path)
            .arg("--test-threads=8")
            .status();
        assert!(status.expect("it starts").success(), "it fails on {store}");
        let said = std::fs::read_to_string(&path).expect("a report was written");
        std::fs::remove_file(&path).expect("it is there");
        let mut report = Self {
            all: all(),
            ..Self::default()
        };
        for line in said.lines() {
            let (what, test) = line.split_once(' ').expect("two words");
            report.note(what, test.to_owned());
        }
        report
    }

    fn note(&mut self, what: &str, test: String) {
        match what {
            "Asked" => drop(self.asked.insert(test)),
            "AtOnce" => drop(self.at_once.insert(test)),
            "Scripted" => drop(self.scripted.insert(test)),
            why => drop(self.in_memory.insert(test, why.to_owned())),
        }
    }

    fn unaccounted(&self) -> impl Iterator<Item = &str> {
        let known = |test: &&str| {
            self.asked.contains(*test)
                || self.scripted.contains(*test)
                || self.in_memory.contains_key(*test)
        };
        let all = self.all.iter().map(String::as_str);
        all.filter(move |test| !known(test))
    }
}

impl std::fmt::Display for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let scripted = self.scripted.difference(&self.asked).count();
        write!(
            f,
            "{} of {} tests asked it ({} of them by blocking operations alone); {scripted} have a backend of their own; {} are about memory; {} ask no store",
            self.asked.len(),
            self.all.len(),
            self.at_once.len(),
            self.in_memory.len(),
            self.unaccounted().count(),
        )
    }
}

/// The tests that a run has, by their names.
fn all() -> BTreeSet<String> {
    let listed = this().args(["--list", "--format", "terse"]).output();
    let listed = String::from_utf8(listed.expect("it starts").stdout).expect("names are text");
    let tests = listed
        .lines()
        .filter_map(|line| line.strip_suffix(": test"));
    let mine = |test: &&str| test.starts_with("store::runs::");
    tests
        .filter(|test| !mine(test))
        .map(str::to_owned)
        .collect()
}

fn this() -> Command {
    Command::new(std::env::current_exe().expect("a test has a file"))
}

fn path(store: &str) -> PathBuf {
    let name = format!("{store}-report-{}", std::process::id());
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name)
}
