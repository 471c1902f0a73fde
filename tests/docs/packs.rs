//! The pack that the guide for authors shows, and those under `examples`: they load, and a check says of them what is said.

use super::blocks;
use crate::common::files::{Folder, root, text};
use dateline_core::{
    check::{Trials, check},
    pack::Pack,
};

#[test]
fn the_guide_shows_a_pack_and_says_what_it_lacks() {
    let page = text("transforms/README.md");
    let (toml, more) = (blocks(&page, "toml"), blocks(&page, "text"));
    let [api, _, _, _, _, version] = &toml[..] else {
        panic!(
            "two files, places of the version, other resources, operations that move, addresses that are shared"
        )
    };
    let folder = Folder::new("");
    std::fs::remove_file(folder.config()).unwrap();
    folder.write("api.toml", api);
    folder.write("2025-01-01.toml", "version = \"2025-01-01\"\ntitle = \"Original\"\n");
    let mistakes = |version: &str| {
        folder.write("2026-02-03.toml", version);
        let pack = Pack::load(folder.0.path()).unwrap_or_else(|mistakes| panic!("{mistakes}"));
        let mistakes =
            check(&pack.into(), Trials { cases: 50, seed: 1 }).mistakes.expect("it lacks examples");
        let lines: Vec<String> = mistakes.to_string().lines().map(str::to_owned).collect();
        lines.into_iter().filter(|line| line.starts_with("error[")).collect::<Vec<_>>()
    };
    let lacking = mistakes(version);
    assert!(
        lacking.len() == 3 && lacking.iter().all(|line| line.ends_with("no example shows it there")),
        "{lacking:#?}"
    );
    assert_eq!(mistakes(&format!("{version}\n{}", more[0])), lacking[1..], "the one for the list is shown");
}

#[test]
fn the_packs_under_examples_hold_what_they_say() {
    for name in ["stripe", "shopify"] {
        let folder = root().join("examples").join(name).join("pack");
        let pack = Pack::load(&folder).unwrap_or_else(|mistakes| panic!("{mistakes}"));
        assert!(pack.warnings.is_empty(), "{:?}", pack.warnings);
        if let Some(mistakes) = check(&pack.into(), Trials { cases: 200, seed: 1 }).mistakes {
            panic!("{mistakes}");
        }
    }
}
