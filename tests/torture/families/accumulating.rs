//! `accumulate!` around every kind of code, and `#[accumulated]`.
use logd::{accumulate, accumulated, Accumulator};
use support::*;

fn question(text: &str) -> Result<u8, std::num::ParseIntError> {
    let n = accumulate!("q", { text.parse::<u8>()? });
    Ok(n)
}
fn returns(a: u8) -> u8 {
    accumulate!("r", {
        if a > 1 {
            return 9;
        }
        a
    })
}
fn breaks() -> u8 {
    let mut n = 0;
    loop {
        accumulate!("b", {
            n += 1;
            if n < 3 {
                continue;
            }
            break n;
        })
    }
}
fn labelled() -> u8 {
    'out: {
        accumulate!("l", {
            break 'out 4;
        })
    }
}
fn never() -> u8 {
    accumulate!("n", return 3)
}
async fn waits() -> u8 {
    accumulate!("w", {
        pause().await;
        1
    }) + accumulate!("w", value(2).await)
}
async fn value(n: u8) -> u8 {
    pause().await;
    n
}
fn borrows(a: &mut Vec<u8>) -> &mut u8 {
    accumulate!("m", {
        a.push(1);
        a.last_mut().unwrap()
    })
}
fn coerces(a: bool) -> Box<dyn std::fmt::Debug> {
    accumulate!("c", {
        if a {
            Box::new(1)
        } else {
            Box::new("x")
        }
    })
}

#[accumulated("page")]
fn page(n: u8) -> Result<u8, std::num::ParseIntError> {
    let a = accumulate!("page", { n });
    section();
    if n > 3 {
        return Ok(accumulate!("page", rate = 0.5, n));
    }
    Ok(a + "1".parse::<u8>()?)
}
fn section() {
    accumulate!("page", {})
}
#[accumulated("apage", rate = 0.5)]
async fn apage(n: u8) -> Result<u8, Box<dyn std::error::Error>> {
    let a = accumulate!("apage", {
        pause().await;
        n
    });
    asection().await;
    if n > 3 {
        return Ok(n);
    }
    Ok(a + "1".parse::<u8>()?)
}
async fn asection() {
    accumulate!("apage", { pause().await })
}
#[accumulated]
fn derived() {}

#[test]
fn flow_passes_through() {
    let (value, events) = recorded(|| {
        (
            question("1"),
            question("x").is_err(),
            returns(1),
            returns(2),
            breaks(),
            labelled(),
            never(),
        )
    });
    assert_eq!(value, (Ok(1), true, 1, 9, 3, 4, 3));
    assert_eq!(events.len(), 9);
    let (value, events) = recorded(|| {
        (
            block_on(waits()),
            *borrows(&mut vec![]),
            format!("{:?}", coerces(true)),
        )
    });
    assert_eq!(value, (3, 1, "1".into()));
    assert_eq!(events.len(), 4);
}

#[test]
fn bodies_of_all_forms() {
    let a = 2u8;
    let x = Some(3);
    assert_eq!(accumulate!("f", a + 1), 3);
    assert_eq!(accumulate!("f", if a > 1 { 1 } else { 2 } + 1), 2);
    assert_eq!(
        accumulate!(
            "f",
            match x {
                Some(n) => n,
                None => 0,
            }
        ),
        3
    );
    assert_eq!(accumulate!("f", unsafe { a } + 1), 3);
    assert_eq!(accumulate!("f", { a } + 1), 3);
    assert_eq!(accumulate!("f", rate = 0.5, { a },), 2);
    assert_eq!(
        accumulate!("f", open, { accumulate!("f", a) + accumulate!("f", a) }),
        4
    );
    assert_eq!(accumulate!("f", open, rate = 1, a), 2);
    assert_eq!(accumulate!("f", (a, a)), (2, 2));
    assert_eq!(accumulate!("f", vec![a, a]).len(), 2);
    assert_eq!(accumulate!("f", |n: u8| n + a)(1), 3);
    assert_eq!(accumulate!("f", Vec::<(u8, u8)>::new()).len(), 0);
    assert_eq!(accumulate! { "f", { a } }, 2);
    assert_eq!(
        accumulate![
            "f",
            'l: loop {
                break 'l 1;
            }
        ],
        1
    );
    let mut total = 0;
    accumulate!("f", total += 1);
    accumulate!("f", total = total + 1);
    accumulate!("f", {
        total += 1;
    });
    accumulate!("f", { total });
    assert_eq!(total, 3);
    let t = (
        accumulate!("f", { 1 }),
        accumulate!("f", { 2 }.to_string()).len(),
    );
    assert_eq!(t, (1, 1));
    if accumulate!("f", { a > 1 }) {
        total += 1
    }
    while accumulate!("f", total < 5) {
        total += 1
    }
    match accumulate!("f", { x }) {
        Some(_) => {}
        None => unreachable!(),
    }
    let _ = accumulate!("f", async { 1 });
}

#[test]
fn functions_accumulate() {
    let (value, events) = recorded(|| (page(1), page(4)));
    assert_eq!(value, (Ok(2), Ok(4)));
    assert_eq!(events, ["timed page", "timed page"]);
    let (value, events) = recorded(|| (block_on(apage(1)).unwrap(), block_on(apage(4)).unwrap()));
    assert_eq!(value, (2, 4));
    assert_eq!(events, ["timed apage", "timed apage"]);
    let ((), events) = recorded(|| {
        section();
        derived();
    });
    assert_eq!(events, ["timed page"]);
}

#[test]
fn values_accumulate() {
    struct Holder {
        accumulator: Accumulator,
        list: Vec<Accumulator>,
    }
    let (sum, events) = recorded(|| {
        let h = Holder {
            accumulator: Accumulator::new("v"),
            list: vec![Accumulator::new("w")],
        };
        let shared = std::sync::Arc::new(Accumulator::new("s"));
        accumulate!(h.accumulator, { 1 })
            + accumulate!(&h.accumulator, 2)
            + accumulate!(h.list[0], { 3 })
            + accumulate!(shared, 4)
            + accumulate!(shared.as_ref(), { 5 })
            + accumulate!(shared.clone(), { 5 })
    });
    assert_eq!(sum, 20);
    assert_eq!(events, ["timed s", "timed v", "timed w"]);
}
