//! One written value -> one usable value. An error says what would fit, and repeats the value only where it cannot
//! hold a secret.

mod quantity;

use std::{
    net::{IpAddr, SocketAddr},
    path::{Path, PathBuf},
};

use figment::value::Value;
use http::{Uri, uri::Authority};
use ipnet::IpNet;

use super::usable::{LogFields, LogFormat};
use crate::{
    Version,
    day::Day,
    log,
    policy::{AfterSunset, DefaultPin, MethodOverride, OnLoss, OtherVersion, UnknownPin, UntranslatableBody},
};
pub(super) use quantity::{
    bytes, count, duration, duration_or_off, head_bytes, headers, long_time, number, response_headers, window,
};

/// A value as written.
pub(super) struct Raw<'a> {
    pub(super) value: &'a Value,
    /// From an environment variable: text, whatever it stands for.
    pub(super) untyped: bool,
}

pub(super) fn text<'a>(raw: &Raw<'a>, wanted: &str) -> Result<&'a str, String> {
    match raw.value {
        Value::String(_, text) if text.is_empty() => Err(format!("empty: write {wanted}")),
        Value::String(_, text) => Ok(text),
        other => Err(format!("found {}: write {wanted}", kind(other))),
    }
}

/// What the value is, for a message: "a number".
pub(super) fn kind(value: &Value) -> &'static str {
    match value {
        Value::String(..) | Value::Char(..) => "text",
        Value::Bool(..) => "true or false",
        Value::Num(..) => "a number",
        Value::Dict(..) => "a table",
        Value::Array(..) => "an array",
        Value::Empty(..) => "nothing",
    }
}

pub(super) fn boolean(raw: &Raw<'_>) -> Result<bool, String> {
    match raw.value {
        Value::Bool(_, value) => Ok(*value),
        Value::String(_, text) if raw.untyped && text == "true" => Ok(true),
        Value::String(_, text) if raw.untyped && text == "false" => Ok(false),
        other => Err(format!("found {}: write true or false", kind(other))),
    }
}

pub(super) fn address(raw: &Raw<'_>) -> Result<SocketAddr, String> {
    let wanted = "an IP address and a port, such as \"127.0.0.1:8080\"";
    let text = text(raw, wanted)?;
    text.parse().map_err(|_| format!("{text:?} is not {wanted}"))
}

pub(super) fn address_or_off(raw: &Raw<'_>) -> Result<Option<SocketAddr>, String> {
    match raw.value {
        Value::String(_, text) if text == "off" => Ok(None),
        _ => address(raw).map(Some).map_err(|problem| format!("{problem}, or \"off\"")),
    }
}

/// An origin (RFC 6454): scheme and authority. The text may hold a password, so it is never repeated.
pub(super) fn origin(raw: &Raw<'_>) -> Result<String, String> {
    origin_of(text(raw, ORIGIN)?)
}

const ORIGIN: &str = "an origin such as \"https://api.example.com\"";

/// The same of a text that is not from the configuration.
///
/// # Errors
/// What is wrong with it, and what would do; a user in it is not told.
pub(crate) fn origin_of(text: &str) -> Result<String, String> {
    let wanted = ORIGIN;
    let (scheme, rest) = text.split_once("://").ok_or_else(|| format!("without a scheme: write {wanted}"))?;
    let scheme = scheme.to_ascii_lowercase();
    if scheme != "http" && scheme != "https" {
        return Err(format!("neither http nor https: write {wanted}"));
    }
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, beyond) = rest.split_at(end);
    if authority.contains('@') {
        return Err(format!("with a user or a password: write {wanted}; clients bring their own keys"));
    }
    if !matches!(beyond, "" | "/") {
        return Err(format!(
            "with a path or a query: write {wanted}; the client's path is forwarded as it is"
        ));
    }
    let refused = || format!("not a host and port: write {wanted}");
    let authority: Authority = authority.parse().map_err(|_| refused())?;
    let is_port = |text: &str| text.parse::<u16>().is_ok_and(|port| port > 0);
    match authority.as_str().strip_prefix(authority.host()).map(|rest| (authority.host(), rest)) {
        Some(("", _)) | None => return Err(refused()),
        Some((_, "")) => {}
        Some((_, rest)) if rest.strip_prefix(':').is_some_and(is_port) => {}
        Some(_) => return Err(refused()),
    }
    let origin = format!("{scheme}://{}", authority.as_str().to_ascii_lowercase());
    // What the client library will make of it must be the same.
    origin.parse::<Uri>().map_err(|_| format!("not a URL: write {wanted}"))?;
    Ok(origin)
}

