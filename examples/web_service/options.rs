//! What the user asked for.

use crate::drive::Store;

pub(crate) const HELP: &str = "\
web_service [--listen ADDRESS]
web_service --drive [redis|memcached]

  --listen ADDRESS  where it serves; 127.0.0.1:8080
  --drive           starts a server and this service, sends requests, and breaks the server meanwhile

MEMO_URL says where values live (redis://localhost, memcached://localhost, memory:), MEMO_NAMESPACE what their
names begin with, and MEMO_KEYS with what the report is sealed.";

/// The command line.
#[derive(Debug)]
pub(crate) enum Options {
    Serve { listen: String },
    Drive(Store),
    Help,
}

impl Options {
    /// Reads the arguments.
    ///
    /// # Errors
    /// When they are none of those in [`HELP`].
    pub(crate) fn parse(args: impl Iterator<Item = String>) -> Result<Self, String> {
        let args: Vec<_> = args.collect();
        let args: Vec<_> = args.iter().map(String::as_str).collect();
        match args[..] {
            [] => Ok(Self::Serve {
                listen: "127.0.0.1:8080".to_owned(),
            }),
            ["--listen", address] => Ok(Self::Serve {
                listen: address.to_owned(),
            }),
            ["--drive"] | ["--drive", "redis"] => Ok(Self::Drive(Store::Redis)),
            ["--drive", "memcached"] => Ok(Self::Drive(Store::Memcached)),
            ["--help" | "-h"] => Ok(Self::Help),
            _ => Err(format!("these arguments make no sense\n\n{HELP}")),
        }
    }
}
