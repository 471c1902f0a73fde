//! A text that is expected, compared in blocks.

use crate::json::simd::{Block, Lanes, WIDTH};

/// A text to look for at a place in another one; made once, looked for often.
#[derive(Debug, Clone)]
pub(crate) struct Known {
    /// The first bytes of the text, with a bit in `mask` for each byte that counts.
    head: Block,
    mask: u32,
    text: Box<[u8]>,
}

impl Known {
    pub(crate) fn new(text: &[u8]) -> Self {
        let mut head = [0; WIDTH];
        head.iter_mut().zip(text).for_each(|(byte, known)| *byte = *known);
        let mask = (1u64 << text.len().min(WIDTH)) - 1;
        Known { head, mask: mask as u32, text: text.into() }
    }

    /// Returns the length in bytes.
    pub(crate) fn len(&self) -> usize {
        self.text.len()
    }

    /// Returns what follows this text in `text`, or `None` if `text` does not begin with it.
    #[inline(always)]
    pub(crate) fn behind<'t>(&self, lanes: impl Lanes, text: &'t [u8]) -> Option<&'t [u8]> {
        match text.first_chunk() {
            Some(block) if !lanes.equal(block, &self.head) & self.mask != 0 => None,
            Some(_) if self.text.len() <= WIDTH => text.get(self.text.len()..),
            _ => self.behind_all(text),
        }
    }

    /// Returns what follows this text and the rest of the string that it opens. The string must be plain, ASCII and
    /// shorter than a block. `None` means unknown: the caller must look for itself.
    #[inline(always)]
    pub(crate) fn behind_string<'t>(&self, lanes: impl Lanes, text: &'t [u8]) -> Option<&'t [u8]> {
        let blocks: &[u8; 2 * WIDTH] = text.first_chunk()?;
        let string = blocks.get(self.text.len()..)?.first_chunk()?;
        if !lanes.equal(blocks.first_chunk()?, &self.head) & self.mask != 0 {
            return None;
        }
        // Without a stop the first byte is not a quote, or the string is empty.
        let length = lanes.stops(string).trailing_zeros() as usize % WIDTH;
        if string[length] != b'"' {
            return None;
        }
        text.get(self.text.len() + length + 1..)
    }

    #[inline(never)]
    fn behind_all<'t>(&self, text: &'t [u8]) -> Option<&'t [u8]> {
        text.strip_prefix(&*self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::simd::Portable;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn blocks_agree_with_bytes(
            known in "[ab]{0,70}",
            behind in "[ab]{0,40}",
            wrong in prop::option::of(0usize..70),
        ) {
            let mut text = format!("{known}{behind}").into_bytes();
            if let Some(byte) = wrong.and_then(|wrong| text.get_mut(wrong)) {
                *byte ^= 3;
            }
            let behind = text.strip_prefix(known.as_bytes());
            prop_assert_eq!(Known::new(known.as_bytes()).behind(Portable, &text), behind);
        }

        #[test]
        fn a_short_string_is_passed_over(
            gap in "[ab]{0,40}",
            string in prop::collection::vec(prop_oneof![9 => 0x20u8..0x7f, 1 => any::<u8>()], 0..40),
            behind in 0usize..80,
            wrong in prop::option::of(0usize..40),
        ) {
            let known = Known::new(format!("{gap}\"").as_bytes());
            let mut text = [gap.as_bytes(), b"\"", &string, b"\"", &vec![b'"'; behind]].concat();
            if let Some(byte) = wrong.and_then(|wrong| text.get_mut(wrong).filter(|_| wrong <= gap.len())) {
                *byte ^= 3;
            }
            let is_plain = string.iter().all(|byte| byte.is_ascii() && !matches!(byte, b'"' | b'\\' | ..0x20));
            let is_known = text.starts_with(gap.as_bytes()) && text[gap.len()] == b'"';
            let found = known.behind_string(Portable, &text);
            if is_plain && is_known && gap.len() < WIDTH && string.len() < WIDTH && text.len() >= 2 * WIDTH {
                prop_assert_eq!(found, Some(&text[gap.len() + 1 + string.len() + 1..]));
            } else if let Some(found) = found {
                // Another string may end within: it is what the scanner finds, too.
                let end = super::super::text::plain_end(Portable, &text, gap.len() + 1);
                prop_assert!(is_known);
                prop_assert_eq!(Some(text.len() - found.len()), end);
            }
        }
    }
}
