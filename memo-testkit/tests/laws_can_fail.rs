//! For nearly every law there is a backend that breaks it, and is caught.

use std::cell::Cell;
use std::collections::{HashMap, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::task::Poll;
use std::time::Duration;

use memo_core::backend::{
    Answer, Backend, Bytes, Capability, Fault, FaultKind, Group, Item, Lease, Memory, Name, Token,
};
use memo_core::{Expiration, Waits};
use memo_testkit::ManualClock;
use memo_testkit::conformance::{Subject, check, laws};

/// What a backend does wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flaw {
    None,
    StoresText,
    LosesEmptyValues,
    CutsValues,
    KeepsTheFirstValue,
    LeavesOutWhatIsMissing,
    RefusesNothing,
    StoresAHundred,
    DeletesNothing,
    CountsNames,
    NeedsAnExecutor,
    IgnoresProbes,
    IgnoresEarlyEnds,
    IgnoresGroups,
    RefusesLongNames,
    CutsNames,
    EscapesNames,
    FoldsCase,
    HasFolders,
    ExpiresEarly,
    ExpiresLate,
    KnowsNoNever,
    TakesShortForNever,
    KeepsTheFirstTime,
    TakesMonthsForDates,
    ProbesAsRead,
    ProbesAHundred,
    ProbesAndKeepsAlive,
    CutsNothingShort,
    Prolongs,
    Revives,
    CountsAllCutShort,
    EndsNames,
    CutsShortToNever,
    CutsToDates,
    DeletesOtherGroups,
    BansGroups,
    CountsFromOne,
    CountsByThread,
    CountsForEver,
    LeasesWhatIsThere,
    LeasesToAll,
    LeasesForEver,
    FillsNever,
    FillsForEver,
    FillsWithoutRight,
    ReleasesNothing,
    ReleasesTheOthers,
    ShowsLeases,
    ProbesLeases,
    ExtendsNothing,
    ExtendsForEver,
    GrantsOnce,
    ReleasesWithoutWord,
    SeizesNoLease,
    SeizesNoValue,
    SeizesForEver,
    KeepsWhatWasSeized,
    JoinsAlone,
    JoinsEverybody,
    JoinsForOldTimes,
    JoinsForEver,
    ReleasesAll,
    KeepsWhoJoined,
    ExtendsTwice,
    ExtendsWhatIsOver,
    ExtendsWithoutRight,
    TearsValues,
}

