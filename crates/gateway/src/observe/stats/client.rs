//! The client that a request is counted for.

use dateline_http::pin::bearer_token;
use http::{HeaderMap, HeaderName, HeaderValue, header};
use ring::{
    hmac,
    rand::{SecureRandom, SystemRandom},
};
use std::{
    fmt,
    hash::{BuildHasher, Hasher, RandomState},
    sync::Arc,
};

/// The client of a request, as far as it is known.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Client {
    /// A configured client, by its name.
    Named(Arc<str>),
    /// A client with a credential that the upstream has accepted: the first 48 bits of its HMAC-SHA-256 under a secret
    /// key.
    Unnamed(u64),
    /// No credential, or none that the upstream has accepted.
    Anonymous,
    /// Unnamed clients without room of their own, and those that have made room.
    Others,
}

impl Client {
    /// The word for the kind of client, for readers of JSON and CSV.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Client::Named(_) => "named",
            Client::Unnamed(_) => "unnamed",
            Client::Anonymous => "anonymous",
            Client::Others => "others",
        }
    }
}

/// A client is its name in JSON, too.
impl serde::Serialize for Client {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// `billing-cron`, `key-3f9a5b0c11d2`, `anonymous`, `others`.
impl fmt::Display for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Client::Named(name) => f.pad(name),
            Client::Unnamed(hash) => write!(f, "key-{hash:012x}"),
            Client::Anonymous => f.pad("anonymous"),
            Client::Others => f.pad("others"),
        }
    }
}

/// The name in the log of a client that has no configured name and has shown a credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LoggedClient {
    hash: u64,
    /// True if the upstream has accepted the credential since the gateway began to count.
    pub(crate) accepted: bool,
}

/// The text of such a name: `key-3f9a5b0c11d2`. It is whole words, which are checked faster than bytes.
#[derive(Debug, Clone, Copy)]
#[repr(align(8))]
pub(crate) struct KeyName([u8; 16]);

impl LoggedClient {
    /// Returns the name of an unnamed client, or `None` for a client of another kind.
    pub(super) fn of(client: &Client, accepted: bool) -> Option<Self> {
        match client {
            Client::Unnamed(hash) => Some(LoggedClient { hash: *hash, accepted }),
            Client::Named(_) | Client::Anonymous | Client::Others => None,
        }
    }

    /// The name, as [`Client`] displays it; without an allocation, since most requests have one.
    pub(crate) fn name(&self) -> KeyName {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut text = *b"key-000000000000";
        for (at, place) in text.iter_mut().rev().take(12).enumerate() {
            *place = DIGITS[(self.hash >> (4 * at)) as usize & 0xf];
        }
        KeyName(text)
    }
}

impl KeyName {
    pub(crate) fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("key")
    }
}

/// The header that many APIs use instead of `Authorization`.
const API_KEY: HeaderName = HeaderName::from_static("x-api-key");

/// The credential of a request while it is running. It is never written anywhere.
#[derive(Clone)]
pub(crate) struct Credential(HeaderValue);

impl Credential {
    /// Returns the credential of a request: the value of `Authorization`, or else of `X-Api-Key`.
    pub(crate) fn of(headers: &HeaderMap) -> Option<Self> {
        let shown = headers.get(header::AUTHORIZATION).or_else(|| headers.get(API_KEY));
        shown.map(Credential::new)
    }

    pub(super) fn new(shown: &HeaderValue) -> Self {
        Credential(shown.clone())
    }

    /// The bearer token, in any spelling of its scheme, or the whole value with another scheme.
    fn bytes(&self) -> &[u8] {
        let value = self.0.as_bytes();
        bearer_token(value).unwrap_or(value)
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credential").finish_non_exhaustive()
    }
}

/// A fast keyed hash that distinguishes the credentials of one process. The credential of a known client is hashed once
/// a request.
#[derive(Debug)]
pub(super) struct CredentialHasher(RandomState);

impl CredentialHasher {
    pub(super) fn new() -> Self {
        CredentialHasher(RandomState::new())
    }

    /// Hashes the value as it was sent. A credential that is written in two ways has two marks, but one name.
    pub(super) fn mark(&self, credential: &Credential) -> u64 {
        let mut hasher = self.0.build_hasher();
        hasher.write(credential.0.as_bytes());
        hasher.finish()
    }
}

/// The secret that makes the names of unnamed clients. Without it, no one can find the client behind a name or try out
/// keys.
pub(super) struct Naming(hmac::Key);

impl Naming {
    /// Names under a secret.
    pub(super) fn of(secret: &[u8; 32]) -> Self {
        Naming(hmac::Key::new(hmac::HMAC_SHA256, secret))
    }

    pub(super) fn name(&self, credential: &Credential) -> Client {
        let mut hash = [0; 8];
        let tag = hmac::sign(&self.0, credential.bytes());
        hash.iter_mut().skip(2).zip(tag.as_ref()).for_each(|(to, from)| *to = *from);
        Client::Unnamed(u64::from_be_bytes(hash))
    }
}

impl Default for Naming {
    /// Names that last as long as the process.
    fn default() -> Self {
        let mut secret = [0; 32];
        if SystemRandom::new().fill(&mut secret).is_err() {
            // The standard library's seeds are the system's, too; it has no other way to fail than to abort.
            let seeds = RandomState::new();
            for (at, part) in secret.chunks_mut(8).enumerate() {
                part.copy_from_slice(&seeds.hash_one(at).to_ne_bytes());
            }
        }
        Naming::of(&secret)
    }
}

impl fmt::Debug for Naming {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Naming").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn credential(value: &'static str) -> Credential {
        Credential::new(&HeaderValue::from_static(value))
    }

    #[test]
    fn a_key_stands_in_either_field_and_authorization_wins() {
        let of = |fields: &[(HeaderName, &'static str)]| {
            let fields = fields.iter().map(|(name, value)| (name.clone(), HeaderValue::from_static(value)));
            Credential::of(&fields.collect()).map(|credential| credential.bytes().to_owned())
        };
        assert_eq!(of(&[]), None);
        assert_eq!(of(&[(API_KEY, "k")]).as_deref(), Some(&b"k"[..]));
        assert_eq!(of(&[(API_KEY, "k"), (header::AUTHORIZATION, "Bearer t")]).as_deref(), Some(&b"t"[..]));
        assert_eq!(of(&[(header::AUTHORIZATION, "Basic dTpw")]).as_deref(), Some(&b"Basic dTpw"[..]));
    }

    #[test]
    fn a_name_is_the_hmac_of_the_token() {
        let naming = Naming::of(&[7; 32]);
        let name = naming.name(&credential("Bearer sk_1"));
        // printf sk_1 | openssl dgst -sha256 -mac HMAC -macopt hexkey:0707…
        assert_eq!(name.to_string(), "key-16d6421c7e2e");
        for same in ["bearer sk_1", "BEARER  sk_1 "] {
            assert_eq!(naming.name(&credential(same)), name, "{same}");
        }
        assert_ne!(naming.name(&credential("Basic sk_1")), name);
        assert_ne!(Naming::of(&[8; 32]).name(&credential("Bearer sk_1")), name);
        assert_ne!(Naming::default().name(&credential("Bearer sk_1")), name);
    }

    #[test]
    fn nothing_shows_a_credential() {
        let hasher = CredentialHasher::new();
        let credential = credential("Bearer sk_secret");
        assert!(!format!("{credential:?} {hasher:?} {:?}", Naming::default()).contains("sk_secret"));
        assert_eq!(hasher.mark(&credential), hasher.mark(&credential.clone()));
    }
}
