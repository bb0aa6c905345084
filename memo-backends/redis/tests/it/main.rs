//! Redis as a backend, on real servers.

mod clusters;
mod conformance;
mod faults;
mod outages;
mod sharing;
mod support;
mod values;
