//! The text files under a directory, always in the same order, and the lines of each.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

static OPENED: AtomicUsize = AtomicUsize::new(0);

/// How many files this program has opened so far.
pub(crate) fn opened() -> usize {
    OPENED.load(Ordering::Relaxed)
}

/// The files under a directory, found as they are asked for. What is hidden, built or a link is left out.
pub(crate) struct Files {
    /// What is still to be looked at, the next at the end.
    ahead: Vec<Found>,
}

struct Found {
    path: PathBuf,
    is_directory: bool,
}

impl Files {
    pub(crate) fn under(root: &Path) -> Self {
        let root = Found {
            path: root.to_owned(),
            is_directory: true,
        };
        Self { ahead: vec![root] }
    }

    /// The next file, if there is one.
    ///
    /// # Errors
    /// When a directory cannot be read.
    pub(crate) fn next(&mut self) -> io::Result<Option<PathBuf>> {
        while let Some(Found { path, is_directory }) = self.ahead.pop() {
            if !is_directory {
                return Ok(Some(path));
            }
            let mut inside = inside(&path).map_err(|error| about(&path, &error))?;
            inside.sort_by(|one, other| other.path.cmp(&one.path));
            self.ahead.append(&mut inside);
        }
        Ok(None)
    }
}

fn inside(directory: &Path) -> io::Result<Vec<Found>> {
    let mut inside = Vec::new();
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let (name, kind) = (entry.file_name(), entry.file_type()?);
        let is_ours = name != "target" && !name.to_string_lossy().starts_with('.');
        if is_ours && (kind.is_dir() || kind.is_file()) {
            inside.push(Found {
                path: entry.path(),
                is_directory: kind.is_dir(),
            });
        }
    }
    Ok(inside)
}

/// An open text file, of which one line is in memory at a time.
pub(crate) struct Text {
    path: PathBuf,
    file: BufReader<File>,
    line: Vec<u8>,
    number: u64,
}

impl Text {
    /// Opens a file; nothing where it is no text, but has a zero in its first kilobytes.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(crate) fn open(path: PathBuf) -> io::Result<Option<Self>> {
        OPENED.fetch_add(1, Ordering::Relaxed);
        let open = || {
            let mut file = BufReader::new(File::open(&path)?);
            let is_text = !file.fill_buf()?.contains(&0);
            Ok(is_text.then_some(file))
        };
        let file = open().map_err(|error| about(&path, &error))?;
        Ok(file.map(|file| Self {
            path,
            file,
            line: Vec::new(),
            number: 0,
        }))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The next line that has `pattern` in it, and its number.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub(crate) fn next_with(&mut self, pattern: &str) -> io::Result<Option<(u64, String)>> {
        while self
            .next_line()
            .map_err(|error| about(&self.path, &error))?
        {
            let line = String::from_utf8_lossy(&self.line);
            if line.contains(pattern) {
                return Ok(Some((self.number, line.trim().to_owned())));
            }
        }
        Ok(None)
    }

    fn next_line(&mut self) -> io::Result<bool> {
        self.line.clear();
        self.number += 1;
        Ok(self.file.read_until(b'\n', &mut self.line)? > 0)
    }
}

/// An error that says which file or directory it is about.
fn about(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("`{}`: {error}", path.display()))
}
