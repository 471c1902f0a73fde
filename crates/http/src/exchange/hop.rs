//! Fields that are one connection's business (RFC 9110, 7.6.1) and fields that name the way a request came.

use crate::{
    fields::{HOPS, only},
    origin::Origin,
};
use http::{
    HeaderMap, HeaderName, HeaderValue, Uri, Version,
    header::{self, GetAll},
};
use ipnet::IpNet;
use std::net::IpAddr;

/// The fields that no recipient may pass on, beside those that `Connection` names.
const HOP_BY_HOP: [&str; 6] = ["connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade"];

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// The gateway as a hop between its clients and the upstream.
#[derive(Debug)]
pub struct Hop {
    /// The upstream, whose authority goes up as `Host`.
    pub upstream: Origin,
    /// The origin that clients know the gateway by, where it is known.
    pub public: Option<String>,
    /// True if the upstream gets the route of a request: `Via` and `X-Forwarded-*`.
    pub forwarded: bool,
    /// The proxies in front of the gateway, whose word about that way is passed on.
    pub trusted: Vec<IpNet>,
    /// Origins whose pages may read errors that are made here.
    pub origins: Vec<HeaderValue>,
    /// True if pages may read the fields that are added to a head.
    pub exposes: bool,
}

impl Hop {
    /// Returns whether an address is one of a proxy that is believed.
    pub(super) fn trusts(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.trusted.iter().any(|network| network.contains(&address))
    }
}

/// The options of `Connection` (RFC 9110, 7.6.1): the names of more fields that are one connection's business.
#[derive(Debug)]
pub struct ConnectionOptions<'h> {
    values: GetAll<'h, HeaderValue>,
    /// True if `Connection` names fields: most heads have `keep-alive` or `close` only.
    names_fields: bool,
}

impl<'h> ConnectionOptions<'h> {
    /// Reads the `Connection` fields of a head.
    pub fn by(headers: &'h HeaderMap) -> Self {
        let mut options =
            ConnectionOptions { values: headers.get_all(header::CONNECTION), names_fields: true };
        let is_option = |option: &[u8]| {
            option.eq_ignore_ascii_case(b"keep-alive") || option.eq_ignore_ascii_case(b"close")
        };
        options.names_fields = !options.options().all(is_option);
        options
    }

    /// Returns the connection options as written.
    pub fn options(&self) -> impl Iterator<Item = &'h [u8]> + use<'h> {
        let values = self.values.iter();
        values.flat_map(|value| value.as_bytes().split(|byte| *byte == b',')).map(<[u8]>::trim_ascii)
    }

    /// Tells whether `Connection` names this field.
    pub fn contains(&self, name: &HeaderName) -> bool {
        let is_named = |option: &[u8]| option.eq_ignore_ascii_case(name.as_str().as_bytes());
        self.names_fields && self.options().any(is_named)
    }
}

/// Tells whether a field is hop-by-hop whatever `Connection` says.
pub fn is_hop_by_hop(name: &HeaderName) -> bool {
    let name = name.as_str();
    HOP_BY_HOP.contains(&name) || name.starts_with("proxy-")
}

/// Tells whether a field describes the route of a request, as `Forwarded` and `Via` do.
pub fn is_forwarding(name: &HeaderName) -> bool {
    name == header::FORWARDED
        || name == header::VIA
        || name.as_str().starts_with("x-forwarded-")
        || *name == HOPS
}

/// The other end of a client's connection; among a request's extensions, where it is to be told.
#[derive(Debug, Clone, Copy)]
pub struct Peer {
    /// The address of the peer.
    pub address: IpAddr,
    /// True if the client uses TLS.
    pub tls: bool,
}

/// The connection that a request came over.
#[derive(Debug, Clone, Default)]
pub struct Arrival {
    /// The peer that the request came from, if it is known.
    pub peer: Option<Peer>,
    /// The host that the client asked for, see [`asked_host`].
    pub host: Option<HeaderValue>,
    /// The version of HTTP that the request came in.
    pub version: Version,
}

/// Host and port that a request was sent to: those of its target, in which HTTP/2 has them, before those of `Host`
/// (RFC 9112, 3.2.2; RFC 9113, 8.3.1).
pub fn asked_host(uri: &Uri, headers: &HeaderMap) -> Option<HeaderValue> {
    let Some(authority) = uri.authority() else { return headers.get(header::HOST).cloned() };
    let authority = authority.as_str();
    // User information is nobody's business.
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    HeaderValue::try_from(host).ok()
}

/// Adds `X-Forwarded-*` and `Via` to fields for the upstream. `told` are the fields of a trusted peer, or none.
///
/// Its lists are continued (`X-Forwarded-For`, `Via`) and its statements hold, where they are one; `Forwarded`, which
/// could contradict them, is not passed on.
pub fn add_forwarding(headers: &mut HeaderMap, told: &HeaderMap, arrival: Arrival) {
    let list = |name: HeaderName| told.get_all(name).iter().cloned();
    let statement = |name: &HeaderName| only(told, name).cloned();
    let peer =
        arrival.peer.and_then(|peer| HeaderValue::try_from(peer.address.to_canonical().to_string()).ok());
    for value in list(FORWARDED_FOR).chain(peer) {
        headers.append(FORWARDED_FOR, value);
    }
    if let Some(host) = statement(&FORWARDED_HOST).or(arrival.host) {
        headers.insert(FORWARDED_HOST, host);
    }
    let tls = arrival.peer.is_some_and(|peer| peer.tls);
    let seen = HeaderValue::from_static(if tls { "https" } else { "http" });
    headers.insert(FORWARDED_PROTO, statement(&FORWARDED_PROTO).unwrap_or(seen));
    let via = match arrival.version {
        Version::HTTP_2 => "2 dateline",
        Version::HTTP_10 => "1.0 dateline",
        _ => "1.1 dateline",
    };
    for value in list(header::VIA).chain([HeaderValue::from_static(via)]) {
        headers.append(header::VIA, value);
    }
}

