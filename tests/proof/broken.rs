//! The pack, broken in one way after the other: verification tells where its answers differ, and a check of the pack
//! which example says otherwise. What only one of the two can know is below.

use super::native::{Came, Tried, built_in, requests};
use crate::common::pack::{self, Files, replace};
use dateline_core::{Version, check::check_examples, pack::Pack};
use std::{collections::BTreeSet, path::Path, sync::Arc};

/// A way to break the pack, and how it is noticed.
pub(super) struct Break {
    pub(super) name: &'static str,
    edit: fn(&mut Files),
    /// Operations and paths that differ between any two versions; `status` where the two ways end with different ones.
    differs: &'static [(&'static str, &'static str)],
    /// The message of a check about it.
    pub(super) check: &'static str,
}

const REFERRALS: &str = "GET /referrals/businesses";
const REFERRAL: &str = "GET /referrals/businesses/{id}";
const EARNINGS: &str = "GET /referrals/businesses/earnings";
const OWN_EARNINGS: &str = "GET /referrals/businesses/{id}/earnings";

pub(super) const BREAKS: [Break; 11] = [
    Break {
        name: "a step removed",
        edit: |files| {
            cut(files, "2026-06-20.toml", "  { drop = \"referred_by_account_id\", restore = 'null' },\n");
        },
        differs: &[(REFERRALS, "$.data[*].referred_by_account_id"), (REFERRAL, "$.referred_by_account_id")],
        check: "$.referred_by_account_id: expected nothing, got null",
    },
    Break {
        name: "two fields swapped",
        edit: |files| {
            swap(files, "2026-06-20.toml", "\"earnings_usd.total\"", "\"earnings_usd.pending\"");
        },
        differs: &[
            (REFERRALS, "$.data[*].earnings_usd.pending"),
            (REFERRALS, "$.data[*].earnings_usd.total"),
            (REFERRALS, "$.data[*].pending_payout"),
            (REFERRALS, "$.data[*].total_earnings"),
            (REFERRAL, "$.earnings_usd.pending"),
            (REFERRAL, "$.earnings_usd.total"),
            (REFERRAL, "$.pending_payout"),
            (REFERRAL, "$.total_earnings"),
        ],
        check: "$.earnings_usd.total: expected \"165.75\", got \"45.25\"",
    },
    Break {
        name: "a scale off by ten",
        edit: |files| replace(files, "2026-06-20.toml", "number * 0.01", "number * 0.001"),
        differs: &[(EARNINGS, "$.data[*].payout_percentage"), (OWN_EARNINGS, "$.data[*].payout_percentage")],
        check: "payout_percentage: expected 0.125, got 0.0125",
    },
    Break {
        name: "the path of a list wrong",
        edit: |files| {
            let [was, is] = ["data", "items"]
                .map(|name| format!("{{ in = \"GET /plans\", part = \"response\", at = \"$.{name}[*]\" }}"));
            replace(files, "api.toml", &was, &is);
        },
        differs: &[("GET /plans", "$.data[*].account"), ("GET /plans", "$.data[*].company")],
        check: "$.data[*].account: expected {\"id\":\"biz_x\"}, got nothing",
    },
    Break {
        name: "a name misspelt",
        edit: |files| replace(files, "2026-07-01.toml", "to = \"product\"", "to = \"produkt\""),
        differs: &[
            (EARNINGS, "$.data[*].access_pass"),
            (EARNINGS, "$.data[*].product"),
            (EARNINGS, "$.data[*].produkt"),
            (OWN_EARNINGS, "$.data[*].access_pass"),
            (OWN_EARNINGS, "$.data[*].product"),
            (OWN_EARNINGS, "$.data[*].produkt"),
        ],
        check: "product: expected {",
    },
    Break {
        name: "a wrong constant",
        edit: |files| {
            let [was, is] = ["usd", "eur"].map(|currency| {
                format!("{{ drop = \"currency\", restore = '\"{currency}\"', implied_by = \"the _usd suffix of the amounts\" }},\n  {{ drop")
            });
            replace(files, "2026-06-20.toml", &was, &is);
        },
        differs: &[(REFERRALS, "$.data[*].currency"), (REFERRAL, "$.currency")],
        check: "$.currency: expected \"usd\", got \"eur\"",
    },
    Break {
        name: "a tag missing",
        edit: |files| {
            cut(
                files,
                "2026-07-01.toml",
                "  { tag = \"resource\", with = \"object\", value = \"receipt\" },\n",
            );
        },
        differs: &TAG,
        check: "resource.object: expected \"receipt\", got nothing",
    },
    Break {
        name: "an operation missing",
        edit: |files| {
            let place =
                format!("  {{ in = \"{OWN_EARNINGS}\", part = \"response\", at = \"$.data[*]\" }},\n");
            cut(files, "api.toml", &place);
        },
        differs: &[
            (OWN_EARNINGS, "$.data[*].access_pass"),
            (OWN_EARNINGS, "$.data[*].amount"),
            (OWN_EARNINGS, "$.data[*].base_amount"),
            (OWN_EARNINGS, "$.data[*].commission_amount_usd"),
            (OWN_EARNINGS, "$.data[*].currency"),
            (OWN_EARNINGS, "$.data[*].payout_percentage"),
            (OWN_EARNINGS, "$.data[*].product"),
            (OWN_EARNINGS, "$.data[*].receipt"),
            (OWN_EARNINGS, "$.data[*].resource"),
            (OWN_EARNINGS, "$.data[*].transaction_amount_usd"),
        ],
        check: "in it `BusinessReferralEarning` is found nowhere, says api.toml",
    },
    Break {
        name: "a parameter not renamed",
        edit: |files| cut(files, "api.toml", "  { in = \"GET /plans\", part = \"query\" },\n"),
        differs: &[("GET /plans", "status")],
        check: "account_id: expected \"account_id=biz_x\", got \"company_id=biz_x\"",
    },
    Break {
        name: "a value not mapped",
        edit: |files| cut(files, "2026-06-20.toml", ", total_earnings = \"earnings_usd\""),
        differs: &[(REFERRALS, "status")],
        check: "order: expected \"order=earnings_usd\", got \"order=total_earnings\"",
    },
    Break {
        name: "a conversion missing",
        edit: |files| {
            let step = "to = \"volume_usd.attributed\"";
            cut(files, "2026-06-20.toml", &format!("{step}, as = \"number -> decimal\""));
            replace(
                files,
                "2026-06-20.toml",
                "{ move = \"processing_volume\",  }",
                &format!("{{ move = \"processing_volume\", {step} }}"),
            );
        },
        differs: &[
            (REFERRALS, "$.data[*].processing_volume"),
            (REFERRALS, "$.data[*].volume_usd.attributed"),
            (REFERRALS, "$.data[*].volume_usd.settled"),
            (REFERRAL, "$.processing_volume"),
            (REFERRAL, "$.volume_usd.attributed"),
            (REFERRAL, "$.volume_usd.settled"),
        ],
        check: "$.volume_usd.attributed: expected \"11050.00\", got 11050.00",
    },
];

