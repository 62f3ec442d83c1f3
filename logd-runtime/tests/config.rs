//! Where settings are found, which of them count, and what is said about those that can not be
//! used: the very words, because they are all that a person has to go by.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use logd_runtime::{Config, Error, Origin};

/// Where the tests' files are, other than usual.
const PLACE: &str = "CONFIG_TEST_PLACE";

/// A root of a file system and a home in it, of this test's own.
struct Machine {
    root: PathBuf,
    variables: Vec<(OsString, OsString)>,
}

impl Machine {
    fn new(test: &str) -> Machine {
        let place = std::env::var_os(PLACE).unwrap_or_else(|| env!("CARGO_TARGET_TMPDIR").into());
        let root = Path::new(&place).join(test);
        if root.exists() {
            fs::remove_dir_all(&root).expect("to remove what an earlier run left");
        }
        fs::create_dir_all(root.join("home")).expect("a folder");
        Machine {
            root,
            variables: Vec::new(),
        }
    }

    /// With this file; a place that begins with `~` is in the home.
    fn file(self, place: &str, content: impl AsRef<[u8]>) -> Machine {
        let path = self.path(place);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, content).expect("a file");
        self
    }

    fn variable(mut self, name: &str, value: &str) -> Machine {
        self.variables.push((name.into(), value.into()));
        self
    }

    fn path(&self, place: &str) -> PathBuf {
        match place.strip_prefix("~/") {
            Some(place) => self.root.join("home").join(place),
            None => self.root.join(place.trim_start_matches('/')),
        }
    }

    fn discover(&self) -> Result<Config, Error> {
        let home = self.root.join("home");
        Config::discover_below(Some(&home), &self.root, self.variables.clone())
    }

    #[track_caller]
    fn config(&self) -> Config {
        self.discover().expect("settings")
    }

    /// What is said, with this machine's root taken for `/`.
    #[track_caller]
    fn complaint(&self) -> String {
        let error = self.discover().expect_err("an unusable setting");
        assert!(error.is_config(), "{error}");
        let root = self.root.to_str().expect("UTF-8");
        error.to_string().replace(root, "")
    }
}

/// What a file of this content is.
fn read(content: impl AsRef<[u8]>) -> Result<Config, String> {
    Config::from_bytes(Path::new("/etc/logd.conf"), content.as_ref())
        .map_err(|error| error.to_string())
}

/// The lines of what is shown, without those that nobody has set.
fn shown(config: &Config) -> Vec<String> {
    let lines = config.to_string();
    let set = lines.lines().filter(|line| !line.ends_with("# default"));
    set.map(str::to_owned).collect()
}

// ---- where settings come from ----

#[test]
fn the_first_file_that_exists_counts_alone_and_in_pylogds_order() {
    let places = [
        "~/.logdrc",
        "/etc/logd.conf",
        "/etc/logd/logd.conf",
        "/etc/default/logd.conf",
    ];
    for first in 0..places.len() {
        let machine = places[first..].iter().fold(
            Machine::new(&format!("order-{first}")).file("/etc/logd/other.conf", "host = nobody"),
            |machine, place| machine.file(place, format!("host = {}", place.len())),
        );
        let config = machine.config();
        assert_eq!(config.host(), places[first].len().to_string());
        let origin = config.origins().next().expect("the host").2;
        let Origin::File { path, line, .. } = origin else {
            panic!("{origin}")
        };
        assert_eq!((&**path, *line), (&*machine.path(places[first]), 1));
    }
    let machine = Machine::new("merging")
        .file("/etc/logd.conf", "host = first")
        .file("/etc/logd/logd.conf", "host = second prefix = second");
    assert_eq!(machine.config().prefix(), None);
}

#[test]
fn the_environment_counts_before_a_file_and_a_file_before_the_defaults() {
    let machine = Machine::new("precedence")
        .file(
            "/etc/logd.conf",
            "# ours\nhost = stats.internal\nprefix = file",
        )
        .variable("LOGD_PREFIX", "environment")
        .variable("LOGD_HOST", "");
    let config = machine.config();
    assert_eq!(config.host(), "stats.internal", "an empty variable is none");
    assert_eq!(config.prefix(), Some("environment"));
    assert_eq!((config.port(), config.path()), (8126, None));

    let file = machine.path("/etc/logd.conf");
    let lines = config.to_string();
    let lines: Vec<&str> = lines.lines().take(3).collect();
    assert_eq!(
        lines,
        [
            &*format!("host = \"stats.internal\"  # from {}:2", file.display()),
            "port = 8126  # default",
            "prefix = \"environment\"  # from LOGD_PREFIX",
        ]
    );
}