/// Returns the address of a client: `peer`, or if that is trusted, the last address in `X-Forwarded-For` that is not. A
/// stranger may have written the addresses before it.
pub fn client_address(peer: IpAddr, headers: &HeaderMap, trusts: impl Fn(IpAddr) -> bool) -> IpAddr {
    let mut address = peer.to_canonical();
    let told = headers.get_all(FORWARDED_FOR).iter().filter_map(|value| value.to_str().ok());
    let told: Vec<&str> = told.flat_map(|value| value.split(',')).map(str::trim).collect();
    for hop in told.iter().rev() {
        match hop.parse::<IpAddr>() {
            Ok(before) if trusts(address) => address = before.to_canonical(),
            Ok(_) | Err(_) => break,
        }
    }
    address
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exchange::tests::map;

    #[test]
    fn connection_nominates_more() {
        let headers = map(&[("connection", "close, X-Once ,, b@d"), ("connection", "x-twice")]);
        let options = ConnectionOptions::by(&headers);
        assert!(options.options().eq([b"close".as_slice(), b"X-Once", b"", b"b@d", b"x-twice"]));
        for name in ["close", "x-once", "x-twice"] {
            assert!(options.contains(&HeaderName::from_static(name)), "{name}");
        }
        assert!(!options.contains(&HeaderName::from_static("x")));
    }

    #[test]
    fn knows_what_ends_here() {
        for name in
            ["connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade", "proxy-connection"]
        {
            assert!(is_hop_by_hop(&HeaderName::from_static(name)), "{name}");
        }
        assert!(!is_hop_by_hop(&header::CONTENT_LENGTH) && !is_hop_by_hop(&header::AUTHORIZATION));
    }

    #[test]
    fn the_way_is_continued() {
        let told =
            map(&[("x-forwarded-for", "192.0.2.1"), ("x-forwarded-proto", "https"), ("via", "1.1 edge")]);
        let host = Some(HeaderValue::from_static("api.example.com"));
        let peer = Some(Peer { address: [127, 0, 0, 1].into(), tls: false });
        let arrival = Arrival { peer, host, version: Version::HTTP_2 };
        let mut headers = HeaderMap::new();
        add_forwarding(&mut headers, &told, arrival.clone());
        let all = |name: &str| {
            headers.get_all(name).iter().map(|value| value.to_str().unwrap()).collect::<Vec<_>>()
        };
        assert_eq!(all("x-forwarded-for"), ["192.0.2.1", "127.0.0.1"]);
        assert_eq!(all("x-forwarded-host"), ["api.example.com"]);
        assert_eq!(all("x-forwarded-proto"), ["https"]);
        assert_eq!(all("via"), ["1.1 edge", "2 dateline"]);
        let mut headers = HeaderMap::new();
        add_forwarding(&mut headers, &HeaderMap::new(), arrival);
        let told: Vec<_> =
            headers.iter().map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())).collect();
        assert_eq!(
            told,
            [
                "x-forwarded-for: 127.0.0.1",
                "x-forwarded-host: api.example.com",
                "x-forwarded-proto: http",
                "via: 2 dateline",
            ]
        );
    }

    #[test]
    fn a_clients_address_is_the_last_that_no_stranger_wrote() {
        let address = |peer: &str, told: &[&'static str]| {
            let fields: Vec<_> = told.iter().map(|told| ("x-forwarded-for", *told)).collect();
            let trusts = |address: IpAddr| address.to_string().starts_with("10.");
            client_address(peer.parse().unwrap(), &map(&fields), trusts).to_string()
        };
        assert_eq!(address("192.0.2.9", &["198.51.100.1"]), "192.0.2.9", "a stranger is not believed");
        assert_eq!(address("10.0.0.1", &[]), "10.0.0.1");
        assert_eq!(address("::ffff:10.0.0.1", &["198.51.100.1"]), "198.51.100.1");
        assert_eq!(address("10.0.0.1", &["203.0.113.7, 198.51.100.1", "10.0.0.2"]), "198.51.100.1");
        assert_eq!(address("10.0.0.1", &["198.51.100.1, unknown"]), "10.0.0.1", "no address");
        assert_eq!(address("10.0.0.1", &["10.0.0.3,10.0.0.2"]), "10.0.0.3");
    }

    #[test]
    fn the_target_says_the_host_before_the_field() {
        let headers = map(&[("host", "b:2")]);
        let asked = |uri: &str| asked_host(&uri.parse().unwrap(), &headers).unwrap();
        assert_eq!(asked("/x"), "b:2");
        assert_eq!(asked("http://a:1/x"), "a:1");
        assert_eq!(asked("http://user:key@a/x"), "a");
        assert_eq!(asked_host(&"/x".parse().unwrap(), &HeaderMap::new()), None);
    }
}
