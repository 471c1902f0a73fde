//! `dateline hash-key`: a key -> its `bearer_sha256`.

use std::{fmt::Write as _, io::Read as _};

use clap::Args;

use super::{Failure, Streams};
use dateline_http::policy::bearer_sha256;

/// Print the bearer_sha256 of a key read on standard input
///
/// The configuration identifies a client by the SHA-256 of its key, so that no file holds the key itself. One newline
/// at the end of the input is not part of the key, and a leading `Bearer ` is removed.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  dateline hash-key < key.txt
  printenv WHOP_API_KEY | dateline hash-key

The output goes into the configuration:
  [[client]]
  name = \"billing-cron\"
  pin = \"2026-06-09\"
  bearer_sha256 = \"<the output>\"")]
pub(super) struct HashKey {}

/// A length that no header can have: input of this size is not a key.
const LONGEST: u64 = 16 << 10;

impl HashKey {
    pub(super) fn run(self, streams: &mut Streams<'_>) -> Result<(), Failure> {
        let mut input = Vec::new();
        streams
            .input
            .take(LONGEST + 1)
            .read_to_end(&mut input)
            .map_err(|problem| Failure::Input(format!("cannot read the key: {problem}")))?;
        let digits = bearer_sha256(key(&input)?).iter().fold(String::with_capacity(64), |mut text, byte| {
            // A String takes whatever is written.
            let _ = write!(text, "{byte:02x}");
            text
        });
        Ok(writeln!(streams.output, "{digits}")?)
    }
}

/// Reads the key from the input. An error does not repeat it.
fn key(input: &[u8]) -> Result<&[u8], Failure> {
    let line = input.strip_suffix(b"\n").unwrap_or(input);
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    // RFC 9110 section 11.1: schemes are case-insensitive. A key has no space, so nothing else can be meant.
    let key = match line.split_at_checked(7) {
        Some((scheme, key)) if scheme.eq_ignore_ascii_case(b"bearer ") => key,
        _ => line,
    };
    let refused =
        |why: &str| Err(Failure::Input(format!("{why}: write the key, and nothing else, to standard input")));
    match key {
        [] => refused("there is no key"),
        _ if input.len() as u64 > LONGEST => refused("too long for a key"),
        _ if key.iter().any(u8::is_ascii_whitespace) => refused("white space in the key"),
        _ if !key.iter().all(u8::is_ascii_graphic) => refused("more than printable ASCII in the key"),
        _ => Ok(key),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// FIPS 180-2, appendix B.1.
    const OF_ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\n";

    fn hash_key(mut input: &[u8]) -> Result<String, String> {
        let (mut output, mut notes) = (Vec::new(), Vec::new());
        let mut streams = Streams { input: &mut input, output: &mut output, notes: &mut notes };
        HashKey {}.run(&mut streams).map_err(|failure| failure.to_string())?;
        Ok(String::from_utf8(output).unwrap())
    }

    #[test]
    fn hashes_the_key_alone() {
        for input in ["abc", "abc\n", "abc\r\n", "Bearer abc", "bearer abc\n"] {
            assert_eq!(hash_key(input.as_bytes()).as_deref(), Ok(OF_ABC), "{input:?}");
        }
        assert_ne!(hash_key(b"Bearerabc").unwrap(), OF_ABC);
    }

    #[test]
    fn refuses_what_is_no_key_without_repeating_it() {
        for input in
            ["", "\n", "Bearer ", "se cret", "secret\n\n", " secret", "secret\t", "s\u{e9}cret", "sec\0ret"]
        {
            let problem = hash_key(input.as_bytes()).unwrap_err();
            assert!(problem.ends_with(": write the key, and nothing else, to standard input"), "{input:?}");
            assert!(!problem.contains("cret"), "{problem}");
        }
        assert!(hash_key(&[b'a'; 16 << 10]).is_ok());
        assert!(hash_key(&[b'a'; (16 << 10) + 1]).is_err());
        assert!(hash_key(&[b'a'; (16 << 10) + 100]).is_err());
    }
}
