//! Functions that return a future, by hand and by `async_trait`.
use futures_util::future::{BoxFuture, FutureExt, LocalBoxFuture};
use std::{future::Future, pin::Pin};
use support::*;

twins! {
    #[measure] pub fn opaque(a: u8) -> impl Future<Output = u8> { async move { pause().await; log("inside"); a } }
    #[measure] pub fn opaque_statement(a: u8) -> impl Future<Output = u8> + Send { log("before"); let b = a + 1; async move { pause().await; b } }
    #[measure] pub fn borrowed<'a>(a: &'a str) -> impl Future<Output = &'a str> + 'a { async move { pause().await; a } }
    #[measure] pub fn not_moved<'a>(a: &'a str) -> impl Future<Output = usize> + 'a { async { pause().await; 1 } }
    #[measure] pub fn pinned(a: u8) -> Pin<Box<dyn Future<Output = u8> + Send>> { Box::pin(async move { pause().await; a }) }
    #[measure] pub fn pinned_statement(a: u8) -> Pin<Box<dyn Future<Output = u8> + Send>> { log("before"); let b = a + 1; std::boxed::Box::pin(async move { pause().await; b }) }
    #[measure] pub fn pinned_return(a: u8) -> Pin<Box<dyn Future<Output = u8> + Send>> { if a > 1 { return Box::pin(async { 9 }); } return Box::pin(async move { pause().await; a }); }
    #[measure] pub fn boxed_alias<'a>(a: &'a str) -> BoxFuture<'a, &'a str> { async move { pause().await; a }.boxed() }
    #[measure] pub fn boxed_local<'a>(a: &'a str) -> LocalBoxFuture<'a, &'a str> { async move { pause().await; a }.boxed_local() }
    #[measure] pub fn comma(a: u8) -> Pin<Box<dyn Future<Output = u8>>> { Box::pin(async move { a },) }
    #[measure] pub fn question(text: &'static str) -> impl Future<Output = Result<u8, std::num::ParseIntError>> { async move { pause().await; Ok(text.parse::<u8>()? + 1) } }
    #[measure] pub fn after_match(a: Option<u8>) -> impl Future<Output = u8> { match a { Some(_) => {} None => log("none") } async move { a.unwrap_or(3) } }
    #[measure] pub fn inner_items() -> impl Future<Output = u8> { async move { use std::mem::size_of; const ONE: usize = 1; (size_of::<u8>() + ONE) as u8 } }
}

#[test]
fn opaque() {
    same!(block_on(opaque(1)) => ["opaque"]);
    same!(block_on(opaque_statement(1)) => ["opaque_statement"]);
    same!(block_on(after_match(None)) => ["after_match"]);
    same!(block_on(inner_items()) => ["inner_items"]);
}
#[test]
fn borrowed() {
    same!(block_on(borrowed("a")) => ["borrowed"]);
    same!(block_on(not_moved("a")) => ["not_moved"]);
}
#[test]
fn pinned() {
    same!(block_on(pinned(1)) => ["pinned"]);
    same!(block_on(pinned_statement(1)) => ["pinned_statement"]);
    same!(block_on(pinned_return(1)) => ["pinned_return"]);
}
#[test]
fn boxed() {
    same!(block_on(boxed_alias("a")) => ["boxed_alias"]);
    same!(block_on(boxed_local("a")) => ["boxed_local"]);
    same!(block_on(comma(1)) => ["comma"]);
}
#[test]
fn question() {
    same!(block_on(question("1")) => ["question"]);
}

#[test]
fn timed_until_it_completes() {
    let (future, events) = recorded(|| timed::pinned_statement(1));
    assert!(events.is_empty());
    let (_, events) = recorded(|| block_on(future));
    assert_eq!(events, ["timed shapes.returned.timed.pinned_statement"]);
}

#[test]
fn other_futures_are_timed_as_calls() {
    #[logd::timed]
    fn ready() -> std::future::Ready<u8> {
        std::future::ready(1)
    }
    let (future, events) = recorded(ready);
    assert_eq!(functions(&events), ["ready"]);
    let (_, events) = recorded(|| block_on(future));
    assert!(events.is_empty());
}

mod futures_option {
    use super::*;
    #[logd::timed("f.opaque", future)]
    pub fn opaque(a: u8) -> impl Future<Output = u8> {
        pause().map(move |()| a)
    }
    #[logd::timed("f.early", future)]
    pub fn early(a: u8) -> impl Future<Output = u8> {
        if a > 3 {
            return pause().map(call as fn(()) -> u8);
        }
        pause().map(call)
    }
    fn call((): ()) -> u8 {
        7
    }
    #[logd::timed("f.borrowed", future)]
    pub fn borrowed<'a>(a: &'a str) -> impl Future<Output = &'a str> + 'a {
        pause().map(move |()| a)
    }
    #[logd::timed("f.pinned", future)]
    pub fn pinned<'a>(a: &'a str) -> Pin<Box<dyn Future<Output = &'a str> + Send + 'a>> {
        if a.is_empty() {
            return Box::pin(async { "empty" });
        }
        Box::pin(pause().map(move |()| a))
    }
    #[logd::timed("f.alias", future)]
    pub fn alias(a: &str) -> BoxFuture<'_, &str> {
        match a {
            "x" => async move { a }.boxed(),
            _ => pause().map(move |()| a).boxed(),
        }
    }
    pub type Reply = Pin<Box<dyn Future<Output = u8>>>;
    #[logd::timed("f.reply", future)]
    pub fn reply() -> Reply {
        Box::pin(pause().map(|()| 1))
    }
    #[logd::timed("f.unpinned", future)]
    pub fn unpinned() -> Box<dyn Future<Output = u8> + Unpin> {
        Box::new(std::future::ready(2))
    }
    #[logd::timed("f.tail", future)]
    pub fn tail() -> Pin<Box<dyn Future<Output = u8>>> {
        Box::pin(async {
            pause().await;
            2
        })
    }
    #[logd::timed("f.tail_return", future)]
    pub fn tail_return(a: bool) -> Pin<Box<dyn Future<Output = u8>>> {
        if a {
            return Box::pin(std::future::ready(1));
        }
        Box::pin(async {
            pause().await;
            2
        })
    }
    #[logd::timed("f.outcome", future, outcome)]
    pub fn outcome(a: u8) -> impl Future<Output = Option<u8>> {
        pause().map(move |()| a.checked_sub(1))
    }
    #[logd::timed("f.outcome_pinned", future, outcome)]
    pub fn outcome_pinned(a: u8) -> BoxFuture<'static, Option<u8>> {
        pause().map(move |()| a.checked_sub(1)).boxed()
    }
    #[logd::accumulated("f.acc", future)]
    pub fn acc() -> impl Future<Output = u8> {
        let f = async { logd::accumulate!("f.acc", 1) + logd::accumulate!("f.acc", 2) };
        f
    }
}

