//! Answers gone wrong.

use memo_core::backend::{Bytes, Name};

use super::Trouble;
use super::book::Book;

pub(super) type Answers = Vec<Option<Bytes>>;

/// What becomes of the answers of a get. An answer that says that nothing is there cannot be cut or flipped, and stays.
pub(super) fn spoil(answers: &mut Answers, names: &[Name], trouble: Trouble, book: &mut Book) {
    if answers.is_empty() {
        return;
    }
    misplace(answers, trouble);
    match trouble {
        Trouble::Replay(back) => replay(answers, names, back, book),
        Trouble::FlipBit { answer, bit } => change(answers, answer, |bytes| flip(bytes, bit)),
        Trouble::Truncate { answer, bytes } => {
            change(answers, answer, |value| {
                value.slice(..value.len().min(bytes))
            });
        }
        Trouble::Garbage { answer } => change(answers, answer, |value| book.garbage(value.len())),
        _ => {}
    }
}

/// What becomes of any answers to names, whether they say what is there or only that it is.
pub(super) fn misplace<T: Clone + Default>(answers: &mut Vec<T>, trouble: Trouble) {
    let many = answers.len();
    if many == 0 {
        return;
    }
    match trouble {
        Trouble::Forget(last) => {
            let forgotten = answers.iter_mut().rev().take(last);
            forgotten.for_each(|answer| *answer = T::default());
        }
        Trouble::TooFew(fewer) => answers.truncate(many.saturating_sub(fewer)),
        Trouble::TooMany(more) => {
            let surplus = answers.first().cloned().unwrap_or_default();
            answers.extend(std::iter::repeat_n(surplus, more));
        }
        Trouble::Swap(a, b) => answers.swap(a % many, b % many),
        _ => {}
    }
}

fn replay(answers: &mut Answers, names: &[Name], back: usize, book: &Book) {
    for (answer, name) in answers.iter_mut().zip(names) {
        if let Some(earlier) = book.earlier(name, back) {
            *answer = Some(earlier);
        }
    }
}

fn change(answers: &mut Answers, answer: usize, to: impl FnOnce(&Bytes) -> Bytes) {
    let place = answer % answers.len();
    if let Some(value) = &mut answers[place] {
        *value = to(value);
    }
}

fn flip(value: &Bytes, bit: usize) -> Bytes {
    let mut value = value.to_vec();
    if !value.is_empty() {
        let bit = bit % (value.len() * 8);
        value[bit / 8] ^= 1 << (bit % 8);
    }
    value.into()
}