/// The laws that a backend with this flaw breaks, at least.
const BROKEN: &[(Flaw, &[&str])] = &[
    (Flaw::StoresText, &["a_value_comes_back_as_it_was"]),
    (Flaw::LosesEmptyValues, &["an_empty_value_is_a_value"]),
    (
        Flaw::CutsValues,
        &[
            "the_largest_value_comes_back_whole",
            "a_value_over_the_limit_is_never_cut",
        ],
    ),
    (
        Flaw::KeepsTheFirstValue,
        &["a_later_value_takes_the_place_of_an_earlier"],
    ),
    (
        Flaw::LeavesOutWhatIsMissing,
        &["answers_come_in_the_order_of_the_names"],
    ),
    (Flaw::RefusesNothing, &["nothing_asked_is_nothing_answered"]),
    (Flaw::StoresAHundred, &["many_values_are_stored_at_once"]),
    (
        Flaw::DeletesNothing,
        &[
            "a_deleted_value_is_gone",
            "a_deleted_value_is_gone_on_every_thread",
            "a_fill_and_a_delete_leave_nothing",
        ],
    ),
    (
        Flaw::CountsNames,
        &[
            "deleting_counts_what_was_there",
            "what_has_expired_is_not_counted",
        ],
    ),
    (
        Flaw::NeedsAnExecutor,
        &["a_blocking_operation_is_ready_at_once"],
    ),
    (Flaw::IgnoresProbes, &["a_missing_operation_says_so"]),
    (Flaw::IgnoresEarlyEnds, &["a_missing_operation_says_so"]),
    (Flaw::IgnoresGroups, &["a_missing_operation_says_so"]),
    (Flaw::RefusesLongNames, &["the_longest_name_is_a_name"]),
    (
        Flaw::CutsNames,
        &["long_names_that_differ_at_their_end_are_different"],
    ),
    (
        Flaw::EscapesNames,
        &["every_printable_character_may_be_in_a_name"],
    ),
    (
        Flaw::FoldsCase,
        &["names_that_differ_in_one_character_are_different"],
    ),
    (Flaw::HasFolders, &["a_name_that_begins_another_is_another"]),
    (Flaw::ExpiresEarly, &["a_value_is_there_until_it_expires"]),
    (
        Flaw::ExpiresLate,
        &["a_value_is_gone_once_it_expired", "a_filled_value_expires"],
    ),
    (Flaw::KnowsNoNever, &["a_value_without_an_end_stays"]),
    (
        Flaw::TakesShortForNever,
        &["the_shortest_time_is_not_for_ever"],
    ),
    (
        Flaw::KeepsTheFirstTime,
        &["a_later_value_brings_its_own_time"],
    ),
    (
        Flaw::TakesMonthsForDates,
        &["months_and_ages_are_times_to_live"],
    ),
    (Flaw::ProbesAsRead, &["a_probe_says_what_is_there"]),
    (
        Flaw::ProbesAHundred,
        &["a_probe_answers_to_each_of_many_names"],
    ),
    (
        Flaw::ProbesAndKeepsAlive,
        &["a_probe_does_not_find_what_has_expired"],
    ),
    (Flaw::CutsNothingShort, &["a_life_can_be_cut_short"]),
    (Flaw::Prolongs, &["a_life_is_never_prolonged"]),
    (Flaw::Revives, &["a_life_is_never_prolonged"]),
    (
        Flaw::CountsAllCutShort,
        &["cutting_short_counts_what_was_there"],
    ),
    (
        Flaw::EndsNames,
        &["a_later_value_outlives_the_end_of_an_earlier"],
    ),
    (
        Flaw::CutsShortToNever,
        &["a_life_cut_to_the_shortest_is_not_for_ever"],
    ),
    (Flaw::CutsToDates, &["a_life_cut_to_months_lasts_months"]),
    (
        Flaw::DeletesOtherGroups,
        &["a_group_is_deleted_and_no_other"],
    ),
    (Flaw::BansGroups, &["a_deleted_group_can_be_filled_again"]),
    (Flaw::CountsFromOne, &["a_counter_sums_from_zero"]),
    (Flaw::CountsByThread, &["no_addition_is_lost"]),
    (
        Flaw::CountsForEver,
        &[
            "a_counter_expires_as_its_first_addition_said",
            "a_deleted_counter_begins_again",
        ],
    ),
    (Flaw::LeasesWhatIsThere, &["a_stored_value_needs_no_lease"]),
    (Flaw::LeasesToAll, &["one_of_many_callers_gets_the_lease"]),
    (Flaw::LeasesForEver, &["a_lease_is_over_after_its_time"]),
    (Flaw::FillsNever, &["a_filled_value_is_found"]),
    (Flaw::FillsForEver, &["a_filled_value_expires"]),
    (
        Flaw::FillsWithoutRight,
        &[
            "a_filled_value_is_found",
            "a_lease_is_over_after_its_time",
            "a_lease_is_for_one_name",
            "a_delete_ends_the_lease",
            "a_set_ends_the_lease",
            "deleting_a_group_ends_its_leases",
        ],
    ),
    (
        Flaw::ReleasesNothing,
        &["a_released_lease_goes_to_the_next"],
    ),
    (
        Flaw::ReleasesTheOthers,
        &["a_lease_over_does_not_end_the_next"],
    ),
    (Flaw::ShowsLeases, &["a_leased_name_looks_absent"]),
    (Flaw::ProbesLeases, &["a_leased_name_looks_absent"]),
    (Flaw::ExtendsNothing, &["an_extended_lease_goes_on"]),
    (
        Flaw::ExtendsForEver,
        &["an_extended_lease_is_over_after_its_time"],
    ),
    (Flaw::ExtendsTwice, &["an_extended_lease_goes_to_the_next"]),
    (
        Flaw::GrantsOnce,
        &["a_lease_is_granted_once_more_to_its_holder"],
    ),
    (
        Flaw::ReleasesWithoutWord,
        &["a_release_says_whether_there_was_a_lease"],
    ),
    (
        Flaw::SeizesNoLease,
        &["a_seized_name_is_filled_by_nobody_else"],
    ),
    (
        Flaw::SeizesNoValue,
        &["a_seized_name_is_filled_by_nobody_else"],
    ),
    (
        Flaw::SeizesForEver,
        &["a_seized_lease_is_over_after_its_time"],
    ),
    (Flaw::KeepsWhatWasSeized, &["a_delete_ends_a_seized_lease"]),
    (
        Flaw::JoinsAlone,
        &["whoever_joins_a_lease_may_fill_as_well"],
    ),
    (
        Flaw::JoinsEverybody,
        &["one_of_many_callers_joins_a_holder"],
    ),
    (
        Flaw::JoinsForOldTimes,
        &["a_joined_lease_lasts_for_the_time_of_who_joined"],
    ),
    (
        Flaw::JoinsForEver,
        &["a_joined_lease_lasts_for_the_time_of_who_joined"],
    ),
    (Flaw::ReleasesAll, &["a_joined_lease_is_given_back_by_each"]),
    (
        Flaw::KeepsWhoJoined,
        &["a_set_and_a_delete_end_a_joined_lease"],
    ),
    (
        Flaw::ExtendsWhatIsOver,
        &[
            "a_lease_that_is_over_is_not_extended",
            "a_lease_that_timed_out_is_not_extended",
        ],
    ),
    (
        Flaw::ExtendsWithoutRight,
        &["a_lease_is_extended_by_its_holder_alone"],
    ),
    (Flaw::TearsValues, &["readers_never_see_a_torn_value"]),
];

