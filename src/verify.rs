//! `dateline verify`: is the translation right, for these requests?

mod credentials;
mod list;
mod progress;
mod report;
mod run;
#[cfg(test)]
mod tests;

use std::{
    fs::File,
    io::BufReader,
    num::NonZero,
    path::{Path, PathBuf},
    str::FromStr,
    sync::Arc,
};

use clap::Args;
use http::{HeaderMap, Uri, uri::PathAndQuery};

use super::{Failure, PackArgument, Streams, known_version, load_pack};
use dateline_core::{
    Version,
    compare::{Ignored, report::counted},
    pack::Pack,
    route::{Routes, VersionSegments},
};
use dateline_gateway::{Config, config::origin};
use dateline_http::{
    pin::{Pinned, Pins, RequestIdentity},
    policy::{Client, Match, Policy, UnknownPin},
};
use dateline_sandbox::Sandbox;
use list::{Api, LeftOut, List};
use report::{About, RunResult};

/// Compare translated responses with the upstream's own
///
/// Every GET of a list is sent twice for each pin: as the gateway sends it for a client of that pin, translated, and as
/// that client would send it to the upstream itself, which still serves the old versions. The two responses are compared as
/// JSON. If they differ, both are read again, so that data that changes in the meantime is not reported. Verification
/// never writes.
///
/// The list is a file with a `GET /path?query` or a URL on each line, an access log (common, combined, nginx, Envoy,
/// HAProxy), or a HAR file of a browser or a proxy. Its content shows which of them it is. Requests other than GET, or
/// of no operation in the pack, are left out and counted, and each request is sent once.
///
/// A request is assumed to be written for the pin that it is checked at. If all of a list was written for one version,
/// name it with --written-for, and its queries are translated to each pin first. A request of a HAR file that has the
/// version header names its own version.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  Without a network and without a key: the sandbox, with a built-in list of requests:
    dateline verify --sandbox
  An access log, ten requests of each operation, at every version that clients can pin:
    dateline verify --requests access.log --per-operation 10 --token-file key
  What a client of 2025-01-01 has recorded in a browser, and the values that differ:
    dateline verify --requests traffic.har --pin 2025-01-01 --values --token-file key
  For a program, against another address than the configuration's, from a pack that is being written:
    dateline verify --requests list.txt --upstream https://staging.example.com --pack transforms/whop --json

Exit codes: 0 all that was asked agrees; 1 something differs, could not be asked, or nothing could be compared; 2 usage,
configuration, or a list without a request.")]
pub(super) struct Verify {
    /// The list of requests, `-` for standard input [default with --sandbox: a built-in one]
    #[arg(long, value_name = "FILE", required_unless_present = "sandbox")]
    requests: Option<PathBuf>,
    /// The client versions to check, separated by commas [default: all but the upstream's]
    #[arg(long = "pin", value_name = "VERSION|all", value_delimiter = ',')]
    pins: Vec<PinArgument>,
    /// The configuration file, which names the upstream and the pack
    #[arg(long, short = 'c', value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(flatten)]
    pack: PackArgument,
    /// The URL of the upstream [default: as configured]
    #[arg(long, value_name = "URL")]
    upstream: Option<String>,
    /// The version that the upstream is spoken to at for translated requests [default: as configured]
    #[arg(long, value_name = "VERSION")]
    upstream_version: Option<Version>,
    /// Start the sandbox as the upstream
    #[arg(long, conflicts_with = "upstream")]
    sandbox: bool,
    /// The version that the requests are written for [default: the pin that they are checked at]
    #[arg(long, value_name = "VERSION")]
    written_for: Option<Version>,
    /// A field that changes by itself, such as `$.data[*].seen_at`. It is not compared, like those of verify.ignore.
    /// May be repeated
    #[arg(long, value_name = "JSONPATH")]
    ignore: Vec<String>,
    /// A file with the key to send as `Authorization: Bearer`
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// A file with more header fields to send: `name: value`, one on each line
    #[arg(long, value_name = "FILE")]
    header_file: Option<PathBuf>,
    /// Send the credentials in a HAR file, to the upstream that they belong to
    #[arg(long)]
    har_credentials: bool,
    /// The number of requests in flight at once
    #[arg(long, value_name = "N", default_value = "4")]
    concurrency: NonZero<u16>,
    /// The most requests a second [default: 20, with --sandbox no limit]
    #[arg(long, value_name = "N")]
    rate: Option<NonZero<u32>>,
    /// Take the first N different requests of each operation
    #[arg(long, value_name = "N")]
    per_operation: Option<NonZero<usize>>,
    /// Print the report as JSON
    #[arg(long)]
    json: bool,
    /// Show the values that differ, and not only their types
    #[arg(long)]
    values: bool,
}

