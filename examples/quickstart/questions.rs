//! The memoized functions, from one file up to everything. Each is written as if calls cost nothing.

use crate::facts::{self, Counts, Facts};
use crate::sources::{Package, Source, World};
use memo::memoize;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// A name and a number that belongs to it.
pub(crate) type Count = (String, u64);

/// Everything we wanted to know.
#[derive(Debug, PartialEq)]
pub(crate) struct Answers {
    pub(crate) size: Size,
    pub(crate) fullest: Vec<Count>,
    pub(crate) longest: Option<Longest>,
    pub(crate) words: Vec<Count>,
    pub(crate) callees: Vec<Count>,
    pub(crate) fan_in: Vec<Count>,
}

/// How much code there is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Size {
    pub(crate) lines: u64,
    pub(crate) functions: u64,
}

impl Size {
    fn plus(self, other: Self) -> Self {
        Self {
            lines: self.lines + other.lines,
            functions: self.functions + other.functions,
        }
    }
}

/// The longest function of some set of files.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Longest {
    pub(crate) lines: usize,
    pub(crate) name: String,
    pub(crate) package: String,
}

/// Asks all the questions.
pub(crate) fn answers(world: &World) -> Answers {
    Answers {
        size: total(world),
        fullest: fullest(world, 3),
        longest: longest(world),
        words: commonest(world, 5),
        callees: most_called(world, 5),
        fan_in: ["clone", "unwrap"]
            .map(|name| (name.to_owned(), fan_in(world, name)))
            .into(),
    }
}

/// One file, parsed. The key has its time in it: an edited file is another file.
#[memoize(key = "parsed:{source.path.display()}:{source.modified}")]
fn parse(source: &Source) -> Arc<Facts> {
    Arc::new(facts::of(&source.path))
}

#[memoize(key = "size:{world.stamp}")]
fn total(world: &World) -> Size {
    world
        .packages
        .iter()
        .map(size)
        .fold(Size::default(), Size::plus)
}

#[memoize(key = "size:{package.name}:{package.stamp}")]
fn size(package: &Package) -> Size {
    let size_of = |file: Arc<Facts>| Size {
        lines: file.lines as u64,
        functions: file.functions.len() as u64,
    };
    package
        .sources
        .iter()
        .map(parse)
        .map(size_of)
        .fold(Size::default(), Size::plus)
}

/// The packages with the most functions per file.
#[memoize(key = "fullest:{count}:{world.stamp}")]
fn fullest(world: &World, count: usize) -> Vec<Count> {
    let per_file = |package: &Package| size(package).functions / package.sources.len() as u64;
    let packages = world
        .packages
        .iter()
        .map(|package| (package.name.clone(), per_file(package)));
    top(&packages.collect(), count)
}

#[memoize(key = "longest:{world.stamp}")]
fn longest(world: &World) -> Option<Longest> {
    world.packages.iter().filter_map(longest_of).max()
}

#[memoize(key = "longest:{package.name}:{package.stamp}")]
fn longest_of(package: &Package) -> Option<Longest> {
    let longest_in = |file: Arc<Facts>| {
        file.functions
            .iter()
            .max_by_key(|function| function.lines)
            .cloned()
    };
    let function = package
        .sources
        .iter()
        .map(parse)
        .filter_map(longest_in)
        .max_by_key(|function| function.lines)?;
    Some(Longest {
        lines: function.lines,
        name: function.name,
        package: package.name.clone(),
    })
}

#[memoize(key = "commonest:{count}:{world.stamp}")]
fn commonest(world: &World, count: usize) -> Vec<Count> {
    top(&words(world), count)
}

#[memoize(key = "words:{world.stamp}")]
fn words(world: &World) -> Arc<Counts> {
    sum(world.packages.iter().map(words_of), |package| package)
}

#[memoize(key = "words:{package.name}:{package.stamp}")]
fn words_of(package: &Package) -> Arc<Counts> {
    sum(package.sources.iter().map(parse), |file| &file.words)
}

#[memoize(key = "most-called:{count}:{world.stamp}")]
fn most_called(world: &World, count: usize) -> Vec<Count> {
    top(&calls(world), count)
}

/// How often each function of the call graph is called.
#[memoize(key = "calls:{world.stamp}")]
fn calls(world: &World) -> Arc<Counts> {
    sum(world.packages.iter().map(calls_of), |package| package)
}

#[memoize(key = "calls:{package.name}:{package.stamp}")]
fn calls_of(package: &Package) -> Arc<Counts> {
    sum(package.sources.iter().map(parse), |file| &file.calls)
}

/// How many places call a function of this name.
#[memoize(key = "fan-in:{name}:{world.stamp}")]
fn fan_in(world: &World, name: &str) -> u64 {
    calls(world).get(name).copied().unwrap_or(0)
}

fn sum<T>(of: impl Iterator<Item = T>, counts: impl Fn(&T) -> &Counts) -> Arc<Counts> {
    let mut sum = Counts::new();
    for one in of {
        for (name, count) in counts(&one) {
            *sum.entry(name.clone()).or_default() += count;
        }
    }
    Arc::new(sum)
}

/// The highest counts first; equals by name.
fn top(counts: &Counts, count: usize) -> Vec<Count> {
    let mut ranked: Vec<Count> = counts
        .iter()
        .map(|(name, &count)| (name.clone(), count))
        .collect();
    ranked.sort_by(|one, other| other.1.cmp(&one.1).then_with(|| one.0.cmp(&other.0)));
    ranked.truncate(count);
    ranked
}
