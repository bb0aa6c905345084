//! What is known of unresolved writes, and what a look at the backend says about them. Pure: it is told the time.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::time::{Duration, Instant};

use crate::backend::{Bytes, Group, Name};
use crate::far::Remains;

/// How many writes are remembered that nobody waits for.
pub(super) const MAX_GIVEN_UP: usize = 4096;
/// When to look for the first time whether a write has landed.
pub(super) const FIRST_LOOK: Duration = Duration::from_secs(1);
/// When to look again where the backend does not answer.
pub(super) const NEXT_LOOK: Duration = Duration::from_secs(4);

pub(super) struct Ledger {
    writes: HashMap<Name, Vec<Note>>,
    given_up: usize,
    pub(super) max_given_up: usize,
    last: u64,
    hasher: RandomState,
    pub(super) under_way: Duration,
    /// For when a reminder is set.
    pub(super) reminded_at: Option<Instant>,
    pub(super) is_looking: bool,
}

/// What is known of one write.
struct Note {
    id: u64,
    head: Print,
    chunks: Remains,
    /// Whether others may be reading its chunks when it was replaced.
    lingers: bool,
    /// Whether the backend has answered that it was done, and its chunks alone are looked after.
    has_landed: bool,
    /// Whether something superseded it.
    is_fenced: bool,
    /// True if its bytes were seen since then: it has landed, or another write had the very same.
    is_seen: bool,
    /// When to look whether it has landed; `None` while somebody waits for it.
    look_at: Option<Instant>,
    /// From when on a look is the last one; `None` before the backend has answered.
    ends: Option<Instant>,
}

/// The head of a write, or as much of it as tells it from others.
#[derive(Debug)]
pub(super) enum Print {
    /// While somebody waits for it, and its bytes are held anyway.
    Whole(Bytes),
    Hash(u64),
    /// There is none, nor will there be one.
    None,
}

/// What a look says about a write, where that is something to act on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seen {
    pub(super) id: u64,
    pub(super) chunks: Remains,
    pub(super) lingers: bool,
    pub(super) found: Found,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// It has landed, and nothing has superseded it.
    InForce,
    /// It has landed after it was superseded.
    TooLate,
    /// It is not there and cannot come any more, or was replaced; its chunks are nobody's.
    Lost,
}

