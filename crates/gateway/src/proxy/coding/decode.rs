//! Codings undone, piece by piece, so that no body grows in memory and none by more than a limit.

use super::{Coding, Codings};
use brotli::enc::StandardAlloc;
use brotli::{BrotliDecompressStream, BrotliResult, BrotliState};
use bytes::{Buf, Bytes, BytesMut};
use dateline_http::joined::Joined;
use flate2::{Decompress, FlushDecompress, Status};
use std::fmt;
use zstd::stream::raw::{DParameter, Decoder as ZstdDecoder, Operation};

/// The most that is decoded at once.
const PIECE: usize = 16 << 10;

/// Decoded bytes that may have any ratio to the coded ones: plain, so much would be taken without a question, and short
/// texts that repeat themselves compress well. Bodies that are held have their own limits, which are in decoded bytes.
const FREE: u64 = 1 << 20;

/// The binary logarithm of the largest zstd window: 8 MiB (RFC 9659, 3).
const ZSTD_WINDOW: u32 = 23;

/// Zero bytes that may follow the last member of a gzip file, as gzip(1) takes them: tapes and archivers fill their last
/// block so.
const PADDING: usize = 64 << 10;

/// A reason why a body cannot be decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum DecodeError {
    /// The body is not in its `Content-Encoding`, or bytes follow its end.
    #[error("the body is no {}", .0.name())]
    Corrupt(Coding),
    /// The body ends in the middle.
    #[error("the body ends in the middle of its {}", .0.name())]
    Truncated(Coding),
    /// The body grows beyond the allowed ratio.
    #[error("the body is over {0} times its size when decoded")]
    Inflated(u64),
}

/// The codings of one body, undone.
pub(crate) struct Decoder {
    /// The stages in the order in which they decode.
    stages: Vec<Stage>,
    /// Coded bytes so far.
    read: u64,
    ratio: u64,
}

impl Decoder {
    /// Undoes these codings. `ratio` is the most by which a body may grow.
    pub(crate) fn new(codings: Codings, ratio: u64) -> Self {
        Decoder { stages: codings.outside_in().map(Stage::new).collect(), read: 0, ratio }
    }

    /// Takes the next chunk of the coded body. [`Decoder::next`] is to be asked until it has nothing.
    pub(crate) fn give(&mut self, chunk: Bytes) {
        self.read += chunk.len() as u64;
        if let Some(stage) = self.stages.first_mut() {
            stage.input = chunk;
        }
    }

    /// The next decoded piece; nothing where more is needed for one.
    ///
    /// # Errors
    /// A [`DecodeError`] if what has come cannot be decoded. Nothing can follow then.
    pub(crate) fn next(&mut self) -> Result<Option<Bytes>, DecodeError> {
        let most = self.read.saturating_mul(self.ratio).max(FREE);
        next(&mut self.stages, most).map_err(|error| error.unwrap_or(DecodeError::Inflated(self.ratio)))
    }

    /// Ends the body. One without a byte is empty, whatever its coding.
    ///
    /// # Errors
    /// It is cut short.
    pub(crate) fn finish(&self) -> Result<(), DecodeError> {
        match self.stages.iter().find(|stage| stage.is_inside) {
            Some(stage) => Err(DecodeError::Truncated(stage.coding)),
            None => Ok(()),
        }
    }

    /// Returns roughly the number of bytes kept: the windows as far as they are filled, and the input that is not
    /// decoded yet.
    pub(crate) fn kept(&self) -> usize {
        self.stages.iter().map(Stage::kept).sum()
    }
}

/// A whole body without its codings; nothing where it cannot be decoded, or is over `limit` bytes then.
pub(crate) fn decoded(body: Bytes, codings: Codings, ratio: u64, limit: u64) -> Option<Bytes> {
    let mut decoder = Decoder::new(codings, ratio);
    let mut whole = Joined::default();
    decoder.give(body);
    while let Some(piece) = decoder.next().ok()? {
        if (whole.bytes() + piece.len()) as u64 > limit {
            return None;
        }
        whole.push(piece);
    }
    decoder.finish().ok()?;
    Some(whole.into_bytes())
}

impl fmt::Debug for Decoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Decoder")
            .field("stages", &self.stages)
            .field("read", &self.read)
            .finish_non_exhaustive()
    }
}

/// The next piece out of the last stage; `Err(None)` where one of them has given more than `most`.
fn next(stages: &mut [Stage], most: u64) -> Result<Option<Bytes>, Option<DecodeError>> {
    let Some((last, before)) = stages.split_last_mut() else { return Ok(None) };
    loop {
        if let Some(piece) = last.next()? {
            return if last.written > most { Err(None) } else { Ok(Some(piece)) };
        }
        match next(before, most)? {
            Some(piece) => last.input = piece,
            None => return Ok(None),
        }
    }
}

/// One coding.
struct Stage {
    coding: Coding,
    engine: DecodeEngine,
    /// The input that is not decoded yet.
    input: Bytes,
    /// Room for what is decoded next.
    room: BytesMut,
    /// True if the engine may produce more without more input.
    more: bool,
    /// True inside a member (RFC 1952, 2.2) or frame (RFC 8878, 3.1).
    is_inside: bool,
    /// True once a member or frame has ended.
    has_ended: bool,
    /// Zero bytes behind the last member of gzip. Nothing but more of them can follow.
    padding: usize,
    /// Decoded bytes so far.
    written: u64,
}

