//! Each trouble does what it says, where it says.

use std::future::Future;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::Duration;

use memo_core::backend::{
    Answer, Backend, Bytes, Capability, FaultKind, Group, Item, Lease, Memory, Name, Token,
};
use memo_core::{Expiration, Waits};
use memo_testkit::{Chaos, Operation, Trouble, block_on};

type Answers = Vec<Option<Bytes>>;

fn chaos() -> Chaos<Memory> {
    Chaos::over(Memory::with_budget(1 << 20))
}

fn name(text: &str) -> Name {
    Name::new(text, Group(3))
}

fn item(text: &str, value: impl Into<Bytes>) -> Item {
    Item {
        name: name(text),
        value: value.into(),
        expiration: Expiration::never(),
    }
}

fn set<B: Backend>(chaos: &Chaos<B>, text: &str, value: &'static str) -> Answer<()> {
    block_on(chaos.set_many(vec![item(text, value)], Waits::Async))
}

fn get<B: Backend>(chaos: &Chaos<B>, texts: &[&str]) -> Answer<Answers> {
    let names: Vec<Name> = texts.iter().map(|text| name(text)).collect();
    block_on(chaos.get_many(&names, Waits::Async))
}

fn probe<B: Backend>(chaos: &Chaos<B>, texts: &[&str]) -> Answer<Vec<bool>> {
    let names: Vec<Name> = texts.iter().map(|text| name(text)).collect();
    block_on(chaos.probe_many(&names, Waits::Async))
}

