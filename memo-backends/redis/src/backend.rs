//! What the trait asks for, in the client's words.

use std::sync::Arc;
use std::time::Duration;

use memo_core::backend::{
    Answer, Backend, Bytes, Capability, Fault, FaultKind, Item, Lease, Name, ServerStats, Terms,
    Token,
};
use memo_core::{Expiration, Waits};
use memo_net::retry::Twice;
use memo_net::{Deadline, Listening};
use redis::{Cmd, Value, cmd};

use crate::RedisConfig;
use crate::client::{Client, Keyed, Manner, Road};
use crate::error::{of_server, senseless};
use crate::scripts::{self, Call};

/// Redis, or Valkey, as a store of memoized values. Cloning shares its connections.
///
/// ```no_run
/// use memo_core::Cache;
/// use memo_redis::Redis;
///
/// let redis = Redis::connect("redis://localhost")?;
/// let cache = Cache::builder().namespace("shop").backend(redis).build();
/// # Ok::<(), memo_core::backend::Fault>(())
/// ```
#[derive(Clone, Debug)]
pub struct Redis {
    client: Arc<Client>,
    deadline: Duration,
    /// Gone with the last who shares these terms.
    listening: Option<Arc<Listening>>,
}

/// The largest value. Redis takes 512 MB; but it serves one command at a time, and so does a connection: one of a megabyte holds both up for
/// about a millisecond. What is larger is cut into chunks.
const MAX_VALUE: usize = 1 << 20;

/// The longest name. Redis takes any; but names are sent with every question, and stay in the server's memory.
const MAX_NAME: usize = 1024;

/// The longest time, in milliseconds: some thirty thousand years. Redis refuses what does not fit into 63 bits when the time of day is added.
const LONGEST: u64 = 1_000_000_000_000_000;

impl Redis {
    /// The servers of this URL, which [`RedisConfig`] explains. Nothing is connected yet: a server that is absent now may be there later.
    ///
    /// # Errors
    ///
    /// If the URL makes no sense, or wants TLS where there is none.
    pub fn connect(url: &str) -> Result<Self, Fault> {
        Self::new(url.parse()?)
    }

    /// The servers of this description. Nothing is connected yet.
    ///
    /// # Errors
    ///
    /// If it makes no sense, or wants TLS where there is none.
    pub fn new(config: RedisConfig) -> Result<Self, Fault> {
        Ok(Self {
            client: Arc::new(Client::new(&config)?),
            deadline: Terms::default().deadline,
            listening: None,
        })
    }

    fn deadline(&self) -> Deadline {
        Deadline::after(self.deadline)
    }

    async fn each(
        &self,
        names: &[Name],
        command: impl Fn(&str) -> Cmd,
        manner: Manner<'_>,
    ) -> Answer<Vec<Value>> {
        let keyed = names.iter().map(|name| {
            let name = name.as_str();
            let command = command(name);
            Keyed { name, command }
        });
        let keyed = keyed.collect();
        self.client.each(keyed, manner).await
    }

    /// Runs a script, which the server may have to learn first.
    async fn run(&self, call: Call<'_>, manner: Manner<'_>) -> Answer<Value> {
        let answer = self.client.one(keyed(&call, call.short()), manner).await?;
        if is_unknown(&answer) {
            return self.client.one(keyed(&call, call.long()), manner).await;
        }
        Ok(answer)
    }

    /// Runs scripts at once.
    async fn run_each(&self, calls: &[Call<'_>], manner: Manner<'_>) -> Answer<Vec<Value>> {
        let short = calls.iter().map(|call| keyed(call, call.short())).collect();
        let mut answers = self.client.each(short, manner).await?;
        let unknown: Vec<usize> = (0..calls.len())
            .filter(|&place| answers.get(place).is_some_and(is_unknown))
            .collect();
        let long = unknown.iter().filter_map(|&place| calls.get(place));
        let long = long.map(|call| keyed(call, call.long())).collect();
        let late = self.client.each(long, manner).await?;
        for (place, answer) in unknown.into_iter().zip(late) {
            if let Some(unanswered) = answers.get_mut(place) {
                *unanswered = answer;
            }
        }
        Ok(answers)
    }
}

impl Backend for Redis {
    fn kind(&self) -> &'static str {
        "redis"
    }

