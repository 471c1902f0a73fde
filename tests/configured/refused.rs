//! Configurations that cannot be meant: what keeps a gateway from starting is found by the check, too, all at once.

use super::Folder;
use crate::{common::program::dateline, wire::support::Process};
use std::process::Stdio;

/// A configuration or environment that is refused, and what is told of it.
struct Refused {
    text: &'static str,
    environment: &'static [(&'static str, &'static str)],
    told: &'static [&'static str],
}

const fn file(text: &'static str, told: &'static [&'static str]) -> Refused {
    Refused { text, environment: &[], told }
}

const RETIRED: &str = "\nsunset = \"2027-06-01\"\nafter_sunset = \"refuse\"\n[[version]]\npin = ";

#[tokio::test]
async fn row_14_2e_what_cannot_be_meant_is_refused_at_start_and_by_the_check() {
    let all = ["2025-01-01", "2026-06-08", "2026-06-09", "2026-06-20", "2026-07-01"];
    let all: String = all.map(|version| format!("\"{version}\"{RETIRED}")).concat();
    let all = format!("[[version]]\npin = {}", all.strip_suffix("[[version]]\npin = ").unwrap());
    let all: &'static str = all.leak();
    let cases = [
        file(
            "[log]\nfilter = \"verbose\"\n",
            &["dateline.toml:2: log.filter: \"verbose\" is not a filter", "error, warn, info"],
        ),
        file("[log]\nfilter = \"info,debgu\"\n", &["dateline.toml:2: log.filter", "did you mean debug?"]),
        file("[log]\nfilter = \"h2=trace\"\n", &["dateline.toml:2: log.filter", "nothing would be written"]),
        Refused {
            text: "",
            environment: &[("DATELINE_LOG__FILTER", "verbose")],
            told: &["DATELINE_LOG__FILTER in the environment: log.filter"],
        },
        file(
            "[listen]\naddress = \"127.0.0.1:9932\"\n[upstream]\nurl = \"http://127.0.0.1:9932\"\n",
            &["dateline.toml:4: upstream.url: this is the gateway itself, listen.address 127.0.0.1:9932"],
        ),
        file(
            "[listen]\naddress = \"0.0.0.0:9932\"\n[upstream]\nurl = \"http://localhost:9932\"\n",
            &["dateline.toml:4: upstream.url: this is the gateway itself, listen.address 0.0.0.0:9932"],
        ),
        file(
            "[upstream]\nurl = \"http://localhost:9090\"\n",
            &["dateline.toml:2: upstream.url: this is the gateway itself, admin.address 127.0.0.1:9090"],
        ),
        file(
            "[telemetry]\notlp_endpoint = \"http://localhost:8080\"\n",
            &[
                "dateline.toml:2: telemetry.otlp_endpoint: this is the gateway itself, listen.address 127.0.0.1:8080",
            ],
        ),
        file(
            all,
            &[
                "dateline.toml:20: version[4].after_sunset: every version of the pack is refused",
                "write \"serve\"",
            ],
        ),
        file(
            "[[version]]\npin = \"2026-07-01\"\nsunset = \"2027-06-01\"\nafter_sunset = \"refuse\"\n",
            &[
                "dateline.toml:4: version[0].after_sunset: 2026-07-01 is the version in which the upstream is asked",
            ],
        ),
        file(
            "pins.default = \"2025-01-01\"\n[[version]]\npin = \"2025-01-01\"\nsunset = \"2027-06-01\"\nafter_sunset = \"refuse\"\n",
            &["dateline.toml:5: version[0].after_sunset: 2025-01-01 is pins.default"],
        ),
        file(
            "[upstream]\nversion = \"2024-01-01\"\n[timeouts]\nresponse_body_idle = 3\n[log]\nfilter = \"loud\"\n",
            &[
                "3 mistakes",
                "dateline.toml:2: upstream.version: the pack has no version 2024-01-01",
                "timeouts.response_body_idle",
                "log.filter",
            ],
        ),
    ];
    for Refused { text, environment, told } in cases {
        let files = Folder::new(text);
        let started = files.run(&["serve", "--config", "dateline.toml"], environment).await;
        assert_eq!((started.code, started.output.as_str()), (Some(2), ""), "{text}");
        let checked = files.run(&["check", "--config", "dateline.toml"], environment).await;
        assert_eq!((checked.code, checked.notes.as_str()), (Some(1), ""), "{text}");
        for told in told {
            assert!(started.notes.contains(told), "{told}: {}", started.notes);
            assert!(checked.output.contains(told), "{told}: {}", checked.output);
        }
    }
}

#[tokio::test]
async fn row_14_2e_a_filter_of_rust_log_that_would_silence_everything_is_refused() {
    let started = Folder::new("")
        .run(&["serve"], &[("RUST_LOG", "verbose"), ("DATELINE_LISTEN__ADDRESS", "127.0.0.1:0")])
        .await;
    assert_eq!(started.code, Some(2));
    assert!(started.notes.contains("RUST_LOG: \"verbose\" is not a filter"), "{}", started.notes);
}

#[tokio::test]
async fn row_14_2e_the_pack_may_retire_its_default_and_the_operator_is_warned() {
    let files = Folder::new(
        "[[version]]\npin = \"2025-01-01\"\nsunset = \"2027-06-01\"\nafter_sunset = \"refuse\"\n",
    );
    let checked = files.run(&["check", "-c", "dateline.toml"], &[]).await;
    assert_eq!((checked.code, checked.notes.as_str()), (Some(0), ""));
    let told = "warning: dateline.toml:4: version[0].after_sunset: 2025-01-01 is what requests without a version speak";
    assert!(checked.output.contains(told), "{}", checked.output);
}

#[tokio::test]
async fn row_14_2b_at_start_the_first_line_says_where_requests_go() {
    let start = async |arguments: &[&str], url: Option<&str>| {
        let mut command = dateline(arguments);
        command
            .envs(url.map(|url| ("DATELINE_UPSTREAM__URL", url)))
            .env("DATELINE_LISTEN__ADDRESS", "127.0.0.1:0")
            .env("DATELINE_ADMIN__ADDRESS", "off")
            .env("DATELINE_LOG__FORMAT", "json")
            // A warning of its own, which comes after it.
            .env("DATELINE_PORT", "tcp://10.0.0.1")
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let process = Process::spawned(command).await;
        let first = process.events(1, |_| true).await.remove(0);
        (first["level"].as_str().unwrap().to_owned(), first["message"].as_str().unwrap().to_owned())
    };
    let (level, message) = start(&["serve"], None).await;
    assert_eq!(level, "WARN");
    assert!(
        message.starts_with(
            "upstream.url: not set: requests, and the keys in them, are sent to https://api.whop.com"
        ),
        "{message}"
    );
    for (arguments, url) in
        [(&["serve", "--sandbox"][..], None), (&["ext-proc"], None), (&["serve"], Some("http://127.0.0.1:1"))]
    {
        let (_, message) = start(arguments, url).await;
        assert!(message.starts_with("DATELINE_PORT in the environment"), "{arguments:?}: {message}");
    }
}