#[test]
fn every_setting_can_be_made_in_a_file_and_in_the_environment() {
    let values = [
        ("host", "\"stats.internal\""),
        ("port", "9000"),
        ("prefix", "\"shop\""),
        ("path", "\"/var/log/app.log\""),
        ("enabled", "false"),
        ("reduce", "false"),
        ("flush_interval", "250ms"),
        ("datagrams_per_second", "100"),
        ("messages_per_timer", "50"),
        ("threshold", "99.5"),
        ("max_names", "17"),
        ("log_queue_records", "18"),
        ("log_queue_bytes", "19"),
        ("report_drops", "false"),
        ("format", "dogstatsd"),
        ("tags", "\"env:prod,zone:eu\""),
        ("address_family", "prefer_ipv6"),
    ];
    let names: Vec<_> = Config::default().origins().map(|(name, ..)| name).collect();
    assert_eq!(names, values.map(|(name, _)| name), "all that there are");

    let content: String = values
        .iter()
        .map(|(name, value)| format!("{name} = {value}\n"))
        .collect();
    let in_file = read(&content).expect("settings");
    let in_environment = values
        .iter()
        .fold(Machine::new("variables"), |machine, (name, value)| {
            let variable = format!("LOGD_{}", name.to_uppercase());
            machine.variable(&variable, value.trim_matches('"'))
        })
        .config();
    for (number, (name, value)) in (1..).zip(values) {
        let line = format!("{name} = {value}  # from ");
        let from_file = format!("{line}/etc/logd.conf:{number}");
        assert!(shown(&in_file).contains(&from_file), "{in_file}");
        let from_variable = format!("{line}LOGD_{}", name.to_uppercase());
        assert!(
            shown(&in_environment).contains(&from_variable),
            "{in_environment}"
        );
    }
    // What is shown is a file itself.
    let again = read(in_environment.to_string()).expect("the form of a file");
    for ((name, value, _), (_, same, _)) in in_environment.origins().zip(again.origins()) {
        assert_eq!(value, same, "{name}");
    }
}

#[test]
fn the_builder_counts_before_everything_and_its_errors_are_its_own() {
    let config = read("port = 1\nprefix = file").expect("settings");
    let error = config.into_builder().port(0).build().expect_err("no port");
    assert_eq!(
        error.to_string(),
        "the port is 0: write the port that the receiver listens on, such as 8126"
    );

    // What is wrong with two of them shows when all are known, with the origin of one.
    let config = read("tags = env:prod,zone:eu").expect("settings");
    let error = config
        .into_builder()
        .build()
        .expect_err("tags in logd's format");
    assert_eq!(
        error.to_string(),
        "/etc/logd.conf:1: tags is \"env:prod,zone:eu\", which can not be sent in the format \
         logd: choose the format dogstatsd, in code Format::DogStatsD, or use the prefix"
    );
}

#[test]
fn a_home_that_is_missing_or_relative_is_not_looked_into() {
    let machine = Machine::new("homes").file("~/.logdrc", "host = home");
    // The very folder, by a way that depends on where the program was started.
    let here = std::env::current_dir().expect("a folder");
    let up: PathBuf = here.components().map(|_| "..").collect();
    let home = machine.path("~/");
    let relative = up.join(home.strip_prefix("/").expect("an absolute path"));
    assert!(relative.join(".logdrc").exists());
    for home in [None, Some(Path::new("")), Some(&*relative)] {
        let config = Config::discover_below(home, &machine.root, Vec::new()).expect("defaults");
        assert_eq!(config.host(), "127.0.0.1", "{home:?}");
    }
    assert_eq!(machine.config().host(), "home");
}

