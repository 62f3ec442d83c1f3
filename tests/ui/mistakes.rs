//! An author's own mistakes in an annotated function: the compiler reports the same ones, by
//! the same code and at the same place, as without the attribute.

use std::collections::BTreeSet;
use std::env;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// What the compiler says about the programs in `mistakes/` with these features.
fn errors(features: &str) -> Vec<Error> {
    let test = env::current_exe().expect("the test's own path");
    // This test is `<target>/<profile>/deps/mistakes-…`.
    let target = test.ancestors().nth(3).expect("the target folder");
    let output = Command::new(env!("CARGO"))
        .args(["check", "--examples", "--keep-going", "--quiet"])
        .args(["--message-format=json", "--features", features])
        .arg("--target-dir")
        .arg(target)
        .arg("--manifest-path")
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml"))
        .output()
        .expect("cargo");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let errors: Vec<Error> = text.lines().filter_map(Error::read).collect();
    assert!(
        !errors.is_empty(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    errors
}

struct Error {
    message: String,
    code: String,
    file: String,
    line: u64,
    column: u64,
}

impl Error {
    fn read(line: &str) -> Option<Self> {
        let line: Value = serde_json::from_str(line).ok()?;
        let message = &line["message"];
        if line["reason"] != "compiler-message" || message["level"] != "error" {
            return None;
        }
        let spans = message["spans"].as_array()?;
        let mut span = spans.iter().find(|span| span["is_primary"] == true)?;
        // A macro by example is reported where it is written; its caller is meant.
        while !span["file_name"].as_str()?.contains("mistakes/") {
            span = &span["expansion"]["span"];
        }
        Some(Error {
            message: message["message"].as_str()?.to_owned(),
            code: message["code"]["code"]
                .as_str()
                .unwrap_or("syntax")
                .to_owned(),
            file: span["file_name"].as_str()?.rsplit('/').next()?.to_owned(),
            line: span["line_start"].as_u64()?,
            column: span["column_start"].as_u64()?,
        })
    }

    fn place(&self) -> String {
        format!("{}:{}:{} {}", self.file, self.line, self.column, self.code)
    }
}

/// The errors of the programs with this attribute: where and which.
fn with_attribute(attribute: &str) -> BTreeSet<String> {
    let errors = errors(&format!("mistakes,{attribute}"));
    errors.iter().map(Error::place).collect()
}

#[test]
fn an_authors_own_errors_are_those_without_the_attribute() {
    let plain = with_attribute("mistakes");
    // Each program is there, with the first of its mistakes at least.
    for program in ["types", "borrows", "names", "half_typed"] {
        assert!(
            plain.iter().any(|error| error.starts_with(program)),
            "{plain:#?}"
        );
    }
    for attribute in ["timed", "counted", "accumulated", "outcome"] {
        let annotated = with_attribute(attribute);
        let only = |these: &BTreeSet<String>, others: &BTreeSet<String>| -> Vec<String> {
            these.difference(others).cloned().collect()
        };
        assert_eq!(
            (only(&annotated, &plain), only(&plain, &annotated)),
            (vec![], vec![]),
            "with `{attribute}` alone, and without it alone"
        );
    }
}

#[test]
fn what_is_constant_is_refused_by_the_compiler_at_its_place() {
    let errors = errors("constants");
    let said: Vec<(u64, u64, &str)> = errors
        .iter()
        .map(|error| {
            let text = error.message.strip_prefix("evaluation panicked: ");
            (error.line, error.column, text.unwrap_or(&error.message))
        })
        .collect();
    let empty = "the key is empty";
    let space = "the key has white space";
    let rate = "a rate must be in (0, 1]: write 1.0";
    let expected = [
        (6, 31, empty),
        (8, 29, space),
        (10, 28, rate),
        (12, 15, space),
        (15, 29, rate),
        (18, 27, rate),
        (22, 5, space),
        (23, 5, rate),
    ];
    for (line, column, text) in expected {
        assert!(
            said.iter()
                .any(|(l, c, t)| (*l, *c) == (line, column) && t.starts_with(text)),
            "{line}:{column} {text}: {said:#?}"
        );
    }
    assert_eq!(said.len(), expected.len(), "{said:#?}");
}
