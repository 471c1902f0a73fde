//! The origin of an API (RFC 6454), parsed once.

use http::{HeaderValue, Uri, uri::Scheme};
use std::str::FromStr;

/// An origin: scheme, host and port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    uri: Uri,
    authority: HeaderValue,
    is_https: bool,
    host: String,
    port: u16,
}

/// The text is not an origin. It may hold a password, so it is never repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an origin such as https://api.example.com")]
pub struct OriginError;

impl Origin {
    /// Returns the URL as it was written.
    #[must_use]
    pub fn uri(&self) -> &Uri {
        &self.uri
    }

    /// Returns host and port as they were written, which is the value of `Host`.
    #[must_use]
    pub fn authority(&self) -> &HeaderValue {
        &self.authority
    }

    /// Returns whether the scheme is `https`.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.is_https
    }

    /// Returns `http` or `https`.
    #[must_use]
    pub fn scheme(&self) -> &'static str {
        if self.is_https { "https" } else { "http" }
    }

    /// Returns the host as it was written: a name, or an address, in brackets where that is of IPv6.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Returns the port, which is that of the scheme where none was written.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Returns whether a scheme and an authority name this origin.
    #[must_use]
    pub fn is_named_by(&self, is_https: bool, authority: &[u8]) -> bool {
        host_and_port(is_https, authority).is_some_and(|(host, port)| {
            is_https == self.is_https && port == self.port && host.eq_ignore_ascii_case(self.host.as_bytes())
        })
    }
}

impl FromStr for Origin {
    type Err = OriginError;

    fn from_str(text: &str) -> Result<Self, OriginError> {
        let uri: Uri = text.parse().map_err(|_| OriginError)?;
        let is_https = match uri.scheme() {
            Some(scheme) if *scheme == Scheme::HTTPS => true,
            Some(scheme) if *scheme == Scheme::HTTP => false,
            _ => return Err(OriginError),
        };
        let (host, authority) = uri.host().zip(uri.authority()).ok_or(OriginError)?;
        let (_, port) = host_and_port(is_https, authority.as_str().as_bytes()).ok_or(OriginError)?;
        let value = HeaderValue::try_from(authority.as_str()).map_err(|_| OriginError)?;
        Ok(Origin { authority: value, is_https, host: host.to_owned(), port, uri })
    }
}

/// Cuts an authority into its host and its port.
fn host_and_port(is_https: bool, authority: &[u8]) -> Option<(&[u8], u16)> {
    let digits = authority.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    let (host, port) = authority.split_at(authority.len() - digits);
    let default = if is_https { 443 } else { 80 };
    match host.strip_suffix(b":") {
        Some(host) if port.is_empty() => Some((host, default)),
        Some(host) => Some((host, std::str::from_utf8(port).ok()?.parse().ok()?)),
        None => Some((authority, default)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_has_a_scheme_a_host_and_a_port() {
        for (text, is_https, host, port) in [
            ("https://api.example.com", true, "api.example.com", 443),
            ("http://api.example.com", false, "api.example.com", 80),
            ("https://API.example.com:8443", true, "API.example.com", 8443),
            ("http://[::1]:3000", false, "[::1]", 3000),
        ] {
            let origin: Origin = text.parse().unwrap();
            assert_eq!((origin.is_https(), origin.host(), origin.port()), (is_https, host, port), "{text}");
            assert_eq!(format!("{}://{}", origin.scheme(), origin.authority().to_str().unwrap()), text);
        }
        for odd in ["", "api.example.com", "/plans", "ftp://api.example.com", "https://a:99999", "https://"] {
            assert_eq!(odd.parse::<Origin>(), Err(OriginError), "{odd}");
        }
    }

    #[test]
    fn an_origin_is_named_in_any_case_and_with_its_default_port() {
        let origin: Origin = "https://api.example.com".parse().unwrap();
        for same in ["api.example.com", "API.example.com:443", "api.example.com:"] {
            assert!(origin.is_named_by(true, same.as_bytes()), "{same}");
        }
        assert!(!origin.is_named_by(false, b"api.example.com"));
        for other in ["api.example.com:8443", "user@api.example.com", "example.com", "api.example.com:99999"]
        {
            assert!(!origin.is_named_by(true, other.as_bytes()), "{other}");
        }
    }
}
