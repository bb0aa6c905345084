//! The graph of calls that wait for each other, so that none waits for itself.
//!
//! A flight waits for another when its body makes a memoized call that leads or follows that other. Before a call follows, it is
//! asked whether the flight it would wait for waits, however indirectly, for a flight whose body makes this very call: the
//! same key again, or `f → g → f` on two threads. Then the call computes instead. Only nested calls come here.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use super::FlightId;

type Graph = HashMap<FlightId, Vec<FlightId>>;

/// Waiting of flights for another; ends when dropped.
pub(crate) struct Edge {
    from: Vec<FlightId>,
    to: FlightId,
}

/// Lets the flights of `stack` wait for `target`: `None` if that would never end, `Some(None)` if nothing waits.
///
/// All of them wait, and not each for the next: what one of them asks for items may have set out before that one did.
pub(super) fn wait(stack: &[FlightId], target: FlightId) -> Option<Option<Edge>> {
    if stack.is_empty() {
        return Some(None);
    }
    let mut graph = graph();
    if reaches(&graph, target, stack) {
        return None;
    }
    Some(Some(add(&mut graph, stack, target)))
}

/// Notes that the innermost flight of `stack` waits for `new`, which it leads itself.
pub(super) fn nest(stack: &[FlightId], new: FlightId) -> Option<Edge> {
    let from = stack.last()?;
    Some(add(&mut graph(), std::slice::from_ref(from), new))
}

fn add(graph: &mut Graph, from: &[FlightId], to: FlightId) -> Edge {
    for &from in from {
        graph.entry(from).or_default().push(to);
    }
    Edge {
        from: from.to_vec(),
        to,
    }
}

fn reaches(graph: &Graph, start: FlightId, goals: &[FlightId]) -> bool {
    let mut seen = vec![start];
    let mut next = 0;
    while let Some(&flight) = seen.get(next) {
        if goals.contains(&flight) {
            return true;
        }
        let further = graph.get(&flight).into_iter().flatten();
        let unseen: Vec<_> = further
            .filter(|flight| !seen.contains(flight))
            .copied()
            .collect();
        seen.extend(unseen);
        next += 1;
    }
    false
}

fn remove(graph: &mut Graph, from: &FlightId, to: FlightId) {
    let Some(targets) = graph.get_mut(from) else {
        return;
    };
    if let Some(at) = targets.iter().position(|target| *target == to) {
        targets.swap_remove(at);
    }
    if targets.is_empty() {
        graph.remove(from);
    }
}

impl Drop for Edge {
    fn drop(&mut self) {
        let mut graph = graph();
        for from in &self.from {
            remove(&mut graph, from, self.to);
        }
    }
}

fn graph() -> MutexGuard<'static, Graph> {
    static GRAPH: LazyLock<Mutex<Graph>> = LazyLock::new(Mutex::default);
    GRAPH.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_is_refused_where_it_would_close_a_circle() {
        let (a, b, c) = (FlightId::next(), FlightId::next(), FlightId::next());
        let ab = wait(&[a], b).expect("b waits for nobody");
        let bc = wait(&[b], c).expect("c waits for nobody");
        assert!(wait(&[c], a).is_none(), "a waits for b, b for c");
        assert!(wait(&[c], c).is_none(), "one's own flight");
        drop(bc);
        assert!(wait(&[c], a).is_some());
        drop(ab);
    }

    #[test]
    fn every_flight_of_a_stack_waits() {
        let (a, b, c) = (FlightId::next(), FlightId::next(), FlightId::next());
        let edge = wait(&[a, b], c).expect("c waits for nobody");
        assert!(wait(&[c], a).is_none());
        assert!(wait(&[c], b).is_none());
        drop(edge);
        assert!(wait(&[c], a).is_some());
    }

    #[test]
    fn a_call_outside_every_flight_may_always_wait() {
        assert!(wait(&[], FlightId::next()).is_some_and(|edge| edge.is_none()));
    }
}
