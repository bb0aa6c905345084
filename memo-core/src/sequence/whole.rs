//! A whole sequence at once: what an entry shows, and is given.

use std::sync::Arc;

use super::reader::Pull;
use super::scene::{Looked, Scene};
use super::tape::{self, Tape};
use super::writer::Writer;
use crate::codec::Wire;
use crate::event::Unstored;
use crate::far::{Spot, Write, encode_item};
use crate::flight::Right;

/// The stored sequence, if it is whole and fresh.
pub(crate) async fn read<T>(scene: Arc<Scene>, wire: Wire<T>) -> Option<Vec<T>> {
    let raw = raw(Arc::clone(&scene)).await?;
    // Decoded when nothing is waited for any more: items need not be `Send`.
    let (spot, _) = scene.there()?;
    items(spot, wire, raw)
}

/// The items of a raw stream, if each of them can be read.
pub(crate) fn items<T>(spot: &Spot, wire: Wire<T>, raw: Vec<u8>) -> Option<Vec<T>> {
    let mut tape = Tape::of(raw, spot.max_raw);
    let mut items = Vec::new();
    while let Some(found) = tape.next().ok()? {
        items.push((wire.decode)(spot.manner.codec, tape.item(found)).ok()?);
    }
    Some(items)
}

/// Its raw stream.
async fn raw(scene: Arc<Scene>) -> Option<Vec<u8>> {
    let Looked::Found(mut reader) = Arc::clone(&scene).look().await else {
        return None;
    };
    if reader.is_prefix {
        return None;
    }
    let (spot, _) = scene.there()?;
    let mut raw = Vec::new();
    loop {
        match reader.pull(spot) {
            Pull::Item(found) => tape::push(&mut raw, reader.tape.item(found)),
            Pull::Fetch(names) => reader.feed(Arc::clone(&scene).fetch(names).await),
            Pull::End => return Some(raw),
            Pull::Lost(_) => return None,
        }
    }
}

/// Packs a sequence that is there as a whole.
pub(crate) fn pack<T>(scene: &Scene, wire: Wire<T>, items: &[T]) -> Result<Write, Unstored> {
    let there = scene.there().ok_or(Unstored::NoStore)?;
    let mut writer = Writer::begin(scene, there, Right::Spent, Arc::default())?;
    let mut scratch = Vec::new();
    for item in items {
        encode_item(there.0, wire, item, &mut scratch).map_err(|why| scene.refusal(why))?;
        writer.push(&scratch).map_err(|_| Unstored::TooLarge)?;
    }
    let now = scene.cache.time().wall_seconds();
    writer.pack(false, now).map_err(|_| Unstored::TooLarge)
}
