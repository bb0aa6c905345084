//! The Cargo features that options need.

/// What the runtime beside this crate was built with: the facade turns on both by one name.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Features {
    pub(crate) encrypt: bool,
    pub(crate) msgpack: bool,
}

impl Features {
    /// Those of this build.
    pub(crate) const BUILT: Self = Self {
        encrypt: cfg!(feature = "encrypt"),
        msgpack: cfg!(feature = "msgpack"),
    };
}

/// What to do about an option whose feature is off.
pub(crate) fn missing(option: &str, feature: &str) -> String {
    let version = env!("CARGO_PKG_VERSION");
    format!(
        "{option} needs memo's feature `{feature}`; \
         add it in Cargo.toml: `memo = {{ version = \"{version}\", features = [\"{feature}\"] }}`"
    )
}
