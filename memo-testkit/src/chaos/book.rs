//! What a chaos knows of what went through it.

use std::collections::{HashMap, VecDeque};
use std::fmt;

use memo_core::Expiration;
use memo_core::backend::{Bytes, Item, Name};

use super::{Operation, Trouble};
use crate::dice::Dice;

/// One operation that went through a [`Chaos`](super::Chaos).
#[derive(Clone, PartialEq, Eq)]
pub struct Logged {
    /// What was asked.
    pub operation: Operation,
    /// Of which names.
    pub names: Vec<String>,
    /// What became of it.
    pub trouble: Trouble,
}

/// Shows how many names there are, not which: they may tell arguments.
impl fmt::Debug for Logged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Logged")
            .field("operation", &self.operation)
            .field("names", &self.names.len())
            .field("trouble", &self.trouble)
            .finish()
    }
}

pub(super) struct Book {
    pub(super) log: Vec<Logged>,
    past: HashMap<Name, Past>,
    script: VecDeque<(Operation, Trouble)>,
    rate: f64,
    dice: Dice,
}

/// All that was set under one name, the oldest first, and for how long the last was.
struct Past {
    values: Vec<Bytes>,
    expiration: Expiration,
}

impl Book {
    pub(super) fn new(seed: u64, rate: f64) -> Self {
        Self {
            log: Vec::new(),
            past: HashMap::new(),
            script: VecDeque::new(),
            rate,
            dice: Dice::new(seed),
        }
    }

    pub(super) fn plan(&mut self, steps: impl IntoIterator<Item = (Operation, Trouble)>) {
        self.script.extend(steps);
    }

    pub(super) fn planned(&self) -> usize {
        self.script.len()
    }

    /// The next operation of this kind: what becomes of it.
    pub(super) fn meet(&mut self, operation: Operation, names: &[Name]) -> Trouble {
        let planned = self.script.iter().position(|step| step.0 == operation);
        let trouble = match planned.and_then(|place| self.script.remove(place)) {
            Some((_, trouble)) => trouble,
            None if self.dice.strikes(self.rate) => Trouble::any(operation, &mut self.dice),
            None => Trouble::None,
        };
        self.log.push(Logged {
            operation,
            names: names.iter().map(|name| name.as_str().to_owned()).collect(),
            trouble,
        });
        trouble
    }

    pub(super) fn remember(&mut self, item: &Item) {
        let past = self.past.entry(item.name.clone()).or_insert(Past {
            values: Vec::new(),
            expiration: item.expiration,
        });
        past.values.push(item.value.clone());
        past.expiration = item.expiration;
    }

    /// What was set under this name `back` times before the last.
    pub(super) fn earlier(&self, name: &Name, back: usize) -> Option<Bytes> {
        let values = &self.past.get(name)?.values;
        let place = values.len().checked_sub(1)?.checked_sub(back)?;
        values.get(place).cloned()
    }

    pub(super) fn garbage(&mut self, about: usize) -> Bytes {
        let many = self.dice.below(2 * about + 1);
        self.dice.bytes(many).into()
    }

    /// Every name that was ever set, in the order of their texts.
    pub(super) fn names(&self) -> Vec<Name> {
        let mut names: Vec<Name> = self.past.keys().cloned().collect();
        names.sort_by(|a, b| a.as_str().cmp(b.as_str()));
        names
    }

    /// The name of this text, and for how long it was last set.
    pub(super) fn past(&self, text: &str) -> Option<(Name, Expiration)> {
        self.past
            .iter()
            .find(|(name, _)| name.as_str() == text)
            .map(|(name, past)| (name.clone(), past.expiration))
    }
}
