//! The Cargo features that options need.

/// What the runtime beside this crate was built with: the facade turns on both by one name.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Features {
    pub(crate) encrypt: bool,
    pub(crate) msgpack: bool,
    pub(crate) stream: bool,
}

impl Features {
    /// Those of this build.
    pub(crate) const BUILT: Self = Self {
        encrypt: cfg!(feature = "encrypt"),
        msgpack: cfg!(feature = "msgpack"),
        stream: cfg!(feature = "stream"),
    };
}

/// What to do about an option, or a return type, whose feature is off.
pub(crate) fn missing(option: &str, feature: &str) -> String {
    let version = env!("CARGO_PKG_VERSION");
    format!(
        "{option} needs memo's feature `{feature}`; \
         add it in Cargo.toml: `memo = {{ version = \"{version}\", features = [\"{feature}\"] }}`"
    )
}
