//! Numbers as they are mostly written, without sign and exponent, sixteen bytes at a time.

use wide::u8x16;

/// A number with nothing but digits and perhaps a point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Plain {
    /// The position behind it.
    pub(crate) end: usize,
    /// The number of digits after the point, if there is a point.
    pub(crate) decimals: Option<usize>,
}

/// Returns the plain number at a position, if a byte follows that cannot continue a number. `None` if it is written in
/// another way, is longer than fifteen bytes, or is not a number.
#[inline(always)]
pub(crate) fn plain(text: &[u8], at: usize) -> Option<Plain> {
    let (digits, points) = classes(text.get(at..)?);
    let whole = (!digits).trailing_zeros();
    let is_padded = whole > 1 && text[at] == b'0';
    if whole == 0 || is_padded {
        return None;
    }
    let decimals = (points >> whole & 1 == 1).then(|| (!(digits >> (whole + 1))).trailing_zeros());
    let length = whole + decimals.map_or(0, |decimals| decimals + 1);
    let end = at + length as usize;
    match text.get(end) {
        None | Some(b'.' | b'e' | b'E') => None,
        Some(_) if length >= 16 || decimals == Some(0) => None,
        Some(_) => Some(Plain { end, decimals: decimals.map(|decimals| decimals as usize) }),
    }
}

/// Tells whether the `length` bytes at a position are a plain number with two decimals, as [`plain`] defines it. What
/// follows the run does not matter.
#[inline(always)]
pub(crate) fn has_cents(text: &[u8], at: usize, length: usize) -> bool {
    if !(4..16).contains(&length) {
        return false;
    }
    let (digits, points) = classes(&text[at..]);
    let (all, point) = ((1 << length) - 1, 1 << (length - 3));
    digits & all == all ^ point && points & point != 0 && (length == 4 || text[at] != b'0')
}

/// The classes of the bytes that `text` begins with; behind its end stands nothing.
#[inline(always)]
fn classes(text: &[u8]) -> (u32, u32) {
    match text.first_chunk() {
        Some(block) => classify(block),
        None => classify(&padded(text)),
    }
}

/// One bit a byte: where a digit stands, and where a point.
#[inline(always)]
fn classify(block: &[u8; 16]) -> (u32, u32) {
    let block = u8x16::new(*block);
    let digits = block.max(u8x16::splat(b'0')).min(u8x16::splat(b'9')).simd_eq(block);
    (digits.to_bitmask(), block.simd_eq(u8x16::splat(b'.')).to_bitmask())
}

#[cold]
fn padded(text: &[u8]) -> [u8; 16] {
    let mut block = [0; 16];
    block[..text.len()].copy_from_slice(text);
    block
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::number::is_number;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn agrees_with_the_grammar(number in "-?[0-9]{0,18}(\\.[0-9]{0,9})?([eE][-+]?[0-9]{0,2})?", behind in "[,}\"x. ]{0,20}") {
            let text = format!("{number}{behind}");
            let found = plain(text.as_bytes(), 0);
            let is_plain = number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
            let ends = !behind.is_empty() && !behind.starts_with('.');
            let expected = (is_plain && ends && is_number(number.as_bytes()) && number.len() < 16).then(|| Plain {
                end: number.len(),
                decimals: number.split_once('.').map(|(_, fraction)| fraction.len()),
            });
            prop_assert_eq!(found, expected);
            let two_decimals = is_plain && is_number(number.as_bytes()) && number.len() < 16
                && number.split_once('.').is_some_and(|(_, fraction)| fraction.len() == 2);
            prop_assert_eq!(has_cents(text.as_bytes(), 0, number.len()), two_decimals);
        }
    }
}
