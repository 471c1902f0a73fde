//! A random pack, read with `holds` and without, and ways through it.

use super::{
    super::run::{Carried, Side, carry_by},
    model::Model,
};
use crate::common::pack::of_versions;
use dateline_core::{Version, pack::Pack, plan::Plan, translate::Untranslatable};
use std::sync::Arc;

/// A pack that was read, with the model that it comes from.
pub(super) struct Rig {
    pub(super) model: Model,
    pub(super) pack: Arc<Pack>,
    apart: Arc<Pack>,
}

impl Rig {
    /// Reads a model's pack; the mistakes if it is refused.
    pub(super) fn new(model: Model) -> Result<Rig, String> {
        let read = |api: String| {
            let versions =
                model.changes.iter().enumerate().map(|(number, changes)| (version(number), changes));
            of_versions(&api, versions).map_err(|mistakes| mistakes.to_string())
        };
        let apart = read(model.api(false))?;
        let pack = read(model.api(true))?;
        Ok(Rig { pack, apart, model })
    }

    pub(super) fn plan(&self, operation: &str, client: usize, upstream: usize) -> Plan {
        Plan::compile(&self.pack, self.pack.find(operation).unwrap(), version(client), version(upstream))
    }

    /// Translates a response.
    pub(super) fn response(
        &self,
        operation: &str,
        from: usize,
        to: usize,
        text: &[u8],
    ) -> Result<Carried, Untranslatable> {
        carry_by(&self.plan(operation, to, from), Side::Response, text)
    }

    /// Translates an object of a resource by the pack without `holds`.
    pub(super) fn alone(&self, resource: usize, from: usize, to: usize, text: &[u8]) -> Carried {
        let operation = self.apart.find(&format!("GET /r{resource}")).unwrap();
        let plan = Plan::compile(&self.apart, operation, version(to), version(from));
        carry_by(&plan, Side::Response, text).unwrap()
    }

    /// The names in a path of the document, each as a member: `.a[*].b` has two.
    pub(super) fn names(&self, path: &str) -> Vec<String> {
        let names = path.trim_start_matches('$').replace("[*]", "");
        names.split('.').skip(1).map(|name| format!(".{name}")).collect()
    }

    /// The pack as it is written, for a failure.
    pub(super) fn text(&self) -> String {
        format!("{}\n{}", self.model.api(true), self.model.changes.join("---\n"))
    }
}

pub(super) fn version(number: usize) -> Version {
    format!("2026-01-{:02}", number + 1).parse().unwrap()
}
