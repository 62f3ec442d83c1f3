//! Tells the library's files that loom is in the place of std: its atomics have no
//! constant constructors. For valgrind, compiles what tells it of our atomics.

use std::path::Path;
use std::process::Command;

fn main() {
    println!("cargo::rustc-check-cfg=cfg(loom)");
    println!("cargo::rustc-check-cfg=cfg(logd_off)");
    // Features of the library, whose files are compiled here without them.
    println!(r#"cargo::rustc-check-cfg=cfg(feature, values("log", "metrics", "off", "tracing"))"#);
    if std::env::var_os("CARGO_FEATURE_LOOM").is_some() {
        println!("cargo::rustc-cfg=loom");
    }
    if std::env::var_os("CARGO_FEATURE_VALGRIND").is_some() {
        println!("cargo::rerun-if-changed=valgrind.c");
        compile_notes();
    }
}

fn compile_notes() {
    let folder = std::env::var("OUT_DIR").expect("set by cargo");
    let object = Path::new(&folder).join("notes.o");
    let archive = Path::new(&folder).join("libnotes.a");
    run(Command::new("cc")
        .args(["-O1", "-c", "valgrind.c", "-o"])
        .arg(&object));
    run(Command::new("ar").arg("crs").args([&archive, &object]));
    println!("cargo::rustc-link-search=native={folder}");
    println!("cargo::rustc-link-lib=static=notes");
}

fn run(command: &mut Command) {
    let status = command
        .status()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(
        status.success(),
        "{command:?} failed: are valgrind's headers installed?"
    );
}
