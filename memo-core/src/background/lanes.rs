//! Jobs that wait for a store: none is left out, and a store that hangs holds up its own alone.

use std::collections::VecDeque;
use std::process;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use super::Job;
use crate::backend::DynBackend;
use crate::threads::{IDLE, Spawn, contained, lock, spawn};

/// How many jobs of one lane run at once. A breaker opens after three faults.
const IN_LANE: usize = 4;
/// How many run at once in all: four stores may hang.
const IN_ALL: usize = 5 * IN_LANE;

static LANES: Lanes = Lanes::new(IDLE, spawn);

/// Which store a job waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Lane(usize);

/// The lane of this backend.
pub(crate) fn lane_of(backend: &Arc<dyn DynBackend>) -> Lane {
    Lane(Arc::as_ptr(backend).cast::<()>().addr())
}

/// Runs `job`, soon, on one of a few threads; answers `false`, and drops it, where no thread can be had.
///
/// Any number may wait: there must be a bound to what asks. Jobs of one lane are begun in the order in which they came, and some of them run at
/// once; one that panics ends alone. The child of a fork runs those that waited in the parent as soon as it has one of its own.
pub(crate) fn run_in_lane(lane: Lane, job: Job) -> bool {
    LANES.run(lane, job)
}

struct Lanes {
    queue: Mutex<Queue>,
    changed: Condvar,
    idle: Duration,
    spawn: Spawn,
}

/// No job is run or dropped under its lock.
struct Queue {
    jobs: VecDeque<(Lane, Job)>,
    /// One for each job that runs.
    running: Vec<Lane>,
    threads: usize,
    resting: usize,
    /// Where the threads are: of those that it counts, the child of a fork has none.
    process: u32,
}

impl Lanes {
    const fn new(idle: Duration, spawn: Spawn) -> Self {
        Self {
            queue: Mutex::new(Queue {
                jobs: VecDeque::new(),
                running: Vec::new(),
                threads: 0,
                resting: 0,
                process: 0,
            }),
            changed: Condvar::new(),
            idle,
            spawn,
        }
    }

    fn run(&'static self, lane: Lane, job: Job) -> bool {
        let mut queue = lock(&self.queue);
        queue.enter_process();
        queue.jobs.push_back((lane, job));
        let is_short = queue.jobs.len() > queue.resting && queue.threads < IN_ALL;
        if is_short && (self.spawn)("memo-background", Box::new(|| self.keep_working())) {
            queue.threads += 1;
        }
        if queue.threads > 0 {
            self.changed.notify_one();
            return true;
        }
        let stranded = queue.jobs.pop_back();
        drop(queue);
        drop(stranded);
        false
    }

    fn keep_working(&self) {
        while let Some((lane, job)) = self.next() {
            contained(job);
            lock(&self.queue).has_run(lane);
            // Another one of that lane may have waited for this.
            self.changed.notify_one();
        }
    }

    /// Waits for a job; `None` when there was none for a while, and the thread ends.
    fn next(&self) -> Option<(Lane, Job)> {
        let mut queue = lock(&self.queue);
        if let Some(job) = queue.take() {
            return Some(job);
        }
        queue.resting += 1;
        let mut found = None;
        let rest = self.changed.wait_timeout_while(queue, self.idle, |queue| {
            found = queue.take();
            found.is_none()
        });
        let (mut queue, _) = rest.unwrap_or_else(PoisonError::into_inner);
        queue.resting = queue.resting.saturating_sub(1);
        if found.is_none() {
            queue.threads = queue.threads.saturating_sub(1);
        }
        found
    }
}

impl Queue {
    fn enter_process(&mut self) {
        if self.process != process::id() {
            self.process = process::id();
            (self.threads, self.resting) = (0, 0);
            self.running.clear();
        }
    }

