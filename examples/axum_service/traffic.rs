//! The customers: HTTP by hand, and a count of what was answered, to compare with the figures.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::task::JoinSet;

const CUSTOMERS: u32 = 4;

/// What customers have seen.
#[derive(Default)]
pub(crate) struct Seen {
    /// Answers by route and first digit of the status.
    answers: BTreeMap<(&'static str, u16), u64>,
    /// How often a customer did not wait for the answer.
    pub(crate) hung_up: u64,
}

impl Seen {
    fn add(&mut self, route: &'static str, class: u16, count: u64) {
        *self.answers.entry((route, class)).or_default() += count;
    }

    /// The answers under the keys that the service has for them.
    pub(crate) fn by_key(&self) -> BTreeMap<String, u64> {
        let mut keys = BTreeMap::new();
        for (&(route, class), &count) in &self.answers {
            let outcome = if class == 5 { "err" } else { "ok" };
            *keys.entry(format!("http.{route}.{outcome}")).or_default() += count;
            keys.insert(format!("http.{route}.{class}xx"), count);
        }
        keys
    }
}

/// Keeps the shop busy until it closes.
pub(crate) async fn visit(address: SocketAddr, closing: watch::Receiver<bool>) -> Seen {
    let mut customers = JoinSet::new();
    for _ in 0..CUSTOMERS {
        customers.spawn(customer(address, closing.clone()));
    }
    let mut all = Seen::default();
    while let Some(seen) = customers.join_next().await {
        let seen = seen.expect("a customer leaves in peace");
        for ((route, class), count) in seen.answers {
            all.add(route, class, count);
        }
        all.hung_up += seen.hung_up;
    }
    all
}

/// Asks until the shop closes. A request that it did not take any more has no answer.
async fn customer(address: SocketAddr, closing: watch::Receiver<bool>) -> Seen {
    let mut seen = Seen::default();
    if let Err(error) = order(address, &mut seen).await {
        assert!(*closing.borrow(), "the shop is open, and yet: {error}");
    }
    seen
}

async fn order(address: SocketAddr, seen: &mut Seen) -> io::Result<()> {
    let mut connection = Connection::to(address).await?;
    for round in 0_u32.. {
        let order = if round % 10 == 9 { "" } else { "a book" };
        let class = connection.ask("POST", "/orders", order).await?;
        seen.add("post.orders", class, 1);
        // Not all of them exist.
        let path = format!("/orders/{}", round * 7 % 1000);
        let class = connection.ask("GET", &path, "").await?;
        seen.add("get.orders.id", class, 1);
        if round % 20 == 0 {
            let class = connection
                .ask("GET", &format!("/admin/{round}"), "")
                .await?;
            seen.add("unmatched", class, 1);
        }
        if round % 50 == 0 {
            let mut impatient = Connection::to(address).await?;
            impatient.send("GET", "/report", "").await?;
            seen.hung_up += 1;
        }
    }
    Ok(())
}

struct Connection(BufReader<TcpStream>);

impl Connection {
    async fn to(address: SocketAddr) -> io::Result<Connection> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Connection(BufReader::new(stream)))
    }

    async fn send(&mut self, method: &str, path: &str, body: &str) -> io::Result<()> {
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: shop\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        self.0.write_all(request.as_bytes()).await
    }

    /// Sends a request and reads the whole answer; the first digit of its status.
    async fn ask(&mut self, method: &str, path: &str, body: &str) -> io::Result<u16> {
        self.send(method, path, body).await?;
        let status = self.line().await?;
        let status: u16 = match status.split(' ').nth(1).map(str::parse) {
            Some(Ok(status)) => status,
            _ => return Err(io::Error::other(status)),
        };
        let mut length = 0;
        loop {
            let line = self.line().await?;
            if line.is_empty() {
                break;
            }
            if let Some(value) = line.strip_prefix("content-length: ") {
                length = value.parse().map_err(io::Error::other)?;
            }
        }
        self.0.read_exact(&mut vec![0; length]).await?;
        Ok(status / 100)
    }

    async fn line(&mut self) -> io::Result<String> {
        let mut line = String::new();
        match self.0.read_line(&mut line).await? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(line.trim_end().into()),
        }
    }
}
