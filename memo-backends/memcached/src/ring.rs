//! Which of several servers has a name.

use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

/// Rendezvous hashing: each server has a score for each name, and the highest has the name. Of `n` servers, one that is added takes over one
/// name in `n + 1`, and all others stay where they are. In which order they are listed does not matter.
///
/// Servers that share a cache must agree on it for as long as it lives: XXH3 is specified to the bit, and `placements_are_for_ever` holds
/// this to it.
#[derive(Debug)]
pub(crate) struct Ring(Vec<u64>);

impl Ring {
    /// Servers by what is written of them in the configuration.
    pub(crate) fn of<'a>(labels: impl Iterator<Item = &'a str>) -> Self {
        Self(labels.map(|label| xxh3_64(label.as_bytes())).collect())
    }

    /// The place of the server that has this name.
    pub(crate) fn place(&self, name: &str) -> usize {
        if self.0.len() < 2 {
            return 0;
        }
        let score = |seed: u64| (xxh3_64_with_seed(name.as_bytes(), seed), seed);
        let scores = self.0.iter().enumerate();
        let best = scores.max_by_key(|&(_, &seed)| score(seed));
        best.map_or(0, |(place, _)| place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LABELS: [&str; 3] = ["a.example:11211", "b.example:11211", "10.0.0.3:11212"];

    fn names() -> impl Iterator<Item = String> {
        (0..9000).map(|number| format!("shop:user:{number}"))
    }

    /// If this fails, every cache on several servers starts anew with the next release.
    #[test]
    fn placements_are_for_ever() {
        let ring = Ring::of(LABELS.into_iter());
        let names = [
            "",
            "a",
            "b",
            "c",
            "shop:user:1",
            "shop:user:2",
            "shop:user:3",
        ];
        let longer = ["n".repeat(250), "n".repeat(240), "m".repeat(100)];
        let names = names.into_iter().map(String::from).chain(longer);
        let places: Vec<usize> = names.map(|name| ring.place(&name)).collect();
        assert_eq!(places, [2, 2, 0, 1, 1, 1, 2, 0, 1, 1]);
        // As of XXH3's own tests.
        assert_eq!(xxh3_64(b""), 0x2d06_8005_38d3_94c2);
    }

    #[test]
    fn each_server_has_its_share() {
        let ring = Ring::of(LABELS.into_iter());
        let mut shares = [0; 3];
        for name in names() {
            shares[ring.place(&name)] += 1;
        }
        assert!(
            shares.iter().all(|share| (2700..3300).contains(share)),
            "{shares:?}"
        );
    }

    #[test]
    fn a_further_server_takes_its_share_and_moves_nothing_else() {
        let before = Ring::of(LABELS.into_iter());
        let after = Ring::of(LABELS.into_iter().chain(["d.example:11211"]));
        let moved: Vec<usize> = names()
            .filter(|name| before.place(name) != after.place(name))
            .map(|name| after.place(&name))
            .collect();
        assert!(moved.iter().all(|&place| place == 3));
        assert!((2000..2500).contains(&moved.len()), "{}", moved.len());
    }

    #[test]
    fn the_order_of_the_servers_does_not_matter() {
        let ring = Ring::of(LABELS.into_iter());
        let reversed = Ring::of(LABELS.into_iter().rev());
        assert!(names().all(|name| ring.place(&name) == 2 - reversed.place(&name)));
    }
}
