//! What the store promises, one behavior per test.

mod basics;
mod budget;
mod expiry;
mod memory;
mod model;
mod support;
mod threads;
mod user_code;
