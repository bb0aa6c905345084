//! The source files, and the times at which somebody last saved them.

use crate::metadata;
use std::error::Error;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;
use std::{fs, io};

/// All packages whose sources are on this machine.
pub(crate) struct World {
    pub(crate) packages: Vec<Package>,
    /// Changes when any file does.
    pub(crate) stamp: u64,
}

/// A package and the files under its `src`.
pub(crate) struct Package {
    /// Name and version.
    pub(crate) name: String,
    pub(crate) sources: Vec<Source>,
    /// Changes when any of the files does.
    pub(crate) stamp: u64,
}

/// A source file as it was at one time.
#[derive(Hash)]
pub(crate) struct Source {
    pub(crate) path: PathBuf,
    /// Nanoseconds since 1970.
    pub(crate) modified: u64,
}

/// Finds the files of the workspace and of whatever it depends on.
///
/// # Errors
/// When cargo does not run, or a directory cannot be read.
pub(crate) fn read() -> Result<World, Box<dyn Error>> {
    let mut packages = Vec::new();
    for package in metadata::packages()? {
        packages.push(Package::read(package.name, &package.sources)?);
    }
    packages.retain(|package| !package.sources.is_empty());
    let mut world = World { packages, stamp: 0 };
    world.stamp();
    Ok(world)
}

impl World {
    /// How many files there are.
    pub(crate) fn files(&self) -> usize {
        self.packages
            .iter()
            .map(|package| package.sources.len())
            .sum()
    }

    /// Makes one file look as if somebody had just saved it.
    pub(crate) fn edit_one_file(&mut self) {
        if let Some(source) = self
            .packages
            .iter_mut()
            .find_map(|package| package.sources.first_mut())
        {
            source.modified += 1;
        }
        self.stamp();
    }

    fn stamp(&mut self) {
        for package in &mut self.packages {
            package.stamp = stamp(&package.sources);
        }
        self.stamp = stamp(
            &self
                .packages
                .iter()
                .map(|package| package.stamp)
                .collect::<Vec<_>>(),
        );
    }
}

impl Package {
    fn read(name: String, directory: &Path) -> io::Result<Self> {
        let mut sources = Vec::new();
        if directory.is_dir() {
            collect(directory, &mut sources)?;
        }
        sources.sort_by(|one, other| one.path.cmp(&other.path));
        Ok(Self {
            name,
            sources,
            stamp: 0,
        })
    }
}

fn collect(directory: &Path, into: &mut Vec<Source>) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let path = entry.path();
        if path.is_dir() {
            collect(&path, into)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let since_1970 = entry
                .metadata()?
                .modified()?
                .duration_since(UNIX_EPOCH)
                .unwrap_or_default();
            into.push(Source {
                path,
                modified: u64::try_from(since_1970.as_nanos()).unwrap_or(u64::MAX),
            });
        }
    }
    Ok(())
}

fn stamp(of: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    of.hash(&mut hasher);
    hasher.finish()
}