/// The forms of a list, for a message: an array of such items, or in the environment the items with commas between them,
/// too.
pub(super) fn list_form(raw: &Raw<'_>, items: &str, examples: &[&str]) -> String {
    let quoted: Vec<String> = examples.iter().map(|item| format!("{item:?}")).collect();
    let array = format!("{items} such as [{}]", quoted.join(", "));
    match raw.untyped {
        true => format!("{array} or {}", examples.join(",")),
        false => array,
    }
}

/// The texts of an array, or of text with commas where it comes from the environment.
pub(super) fn list<'r>(raw: &Raw<'r>, wanted: &str) -> Result<Vec<&'r str>, String> {
    match raw.value {
        Value::String(_, text) if raw.untyped => {
            Ok(text.split(',').map(str::trim).filter(|text| !text.is_empty()).collect())
        }
        Value::Array(_, items) => {
            let text = |item: &'r Value| item.as_str().ok_or(format!("found {}: write {wanted}", kind(item)));
            items.iter().map(text).collect()
        }
        other => Err(format!("found {}: write {wanted}", kind(other))),
    }
}

/// Origins, each as [`origin`] has it.
pub(super) fn origins(raw: &Raw<'_>) -> Result<Vec<String>, String> {
    let wanted = list_form(raw, "origins", &["https://app.example.com"]);
    let origin = |text: &str| {
        origin_of(text).map_err(|problem| {
            let what = problem.split(": write ").next().unwrap_or_default();
            format!("an origin {what}: write {wanted}")
        })
    };
    list(raw, &wanted)?.into_iter().map(origin).collect()
}

/// Networks: a list of them, each with its prefix or a single address.
pub(super) fn networks(raw: &Raw<'_>) -> Result<Vec<IpNet>, String> {
    let wanted = list_form(raw, "networks", &["10.0.0.0/8", "fd00::/8", "192.0.2.1"]);
    let network = |text: &str| match text.parse::<IpAddr>() {
        Ok(address) => Ok(address.into()),
        Err(_) => text.parse().map_err(|_| format!("{text:?} is not a network: write {wanted}")),
    };
    list(raw, &wanted)?.into_iter().map(network).collect()
}

pub(super) fn version(raw: &Raw<'_>) -> Result<Version, String> {
    let text = text(raw, "a version such as \"2026-07-01\"")?;
    text.parse().map_err(|problem| format!("{text:?} is not a version: {problem}"))
}

pub(super) fn default_pin(raw: &Raw<'_>) -> Result<DefaultPin, String> {
    match raw.value {
        Value::String(_, text) if text == "upstream" => Ok(DefaultPin::Upstream),
        _ => version(raw)
            .map(DefaultPin::Version)
            .map_err(|problem| format!("{problem}; \"upstream\" would do too")),
    }
}

pub(super) fn unknown_pin(raw: &Raw<'_>) -> Result<UnknownPin, String> {
    one_of(raw, &[("refuse", UnknownPin::Refuse), ("pass", UnknownPin::Pass)])
}

pub(super) fn other_version(raw: &Raw<'_>) -> Result<OtherVersion, String> {
    one_of(raw, &[("refuse", OtherVersion::Refuse), ("pass", OtherVersion::Pass)])
}

pub(super) fn method_override(raw: &Raw<'_>) -> Result<MethodOverride, String> {
    one_of(raw, &[("refuse", MethodOverride::Refuse), ("ignored", MethodOverride::Ignored)])
}