/// A store with "A" under "a" and so on.
fn filled(texts: &[&'static str]) -> Chaos<Memory> {
    let chaos = chaos();
    for text in texts {
        let item = item(text, text.to_uppercase());
        block_on(chaos.set_many(vec![item], Waits::Async)).expect("nothing is planned");
    }
    chaos
}

/// What a get of "a", "b" and "c" answers that has this trouble; the next one is sound again.
fn spoiled(trouble: Trouble) -> Answers {
    let chaos = filled(&["a", "b", "c"]);
    chaos.next(Operation::Get, trouble);
    let answers = get(&chaos, &["a", "b", "c"]).expect("the trouble is in the answers");
    let sound = get(&chaos, &["a", "b", "c"]).expect("nothing is planned");
    assert_eq!(sound, some(&["A", "B", "C"]));
    answers
}

fn some(values: &[&'static str]) -> Answers {
    values.iter().map(|value| Some((*value).into())).collect()
}

fn kind<T>(answer: Answer<T>) -> Option<FaultKind> {
    answer.err().map(|fault| fault.kind())
}

#[test]
fn what_fails_before_has_not_happened() {
    let chaos = chaos();
    chaos.next(Operation::Set, Trouble::FailBefore);
    assert_eq!(kind(set(&chaos, "a", "A")), Some(FaultKind::Connect));
    assert_eq!(chaos.entries(), []);
}

#[test]
fn what_fails_after_has_happened() {
    let chaos = chaos();
    chaos.next(Operation::Set, Trouble::FailAfter);
    assert_eq!(kind(set(&chaos, "a", "A")), Some(FaultKind::Timeout));
    assert_eq!(get(&chaos, &["a"]), Ok(some(&["A"])));

    chaos.next(Operation::Delete, Trouble::FailAfter);
    let deleted = block_on(chaos.delete_many(&[name("a")], Waits::Async));
    assert_eq!(kind(deleted), Some(FaultKind::Timeout));
    assert_eq!(get(&chaos, &["a"]), Ok(vec![None]));
}

#[test]
fn what_was_cut_short_is_gone_though_the_reply_is_lost() {
    let chaos = filled(&["a", "b"]);
    chaos.next(Operation::Expire, Trouble::FailAfter);
    let cut = block_on(chaos.expire_many(&[name("a")], Expiration::seconds(0), Waits::Async));
    assert_eq!(kind(cut), Some(FaultKind::Timeout));
    assert_eq!(probe(&chaos, &["a", "b"]), Ok(vec![false, true]));
}

#[test]
fn each_operation_takes_the_first_step_of_its_kind() {
    let chaos = filled(&["a"]);
    chaos.script([
        (Operation::Get, Trouble::None),
        (Operation::Set, Trouble::FailBefore),
        (Operation::Get, Trouble::FailBefore),
    ]);
    assert_eq!(chaos.planned(), 3);
    assert!(get(&chaos, &["a"]).is_ok());
    assert!(get(&chaos, &["a"]).is_err());
    assert!(get(&chaos, &["a"]).is_ok());
    assert!(set(&chaos, "a", "A").is_err());
    assert!(set(&chaos, "a", "A").is_ok());
    assert_eq!(chaos.planned(), 0);
}

#[test]
fn every_operation_can_fail() {
    let chaos = filled(&["a"]);
    let all = [
        Operation::Get,
        Operation::Set,
        Operation::Delete,
        Operation::Probe,
        Operation::Expire,
        Operation::DeleteGroup,
        Operation::Add,
        Operation::Lease,
        Operation::Seize,
        Operation::Join,
        Operation::Fill,
        Operation::Extend,
        Operation::Release,
    ];
    chaos.script(all.map(|operation| (operation, Trouble::FailBefore)));
    let (waits, token, a) = (Waits::Blocking, Token(1), name("a"));
    let names = [a.clone()];
    let (never, second) = (Expiration::never(), Duration::from_secs(1));
    assert!(block_on(chaos.get_many(&names, waits)).is_err());
    assert!(block_on(chaos.set_many(vec![item("a", "A")], waits)).is_err());
    assert!(block_on(chaos.delete_many(&names, waits)).is_err());
    assert!(block_on(chaos.probe_many(&names, waits)).is_err());
    assert!(block_on(chaos.expire_many(&names, Expiration::seconds(0), waits)).is_err());
    assert!(block_on(chaos.delete_group(Group(3), waits)).is_err());
    assert!(block_on(chaos.add(&a, 1, never, waits)).is_err());
    assert!(block_on(chaos.lease(&a, token, second, waits)).is_err());
    assert!(block_on(chaos.seize(&a, token, second, waits)).is_err());
    assert!(block_on(chaos.join(&a, token, Token(2), second, waits)).is_err());
    assert!(block_on(chaos.fill(item("a", "A"), token, waits)).is_err());
    assert!(block_on(chaos.extend(&a, token, second, waits)).is_err());
    assert!(block_on(Backend::release(&chaos, &a, token, waits)).is_err());
    assert_eq!(chaos.planned(), 0);
    assert_eq!(chaos.entries(), [("a".to_owned(), "A".into())]);
}

#[test]
#[should_panic(expected = "Swap(0, 1) cannot happen to Set")]
fn a_trouble_that_cannot_happen_is_refused() {
    chaos().next(Operation::Set, Trouble::Swap(0, 1));
}

#[test]
fn an_asynchronous_operation_that_hangs_is_pending_until_it_is_released() {
    let chaos = filled(&["a"]);
    let names = [name("a")];
    let mut context = Context::from_waker(Waker::noop());
    for (trouble, ends) in [
        (Trouble::Hang, Err(FaultKind::Timeout)),
        (Trouble::Delay, Ok(some(&["A"]))),
        (Trouble::DelayReply, Ok(some(&["A"]))),
    ] {
        chaos.next(Operation::Get, trouble);
        let mut get = pin!(chaos.get_many(&names, Waits::Async));
        assert!(get.as_mut().poll(&mut context).is_pending());
        assert!(get.as_mut().poll(&mut context).is_pending());
        chaos.release();
        let Poll::Ready(answer) = get.poll(&mut context) else {
            panic!("{trouble:?} was released");
        };
        assert_eq!(answer.map_err(|fault| fault.kind()), ends);
    }
}

#[test]
fn a_task_that_hangs_is_woken_when_it_is_released() {
    let chaos = chaos();
    chaos.next(Operation::Set, Trouble::Delay);
    thread::scope(|scope| {
        let setting = scope.spawn(|| set(&chaos, "a", "A"));
        chaos.wait_until_held(1);
        chaos.release();
        assert_eq!(setting.join().expect("nothing panics"), Ok(()));
    });
}

#[test]
fn a_blocking_operation_that_hangs_blocks_its_thread_until_it_is_released() {
    let chaos = chaos();
    chaos.script([
        (Operation::Set, Trouble::Hang),
        (Operation::Set, Trouble::DelayReply),
    ]);
    let blocking = |text| {
        let work = chaos.set_many(vec![item(text, "A")], Waits::Blocking);
        match pin!(work).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(answer) => answer,
            Poll::Pending => panic!("a blocking operation is ready when first polled"),
        }
    };
    thread::scope(|scope| {
        let first = scope.spawn(|| blocking("hangs"));
        chaos.wait_until_held(1);
        let second = scope.spawn(|| blocking("late"));
        chaos.wait_until_held(2);
        assert!(!first.is_finished() && !second.is_finished());
        assert_eq!(chaos.entries(), [("late".to_owned(), "A".into())]);
        chaos.release();
        let first = first.join().expect("nothing panics");
        assert_eq!(kind(first), Some(FaultKind::Timeout));
        assert_eq!(second.join().expect("nothing panics"), Ok(()));
    });
    assert_eq!(chaos.entries(), [("late".to_owned(), "A".into())]);
}

#[test]
fn who_gives_up_waiting_is_not_held_any_more() {
    let chaos = chaos();
    chaos.script([(Operation::Get, Trouble::Hang); 2]);
    let names = [name("a")];
    let mut context = Context::from_waker(Waker::noop());
    let mut given_up = Box::pin(chaos.get_many(&names, Waits::Async));
    assert!(given_up.as_mut().poll(&mut context).is_pending());
    drop(given_up);
    let mut get = pin!(chaos.get_many(&names, Waits::Async));
    assert!(get.as_mut().poll(&mut context).is_pending());
    thread::scope(|scope| {
        let both = scope.spawn(|| chaos.wait_until_held(2));
        chaos.wait_until_held(1);
        assert!(!both.is_finished());
        let mut third = pin!(chaos.get_many(&names, Waits::Async));
        chaos.next(Operation::Get, Trouble::Hang);
        assert!(third.as_mut().poll(&mut context).is_pending());
        both.join().expect("two wait now");
    });
}

#[test]
fn the_last_answers_are_forgotten() {
    let [a, b, c]: [_; 3] = spoiled(Trouble::Forget(2)).try_into().expect("three");
    assert_eq!((a, b, c), (Some("A".into()), None, None));
    assert_eq!(spoiled(Trouble::Forget(9)), [None, None, None]);
}

#[test]
fn there_are_too_few_answers_or_too_many() {
    assert_eq!(spoiled(Trouble::TooFew(1)), some(&["A", "B"]));
    assert_eq!(spoiled(Trouble::TooFew(9)), []);
    assert_eq!(
        spoiled(Trouble::TooMany(2)),
        some(&["A", "B", "C", "A", "A"])
    );
}

#[test]
fn two_answers_are_swapped() {
    assert_eq!(spoiled(Trouble::Swap(0, 2)), some(&["C", "B", "A"]));
    assert_eq!(spoiled(Trouble::Swap(1, 5)), some(&["A", "C", "B"]));
}

#[test]
fn one_bit_of_one_answer_is_flipped() {
    let flipped = |answer, bit| spoiled(Trouble::FlipBit { answer, bit });
    assert_eq!(flipped(0, 1), some(&["C", "B", "C"]));
    assert_eq!(flipped(2, 8), some(&["A", "B", "B"]));
}

#[test]
fn one_answer_is_cut() {
    let chaos = chaos();
    set(&chaos, "a", "abcdef").expect("nothing is planned");
    let truncate = |bytes| (Operation::Get, Trouble::Truncate { answer: 0, bytes });
    chaos.script([truncate(4), truncate(0), truncate(9)]);
    assert_eq!(get(&chaos, &["a"]), Ok(some(&["abcd"])));
    assert_eq!(get(&chaos, &["a"]), Ok(some(&[""])));
    assert_eq!(get(&chaos, &["a"]), Ok(some(&["abcdef"])));
}

#[test]
fn one_answer_is_garbage_the_same_in_every_run() {
    let value = "x".repeat(100);
    let garbage = || {
        let chaos = chaos();
        let items = vec![item("a", value.clone()), item("b", "B")];
        block_on(chaos.set_many(items, Waits::Async)).expect("nothing is planned");
        chaos.next(Operation::Get, Trouble::Garbage { answer: 0 });
        get(&chaos, &["a", "b"]).expect("the trouble is in the answer")
    };
    let first = garbage();
    assert_ne!(first[0], Some(value.clone().into()));
    assert_eq!(first[1], Some("B".into()));
    assert_eq!(garbage(), first);
}

#[test]
fn what_is_evicted_stays_away() {
    let chaos = filled(&["a", "b", "c"]);
    chaos.next(Operation::Get, Trouble::Evict(1));
    let left = vec![Some("A".into()), None, Some("C".into())];
    assert_eq!(get(&chaos, &["a", "b", "c"]), Ok(left.clone()));
    assert_eq!(get(&chaos, &["a", "b", "c"]), Ok(left));
    assert_eq!(chaos.deletes(), 0);
}

#[test]
fn what_is_evicted_after_it_was_set_was_acknowledged() {
    let chaos = chaos();
    chaos.next(Operation::Set, Trouble::Evict(1));
    let items = vec![item("a", "A"), item("b", "B")];
    assert_eq!(block_on(chaos.set_many(items, Waits::Async)), Ok(()));
    assert_eq!(chaos.entries(), [("a".to_owned(), "A".into())]);
}

#[test]
fn an_older_value_comes_back() {
    let chaos = chaos();
    for value in ["1", "2", "3"] {
        set(&chaos, "a", value).expect("nothing is planned");
    }
    let replay = |back| (Operation::Get, Trouble::Replay(back));
    chaos.script([replay(2), replay(1), replay(9)]);
    let one = || get(&chaos, &["a"]).map(|mut answers| answers.pop().flatten());
    assert_eq!(one(), Ok(Some("1".into())));
    assert_eq!(one(), Ok(Some("2".into())));
    assert_eq!(one(), Ok(Some("3".into())));

    block_on(chaos.delete_many(&[name("a")], Waits::Async)).expect("nothing is planned");
    assert_eq!(one(), Ok(None));
    chaos.next(Operation::Get, Trouble::Replay(0));
    assert_eq!(one(), Ok(Some("3".into())));
}

#[test]
fn a_found_lease_is_spoiled_as_an_answer_is() {
    let chaos = filled(&["a"]);
    chaos.next(Operation::Lease, Trouble::FlipBit { answer: 0, bit: 1 });
    let second = Duration::from_secs(1);
    let lease = || block_on(chaos.lease(&name("a"), Token(1), second, Waits::Async));
    assert_eq!(lease(), Ok(Lease::Found("C".into())));
    assert_eq!(lease(), Ok(Lease::Found("A".into())));
}

#[test]
fn the_answers_of_a_probe_go_missing_or_astray() {
    let chaos = filled(&["a", "b"]);
    for (trouble, answers) in [
        (Trouble::Forget(2), vec![true, false, false]),
        (Trouble::TooFew(2), vec![true]),
        (Trouble::TooMany(1), vec![true, true, false, true]),
        (Trouble::Swap(0, 2), vec![false, true, true]),
        (Trouble::None, vec![true, true, false]),
        (Trouble::Evict(0), vec![false, true, false]),
        (Trouble::None, vec![false, true, false]),
    ] {
        chaos.next(Operation::Probe, trouble);
        let probed = probe(&chaos, &["a", "b", "c"]);
        assert_eq!(probed, Ok(answers), "{trouble:?}");
    }
}

#[test]
#[should_panic(expected = "Replay(1) cannot happen to Probe")]
fn a_probe_has_no_value_to_spoil() {
    chaos().next(Operation::Probe, Trouble::Replay(1));
}

#[test]
fn a_value_can_be_lost_between_a_probe_and_the_read() {
    let chaos = filled(&["a"]);
    chaos.next(Operation::Get, Trouble::Evict(0));
    assert_eq!(probe(&chaos, &["a"]), Ok(vec![true]));
    assert_eq!(get(&chaos, &["a"]), Ok(vec![None]));
    assert_eq!(probe(&chaos, &["a"]), Ok(vec![false]));
}

#[test]
fn a_probe_and_a_cut_can_be_held() {
    let chaos = filled(&["a"]);
    let names = [name("a")];
    let mut context = Context::from_waker(Waker::noop());
    chaos.script([
        (Operation::Probe, Trouble::DelayReply),
        (Operation::Expire, Trouble::Delay),
    ]);
    let mut probe = pin!(chaos.probe_many(&names, Waits::Async));
    let mut cut = pin!(chaos.expire_many(&names, Expiration::seconds(0), Waits::Async));
    assert!(probe.as_mut().poll(&mut context).is_pending());
    assert!(cut.as_mut().poll(&mut context).is_pending());
    chaos.wait_until_held(2);
    chaos.release();
    assert_eq!(cut.poll(&mut context), Poll::Ready(Ok(1)));
    assert_eq!(probe.poll(&mut context), Poll::Ready(Ok(vec![true])));
    let kinds: Vec<_> = chaos.log().iter().map(|entry| entry.operation).collect();
    assert_eq!(kinds, [Operation::Set, Operation::Probe, Operation::Expire]);
}

/// What becomes of a few hundred operations.
fn fate(seed: u64, rate: f64) -> (Vec<Trouble>, Vec<Answer<Answers>>) {
    let chaos = Chaos::seeded(Memory::with_budget(1 << 20), seed, rate);
    let answers = (0..200).map(|round| {
        let _ = set(&chaos, ["a", "b", "c"][round % 3], "value");
        get(&chaos, &["a", "b", "c"])
    });
    let answers = answers.collect();
    let troubles = chaos.log().iter().map(|entry| entry.trouble).collect();
    (troubles, answers)
}

#[test]
fn a_seed_gives_the_same_troubles_again_and_another_others() {
    assert_eq!(fate(7, 0.3), fate(7, 0.3));
    assert_ne!(fate(7, 0.3).0, fate(8, 0.3).0);
}

#[test]
fn operations_go_wrong_at_the_rate() {
    let wrong = |rate| {
        let (troubles, _) = fate(1, rate);
        troubles.iter().filter(|t| **t != Trouble::None).count()
    };
    assert_eq!(wrong(0.0), 0);
    assert!((60..180).contains(&wrong(0.3)), "{}", wrong(0.3));
    assert_eq!(wrong(1.0), 400);
}

#[test]
fn debug_shows_the_seed_and_no_names() {
    let chaos = Chaos::seeded(Memory::with_budget(1 << 20), 4711, 0.0);
    set(&chaos, "secret", "hidden").expect("the rate is 0");
    let shown = format!("{chaos:?} {:?}", chaos.log());
    assert!(shown.contains("seed: 4711"), "{shown}");
    assert!(
        !shown.contains("secret") && !shown.contains("hidden"),
        "{shown}"
    );
}

#[test]
fn the_log_tells_operations_with_their_names() {
    let chaos = filled(&["a"]);
    chaos.next(Operation::Get, Trouble::FailBefore);
    let _ = get(&chaos, &["a", "b"]);
    let log = chaos.clone().log();
    assert_eq!(log.len(), 2);
    assert_eq!(log[1].operation, Operation::Get);
    assert_eq!(log[1].names, ["a", "b"]);
    assert_eq!(log[1].trouble, Trouble::FailBefore);
    assert_eq!((chaos.gets(), chaos.sets(), chaos.deletes()), (1, 1, 0));
    chaos.clear_log();
    assert_eq!((chaos.gets(), chaos.sets()), (0, 0));
}

#[test]
fn a_test_can_look_and_meddle_and_leaves_no_trace() {
    let chaos = filled(&["b", "a"]);
    chaos.clear_log();
    chaos.edit("a", |value| value.push(b'!'));
    chaos.copy("b", "c");
    chaos.remove("b");
    let left = [("a", "A!"), ("c", "B")];
    assert_eq!(
        chaos.entries(),
        left.map(|(name, value)| (name.to_owned(), Bytes::from(value)))
    );
    assert_eq!(get(&chaos, &["c"]), Ok(some(&["B"])));
    assert_eq!(chaos.log().len(), 1);
}

#[test]
#[should_panic(expected = "nothing was set under this name")]
fn what_is_not_there_cannot_be_edited() {
    chaos().edit("a", |_| {});
}

#[test]
fn a_store_that_says_less_takes_less() {
    let capability = Capability::of(250, 10);
    let chaos = Chaos::limited(Memory::with_budget(1 << 20), capability);
    assert_eq!(chaos.capability(), capability);
    assert!(set(&chaos, "a", "ten bytes.").is_ok());
    let refused = set(&chaos, "a", "eleven byte");
    assert_eq!(kind(refused), Some(FaultKind::TooLarge));
    assert_eq!(kind(probe(&chaos, &["a"])), Some(FaultKind::Unsupported));

    let mut capability = Capability::of(250, 10);
    capability.probes = true;
    let chaos = Chaos::limited(Memory::with_budget(1 << 20), capability);
    assert_eq!(probe(&chaos, &["a"]), Ok(vec![false]));
    let never = Expiration::never();
    let cut = block_on(chaos.expire_many(&[name("a")], never, Waits::Async));
    assert_eq!(kind(cut), Some(FaultKind::Unsupported));
}
