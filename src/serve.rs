//! `dateline serve`: the gateway.

mod deadline;
#[cfg(unix)]
mod manager;
#[cfg(not(unix))]
#[path = "serve/no_manager.rs"]
mod manager;
mod passed;
mod reload;
mod watch;

use std::{
    io::{self, IsTerminal},
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use clap::Args;
use tokio::{
    net::TcpListener,
    runtime::{Builder, Runtime},
};

use super::{Failure, Streams, loaded::Loaded};
use dateline_core::{Version, pack::Pack};
use dateline_gateway::{
    CaptureTotals, Config, Gateway, capture::format::Folder, config::Warning, log, raise_descriptor_limit,
    stop_signal,
};
use dateline_sandbox::Sandbox;
use manager::Manager;
use passed::Passed;

/// The time that remains after the last exchange, to write what is kept and to send traces.
const AFTER_DRAIN: Duration = Duration::from_secs(25);

/// The longest wait for background threads when the process ends.
const LEFT_BEHIND: Duration = Duration::from_secs(1);

/// Run the gateway
///
/// Listens on `listen.address`, forwards to `upstream.url`, and logs to standard output. SIGTERM lets running requests
/// finish. SIGHUP, or a change of a file, reloads the configuration and the pack. Sockets that systemd passes replace
/// `listen.address` and `admin.address`. Without a file the defaults apply. `DATELINE_` variables with `__` between
/// levels override the file; `dateline explain KEY` says what a key does.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  With the sandbox, which needs no key; requests to send are printed:
    dateline serve --sandbox
  In front of the API:
    dateline serve --config dateline.toml
  Another address and log, without a file:
    DATELINE_LISTEN__ADDRESS=0.0.0.0:8080 DATELINE_LOG__FORMAT=json dateline serve")]
pub(super) struct Serve {
    /// The configuration file
    #[arg(long, short = 'c', value_name = "FILE")]
    config: Option<PathBuf>,
    /// Start the sandbox as the upstream, and print curl lines to try: an old and a new client
    #[arg(long)]
    sandbox: bool,
    /// The folder for recordings. It overrides the configuration.
    #[arg(skip)]
    into: Option<PathBuf>,
    /// True if the clients are Envoy proxies.
    #[arg(skip)]
    ext_proc: bool,
}

impl Serve {
    /// `dateline record`.
    pub(super) fn recording(into: PathBuf, config: Option<PathBuf>, sandbox: bool) -> Self {
        Serve { config, sandbox, into: Some(into), ext_proc: false }
    }

    /// `dateline ext-proc`.
    pub(super) fn ext_proc(config: Option<PathBuf>) -> Self {
        Serve { config, sandbox: false, into: None, ext_proc: true }
    }

    pub(super) fn run(self, streams: &mut Streams<'_>) -> Result<(), Failure> {
        let passed = Passed::take()?;
        let files = reload::Files {
            config: self.config,
            upstream: None,
            into: self.into,
            passed: passed.addresses()?,
            told: Arc::default(),
        };
        let loaded = files.load();
        let Loaded { config, pack, warnings } =
            loaded.map_err(|wrong| Failure::Usage(wrong.report(io::stderr().is_terminal())))?;
        // Dropped after the runtime, whose last tasks still log.
        let (_flush, filter) = log::init(&config.log).map_err(usage)?;
        // The sandbox is the upstream then, or Envoy has the way to it.
        let elsewhere = self.sandbox || self.ext_proc;
        let told = |warning: &Warning| !(elsewhere && warning.key.as_deref() == Some("upstream.url"));
        for warning in files.new_ones(warnings).into_iter().chain(Gateway::unwritable(&config)).filter(told) {
            tracing::warn!(target: "dateline::cli", "{warning}");
        }
        let runtime = runtime().map_err(|problem| Failure::Usage(format!("cannot start: {problem}")))?;
        let asked = ServeOptions { sandbox: self.sandbox, ext_proc: self.ext_proc };
        let served =
            runtime.block_on(serve((config, Arc::new(pack)), filter, asked, (files, passed), streams));
        // A thread that waits for a disk or for a name is left behind: the process ends.
        runtime.shutdown_timeout(LEFT_BEHIND);
        served
    }
}

/// Builds a runtime with a thread for each available processor. On one processor it is single-threaded, which saves
/// queues between threads.
fn runtime() -> io::Result<Runtime> {
    let mut builder = match std::thread::available_parallelism() {
        Ok(processors) if processors.get() > 1 => Builder::new_multi_thread(),
        Ok(_) | Err(_) => Builder::new_current_thread(),
    };
    builder.enable_all().build()
}

/// The options of the command line that are not part of the configuration.
struct ServeOptions {
    sandbox: bool,
    ext_proc: bool,
}

async fn serve(
    (mut config, pack): (Config, Arc<Pack>),
    filter: log::Filter,
    asked: ServeOptions,
    (mut files, passed): (reload::Files, Passed),
    streams: &mut Streams<'_>,
) -> Result<(), Failure> {
    // Each connection takes a descriptor, and the usual soft limit is from a time of fewer. Before anything asks for it.
    let descriptors = raise_descriptor_limit();
    let (listener, address) = listen("listen.address", config.listen.address, passed.clients).await?;
    let version = config.upstream.version.unwrap_or(pack.newest());
    let (admin, admin_address) = match config.admin.address {
        Some(address) => {
            let (listener, address) = listen("admin.address", address, passed.admin).await?;
            (Some(listener), Some(address))
        }
        None => (None, None),
    };
    if let Some(into) = &files.into {
        // The gateway would serve on and tell it in the log only.
        Folder::open(into)
            .map_err(|problem| Failure::Usage(format!("--into {}: {problem}", into.display())))?;
    }
    if asked.sandbox {
        let (listener, upstream) = listen("the sandbox", SocketAddr::from(([127, 0, 0, 1], 0)), None).await?;
        files.upstream = Some(format!("http://{upstream}"));
        config.upstream.url.clone_from(&files.upstream);
        let sandbox = Sandbox::new(None).map_err(usage)?;
        // It ends with the process: the gateway's last exchanges still need it.
        tokio::spawn(sandbox.serve(listener, std::future::pending()));
        writeln!(streams.notes, "{}", tries(address, &pack, version))?;
    }
    let upstream = config.upstream_url(&pack).map(str::to_owned);
    let config = Arc::new(config);
    let disk = files.clone();
    let load = move || disk.load_again();
    let gateway = Gateway::new(Arc::clone(&config), pack).map_err(usage)?;
    let gateway = gateway.with_log_filter(filter).comparing(load);
    let signals = |problem| Failure::Usage(format!("cannot listen for signals: {problem}"));
    let (stop, hangup) = (stop_signal().map_err(signals)?, reload::Hangup::new().map_err(signals)?);
    // Whoever reads that it listens may change a file at once.
    let watch = files.watch(&config);
    let admin_address = admin_address.map(tracing::field::display);
    tracing::info!(target: "dateline::cli", address = %address, admin_address, descriptors, upstream, upstream_version = %version, "listening");
    let manager = Manager::new(address);
    let reloads = gateway.reloads();
    let in_force = reloads.clone();
    let most = move || {
        let timeouts = in_force.timeouts();
        timeouts.shutdown_delay.unwrap_or_default() + timeouts.drain + AFTER_DRAIN
    };
    deadline::end_in_time(stop_signal, most.clone()).map_err(signals)?;
    let stop = manager.clone().until(stop, most);
    let (into, captures) = (files.into.clone(), gateway.captures());
    let reloading = tokio::spawn(reload::follow((files, watch), config, hangup, reloads, manager));
    let served = match asked.ext_proc {
        true => gateway.serve_ext_proc(listener, admin, stop).await,
        false => gateway.serve(listener, admin, stop).await,
    };
    reloading.abort();
    served.map_err(usage)?;
    if let Some(into) = into {
        last_word(streams, &told(&into, &captures))?;
    }
    Ok(())
}

/// Says something at the end of the process, unless standard error takes nothing: nobody waits for who reads it.
fn last_word(streams: &mut Streams<'_>, text: &str) -> io::Result<()> {
    #[cfg(unix)]
    {
        use rustix::event::{PollFd, PollFlags, Timespec, poll};
        let errors = io::stderr();
        let mut errors = [PollFd::new(&errors, PollFlags::OUT)];
        // A pipe that is ready takes a page, and this is a line.
        let within = Timespec { tv_sec: LEFT_BEHIND.as_secs().cast_signed(), tv_nsec: 0 };
        if poll(&mut errors, Some(&within)).is_ok_and(|ready| ready == 0) {
            tracing::warn!(target: "dateline::cli", "{text}; standard error is not read");
            return Ok(());
        }
    }
    writeln!(streams.notes, "{text}")
}

/// Says how many exchanges were kept, and why others were not.
fn told(into: &Path, captures: &CaptureTotals) -> String {
    let kept = captures.kept();
    let plural = if kept == 1 { "" } else { "s" };
    let dropped: Vec<String> = captures.dropped().map(|(why, count)| format!("{count} {why}")).collect();
    let dropped = match dropped.is_empty() {
        true => String::new(),
        false => format!("; not kept: {}", dropped.join(", ")),
    };
    format!("recorded {kept} exchange{plural} in {}{dropped}", into.display())
}

/// A listener at an address, or the one that was passed in its place.
async fn listen(
    key: &str,
    address: SocketAddr,
    passed: Option<std::net::TcpListener>,
) -> Result<(TcpListener, SocketAddr), Failure> {
    let bound = async {
        let listener = match passed {
            Some(listener) => {
                listener.set_nonblocking(true)?;
                TcpListener::from_std(listener)?
            }
            None => TcpListener::bind(address).await?,
        };
        let address = listener.local_addr()?;
        Ok((listener, address))
    };
    bound.await.map_err(|problem: io::Error| {
        Failure::Usage(format!("{key}: cannot listen on {address}: {problem}; is another program there?"))
    })
}

fn usage(problem: impl std::fmt::Display) -> Failure {
    Failure::Usage(problem.to_string())
}

/// Suggests the first requests to try, with any bearer token: one as an old client and one as a new one.
fn tries(address: SocketAddr, pack: &Pack, newest: Version) -> String {
    const REFERRAL: &str = "/referrals/businesses/bref_pickaxe";
    let url = format!("http://{address}{}{REFERRAL}", pack.base_path);
    let place = pack.version_places.first();
    let (target, field) =
        place.map(|place| place.request(&pack.base_path, REFERRAL, newest)).unwrap_or_default();
    let field = field.map(|field| format!(" -H '{field}'")).unwrap_or_default();
    format!(
        "\
The sandbox is the upstream, spoken to at {newest}. Try, in another terminal:

  # a client from before dated versions, which names none
  curl -s {url} -H 'Authorization: Bearer test'

  # a client of today
  curl -s 'http://{address}{target}' -H 'Authorization: Bearer test'{field}
"
    )
}
