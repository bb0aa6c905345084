//! What the trait asks for, in the client's words.

mod answer;
mod lease;
mod limit;
mod name;

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use memo_core::backend::{
    Answer, Backend, Bytes, Capability, Fault, Item, Lease, Name, ServerStats, Terms, Token,
};
use memo_core::{Expiration, Waits};
use memo_net::retry::Twice;
use memo_net::{Deadline, Listening};

use self::lease::Placeholder;
use self::limit::Limit;
use crate::MemcachedConfig;
use crate::client::{Client, How, Replies};
use crate::error;
use crate::expiry::{exptime, lease_time};
use crate::protocol::{Reply, Request};

/// Values in one memcached server or in several. Cloning shares its connections.
///
/// An operation costs one exchange with each server that it concerns; those who block lend a connection from a pool, those who await share
/// two for each runtime and server. Values are read into memory of their own, once.
///
/// memcached counts whole seconds: it may keep a value for up to a second after its time. What has no time at all is not stored.
///
/// ```
/// use memo_core::backend::Backend;
/// use memo_memcached::Memcached;
///
/// // Nothing is connected yet, and the servers need not be there.
/// let memcached = Memcached::connect("memcached://cache1,cache2:11212")?;
/// assert_eq!(memcached.kind(), "memcached");
/// assert_eq!(&*memcached.servers()[1].server, "cache2:11212");
/// # Ok::<(), memo_core::backend::Fault>(())
/// ```
#[derive(Clone, Debug)]
pub struct Memcached {
    client: Arc<Client>,
    limit: Arc<Limit>,
    deadline: Duration,
    /// Gone with the last who shares these terms.
    listening: Option<Arc<Listening>>,
}

/// How often a placeholder is looked at that others keep changing.
const MOST_TRIES: usize = 16;

impl Memcached {
    /// The servers of this URL, which [`MemcachedConfig`] explains. Nothing is connected yet: a server that is absent now may be there later.
    ///
    /// # Errors
    ///
    /// If the URL makes no sense.
    pub fn connect(url: &str) -> Result<Self, Fault> {
        Self::new(url.parse()?)
    }

    /// The servers of this description. Nothing is connected yet.
    ///
    /// # Errors
    ///
    /// If it makes no sense, or asks for TLS where the feature `tls` is off.
    pub fn new(config: MemcachedConfig) -> Result<Self, Fault> {
        Ok(Self {
            limit: Arc::new(Limit::of(config.max_item_bytes)?),
            client: Arc::new(Client::new(&config)?),
            deadline: Terms::default().deadline,
            listening: None,
        })
    }

    fn deadline(&self) -> Deadline {
        Deadline::after(self.deadline)
    }

    /// The one answer to one command.
    async fn one(
        &self,
        name: &str,
        how: How<'_>,
        command: impl FnOnce(&mut Request) + Send,
    ) -> Answer<Reply> {
        let mut request = Request::default();
        command(&mut request);
        let mut replies = self.client.ask(name, &request, how).await?;
        let reply = replies.pop();
        reply.ok_or_else(|| error::unexpected(self.client.label(name)))
    }

    /// The answers to one command for each name.
    async fn each(
        &self,
        names: &[Name],
        how: How<'_>,
        command: impl Fn(&mut Request, &str) + Send,
    ) -> Answer<Replies> {
        let mut plan = self.client.plan();
        for name in names {
            let name = name::checked(name)?;
            plan.add(self.client.place(name), |request| command(request, name));
        }
        self.client.ask_all(&plan, how).await
    }

    /// What a reply about each name says, in their order.
    fn read<'a, T>(
        &'a self,
        names: &'a [Name],
        replies: Replies,
        read: impl Fn(Reply, &str) -> Answer<T> + 'a,
    ) -> impl Iterator<Item = Answer<T>> + 'a {
        names.iter().zip(replies).map(move |(name, reply)| {
            let server = self.client.label(name.as_str());
            read(reply, server)
        })
    }

    /// Does by the right of a lease what `change` makes of the placeholder, unless that is nothing: then the answer is `false`. Whoever else has
    /// changed the placeholder in between has it looked at once more.
    async fn change(
        &self,
        name: &Name,
        waits: Waits,
        twice: Twice,
        change: impl Fn(&Placeholder, &str) -> Option<Request> + Send,
    ) -> Answer<bool> {
        let name = name::checked(name)?;
        let deadline = self.deadline();
        let how = how(&deadline, waits, Twice::Same);
        let server = self.client.label(name);
        for _ in 0..MOST_TRIES {
            let looked = self.one(name, how, |request| request.look(name)).await?;
            let found = answer::placeholder(looked, server)?;
            let Some(request) = found.and_then(|found| change(&found, name)) else {
                return Ok(false);
            };
            let how = How { twice, ..how };
            let mut replies = self.client.ask(name, &request, how).await?;
            let reply = replies.pop().ok_or_else(|| error::unexpected(server))?;
            if answer::changed(reply, server)? {
                return Ok(true);
            }
        }
        Err(error::crowded_name())
    }

    /// How many of these names have a value, as far as a command says that looks at them.
    async fn count(
        &self,
        names: &[Name],
        how: How<'_>,
        command: impl Fn(&mut Request, &str) + Send,
    ) -> Answer<usize> {
        let replies = self.each(names, how, command).await?;
        self.read(names, replies, answer::presence)
            .try_fold(0, |count, is_there| Ok(count + usize::from(is_there?)))
    }
}