pub(super) fn untranslatable(raw: &Raw<'_>) -> Result<UntranslatableBody, String> {
    one_of(raw, &[("refuse", UntranslatableBody::Refuse), ("pass", UntranslatableBody::Pass)])
}

/// A day in UTC.
pub(super) fn day(raw: &Raw<'_>) -> Result<Day, String> {
    let text = text(raw, "a day such as \"2026-12-01\"")?;
    text.parse().map_err(|problem| format!("{text:?} is not a day: {problem}"))
}

pub(super) fn on_loss(raw: &Raw<'_>) -> Result<OnLoss, String> {
    one_of(raw, &[("report", OnLoss::Report), ("refuse", OnLoss::Refuse)])
}

pub(super) fn after_sunset(raw: &Raw<'_>) -> Result<AfterSunset, String> {
    one_of(raw, &[("serve", AfterSunset::Serve), ("refuse", AfterSunset::Refuse)])
}

/// A page for people, as it stands in a header field between `<` and `>` (RFC 8288, 3.1).
pub(super) fn link(raw: &Raw<'_>) -> Result<String, String> {
    let wanted = "a URL such as \"https://example.com/changes\"";
    let text = text(raw, wanted)?;
    let refused = |why: &str| Err(format!("{why}: write {wanted}"));
    let is_of_a_uri = |byte: u8| byte.is_ascii_graphic() && !b"<>\"\\^`{|}".contains(&byte);
    match text.parse::<Uri>() {
        _ if !text.bytes().all(is_of_a_uri) => refused("with more than a URL may hold (RFC 3986, 2)"),
        Ok(uri) if !matches!(uri.scheme_str(), Some("http" | "https")) => refused("neither http nor https"),
        Ok(uri) if uri.authority().is_some_and(|authority| authority.as_str().contains('@')) => {
            refused("with a user or a password")
        }
        Ok(uri) if uri.host().is_some_and(|host| !host.is_empty()) => Ok(text.to_owned()),
        Ok(_) | Err(_) => refused("not a URL"),
    }
}

pub(super) fn format(raw: &Raw<'_>) -> Result<LogFormat, String> {
    one_of(raw, &[("auto", LogFormat::Auto), ("pretty", LogFormat::Pretty), ("json", LogFormat::Json)])
}

/// Which fields the line of a request has beside what it always has.
pub(super) fn log_fields(raw: &Raw<'_>) -> Result<LogFields, String> {
    let wanted = list_form(raw, "fields", &["peer", "path", "user_agent"]);
    let mut fields = LogFields::default();
    for name in list(raw, &wanted)? {
        match name {
            "peer" => fields.peer = true,
            "path" => fields.path = true,
            "user_agent" => fields.user_agent = true,
            other => return Err(format!("{other:?} is no field: write {wanted}")),
        }
    }
    Ok(fields)
}

pub(super) fn one_of<T: Copy>(raw: &Raw<'_>, choices: &[(&str, T)]) -> Result<T, String> {
    let wanted = choices.iter().map(|(name, _)| format!("{name:?}")).collect::<Vec<_>>().join(" or ");
    let text = text(raw, &wanted)?;
    let found = choices.iter().find(|(name, _)| *name == text);
    found.map(|(_, choice)| *choice).ok_or_else(|| format!("{text:?} is not {wanted}"))
}

pub(super) fn filter(raw: &Raw<'_>) -> Result<String, String> {
    let text = text(raw, "a filter such as \"info\" or \"info,dateline=debug\"")?;
    match log::parse(text) {
        Ok(_) => Ok(text.to_owned()),
        Err(problem) => Err(format!("{text:?} is not a filter: {problem}")),
    }
}

/// A file that is there.
pub(super) fn file(raw: &Raw<'_>) -> Result<PathBuf, String> {
    let text = text(raw, "the path of a PEM file")?;
    match Path::new(text).is_file() {
        true => Ok(text.into()),
        false => Err(format!("there is no file {text:?}")),
    }
}

