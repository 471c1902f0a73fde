//! `dateline check --config`: what a gateway would start with, without starting it.

use super::{
    Folder,
    support::{Authority, Process, Upstream, json},
};
use serde_json::Value;
use std::{fs, net::TcpListener, path::Path};

#[tokio::test]
async fn row_14_2f_what_would_start_passes_and_nothing_is_touched() {
    let authority = Authority::new();
    let (cert, key) = authority.files("localhost");
    // A port that another program has, and an upstream that must not be asked.
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let upstream = Upstream::answers(json("{}")).await;
    let files = Folder::new("").with_pack();
    let text = format!(
        "[listen]\naddress = \"{}\"\ntls_cert = {cert:?}\ntls_key = {key:?}\nclient_ca = {:?}\n\
         [upstream]\nurl = \"{}\"\nversion = \"2026-06-20\"\nclient_cert = {cert:?}\nclient_key = {key:?}\n\
         [transforms]\npath = {:?}\n[usage]\nfile = \"usage.redb\"\n[record]\nfolder = \"new/recording\"\n\
         [verify]\nfile = \"verify.jsonl\"\n[[client]]\nname = \"a\"\nhost = \"a.example\"\npin = \"2025-01-01\"\n",
        taken.local_addr().unwrap(),
        authority.file(),
        upstream.url,
        files.at("pack"),
    );
    files.write("dateline.toml", &text);
    let before = files.names();
    let checked = files.run(&["check", "--config", "dateline.toml"], &[]).await;
    let told = format!(
        "dateline.toml: no mistakes: {} at 2026-06-20, the pack whop with 5 versions, 1 client\n",
        upstream.url
    );
    assert_eq!((checked.code, checked.output, checked.notes), (Some(0), told, String::new()));
    assert_eq!((files.names(), upstream.connections()), (before, 0));

    // What is shipped passes, with a word on where requests go; and so does nothing, with the environment.
    for shipped in
        ["config/dateline.toml", "deploy/docker/dateline.toml", "deploy/kubernetes/base/dateline.toml"]
    {
        let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join(shipped);
        // Where the image and the manifests put it, there is none here.
        let pack = [("DATELINE_TRANSFORMS__PATH", files.at("pack").to_str().unwrap().to_owned())];
        let pack = pack.each_ref().map(|(name, path)| (*name, path.as_str()));
        let checked = files.run(&["check", "-c", shipped.to_str().unwrap()], &pack).await;
        assert_eq!(checked.code, Some(0), "{checked:?}");
        assert!(checked.output.starts_with("warning: upstream.url: not set"), "{}", checked.output);
    }
    let variables = [("DATELINE_UPSTREAM__URL", upstream.url.as_str())];
    let checked = files.run(&["check", "--config", "/dev/null"], &variables).await;
    assert_eq!((checked.code, checked.output.lines().count()), (Some(0), 1), "{checked:?}");
}

#[tokio::test]
async fn row_14_2f_every_mistake_is_listed_with_its_place() {
    let (one, other) = (Authority::new(), Authority::new());
    let ((cert, _), (_, key)) = (one.files("localhost"), other.files("localhost"));
    let files = Folder::new("");
    files.write("no.pem", "no certificate");
    let text = format!(
        "[listen]\ntls_cert = {cert:?}\n  tls_key = {key:?}\n[upstream]\nca_file = \"no.pem\"\nversion = \"2024-01-01\"\n\
         [[client]]\nname = \"a\"\nhost = \"a.example\"\npin = \"2024-02-02\"\n[log]\nfromat = \"json\"\n"
    );
    files.write("dateline.toml", &text);
    let variables = [("DATELINE_LIMITS__HEADERS", "none")];
    let arguments = ["check", "--config", "dateline.toml"];
    let checked = files.run(&arguments, &variables).await;
    assert_eq!((checked.code, checked.notes.as_str()), (Some(1), ""));
    let told = [
        "the configuration has 6 mistakes:",
        "dateline.toml:3: listen.tls_key: ",
        "it is not the key of the certificate in listen.tls_cert",
        "dateline.toml:5: upstream.ca_file: no.pem: it holds no certificate in PEM",
        "dateline.toml:6: upstream.version: the pack has no version 2024-01-01",
        "dateline.toml:10: client[0].pin: the pack has no version 2024-02-02",
        "dateline.toml:12: log.fromat: no such key; did you mean log.format?",
        "DATELINE_LIMITS__HEADERS in the environment: limits.headers: ",
        "dateline.toml: 6 mistakes",
    ];
    for told in told {
        assert!(checked.output.contains(told), "{told}: {}", checked.output);
    }

    let listed = files.run(&["check", "-c", "dateline.toml", "--json"], &variables).await;
    assert_eq!((listed.code, listed.notes.as_str()), (Some(1), ""));
    let listed: Value = serde_json::from_str(&listed.output).unwrap();
    let mistakes = listed["mistakes"].as_array().unwrap();
    let places: Vec<_> =
        mistakes.iter().map(|m| (m["key"].as_str(), m["line"].as_u64(), m["column"].as_u64())).collect();
    assert_eq!(
        places,
        [
            (Some("listen.tls_key"), Some(3), Some(3)),
            (Some("upstream.ca_file"), Some(5), Some(1)),
            (Some("upstream.version"), Some(6), Some(1)),
            (Some("client[0].pin"), Some(10), Some(1)),
            (Some("log.fromat"), Some(12), Some(1)),
            (Some("limits.headers"), None, None),
        ]
    );
    assert_eq!(
        (&mistakes[4]["code"], &mistakes[4]["help"]),
        (&"unknown_key".into(), &"did you mean log.format?".into())
    );
    assert_eq!(
        (&mistakes[5]["variable"], &mistakes[5]["file"]),
        (&"DATELINE_LIMITS__HEADERS".into(), &Value::Null)
    );
    assert!(mistakes.iter().all(|mistake| mistake["message"].as_str().is_some_and(|text| !text.is_empty())));
    assert_eq!(
        (&listed["summary"], &listed["warnings"]),
        (&"dateline.toml: 6 mistakes".into(), &Value::Array(Vec::new()))
    );
}

