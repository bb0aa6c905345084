//! What has to happen in one piece on the server. All of it runs on Redis 6.2 and newer, and on Valkey.
//!
//! A lease is a list under the very name, which holds the token: to those who read it is no value, and whatever sets or deletes the name ends it.

use std::sync::LazyLock;

use memo_core::backend::Token;
use redis::{Cmd, Script, ToRedisArgs, cmd};

/// A script, and what it is called with.
pub(crate) struct Call<'c> {
    script: &'static LazyLock<Script>,
    text: &'static str,
    name: &'c str,
    arguments: Vec<Argument<'c>>,
}

enum Argument<'c> {
    Number(u64),
    Bytes(&'c [u8]),
}

macro_rules! script {
    ($name:ident, $text:expr) => {
        mod $name {
            use super::*;
            pub(super) const TEXT: &str = $text;
            pub(super) static SCRIPT: LazyLock<Script> = LazyLock::new(|| Script::new(TEXT));
        }
    };
}

// The value; or 1 where the lease is granted, 0 where another has it.
script!(
    lease,
    "local kind = redis.call('TYPE', KEYS[1]).ok
if kind == 'list' then return 0 end
if kind ~= 'none' then return redis.call('GET', KEYS[1]) end
redis.call('RPUSH', KEYS[1], ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 1"
);

// An expiry of 0 is none.
script!(
    fill,
    "if redis.call('TYPE', KEYS[1]).ok ~= 'list' then return 0 end
if redis.call('LINDEX', KEYS[1], 0) ~= ARGV[1] then return 0 end
if ARGV[3] == '0' then redis.call('SET', KEYS[1], ARGV[2])
else redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3]) end
return 1"
);

script!(
    extend,
    "if redis.call('TYPE', KEYS[1]).ok ~= 'list' then return 0 end
if redis.call('LINDEX', KEYS[1], 0) ~= ARGV[1] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])"
);

script!(
    release,
    "if redis.call('TYPE', KEYS[1]).ok ~= 'list' then return 0 end
if redis.call('LINDEX', KEYS[1], 0) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])"
);

// `PEXPIRE .. LT` is of Redis 7, and does not say whether there was anything.
script!(
    expire,
    "if redis.call('TYPE', KEYS[1]).ok ~= 'string' then return 0 end
local left = redis.call('PTTL', KEYS[1])
if left < 0 or left > tonumber(ARGV[1]) then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return 1"
);

// The sum is read as text: numbers of Lua are exact up to 2^53 only.
script!(
    add,
    "local is_new = redis.call('EXISTS', KEYS[1]) == 0
redis.call('INCRBY', KEYS[1], ARGV[1])
if is_new and ARGV[2] ~= '0' then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
return redis.call('GET', KEYS[1])"
);

macro_rules! call {
    ($script:ident, $name:expr, [$($argument:expr),*]) => {
        Call {
            script: &$script::SCRIPT,
            text: $script::TEXT,
            name: $name,
            arguments: vec![$($argument),*],
        }
    };
}

use Argument::{Bytes, Number};

pub(crate) fn lease(name: &str, token: Token, millis: u64) -> Call<'_> {
    call!(lease, name, [Number(token.0), Number(millis)])
}

/// 0 milliseconds are no end.
pub(crate) fn fill<'c>(name: &'c str, token: Token, value: &'c [u8], millis: u64) -> Call<'c> {
    call!(fill, name, [Number(token.0), Bytes(value), Number(millis)])
}

pub(crate) fn extend(name: &str, token: Token, millis: u64) -> Call<'_> {
    call!(extend, name, [Number(token.0), Number(millis)])
}

pub(crate) fn release(name: &str, token: Token) -> Call<'_> {
    call!(release, name, [Number(token.0)])
}

pub(crate) fn expire(name: &str, millis: u64) -> Call<'_> {
    call!(expire, name, [Number(millis)])
}

/// 0 milliseconds are no end.
pub(crate) fn add(name: &str, more: u64, millis: u64) -> Call<'_> {
    call!(add, name, [Number(more), Number(millis)])
}

impl Call<'_> {
    pub(crate) fn name(&self) -> &str {
        self.name
    }

    /// For a server that knows the script.
    pub(crate) fn short(&self) -> Cmd {
        self.with("EVALSHA", self.script.get_hash())
    }

    /// For a server that does not; then it does.
    pub(crate) fn long(&self) -> Cmd {
        self.with("EVAL", self.text)
    }

    fn with(&self, command: &str, script: impl ToRedisArgs) -> Cmd {
        let mut command = cmd(command);
        command.arg(script).arg(1).arg(self.name);
        for argument in &self.arguments {
            match argument {
                Number(number) => command.arg(number),
                Bytes(bytes) => command.arg(bytes),
            };
        }
        command
    }
}
