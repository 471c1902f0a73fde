//! The walls between the crates and between their rooms: what may import what is one table, and every import is held
//! to it.
//!
//! A room is a folder or a file at the top of a crate. It may import itself and the rooms on the floors below its own:
//! never a room above, never a neighbour on the same floor, and never what the root of its crate re-exports for others.
//! Tests may import whatever they need to prove something.

use super::{
    Offender,
    imports::{self, Import},
    listed,
    source::{self, Source},
};
use std::collections::{BTreeMap, BTreeSet};

/// A crate and its floors.
struct Crate {
    /// The name of its folder in `crates`; `dateline` is the program in `src`.
    package: &'static str,
    /// The name that code has for it.
    name: &'static str,
    /// The crates that it may import.
    imports: &'static [&'static str],
    /// The rooms of each floor, from the ground up. A crate without floors is held to have no circle of
    /// rooms; its rooms may import what stands at its root.
    floors: &'static [&'static [&'static str]],
}

/// Every crate, from the ground up.
const CRATES: [Crate; 5] = [
    Crate {
        package: "core",
        name: "dateline_core",
        imports: &[],
        floors: &[
            &["version", "day", "json", "alike"],
            &["form"],
            &["authored"],
            &["step"],
            &["pack"],
            &["plan", "route"],
            &["translate"],
            &["error_names", "compare"],
            &["check"],
            &["upgrade"],
        ],
    },
    Crate {
        package: "http",
        name: "dateline_http",
        imports: &["dateline_core"],
        floors: &[
            &["clock", "coding", "fields", "joined", "origin", "policy"],
            &["outcome", "places"],
            &["pin"],
            &["exchange"],
            &["layer"],
        ],
    },
    Crate {
        package: "gateway",
        name: "dateline_gateway",
        imports: &["dateline_core", "dateline_http"],
        floors: &[
            &["config"],
            &["base"],
            &["log"],
            &["observe"],
            &["proxy"],
            &["verify", "capture"],
            &["state"],
            &["admin", "ext_proc"],
            &["serve"],
        ],
    },
    Crate { package: "sandbox", name: "dateline_sandbox", imports: &["dateline_core"], floors: &[] },
    Crate {
        package: "dateline",
        name: "dateline",
        imports: &["dateline_core", "dateline_http", "dateline_gateway", "dateline_sandbox"],
        floors: &[],
    },
];

/// The imports from one room to another: the first of each pair of rooms.
type Arrows = BTreeMap<String, BTreeMap<String, Offender>>;

impl Crate {
    /// Returns the floor of a room, from 0, if the table has it.
    fn floor(&self, room: &str) -> Option<usize> {
        self.floors.iter().position(|rooms| rooms.contains(&room))
    }

    /// Returns why one room must not import another, if it must not.
    fn refusal(&self, from: &str, to: &str) -> Option<String> {
        if self.floors.is_empty() {
            return None;
        }
        if to.is_empty() {
            return Some(format!("{from} must import from the rooms of its crate, not from their root"));
        }
        match (self.floor(from), self.floor(to)) {
            (Some(own), Some(other)) if other < own => None,
            (Some(own), Some(other)) if other == own => Some(format!("{from} and {to} are neighbours")),
            (Some(_), Some(_)) => Some(format!("{to} is above {from}")),
            (None, _) => Some(format!("{from} has no floor in tests/style/walls.rs")),
            (_, None) => Some(format!("{to} has no floor in tests/style/walls.rs")),
        }
    }

