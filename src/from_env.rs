//! A cache as the environment describes it.

use std::env::var_os;
use std::ffi::OsString;
use std::fmt;

use memo_core::{Cache, CacheBuilder, Error};

const URL: &str = "MEMO_URL";
const NAMESPACE: &str = "MEMO_NAMESPACE";
const KEYS: &str = "MEMO_KEYS";

/// Caches by environment variables, so that where values live is decided where the program runs.
///
/// ```
/// use memo::{Cache, CacheBuilder, FromEnv as _};
/// use std::time::Duration;
///
/// let cache = Cache::from_env()?; // instead of `Cache::builder()…install()`
/// let builder = CacheBuilder::from_env()?; // to add what the environment does not say
/// let other = builder.deadline(Duration::from_millis(100)).build()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// | variable | what it says |
/// | --- | --- |
/// | `MEMO_URL` | where values live; in this process if it is not set or empty |
/// | `MEMO_NAMESPACE` | sets this program's names apart from those of others in the same store; empty if it is not set |
/// | `MEMO_KEYS` | the keys of `encrypt`, as `Keyring::from_env` takes them; none if it is not set |
///
/// | `MEMO_URL` | cargo feature |
/// | --- | --- |
/// | `memory:`, `memory:256MiB` (the budget, in `KiB`, `MiB` or `GiB`) | |
/// | `redis://…`, `redis+unix://…`, `redis+cluster://a,b`, `redis+sentinel://a,b/main` | `redis` |
/// | `rediss://…`, `rediss+cluster://…`, `rediss+sentinel://…` | `redis-tls` |
/// | `memcached://a,b`, `memcached+unix://…` | `memcached` |
/// | `memcached+tls://a,b` | `memcached-tls` |
///
/// The documentation of `RedisConfig` and `MemcachedConfig` has all that their URLs can say. Nothing is connected yet: a server that is
/// absent now may be there later.
pub trait FromEnv: Sized {
    /// What the environment describes; a [`Cache`] is installed as well, for every memoized function of the program.
    ///
    /// # Errors
    ///
    /// If a variable makes no sense or needs a cargo feature that is off: the message names both, and shows nothing of the value. For a
    /// `Cache`, also if another one is in use already.
    fn from_env() -> Result<Self, EnvError>;
}

impl FromEnv for CacheBuilder {
    fn from_env() -> Result<Self, EnvError> {
        let builder = described(|variable| var_os(variable))?;
        match var_os(KEYS) {
            Some(_) => with_keys(builder),
            None => Ok(builder),
        }
    }
}

impl FromEnv for Cache {
    fn from_env() -> Result<Self, EnvError> {
        let installed = CacheBuilder::from_env()?.install();
        installed.map_err(|error| EnvError(Kind::Cache(error)))
    }
}

/// Why the environment describes no cache.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnvError(Kind);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Kind {
    NotUnicode(&'static str),
    NoScheme,
    NoSize,
    Lacks(&'static str, &'static str),
    #[cfg(any(feature = "redis", feature = "memcached"))]
    Backend(memo_core::backend::Fault),
    Cache(Error),
}

impl fmt::Display for EnvError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::NotUnicode(variable) => write!(f, "`{variable}`: the value is not Unicode"),
            Kind::NoScheme => write!(
                f,
                "`{URL}`: it begins with no scheme that memo knows: write `redis://host`, `memcached://host` or `memory:`"
            ),
            Kind::NoSize => write!(
                f,
                "`{URL}`: what follows `memory:` is no size: write `memory:256MiB`, or `memory:` for the usual one"
            ),
            Kind::Lacks(variable, feature) => write!(
                f,
                "`{variable}`: this needs memo's cargo feature `{feature}`: `cargo add memo --features {feature}`"
            ),
            #[cfg(any(feature = "redis", feature = "memcached"))]
            Kind::Backend(fault) => write!(f, "`{URL}`: {fault}"),
            Kind::Cache(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for EnvError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.0 {
            Kind::Cache(error) => error.source(),
            _ => None,
        }
    }
}

