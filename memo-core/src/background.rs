//! Work off the caller's thread: small jobs one after the other, those that wait for a store in lanes, long ones on threads of their own.

mod lanes;

use std::collections::VecDeque;
use std::process;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use crate::threads::{IDLE, LoneThread, Spawn, contained, lock, spawn};

/// How many small jobs may wait.
const MOST_WAITING: usize = 1024;
/// How many long jobs may run at once.
pub(crate) const MOST_LONG: usize = 8;

pub(crate) use self::lanes::{lane_of, run_in_lane};

static SMALL: SmallJobs = SmallJobs::new(IDLE, spawn);
static LONG: LongJobs = LongJobs::new(spawn);

/// A small job.
pub(crate) type Job = Box<dyn FnOnce() + Send>;

/// Runs `job` on the process's background thread, soon; answers `false`, and drops it, where too many wait already or no thread can be had.
///
/// Jobs run in the order in which they came; one that panics ends alone. The child of a fork runs those that waited in the parent as soon as it
/// has one of its own, so a job should be one that may be done twice.
pub(crate) fn run(job: Job) -> bool {
    SMALL.run(job)
}

/// Runs `job` on a thread of its own; answers it back where [`MOST_LONG`] run already or no thread can be had.
pub(crate) fn run_long<J: FnOnce() + Send + 'static>(job: J) -> Result<(), J> {
    LONG.run(job)
}

struct SmallJobs {
    queue: Mutex<Queue>,
    changed: Condvar,
    idle: Duration,
}

/// No job is run or dropped under its lock.
struct Queue {
    jobs: VecDeque<Job>,
    thread: LoneThread,
}

impl SmallJobs {
    const fn new(idle: Duration, spawn: Spawn) -> Self {
        Self {
            queue: Mutex::new(Queue {
                jobs: VecDeque::new(),
                thread: LoneThread::new("memo-background", spawn),
            }),
            changed: Condvar::new(),
            idle,
        }
    }

    fn run(&'static self, job: Job) -> bool {
        let mut queue = lock(&self.queue);
        if queue.jobs.len() >= MOST_WAITING || !queue.thread.start(|| self.keep_working()) {
            drop(queue);
            return false;
        }
        queue.jobs.push_back(job);
        self.changed.notify_one();
        true
    }

    fn keep_working(&self) {
        while let Some(job) = self.next() {
            contained(job);
        }
    }

    /// Waits for a job; `None` when there was none for a while, and the thread ends.
    fn next(&self) -> Option<Job> {
        let queue = lock(&self.queue);
        let woken = self
            .changed
            .wait_timeout_while(queue, self.idle, |queue| queue.jobs.is_empty());
        let (mut queue, _) = woken.unwrap_or_else(PoisonError::into_inner);
        let job = queue.jobs.pop_front();
        if job.is_none() {
            queue.thread.end();
        }
        job
    }
}

struct LongJobs {
    running: Mutex<Running>,
    spawn: Spawn,
}

/// How many run, and in which process: of the threads that it counts, the child of a fork has none.
struct Running {
    process: u32,
    many: usize,
}

impl LongJobs {
    const fn new(spawn: Spawn) -> Self {
        Self {
            running: Mutex::new(Running {
                process: 0,
                many: 0,
            }),
            spawn,
        }
    }

    fn run<J: FnOnce() + Send + 'static>(&'static self, job: J) -> Result<(), J> {
        let Some(place) = self.take_place() else {
            return Err(job);
        };
        // A thread that is not to be had takes what it was given with it.
        let ours = Arc::new(Mutex::new(Some(job)));
        let theirs = Arc::clone(&ours);
        let work = move || {
            let _place = place;
            let job = lock(&theirs).take();
            job.into_iter().for_each(|job| contained(job));
        };
        if (self.spawn)("memo-long", Box::new(work)) {
            return Ok(());
        }
        let job = lock(&ours).take();
        job.map_or(Ok(()), Err)
    }

    fn take_place(&'static self) -> Option<Place> {
        let mut running = lock(&self.running);
        if running.process != process::id() {
            *running = Running {
                process: process::id(),
                many: 0,
            };
        }
        if running.many >= MOST_LONG {
            return None;
        }
        running.many += 1;
        Some(Place(self))
    }
}