    /// Returns every import against the order in the files of this crate, and a circle between rooms if there is one.
    fn breaches(&self, sources: &[Source]) -> Vec<Offender> {
        let own = |source: &&Source| source.package == self.package && !source.is_test();
        let own: Vec<&Source> = sources.iter().filter(own).collect();
        let rooms: BTreeSet<String> =
            own.iter().filter_map(|source| module(source).into_iter().next()).collect();
        let mut breaches: Vec<Offender> = own.iter().flat_map(|source| self.unknown_crates(source)).collect();
        let mut arrows = Arrows::new();
        for source in own {
            let module = module(source);
            let Some(from) = module.first() else { continue };
            for import in imports::of(source, &BTreeSet::new()).iter().filter(|import| !import.is_test) {
                let target = resolve(&module, import).into_iter().next();
                let to = target.filter(|target| rooms.contains(target)).unwrap_or_default();
                if to == *from {
                    continue;
                }
                match self.refusal(from, &to) {
                    Some(why) => breaches.push(offender(source, import, &why)),
                    // The root of a crate is no room.
                    None if to.is_empty() => {}
                    None => {
                        let arrows = arrows.entry(from.clone()).or_default();
                        arrows.entry(to).or_insert_with(|| offender(source, import, ""));
                    }
                }
            }
        }
        breaches.extend(circle(&arrows));
        breaches
    }

    /// Returns the paths of a file that name a crate which this one must not know.
    fn unknown_crates(&self, source: &Source) -> Vec<Offender> {
        let names = CRATES.iter().map(|other| other.name);
        let unknown: BTreeSet<&str> =
            names.filter(|name| *name != self.name && !self.imports.contains(name)).collect();
        let imports = imports::of(source, &unknown).into_iter();
        let imports = imports.filter(|import| unknown.contains(import.names[0].as_str()));
        imports.map(|import| offender(source, &import, &format!("{} must not know it", self.name))).collect()
    }
}

fn offender(source: &Source, import: &Import, why: &str) -> Offender {
    let why = format!("{}: {why}", import.names.join("::"));
    Offender { file: source.path.clone(), line: import.line, why }
}

/// Returns the module that a file is: no name for the root of its crate, one for a room.
fn module(source: &Source) -> Vec<String> {
    let path = source.path.trim_end_matches(".rs");
    let path = path.split_once("src/").map_or(path, |(_, path)| path);
    let mut names: Vec<String> = path.split('/').map(str::to_owned).collect();
    let is_root = matches!(path, "lib" | "main");
    names.pop_if(|name| is_root || name == "mod");
    names
}

/// Returns the module or item that a path leads to, from the root of its crate.
fn resolve(module: &[String], import: &Import) -> Vec<String> {
    let mut resolved: Vec<String> = module.iter().chain(&import.inside).cloned().collect();
    for name in &import.names {
        match name.as_str() {
            "crate" => resolved.clear(),
            "super" => drop(resolved.pop()),
            "self" => {}
            name => resolved.push(name.to_owned()),
        }
    }
    resolved
}

/// Returns a circle between rooms, told at the import that closes it.
fn circle(arrows: &Arrows) -> Option<Offender> {
    let mut done = BTreeSet::new();
    arrows.keys().find_map(|room| follow(arrows, &mut vec![room], &mut done))
}

/// Follows the imports of the last room of a way until one leads back into the way. `done` are rooms that lead into none.
fn follow<'a>(arrows: &'a Arrows, way: &mut Vec<&'a str>, done: &mut BTreeSet<&'a str>) -> Option<Offender> {
    let room = *way.last()?;
    for (to, Offender { file, line, why }) in arrows.get(room).into_iter().flatten() {
        if let Some(begin) = way.iter().position(|room| room == to) {
            let why = format!("{why}a circle: {} -> {to}", way[begin..].join(" -> "));
            return Some(Offender { file: file.clone(), line: *line, why });
        }
        if !done.contains(to.as_str()) {
            way.push(to);
            let found = follow(arrows, way, done);
            way.pop();
            if found.is_some() {
                return found;
            }
        }
    }
    done.insert(room);
    None
}

#[test]
fn every_import_goes_down() {
    let sources = source::of_the_crates();
    let packages: BTreeSet<&str> = sources.iter().map(|source| source.package.as_str()).collect();
    assert_eq!(packages, CRATES.iter().map(|own| own.package).collect(), "the table has every crate");
    let breaches: Vec<Offender> = CRATES.iter().flat_map(|own| own.breaches(&sources)).collect();
    assert!(breaches.is_empty(), "{} imports against the order\n{}", breaches.len(), listed(&breaches));
}

