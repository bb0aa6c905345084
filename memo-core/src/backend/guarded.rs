//! Backends, held to their word.

use std::fmt::{self, Debug};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use bytes::Bytes;

use super::deadline::Deadline;
use super::{
    Answer, Backend, Boxed, Capability, DynBackend, Fault, FaultKind, Group, Item, Lease, Name,
    ServerStats, Terms, Token,
};
use crate::expiration::Expiration;
use crate::waits::Waits;

/// A backend that is held to its word, and to a limit of time where it does not keep one itself.
pub(crate) struct Guarded<B> {
    backend: B,
    limit: Option<Duration>,
}

impl<B: Backend> Guarded<B> {
    pub(crate) fn over(backend: B) -> Box<dyn DynBackend> {
        Box::new(Self {
            backend,
            limit: None,
        })
    }
}

impl<B: Debug> Debug for Guarded<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.backend.fmt(f)
    }
}

impl<B: Backend> DynBackend for Guarded<B> {
    fn kind(&self) -> &'static str {
        self.backend.kind()
    }

    fn is_on_runtime(&self) -> bool {
        self.backend.is_on_runtime()
    }

    fn capability(&self) -> Capability {
        self.backend.capability()
    }

    fn accept(&mut self, terms: &Terms) {
        let Capability {
            in_process,
            keeps_deadlines,
            ..
        } = self.backend.capability();
        self.limit = (!in_process && !keeps_deadlines).then_some(terms.deadline);
        self.backend.accept(terms);
    }

    fn servers(&self) -> Vec<ServerStats> {
        self.backend.servers()
    }

    fn get_many<'a>(
        &'a self,
        names: &'a [Name],
        waits: Waits,
    ) -> Boxed<'a, Answer<Vec<Option<Bytes>>>> {
        self.boxed(waits, move || async move {
            self.backend.get_many(names, waits).await
        })
    }

    fn set_many(&self, items: Vec<Item>, waits: Waits) -> Boxed<'_, Answer<()>> {
        self.boxed(waits, move || async move {
            self.backend.set_many(items, waits).await
        })
    }

    fn delete_many<'a>(&'a self, names: &'a [Name], waits: Waits) -> Boxed<'a, Answer<usize>> {
        self.boxed(waits, move || async move {
            self.backend.delete_many(names, waits).await
        })
    }

    fn probe_many<'a>(&'a self, names: &'a [Name], waits: Waits) -> Boxed<'a, Answer<Vec<bool>>> {
        self.boxed(waits, move || async move {
            self.backend.probe_many(names, waits).await
        })
    }

    fn expire_many<'a>(
        &'a self,
        names: &'a [Name],
        expiration: Expiration,
        waits: Waits,
    ) -> Boxed<'a, Answer<usize>> {
        self.boxed(waits, move || async move {
            self.backend.expire_many(names, expiration, waits).await
        })
    }

    fn delete_group(&self, group: Group, waits: Waits) -> Boxed<'_, Answer<usize>> {
        self.boxed(waits, move || async move {
            self.backend.delete_group(group, waits).await
        })
    }

    fn lease<'a>(
        &'a self,
        name: &'a Name,
        token: Token,
        time: Duration,
        waits: Waits,
    ) -> Boxed<'a, Answer<Lease>> {
        self.boxed(waits, move || async move {
            self.backend.lease(name, token, time, waits).await
        })
    }

    fn seize<'a>(
        &'a self,
        name: &'a Name,
        token: Token,
        time: Duration,
        waits: Waits,
    ) -> Boxed<'a, Answer<()>> {
        self.boxed(waits, move || async move {
            self.backend.seize(name, token, time, waits).await
        })
    }

    fn join<'a>(
        &'a self,
        name: &'a Name,
        holder: Token,
        token: Token,
        time: Duration,
        waits: Waits,
    ) -> Boxed<'a, Answer<bool>> {
        self.boxed(waits, move || async move {
            self.backend.join(name, holder, token, time, waits).await
        })
    }

    fn fill(&self, item: Item, token: Token, waits: Waits) -> Boxed<'_, Answer<bool>> {
        self.boxed(waits, move || async move {
            self.backend.fill(item, token, waits).await
        })
    }

    fn extend<'a>(
        &'a self,
        name: &'a Name,
        token: Token,
        time: Duration,
        waits: Waits,
    ) -> Boxed<'a, Answer<bool>> {
        self.boxed(waits, move || async move {
            self.backend.extend(name, token, time, waits).await
        })
    }

    fn release<'a>(
        &'a self,
        name: &'a Name,
        token: Token,
        waits: Waits,
    ) -> Boxed<'a, Answer<bool>> {
        self.boxed(waits, move || async move {
            self.backend.release(name, token, waits).await
        })
    }
}

impl<B: Backend> Guarded<B> {
    /// A backend that breaks its word is a fault like any other: one that panics, and one that has a blocking caller wait. One that has an
    /// asynchronous caller wait for too long is given up.
    ///
    /// The operation is begun in the box: one that is moved there has its bytes copied, and a future is a few thousand.
    fn boxed<'a, T: 'a, F>(
        &self,
        waits: Waits,
        operation: impl FnOnce() -> F + Send + 'a,
    ) -> Boxed<'a, Answer<T>>
    where
        F: Future<Output = Answer<T>> + Send + 'a,
    {
        let mut deadline = self.limit.map(Deadline::of);
        Box::pin(async move {
            let mut operation = pin!(operation());
            std::future::poll_fn(|context| {
                let polled = catch_unwind(AssertUnwindSafe(|| operation.as_mut().poll(context)));
                match (polled, waits) {
                    (Err(_), _) => broken("the backend panicked"),
                    (Ok(Poll::Pending), Waits::Blocking) => {
                        broken("the backend did not finish a blocking operation before it returned")
                    }
                    (Ok(Poll::Pending), Waits::Async) => {
                        let is_over = |deadline: &mut Deadline| deadline.is_over(context);
                        match deadline.as_mut().is_some_and(is_over) {
                            true => late(),
                            false => Poll::Pending,
                        }
                    }
                    (Ok(polled), _) => polled,
                }
            })
            .await
        })
    }
}

fn broken<T>(how: &'static str) -> Poll<Answer<T>> {
    Poll::Ready(Err(Fault::new(FaultKind::Other, how)))
}

fn late<T>() -> Poll<Answer<T>> {
    Poll::Ready(Err(Fault::new(FaultKind::Timeout, "no answer in time")))
}