/// What the variables say, but for the keys, whose text only the keyring reads.
fn described(lookup: impl Fn(&str) -> Option<OsString>) -> Result<CacheBuilder, EnvError> {
    let text = |variable| {
        let text = lookup(variable).unwrap_or_default().into_string();
        text.map_err(|_| EnvError(Kind::NotUnicode(variable)))
    };
    let builder = Cache::builder().namespace(text(NAMESPACE)?);
    match text(URL)? {
        url if url.is_empty() => Ok(builder),
        url => at(&url, builder),
    }
}

/// Which backend a URL asks for; what follows the scheme is the backend's own.
fn at(url: &str, builder: CacheBuilder) -> Result<CacheBuilder, EnvError> {
    let (scheme, rest) = url.split_once(':').unwrap_or_default();
    match scheme.split('+').next().unwrap_or_default() {
        "memory" => Ok(match rest.trim_start_matches('/') {
            "" => builder,
            size => builder.memory_budget(bytes(size).ok_or(EnvError(Kind::NoSize))?),
        }),
        "rediss" | "valkeys" if !cfg!(feature = "redis-tls") => lacks(URL, "redis-tls"),
        "redis" | "valkey" | "unix" | "rediss" | "valkeys" => redis(url, builder),
        "memcached" if scheme.ends_with("+tls") && !cfg!(feature = "memcached-tls") => {
            lacks(URL, "memcached-tls")
        }
        "memcached" => memcached(url, builder),
        _ => Err(EnvError(Kind::NoScheme)),
    }
}

/// `256MiB`, and so with `KiB` and `GiB`; never 0.
fn bytes(size: &str) -> Option<usize> {
    let units = [("KiB", 10), ("MiB", 20), ("GiB", 30)];
    let of_unit = |(unit, bits)| Some((size.strip_suffix(unit)?, bits));
    let (number, bits) = units.into_iter().find_map(of_unit)?;
    let number: usize = number.parse().ok().filter(|number| *number > 0)?;
    number.checked_mul(1 << bits)
}

fn lacks<T>(variable: &'static str, feature: &'static str) -> Result<T, EnvError> {
    Err(EnvError(Kind::Lacks(variable, feature)))
}

#[cfg(feature = "redis")]
fn redis(url: &str, builder: CacheBuilder) -> Result<CacheBuilder, EnvError> {
    let redis = memo_redis::Redis::connect(url);
    Ok(builder.backend(redis.map_err(|fault| EnvError(Kind::Backend(fault)))?))
}

#[cfg(not(feature = "redis"))]
fn redis(_: &str, _: CacheBuilder) -> Result<CacheBuilder, EnvError> {
    lacks(URL, "redis")
}

#[cfg(feature = "memcached")]
fn memcached(url: &str, builder: CacheBuilder) -> Result<CacheBuilder, EnvError> {
    let memcached = memo_memcached::Memcached::connect(url);
    Ok(builder.backend(memcached.map_err(|fault| EnvError(Kind::Backend(fault)))?))
}

#[cfg(not(feature = "memcached"))]
fn memcached(_: &str, _: CacheBuilder) -> Result<CacheBuilder, EnvError> {
    lacks(URL, "memcached")
}

#[cfg(feature = "encrypt")]
fn with_keys(builder: CacheBuilder) -> Result<CacheBuilder, EnvError> {
    let keys = memo_core::Keyring::from_env(KEYS);
    Ok(builder.keyring(keys.map_err(|error| EnvError(Kind::Cache(error)))?))
}

