//! Access to the admin listener: who may ask, and who may change something.
//!
//! - Without a token configured, whoever is on this machine may ask; with one (`admin.token_sha256`), whoever shows it.
//! - A browser on this machine is led here by other sites too. By a name of their own that resolves to this address (DNS
//!   rebinding): so `Host` must be an address of this listener. By links to it: those read nothing, since no answer may be used
//!   by another site, and change nothing, since that takes a `PUT` of this listener's own pages, which no form can send.

use base64::{Engine, prelude::BASE64_STANDARD};
use dateline_http::policy::bearer_sha256;
use http::{HeaderMap, HeaderName, StatusCode, header, request::Parts, uri::Authority};
use std::net::IpAddr;

use super::answer::Answer;

const SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");

/// The two ends of a connection.
#[derive(Debug, Clone, Copy)]
pub(super) struct Peer {
    address: IpAddr,
    /// The address of this machine that the connection came to.
    reached: IpAddr,
}

impl Peer {
    pub(super) fn new(address: IpAddr, reached: IpAddr) -> Self {
        // An IPv6 socket shows IPv4 peers as `::ffff:127.0.0.1`.
        Peer { address: address.to_canonical(), reached: reached.to_canonical() }
    }
}

/// A reason why a request is not answered. The text is for the client, and repeats nothing of the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refusal {
    /// The request came from another machine, and no token is configured.
    #[error(
        "only /healthz and /readyz are open to other machines\n\
         For the rest, set admin.token_sha256 to what `dateline hash-key` prints of a long random token, and send that as \
         `Authorization: Bearer TOKEN`, or as the password in a browser."
    )]
    Elsewhere,
    /// The configured token is missing or wrong.
    #[error(
        "this takes the token owner SHA-256 is admin.token_sha256\n\
         Send it as `Authorization: Bearer TOKEN`, or in a browser as the password, with any user name."
    )]
    Token,
    /// The `Host` is a name that anyone can let resolve to this address.
    #[error(
        "`Host` names no address of this listener\n\
         Ask at localhost or at the address itself. To ask by a name, set admin.token_sha256 and show the token."
    )]
    Host,
    /// The request was caused by another site in the browser.
    #[error("another site asks for this: it is answered to this listener's own pages, and to programs")]
    CrossSite,
}

impl Refusal {
    pub(super) fn answer(self) -> Answer {
        let text = format!("{self}\n");
        match self {
            Refusal::Token => Answer::text(StatusCode::UNAUTHORIZED, text)
                .with(header::WWW_AUTHENTICATE, "Bearer realm=\"dateline\"")
                .with(header::WWW_AUTHENTICATE, "Basic realm=\"dateline\", charset=\"UTF-8\""),
            Refusal::Elsewhere | Refusal::Host | Refusal::CrossSite => {
                Answer::text(StatusCode::FORBIDDEN, text)
            }
        }
    }
}

/// Checks that a request may be answered. `token` is the SHA-256 of the configured token, if there is one.
pub(super) fn admit(head: &Parts, peer: Peer, token: Option<[u8; 32]>) -> Result<(), Refusal> {
    match token {
        Some(hash) if !shows(&head.headers, hash) => return Err(Refusal::Token),
        Some(_) => {}
        None if !peer.address.is_loopback() => return Err(Refusal::Elsewhere),
        None if !host(head).is_some_and(|host| is_here(&host, peer)) => return Err(Refusal::Host),
        None => {}
    }
    // A link on another site may lead here; its script, image or form may not.
    let led = |mode| mode == Some("navigate") && head.method != http::Method::POST;
    match text(&head.headers, &SITE) {
        Some("cross-site" | "same-site") if !led(text(&head.headers, &MODE)) => Err(Refusal::CrossSite),
        _ => Ok(()),
    }
}

/// Checks that an admitted request may change something: it comes from this listener's own pages, or from no page.
pub(super) fn may_change(head: &Parts) -> Result<(), Refusal> {
    let own_site = matches!(text(&head.headers, &SITE), None | Some("same-origin" | "none"));
    // A browser sends it with whatever is no `GET` (Fetch, 3.2).
    let own_origin = match only(&head.headers, &header::ORIGIN) {
        Ok(None) => true,
        Ok(Some(origin)) => {
            let origin = origin.split_once("://").and_then(|(_, origin)| origin.parse::<Authority>().ok());
            origin.is_some() && origin == host(head)
        }
        Err(Several) => false,
    };
    if own_site && own_origin { Ok(()) } else { Err(Refusal::CrossSite) }
}

/// Tells whether the request has the token: as a bearer token, or as the password of HTTP Basic, which browsers ask
/// for.
///
/// Hashes are compared, so how long that takes says nothing of the token.
fn shows(headers: &HeaderMap, hash: [u8; 32]) -> bool {
    let Ok(Some(credentials)) = only(headers, &header::AUTHORIZATION) else { return false };
    let Some((scheme, rest)) = credentials.split_once(' ') else { return false };
    let rest = rest.trim();
    if scheme.eq_ignore_ascii_case("bearer") {
        return bearer_sha256(rest.as_bytes()) == hash;
    }
    if !scheme.eq_ignore_ascii_case("basic") {
        return false;
    }
    let Ok(decoded) = BASE64_STANDARD.decode(rest) else { return false };
    let colon = decoded.iter().position(|byte| *byte == b':');
    colon.is_some_and(|colon| bearer_sha256(&decoded[colon + 1..]) == hash)
}

/// Returns the host that the request is for, if that is clear (RFC 9112, 3.2).
fn host(head: &Parts) -> Option<Authority> {
    match (head.uri.authority(), only(&head.headers, &header::HOST)) {
        (Some(authority), Ok(_)) => Some(authority.clone()),
        (None, Ok(Some(host))) => host.parse().ok(),
        (_, Err(Several)) | (None, Ok(None)) => None,
    }
}

/// Tells whether a host can only be this listener: a name that this machine has for itself, or an address. Other names
/// can be made to resolve anywhere.
fn is_here(host: &Authority, peer: Peer) -> bool {
    let host = host.host();
    let address = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    match address.parse::<IpAddr>().map(|address| address.to_canonical()) {
        Ok(address) => address.is_loopback() || address == peer.reached,
        Err(_) => host.eq_ignore_ascii_case("localhost"),
    }
}

struct Several;

/// The value of a field that stands once at most; none where it is no text.
fn only<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Result<Option<&'h str>, Several> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => value.to_str().map(Some).map_err(|_| Several),
        (Some(_), Some(_)) => Err(Several),
    }
}

fn text<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}
