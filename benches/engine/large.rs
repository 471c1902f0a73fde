//! A large pack: 70 versions, 500 operations and 1,000 resources, half of them inside others.

use crate::chain;
use dateline_core::{pack::Pack, plan::Plan};
use std::fmt::Write;

const VERSIONS: usize = 70;
const OPERATIONS: usize = 500;
/// The number of resources that each version changes.
const CHANGES: usize = 15;

/// Writes the pack; it is read as often as `Written::load` is called.
pub(crate) fn write() -> chain::Written {
    let operations: Vec<String> = (0..OPERATIONS).map(operation).collect();
    let operations: Vec<&str> = operations.iter().map(String::as_str).collect();
    let mut resources = String::new();
    for index in 0..OPERATIONS {
        let (operation, other) = (operation(index), (index * 7 + 3) % OPERATIONS);
        write!(
            resources,
            "[resource.Outer{index}]\nfound = [{{ in = \"{operation}\", part = \"response\", at = \"$\" }}]\n\
             holds = {{ item = \"Inner{index}\", \"others[*]\" = \"Inner{other}\" }}\n[resource.Inner{index}]\n"
        )
        .unwrap();
    }
    let modules: Vec<_> = (1..VERSIONS).map(|number| (chain::version(number), changes(number))).collect();
    chain::write(&operations, &resources, &modules)
}

/// The plan of one operation over all versions.
pub(crate) fn plan(pack: &Pack) -> Plan {
    let (oldest, newest) = (pack.versions().next().unwrap(), pack.newest());
    Plan::compile(pack, pack.find(&operation(0)).unwrap(), oldest, newest)
}

fn operation(index: usize) -> String {
    format!("GET /things{index}/{{id}}")
}

fn changes(number: usize) -> String {
    let change = |index: usize| {
        // The first operation's own resources change with every version.
        let of = if index < 2 { 0 } else { 1 + (number * CHANGES + index) % (OPERATIONS - 1) };
        let resource = format!("{}{of}", ["Outer", "Inner"][index % 2]);
        let step =
            format!("  {{ move = \"field_{index}_{number}\", to = \"field_{index}_{}\" }},\n", number + 1);
        chain::change(&resource, &step)
    };
    (0..CHANGES).map(change).collect()
}
