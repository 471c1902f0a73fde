//! Configuration and pack, read together: what the gateway starts with, what a reload puts in force, and what
//! `dateline check --config` looks at.

use std::path::Path;

use super::pack_report;
use dateline_core::pack::{Diagnostics, Pack};
use dateline_gateway::{
    Config, Gateway,
    config::{ConfigError, Reading, Warning, report},
};

/// The configuration and the pack of a gateway.
#[derive(Debug)]
pub(super) struct Loaded {
    pub(super) config: Config,
    pub(super) pack: Pack,
    /// Settings that are valid but perhaps not intended.
    pub(super) warnings: Vec<Warning>,
}

/// All mistakes of a configuration and of the pack that it names.
#[derive(Debug)]
pub(super) struct Wrong {
    pub(super) mistakes: Vec<ConfigError>,
    pub(super) pack: Option<Diagnostics>,
    pub(super) warnings: Vec<Warning>,
}

/// Reads `file`, the environment, the pack, and the files that the configuration names. What this process was told
/// otherwise is put into the configuration by `told`, before it is looked at as a whole.
///
/// # Errors
/// Every mistake, of all of them at once.
pub(super) fn load(file: Option<&Path>, told: impl FnOnce(&mut Config)) -> Result<Loaded, Wrong> {
    let Reading { mut config, mut warnings, mut mistakes } = Reading::new(file);
    told(&mut config);
    // Which pack is meant is not known then, or nothing is.
    let no_pack = |mistake: &ConfigError| match mistake.key.as_deref() {
        Some(key) => key == "transforms" || key.starts_with("transforms."),
        None => true,
    };
    if mistakes.iter().any(no_pack) {
        return Err(Wrong { mistakes, pack: None, warnings });
    }
    let pack = match config.transforms.path.as_deref().map_or_else(Pack::embedded, Pack::load) {
        Ok(pack) => pack,
        Err(pack) => return Err(Wrong { mistakes, pack: Some(pack), warnings }),
    };
    // A key with a mistake has its default here, which nobody has written.
    let known: Vec<_> = mistakes.iter().map(|mistake| mistake.key.clone()).collect();
    let more = Gateway::mistakes(&config, &pack).into_iter();
    mistakes.extend(more.filter(|mistake| !known.contains(&mistake.key)));
    mistakes.sort_by(|one, other| one.origin.cmp(&other.origin));
    if !mistakes.is_empty() {
        return Err(Wrong { mistakes, pack: None, warnings });
    }
    warnings.extend(pack.warnings.iter().map(Warning::from));
    // Where requests go is told first.
    warnings.splice(0..0, Gateway::warnings(&config, &pack));
    Ok(Loaded { config, pack, warnings })
}

impl Wrong {
    /// All of it as text.
    pub(super) fn report(&self, coloured: bool) -> String {
        let config = (!self.mistakes.is_empty()).then(|| report(&self.mistakes));
        let pack = self.pack.as_ref().map(|pack| pack_report(pack, coloured));
        config.into_iter().chain(pack).collect::<Vec<_>>().join("\n\n")
    }
}
