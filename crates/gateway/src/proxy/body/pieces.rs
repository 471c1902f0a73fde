//! Pieces of a body that wait. A body that is one piece, as most are, is never copied and needs no list.

use bytes::{Bytes, BytesMut};
use std::collections::VecDeque;

/// A queue of pieces, which go on one by one or as one.
#[derive(Debug, Default)]
pub(crate) struct Pieces {
    /// The first piece; empty once it has gone on.
    first: Bytes,
    more: VecDeque<Bytes>,
    /// The size of all pieces.
    bytes: usize,
}

impl Pieces {
    /// Adds a piece at the end.
    pub(crate) fn push(&mut self, piece: Bytes) {
        let was_empty = self.is_empty();
        self.bytes += piece.len();
        match (was_empty, piece.is_empty()) {
            (_, true) => {}
            (true, false) => self.first = piece,
            (false, false) => self.more.push_back(piece),
        }
    }

    /// Takes the piece at the front.
    pub(crate) fn pop(&mut self) -> Option<Bytes> {
        let piece = match self.first.is_empty() {
            true => self.more.pop_front()?,
            false => std::mem::take(&mut self.first),
        };
        self.bytes -= piece.len();
        Some(piece)
    }

    /// Returns the size of all pieces.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Returns true if there is no byte.
    pub(crate) fn is_empty(&self) -> bool {
        self.bytes == 0
    }

    /// Returns true if [`Pieces::into_bytes`] copies nothing.
    pub(crate) fn is_one(&self) -> bool {
        self.more.is_empty()
    }

    /// Puts the pieces together.
    pub(crate) fn into_bytes(self) -> Bytes {
        if self.is_one() {
            return self.first;
        }
        let mut all = BytesMut::with_capacity(self.bytes);
        all.extend_from_slice(&self.first);
        self.more.iter().for_each(|piece| all.extend_from_slice(piece));
        all.freeze()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(texts: &[&'static str]) -> Pieces {
        let mut pieces = Pieces::default();
        texts.iter().for_each(|text| pieces.push(Bytes::from_static(text.as_bytes())));
        pieces
    }

    #[test]
    fn pieces_go_on_in_their_order() {
        let mut some = pieces(&["", "ab", "", "c", "d"]);
        assert_eq!((some.bytes(), some.is_one()), (4, false));
        assert_eq!((some.pop().unwrap(), some.bytes()), (Bytes::from_static(b"ab"), 2));
        some.push(Bytes::from_static(b"e"));
        assert_eq!(
            [some.pop(), some.pop(), some.pop(), some.pop()].map(Option::unwrap_or_default),
            ["c", "d", "e", ""]
        );
        some.push(Bytes::from_static(b"f"));
        assert!(some.is_one() && some.into_bytes() == "f");
    }

    #[test]
    fn what_is_left_is_put_together() {
        assert_eq!(pieces(&[]).into_bytes(), "");
        assert_eq!(pieces(&["ab", "c", "de"]).into_bytes(), "abcde");
        let mut some = pieces(&["ab", "c", "de"]);
        some.pop();
        assert_eq!(some.into_bytes(), "cde");
    }

    #[test]
    fn one_piece_is_not_copied() {
        let piece = Bytes::from(vec![7; 100]);
        let mut pieces = Pieces::default();
        pieces.push(piece.clone());
        assert_eq!(pieces.into_bytes().as_ptr(), piece.as_ptr());
    }
}