    fn is_on_runtime(&self) -> bool {
        memo_net::runtime::is_polling()
    }

    fn capability(&self) -> Capability {
        let mut capability = Capability::of(MAX_NAME, MAX_VALUE);
        capability.probes = true;
        capability.expires_early = true;
        capability.counters = true;
        capability.leases = true;
        capability.keeps_deadlines = true;
        capability
    }

    fn accept(&mut self, terms: &Terms) {
        self.deadline = terms.deadline;
        self.listening = Some(Arc::new(self.client.tell(terms)));
    }

    fn servers(&self) -> Vec<ServerStats> {
        self.client.servers()
    }

    async fn get_many(&self, names: &[Name], waits: Waits) -> Answer<Vec<Option<Bytes>>> {
        // What is asked for together are mostly the chunks of something large.
        let road = match names.len() > 1 {
            true => Road::Changes,
            false => Road::Looks,
        };
        let deadline = self.deadline();
        let manner = manner(&deadline, waits, Twice::Same, road);
        match names {
            [name] => {
                let (name, command) = (name.as_str(), one_arg("GET", name.as_str()));
                let answer = self.client.one(Keyed { name, command }, manner).await?;
                value(answer).map(|value| vec![value])
            }
            [first, ..] if self.client.takes_many() => {
                let (name, command) = (first.as_str(), mget(names));
                let answer = self.client.one(Keyed { name, command }, manner).await?;
                values(answer, names.len())
            }
            _ => {
                let get = |name: &str| one_arg("GET", name);
                let answers = self.each(names, get, manner).await?;
                answers.into_iter().map(value).collect()
            }
        }
    }

    async fn set_many(&self, items: Vec<Item>, waits: Waits) -> Answer<()> {
        let deadline = self.deadline();
        let manner = manner(&deadline, waits, Twice::Differs, Road::Changes);
        if let [item] = items.as_slice() {
            let keyed = Keyed {
                name: item.name.as_str(),
                command: set(item),
            };
            return done(self.client.one(keyed, manner).await?);
        }
        let keyed = items.iter().map(|item| Keyed {
            name: item.name.as_str(),
            command: set(item),
        });
        let answers = self.client.each(keyed.collect(), manner).await?;
        answers.into_iter().try_for_each(done)
    }

    async fn delete_many(&self, names: &[Name], waits: Waits) -> Answer<usize> {
        let deadline = self.deadline();
        let manner = manner(&deadline, waits, Twice::Same, Road::Changes);
        // A lease is ended, and is nothing that was there.
        let commands = names.iter().flat_map(|name| {
            let name = name.as_str();
            ["TYPE", "UNLINK"].map(|command| Keyed {
                name,
                command: one_arg(command, name),
            })
        });
        let mut answers = self.client.each(commands.collect(), manner).await?;
        let refused: Vec<usize> = (0..names.len())
            .filter(|place| answers.get(2 * place + 1).is_some_and(is_forbidden))
            .collect();
        let again: Vec<Name> = refused
            .iter()
            .filter_map(|&place| names.get(place).cloned())
            .collect();
        let late = self.each(&again, |name| one_arg("DEL", name), manner);
        for (place, answer) in refused.into_iter().zip(late.await?) {
            if let Some(unlinked) = answers.get_mut(2 * place + 1) {
                *unlinked = answer;
            }
        }
        deleted(&answers)
    }

    async fn probe_many(&self, names: &[Name], waits: Waits) -> Answer<Vec<bool>> {
        let deadline = self.deadline();
        let manner = manner(&deadline, waits, Twice::Same, Road::Looks);
        let kinds = self
            .each(names, |name| one_arg("TYPE", name), manner)
            .await?;
        kinds.iter().map(is_value).collect()
    }

