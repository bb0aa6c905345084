//! A web service over a slow database, memoized, wherever `MEMO_URL` says.
//!
//! `cargo run --release --all-features --example web_service`
//! `MEMO_URL=redis://localhost MEMO_NAMESPACE=airports cargo run --release --all-features --example web_service -- --listen 127.0.0.1:8080`
//!
//! The queries are in `web_service/queries.rs`: `#[memoize]` above each is all it takes. Their database is a table in this program that
//! pretends to be far away, so that there is something to save. `/stats` shows what was saved, and how the servers are.
//!
//! `cargo run --release --all-features --example web_service -- --drive` shows what an outage does to it: it starts a redis server and this
//! service as a process of its own, sends requests, and meanwhile kills the server, has it hang, and brings it back. Each answer is compared
//! with what the table says. The same with memcached: `--drive memcached`.
#![expect(clippy::print_stdout, reason = "a program for a terminal")]

#[path = "web_service/airports.rs"]
mod airports;
#[path = "web_service/drive/mod.rs"]
mod drive;
#[path = "web_service/figures.rs"]
mod figures;
#[path = "web_service/log.rs"]
mod log;
#[path = "web_service/options.rs"]
mod options;
#[path = "web_service/page.rs"]
mod page;
#[path = "web_service/queries.rs"]
mod queries;
#[path = "web_service/routes.rs"]
mod routes;
#[path = "web_service/words.rs"]
mod words;

use memo::{CacheBuilder, FromEnv as _};
use options::{HELP, Options};
use std::error::Error;
use std::io::{self, Write as _};
use std::process::ExitCode;
use std::sync::Arc;
use tokio::net::TcpListener;

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

fn main() -> ExitCode {
    let outcome = match Options::parse(std::env::args().skip(1)) {
        Ok(Options::Serve { listen }) => serve(&listen),
        Ok(Options::Drive(store)) => drive::run(store),
        Ok(Options::Help) => writeln!(io::stdout(), "{HELP}").map_err(Into::into),
        Err(message) => Err(message.into()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("web_service: {message}");
            ExitCode::FAILURE
        }
    }
}

#[tokio::main]
async fn serve(listen: &str) -> Outcome {
    figures::start();
    let cache = CacheBuilder::from_env()?
        .observer(Arc::new(log::Log))
        .install()?;
    let listener = TcpListener::bind(listen).await?;
    println!("http://{}", listener.local_addr()?);
    axum::serve(listener, routes::routes(cache)).await?;
    Ok(())
}
