//! What the user asked for.

use std::error::Error;
use std::ffi::OsString;
use std::path::PathBuf;

pub(crate) const HELP: &str = "\
stream_search [DIRECTORY] [--pattern TEXT] [--take N]

  DIRECTORY       whose text files are searched; this workspace
  --pattern TEXT  what is searched for; an opening bracket
  --take N        after how many matches the impatient stop; half of them";

/// The command line.
#[derive(Debug)]
pub(crate) struct Options {
    pub(crate) directory: PathBuf,
    pub(crate) pattern: String,
    pub(crate) take: Option<usize>,
}

impl Options {
    /// Reads the arguments; nothing where they ask for help.
    ///
    /// # Errors
    /// When there is an option that we do not have, one without its value, or no such directory.
    pub(crate) fn parse(
        mut args: impl Iterator<Item = OsString>,
    ) -> Result<Option<Self>, Box<dyn Error>> {
        let mut options = Self {
            directory: env!("CARGO_MANIFEST_DIR").into(),
            pattern: "(".to_owned(),
            take: None,
        };
        let mut directories = 0;
        while let Some(arg) = args.next() {
            match arg.to_str() {
                Some("--help" | "-h") => return Ok(None),
                Some("--pattern") => options.pattern = value("--pattern", &mut args)?,
                Some("--take") => options.take = Some(number(&value("--take", &mut args)?)?),
                Some(flag) if flag.starts_with('-') => {
                    return Err(format!("there is no option `{flag}`\n\n{HELP}").into());
                }
                _ => {
                    options.directory = arg.into();
                    directories += 1;
                }
            }
        }
        if directories > 1 {
            return Err(format!("one directory at a time\n\n{HELP}").into());
        }
        options.check()?;
        Ok(Some(options))
    }

    fn check(&self) -> Result<(), Box<dyn Error>> {
        let directory = self.directory.display();
        match self.directory.metadata() {
            Ok(found) if found.is_dir() => Ok(()),
            Ok(_) => Err(format!("`{directory}` is not a directory").into()),
            Err(error) => Err(format!("`{directory}`: {error}").into()),
        }
    }
}

fn value(flag: &str, args: &mut impl Iterator<Item = OsString>) -> Result<String, Box<dyn Error>> {
    let value = args
        .next()
        .ok_or_else(|| format!("`{flag}` needs a value\n\n{HELP}"))?;
    let text = value.into_string();
    text.map_err(|_| format!("the value of `{flag}` is not UTF-8").into())
}

fn number(text: &str) -> Result<usize, Box<dyn Error>> {
    let number = text.parse();
    number.map_err(|_| format!("`--take` is a number of matches, not `{text}`").into())
}