#[cfg(unix)]
#[test]
fn links_are_followed_and_what_is_neither_file_nor_nothing_is_an_error() {
    use std::os::unix::fs::symlink;
    use std::process::Command;

    // A link to nothing, and a path through a file: nothing is there, as for pylogd.
    let machine = Machine::new("links").file("/etc/logd/logd.conf", "host = second");
    symlink("/nonexistent", machine.path("~/.logdrc")).expect("a link");
    assert_eq!(machine.config().host(), "second");
    let machine = Machine::new("a-file-as-folder")
        .file("/etc/logd", "")
        .file("/etc/default/logd.conf", "host = last");
    assert_eq!(machine.config().host(), "last");

    let machine = Machine::new("nothing").file("/etc/logd.conf", "host = other");
    symlink("/dev/null", machine.path("~/.logdrc")).expect("a link");
    assert_eq!(shown(&machine.config()), [""; 0], "an empty file is one");
    // Opening a pipe that nobody writes to would wait for ever.
    let machine = Machine::new("a-pipe");
    let made = Command::new("mkfifo")
        .arg(machine.path("~/.logdrc"))
        .status();
    assert!(made.expect("mkfifo").success());
    assert_eq!(
        machine.complaint(),
        "/home/.logdrc is no ordinary file: put a file with lines such as host = 127.0.0.1 there, or nothing"
    );

    let machine = Machine::new("a-circle");
    symlink(".logdrc", machine.path("~/.logdrc")).expect("a link");
    let complaint = machine.complaint();
    assert!(
        complaint.starts_with("/home/.logdrc can not be read (")
            && complaint
                .ends_with("): put a file with lines such as host = 127.0.0.1 there, or nothing"),
        "{complaint}"
    );
}

#[cfg(unix)]
#[test]
fn a_file_that_this_user_may_not_read_is_an_error_and_one_it_may_not_see_is_none() {
    use std::os::unix::fs::PermissionsExt;

    let lock = |path: &Path, mode| {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("to lock it");
    };
    let name = "a_file_that_this_user_may_not_read_is_an_error_and_one_it_may_not_see_is_none";
    let machine = Machine::new("unreadable").file("/etc/logd.conf", "host = secret");
    let file = machine.path("/etc/logd.conf");
    lock(&file, 0o000);
    if fs::File::open(&file).is_ok() {
        // Nothing is locked for root: somebody else has to look.
        as_nobody(name);
        return;
    }
    assert_eq!(
        machine.complaint(),
        "/etc/logd.conf can not be read by this user: let it read the file, or remove the file"
    );
    let machine = Machine::new("unseen")
        .file("~/.logdrc", "host = home")
        .file("/etc/logd.conf", "host = machine");
    lock(&machine.path("~/"), 0o000);
    let config = machine.discover();
    lock(&machine.path("~/"), 0o700);
    assert_eq!(config.expect("settings").host(), "machine");
}

/// Runs one test again as a user who has no rights, from a place where it may be.
#[cfg(unix)]
fn as_nobody(test: &str) {
    use std::os::unix::fs::PermissionsExt;
    use std::os::unix::process::CommandExt;

    const NOBODY: u32 = 65534;
    let place = std::env::temp_dir().join(format!("logd-nobody-{}", std::process::id()));
    fs::create_dir(&place).expect("a folder");
    fs::set_permissions(&place, fs::Permissions::from_mode(0o777)).expect("to open it");
    let program = place.join("test");
    fs::copy(std::env::current_exe().expect("this program"), &program).expect("a copy");
    let output = std::process::Command::new(&program)
        .args([test, "--exact"])
        .env(PLACE, &place)
        .current_dir(&place)
        .uid(NOBODY)
        .gid(NOBODY)
        .output()
        .expect("a child process");
    fs::remove_dir_all(&place).expect("to remove it");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && text.contains("1 passed"),
        "{text}"
    );
}

