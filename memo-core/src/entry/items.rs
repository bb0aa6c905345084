//! The entry of a sequence, whose value is a list.

use std::sync::Arc;

use super::future::from_entry;
use super::stored::Stored;
use super::{AnyEntry, AsyncEntry, Entry, Place};
use crate::backend::Boxed;
use crate::codec::Wire;
use crate::key::Key;
use crate::near::{KeyRef, address};
use crate::sequence::{Asked, ItemRules, Items, Scene, Yield, items, pack, read};
use crate::site::Site;
use crate::waits::Waits;

/// Makes the entry of a call.
pub fn items_entry<R: 'static, K: Yield<R>>(
    site: &'static Site,
    key: Key,
    rules: ItemRules<R, K>,
) -> Entry<Vec<K::Value>> {
    let (asked, wire) = rules.for_an_entry();
    Entry(AnyEntry {
        site,
        key,
        cache: asked.bound_cache(),
        stored: Box::new(AsItems { asked, wire }),
    })
}

/// [`items_entry`] for asynchronous code.
pub fn async_items_entry<R: 'static, K: Yield<R>>(
    site: &'static Site,
    key: Key,
    rules: ItemRules<R, K>,
) -> AsyncEntry<Vec<K::Value>> {
    from_entry(items_entry(site, key, rules))
}

/// A list, item by item.
struct AsItems<T> {
    asked: Asked,
    wire: Wire<T>,
}

impl<T: 'static> AsItems<T> {
    fn scene(&self, entry: &AnyEntry<Vec<T>>, waits: Waits) -> Scene {
        Scene::new(entry.site, entry.key.clone(), &self.asked, self.wire, waits)
    }
}

impl<T: 'static> Stored<Vec<T>> for AsItems<T> {
    fn address<'e>(&self, entry: &'e AnyEntry<Vec<T>>) -> KeyRef<'e> {
        address::<Items<T>>(entry.site.state().scope, &entry.key)
    }

    fn place(&self, entry: &AnyEntry<Vec<T>>) -> Place {
        self.scene(entry, Waits::Blocking).place
    }

    fn look<'e>(&'e self, entry: &'e AnyEntry<Vec<T>>, waits: Waits) -> Boxed<'e, Option<Vec<T>>> {
        let scene = Arc::new(self.scene(entry, waits));
        Box::pin(read(scene, self.wire))
    }

    fn store<'e>(
        &'e self,
        entry: &'e AnyEntry<Vec<T>>,
        items: Vec<T>,
        waits: Waits,
    ) -> Boxed<'e, ()> {
        let scene = self.scene(entry, waits);
        if !entry.cache.can_change(entry.site, &entry.key) {
            return Box::pin(async {});
        }
        if let Place::Nowhere(problem) = &scene.place {
            entry.cache.tell(entry.site.state(), problem);
        }
        let packed = pack(&scene, self.wire, &items);
        drop(items);
        Box::pin(async move {
            if let Some((spot, _)) = scene.there() {
                entry
                    .put_packed(spot, &scene.address(), packed, waits)
                    .await;
            }
        })
    }
    fn can_read(&self, entry: &AnyEntry<Vec<T>>, raw: &[u8]) -> bool {
        let scene = self.scene(entry, Waits::Blocking);
        let Some((spot, _)) = scene.there() else {
            return true;
        };
        items(spot, self.wire, raw.to_vec()).is_some()
    }
}
