use super::{Coding::*, decode::Decoder, *};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, header};
use proptest::prelude::*;

const RATIO: u64 = 100;
const MIB: usize = 1 << 20;

fn codings(list: &[Coding]) -> Codings {
    let names: Vec<_> = list.iter().map(|coding| coding.name()).collect();
    let value = HeaderValue::try_from(names.join(",")).unwrap();
    Codings::of(&HeaderMap::from_iter([(header::CONTENT_ENCODING, value)])).unwrap()
}

/// The body in these codings, applied one after another.
fn made(list: &[Coding], body: &[u8]) -> Vec<u8> {
    list.iter().fold(body.to_vec(), |body, coding| encoded(*coding, &body).unwrap().to_vec())
}

/// Decodes chunks, and returns the text with the result at the end.
fn undone<'a>(
    list: &[Coding],
    chunks: impl IntoIterator<Item = &'a [u8]>,
    ratio: u64,
) -> (Vec<u8>, Result<(), DecodeError>) {
    let mut decoder = Decoder::new(codings(list), ratio);
    let mut output = Vec::new();
    for chunk in chunks {
        decoder.give(Bytes::copy_from_slice(chunk));
        loop {
            match decoder.next() {
                Ok(Some(piece)) => {
                    assert!((1..=16 << 10).contains(&piece.len()));
                    output.extend_from_slice(&piece);
                }
                Ok(None) => break,
                Err(error) => return (output, Err(error)),
            }
        }
    }
    (output, decoder.finish())
}

fn whole(list: &[Coding], coded: &[u8]) -> Result<Vec<u8>, DecodeError> {
    let (output, end) = undone(list, [coded], RATIO);
    end.map(|()| output)
}

/// Every coding, and every two of them.
fn lists() -> Vec<Vec<Coding>> {
    let ones = Coding::ALL.map(|coding| vec![coding]);
    let twos = Coding::ALL.into_iter().flat_map(|one| Coding::ALL.map(|two| vec![one, two]));
    ones.into_iter().chain(twos).collect()
}

