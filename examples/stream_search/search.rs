//! The search, and the memoized functions that are it.

use crate::files::{Files, Text};
use memo::memoize_iter;
use serde::{Deserialize, Serialize};
use std::io;
use std::path::{Path, PathBuf};

/// A line in which the pattern was found.
#[derive(Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) struct Match {
    /// Below the directory that was searched.
    pub(crate) path: String,
    pub(crate) number: u64,
    /// Without the blanks around it.
    pub(crate) line: String,
}

/// The matches, one after the other. They are stored as they pass, for an hour; if one of them is an error, nothing is.
#[memoize_iter(expiration = "1h")]
pub(crate) fn matches(root: &Path, pattern: &str) -> impl Iterator<Item = io::Result<Match>> {
    Search::new(root, pattern)
}

/// The same for consumers who stop early and come back: what they had is kept.
#[memoize_iter(expiration = "1h", on_drop = "keep")]
pub(crate) fn kept_matches(root: &Path, pattern: &str) -> impl Iterator<Item = io::Result<Match>> {
    Search::new(root, pattern)
}

/// Whether all matches are in the cache.
pub(crate) fn are_stored(root: &Path, pattern: &str) -> bool {
    matches::entry(root, pattern).explain().verdict.is_hit()
}

struct Search {
    root: PathBuf,
    pattern: String,
    files: Files,
    text: Option<Text>,
}

impl Search {
    fn new(root: &Path, pattern: &str) -> Self {
        Self {
            root: root.to_owned(),
            pattern: pattern.to_owned(),
            files: Files::under(root),
            text: None,
        }
    }

    fn find(&mut self) -> io::Result<Option<Match>> {
        loop {
            if let Some(text) = &mut self.text
                && let Some((number, line)) = text.next_with(&self.pattern)?
            {
                let path = text.path().strip_prefix(&self.root);
                return Ok(Some(Match {
                    path: path.unwrap_or(text.path()).display().to_string(),
                    number,
                    line,
                }));
            }
            let Some(path) = self.files.next()? else {
                return Ok(None);
            };
            self.text = Text::open(path)?;
        }
    }
}

impl Iterator for Search {
    type Item = io::Result<Match>;

    fn next(&mut self) -> Option<io::Result<Match>> {
        self.find().transpose()
    }
}