/// `Bytes` cannot change under their reader, in safe code.
const UNBREAKABLE: &[&str] = &["what_was_read_does_not_change"];

#[test]
fn a_flawed_backend_is_caught() {
    for (flaw, broken) in BROKEN {
        for law in *broken {
            assert!(!keeps(*flaw, law), "{flaw:?} was not caught by {law}");
        }
    }
}

#[test]
fn without_a_flaw_all_is_well() {
    for law in laws() {
        assert!(keeps(Flaw::None, law.name), "{}", law.name);
    }
}

#[test]
fn every_law_catches_somebody() {
    for law in laws() {
        let catches = BROKEN.iter().any(|(_, broken)| broken.contains(&law.name));
        assert_ne!(catches, UNBREAKABLE.contains(&law.name), "{}", law.name);
    }
}

fn keeps(flaw: Flaw, law: &str) -> bool {
    let clock = ManualClock::new();
    let flawed = Flawed {
        memory: Memory::with_clock(16 << 20, clock.clone()),
        flaw,
        banned: Mutex::default(),
        counters: Mutex::default(),
        ends: Mutex::default(),
        leased: Mutex::default(),
        seized: Mutex::default(),
        joints: Mutex::default(),
    };
    let subject = Subject::with_clock(flawed, clock);
    catch_unwind(AssertUnwindSafe(|| {
        check(law, &subject, Waits::Blocking);
    }))
    .is_ok()
}

#[derive(Debug)]
struct Flawed {
    memory: Memory,
    flaw: Flaw,
    banned: Mutex<HashSet<Group>>,
    counters: Mutex<HashMap<Name, u64>>,
    ends: Mutex<HashMap<Name, Expiration>>,
    leased: Mutex<HashSet<Name>>,
    seized: Mutex<HashSet<Token>>,
    joints: Mutex<HashSet<Token>>,
}

const NOW: Waits = Waits::Blocking;
const LONG: usize = 100;

impl Flawed {
    fn has(&self, flaw: Flaw) -> bool {
        self.flaw == flaw
    }

    fn name(&self, name: &Name) -> Name {
        let text = name.as_str();
        let text = match self.flaw {
            Flaw::CutsNames => text.chars().take(LONG).collect(),
            Flaw::EscapesNames => text.replace(['*', '?'], "_"),
            Flaw::FoldsCase => text.to_lowercase(),
            Flaw::HasFolders => text.trim_end_matches('/').to_owned(),
            _ => text.to_owned(),
        };
        Name::new(text, name.group())
    }

    fn names(&self, names: &[Name]) -> Vec<Name> {
        names.iter().map(|name| self.name(name)).collect()
    }

    async fn item(&self, item: Item) -> Item {
        let older = self.memory.get_many(&[self.name(&item.name)], NOW).await;
        let older = older.ok().and_then(|mut answers| answers.pop().flatten());
        Item {
            name: self.name(&item.name),
            expiration: self
                .end_of(&item.name)
                .unwrap_or_else(|| self.expiration(item.expiration, older.is_some())),
            value: self.value(item.value, older),
        }
    }

    fn value(&self, value: Bytes, older: Option<Bytes>) -> Bytes {
        match (self.flaw, older) {
            (Flaw::StoresText, _) => String::from_utf8_lossy(&value).into_owned().into(),
            (Flaw::CutsValues, _) => value.slice(..value.len().min(1000)),
            (Flaw::KeepsTheFirstValue, Some(older)) => older,
            (Flaw::TearsValues, Some(_)) => {
                let half = value.len() / 2;
                [&value[..half], &vec![0; value.len() - half]]
                    .concat()
                    .into()
            }
            _ => value,
        }
    }

