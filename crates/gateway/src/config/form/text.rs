//! The forms of texts and of lists of texts.

use std::{
    net::{IpAddr, SocketAddr},
    path::{Path, PathBuf},
};

use http::{Uri, uri::Authority};
use ipnet::IpNet;

use super::{super::types::LogFields, ListForm, TextForm};
use crate::config::{Paths, parse_filter};
use dateline_core::{Version, compare::Ignored, day::Day};
use dateline_http::policy::DefaultPin;

pub(in crate::config) const ADDRESS: TextForm<SocketAddr> = TextForm {
    wanted: "an IP address and a port, such as \"127.0.0.1:8080\"",
    parse: |text, wanted| text.parse().map_err(|_| format!("{text:?} is not {wanted}")),
};

/// An origin (RFC 6454): scheme and authority. The text may hold a password, so it is never repeated.
pub(in crate::config) const ORIGIN: TextForm<String> = TextForm {
    wanted: "an origin such as \"https://api.example.com\"",
    parse: |text, wanted| {
        origin_in(text).map_err(|(problem, hint)| format!("{problem}: write {wanted}{hint}"))
    },
};

/// Reads an origin that is not from the configuration.
///
/// # Errors
/// Says what is wrong with it and what would fit, without repeating it.
pub fn origin(text: &str) -> Result<String, String> {
    (ORIGIN.parse)(text, ORIGIN.wanted)
}

/// Reads an origin. The error is what is wrong, and a hint for messages about one origin.
fn origin_in(text: &str) -> Result<String, (&'static str, &'static str)> {
    let (scheme, rest) = text.split_once("://").ok_or(("without a scheme", ""))?;
    let scheme = scheme.to_ascii_lowercase();
    if scheme != "http" && scheme != "https" {
        return Err(("neither http nor https", ""));
    }
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, beyond) = rest.split_at(end);
    if authority.contains('@') {
        return Err(("with a user or a password", "; clients bring their own keys"));
    }
    if !matches!(beyond, "" | "/") {
        return Err(("with a path or a query", "; the client's path is forwarded as it is"));
    }
    let refused = ("not a host and port", "");
    let authority: Authority = authority.parse().map_err(|_| refused)?;
    let is_port = |text: &str| text.parse::<u16>().is_ok_and(|port| port > 0);
    match authority.as_str().strip_prefix(authority.host()).map(|rest| (authority.host(), rest)) {
        Some(("", _)) | None => return Err(refused),
        Some((_, "")) => {}
        Some((_, rest)) if rest.strip_prefix(':').is_some_and(is_port) => {}
        Some(_) => return Err(refused),
    }
    let origin = format!("{scheme}://{}", authority.as_str().to_ascii_lowercase());
    // The HTTP client parses it again and must not refuse it then.
    origin.parse::<Uri>().map_err(|_| ("not a URL", ""))?;
    Ok(origin)
}

/// The URL of an OpenTelemetry collector. The text may hold a password, so it is never repeated.
pub(in crate::config) const COLLECTOR: TextForm<String> = TextForm {
    wanted: "a collector's URL such as \"http://127.0.0.1:4317\"",
    parse: |text, wanted| {
        let refused = |problem: &str, hint: &str| Err(format!("{problem}: write {wanted}{hint}"));
        let Ok(url) = text.parse::<Uri>() else { return refused("not a URL", "") };
        let (Some("http" | "https"), Some(authority)) = (url.scheme_str(), url.authority()) else {
            return refused("neither http:// nor https://", "");
        };
        if authority.as_str().contains('@') {
            return refused("with a user or a password", "; its key stands in telemetry.otlp_headers_file");
        }
        match url.query().is_some() || text.contains('#') {
            true => refused("with a query", ""),
            false => Ok(text.to_owned()),
        }
    },
};

/// The URL of a page, as it stands in a header field between `<` and `>` (RFC 8288, 3.1).
pub(in crate::config) const LINK: TextForm<String> = TextForm {
    wanted: "a URL such as \"https://example.com/changes\"",
    parse: |text, wanted| {
        let refused = |why: &str| Err(format!("{why}: write {wanted}"));
        let is_of_a_uri = |byte: u8| byte.is_ascii_graphic() && !b"<>\"\\^`{|}".contains(&byte);
        match text.parse::<Uri>() {
            _ if !text.bytes().all(is_of_a_uri) => refused("with more than a URL may hold (RFC 3986, 2)"),
            Ok(uri) if !matches!(uri.scheme_str(), Some("http" | "https")) => {
                refused("neither http nor https")
            }
            Ok(uri) if uri.authority().is_some_and(|authority| authority.as_str().contains('@')) => {
                refused("with a user or a password")
            }
            Ok(uri) if uri.host().is_some_and(|host| !host.is_empty()) => Ok(text.to_owned()),
            Ok(_) | Err(_) => refused("not a URL"),
        }
    },
};