/// The differences if the type of an earning's resource is in the wrong place.
const TAG: [(&str, &str); 8] = [
    (EARNINGS, "$.data[*].receipt"),
    (EARNINGS, "$.data[*].receipt.object"),
    (EARNINGS, "$.data[*].resource"),
    (EARNINGS, "$.data[*].resource.object"),
    (OWN_EARNINGS, "$.data[*].receipt"),
    (OWN_EARNINGS, "$.data[*].receipt.object"),
    (OWN_EARNINGS, "$.data[*].resource"),
    (OWN_EARNINGS, "$.data[*].resource.object"),
];

fn cut(files: &mut Files, file: &str, text: &str) {
    replace(files, file, text, "");
}

/// Puts the first of each text in place of the first of the other.
fn swap(files: &mut Files, file: &str, one: &str, other: &str) {
    let text = files.get_mut(file).unwrap();
    *text = text.replacen(one, "\0", 1).replacen(other, one, 1).replacen('\0', other, 1);
}

impl Break {
    pub(super) fn write(&self, folder: &Path) {
        pack::write(folder, self.edit);
    }
}

/// The operations and paths that differ, between the oldest and the newest version, both ways.
fn verify(pack: Arc<Pack>) -> BTreeSet<(String, String)> {
    let (tried, sound) = (Tried::new(pack), Tried::new(built_in()));
    let versions: Vec<Version> = sound.pack().versions().collect();
    let (oldest, newest) = (versions[0], versions[versions.len() - 1]);
    let mut found = BTreeSet::new();
    for target in requests() {
        for (client, upstream) in [(oldest, newest), (newest, oldest)] {
            // The client knows its own words; it is the pack that does not.
            let own = sound.target(oldest, client, target);
            let operation = tried.pack().operation(tried.operation(&own)).to_string();
            let paths = match tried.ask(client, upstream, &own) {
                Came::Agreed(_) | Came::Refused(_) => vec![],
                Came::Differed(paths) => paths,
                Came::Statuses(..) => vec!["status".to_owned()],
                Came::Untranslatable(why) => vec![why],
            };
            found.extend(paths.into_iter().map(|path| (operation.clone(), path)));
        }
    }
    found
}

