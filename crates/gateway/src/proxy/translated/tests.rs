use super::*;
use crate::{
    base::budget::Budget,
    proxy::{
        body::{
            Count,
            tests::{Fed, Sent, fed},
        },
        coding::Codings,
    },
};
use dateline_core::{pack::Pack, plan::Plan, translate::Untranslatable};
use http::{HeaderMap, HeaderValue, header};
use http_body_util::{BodyExt, Full};
use proptest::prelude::*;
use std::{sync::Arc, time::Instant};

const IDLE: Duration = Duration::from_secs(5);
const ENOUGH: ReadUntil = ReadUntil::Bytes(1000);

fn stream(operation: &str) -> ResponseStream {
    let pack = Pack::embedded().unwrap();
    let id = pack.find(operation).unwrap();
    let plan = Plan::compile(&pack, id, "2025-01-01".parse().unwrap(), "2026-07-01".parse().unwrap());
    ResponseStream::new(Arc::new(plan), 2000)
}

fn translated<B: Body>(body: IdleTimeout<B>, operation: &str) -> Translated<B>
where
    IdleTimeout<B>: Body<Data = Bytes, Error = BodyError> + Unpin,
{
    Translated::new(Source::Plain(body), stream(operation), None, Budget::new(1 << 20).share())
}

fn data(text: &str) -> Sent {
    Ok(Frame::data(Bytes::from(text.to_owned())))
}

async fn begin(frames: Vec<Sent>, until: ReadUntil) -> Result<TranslatedStart<Fed>, CollectError> {
    let (_, body, _) = fed(frames, IDLE);
    translated(body, "GET /plans").begin(until).await
}

fn streamed(begun: TranslatedStart<Fed>) -> Box<Translated<Fed>> {
    match begun {
        TranslatedStart::Stream(body) => body,
        TranslatedStart::Whole { body, .. } => panic!("whole: {body:?}"),
    }
}

/// The frames up to the end, or to the error.
async fn rest(mut body: Box<Translated<Fed>>) -> (String, Option<BodyError>) {
    let mut text = String::new();
    while let Some(frame) = body.frame().await {
        match frame {
            Ok(frame) => text.push_str(std::str::from_utf8(&frame.into_data().unwrap()).unwrap()),
            Err(error) => return (text, Some(error)),
        }
        assert!(body.losses.is_some() || !body.is_end_stream());
    }
    assert!(body.is_end_stream());
    (text, None)
}