/// The effect of one call of an engine.
struct Step {
    read: usize,
    written: usize,
    /// True if a member or frame ends here.
    end: bool,
}

impl Stage {
    fn new(coding: Coding) -> Self {
        Stage {
            coding,
            engine: DecodeEngine::new(coding),
            input: Bytes::new(),
            room: BytesMut::new(),
            more: false,
            is_inside: false,
            has_ended: false,
            padding: 0,
            written: 0,
        }
    }

    fn next(&mut self) -> Result<Option<Bytes>, DecodeError> {
        let corrupt = DecodeError::Corrupt(self.coding);
        while self.more || !self.input.is_empty() {
            if !self.is_inside && self.has_ended && !self.input.is_empty() {
                if self.coding == Coding::Gzip && (self.padding > 0 || self.input.first() == Some(&0)) {
                    self.skip_padding().ok_or(corrupt)?;
                    return Ok(None);
                }
                // Members follow one another. A brotli stream is one (RFC 7932, 9.1).
                if self.coding == Coding::Brotli {
                    return Err(corrupt);
                }
                self.engine = DecodeEngine::new(self.coding);
                self.has_ended = false;
            }
            if self.room.is_empty() {
                self.room = BytesMut::zeroed(PIECE);
            }
            let step = self.engine.step(&self.input, &mut self.room).ok_or(corrupt)?;
            let waits = step.read == 0 && step.written == 0 && !step.end;
            if waits && !self.input.is_empty() {
                return Err(corrupt);
            }
            self.input.advance(step.read);
            self.more = !step.end && step.written == self.room.len();
            self.is_inside = !step.end && (self.is_inside || step.read > 0);
            self.has_ended |= step.end;
            self.written += step.written as u64;
            if step.written > 0 {
                return Ok(Some(self.room.split_to(step.written).freeze()));
            }
        }
        Ok(None)
    }

    /// Takes all of the input for padding; nothing where it is not, or where there is too much of it.
    fn skip_padding(&mut self) -> Option<()> {
        let input = std::mem::take(&mut self.input);
        self.padding += input.len();
        (self.padding <= PADDING && input.iter().all(|byte| *byte == 0)).then_some(())
    }

    fn kept(&self) -> usize {
        let window = usize::try_from(self.written).unwrap_or(usize::MAX);
        let (tables, most) = match self.coding {
            Coding::Gzip => (48 << 10, 0),
            Coding::Brotli => (64 << 10, 16 << 20),
            Coding::Zstd => (256 << 10, 1 << ZSTD_WINDOW),
        };
        tables + window.min(most) + self.input.len()
    }
}

impl fmt::Debug for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stage")
            .field("coding", &self.coding)
            .field("written", &self.written)
            .finish_non_exhaustive()
    }
}

/// The library behind a coding.
enum DecodeEngine {
    Gzip(Decompress),
    Brotli(Box<BrotliState<StandardAlloc, StandardAlloc, StandardAlloc>>),
    /// The zstd engine, or `None` if the system gave it no memory.
    Zstd(Option<ZstdDecoder<'static>>),
}

impl DecodeEngine {
    fn new(coding: Coding) -> Self {
        match coding {
            Coding::Gzip => DecodeEngine::Gzip(Decompress::new_gzip(15)),
            Coding::Brotli => {
                let alloc = StandardAlloc::default;
                DecodeEngine::Brotli(Box::new(BrotliState::new_strict(alloc(), alloc(), alloc())))
            }
            Coding::Zstd => DecodeEngine::Zstd(ZstdDecoder::new().ok().and_then(|mut decoder| {
                decoder.set_parameter(DParameter::WindowLogMax(ZSTD_WINDOW)).ok()?;
                Some(decoder)
            })),
        }
    }

    /// Decodes from the one into the other; nothing where the input is corrupt.
    fn step(&mut self, input: &[u8], output: &mut [u8]) -> Option<Step> {
        match self {
            DecodeEngine::Gzip(inflate) => {
                let (read, written) = (inflate.total_in(), inflate.total_out());
                let status = inflate.decompress(input, output, FlushDecompress::None).ok()?;
                Some(Step {
                    read: usize::try_from(inflate.total_in() - read).ok()?,
                    written: usize::try_from(inflate.total_out() - written).ok()?,
                    end: status == Status::StreamEnd,
                })
            }
            DecodeEngine::Brotli(state) => {
                let (mut left, mut room) = (input.len(), output.len());
                let (mut read, mut written) = (0, 0);
                let result = BrotliDecompressStream(
                    &mut left,
                    &mut read,
                    input,
                    &mut room,
                    &mut written,
                    output,
                    &mut 0,
                    state,
                );
                match result {
                    BrotliResult::ResultFailure => None,
                    BrotliResult::ResultSuccess => Some(Step { read, written, end: true }),
                    BrotliResult::NeedsMoreInput | BrotliResult::NeedsMoreOutput => {
                        Some(Step { read, written, end: false })
                    }
                }
            }
            DecodeEngine::Zstd(decoder) => {
                let status = decoder.as_mut()?.run_on_buffers(input, output).ok()?;
                let (read, written) = (status.bytes_read, status.bytes_written);
                Some(Step { read, written, end: status.remaining == 0 })
            }
        }
    }
}
