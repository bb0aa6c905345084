//! Dropping the values of a function, or all there are.

use super::Cache;
use crate::backend::Group;
use crate::context;
use crate::event::{Event, Operation};
use crate::far::Far;
use crate::flight::{Follow, Waited};
use crate::site::Site;
use crate::waits::{Waits, at_once};

impl Cache {
    /// Drops every value of `site` from this cache; answers how many there were. See [`Site::invalidate_all`].
    pub fn invalidate_all(&self, site: &'static Site) -> usize {
        context::on_living_thread(|| at_once(self.drop_scope(site, Waits::Blocking)))
    }

    /// [`invalidate_all`](Self::invalidate_all) without blocking the thread.
    pub async fn invalidate_all_async(&self, site: &'static Site) -> usize {
        self.drop_scope(site, Waits::Async).await
    }

    /// Drops everything; answers how many values that were. Statistics stay.
    ///
    /// Of an installed backend that is what this program's functions have there, as far as they were called.
    pub fn clear(&self) -> usize {
        let functions = crate::functions();
        if self.far().is_some_and(|far| far.takes_all) {
            return functions
                .into_iter()
                .map(|site| self.invalidate_all(site))
                .sum();
        }
        for site in &functions {
            at_once(end(
                self.flights().void_scope(site.state().scope),
                Waits::Blocking,
            ));
        }
        let cleared = context::on_living_thread(|| self.near().clear());
        // As in `drop_scope`.
        for site in &functions {
            self.flights().retire_scope(site.state().scope);
        }
        cleared
    }

    async fn drop_scope(&self, site: &'static Site, waits: Waits) -> usize {
        let state = site.state();
        end(self.flights().void_scope(state.scope), waits).await;
        // The backend in this process shares the engine of the near cache, and is in this count.
        let mut entries = self.near().remove_scope(state.scope);
        // What else is there are copies.
        if site.options().manner.near.is_some() && self.far().is_some_and(Far::has_copies) {
            entries = 0;
        }
        if let Some(far) = self.far().filter(|far| far.takes_all) {
            far.owed.fence_group(Group(state.scope));
            match far.backend.delete_group(Group(state.scope), waits).await {
                Ok(deleted) => entries += deleted,
                Err(fault) => self.report_fault(state, Operation::Delete, fault),
            }
        }
        // A call that set out meanwhile may have fetched what is deleted now: nobody joins it from here on.
        self.flights().retire_scope(state.scope);
        // And what it fetched is not kept.
        if self.far().is_some_and(Far::has_copies) {
            self.near().remove_scope(state.scope);
        }
        self.emit(|| Event::InvalidatedAll {
            function: &state.name,
            entries,
        });
        entries
    }
}

/// Waits until what is being written is written. A writer that takes too long has to delete it itself.
pub(crate) async fn end(writings: Vec<Follow>, waits: Waits) {
    for writing in writings {
        let waited = match waits {
            Waits::Blocking => writing.wait(),
            Waits::Async => writing.await,
        };
        if let Waited::Stalled(stalled) = waited {
            stalled.revoke();
        }
    }
}
