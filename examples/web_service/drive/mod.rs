//! Breaks the server behind the service, and sees to it that nobody notices.

mod client;
mod load;
mod report;
mod service;
mod store;

use crate::Outcome;
use load::Load;
use service::Service;
use std::time::{Duration, Instant};
pub(crate) use store::Store;

/// A server that is back is used again by then.
const CONVALESCENCE: Duration = Duration::from_secs(15);

/// What the slowest answer may take: the database, one deadline, and a machine that does other things too.
const PATIENCE: Duration = Duration::from_secs(10);

/// Goes through good and bad times.
///
/// # Errors
/// When an answer was wrong or absent, or hits did not come back.
pub(crate) fn run(store: Store) -> Outcome {
    let server = store.start();
    let service = Service::start(&server.url())?;
    let load = Load::of(service.address);
    report::header(store, &service);

    let cold = load.phase("nothing is cached")?;
    ensure(cold.computed > 0, "an empty cache has the queries run")?;
    usual(&load, "all is cached")?;

    server.kill();
    let killed = load.phase("the server is killed")?;
    ensure(killed.computed > 0, "without a server the queries run")?;
    load.phase("it stays away")?;
    server.restart();
    usual(&load, "it is back, and empty")?;
    usual(&load, "all is cached again")?;

    server.pause();
    let hung = load.phase("the server hangs")?;
    ensure(hung.computed > 0, "without answers the queries run")?;
    server.resume();
    usual(&load, "it goes on")?;
    usual(&load, "all is cached still")?;

    let page = client::get(service.address, "/stats")?;
    ensure(page.contains("Servers"), "the figures can be seen")?;
    ensure(!page.contains("keyring"), "nothing is wrong with the keys")?;
    keys_are_missed(&server.url())?;
    println!("\nEvery answer was there, and was the right one.");
    Ok(())
}

/// A function that asks for keys and has none gets no hits, and its page says why.
fn keys_are_missed(url: &str) -> Outcome {
    let service = Service::without_keys(url)?;
    client::get(service.address, "/report")?;
    let page = client::get(service.address, "/stats")?;
    ensure(
        page.contains("keyring"),
        "the page says that keys are missed",
    )
}

/// Sends requests until nearly all are answered by the cache.
fn usual(load: &Load, name: &'static str) -> Outcome {
    let start = Instant::now();
    let mut phase = load.pass(name)?.and(load.pass(name)?);
    while !phase.last_is_usual {
        ensure(start.elapsed() < CONVALESCENCE, "hits come back in time")?;
        phase = phase.and(load.pass(name)?);
    }
    report::line(&phase);
    Ok(())
}

fn ensure(is_so: bool, what: &str) -> Outcome {
    match is_so {
        true => Ok(()),
        false => Err(format!("it is not so that {what}").into()),
    }
}
