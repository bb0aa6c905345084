//! The one list of laws: where each is, what a backend needs for it to apply, its name, and its reason.

/// Calls `$then!` with the list.
#[doc(hidden)]
#[macro_export]
macro_rules! __each_law {
    ($then:ident, $($context:tt)*) => {
        $crate::$then! { [$($context)*]
            values Nothing a_value_comes_back_as_it_was
                "Envelopes are any bytes at all, zeros and line ends among them.";
            values Nothing an_empty_value_is_a_value
                "Nothing stored and an empty value stored are two answers.";
            values Nothing the_largest_value_comes_back_whole
                "Chunks are cut to the limit that the backend says.";
            values Nothing a_value_over_the_limit_is_never_cut
                "It is refused, or stored whole: half a value is a wrong value.";
            values Nothing a_later_value_takes_the_place_of_an_earlier
                "A write that is acknowledged is what the next read finds.";
            values Nothing what_was_read_does_not_change
                "Bytes that a caller holds are not those that others overwrite.";
            values Nothing answers_come_in_the_order_of_the_names
                "Chunks are told apart by their place; a missing one must not move the others.";
            values Nothing nothing_asked_is_nothing_answered
                "Empty lists are no mistake.";
            values Nothing many_values_are_stored_at_once
                "A large value is hundreds of chunks in one operation.";
            values Nothing a_deleted_value_is_gone
                "Invalidation must hold when it returns.";
            values Nothing deleting_counts_what_was_there
                "`invalidate` says whether there was a value.";
            values Nothing a_blocking_operation_is_ready_at_once
                "Blocking callers poll once, and have nobody to poll again.";
            values Nothing a_missing_operation_says_so
                "What the capability denies is refused as unsupported, not ignored.";
            names Nothing the_longest_name_is_a_name
                "Names are cut to the limit that the backend says.";
            names Nothing long_names_that_differ_at_their_end_are_different
                "A name cut in silence is another call's value.";
            names Nothing every_printable_character_may_be_in_a_name
                "Names show arguments; none may be refused, or mean something to the store.";
            names Nothing names_that_differ_in_one_character_are_different
                "Nor may any be folded into another, letters of another case included.";
            names Nothing a_name_that_begins_another_is_another
                "A store with folders or patterns must not confuse them.";
            expiry Expiry a_value_is_there_until_it_expires
                "A value that is gone too early is computed too often.";
            expiry Expiry a_value_is_gone_once_it_expired
                "An expiration is a promise.";
            expiry Expiry a_value_without_an_end_stays
                "Never is not a number of seconds.";
            expiry Expiry the_shortest_time_is_not_for_ever
                "Stores that count in seconds take 0 for no end.";
            expiry Expiry a_later_value_brings_its_own_time
                "Also to live longer, or shorter, than the value before it.";
            expiry Expiry months_and_ages_are_times_to_live
                "Some stores take more than thirty days for a date, long past.";
            expiry Expiry what_has_expired_is_not_counted
                "Deleting it deletes nothing.";
            probes Probes a_probe_says_what_is_there
                "A set of chunks is read only where it is whole; an empty chunk is a chunk.";
            probes Probes a_probe_answers_to_each_of_many_names
                "A large value is hundreds of chunks, and one of them missing is found before it is read.";
            probes ProbesAndExpiry a_probe_does_not_find_what_has_expired
                "Nor does it keep alive what it finds.";
            shortening EarlyExpiry a_life_can_be_cut_short
                "What was replaced stays for its readers, and not for long.";
            shortening EarlyExpiry a_life_is_never_prolonged
                "No time to cut a life to is no reason to let it go on for ever, and what is gone stays gone.";
            shortening EarlyExpiry cutting_short_counts_what_was_there
                "Names under which nothing is stored are no mistake, and stay empty.";
            shortening EarlyExpiry a_later_value_outlives_the_end_of_an_earlier
                "The end is the value's, not the name's.";
            shortening EarlyExpiry a_life_cut_to_the_shortest_is_not_for_ever
                "Stores that count in seconds take 0 for no end.";
            shortening EarlyExpiry a_life_cut_to_months_lasts_months
                "Some stores take more than thirty days for a date, long past.";
            groups Groups a_group_is_deleted_and_no_other
                "`invalidate_all` is about one function.";
            groups Groups a_deleted_group_can_be_filled_again
                "It is a removal, not a ban.";
            counters Counters a_counter_sums_from_zero
                "Each addition answers its own sum, and names do not share one.";
            counters Counters no_addition_is_lost
                "Callers add at once, from many threads.";
            counters CountersThatExpire a_counter_expires_as_its_first_addition_said
                "Later additions do not keep it alive.";
            counters Counters a_deleted_counter_begins_again
                "It is under the same names as values are.";
            leases Leases a_stored_value_needs_no_lease
                "The value is the answer.";
            leases Leases one_of_many_callers_gets_the_lease
                "It is there so that one process computes.";
            leases Leases a_filled_value_is_found
                "By everybody, and once: a right that was used is over.";
            leases LeasesThatExpire a_filled_value_expires
                "As any other.";
            leases Leases a_released_lease_goes_to_the_next
                "A body that failed must not hold up the others.";
            leases LeasesThatExpire a_lease_is_over_after_its_time
                "A process that died must not hold up the others; if it lives after all, it comes too late.";
            leases Leases a_lease_over_does_not_end_the_next
                "Who comes too late has no right to give back, either.";
            leases Leases a_lease_is_for_one_name
                "Tokens are not passed on.";
            leases Leases a_leased_name_looks_absent
                "The right to fill a name is no value: readers compute, or wait.";
            leases LeasesThatExpire an_extended_lease_goes_on
                "A body may take longer than the time after which its process counts as dead.";
            leases LeasesThatExpire an_extended_lease_is_over_after_its_time
                "It counts from the extension, and is never for ever.";
            leases Leases an_extended_lease_goes_to_the_next
                "It is given back as any other.";
            leases Leases a_lease_is_granted_once_more_to_its_holder
                "Who lost the reply asks again, and must not wait for himself.";
            leases Leases a_release_says_whether_there_was_a_lease
                "Who gives a lease back before it was granted has to do so again.";
            leases Leases a_seized_name_is_filled_by_nobody_else
                "A new value is computed although there is one: what is there goes, and whoever computes it.";
            leases Leases a_delete_ends_a_seized_lease
                "What was computed before an invalidation is not served after it, whoever asked for it.";
            leases LeasesThatExpire a_seized_lease_is_over_after_its_time
                "As any other.";
            leases Leases whoever_joins_a_lease_may_fill_as_well
                "A holder that works for long is not turned away by the one who has waited long enough.";
            leases Leases one_of_many_callers_joins_a_holder
                "Those who have waited long enough do not all compute at once.";
            leases LeasesThatExpire a_joined_lease_lasts_for_the_time_of_who_joined
                "Nor is it over with that of the first.";
            leases Leases a_joined_lease_is_given_back_by_each
                "One that failed does not end the right of the other.";
            leases Leases a_set_and_a_delete_end_a_joined_lease
                "For all who hold it.";
            leases Leases a_lease_that_is_over_is_not_extended
                "Its holder learns that it is, and what was stored since stays.";
            leases LeasesThatExpire a_lease_that_timed_out_is_not_extended
                "Another caller may be at it by now.";
            leases Leases a_lease_is_extended_by_its_holder_alone
                "Or the dead would be kept alive by those who wait for them.";
            leases Leases a_delete_ends_the_lease
                "What was computed before an invalidation is not served after it.";
            leases Leases a_set_ends_the_lease
                "The value that was set is the newer one.";
            leases LeasesAndGroups deleting_a_group_ends_its_leases
                "As deleting each of its names would.";
            leases Leases a_fill_and_a_delete_leave_nothing
                "Whichever comes first: the delete takes the value, or ends the lease.";
            concurrency Nothing readers_never_see_a_torn_value
                "One of two writers' values, whole.";
            concurrency Nothing a_deleted_value_is_gone_on_every_thread
                "Whoever learns that it was deleted does not find it.";
        }
    };
}
