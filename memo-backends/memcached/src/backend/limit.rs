//! How large a value may be.

use std::sync::OnceLock;
use std::time::Duration;

use memo_core::backend::{Answer, Bytes, Fault};

use crate::client::Client;
use crate::error;

/// How large a value may be, known once somebody asked.
///
/// The limit is one of items, which are a name, a value, and what the server keeps about them. What the configuration says is believed. If it
/// says nothing the servers are asked when the limit is first needed, which is when a cache is built: for a short time, since a server that is not there
/// must not hold up a program's start. What they say can only lower the default, so that who finds no server, or a large limit, and who
/// does, differ by little. A limit that turns out to be lower than was thought is a fault of each value that is too large, and of nothing
/// else.
#[derive(Debug)]
pub(super) struct Limit {
    configured: Option<usize>,
    value_bytes: OnceLock<usize>,
}

/// The servers' own default.
const USUAL_ITEM: usize = 1 << 20;

/// The server's own least.
const LEAST_ITEM: usize = 1 << 10;

/// A name of 250 bytes, its end, and some sixty bytes of header; and room for what later servers add.
const BESIDE_THE_VALUE: usize = 512;

const PATIENCE: Duration = Duration::from_millis(100);

/// The protocol counts bytes of values with 31 bits, and no server takes items of more than a gibibyte. A longer one would be read as
/// commands.
const LONGEST: usize = 1 << 30;

impl Limit {
    pub(super) fn of(max_item_bytes: Option<usize>) -> Result<Self, Fault> {
        match max_item_bytes {
            Some(bytes) if bytes < LEAST_ITEM => Err(error::config(
                "max_item_bytes is less than memcached's least, 1024",
            )),
            configured => Ok(Self {
                configured,
                value_bytes: OnceLock::new(),
            }),
        }
    }

    pub(super) fn value_bytes(&self, client: &Client) -> usize {
        *self.value_bytes.get_or_init(|| {
            let item = self.configured.unwrap_or_else(|| {
                let asked = client.largest_item(PATIENCE);
                lowered(asked)
            });
            item.min(LONGEST).saturating_sub(BESIDE_THE_VALUE)
        })
    }
}

fn lowered(asked: Option<u64>) -> usize {
    let asked = asked.and_then(|bytes| usize::try_from(bytes).ok());
    asked.map_or(USUAL_ITEM, |bytes| bytes.min(USUAL_ITEM))
}

/// A value that the protocol can carry. Whether the server takes it is for the server to say, which also drops what it would have
/// replaced.
pub(super) fn checked(value: &Bytes) -> Answer<()> {
    match value.len() <= LONGEST {
        true => Ok(()),
        false => Err(error::value_too_long()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_only_lower_the_limit() {
        assert_eq!(lowered(None), 1 << 20);
        assert_eq!(lowered(Some(1 << 27)), 1 << 20);
        assert_eq!(lowered(Some(1 << 19)), 1 << 19);
    }

    #[test]
    fn a_limit_below_the_servers_least_is_a_mistake() {
        assert!(Limit::of(Some(1023)).is_err());
        assert!(Limit::of(Some(1024)).is_ok());
    }
}
