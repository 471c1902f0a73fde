//! `dateline usage`: who still uses which version?

mod ask;
mod view;

use std::{
    fs,
    path::{Path, PathBuf},
    time::{SystemTime, UNIX_EPOCH},
};

use clap::Args;

use super::{Failure, Streams, admin::reachable, load_pack};
use crate::{
    Config,
    config::ADMIN_TOKEN,
    day::Day,
    usage::{File, FileError, KEPT, Report},
};
use view::{By, Format};

/// Print who used which version of the API
///
/// Reads the usage file that `usage.file` in the configuration names. Where a running gateway holds it, asks that, on
/// `admin.address`, with the token in the environment variable DATELINE_ADMIN_TOKEN or in a file, where it wants one.
/// Clients without a configured name are keys: a keyed hash of their credential. Days are those of UTC, and 365 are kept.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  Which versions has nobody used for thirty days, and who uses the others:
    dateline usage --config dateline.toml
  Who keeps 2025-01-01 alive, and with what:
    dateline usage --config dateline.toml --days 90 --by version,client,operation
  For a spreadsheet:
    dateline usage --config dateline.toml --since 2026-01-01 --format csv > usage.csv
  A copy of the file, without a gateway:
    dateline usage --file usage.redb")]
pub(super) struct Usage {
    /// The configuration file
    #[arg(long, short = 'c', value_name = "FILE")]
    config: Option<PathBuf>,
    /// Read this usage file, and ask no gateway
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// Count the last N days, today included
    #[arg(long, value_name = "N", default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=i64::from(KEPT)))]
    days: u32,
    /// Count from this day on: YYYY-MM-DD
    #[arg(long, value_name = "DATE", conflicts_with = "days")]
    since: Option<Day>,
    /// Tell apart by these, with commas between [default: the versions, used or not]
    #[arg(long, value_name = "WHAT", value_delimiter = ',')]
    by: Vec<By>,
    /// The form of the output; csv and json tell apart by all three where --by says nothing
    #[arg(long, value_name = "FORMAT", default_value_t = Format::Table)]
    format: Format,
    /// A file with the token of the admin listener
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
}

/// A usage file holds much less.
const LONGEST_TOKEN: u64 = 16 << 10;

impl Usage {
    pub(super) fn run(self, streams: &mut Streams<'_>) -> Result<(), Failure> {
        let (config, _) = Config::load(self.config.as_deref())?;
        let pack = load_pack(config.transforms.path.as_deref())?;
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let today = Day::of(now);
        let since = self.since.unwrap_or_else(|| today.back(self.days - 1));
        if since > today {
            return Err(Failure::Usage(format!("--since: {since} is after today, {today}")));
        }
        let (report, source) = self.report(&config, since, today)?;
        writeln!(streams.notes, "{source}")?;
        let versions: Vec<String> = pack.versions().map(|version| version.to_string()).collect();
        view::write(streams.output, &report, &versions, &self.by, self.format)
    }

    /// The report, and where it is from.
    fn report(&self, config: &Config, since: Day, today: Day) -> Result<(Report, String), Failure> {
        let path = match (&self.file, &config.usage.file) {
            (Some(file), _) | (None, Some(file)) => file,
            (None, None) => {
                let problem = "no usage is kept: write [usage] file = \"usage.redb\" in the configuration, or name a file with --file";
                return Err(Failure::Usage(problem.to_owned()));
            }
        };
        let shown = path.display();
        match read(path, since, today) {
            Ok(report) => Ok((report, format!("read from {shown}"))),
            Err(FileError::Held) if self.file.is_none() => {
                let address = config.admin.address.map(reachable).ok_or_else(|| {
                    Failure::Usage(format!("{shown}: another process holds it, and admin.address is off"))
                })?;
                let token = self.token()?;
                let report = ask::usage(address, token.as_deref(), since).map_err(|problem| {
                    Failure::Input(format!("{shown}: another process holds it, and {problem}"))
                })?;
                Ok((report, format!("asked the gateway at {address}, which holds {shown}")))
            }
            Err(FileError::Held) => Err(Failure::Input(format!(
                "{shown}: another process holds it; without --file, the gateway is asked"
            ))),
            Err(error) => Err(Failure::Input(format!("{shown}: {error}"))),
        }
    }

    /// The token of the admin listener. What is refused is not repeated.
    fn token(&self) -> Result<Option<String>, Failure> {
        let refused = |from: &str, why: &str| Failure::Usage(format!("{from}: {why}"));
        let (from, text) = match &self.token_file {
            Some(file) => {
                let from = file.display().to_string();
                let length =
                    fs::metadata(file).map_err(|problem| refused(&from, &problem.to_string()))?.len();
                if length > LONGEST_TOKEN {
                    return Err(refused(&from, "too long for a token"));
                }
                let text =
                    fs::read_to_string(file).map_err(|problem| refused(&from, &problem.to_string()))?;
                (from, text)
            }
            None => match std::env::var(ADMIN_TOKEN) {
                Ok(text) => (ADMIN_TOKEN.to_owned(), text),
                Err(std::env::VarError::NotPresent) => return Ok(None),
                Err(std::env::VarError::NotUnicode(_)) => return Err(refused(ADMIN_TOKEN, "not a token")),
            },
        };
        let token = text.trim();
        match !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic()) {
            true => Ok(Some(token.to_owned())),
            false => Err(refused(&from, "not a token: printable ASCII without spaces")),
        }
    }
}

fn read(path: &Path, since: Day, today: Day) -> Result<Report, FileError> {
    Ok(Report::new(File::read_only(path)?.read()?.rows, since, today))
}

#[cfg(test)]
mod tests;
