//! Requests that come back: an upstream that is the gateway itself.
//!
//! The check of a configuration looks at all that can be known before anything is sent: addresses, and
//! `localhost`. What a name, a redirected port or a tunnel hides is seen at the first request that comes back: the two ends
//! of the connection that it came by are those of a connection that this gateway has opened. Nobody outside is told
//! anything for it.
//!
//! A round of several gateways has no such connection. What ends it the first time is a limit, and that one's error names a
//! Dateline gateway: from then on an upstream that has answered so gets [`HOPS`], by which the next request is known when
//! it comes back. An API that is none is never sent it.

use super::error::Error;
use crate::{
    base::lock::Locked,
    base::random::random,
    config::{Config, ConfigError, Problem},
};
use dateline_http::fields::{HOPS, OUTCOME};
use http::{HeaderMap, HeaderValue, Response, Uri};
use hyper_util::client::legacy::connect::{Connection, HttpInfo};
use std::{
    collections::HashMap,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

/// The time for which an upstream counts as a gateway after it has shown that it is one.
const REMEMBERED: Duration = Duration::from_secs(600);

/// The two ends of a TCP connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct SocketPair {
    /// The local address of the side that opened the connection.
    opened: SocketAddr,
    accepted: SocketAddr,
}

impl SocketPair {
    pub(crate) fn new(opened: SocketAddr, accepted: SocketAddr) -> Self {
        // A listener of both families has IPv4 addresses in another form (RFC 4291, 2.5.5.2).
        let canonical = |address: SocketAddr| SocketAddr::new(address.ip().to_canonical(), address.port());
        SocketPair { opened: canonical(opened), accepted: canonical(accepted) }
    }
}

/// The connections that this gateway has opened to its upstream. A port alone would not do: the system gives the same one
/// to connections of others to other addresses.
#[derive(Debug, Default)]
pub(crate) struct Outgoing(Mutex<HashMap<SocketPair, Arc<AtomicBool>>>);

/// A connection that is noted for as long as this is kept.
#[derive(Debug)]
pub(crate) struct NotedPair {
    outgoing: Arc<Outgoing>,
    ends: SocketPair,
    came_back: Arc<AtomicBool>,
}

impl NotedPair {
    /// Tells whether a request has come back over this connection, so that its other end is this gateway.
    pub(crate) fn came_back(&self) -> bool {
        self.came_back.load(Relaxed)
    }
}

impl Outgoing {
    /// Notes a connection that stands, before a byte of a request is written to it.
    pub(crate) fn note(self: &Arc<Self>, stream: &impl Connection) -> Option<NotedPair> {
        let mut facts = http::Extensions::new();
        stream.connected().get_extras(&mut facts);
        let info = facts.get::<HttpInfo>()?;
        Some(self.note_ends(SocketPair::new(info.local_addr(), info.remote_addr())))
    }

    fn note_ends(self: &Arc<Self>, ends: SocketPair) -> NotedPair {
        let came_back = Arc::default();
        self.0.locked().insert(ends, Arc::clone(&came_back));
        NotedPair { outgoing: Arc::clone(self), ends, came_back }
    }

    /// Tells whether an accepted connection was opened by this gateway. If so, the opening side learns it, too.
    pub(crate) fn came_back(&self, accepted: &SocketPair) -> bool {
        let noted = self.0.locked().get(accepted).cloned();
        noted.is_some_and(|came_back| {
            came_back.store(true, Relaxed);
            true
        })
    }
}

impl Drop for NotedPair {
    fn drop(&mut self) {
        self.outgoing.0.locked().remove(&self.ends);
    }
}

/// The knowledge of whether the upstream is a Dateline gateway itself, and the header for requests to it.
#[derive(Debug)]
pub(crate) struct NextHop {
    began: Instant,
    /// The end of that time, in seconds from `began`, or 0 if the upstream has never shown it.
    until: AtomicU64,
    /// This gateway's.
    id: HeaderValue,
}

impl Default for NextHop {
    fn default() -> Self {
        let id =
            HeaderValue::try_from(format!("{:016x}", random())).unwrap_or(HeaderValue::from_static("none"));
        NextHop { began: Instant::now(), until: AtomicU64::new(0), id }
    }
}

impl NextHop {
    /// Looks at an answer: only errors of a gateway's own say what became of a request.
    pub(crate) fn look<B>(&self, answer: &Response<B>) {
        if answer.status().is_server_error() && answer.headers().contains_key(OUTCOME) {
            self.until.store((self.began.elapsed() + REMEMBERED).as_secs(), Relaxed);
        }
    }

