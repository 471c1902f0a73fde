//! A text that is expected, compared in blocks.

use wide::u8x16;

/// How many bytes are compared at once.
const BLOCK: usize = 32;

/// A text to look for at a place in another one; made once, looked for often.
#[derive(Debug, Clone)]
pub(crate) struct Known {
    text: Box<[u8]>,
    /// Its first bytes, and which of them count, one bit each.
    head: [u8x16; 2],
    mask: u32,
}

impl Known {
    pub(crate) fn new(text: &[u8]) -> Self {
        let mut head = [[0; 16]; 2];
        head.as_flattened_mut().iter_mut().zip(text).for_each(|(byte, known)| *byte = *known);
        let mask = (1u64 << text.len().min(BLOCK)) - 1;
        Known { text: text.into(), head: head.map(u8x16::new), mask: mask as u32 }
    }

    /// How long it is.
    pub(crate) fn len(&self) -> usize {
        self.text.len()
    }

    /// The position behind it, where it stands at `at`.
    #[inline(always)]
    pub(crate) fn end_at(&self, text: &[u8], at: usize) -> Option<usize> {
        let end = at + self.text.len();
        let Some(block) = text.get(at..).and_then(<[u8]>::first_chunk::<BLOCK>) else {
            return (text.get(at..end)? == &*self.text).then_some(end);
        };
        let [first, second] = self.head;
        let (blocks, _) = block.as_chunks::<16>();
        let first = first.simd_eq(u8x16::new(blocks[0])).to_bitmask();
        let second = second.simd_eq(u8x16::new(blocks[1])).to_bitmask();
        if !(first | second << 16) & self.mask != 0 {
            return None;
        }
        (self.text.len() <= BLOCK || text.get(at + BLOCK..end)? == &self.text[BLOCK..]).then_some(end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn blocks_agree_with_bytes(
            known in "[ab]{0,70}",
            before in "[ab]{0,5}",
            behind in "[ab]{0,40}",
            wrong in prop::option::of(0usize..70),
        ) {
            let mut text = format!("{before}{known}{behind}").into_bytes();
            if let Some(byte) = wrong.and_then(|wrong| text.get_mut(before.len() + wrong)) {
                *byte ^= 3;
            }
            let stands = text[before.len()..].starts_with(known.as_bytes());
            let end = stands.then_some(before.len() + known.len());
            prop_assert_eq!(Known::new(known.as_bytes()).end_at(&text, before.len()), end);
        }
    }

    #[test]
    fn behind_the_end_nothing_stands() {
        assert_eq!(Known::new(b"ab").end_at(b"ab", 1), None);
        assert_eq!(Known::new(b"").end_at(b"ab", 2), Some(2));
        assert_eq!(Known::new(b"a").end_at(b"a", 9), None);
    }
}
