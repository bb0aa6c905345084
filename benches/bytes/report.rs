//! The tables and the `RATIO` lines.

use crate::manners::{MANNERS, Manner};
use crate::parts::{OfBytes, Parts};
use crate::rounds::{Measured, Summary, Times};
use std::time::Duration;

/// Prints what was found.
pub(crate) fn print(measured: &Measured, parts: &Parts) {
    println!(
        "{:.1} MB by postcard, {:.1} MB of it after lz4\n",
        parts.raw as f64 / 1e6,
        parts.compressed as f64 / 1e6
    );
    table(measured);
    println!(
        "\nwhere the median milliseconds go; each part measured by itself, the rest is what is left"
    );
    let postcard = &measured.postcard.median;
    for (manner, summary) in MANNERS.iter().zip(&measured.memo) {
        breakdown(manner, &summary.median, postcard.hit, parts);
    }
    println!();
    for (manner, Summary { median, .. }) in MANNERS.iter().zip(&measured.memo) {
        ratio("store", manner, median.store, postcard.store);
        ratio("hit", manner, median.hit, postcard.hit);
    }
}

fn table(measured: &Measured) {
    println!(
        "{:<16}{:>10}{:>10}{:>10}{:>10}",
        "milliseconds", "store", "hit", "fastest", "fastest"
    );
    let line = |name: &str, Summary { median, fastest }: &Summary| {
        let [store, hit] = [median.store, median.hit].map(ms);
        let [least_store, least_hit] = [fastest.store, fastest.hit].map(ms);
        println!("{name:<16}{store:>10.1}{hit:>10.1}{least_store:>10.1}{least_hit:>10.1}");
    };
    line("postcard", &measured.postcard);
    for (manner, summary) in MANNERS.iter().zip(&measured.memo) {
        line(manner.name, summary);
    }
}

fn breakdown(manner: &Manner, times: &Times, decode: Duration, parts: &Parts) {
    let bytes = if manner.lz4 {
        &parts.of_compressed
    } else {
        &parts.of_raw
    };
    let (compress, decompress) = if manner.lz4 {
        (("lz4", parts.compress), ("lz4", parts.decompress))
    } else {
        (("copy", parts.of_raw.copy), ("copy", parts.of_raw.copy))
    };
    let (seal, open) = protection(manner, bytes);
    let into_store = ("copy into the store", bytes.copy);
    line(
        "store",
        manner,
        times.store,
        &[("postcard", parts.encode), compress, seal, into_store],
    );
    line(
        "hit",
        manner,
        times.hit,
        &[("postcard", decode), decompress, open],
    );
}

type Part = (&'static str, Duration);

fn protection(manner: &Manner, bytes: &OfBytes) -> (Part, Part) {
    if manner.sealed {
        (("aes-gcm", bytes.seal), ("aes-gcm", bytes.open))
    } else {
        (("crc", bytes.checksum), ("crc", bytes.checksum))
    }
}

fn line(operation: &str, manner: &Manner, whole: Duration, parts: &[Part]) {
    let shown = parts
        .iter()
        .map(|(name, time)| format!("{name} {:.1}", ms(*time)));
    let known: f64 = parts.iter().map(|(_, time)| ms(*time)).sum();
    println!(
        "  {:<18}{:>7.1} = {} + rest {:.1}",
        format!("{operation}_{}", manner.name),
        ms(whole),
        shown.collect::<Vec<_>>().join(" + "),
        ms(whole) - known
    );
}

fn ratio(operation: &str, manner: &Manner, memo: Duration, postcard: Duration) {
    println!(
        "RATIO bytes/{operation}_{} memo/postcard {:.2}",
        manner.name,
        memo.as_secs_f64() / postcard.as_secs_f64()
    );
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
