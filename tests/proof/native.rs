//! One GET, asked both ways: of a native upstream of the client's version, and translated of another.

use bytes::Bytes;
use dateline_core::{
    Version,
    compare::{Ignored, Place, Translations},
    pack::{OperationId, Pack, Part},
    route::Routes,
};
use dateline_sandbox::Sandbox;
use http::{Request, Response};
use std::sync::Arc;

/// A pack, tried on the sandbox.
pub(super) struct Tried {
    translations: Translations,
    routes: Routes,
    sandbox: Sandbox,
}

/// The result of asking both ways.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Came {
    /// The patterns of the paths that are excused.
    Agreed(Vec<String>),
    /// The upstream refuses both ways with this status.
    Refused(u16),
    /// The patterns of the paths that differ.
    Differed(Vec<String>),
    /// The native status and the translated one.
    Statuses(u16, u16),
    /// The answer cannot be translated.
    Untranslatable(String),
}

impl Tried {
    pub(super) fn new(pack: Arc<Pack>) -> Self {
        let routes = Routes::new(&pack);
        Tried { translations: Translations::new(pack), routes, sandbox: Sandbox::new(None).unwrap() }
    }

    pub(super) fn pack(&self) -> &Pack {
        self.translations.pack()
    }

    /// Every ordered pair of versions, equal ones included.
    pub(super) fn pairs(&self) -> Vec<(Version, Version)> {
        let versions: Vec<Version> = self.pack().versions().collect();
        versions.iter().flat_map(|client| versions.iter().map(|upstream| (*client, *upstream))).collect()
    }

    /// The operation of a GET of this target.
    pub(super) fn operation(&self, target: &str) -> OperationId {
        let path = target.split('?').next().unwrap();
        self.routes.find_at_any("GET", path).unwrap_or_else(|| panic!("no operation: {target}"))
    }

    fn send(&self, version: Version, target: &str) -> Response<Bytes> {
        let request = Request::get(target)
            .header("authorization", "Bearer test")
            .header("api-version-date", version.to_string());
        self.sandbox.respond(request.body(Bytes::new()).unwrap())
    }

    /// A target of one version in the words of another.
    pub(super) fn target(&self, from: Version, to: Version, target: &str) -> String {
        let place = Place::new(self.operation(target), Part::Query);
        match target.split_once('?') {
            Some((path, query)) => {
                let query = self.translations.translate(place, from, to, query).unwrap();
                format!("{path}?{}", query.output)
            }
            None => target.to_owned(),
        }
    }

    /// Returns the sandbox's answer to a client of a version.
    pub(super) fn answer(&self, version: Version, target: &str) -> String {
        String::from_utf8(self.send(version, target).into_body().to_vec()).unwrap()
    }

    /// Asks both ways, for a target in the words of the client's version.
    pub(super) fn ask(&self, client: Version, upstream: Version, target: &str) -> Came {
        let native = self.send(client, target);
        let came = self.send(upstream, &self.target(client, upstream, target));
        if native.status() != came.status() {
            return Came::Statuses(native.status().as_u16(), came.status().as_u16());
        }
        if !native.status().is_success() {
            return Came::Refused(native.status().as_u16());
        }
        let operation = self.operation(target);
        let [native, came] =
            [native, came].map(|answer| String::from_utf8(answer.into_body().to_vec()).unwrap());
        let place = Place::new(operation, Part::Response);
        let got = match self.translations.translate(place, upstream, client, &came) {
            Ok(got) => got.output,
            Err(error) => return Came::Untranslatable(error.to_string()),
        };
        let ignored = Ignored::default();
        let compared = self.translations.against_native(operation, client, upstream, &native, &got, &ignored);
        let compared = compared.unwrap();
        let mut differ: Vec<String> =
            compared.differences.iter().map(|difference| difference.path.pattern()).collect();
        differ.sort();
        differ.dedup();
        match differ.is_empty() {
            true => Came::Agreed(compared.excused.iter().map(|path| path.pattern()).collect()),
            false => Came::Differed(differ),
        }
    }
}

/// The sandbox's own requests, in the words of its first version.
pub(super) fn requests() -> impl Iterator<Item = &'static str> {
    Sandbox::requests().lines().filter_map(|line| line.strip_prefix("GET "))
}

/// The built-in pack.
pub(super) fn built_in() -> Arc<Pack> {
    Arc::new(Pack::embedded().unwrap())
}
