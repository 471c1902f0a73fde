//! The check that a configuration and a pack fit together, as far as it is possible without opening a port or sending
//! anything.

use crate::{
    base::{descriptors, pem::TlsError, tls::Tls},
    config::{Config, ConfigError, Origin, Problem, Warning},
    observe::telemetry::{self, TelemetryError},
    proxy::{
        loops,
        upstream::{self, UpstreamError},
    },
};
use dateline_core::pack::{Pack, VersionPlace};
use dateline_http::clock::Clock;
use dateline_http::policy::{AfterSunset, DefaultPin};
use http::HeaderName;
use std::{
    fs::{self, OpenOptions},
    io,
    path::{Path, PathBuf},
};

/// Every reason why these make none, in the order in which a reader meets them.
pub(crate) fn mistakes(config: &Config, pack: &Pack) -> Vec<ConfigError> {
    let at = |key: &str, problem: String| ConfigError {
        key: Some(key.to_owned()),
        origin: config.origins.of(key),
        problem: Problem::Value(problem),
    };
    let of_file = |error: TlsError| at(error.key, format!("{}: {}", error.path.display(), error.reason));
    let mut mistakes = config.check_versions(pack);
    for place in &pack.version_places {
        if let VersionPlace::Header(name) = place
            && HeaderName::try_from(name).is_err()
        {
            let problem = format!("the pack's header {name:?} is not a field name (RFC 9110, 5.1)");
            mistakes.push(at("transforms.path", problem));
        }
    }
    mistakes.extend(Tls::load(&config.listen, None).err().map(of_file));
    match config.upstream_url(pack) {
        None => {
            let problem =
                "not set, and the pack names no origin: write one such as \"https://api.example.com\"";
            mistakes.push(at("upstream.url", problem.to_owned()));
        }
        Some(url) => {
            mistakes.extend(loops::mistakes(config, url));
            mistakes.extend(usable_upstream(config, url).err().map(|error| match error {
                UpstreamError::File(error) => of_file(error),
                UpstreamError::Proxy => ConfigError {
                    key: None,
                    origin: Origin::Variable("HTTPS_PROXY".to_owned()),
                    problem: Problem::Value(error.to_string()),
                },
                UpstreamError::Unset | UpstreamError::Url | UpstreamError::Tls(_) => {
                    at("upstream.url", error.to_string())
                }
            }));
        }
    }
    mistakes.extend(telemetry::usable(&config.telemetry).err().map(|error| match error {
        TelemetryError::File(error) => of_file(error),
        error => at("telemetry.otlp_endpoint", error.to_string()),
    }));
    mistakes.sort_by(|one, other| one.origin.cmp(&other.origin));
    mistakes
}

/// Returns whether an upstream can be reached as the configuration says.
fn usable_upstream(config: &Config, url: &str) -> Result<(), UpstreamError> {
    upstream::usable(config, &url.parse()?)
}

/// Lists settings that are valid together but perhaps not intended.
pub(crate) fn warnings(config: &Config, pack: &Pack) -> Vec<Warning> {
    let at =
        |key: &str, text: String| Warning { key: Some(key.to_owned()), origin: config.origins.of(key), text };
    let is_written = |key: &&str| config.origins.of(key) != Origin::Default;
    let mut warnings = Vec::new();
    if let (None, Some(origin)) = (&config.upstream.url, &pack.origin) {
        warnings.push(at(
            "upstream.url",
            format!(
                "not set: requests, and the keys in them, are sent to {origin}, the origin of the pack `{}`",
                pack.name
            ),
        ));
    }
    if config.upstream.url.is_some() && config.upstream.url == config.listen.public_url {
        let text =
            "the same as upstream.url: where that name leads back to the gateway, so does every request";
        warnings.push(at("listen.public_url", text.to_owned()));
    }
    if config.admin.is_half_open() {
        let text = "it can be reached from other machines, and admin.token_sha256 is not set: they are answered \
                    /healthz and /readyz only";
        warnings.push(at("admin.address", text.to_owned()));
    }
    let refused = |version| {
        let of = |retired: &dateline_http::policy::Retirement| {
            retired.pin == version && retired.after_sunset == AfterSunset::Refuse
        };
        config.versions.iter().position(of)
    };
    if let (DefaultPin::Pack, Some(index)) = (config.pins.default, refused(pack.default_version)) {
        let text = format!(
            "{} is what requests without a version speak: they are refused, too, from its sunset on, unless pins.default \
             names another version",
            pack.default_version
        );
        warnings.push(at(&format!("version[{index}].after_sunset"), text));
    }
    let (limits, half) = (&config.limits, descriptors::half_at_most());
    for (key, value) in [
        ("limits.connections", limits.connections),
        ("limits.max_concurrent_requests", limits.max_concurrent_requests),
    ] {
        if value as usize > half && is_written(&key) {
            warnings.push(at(key, format!("{value} is over half of the file descriptors: {half} hold")));
        }
    }
    for (key, value) in
        [("limits.request_bytes", limits.request_bytes), ("limits.object_bytes", limits.object_bytes)]
    {
        if value > limits.memory_bytes {
            let text = format!(
                "{value} is over limits.memory_bytes, {}, which holds for all bodies together",
                limits.memory_bytes
            );
            warnings.push(at(key, text));
        }
    }
    let now = Clock::system().now();
    let tls = Tls::load(&config.listen, None).ok().flatten();
    if tls.and_then(|tls| tls.expires()).is_some_and(|expires| expires <= now) {
        warnings.push(at(
            "listen.tls_cert",
            "a certificate in it has expired: clients will refuse it".to_owned(),
        ));
    }
    warnings
}

/// Warns of files and folders that cannot be written. The gateway serves without them.
pub(crate) fn unwritable(config: &Config) -> Vec<Warning> {
    let places = [
        ("usage.file", &config.usage.file, false),
        ("record.folder", &config.record.folder, true),
        ("verify.file", &config.verify.file, false),
    ];
    let unwritable = |(key, place, folder): (&str, &Option<PathBuf>, bool)| {
        let place = place.as_deref()?;
        let error = if folder { writes_into(place) } else { writes(place) }.err()?;
        let text = format!("{} cannot be written: {error}", place.display());
        Some(Warning { key: Some(key.to_owned()), origin: config.origins.of(key), text })
    };
    places.into_iter().filter_map(unwritable).collect()
}

/// Tries whether a file can be written, and leaves it as it is.
fn writes(file: &Path) -> io::Result<()> {
    match OpenOptions::new().append(true).open(file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let folder = file.parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new("."));
            match folder.is_dir() {
                true => writes_into(folder),
                false => Err(io::Error::other(format!("there is no folder {}", folder.display()))),
            }
        }
        opened => opened.map(drop),
    }
}

/// Tries whether a folder can be written into, or made, and leaves it as it is.
fn writes_into(folder: &Path) -> io::Result<()> {
    match folder.parent() {
        Some(parent) if !folder.exists() => {
            writes_into(if parent == Path::new("") { Path::new(".") } else { parent })
        }
        _ => {
            let tried = folder.join(format!(".dateline-check-{}", std::process::id()));
            OpenOptions::new().write(true).create_new(true).open(&tried)?;
            fs::remove_file(tried)
        }
    }
}
