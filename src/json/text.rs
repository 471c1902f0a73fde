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

/// Measures the plain text that `text` starts with.
#[inline]
pub(crate) fn run(text: &[u8]) -> Run {
    let (blocks, rest) = text.as_chunks::<16>();
    let mut high = 0;
    for (index, block) in blocks.iter().enumerate() {
        let block = u8x16::new(*block);
        let control = block.max(u8x16::splat(0x1f)).simd_eq(u8x16::splat(0x1f));
        let ends = block.simd_eq(u8x16::splat(b'"')) | block.simd_eq(u8x16::splat(b'\\')) | control;
        let (ends, highs) = (ends.to_bitmask(), block.to_bitmask());
        if ends != 0 {
            let before = (1u32 << ends.trailing_zeros()) - 1;
            let length = index * 16 + ends.trailing_zeros() as usize;
            return Run { length, ascii: high | (highs & before) == 0 };
        }
        high |= highs;
    }
    let length = plain(rest);
    Run { length: blocks.len() * 16 + length, ascii: high == 0 && rest[..length].is_ascii() }
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
            prop_assert_eq!(run(&text), Run { length, ascii: text[..length].is_ascii() });
        }
    }
}
