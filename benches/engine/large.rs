//! A large pack: 70 versions, 500 operations and 1,000 resources, half of them inside others.

use crate::{
    chain,
    side_by_side::{Bar, Figures, median},
};
use dateline_core::{pack::Pack, plan::Plan};
use std::{env, ffi::OsStr, fmt::Write, fs, hint::black_box, process::Command, time::Instant};

const VERSIONS: usize = 70;
const OPERATIONS: usize = 500;
/// The variable with the folder of the pack that a process of its own is to measure.
const FOLDER: &str = "DATELINE_BENCH_PACK";
/// The number of processes that measure it.
const PROCESSES: usize = 9;
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

/// Measures what a process takes that has nothing but the pack: the time until it is read and checked, the time of its
/// first plan, over all versions, and its resident memory with both.
pub(crate) fn measure(figures: &mut Figures) {
    let written = write();
    let runs: Vec<[u128; 3]> = (0..PROCESSES).map(|_| in_a_process(written.folder())).collect();
    let of = |at: usize| median(runs.iter().map(|run| run[at]).collect());
    let count = format!("median of {PROCESSES} processes");
    println!("a pack of {VERSIONS} versions, {OPERATIONS} operations and {} resources", 2 * OPERATIONS);
    figures.add("read and checked, ms", Bar::AtMost(15_000), of(0) / 10, &count);
    figures.add("the first plan, ms", Bar::AtMost(500), of(1) / 10, &count);
    figures.add("resident, MiB", Bar::AtMost(6_000), of(2) * 100 / 1024, &count);
}

/// Measures in a new process; microseconds, microseconds and KiB.
fn in_a_process(folder: &OsStr) -> [u128; 3] {
    let output = Command::new(env::current_exe().unwrap()).env(FOLDER, folder).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let figures: Vec<u128> = text.split_whitespace().map(|figure| figure.parse().unwrap()).collect();
    figures.try_into().unwrap()
}

/// Tells whether this process is one that measures; then it has done so.
pub(crate) fn is_measured_here() -> bool {
    let Some(folder) = env::var_os(FOLDER) else { return false };
    let started = Instant::now();
    let pack = Pack::load(folder.as_ref()).unwrap();
    let loaded = started.elapsed();
    let started = Instant::now();
    let plan = plan(&pack);
    let planned = started.elapsed();
    println!("{} {} {}", loaded.as_micros(), planned.as_micros(), resident());
    drop(black_box((pack, plan)));
    true
}

/// The resident memory of this process, in KiB.
fn resident() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}