/// A host as the `Host` header has it, in lower case, without a port.
pub(in crate::config) const HOST: TextForm<String> = TextForm {
    wanted: "a host name such as \"legacy.example.com\", without scheme, port and path",
    parse: |text, wanted| {
        let authority: Authority = text.parse().map_err(|_| format!("{text:?} is not {wanted}"))?;
        // An authority that is all host has no user and no port.
        match authority.host() == text {
            true => Ok(text.to_ascii_lowercase()),
            false => Err(format!("not {wanted}")),
        }
    },
};

/// Whole segments of a path as a request has them after decoding. There are no escapes, so that there is one spelling.
pub(in crate::config) const PATH_PREFIX: TextForm<String> = TextForm {
    wanted: "a path such as \"/legacy\"",
    parse: |text, wanted| {
        let refused = |problem: &str| Err(format!("{text:?} {problem}: write {wanted}"));
        let Some(segments) = text.strip_prefix('/') else { return refused("does not start with /") };
        if segments.is_empty() || segments.ends_with('/') {
            return refused("ends with /");
        }
        if segments.split('/').any(|segment| matches!(segment, "" | "." | "..")) {
            return refused("has a segment that is empty, . or ..");
        }
        let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
        match segments.bytes().all(unreserved) {
            true => Ok(text.to_owned()),
            false => refused("has more than letters, digits and -._~ in a segment"),
        }
    },
};

/// A name that stands in logs.
pub(in crate::config) const NAME: TextForm<String> = TextForm {
    wanted: "a name such as \"billing-cron\"",
    parse: |text, _| match text.len() <= 64 && text.trim() == text && !text.contains(char::is_control) {
        true => Ok(text.to_owned()),
        false => Err("not a name: at most 64 bytes on one line, no space around".to_owned()),
    },
};

/// A hash. The text may be a key by mistake, so it is never repeated.
pub(in crate::config) const SHA256: TextForm<[u8; 32]> = TextForm {
    wanted: "64 hexadecimal digits: `dateline hash-key` makes them from a key",
    parse: |text, wanted| {
        let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        let pair = |pair: &[u8]| match pair {
            [high, low] => Some(digit(*high)? << 4 | digit(*low)?),
            _ => None,
        };
        let bytes: Option<Vec<u8>> = text.as_bytes().chunks(2).map(pair).collect();
        bytes.and_then(|bytes| bytes.try_into().ok()).ok_or_else(|| format!("not {wanted}"))
    },
};

pub(in crate::config) const VERSION: TextForm<Version> = TextForm {
    wanted: "a version such as \"2026-07-01\"",
    parse: |text, _| text.parse().map_err(|problem| format!("{text:?} is not a version: {problem}")),
};

/// Versions, each in the pack; `"all"` would do too.
pub(in crate::config) const VERSIONS: ListForm<Vec<Version>> = ListForm {
    items: "\"all\", or versions",
    examples: &["2025-01-01", "2026-06-09"],
    parse: |items| {
        let version =
            |text: &&str| text.parse().map_err(|problem| format!("{text:?} is not a version: {problem}"));
        items.iter().map(version).collect()
    },
};

/// A version, or `"upstream"` for requests that pass untouched.
pub(in crate::config) const PIN: TextForm<DefaultPin> = TextForm {
    wanted: "a version such as \"2026-07-01\"; \"upstream\" would do too",
    parse: |text, wanted| match text {
        "upstream" => Ok(DefaultPin::Upstream),
        text => (VERSION.parse)(text, wanted)
            .map(DefaultPin::Version)
            .map_err(|problem| format!("{problem}; \"upstream\" would do too")),
    },
};

/// A day in UTC.
pub(in crate::config) const DAY: TextForm<Day> = TextForm {
    wanted: "a day such as \"2026-12-01\"",
    parse: |text, _| text.parse().map_err(|problem| format!("{text:?} is not a day: {problem}")),
};

