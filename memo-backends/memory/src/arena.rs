//! The seats of all entries, linked into two queues.

use std::sync::Arc;

use crate::entry::Entry;

/// Where an entry queues.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// On probation: where new entries start.
    Small,
    /// Where entries go that were used more than once on probation.
    Main,
}

/// Doubly linked queues in one vector: an entry leaves from anywhere at once, and so nothing dead
/// is ever queued.
#[derive(Default)]
pub(crate) struct Arena {
    seats: Vec<Option<Seat>>,
    vacant: Vec<usize>,
    small: Queue,
    main: Queue,
}

struct Seat {
    entry: Arc<Entry>,
    /// The key's scope, repeated so that a scan for it stays in this vector.
    scope: u32,
    place: Place,
    newer: Option<usize>,
    older: Option<usize>,
}

/// The ends of one queue, and what is in it.
#[derive(Default)]
pub(crate) struct Queue {
    newest: Option<usize>,
    oldest: Option<usize>,
    len: usize,
    bytes: usize,
}

impl Arena {
    /// Seats the entry as the newest of a queue.
    pub(crate) fn add(&mut self, entry: Arc<Entry>, place: Place) {
        let number = self.vacant.pop().unwrap_or(self.seats.len());
        entry.set_seat(number);
        let scope = entry.key().scope;
        let seat = Seat {
            entry,
            scope,
            place,
            newer: None,
            older: None,
        };
        if number == self.seats.len() {
            self.seats.push(Some(seat));
        } else {
            self.seats[number] = Some(seat);
        }
        self.link(number, place);
    }

    /// Takes an entry out of its queue and its seat.
    pub(crate) fn remove(&mut self, number: usize) -> Option<Arc<Entry>> {
        self.unlink(number);
        let seat = self.seats[number].take()?;
        self.vacant.push(number);
        Some(seat.entry)
    }

    /// Makes an entry the newest of a queue, its own or the other.
    pub(crate) fn shift(&mut self, number: usize, place: Place) {
        self.unlink(number);
        self.link(number, place);
    }

    /// The seat of the oldest entry of a queue, and the entry.
    pub(crate) fn oldest(&self, place: Place) -> Option<(usize, &Entry)> {
        let number = self.queue(place).oldest?;
        let seat = self.seats[number].as_ref()?;
        Some((number, &seat.entry))
    }

    pub(crate) fn place(&self, number: usize) -> Option<Place> {
        self.seats[number].as_ref().map(|seat| seat.place)
    }

    /// The seats of a scope's entries. Visits every seat.
    pub(crate) fn of_scope(&self, scope: u32) -> Vec<usize> {
        let seats = self.seats.iter().enumerate();
        seats
            .filter(|(_, seat)| seat.as_ref().is_some_and(|seat| seat.scope == scope))
            .map(|(number, _)| number)
            .collect()
    }

    /// Every entry, in no order.
    pub(crate) fn into_entries(self) -> impl Iterator<Item = Arc<Entry>> {
        self.seats.into_iter().flatten().map(|seat| seat.entry)
    }

    pub(crate) fn len(&self) -> usize {
        self.small.len + self.main.len
    }

    pub(crate) fn bytes(&self) -> usize {
        self.small.bytes + self.main.bytes
    }

    pub(crate) fn bytes_in(&self, place: Place) -> usize {
        self.queue(place).bytes
    }

    fn link(&mut self, number: usize, place: Place) {
        let older = self.queue(place).newest;
        let Some(seat) = &mut self.seats[number] else {
            return;
        };
        (seat.place, seat.newer, seat.older) = (place, None, older);
        let cost = seat.entry.cost();
        match older {
            Some(older) => self.set_newer(older, Some(number)),
            None => self.queue_mut(place).oldest = Some(number),
        }
        let queue = self.queue_mut(place);
        queue.newest = Some(number);
        queue.len += 1;
        queue.bytes += cost;
    }

