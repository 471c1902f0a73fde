//! Values that follow signs and in lists: what a list is sorted by, in queries and in forms.

use super::support::{Gateway, Upstream, ask, get, json, v};
use crate::common::pack;
use dateline_core::pack::Pack;
use std::sync::Arc;

fn shop() -> Arc<Pack> {
    pack::shop(
        "operations = [\"GET /orders\", \"POST /exports\"]\n\
         [resource.Sorting]\nfound = [{ in = \"GET /orders\", part = \"query\" }, \
         { in = \"POST /exports\", part = \"body\", at = \"$\" }]\n",
        (
            "2026-01-01",
            "[[change]]\nname = \"Sort by accounts\"\nwhy = \"w\"\n\
             resource = \"Sorting\"\nsteps = [{ map = \"sort\", values = { company = \"account\" }, signs = true, list = \",\" }]\n",
        ),
    )
}

#[tokio::test]
async fn row_14_1k_what_is_sorted_by_is_known_behind_signs_and_in_lists() {
    for (client, at, from, to) in [
        ("2025-01-01", "2026-01-01", "company", "account"),
        ("2026-01-01", "2025-01-01", "account", "company"),
    ] {
        let mut upstream = Upstream::answers(json("{}")).await;
        upstream.version = v(at);
        let gateway = Gateway::of_pack(shop(), &upstream, |_| {}).await;
        for value in ["-X", "+X", "%2BX", "X,total", "total%2C-X,created_at", "%2dX", "Xs,-x-X"] {
            let (sent, wanted) = (value.replace('X', from), value.replace('X', to));
            let is_mapped = !value.ends_with("-x-X");
            let wanted = if is_mapped { wanted } else { sent.clone() };
            let ask_list = get(&format!("/v1/orders?sort={sent}&q=-{from}")).with("shop-version", client);
            let answer = gateway.send(ask_list).await;
            assert_eq!((answer.status(), answer.field("dateline-loss")), (200, None), "{sent}");
            let start = upstream.requests().pop().unwrap().start;
            assert_eq!(start, format!("GET /v1/orders?sort={wanted}&q=-{from} HTTP/1.1"));
            let export = ask("POST", "/v1/exports").with("shop-version", client);
            gateway.send(export.form(&format!("sort={sent}"))).await;
            assert_eq!(upstream.requests().pop().unwrap().text(), format!("sort={wanted}"));
        }
        let export = ask("POST", "/v1/exports").with("shop-version", client);
        gateway.send(export.json(&format!(r#"{{"sort":"-{from}, total"}}"#))).await;
        assert_eq!(upstream.requests().pop().unwrap().text(), format!(r#"{{"sort":"-{to}, total"}}"#));
    }
}
