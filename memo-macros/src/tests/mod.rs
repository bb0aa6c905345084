//! The expansion as formatted files, and the errors as lists.

mod errors;
mod expansion;
