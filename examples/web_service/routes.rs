//! What is served where.

use crate::airports::Leg;
use crate::figures::Figures;
use crate::{page, queries};
use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use futures::StreamExt as _;
use memo::Cache;
use serde::Deserialize;
use std::convert::Infallible;

/// All routes.
pub(crate) fn routes(cache: Cache) -> Router {
    Router::new()
        .route("/", get(async || Html(page::home())))
        .route("/airport/{code}", get(airport))
        .route("/search", get(search))
        .route("/from/{code}", get(departures))
        .route("/report", get(report))
        .route("/stats", get(stats))
        .route("/stats.json", get(stats_as_data))
        .with_state(cache)
}

/// A line of `/from/…` and of `/report`.
pub(crate) fn line(leg: &Leg) -> String {
    format!("{} {} {} km\n", leg.from, leg.to, leg.kilometres)
}

async fn airport(Path(code): Path<String>) -> Response {
    match queries::airport(&code).await {
        Some(airport) => Json(airport).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

#[derive(Deserialize)]
struct Wanted {
    q: String,
}

async fn search(Query(wanted): Query<Wanted>) -> Response {
    Json(queries::search(&wanted.q).await).into_response()
}

async fn departures(Path(code): Path<String>) -> Response {
    if queries::airport(&code).await.is_none() {
        return StatusCode::NOT_FOUND.into_response();
    }
    let lines = queries::departures(code).map(|leg| Ok::<_, Infallible>(line(&leg)));
    Body::from_stream(lines).into_response()
}

/// The query blocks, and so it has a thread of its own.
async fn report() -> Response {
    match tokio::task::spawn_blocking(queries::report).await {
        Ok(legs) => legs.iter().map(line).collect::<String>().into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

async fn stats(State(cache): State<Cache>) -> Html<String> {
    Html(page::stats(&Figures::of(&cache)))
}

async fn stats_as_data(State(cache): State<Cache>) -> Json<Figures> {
    Json(Figures::of(&cache))
}
