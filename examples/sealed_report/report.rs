//! The report, and the memoized function that makes it.

use memo::memoize;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;
use std::{fs, io};

/// What is in the source files under a directory.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Report {
    pub(crate) files: Vec<File>,
    /// Where each word stands: the place of the file in `files`, and the line.
    pub(crate) words: BTreeMap<String, Vec<(u32, u32)>>,
}

/// The figures of one file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct File {
    pub(crate) path: String,
    pub(crate) bytes: u64,
    pub(crate) lines: u32,
    pub(crate) longest_line: u32,
}

/// Reads every source file. Errors are not stored; a report is, sealed and in as many chunks as it takes, for an hour.
#[memoize(key = "report:{directory}", large_data, encrypt, expiration = "1h")]
pub(crate) fn survey(directory: &str) -> Result<Report, String> {
    Report::read(Path::new(directory)).map_err(|error| error.to_string())
}

/// The same for those who do not mind who reads it: to see what becomes of its entry under the other's name.
#[memoize(key = "plain report:{directory}", large_data, expiration = "1h")]
pub(crate) fn plain_survey(directory: &str) -> Result<Report, String> {
    Report::read(Path::new(directory)).map_err(|error| error.to_string())
}

impl Report {
    fn read(directory: &Path) -> io::Result<Self> {
        let mut report = Self {
            files: Vec::new(),
            words: BTreeMap::new(),
        };
        report.add_directory(directory)?;
        Ok(report)
    }

    /// The size of all files, in bytes.
    pub(crate) fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.bytes).sum()
    }

    fn add_directory(&mut self, directory: &Path) -> io::Result<()> {
        let mut paths = fs::read_dir(directory)?
            .map(|entry| Ok(entry?.path()))
            .collect::<io::Result<Vec<_>>>()?;
        paths.sort();
        for path in paths {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let is_built = name == "target" || name.starts_with('.');
            if path.is_dir() && !is_built {
                self.add_directory(&path)?;
            } else if name.ends_with(".rs") || name.ends_with(".md") || name.ends_with(".toml") {
                self.add_file(&path)?;
            }
        }
        Ok(())
    }

    fn add_file(&mut self, path: &Path) -> io::Result<()> {
        let text = String::from_utf8_lossy(&fs::read(path)?).into_owned();
        let place = self.files.len() as u32;
        let mut file = File {
            path: path.display().to_string(),
            bytes: text.len() as u64,
            lines: 0,
            longest_line: 0,
        };
        for (number, line) in (1..).zip(text.lines()) {
            file.lines = number;
            file.longest_line = file.longest_line.max(line.chars().count() as u32);
            self.add_words(line, (place, number));
        }
        self.files.push(file);
        Ok(())
    }

    fn add_words(&mut self, line: &str, place: (u32, u32)) {
        let words = line.split(|c: char| !c.is_alphanumeric() && c != '_');
        for word in words.filter(|word| !word.is_empty()) {
            match self.words.get_mut(word) {
                Some(places) => places.push(place),
                None => drop(self.words.insert(word.to_owned(), vec![place])),
            }
        }
    }
}
