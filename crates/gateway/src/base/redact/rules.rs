//! The redaction rules, as data. The table in `docs/record.md` is made from [`RULES`].

/// Ends of names whose values are secrets: compared in lower case, without what is no letter or digit, so that
/// `client_secret`, `clientSecret` and `X-Client-Secret` are one. Text and numbers below such a name are replaced,
/// whatever they look like; `true` and `false` stay.
pub(super) const NAMES: &[&str] = &[
    "token",
    "tokens",
    "secret",
    "secrets",
    "password",
    "passwords",
    "passwd",
    "pwd",
    "passphrase",
    "passcode",
    "authorization",
    "credential",
    "credentials",
    "cookie",
    "cookies",
    "apikey",
    "apikeys",
    "privatekey",
    "secretkey",
    "accesskey",
    "signingkey",
    "encryptionkey",
    "licensekey",
    "jwt",
    "otp",
    "cvc",
    "cvv",
];

/// The prefixes of keys, with the fewest letters that must follow. A text is a key if no letter or digit precedes the
/// prefix. Prefixes in lower case match in any case.
pub(super) const PREFIXES: &[(&str, usize)] = &[
    ("apik_", 1),
    ("sk_live", 1),
    ("sk_test", 1),
    ("rk_live", 1),
    ("rk_test", 1),
    ("pk_live", 1),
    ("pk_test", 1),
    ("whsec_", 1),
    ("ws_", 12),
    ("ghp_", 12),
    ("gho_", 12),
    ("ghs_", 12),
    ("github_pat_", 12),
    ("glpat-", 12),
    ("xoxb-", 6),
    ("xoxp-", 6),
    ("xapp-", 6),
    ("AKIA", 12),
    ("ASIA", 12),
    ("AIza", 20),
    ("ya29.", 12),
    ("SG.", 16),
];

/// The schemes of `Authorization`, in any case. The flag says that the text after the scheme counts as a key only if it
/// is the base64 of a name and a password (RFC 7617, 2): `Basic` is also a common name of plans.
pub(super) const SCHEMES: &[(&str, bool)] = &[("bearer", false), ("basic", true)];

/// The start of a JSON Web Token: `{"` in base64url (RFC 7519, 3.1).
pub(super) const JWT: &str = "eyJ";

/// The spellings of `@` in text of any kind. Percent-encoding is decoded before.
pub(super) const AT: &[&str] = &["@", "\u{ff20}", "\\u0040", "&#64;", "&#x40;", "&commat;"];

/// The characters of the local part of an address (RFC 5322, 3.2.3), in addition to letters of other scripts (RFC
/// 6531). `/`, `?` and `&` are left out, so that an address in a URL does not take the URL with it.
pub(super) const LOCAL: &str = "!#$%'*+-=^_`{|}~.";

/// The length below which a credential of the request is only looked for as a whole value.
pub(super) const SHORT: usize = 6;

/// The fields of a request's head that are kept, unless a rule replaces something in them.
pub(crate) const REQUEST_FIELDS: &[&str] = &["accept", "accept-language", "content-type"];

/// The fields of an answer's head that are kept.
pub(crate) const ANSWER_FIELDS: &[&str] = &["content-type"];

/// A rule as people read it.
#[derive(Debug)]
pub struct Rule {
    /// The secrets that the rule finds.
    pub finds: &'static str,
    /// The places where it looks.
    pub place: &'static str,
    /// The text that replaces a secret.
    pub becomes: &'static str,
}

/// Every rule.
pub const RULES: &[Rule] = &[
    Rule {
        finds: "fields of heads, but for `accept`, `accept-language` and `content-type`",
        place: "request, response",
        becomes: "nothing: they are not kept",
    },
    Rule {
        finds: "the request's own credentials: what stands in `Authorization`, `Proxy-Authorization`, `Cookie`, `X-Api-Key` and every field named like a secret, and the response's cookies; under 6 bytes only where they are a whole value",
        place: "paths, queries, forms, JSON strings, numbers and keys",
        becomes: "`redacted-…`, a number for a number",
    },
    Rule {
        finds: "values under names that end in `token`, `secret`, `password`, `passwd`, `pwd`, `passphrase`, `passcode`, `authorization`, `credential`, `cookie`, `api_key`, `private_key`, `secret_key`, `access_key`, `signing_key`, `encryption_key`, `license_key`, `jwt`, `otp`, `cvc` or `cvv`, in any spelling, and everything below them",
        place: "JSON, queries, forms, and `name=value` within a string",
        becomes: "`redacted-…`, a number for a number; `true`, `false` and `null` stay",
    },
    Rule {
        finds: "keys by their beginning: `apik_`, `sk_live`, `sk_test`, `rk_live`, `rk_test`, `pk_live`, `pk_test`, `whsec_`, `ws_`, `ghp_`, `gho_`, `ghs_`, `github_pat_`, `glpat-`, `xoxb-`, `xoxp-`, `xapp-`, `AKIA`, `ASIA`, `AIza`, `ya29.`, `SG.`",
        place: "anywhere in paths, queries, forms, JSON strings and keys",
        becomes: "`redacted-…`, the rest of the text stays",
    },
    Rule {
        finds: "what follows `Bearer`, names and passwords behind `Basic`, and JSON Web Tokens (`eyJ….….…`)",
        place: "anywhere in paths, queries, forms, JSON strings and keys",
        becomes: "`redacted-…`, the rest of the text stays",
    },
    Rule {
        finds: "e-mail addresses, the `@` also as `%40`, `\\u0040`, `&#64;` or `＠`, with quotes, tags and other scripts",
        place: "anywhere in paths, queries, forms, JSON strings and keys",
        becomes: "`redacted-…@example.com`, the rest of the text stays",
    },
    Rule {
        finds: "configured JSONPaths (`record.redact`), and everything below them",
        place: "JSON and forms of requests, queries, JSON of responses",
        becomes: "text: `redacted-…`, or a number's text for a number's text; a number: other digits in the same form; `true` and `false`: `false`; `null` and empty text stay",
    },
];
