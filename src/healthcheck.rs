//! `dateline healthcheck`: is the gateway on this machine ready?

use std::{path::PathBuf, time::Duration};

use clap::Args;
use http::StatusCode;

use super::{
    Failure, Streams,
    admin::{AdminRequest, line, reachable},
};
use dateline_gateway::Config;

/// Ask the gateway on this machine whether it is ready
///
/// Asks /readyz on `admin.address` of the configuration, which includes the environment; an address such as 0.0.0.0 is
/// asked at 127.0.0.1. It is made for container engines and scripts: it needs no shell, no curl and no token, and does
/// not ask the upstream. The exit code is 0 if the gateway is ready, 1 if it drains, does not answer in time or does
/// not run, and 2 if the configuration has mistakes or names no admin listener.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  dateline healthcheck
  dateline healthcheck --config /etc/dateline/dateline.toml --timeout 5
  In a Dockerfile:
    HEALTHCHECK CMD [\"dateline\", \"healthcheck\", \"--config\", \"/etc/dateline/dateline.toml\"]")]
pub(super) struct Healthcheck {
    /// The configuration file
    #[arg(long, short = 'c', value_name = "FILE")]
    config: Option<PathBuf>,
    /// The longest wait for the response
    #[arg(long, value_name = "SECONDS", default_value_t = 2, value_parser = clap::value_parser!(u64).range(1..=60))]
    timeout: u64,
}

/// A limit that "ready" and "draining" do not reach.
const LONGEST: usize = 4 << 10;

impl Healthcheck {
    pub(super) fn run(self, streams: &mut Streams<'_>) -> Result<(), Failure> {
        let (config, _) = Config::load(self.config.as_deref())?;
        let refused = |why| Failure::Usage(format!("admin.address is {why}: /readyz is asked there"));
        let address = config.admin.address.ok_or_else(|| refused("\"off\""))?;
        if address.port() == 0 {
            return Err(refused("on any free port"));
        }
        let address = reachable(address);
        let limit = Duration::from_secs(self.timeout);
        let question = AdminRequest { address, path: "/readyz", token: None, limit, longest: LONGEST };
        match question.ask() {
            Ok((StatusCode::OK, body)) => Ok(writeln!(streams.output, "{}", line(&body))?),
            Ok((status, body)) => Err(Failure::Input(format!(
                "not ready: {address} answers {}: {}",
                status.as_u16(),
                line(&body)
            ))),
            Err(problem) => Err(Failure::Input(format!(
                "not ready: {address} (admin.address) does not answer: {problem}"
            ))),
        }
    }
}