impl Backend for Memcached {
    fn kind(&self) -> &'static str {
        "memcached"
    }

    fn is_on_runtime(&self) -> bool {
        memo_net::runtime::is_polling()
    }

    /// Asks the servers for their largest item when it is called first, and waits for a tenth of a second at most.
    fn capability(&self) -> Capability {
        let mut capability = Capability::of(name::LONGEST, self.limit.value_bytes(&self.client));
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
        self.client.stats()
    }

    async fn get_many(&self, names: &[Name], waits: Waits) -> Answer<Vec<Option<Bytes>>> {
        let deadline = self.deadline();
        let how = how(&deadline, waits, Twice::Same);
        if let [name] = names {
            let name = name::checked(name)?;
            let reply = self.one(name, how, |request| request.get(name)).await?;
            return Ok(vec![answer::value(reply, self.client.label(name))?]);
        }
        let replies = self.each(names, how, Request::get).await?;
        self.read(names, replies, answer::value).collect()
    }

    async fn set_many(&self, items: Vec<Item>, waits: Waits) -> Answer<()> {
        let deadline = self.deadline();
        let how = how(&deadline, waits, Twice::Differs);
        let now = SystemTime::now();
        let mut plan = self.client.plan();
        for item in &items {
            let name = name::checked(&item.name)?;
            limit::checked(&item.value)?;
            let exptime = exptime(item.expiration, now);
            plan.add(self.client.place(name), |request| {
                match is_over(item.expiration) {
                    true => request.delete(name),
                    false => request.set(name, &item.value, exptime),
                }
            });
        }
        let replies = self.client.ask_all(&plan, how).await?;
        items.iter().zip(replies).try_for_each(|(item, reply)| {
            let server = self.client.label(item.name.as_str());
            match is_over(item.expiration) {
                true => answer::deleted(reply, server).map(|_| ()),
                false => answer::stored(reply, server),
            }
        })
    }

    /// A lease's placeholder is deleted and not counted. To tell it from a value each name is looked at first; somebody may set it in
    /// between, so that the number is not exact under races, as it could not be anyway. The deleting is.
    async fn delete_many(&self, names: &[Name], waits: Waits) -> Answer<usize> {
        let deadline = self.deadline();
        let how = How {
            // What is not deleted on one server is no reason not to delete on another.
            whoever_is_there: true,
            ..how(&deadline, waits, Twice::Same)
        };
        let mut plan = self.client.plan();
        for name in names {
            let name = name::checked(name)?;
            let place = self.client.place(name);
            plan.add(place, |request| request.probe(name));
            plan.add(place, |request| request.delete(name));
        }
        let mut replies = self.client.ask_all(&plan, how).await?;
        let mut count = 0;
        for name in names {
            let server = self.client.label(name.as_str());
            let (looked, deleted) = (replies.next(), replies.next());
            let (Some(looked), Some(deleted)) = (looked, deleted) else {
                return Err(error::unexpected(server));
            };
            let was_there = answer::presence(looked, server)?;
            count += usize::from(answer::deleted(deleted, server)? && was_there);
        }
        Ok(count)
    }

    async fn probe_many(&self, names: &[Name], waits: Waits) -> Answer<Vec<bool>> {
        let deadline = self.deadline();
        let how = how(&deadline, waits, Twice::Same);
        let replies = self.each(names, how, Request::probe).await?;
        self.read(names, replies, answer::presence).collect()
    }

    /// The time is taken as it is given: comparing it with what is left would take a second exchange, and shorten the life of a value that is
    /// set in between.
    async fn expire_many(
        &self,
        names: &[Name],
        expiration: Expiration,
        waits: Waits,
    ) -> Answer<usize> {
        let deadline = self.deadline();
        let how = how(&deadline, waits, Twice::Same);
        if expiration.duration().is_none() {
            return self.count(names, how, Request::probe).await;
        }
        let exptime = exptime(expiration, SystemTime::now());
        let touch = |request: &mut Request, name: &str| request.touch(name, exptime);
        self.count(names, how, touch).await
    }

    async fn add(
        &self,
        name: &Name,
        more: u64,
        expiration: Expiration,
        waits: Waits,
    ) -> Answer<u64> {
        let deadline = self.deadline();
        let how = how(&deadline, waits, Twice::Differs);
        let name = name::checked(name)?;
        let exptime = exptime(expiration, SystemTime::now());
        let add = |request: &mut Request| request.add(name, more, exptime);
        let reply = self.one(name, how, add).await?;
        answer::sum(reply, self.client.label(name))
    }

    /// The look and the making of a placeholder are one exchange.
    async fn lease(
        &self,
        name: &Name,
        token: Token,
        time: Duration,
        waits: Waits,
    ) -> Answer<Lease> {
        let deadline = self.deadline();
        let how = how(&deadline, waits, Twice::Same);
        let name = name::checked(name)?;
        let (holder, exptime) = (lease::written(&[token]), lease_time(time));
        let server = self.client.label(name);
        for _ in 0..MOST_TRIES {
            let mut request = Request::default();
            request.look(name);
            request.lease(name, &holder, exptime);
            let replies = self.client.ask(name, &request, how).await?;
            let Ok([looked, made]) = <[Reply; 2]>::try_from(replies) else {
                return Err(error::unexpected(server));
            };
            let is_useless = matches!(&made, Reply::Done(flags) if flags.cas == Some(0));
            if is_useless {
                self.one(name, how, |request| request.delete(name)).await?;
            }
            if let Some(lease) = answer::lease((looked, made), token, server)? {
                return Ok(lease);
            }
        }
        Err(error::crowded_name())
    }

    async fn seize(&self, name: &Name, token: Token, time: Duration, waits: Waits) -> Answer<()> {
        let deadline = self.deadline();
        let how = how(&deadline, waits, Twice::Same);
        let name = name::checked(name)?;
        let (holder, exptime) = (lease::written(&[token]), lease_time(time));
        let seize = |request: &mut Request| request.seize(name, &holder, exptime);
        let reply = self.one(name, how, seize).await?;
        answer::stored(reply, self.client.label(name))
    }

    async fn join(
        &self,
        name: &Name,
        holder: Token,
        token: Token,
        time: Duration,
        waits: Waits,
    ) -> Answer<bool> {
        let exptime = lease_time(time);
        self.change(name, waits, Twice::Same, |lease, name| {
            let holders = lease.joined(holder, token)?;
            let mut request = Request::default();
            request.replace_lease(name, &holders, exptime, lease.cas);
            Some(request)
        })
        .await
    }

    async fn fill(&self, item: Item, token: Token, waits: Waits) -> Answer<bool> {
        limit::checked(&item.value)?;
        let exptime = exptime(item.expiration, SystemTime::now());
        self.change(&item.name, waits, Twice::Differs, |lease, name| {
            let mut request = Request::default();
            match is_over(item.expiration) {
                true => request.release(name, lease.cas),
                false => request.fill(name, &item.value, exptime, lease.cas),
            }
            lease.is_of(token).then_some(request)
        })
        .await
    }

    /// A server that is asked to change the time alone does not look at the number.
    async fn extend(
        &self,
        name: &Name,
        token: Token,
        time: Duration,
        waits: Waits,
    ) -> Answer<bool> {
        let exptime = lease_time(time);
        self.change(name, waits, Twice::Same, |lease, name| {
            let holders = lease::written(&lease.holders);
            let mut request = Request::default();
            request.replace_lease(name, &holders, exptime, lease.cas);
            lease.is_of(token).then_some(request)
        })
        .await
    }

    async fn release(&self, name: &Name, token: Token, waits: Waits) -> Answer<bool> {
        self.change(name, waits, Twice::Same, |lease, name| {
            let mut request = Request::default();
            match lease.without(token) {
                None => request.release(name, lease.cas),
                Some(others) => request.replace_lease(name, &others, lease.exptime, lease.cas),
            }
            lease.is_of(token).then_some(request)
        })
        .await
    }
}

/// Whether there is no time to live: then nothing is stored, and what was there is replaced by nothing.
fn is_over(expiration: Expiration) -> bool {
    expiration.duration().is_some_and(|time| time.is_zero())
}

fn how(deadline: &Deadline, waits: Waits, twice: Twice) -> How<'_> {
    How {
        waits,
        deadline,
        twice,
        whoever_is_there: false,
    }
}
