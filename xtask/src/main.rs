//! The workspace's own commands. `cargo xtask help` lists them.
#![expect(
    clippy::print_stdout,
    reason = "a command line program talks on stdout"
)]

mod bless;
mod cargo;
mod compile_time;
mod deps;
mod fuzz;
mod interop;
mod invalidation;
mod needs;
mod scratch;
mod table;
mod test;

use std::process::ExitCode;

/// What a command reports: nothing, or one message that names what failed.
type Outcome = Result<(), String>;

const HELP: &str = "\
cargo xtask <command>

  test          everything that must pass: format, lints, tests and doctests, docs
  bless         accept the compiler messages and snapshots that the tests produce now
  deps          how many crates `memo` brings with it, by name
  compile-time  what 100 memoized functions cost to compile, beside `cached`
  interop       memo and a second implementation, in Python, open each other's entries
  check-invalidation [--seconds N] [--seed N]
                random calls, drops and changes over bad networks: nothing old is read; a minute for each combination
  fuzz          a minute of made-up bytes for everything that reads bytes from outside; needs a nightly toolchain
  help          this text";

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    let command = args.next().unwrap_or_else(|| "help".to_owned());
    let arguments = args.collect::<Vec<_>>();
    let outcome = match arguments.first() {
        Some(extra) if command != "check-invalidation" => {
            Err(format!("`{command}` takes no argument, found `{extra}`"))
        }
        _ => run(&command, &arguments),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("\nxtask {command}: {message}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: &str, arguments: &[String]) -> Outcome {
    match command {
        "test" => test::run(),
        "bless" => bless::run(),
        "deps" => deps::run(),
        "compile-time" => compile_time::run(),
        "check-invalidation" => invalidation::run(arguments),
        "interop" => interop::run(),
        "fuzz" => fuzz::run(),
        "help" | "-h" | "--help" => {
            println!("{HELP}");
            Ok(())
        }
        other => Err(format!("there is no command `{other}`\n\n{HELP}")),
    }
}
