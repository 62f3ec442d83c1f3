//! Settings that a deployment makes: what a program does with them whether it calls `init` or
//! not. Each test does its work in a child process, with a home of its own.

mod child;

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use logd::{Config, Counter, DropReason};
use logd_receiver::Receiver;

const PATIENCE: Duration = Duration::from_secs(20);

static HITS: Counter = Counter::new("hits");

fn receiver() -> (Receiver, u16) {
    let receiver = Receiver::bind("127.0.0.1:0").expect("a free port");
    let port = receiver.local_addr().port();
    (receiver, port)
}

/// A home folder with this file of settings.
fn home(test: &str, settings: &str) -> PathBuf {
    let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
    // The child comes by here as well.
    if env::var_os("HOME").is_none_or(|own| own != home) {
        fs::create_dir_all(&home).expect("a folder");
        fs::write(home.join(".logdrc"), settings).expect("a file");
    }
    home
}

/// In the child, its home's file.
fn own_file() -> PathBuf {
    Path::new(&env::var_os("HOME").expect("set by the parent")).join(".logdrc")
}

#[test]
fn the_readme_lists_every_setting_by_its_names() {
    let readme = include_str!("../README.md");
    for (name, ..) in Config::default().origins() {
        let row = format!("\n| `{name}` | `LOGD_{}` | ", name.to_uppercase());
        assert!(readme.contains(&row), "{row}");
    }
}

#[test]
fn init_takes_the_file_of_the_home_below_the_environment_below_the_builder() {
    let (receiver, port) = receiver();
    let name = "init_takes_the_file_of_the_home_below_the_environment_below_the_builder";
    let port = port.to_string();
    let home = home(
        name,
        "# ours\nhost = '127.0.0.1'\nport = 1\nprefix = file\nlogfile = app.log",
    );
    let variables = [("HOME", home.to_str().unwrap()), ("LOGD_PORT", &*port)];
    child::succeeded(&child::run(name, &variables, || {
        let config = Config::discover().expect("settings");
        assert_eq!(config.path(), Some("app.log"));
        let shown = config.to_string();
        let from_home = format!("prefix = \"file\"  # from {}:4", own_file().display());
        assert!(shown.contains(&from_home), "{shown}");
        assert!(shown.contains("  # from LOGD_PORT\n"), "{shown}");

        let logd = logd::builder().prefix("program").init().expect("init");
        HITS.increment();
        assert!(logd.flush(PATIENCE).is_complete());

        let own = config.into_builder().build().expect("a client");
        own.increment("own");
        assert!(own.flush(PATIENCE).is_complete());
        let without = logd::Client::builder().build().expect("a client");
        let report = without.flush(Duration::ZERO);
        assert!(report.transport().contains(":8126"), "{report}");
    }));
    let interval = receiver.flush();
    assert_eq!(interval.counter("program:hits").unwrap().sum, 1.0);
    assert_eq!(interval.counter("file:own").unwrap().sum, 1.0);
}

#[test]
fn a_program_that_never_calls_init_takes_all_settings_of_the_file() {
    let (receiver, port) = receiver();
    let name = "a_program_that_never_calls_init_takes_all_settings_of_the_file";
    let home = home(
        name,
        &format!("port = {port}\nprefix = lazy\nreduce = false\nmax_names = 1"),
    );
    let variables = [("HOME", home.to_str().unwrap())];
    child::succeeded(&child::run(name, &variables, || {
        HITS.increment();
        assert!(logd::flush(PATIENCE).is_complete());
        for _ in 0..5 {
            HITS.increment();
        }
        logd::client().increment("first");
        logd::client().increment("second");
        let report = logd::flush(PATIENCE);
        assert_eq!((report.events(), report.messages()), (7, 7), "{report}");
    }));
    let interval = receiver.flush();
    assert_eq!(interval.counter("lazy:hits").unwrap().sum, 6.0);
    assert_eq!(interval.counter("lazy:first").unwrap().sum, 1.0);
    let overflow = interval.counter("lazy:logd.client.overflow.counter");
    assert_eq!(overflow.unwrap().sum, 1.0, "{interval}");
}

#[test]
fn a_program_that_is_switched_off_from_outside_sends_nothing() {
    let (receiver, port) = receiver();
    let port = port.to_string();
    let name = "a_program_that_is_switched_off_from_outside_sends_nothing";
    for init in ["yes", "no"] {
        let variables = [
            ("LOGD_PORT", &*port),
            ("LOGD_ENABLED", "false"),
            ("TEST_INIT", init),
        ];
        child::succeeded(&child::run(name, &variables, || {
            HITS.increment();
            let init = env::var("TEST_INIT").is_ok_and(|init| init == "yes");
            let _logd = init.then(|| logd::init().expect("settings"));
            let report = logd::flush(PATIENCE);
            assert_eq!((report.sent(), report.pending()), (0, 0), "{report}");
            HITS.increment();
            let report = logd::flush(PATIENCE);
            assert_eq!(report.events(), 0, "{report}");
        }));
    }
    assert_eq!(receiver.flush().health.datagrams, 0);
}

#[test]
fn a_malformed_file_is_an_error_of_init_and_a_state_without_it_until_it_is_mended() {
    let (receiver, port) = receiver();
    let port = port.to_string();
    let name = "a_malformed_file_is_an_error_of_init_and_a_state_without_it_until_it_is_mended";
    let home = home(name, "prefix = mended\nhots = web1\n");
    let variables = [("HOME", home.to_str().unwrap()), ("TEST_PORT", &*port)];
    child::succeeded(&child::run(name, &variables, || {
        let complaint = format!(
            "{}:2: there is no setting `hots`: did you mean `host`?",
            own_file().display()
        );
        HITS.increment();
        let report = logd::flush(Duration::from_millis(50));
        assert_eq!((report.pending(), report.dropped()), (1, 0), "{report}");
        assert_eq!(report.transport(), format!("not configured: {complaint}"));
        assert_eq!(logd::client().stats().transport(), report.transport());

        let error = logd::builder()
            .port(1)
            .init()
            .expect_err("a malformed file");
        assert!(error.is_config());
        assert_eq!(error.to_string(), complaint);

        let port = env::var("TEST_PORT").expect("set by the parent");
        fs::write(own_file(), format!("prefix = mended\nport = {port}")).expect("a file");
        assert!(logd::flush(PATIENCE).is_complete());
    }));
    assert_eq!(receiver.flush().counter("mended:hits").unwrap().sum, 1.0);
}

#[test]
fn discovery_does_not_open_again_what_was_shut_down_before_it() {
    let (receiver, port) = receiver();
    let port = port.to_string();
    let name = "discovery_does_not_open_again_what_was_shut_down_before_it";
    child::succeeded(&child::run(name, &[("LOGD_PORT", &*port)], || {
        HITS.increment();
        let report = logd::client().shutdown(PATIENCE);
        assert_eq!(report.sent(), 1, "{report}");
        HITS.increment();
        let stats = logd::client().stats();
        assert_eq!(stats.dropped_by(DropReason::Closed), 1, "{stats:?}");
    }));
    assert_eq!(receiver.flush().counter("hits").unwrap().sum, 1.0);
}
