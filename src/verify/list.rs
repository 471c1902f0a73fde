//! A list of requests, as a file has it: a line each, an access log, or a HAR file. Its form is told by its content.
//!
//! The list is bounded, however long the file is: it keeps each request once, and of the rest only a count.

mod har;
mod line;
#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    io::{BufRead, Read},
    sync::Arc,
};

use http::{HeaderMap, HeaderName, HeaderValue, Uri, header, uri::PathAndQuery};

use dateline_core::Version;

/// The most requests that are kept, and the most bytes of their targets and fields.
const MOST: usize = 100_000;
const MOST_BYTES: usize = 64 << 20;
/// The longest line. The head of a request is never longer.
const LONGEST_LINE: u64 = 64 << 10;
/// The most unreadable lines, and the most hosts, that are reported.
const TOLD: usize = 10;

/// One GET.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Asked {
    /// Path and query, as they were sent.
    pub(super) target: String,
    /// The header fields that a response can depend on. Only a HAR file has any.
    pub(super) headers: Vec<(HeaderName, HeaderValue)>,
    /// The version that the request itself names.
    pub(super) written_for: Option<Version>,
}

/// The facts about an API that are needed to read a list of requests to it.
pub(super) struct Api<'a> {
    /// The header fields that name the version.
    pub(super) version: &'a [HeaderName],
    /// The version that a request names, by its target and its fields.
    pub(super) written_for: &'a dyn Fn(&PathAndQuery, &HeaderMap) -> Option<Version>,
    /// The authorities that are the API's and the gateway's, in lower case. Credentials of others are never taken.
    pub(super) hosts: Vec<String>,
    /// Take the credentials that stand in a HAR file.
    pub(super) credentials: bool,
    /// The operation that a GET of this path is, by its number.
    pub(super) operation: &'a dyn Fn(&str) -> Option<usize>,
    /// The most requests of one operation.
    pub(super) per_operation: Option<usize>,
}

/// The contents of a file.
#[derive(Debug, Default)]
pub(super) struct List {
    /// Each once, in the order of the file, with its operation.
    pub(super) requests: Vec<(usize, Arc<Asked>)>,
    pub(super) left_out: LeftOut,
}

/// The requests that were read but are not sent.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct LeftOut {
    /// Methods other than GET.
    pub(super) other_methods: u64,
    pub(super) duplicates: u64,
    /// Lines of an access log on which no HTTP request was made.
    pub(super) without_request: u64,
    /// Paths that are no operation of the pack's.
    pub(super) no_operation: u64,
    /// The number of requests over the limit.
    pub(super) over: u64,
    /// The first lines that cannot be read, with their places. Further ones are only counted.
    pub(super) unreadable: Vec<(Place, Unreadable)>,
    pub(super) more_unreadable: u64,
    /// Hosts that are not the API's and whose requests were taken for it, and how many.
    pub(super) hosts: BTreeMap<String, u64>,
    /// Requests of such hosts that had credentials, which were not taken.
    pub(super) foreign_credentials: u64,
}

/// The place in the file, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Line(u64),
    Entry(u64),
}

/// A reason why a line is not a request. The text quotes nothing: a line of a log may hold a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unreadable {
    #[error("neither a path, `GET /path?query`, a URL, nor a line of an access log")]
    NotARequest,
    #[error("the line has more than one request; write one on each line")]
    More,
    #[error("the target is not a path and query (RFC 9112, 3.2.1): write other characters as %XX")]
    Target,
    #[error("a line of more than {LONGEST_LINE} bytes")]
    TooLong,
}

/// A reason why a file is not a list of requests.
#[derive(Debug, thiserror::Error)]
pub(super) enum ListError {
    #[error("cannot be read: {0}")]
    Io(#[from] std::io::Error),
    #[error(
        "this is a log of dateline's own, which names operations and holds no path and no query: take the access log \
         of the proxy or the load balancer in front, or a HAR file"
    )]
    OwnLog,
    #[error("this is JSON, and no HAR file: it has no `log.entries`. A list has a `GET /path?query` a line")]
    NotHar,
    #[error("the HAR file is broken: {0}")]
    Har(serde_json::Error),
    #[error("holds no GET of an operation that the pack has{0}")]
    Nothing(String),
}