    async fn expire_many(
        &self,
        names: &[Name],
        expiration: Expiration,
        waits: Waits,
    ) -> Answer<usize> {
        let Some(millis) = millis(expiration) else {
            let there = self.probe_many(names, waits).await?;
            return Ok(there.into_iter().filter(|&is_there| is_there).count());
        };
        let deadline = self.deadline();
        let manner = manner(&deadline, waits, Twice::Same, Road::Changes);
        let calls = names
            .iter()
            .map(|name| scripts::expire(name.as_str(), millis));
        let calls: Vec<Call<'_>> = calls.collect();
        let mut there = 0;
        for answer in &self.run_each(&calls, manner).await? {
            there += usize::from(flag(answer)?);
        }
        Ok(there)
    }

    async fn add(
        &self,
        name: &Name,
        more: u64,
        expiration: Expiration,
        waits: Waits,
    ) -> Answer<u64> {
        let deadline = self.deadline();
        let manner = manner(&deadline, waits, Twice::Differs, Road::Changes);
        let call = scripts::add(name.as_str(), more, millis(expiration).unwrap_or(0));
        match self.run(call, manner).await? {
            Value::BulkString(sum) => {
                let sum = std::str::from_utf8(&sum).map_err(|_| senseless())?;
                sum.parse().map_err(|_| senseless())
            }
            other => Err(refused(&other)),
        }
    }

    async fn lease(
        &self,
        name: &Name,
        token: Token,
        time: Duration,
        waits: Waits,
    ) -> Answer<Lease> {
        let deadline = self.deadline();
        let manner = manner(&deadline, waits, Twice::Same, Road::Changes);
        let call = scripts::lease(name.as_str(), token, millis_of(time));
        match self.run(call, manner).await? {
            Value::BulkString(value) => Ok(Lease::Found(value.into())),
            Value::Int(1) => Ok(Lease::Granted),
            Value::SimpleString(holder) => {
                let holder = scripts::token(&holder);
                holder.map(Lease::Held).ok_or_else(senseless)
            }
            other => Err(refused(&other)),
        }
    }

    async fn seize(&self, name: &Name, token: Token, time: Duration, waits: Waits) -> Answer<()> {
        let deadline = self.deadline();
        let manner = manner(&deadline, waits, Twice::Same, Road::Changes);
        let call = scripts::seize(name.as_str(), token, millis_of(time));
        flag(&self.run(call, manner).await?).map(drop)
    }

    async fn join(
        &self,
        name: &Name,
        holder: Token,
        token: Token,
        time: Duration,
        waits: Waits,
    ) -> Answer<bool> {
        let deadline = self.deadline();
        let manner = manner(&deadline, waits, Twice::Same, Road::Changes);
        let call = scripts::join(name.as_str(), holder, token, millis_of(time));
        flag(&self.run(call, manner).await?)
    }

    async fn fill(&self, item: Item, token: Token, waits: Waits) -> Answer<bool> {
        let deadline = self.deadline();
        let manner = manner(&deadline, waits, Twice::Differs, Road::Changes);
        let name = item.name.as_str();
        let call = match is_over(item.expiration) {
            true => scripts::release(name, token),
            false => {
                let millis = millis(item.expiration).unwrap_or(0);
                scripts::fill(name, token, &item.value, millis)
            }
        };
        flag(&self.run(call, manner).await?)
    }

    async fn extend(
        &self,
        name: &Name,
        token: Token,
        time: Duration,
        waits: Waits,
    ) -> Answer<bool> {
        let deadline = self.deadline();
        let manner = manner(&deadline, waits, Twice::Same, Road::Changes);
        let call = scripts::extend(name.as_str(), token, millis_of(time));
        flag(&self.run(call, manner).await?)
    }

    async fn release(&self, name: &Name, token: Token, waits: Waits) -> Answer<bool> {
        let deadline = self.deadline();
        let manner = manner(&deadline, waits, Twice::Same, Road::Changes);
        let call = scripts::release(name.as_str(), token);
        flag(&self.run(call, manner).await?)
    }
}

fn manner(deadline: &Deadline, waits: Waits, twice: Twice, road: Road) -> Manner<'_> {
    Manner {
        waits,
        deadline,
        twice,
        road,
    }
}

fn keyed<'c>(call: &'c Call<'_>, command: Cmd) -> Keyed<'c> {
    Keyed {
        name: call.name(),
        command,
    }
}

