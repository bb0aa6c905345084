//! Backends of any type, as one type.

use std::fmt::Debug;
use std::pin::Pin;
use std::time::Duration;

use bytes::Bytes;

use super::{Answer, Capability, Group, Item, Lease, Name, ServerStats, Terms, Token};
use crate::expiration::Expiration;
use crate::waits::Waits;

/// A future in a box: the one place where operations of backends are boxed.
pub(crate) type Boxed<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// [`Backend`](super::Backend), as the road uses it.
pub(crate) trait DynBackend: Debug + Send + Sync + 'static {
    fn kind(&self) -> &'static str;
    fn capability(&self) -> Capability;
    fn accept(&mut self, terms: &Terms);
    fn servers(&self) -> Vec<ServerStats>;
    fn is_on_runtime(&self) -> bool;
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
    fn lease<'a>(
        &'a self,
        name: &'a Name,
        token: Token,
        time: Duration,
        waits: Waits,
    ) -> Boxed<'a, Answer<Lease>>;
    fn seize<'a>(
        &'a self,
        name: &'a Name,
        token: Token,
        time: Duration,
        waits: Waits,
    ) -> Boxed<'a, Answer<()>>;
    fn join<'a>(
        &'a self,
        name: &'a Name,
        holder: Token,
        token: Token,
        time: Duration,
        waits: Waits,
    ) -> Boxed<'a, Answer<bool>>;
    fn fill(&self, item: Item, token: Token, waits: Waits) -> Boxed<'_, Answer<bool>>;
    fn extend<'a>(
        &'a self,
        name: &'a Name,
        token: Token,
        time: Duration,
        waits: Waits,
    ) -> Boxed<'a, Answer<bool>>;
    fn release<'a>(&'a self, name: &'a Name, token: Token, waits: Waits)
    -> Boxed<'a, Answer<bool>>;
}
