//! A server that owns its API, and clients of two versions of it.
//!
//! The handlers know notes as they are today, with a `body`. Clients that do not name a version still send and get `text`.
//! Start it with `cargo run -p dateline-http --example axum`, then:
//!
//! ```text
//! $ curl -i localhost:3000/api/notes --json '{"text":"Milk"}'
//! $ curl localhost:3000/api/notes/1
//! {"id":1,"text":"Milk"}
//! $ curl localhost:3000/api/notes/1 -H 'api-version-date: 2026-05-01'
//! {"id":1,"body":"Milk"}
//! ```

use axum::{
    Json, Router,
    extract::{Path, State},
    http::StatusCode,
    routing::{get, post},
};
use dateline_core::pack::Pack;
use dateline_http::{TranslateLayer, policy::Policy};
use serde_json::{Value, json};
use std::{
    error::Error,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::net::TcpListener;
use tower::Layer;

/// The bodies of the notes. The first note has the id 1.
type Notes = Arc<Mutex<Vec<Value>>>;

async fn create(State(notes): State<Notes>, Json(note): Json<Value>) -> Result<Json<Value>, StatusCode> {
    let body = note.get("body").ok_or(StatusCode::UNPROCESSABLE_ENTITY)?.clone();
    let mut notes = notes.lock().unwrap_or_else(PoisonError::into_inner);
    notes.push(body.clone());
    Ok(Json(json!({ "id": notes.len(), "body": body })))
}

async fn read(State(notes): State<Notes>, Path(id): Path<usize>) -> Result<Json<Value>, StatusCode> {
    let notes = notes.lock().unwrap_or_else(PoisonError::into_inner);
    let body = id.checked_sub(1).and_then(|at| notes.get(at)).ok_or(StatusCode::NOT_FOUND)?;
    Ok(Json(json!({ "id": id, "body": body })))
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let api = Router::new()
        .route("/api/notes", post(create))
        .route("/api/notes/{id}", get(read))
        .with_state(Notes::default());
    let pack = Pack::load(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/notes").as_ref())?;
    // Around the whole router, so that the layer sees paths and queries before they are matched.
    let api = TranslateLayer::new(pack, &Policy::default())?.layer(api);
    let app = Router::new().fallback_service(api);
    let listener = TcpListener::bind("127.0.0.1:3000").await?;
    axum::serve(listener, app).await?;
    Ok(())
}
