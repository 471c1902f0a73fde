//! HTTP/2 frame by frame (RFC 9113), as no library lets a client write it.

use super::{Endpoint, Wire};

/// A client's end of a connection, past the preface.
pub(crate) struct Frames(Wire);

/// A frame, its payload without what it may be padded with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Frame {
    pub(crate) kind: u8,
    pub(crate) flags: u8,
    pub(crate) stream: u32,
    pub(crate) payload: Vec<u8>,
}

/// The end of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// An answer has begun.
    Answered,
    /// `RST_STREAM`, with its error code.
    Reset(u32),
    /// `GOAWAY`, with its error code.
    Away(u32),
    /// The connection ended without a word.
    Closed,
}

pub(crate) const DATA: u8 = 0;
pub(crate) const HEADERS: u8 = 1;
pub(crate) const RST_STREAM: u8 = 3;
pub(crate) const SETTINGS: u8 = 4;
pub(crate) const GOAWAY: u8 = 7;

pub(crate) const END_STREAM: u8 = 1;
pub(crate) const END_HEADERS: u8 = 4;

impl Frames {
    /// A connection: the preface and empty settings.
    pub(crate) async fn to(endpoint: &Endpoint) -> Self {
        let mut wire = endpoint.connect().await;
        wire.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await;
        let mut frames = Frames(wire);
        frames.send(SETTINGS, 0, 0, []).await;
        frames
    }

    /// Writes a frame.
    pub(crate) async fn send(&mut self, kind: u8, flags: u8, stream: u32, payload: impl AsRef<[u8]>) {
        let payload = payload.as_ref();
        let length = u32::try_from(payload.len()).expect("a short payload").to_be_bytes();
        let head = [&length[1..], &[kind, flags], &stream.to_be_bytes()].concat();
        self.0.send([&head, payload].concat()).await;
    }

    /// Writes frames as they are.
    pub(crate) async fn raw(&mut self, frames: impl AsRef<[u8]>) {
        self.0.send(frames).await;
    }

    /// The same; whether the other side has taken them.
    pub(crate) async fn try_raw(&mut self, frames: impl AsRef<[u8]>) -> bool {
        self.0.try_send(frames).await
    }

    /// Writes a head; `end` where nothing follows on its stream.
    pub(crate) async fn head(&mut self, stream: u32, fields: &[(&str, &str)], end: bool) {
        let flags = END_HEADERS | if end { END_STREAM } else { 0 };
        self.send(HEADERS, flags, stream, block(fields)).await;
    }

    /// The next frame, or nothing if the connection ends.
    pub(crate) async fn next(&mut self) -> Option<Frame> {
        let head = self.0.take(9).await?;
        let number = |bytes: &[u8]| bytes.iter().fold(0, |sum, byte| sum << 8 | u32::from(*byte));
        let payload = self.0.take(number(&head[..3]) as usize).await?;
        Some(Frame { kind: head[3], flags: head[4], stream: number(&head[5..]) & 0x7fff_ffff, payload })
    }

    /// Reads on until it is clear what becomes of a stream.
    pub(crate) async fn fate(&mut self, stream: u32) -> Fate {
        let code = |payload: &[u8], at: usize| {
            payload[at..at + 4].iter().fold(0, |sum, byte| sum << 8 | u32::from(*byte))
        };
        while let Some(frame) = self.next().await {
            match frame.kind {
                HEADERS if frame.stream == stream => return Fate::Answered,
                RST_STREAM if frame.stream == stream => return Fate::Reset(code(&frame.payload, 0)),
                GOAWAY => return Fate::Away(code(&frame.payload, 4)),
                _ => {}
            }
        }
        Fate::Closed
    }
}

/// A field block (RFC 7541): every field literal, neither indexed nor compressed.
pub(crate) fn block(fields: &[(&str, &str)]) -> Vec<u8> {
    let text = |text: &str| {
        let length = u8::try_from(text.len()).ok().filter(|length| *length < 127).expect("a short text");
        [&[length], text.as_bytes()].concat()
    };
    fields.iter().flat_map(|(name, value)| [&[0][..], &text(name), &text(value)].concat()).collect()
}