/// A file that is there, or will be: what is wrong with it must not keep the gateway from starting.
pub(super) fn new_file(raw: &Raw<'_>) -> Result<PathBuf, String> {
    let text = text(raw, "the path of a file")?;
    match Path::new(text).file_name() {
        Some(_) if !text.ends_with('/') => Ok(text.into()),
        _ => Err(format!("{text:?} is no file: write the path of one")),
    }
}

/// A folder that is there, or will be.
pub(super) fn new_folder(raw: &Raw<'_>) -> Result<PathBuf, String> {
    let text = text(raw, "the path of a folder")?;
    match Path::new(text).exists() && !Path::new(text).is_dir() {
        true => Err(format!("{text:?} is no folder")),
        false => Ok(text.into()),
    }
}

/// A folder that is there.
pub(super) fn folder(raw: &Raw<'_>) -> Result<PathBuf, String> {
    let text = text(raw, "the path of a folder")?;
    match Path::new(text).is_dir() {
        true => Ok(text.into()),
        false => Err(format!("there is no folder {text:?}")),
    }
}

/// A client's name, which stands in logs.
pub(super) fn name(raw: &Raw<'_>) -> Result<String, String> {
    let text = text(raw, "a name such as \"billing-cron\"")?;
    match text.len() <= 64 && text.trim() == text && !text.contains(char::is_control) {
        true => Ok(text.to_owned()),
        false => Err("not a name: at most 64 bytes on one line, no space around".to_owned()),
    }
}

/// The digits may be a key by mistake, so they are never repeated.
pub(super) fn sha256(raw: &Raw<'_>) -> Result<[u8; 32], String> {
    let wanted = "64 hexadecimal digits: `dateline hash-key` makes them from a key";
    let text = text(raw, wanted)?;
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let bytes: Option<Vec<u8>> = text
        .as_bytes()
        .chunks(2)
        .map(|pair| match pair {
            [high, low] => Some(digit(*high)? << 4 | digit(*low)?),
            _ => None,
        })
        .collect();
    bytes.and_then(|bytes| bytes.try_into().ok()).ok_or_else(|| format!("not {wanted}"))
}

/// A host as the Host header has it, in lower case, without a port.
pub(super) fn host(raw: &Raw<'_>) -> Result<String, String> {
    let wanted = "a host name such as \"legacy.example.com\", without scheme, port and path";
    let text = text(raw, wanted)?;
    let authority: Authority = text.parse().map_err(|_| format!("{text:?} is not {wanted}"))?;
    // An authority that is all host has no user and no port.
    match authority.host() == text {
        true => Ok(text.to_ascii_lowercase()),
        false => Err(format!("not {wanted}")),
    }
}

