//! The changes that a reload makes, for the log.

use super::{
    Generation,
    writes::{self, ChangedWrite},
};
use crate::{
    Version,
    config::{Config, Gone, Telemetry, Usage, Warning},
    gateway::fitting,
    log::Filter,
    pack::Pack,
};

/// The differences between two generations.
#[derive(Debug)]
pub(super) struct Changes {
    /// The tables of the configuration that differ, and `pack`.
    changed: Vec<&'static str>,
    /// The keys whose new values take a restart.
    restart: Vec<&'static str>,
    writes: Vec<ChangedWrite>,
    /// The keys and clients that the configuration has no longer.
    gone: Gone,
    /// The versions that the pack has no longer.
    versions: Vec<Version>,
    /// The warnings that are new.
    warnings: Vec<Warning>,
}

/// The keys whose new values take a restart.
const RESTART: [&str; 11] = [
    "listen.address",
    "admin.address",
    "reload.watch",
    "log.format",
    "usage.file",
    "usage.flush",
    "telemetry.otlp_endpoint",
    "telemetry.otlp_protocol",
    "telemetry.otlp_headers_file",
    "telemetry.otlp_ca_file",
    "telemetry.service_name",
];

/// Returns true if a new value of this key takes a restart.
pub(super) fn needs_restart(key: &str) -> bool {
    RESTART.contains(&key)
}

/// Puts the values in force back into the next configuration where a new one takes a restart, and returns the keys of
/// those: so the next reload tells them again.
pub(super) fn put_back(config: &Config, next: &mut Config) -> Vec<&'static str> {
    let mut restart = Vec::new();
    let mut keep = |key, differs| {
        debug_assert!(needs_restart(key), "{key}");
        if differs {
            restart.push(key);
        }
    };
    keep("listen.address", config.listen.address != next.listen.address);
    keep("admin.address", config.admin.address != next.admin.address);
    keep("reload.watch", config.reload.watch != next.reload.watch);
    keep("log.format", config.log.format != next.log.format);
    keep("usage.file", config.usage.file != next.usage.file);
    keep("usage.flush", config.usage.flush != next.usage.flush);
    let (telemetry, next_telemetry) = (&config.telemetry, &mut next.telemetry);
    keep("telemetry.otlp_endpoint", telemetry.otlp_endpoint != next_telemetry.otlp_endpoint);
    keep("telemetry.otlp_protocol", telemetry.otlp_protocol != next_telemetry.otlp_protocol);
    keep("telemetry.otlp_headers_file", telemetry.otlp_headers_file != next_telemetry.otlp_headers_file);
    keep("telemetry.otlp_ca_file", telemetry.otlp_ca_file != next_telemetry.otlp_ca_file);
    keep("telemetry.service_name", telemetry.service_name != next_telemetry.service_name);
    let (sample, propagate) = (next_telemetry.sample, next_telemetry.propagate);
    *next_telemetry = Telemetry { sample, propagate, ..telemetry.clone() };
    next.listen.address = config.listen.address;
    next.admin.address = config.admin.address;
    next.reload.clone_from(&config.reload);
    let verdict_after = next.usage.verdict_after;
    next.usage = Usage { verdict_after, ..config.usage.clone() };
    next.log.format = config.log.format;
    restart
}

/// Puts a changed `log.filter` in force in the log. It wins over what was set there meanwhile.
pub(super) fn change_filter(config: &Config, next: &Config, log_filter: Option<&Filter>) {
    if config.log.filter == next.log.filter {
        return;
    }
    match log_filter.map(|filter| filter.configured(&next.log.filter)) {
        Some(Ok(true)) => {}
        Some(Ok(false)) => {
            tracing::warn!("log.filter has changed, and RUST_LOG wins, which this was started with");
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
            writes: writes::changed((config, pack), (next, next_pack)),
            gone: config.gone_in(next),
            versions: pack.versions().filter(|version| !next_pack.supports(*version)).collect(),
            warnings: fitting::warnings(next, next_pack).into_iter().filter(is_new).collect(),
        }
    }

    /// Logs what has changed.
    pub(super) fn log(&self, pack: &Pack) {
        self.log_what_is_gone();
        self.warnings.iter().for_each(|warning| tracing::warn!("{warning}"));
        for ChangedWrite { operation, clients } in &self.writes {
            tracing::warn!(
                operation,
                clients = clients.join(", "),
                "requests of this write reach the upstream in another form from now on: one that is sent again across \
                 this reload, with its Idempotency-Key, is not recognised as the same"
            );
        }
        for key in &self.restart {
            tracing::warn!(key, "a new value of this key takes a restart: the old one holds");
        }
        let changed = match self.changed.as_slice() {
            [] => "nothing".to_owned(),
            changed => changed.join(", "),
        };
        tracing::info!(changed, pack = pack.digest, newest = %pack.newest(), "reloaded");
    }

    /// Names what the configuration has lost: a file of which half was written may be TOML, too.
    fn log_what_is_gone(&self) {
        let Gone { keys, clients, loosened, served } = &self.gone;
        if !clients.is_empty() {
            tracing::warn!(
                clients = clients.join(", "),
                "clients are not configured any more: their requests are handled as anybody's"
            );
        }
        if !loosened.is_empty() {
            tracing::warn!(
                clients = loosened.join(", "),
                "clients have lost their pin, their upstream_version or losses = \"refuse\""
            );
        }
        if !keys.is_empty() {
            tracing::warn!(keys = keys.join(", "), "keys are not written any more: their defaults hold");
        }
        if !served.is_empty() {
            tracing::warn!(versions = served.join(", "), "versions are not refused after a sunset any more");
        }
        if !self.versions.is_empty() {
            let versions: Vec<String> = self.versions.iter().map(Version::to_string).collect();
            tracing::warn!(versions = versions.join(", "), "the pack does not have these versions any more");
        }
    }
}

/// The names of the tables that differ, and `pack`.
fn changed_tables(old: &Generation, new: &Generation) -> Vec<&'static str> {
    let (config, next) = (&old.config, &new.config);
    let tables = [
        ("listen", config.listen != next.listen),
        ("admin", config.admin != next.admin),
        ("upstream", config.upstream != next.upstream),
        ("transforms", config.transforms != next.transforms),
        ("pins", config.pins != next.pins),
        ("limits", config.limits != next.limits),
        ("timeouts", config.timeouts != next.timeouts),
        ("responses", config.responses != next.responses),
        ("log", config.log != next.log),
        ("usage", config.usage != next.usage),
        ("record", config.record != next.record),
        ("telemetry", config.telemetry != next.telemetry),
        ("verify", config.verify != next.verify),
        ("client", config.clients != next.clients),
        ("version", config.versions != next.versions),
        ("pack", old.pack.digest != new.pack.digest),
    ];
    tables.into_iter().filter(|(_, differs)| *differs).map(|(table, _)| table).collect()
}
