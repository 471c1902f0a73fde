//! The treatment of an inexact translation: the client is told, or the exchange is refused for clients with `losses =
//! "refuse"`.

use super::{Exchange, Refusal};
use crate::{pin::Pinned, policy::OnLoss};
use dateline_core::{
    Version,
    step::{LossKind, Losses, Lost},
    translate::Untranslatable,
};
use http::Method;
use std::fmt;

/// A refusal of a translation: names of the pack, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WouldLose {
    /// The half of the exchange that would lose it.
    pub half: Half,
    /// The losses.
    pub losses: Losses,
    /// The version that the client speaks.
    pub pin: Version,
    /// The version that the upstream is spoken to at.
    pub upstream: Version,
    /// The text that says the upstream's version in a request.
    pub instead: String,
}

/// The half of the exchange that would lose something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Half {
    /// The request, of which nothing was sent.
    Request,
    /// Any answer to a write, which was therefore not sent.
    AnyAnswer,
    /// The answer to a read, which is there.
    Answer,
}

impl Exchange<'_> {
    /// Tells whether the client refuses inexact translations.
    pub(super) fn refuses(&self) -> bool {
        self.pin.client.is_some_and(|client| client.losses == OnLoss::Refuse)
    }

    /// Tells whether the whole answer must be free of losses before any of it is sent. Losses of a write's answer are
    /// only reported: the write was carried out.
    pub fn judges_answer(&self, method: &Method) -> bool {
        let can_lose = || {
            let possible = self.plan.map(|plan| refused(plan.possible_response_losses()));
            possible.is_some_and(|losses| losses.iter().any(|loss| !loss.misplaced))
        };
        self.refuses() && method.is_safe() && can_lose()
    }

    /// Tells whether an answer is cut off at an unexpected value in place of an object that must be translated. An
    /// answer that is streamed is judged as it arrives.
    pub fn refuses_misplaced(&self, method: &Method) -> bool {
        self.refuses() && method.is_safe()
    }

    /// The error of an answer that was refused as it came, told as one that was judged.
    pub fn judged(&self, error: Refusal) -> Refusal {
        match &error {
            Refusal::ResponseUntranslatable(Untranslatable::Misplaced(losses)) => {
                self.judge(Half::Answer, losses.clone()).err().unwrap_or(error)
            }
            _ => error,
        }
    }

    /// Refuses a request that would lose something on its way up, and a write whose answer is certain to.
    ///
    /// # Errors
    /// [`Refusal::WouldLose`], before anything is sent.
    pub fn judge_request(&self, method: &Method, lost: &Losses) -> Result<(), Refusal> {
        if !self.refuses() {
            return Ok(());
        }
        self.judge(Half::Request, lost.clone())?;
        match self.plan {
            Some(plan) if !method.is_safe() => {
                self.judge(Half::AnyAnswer, refused(plan.certain_response_losses()))
            }
            _ => Ok(()),
        }
    }

    /// Refuses the answer to a read that has lost something. To be asked where [`Exchange::judges_answer`] says so.
    ///
    /// # Errors
    /// [`Refusal::WouldLose`].
    pub fn judge_answer(&self, lost: &Losses) -> Result<(), Refusal> {
        self.judge(Half::Answer, refused(lost))
    }

    fn judge(&self, half: Half, losses: Losses) -> Result<(), Refusal> {
        match self.pin.pinned {
            Pinned::Known(pin) if !losses.is_empty() => {
                let upstream = self.pin.upstream;
                let instead = self.facts.places.first().map(|place| place.with(upstream)).unwrap_or_default();
                Err(Refusal::WouldLose(Box::new(WouldLose { half, losses, pin, upstream, instead })))
            }
            _ => Ok(()),
        }
    }

    /// Returns the value of `Dateline-Loss`, if there is one: the losses so far, then the losses that the rest of a
    /// streamed body can have, marked as possible.
    pub fn loss_text(&self, lost: &Losses, possible: Option<&Losses>) -> Option<String> {
        if self.facts.loss_header { loss_text(lost, possible) } else { None }
    }
}

