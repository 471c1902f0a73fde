//! The announcements of a version's end to its clients: `Deprecation` (RFC 9745), `Sunset` (RFC 8594), a `Link` to a
//! page about it; and from its sunset on, if configured, 410.
//!
//! Every field value is made when the configuration is loaded.

use crate::{
    clock::{Clock, unix},
    fields::only,
    policy::{AfterSunset, Retirement},
};
use dateline_core::{Version, day::Day};
use http::{HeaderMap, HeaderName, HeaderValue, header};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// `Deprecation` (RFC 9745, 2).
const DEPRECATION: HeaderName = HeaderName::from_static("deprecation");
/// `Sunset` (RFC 8594, 3).
const SUNSET: HeaderName = HeaderName::from_static("sunset");

/// The versions that are on their way out, and what time it is.
#[derive(Debug, Default)]
pub(super) struct Retirements {
    /// Few: most gateways have none.
    notices: Vec<Notice>,
    clock: Clock,
}

/// The announcements for the clients of one version.
#[derive(Debug)]
pub(super) struct Notice {
    pin: Version,
    /// Second since 1970, and the same as a field value.
    deprecation: Option<(u64, HeaderValue)>,
    sunset: Option<(u64, HeaderValue)>,
    link: Option<HeaderValue>,
    /// The day from which requests are refused.
    refused: Option<Day>,
    page: Option<String>,
}

/// A version that is answered no longer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retired {
    /// The version that is retired.
    pub pin: Version,
    /// The day from which requests are refused.
    pub since: Day,
    /// A page about it.
    pub page: Option<String>,
}

impl Retirements {
    pub(super) fn new(configured: &[Retirement], clock: Clock) -> Self {
        Retirements { notices: configured.iter().map(Notice::new).collect(), clock }
    }

    /// Returns the announcements for the clients of a version.
    pub(super) fn of(&self, pin: Version) -> Option<&Notice> {
        self.notices.iter().find(|notice| notice.pin == pin)
    }

    /// Returns the retirement of a version that is no longer answered.
    pub(super) fn retired(&self, pin: Version) -> Option<Retired> {
        let notice = self.of(pin)?;
        let since = notice.refused.filter(|since| since.start() <= self.clock.now())?;
        Some(Retired { pin, since, page: notice.page.clone() })
    }
}

impl Notice {
    fn new(retirement: &Retirement) -> Self {
        let Retirement { pin, deprecated, sunset, link, after_sunset } = retirement;
        let value = |text: String| HeaderValue::try_from(text).ok();
        let date = |day: Day| httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_secs(day.start()));
        // Of a version that only has a sunset, the page is about that (RFC 8594, 6).
        let relation = if deprecated.is_some() { "deprecation" } else { "sunset" };
        let link_text = |page: &String| value(format!("<{page}>; rel=\"{relation}\"; type=\"text/html\""));
        Notice {
            pin: *pin,
            deprecation: deprecated.and_then(|day| Some((day.start(), value(format!("@{}", day.start()))?))),
            sunset: sunset.and_then(|day| Some((day.start(), value(date(day))?))),
            link: link.as_ref().and_then(link_text),
            refused: sunset.filter(|_| *after_sunset == AfterSunset::Refuse),
            page: link.clone(),
        }
    }

    /// Tells it in the head of an answer. `Link` is one more. Of the two others there can be only one: where the
    /// upstream's own is of an earlier time, that holds for this client, too, and stays; what cannot be read gives way.
    pub(super) fn tell(&self, headers: &mut HeaderMap) {
        earlier(headers, DEPRECATION, self.deprecation.as_ref(), seconds);
        earlier(headers, SUNSET, self.sunset.as_ref(), http_date);
        if let Some(link) = &self.link {
            headers.append(header::LINK, link.clone());
        }
    }
}

/// Puts a time in its field, unless an earlier one is there alone.
fn earlier(
    headers: &mut HeaderMap,
    name: HeaderName,
    ours: Option<&(u64, HeaderValue)>,
    read: fn(&str) -> Option<u64>,
) {
    let Some((time, value)) = ours else { return };
    let theirs = only(headers, &name).and_then(|theirs| read(theirs.to_str().ok()?));
    if theirs.is_none_or(|theirs| theirs > *time) {
        headers.insert(name, value.clone());
    }
}

/// A Date of RFC 9651, 3.3.7, without parameters; one before 1970 is the earliest there is.
fn seconds(text: &str) -> Option<u64> {
    let number: i64 = text.trim().strip_prefix('@')?.parse().ok()?;
    Some(u64::try_from(number).unwrap_or(0))
}

