//! The service, as a process of its own.

use std::env::current_exe;
use std::error::Error;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};

/// Everybody knows this key: in earnest it comes from where your secrets are.
const KEY: &str = "6d656d6f206d656d6f206d656d6f206d656d6f206d656d6f206d656d6f212121";

/// Runs until this is dropped.
pub(super) struct Service {
    pub(super) address: SocketAddr,
    process: Child,
}

impl Service {
    /// Starts it before the store at this URL.
    pub(super) fn start(url: &str) -> Result<Self, Box<dyn Error>> {
        Self::run(command(url)?.env("MEMO_KEYS", KEY))
    }

    /// Starts it without keys, so that nothing can be sealed.
    pub(super) fn without_keys(url: &str) -> Result<Self, Box<dyn Error>> {
        Self::run(command(url)?.env_remove("MEMO_KEYS"))
    }

    fn run(command: &mut Command) -> Result<Self, Box<dyn Error>> {
        let mut process = command.spawn()?;
        let mut line = String::new();
        if let Some(said) = process.stdout.take() {
            BufReader::new(said).read_line(&mut line)?;
        }
        let address = line.trim().strip_prefix("http://").unwrap_or_default();
        match address.parse() {
            Ok(address) => Ok(Self { address, process }),
            Err(_) => Err("the service did not start".into()),
        }
    }
}

fn command(url: &str) -> Result<Command, Box<dyn Error>> {
    let mut command = Command::new(current_exe()?);
    command
        .args(["--listen", "127.0.0.1:0"])
        .env("MEMO_URL", url)
        .env("MEMO_NAMESPACE", "airports")
        .stdout(Stdio::piped());
    Ok(command)
}

impl Drop for Service {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