/// Returns the breaches in files that are made up; the path of each begins with the folder of its crate.
fn planted(files: &[(&str, &str)]) -> Vec<String> {
    let package = |path: &str| {
        path.split('/').nth(1).filter(|_| path.starts_with("crates/")).unwrap_or("dateline").to_owned()
    };
    let sources: Vec<_> =
        files.iter().map(|(path, text)| Source::new((*path).to_owned(), &package(path), text)).collect();
    let breaches: Vec<Offender> = CRATES.iter().flat_map(|own| own.breaches(&sources)).collect();
    listed(&breaches).lines().map(str::to_owned).collect()
}

const NONE: [&str; 0] = [];

#[test]
fn a_planted_import_is_found() {
    let gateway = |file: &str, text: &str| {
        let file = format!("crates/gateway/src/{file}");
        planted(&[
            ("crates/gateway/src/lib.rs", "use state::Current;"),
            ("crates/gateway/src/state/mod.rs", ""),
            ("crates/gateway/src/proxy/handler.rs", ""),
            ("crates/gateway/src/verify/mod.rs", ""),
            ("crates/gateway/src/capture/mod.rs", ""),
            (&file, text),
        ])
    };
    assert_eq!(gateway("state/disk.rs", "use crate::proxy::Handler;\nuse super::super::verify;"), NONE);
    assert_eq!(
        gateway(
            "proxy/up.rs",
            "use super::handler::Handler;\nuse crate::{\n    proxy::Up,\n    state::Current,\n};"
        ),
        ["crates/gateway/src/proxy/up.rs:2: crate::state::Current: state is above proxy"]
    );
    assert_eq!(
        gateway("verify/live.rs", "fn f(_: &super::super::capture::Capture) {}"),
        [
            "crates/gateway/src/verify/live.rs:1: super::super::capture::Capture: verify and capture are neighbours"
        ]
    );
    assert_eq!(
        gateway("proxy/up.rs", "use crate::Gateway;"),
        [
            "crates/gateway/src/proxy/up.rs:1: crate::Gateway: proxy must import from the rooms of its crate, not from their root"
        ]
    );
    assert_eq!(
        gateway("attic.rs", "use crate::proxy::Handler;"),
        ["crates/gateway/src/attic.rs:1: crate::proxy::Handler: attic has no floor in tests/style/walls.rs"]
    );
}

#[test]
fn tests_may_import_what_they_need() {
    let inline = "#[cfg(test)]\nmod tests {\n    use crate::state::Current;\n}";
    assert_eq!(
        planted(&[("crates/gateway/src/proxy/up.rs", inline), ("crates/gateway/src/state/mod.rs", "")]),
        NONE
    );
    assert_eq!(planted(&[("crates/gateway/src/proxy/up/tests.rs", "use crate::state::Current;")]), NONE);
}

#[test]
fn a_planted_crate_is_found() {
    assert_eq!(planted(&[("crates/gateway/src/proxy/up.rs", "use dateline_core::plan::Plan;")]), NONE);
    assert_eq!(
        planted(&[("crates/core/src/plan/mod.rs", "use dateline_http::Exchange;")]),
        ["crates/core/src/plan/mod.rs:1: dateline_http::Exchange: dateline_core must not know it"]
    );
}

#[test]
fn a_planted_circle_is_found() {
    let files = [
        ("src/diff.rs", "use crate::loaded::Loaded;"),
        ("src/loaded.rs", "use crate::verify::Run;"),
        ("src/verify.rs", "use super::diff::Diff;"),
    ];
    assert_eq!(
        planted(&files),
        ["src/verify.rs:1: super::diff::Diff: a circle: diff -> loaded -> verify -> diff"]
    );
    let line = [files[0], files[1], ("src/verify.rs", "")];
    assert_eq!(planted(&line), NONE);
}