#[test]
fn with_the_option_until_they_complete() {
    use futures_option as f;
    fn check<T: PartialEq + std::fmt::Debug, F: Future<Output = T>>(
        make: impl FnOnce() -> F,
        expected: T,
        event: &str,
    ) {
        let (future, events) = recorded(make);
        assert!(events.is_empty(), "{events:?}");
        let (value, events) = recorded(|| block_on(future));
        assert_eq!(value, expected);
        assert_eq!(events, [event]);
    }
    check(|| f::opaque(1), 1, "timed f.opaque");
    check(|| f::early(1), 7, "timed f.early");
    check(|| f::borrowed("a"), "a", "timed f.borrowed");
    check(|| f::pinned("a"), "a", "timed f.pinned");
    check(|| f::pinned(""), "empty", "timed f.pinned");
    check(|| f::alias("a"), "a", "timed f.alias");
    check(|| f::reply(), 1, "timed f.reply");
    check(|| f::unpinned(), 2, "timed f.unpinned");
    check(|| f::tail(), 2, "timed f.tail");
    check(|| f::tail_return(true), 1, "timed f.tail_return");
    check(|| f::tail_return(false), 2, "timed f.tail_return");
    check(|| f::outcome(1), Some(0), "timed f.outcome.ok");
    check(|| f::outcome(0), None, "timed f.outcome.err");
    check(|| f::outcome_pinned(0), None, "timed f.outcome_pinned.err");
    check(|| f::acc(), 3, "timed f.acc");
}

mod async_trait_orders {
    use super::*;
    use async_trait::async_trait;
    #[async_trait]
    pub trait Store {
        async fn get(&self, key: &str) -> Result<u8, std::num::ParseIntError>;
        async fn put(&mut self, value: u8) -> u8;
        #[logd::timed]
        async fn size(&self) -> usize {
            pause().await;
            1
        }
    }
    pub struct Below(pub u8);
    #[async_trait]
    impl Store for Below {
        #[logd::timed]
        async fn get(&self, key: &str) -> Result<u8, std::num::ParseIntError> {
            pause().await;
            let n: u8 = key.parse()?;
            Ok(n + self.0)
        }
        #[logd::timed("below.put")]
        async fn put(&mut self, value: u8) -> u8 {
            pause().await;
            self.0 = value;
            value
        }
    }
    pub struct Above(pub u8);
    #[logd::timed]
    #[async_trait]
    impl Store for Above {
        async fn get(&self, key: &str) -> Result<u8, std::num::ParseIntError> {
            pause().await;
            let n: u8 = key.parse()?;
            Ok(n + self.0)
        }
        #[logd::timed("above.put")]
        async fn put(&mut self, value: u8) -> u8 {
            pause().await;
            self.0 = value;
            value
        }
    }
    pub struct Between(pub u8);
    #[async_trait]
    #[logd::timed("between")]
    impl Store for Between {
        #[logd::timed(outcome)]
        async fn get(&self, key: &str) -> Result<u8, std::num::ParseIntError> {
            pause().await;
            let n: u8 = key.parse()?;
            Ok(n + self.0)
        }
        async fn put(&mut self, value: u8) -> u8 {
            pause().await;
            self.0 = value;
            value
        }
    }
}

#[test]
fn async_trait_in_either_order() {
    use async_trait_orders::*;
    fn run(store: &mut (dyn Store + Sync)) -> Vec<String> {
        let (future, events) = recorded(|| store.get("1"));
        assert!(events.is_empty());
        drop(future);
        let (value, events) = recorded(|| {
            (
                block_on(store.get("1")),
                block_on(store.get("x")).is_err(),
                block_on(store.put(3)),
                block_on(store.size()),
            )
        });
        assert_eq!(value, (Ok(2), true, 3, 1));
        events
    }
    let at = "timed shapes.returned.async_trait_orders";
    assert_eq!(
        run(&mut Below(1)),
        [
            "timed below.put".into(),
            format!("{at}.get"),
            format!("{at}.get"),
            format!("{at}.size")
        ]
    );
    assert_eq!(
        run(&mut Above(1)),
        [
            "timed above.put".into(),
            format!("{at}.Above.get"),
            format!("{at}.Above.get"),
            format!("{at}.size")
        ]
    );
    assert_eq!(
        run(&mut Between(1)),
        [
            "timed between.get.err",
            "timed between.get.ok",
            "timed between.put",
            &format!("{at}.size")
        ]
    );
}