/// Reads a list.
///
/// # Errors
/// [`ListError`] where the file holds nothing that can be asked.
pub(super) fn read(mut input: impl BufRead, api: Api<'_>) -> Result<List, ListError> {
    let mut collector =
        Collector { api, list: List::default(), known: HashSet::new(), counts: HashMap::new(), bytes: 0 };
    let mut skipped = 0;
    let is_json = loop {
        let start = input.fill_buf()?;
        match start.iter().position(|byte| !byte.is_ascii_whitespace() && !b"\xef\xbb\xbf".contains(byte)) {
            Some(at) => {
                let is_json = start[at] == b'{';
                if is_json {
                    // What is behind a byte order mark is JSON.
                    input.consume(at);
                }
                break is_json;
            }
            None if start.is_empty() => break false,
            None => {
                skipped += start.iter().filter(|byte| **byte == b'\n').count() as u64;
                let length = start.len();
                input.consume(length);
            }
        }
    };
    match is_json {
        true => har::read(input, &mut collector)?,
        false => lines(input, skipped, &mut collector)?,
    }
    let List { requests, left_out } = &collector.list;
    match requests.is_empty() {
        true => Err(ListError::Nothing(left_out.told())),
        false => Ok(collector.list),
    }
}

fn lines(mut input: impl BufRead, before: u64, collector: &mut Collector<'_>) -> Result<(), ListError> {
    let mut number = before;
    let mut bytes = Vec::new();
    loop {
        bytes.clear();
        if (&mut input).take(LONGEST_LINE).read_until(b'\n', &mut bytes)? == 0 {
            return Ok(());
        }
        number += 1;
        if bytes.len() as u64 == LONGEST_LINE && !bytes.ends_with(b"\n") {
            collector.unreadable(Place::Line(number), Unreadable::TooLong);
            input.skip_until(b'\n')?;
            continue;
        }
        let text = String::from_utf8_lossy(&bytes);
        match line::read(text.trim_start_matches('\u{feff}')) {
            Ok(line::Line::Nothing) => {}
            Ok(line::Line::NoRequest) => collector.list.left_out.without_request += 1,
            Ok(line::Line::Request { method, target }) => {
                collector.take(Place::Line(number), &method, &target, &[])
            }
            Err(unreadable) => collector.unreadable(Place::Line(number), unreadable),
        }
    }
}

/// Takes what is read, as far as it is to be asked.
struct Collector<'a> {
    api: Api<'a>,
    list: List,
    known: HashSet<Arc<Asked>>,
    /// The number of requests by operation.
    counts: HashMap<usize, usize>,
    bytes: usize,
}

