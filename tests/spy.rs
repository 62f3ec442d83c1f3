//! A spy's assertions: they hold where they should, and when they fail they show what was
//! recorded instead.

use std::panic::{self, AssertUnwindSafe};
use std::time::Duration;

use logd::testing::Spy;
use logd::{count, meter, time};

fn recorded() -> Spy {
    let spy = Spy::new();
    spy.run(|| {
        count!("shop.logins", by = 2);
        count!("shop.weight", by = 0.5);
        meter!("shop.depth", 3);
        meter!("shop.depth", 7.5);
        time!("shop.checkout", Duration::from_millis(20));
    });
    spy
}

/// What an assertion says when it fails.
fn message(assertion: impl FnOnce()) -> String {
    let failed = panic::catch_unwind(AssertUnwindSafe(assertion)).expect_err("a failure");
    *failed.downcast::<String>().expect("a message")
}

#[test]
fn what_is_true_is_asserted_in_silence() {
    let spy = recorded();
    spy.assert_counter("shop.logins", 2);
    spy.assert_counter("shop.logins", 2_u64);
    spy.assert_counter("shop.weight", 0.5);
    spy.assert_counter("shop.unused", 0);
    spy.assert_meter("shop.depth", 7.5);
    spy.assert_timer("shop.checkout", 1);
    spy.assert_timer("shop.logins", 0);
    spy.assert_keys(["shop.depth", "shop.checkout", "shop.weight", "shop.logins"]);
    Spy::new().assert_nothing();
}

#[test]
fn a_wrong_number_is_shown_with_everything_that_was_recorded() {
    let spy = recorded();
    assert_eq!(
        message(|| spy.assert_counter("shop.logins", 3)),
        "counter `shop.logins` is 2, not 3\n\
         recorded:\n  \
         counter  shop.logins    2\n  \
         counter  shop.weight    0.5\n  \
         meter    shop.depth     7.5, the last of 2\n  \
         timer    shop.checkout  1 call, 20ms to 20ms"
    );
    let first = |text: String| text.lines().next().unwrap_or_default().to_owned();
    assert_eq!(
        first(message(|| spy.assert_meter("shop.depth", 3))),
        "meter `shop.depth` is 7.5, not 3"
    );
    assert_eq!(
        first(message(|| spy.assert_timer("shop.checkout", 2))),
        "timer `shop.checkout` is 1 call, not 2 calls"
    );
}

#[test]
fn a_slip_in_a_key_and_a_wrong_kind_are_named() {
    let spy = recorded();
    let slip = message(|| spy.assert_counter("shop.login", 2));
    assert!(
        slip.starts_with(
            "counter `shop.login` is 0, not 2\n  it was never used: did you mean `shop.logins`?\n"
        ),
        "{slip}"
    );
    let kind = message(|| spy.assert_counter("shop.checkout", 1));
    assert!(
        kind.contains("it was never used: there is a timer of that name\n"),
        "{kind}"
    );
    let meter = message(|| Spy::new().assert_meter("shop.depth", 1));
    assert_eq!(
        meter,
        "meter `shop.depth` is nothing, not 1\n  it was never used\nrecorded:\n  nothing"
    );
}

#[test]
fn keys_are_compared_line_by_line() {
    let spy = recorded();
    assert_eq!(
        message(|| spy.assert_keys(["shop.checkout", "shop.depth", "shop.login", "shop.weight"])),
        "the keys that were used are not those expected\n  \
         shop.checkout\n  \
         shop.depth\n\
         - shop.login     expected, never used\n\
         + shop.logins    used, not expected\n  \
         shop.weight"
    );
    let something = message(|| spy.assert_nothing());
    assert!(
        something.contains("counter  shop.logins    2"),
        "{something}"
    );
}

#[test]
fn a_number_that_can_not_be_recorded_is_never_found() {
    let spy = recorded();
    assert!(message(|| spy.assert_counter("shop.unused", f64::NAN)).contains("is 0, not nothing"));
}
