//! Functions without a space that they can do without, as generators and minifiers write them: a
//! sign is joint to the next one then.
use std::{future::Future, pin::pin, task::Context, task::Poll, task::Waker};

use support::*;

#[rustfmt::skip]
mod written {
    use logd::{accumulated,counted,timed};
    pub struct Pair<'a,T>{pub a:&'a T,pub b:&'a[u8;2]}
    #[timed("unspaced.{name}")]pub fn template(name:&str,_:&u8)->usize{name.len()}
    #[counted("unspaced.{kind}.{n}",rate=0.5)]pub fn two(kind:&'static str,n:&u8)->u8{*n+kind.len()as u8}
    #[timed(outcome)]pub fn outcome(a:&str,mut b:Vec<u8>,&c:&u8)->Result<u8,std::num::ParseIntError>{b.push(c);Ok(a.parse::<u8>()?+b.len()as u8)}
    #[timed(outcome)]pub async fn later<'a,T:?Sized+AsRef<[u8]>>(Pair{a,b:&[first,second]}:Pair<'a,Box<T>>,f:&dyn Fn(u8)->u8)->Option<u8>where T:'a{
        std::future::ready(()).await;let[x,..]=*(**a).as_ref()else{return None};Some(f(x)+first+second)}
    #[accumulated]pub async fn sum(a:&mut u8,b:*const u8,c:[&u8;1])->u8{std::future::ready(()).await;*a+=1;*a+c[0]+u8::from(b.is_null())}
    pub struct Held(pub u8);
    impl Held{#[timed]pub fn method(self:&Self,a:&u8)->u8{self.0+a} #[timed]pub async fn wait(&mut self,a:&u8)->u8{self.0+=a;self.0}}
}

fn done<T>(future: impl Future<Output = T>) -> T {
    let Poll::Ready(value) = pin!(future).poll(&mut Context::from_waker(Waker::noop())) else {
        panic!("it waits for nothing")
    };
    value
}

#[test]
fn signs_that_touch_the_next_one_are_what_they_are_apart() {
    let (values, events) = recorded(|| {
        let pair = written::Pair {
            a: &Box::new([7_u8]),
            b: &[3, 4],
        };
        let mut held = written::Held(1);
        [
            written::template("abc", &0) as u8,
            written::two("ab", &5),
            written::outcome("40", vec![1], &2).unwrap_or(0),
            done(written::later(pair, &|n| n + 1)).unwrap_or(0),
            done(written::sum(&mut 1, std::ptr::null(), [&5])),
            held.method(&1),
            done(held.wait(&1)),
        ]
    });
    assert_eq!(values, [3, 7, 42, 15, 8, 2, 2]);
    // Nothing was added to the sum, so none was recorded.
    let names = ["5", "abc", "method", "ok", "ok", "wait"];
    assert_eq!(functions(&events), names, "{events:?}");
}
