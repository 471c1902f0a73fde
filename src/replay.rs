//! `dateline replay`: recordings tried on translations.

mod engine;

use std::path::PathBuf;

use clap::Args;

use super::{Failure, Streams, known_version, load_pack};
use crate::replay::engine::{Question, Replay as Replaying};
use dateline_core::Version;
use dateline_gateway::{Config, capture::format::exchanges};
use std::sync::Arc;

/// Try a recording on another version or another pack
///
/// Reads a recording of `dateline record` or `[record]` and translates it again, without a network. With --to: what
/// each client would have to send, and what it would get, if it moved to that version. With --pack: where that pack
/// gives the upstream or the client something else than the pack in force. With neither: whether the pack in force
/// translates everything, and what is lost.
///
/// The exit code is 1 if --pack makes a difference, or if something cannot be translated.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  What would change for each client at the newest version:
    dateline replay recording --to 2026-07-01
  For one of them, with values:
    dateline replay recording --to 2026-07-01 --client billing-cron --values
  Before a pack is put in force, and in its CI:
    dateline replay recording --pack transforms/whop
  Does everything still translate? As JSON:
    dateline replay recording --json")]
pub(super) struct Replay {
    /// The folder of the recording
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,
    /// The version that clients would move to
    #[arg(long, value_name = "VERSION", conflicts_with = "pack")]
    to: Option<Version>,
    /// The folder of another pack
    #[arg(long, value_name = "PATH")]
    pack: Option<PathBuf>,
    /// Only this client, by its name in the recording
    #[arg(long, value_name = "NAME")]
    client: Option<String>,
    /// The configuration file, which names the pack in force
    #[arg(long, short = 'c', value_name = "FILE")]
    config: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// Also show an example of values
    #[arg(long)]
    values: bool,
}

impl Replay {
    pub(super) fn run(self, streams: &mut Streams<'_>) -> Result<(), Failure> {
        let (config, _) = Config::load(self.config.as_deref())?;
        let pack = Arc::new(load_pack(config.transforms.path.as_deref())?);
        let question = match (self.to, &self.pack) {
            (Some(to), _) => Question::Upgrade(known_version(&pack, to)?),
            (None, Some(other)) => Question::Pack(Arc::new(load_pack(Some(other))?)),
            (None, None) => Question::Holds,
        };
        let differences_fail = self.pack.is_some();
        let shown = self.folder.display();
        let files = exchanges(&self.folder)
            .map_err(|problem| Failure::Usage(format!("cannot read the folder {shown}: {problem}")))?;
        let mut replay = Replaying::new(&pack, question, self.values);
        let mut skipped = false;
        for file in files {
            let is_asked_for = |name: &str| self.client.as_deref().is_none_or(|client| client == name);
            match &file.exchange {
                Ok(exchange) if !is_asked_for(&exchange.client) => skipped = true,
                Ok(_) | Err(_) => replay.add(file),
            }
        }
        let report = replay.finish();
        if report.exchanges() == 0 && report.passed_over.is_empty() && report.unread.is_empty() {
            return Err(Failure::Input(match (&self.client, skipped) {
                (Some(client), true) => format!("{shown} has no exchange of a client `{client}`"),
                _ => format!("{shown} has no exchange"),
            }));
        }
        match self.json {
            true => streams.json(&report)?,
            false => write!(streams.output, "{report}")?,
        }
        match report.fails() || (differences_fail && report.found_in() > 0) {
            true => Err(Failure::Reported),
            false => Ok(()),
        }
    }
}