/// Whole segments, written as a client's request has them after decoding: no escapes, so that there is one spelling.
pub(super) fn path_prefix(raw: &Raw<'_>) -> Result<String, String> {
    let wanted = "a path such as \"/legacy\"";
    let text = text(raw, wanted)?;
    let segments =
        text.strip_prefix('/').ok_or_else(|| format!("{text:?} does not start with /: write {wanted}"))?;
    if segments.is_empty() || segments.ends_with('/') {
        return Err(format!("{text:?} ends with /: write {wanted}"));
    }
    if segments.split('/').any(|segment| matches!(segment, "" | "." | "..")) {
        return Err(format!("{text:?} has a segment that is empty, . or ..: write {wanted}"));
    }
    let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    match segments.bytes().all(unreserved) {
        true => Ok(text.to_owned()),
        false => Err(format!("{text:?} has more than letters, digits and -._~ in a segment: write {wanted}")),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use std::time::Duration;

    /// What a text is read as.
    pub(in crate::config) fn read<T>(read: fn(&Raw<'_>) -> Result<T, String>, text: &str) -> Option<T> {
        read(&Raw { value: &Value::from(text), untyped: true }).ok()
    }

    #[test]
    fn takes_only_origins() {
        for (written, usable) in [
            ("http://localhost:3000", "http://localhost:3000"),
            ("https://api.example.com/", "https://api.example.com"),
            ("HTTPS://Api.Example.com", "https://api.example.com"),
            ("http://[::1]:8080", "http://[::1]:8080"),
        ] {
            assert_eq!(read(origin, written).as_deref(), Some(usable));
        }
        for authority in
            ["", "/", ":80", "a:", "a:0", "a:65536", "a:http", "[::1", "a b", "a?x", "a#x", "a/v1", "u@a"]
        {
            assert_eq!(read(origin, &format!("http://{authority}")), None, "{authority:?}");
        }
        for text in ["", "api.example.com", "//api.example.com", " http://a", "unix://a"] {
            assert_eq!(read(origin, text), None, "{text:?}");
        }
    }

    #[test]
    fn takes_only_networks() {
        let read = |text| read(networks, text).map(|networks| format!("{networks:?}"));
        assert_eq!(
            read("10.0.0.0/8, fd00::/8,192.0.2.1"),
            Some("[10.0.0.0/8, fd00::/8, 192.0.2.1/32]".into())
        );
        assert_eq!(read("").as_deref(), Some("[]"));
        for text in ["10.0.0.0/33", "localhost", "10.0.0/8", "*", "10.0.0.1:80"] {
            assert_eq!(read(text), None, "{text:?}");
        }
        let written = Value::from(vec!["127.0.0.1/8"]);
        assert_eq!(networks(&Raw { value: &written, untyped: false }).unwrap().len(), 1);
        let untyped = Value::from("10.0.0.0/8");
        assert!(networks(&Raw { value: &untyped, untyped: false }).is_err(), "in a file it is an array");
        assert!(networks(&Raw { value: &Value::from(vec![1]), untyped: false }).is_err());
    }

    #[test]
    fn takes_only_plain_prefixes_and_hosts() {
        for text in
            ["", "/", "legacy", "/legacy/", "//a", "/a//b", "/a/../b", "/./a", "/a%2Fb", "/a?b", "/a b", "/é"]
        {
            assert_eq!(read(path_prefix, text), None, "{text:?}");
        }
        assert_eq!(read(path_prefix, "/legacy/v1.0").as_deref(), Some("/legacy/v1.0"));
        for text in ["", "a:80", "u@a", "http://a", "a/b", "a b", "é.example.com"] {
            assert_eq!(read(host, text), None, "{text:?}");
        }
        assert_eq!(read(host, "[::1]").as_deref(), Some("[::1]"));
    }

    #[test]
    fn takes_only_sizes_and_times() {
        assert_eq!(read(bytes, "12"), Some(12));
        assert_eq!(read(bytes, "3 KiB"), Some(3072));
        assert_eq!(read(bytes, "1GiB"), Some(1 << 30));
        for text in ["", "0", "MiB", "8MB", "8mib", "-1", "1.5MiB", "+1", "99999999999GiB", "8MiB "] {
            assert_eq!(read(bytes, text), None, "{text:?}");
        }
        assert_eq!(read(count, "100"), Some(100));
        for text in ["", "0", "-1", "1.5", "100:1", "10x"] {
            assert_eq!(read(count, text), None, "{text:?}");
        }
        assert_eq!(
            (read(number, "12"), read(headers, "1000"), read(headers, "1001")),
            (Some(12), Some(1000), None)
        );
        assert_eq!((read(head_bytes, "32KiB"), read(window, "64KiB")), (Some(32 << 10), Some(64 << 10)));
        for text in ["", "0", "-1", "1.5", "1KiB", "1000001"] {
            assert_eq!(read(number, text), None, "{text:?}");
        }
        for (size, window_too) in [("1B", true), ("1GiB", false), ("2GiB", true), ("", true)] {
            assert_eq!(read(head_bytes, size), None, "{size:?}");
            assert_eq!(read(window, size).is_none(), window_too, "{size:?}");
        }
        assert_eq!(read(duration, "250ms"), Some(Duration::from_millis(250)));
        assert_eq!(read(duration, "24h"), Some(Duration::from_secs(86_400)));
        for text in ["", "5", "s", "0ms", "-5s", "1.5s", "25h", "1d", "18446744073709551615h", "5s "] {
            assert_eq!(read(duration, text), None, "{text:?}");
        }
    }
}