#[cfg(not(feature = "encrypt"))]
fn with_keys(_: CacheBuilder) -> Result<CacheBuilder, EnvError> {
    lacks(KEYS, "encrypt")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a `MEMO_URL` describes: its cache, or what is said against it.
    fn of_url(url: &str) -> Result<Cache, String> {
        let builder = described(|variable| (variable == URL).then(|| url.into()));
        let cache = builder.map_err(|error| error.to_string())?.build();
        cache.map_err(|error| error.to_string())
    }

    fn budget(url: &str) -> Option<usize> {
        of_url(url).ok().map(|cache| cache.stats().budget)
    }

    #[test]
    fn an_environment_that_says_nothing_is_a_cache_in_this_process() {
        let builder = described(|_| None).expect("nothing is wrong");
        let cache = builder.build().expect("nothing is missing");
        assert_eq!((cache.namespace(), cache.servers().len()), ("", 0));
        assert_eq!(budget(""), Some(cache.stats().budget));
        assert_eq!(budget("memory:"), Some(cache.stats().budget));
    }

    #[test]
    fn the_namespace_is_taken_as_it_is() {
        let lookup = |variable: &str| (variable == NAMESPACE).then(|| " shop:ä ".into());
        let cache = described(lookup).map(|builder| builder.build().expect("it is whole"));
        assert_eq!(cache.expect("it is text").namespace(), " shop:ä ");
    }

    #[test]
    fn memory_has_the_size_that_it_is_given() {
        assert_eq!(budget("memory:3KiB"), Some(3 << 10));
        assert_eq!(budget("memory:256MiB"), Some(256 << 20));
        assert_eq!(budget("memory://1GiB"), Some(1 << 30));
        for url in [
            "memory:0MiB",
            "memory:1",
            "memory:1MB",
            "memory:-1MiB",
            "memory:99999999999GiB",
        ] {
            let error = of_url(url).expect_err(url);
            assert!(
                error.contains(URL) && error.contains("memory:256MiB"),
                "{error}"
            );
        }
    }

    #[test]
    fn what_cannot_be_read_is_named_and_not_shown() {
        for url in [
            "secret",
            "secret@host",
            "secret://host",
            "http://u:secret@host",
            ":secret",
        ] {
            let error = of_url(url).expect_err(url);
            assert!(
                error.contains(URL) && error.contains("redis://host"),
                "{error}"
            );
            assert!(!error.contains("secret"), "{error}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_value_that_is_no_text_is_named() {
        use std::os::unix::ffi::OsStringExt as _;
        for wrong in [URL, NAMESPACE] {
            let lookup =
                |variable: &str| (variable == wrong).then(|| OsString::from_vec(vec![0xff]));
            let error = described(lookup).expect_err(wrong).to_string();
            assert_eq!(error, format!("`{wrong}`: the value is not Unicode"));
        }
    }

    /// The servers that a URL leads to, or what is said against it; and the feature that it needs.
    fn servers(url: &str, feature: &str, is_on: bool) -> Vec<String> {
        match of_url(url) {
            Ok(cache) => {
                assert!(is_on, "{url}");
                let servers = cache.servers();
                servers
                    .iter()
                    .map(|stats| stats.server.to_string())
                    .collect()
            }
            Err(error) => {
                assert!(!is_on && error.contains(&format!("`{feature}`")), "{error}");
                Vec::new()
            }
        }
    }

    #[test]
    fn a_scheme_leads_to_its_backend_or_names_the_feature_that_lacks() {
        let (redis, tls) = (cfg!(feature = "redis"), cfg!(feature = "redis-tls"));
        for url in [
            "redis://:secret@one:1",
            "valkey://one:1",
            "redis+sentinel://one:1/main",
            "redis+unix:///one:1",
        ] {
            servers(url, "redis", redis);
        }
        for url in ["rediss://one:1", "rediss+cluster://one:1"] {
            servers(url, "redis-tls", tls);
        }
        if redis {
            assert_eq!(servers("redis://:secret@one:1", "redis", redis), ["one:1"]);
        }
        let (memcached, tls) = (cfg!(feature = "memcached"), cfg!(feature = "memcached-tls"));
        for url in ["memcached://one:1,two:2", "memcached+unix:///one:1"] {
            servers(url, "memcached", memcached);
        }
        servers("memcached+tls://one:1", "memcached-tls", tls);
        if memcached {
            assert_eq!(
                servers("memcached://one:1,two:2", "memcached", memcached).len(),
                2
            );
        }
    }

    #[cfg(feature = "redis")]
    #[test]
    fn what_a_backend_says_against_its_url_is_said_of_the_variable() {
        let error = of_url("redis://:secret@host:port").expect_err("the port is none");
        assert!(
            error.starts_with("`MEMO_URL`: ") && error.contains("port"),
            "{error}"
        );
        assert!(!error.contains("secret"), "{error}");
    }
}
