//! What the driver prints.

use super::load::Phase;
use super::service::Service;
use super::store::Store;
use crate::words::{number, time};

/// What is driven, and the heads of the columns.
pub(super) fn header(store: Store, service: &Service) {
    println!(
        "The service at http://{} keeps what it knows in {store:?}.\n",
        service.address
    );
    println!(
        "{:<24}{:>10}{:>8}{:>11}{:>11}{:>11}{:>8}{:>8}{:>10}",
        "", "requests", "failed", "median", "p99", "slowest", "calls", "hits", "computed"
    );
}

/// One line for each phase.
pub(super) fn line(phase: &Phase) {
    println!(
        "{:<24}{:>10}{:>8}{:>11}{:>11}{:>11}{:>8}{:>8}{:>10}",
        phase.name,
        number(phase.times.len() as u64),
        phase.wrong.len(),
        time(phase.quantile(0.5)),
        time(phase.quantile(0.99)),
        time(phase.quantile(1.0 - f64::EPSILON)),
        number(phase.calls),
        number(phase.hits),
        number(phase.computed)
    );
}
