//! What the store promises, one behaviour per test.

mod basics;
mod budget;
mod expiry;
mod memory;
mod model;
mod support;
mod threads;
mod user_code;
