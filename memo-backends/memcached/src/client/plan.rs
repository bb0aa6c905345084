//! What is asked of several servers at once, and their answers in the order of the questions.

use std::collections::VecDeque;

use crate::protocol::{Reply, Request};

/// Commands for several servers.
#[derive(Debug)]
pub(crate) struct Plan {
    /// Of each server.
    requests: Vec<Vec<Request>>,
    /// Which server each command is for.
    order: Vec<usize>,
}

/// The answers to a plan, in the order of its commands.
#[derive(Debug)]
pub(crate) struct Replies {
    /// Of each server.
    replies: Vec<VecDeque<Reply>>,
    order: std::vec::IntoIter<usize>,
}

impl Plan {
    pub(super) fn of(servers: usize) -> Self {
        Self {
            requests: vec![Vec::new(); servers],
            order: Vec::new(),
        }
    }

    /// Adds a command, which has one answer, for the server at this place.
    pub(crate) fn add(&mut self, place: usize, command: impl FnOnce(&mut Request)) {
        let Some(requests) = self.requests.get_mut(place) else {
            return;
        };
        if requests.last().is_none_or(Request::is_full) {
            requests.push(Request::default());
        }
        if let Some(request) = requests.last_mut() {
            command(request);
            self.order.push(place);
        }
    }

    /// What there is to ask, and of whom.
    pub(super) fn requests(&self) -> impl Iterator<Item = (usize, &[Request])> {
        let requests = self.requests.iter().map(Vec::as_slice).enumerate();
        requests.filter(|(_, requests)| !requests.is_empty())
    }

    pub(super) fn replies(&self) -> Replies {
        Replies {
            replies: vec![VecDeque::new(); self.requests.len()],
            order: self.order.clone().into_iter(),
        }
    }
}

impl Replies {
    pub(super) fn put(&mut self, place: usize, answers: Vec<Reply>) {
        if let Some(replies) = self.replies.get_mut(place) {
            *replies = answers.into();
        }
    }
}

impl Iterator for Replies {
    type Item = Reply;

    fn next(&mut self) -> Option<Reply> {
        let place = self.order.next()?;
        self.replies.get_mut(place)?.pop_front()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_come_in_the_order_of_the_commands() {
        let mut plan = Plan::of(3);
        for place in [2, 0, 2, 2, 0] {
            plan.add(place, |request| request.get("k"));
        }
        let asked: Vec<_> = plan.requests().map(|(place, _)| place).collect();
        assert_eq!(asked, [0, 2]);
        let mut replies = plan.replies();
        replies.put(0, vec![Reply::Absent, Reply::Other]);
        replies.put(2, vec![Reply::Noop, Reply::End, Reply::Stat]);
        let order = [
            Reply::Noop,
            Reply::Absent,
            Reply::End,
            Reply::Stat,
            Reply::Other,
        ];
        assert!(replies.eq(order));
    }

    #[test]
    fn many_commands_are_several_requests() {
        let mut plan = Plan::of(1);
        for _ in 0..2000 {
            plan.add(0, |request| request.get("k"));
        }
        let (_, requests) = plan.requests().next().expect("there are some");
        assert!(requests.len() > 1);
        assert_eq!(requests.iter().map(Request::replies).sum::<usize>(), 2000);
    }
}
