//! The changes that a reload makes, for the log.

use super::{
    Generation,
    writes::{self, ChangedWrite, Setup},
};
use crate::{
    config::{Config, Removals, Warning},
    log::Filter,
    state::fitting,
};
use dateline_core::{Version, pack::Pack};

/// The differences between two generations.
#[derive(Debug)]
pub(super) struct Changes {
    /// The tables of the configuration that differ, and `pack`.
    changed: Vec<String>,
    /// The keys whose new values take a restart.
    restart: Vec<&'static str>,
    writes: Vec<ChangedWrite>,
    /// The keys and clients that the configuration has no longer.
    gone: Removals,
    /// The versions that the pack has no longer.
    versions: Vec<Version>,
    /// The warnings that are new.
    warnings: Vec<Warning>,
}

/// Puts a changed `log.filter` in force in the log. It wins over what was set there meanwhile.
pub(super) fn change_filter(config: &Config, next: &Config, log_filter: Option<&Filter>) {
    if config.log.filter == next.log.filter {
        return;
    }
    match log_filter.map(|filter| filter.configured(&next.log.filter)) {
        Some(Ok(true)) => {}
        Some(Ok(false)) => {
            tracing::warn!(target: "dateline::gateway::reload", "log.filter has changed, and RUST_LOG wins, which this was started with");
        }
        // It has been checked; where there is no log of ours, whoever has it says what is in it.
        Some(Err(_)) | None => {}
    }
}

impl Changes {
    /// Compares two generations. `restart` are the keys that were put back.
    pub(super) fn between(old: &Generation, new: &Generation, restart: Vec<&'static str>) -> Self {
        let (config, pack) = (&*old.config, &*old.pack);
        let (next, next_pack) = (&*new.config, &*new.pack);
        let known = fitting::warnings(config, pack);
        let is_new = |warning: &Warning| !known.iter().any(|known| known.text == warning.text);
        Changes {
            changed: changed_tables(old, new),
            restart,
            writes: writes::changed(Setup { config, pack }, Setup { config: next, pack: next_pack }),
            gone: config.gone_in(next),
            versions: pack.versions().filter(|version| !next_pack.supports(*version)).collect(),
            warnings: fitting::warnings(next, next_pack).into_iter().filter(is_new).collect(),
        }
    }

    /// Logs what has changed.
    pub(super) fn log(&self, pack: &Pack) {
        self.log_what_is_gone();
        self.warnings
            .iter()
            .for_each(|warning| tracing::warn!(target: "dateline::gateway::reload", "{warning}"));
        for ChangedWrite { operation, clients } in &self.writes {
            tracing::warn!(target: "dateline::gateway::reload",
                operation,
                clients = clients.join(", "),
                "requests of this write reach the upstream in another form from now on: one that is sent again across \
                 this reload, with its Idempotency-Key, is not recognised as the same"
            );
        }
        for key in &self.restart {
            tracing::warn!(target: "dateline::gateway::reload", key, "a new value of this key takes a restart: the old one holds");
        }
        let changed = match self.changed.as_slice() {
            [] => "nothing".to_owned(),
            changed => changed.join(", "),
        };
        tracing::info!(target: "dateline::gateway::reload", changed, pack = pack.digest, newest = %pack.newest(), "reloaded");
    }

    /// Names what the configuration has lost: a file of which half was written may be TOML, too.
    fn log_what_is_gone(&self) {
        let Removals { keys, clients, loosened, served } = &self.gone;
        if !clients.is_empty() {
            tracing::warn!(target: "dateline::gateway::reload",
                clients = clients.join(", "),
                "clients are not configured any more: their requests are handled as anybody's"
            );
        }
        if !loosened.is_empty() {
            tracing::warn!(target: "dateline::gateway::reload",
                clients = loosened.join(", "),
                "clients have lost their pin, their upstream_version or losses = \"refuse\""
            );
        }
        if !keys.is_empty() {
            tracing::warn!(target: "dateline::gateway::reload", keys = keys.join(", "), "keys are not written any more: their defaults hold");
        }
        if !served.is_empty() {
            tracing::warn!(target: "dateline::gateway::reload", versions = served.join(", "), "versions are not refused after a sunset any more");
        }
        if !self.versions.is_empty() {
            let versions: Vec<String> = self.versions.iter().map(Version::to_string).collect();
            tracing::warn!(target: "dateline::gateway::reload", versions = versions.join(", "), "the pack does not have these versions any more");
        }
    }
}

/// The names of the tables that differ, and `pack`.
fn changed_tables(old: &Generation, new: &Generation) -> Vec<String> {
    let keys = old.config.differing(&new.config);
    let tables = keys.iter().filter_map(|key| key.split(['.', ' ']).next());
    let mut changed: Vec<String> = tables.map(str::to_owned).collect();
    changed.extend((old.pack.digest != new.pack.digest).then(|| "pack".to_owned()));
    changed.dedup();
    changed
}
