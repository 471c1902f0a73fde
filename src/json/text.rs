//! The characters of a string, sixteen bytes at a time.

use wide::u8x16;

/// How far a string's text is plain, and whether that much of it is ASCII.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Run {
    /// Bytes before the first quote, backslash or control character, or before the end.
    pub(crate) length: usize,
    /// Whether all of them are ASCII.
    pub(crate) ascii: bool,
}

/// The position behind the quote that ends a string whose text begins at `at`; `None` where the string has escapes,
/// is not ASCII, or is no string.
#[inline(always)]
pub(crate) fn plain_end(text: &[u8], mut at: usize) -> Option<usize> {
    while let Some(block) = text.get(at..).and_then(<[u8]>::first_chunk) {
        let (ends, highs) = classify(block);
        if ends | highs != 0 {
            let first = ends & ends.wrapping_neg();
            let end = at + ends.trailing_zeros() as usize;
            let plain = ends != 0 && highs & (first - 1) == 0 && text.get(end) == Some(&b'"');
            return plain.then_some(end + 1);
        }
        at += block.len();
    }
    let rest = text.get(at..)?;
    let length = plain(rest);
    (rest.get(length) == Some(&b'"') && rest[..length].is_ascii()).then_some(at + length + 1)
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
pub(crate) fn run(text: &[u8]) -> Run {
    let (blocks, rest) = text.as_chunks::<16>();
    let mut ascii = true;
    for (index, block) in blocks.iter().enumerate() {
        let (ends, highs) = classify(block);
        if ends != 0 {
            let before = (1u32 << ends.trailing_zeros()) - 1;
            let length = index * 16 + ends.trailing_zeros() as usize;
            return Run { length, ascii: ascii && highs & before == 0 };
        }
        ascii &= highs == 0;
    }
    let length = plain(rest);
    Run { length: blocks.len() * 16 + length, ascii: ascii && rest[..length].is_ascii() }
}

/// The same length, byte by byte.
fn plain(text: &[u8]) -> usize {
    text.iter().position(|byte| matches!(byte, b'"' | b'\\' | ..0x20)).unwrap_or(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn blocks_agree_with_bytes(text in prop::collection::vec(prop_oneof![9 => 0x20u8..0x7f, 1 => any::<u8>()], 0..80)) {
            let length = plain(&text);
            let ascii = text[..length].is_ascii();
            prop_assert_eq!(run(&text), Run { length, ascii });
            let ended = ascii && text.get(length) == Some(&b'"');
            prop_assert_eq!(plain_end(&text, 0), ended.then_some(length + 1));
        }
    }
}