#[test]
fn what_is_no_file_of_settings_is_an_error_that_names_it() {
    let machine = Machine::new("a-folder").file("/etc/logd.conf/x", "");
    assert_eq!(
        machine.complaint(),
        "/etc/logd.conf is a directory: put a file with lines such as host = 127.0.0.1 there, or nothing"
    );
    let machine = Machine::new("huge").file("~/.logdrc", "# much\n".repeat(10_000));
    assert_eq!(
        machine.complaint(),
        "/home/.logdrc is larger than 64 KiB, which no file of settings is: write lines such as host = 127.0.0.1"
    );
    let machine = Machine::new("bytes").file("/etc/logd.conf", b"host = web1\nprefix = caf\xe9\n");
    assert_eq!(
        machine.complaint(),
        "/etc/logd.conf:2: not UTF-8: save the file as UTF-8"
    );
    for missing in ["/nonexistent/logd.conf", "/dev/null/logd.conf"] {
        let error = Config::from_file(missing).expect_err("no file");
        assert_eq!(
            error.to_string(),
            format!("{missing} does not exist: write the path of a file with settings")
        );
    }
}

// ---- the environment ----

#[test]
fn variables_that_are_not_ours_are_left_alone() {
    let config = Machine::new("foreign")
        .variable("LOGD_CLUSTER", "eu")
        .variable("LOGD_PYLOGD_PYTHON", "python3")
        .variable("LOGD_HOST_ALIAS", "x")
        .variable("MYLOGD_HOST", "x")
        // What Kubernetes sets for a service of this name.
        .variable("LOGD_SERVICE_HOST", "10.3.0.7")
        .variable("LOGD_SERVICE_PORT", "8126")
        .variable("LOGD_PORT", "udp://10.3.0.7:8126")
        .variable("LOGD_PORT_8126_UDP", "udp://10.3.0.7:8126")
        .variable("LOGD_PORT_8126_UDP_PORT", "8126")
        .config();
    assert_eq!(shown(&config), [""; 0]);
}

#[test]
fn variables_that_can_not_be_used_are_errors_that_name_them() {
    for (variable, value, complaint) in [
        (
            "LOGD_PORT",
            "http",
            "LOGD_PORT is \"http\": write a port from 1 to 65535, such as 8126",
        ),
        (
            "LOGD_PORT",
            "udp://10.3.0.7:8126",
            "LOGD_PORT is \"udp://10.3.0.7:8126\": write a port from 1 to 65535, such as 8126",
        ),
        (
            "LOGD_PREFIX",
            "two words",
            "LOGD_PREFIX is \"two words\": it has white space, which Graphite can not store: write `_` or `.` instead",
        ),
        (
            "LOGD_PREFIX",
            "a\"b'c",
            "LOGD_PREFIX is \"a\\\"b'c\", which has both kinds of quotes: leave one of them out",
        ),
        (
            "LOGD_PATH",
            "a\"b'c.log",
            "LOGD_PATH is \"a\\\"b'c.log\", which has both kinds of quotes: leave one of them out",
        ),
        (
            "LOGD_TAGS",
            "a:\",b:'",
            "LOGD_TAGS is \"a:\\\",b:'\", which has both kinds of quotes: leave one of them out",
        ),
        (
            "LOGD_PATH",
            "$x",
            "LOGD_PATH is \"$x\": a log path must not contain `$`: write a name such as \"app.log\"",
        ),
        (
            "LOGD_FLUSH_INTERVAL",
            "1 parsec",
            "LOGD_FLUSH_INTERVAL is \"1 parsec\": write a number with its unit, such as 500ms, 1s or 2m",
        ),
        (
            "LOGD_PREFX",
            "shop",
            "LOGD_PREFX is no setting: write LOGD_PREFIX, or another name if it is not for logd",
        ),
        (
            "LOGD_host",
            "web1",
            "LOGD_host is no setting: write LOGD_HOST, or another name if it is not for logd",
        ),
    ] {
        let machine = Machine::new(&format!("variable-{variable}-{}", value.len()));
        assert_eq!(machine.variable(variable, value).complaint(), complaint);
    }
}

#[cfg(unix)]
#[test]
fn a_variable_that_is_not_utf_8_is_an_error_that_names_it() {
    use std::os::unix::ffi::OsStringExt;

    let mut machine = Machine::new("not-utf-8");
    let value = OsString::from_vec(b"caf\xe9".to_vec());
    machine.variables.push(("LOGD_PREFIX".into(), value));
    assert_eq!(
        machine.complaint(),
        "LOGD_PREFIX is \"caf\\xE9\", which is not UTF-8: write plain text"
    );
}

