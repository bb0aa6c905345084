//! The tables and the `RATIO` lines.

use crate::first::Firsts;
use crate::manners::MANNERS;
use crate::records::Record;
use crate::rounds::{Measured, Summary};
use std::time::Duration;

/// What memo may add to an item that it stores, in nanoseconds, where it neither compresses nor seals.
const TARGET: f64 = 150.0;

/// Prints what was found.
pub(crate) fn print(
    records: &[Record],
    measured: &Measured,
    firsts: &[Firsts],
) -> postcard::Result<()> {
    let bytes = postcard::to_allocvec(records)?.len();
    println!(
        "{} records, {:.1} MB by postcard\n",
        records.len(),
        bytes as f64 / 1e6
    );
    table(measured);
    per_item(records.len(), measured);
    first_items(firsts);
    println!();
    ratios("cold", measured, |summary| summary.median.cold);
    ratios("warm", measured, |summary| summary.median.warm);
    Ok(())
}

fn table(measured: &Measured) {
    println!(
        "{:<16}{:>10}{:>10}{:>10}{:>10}",
        "milliseconds", "cold", "warm", "fastest", "fastest"
    );
    let line = |name: &str, Summary { median, fastest }: &Summary| {
        let [cold, warm] = [median.cold, median.warm].map(ms);
        let [least_cold, least_warm] = [fastest.cold, fastest.warm].map(ms);
        println!("{name:<16}{cold:>10.1}{warm:>10.1}{least_cold:>10.1}{least_warm:>10.1}");
    };
    line("made anew", &measured.made_anew);
    line("bare", &measured.bare);
    line("postcard", &measured.postcard);
    line("item by item", &measured.item_by_item);
    for (manner, summary) in MANNERS.iter().zip(&measured.memo) {
        line(manner.name, summary);
    }
}

/// What a miss adds to an item of the body, and how a hit stands beside postcard item by item.
fn per_item(items: usize, measured: &Measured) {
    println!(
        "\n{:<16}{:>10}{:>10}{:>24}",
        "ns/item on bare", "cold", "fastest", "warm over item by item"
    );
    let (bare, rival) = (&measured.bare, &measured.item_by_item);
    let line = |name: &str, summary: &Summary| {
        let added = |time: fn(&Summary) -> Duration| {
            (time(summary).as_secs_f64() - time(bare).as_secs_f64()) * 1e9 / items as f64
        };
        let (cold, least) = (added(|of| of.median.cold), added(|of| of.fastest.cold));
        let warm = summary.median.warm.as_secs_f64() / rival.median.warm.as_secs_f64();
        println!("{name:<16}{cold:>10.0}{least:>10.0}{warm:>24.2}");
    };
    line("postcard", &measured.postcard);
    line("item by item", rival);
    for (manner, summary) in MANNERS.iter().zip(&measured.memo) {
        line(manner.name, summary);
    }
    println!("plain is to stay within {TARGET} cold");
}

fn first_items(firsts: &[Firsts]) {
    let line = |name: &str, cell: &dyn Fn(&Firsts) -> String| {
        let cells = firsts.iter().map(|first| format!("{:>10}", cell(first)));
        println!("{name:<16}{}", cells.collect::<String>());
    };
    let us = |time: Duration| format!("{:.1}", time.as_secs_f64() * 1e6);
    println!("\nmicroseconds to the first item of a hit, by the number of records");
    line("", &|firsts| firsts.length.to_string());
    line("postcard", &|firsts| us(firsts.postcard));
    for (index, manner) in MANNERS.iter().enumerate() {
        line(manner.name, &|firsts| us(firsts.memo[index]));
    }
}

fn ratios(road: &str, measured: &Measured, time: impl Fn(&Summary) -> Duration) {
    let time = |summary| time(summary).as_secs_f64();
    let rivals = [("postcard", &measured.postcard), ("bare", &measured.bare)];
    for (manner, summary) in MANNERS.iter().zip(&measured.memo) {
        for (name, rival) in rivals {
            let ratio = time(summary) / time(rival);
            println!("RATIO iter/{road}_{} memo/{name} {ratio:.2}", manner.name);
        }
    }
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
