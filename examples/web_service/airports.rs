//! The data: some airports of the world, where they are, and how far it is from one to another.

use serde::{Deserialize, Serialize};
use std::sync::LazyLock;

/// The mean radius of the earth, in kilometres.
const RADIUS: f64 = 6371.0;

/// A row of `airports.csv`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Airport {
    pub(crate) code: String,
    pub(crate) name: String,
    pub(crate) city: String,
    pub(crate) country: String,
    pub(crate) latitude: f64,
    pub(crate) longitude: f64,
}

/// A way from one airport to another.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Leg {
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) kilometres: u32,
}

/// All airports, by their codes.
pub(crate) fn all() -> &'static [Airport] {
    static ALL: LazyLock<Vec<Airport>> = LazyLock::new(|| {
        let rows = include_str!("airports.csv").lines().skip(1);
        rows.map(|row| Airport::read(row).expect("the table is well formed"))
            .collect()
    });
    &ALL
}

/// The airport of this code.
pub(crate) fn find(code: &str) -> Option<&'static Airport> {
    all().iter().find(|airport| airport.code == code)
}

/// The airports that have this text in their name or their city, or are in this country.
pub(crate) fn search(text: &str) -> Vec<Airport> {
    let text = text.to_lowercase();
    let is_there = |place: &str| place.to_lowercase().contains(&text);
    let matches = |airport: &&Airport| {
        is_there(&airport.name) || is_there(&airport.city) || airport.country.to_lowercase() == text
    };
    all().iter().filter(matches).cloned().collect()
}

/// The ways from an airport to all others, the shortest first.
pub(crate) fn legs_from(from: &Airport) -> Vec<Leg> {
    let others = all().iter().filter(|to| to.code != from.code);
    let mut legs: Vec<_> = others.map(|to| Leg::between(from, to)).collect();
    legs.sort_by_key(|leg| leg.kilometres);
    legs
}

/// The ways between all airports.
pub(crate) fn all_legs() -> Vec<Leg> {
    all().iter().flat_map(legs_from).collect()
}

impl Airport {
    fn read(row: &str) -> Option<Self> {
        let mut cells = row.split(',').map(str::to_owned);
        Some(Self {
            code: cells.next()?,
            name: cells.next()?,
            city: cells.next()?,
            country: cells.next()?,
            latitude: cells.next()?.parse().ok()?,
            longitude: cells.next()?.parse().ok()?,
        })
    }
}

impl Leg {
    /// Along a great circle, by the haversine formula.
    fn between(from: &Airport, to: &Airport) -> Self {
        let [north, east] = [from.latitude, from.longitude].map(f64::to_radians);
        let [to_north, to_east] = [to.latitude, to.longitude].map(f64::to_radians);
        let haversine = |angle: f64| (angle / 2.0).sin().powi(2);
        let h =
            haversine(to_north - north) + north.cos() * to_north.cos() * haversine(to_east - east);
        Self {
            from: from.code.clone(),
            to: to.code.clone(),
            kilometres: (2.0 * RADIUS * h.sqrt().asin()).round() as u32,
        }
    }
}
