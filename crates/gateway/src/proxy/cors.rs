//! Cross-origin headers (CORS) on the gateway's own errors, repeated from the upstream's answers. Without them, a
//! browser hides an error from the page that made the request.
//!
//! It is kept with the upstream that has said it, by origin and with the values as they came; nothing is made wider.

use crate::base::lock::Locked;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex},
};

/// Origins that are kept; the one that came first makes room.
const ORIGINS: usize = 256;

/// Bytes of an origin, and of what is said to it, at most: what is longer is not kept.
const ORIGIN_BYTES: usize = 256;
const SAID_BYTES: usize = 2048;

/// Fields that say what an origin may read. `Allow-Methods` and the like are about requests that are asked for first.
const KEPT: [HeaderName; 3] = [
    header::ACCESS_CONTROL_ALLOW_ORIGIN,
    header::ACCESS_CONTROL_ALLOW_CREDENTIALS,
    header::ACCESS_CONTROL_EXPOSE_HEADERS,
];

/// The CORS headers for one origin.
type CorsFields = Arc<[(HeaderName, HeaderValue)]>;

/// The CORS headers that the upstream sent, by origin.
#[derive(Debug, Default)]
pub(crate) struct CrossOrigins(Mutex<KnownOrigins>);

#[derive(Debug, Default)]
struct KnownOrigins {
    by_origin: HashMap<Box<[u8]>, CorsFields>,
    /// The one that came first is at the front.
    order: VecDeque<Box<[u8]>>,
}

/// The origin of the page that a request comes from, where a browser says one.
pub(crate) fn asking_origin(headers: &HeaderMap) -> Option<HeaderValue> {
    let mut values = headers.get_all(header::ORIGIN).iter();
    values.next().filter(|_| values.next().is_none()).cloned()
}

impl CrossOrigins {
    /// Takes what an answer of the upstream's says to the origin that asked.
    ///
    /// An answer to `OPTIONS` is about what may be asked, so it decides only as long as nothing else is known. A
    /// success that lets the origin read nothing ends what was said before; an error may be somebody else's.
    pub(crate) fn learn(&self, origin: &HeaderValue, method: &Method, status: StatusCode, came: &HeaderMap) {
        let fields: Vec<_> = KEPT
            .iter()
            .flat_map(|name| came.get_all(name).iter().map(move |value| (name.clone(), value.clone())))
            .collect();
        let allows = came.get_all(header::ACCESS_CONTROL_ALLOW_ORIGIN).iter().count() == 1;
        let is_preflight = method == Method::OPTIONS;
        let mut said = self.0.locked();
        match said.by_origin.get(origin.as_bytes()) {
            Some(_) if is_preflight => return,
            Some(known) if **known == *fields => return,
            _ => {}
        }
        let length: usize = fields.iter().map(|(_, value)| value.len()).sum();
        if allows && length <= SAID_BYTES && origin.len() <= ORIGIN_BYTES {
            said.keep(origin.as_bytes(), fields);
        } else if status.is_success() && !is_preflight {
            said.forget(origin.as_bytes());
        }
    }

    /// Returns the headers that the upstream sent for an origin.
    pub(crate) fn said_to(&self, origin: &HeaderValue) -> Option<CorsFields> {
        self.0.locked().by_origin.get(origin.as_bytes()).cloned()
    }
}

impl KnownOrigins {
    fn keep(&mut self, origin: &[u8], fields: Vec<(HeaderName, HeaderValue)>) {
        // A value is a piece of the head that it came in, all of which would be kept.
        let fields = fields
            .into_iter()
            .filter_map(|(name, value)| Some((name, HeaderValue::from_bytes(value.as_bytes()).ok()?)));
        if self.by_origin.insert(origin.into(), fields.collect()).is_some() {
            return;
        }
        self.order.push_back(origin.into());
        if self.order.len() > ORIGINS
            && let Some(first) = self.order.pop_front()
        {
            self.by_origin.remove(&first);
        }
    }

    fn forget(&mut self, origin: &[u8]) {
        if self.by_origin.remove(origin).is_some() {
            self.order.retain(|known| **known != *origin);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALLOW: &str = "access-control-allow-origin";

    fn map(fields: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut map = HeaderMap::new();
        for (name, value) in fields {
            map.append(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        map
    }

    /// Returns the headers known for an origin, one a line.
    fn known(origins: &CrossOrigins, origin: &str) -> Option<Vec<String>> {
        let said = origins.said_to(&HeaderValue::from_str(origin).unwrap())?;
        Some(said.iter().map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())).collect())
    }

    #[test]
    fn values_are_kept_as_they_came_for_the_origin_that_they_came_for() {
        let (origins, a) = (CrossOrigins::default(), HeaderValue::from_static("https://a.example"));
        let came = map(&[
            (ALLOW, "https://a.example"),
            ("access-control-allow-credentials", "true"),
            ("vary", "origin"),
        ]);
        origins.learn(&a, &Method::GET, StatusCode::OK, &came);
        let lines =
            ["access-control-allow-origin: https://a.example", "access-control-allow-credentials: true"];
        assert_eq!(known(&origins, "https://a.example").unwrap(), lines);
        assert_eq!(known(&origins, "https://A.example"), None);
        assert_eq!(known(&origins, "https://b.example"), None);
    }

    #[test]
    fn what_is_taken_back_is_forgotten() {
        let (origins, a) = (CrossOrigins::default(), HeaderValue::from_static("https://a.example"));
        let learn = |method: Method, status: u16, fields: &[_]| {
            origins.learn(&a, &method, StatusCode::from_u16(status).unwrap(), &map(fields));
            known(&origins, "https://a.example").is_some()
        };
        assert!(learn(Method::OPTIONS, 204, &[(ALLOW, "*")]), "as long as nothing else is known");
        assert!(learn(Method::GET, 404, &[(ALLOW, "https://a.example")]));
        assert!(learn(Method::OPTIONS, 204, &[]) && learn(Method::GET, 502, &[]));
        assert!(!learn(Method::GET, 200, &[]));
        assert!(!learn(Method::GET, 200, &[(ALLOW, "a"), (ALLOW, "b")]), "which is nothing to a browser");
        assert!(!learn(Method::OPTIONS, 204, &[]));
    }

    #[test]
    fn it_is_bounded() {
        let origins = CrossOrigins::default();
        let said = map(&[(ALLOW, "*")]);
        let learn = |origin: &str, said: &HeaderMap| {
            origins.learn(&HeaderValue::from_str(origin).unwrap(), &Method::GET, StatusCode::OK, said);
        };
        (0..ORIGINS + 10).for_each(|number| learn(&format!("https://{number}.example"), &said));
        assert_eq!(origins.0.locked().by_origin.len(), ORIGINS);
        assert_eq!(origins.0.locked().order.len(), ORIGINS);
        assert_eq!(known(&origins, "https://9.example"), None);
        assert!(known(&origins, "https://10.example").is_some());
        learn(&format!("https://{}.example", "a".repeat(ORIGIN_BYTES)), &said);
        let mut long = said.clone();
        let names = HeaderValue::from_str(&"a".repeat(SAID_BYTES)).unwrap();
        long.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, names);
        learn("https://long.example", &long);
        assert_eq!(known(&origins, "https://long.example"), None);
        assert_eq!(origins.0.locked().order.len(), ORIGINS);
    }
}
