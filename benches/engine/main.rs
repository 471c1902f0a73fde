//! The cost of the engine, on one core: `cargo bench --profile dist`.
//!
//! Criterion measures each part by itself. At the end the engine and the yardstick run in turns, so that what the
//! machine does meanwhile meets both, and their ratio is printed. The program fails if a figure misses its bar.

#![allow(clippy::print_stdout, clippy::unwrap_used)]
#![allow(missing_docs)]

mod chain;
mod documents;
mod dom;
mod held;
mod large;
mod side_by_side;

use bytes::Bytes;
use criterion::{Criterion, Throughput};
use dateline_core::{
    json::Scanner,
    pack::{OperationId, Pack},
    plan::Plan,
    translate::{self, ResponseStream},
};
use side_by_side::{Bar, Figures};
use std::{hint::black_box, sync::Arc};

/// The program's allocator. The yardstick has it as well, which helps it more than the engine.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The bytes that the gateway reads at once from a fast upstream.
const CHUNK: usize = 64 << 10;

const LIST: &str = "GET /referrals/businesses";
const NEW: &str = "2026-07-01";
const OLD: &str = "2026-06-09";

fn main() {
    if large::is_measured_here() {
        return;
    }
    let mut criterion = Criterion::default().configure_from_args();
    scanner(&mut criterion);
    both_ways(&mut criterion);
    held_resources(&mut criterion);
    chains(&mut criterion);
    compilation(&mut criterion);
    criterion.final_summary();
    // Cargo says `--bench` where it is to be measured, not only tried.
    if std::env::args().any(|argument| argument == "--bench") {
        comparisons();
    }
}

fn operation(pack: &Pack, text: &str) -> OperationId {
    pack.find(text).unwrap()
}

/// The plan whose response goes from one version to the other.
fn plan(pack: &Pack, from: &str, to: &str) -> Plan {
    Plan::compile(pack, operation(pack, LIST), to.parse().unwrap(), from.parse().unwrap())
}

fn run(plan: &Plan, body: &[u8]) -> Vec<u8> {
    translate::response_body(plan, body).unwrap().output
}

/// Translates a body as the gateway does: in chunks, from memory that is shared.
fn stream(plan: &Arc<Plan>, body: &Bytes) {
    let mut stream = ResponseStream::new(Arc::clone(plan), 1 << 20);
    let cuts = (0..body.len()).step_by(CHUNK).map(|start| start..(start + CHUNK).min(body.len()));
    cuts.for_each(|chunk| drop(black_box(stream.feed(&body.slice(chunk)).unwrap())));
    stream.finish().unwrap();
}

fn scan(text: &[u8]) {
    let mut scanner = Scanner::new(text);
    scanner.value().unwrap();
    scanner.end().unwrap();
}

fn scanner(criterion: &mut Criterion) {
    let list = documents::new_list();
    let mut group = criterion.benchmark_group("scanner");
    group.throughput(Throughput::Bytes(list.len() as u64));
    group.bench_function("skip", |bencher| bencher.iter(|| scan(black_box(&list))));
    group.bench_function("skip, serde_json", |bencher| {
        bencher.iter(|| serde_json::from_slice::<serde::de::IgnoredAny>(black_box(&list)).unwrap());
    });
    group.finish();
}

fn both_ways(criterion: &mut Criterion) {
    let pack = Pack::embedded().unwrap();
    let (down, up) = (plan(&pack, NEW, OLD), plan(&pack, OLD, NEW));
    let new = documents::new_list();
    let old = run(&down, &new);
    dom::agree(&old, &dom::translate(&new, dom::down));
    dom::agree(&run(&up, &old), &dom::translate(&old, dom::up));
    let mut group = criterion.benchmark_group("translate");
    group.throughput(Throughput::Bytes(new.len() as u64));
    group.bench_function("down", |bencher| bencher.iter(|| run(&down, black_box(&new))));
    let (streamed, chunks) = (Arc::new(plan(&pack, NEW, OLD)), Bytes::from(new.clone()));
    group.bench_function("down, in chunks of 64 KiB", |bencher| {
        bencher.iter(|| stream(&streamed, black_box(&chunks)))
    });
    group.bench_function("down, DOM", |bencher| bencher.iter(|| dom::translate(black_box(&new), dom::down)));
    group.throughput(Throughput::Bytes(old.len() as u64));
    group.bench_function("up", |bencher| bencher.iter(|| run(&up, black_box(&old))));
    group.bench_function("up, DOM", |bencher| bencher.iter(|| dom::translate(black_box(&old), dom::up)));
    group.finish();
}

