//! Backends of any type, as one type.

use std::fmt::Debug;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::task::Poll;

use bytes::Bytes;

use super::{Answer, Backend, Capability, Fault, FaultKind, Group, Item, Name};
use crate::expiration::Expiration;
use crate::waits::Waits;

/// A future in a box: the one place where operations of backends are boxed.
pub(crate) type Boxed<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// [`Backend`], as the road uses it.
pub(crate) trait DynBackend: Debug + Send + Sync + 'static {
    fn kind(&self) -> &'static str;
    fn capability(&self) -> Capability;
    fn get_many<'a>(
        &'a self,
        names: &'a [Name],
        waits: Waits,
    ) -> Boxed<'a, Answer<Vec<Option<Bytes>>>>;
    fn set_many(&self, items: Vec<Item>, waits: Waits) -> Boxed<'_, Answer<()>>;
    fn delete_many<'a>(&'a self, names: &'a [Name], waits: Waits) -> Boxed<'a, Answer<usize>>;
    fn probe_many<'a>(&'a self, names: &'a [Name], waits: Waits) -> Boxed<'a, Answer<Vec<bool>>>;
    fn expire_many<'a>(
        &'a self,
        names: &'a [Name],
        expiration: Expiration,
        waits: Waits,
    ) -> Boxed<'a, Answer<usize>>;
    fn delete_group(&self, group: Group, waits: Waits) -> Boxed<'_, Answer<usize>>;
}

impl<B: Backend> DynBackend for B {
    fn kind(&self) -> &'static str {
        Backend::kind(self)
    }

    fn capability(&self) -> Capability {
        Backend::capability(self)
    }

    fn get_many<'a>(
        &'a self,
        names: &'a [Name],
        waits: Waits,
    ) -> Boxed<'a, Answer<Vec<Option<Bytes>>>> {
        boxed(
            waits,
            async move { Backend::get_many(self, names, waits).await },
        )
    }

    fn set_many(&self, items: Vec<Item>, waits: Waits) -> Boxed<'_, Answer<()>> {
        boxed(
            waits,
            async move { Backend::set_many(self, items, waits).await },
        )
    }

    fn delete_many<'a>(&'a self, names: &'a [Name], waits: Waits) -> Boxed<'a, Answer<usize>> {
        boxed(waits, async move {
            Backend::delete_many(self, names, waits).await
        })
    }

    fn probe_many<'a>(&'a self, names: &'a [Name], waits: Waits) -> Boxed<'a, Answer<Vec<bool>>> {
        boxed(waits, async move {
            Backend::probe_many(self, names, waits).await
        })
    }

    fn expire_many<'a>(
        &'a self,
        names: &'a [Name],
        expiration: Expiration,
        waits: Waits,
    ) -> Boxed<'a, Answer<usize>> {
        boxed(waits, async move {
            Backend::expire_many(self, names, expiration, waits).await
        })
    }

    fn delete_group(&self, group: Group, waits: Waits) -> Boxed<'_, Answer<usize>> {
        boxed(waits, async move {
            Backend::delete_group(self, group, waits).await
        })
    }
}

/// A backend that breaks its word is a fault like any other: one that panics, and one that has a blocking caller wait.
fn boxed<'a, T: 'a>(
    waits: Waits,
    operation: impl Future<Output = Answer<T>> + Send + 'a,
) -> Boxed<'a, Answer<T>> {
    Box::pin(async move {
        let mut operation = pin!(operation);
        std::future::poll_fn(|context| {
            let polled = catch_unwind(AssertUnwindSafe(|| operation.as_mut().poll(context)));
            match (polled, waits) {
                (Err(_), _) => broken("the backend panicked"),
                (Ok(Poll::Pending), Waits::Blocking) => {
                    broken("the backend did not finish a blocking operation before it returned")
                }
                (Ok(polled), _) => polled,
            }
        })
        .await
    })
}

fn broken<T>(how: &'static str) -> Poll<Answer<T>> {
    Poll::Ready(Err(Fault::new(FaultKind::Other, how)))
}