#[tokio::test]
async fn row_14_2f_a_pack_with_mistakes_is_told_beside_the_configuration() {
    let files =
        Folder::new("[transforms]\npath = \"pack\"\n[timeouts]\nresponse_body_idle = 3\n").with_pack();
    let module = fs::read_to_string(files.at("pack/2026-06-09.toml")).unwrap();
    files.write("pack/2026-06-09.toml", &module.replacen("move =", "mvoe =", 1));
    let line = 1 + module.lines().position(|line| line.contains("move =")).unwrap();
    for (arguments, key) in [
        (&["check", "-c", "dateline.toml", "--json"][..], Some("timeouts.response_body_idle")),
        (&["check", "pack", "--json"], None),
    ] {
        let listed = files.run(arguments, &[]).await;
        assert_eq!(listed.code, Some(1), "{arguments:?}: {listed:?}");
        let listed: Value = serde_json::from_str(&listed.output).unwrap();
        let mistakes = listed["mistakes"].as_array().unwrap();
        assert_eq!(mistakes[0]["key"].as_str(), key, "{listed:#}");
        let of_pack = mistakes.iter().find(|mistake| mistake["code"] == "P02").expect("an unknown key");
        assert_eq!(of_pack["line"], line, "{of_pack:#}");
        assert!(of_pack["file"].as_str().unwrap().ends_with("2026-06-09.toml") && of_pack["column"].is_u64());
    }
}

#[tokio::test]
async fn row_14_2f_what_cannot_be_read_is_2_and_what_was_meant_is_said() {
    let files = Folder::new("");
    for (arguments, told) in [
        (&["check", "--config", "no.toml"][..], "dateline: no.toml: cannot be read: No such file"),
        (&["check", "--config", "."], "dateline: .: cannot be read"),
        (&["check", "no/such"], "dateline: there is no folder `no/such`"),
        (
            &["check", "dateline.toml"],
            "dateline: `dateline.toml` is a file: a pack is its folder; to check a configuration use --config",
        ),
        (&["check", "pack", "--config", "dateline.toml"], "cannot be used with"),
    ] {
        let ran = files.run(arguments, &[]).await;
        assert_eq!((ran.code, ran.output.as_str()), (Some(2), ""), "{arguments:?}");
        assert!(ran.notes.contains(told), "{told}: {}", ran.notes);
    }
}

#[tokio::test]
async fn row_14_2f_places_that_cannot_be_written_are_warned_of() {
    let files =
        Folder::new("[usage]\nfile = \"no/usage.redb\"\n[record]\nfolder = \"dateline.toml/recording\"\n");
    let checked = files.run(&["check", "--config", "dateline.toml"], &[]).await;
    assert_eq!((checked.code, checked.notes.as_str()), (Some(0), ""), "they keep nobody from being served");
    for told in [
        "warning: dateline.toml:2: usage.file: no/usage.redb cannot be written: there is no folder no\n",
        "warning: dateline.toml:4: record.folder: dateline.toml/recording cannot be written: ",
    ] {
        assert!(checked.output.contains(told), "{told}: {}", checked.output);
    }
    assert_eq!(files.names(), ["dateline.toml"]);
}

#[tokio::test]
async fn an_old_name_of_a_key_is_read_and_told_at_the_start_and_by_check() {
    let files = Folder::new("[limits]\nexchanges = 7\n");
    let environment = ("DATELINE_TIMEOUTS__FIRST_BYTE", "7s");
    let checked = files.run(&["check", "--config", "dateline.toml"], &[environment]).await;
    assert_eq!((checked.code, checked.notes.as_str()), (Some(0), ""));
    for told in [
        "warning: dateline.toml:2: limits.exchanges: an old name",
        "warning: DATELINE_TIMEOUTS__FIRST_BYTE in the environment: timeouts.first_byte: an old name",
    ] {
        assert!(checked.output.contains(told), "{}", checked.output);
    }

    let upstream = Upstream::answers(json("{}")).await;
    let gateway = Process::before(&upstream, &[environment]).await;
    let of_the_old_name =
        |event: &Value| event.to_string().contains("write DATELINE_TIMEOUTS__RESPONSE_HEADER");
    assert_eq!(gateway.events(1, of_the_old_name).await.len(), 1, "it is told once");
}