/// A filter of log events in the syntax of `tracing`.
pub(in crate::config) const FILTER: TextForm<String> = TextForm {
    wanted: "a filter such as \"info\" or \"info,dateline=debug\"",
    parse: |text, _| match parse_filter(text) {
        Ok(_) => Ok(text.to_owned()),
        Err(problem) => Err(format!("{text:?} is not a filter: {problem}")),
    },
};

/// A file that is there.
pub(in crate::config) const FILE: TextForm<PathBuf> =
    TextForm { wanted: "the path of a file", parse: PEM_FILE.parse };

/// A PEM file that is there.
pub(in crate::config) const PEM_FILE: TextForm<PathBuf> = TextForm {
    wanted: "the path of a PEM file",
    parse: |text, _| match Path::new(text).is_file() {
        true => Ok(text.into()),
        false => Err(format!("there is no file {text:?}")),
    },
};

/// A file that is there or will be made. What is wrong with it does not keep the gateway from starting.
pub(in crate::config) const NEW_FILE: TextForm<PathBuf> = TextForm {
    wanted: "the path of a file",
    parse: |text, _| match Path::new(text).file_name() {
        Some(_) if !text.ends_with('/') => Ok(text.into()),
        _ => Err(format!("{text:?} is no file: write the path of one")),
    },
};

/// A folder that is there.
pub(in crate::config) const FOLDER: TextForm<PathBuf> = TextForm {
    wanted: "the path of a folder",
    parse: |text, _| match Path::new(text).is_dir() {
        true => Ok(text.into()),
        false => Err(format!("there is no folder {text:?}")),
    },
};

/// A folder that is there or will be made.
pub(in crate::config) const NEW_FOLDER: TextForm<PathBuf> = TextForm {
    wanted: FOLDER.wanted,
    parse: |text, _| match Path::new(text).exists() && !Path::new(text).is_dir() {
        true => Err(format!("{text:?} is no folder")),
        false => Ok(text.into()),
    },
};

/// Networks, each with its prefix, and single addresses.
pub(in crate::config) const NETWORKS: ListForm<Vec<IpNet>> = ListForm {
    items: "networks",
    examples: &["10.0.0.0/8", "fd00::/8", "192.0.2.1"],
    parse: |items| {
        let network = |text: &&str| match text.parse::<IpAddr>() {
            Ok(address) => Ok(address.into()),
            Err(_) => text.parse().map_err(|_| format!("{text:?} is not a network")),
        };
        items.iter().map(network).collect()
    },
};

/// Origins, each in the form of [`ORIGIN`].
pub(in crate::config) const ORIGINS: ListForm<Vec<String>> = ListForm {
    items: "origins",
    examples: &["https://app.example.com"],
    parse: |items| {
        let origin = |text: &&str| origin_in(text).map_err(|(problem, _)| format!("an origin {problem}"));
        items.iter().map(origin).collect()
    },
};

/// The fields that an access log line has on request.
pub(in crate::config) const LOG_FIELDS: ListForm<LogFields> = ListForm {
    items: "fields",
    examples: &["peer", "path", "user_agent"],
    parse: |items| {
        let mut fields = LogFields::default();
        for name in items {
            match *name {
                "peer" => fields.peer = true,
                "path" => fields.path = true,
                "user_agent" => fields.user_agent = true,
                other => return Err(format!("{other:?} is no field")),
            }
        }
        Ok(fields)
    },
};

/// Paths of what is taken out of recorded documents.
pub(in crate::config) const REDACTED: ListForm<Paths> = ListForm {
    items: "JSONPaths",
    examples: &["$.data[*].name", "$..phone"],
    parse: |items| Paths::parse(items).map_err(|problem| problem.to_string()),
};

/// Paths of fields that are not compared.
pub(in crate::config) const IGNORED: ListForm<Ignored> = ListForm {
    items: "paths",
    examples: &["$.data[*].updated_at", "$.page_info"],
    parse: |items| {
        let wrong = |path: &&str| Some(format!("{path:?}: {}", Ignored::parse(&[path]).err()?));
        match items.iter().find_map(wrong) {
            Some(problem) => Err(problem),
            None => Ignored::parse(items).map_err(|problem| problem.to_string()),
        }
    },
};
