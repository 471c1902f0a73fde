//! A text that is expected, compared in blocks.

use super::lanes::{Block, Lanes, WIDTH};

/// A text to look for at a place in another one; made once, looked for often.
#[derive(Debug, Clone)]
pub(crate) struct Known {
    /// Its first bytes, and which of them count, one bit each.
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

    /// How long it is.
    pub(crate) fn len(&self) -> usize {
        self.text.len()
    }

    /// What stands behind it, where `text` begins with it.
    #[inline(always)]
    pub(crate) fn behind<'t>(&self, lanes: impl Lanes, text: &'t [u8]) -> Option<&'t [u8]> {
        match text.first_chunk() {
            Some(block) if !lanes.equal(block, &self.head) & self.mask != 0 => None,
            Some(_) if self.text.len() <= WIDTH => text.get(self.text.len()..),
            _ => self.behind_all(text),
        }
    }

    #[inline(never)]
    fn behind_all<'t>(&self, text: &'t [u8]) -> Option<&'t [u8]> {
        text.strip_prefix(&*self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::lanes::Portable;
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
    }
}
