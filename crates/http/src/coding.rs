//! Content codings: those that are known, that a client accepts, that the upstream is asked for, and that a body has.
//!
//! Nothing is decoded here: [`Decoding`] says whether the caller does.

use http::{HeaderMap, HeaderValue, header};
use std::fmt::Write;

/// A coding that can be undone and made.
///
/// `deflate` is not among them: half of its senders mean RFC 1950 by it and half RFC 1951.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coding {
    /// RFC 1952.
    Gzip,
    /// RFC 7932.
    Brotli,
    /// RFC 8878, with the window of RFC 9659.
    Zstd,
}

impl Coding {
    /// Every coding that is read and written.
    pub const ALL: [Coding; 3] = [Coding::Gzip, Coding::Brotli, Coding::Zstd];

    /// All of them, as `Accept-Encoding` has them.
    pub const ACCEPTED: &str = "gzip, br, zstd";

    /// The name in IANA's registry.
    pub fn name(self) -> &'static str {
        match self {
            Coding::Gzip => "gzip",
            Coding::Brotli => "br",
            Coding::Zstd => "zstd",
        }
    }

    /// The coding of a name in any case; `x-gzip` is `gzip` (RFC 9110, 8.4.1.3).
    fn named(name: &[u8]) -> Option<Coding> {
        let known =
            Coding::ALL.into_iter().find(|coding| name.eq_ignore_ascii_case(coding.name().as_bytes()));
        known.or_else(|| name.eq_ignore_ascii_case(b"x-gzip").then_some(Coding::Gzip))
    }
}

/// The ability of the caller to decode the bodies that have to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decoding {
    /// The caller decodes every [`Coding`], and codes a translated answer again.
    Supported,
    /// The caller reads plain bodies only. A coded body passes, or is refused if it has to be translated.
    Unsupported,
}

/// The most codings that are decoded on one body. Two happen by mistake; more are an attack.
const MOST: usize = 2;

/// The codings of a body in the order in which they were applied.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Codings([Option<Coding>; MOST]);

impl Codings {
    /// Reads `Content-Encoding`, or returns `None` if there are codings that cannot be decoded.
    pub fn of(headers: &HeaderMap) -> Option<Codings> {
        let mut codings = Codings::default();
        let mut free = codings.0.iter_mut();
        for value in headers.get_all(header::CONTENT_ENCODING) {
            for name in value.as_bytes().split(|byte| *byte == b',').map(<[u8]>::trim_ascii) {
                if !name.is_empty() && !name.eq_ignore_ascii_case(b"identity") {
                    *free.next()? = Some(Coding::named(name)?);
                }
            }
        }
        Some(codings)
    }

    /// Tells whether the body has no content coding.
    pub fn is_plain(self) -> bool {
        self == Codings::default()
    }

    /// The last that was applied first: as they are undone.
    pub fn outside_in(self) -> impl Iterator<Item = Coding> {
        self.0.into_iter().rev().flatten()
    }
}

/// The codings that a client accepts: a quality in thousandths for each, in the order of [`Coding::ALL`].
///
/// Nothing where it does not say: RFC 9110 would let it have any coding then, but who does not ask for one does not
/// expect one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Accepts {
    qualities: [u16; Coding::ALL.len()],
    /// The quality of no coding at all, where the client names one.
    plain: Option<u16>,
}

impl Accepts {
    /// Reads `Accept-Encoding` (RFC 9110, 12.5.3). The lower quality counts for a coding that is named twice. A coding
    /// with an unreadable quality is not accepted.
    pub fn of(headers: &HeaderMap) -> Self {
        let mut named = [None; Coding::ALL.len()];
        let (mut plain, mut any) = (None, None);
        for value in headers.get_all(header::ACCEPT_ENCODING) {
            for entry in value.as_bytes().split(|byte| *byte == b',') {
                let mut parts = entry.split(|byte| *byte == b';').map(<[u8]>::trim_ascii);
                let name = parts.next().unwrap_or_default();
                let place = match Coding::named(name) {
                    Some(coding) => &mut named[coding as usize],
                    None if name.eq_ignore_ascii_case(b"identity") => &mut plain,
                    None if name == b"*" => &mut any,
                    None => continue,
                };
                let quality = parts.next().map_or(1000, |weight| quality(weight).unwrap_or(0));
                *place = Some(place.map_or(quality, |known: u16| known.min(quality)));
            }
        }
        let qualities = named.map(|named| named.or(any).unwrap_or(0));
        Accepts { qualities, plain: plain.or(any.filter(|quality| *quality == 0)) }
    }