impl Ledger {
    pub(super) fn new(hasher: RandomState, under_way: Duration) -> Self {
        Self {
            writes: HashMap::new(),
            given_up: 0,
            max_given_up: MAX_GIVEN_UP,
            last: 0,
            hasher,
            under_way,
            reminded_at: None,
            is_looking: false,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.writes.len()
    }

    /// Notes a write that somebody waits for; returns its number.
    pub(super) fn begin(
        &mut self,
        name: &Name,
        head: Print,
        (chunks, lingers): (Remains, bool),
    ) -> u64 {
        self.last += 1;
        let note = Note {
            id: self.last,
            head,
            chunks,
            lingers,
            has_landed: false,
            is_fenced: false,
            is_seen: false,
            look_at: None,
            ends: None,
        };
        self.writes.entry(name.clone()).or_default().push(note);
        self.last
    }

    /// Notes that nobody waits for it any more, if it is there still; `false` if there is no room for it.
    pub(super) fn give_up(&mut self, name: &Name, id: u64, now: Instant) -> bool {
        let has_room = self.has_room();
        let hasher = self.hasher.clone();
        let Some(note) = self.note(name, id).filter(|note| note.look_at.is_none()) else {
            return true;
        };
        if !has_room {
            self.forget(name, id);
            return false;
        }
        note.head.shrink(&hasher);
        note.look_at = Some(now + FIRST_LOOK);
        self.given_up += 1;
        true
    }

    /// Returns true if one more can be given up. Those that were seen have most likely landed, and make room.
    fn has_room(&mut self) -> bool {
        if self.given_up >= self.max_given_up {
            self.writes.retain(|_, notes| {
                notes.retain(|note| !note.is_seen);
                !notes.is_empty()
            });
            let given_up = self.writes.values().flatten();
            self.given_up = given_up.filter(|note| note.look_at.is_some()).count();
        }
        self.given_up < self.max_given_up
    }

    /// Notes that it was done. Chunks that last for ever are looked after: a process that writes at the same time may not know of them.
    pub(super) fn landed(&mut self, name: &Name, id: u64, now: Instant) {
        let Some(notes) = self.writes.get(name) else {
            return;
        };
        let Some(landed) = notes.iter().position(|note| note.id == id) else {
            return;
        };
        self.revalidate(name, landed);
        let hasher = self.hasher.clone();
        let ends = now + self.under_way;
        let has_room = self.has_room();
        match self.note(name, id) {
            Some(note) if has_room && note.chunks.last_for_ever() => {
                note.head.shrink(&hasher);
                note.has_landed = true;
                (note.look_at, note.ends) = (Some(ends), Some(ends));
                self.given_up += 1;
            }
            _ => self.forget(name, id),
        }
    }

    /// One that was given up may have had the very bytes that are there rightfully now.
    fn revalidate(&mut self, name: &Name, landed: usize) {
        let hasher = &self.hasher;
        let Some(notes) = self.writes.get_mut(name) else {
            return;
        };
        let Some(Print::Whole(head)) = notes.get(landed).map(|note| &note.head) else {
            return;
        };
        let head = head.clone();
        for note in notes.iter_mut().filter(|note| note.is_fenced) {
            note.is_fenced = !note.head.is(&head, hasher);
        }
    }

    pub(super) fn forget(&mut self, name: &Name, id: u64) {
        let Some(notes) = self.writes.get_mut(name) else {
            return;
        };
        if let Some(at) = notes.iter().position(|note| note.id == id) {
            let note = notes.swap_remove(at);
            self.given_up -= usize::from(note.look_at.is_some());
        }
        if notes.is_empty() {
            self.writes.remove(name);
        }
    }

    /// Notes that what it left was deleted. Whoever has fetched that a moment before may be about to ask whether it is to be served.
    pub(super) fn cleared(&mut self, name: &Name, id: u64, now: Instant) {
        let ends = now + self.under_way;
        if let Some(note) = self.note(name, id) {
            (note.look_at, note.ends) = (Some(ends), Some(ends));
        }
    }

    /// Notes that something supersedes the writes of a name. How long they may be under way counts anew: the backend may have stood still.
    pub(super) fn fence(&mut self, name: &Name, now: Instant) {
        let notes = self.writes.get_mut(name);
        notes.into_iter().flatten().for_each(|note| note.fence(now));
    }

    pub(super) fn fence_group(&mut self, group: Group, now: Instant) {
        let names = self.writes.iter_mut();
        let notes = names.filter(|(name, _)| name.group() == group);
        notes
            .flat_map(|(_, notes)| notes)
            .for_each(|note| note.fence(now));
    }

    /// Whether this is the head of a write that was superseded. Then it is looked at soon.
    pub(super) fn meet(&mut self, name: &Name, head: &[u8], now: Instant) -> bool {
        let hasher = &self.hasher;
        let Some(notes) = self.writes.get_mut(name) else {
            return false;
        };
        let met = notes
            .iter_mut()
            .find(|note| note.is_fenced && note.head.is(head, hasher));
        let is_met = met.is_some();
        if let Some(look_at) = met.and_then(|note| note.look_at.as_mut()) {
            *look_at = (*look_at).min(now);
        }
        is_met
    }

    /// The names that are to be looked at now.
    pub(super) fn due(&self, now: Instant) -> Vec<Name> {
        let is_due = |note: &Note| note.look_at.is_some_and(|at| at <= now);
        let due = self
            .writes
            .iter()
            .filter(|(_, notes)| notes.iter().any(is_due));
        due.map(|(name, _)| name.clone()).collect()
    }

    /// Takes in what was there under a name when it was asked for at `began`; returns the writes about which something is to be done.
    pub(super) fn see(&mut self, name: &Name, head: Option<&[u8]>, began: Instant) -> Vec<Seen> {
        let (hasher, under_way) = (&self.hasher, self.under_way);
        let notes = self.writes.get_mut(name).into_iter().flatten();
        let given_up = notes.filter(|note| note.look_at.is_some());
        let seen = given_up.filter_map(|note| {
            let is_there = head.is_some_and(|head| note.head.is(head, hasher));
            let found = note.see(is_there, began, under_way)?;
            Some(Seen {
                id: note.id,
                chunks: note.chunks,
                lingers: note.lingers,
                found,
            })
        });
        seen.collect()
    }

    /// Has a name looked at again after a while.
    pub(super) fn look_later(&mut self, name: &Name, now: Instant) {
        let notes = self.writes.get_mut(name).into_iter().flatten();
        for look_at in notes.filter_map(|note| note.look_at.as_mut()) {
            *look_at = (*look_at).max(now + NEXT_LOOK);
        }
    }

    /// Returns after how long to look; `None` if that is seen to, or there is nothing to look for.
    pub(super) fn pause(&mut self, now: Instant) -> Option<Duration> {
        let notes = self.writes.values().flatten();
        let next = notes.filter_map(|note| note.look_at).min()?.max(now);
        if self.reminded_at.is_some_and(|at| at <= next) {
            return None;
        }
        self.reminded_at = Some(next);
        Some(next - now)
    }

    /// Whether nobody is about to look already.
    pub(super) fn may_look(&mut self) -> bool {
        !std::mem::replace(&mut self.is_looking, true)
    }

    fn note(&mut self, name: &Name, id: u64) -> Option<&mut Note> {
        let notes = self.writes.get_mut(name)?;
        notes.iter_mut().find(|note| note.id == id)
    }
}

impl Note {
    fn fence(&mut self, now: Instant) {
        if self.has_landed {
            return;
        }
        (self.is_fenced, self.is_seen) = (true, false);
        self.ends = None;
        if let Some(look_at) = &mut self.look_at {
            *look_at = (*look_at).min(now + FIRST_LOOK);
        }
    }

