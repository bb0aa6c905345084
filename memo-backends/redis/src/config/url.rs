//! URLs.

use memo_core::backend::{Fault, FaultKind};
use percent_encoding::percent_decode_str;

use super::{RedisConfig, Topology};
use crate::client::target;

const PORT: u16 = 6379;
const SENTINEL_PORT: u16 = 26379;

pub(super) fn read(url: &str) -> Result<RedisConfig, Fault> {
    let (scheme, rest) = url.split_once("://").ok_or_else(|| senseless("scheme"))?;
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let mut config = RedisConfig::default();
    match scheme.replace("valkey", "redis").as_str() {
        "unix" | "redis+unix" => {
            if rest.is_empty() {
                return Err(senseless("path"));
            }
            config.servers = vec![format!("unix:{}", decoded(rest, "path")?)];
        }
        scheme @ ("redis" | "rediss") => {
            config.tls = scheme == "rediss";
            let path = read_authority(&mut config, rest, PORT)?;
            config.db = number(path, "database")?;
            if config.servers.len() > 1 {
                return Err(senseless(
                    "host (several are `redis+cluster` or `redis+sentinel`)",
                ));
            }
        }
        scheme @ ("redis+cluster" | "rediss+cluster") => {
            config.tls = scheme.starts_with("rediss");
            config.topology = Topology::Cluster;
            if !read_authority(&mut config, rest, PORT)?.is_empty() {
                return Err(senseless("database (a cluster has none but 0)"));
            }
        }
        scheme @ ("redis+sentinel" | "rediss+sentinel") => {
            config.tls = scheme.starts_with("rediss");
            let path = read_authority(&mut config, rest, SENTINEL_PORT)?;
            let (service, db) = path.split_once('/').unwrap_or((path, ""));
            if service.is_empty() {
                return Err(senseless("service, which is missing"));
            }
            let service = decoded(service, "service")?;
            config.topology = Topology::Sentinel { service };
            config.db = number(db, "database")?;
        }
        _ => return Err(senseless("scheme")),
    }
    if config.has_hosts() && query.contains('@') {
        return Err(senseless(
            "password (`?` and `@` are written as %3F and %40)",
        ));
    }
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        read_option(&mut config, pair)?;
    }
    Ok(config)
}

/// `user:password@a:1,b:2/path`: takes all but the path, which it gives back.
fn read_authority<'u>(
    config: &mut RedisConfig,
    rest: &'u str,
    port: u16,
) -> Result<&'u str, Fault> {
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    // What seems to be hosts is then the beginning of a password.
    if path.contains('@') {
        return Err(senseless(
            "password (`/` and `@` are written as %2F and %40)",
        ));
    }
    let hosts = match authority.rsplit_once('@') {
        Some((login, hosts)) => {
            let (user, password) = login.split_once(':').unwrap_or((login, ""));
            config.user = some(decoded(user, "user")?);
            config.password = some(decoded(password, "password")?);
            hosts
        }
        None => authority,
    };
    let servers = hosts.split(',').map(|host| with_port(host, port));
    config.servers = servers.collect::<Result<_, _>>()?;
    Ok(path.trim_end_matches('/'))
}

fn read_option(config: &mut RedisConfig, pair: &str) -> Result<(), Fault> {
    let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
    match key {
        "db" => config.db = number(value, "database")?,
        "user" => config.user = some(decoded(value, "user")?),
        "password" => config.password = some(decoded(value, "password")?),
        "sentinel_user" => config.sentinel_user = some(decoded(value, key)?),
        "sentinel_password" => config.sentinel_password = some(decoded(value, key)?),
        "connections" => config.connections = number(value, key)?,
        "connect_millis" => config.connect_millis = Some(number(value, key)?),
        _ => return Err(senseless("options (one of them is not known)")),
    }
    Ok(())
}

/// A host with its port; a host of IPv6 is in brackets.
fn with_port(host: &str, port: u16) -> Result<String, Fault> {
    let bare = match host.rsplit_once(':') {
        Some((bare, port)) if !port.ends_with(']') => {
            number::<u16>(port, "port")?;
            return named(bare).map(|()| host.to_owned());
        }
        _ => host,
    };
    named(bare).map(|()| format!("{bare}:{port}"))
}

fn named(host: &str) -> Result<(), Fault> {
    match target::is_host(host) {
        true => Ok(()),
        false => Err(senseless("host")),
    }
}

/// 0 where nothing is written.
fn number<N: std::str::FromStr + Default>(text: &str, part: &str) -> Result<N, Fault> {
    if text.is_empty() {
        return Ok(N::default());
    }
    text.parse().map_err(|_| senseless(part))
}