#[test]
fn durations_and_switches_are_read_as_people_write_them() {
    for (text, value) in [
        ("1", "1s"),
        ("0.25", "250ms"),
        ("500ms", "500ms"),
        ("1.5s", "1.5s"),
        ("\"2 m\"", "120s"),
        ("1h", "3600s"),
        ("1000us", "1ms"),
    ] {
        let config = read(format!("flush_interval = {text}")).expect(text);
        assert_eq!(
            shown(&config),
            [format!("flush_interval = {value}  # from /etc/logd.conf:1")]
        );
    }
    for (texts, value) in [
        (["true", "yes", "on", "1", "True"], true),
        (["false", "no", "off", "0", "OFF"], false),
    ] {
        for text in texts {
            let config = read(format!("reduce = {text}")).expect(text);
            assert_eq!(
                shown(&config),
                [format!("reduce = {value}  # from /etc/logd.conf:1")]
            );
        }
    }
}

// ---- the form of files ----

#[test]
fn files_are_read_in_every_form_that_people_give_them() {
    for content in [
        "host = stats.internal\nport = 9000\nprefix = shop\n",
        "host=stats.internal\nport=9000\nprefix=shop",
        "host: stats.internal\nport : 9000\nprefix :shop\n",
        "host = \"stats.internal\"\nport = '9000'\nprefix = \"shop\"\n",
        "\u{feff}host = stats.internal\r\nport = 9000\r\nprefix = shop\r\n",
        "# all of it\n\n  host = stats.internal # the receiver\n\tport\t=\t9000#so\nprefix = shop\n#",
        "host = stats.internal port = 9000 prefix = shop",
        "host\n=\nstats.internal\nport = # the port\n9000 prefix = 'shop'",
        "port = 1\nhost = other\nprefix = x\nport = 9000\nhost = stats.internal\nprefix = shop",
    ] {
        let config = read(content).unwrap_or_else(|error| panic!("{content:?}: {error}"));
        assert_eq!(
            (config.host(), config.port(), config.prefix()),
            ("stats.internal", 9000, Some("shop")),
            "{content:?}"
        );
    }
    for (content, host) in [
        ("host = ::1", "::1"),
        ("host = fe80::1%eth0", "fe80::1%eth0"),
        ("host = 10.0.0.1", "10.0.0.1"),
        ("host = my-host_1.example.", "my-host_1.example."),
    ] {
        assert_eq!(read(content).expect(content).host(), host);
    }
    let tagged = read("tags = 'env:prod'\nformat = dogstatsd").expect("in any order");
    assert!(tagged.into_builder().build().is_ok());
    for (content, path) in [
        ("logfile = app.log", "app.log"),
        ("path = app.log", "app.log"),
        ("path = 'with space # and hash'", "with space # and hash"),
        ("path = \"it's\"", "it's"),
    ] {
        assert_eq!(read(content).expect(content).path(), Some(path));
    }
    for content in ["", "\n\n", "# nothing", "prefix = \"\"", "path = ''"] {
        let config = read(content).expect(content);
        assert_eq!((config.prefix(), config.path()), (None, None));
    }
}

#[test]
fn a_malformed_file_is_an_error_that_says_where_and_what_to_write() {
    for &(content, line, complaint) in MALFORMED {
        let error = read(content).expect_err(content);
        assert_eq!(
            error,
            format!("/etc/logd.conf:{line}: {complaint}"),
            "{content:?}"
        );
    }
    let all = read("colour = blue").expect_err("no setting");
    let names: Vec<_> = Config::default().origins().map(|(name, ..)| name).collect();
    assert_eq!(
        all,
        format!(
            "/etc/logd.conf:1: there is no setting `colour`: write one of {}",
            names.join(", ")
        )
    );
}

