use super::*;
use crate::pack::test::read;

const REST: &str = "header = 'V'\nbase_path = ''\noperations = ['GET /a']\n\
                    resource.A.found = [{ in = 'GET /a', part = 'response', at = '$' }]\n";

/// A pack of these versions, each a file with this behind its title. Each but the first moves a field on.
fn pack(versions: &str, default: &str, files: &[(&str, &str)]) -> Result<Pack, String> {
    let api =
        format!("name = 'x'\ntitle = 'X'\ndefault_version = '{default}'\n{REST}[versions]\n{versions}\n");
    let text = |(index, (version, more)): (usize, &(&str, &str))| {
        let change = format!(
            "[[change]]\nname = 'Move'\nwhy = 'So.'\nresource = 'A'\nsteps = [{{ move = 'f{}', to = 'f{index}' }}]\n",
            index.wrapping_sub(1)
        );
        let change = if index == 0 || more.contains("unknown") { "" } else { &change };
        (format!("{version}.toml"), format!("version = '{version}'\ntitle = 'T'\n{more}\n{change}"))
    };
    let files: Vec<(String, String)> = files.iter().enumerate().map(text).collect();
    let all: Vec<(&str, &str)> = [("api.toml", &*api)]
        .into_iter()
        .chain(files.iter().map(|(name, text)| (name.as_str(), text.as_str())))
        .collect();
    read(&all).map_err(|mistakes| mistakes.to_string())
}

fn labels(versions: impl IntoIterator<Item = Version>) -> Vec<String> {
    versions.into_iter().map(|version| version.to_string()).collect()
}

fn v(label: &str) -> Version {
    label.parse().unwrap()
}

#[test]
fn each_scheme_orders_the_files_in_its_own_way() {
    for (versions, ordered) in [
        ("", ["2025-12-31", "2026-07-08-2", "2026-07-08-10"]),
        ("scheme = 'date'", ["2025-12-31", "2026-07-08-2", "2026-07-08-10"]),
        ("scheme = 'month'", ["2024-10", "2025-01", "2025-10"]),
        ("scheme = 'number'", ["v9", "v68", "v100.1"]),
        (
            "scheme = 'listed'\nlist = ['2025-03-31.basil', '2024-09-30.acacia', 'next']",
            ["2025-03-31.basil", "2024-09-30.acacia", "next"],
        ),
    ] {
        let files = ordered.map(|label| (label, ""));
        let pack = pack(versions, ordered[0], &files).unwrap_or_else(|told| panic!("{versions}: {told}"));
        assert_eq!(labels(pack.versions()), ordered, "{versions}");
        assert!(pack.is_older(v(ordered[0]), v(ordered[2])) && !pack.is_older(v(ordered[2]), v(ordered[1])));
        assert_eq!(pack.newest(), v(ordered[2]));
        assert_eq!(pack.modules_between(v(ordered[2]), v(ordered[0])).len(), 2);
    }
}

#[test]
fn no_plan_crosses_into_a_version_whose_changes_nobody_knows() {
    let files = [("2025-01-01", ""), ("2025-02-01", "unknown = true"), ("2025-03-01", "")];
    let pack = pack("", "2025-01-01", &files).unwrap();
    assert_eq!(labels(pack.versions()), ["2025-01-01", "2025-03-01"]);
    assert_eq!(labels(pack.all_versions()), ["2025-01-01", "2025-02-01", "2025-03-01"]);
    let (older, opaque, newer) = (v("2025-01-01"), v("2025-02-01"), v("2025-03-01"));
    assert!(pack.is_opaque(opaque) && !pack.supports(opaque));
    assert_eq!(
        pack.modules_between(older, newer).len(),
        1,
        "what the newer file says is said since the older one"
    );
    assert!(pack.modules_between(older, opaque).is_empty() && pack.modules_between(opaque, newer).is_empty());
    assert!(!pack.is_older(older, opaque) && !pack.is_older(opaque, newer));
    assert_eq!(pack.opaque_between(newer, older), [opaque]);
    let told = pack.version(opaque).unwrap_err().to_string();
    assert!(told.starts_with("the pack does not know what changed in version 2025-02-01"), "{told}");
}