fn one_arg(command: &str, name: &str) -> Cmd {
    let mut command = cmd(command);
    command.arg(name);
    command
}

fn mget(names: &[Name]) -> Cmd {
    let mut command = cmd("MGET");
    for name in names {
        command.arg(name.as_str());
    }
    command
}

/// What has no time to live is not stored, and what was there is replaced by nothing.
fn set(item: &Item) -> Cmd {
    let name = item.name.as_str();
    if is_over(item.expiration) {
        return one_arg("UNLINK", name);
    }
    // Room for all of it: the value is copied once.
    let mut command = Cmd::with_capacity(5, name.len() + item.value.len() + 32);
    command.arg("SET").arg(name).arg(item.value.as_ref());
    if let Some(millis) = millis(item.expiration) {
        command.arg("PX").arg(millis);
    }
    command
}

/// Never 0, which would be no end or a fault.
fn millis_of(time: Duration) -> u64 {
    let millis = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    millis.clamp(1, LONGEST)
}

fn millis(expiration: Expiration) -> Option<u64> {
    expiration.duration().map(millis_of)
}

/// Whether there is no time to live.
fn is_over(expiration: Expiration) -> bool {
    expiration.duration().is_some_and(|time| time.is_zero())
}

fn values(answer: Value, many: usize) -> Answer<Vec<Option<Bytes>>> {
    match answer {
        Value::Array(values) if values.len() == many => values.into_iter().map(value).collect(),
        other => Err(refused(&other)),
    }
}

fn value(answer: Value) -> Answer<Option<Bytes>> {
    match answer {
        Value::BulkString(bytes) => Ok(Some(bytes.into())),
        Value::Nil => Ok(None),
        // A lease: `MGET` would say that there is nothing, but its answer takes a client longer to read.
        Value::ServerError(error) if error.code() == "WRONGTYPE" => Ok(None),
        other => Err(refused(&other)),
    }
}

fn done(answer: Value) -> Answer<()> {
    match answer {
        Value::Okay | Value::Int(_) => Ok(()),
        other => Err(refused(&other)),
    }
}

fn flag(answer: &Value) -> Answer<bool> {
    match answer {
        Value::Int(number) => Ok(*number != 0),
        other => Err(refused(other)),
    }
}

/// Whether what `TYPE` answers is a value, and no lease.
fn is_value(answer: &Value) -> Answer<bool> {
    match answer {
        Value::SimpleString(kind) => Ok(kind == "string"),
        other => Err(refused(other)),
    }
}

/// How many values a `TYPE` and a deletion for each name have deleted, if every name was.
fn deleted(answers: &[Value]) -> Answer<usize> {
    let mut values = 0;
    for pair in answers.chunks(2) {
        let [kind, deletion] = pair else {
            return Err(senseless());
        };
        // What became of the name is looked at first, whatever was there.
        let is_gone = flag(deletion)?;
        // Who may not look has deleted all the same.
        let was_value = is_forbidden(kind) || is_value(kind)?;
        values += usize::from(is_gone && was_value);
    }
    Ok(values)
}

/// Whether the server will not do this for us, though it may do something else to the same end: the user may not, or it is no command of its own.
fn is_forbidden(answer: &Value) -> bool {
    let Value::ServerError(error) = answer else {
        return false;
    };
    error.code() == "NOPERM" || of_server(error).kind() == FaultKind::Unsupported
}

fn is_unknown(answer: &Value) -> bool {
    matches!(answer, Value::ServerError(error) if error.code() == "NOSCRIPT")
}

/// The fault of an answer that is not the one hoped for.
fn refused(answer: &Value) -> Fault {
    match answer {
        Value::ServerError(error) => of_server(error),
        _ => senseless(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_time_is_one_that_redis_takes() {
        assert_eq!(millis(Expiration::never()), None);
        for (time, expected) in [
            (Duration::ZERO, 1),
            (Duration::from_nanos(1), 1),
            (Duration::from_micros(1999), 1),
            (Duration::from_millis(200), 200),
            (Duration::from_secs(u64::MAX), LONGEST),
            (Duration::MAX, LONGEST),
        ] {
            assert_eq!(millis(time.into()), Some(expected), "{time:?}");
        }
    }
}