/// A content, the line that is told, and what is said.
const MALFORMED: &[(&str, usize, &str)] = &[
    // Names.
    (
        "\nhots = web1",
        2,
        "there is no setting `hots`: did you mean `host`?",
    ),
    (
        "HOST = web1",
        1,
        "there is no setting `HOST`: did you mean `host`?",
    ),
    (
        "LOGD_HOST=web1",
        1,
        "there is no setting `LOGD_HOST`: did you mean `host`?",
    ),
    (
        "hostname = web1",
        1,
        "there is no setting `hostname`: did you mean `host`?",
    ),
    (
        "address = 10.0.0.1",
        1,
        "there is no setting `address`: did you mean `host`?",
    ),
    (
        "host = web1\ninterval = 1s",
        2,
        "there is no setting `interval`: did you mean `flush_interval`?",
    ),
    (
        "host = web1\nflush-interval = 1s",
        2,
        "there is no setting `flush-interval`: did you mean `flush_interval`?",
    ),
    (
        "log_file = app.log",
        1,
        "there is no setting `log_file`: did you mean `logfile`?",
    ),
    // What is no setting at all.
    (
        "# ours\n[logd]\nhost = web1",
        2,
        "\"[logd]\" is no setting: sections are not known here, leave the line out",
    ),
    (
        "; ours\nhost = web1",
        1,
        "a comment begins with #: write # in place of ;",
    ),
    (
        "// ours\nhost = web1",
        1,
        "a comment begins with #: write # in place of //",
    ),
    (
        "\"host\" = web1",
        1,
        "names stand without quotes: write name = value",
    ),
    (
        "= web1",
        1,
        "there is no name before \"=\": write name = value",
    ),
    (
        "{ \"host\": \"web1\" }",
        1,
        "\"{\" is no setting: write name = value",
    ),
    ("<logd>", 1, "\"<logd>\" is no setting: write name = value"),
    (
        "host = web1\n!include other",
        2,
        "\"!include\" is no setting: write name = value",
    ),
    // Too little, or too much.
    ("host", 1, "`host` has no value: write host = 127.0.0.1"),
    ("port =", 1, "`port` has no value: write port = 8126"),
    (
        "logfile = # none",
        1,
        "`logfile` has no value: write logfile = app.log",
    ),
    (
        "prefix =\nport = 8126",
        1,
        "`prefix` has no value: write prefix = shop",
    ),
    (
        "host web1",
        1,
        "there is no = behind `host`: write host = web1",
    ),
    (
        "port 81\u{1}26",
        1,
        "there is no = behind `port`: write port = 8126",
    ),
    (
        "host is web1",
        1,
        "there is no = behind `host`: write host = 127.0.0.1",
    ),
    (
        "host == web1",
        1,
        "`host` has two separators: write host = 127.0.0.1",
    ),
    (
        "host = port = 8126",
        1,
        "`host` has two separators: write host = 127.0.0.1",
    ),
    (
        "host = web1\nprefix = my shop",
        2,
        "behind the value of `prefix` comes \"shop\": a value of several words stands in quotes, \
         prefix = \"my …\", another setting on a line of its own",
    ),
    // Quotes.
    (
        "prefix = \"shop\nport = 8126\"",
        1,
        "the value of `prefix` begins with \" and has no other: close the quotes in the same line",
    ),
    (
        "prefix = 'shop",
        1,
        "the value of `prefix` begins with ' and has no other: close the quotes in the same line",
    ),
    (
        "prefix = \"my\"shop",
        1,
        "behind the quotes of `prefix` comes \"shop\": put the whole value into one pair of quotes",
    ),
    (
        "prefix = my\"shop\"",
        1,
        "the value of `prefix` has a quote in its middle: put all of it into the other quotes",
    ),
    // Values.
    (
        "\n\nport = 80x",
        3,
        "port is \"80x\": write a port from 1 to 65535, such as 8126",
    ),
    (
        "port = 0",
        1,
        "port is 0: write the port that the receiver listens on, such as 8126",
    ),
    (
        "port = 65536",
        1,
        "port is \"65536\": write a port from 1 to 65535, such as 8126",
    ),
    (
        "host = ''",
        1,
        "host is empty: write a name or an address such as \"127.0.0.1\"",
    ),
    (
        "host = 10.0.0.1:9000",
        1,
        "host is \"10.0.0.1:9000\", which ends in a port: write the host \"10.0.0.1\" and the port \
         9000 apart, with `port(9000)`, LOGD_PORT or `port = 9000`",
    ),
    (
        "host = 10.0.0.1:90000",
        1,
        "host is \"10.0.0.1:90000\", which no host is called: write a name or an address such as \"127.0.0.1\"",
    ),
    (
        "host = :9000",
        1,
        "host is \":9000\", which no host is called: write a name or an address such as \"127.0.0.1\"",
    ),
    (
        "host = fe80::1%",
        1,
        "host is \"fe80::1%\", which no host is called: write a name or an address such as \"127.0.0.1\"",
    ),
    (
        "host = \u{201c}web1\u{201d}",
        1,
        "host is \"\u{201c}web1\u{201d}\", which no host is called: write a name or an address such as \"127.0.0.1\"",
    ),
    (
        "host = $HOST",
        1,
        "host is \"$HOST\", which no host is called: write a name or an address such as \"127.0.0.1\"",
    ),
    (
        "host = udp://stats:9000/",
        1,
        "host is \"udp://stats:9000/\", a URL: write the host alone, \"stats\"",
    ),
    (
        "host = [::1]:9000",
        1,
        "host is \"[::1]:9000\": write the address without brackets, \"::1\", and a port as the port",
    ),
    (
        "host = web1, web2",
        1,
        "behind the value of `host` comes \"web2\": a value of several words stands in quotes, \
         host = \"web1, …\", another setting on a line of its own",
    ),
    (
        "host = web1;",
        1,
        "host is \"web1;\", which no host is called: write a name or an address such as \"127.0.0.1\"",
    ),
    (
        "prefix = 'my shop'",
        1,
        "prefix is \"my shop\": it has white space, which Graphite can not store: write `_` or `.` instead",
    ),
    (
        "prefix = shop.",
        1,
        "prefix is \"shop.\": it has an empty part: write one dot between parts, none at either end",
    ),
    (
        "path = .log",
        1,
        "path is \".log\": a log path must not start or end with a dot or contain `..`: write a name such as \"app.log\"",
    ),
    (
        "logfile = config",
        1,
        "logfile is \"config\": this log path is reserved by the server: write a name such as \"app.log\"",
    ),
    (
        "enabled = maybe",
        1,
        "enabled is \"maybe\": write true or false",
    ),
    (
        "flush_interval = fast",
        1,
        "flush_interval is \"fast\": write a number with its unit, such as 500ms, 1s or 2m",
    ),
    (
        "flush_interval = -1s",
        1,
        "flush_interval is \"-1s\": write a number with its unit, such as 500ms, 1s or 2m",
    ),
    (
        "flush_interval = 1e300",
        1,
        "flush_interval is \"1e300\": write a number with its unit, such as 500ms, 1s or 2m",
    ),
    (
        "flush_interval = 10us",
        1,
        "flush_interval is 10µs: write a millisecond or more, such as 1s, in code Duration::from_secs(1)",
    ),
    (
        "datagrams_per_second = 0",
        1,
        "datagrams_per_second is 0, which sends nothing: write a budget such as 2000, or switch \
         all off with `enabled`",
    ),
    (
        "messages_per_timer = 33",
        1,
        "messages_per_timer is 33: write a multiple of 10 up to 1000, such as 30",
    ),
    (
        "threshold = NaN",
        1,
        "threshold is NaN: write a percentage above 50 and below 100, such as 90.0",
    ),
    (
        "max_names = many",
        1,
        "max_names is \"many\": write a whole number such as 10000",
    ),
    (
        "log_queue_records = 0",
        1,
        "log_queue_records is 0, which keeps no log record: write a number such as 1024",
    ),
    (
        "log_queue_bytes = 0",
        1,
        "log_queue_bytes is 0, which keeps no log record: write a number such as 1048576",
    ),
    (
        "log_queue_records = -1",
        1,
        "log_queue_records is \"-1\": write a whole number such as 1024",
    ),
    (
        "format = influx",
        1,
        "format is \"influx\": write logd, statsd or dogstatsd",
    ),
    (
        "tags = 'env:my prod'",
        1,
        "tags is \"env:my prod\": write a name and a value such as env:prod, without white space, `,` `|` `#` or `@`",
    ),
    (
        "address_family = inet6",
        1,
        "address_family is \"inet6\": write prefer_ipv4, prefer_ipv6, ipv4 or ipv6",
    ),
    (
        "log_queue_bytes = 1MiB",
        1,
        "log_queue_bytes is \"1MiB\": write a number of bytes such as 1048576",
    ),
];
