//! Exchanges kept as files: what is in them, what never is, and that no request notices.

mod command;
mod files;
mod folder;
mod secrets;

use super::support::{Ask, Gateway, Process, Upstream, answer, ask, get, json, until};
use dateline_gateway::{
    Config,
    capture::format::{Body, Exchange, exchanges},
    config::Paths,
};
use std::{fs, path::Path};
use tempfile::TempDir;

const PLAN: &str = "/api/v1/plans/plan_x";
const OLD: &str = "2025-01-01";
const NEW: &str = "2026-07-01";

/// A folder that is not there yet.
fn nowhere(temporary: &TempDir) -> String {
    temporary.path().join("recording").to_str().unwrap().to_owned()
}

async fn recording(upstream: &Upstream, folder: &str, change: impl FnOnce(&mut Config)) -> Gateway {
    Gateway::configured(upstream, |config| {
        config.record.folder = Some(folder.into());
        change(config);
    })
    .await
}

/// The names and exchanges of a folder, as soon as there are so many.
async fn kept(folder: &str, count: usize) -> Vec<(String, Exchange)> {
    let read = || exchanges(Path::new(folder)).map(Iterator::collect).unwrap_or_else(|_| Vec::new());
    until("files", || read().len() >= count).await;
    let read = read();
    assert_eq!(read.len(), count, "{read:?}");
    read.into_iter().map(|recorded| (recorded.name, recorded.exchange.expect("an exchange"))).collect()
}

/// Returns the names and contents of all files in a folder.
fn everything(folder: &str) -> String {
    let files = fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path());
    files.map(|file| format!("{}\n{}", file.display(), fs::read_to_string(&file).unwrap())).collect()
}

async fn until_counted(gateway: &Gateway, series: &str, count: u64) {
    let counted = async || gateway.operator().metric(series).await;
    for _ in 0..2000 {
        if counted().await >= Some(count) {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    assert_eq!(counted().await, Some(count), "{series}");
}

fn unrecorded(reason: &str) -> String {
    format!("dateline_unrecorded_exchanges_total{{reason=\"{reason}\"}}")
}
