//! `dateline check --config`: would a gateway start with it?

use std::path::Path;

use super::{
    super::loaded::{Loaded, load},
    Failure, Streams,
    json::{self, Checked, Listed},
};
use dateline_core::pack::Diagnostics;
use dateline_gateway::{
    Gateway,
    config::{Problem, Warning},
};

/// Reads a configuration as the gateway would, and tells what is wrong with it.
///
/// # Errors
/// It has mistakes, or the file cannot be read.
pub(super) fn check(file: &Path, json: bool, streams: &mut Streams<'_>) -> Result<(), Failure> {
    match load(Some(file), |_| {}) {
        Ok(Loaded { config, pack, mut warnings }) => {
            warnings.extend(Gateway::unwritable(&config));
            let upstream = config.upstream_url(&pack);
            let version = config.upstream.version.unwrap_or(pack.newest());
            let summary = format!(
                "{}: no mistakes: {} at {version}, the pack {} with {}, {}",
                file.display(),
                upstream.unwrap_or("no upstream"),
                pack.name,
                count(pack.versions().count(), "version"),
                count(config.clients.len(), "client")
            );
            match json {
                true => json::write(
                    &Checked { mistakes: Vec::new(), warnings: listed(&warnings), summary },
                    streams,
                ),
                false => Ok(writeln!(streams.output, "{}{summary}", told(&warnings))?),
            }
        }
        Err(wrong) => {
            let of_pack = wrong.pack.iter().flat_map(Diagnostics::iter);
            let mistakes: Vec<_> =
                wrong.mistakes.iter().map(Listed::from).chain(of_pack.map(Listed::from)).collect();
            let summary = format!("{}: {}", file.display(), count(mistakes.len(), "mistake"));
            let unreadable =
                wrong.mistakes.iter().find(|mistake| matches!(mistake.problem, Problem::Unreadable(_)));
            if json {
                json::write(&Checked { mistakes, warnings: listed(&wrong.warnings), summary }, streams)?;
            } else if unreadable.is_none() {
                let text = wrong.report(false);
                writeln!(streams.output, "{}\n{}{summary}", text.trim_end(), told(&wrong.warnings))?;
            }
            match unreadable {
                Some(mistake) => Err(Failure::Usage(mistake.to_string())),
                None => Err(Failure::Reported),
            }
        }
    }
}

fn listed(warnings: &[Warning]) -> Vec<Listed> {
    warnings.iter().map(Listed::from).collect()
}

/// A line for each.
fn told(warnings: &[Warning]) -> String {
    warnings.iter().map(|warning| format!("warning: {warning}\n")).collect()
}

/// `1 client`, `2 clients`.
fn count(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}
