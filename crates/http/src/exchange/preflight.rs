//! The question of a browser whether a page may send a request (CORS): an `OPTIONS` at the address of that request.
//!
//! It goes where the request itself would go. It says no version, so the operation is looked for at every version.

use super::{Exchange, Exchanges, addresses::AddressTables, set};
use crate::pin::Pin;
use http::{HeaderMap, HeaderValue, Method, header};

impl Exchanges {
    /// The addresses of the operation that a browser asks about, or `None` if the request is no such question, or is about
    /// an operation that does not move.
    pub(super) fn asked_about(
        &self,
        method: &Method,
        path: &str,
        headers: &HeaderMap,
        pin: &Pin<'_>,
    ) -> Option<Box<AddressTables<'_>>> {
        if method != Method::OPTIONS || !self.routes.change() {
            return None;
        }
        let asked = headers.get(header::ACCESS_CONTROL_REQUEST_METHOD)?.to_str().ok()?;
        let mut versions = [pin.spoken()].into_iter().chain(self.pack().versions().rev());
        let (client, operation) =
            versions.find_map(|version| Some((version, self.routes.find(asked, path, version)?)))?;
        let tables = AddressTables::new(&self.routes, self.pack(), (client, pin.upstream), Some(operation));
        let (from, to) = tables.addresses()?;
        (from != to).then(|| Box::new(tables.of_preflight()))
    }
}

impl Exchange<'_> {
    /// Lets a browser's question name the method that the request will have at the upstream.
    pub(super) fn ask_method(&self, headers: &mut HeaderMap) {
        if let Some((_, method)) = self.methods() {
            set(headers, &header::ACCESS_CONTROL_REQUEST_METHOD, HeaderValue::try_from(method).ok());
        }
    }

    /// Lets the answer to it allow the method of the client's version, where it allows that of the upstream's. Some methods
    /// are always allowed, and need not be named.
    pub(super) fn allow_method(&self, headers: &mut HeaderMap) {
        let Some((own, method)) = self.methods() else { return };
        let values = headers.get_all(header::ACCESS_CONTROL_ALLOW_METHODS).iter();
        let names = values.flat_map(|value| value.as_bytes().split(|byte| *byte == b','));
        let mut names = names.map(<[u8]>::trim_ascii);
        let is_simple = matches!(method, "GET" | "HEAD" | "POST");
        let allows = is_simple || names.any(|name| name == method.as_bytes());
        if allows
            && headers.contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN)
            && let Ok(own) = HeaderValue::try_from(own)
        {
            headers.append(header::ACCESS_CONTROL_ALLOW_METHODS, own);
        }
    }

    /// The methods of the client's version and of the upstream's, if this is a question about an operation in which they
    /// differ.
    fn methods(&self) -> Option<(&str, &str)> {
        let tables = self.addresses.as_deref().filter(|tables| tables.is_preflight())?;
        let (from, to) = tables.addresses()?;
        (from.method != to.method).then_some((&from.method, &to.method))
    }
}