    fn expiration(&self, expiration: Expiration, replaces: bool) -> Expiration {
        let never = Expiration::never();
        let Some(time) = expiration.duration() else {
            let known = !self.has(Flaw::KnowsNoNever);
            return if known { never } else { Expiration::seconds(1) };
        };
        match self.flaw {
            Flaw::ExpiresEarly => (time / 4).into(),
            Flaw::ExpiresLate => (time * 4).into(),
            Flaw::TakesShortForNever if time < Duration::from_secs(1) => never,
            Flaw::KeepsTheFirstTime if replaces => never,
            Flaw::TakesMonthsForDates if time > Duration::from_secs(30 * 86_400) => {
                Expiration::seconds(0)
            }
            _ => expiration,
        }
    }

    /// The end that the name itself was given.
    fn end_of(&self, name: &Name) -> Option<Expiration> {
        let ends = self.ends.lock().expect("nothing panics under it");
        ends.get(name).copied()
    }

    fn remember_end(&self, names: &[Name], expiration: Expiration) {
        let mut ends = self.ends.lock().expect("nothing panics under it");
        ends.extend(names.iter().map(|name| (name.clone(), expiration)));
    }

    /// Sets what is there again, with this time to live; what is not there becomes `missing`.
    async fn set_again(
        &self,
        names: &[Name],
        expiration: Expiration,
        missing: Option<Bytes>,
    ) -> Answer<()> {
        let values = self.memory.get_many(names, NOW).await?;
        let found = names.iter().zip(values).filter_map(|(name, value)| {
            Some(Item {
                name: name.clone(),
                value: value.or_else(|| missing.clone())?,
                expiration,
            })
        });
        self.memory.set_many(found.collect(), NOW).await
    }

    fn has_leased(&self, name: &Name) -> bool {
        let leased = self.leased.lock().expect("nothing panics under it");
        leased.contains(name)
    }

    fn bans(&self, group: Group) -> bool {
        let banned = self.banned.lock().expect("nothing panics under it");
        banned.contains(&group)
    }

    fn refuse(&self, flaw: Flaw, when: bool) -> Answer<()> {
        if self.has(flaw) && when {
            return Err(Fault::new(FaultKind::Other, "flawed"));
        }
        Ok(())
    }
}