#[tokio::test]
async fn a_body_that_comes_at_once_is_whole_and_says_what_it_lost() {
    let body =
        r#"{"data":[{"id":"bref_x","volume_usd":{"attributed":"1.00","settled":"7.00"},"currency":"eur"}]}"#;
    let (first, second) = body.split_at(40);
    for frames in [vec![data(body)], vec![data(first), data(second)]] {
        let (_, body, _) = fed(frames, IDLE);
        let begun = translated(body, "GET /referrals/businesses").begin(ENOUGH).await.unwrap();
        let TranslatedStart::Whole { body, losses, .. } = begun else { panic!("not whole") };
        assert!(body.starts_with(br#"{"data":[{"id":"bref_x","processing_volume":1.00"#), "{body:?}");
        assert!(losses.to_string().contains("volume_usd.settled=dropped"), "{losses}");
    }
    assert!(
        matches!(begin(vec![], ENOUGH).await, Ok(TranslatedStart::Whole { body, .. }) if body.is_empty())
    );
}

#[tokio::test]
async fn a_trickle_is_not_held_back() {
    let (sender, body, _) = fed(vec![], IDLE);
    let begun = tokio::spawn(translated(body, "GET /plans").begin(ENOUGH));
    sleep(4 * PATIENCE).await;
    assert!(!begun.is_finished(), "nothing has come yet");
    let sent = Instant::now();
    sender.send(data(r#"{"data":[{"account":1},{"acc"#)).unwrap();
    let mut body = streamed(begun.await.unwrap().unwrap());
    assert!(sent.elapsed() >= PATIENCE);
    let first = body.frame().await.unwrap().unwrap().into_data().unwrap();
    assert_eq!(first, r#"{"data":[{"company":1},"#);
    assert_eq!(body.take_losses(), None);
    sender.send(data(r#"ount":2}]}"#)).unwrap();
    drop(sender);
    assert_eq!(rest(body).await.0, r#"{"company":2}]}"#);
}

#[tokio::test]
async fn a_body_of_known_length_is_whole_up_to_the_limit() {
    let body = r#"{"data":[{"account":1}]}"#;
    let until = async |enough: usize| {
        let body = IdleTimeout::new(Full::new(Bytes::from(body)), IDLE, Count::default());
        let begun = translated(body, "GET /plans").begin(ReadUntil::Bytes(enough as u64));
        matches!(begun.await.unwrap(), TranslatedStart::Whole { .. })
    };
    assert!(until(body.len()).await);
    assert!(!until(body.len() - 1).await);
}

#[tokio::test]
async fn what_is_wrong_is_an_error_before_the_head_and_a_broken_body_after() {
    let error = begin(vec![data(r#"{"data":[nope"#)], ENOUGH).await.unwrap_err();
    assert!(matches!(error, CollectError::Body(BodyError::Untranslatable(_))), "{error:?}");
    let long = format!(r#"{{"x":"{}","data":["#, "x".repeat(1000));
    let element = r#"{"account":1},"#;
    let object = format!(r#"{{"id":"{}"#, "x".repeat(2000));
    for (end, code) in [("nope]}", "json_invalid"), ("", "json_invalid"), (&object, "object_too_large")] {
        let frames = vec![data(&long), data(element), data(end)];
        let (text, error) = rest(streamed(begin(frames, ENOUGH).await.unwrap())).await;
        assert_eq!(text, format!(r#"{long}{{"company":1}},"#));
        let Some(BodyError::Untranslatable(error)) = error else { panic!("{error:?}") };
        assert_eq!(error.code(), code);
    }
    let broken = vec![data(&long), Err(std::io::Error::other("reset"))];
    let (_, error) = rest(streamed(begin(broken, ENOUGH).await.unwrap())).await;
    assert!(matches!(error, Some(BodyError::Broken(_))));
}

#[tokio::test]
async fn row_14_1a_what_stands_before_the_first_object_is_not_worth_a_head() {
    let open = format!(r#"{{"data":[{{"id":"{}"#, "x".repeat(1500));
    let large = "x".repeat(1000);
    for (end, code) in [(&large[..], "object_too_large"), ("\"]", "json_invalid")] {
        let error = begin(vec![data(&open), data(end)], ENOUGH).await.unwrap_err();
        let CollectError::Body(BodyError::Untranslatable(error)) = error else { panic!("{error:?}") };
        assert_eq!(error.code(), code);
    }
    // Unless it is much, or the first object is whole.
    let much = format!(r#"{{"x":"{}",{}"#, "x".repeat(1000), &open[1..]);
    let whole = format!("{open}\"}},");
    for begun in [&much, &whole] {
        let (text, error) =
            rest(streamed(begin(vec![data(begun), data("nope")], ENOUGH).await.unwrap())).await;
        assert!(text.len() > 1000 && error.is_some(), "{text}");
    }
}

#[tokio::test]
async fn what_must_be_whole_has_a_limit() {
    let body = || vec![data(r#"{"data":["#), data("1]}")];
    assert!(matches!(begin(body(), ReadUntil::End { limit: 12 }).await, Ok(TranslatedStart::Whole { .. })));
    let error = begin(body(), ReadUntil::End { limit: 11 }).await.unwrap_err();
    assert!(matches!(error, CollectError::TooLarge(11)));
}

#[tokio::test]
async fn memory_does_not_grow_with_the_body() {
    const CHUNK: usize = 16 << 10;
    let element = format!(r#"{{"id":"plan_x","account":{{"id":"biz"}},"text":"{}"}}"#, "x".repeat(450));
    let list = format!(r#"{{"data":[{}]}}"#, vec![element.as_str(); 22_000].join(","));
    assert!(list.len() > 10_000_000);
    let (sender, body, _) = fed(vec![], IDLE);
    let mut body = translated(body, "GET /plans");
    let (mut most, mut length) = (0, 0);
    for chunk in Bytes::from(list.clone()).chunks(CHUNK) {
        sender.send(Ok(Frame::data(Bytes::copy_from_slice(chunk)))).unwrap();
        loop {
            let ready = body.ready.bytes();
            most = most.max(ready + body.stream.kept());
            if body.ready.is_empty() && body.translation.bytes == length + chunk.len() as u64 {
                break;
            }
            body.frame().await.unwrap().unwrap();
        }
        length += chunk.len() as u64;
    }
    drop(sender);
    assert!(body.frame().await.is_none() && body.take_losses().is_some());
    assert!(most < 2 * CHUNK, "{most}");
}

#[test]
fn an_error_quotes_nothing_of_the_body() {
    let error = stream("GET /plans").feed(&Bytes::from_static(b"{\"secret\":nope}")).unwrap_err();
    assert!(
        matches!(&error, Untranslatable::Json(_)) && !BodyError::from(error).to_string().contains("nope")
    );
}

/// An answer with elements that are translated and some that are not, as long as it is wide.
fn any_answer() -> impl Strategy<Value = String> {
    let element = prop_oneof![
        "[a-z]{0,12}".prop_map(|id| format!(r#"{{"id":"{id}","account":{{"id":"{id}"}}}}"#)),
        Just(r#"{ "acc\u006funt" : null , "x" : [ 1.10, "\ud800" ] }"#.to_owned()),
        (0usize..900).prop_map(|length| format!(r#"{{"account":"{}"}}"#, "x".repeat(length))),
        Just("7".to_owned()),
    ];
    prop::collection::vec(element, 0..40)
        .prop_map(|elements| format!(r#"{{"data":[{}]}}"#, elements.join(" , ")))
}

/// Returns the body that a client reads of an answer that came like this.
async fn read(
    coded: &[u8],
    sizes: &[usize],
    codings: Codings,
    answer: Option<Coding>,
    until: ReadUntil,
) -> Result<Bytes, String> {
    let mut rest = Bytes::copy_from_slice(coded);
    let mut frames: Vec<Sent> =
        sizes.iter().map(|size| Ok(Frame::data(rest.split_to(*size.min(&rest.len()))))).collect();
    frames.push(Ok(Frame::data(rest)));
    let (_, body, _) = fed(frames, IDLE);
    let body = Source::new(body, codings, 100);
    let body = Translated::new(body, stream("GET /plans"), answer, Budget::new(8 << 20).share());
    let coded = match body.begin(until).await.map_err(|error| error.to_string())? {
        TranslatedStart::Whole { body, .. } => body,
        TranslatedStart::Stream(body) => body.collect().await.map_err(|error| error.to_string())?.to_bytes(),
    };
    let Some(coding) = answer else { return Ok(coded) };
    let (_, body, _) = fed(vec![Ok(Frame::data(coded))], IDLE);
    let plain = Source::new(body, Codings::of(&named(&[coding])).unwrap(), 1000).collect().await;
    plain.map(|body| body.to_bytes()).map_err(|error| format!("the response: {error}"))
}

fn named(codings: &[Coding]) -> HeaderMap {
    let names: Vec<_> = codings.iter().map(|coding| coding.name()).collect();
    HeaderMap::from_iter([(header::CONTENT_ENCODING, HeaderValue::try_from(names.join(", ")).unwrap())])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn row_34_a_coded_answer_is_the_plain_one_coded_however_it_comes(
        text in any_answer(),
        came in prop::collection::vec(prop::sample::select(&Coding::ALL[..]), 0..3),
        answer in prop::option::of(prop::sample::select(&Coding::ALL[..])),
        sizes in prop::collection::vec(0usize..400, 0..12),
        enough in prop::sample::select(&[1u64, 100, 1 << 20][..]),
        whole: bool,
        cut in any::<prop::sample::Index>(),
    ) {
        let codings = Codings::of(&named(&came)).unwrap();
        let coded = came.iter().fold(Bytes::from(text.clone()), |body, coding| encoded(*coding, &body).unwrap());
        let until = if whole { ReadUntil::End { limit: 1 << 20 } } else { ReadUntil::Bytes(enough) };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let read = |coded: &[u8]| runtime.block_on(read(coded, &sizes, codings, answer, until));
        let mut plain = stream("GET /plans");
        let mut expected = plain.feed(&Bytes::from(text)).unwrap();
        prop_assert!(plain.finish().is_ok());
        expected.retain(|piece| !piece.is_empty());
        prop_assert_eq!(read(&coded), Ok(Bytes::from(expected.concat())));
        let end = cut.index(coded.len());
        prop_assert!(end == 0 || read(&coded[..end]).is_err(), "cut at {}", end);
    }
}
