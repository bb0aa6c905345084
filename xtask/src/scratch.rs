//! The generated crates that `compile-time` builds: the same hundred functions under each attribute.

use crate::cargo::root;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{fs, io};

/// One way to write the hundred functions.
pub(crate) struct Variant {
    pub(crate) name: &'static str,
    /// What stands above every function.
    attribute: &'static str,
    import: &'static str,
    dependency: fn(&Path) -> String,
}

/// The functions alone, ours, and the rival: at its defaults, and with what ours does by default (a bound, an expiration).
pub(crate) const VARIANTS: [Variant; 4] = [
    Variant {
        name: "plain",
        attribute: "",
        import: "",
        dependency: |_| String::new(),
    },
    Variant {
        name: "memo",
        attribute: "#[memoize]",
        import: "use memo::memoize;",
        dependency: memo,
    },
    Variant {
        name: "cached",
        attribute: "#[cached]",
        import: CACHED,
        dependency: cached,
    },
    Variant {
        name: "cached_ttl",
        attribute: "#[cached(max_size = 10_000, ttl_secs = 2_592_000)]",
        import: CACHED,
        dependency: cached,
    },
];

/// How many functions a scratch crate has.
pub(crate) const FUNCTIONS: usize = 40 + 20 + 20 + 20;

const CACHED: &str = "use cached::macros::cached;";

fn memo(root: &Path) -> String {
    format!("memo = {{ path = {:?} }}\n", root.display().to_string())
}

fn cached(_: &Path) -> String {
    "cached = { version = \"4.1\", features = [\"async\"] }\n".to_owned()
}

impl Variant {
    /// Writes the crate under `parent` and returns its directory.
    ///
    /// # Errors
    /// When the files cannot be written.
    pub(crate) fn write(&self, parent: &Path) -> io::Result<PathBuf> {
        let package = parent.join(self.name);
        fs::create_dir_all(package.join("src"))?;
        // The workspace's own lock: rivals are built from the versions that the benches use.
        fs::copy(root().join("Cargo.lock"), package.join("Cargo.lock"))?;
        fs::write(package.join("Cargo.toml"), self.manifest())?;
        fs::write(package.join("src/lib.rs"), self.source())?;
        Ok(package)
    }

    fn manifest(&self) -> String {
        format!(
            "[package]\nname = \"scratch-{}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[workspace]\n\n[dependencies]\n{}",
            self.name.replace('_', "-"),
            (self.dependency)(&root()),
        )
    }

    fn source(&self) -> String {
        let mut source = format!("{}\n", self.import);
        let mut function = |text: String| {
            // Writing to a string cannot fail.
            let _ = write!(source, "\n{}\n{text}\n", self.attribute);
        };
        for n in 0..40 {
            function(format!(
                "pub fn number_{n}(x: u64) -> u64 {{\n    x.wrapping_mul({n}) + 1\n}}"
            ));
        }
        for n in 0..20 {
            function(format!(
                "pub fn text_{n}(name: &str, x: u64) -> String {{\n    format!(\"{{name}}-{{x}}-{n}\")\n}}"
            ));
        }
        for n in 0..20 {
            function(format!(
                "pub fn fallible_{n}(x: u64) -> Result<String, String> {{\n    \
                 let half = x.checked_sub({n}).ok_or(\"too small\")?;\n    Ok(half.to_string())\n}}"
            ));
        }
        for n in 0..20 {
            function(format!(
                "pub async fn later_{n}(x: u64) -> u64 {{\n    std::future::ready(x).await + {n}\n}}"
            ));
        }
        source
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_variant_has_the_same_hundred_functions() {
        for variant in &VARIANTS {
            let source = variant.source();
            assert_eq!(
                source.matches(" fn ").count(),
                FUNCTIONS,
                "{}",
                variant.name
            );
        }
    }
}