/// `--pin 2025-01-01`, `--pin all`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum PinArgument {
    All,
    One(Version),
}

impl FromStr for PinArgument {
    type Err = dateline_core::version::NotAVersion;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "all" => Ok(PinArgument::All),
            text => text.parse().map(PinArgument::One),
        }
    }
}

/// The most requests a second to an API that belongs to someone else.
const RATE: u32 = 20;

impl Verify {
    pub(super) fn run(self, streams: &mut Streams<'_>) -> Result<(), Failure> {
        let (mut config, warnings) = Config::load(self.config.as_deref())?;
        for warning in warnings {
            writeln!(streams.notes, "warning: {warning}")?;
        }
        let pack = self.pack.path.as_deref().or(config.transforms.path.as_deref());
        let pack = Arc::new(load_pack(pack)?);
        if let Some(url) = &self.upstream {
            config.upstream.url =
                Some(origin(url).map_err(|why| Failure::Usage(format!("--upstream: {why}")))?);
        }
        let upstream_version = self.upstream_version.or(config.upstream.version).unwrap_or(pack.newest());
        let upstream_version = known_version(&pack, upstream_version)?;
        config.upstream.version = Some(upstream_version);
        let written_for = self.written_for.map(|version| known_version(&pack, version)).transpose()?;
        let pins = self.pins(&pack, upstream_version)?;
        // A request may name a version that the pack does not have.
        let policy = Policy { unknown: Some(UnknownPin::Pass), ..Policy::default() };
        let said = Pins::new(&pack, &policy).map_err(|error| Failure::Usage(error.to_string()))?;
        let (token, more) = (self.token_file.as_deref(), self.header_file.as_deref());
        let credentials = credentials::read(token, more, said.version_headers())?;
        let ignored =
            Ignored::parse(&self.ignore).map_err(|why| Failure::Usage(format!("--ignore: {why}")))?;
        let ignored = ignored.and(config.verify.ignore.clone());
        let list = self.list(&said, &pack, &config, streams)?;
        let written_for = written_for.or(self.requests.is_none().then_some(pack.default_version));
        let about = About {
            source: self.source(),
            requests: list.requests.len(),
            upstream: match self.sandbox {
                true => "the sandbox".to_owned(),
                false => config.upstream_url(&pack).unwrap_or_default().to_owned(),
            },
            upstream_version,
            operations: pack.operations.iter().map(ToString::to_string).collect(),
            values: self.values,
        };
        let rate = self.rate.map(NonZero::get).or((!self.sandbox).then_some(RATE));
        let plan = run::Plan {
            config,
            pack,
            sandbox: self.sandbox,
            requests: list.requests,
            pins,
            written_for,
            credentials,
            ignored,
            concurrency: self.concurrency.get().into(),
            rate,
        };
        let report = run::run(plan, about)?;
        match self.json {
            true => streams.json(&report)?,
            false => write!(streams.output, "{report}")?,
        }
        match report.result() {
            RunResult::Agreed => Ok(()),
            RunResult::Differed | RunResult::Failed | RunResult::NothingCompared => Err(Failure::Reported),
        }
    }

    fn source(&self) -> String {
        match &self.requests {
            None => "the sandbox's own list".to_owned(),
            Some(path) if path == Path::new("-") => "standard input".to_owned(),
            Some(path) => path.display().to_string(),
        }
    }

