//! The places where a request says its version, as they are read and written in heads.
//!
//! The label of a version has no character that a URL or a media type would have to encode.
//!
//! | file | is |
//! |---|---|
//! | `media` | a version in media types |
//! | `query` | a version in a query |
//! | `up` | a request as the upstream is asked |
//! | `down` | the version that an answer says it is in, and the labels for the client |

mod down;
mod media;
mod query;
mod up;

use crate::policy::PolicyError;
use dateline_core::{
    pack::{Pack, VersionPlace},
    route::VersionSegments,
};
use http::{HeaderMap, HeaderName, HeaderValue, header};
use media::MediaTypes;
use std::borrow::Cow;

/// The places where the requests of a pack say their version, in the order in which they are looked at.
#[derive(Debug)]
pub(crate) struct Places {
    all: Vec<Place>,
    /// The header fields that are places.
    headers: Vec<HeaderName>,
    /// The header fields that can say a version: an answer depends on them.
    fields: Vec<HeaderName>,
    segments: Option<VersionSegments>,
    /// True if a version can stand in the path or in the query.
    in_url: bool,
}

/// One place.
#[derive(Debug)]
pub(crate) struct Place {
    named: VersionPlace,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Header(HeaderName),
    Path,
    Query(String),
    Media(MediaTypes),
}

/// The parts of a request in which it says its version.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked<'r> {
    pub(crate) headers: &'r HeaderMap,
    /// The path, without a client's prefix.
    pub(crate) path: &'r str,
    pub(crate) query: Option<&'r str>,
}

/// The text that stands at a place of a request.
#[derive(Debug)]
pub(crate) enum Text<'r> {
    /// One text. It is empty where nothing that could be a version stands there.
    One(Cow<'r, [u8]>),
    /// One text, in this segment of the path.
    InPath(Cow<'r, [u8]>, Segment),
    /// The place has several texts, or one that some servers would not find there.
    Several,
}

/// The place of a segment in a path, with the slash before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Segment {
    pub(crate) begin: usize,
    pub(crate) end: usize,
}

impl Places {
    /// The places of a pack.
    pub(crate) fn of(pack: &Pack) -> Result<Self, PolicyError> {
        let header =
            |name: &String| HeaderName::try_from(name).map_err(|_| PolicyError::Header(name.to_owned()));
        let place = |named: &VersionPlace| {
            let kind = match named {
                VersionPlace::Header(name) => Kind::Header(header(name)?),
                VersionPlace::Path(_) => Kind::Path,
                VersionPlace::Query(name) => Kind::Query(name.clone()),
                VersionPlace::MediaType(template) => Kind::Media(MediaTypes::new(template)),
            };
            Ok(Place { named: named.clone(), kind })
        };
        let all = pack.version_places.iter().map(place).collect::<Result<Vec<_>, _>>()?;
        Ok(Places::new(all, VersionSegments::of(pack)))
    }

    fn new(all: Vec<Place>, segments: Option<VersionSegments>) -> Self {
        let headers = all.iter().filter_map(|place| match &place.kind {
            Kind::Header(name) => Some(name.clone()),
            Kind::Path | Kind::Query(_) | Kind::Media(_) => None,
        });
        let headers: Vec<_> = headers.collect();
        let has_media = all.iter().any(|place| matches!(place.kind, Kind::Media(_)));
        let fields = headers.iter().cloned().chain(has_media.then_some(header::ACCEPT)).collect();
        let in_url = all.iter().any(|place| matches!(place.kind, Kind::Path | Kind::Query(_)));
        Places { all, headers, fields, segments, in_url }
    }

    /// The places of a pack whose only one is a header.
    #[cfg(test)]
    pub(crate) fn header(name: &str) -> Self {
        let kind = Kind::Header(HeaderName::try_from(name).unwrap());
        Places::new(vec![Place { named: VersionPlace::Header(name.to_owned()), kind }], None)
    }

    /// Every place, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Place> {
        self.all.iter()
    }

    /// The first place: the one where a version is said that nothing says otherwise.
    pub(crate) fn first(&self) -> Option<&VersionPlace> {
        self.all.first().map(|place| &place.named)
    }

    /// The header fields that are places.
    pub(crate) fn headers(&self) -> &[HeaderName] {
        &self.headers
    }

    /// The header fields that can say a version.
    pub(crate) fn fields(&self) -> &[HeaderName] {
        &self.fields
    }

    /// The text that stands at a place of a request; `None` where nothing does.
    pub(crate) fn read<'r>(&self, place: &Place, asked: &Asked<'r>) -> Option<Text<'r>> {
        match &place.kind {
            Kind::Header(name) => {
                let mut values = asked.headers.get_all(name).iter().map(HeaderValue::as_bytes);
                let first = values.next()?;
                Some(match values.next() {
                    None => Text::One(Cow::Borrowed(first)),
                    Some(_) => Text::Several,
                })
            }
            Kind::Path => {
                let found = self.segments.as_ref()?.find(asked.path)?;
                Some(Text::InPath(found.version, Segment { begin: found.range.start, end: found.range.end }))
            }
            Kind::Query(name) => query::read(asked.query?, name),
            Kind::Media(types) => types.read(asked.headers),
        }
    }
}

impl Place {
    /// The place as the pack has it.
    pub(crate) fn named(&self) -> &VersionPlace {
        &self.named
    }
}