/// One of the long jobs that may run, until it is dropped.
struct Place(&'static LongJobs);

impl Drop for Place {
    fn drop(&mut self) {
        let mut running = lock(&self.0.running);
        // In a child that a long job forked, the job goes on and is not counted.
        running.many = running.many.saturating_sub(1);
    }
}

#[cfg(test)]
mod tests {
    use std::cell::OnceCell;
    use std::sync::mpsc::{Receiver, Sender, channel};
    use std::thread;

    use super::*;
    use crate::threads::tests::{LIMIT, no_thread, until};

    fn small(idle: Duration, spawn: Spawn) -> &'static SmallJobs {
        Box::leak(Box::new(SmallJobs::new(idle, spawn)))
    }

    fn long(spawn: Spawn) -> &'static LongJobs {
        Box::leak(Box::new(LongJobs::new(spawn)))
    }

    /// Says what it was made to say.
    fn says<T: Send + 'static>(to: &Sender<T>, what: T) -> Job {
        let to = to.clone();
        Box::new(move || {
            let _ = to.send(what);
        })
    }

    #[track_caller]
    fn heard<T>(from: &Receiver<T>) -> T {
        from.recv_timeout(LIMIT).expect("the job runs")
    }

    /// Keeps its thread busy until the other half is dropped, and says when it begins.
    fn busy() -> (impl FnOnce() + Send, Receiver<()>, Sender<()>) {
        let (begins, begun) = channel();
        let (release, released) = channel::<()>();
        let job = move || {
            let _ = begins.send(());
            let _ = released.recv_timeout(LIMIT);
        };
        (job, begun, release)
    }

    #[test]
    fn jobs_run_on_one_other_thread_in_the_order_in_which_they_came() {
        let jobs = small(IDLE, spawn);
        let (say, hear) = channel();
        for number in 0..100 {
            let say = say.clone();
            let job = move || {
                let _ = say.send((number, thread::current().id()));
            };
            assert!(jobs.run(Box::new(job)));
        }
        let (first, worker) = heard(&hear);
        assert_eq!(first, 0);
        assert_ne!(worker, thread::current().id());
        (1..100).for_each(|number| assert_eq!(heard(&hear), (number, worker)));
    }

    #[test]
    fn the_process_has_a_background_thread() {
        let (say, hear) = channel();
        assert!(run(says(&say, 1)));
        assert_eq!(heard(&hear), 1);
    }

    #[test]
    fn a_job_that_panics_harms_no_other() {
        let jobs = small(IDLE, spawn);
        let (say, hear) = channel();
        assert!(jobs.run(Box::new(|| panic!("as planned"))));
        assert!(jobs.run(says(&say, 1)));
        assert_eq!(heard(&hear), 1);
    }

    #[test]
    fn a_job_may_have_another_one_run() {
        let jobs = small(IDLE, spawn);
        let (say, hear) = channel();
        let another = says(&say, 1);
        assert!(jobs.run(Box::new(|| assert!(jobs.run(another)))));
        assert_eq!(heard(&hear), 1);
    }

    #[test]
    fn a_job_too_many_is_dropped_under_no_lock_and_the_others_run() {
        struct Asks(&'static SmallJobs, Sender<bool>);
        impl Drop for Asks {
            fn drop(&mut self) {
                let _ = self.1.send(self.0.run(Box::new(|| {})));
            }
        }
        let jobs = small(IDLE, spawn);
        let (first, begun, release) = busy();
        assert!(jobs.run(Box::new(first)));
        heard(&begun);
        let (say, hear) = channel();
        for number in 0..MOST_WAITING {
            assert!(jobs.run(says(&say, number)), "{number}");
        }
        let (answer, answered) = channel();
        let asks = Asks(jobs, answer);
        assert!(!jobs.run(Box::new(move || drop(asks))));
        assert!(!heard(&answered), "there is still no room");
        drop(release);
        (0..MOST_WAITING).for_each(|number| assert_eq!(heard(&hear), number));
        assert!(jobs.run(says(&say, 0)));
    }

    #[test]
    fn without_a_thread_no_job_is_taken() {
        let jobs = small(IDLE, no_thread);
        let (say, hear) = channel();
        assert!(!jobs.run(says(&say, 1)));
        drop(say);
        assert!(hear.recv().is_err(), "the job is dropped");
    }

    #[test]
    fn the_thread_ends_when_there_is_nothing_to_do_and_comes_back() {
        let jobs = small(Duration::ZERO, spawn);
        let (say, hear) = channel();
        for round in 0..3 {
            assert!(jobs.run(says(&say, round)));
            assert_eq!(heard(&hear), round);
            until(|| lock(&jobs.queue).thread.has_ended());
        }
    }

    #[test]
    fn a_child_that_lost_the_thread_has_one_again_when_it_has_a_job() {
        let jobs = small(IDLE, spawn);
        let (say, hear) = channel();
        {
            let mut queue = lock(&jobs.queue);
            assert!(queue.thread.start(|| {}));
            queue.jobs.push_back(says(&say, 1));
            queue.thread.lose();
        }
        assert!(jobs.run(says(&say, 2)));
        assert_eq!([heard(&hear), heard(&hear)], [1, 2]);
    }

    #[test]
    fn a_thread_that_ends_can_still_have_jobs_run() {
        struct Last(Sender<i32>);
        impl Drop for Last {
            fn drop(&mut self) {
                assert!(run(says(&self.0, 1)));
                assert!(run_long(says(&self.0, 2)).is_ok());
            }
        }
        thread_local!(static LAST: OnceCell<Last> = const { OnceCell::new() });
        let (say, hear) = channel();
        let thread = thread::spawn(|| LAST.with(|last| last.set(Last(say)).is_ok()));
        assert!(thread.join().expect("it ends well"));
        let mut both = [heard(&hear), heard(&hear)];
        both.sort_unstable();
        assert_eq!(both, [1, 2]);
    }

    #[test]
    fn long_jobs_run_at_once_and_one_too_many_is_answered_back() {
        let jobs = long(spawn);
        let running: Vec<_> = (0..MOST_LONG)
            .map(|_| {
                let (job, begun, release) = busy();
                assert!(jobs.run(job).is_ok());
                (begun, release)
            })
            .collect();
        running.iter().for_each(|(begun, _)| heard(begun));
        let (say, hear) = channel();
        let Err(job) = jobs.run(says(&say, 1)) else {
            panic!("there are {MOST_LONG} already");
        };
        drop(running);
        let mut back = Some(job);
        until(|| {
            back = back.take().and_then(|job| jobs.run(job).err());
            back.is_none()
        });
        assert_eq!(heard(&hear), 1);
    }

    #[test]
    fn a_long_job_that_panics_gives_its_place_back() {
        let jobs = long(spawn);
        assert!(jobs.run(|| panic!("as planned")).is_ok());
        until(|| lock(&jobs.running).many == 0);
    }

    #[test]
    fn without_a_thread_a_long_job_is_answered_back_and_takes_no_place() {
        let jobs = long(no_thread);
        let (say, hear) = channel();
        for _ in 0..2 * MOST_LONG {
            let Err(job) = jobs.run(says(&say, 1)) else {
                panic!("there is no thread");
            };
            job();
            assert_eq!(heard(&hear), 1);
        }
        assert_eq!(lock(&jobs.running).many, 0);
    }

    #[test]
    fn a_child_does_not_count_the_long_jobs_of_its_parent() {
        let jobs = long(spawn);
        {
            let mut running = lock(&jobs.running);
            running.process = process::id().wrapping_add(1);
            running.many = MOST_LONG;
        }
        let (say, hear) = channel();
        assert!(jobs.run(says(&say, 1)).is_ok());
        assert_eq!(heard(&hear), 1);
        until(|| lock(&jobs.running).many == 0);
    }
}
