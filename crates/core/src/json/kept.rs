//! Texts that steps wrote, kept for as long as an object is worked on, so that later steps can look into them.

use std::cell::OnceCell;

/// A list of texts that only grows. Its first text needs memory, an empty list none.
#[derive(Debug, Default)]
pub(crate) struct KeptTexts(OnceCell<Box<(Vec<u8>, KeptTexts)>>);

impl KeptTexts {
    /// Keeps a text, and returns it to be borrowed from the list.
    pub(crate) fn keep(&self, text: Vec<u8>) -> &[u8] {
        let mut end = self;
        while let Some(kept) = end.0.get() {
            end = &kept.1;
        }
        &end.0.get_or_init(|| Box::new((text, KeptTexts::default()))).0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_is_kept() {
        let kept = KeptTexts::default();
        let texts = ["a", "", "b"].map(|text| kept.keep(text.into()));
        assert_eq!(texts, [b"a".as_slice(), b"", b"b"]);
    }
}
