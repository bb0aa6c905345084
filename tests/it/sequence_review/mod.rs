//! Sequences, by somebody who wants to show that they are wrong.

mod bodies;
mod order;
mod sources;
mod waiting;