    /// Takes in whether it was there when the backend was asked at `began`. What has chunks has a random number in its head. The bytes of a small value are
    /// those of each write of that value in one second, so they prove nothing while this one may be under way.
    fn see(&mut self, is_there: bool, began: Instant, under_way: Duration) -> Option<Found> {
        let ends = *self.ends.get_or_insert(began + under_way);
        let is_last = began >= ends;
        if !is_last {
            self.look_at = Some(ends);
        }
        match (is_there, self.is_fenced) {
            (true, true) => Some(Found::TooLate),
            (true, false) if self.chunks.is_none() && !is_last => {
                self.is_seen = true;
                None
            }
            (true, false) => (is_last || !self.chunks.last_for_ever()).then_some(Found::InForce),
            (false, _) => is_last.then_some(Found::Lost),
        }
    }
}

impl Print {
    fn is(&self, head: &[u8], hasher: &RandomState) -> bool {
        match self {
            Self::Whole(whole) => whole == head,
            Self::Hash(hash) => *hash == hasher.hash_one(head),
            Self::None => false,
        }
    }

    fn shrink(&mut self, hasher: &RandomState) {
        if let Self::Whole(whole) = self {
            *self = Self::Hash(hasher.hash_one(&whole[..]));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expiration::Expiration;
    use crate::seal::WriteId;

    const UNDER_WAY: Duration = Duration::from_secs(30);
    const SECOND: Duration = Duration::from_secs(1);

    fn name() -> Name {
        Name::new("unresolved", Group(1))
    }

    fn ledger() -> Ledger {
        Ledger::new(RandomState::new(), UNDER_WAY)
    }

    fn whole(head: &'static str) -> Print {
        Print::Whole(Bytes::from_static(head.as_bytes()))
    }

    fn chunks() -> Remains {
        Remains::of_write(WriteId::random().expect("luck"), 3, Expiration::never())
    }

    fn chunks_for_an_hour() -> Remains {
        let hour = Duration::from_secs(3600).into();
        Remains::of_write(WriteId::random().expect("luck"), 3, hour)
    }

    fn begin(ledger: &mut Ledger, head: &'static str) -> u64 {
        ledger.begin(&name(), whole(head), (Remains::default(), false))
    }

    fn found(ledger: &mut Ledger, head: Option<&str>, began: Instant) -> Vec<Found> {
        let seen = ledger.see(&name(), head.map(str::as_bytes), began);
        seen.into_iter().map(|seen| seen.found).collect()
    }

    #[test]
    fn only_what_was_superseded_is_fenced_off_and_only_that_very_write() {
        let (mut ledger, now) = (ledger(), Instant::now());
        let id = begin(&mut ledger, "old");
        assert!(!ledger.meet(&name(), b"old", now));
        ledger.fence(&name(), now);
        begin(&mut ledger, "new");
        assert!(
            ledger.meet(&name(), b"old", now),
            "also while somebody waits for it"
        );
        assert!(!ledger.meet(&name(), b"new", now));
        assert!(ledger.give_up(&name(), id, now));
        assert!(ledger.meet(&name(), b"old", now), "and when nobody does");
        assert!(!ledger.meet(&Name::new("other", Group(1)), b"old", now));
    }

    #[test]
    fn a_group_is_fenced_off_as_a_whole_and_no_other_is() {
        let (mut ledger, now) = (ledger(), Instant::now());
        let other = Name::new("other", Group(2));
        begin(&mut ledger, "old");
        ledger.begin(&other, whole("old"), (Remains::default(), false));
        ledger.fence_group(Group(1), now);
        assert!(ledger.meet(&name(), b"old", now));
        assert!(!ledger.meet(&other, b"old", now));
    }

    #[test]
    fn what_is_answered_for_is_forgotten() {
        let (mut ledger, now) = (ledger(), Instant::now());
        let (first, second) = (begin(&mut ledger, "a"), begin(&mut ledger, "b"));
        ledger.landed(&name(), first, now);
        ledger.forget(&name(), second);
        assert_eq!((ledger.len(), ledger.given_up), (0, 0));
        assert!(ledger.give_up(&name(), first, now));
        assert_eq!(ledger.given_up, 0, "there is nothing to give up");
    }

    #[test]
    fn a_write_is_lost_when_the_backend_has_answered_for_so_long_without_it() {
        let (mut ledger, now) = (ledger(), Instant::now());
        let id = begin(&mut ledger, "old");
        ledger.give_up(&name(), id, now);
        assert!(ledger.due(now).is_empty());
        assert_eq!(ledger.due(now + FIRST_LOOK).len(), 1);
        assert_eq!(found(&mut ledger, None, now + SECOND), []);
        assert!(
            ledger.due(now + 2 * SECOND).is_empty(),
            "it was just looked at"
        );
        assert_eq!(
            found(&mut ledger, None, now + UNDER_WAY),
            [],
            "it counts from the first answer"
        );
        assert_eq!(ledger.due(now + SECOND + UNDER_WAY).len(), 1);
        assert_eq!(
            found(&mut ledger, None, now + SECOND + UNDER_WAY),
            [Found::Lost]
        );
    }

    #[test]
    fn a_backend_that_does_not_answer_makes_no_write_lost() {
        let (mut ledger, now) = (ledger(), Instant::now());
        let id = begin(&mut ledger, "old");
        ledger.give_up(&name(), id, now);
        ledger.look_later(&name(), now + 100 * SECOND);
        assert!(ledger.due(now + 100 * SECOND).is_empty());
        assert_eq!(found(&mut ledger, None, now + 200 * SECOND), []);
    }

    #[test]
    fn time_counts_anew_when_a_write_is_superseded() {
        let (mut ledger, now) = (ledger(), Instant::now());
        let id = begin(&mut ledger, "old");
        ledger.give_up(&name(), id, now);
        found(&mut ledger, None, now + SECOND);
        ledger.fence(&name(), now + 20 * SECOND);
        assert_eq!(found(&mut ledger, None, now + SECOND + UNDER_WAY), []);
        let last = now + SECOND + 2 * UNDER_WAY;
        assert_eq!(found(&mut ledger, None, last), [Found::Lost]);
    }

    #[test]
    fn a_write_that_has_landed_is_in_force_or_too_late() {
        let (mut ledger, now) = (ledger(), Instant::now());
        let id = ledger.begin(&name(), whole("old"), (chunks_for_an_hour(), false));
        ledger.give_up(&name(), id, now);
        assert_eq!(found(&mut ledger, Some("other"), now + SECOND), []);
        assert_eq!(
            found(&mut ledger, Some("old"), now + SECOND),
            [Found::InForce]
        );
        ledger.fence(&name(), now);
        assert_eq!(
            found(&mut ledger, Some("old"), now + SECOND),
            [Found::TooLate]
        );
    }

    #[test]
    fn a_small_value_that_is_seen_may_be_of_another_write_and_its_own_may_come_still() {
        let (mut ledger, now) = (ledger(), Instant::now());
        let late = begin(&mut ledger, "same");
        ledger.give_up(&name(), late, now);
        let stored = begin(&mut ledger, "same");
        ledger.landed(&name(), stored, now);
        assert_eq!(found(&mut ledger, Some("same"), now + SECOND), []);
        assert!(!ledger.meet(&name(), b"same", now + SECOND));
        ledger.fence(&name(), now + SECOND);
        assert!(ledger.meet(&name(), b"same", now + 2 * SECOND));
        assert_eq!(
            found(&mut ledger, Some("same"), now + 2 * SECOND),
            [Found::TooLate]
        );
    }

    #[test]
    fn a_small_value_that_stays_in_force_is_forgotten_when_nothing_is_under_way_any_more() {
        let (mut ledger, now) = (ledger(), Instant::now());
        let id = begin(&mut ledger, "same");
        ledger.give_up(&name(), id, now);
        assert_eq!(found(&mut ledger, Some("same"), now + SECOND), []);
        assert!(ledger.due(now + UNDER_WAY).is_empty());
        let last = now + SECOND + UNDER_WAY;
        assert_eq!(found(&mut ledger, Some("same"), last), [Found::InForce]);
    }

    #[test]
    fn what_was_seen_makes_room_unless_it_was_superseded_since() {
        let (mut ledger, now) = (ledger(), Instant::now());
        ledger.max_given_up = 1;
        let ids = ["a", "b", "c"].map(|head| begin(&mut ledger, head));
        ledger.give_up(&name(), ids[0], now);
        found(&mut ledger, Some("a"), now + SECOND);
        assert!(ledger.give_up(&name(), ids[1], now));
        found(&mut ledger, Some("b"), now + SECOND);
        ledger.fence(&name(), now + SECOND);
        assert!(!ledger.give_up(&name(), ids[2], now));
        assert!(ledger.meet(&name(), b"b", now + SECOND));
        assert_eq!(ledger.given_up, 1);
    }

    #[test]
    fn what_was_deleted_is_not_served_to_whoever_has_fetched_it_before() {
        let (mut ledger, now) = (ledger(), Instant::now());
        let id = begin(&mut ledger, "old");
        ledger.give_up(&name(), id, now);
        ledger.fence(&name(), now);
        assert_eq!(
            found(&mut ledger, Some("old"), now + SECOND),
            [Found::TooLate]
        );
        ledger.cleared(&name(), id, now + SECOND);
        assert!(ledger.meet(&name(), b"old", now + SECOND));
        let last = now + SECOND + UNDER_WAY;
        assert_eq!(found(&mut ledger, None, last), [Found::Lost]);
    }

    #[test]
    fn a_superseded_write_that_is_met_is_looked_at_soon() {
        let (mut ledger, now) = (ledger(), Instant::now());
        let id = begin(&mut ledger, "old");
        ledger.give_up(&name(), id, now);
        ledger.fence(&name(), now);
        found(&mut ledger, None, now + SECOND);
        assert!(ledger.due(now + 2 * SECOND).is_empty());
        assert!(ledger.meet(&name(), b"old", now + 2 * SECOND));
        assert_eq!(ledger.due(now + 2 * SECOND).len(), 1);
    }

    #[test]
    fn bytes_that_were_stored_rightfully_are_served_until_they_are_superseded_again() {
        let (mut ledger, now) = (ledger(), Instant::now());
        let first = begin(&mut ledger, "same");
        ledger.give_up(&name(), first, now);
        ledger.fence(&name(), now);
        let second = begin(&mut ledger, "same");
        ledger.landed(&name(), second, now);
        assert!(!ledger.meet(&name(), b"same", now));
        ledger.fence(&name(), now);
        assert!(ledger.meet(&name(), b"same", now));
    }

    #[test]
    fn chunks_that_last_for_ever_are_looked_after_when_their_head_was_written() {
        let (mut ledger, now) = (ledger(), Instant::now());
        let write = |ledger: &mut Ledger| {
            let id = ledger.begin(&name(), whole("head"), (chunks(), false));
            ledger.landed(&name(), id, now);
        };
        write(&mut ledger);
        ledger.fence(&name(), now);
        assert!(
            !ledger.meet(&name(), b"head", now),
            "it will not land again"
        );
        assert!(ledger.due(now + UNDER_WAY / 2).is_empty());
        assert_eq!(
            found(&mut ledger, Some("head"), now + UNDER_WAY),
            [Found::InForce]
        );
        assert_eq!(
            found(&mut ledger, Some("another's"), now + UNDER_WAY),
            [Found::Lost]
        );
    }

    #[test]
    fn what_there_is_no_room_for_is_said_and_those_who_wait_need_none() {
        let (mut ledger, now) = (ledger(), Instant::now());
        ledger.max_given_up = 1;
        let ids = ["a", "b", "c"].map(|head| begin(&mut ledger, head));
        assert!(ledger.give_up(&name(), ids[0], now));
        assert!(!ledger.give_up(&name(), ids[1], now));
        ledger.forget(&name(), ids[0]);
        assert!(ledger.give_up(&name(), ids[2], now));
    }

    #[test]
    fn one_reminder_is_set_for_the_earliest_look() {
        let (mut ledger, now) = (ledger(), Instant::now());
        assert_eq!(ledger.pause(now), None);
        let id = begin(&mut ledger, "a");
        assert_eq!(ledger.pause(now), None, "somebody waits for it");
        ledger.give_up(&name(), id, now);
        assert_eq!(ledger.pause(now), Some(FIRST_LOOK));
        assert_eq!(ledger.pause(now), None, "it is set");
        ledger.reminded_at = None;
        assert_eq!(ledger.pause(now + 5 * SECOND), Some(Duration::ZERO));
        assert!(ledger.may_look() && !ledger.may_look());
    }
}