impl Backend for Flawed {
    fn kind(&self) -> &'static str {
        "flawed"
    }

    fn capability(&self) -> Capability {
        let mut capability = self.memory.capability();
        capability.probes &= !self.has(Flaw::IgnoresProbes);
        capability.expires_early &= !self.has(Flaw::IgnoresEarlyEnds);
        capability.groups &= !self.has(Flaw::IgnoresGroups);
        capability
    }

    async fn get_many(&self, names: &[Name], _: Waits) -> Answer<Vec<Option<Bytes>>> {
        self.refuse(Flaw::RefusesNothing, names.is_empty())?;
        if self.has(Flaw::NeedsAnExecutor) {
            let mut polls = 0;
            std::future::poll_fn(|_| {
                polls += 1;
                if polls > 1 {
                    Poll::Ready(())
                } else {
                    Poll::Pending
                }
            })
            .await;
        }
        let mut answers = self.memory.get_many(&self.names(names), NOW).await?;
        match self.flaw {
            Flaw::LosesEmptyValues => answers.iter_mut().for_each(|answer| {
                answer.take_if(|value| value.is_empty());
            }),
            Flaw::LeavesOutWhatIsMissing => answers.retain(Option::is_some),
            Flaw::ShowsLeases => {
                for (name, answer) in names.iter().zip(&mut answers) {
                    if answer.is_none() && self.has_leased(name) {
                        *answer = Some(Bytes::new());
                    }
                }
            }
            _ => {}
        }
        Ok(answers)
    }

    async fn set_many(&self, items: Vec<Item>, _: Waits) -> Answer<()> {
        let long = |item: &Item| item.name.as_str().len() > LONG;
        self.refuse(Flaw::RefusesLongNames, items.iter().any(long))?;
        let most = if self.has(Flaw::StoresAHundred) {
            100
        } else {
            usize::MAX
        };
        for item in items.into_iter().take(most) {
            if !self.bans(item.name.group()) {
                let item = self.item(item).await;
                self.memory.set_many(vec![item], NOW).await?;
            }
        }
        Ok(())
    }

    async fn delete_many(&self, names: &[Name], _: Waits) -> Answer<usize> {
        if self.has(Flaw::DeletesNothing) {
            return Ok(names.len());
        }
        let deleted = self.memory.delete_many(&self.names(names), NOW).await?;
        Ok(if self.has(Flaw::CountsNames) {
            names.len()
        } else {
            deleted
        })
    }

    async fn probe_many(&self, names: &[Name], _: Waits) -> Answer<Vec<bool>> {
        let mut answers = self.memory.probe_many(names, NOW).await?;
        match self.flaw {
            Flaw::ProbesAsRead => {
                let values = self.memory.get_many(names, NOW).await?;
                let full = |value: Option<Bytes>| value.is_some_and(|value| !value.is_empty());
                answers = values.into_iter().map(full).collect();
            }
            Flaw::ProbesAHundred => answers.truncate(100),
            Flaw::ProbesLeases => {
                for (name, answer) in names.iter().zip(&mut answers) {
                    *answer |= self.has_leased(name);
                }
            }
            Flaw::ProbesAndKeepsAlive => {
                self.set_again(names, Expiration::never(), None).await?;
            }
            _ => {}
        }
        Ok(answers)
    }

    async fn expire_many(&self, names: &[Name], time: Expiration, _: Waits) -> Answer<usize> {
        let never = Expiration::never();
        let is = |holds: fn(Duration) -> bool| time.duration().is_some_and(holds);
        let time_taken = match self.flaw {
            Flaw::CutsNothingShort => never,
            Flaw::CutsShortToNever if is(|time| time < Duration::from_secs(1)) => never,
            Flaw::CutsToDates if is(|time| time > Duration::from_secs(30 * 86_400)) => {
                Expiration::seconds(0)
            }
            _ => time,
        };
        match self.flaw {
            Flaw::EndsNames => self.remember_end(names, time),
            Flaw::Prolongs => self.set_again(names, time, None).await?,
            Flaw::Revives => self.set_again(names, time, Some(Bytes::new())).await?,
            _ => {}
        }
        let there = self.memory.expire_many(names, time_taken, NOW).await?;
        Ok(if self.has(Flaw::CountsAllCutShort) {
            names.len()
        } else {
            there
        })
    }

    async fn delete_group(&self, group: Group, _: Waits) -> Answer<usize> {
        match self.flaw {
            Flaw::IgnoresGroups => return Ok(0),
            Flaw::DeletesOtherGroups => {
                self.memory.delete_group(Group(group.0 + 1), NOW).await?;
            }
            Flaw::BansGroups => {
                let mut banned = self.banned.lock().expect("nothing panics under it");
                banned.insert(group);
            }
            _ => {}
        }
        self.memory.delete_group(group, NOW).await
    }

    async fn add(&self, name: &Name, more: u64, life: Expiration, _: Waits) -> Answer<u64> {
        match self.flaw {
            Flaw::CountsByThread => Ok(count_of_this_thread(more)),
            Flaw::CountsForEver => {
                self.memory.add(name, more, life, NOW).await?;
                let mut counters = self.counters.lock().expect("nothing panics under it");
                let sum = counters.entry(name.clone()).or_default();
                *sum += more;
                Ok(*sum)
            }
            Flaw::CountsFromOne => Ok(1 + self.memory.add(name, more, life, NOW).await?),
            _ => self.memory.add(name, more, life, NOW).await,
        }
    }

    async fn lease(&self, name: &Name, token: Token, time: Duration, _: Waits) -> Answer<Lease> {
        let time = if self.has(Flaw::LeasesForEver) {
            Duration::MAX
        } else {
            time
        };
        let lease = self.memory.lease(name, token, time, NOW).await?;
        let mut leased = self.leased.lock().expect("nothing panics under it");
        let is_new = leased.insert(name.clone());
        Ok(match (self.flaw, lease) {
            (Flaw::LeasesWhatIsThere, Lease::Found(_)) => Lease::Granted,
            (Flaw::LeasesToAll, Lease::Held(_)) => Lease::Granted,
            (Flaw::GrantsOnce, Lease::Granted) if !is_new => Lease::Held(token),
            (_, lease) => lease,
        })
    }

    async fn seize(&self, name: &Name, token: Token, time: Duration, _: Waits) -> Answer<()> {
        let time = if self.has(Flaw::SeizesForEver) {
            Duration::MAX
        } else {
            time
        };
        let names = std::slice::from_ref(name);
        let value = self.memory.get_many(names, NOW).await?.pop().flatten();
        match (self.flaw, value) {
            (Flaw::SeizesNoValue, Some(_)) => return Ok(()),
            (Flaw::SeizesNoLease, None) => {
                if let Lease::Held(holder) = self.memory.lease(name, token, time, NOW).await? {
                    self.memory.join(name, holder, token, time, NOW).await?;
                }
                return Ok(());
            }
            _ => {}
        }
        self.memory.seize(name, token, time, NOW).await?;
        let mut seized = self.seized.lock().expect("nothing panics under it");
        seized.insert(token);
        Ok(())
    }

    async fn join(
        &self,
        name: &Name,
        holder: Token,
        token: Token,
        time: Duration,
        _: Waits,
    ) -> Answer<bool> {
        let time = match self.flaw {
            Flaw::JoinsForEver => Duration::MAX,
            _ => time,
        };
        match self.flaw {
            Flaw::JoinsEverybody => {
                self.memory.join(name, holder, token, time, NOW).await?;
                return Ok(true);
            }
            Flaw::JoinsForOldTimes => return Ok(true),
            _ => {}
        }
        let joined = self.memory.join(name, holder, token, time, NOW).await?;
        if joined && self.has(Flaw::JoinsAlone) {
            self.memory.release(name, holder, NOW).await?;
        }
        let mut joints = self.joints.lock().expect("nothing panics under it");
        if joined {
            joints.insert(token);
        }
        Ok(joined)
    }

    async fn fill(&self, item: Item, token: Token, _: Waits) -> Answer<bool> {
        let mut item = self.item(item).await;
        let is_of = |tokens: &Mutex<HashSet<Token>>| {
            let tokens = tokens.lock().expect("nothing panics under it");
            tokens.contains(&token)
        };
        let (was_seized, has_joined) = (is_of(&self.seized), is_of(&self.joints));
        match self.flaw {
            Flaw::FillsNever => return Ok(true),
            Flaw::FillsForEver => item.expiration = Expiration::never(),
            Flaw::KeepsWhatWasSeized if !was_seized => {}
            Flaw::KeepsWhoJoined if !has_joined => {}
            Flaw::FillsWithoutRight | Flaw::KeepsWhatWasSeized | Flaw::KeepsWhoJoined => {
                self.memory.set_many(vec![item], NOW).await?;
                return Ok(true);
            }
            _ => {}
        }
        self.memory.fill(item, token, NOW).await
    }

    async fn extend(&self, name: &Name, token: Token, time: Duration, _: Waits) -> Answer<bool> {
        match self.flaw {
            Flaw::ExtendsNothing => Ok(true),
            Flaw::ExtendsForEver => self.memory.extend(name, token, Duration::MAX, NOW).await,
            Flaw::ExtendsTwice => {
                let another = Token(token.0.wrapping_add(1));
                self.memory.join(name, token, another, time, NOW).await
            }
            Flaw::ExtendsWhatIsOver => {
                self.memory.extend(name, token, time, NOW).await?;
                Ok(true)
            }
            Flaw::ExtendsWithoutRight => match self.memory.lease(name, token, time, NOW).await? {
                Lease::Granted => Ok(true),
                Lease::Held(holder) => self.memory.extend(name, holder, time, NOW).await,
                Lease::Found(_) => Ok(false),
            },
            _ => self.memory.extend(name, token, time, NOW).await,
        }
    }

    async fn release(&self, name: &Name, token: Token, _: Waits) -> Answer<bool> {
        match self.flaw {
            Flaw::ReleasesNothing => Ok(true),
            Flaw::ReleasesTheOthers => {
                let names = std::slice::from_ref(name);
                Ok(self.memory.delete_many(names, NOW).await? > 0)
            }
            Flaw::ReleasesAll => {
                let released = self.memory.release(name, token, NOW).await?;
                self.memory
                    .delete_many(std::slice::from_ref(name), NOW)
                    .await?;
                Ok(released)
            }
            Flaw::ReleasesWithoutWord => {
                self.memory.release(name, token, NOW).await?;
                Ok(true)
            }
            _ => self.memory.release(name, token, NOW).await,
        }
    }
}

fn count_of_this_thread(more: u64) -> u64 {
    thread_local!(static SUM: Cell<u64> = const { Cell::new(0) });
    SUM.set(SUM.get() + more);
    SUM.get()
}
