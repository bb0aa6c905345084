//! A configuration as a URL.

use memo_core::backend::Fault;
use memo_net::Address;

use super::{MemcachedConfig, address};
use crate::error;

pub(super) fn read(url: &str) -> Result<MemcachedConfig, Fault> {
    let (scheme, rest) = url.split_once("://").ok_or_else(unknown_scheme)?;
    let (place, query) = match rest.split_once('?') {
        Some((place, query)) => (place, Some(query)),
        None => (rest, None),
    };
    let mut config = match scheme {
        "memcached" => listed(place)?,
        "memcached+tls" => MemcachedConfig {
            tls: true,
            ..listed(place)?
        },
        "memcached+unix" => socket(place)?,
        _ => return Err(unknown_scheme()),
    };
    for option in query.into_iter().flat_map(|query| query.split('&')) {
        set(&mut config, option)?;
    }
    Ok(config)
}

fn listed(place: &str) -> Result<MemcachedConfig, Fault> {
    // What is before an `@` may be a password: it is looked for first, and not shown.
    if place.contains('@') {
        return Err(error::config("memcached is used without a user's name"));
    }
    let place = place.strip_suffix('/').unwrap_or(place);
    let addresses = place.split(',').map(address::parse);
    let labels = addresses.map(|address| match address? {
        Address::Unix(_) => Err(error::config("a Unix socket needs memcached+unix://")),
        address => Ok(address.to_string()),
    });
    Ok(MemcachedConfig {
        servers: labels.collect::<Result<_, _>>()?,
        ..MemcachedConfig::default()
    })
}

fn socket(path: &str) -> Result<MemcachedConfig, Fault> {
    if !path.starts_with('/') || path == "/" {
        let message = "a Unix socket has an absolute path: memcached+unix:///path";
        return Err(error::config(message));
    }
    Ok(MemcachedConfig {
        servers: vec![path.into()],
        ..MemcachedConfig::default()
    })
}

fn set(config: &mut MemcachedConfig, option: &str) -> Result<(), Fault> {
    let number = |value: &str| {
        let number = value.parse::<usize>();
        number.map_err(|_| error::config("an option in the URL is no number"))
    };
    match option.split_once('=') {
        Some(("connections", value)) => config.connections = number(value)?,
        Some(("max_item_bytes", value)) => config.max_item_bytes = Some(number(value)?),
        _ => {
            let message = "the URL's options are connections and max_item_bytes";
            return Err(error::config(message));
        }
    }
    Ok(())
}

fn unknown_scheme() -> Fault {
    error::config("the URL begins with memcached://, memcached+tls:// or memcached+unix://")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn servers(url: &str) -> Vec<String> {
        read(url).expect(url).servers
    }

    #[test]
    fn urls_say_which_servers() {
        assert_eq!(servers("memcached://a"), ["a:11211"]);
        assert_eq!(servers("memcached://a:1/"), ["a:1"]);
        assert_eq!(
            servers("memcached://a,b:2,[::1]:3"),
            ["a:11211", "b:2", "[::1]:3"]
        );
        assert_eq!(servers("memcached+unix:///run/m.sock"), ["/run/m.sock"]);
        let tls = read("memcached+tls://a,b").expect("it is one");
        assert_eq!(tls.servers, ["a:11211", "b:11211"]);
        assert!(tls.tls);
    }

    #[test]
    fn urls_have_options() {
        let config = read("memcached://a?connections=2&max_item_bytes=2097152").expect("it is one");
        assert_eq!(config.connections, 2);
        assert_eq!(config.max_item_bytes, Some(2 << 20));
        let socket = read("memcached+unix:///s?connections=1").expect("it is one");
        assert_eq!((socket.servers, socket.connections), (vec!["/s".into()], 1));
    }

    #[test]
    fn nonsense_is_refused_and_not_repeated() {
        let urls = [
            "",
            "a:11211",
            "redis://a",
            "memcached://",
            "memcached://a,,b",
            "memcached:///path",
            "memcached://user:secret@a",
            "memcached://secret@a:x",
            "memcached://a/secret",
            "memcached+unix://secret",
            "memcached+unix:///",
            "memcached+ssl://a",
            "memcached://a?secret=1",
            "memcached://a?connections=secret",
            "memcached://a?",
        ];
        for url in urls {
            let fault = read(url).expect_err(url);
            assert!(!fault.to_string().contains("secret"), "{url}");
        }
    }
}
