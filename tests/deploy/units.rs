//! The units of `deploy/systemd/` say what the program does.

#[test]
fn the_units_give_a_drain_its_time() {
    let unit = include_str!("../../deploy/systemd/dateline.service");
    let seconds = |key: &str| {
        let line = unit.lines().find_map(|line| line.strip_prefix(key)).unwrap();
        line.trim_start_matches('=').parse::<u64>().unwrap()
    };
    let drain = dateline_gateway::Config::default().timeouts.drain.as_secs();
    assert!(seconds("TimeoutStopSec") >= drain + 25, "what comes after a drain: src/serve/manager.rs");
    assert!(seconds("WatchdogSec") >= 10, "a loaded machine is no hung one");
}

/// A socket unit and the configuration that is installed beside it say the same.
#[test]
fn the_sockets_listen_where_the_configuration_says() {
    let config = dateline_gateway::Config::default();
    let clients = include_str!("../../deploy/systemd/dateline.socket");
    let admin = include_str!("../../deploy/systemd/dateline-admin.socket");
    assert!(clients.lines().any(|line| line == format!("ListenStream={}", config.listen.address)));
    let address = config.admin.address.unwrap();
    assert!(admin.lines().any(|line| line == format!("ListenStream={address}")));
    assert!(admin.lines().any(|line| line == "FileDescriptorName=admin"));
}

/// The unit checks the configuration before it replaces anything that runs.
#[test]
fn row_14_2f_the_unit_checks_the_configuration_that_it_starts_with() {
    let unit = include_str!("../../deploy/systemd/dateline.service");
    let line = |key: &str| unit.lines().find_map(|line| line.strip_prefix(key)).unwrap();
    assert_eq!(line("ExecStartPre="), line("ExecStart=").replace(" serve ", " check "));
}
