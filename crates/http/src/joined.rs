//! A body that is read whole, out of the pieces that it comes in.

use bytes::{Bytes, BytesMut};

/// A body that is put together as it comes.
///
/// Most bodies are one piece, which is not copied. A second piece is copied behind the first, and so is every other one:
/// however small it is, it would keep the buffer that it came in.
#[derive(Debug, Default)]
pub struct Joined {
    first: Bytes,
    /// All of the body, once it is more than one piece.
    all: BytesMut,
}

impl Joined {
    /// Adds a piece at the end.
    pub fn push(&mut self, piece: Bytes) {
        if self.bytes() == 0 {
            self.first = piece;
            return;
        }
        self.all.extend_from_slice(&std::mem::take(&mut self.first));
        self.all.extend_from_slice(&piece);
    }

    /// Returns the size so far.
    pub fn bytes(&self) -> usize {
        self.first.len() + self.all.len()
    }

    /// Returns the body.
    pub fn into_bytes(self) -> Bytes {
        if self.all.is_empty() { self.first } else { self.all.freeze() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_piece_is_not_copied() {
        let piece = Bytes::from(vec![7; 100]);
        let mut joined = Joined::default();
        joined.push(Bytes::new());
        joined.push(piece.clone());
        assert_eq!((joined.bytes(), joined.into_bytes().as_ptr()), (100, piece.as_ptr()));
    }

    #[test]
    fn a_body_is_put_together_as_it_comes() {
        let mut joined = Joined::default();
        ["ab", "", "c", "d"].iter().for_each(|text| joined.push(Bytes::from_static(text.as_bytes())));
        assert_eq!((joined.bytes(), joined.into_bytes()), (4, Bytes::from_static(b"abcd")));
    }
}