    fn quality(self, coding: Coding) -> u16 {
        self.qualities[coding as usize]
    }

    /// Returns the `Accept-Encoding` for the upstream: the client's, reduced to codings that can be decoded here.
    pub fn asked(self) -> HeaderValue {
        let wanted = |coding: &Coding| self.quality(*coding) > 0;
        // What nearly every client sends; allocates nothing.
        if self.plain.is_none() && self.qualities.iter().all(|quality| matches!(quality, 0 | 1000)) {
            return HeaderValue::from_static(match Coding::ALL.each_ref().map(wanted) {
                [false, false, false] => "identity",
                [true, false, false] => "gzip",
                [false, true, false] => "br",
                [true, true, false] => "gzip, br",
                [false, false, true] => "zstd",
                [true, false, true] => "gzip, zstd",
                [false, true, true] => "br, zstd",
                [true, true, true] => "gzip, br, zstd",
            });
        }
        let named =
            Coding::ALL.into_iter().filter(wanted).map(|coding| (coding.name(), self.quality(coding)));
        let plain = self.plain.filter(|quality| *quality > 0).map(|quality| ("identity", quality));
        let mut text = String::new();
        for (name, quality) in named.chain(plain) {
            let comma = if text.is_empty() { "" } else { ", " };
            // Writing to a string does not fail.
            let _ = match quality {
                1000 => write!(text, "{comma}{name}"),
                _ => write!(text, "{comma}{name};q=0.{}", format!("{quality:03}").trim_end_matches('0')),
            };
        }
        HeaderValue::try_from(text)
            .ok()
            .filter(|value| !value.is_empty())
            .unwrap_or(HeaderValue::from_static("identity"))
    }

    /// The coding of an answer that came in these: the one that the upstream chose, where the client accepts it, and
    /// otherwise none, unless the client refuses just that.
    pub fn answer(self, came: Codings) -> Option<Coding> {
        let chosen = came.outside_in().find(|coding| self.quality(*coding) > 0);
        chosen.or_else(|| {
            let best = Coding::ALL.into_iter().rev().max_by_key(|coding| self.quality(*coding));
            best.filter(|best| self.quality(*best) > 0 && self.plain == Some(0) && !came.is_plain())
        })
    }
}

