//! The places where a request can say its version.

mod read;
mod template;
mod used;

pub(super) use read::places;
pub use template::VersionTemplate;
pub(super) use used::check as check_used;

use std::fmt;

/// A place where a request says its version, and where the upstream is told its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VersionPlace {
    /// A header field, as authored: `Api-Version`.
    Header(String),
    /// A segment of the path: `/admin/api/{version}`. The base path is the same without it.
    Path(VersionTemplate),
    /// A parameter of the query: `api-version`.
    Query(String),
    /// A media type in `Accept` and `Content-Type`: `application/vnd.shop.{version}+json`.
    MediaType(VersionTemplate),
}

impl VersionPlace {
    /// The word that a pack has for the kind of place.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            VersionPlace::Header(_) => "header",
            VersionPlace::Path(_) => "path",
            VersionPlace::Query(_) => "query",
            VersionPlace::MediaType(_) => "media_type",
        }
    }

    /// The value that a pack has for the place.
    #[must_use]
    pub fn written(&self) -> String {
        match self {
            VersionPlace::Header(name) | VersionPlace::Query(name) => name.clone(),
            VersionPlace::Path(template) | VersionPlace::MediaType(template) => template.to_string(),
        }
    }

    /// The version at this place, as the subject of a sentence.
    #[must_use]
    pub fn subject(&self) -> String {
        match self {
            VersionPlace::Header(name) => name.clone(),
            VersionPlace::Path(template) => format!("The version in the path ({template})"),
            VersionPlace::Query(name) => format!("The query parameter {name}"),
            VersionPlace::MediaType(template) => format!("The version in the media type ({template})"),
        }
    }

    /// The text that a client sends to say a version here.
    ///
    /// ```
    /// use dateline_core::pack::VersionPlace;
    ///
    /// let place = VersionPlace::Query("api-version".to_owned());
    /// assert_eq!(place.with("2024-10"), "?api-version=2024-10");
    /// ```
    #[must_use]
    pub fn with(&self, version: impl fmt::Display) -> String {
        match self {
            VersionPlace::Header(name) => format!("{name}: {version}"),
            VersionPlace::Path(template) => format!("a path like {}", template.with(version)),
            VersionPlace::Query(name) => format!("?{name}={version}"),
            VersionPlace::MediaType(template) => format!("Accept: {}", template.with(version)),
        }
    }

    /// A request that says a version here: its target, and the field that it has for that. `rest` is a path below the base
    /// path.
    #[must_use]
    pub fn request(
        &self,
        base_path: &str,
        rest: &str,
        version: impl fmt::Display,
    ) -> (String, Option<String>) {
        match self {
            VersionPlace::Header(_) | VersionPlace::MediaType(_) => {
                (format!("{base_path}{rest}"), Some(self.with(version)))
            }
            VersionPlace::Query(name) => (format!("{base_path}{rest}?{name}={version}"), None),
            VersionPlace::Path(template) => {
                let own: usize = template
                    .segments_before()
                    .chain(template.segments_after())
                    .map(|segment| segment.len() + 1)
                    .sum();
                let below = base_path.get(own..).unwrap_or_default();
                (format!("{}{below}{rest}", template.with(version)), None)
            }
        }
    }
}

/// The place as the object of a sentence: `Send … with a version that is supported`.
impl fmt::Display for VersionPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            VersionPlace::Header(name) => f.write_str(name),
            VersionPlace::Path(template) => write!(f, "a path like {template}"),
            VersionPlace::Query(name) => write!(f, "the query parameter {name}"),
            VersionPlace::MediaType(template) => write!(f, "the media type {template}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_says_how_a_version_is_sent() {
        let template = |text: &str| VersionTemplate::parse(text).unwrap();
        let header = VersionPlace::Header("V".to_owned());
        let path = VersionPlace::Path(template("/admin/{version}"));
        let query = VersionPlace::Query("v".to_owned());
        let media = VersionPlace::MediaType(template("application/vnd.x.{version}+json"));
        let request = |place: &VersionPlace| place.request("/admin/api", "/orders", "1");
        assert_eq!(request(&header), ("/admin/api/orders".to_owned(), Some("V: 1".to_owned())));
        assert_eq!(request(&path), ("/admin/1/api/orders".to_owned(), None));
        assert_eq!(request(&query), ("/admin/api/orders?v=1".to_owned(), None));
        let accept = "Accept: application/vnd.x.1+json".to_owned();
        assert_eq!(request(&media), ("/admin/api/orders".to_owned(), Some(accept)));
        assert_eq!(path.with("1"), "a path like /admin/1");
        assert_eq!(path.subject(), "The version in the path (/admin/{version})");
    }
}
