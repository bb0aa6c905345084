//! What has to happen in one piece on the server. All of it runs on Redis 6.2 and newer, and on Valkey.
//!
//! A lease is a list under the very name, which holds the tokens of those who have it, the last one first: to those who read it is no value, and
//! whatever sets or deletes the name ends it. A list that holds anything else, or that would stay for ever, is a stranger's: it is no lease, and makes way for one.

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
    Holder(Token),
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

/// What a token is written as. A number alone could be an element of anybody's list.
const TOKEN: &str = "memo-lease:";

/// How many may hold a lease, the last one of them being at this place.
const LAST_HOLDER: &str = "7";

// The value; or 1 where the lease is granted; or who has it. What is neither a value nor a lease makes way.
script!(
    lease,
    "local kind = redis.call('TYPE', KEYS[1]).ok
if kind == 'string' then return redis.call('GET', KEYS[1]) end
if kind == 'list' and redis.call('PTTL', KEYS[1]) >= 0 then
  local holder = redis.call('LINDEX', KEYS[1], 0)
  if holder == ARGV[1] then return 1 end
  if string.match(holder, '^memo%-lease:%d+$') then return redis.status_reply(holder) end
end
if kind ~= 'none' then redis.call('DEL', KEYS[1]) end
redis.call('RPUSH', KEYS[1], ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 1"
);

script!(
    seize,
    "redis.call('DEL', KEYS[1])
redis.call('RPUSH', KEYS[1], ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 1"
);

script!(
    join,
    "if redis.call('TYPE', KEYS[1]).ok ~= 'list' then return 0 end
local last = redis.call('LINDEX', KEYS[1], 0)
if last ~= ARGV[1] and last ~= ARGV[2] then return 0 end
if last ~= ARGV[2] then redis.call('LPUSH', KEYS[1], ARGV[2]) end
redis.call('LTRIM', KEYS[1], 0, ARGV[4])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return 1"
);

/// Ends the script with 0 unless the first argument is one of those who have the lease.
macro_rules! by_holder {
    ($rest:literal) => {
        concat!(
            "if redis.call('TYPE', KEYS[1]).ok ~= 'list' then return 0 end
local holds = false
for _, holder in ipairs(redis.call('LRANGE', KEYS[1], 0, -1)) do
  if holder == ARGV[1] then holds = true end
end
if not holds then return 0 end
",
            $rest
        )
    };
}

// An expiry of 0 is none.
script!(
    fill,
    by_holder!(
        "if ARGV[3] == '0' then redis.call('SET', KEYS[1], ARGV[2])
else redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3]) end
return 1"
    )
);

script!(
    extend,
    by_holder!("return redis.call('PEXPIRE', KEYS[1], ARGV[2])")
);

// A list without elements is none.
script!(
    release,
    by_holder!("return redis.call('LREM', KEYS[1], 0, ARGV[1])")
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

use Argument::{Bytes, Holder, Number};

pub(crate) fn lease(name: &str, token: Token, millis: u64) -> Call<'_> {
    call!(lease, name, [Holder(token), Number(millis)])
}

pub(crate) fn seize(name: &str, token: Token, millis: u64) -> Call<'_> {
    call!(seize, name, [Holder(token), Number(millis)])
}

pub(crate) fn join(name: &str, holder: Token, token: Token, millis: u64) -> Call<'_> {
    let last = Bytes(LAST_HOLDER.as_bytes());
    call!(
        join,
        name,
        [Holder(holder), Holder(token), Number(millis), last]
    )
}

/// 0 milliseconds are no end.
pub(crate) fn fill<'c>(name: &'c str, token: Token, value: &'c [u8], millis: u64) -> Call<'c> {
    call!(fill, name, [Holder(token), Bytes(value), Number(millis)])
}

pub(crate) fn extend(name: &str, token: Token, millis: u64) -> Call<'_> {
    call!(extend, name, [Holder(token), Number(millis)])
}

pub(crate) fn release(name: &str, token: Token) -> Call<'_> {
    call!(release, name, [Holder(token)])
}

/// The token that is written so.
pub(crate) fn token(written: &str) -> Option<Token> {
    let number = written.strip_prefix(TOKEN)?;
    number.parse().ok().map(Token)
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
                Holder(token) => command.arg(format!("{TOKEN}{}", token.0)),
                Bytes(bytes) => command.arg(bytes),
            };
        }
        command
    }
}
