//! Any text as a configuration file: it gives settings or an error that names the file, and
//! settings print as a file that says the same.
#![no_main]

use std::fs;
use std::path::PathBuf;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use logd_runtime::Config;

static FILE: LazyLock<PathBuf> = LazyLock::new(|| {
    let folder = std::env::temp_dir().join(format!("logd-fuzz-{}", std::process::id()));
    fs::create_dir_all(&folder).expect("a folder");
    folder.join("logd.conf")
});

fn read(content: &[u8]) -> Result<Config, logd_runtime::Error> {
    fs::write(&*FILE, content).expect("a file");
    Config::from_file(&*FILE)
}

fuzz_target!(|content: &[u8]| {
    let config = match read(content) {
        Ok(config) => config,
        Err(error) => {
            let message = error.to_string();
            assert!(message.contains("logd.conf"), "{message:?}");
            assert!(
                message.chars().all(|character| !character.is_control()),
                "{message:?}"
            );
            return;
        }
    };
    let settings = |config: &Config| -> Vec<String> {
        let text = config.to_string();
        let lines = text.lines();
        lines
            .map(|line| line.split("  # ").next().unwrap_or_default().to_owned())
            .collect()
    };
    let again = read(config.to_string().as_bytes()).expect("what is printed can be read");
    assert_eq!(settings(&again), settings(&config));
    // What the program goes on to do with it: a client, or an error in words.
    if let Err(error) = config.into_builder().enabled(false).build() {
        assert!(!error.to_string().is_empty());
    }
});
