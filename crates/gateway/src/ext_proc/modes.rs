//! The modes in which Envoy sends bodies, as it is configured and as it is told.

use super::proto::{BodySendMode, HeaderSendMode, ProcessingMode, ProtocolConfiguration};

/// The mode in which the body of a request or an answer is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// Full duplex on request. Otherwise the body stays with Envoy.
    OnDemand,
    /// Full duplex for every body.
    Duplex,
    /// Whole; where Envoy lets itself be told so, only where it is to be translated.
    Whole,
}

/// The modes in both directions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Modes {
    pub(super) request: Mode,
    pub(super) answer: Mode,
}

/// Envoy is configured to send bodies in a way that no translation can be had in.
#[derive(Debug, thiserror::Error)]
#[error(
    "the filter sends bodies as {0:?}: configure NONE with allow_mode_override, FULL_DUPLEX_STREAMED or BUFFERED"
)]
pub(super) struct UnfitMode(BodySendMode);

impl Mode {
    fn of(configured: BodySendMode) -> Result<Self, UnfitMode> {
        match configured {
            BodySendMode::None => Ok(Mode::OnDemand),
            BodySendMode::FullDuplexStreamed => Ok(Mode::Duplex),
            BodySendMode::Buffered => Ok(Mode::Whole),
            other => Err(UnfitMode(other)),
        }
    }

    /// Returns the mode for a body that is wanted, or is not.
    fn told(self, wanted: bool) -> BodySendMode {
        match (self, wanted) {
            (Mode::OnDemand | Mode::Duplex, true) => BodySendMode::FullDuplexStreamed,
            (Mode::Whole, true) => BodySendMode::Buffered,
            (_, false) => BodySendMode::None,
        }
    }
}

impl Modes {
    /// Reads the modes from Envoy's configuration. An Envoy that does not send it is too old for anything but whole
    /// bodies.
    pub(super) fn of(configured: Option<ProtocolConfiguration>) -> Result<Self, UnfitMode> {
        let Some(configured) = configured else {
            return Ok(Modes { request: Mode::Whole, answer: Mode::Whole });
        };
        Ok(Modes {
            request: Mode::of(configured.request_body_mode())?,
            answer: Mode::of(configured.response_body_mode())?,
        })
    }

    /// Returns the message that makes Envoy send only these bodies. It is `None` if Envoy does so already, or does not
    /// accept such messages.
    pub(super) fn told(self, request: bool, answer: bool) -> Option<ProcessingMode> {
        let is_fixed = self.request == Mode::Duplex || self.answer == Mode::Duplex;
        let is_so =
            |mode: Mode, wanted: bool| (mode == Mode::Whole && wanted) || (mode == Mode::OnDemand && !wanted);
        if is_fixed || (is_so(self.request, request) && is_so(self.answer, answer)) {
            return None;
        }
        let (request, answer) = (self.request.told(request), self.answer.told(answer));
        // What comes in full duplex comes with its trailers.
        let trailers = |mode: BodySendMode| match mode {
            BodySendMode::FullDuplexStreamed => HeaderSendMode::Send,
            _ => HeaderSendMode::Skip,
        };
        let mut told = ProcessingMode::default();
        told.set_response_header_mode(HeaderSendMode::Send);
        told.set_request_body_mode(request);
        told.set_response_body_mode(answer);
        told.set_request_trailer_mode(trailers(request));
        told.set_response_trailer_mode(trailers(answer));
        Some(told)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn modes(request: BodySendMode, answer: BodySendMode) -> Result<Modes, UnfitMode> {
        let mut configured = ProtocolConfiguration::default();
        configured.set_request_body_mode(request);
        configured.set_response_body_mode(answer);
        Modes::of(Some(configured))
    }

    #[test]
    fn bodies_are_asked_for_where_they_are_wanted() {
        let on_demand = modes(BodySendMode::None, BodySendMode::None).unwrap();
        assert_eq!(on_demand.told(false, false), None);
        let told = on_demand.told(false, true).unwrap();
        assert_eq!(told.request_body_mode(), BodySendMode::None);
        assert_eq!(told.response_body_mode(), BodySendMode::FullDuplexStreamed);
        assert_eq!(told.response_trailer_mode(), HeaderSendMode::Send);
        let whole = Modes::of(None).unwrap();
        assert_eq!(whole.told(true, true), None);
        assert_eq!(whole.told(false, true).unwrap().request_body_mode(), BodySendMode::None);
        let duplex = modes(BodySendMode::FullDuplexStreamed, BodySendMode::FullDuplexStreamed).unwrap();
        assert_eq!(duplex.told(false, false), None);
    }

    #[test]
    fn what_cannot_be_translated_is_refused() {
        let problem = modes(BodySendMode::Streamed, BodySendMode::None).unwrap_err().to_string();
        assert!(problem.starts_with("the filter sends bodies as Streamed: "), "{problem}");
    }
}
