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
use dateline_core::day::Day;
use dateline_gateway::{
    Config,
    config::ADMIN_TOKEN,
    observe::usage::{File, FileError, KEPT, Report},
};
use view::{By, Format};

/// Print who used which version of the API
///
/// Reads the usage file that `usage.file` in the configuration names. If a running gateway holds the file, it asks that
/// gateway on `admin.address`, with the token in the environment variable DATELINE_ADMIN_TOKEN or in a file, if one is
/// required. Clients without a configured name are shown as keys: a keyed hash of their credential. Days are in UTC,
/// and 365 of them are kept.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  Which versions has nobody used for thirty days, and who uses the others:
    dateline usage --config dateline.toml
  Which clients still use 2025-01-01, and for what:
    dateline usage --config dateline.toml --days 90 --by version,client,operation
  For a spreadsheet:
    dateline usage --config dateline.toml --since 2026-01-01 --format csv > usage.csv
  All replicas as one, from their files or from what their gateways answer:
    curl -s http://10.0.0.7:9090/api/usage?since=2026-11-01 > 7.json
    curl -s http://10.0.0.8:9090/api/usage?since=2026-11-01 > 8.json
    dateline usage --since 2026-11-01 7.json 8.json usage-9.redb")]
pub(super) struct Usage {
    /// The configuration file
    #[arg(long, short = 'c', value_name = "FILE")]
    config: Option<PathBuf>,
    /// Read these instead of asking a gateway: usage files, or responses of /api/usage. Several are added up
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Count the last N days, today included
    #[arg(long, value_name = "N", default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=i64::from(KEPT)))]
    days: u32,
    /// Count from this day on: YYYY-MM-DD
    #[arg(long, value_name = "DATE", conflicts_with = "days")]
    since: Option<Day>,
    /// Group by these, separated by commas [default: the versions, used or not]
    #[arg(long, value_name = "WHAT", value_delimiter = ',')]
    by: Vec<By>,
    /// The form of the output; csv and json group by all three unless --by is given
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
        let (report, source) = match &*self.files {
            [] => self.configured(&config, since, today)?,
            files => (added(files, since, today)?, read_from(files)),
        };
        writeln!(streams.notes, "{source}")?;
        if report.gateways > 1 && report.names.len() != 1 {
            writeln!(streams.notes, "{PER_GATEWAY}")?;
        }
        let versions: Vec<String> = pack.versions().map(|version| version.to_string()).collect();
        let about = (versions.as_slice(), config.usage.verdict_after);
        view::write(streams.output, &report, about, &self.by, self.format)
    }

    /// The report of the configured file, and where it is from.
    fn configured(&self, config: &Config, since: Day, today: Day) -> Result<(Report, String), Failure> {
        let path = config.usage.file.as_deref().ok_or_else(|| {
            let problem =
                "no usage is kept: write [usage] file = \"usage.redb\" in the configuration, or name a file";
            Failure::Usage(problem.to_owned())
        })?;
        let shown = path.display();
        match read(path, since, today) {
            Ok(report) => Ok((report, format!("read from {shown}"))),
            Err(FileError::Held) => {
                let address = config.admin.address.map(reachable).ok_or_else(|| {
                    Failure::Usage(format!("{shown}: another process holds it, and admin.address is off"))
                })?;
                let token = self.token()?;
                let report = ask::usage(address, token.as_deref(), since).map_err(|problem| {
                    Failure::Input(format!("{shown}: another process holds it, and {problem}"))
                })?;
                Ok((report, format!("asked the gateway at {address}, which holds {shown}")))
            }
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

/// Said where a client may have several names in one report.
const PER_GATEWAY: &str = "each gateway names clients without a configured name by itself: a client that several have served is listed once for each";

fn read_from(files: &[PathBuf]) -> String {
    let files: Vec<String> = files.iter().map(|file| file.display().to_string()).collect();
    format!("read from {}", files.join(", "))
}

/// Adds up the usage of several gateways.
fn added(files: &[PathBuf], since: Day, today: Day) -> Result<Report, Failure> {
    let mut sum: Option<Report> = None;
    for (at, path) in files.iter().enumerate() {
        let shown = path.display();
        let wrong = |problem: &dyn std::fmt::Display| Failure::Input(format!("{shown}: {problem}"));
        let same = |other: &PathBuf| matches!((fs::canonicalize(other), fs::canonicalize(path)), (Ok(one), Ok(two)) if one == two);
        if files.iter().take(at).any(same) {
            return Err(wrong(&"named twice: it would be counted twice"));
        }
        let report = match answered(path, since).map_err(|problem| wrong(&problem))? {
            Some(report) => report,
            None => read(path, since, today).map_err(|error| match error {
                FileError::Held => wrong(&"another process holds it; without a file named, the gateway is asked; of several, save what each answers at /api/usage"),
                error => wrong(&error),
            })?,
        };
        sum = Some(match sum {
            Some(sum) => sum.merged(report),
            None => report,
        });
    }
    sum.ok_or_else(|| Failure::Usage("no file is named".to_owned()))
}

/// Reads a saved response of `/api/usage`, or returns `None` if the file is something else.
fn answered(path: &Path, since: Day) -> Result<Option<Report>, String> {
    use std::io::Read;
    let mut start = [0];
    let mut file = fs::File::open(path).map_err(|problem| problem.to_string())?;
    if file.read(&mut start).map_err(|problem| problem.to_string())? == 0 || start != *b"{" {
        return Ok(None);
    }
    let text = fs::read(path).map_err(|problem| problem.to_string())?;
    let answer: serde_json::Value =
        serde_json::from_slice(&text).map_err(|problem| format!("it is not JSON: {problem}"))?;
    match Report::from_json(&answer["usage"]) {
        Some(report) if report.since == since => Ok(Some(report)),
        Some(report) => Err(format!(
            "it counts since {}, not since {since}: ask for /api/usage?since={since}, or write --since {}",
            report.since, report.since
        )),
        None => Err(match answer["error"].as_str() {
            Some(error) => format!("the gateway could not read its usage: {error}"),
            None => "it is not what a gateway that keeps usage answers at /api/usage".to_owned(),
        }),
    }
}

fn read(path: &Path, since: Day, today: Day) -> Result<Report, FileError> {
    let file = File::read_only(path)?;
    Ok(Report::new(file.read()?.rows, since, today).named_by(Some(file.names())))
}

#[cfg(test)]
mod tests;
