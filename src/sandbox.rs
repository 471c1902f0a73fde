//! `dateline sandbox`: the stand-in alone.

use std::{io, net::SocketAddr};

use clap::Args;
use tokio::{net::TcpListener, runtime};

use super::{Failure, Streams};
use dateline_core::Version;
use dateline_gateway::stop_signal;

/// Run the sandbox, a stand-in for the API, alone
///
/// It answers a few of the API's operations from memory, natively at each version, for any bearer token. It shares
/// nothing with the modules that translate, so it shows what they must produce. It ends with SIGTERM or Ctrl-C, and
/// keeps nothing.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  At the version that a request's header names:
    dateline sandbox
  An API that stands still:
    dateline sandbox --address 127.0.0.1:8082 --version 2025-01-01")]
pub(super) struct Sandbox {
    /// The address to listen on: an IP address and a port, or port 0 for any free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8081")]
    address: SocketAddr,
    /// The only version that it speaks [default: the one in the request's header]
    #[arg(long, value_name = "VERSION")]
    version: Option<Version>,
}

impl Sandbox {
    pub(super) fn run(self, streams: &mut Streams<'_>) -> Result<(), Failure> {
        let failed = |problem: io::Error| Failure::Usage(format!("the sandbox cannot run: {problem}"));
        let runtime = runtime::Builder::new_multi_thread().enable_all().build().map_err(failed)?;
        let served = runtime.block_on(async {
            // Before anything is printed: who reads the lines may send the signal at once.
            let asked_to_end = stop_signal().map_err(failed)?;
            self.run_until(asked_to_end, streams).await
        });
        runtime.shutdown_background();
        served
    }

    async fn run_until(
        self,
        asked_to_end: impl Future<Output = ()> + Send,
        streams: &mut Streams<'_>,
    ) -> Result<(), Failure> {
        let stand_in = dateline_sandbox::Sandbox::new(self.version)
            .map_err(|problem| Failure::Usage(problem.to_string()))?;
        let failed = |problem| Failure::Usage(format!("cannot listen on {}: {problem}", self.address));
        let listener = TcpListener::bind(self.address).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        streams.output.write_all(greeting(address, self.version).as_bytes())?;
        streams.output.flush()?;
        let served = stand_in.serve(listener, asked_to_end).await;
        served.map_err(|problem| Failure::Usage(format!("cannot listen on {address} any more: {problem}")))
    }
}

fn greeting(address: SocketAddr, version: Option<Version>) -> String {
    let (speaks, header) = match version {
        Some(version) => (format!("version {version}"), String::new()),
        None => {
            let newest =
                dateline_sandbox::Sandbox::versions().last().map(ToString::to_string).unwrap_or_default();
            ("the version that a request's header names".into(), format!(" -H 'Api-Version-Date: {newest}'"))
        }
    };
    format!(
        "The sandbox listens on http://{address} and speaks {speaks}. Try:\n  \
         curl -H 'Authorization: Bearer any'{header} http://{address}/api/v1/referrals/businesses\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{
        io::{Read as _, Write},
        net::TcpStream,
        sync::mpsc,
        time::Duration,
    };
    use tokio::sync::oneshot;

    /// Standard output that hands over what is written to it.
    struct Lines(mpsc::Sender<Vec<u8>>);

    impl Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.send(bytes.to_vec()).map_err(io::Error::other)?;
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// Starts a sandbox on a free port, sends the request that it proposes, ends it; what it said and answered.
    fn tried(version: Option<&str>) -> (String, String) {
        let (lines, written) = mpsc::channel();
        let (end, asked_to_end) = oneshot::channel::<()>();
        let version = version.map(|version| version.parse().unwrap());
        let command = Sandbox { address: "127.0.0.1:0".parse().unwrap(), version };
        let server = std::thread::spawn(move || {
            let (mut output, mut notes) = (Lines(lines), Vec::new());
            let mut streams = Streams { input: &mut io::empty(), output: &mut output, notes: &mut notes };
            let runtime = runtime::Builder::new_current_thread().enable_all().build().unwrap();
            let asked_to_end = async { asked_to_end.await.unwrap_or(()) };
            runtime.block_on(command.run_until(asked_to_end, &mut streams))
        });
        let said = String::from_utf8(written.recv_timeout(Duration::from_secs(10)).unwrap()).unwrap();
        let address = said.split("http://").nth(1).and_then(|rest| rest.split(' ').next()).unwrap();
        let mut stream = TcpStream::connect(address).unwrap();
        let headers: Vec<&str> = said.split_once("curl").unwrap().1.split('\'').skip(1).step_by(2).collect();
        let path = said.trim_end().rsplit_once(address).unwrap().1;
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n{}\r\n\r\n",
            headers.join("\r\n")
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        end.send(()).unwrap();
        server.join().unwrap().unwrap();
        (said.replace(address, "ADDRESS"), answer)
    }

    #[test]
    fn the_line_that_it_prints_works() {
        let (said, answer) = tried(None);
        let curl = "curl -H 'Authorization: Bearer any' -H 'Api-Version-Date: 2026-07-01' http://ADDRESS/api/v1/referrals/businesses";
        let speaks = "the version that a request's header names";
        assert_eq!(
            said,
            format!("The sandbox listens on http://ADDRESS and speaks {speaks}. Try:\n  {curl}\n")
        );
        assert!(answer.starts_with("HTTP/1.1 200 ") && answer.contains("\"volume_usd\""), "{answer}");
    }

    #[test]
    fn a_fixed_version_is_spoken_without_a_header() {
        let (said, answer) = tried(Some("2025-01-01"));
        assert!(said.contains("speaks version 2025-01-01.") && !said.contains("Api-Version-Date"), "{said}");
        assert!(answer.starts_with("HTTP/1.1 200 ") && answer.contains("\"processing_volume\""), "{answer}");
    }

    #[test]
    fn what_it_cannot_do_is_usage() {
        use super::super::test::run;
        let outcome = run(&["sandbox", "--address", "127.0.0.1:0", "--version", "2026-07-02"], b"");
        assert_eq!(outcome.code, std::process::ExitCode::from(2));
        assert!(
            outcome.notes.contains("2026-07-02") && outcome.notes.contains("2026-07-01"),
            "{}",
            outcome.notes
        );
        let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = taken.local_addr().unwrap().to_string();
        let outcome = run(&["sandbox", "--address", &address], b"");
        assert!(
            outcome.notes.starts_with(&format!("dateline: cannot listen on {address}: ")),
            "{}",
            outcome.notes
        );
        assert_eq!((outcome.code, &*outcome.output), (std::process::ExitCode::from(2), &b""[..]));
    }
}