#[test]
fn a_listed_version_without_a_file_is_opaque() {
    let versions = "scheme = 'listed'\nlist = ['a', 'b', 'c']";
    let pack = pack(versions, "a", &[("a", ""), ("c", "")]).unwrap();
    assert_eq!(pack.opaque, [OpaqueVersion { version: v("b"), title: None }]);
    assert_eq!(labels(pack.all_versions()), ["a", "b", "c"]);
}

#[test]
fn an_alias_stands_for_its_version() {
    let pack =
        pack("aliases = { latest = '2025-02-01' }", "2025-01-01", &[("2025-01-01", ""), ("2025-02-01", "")]);
    let pack = pack.unwrap();
    assert_eq!(pack.version(v("latest")), Ok(v("2025-02-01")));
    assert_eq!(pack.version(v("latets")).unwrap_err().meant, Some(v("latest")));
    assert_eq!(pack.resolve(v("2025-01-01")), v("2025-01-01"));
}

#[test]
fn mistakes_lead_to_their_fix() {
    let two = [("2025-01-01", ""), ("2025-02-01", "")];
    let all = |versions: &str| pack(versions, "2025-01-01", &two).expect_err(versions);
    for (versions, told) in [
        ("scheme = 'dates'", "did you mean `date`?"),
        ("scheme = 'semver'", "any other labels are `listed`"),
        ("scheme = 'listed'", "write the versions from the oldest to the newest"),
        ("scheme = 'listed'\nlist = []", "the list of versions is empty"),
        ("list = ['a']", "write `scheme = \"listed\"`"),
        ("scheme = 'listed'\nlist = ['2025-01-01', '2025-01-01', '2025-02-01']", "is listed twice"),
        ("scheme = 'listed'\nlist = ['2025-01-01', '2025-02-02']", "the list is 2025-01-01, 2025-02-02"),
        ("scheme = 'listed'\nlist = ['2025-01-01', '2025-02-01', 'a b']", "`a b` is not a version"),
        ("scheme = 'listed'\nlist = ['2025-01-01', '2025-02-01', 'all']", "choose another name"),
        ("scheme = 'month'", "needs `scheme = \"date\"`"),
        ("unknown = 'newer'", "`refuse`, `pass` or `older` belongs here"),
        (
            "scheme = 'listed'\nlist = ['2025-01-01', '2025-02-01']\nunknown = 'older'",
            "only dates, months and numbers have an age",
        ),
        ("aliases = { upstream = '2025-01-01' }", "the configuration has this word"),
        ("aliases = { '2025-02-01' = '2025-01-01' }", "has the name of a version"),
        ("aliases = { latest = '2025-02-02' }", "did you mean `2025-02-01`?"),
        ("aliases = { latest = 1 }", "an alias is a string"),
    ] {
        let mistakes = all(versions);
        assert!(mistakes.contains(told), "{versions}: {mistakes}");
    }
    let broken = all("scheme = 'number'\nlist = ['2025-01-01']");
    assert_eq!(broken.matches("error[").count(), 1, "no version is held to a broken scheme: {broken}");
}

#[test]
fn mistakes_of_versions_lead_to_their_fix() {
    let of =
        |versions: &str, default: &str, files: &[(&str, &str)]| pack(versions, default, files).unwrap_err();
    let told = of("", "2025-01-01", &[("2025-01-01", ""), ("2025-02", "")]);
    assert!(told.contains("needs `scheme = \"month\"`"), "{told}");
    let told = of("", "2025-01-01", &[("2025-01-01", ""), ("v68", "")]);
    assert!(told.contains("needs `scheme = \"number\"`"), "{told}");
    let told = of("scheme = 'number'", "v1", &[("v1", ""), ("v2", ""), ("2.0", "")]);
    assert!(told.contains("are one version, written in two ways"), "{told}");
    let told = of("", "2025-02-01", &[("2025-01-01", ""), ("2025-02-01", "unknown = true")]);
    assert!(told.contains("write a version whose changes are known: 2025-01-01"), "{told}");
    let unsaid = "unknown = true\n[[unsaid]]\nname = 'N'\nwhy = 'W'\nin = 'GET /a'";
    let told = of("", "2025-01-01", &[("2025-01-01", ""), ("2025-02-01", unsaid)]);
    assert!(told.contains("nobody knows what changed in this version, and here is a change"), "{told}");
}
