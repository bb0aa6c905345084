//! The values: records as a service might answer them, always the same.

use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Record {
    id: String,
    name: String,
    email: String,
    url: String,
    date: String,
    note: String,
}

/// So many records, each made when it is asked for, the same in every run.
pub(crate) fn generate(count: usize) -> impl Iterator<Item = Record> {
    let mut dice = Dice(0x6d65_6d6f);
    (0..count).map(move |_| record(&mut dice))
}

const GIVEN: &[&str] = &[
    "Ada",
    "Alan",
    "Amina",
    "Barbara",
    "Carlos",
    "Chen",
    "Dmitri",
    "Edsger",
    "Elena",
    "Fatima",
    "Grace",
    "Hans",
    "Ines",
    "Ingrid",
    "Jamal",
    "João",
    "Katherine",
    "Kenji",
    "Lars",
    "Leslie",
    "Margaret",
    "Mei",
    "Niklaus",
    "Olga",
    "Priya",
    "Radia",
    "Sofia",
    "Tony",
    "Wanjiru",
    "Zoë",
];
const FAMILY: &[&str] = &[
    "Adeyemi",
    "Allen",
    "Bauer",
    "Castillo",
    "Dijkstra",
    "Ferreira",
    "García",
    "Hamilton",
    "Hopper",
    "Ivanova",
    "Jensen",
    "Johnson",
    "Kowalski",
    "Lamport",
    "Liskov",
    "Lovelace",
    "Müller",
    "Nakamura",
    "Nguyen",
    "Okafor",
    "Patel",
    "Perlman",
    "Rossi",
    "Schneider",
    "Silva",
    "Tanaka",
    "Turing",
    "Wang",
    "Wirth",
    "Yılmaz",
];
const HOSTS: &[&str] = &[
    "example.com",
    "example.org",
    "mail.example.net",
    "shop.example",
];
const SECTIONS: &[&str] = &["orders", "invoices", "profiles", "returns", "messages"];
const WORDS: &[&str] = &[
    "the",
    "a",
    "of",
    "and",
    "to",
    "was",
    "is",
    "for",
    "with",
    "not",
    "after",
    "before",
    "order",
    "parcel",
    "customer",
    "payment",
    "returned",
    "delivered",
    "delayed",
    "called",
    "asked",
    "refund",
    "address",
    "changed",
    "warehouse",
    "second",
    "first",
    "item",
    "missing",
    "damaged",
    "confirmed",
    "by",
    "phone",
    "letter",
    "waiting",
    "answer",
    "discount",
    "granted",
    "invoice",
    "sent",
    "again",
    "no",
    "reply",
    "yet",
    "thanks",
    "complaint",
    "closed",
];

fn record(dice: &mut Dice) -> Record {
    let (given, family) = (dice.pick(GIVEN), dice.pick(FAMILY));
    let (host, section) = (dice.pick(HOSTS), dice.pick(SECTIONS));
    let number = dice.below(1 << 32);
    let (year, month, day) = (
        2015 + dice.below(11),
        1 + dice.below(12),
        1 + dice.below(28),
    );
    Record {
        id: format!("{section:.3}-{:08x}", dice.below(1 << 32)),
        name: format!("{given} {family}"),
        email: format!("{}.{}@{host}", given.to_lowercase(), dice.below(10_000)),
        url: format!("https://{host}/{section}/{number}"),
        date: format!("{year}-{month:02}-{day:02}"),
        note: note(dice),
    }
}

fn note(dice: &mut Dice) -> String {
    let count = 2 + dice.below(8);
    let words: Vec<_> = (0..count).map(|_| dice.pick(WORDS)).collect();
    words.join(" ")
}

/// Numbers by splitmix64 (Steele, Lea and Flood, OOPSLA 2014).
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut x = self.0;
        x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (x ^ (x >> 31)) % end
    }

    fn pick(&mut self, from: &[&'static str]) -> &'static str {
        from[self.below(from.len() as u64) as usize]
    }
}