/// A list as an API answers it, about this long.
fn json(length: usize) -> Vec<u8> {
    let element = |number| format!(r#"{{"id":"plan_{number}","account":null,"price":{number}.50}},"#);
    let mut text = r#"{"data":["#.to_owned();
    for number in 0.. {
        text.push_str(&element(number));
        if text.len() >= length {
            break;
        }
    }
    text.pop();
    (text + "]}").into_bytes()
}

const TEXT: &[u8] = br#"{"data":[{"account":"biz_x"},{"account":"biz_x"}]}"#;

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

/// Returns [`TEXT`] as others encode it: GNU gzip with a file name and time, zlib, Google's brotli, the zstd tool.
fn theirs() -> [(Coding, Vec<u8>); 4] {
    [(Gzip, GNU_GZIP), (Gzip, ZLIB), (Brotli, GOOGLE_BROTLI), (Zstd, ZSTD_TOOL)]
        .map(|(coding, hex)| (coding, bytes(hex)))
}

const GNU_GZIP: &str = "1f8b08089fc0056b020368656c6c6f2e6a736f6e00ab564a492c4954b28aae564a4c4ece2fcd2b51b2524acaac8aaf50aad5c122165b0b008b27536032000000";
const ZLIB: &str = "1f8b0800000000000203ab564a492c4954b28aae564a4c4ece2fcd2b51b2524acaac8aaf50aad5c122165b0b008b27536032000000";
const GOOGLE_BROTLI: &str =
    "1b3100e09c07b60d6bbb970b0bd2db472db2a7b7b5c4f09a45a7ab4f8a7ca5a524ad0c55978d1897bdc8af090d";
const ZSTD_TOOL: &str =
    "28b52ffd24322d0100f87b2264617461223a5b7b226163636f756e74223a2262697a5f78227d2c5d7d01005d329d4807f8f5";

#[test]
fn reads_what_others_write() {
    for (coding, coded) in theirs() {
        assert_eq!(whole(&[coding], &coded).unwrap(), TEXT, "{coding:?}");
    }
}

#[test]
fn row_34_what_is_cut_short_is_never_whole() {
    for (coding, coded) in theirs() {
        for end in 1..coded.len() {
            assert!(whole(&[coding], &coded[..end]).is_err(), "{coding:?} to {end}");
        }
    }
    for list in lists() {
        let coded = made(&list, &json(3000));
        for end in 1..coded.len() {
            assert!(whole(&list, &coded[..end]).is_err(), "{list:?} to {end}");
        }
    }
}

#[test]
fn nothing_at_all_is_an_empty_body_in_any_coding() {
    for list in lists() {
        assert_eq!(whole(&list, b""), Ok(Vec::new()));
        assert_eq!(whole(&list, &made(&list, b"")), Ok(Vec::new()));
    }
}

#[test]
fn row_34_what_follows_the_end_is_refused() {
    for coding in Coding::ALL {
        let coded = made(&[coding], TEXT);
        let zeros = [&b"\0"[..], b"\0\0\0\0\0\0\0\0"].into_iter().filter(|_| coding != Gzip);
        let others = [&b"x"[..], b"{}", b"\x1f", b"\x1f\x8b\x08", b"\x28\xb5\x2f\xfd", b"\0x", b"\0\x1f\x8b"];
        for garbage in zeros.chain(others) {
            let (_, end) = undone(&[coding], [&coded[..], garbage], RATIO);
            assert!(end.is_err(), "{coding:?} {garbage:?}");
            assert!(whole(&[coding], &[&coded, garbage].concat()).is_err(), "{coding:?} {garbage:?}");
        }
    }
}

#[test]
fn row_14_1k_zeros_behind_the_last_member_of_gzip_are_padding() {
    let member = made(&[Gzip], TEXT);
    let padded = |zeros: usize, behind: &[u8]| [&member, &member, &vec![0; zeros][..], behind].concat();
    for zeros in [1, 511, 64 << 10] {
        let coded = padded(zeros, b"");
        assert_eq!(whole(&[Gzip], &coded), Ok(TEXT.repeat(2)), "{zeros}");
        for size in [1, 7, 4096] {
            let (output, end) = undone(&[Gzip], coded.chunks(size), RATIO);
            assert_eq!((output, end), (TEXT.repeat(2), Ok(())), "{zeros} in {size}");
        }
        // Inside another coding, too.
        assert_eq!(whole(&[Gzip, Zstd], &made(&[Zstd], &coded)), Ok(TEXT.repeat(2)), "{zeros}");
        for behind in [&b"x"[..], &member] {
            assert_eq!(whole(&[Gzip], &padded(zeros, behind)), Err(DecodeError::Corrupt(Gzip)), "{zeros}");
        }
    }
    assert_eq!(whole(&[Gzip], &padded((64 << 10) + 1, b"")), Err(DecodeError::Corrupt(Gzip)), "bounded");
    assert_eq!(whole(&[Gzip], &[&[0][..], &member].concat()), Err(DecodeError::Corrupt(Gzip)), "before it");
}

#[test]
fn members_follow_one_another_where_their_format_says_so() {
    for (coding, goes_on) in [(Gzip, true), (Zstd, true), (Brotli, false)] {
        let coded = made(&[coding], TEXT).repeat(3);
        let expected = if goes_on { Ok(TEXT.repeat(3)) } else { Err(DecodeError::Corrupt(coding)) };
        assert_eq!(whole(&[coding], &coded), expected, "{coding:?}");
    }
}

#[test]
fn row_34_one_coding_is_no_other() {
    for coding in Coding::ALL {
        for other in Coding::ALL.into_iter().filter(|other| *other != coding) {
            assert!(whole(&[coding], &made(&[other], TEXT)).is_err(), "{other:?} as {coding:?}");
        }
        assert!(whole(&[coding], TEXT).is_err(), "plain as {coding:?}");
    }
}

#[test]
fn row_34_a_bomb_is_stopped_soon_after_its_first_mebibyte() {
    let zeros = vec![b'0'; 8 * MIB];
    for list in [&[Gzip][..], &[Brotli], &[Zstd], &[Gzip, Gzip], &[Gzip, Zstd], &[Brotli, Gzip]] {
        let coded = made(list, &zeros);
        let (output, end) = undone(list, coded.chunks(1000), RATIO);
        assert_eq!(end, Err(DecodeError::Inflated(RATIO)), "{list:?}");
        assert!(output.len() <= (RATIO as usize * coded.len()).max(MIB), "{list:?}: {}", output.len());
    }
}

#[test]
fn row_34_a_bomb_inside_is_stopped_though_nothing_comes_out() {
    // A skippable frame (RFC 8878, 3.1.2) is read over.
    let frame = [&b"\x50\x2a\x4d\x18"[..], &u32::try_from(8 * MIB).unwrap().to_le_bytes(), &vec![0; 8 * MIB]]
        .concat();
    let (output, end) = undone(&[Zstd, Gzip], [&made(&[Gzip], &frame)[..]], RATIO);
    assert_eq!((output.len(), end), (0, Err(DecodeError::Inflated(RATIO))));
}

#[test]
fn what_an_api_answers_is_no_bomb() {
    let body = json(3 * MIB);
    for list in lists().into_iter().filter(|list| list.len() == 1) {
        assert!(whole(&list, &made(&list, &body)) == Ok(body.clone()), "{list:?}");
    }
}

#[test]
fn row_34_a_window_over_the_limit_is_refused() {
    // A frame whose head asks for a window of 128 MiB (RFC 8878, 3.1.1.1.2), with one empty block.
    let frame = b"\x28\xb5\x2f\xfd\x00\x88\x01\x00\x00";
    assert_eq!(whole(&[Zstd], frame), Err(DecodeError::Corrupt(Zstd)));
    // 8 MiB are what everybody has to take (RFC 9659).
    assert_eq!(whole(&[Zstd], b"\x28\xb5\x2f\xfd\x00\x68\x01\x00\x00"), Ok(Vec::new()));
    // The first bits of a large brotli window (not RFC 7932).
    assert!(whole(&[Brotli], b"\x11\x1e\x03").is_err());
}

#[test]
fn what_is_flushed_can_be_read() {
    for coding in Coding::ALL {
        let mut encoder = Encoder::new(coding, None).unwrap();
        let mut decoder = Decoder::new(codings(&[coding]), RATIO);
        for piece in [&b"{\"data\":["[..], b"1", b",2]", b"}"] {
            encoder.put(piece).unwrap();
            decoder.give(encoder.flush().unwrap().unwrap());
            assert_eq!(decoder.next().unwrap().unwrap(), piece, "{coding:?}");
            assert_eq!(encoder.flush().unwrap(), None, "once is enough");
            assert!(decoder.next().unwrap().is_none() && decoder.finish().is_err());
        }
        decoder.give(encoder.finish().unwrap());
        assert_eq!((decoder.next(), decoder.finish()), (Ok(None), Ok(())));
    }
}

#[test]
fn the_same_body_has_the_same_bytes() {
    for coding in Coding::ALL {
        assert_eq!(encoded(coding, TEXT).unwrap(), encoded(coding, TEXT).unwrap());
    }
}

#[test]
fn little_is_kept_of_much() {
    for coding in Coding::ALL {
        let mut decoder = Decoder::new(codings(&[coding]), RATIO);
        decoder.give(Bytes::from(made(&[coding], &json(MIB))));
        while decoder.next().unwrap().is_some() {}
        assert!(decoder.kept() < 3 * MIB / 2, "{coding:?}: {}", decoder.kept());
    }
}

fn cut(bytes: &[u8], sizes: &[usize]) -> Vec<Bytes> {
    let mut bytes = Bytes::copy_from_slice(bytes);
    let mut chunks: Vec<_> = sizes.iter().map(|size| bytes.split_to(*size.min(&bytes.len()))).collect();
    chunks.push(bytes);
    chunks
}

fn any_list() -> impl Strategy<Value = Vec<Coding>> {
    prop::sample::select(lists())
}

fn any_body() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..2000),
        prop::collection::vec(prop::sample::select(&b"{}[]\",:0a "[..]), 0..2000),
        (0usize..60_000).prop_map(json),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn any_body_comes_back_however_it_is_cut(
        body in any_body(),
        list in any_list(),
        in_sizes in prop::collection::vec(0usize..500, 0..20),
        out_sizes in prop::collection::vec(0usize..5000, 0..20),
        flushes in prop::collection::vec(any::<bool>(), 20),
    ) {
        let mut coded = body.clone();
        for coding in &list {
            let mut encoder = Encoder::new(*coding, None).unwrap();
            let mut made = Vec::new();
            for (piece, flush) in cut(&coded, &out_sizes).into_iter().zip(flushes.iter().cycle()) {
                encoder.put(&piece).unwrap();
                made.extend(if *flush { encoder.flush().unwrap() } else { encoder.take() });
            }
            made.push(encoder.finish().unwrap());
            coded = made.concat();
        }
        let chunks = cut(&coded, &in_sizes);
        let (output, end) = undone(&list, chunks.iter().map(|chunk| &chunk[..]), RATIO);
        prop_assert_eq!(end, Ok(()));
        prop_assert!(output == body);
    }

    #[test]
    fn row_34_no_bytes_make_it_panic_or_give_more_than_the_limit(
        body in any_body(),
        list in any_list(),
        junk in prop::collection::vec(any::<u8>(), 0..300),
        at in any::<prop::sample::Index>(),
        sizes in prop::collection::vec(0usize..100, 0..20),
    ) {
        // Junk alone, and junk in the middle of what was right.
        let coded = made(&list, &body);
        let at = at.index(coded.len() + 1);
        for coded in [junk.clone(), [&coded[..at], &junk, &coded[at..]].concat()] {
            let chunks = cut(&coded, &sizes);
            let (output, _) = undone(&list, chunks.iter().map(|chunk| &chunk[..]), RATIO);
            prop_assert!(output.len() <= (coded.len() * RATIO as usize).max(MIB));
        }
    }

    #[test]
    fn a_flipped_bit_of_gzip_is_never_another_text(
        body in any_body(),
        at in any::<prop::sample::Index>(),
        bit in 0u32..8,
    ) {
        let mut coded = made(&[Gzip], &body);
        let at = at.index(coded.len());
        coded[at] ^= 1 << bit;
        prop_assert!(whole(&[Gzip], &coded).is_ok_and(|output| output == body) || whole(&[Gzip], &coded).is_err());
    }
}
