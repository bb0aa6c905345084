//! Sequences that are cached item by item: whole and right, or made again.

mod aside;
mod attribute;
mod borders;
mod counting;
mod damage;
mod desk;
mod drops;
mod failures;
mod faults;
mod following;
mod racing;
mod soak;
mod source;
mod surroundings;
mod waits;
