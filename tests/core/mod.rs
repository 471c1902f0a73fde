//! Tests of the core: pure, without network. What a version looks like is told by `facts`, from the API's
//! documentation, and by the sandbox; neither reads the pack.

mod chain;
mod documents;
mod exact;
mod exchange;
mod facts;
mod forms;
mod golden;
mod held;
mod json_suite;
mod junk;
mod kinds;
mod laws;
mod losses;
mod mutants;
mod native;
mod nested;
mod oracle;
mod packs;
mod parameters;
mod promise;
mod returned;
mod rows;
mod run;
mod value;
