//! Where the value of an entry lives, and how it is dropped there.

use crate::backend::Answer;
use crate::cache::{Cache, end};
use crate::context;
use crate::event::{Event, Operation};
use crate::far::{Course, Problem, Spot};
use crate::key::Key;
use crate::near::KeyRef;
use crate::site::Site;
use crate::waits::Waits;

/// Where the value of an entry lives, whatever its type.
pub(crate) enum Place {
    Near,
    Far(Box<Spot>),
    Nowhere(Problem),
}

impl<V> From<Course<V>> for Place {
    fn from(course: Course<V>) -> Self {
        match course {
            Course::Near => Self::Near,
            Course::Far(spot, _) => Self::Far(spot),
            Course::Nowhere(problem) => Self::Nowhere(problem),
        }
    }
}

impl Cache {
    /// Drops a value, wherever it lives, and voids what is being computed for its key.
    pub(crate) async fn drop_value(
        &self,
        site: &'static Site,
        key: &Key,
        place: &Place,
        address: &KeyRef<'_>,
        waits: Waits,
    ) -> Answer<bool> {
        if !self.can_change(site, key) {
            return Ok(false);
        }
        let dropped = match place {
            Place::Near | Place::Nowhere(_) => Ok(context::on_living_thread(|| {
                self.flights()
                    .invalidate(address, || self.near().remove(address))
            })),
            Place::Far(spot) => {
                let address = &spot.address(*address);
                self.drop_copy(address);
                end(self.flights().void(address), waits).await;
                let removed = self.remove_far(spot, waits).await;
                // A call that set out meanwhile may have fetched what is deleted now: nobody joins it from here on.
                self.drop_copy(address);
                removed.inspect_err(|fault| {
                    self.report_fault(site.state(), Operation::Delete, fault.clone());
                })
            }
        };
        self.emit(|| Event::Invalidated {
            function: site.name(),
        });
        dropped
    }

    /// Drops the copy that is kept here of an entry outside of the process, and voids those that are on their way.
    pub(crate) fn drop_copy(&self, address: &KeyRef<'_>) {
        context::on_living_thread(|| {
            self.flights()
                .invalidate(address, || self.near().remove(address))
        });
    }

    /// Whether there is an entry to change: a cache that is disabled has none, and neither has a key that could not be made.
    pub(super) fn can_change(&self, site: &'static Site, key: &Key) -> bool {
        if key.is_faulty() {
            self.emit(|| Event::KeyFailed {
                function: site.name(),
            });
        }
        self.is_enabled() && !key.is_faulty()
    }
}