fn decoded(text: &str, part: &str) -> Result<String, Fault> {
    let decoded = percent_decode_str(text).decode_utf8();
    decoded.map(String::from).map_err(|_| senseless(part))
}

fn some(text: String) -> Option<String> {
    Some(text).filter(|text| !text.is_empty())
}

fn senseless(part: &str) -> Fault {
    let message = format!("the URL of Redis makes no sense in its {part}");
    Fault::new(FaultKind::Other, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_that_are_left_out_are_the_usual_ones() {
        let bare = read("redis://cache").expect("it makes sense");
        let usual = RedisConfig::default();
        let servers = vec!["cache:6379".to_owned()];
        assert_eq!(bare, RedisConfig { servers, ..usual });
        assert_eq!(read("valkey://localhost/"), Ok(RedisConfig::default()));
        assert_eq!(read("redis://[::1]").map(first), Ok("[::1]:6379".into()));
        assert_eq!(read("redis://[::1]:7").map(first), Ok("[::1]:7".into()));
    }

    #[test]
    fn logins_may_have_all_characters() {
        let login = |url| read(url).map(|config| (config.user, config.password));
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(
            login("redis://u%40x:p%3A%2F%40@h"),
            Ok((some("u@x"), some("p:/@")))
        );
        assert_eq!(login("redis://:only@h"), Ok((None, some("only"))));
        assert_eq!(login("redis://u:p@ss@h"), Ok((some("u"), some("p@ss"))));
        assert_eq!(
            login("unix:///s?user=u&password=p%26"),
            Ok((some("u"), some("p&")))
        );
    }

    #[test]
    fn every_shape_has_its_scheme() {
        let socket = read("redis+unix:///run/r%20s.sock?db=4").expect("it makes sense");
        assert_eq!(
            (first(socket.clone()), socket.db),
            ("unix:/run/r s.sock".into(), 4)
        );
        let cluster = read("rediss+cluster://a:1,b").expect("it makes sense");
        assert_eq!(cluster.servers, ["a:1", "b:6379"]);
        assert!(cluster.tls && cluster.topology == Topology::Cluster);
        let url =
            "redis+sentinel://u:p@a,b:9/main/3?sentinel_password=s&connections=2&connect_millis=50";
        let watched = read(url).expect("it makes sense");
        assert_eq!(watched.servers, ["a:26379", "b:9"]);
        let service = "main".to_owned();
        assert_eq!(watched.topology, Topology::Sentinel { service });
        assert_eq!(watched.sentinel_password.as_deref(), Some("s"));
        assert_eq!(
            (watched.db, watched.connections, watched.connect_millis),
            (3, 2, Some(50))
        );
    }

    #[test]
    fn nonsense_is_refused_and_nothing_of_it_shown() {
        let nonsense = [
            "secret",
            "http://secret",
            "redis://",
            "redis://host:secret",
            "redis://host:99999/",
            "redis://host/secret",
            "redis://host?secret=1",
            "redis://host?connections=secret",
            "redis://u:%FFsecret@host",
            "redis://secret,b",
            "redis+cluster://secret/1",
            "redis+sentinel://a",
            "redis+sentinel://a/secret/x",
            "redis+unix://",
            // Characters of a password that are not escaped.
            "redis://user:123/secret@host",
            "redis://secret/1@host",
            "redis://user:123?secret@host/1",
            "redis://user:123?password=secret@host",
            "redis://123/4@secret",
            "redis+cluster://secret:12/3@a,b",
            "redis+sentinel://secret/4@a,b/main",
            "redis+sentinel://user:12/secret@a,b/main",
            "redis+sentinel://user:12/34/secret@a,b/main",
            "redis+sentinel://secret/a@b/main/1",
            "redis://secret#x",
            "redis://host\\secret",
            "redis://[secret",
        ];
        for url in nonsense {
            let fault = read(url).expect_err(url);
            assert!(!fault.to_string().contains("secret"), "{fault}");
        }
    }

    #[test]
    fn a_description_is_plain_data() {
        let config = read("redis+sentinel://u:p@a,b/main/3?connect_millis=50");
        let config = config.expect("it makes sense");
        let text = serde_json::to_string(&config).expect("it can be written");
        let same: RedisConfig = serde_json::from_str(&text).expect("it can be read");
        assert_eq!(same, config);
        let short: RedisConfig = serde_json::from_str(r#"{"db": 3}"#).expect("it can be read");
        assert_eq!(
            short,
            RedisConfig {
                db: 3,
                ..RedisConfig::default()
            }
        );
        assert!(serde_json::from_str::<RedisConfig>(r#"{"port": 3}"#).is_err());
    }

    fn first(config: RedisConfig) -> String {
        config.servers.into_iter().next().unwrap_or_default()
    }
}