/// Returns the losses of an answer that are refused. Dropped values are not: an older version has no place for them.
fn refused(lost: &Losses) -> Losses {
    lost.without(LossKind::Dropped)
}

/// A length that most values of `Dateline-Loss` do not reach.
const USUAL: usize = 128;

fn loss_text(lost: &Losses, possible: Option<&Losses>) -> Option<String> {
    let known =
        |other: &&Lost| !lost.iter().any(|lost| (lost.kind, &lost.field) == (other.kind, &other.field));
    let possible = possible.into_iter().flat_map(Losses::iter).filter(known).map(|loss| (loss, ";possible"));
    let mut text = String::new();
    for (loss, mark) in lost.distinct().map(|loss| (loss, "")).chain(possible) {
        match text.is_empty() {
            true => text.reserve(USUAL),
            false => text.push_str(", "),
        }
        text.extend([&*loss.field, "=", loss.kind.as_str(), mark]);
    }
    (!text.is_empty()).then_some(text)
}

impl fmt::Display for WouldLose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let WouldLose { half, losses, pin, upstream, instead } = self;
        match half {
            Half::Request => write!(f, "The request cannot be said at version {upstream} without a loss: ")?,
            Half::AnyAnswer => {
                write!(f, "No response to the request can be translated to version {pin} without a loss: ")?
            }
            Half::Answer => {
                write!(f, "The upstream's response cannot be translated to version {pin} without a loss: ")?
            }
        }
        for (index, Lost { field, kind, .. }) in losses.distinct().enumerate() {
            write!(f, "{}{field} would be {kind}", if index > 0 { ", " } else { "" })?;
        }
        // What is made up is not there to be left out.
        let can_leave_out = losses.iter().all(|lost| lost.kind != LossKind::MadeUp);
        let sent = match half {
            Half::Request if can_leave_out => ". Nothing was sent. Leave out what would be lost, or send",
            Half::Request | Half::AnyAnswer => ". Nothing was sent. Send",
            Half::Answer => ". Send",
        };
        write!(
            f,
            "{sent} {instead} and speak that version. This client has losses refused; an operator can have \
             them reported instead"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dateline_core::json::Field;

    fn losses(names: &[(&str, LossKind)]) -> Losses {
        let mut losses = Losses::default();
        names.iter().for_each(|(name, kind)| losses.report(*kind, &Field::new([*name])));
        losses
    }

    #[test]
    fn what_can_be_lost_is_told_apart_from_what_is() {
        let dropped =
            |names: &[&str]| losses(&names.iter().map(|name| (*name, LossKind::Dropped)).collect::<Vec<_>>());
        let text = |lost: &[&str], possible: &[&str]| loss_text(&dropped(lost), Some(&dropped(possible)));
        assert_eq!(text(&[], &[]), None);
        assert_eq!(text(&["b"], &[]).unwrap(), "b=dropped");
        assert_eq!(text(&["b"], &["a", "b"]).unwrap(), "b=dropped, a=dropped;possible");
    }

    #[test]
    fn a_refusal_says_what_and_what_to_do() {
        let losses = losses(&[("by", LossKind::MadeUp), ("amount", LossKind::Unconverted)]);
        let text = |half| {
            let (pin, upstream) = ("2025-01-01".parse().unwrap(), "2026-07-01".parse().unwrap());
            WouldLose { half, losses: losses.clone(), pin, upstream, instead: "V: 2026-07-01".to_owned() }
                .to_string()
        };
        assert_eq!(
            text(Half::Answer),
            "The upstream's response cannot be translated to version 2025-01-01 without a loss: amount would be unconverted, by \
             would be made-up. Send V: 2026-07-01 and speak that version. This client has losses refused; an operator \
             can have them reported instead"
        );
        assert!(
            text(Half::Request).contains(" at version 2026-07-01 without a loss: "),
            "{}",
            text(Half::Request)
        );
        assert!(text(Half::AnyAnswer).contains(". Nothing was sent. Send V: "), "{}", text(Half::AnyAnswer));
        // What is made up cannot be left out.
        assert!(text(Half::Request).contains(". Nothing was sent. Send V: "), "{}", text(Half::Request));
    }
}
