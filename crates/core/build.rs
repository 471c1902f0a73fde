#![allow(clippy::expect_used, reason = "a build script stops the build by panicking")]
//! Lists the files of the built-in pack, so that a new version is a new file and nothing else.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

/// The pack that is built into the program, seen from the workspace.
const PACK: &str = "transforms/whop";

fn main() {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("../..");
    embed_pack(&root);
    println!("cargo::rerun-if-changed=../../{PACK}");
}

fn embed_pack(root: &Path) {
    let mut files: Vec<String> = fs::read_dir(root.join(PACK))
        .expect("the built-in pack is there")
        .map(|entry| {
            entry.expect("its folder can be listed").file_name().into_string().expect("its names are UTF-8")
        })
        .filter(|name| name.ends_with(".toml"))
        .collect();
    files.sort();
    let list: String = files
        .iter()
        .map(|name| {
            // The folder of the package is left to the compiler, so that a checkout can be moved.
            let file = format!("{PACK}/{name}");
            format!(
                "({file:?}, include_str!(concat!(env!(\"CARGO_MANIFEST_DIR\"), \"/../../\", {file:?}))),\n"
            )
        })
        .collect();
    let out = Path::new(&env::var("OUT_DIR").expect("cargo sets it")).join("embedded_pack.rs");
    fs::write(out, format!("&[{list}]")).expect("the build folder can be written");
}
