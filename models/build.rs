//! Tells the library's files that loom is in the place of std: its atomics have no
//! constant constructors.

fn main() {
    println!("cargo::rustc-check-cfg=cfg(loom)");
    println!("cargo::rustc-check-cfg=cfg(logd_off)");
    // Features of the library, whose files are compiled here without them.
    println!(r#"cargo::rustc-check-cfg=cfg(feature, values("log", "metrics", "off", "tracing"))"#);
    if std::env::var_os("CARGO_FEATURE_LOOM").is_some() {
        println!("cargo::rustc-cfg=loom");
    }
}
