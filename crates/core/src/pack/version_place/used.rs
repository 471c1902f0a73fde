//! A query parameter that carries the version is no resource's business.

use super::VersionPlace;
use crate::{
    authored::{Code, Diagnostic},
    json::Field,
    pack::{Pack, Part, exchange::QUERY},
    step::Direction,
};

/// Notes every step on the parameters of a query that names the one that carries the version.
pub(in crate::pack) fn check(pack: &Pack, notes: &mut Vec<Diagnostic>) {
    let parameters = pack.version_places.iter().filter_map(|place| match place {
        VersionPlace::Query(name) => Some(name.as_str()),
        VersionPlace::Header(_) | VersionPlace::Path(_) | VersionPlace::MediaType(_) => None,
    });
    for parameter in parameters {
        for change in pack.modules.iter().flat_map(|module| &module.changes) {
            let has = |part| pack.resources[change.resource].places().any(|found| found.part == part);
            let (has_query, has_request) = (has(Part::Query), has(Part::Request));
            if !has_query && !has_request {
                continue;
            }
            let names_it = |field: Field| match field.names() {
                [name, ..] if has_query => name.text() == parameter,
                [place, name, ..] if has_request => place.text() == QUERY && name.text() == parameter,
                _ => false,
            };
            for authored in &change.steps {
                let effects = authored.step.effects(Direction::Up);
                if effects.iter().flat_map(|effect| effect.fields()).any(names_it) {
                    let message = format!("`{parameter}` carries the version, and a step names it");
                    let hint =
                        "leave it out of the step: the upstream is asked at its own version without one";
                    notes.push(
                        Diagnostic::new(Code::Contradiction, &authored.at, message)
                            .label("this step")
                            .hint(hint),
                    );
                }
            }
        }
    }
}
