//! An error of the upstream's on its way to a client that called things by other names: read whole where it is small,
//! told in the client's words, and otherwise passed on as it came.

use super::{
    body::{BodyError, Count, IdleTimeout, collect},
    coding::{Codings, Source, encoded},
    end_check::EndChecked,
};
use crate::{
    base::budget::Budget,
    proxy::passthrough::{Passed, PassedStart},
};
use bytes::Bytes;
use dateline_core::{
    error_names::{Reworded, Words},
    step::Losses,
};
use http_body::Body;
use http_body_util::Full;
use std::{sync::Arc, time::Duration};

/// The result of rewriting an error's body.
#[derive(Debug)]
pub(crate) enum Rewritten<B> {
    /// The body in the client's version and words, in its original content coding; with the list of replacements and the
    /// losses.
    Reworded(Bytes, String, Losses),
    /// The whole body, unchanged.
    Same(Bytes),
    /// The unchanged body, longer than the part of an error that is read.
    Longer(Box<Passed<B>>),
}

/// The limits for reading an error, and its content coding.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ErrorReading {
    pub(crate) codings: Codings,
    /// Bytes of it, coded or not.
    pub(crate) limit: u64,
    /// The most that the body may grow when it is decoded.
    pub(crate) ratio: u64,
}

/// Tells an error in the client's words, where it has any to tell.
///
/// # Errors
/// The body is broken, or stands still.
pub(crate) async fn tell<B>(
    body: EndChecked<B>,
    words: &Words,
    reading: ErrorReading,
    budget: &Arc<Budget>,
) -> Result<Rewritten<B>, BodyError>
where
    IdleTimeout<B>: Body<Data = Bytes, Error = BodyError> + Unpin,
{
    let whole = match Passed::whole(body, reading.limit, budget.share()).await? {
        PassedStart::Whole(whole) => whole,
        PassedStart::Stream(longer) => return Ok(Rewritten::Longer(longer)),
    };
    Ok(match reworded(whole.clone(), words, reading, budget).await {
        Some((body, changed, losses)) => Rewritten::Reworded(body, changed, losses),
        None => Rewritten::Same(whole),
    })
}

/// A whole error in the client's words and in its own coding; nothing where that is the same, or where it is not what its
/// head says: then it is no business of ours.
async fn reworded(
    whole: Bytes,
    words: &Words,
    ErrorReading { codings, limit, ratio }: ErrorReading,
    budget: &Arc<Budget>,
) -> Option<(Bytes, String, Losses)> {
    let mut coded = codings.outside_in();
    let (coding, None) = (coded.next(), coded.next()) else { return None };
    let plain = match coding {
        None => whole,
        Some(_) => {
            // It is all there.
            let body = IdleTimeout::new(Full::new(whole), Duration::from_secs(1), Count::default());
            collect(Source::new(body, codings, ratio), limit, &mut budget.share()).await.ok()?
        }
    };
    let Reworded { body, changed, losses } = words.reword(&plain)?;
    let body = match coding {
        None => body.into(),
        Some(coding) => encoded(coding, &body).ok()?,
    };
    Some((body, changed, losses))
}

#[cfg(test)]
mod tests {
    use super::super::{
        body::tests::{Sent, data, fed},
        coding::Coding,
    };
    use super::*;
    use dateline_core::{pack::Pack, plan::Plan};
    use http::{HeaderMap, HeaderValue, header};
    use http_body_util::BodyExt;

    const IDLE: Duration = Duration::from_secs(9);
    const ERROR: &str = r#"{"error":{"message":"account_id"}}"#;
    const TOLD: &str = r#"{"error":{"message":"company_id"}}"#;

    fn words() -> Words {
        let pack = Pack::embedded().unwrap();
        let id = pack.find("GET /plans").unwrap();
        let plan = Plan::compile(&pack, id, "2025-01-01".parse().unwrap(), "2026-07-01".parse().unwrap());
        Words::of(&plan, Some("company_id=x"), None)
    }

    fn reading(coding: &'static str, limit: u64) -> ErrorReading {
        let fields = HeaderMap::from_iter([(header::CONTENT_ENCODING, HeaderValue::from_static(coding))]);
        ErrorReading { codings: Codings::of(&fields).unwrap(), limit, ratio: 100 }
    }

    async fn told(frames: Vec<Sent>, reading: ErrorReading) -> Rewritten<crate::proxy::body::tests::Fed> {
        let (sender, body, _) = fed(frames, IDLE);
        drop(sender);
        tell(EndChecked::new(body, None), &words(), reading, &Budget::new(1 << 20)).await.unwrap()
    }

    #[tokio::test]
    async fn an_error_is_told_in_its_own_coding() {
        for coding in Coding::ALL {
            let came = encoded(coding, ERROR.as_bytes()).unwrap();
            let (one, two) = (came.slice(..9), came.slice(9..));
            let frames = [one, two].map(|piece| Ok(http_body::Frame::data(piece)));
            let answer = told(frames.into(), reading(coding.name(), 1000)).await;
            let Rewritten::Reworded(body, changed, _) = answer else { panic!("{answer:?}") };
            assert_eq!(changed, "account_id -> company_id");
            assert_eq!(body, encoded(coding, TOLD.as_bytes()).unwrap());
        }
        let answer = told(vec![data(ERROR)], reading("identity", 1000)).await;
        assert!(matches!(&answer, Rewritten::Reworded(body, _, _) if *body == TOLD), "{answer:?}");
    }

    #[tokio::test]
    async fn what_cannot_be_read_stays_as_it_is() {
        for (body, coding, limit) in [
            (ERROR, "gzip", 1000),
            ("{}", "identity", 1000),
            (ERROR, "gzip, br", 1000),
            ("", "identity", 1000),
        ] {
            let answer = told(vec![data(body)], reading(coding, limit)).await;
            assert!(matches!(&answer, Rewritten::Same(same) if *same == body), "{coding} {answer:?}");
        }
        let bomb = encoded(Coding::Gzip, format!("{ERROR}{}", " ".repeat(5000)).as_bytes()).unwrap();
        let frame = Ok(http_body::Frame::data(bomb.clone()));
        let answer = told(vec![frame], reading("gzip", 1000)).await;
        assert!(matches!(&answer, Rewritten::Same(same) if *same == bomb), "{answer:?}");
    }

    #[tokio::test]
    async fn a_long_error_passes_as_it_comes() {
        let pieces = vec![data(ERROR), data(" "), data(" ")];
        let answer = told(pieces, reading("identity", ERROR.len() as u64)).await;
        let Rewritten::Longer(body) = answer else { panic!("{answer:?}") };
        assert_eq!(body.collect().await.unwrap().to_bytes(), format!("{ERROR}  "));
    }

    #[tokio::test]
    async fn an_error_for_which_there_is_no_room_passes_as_it_comes() {
        let long = format!("{ERROR}{}", " ".repeat(20_000));
        let (sender, body, _) = fed(vec![Ok(http_body::Frame::data(long.clone().into()))], IDLE);
        drop(sender);
        let answer =
            tell(EndChecked::new(body, None), &words(), reading("identity", 1 << 20), &Budget::new(10))
                .await
                .unwrap();
        let Rewritten::Longer(body) = answer else { panic!("{answer:?}") };
        assert_eq!(body.collect().await.unwrap().to_bytes(), long);
    }
}