impl Collector<'_> {
    fn unreadable(&mut self, place: Place, why: Unreadable) {
        let LeftOut { unreadable, more_unreadable, .. } = &mut self.list.left_out;
        match unreadable.len() < TOLD {
            true => unreadable.push((place, why)),
            false => *more_unreadable += 1,
        }
    }

    /// A request with the fields that it was sent with.
    fn take(&mut self, place: Place, method: &str, target: &str, fields: &[(String, String)]) {
        if method != "GET" {
            self.list.left_out.other_methods += 1;
            return;
        }
        let Some((host, target)) = parts(target) else {
            self.unreadable(place, Unreadable::Target);
            return;
        };
        let Some(operation) = (self.api.operation)(target.path()) else {
            self.list.left_out.no_operation += 1;
            return;
        };
        let is_ours = host.as_ref().is_none_or(|host| self.api.hosts.contains(host));
        let sent = fields.iter().filter_map(|(name, value)| {
            Some((HeaderName::try_from(name).ok()?, HeaderValue::try_from(value).ok()?))
        });
        let written_for = (self.api.written_for)(&target, &sent.collect());
        let headers = self.fields(fields, is_ours);
        let asked = Asked { target: target.as_str().to_owned(), headers, written_for };
        if self.known.contains(&asked) {
            self.list.left_out.duplicates += 1;
            return;
        }
        let count = self.counts.entry(operation).or_default();
        let size = asked.target.len() + asked.headers.iter().map(|(_, value)| value.len()).sum::<usize>();
        if self.known.len() == MOST
            || self.bytes + size > MOST_BYTES
            || self.api.per_operation.is_some_and(|most| *count >= most)
        {
            self.list.left_out.over += 1;
            return;
        }
        *count += 1;
        self.bytes += size;
        if let (Some(host), false) = (host, is_ours) {
            self.foreign(host);
        }
        let asked = Arc::new(asked);
        self.known.insert(Arc::clone(&asked));
        self.list.requests.push((operation, asked));
    }

    fn foreign(&mut self, host: String) {
        let hosts = &mut self.list.left_out.hosts;
        let host = if hosts.len() < TOLD || hosts.contains_key(&host) { host } else { "others".to_owned() };
        *hosts.entry(host).or_default() += 1;
    }

    /// The fields that a response can depend on, without the version.
    fn fields(&mut self, fields: &[(String, String)], is_ours: bool) -> Vec<(HeaderName, HeaderValue)> {
        let (mut kept, mut withheld) = (Vec::new(), false);
        for (name, value) in fields {
            let (Ok(name), Ok(mut value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) else {
                continue;
            };
            if self.api.version.contains(&name) {
                continue;
            }
            if name == header::ACCEPT || name == header::ACCEPT_LANGUAGE {
                kept.push((name, value));
            } else if self.api.credentials && !is_of_the_way(&name) {
                if is_ours {
                    value.set_sensitive(true);
                    kept.push((name, value));
                } else {
                    withheld |= name == header::AUTHORIZATION || name == header::COOKIE;
                }
            }
        }
        self.list.left_out.foreign_credentials += u64::from(withheld);
        kept
    }
}

/// The authority that a target names, in lower case, and its path and query.
fn parts(target: &str) -> Option<(Option<String>, PathAndQuery)> {
    if target.starts_with('/') {
        return Some((None, target.parse().ok()?));
    }
    let uri: Uri = target.parse().ok()?;
    let host = uri.authority()?.as_str();
    let host = host.rsplit('@').next().unwrap_or(host).to_ascii_lowercase();
    let default = match uri.scheme_str()? {
        "http" => ":80",
        "https" => ":443",
        _ => return None,
    };
    let host = host.strip_suffix(default).map(str::to_owned).unwrap_or(host);
    Some((Some(host), uri.path_and_query()?.clone()))
}

/// Fields that are about one connection, one cache or one body and not about what is asked; and `Host`.
fn is_of_the_way(name: &HeaderName) -> bool {
    const NAMES: [HeaderName; 19] = [
        header::ACCEPT_ENCODING,
        header::CACHE_CONTROL,
        header::CONNECTION,
        header::CONTENT_LENGTH,
        header::CONTENT_TYPE,
        header::EXPECT,
        header::FORWARDED,
        header::HOST,
        header::IF_MATCH,
        header::IF_MODIFIED_SINCE,
        header::IF_NONE_MATCH,
        header::IF_RANGE,
        header::IF_UNMODIFIED_SINCE,
        header::RANGE,
        header::TE,
        header::TRAILER,
        header::TRANSFER_ENCODING,
        header::UPGRADE,
        header::VIA,
    ];
    let text = name.as_str();
    NAMES.contains(name) || text == "keep-alive" || text.starts_with("proxy-") || text.starts_with("sec-")
}

impl LeftOut {
    /// `: 3 duplicates, 1 of another method`; nothing where nothing was left out.
    pub(super) fn told(&self) -> String {
        let LeftOut { other_methods, duplicates, without_request, no_operation, over, .. } = self;
        let unreadable = self.unreadable.len() as u64 + self.more_unreadable;
        let parts = [
            (*duplicates, "more than once"),
            (*other_methods, "of another method than GET"),
            (*no_operation, "of no operation that the pack has"),
            (*without_request, "without a request on the line"),
            (*over, "over what is kept"),
            (unreadable, "that cannot be read"),
        ];
        let parts: Vec<String> = parts
            .iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, what)| format!("{count} {what}"))
            .collect();
        if parts.is_empty() { String::new() } else { format!("; left out: {}", parts.join(", ")) }
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Place::Line(number) => write!(f, "{number}"),
            Place::Entry(number) => write!(f, "entry {number}"),
        }
    }
}