    fn unlink(&mut self, number: usize) {
        let Some(seat) = &self.seats[number] else {
            return;
        };
        let (place, newer, older, cost) = (seat.place, seat.newer, seat.older, seat.entry.cost());
        match newer {
            Some(newer) => self.set_older(newer, older),
            None => self.queue_mut(place).newest = older,
        }
        match older {
            Some(older) => self.set_newer(older, newer),
            None => self.queue_mut(place).oldest = newer,
        }
        let queue = self.queue_mut(place);
        queue.len -= 1;
        queue.bytes -= cost;
    }

    fn set_newer(&mut self, number: usize, newer: Option<usize>) {
        if let Some(seat) = &mut self.seats[number] {
            seat.newer = newer;
        }
    }

    fn set_older(&mut self, number: usize, older: Option<usize>) {
        if let Some(seat) = &mut self.seats[number] {
            seat.older = older;
        }
    }

    fn queue(&self, place: Place) -> &Queue {
        match place {
            Place::Small => &self.small,
            Place::Main => &self.main,
        }
    }

    fn queue_mut(&mut self, place: Place) -> &mut Queue {
        match place {
            Place::Small => &mut self.small,
            Place::Main => &mut self.main,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::any::TypeId;

    use super::*;
    use crate::KeyRef;
    use crate::ledger::Charge;

    fn entry(number: u64) -> Arc<Entry> {
        let (value_type, instance) = (TypeId::of::<()>(), TypeId::of::<()>());
        let key = KeyRef {
            hash: number,
            scope: 0,
            value_type,
            instance,
            bytes: b"",
        };
        let charge = Charge::new(&Arc::default(), 10);
        Arc::new(Entry::new(&key, Box::new(()), charge, 0, 0))
    }

    /// The hashes of a queue, oldest first; empties it.
    fn drain(arena: &mut Arena, place: Place) -> Vec<u64> {
        let mut hashes = Vec::new();
        while let Some((seat, entry)) = arena.oldest(place) {
            hashes.push(entry.key().hash);
            arena.remove(seat);
        }
        hashes
    }

    #[test]
    fn entries_leave_in_the_order_in_which_they_came() {
        let mut arena = Arena::default();
        (1..=3).for_each(|number| arena.add(entry(number), Place::Small));
        assert_eq!((arena.len(), arena.bytes_in(Place::Small)), (3, 30));
        assert_eq!(drain(&mut arena, Place::Small), [1, 2, 3]);
        assert_eq!((arena.len(), arena.bytes()), (0, 0));
    }

    #[test]
    fn an_entry_leaves_from_anywhere() {
        for left_out in 1..=3 {
            let mut arena = Arena::default();
            let entries = [1, 2, 3].map(entry);
            entries
                .iter()
                .for_each(|entry| arena.add(Arc::clone(entry), Place::Small));
            arena.remove(entries[left_out - 1].seat());
            let mut rest = vec![1, 2, 3];
            rest.remove(left_out - 1);
            assert_eq!(drain(&mut arena, Place::Small), rest);
        }
    }

    #[test]
    fn a_shifted_entry_is_the_newest_where_it_goes() {
        let mut arena = Arena::default();
        let entries = [1, 2, 3].map(entry);
        entries
            .iter()
            .for_each(|entry| arena.add(Arc::clone(entry), Place::Small));
        arena.shift(entries[1].seat(), Place::Main);
        arena.shift(entries[0].seat(), Place::Small);
        assert_eq!(
            (arena.bytes_in(Place::Small), arena.bytes_in(Place::Main)),
            (20, 10)
        );
        assert_eq!(drain(&mut arena, Place::Small), [3, 1]);
        assert_eq!(drain(&mut arena, Place::Main), [2]);
    }

    #[test]
    fn replacing_an_entry_a_million_times_takes_one_seat() {
        let mut arena = Arena::default();
        for _ in 0..1_000_000 {
            let entry = entry(1);
            arena.add(Arc::clone(&entry), Place::Small);
            arena.remove(entry.seat());
        }
        assert_eq!(arena.seats.len(), 1);
    }
}