fn http_date(text: &str) -> Option<u64> {
    let time: SystemTime = httpdate::parse_http_date(text.trim()).ok()?;
    Some(unix(time))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notice(deprecated: Option<&str>, sunset: Option<&str>, link: Option<&str>) -> Notice {
        let day = |text: &str| text.parse().unwrap();
        Notice::new(&Retirement {
            pin: "2025-01-01".parse().unwrap(),
            deprecated: deprecated.map(day),
            sunset: sunset.map(day),
            link: link.map(str::to_owned),
            after_sunset: AfterSunset::Refuse,
        })
    }

    fn told(notice: &Notice, came: &[(&'static str, &'static str)]) -> Vec<String> {
        let value = HeaderValue::from_static;
        let mut headers: HeaderMap =
            came.iter().map(|(name, text)| (HeaderName::from_static(name), value(text))).collect();
        notice.tell(&mut headers);
        headers.iter().map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())).collect()
    }

    #[test]
    fn fields_have_the_forms_of_their_documents() {
        let all = notice(Some("2026-12-01"), Some("2027-06-01"), Some("https://example.com/changes"));
        assert_eq!(
            told(&all, &[]),
            [
                "deprecation: @1796083200",
                "sunset: Tue, 01 Jun 2027 00:00:00 GMT",
                "link: <https://example.com/changes>; rel=\"deprecation\"; type=\"text/html\"",
            ]
        );
        let sunset = notice(None, Some("2027-06-01"), Some("https://example.com/changes"));
        assert_eq!(
            told(&sunset, &[])[1],
            "link: <https://example.com/changes>; rel=\"sunset\"; type=\"text/html\""
        );
        assert_eq!(told(&notice(Some("1970-01-01"), None, None), &[]), ["deprecation: @0"]);
    }

    #[test]
    fn of_two_times_the_earlier_holds() {
        let ours = notice(Some("2026-12-01"), Some("2027-06-01"), None);
        let (deprecation, sunset) = ("deprecation: @1796083200", "sunset: Tue, 01 Jun 2027 00:00:00 GMT");
        assert_eq!(told(&ours, &[("deprecation", "@1700000000")]), ["deprecation: @1700000000", sunset]);
        let theirs = "Mon, 31 May 2027 23:59:59 GMT";
        assert_eq!(told(&ours, &[("sunset", theirs)])[0], format!("sunset: {theirs}"));
        for unreadable_or_later in [
            [("deprecation", "@1796083201"), ("sunset", "Tue, 01 Jun 2027 00:00:01 GMT")],
            [("deprecation", "true"), ("sunset", "soon")],
            [("deprecation", "@x"), ("sunset", "")],
        ] {
            assert_eq!(told(&ours, &unreadable_or_later), [deprecation, sunset]);
        }
        let two = [("deprecation", "@1"), ("deprecation", "@2")];
        assert_eq!(told(&ours, &two), [deprecation, sunset], "two are none (RFC 9651, 4.2)");
        let silent = notice(None, Some("2027-06-01"), None);
        assert_eq!(told(&silent, &[("deprecation", "@1")])[0], "deprecation: @1", "what is not ours passes");
    }

    #[test]
    fn a_link_is_one_more() {
        let notice = notice(Some("2026-12-01"), None, Some("https://example.com/changes"));
        let told = told(&notice, &[("link", "</a>; rel=\"next\"")]);
        assert_eq!(told.iter().filter(|field| field.starts_with("link: ")).count(), 2, "{told:?}");
    }

    #[test]
    fn the_clock_retires() {
        let clock = Clock::set_to(0);
        let pin = "2025-01-01".parse().unwrap();
        let sunset: Day = "2027-06-01".parse().unwrap();
        let configured = |after_sunset| {
            let (link, sunset) = (Some("https://example.com".to_owned()), Some(sunset));
            [Retirement { pin, deprecated: None, sunset, link, after_sunset }]
        };
        let refusing = Retirements::new(&configured(AfterSunset::Refuse), clock.clone());
        let serving = Retirements::new(&configured(AfterSunset::Serve), clock.clone());
        clock.set(sunset.start() - 1);
        assert_eq!(refusing.retired(pin), None);
        clock.set(sunset.start());
        let page = Some("https://example.com".to_owned());
        assert_eq!(refusing.retired(pin), Some(Retired { pin, since: sunset, page }));
        assert_eq!(refusing.retired("2026-07-01".parse().unwrap()), None);
        assert_eq!(serving.retired(pin), None);
    }
}