    fn is_gateway(&self) -> bool {
        match self.until.load(Relaxed) {
            0 => false,
            until => self.began.elapsed().as_secs() < until,
        }
    }

    /// Returns the value of [`HOPS`] for a request that goes on, or `None` if the upstream is not known to be a
    /// gateway.
    ///
    /// # Errors
    /// It has passed this gateway before.
    pub(crate) fn hops(&self, came: &HeaderMap) -> Result<Option<HeaderValue>, Error> {
        if !self.is_gateway() {
            return Ok(None);
        }
        let mut hops = Vec::new();
        for value in came.get_all(HOPS) {
            if value.as_bytes().split(|byte| *byte == b',').any(|id| id.trim_ascii() == self.id.as_bytes()) {
                return Err(Error::Looped);
            }
            hops.extend_from_slice(value.as_bytes());
            hops.extend_from_slice(b", ");
        }
        hops.extend_from_slice(self.id.as_bytes());
        Ok(HeaderValue::try_from(hops).ok())
    }
}

/// A mark in a request's extensions: the request came over a connection that this gateway opened.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Looped;

/// Lists configuration keys that would send requests, or their traces, to the gateway's own listeners. `upstream` is
/// the origin in force.
pub(crate) fn mistakes(config: &Config, upstream: &str) -> Vec<ConfigError> {
    let sent = [
        ("upstream.url", Some(upstream), "every request would come back to it; write the address of the API"),
        (
            "telemetry.otlp_endpoint",
            config.telemetry.otlp_endpoint.as_deref(),
            "every trace would be a request that is traced; write the address of the collector",
        ),
    ];
    let listeners =
        [("listen.address", Some(config.listen.address)), ("admin.address", config.admin.address)];
    let mut mistakes = Vec::new();
    for (key, url, why) in sent {
        let Some((host, port)) = url.and_then(place) else { continue };
        let own = listeners.iter().find_map(|(key, address)| {
            Some((key, (*address)?)).filter(|(_, address)| arrives(*address, &host, port))
        });
        if let Some((own, address)) = own {
            let problem = Problem::Value(format!("this is the gateway itself, {own} {address}: {why}"));
            mistakes.push(ConfigError { key: Some(key.to_owned()), origin: config.origins.of(key), problem });
        }
    }
    mistakes
}

/// Host and port of a URL.
fn place(url: &str) -> Option<(String, u16)> {
    let uri: Uri = url.parse().ok()?;
    let usual = if uri.scheme_str() == Some("https") { 443 } else { 80 };
    Some((uri.host()?.to_owned(), uri.port_u16().unwrap_or(usual)))
}

/// Tells whether a connection to a host and port would reach this listener, as far as that is known without a name
/// service.
fn arrives(listener: SocketAddr, host: &str, port: u16) -> bool {
    listener.port() == port && addresses(host).into_iter().any(|address| serves(listener.ip(), address))
}

/// The addresses of a host that is one, or this machine.
fn addresses(host: &str) -> Vec<IpAddr> {
    const LOOPBACK: [IpAddr; 2] = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];
    let literal = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    let name = host.trim_end_matches('.').to_ascii_lowercase();
    match literal.parse::<IpAddr>().map(|address| address.to_canonical()) {
        // What is sent to no address in particular arrives here.
        Ok(address) if address.is_unspecified() => LOOPBACK.to_vec(),
        Ok(address) => vec![address],
        Err(_) if name == "localhost" || name.ends_with(".localhost") => LOOPBACK.to_vec(),
        Err(_) => Vec::new(),
    }
}

/// Tells whether a listener at `own` accepts connections to `address`.
fn serves(own: IpAddr, address: IpAddr) -> bool {
    let own = own.to_canonical();
    own == address || own.is_unspecified() && (own.is_ipv6() || address.is_ipv4()) && is_here(address)
}

