//! The output of a walk: slices of the input, and text that was written.

use bytes::Bytes;

/// The length from which a run of a chunk is forwarded as a slice. A shorter run is cheaper to copy.
const LONG: usize = 4096;

/// The text that a walk puts out, in pieces.
///
/// Every run is copied, but for long ones of the chunk that it [shares](Output::share): those are slices of it.
#[derive(Debug, Default)]
pub struct Output {
    shared: Bytes,
    pieces: Vec<Bytes>,
    /// The text that follows the last piece.
    written: Vec<u8>,
    room: usize,
}

impl Output {
    /// Forwards long runs of this chunk, the one to be walked next, without copying them.
    pub fn share(&mut self, chunk: &Bytes) {
        self.shared = chunk.clone();
    }

    /// Makes room for what comes of `length` bytes as soon as anything is written.
    pub(super) fn expect(&mut self, length: usize) {
        self.room = length + length / 8;
    }

    /// Puts out a run of the chunk as it is.
    pub(super) fn pass(&mut self, run: &[u8]) {
        if run.len() >= LONG && self.shared.as_ptr_range().contains(&run.as_ptr()) {
            let slice = self.shared.slice_ref(run);
            self.cut();
            self.pieces.push(slice);
        } else if !run.is_empty() {
            self.text().extend_from_slice(run);
        }
    }

    /// Returns the buffer that new text is appended to.
    pub(super) fn text(&mut self) -> &mut Vec<u8> {
        if self.written.capacity() == 0 {
            self.written.reserve(self.room);
        }
        &mut self.written
    }

    fn cut(&mut self) {
        if !self.written.is_empty() {
            self.pieces.push(std::mem::take(&mut self.written).into());
        }
    }

    /// The pieces so far, in order; none is empty. Nothing is kept.
    pub fn take(&mut self) -> Vec<Bytes> {
        self.cut();
        self.shared = Bytes::new();
        std::mem::take(&mut self.pieces)
    }

    /// All of it, where no chunk was shared.
    pub(crate) fn into_text(self) -> Vec<u8> {
        debug_assert!(self.pieces.is_empty(), "nothing was shared");
        self.written
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_long_runs_of_the_shared_chunk_are_slices() {
        let chunk = Bytes::from(vec![b'x'; 3 * LONG]);
        let mut output = Output::default();
        output.share(&chunk);
        output.pass(&chunk[..10]);
        output.text().extend_from_slice(b"new");
        output.pass(&chunk[10..10 + LONG]);
        output.pass(&vec![b'y'; LONG]);
        let pieces = output.take();
        assert_eq!(pieces.iter().map(Bytes::len).collect::<Vec<_>>(), [13, LONG, LONG]);
        assert_eq!(pieces[1].as_ptr(), chunk[10..].as_ptr());
        assert!(output.take().is_empty());
    }
}
