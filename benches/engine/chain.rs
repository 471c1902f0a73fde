//! Packs made for the question what versions cost: many modules on one resource, or beside it.

use crate::{LIST, documents, operation};
use dateline_core::{Version, pack::Pack, plan::Plan};
use std::{ffi::OsStr, fmt::Write, fs, path::Path};

/// The fields that are renamed on and on: of the list's referrals, all at one level and in three.
const RENAMED: [&str; 4] = ["referral_expires_at", "status", "account.route", "earnings_usd.pending"];

/// A pack from an oldest version up to a newest.
pub(crate) struct Chain {
    pack: Pack,
    list: Vec<u8>,
}

/// The chain of as many modules, each of which renames the same fields again.
pub(crate) fn renaming(modules: usize) -> Chain {
    let module = |index| {
        let mut steps = String::new();
        for field in RENAMED {
            let [old, new] = [index - 1, index].map(|index| renamed(field, index));
            writeln!(steps, "  {{ move = \"{old}\", to = \"{new}\" }},").unwrap();
        }
        change("Referral", &steps)
    };
    let rename = |list: String, field: &&str| {
        let name = |field: &str| format!("\"{}\":", field.rsplit('.').next().unwrap());
        list.replace(&name(field), &name(&renamed(field, modules)))
    };
    let list = RENAMED.iter().fold(new_list(), rename);
    Chain { pack: pack((1..=modules).map(module)), list: list.into_bytes() }
}

/// The chain of as many modules, the first of which puts a value into an object, where the others rename it.
pub(crate) fn wrapping(modules: usize) -> Chain {
    let module = |index: usize| {
        let old = if index == 1 { "status".to_owned() } else { renamed("status.is", index - 1) };
        let new = renamed("status.is", index);
        change("Referral", &format!("  {{ move = \"{old}\", to = \"{new}\" }},\n"))
    };
    let wrapped = format!("\"status\":{{\"{}\":\"active\"}}", renamed("is", modules));
    let list = new_list().replace("\"status\":\"active\"", &wrapped);
    Chain { pack: pack((1..=modules).map(module)), list: list.into_bytes() }
}

fn new_list() -> String {
    String::from_utf8(documents::new_list()).unwrap()
}

/// One module that renames the fields, and as many before it that rename those of another resource.
pub(crate) fn beside(others: usize) -> Chain {
    let other = |index| {
        let [old, new] = [index, index + 1].map(|index| renamed("status", index));
        change("Other", &format!("  {{ move = \"{old}\", to = \"{new}\" }},\n"))
    };
    let steps = RENAMED.map(|field| format!("  {{ move = \"{field}\", to = \"{field}_2\" }},\n")).concat();
    let last = ("2026-12-31".to_owned(), change("Referral", &steps));
    let others = (1..=others).map(other).enumerate().map(|(index, change)| (version(index + 1), change));
    let modules: Vec<_> = others.chain([last]).collect();
    Chain { list: Vec::new(), pack: load_chain(&modules) }
}

impl Chain {
    /// The plan for a client of the oldest version in front of an upstream of the newest.
    pub(crate) fn plan(&self) -> Plan {
        let oldest: Version = version(0).parse().unwrap();
        Plan::compile(&self.pack, operation(&self.pack, LIST), oldest, self.pack.newest())
    }

    /// The list as the upstream says it.
    pub(crate) fn list(&self) -> Vec<u8> {
        self.list.clone()
    }
}

fn renamed(field: &str, index: usize) -> String {
    format!("{field}_{index:03}")
}

pub(crate) fn version(index: usize) -> String {
    if index == 0 { "2026-01-01".to_owned() } else { format!("2026-01-01-{index}") }
}

pub(crate) fn change(resource: &str, steps: &str) -> String {
    format!(
        "[[change]]\nname = \"Rename fields\"\nwhy = \"To see what it costs.\"\nresource = \"{resource}\"\nsteps = [\n{steps}]\n"
    )
}

fn pack(changes: impl Iterator<Item = String>) -> Pack {
    let modules: Vec<_> = changes.enumerate().map(|(index, change)| (version(index + 1), change)).collect();
    load_chain(&modules)
}

fn load_chain(modules: &[(String, String)]) -> Pack {
    let resources = format!(
        "[resource.Referral]\nfound = [{{ in = \"{LIST}\", part = \"response\", at = \"$.data[*]\" }}]\n\
         [resource.Other]\nfound = [{{ in = \"GET /others\", part = \"response\", at = \"$\" }}]\n"
    );
    write_and_load(&[LIST, "GET /others"], &resources, modules)
}

fn write_and_load(operations: &[&str], resources: &str, modules: &[(String, String)]) -> Pack {
    write(operations, resources, modules).load()
}

/// A pack in a folder that is removed at the end.
pub(crate) struct Written {
    folder: tempfile::TempDir,
}

impl Written {
    pub(crate) fn load(&self) -> Pack {
        Pack::load(self.folder.path()).unwrap()
    }

    pub(crate) fn folder(&self) -> &OsStr {
        self.folder.path().as_os_str()
    }
}

/// Writes a pack with these resources, and an oldest version before these modules.
pub(crate) fn write(operations: &[&str], resources: &str, modules: &[(String, String)]) -> Written {
    let folder = tempfile::tempdir().unwrap();
    let api = format!(
        "name = \"made\"\ntitle = \"Made\"\nheader = \"Api-Version\"\ndefault_version = \"{}\"\nbase_path = \"/v1\"\n\
         operations = {operations:?}\n{resources}",
        version(0)
    );
    write_file(folder.path(), "api", &api);
    write_module(folder.path(), &version(0), "");
    modules.iter().for_each(|(version, change)| write_module(folder.path(), version, change));
    Written { folder }
}

fn write_module(folder: &Path, version: &str, change: &str) {
    write_file(folder, version, &format!("version = \"{version}\"\ntitle = \"A version\"\n{change}"));
}

fn write_file(folder: &Path, name: &str, text: &str) {
    fs::write(folder.join(name).with_extension("toml"), text).unwrap();
}
