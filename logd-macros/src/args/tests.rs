//! Options as authors write them, right and wrong.

use super::*;

fn read(of: Macro, text: &str) -> (Args, Errors) {
    let mut errors = Errors::default();
    let args = parse(of, text.parse().unwrap(), &mut errors);
    (args, errors)
}

#[track_caller]
fn refused(of: Macro, text: &str, said: &[&str]) {
    let (_, errors) = read(of, text);
    let messages = errors.messages();
    assert_eq!(messages.len(), said.len(), "{text}: {messages:?}");
    for (message, said) in messages.iter().zip(said) {
        assert!(message.contains(said), "{text}: {message}");
    }
}

#[test]
fn all_options_are_understood_in_any_order() {
    let (args, errors) = read(
        Macro::Timed,
        "outcome, rate = 0.25, \"my.op\", crate = crate::logd,",
    );
    assert_eq!(errors.messages(), [""; 0]);
    assert!(matches!(args.name, Some(Name::Literal { value, .. }) if value == "my.op"));
    assert!(matches!(args.rate, Some(Rate::Literal { value, .. }) if value == 0.25));
    assert!(args.outcome.is_some() && args.library.is_some());
}

#[test]
fn names_may_be_literals_constants_and_templates() {
    for constant in [
        "NAME",
        "keys::load",
        "::a::B",
        "concat!(\"a\", B)",
        "{ f() }",
    ] {
        let (args, errors) = read(Macro::Timed, constant);
        assert!(errors.is_empty(), "{constant}: {:?}", errors.messages());
        assert!(matches!(args.name, Some(Name::Constant(_))), "{constant}");
    }
    let (args, _) = read(Macro::Timed, "r#\"db.{table}\"#");
    assert!(matches!(args.name, Some(Name::Template { arguments, .. }) if arguments == ["table"]));
}

#[test]
fn rates_outside_are_refused_where_they_stand() {
    for good in [
        "1",
        "1.0",
        "0.5",
        "1e-3",
        "1f64",
        "0.1f64",
        "RATE",
        "a::B / 2.0",
    ] {
        let (args, errors) = read(Macro::Timed, &format!("rate = {good}"));
        assert!(errors.is_empty(), "{good}: {:?}", errors.messages());
        assert!(args.rate.is_some(), "{good}");
    }
    for bad in ["0", "0.0", "1.5", "2", "-1", "-0.1", "1e999"] {
        refused(
            Macro::Timed,
            &format!("rate = {bad}"),
            &["above 0 and at most 1"],
        );
    }
    refused(Macro::Timed, "rate = \"0.1\"", &["write `rate = 0.1`"]);
    refused(Macro::Timed, "rate = 0.1f32", &["remove `f32`"]);
    refused(Macro::Timed, "rate = 'a'", &["a number"]);
    refused(Macro::Timed, "rate", &["needs a value"]);
    refused(Macro::Timed, "rate =", &["needs a value"]);
    refused(Macro::Timed, "rate(0.1)", &["`rate = 0.1`"]);
}

#[test]
fn every_mistake_is_reported() {
    refused(
        Macro::Timed,
        "\"\", rate = 0, outcom, \"a\", \"b\", skip = 1",
        &[
            "empty",
            "above 0",
            "did you mean `outcome`",
            "second",
            "`skip` alone",
        ],
    );
    refused(Macro::Timed, "outcome, outcome", &["twice"]);
    refused(Macro::Timed, "rate = 0.1, rate = 0.2", &["twice"]);
    refused(Macro::Timed, "name = \"a\"", &["without `name =`"]);
    refused(Macro::Timed, "banana", &["takes a name"]);
    refused(Macro::Timed, "colour = 1", &["there is no option `colour`"]);
    refused(Macro::Timed, "Self::KEY", &["cannot see `Self`"]);
    refused(Macro::Timed, "b\"a\"", &["double quotes"]);
    refused(Macro::Timed, "17", &["double quotes"]);
    refused(Macro::Timed, "crate = 1", &["takes the path"]);
    refused(Macro::Timed, ", \"a\"", &["nothing before this comma"]);
    refused(Macro::Timed, "\"a\" rate = 1", &["write `\"a\",` before"]);
    refused(Macro::Timed, "\"a\"; outcome", &["separated by commas"]);
    refused(Macro::Timed, "rate: 0.1", &["write `rate = 0.1`"]);
    refused(Macro::Timed, "rate = 10%", &["no percentage"]);
    refused(Macro::Timed, "format!(\"a.{x}\")", &["without `format!`"]);
    refused(Macro::Timed, "sample_rate = 1", &["write `rate = 0.1`"]);
    refused(Macro::Timed, "err", &["write `outcome`"]);
    refused(Macro::Accumulated, "err", &["takes a name"]);
    refused(Macro::Timed, "async", &["as it is"]);
    refused(Macro::Counted, "future", &["option of `#[timed]`"]);
    refused(Macro::Accumulated, "outcome", &["option of `#[timed]`"]);
    refused(Macro::Timed, "open", &["option of `accumulate!`"]);
    refused(Macro::Accumulated, "\"a.{b}\"", &["the same each time"]);
}