/// Tells whether an address is one of this machine. A connection to such an address has it as its source, too, and the
/// system says so without a packet: UDP has no handshake.
fn is_here(address: IpAddr) -> bool {
    let any: IpAddr = match address {
        IpAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        IpAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    let begins = || {
        let socket = UdpSocket::bind((any, 0))?;
        socket.connect((address, 9))?;
        socket.local_addr()
    };
    address.is_loopback() || begins().is_ok_and(|begins| begins.ip() == address)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own(listen: &str, url: &str) -> bool {
        let mut config = Config::default();
        config.listen.address = listen.parse().unwrap();
        config.admin.address = Some("127.0.0.1:9090".parse().unwrap());
        !mistakes(&config, url).is_empty()
    }

    #[test]
    fn an_upstream_that_is_a_listener_of_ours_is_known_by_its_address() {
        for (listen, url) in [
            ("127.0.0.1:8080", "http://127.0.0.1:8080"),
            ("127.0.0.1:8080", "http://localhost:8080"),
            ("127.0.0.1:8080", "https://Gateway.LOCALHOST.:8080"),
            ("127.0.0.1:8080", "http://[::ffff:127.0.0.1]:8080"),
            ("127.0.0.1:8080", "http://0.0.0.0:8080"),
            ("127.0.0.1:8080", "http://127.0.0.1:9090"),
            ("0.0.0.0:8080", "http://127.0.0.7:8080"),
            ("0.0.0.0:80", "http://localhost"),
            ("0.0.0.0:443", "https://localhost"),
            ("[::]:8080", "http://127.0.0.1:8080"),
            ("[::]:8080", "http://[::1]:8080"),
            ("[::1]:8080", "http://[::]:8080"),
            ("192.0.2.7:8080", "http://192.0.2.7:8080"),
        ] {
            assert!(own(listen, url), "{listen} {url}");
        }
        for (listen, url) in [
            ("127.0.0.1:8080", "http://127.0.0.1:8081"),
            ("127.0.0.1:8080", "http://127.0.0.2:8080"),
            ("127.0.0.1:8080", "https://localhost"),
            ("127.0.0.1:8080", "http://api.example.com:8080"),
            ("0.0.0.0:8080", "http://192.0.2.7:8080"),
            ("0.0.0.0:8080", "http://[::1]:8080"),
            ("[::]:8080", "http://[2001:db8::7]:8080"),
            ("127.0.0.1:0", "http://127.0.0.1:8080"),
        ] {
            assert!(!own(listen, url), "{listen} {url}");
        }
    }

    #[test]
    fn a_collector_that_is_a_listener_of_ours_is_known_too() {
        let mut config = Config::default();
        config.telemetry.otlp_endpoint = Some("http://localhost:8080/otlp".to_owned());
        let mistakes = mistakes(&config, "https://api.example.com");
        assert_eq!(
            mistakes.iter().map(ToString::to_string).collect::<Vec<_>>(),
            [
                "telemetry.otlp_endpoint: this is the gateway itself, listen.address 127.0.0.1:8080: every trace \
              would be a request that is traced; write the address of the collector"
            ]
        );
    }

    #[test]
    fn connections_are_told_apart_by_both_ends() {
        let at = |text: &str| text.parse::<SocketAddr>().unwrap();
        let ends = SocketPair::new(at("127.0.0.1:40000"), at("127.0.0.1:8080"));
        let outgoing = Arc::new(Outgoing::default());
        let noted = outgoing.note_ends(ends);
        assert!(!noted.came_back());
        assert!(
            outgoing
                .came_back(&SocketPair::new(at("[::ffff:127.0.0.1]:40000"), at("[::ffff:127.0.0.1]:8080")))
        );
        assert!(!outgoing.came_back(&SocketPair::new(at("127.0.0.1:40000"), at("127.0.0.1:8081"))));
        assert!(!outgoing.came_back(&SocketPair::new(at("127.0.0.1:8080"), at("127.0.0.1:40000"))));
        assert!(noted.came_back(), "whoever sends by it knows");
        drop(noted);
        assert!(!outgoing.came_back(&ends));
    }

    #[test]
    fn only_a_gateway_is_told_who_a_request_has_passed() {
        let answer = |status: u16, outcome: Option<&'static str>| {
            let mut answer = Response::builder().status(status);
            if let Some(outcome) = outcome {
                answer = answer.header(OUTCOME, outcome);
            }
            answer.body(()).unwrap()
        };
        let (one, other) = (NextHop::default(), NextHop::default());
        for (status, outcome) in [(200, None), (503, None), (508, None), (400, Some("not_sent"))] {
            one.look(&answer(status, outcome));
            assert_eq!(one.hops(&HeaderMap::new()).unwrap(), None, "{status} {outcome:?}");
        }
        one.look(&answer(503, Some("not_sent")));
        other.look(&answer(503, Some("unknown")));
        let first = one.hops(&HeaderMap::new()).unwrap().expect("it is a gateway");
        let headers = HeaderMap::from_iter([(HOPS, first.clone())]);
        let second = other.hops(&headers).unwrap().expect("it is another");
        assert_ne!(first, other.id);
        assert_eq!(second, format!("{}, {}", first.to_str().unwrap(), other.id.to_str().unwrap()));
        let headers = HeaderMap::from_iter([(HOPS, second)]);
        assert!(matches!(one.hops(&headers), Err(Error::Looped)));
        assert!(matches!(other.hops(&headers), Err(Error::Looped)));
    }
}
