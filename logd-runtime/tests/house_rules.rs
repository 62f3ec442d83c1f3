//! Rules of the house that no compiler checks: lower layers never import higher
//! ones, unsafe code stays where it is expected, and what is not relaxed says why.

use std::fs;
use std::path::{Path, PathBuf};

/// From the bottom up; modules of one layer may use each other.
const LAYERS: [&[&str]; 5] = [
    &[
        "clock", "error", "fork", "key", "names", "off", "rate", "stats", "sync", "sys", "wire",
    ],
    &["record", "transport"],
    &["worker"],
    &[
        "accumulator",
        "client",
        "config",
        "global",
        "hooks",
        "manual",
        "metric",
        "outcome",
        "scope",
    ],
    &["bridge", "private", "testing"],
];

const UNSAFE: [&str; 6] = [
    "clock.rs",
    "record/shard/current.rs",
    "record/shard/mod.rs",
    "record/shard/once.rs",
    "sys/c.rs",
    "sys/mod.rs",
];

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).expect("a source folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}

/// The path below `src`, and the text.
fn all() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    sources(&root)
        .into_iter()
        .map(|path| {
            let name = path
                .strip_prefix(&root)
                .expect("below src")
                .to_string_lossy()
                .into_owned();
            (name, fs::read_to_string(&path).expect("a source file"))
        })
        .collect()
}

fn layer(module: &str) -> Option<usize> {
    LAYERS.iter().position(|modules| modules.contains(&module))
}

/// Types that `lib.rs` re-exports are imports of the module that has them.
fn module_of_import(import: &str) -> &str {
    match import {
        "Error" => "error",
        "Stats" | "FlushReport" | "DropReason" | "Drops" => "stats",
        "Client" | "Builder" => "client",
        "Config" | "Origin" => "config",
        "Counter" | "Meter" | "Timer" | "TimedGuard" | "Amount" | "Reading" => "metric",
        "Accumulator" | "AccumulatorExt" | "InAccumulator" | "Section" => "accumulator",
        "FlushGuard" => "global",
        "Outcome" => "outcome",
        "Scope" | "Scoped" => "scope",
        "AddressFamily" => "transport",
        "Format" => "wire",
        "Logger"
        | "LoggerBuilder"
        | "MetricsRecorder"
        | "MetricsRecorderBuilder"
        | "TracingLayer"
        | "TracingLayerBuilder" => "bridge",
        module => module,
    }
}

#[test]
fn every_module_has_a_layer_and_imports_none_above_it() {
    let mut broken = Vec::new();
    for (file, text) in all() {
        let module = file.split(['/', '.']).next().expect("a module");
        if module == "lib" {
            continue;
        }
        let own = layer(module).unwrap_or_else(|| panic!("{file}: give {module} a layer here"));
        let code = text
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"));
        for (number, line) in (1..).zip(code) {
            for import in line.split("crate::").skip(1) {
                // `use crate::{a, b}` names several.
                let names = import.strip_prefix('{').map_or(import, |rest| rest);
                for name in names
                    .split([',', ' ', '{', '}', ';'])
                    .filter(|name| !name.is_empty())
                {
                    let name = name
                        .split([':', ';', '<', '(', ')', '>', '&'])
                        .next()
                        .unwrap_or("");
                    if layer(module_of_import(name)).is_none_or(|other| other > own) {
                        broken.push(format!("{file}: {name} ({number}: {})", line.trim()));
                    }
                    if !import.starts_with('{') {
                        break;
                    }
                }
            }
        }
    }
    assert!(
        broken.is_empty(),
        "imports of a higher layer, or of none that is known here:\n{}",
        broken.join("\n")
    );
}

#[test]
fn unsafe_code_is_only_where_it_is_expected_and_says_why_it_is_sound() {
    for (file, text) in all() {
        let lines: Vec<&str> = text.lines().collect();
        for (number, line) in lines.iter().enumerate() {
            let code = line.split("//").next().unwrap_or("");
            let forms = ["unsafe {", "unsafe impl", "unsafe extern"];
            if !forms.iter().any(|form| code.contains(form)) {
                continue;
            }
            assert!(
                UNSAFE.contains(&&*file),
                "{file}:{}: unsafe code",
                number + 1
            );
            let above = lines[..number].iter().rev().take_while(|line| {
                let line = line.trim();
                line.starts_with("//") || line.ends_with("= {") || line.ends_with("=")
            });
            assert!(
                above.into_iter().any(|line| line.contains("SAFETY:")),
                "{file}:{}: no SAFETY comment",
                number + 1
            );
        }
    }
}

#[test]
fn what_is_not_relaxed_says_what_it_orders() {
    for (file, text) in all() {
        let lines: Vec<&str> = text.lines().collect();
        for (number, line) in lines.iter().enumerate() {
            let strict = ["Acquire", "Release", "AcqRel", "SeqCst"]
                .iter()
                .any(|order| line.contains(&format!("Ordering::{order}")));
            if !strict {
                continue;
            }
            // One comment may speak for a few lines that belong together.
            let near = &lines[number.saturating_sub(6)..number];
            assert!(
                near.iter().any(|line| line.contains("ORDERING:")),
                "{file}:{}: no ORDERING comment",
                number + 1
            );
        }
    }
}
