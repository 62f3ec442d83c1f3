//! Bodies inside the closure or block that `outcome` and `#[accumulated]` need, which borrow,
//! move and convert as only a function's own body usually may.
#![allow(unsafe_op_in_unsafe_fn)]
use logd::{accumulated, counted, timed};
use std::{collections::HashMap, future::Future, ops::ControlFlow, pin::Pin};
use support::*;

pub struct S<T> {
    pub t: T,
    pub v: Vec<T>,
    pub f: Option<Box<dyn FnMut(u8) -> u8>>,
}
impl<T: Clone> S<T> {
    fn of(t: T) -> Self {
        S {
            v: vec![t.clone()],
            t,
            f: None,
        }
    }
    #[timed("h", outcome)]
    pub fn calls(&mut self, mut x: impl FnMut(&mut T)) -> Option<&mut T> {
        x(&mut self.t);
        self.v.push(self.t.clone());
        self.v.last_mut()
    }
    #[timed("h", outcome)]
    pub fn fields_apart(&mut self, n: u8) -> Option<u8> {
        let f = self.f.as_mut()?;
        Some(f(n) + self.v.len() as u8)
    }
    #[timed("h", outcome)]
    pub fn taken_apart(self: &mut Self, k: usize) -> Result<&mut T, String> {
        let S { t, v, .. } = self;
        if k == 0 {
            return Ok(t);
        }
        v.get_mut(k).ok_or_else(|| format!("{k}"))
    }
    #[timed("h", outcome)]
    pub fn moved_apart(mut self) -> Option<(T, Vec<T>)> {
        let t = self.t;
        self.v.pop()?;
        Some((t, self.v))
    }
    #[timed("h", outcome)]
    pub async fn swaps(&mut self, other: &mut Self) -> Option<&mut T> {
        std::mem::swap(&mut self.t, &mut other.t);
        pause().await;
        Some(&mut self.t)
    }
    #[accumulated("h")]
    pub async fn two_borrows<'a>(&'a mut self, other: &'a mut Vec<T>) -> (&'a mut T, &'a [T]) {
        pause().await;
        other.push(self.t.clone());
        (&mut self.t, other)
    }
}
#[timed("h", outcome)]
pub fn reborrows<'a, 'b: 'a>(a: &'a mut &'b mut u8) -> Option<&'a mut u8> {
    **a += 1;
    Some(a)
}
#[timed("h", outcome)]
pub fn invariant<'b>(a: &'b mut &'b mut u8) -> Option<&'b mut u8> {
    Some(*a)
}
#[timed("h", outcome)]
pub unsafe fn raw(p: *const u8) -> Option<u8> {
    Some(*p)
}
#[timed("h", outcome)]
pub async unsafe fn async_raw(p: *const u8) -> Option<u8> {
    pause().await;
    raw(p)
}
#[timed("h", outcome)]
pub fn cached<'a>(m: &'a mut HashMap<u8, String>, k: u8) -> Option<&'a mut String> {
    if m.contains_key(&k) {
        return m.get_mut(&k);
    }
    m.insert(k, String::new());
    m.get_mut(&k)
}
#[timed("h", outcome)]
pub fn partial<const N: usize>(
    a: [String; N],
    (b, c): (String, String),
) -> Result<String, (String, [String; N])> {
    if N > 1 {
        Err((b, a))
    } else {
        drop(b);
        Ok(c)
    }
}
#[timed("h", outcome)]
pub fn opaque(n: u8) -> Option<impl Fn(u8) -> u8 + Clone> {
    n.checked_sub(1).map(|n| move |m| n + m)
}
#[timed("h", outcome)]
pub fn factorial(n: u64) -> Option<u64> {
    if n == 0 {
        Some(1)
    } else {
        n.checked_mul(factorial(n - 1)?)
    }
}
#[timed("h", outcome)]
pub fn converts(s: &str) -> Result<u32, Box<dyn std::error::Error + Send + Sync + 'static>> {
    let n: u32 = s.parse()?;
    if n > 3 {
        Err("big")?;
    }
    Ok(n)
}
#[timed("h", outcome)]
pub fn flow(v: &[u8]) -> ControlFlow<u8> {
    for n in v {
        if *n > 3 {
            return ControlFlow::Break(*n);
        }
    }
    ControlFlow::Continue(())
}
#[timed("h", outcome)]
pub fn mutated(mut a: String, mut n: usize) -> Option<String> {
    while n > 0 {
        a.push('x');
        n -= 1;
    }
    if a.len() > 9 {
        a = String::new();
    }
    Some(a)
}
#[timed("h", outcome)]
pub fn shadows(a: Option<u8>) -> Option<u8> {
    let a = a?;
    let a = a + 1;
    Some(a)
}
#[timed("h", outcome)]
pub fn scoped(a: &[u8]) -> Option<usize> {
    std::thread::scope(|s| s.spawn(|| a.len()).join().ok())
}
#[timed("h", outcome)]
pub fn reads(r: &mut dyn std::io::Read) -> std::io::Result<Vec<u8>> {
    let mut v = vec![];
    r.read_to_end(&mut v)?;
    Ok(v)
}
#[counted("h", outcome)]
pub async fn dynamic(r: &mut (dyn Iterator<Item = u8> + Send)) -> Option<Vec<u8>> {
    let mut v = vec![];
    for n in &mut *r {
        pause().await;
        v.push(n);
    }
    Some(v)
}
#[accumulated("h")]
pub async fn ends_in_todo(a: bool) -> u8 {
    if a {
        pause().await;
        return 1;
    }
    todo!()
}
#[accumulated("h")]
pub async fn elided<T: AsRef<[u8]> + ?Sized>(t: &T, mut n: usize) -> Option<&u8> {
    n += 1;
    pause().await;
    t.as_ref().get(n)
}
#[accumulated("h")]
pub async fn higher<F>(f: F) -> u8
where
    F: for<'x> FnOnce(&'x str) -> &'x str,
{
    pause().await;
    f("x").len() as u8
}
#[timed("h", outcome)]
pub async fn sends(
    a: std::cell::RefCell<u8>,
    _: std::sync::mpsc::Sender<u8>,
    (b, _): (std::cell::Cell<u8>, String),
) -> Option<u8> {
    pause().await;
    Some(*a.borrow() + b.get())
}
pub trait Defaults {
    #[timed("h", outcome)]
    fn boxed(self: Box<Self>, (a, _): (u8, String), _: String) -> Option<u8>
    where
        Self: Sized,
    {
        Some(a)
    }
}
impl Defaults for u8 {}
pub type Later<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;
#[timed("h", future, outcome)]
pub fn alias<'a>(n: &'a u8, _: String) -> Later<'a, Option<u8>> {
    Box::pin(async move { Some(*n) })
}
#[timed("h", future, outcome)]
pub fn hands_on<'a>(n: &'a u8, x: String) -> Later<'a, Option<u8>> {
    alias(n, x)
}
pub static IN_A_STATIC: fn(Option<u8>) -> Option<u8> = {
    #[timed("h", outcome)]
    fn inner(n: Option<u8>) -> Option<u8> {
        n
    }
    inner
};

