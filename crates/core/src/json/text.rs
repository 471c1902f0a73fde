//! The characters of a string, in blocks.

use crate::json::simd::{Lanes, WIDTH};
use wide::u8x16;

/// The plain start of a string's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlainRun {
    /// Bytes before the first quote, backslash or control character, or before the end.
    pub length: usize,
    /// True if all of these bytes are ASCII.
    pub ascii: bool,
}

/// The position behind the quote that ends a string whose text begins at `at`; `None` if the string has escapes, or
/// is no string.
#[inline(always)]
pub(crate) fn plain_end(lanes: impl Lanes, text: &[u8], at: usize) -> Option<usize> {
    let mut here = at;
    while let Some(block) = text.get(here..).and_then(<[u8]>::first_chunk) {
        let stops = lanes.stops(block);
        if stops == 0 {
            here += WIDTH;
            continue;
        }
        let stop = here + stops.trailing_zeros() as usize;
        return match text.get(stop) {
            Some(b'"') => Some(stop + 1),
            _ => unicode_end(text, stop),
        };
    }
    unicode_end(text, here)
}

/// Does what [`plain_end`] does, for a string that is plain up to `stop` and may continue with characters outside
/// ASCII.
#[inline(never)]
fn unicode_end(text: &[u8], stop: usize) -> Option<usize> {
    let rest = text.get(stop..)?;
    let PlainRun { length, ascii } = run(rest);
    let end = stop + length;
    // All before this is ASCII, so characters are whole from here on.
    let is_text = text.get(end) == Some(&b'"') && (ascii || std::str::from_utf8(&rest[..length]).is_ok());
    is_text.then_some(end + 1)
}

/// One bit a byte: where a quote, a backslash or a control character stands, and where a byte is not ASCII.
#[inline(always)]
fn classify(block: &[u8; 16]) -> (u32, u32) {
    let block = u8x16::new(*block);
    let control = block.max(u8x16::splat(0x1f)).simd_eq(u8x16::splat(0x1f));
    let ends = block.simd_eq(u8x16::splat(b'"')) | block.simd_eq(u8x16::splat(b'\\')) | control;
    (ends.to_bitmask(), block.to_bitmask())
}

/// Measures the plain text that `text` starts with.
#[inline]
pub fn run(text: &[u8]) -> PlainRun {
    let Some(last) = text.last_chunk() else {
        let length = plain(text);
        return PlainRun { length, ascii: text[..length].is_ascii() };
    };
    let mut ascii = true;
    let mut ended = |begin: usize, block: &[u8; 16]| {
        let (ends, highs) = classify(block);
        let is_ended = ends != 0;
        let before = if is_ended { (1u32 << ends.trailing_zeros()) - 1 } else { u32::MAX };
        ascii &= highs & before == 0;
        is_ended.then_some(PlainRun { length: begin + ends.trailing_zeros() as usize, ascii })
    };
    for (index, block) in text.as_chunks().0.iter().enumerate() {
        if let Some(run) = ended(index * 16, block) {
            return run;
        }
    }
    // The rest, with bytes before it that end nothing: one look is cheaper than one at each byte.
    let whole = ended(text.len() - 16, last);
    whole.unwrap_or(PlainRun { length: text.len(), ascii })
}

/// The same length, byte by byte.
fn plain(text: &[u8]) -> usize {
    text.iter().position(|byte| matches!(byte, b'"' | b'\\' | ..0x20)).unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::simd::Portable;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn blocks_agree_with_bytes(text in prop::collection::vec(prop_oneof![9 => 0x20u8..0x7f, 1 => any::<u8>()], 0..80)) {
            agree(&text)?;
        }

        #[test]
        fn they_agree_on_characters_too(text in "[ -~éß€😀]{0,50}\"?") {
            agree(text.as_bytes())?;
        }
    }

    fn agree(text: &[u8]) -> Result<(), TestCaseError> {
        let length = plain(text);
        let ascii = text[..length].is_ascii();
        prop_assert_eq!(run(text), PlainRun { length, ascii });
        let ended = text.get(length) == Some(&b'"') && std::str::from_utf8(&text[..length]).is_ok();
        prop_assert_eq!(plain_end(Portable, text, 0), ended.then_some(length + 1));
        Ok(())
    }
}