    /// The requests, told with what is left out.
    fn list(
        &self,
        said: &Pins,
        pack: &Pack,
        config: &Config,
        streams: &mut Streams<'_>,
    ) -> Result<List, Failure> {
        let (routes, segments) = (Routes::new(pack), VersionSegments::of(pack));
        let prefixes: Vec<&str> = config.clients.iter().filter_map(prefix).collect();
        let operation = |path: &str| {
            let below = prefixes.iter().filter_map(|prefix| path.strip_prefix(prefix));
            let find = |path: &str| match &segments {
                None => routes.find_at_any("GET", path),
                Some(segments) => routes.find_at_any("GET", &segments.without(path)),
            };
            [path].into_iter().chain(below).find_map(find).map(|id| id.0)
        };
        let written_for = |target: &PathAndQuery, headers: &HeaderMap| {
            let identity = RequestIdentity { path: target.path(), ..RequestIdentity::default() };
            let pin = said.resolve(headers, target.query(), identity).ok()?;
            match pin.pinned {
                Pinned::Known(version) | Pinned::Unknown(Some(version)) if pin.source.is_said() => {
                    Some(version)
                }
                _ => None,
            }
        };
        let others = [&pack.origin, &config.listen.public_url].into_iter().filter_map(|url| url.as_deref());
        let places = config.upstream_url(pack).into_iter().chain(others);
        let hosts = places.filter_map(|url| Some(url.parse::<Uri>().ok()?.authority()?.as_str().to_owned()));
        let api = Api {
            version: said.version_headers(),
            written_for: &written_for,
            hosts: hosts.chain([config.listen.address.to_string()]).collect(),
            credentials: self.har_credentials,
            operation: &operation,
            per_operation: self.per_operation.map(NonZero::get),
        };
        let source = self.source();
        let list = match &self.requests {
            None => list::read(Sandbox::requests().as_bytes(), api),
            Some(path) if path == Path::new("-") => list::read(BufReader::new(&mut *streams.input), api),
            Some(path) => match File::open(path) {
                Ok(file) => list::read(BufReader::new(file), api),
                Err(problem) => Err(problem.into()),
            },
        };
        let list = list.map_err(|error| Failure::Usage(format!("{source}: {error}")))?;
        let LeftOut { unreadable, more_unreadable, hosts, foreign_credentials, .. } = &list.left_out;
        let notes = &mut *streams.notes;
        for (place, why) in unreadable {
            writeln!(notes, "{source}:{place}: {why}")?;
        }
        if *more_unreadable > 0 {
            writeln!(notes, "{source}: {more_unreadable} more that cannot be read")?;
        }
        if !hosts.is_empty() {
            let hosts: Vec<String> = hosts.iter().map(|(host, count)| format!("{host} ({count})")).collect();
            writeln!(
                notes,
                "{source}: taken for requests to the API, by their paths: those to {}",
                hosts.join(", ")
            )?;
        }
        if *foreign_credentials > 0 {
            writeln!(
                notes,
                "{source}: credentials for other hosts than the API are not sent: {foreign_credentials}"
            )?;
        }
        let requests = counted(list.requests.len() as u64, "request");
        writeln!(notes, "{source}: {requests}{}", list.left_out.told())?;
        Ok(list)
    }

    /// The versions of clients, oldest first.
    fn pins(&self, pack: &Pack, upstream: Version) -> Result<Vec<Version>, Failure> {
        let mut pins = Vec::new();
        let all = [PinArgument::All];
        for pin in if self.pins.is_empty() { &all } else { &*self.pins } {
            match pin {
                PinArgument::All => pins.extend(pack.versions().filter(|version| *version != upstream)),
                PinArgument::One(version) => {
                    pins.push(known_version(pack, *version)?);
                }
            }
        }
        pins.sort_unstable_by_key(|pin| pack.position(*pin));
        pins.dedup();
        Ok(pins)
    }
}

/// Returns the prefix that is removed from the paths of a client.
fn prefix(client: &Client) -> Option<&str> {
    match &client.matcher {
        Match::PathPrefix(prefix) => Some(prefix.trim_end_matches('/')),
        Match::Bearer(_) | Match::Host(_) => None,
    }
}