#[test]
fn synchronous() {
    let (mut a, mut b) = (1, 2);
    let mut s = S::of(1u8);
    s.f = Some(Box::new(|n| n + 1));
    assert_eq!(s.calls(|t| *t += 1).copied(), Some(2));
    assert_eq!(
        (
            s.fields_apart(1),
            s.taken_apart(0).copied(),
            s.taken_apart(9).copied()
        ),
        (Some(4), Ok(2), Err("9".into()))
    );
    assert_eq!(s.moved_apart(), Some((2, vec![1])));
    assert_eq!(
        (
            reborrows(&mut &mut a).copied(),
            invariant(&mut &mut b).copied(),
            unsafe { raw(&3) }
        ),
        (Some(2), Some(2), Some(3))
    );
    assert_eq!(
        (
            cached(&mut HashMap::new(), 1).cloned(),
            partial([String::new()], ("b".into(), "c".into())),
            opaque(2).map(|f| f(1)),
            factorial(4)
        ),
        (Some(String::new()), Ok("c".into()), Some(2), Some(24))
    );
    assert_eq!(
        (
            converts("2").ok(),
            converts("9").map_err(|e| e.to_string()),
            flow(&[1, 5]),
            mutated("a".into(), 2),
            shadows(Some(1)),
            scoped(&[1])
        ),
        (
            Some(2),
            Err("big".into()),
            ControlFlow::Break(5),
            Some("axx".into()),
            Some(2),
            Some(1)
        )
    );
    assert_eq!(
        (
            reads(&mut &b"ab"[..]).ok(),
            Box::new(1u8).boxed((2, String::new()), String::new()),
            IN_A_STATIC(None)
        ),
        (Some(b"ab".to_vec()), Some(2), None)
    );
}

#[test]
fn asynchronous() {
    fn send<T: Send>(t: T) -> T {
        t
    }
    block_on(async {
        let (mut a, mut b) = (S::of(1u8), S::of(2u8));
        assert_eq!(a.swaps(&mut b).await.copied(), Some(2));
        assert_eq!(a.two_borrows(&mut vec![]).await, (&mut 2, &[2][..]));
        assert_eq!(
            (
                unsafe { async_raw(&3).await },
                send(dynamic(&mut [1u8].into_iter())).await,
                ends_in_todo(true).await,
                elided("abc", 0).await.copied(),
                higher(|x| x).await
            ),
            (Some(3), Some(vec![1]), 1, Some(b'b'), 1)
        );
        assert_eq!(
            send(sends(
                1.into(),
                std::sync::mpsc::channel().0,
                (2.into(), String::new())
            ))
            .await,
            Some(3)
        );
        assert_eq!(
            (
                send(alias(&1, String::new())).await,
                hands_on(&2, String::new()).await
            ),
            (Some(1), Some(2))
        );
    });
}
