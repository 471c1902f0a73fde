//! W3C Trace Context: which trace a request belongs to, and which span of it is above ours.

use crate::base::random::random;
use dateline_http::fields::TRACEPARENT;
use http::{HeaderMap, HeaderValue};
use opentelemetry::{SpanId, TraceId};

/// A span elsewhere, or ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Context {
    pub(crate) trace: TraceId,
    pub(crate) span: SpanId,
    /// True if the caller records the trace.
    pub(crate) sampled: bool,
}

impl Context {
    /// Reads the context of a request. It is `None` if the request has no such field, several, or an invalid one (W3C
    /// Trace Context, 3.2.2).
    pub(crate) fn of(headers: &HeaderMap) -> Option<Self> {
        let mut values = headers.get_all(TRACEPARENT).iter();
        let value = values.next().filter(|_| values.next().is_none())?;
        Context::parse(value.as_bytes())
    }

    fn parse(text: &[u8]) -> Option<Self> {
        const LENGTH: usize = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".len();
        let (known, rest) = text.split_at_checked(LENGTH)?;
        let [version @ .., b'-'] = known.get(..3)? else { return None };
        let version = digits(version)?;
        // A later version may say more, behind another dash.
        let goes_on = version > 0 && rest.starts_with(b"-");
        if version == 0xff || !(rest.is_empty() || goes_on) {
            return None;
        }
        let [trace @ .., b'-'] = known.get(3..36)? else { return None };
        let [span @ .., b'-'] = known.get(36..53)? else { return None };
        let trace = TraceId::from(digits(trace)?);
        let span = SpanId::from(u64::try_from(digits(span)?).ok()?);
        let sampled = digits(known.get(53..)?)? & 1 == 1;
        let is_valid = trace != TraceId::INVALID && span != SpanId::INVALID;
        is_valid.then_some(Context { trace, span, sampled })
    }

    /// The value of `traceparent` by which what is below knows this span.
    pub(crate) fn value(self) -> Option<HeaderValue> {
        let Context { trace, span, sampled } = self;
        HeaderValue::try_from(format!("00-{trace}-{span}-0{}", u8::from(sampled))).ok()
    }
}

/// Hexadecimal digits in lower case, as the specification has them.
fn digits(text: &[u8]) -> Option<u128> {
    text.iter().try_fold(0, |number: u128, byte| {
        let digit = match byte {
            b'0'..=b'9' => byte - b'0',
            b'a'..=b'f' => byte - b'a' + 10,
            _ => return None,
        };
        Some(number << 4 | u128::from(digit))
    })
}

/// A new trace.
pub(crate) fn trace_id() -> TraceId {
    TraceId::from(u128::from(id()) << 64 | u128::from(id()))
}

/// A new span.
pub(crate) fn span_id() -> SpanId {
    SpanId::from(id())
}

/// Zero is no id.
fn id() -> u64 {
    random().max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GIVEN: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    #[test]
    fn a_valid_one_comes_out_as_it_went_in() {
        let context = Context::parse(GIVEN.as_bytes()).unwrap();
        assert_eq!(context.value().unwrap(), GIVEN);
        assert!(context.sampled);
        let not = GIVEN.replace("-01", "-00");
        assert_eq!(Context::parse(not.as_bytes()).unwrap().value().unwrap(), not.as_str());
        // A later version, with more behind; of its flags the known one counts.
        let later = GIVEN.replace("00-0af", "cc-0af").replace("-01", "-03-what.the-future");
        assert_eq!(Context::parse(later.as_bytes()), Some(context));
    }

    #[test]
    fn an_invalid_one_is_none() {
        for text in [
            "",
            "00",
            "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
            "00-0AF7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0x",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more",
            "01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01more",
            "00-0af7651916cd43dd8448eb211c80319cb-7ad6b7169203331-01",
            "00_0af7651916cd43dd8448eb211c80319c_b7ad6b7169203331_01",
            "00-0af7651916cd43dd8448eb211c8é319-b7ad6b7169203331-01",
        ] {
            assert_eq!(Context::parse(text.as_bytes()), None, "{text}");
        }
        let mut headers = HeaderMap::new();
        headers.append(TRACEPARENT, HeaderValue::from_static(GIVEN));
        assert!(Context::of(&headers).is_some());
        headers.append(TRACEPARENT, HeaderValue::from_static(GIVEN));
        assert_eq!(Context::of(&headers), None, "two say nothing");
    }
}