fn held_resources(criterion: &mut Criterion) {
    let [down, up] = held::plans();
    let new = held::new_list();
    let old = run(&down, &new);
    dom::agree(&old, &dom::translate(&new, held::down));
    dom::agree(&run(&up, &old), &dom::translate(&old, held::up));
    assert_eq!(run(&up, &old), new);
    let mut group = criterion.benchmark_group("held resources");
    group.throughput(Throughput::Bytes(new.len() as u64));
    group.bench_function("down", |bencher| bencher.iter(|| run(&down, black_box(&new))));
    group.bench_function("down, DOM", |bencher| bencher.iter(|| dom::translate(black_box(&new), held::down)));
    group.throughput(Throughput::Bytes(old.len() as u64));
    group.bench_function("up", |bencher| bencher.iter(|| run(&up, black_box(&old))));
    group.bench_function("up, DOM", |bencher| bencher.iter(|| dom::translate(black_box(&old), held::up)));
    group.finish();
}

fn chains(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("chain");
    for modules in [1, 100] {
        let chain = chain::renaming(modules);
        let (plan, list) = (chain.plan(), chain.list());
        group.throughput(Throughput::Bytes(list.len() as u64));
        group.bench_function(modules.to_string(), |bencher| bencher.iter(|| run(&plan, black_box(&list))));
    }
    group.finish();
    // Modules that touch other resources are not in the plan, so there is nothing to measure.
    let plan = |others| format!("{:?}", chain::beside(others).plan());
    assert_eq!(plan(0), plan(100));
}

fn compilation(criterion: &mut Criterion) {
    let pack = Pack::embedded().unwrap();
    let chain = chain::renaming(100);
    let mut group = criterion.benchmark_group("compile");
    group.bench_function("built-in pack", |bencher| bencher.iter(|| plan(black_box(&pack), NEW, OLD)));
    group.bench_function("100 modules", |bencher| bencher.iter(|| black_box(&chain).plan()));
    let written = large::write();
    let large = written.load();
    group.bench_function("large pack, one operation", |bencher| {
        bencher.iter(|| large::plan(black_box(&large)))
    });
    group.bench_function("large pack, loaded", |bencher| bencher.iter(|| written.load()));
    group.finish();
}

/// Makes a chain of as many modules.
type MakeChain = fn(usize) -> chain::Chain;

fn comparisons() {
    let pack = Pack::embedded().unwrap();
    let mut figures = Figures::default();
    let (down, up) = (plan(&pack, NEW, OLD), plan(&pack, OLD, NEW));
    let new = documents::new_list();
    let old = run(&down, &new);
    println!("\nside by side, medians, {} bytes", new.len());
    let ours = || drop(black_box(run(&down, black_box(&new))));
    let theirs = || drop(black_box(dom::translate(black_box(&new), dom::down)));
    figures.compare("DOM / engine, 2026-07-01 -> 2026-06-09", Bar::AtLeast(800), theirs, ours);
    let ours = || drop(black_box(run(&up, black_box(&old))));
    let theirs = || drop(black_box(dom::translate(black_box(&old), dom::up)));
    figures.compare("DOM / engine, 2026-06-09 -> 2026-07-01", Bar::AtLeast(800), theirs, ours);
    let ours = || drop(black_box(run(&down, black_box(&new))));
    figures.compare("engine / scanner", Bar::None, ours, || scan(black_box(&new)));
    let [held_down, held_up] = held::plans();
    let new = held::new_list();
    let old = run(&held_down, &new);
    println!("payments with resources inside, {} bytes", new.len());
    let ours = || drop(black_box(run(&held_down, black_box(&new))));
    let theirs = || drop(black_box(dom::translate(black_box(&new), held::down)));
    figures.compare("DOM / engine, payments, down", Bar::AtLeast(800), theirs, ours);
    let ours = || drop(black_box(run(&held_up, black_box(&old))));
    let theirs = || drop(black_box(dom::translate(black_box(&old), held::up)));
    figures.compare("DOM / engine, payments, up", Bar::AtLeast(800), theirs, ours);
    let chains: [(&str, MakeChain); 2] = [
        ("100 modules / 1 module", chain::renaming),
        ("the same, of a value that the first wraps", chain::wrapping),
    ];
    for (what, chain) in chains {
        let [(one, of_one), (many, of_many)] = [1, 100].map(chain).map(|chain| (chain.plan(), chain.list()));
        let long = || drop(black_box(run(&many, black_box(&of_many))));
        let short = || drop(black_box(run(&one, black_box(&of_one))));
        assert_eq!(run(&many, &of_many), run(&one, &of_one));
        figures.compare(what, Bar::AtMost(125), long, short);
    }
    large::measure(&mut figures);
    figures.finish();
}
