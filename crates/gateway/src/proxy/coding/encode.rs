//! Codings made: of a whole body, or of one that comes piece by piece and does not wait in here.

use super::Coding;
use brotli::{CompressorWriter, enc::BrotliEncoderParams};
use bytes::Bytes;
use flate2::{Compression, write::GzEncoder};
use std::{
    fmt,
    io::{self, Write},
};
use zstd::stream::write::Encoder as ZstdEncoder;

// Levels for answers that are made while somebody waits.
const GZIP_LEVEL: u32 = 4;
const BROTLI_LEVEL: i32 = 4;
const ZSTD_LEVEL: i32 = 3;

/// The binary logarithm of the window of an answer that comes in pieces.
const WINDOW: u8 = 18;

/// Coded bytes that are worth a frame of their own.
const ENOUGH: usize = 4 << 10;

/// A coding on its way.
pub(crate) struct Encoder {
    engine: Engine,
    /// True while input waits inside the engine.
    holds: bool,
}

/// The library behind a coding.
enum Engine {
    Gzip(GzEncoder<Vec<u8>>),
    Brotli(Box<CompressorWriter<Vec<u8>>>),
    Zstd(ZstdEncoder<'static, Vec<u8>>),
}

impl Encoder {
    /// A coding of a body of this length, where it is known.
    ///
    /// # Errors
    /// An error if the system gives no memory.
    pub(crate) fn new(coding: Coding, length: Option<usize>) -> io::Result<Self> {
        let engine = match coding {
            Coding::Gzip => Engine::Gzip(GzEncoder::new(Vec::new(), Compression::new(GZIP_LEVEL))),
            Coding::Brotli => {
                let lgwin = length.map_or(WINDOW, |length| window(length).clamp(10, WINDOW));
                let params = BrotliEncoderParams {
                    quality: BROTLI_LEVEL,
                    lgwin: lgwin.into(),
                    size_hint: length.unwrap_or(0),
                    ..BrotliEncoderParams::default()
                };
                Engine::Brotli(Box::new(CompressorWriter::with_params(Vec::new(), 4096, &params)))
            }
            Coding::Zstd => {
                let mut encoder = ZstdEncoder::new(Vec::new(), ZSTD_LEVEL)?;
                match length {
                    Some(length) => encoder.set_pledged_src_size(Some(length as u64))?,
                    None => encoder.window_log(WINDOW.into())?,
                }
                Engine::Zstd(encoder)
            }
        };
        Ok(Encoder { engine, holds: false })
    }

    /// Takes the next piece of the body.
    ///
    /// # Errors
    /// An error if the system gives no memory.
    pub(crate) fn put(&mut self, piece: &[u8]) -> io::Result<()> {
        self.holds = true;
        match &mut self.engine {
            Engine::Gzip(encoder) => encoder.write_all(piece),
            Engine::Brotli(encoder) => encoder.write_all(piece),
            Engine::Zstd(encoder) => encoder.write_all(piece),
        }
    }

    /// Returns the bytes that can leave, or `None` while they are so few that they can wait for more.
    pub(crate) fn take(&mut self) -> Option<Bytes> {
        self.take_over(ENOUGH)
    }

    fn take_over(&mut self, enough: usize) -> Option<Bytes> {
        let made = match &mut self.engine {
            Engine::Gzip(encoder) => encoder.get_mut(),
            Engine::Brotli(encoder) => encoder.get_mut(),
            Engine::Zstd(encoder) => encoder.get_mut(),
        };
        (made.len() > enough).then(|| Bytes::from(std::mem::take(made)))
    }

    /// Lets out what it holds, so that the client can read all that was put in; nothing where that is so already.
    ///
    /// # Errors
    /// An error if the system gives no memory.
    pub(crate) fn flush(&mut self) -> io::Result<Option<Bytes>> {
        if std::mem::take(&mut self.holds) {
            match &mut self.engine {
                Engine::Gzip(encoder) => encoder.flush()?,
                Engine::Brotli(encoder) => encoder.flush()?,
                Engine::Zstd(encoder) => encoder.flush()?,
            }
        }
        Ok(self.take_over(0))
    }

    /// Returns roughly the number of bytes that the encoder keeps, as measured on bodies of one mebibyte.
    pub(crate) fn kept(&self) -> usize {
        match self.engine {
            Engine::Gzip(_) => 384 << 10,
            Engine::Brotli(_) => 3328 << 10,
            Engine::Zstd(_) => 1280 << 10,
        }
    }

    /// Ends the body: the last bytes of it.
    ///
    /// # Errors
    /// An error if the system gives no memory.
    pub(crate) fn finish(self) -> io::Result<Bytes> {
        Ok(match self.engine {
            Engine::Gzip(encoder) => encoder.finish()?.into(),
            // Writing to a vector does not fail.
            Engine::Brotli(encoder) => encoder.into_inner().into(),
            Engine::Zstd(encoder) => encoder.finish()?.into(),
        })
    }
}

impl fmt::Debug for Encoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Encoder").field("holds", &self.holds).finish_non_exhaustive()
    }
}

/// A whole body in a coding.
///
/// # Errors
/// An error if the system gives no memory.
pub(crate) fn encoded(coding: Coding, body: &[u8]) -> io::Result<Bytes> {
    let mut encoder = Encoder::new(coding, Some(body.len()))?;
    encoder.put(body)?;
    encoder.finish()
}

/// The binary logarithm of the smallest power of two that is not under a length.
fn window(length: usize) -> u8 {
    u8::try_from(length.next_power_of_two().trailing_zeros()).unwrap_or(u8::MAX)
}