    /// The first job whose lane is not full.
    fn take(&mut self) -> Option<(Lane, Job)> {
        let running = &self.running;
        let is_free = |lane: Lane| running.iter().filter(|other| **other == lane).count() < IN_LANE;
        let place = self.jobs.iter().position(|(lane, _)| is_free(*lane))?;
        let (lane, job) = self.jobs.remove(place)?;
        self.running.push(lane);
        Some((lane, job))
    }

    fn has_run(&mut self, lane: Lane) {
        let place = self.running.iter().position(|other| *other == lane);
        place.map(|place| self.running.swap_remove(place));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, Sender, channel};

    use super::*;
    use crate::threads::tests::{LIMIT, no_thread, until};

    const A: Lane = Lane(1);
    const B: Lane = Lane(2);

    fn lanes(spawn: Spawn) -> &'static Lanes {
        Box::leak(Box::new(Lanes::new(IDLE, spawn)))
    }

    fn says(to: &Sender<usize>, what: usize) -> Job {
        let to = to.clone();
        Box::new(move || {
            let _ = to.send(what);
        })
    }

    /// Keeps its thread busy until the other half is dropped.
    fn hangs() -> (Job, Sender<()>) {
        let (release, released): (_, Receiver<()>) = channel();
        let job = move || {
            let _ = released.recv_timeout(LIMIT);
        };
        (Box::new(job), release)
    }

    fn heard(from: &Receiver<usize>, many: usize) -> Vec<usize> {
        let next = |_| from.recv_timeout(LIMIT).expect("the job runs");
        (0..many).map(next).collect()
    }

    #[test]
    fn any_number_of_jobs_is_done() {
        let lanes = lanes(spawn);
        let (say, hear) = channel();
        for number in 0..5000 {
            assert!(lanes.run(A, says(&say, number)));
        }
        let mut all = heard(&hear, 5000);
        all.sort_unstable();
        assert_eq!(all, Vec::from_iter(0..5000));
        until(|| lock(&lanes.queue).running.is_empty());
    }

    #[test]
    fn jobs_that_hang_hold_up_their_own_lane_alone() {
        let lanes = lanes(spawn);
        let (say, hear) = channel();
        let hanging: Vec<_> = (0..100).map(|_| hangs()).collect();
        let mut releases = Vec::new();
        for (job, release) in hanging {
            assert!(lanes.run(A, job));
            releases.push(release);
        }
        assert!(lanes.run(A, says(&say, 0)));
        for number in 1..50 {
            assert!(lanes.run(B, says(&say, number)));
        }
        let mut others = heard(&hear, 49);
        others.sort_unstable();
        assert_eq!(others, Vec::from_iter(1..50));
        drop(releases);
        assert_eq!(heard(&hear, 1), [0]);
    }

    #[test]
    fn a_job_that_panics_harms_no_other() {
        let lanes = lanes(spawn);
        let (say, hear) = channel();
        assert!(lanes.run(A, Box::new(|| panic!("as planned"))));
        assert!(lanes.run(A, says(&say, 1)));
        assert_eq!(heard(&hear, 1), [1]);
        until(|| lock(&lanes.queue).running.is_empty());
    }

    #[test]
    fn without_a_thread_nothing_is_done() {
        let (say, hear) = channel();
        let lanes = lanes(no_thread);
        assert!(!lanes.run(A, says(&say, 1)));
        drop(say);
        assert!(hear.recv_timeout(LIMIT).is_err(), "it was dropped");
    }

    #[test]
    fn the_child_of_a_fork_has_threads_of_its_own() {
        let lanes = lanes(spawn);
        let (say, hear) = channel();
        {
            let mut queue = lock(&lanes.queue);
            queue.process = process::id().wrapping_add(1);
            (queue.threads, queue.resting) = (IN_ALL, 3);
            queue.running = vec![A; IN_ALL];
        }
        assert!(lanes.run(A, says(&say, 1)));
        assert_eq!(heard(&hear, 1), [1]);
    }
}
