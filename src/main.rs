//! Arguments -> command -> exit code.

use std::process::ExitCode;

/// Chosen by measurement: `docs/performance.md`.
#[cfg(feature = "serve")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    dateline::cli::main()
}