/// The quality of `q=0.8` in thousandths (RFC 9110, 12.4.2).
fn quality(weight: &[u8]) -> Option<u16> {
    let value = match weight.split_at_checked(2)? {
        (b"q=" | b"Q=", value) => value,
        _ => return None,
    };
    let (whole, digits) = match value {
        [whole] | [whole, b'.'] => (whole, &value[1..1]),
        [whole, b'.', digits @ ..] => (whole, digits),
        _ => return None,
    };
    if digits.len() > 3 || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let digit = |at: usize| digits.get(at).map_or(0, |digit| u16::from(digit - b'0'));
    let thousandths = digit(0) * 100 + digit(1) * 10 + digit(2);
    match whole {
        b'0' => Some(thousandths),
        b'1' if thousandths == 0 => Some(1000),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepts(values: &[&'static str]) -> Accepts {
        let field = |value: &&'static str| (header::ACCEPT_ENCODING, HeaderValue::from_static(value));
        Accepts::of(&values.iter().map(field).collect())
    }

    fn codings(values: &[&'static str]) -> Option<Codings> {
        let field = |value: &&'static str| (header::CONTENT_ENCODING, HeaderValue::from_static(value));
        Codings::of(&values.iter().map(field).collect())
    }

    #[test]
    fn the_upstream_is_asked_for_what_both_sides_understand() {
        for (sent, asked) in [
            (&["gzip, deflate, br, zstd"][..], "gzip, br, zstd"),
            (&["GZip"], "gzip"),
            (&["x-gzip"], "gzip"),
            (&["br", "zstd"], "br, zstd"),
            (&["deflate"], "identity"),
            (&["deflate, compress;q=0.5"], "identity"),
            (&[""], "identity"),
            (&[], "identity"),
            (&["identity"], "identity"),
            (&["*"], "gzip, br, zstd"),
            (&["br;q=0, *"], "gzip, zstd"),
            (&["*;q=0"], "identity"),
            (&["gzip, *;q=0"], "gzip"),
            (&["gzip;q=0"], "identity"),
            (&["gzip;q=0.0, br;q=0.000"], "identity"),
            (&["gzip;q=1.0, identity;q=0.5, *;q=0"], "gzip, identity;q=0.5"),
            (&["gzip ; q=0.8 , br;Q=0.25,zstd;q=1.000"], "gzip;q=0.8, br;q=0.25, zstd"),
            (&["gzip;q=0.001"], "gzip;q=0.001"),
            (&["gzip, gzip;q=0"], "identity"),
            (&["identity;q=0"], "identity"),
        ] {
            assert_eq!(accepts(sent).asked(), asked, "{sent:?}");
        }
    }

    #[test]
    fn a_quality_that_is_none_accepts_nothing() {
        for weight in
            ["q=2", "q=1.001", "q=0.1234", "q=-1", "q=", "q", "level=1", "q=.5", "q=0,5", "q=nan", "q=1e0"]
        {
            let sent: &'static str = format!("gzip;{weight}, br").leak();
            let asked = accepts(&[sent]).asked();
            assert_eq!(asked, "br", "{sent}");
        }
    }

    #[test]
    fn a_list_of_codings_is_read_in_any_spelling() {
        use Coding::{Brotli, Gzip, Zstd};
        let list =
            |values: &[&'static str]| codings(values).map(|codings| codings.outside_in().collect::<Vec<_>>());
        for plain in [&[][..], &[""], &["identity"], &["Identity, ,identity"], &["", "identity"]] {
            assert!(codings(plain).is_some_and(Codings::is_plain), "{plain:?}");
        }
        assert_eq!(list(&["gzip"]), Some(vec![Gzip]));
        assert_eq!(list(&["X-GZIP ,"]), Some(vec![Gzip]));
        assert_eq!(list(&["gzip, br"]), Some(vec![Brotli, Gzip]));
        assert_eq!(list(&["zstd", "identity", "zstd"]), Some(vec![Zstd, Zstd]));
        for other in ["deflate", "gzip, x", "gzip, gzip, gzip", "gzip;q=1", "compress", "dcb", "\"gzip\""] {
            assert_eq!(list(&[other]), None, "{other}");
        }
    }

    #[test]
    fn an_answer_keeps_the_upstreams_coding_where_the_client_accepts_it() {
        let answer = |sent, came| accepts(sent).answer(codings(came).unwrap());
        assert_eq!(answer(&["gzip, br"], &["br"]), Some(Coding::Brotli));
        assert_eq!(answer(&["gzip, br"], &[]), None, "nothing is coded that was not");
        assert_eq!(answer(&["gzip"], &["br"]), None, "not asked for");
        assert_eq!(answer(&[], &["gzip"]), None);
        assert_eq!(answer(&["gzip"], &["gzip, br"]), Some(Coding::Gzip));
        assert_eq!(answer(&["gzip, br"], &["gzip, gzip"]), Some(Coding::Gzip));
        assert_eq!(answer(&["gzip;q=0.5, zstd;q=0.8, identity;q=0"], &["br"]), Some(Coding::Zstd));
        assert_eq!(answer(&["gzip, zstd, identity;q=0"], &["br"]), Some(Coding::Gzip));
        assert_eq!(answer(&["identity;q=0"], &["br"]), None);
    }
}