fn told(differs: &[(&str, &str)]) -> BTreeSet<(String, String)> {
    differs.iter().map(|(operation, path)| ((*operation).to_owned(), (*path).to_owned())).collect()
}

#[test]
fn every_break_is_told_by_verification_and_by_a_check() {
    assert!(verify(built_in()).is_empty(), "the pack itself");
    for broken in BREAKS {
        let pack = pack::edited(broken.edit);
        assert_eq!(verify(pack.clone()), told(broken.differs), "{}", broken.name);
        let mistakes = check_examples(&pack).map_or(String::new(), |mistakes| mistakes.render(false));
        assert!(mistakes.contains(broken.check), "{}: {mistakes}", broken.name);
    }
}

/// A break that contradicts another step is told before anything is translated.
#[test]
fn steps_in_the_wrong_order_are_told_when_the_pack_is_read() {
    let folder = tempfile::tempdir().unwrap();
    pack::write(folder.path(), |files| {
        let tag = "  { tag = \"resource\", with = \"object\", value = \"receipt\" },\n";
        let step = "  { move = \"receipt\", to = \"resource\" },\n";
        replace(files, "2026-07-01.toml", &format!("{step}{tag}"), &format!("{tag}{step}"));
    });
    let mistakes = Pack::load(folder.path()).expect_err("a contradiction").to_string();
    assert!(mistakes.contains("error[P08]: resource is there already"), "{mistakes}");
}

/// The upstream's own history is nowhere in the pack: that a version has another date, or that two versions are in the
/// wrong order, contradicts nothing in it. Only the upstream knows.
#[test]
fn what_only_the_upstream_knows_is_told_by_verification() {
    let wrong_date = pack::edited(|files| {
        let module = files.remove("2026-06-20.toml").unwrap().replace("\"2026-06-20\"", "\"2026-06-19\"");
        files.insert("2026-06-19.toml".to_owned(), module);
    });
    let wrong_order = pack::edited(|files| {
        let [users, plans] = ["2026-06-08", "2026-06-09"];
        let [one, two] = [users, plans].map(|date| files[&format!("{date}.toml")].clone());
        files.insert(format!("{users}.toml"), two.replace(plans, users));
        files.insert(format!("{plans}.toml"), one.replace(users, plans));
    });
    let newest = built_in().newest();
    for (broken, pin, target, told) in [
        (&wrong_date, "2026-06-19", "/api/v1/referrals/businesses", Came::Statuses(400, 200)),
        (
            &wrong_order,
            "2026-06-08",
            "/api/v1/plans/plan_pro",
            Came::Differed(vec!["$.account".to_owned(), "$.company".to_owned()]),
        ),
        (&wrong_order, "2026-06-08", "/api/v1/plans?company_id=biz_pickaxe", Came::Statuses(200, 400)),
    ] {
        let tried = Tried::new(broken.clone());
        let pin: Version = pin.parse().unwrap();
        assert_eq!(tried.ask(pin, newest, target), told, "{pin} {target}");
    }
    for broken in [wrong_date, wrong_order] {
        assert!(check_examples(&broken).is_none(), "a check has nothing to hold them to");
    }
}

/// A value that the pack declares as made up is checked by the examples: verification holds answers to the declaration,
/// and only the author knows whether that is right.
#[test]
fn what_only_the_author_knows_is_told_by_a_check() {
    for (was, is, told) in [
        (
            "value = '\"0.00\"'",
            "value = '\"0.01\"'",
            "$.volume_usd.awaiting_settlement: expected \"0.00\", got \"0.01\"",
        ),
        (
            "restore = 'null' },\n]",
            "restore = '\"\"' },\n]",
            "$.referred_by_account_id: expected null, got \"\"",
        ),
    ] {
        let broken = pack::edited(|files| replace(files, "2026-06-20.toml", was, is));
        assert_eq!(verify(broken.clone()), BTreeSet::new(), "it holds what was promised");
        let mistakes = check_examples(&broken).map_or(String::new(), |mistakes| mistakes.render(false));
        assert!(mistakes.contains(told), "{mistakes}");
    }
}
