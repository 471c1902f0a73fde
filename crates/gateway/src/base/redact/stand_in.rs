//! Stand-ins for values that are not kept.

use dateline_core::json::number;
use ring::{
    hmac,
    rand::{SecureRandom, SystemRandom},
};
use std::fmt;

/// The maker of stand-ins. Equal values have equal stand-ins for its lifetime. Without its key, no one can find the
/// value behind a stand-in or try values out. The key is never written anywhere, so it ends with the process.
pub(super) struct StandIns(hmac::Key);

/// An error: the system has no random numbers.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("the system has no random numbers, so values cannot be replaced")]
pub struct NoRandomness;

impl StandIns {
    /// Creates stand-ins under a new key.
    ///
    /// # Errors
    /// The system has no randomness.
    pub(super) fn new() -> Result<Self, NoRandomness> {
        let mut key = [0; 32];
        SystemRandom::new().fill(&mut key).map_err(|_| NoRandomness)?;
        Ok(StandIns::of(&key))
    }

    pub(super) fn of(key: &[u8; 32]) -> Self {
        StandIns(hmac::Key::new(hmac::HMAC_SHA256, key))
    }

    /// `redacted-3f9a5b0c11d2`.
    pub(super) fn text(&self, value: &str) -> String {
        let tag = hmac::sign(&self.0, value.as_bytes());
        let hex: String = tag.as_ref().iter().take(6).map(|byte| format!("{byte:02x}")).collect();
        format!("redacted-{hex}")
    }

    /// `redacted-3f9a5b0c11d2@example.com` (RFC 2606, 3).
    pub(super) fn email(&self, address: &str) -> String {
        format!("{}@example.com", self.text(address))
    }

    /// Returns other digits in the form of a JSON number: with the same sign, digits before and after the point, and
    /// exponent. Trailing zeros are kept, so that `1.5` and `"1.50"` stay the same value.
    pub(super) fn number(&self, text: &str) -> String {
        debug_assert!(number::is_number(text.as_bytes()), "{text}");
        let (mantissa, exponent) = text.split_at(text.find(['e', 'E']).unwrap_or(text.len()));
        let digits = mantissa.strip_prefix('-').unwrap_or(mantissa);
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let significant = fraction.trim_end_matches('0');
        let value = format!("{whole}.{significant}{exponent}");
        let mut other = self.digits(&value);
        let mut next = |from: u8| char::from(b'0' + from + other.next().unwrap_or_default() % (10 - from));
        let mut out = String::with_capacity(text.len());
        out.extend(mantissa.starts_with('-').then_some('-'));
        for at in 0..whole.len() {
            out.push(next(u8::from(at == 0 && whole.len() > 1)));
        }
        if digits.contains('.') {
            out.push('.');
            (0..significant.len()).for_each(|_| out.push(next(0)));
            (significant.len()..fraction.len()).for_each(|_| out.push('0'));
        }
        out + exponent
    }

    /// Bytes without end.
    fn digits(&self, value: &str) -> impl Iterator<Item = u8> {
        (0u64..).flat_map(move |block| {
            let mut context = hmac::Context::with_key(&self.0);
            context.update(b"digits");
            context.update(&block.to_be_bytes());
            context.update(value.as_bytes());
            let tag = context.sign();
            tag.as_ref().to_vec()
        })
    }
}

impl fmt::Debug for StandIns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StandIns").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_same_value_has_the_same_stand_in_under_one_key() {
        let (one, other) = (StandIns::of(&[7; 32]), StandIns::of(&[8; 32]));
        // printf sk_1 | openssl dgst -sha256 -mac HMAC -macopt hexkey:0707…
        assert_eq!(one.text("sk_1"), "redacted-16d6421c7e2e");
        assert_ne!(one.text("sk_1"), other.text("sk_1"));
        assert_eq!(one.email("a@b.c"), format!("{}@example.com", one.text("a@b.c")));
        assert_ne!(one.number("123456789012"), other.number("123456789012"));
        assert!(!format!("{one:?}").contains('7'));
    }

    #[test]
    fn one_value_in_two_forms_stays_one() {
        let stand_ins = StandIns::of(&[7; 32]);
        for (short, long) in [("12.5", "12.50"), ("7", "7.00"), ("-3.25", "-3.2500"), ("0", "0.00")] {
            let (one, other) = (stand_ins.number(short), stand_ins.number(long));
            assert!(number::equal(one.as_bytes(), other.as_bytes()), "{short} {long}: {one} {other}");
            assert_ne!(stand_ins.number("12.5"), stand_ins.number("12.6"));
        }
    }

    proptest! {
        #[test]
        fn a_number_keeps_its_form(text in "-?(0|[1-9][0-9]{0,40})(\\.[0-9]{1,40})?([eE][+-]?[0-9]{1,3})?") {
            let stand_in = StandIns::of(&[7; 32]).number(&text);
            let form = |text: &str| {
                let end = text.find(['e', 'E']).unwrap_or(text.len());
                text[..end].replace(|letter: char| letter.is_ascii_digit(), "9") + &text[end..]
            };
            prop_assert!(number::is_number(stand_in.as_bytes()), "{}", stand_in);
            prop_assert_eq!(form(&stand_in), form(&text));
        }
    }
}
