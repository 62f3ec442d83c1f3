//! An asynchronous service, measured: `cargo run --example tokio_service -- [SECONDS]`.
//!
//! A key-value store answers lines over TCP (`get K`, `put K V`, `copy FROM TO`) while clients
//! inside this process keep it busy, for a second unless told otherwise. Ctrl-C and SIGTERM end
//! it early and in good order: requests under way are answered, figures are flushed.

use std::collections::HashMap;
use std::error::Error;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use logd::{accumulate, accumulated, count, counted, timed};
use tokio::io::{self, AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{RwLock, watch};
use tokio::task::JoinSet;
use tokio::time::sleep;

const CLIENTS: u32 = 8;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let seconds = match std::env::args().nth(1) {
        Some(seconds) => seconds
            .parse()
            .map_err(|_| format!("SECONDS is {seconds:?}: write a whole number such as 10"))?,
        None => 1,
    };
    // The guard would hold up this thread when it flushes; the end of `main` flushes before.
    let _logd = logd::init()?;
    let mut terminate = signal(SignalKind::terminate())?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    println!("listening on {address} for {seconds} s, or until Ctrl-C or SIGTERM");

    let (close, closing) = watch::channel(false);
    let server = tokio::spawn(serve(listener, closing.clone()));
    let mut clients = JoinSet::new();
    for number in 0..CLIENTS {
        clients.spawn(ask(address, number, closing.clone()));
    }

    let why = tokio::select! {
        () = sleep(Duration::from_secs(seconds)) => "time is up",
        result = tokio::signal::ctrl_c() => result.map(|()| "Ctrl-C")?,
        _ = terminate.recv() => "SIGTERM",
    };
    close.send_replace(true);
    // A client whose connection the server closes first has nothing to complain about.
    while clients.join_next().await.is_some() {}
    let results = server.await?;

    println!("{why}. By the program's own count:");
    println!("  connections      {:>6}", results.connections);
    println!("  request          {:>6}", results.requests);
    println!(
        "  request.storage  {:>6}",
        results.requests - results.malformed
    );
    println!("  request.bad      {:>6}", results.malformed);
    println!("  request.missing  {:>6}", results.missing);

    // Waits without holding up a thread of the runtime, and needs no particular one.
    let report = logd::flush_async(Duration::from_secs(2)).await;
    println!("flush: {report}");
    Ok(())
}

/// What the server knows without measuring.
#[derive(Default)]
struct Results {
    connections: u64,
    requests: u64,
    malformed: u64,
    missing: u64,
}

/// Accepts connections until closing time, then waits for those that are open.
async fn serve(listener: TcpListener, mut closing: watch::Receiver<bool>) -> Results {
    let store = Arc::new(Store::default());
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(converse(stream, Arc::clone(&store), closing.clone()));
                }
                Err(_) => count!("connections.failed"),
            },
            _ = closing.changed() => break,
        }
    }
    let mut results = Results::default();
    while let Some(connection) = connections.join_next().await {
        let connection = connection.expect("a connection ends in peace");
        results.connections += 1;
        results.requests += connection.requests;
        results.malformed += connection.malformed;
        results.missing += connection.missing;
    }
    results
}

/// Answers one client, line by line, until it leaves or the service closes.
#[counted("connections")]
async fn converse(
    stream: TcpStream,
    store: Arc<Store>,
    mut closing: watch::Receiver<bool>,
) -> Results {
    let mut results = Results::default();
    let (input, mut output) = stream.into_split();
    let mut lines = BufReader::new(input).lines();
    loop {
        let line = tokio::select! {
            line = lines.next_line() => line,
            _ = closing.changed() => break,
        };
        let Ok(Some(line)) = line else { break };
        results.requests += 1;
        let reply = match store.answer(&line).await {
            Ok(value) => value,
            Err(Fault::Malformed) => {
                results.malformed += 1;
                count!("request.bad");
                String::from("? get K, put K V, copy FROM TO")
            }
            Err(Fault::Missing) => {
                results.missing += 1;
                count!("request.missing");
                String::from("none")
            }
        };
        if output
            .write_all(format!("{reply}\n").as_bytes())
            .await
            .is_err()
        {
            break;
        }
    }
    results
}

enum Fault {
    Malformed,
    Missing,
}

#[derive(Default)]
struct Store {
    values: RwLock<HashMap<String, String>>,
}

impl Store {
    /// One request. `request` is its whole time, `request.storage` the part spent on reads and
    /// writes: one reading, however many there were, and none where there was none.
    #[timed("request", rate = 0.5)]
    #[accumulated("request.storage")]
    async fn answer(&self, line: &str) -> Result<String, Fault> {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words[..] {
            ["get", key] => {
                let value = accumulate!("request.storage", { self.read(key).await? });
                Ok(value)
            }
            ["put", key, value] => {
                accumulate!("request.storage", { self.write(key, value).await });
                Ok(String::from("ok"))
            }
            ["copy", from, to] => {
                let value = accumulate!("request.storage", { self.read(from).await? });
                let shouted = value.to_uppercase();
                accumulate!("request.storage", { self.write(to, &shouted).await });
                Ok(String::from("ok"))
            }
            _ => Err(Fault::Malformed),
        }
    }

    #[timed("storage.read", rate = 0.1)]
    async fn read(&self, key: &str) -> Result<String, Fault> {
        sleep(Duration::from_micros(200)).await;
        let values = self.values.read().await;
        values.get(key).cloned().ok_or(Fault::Missing)
    }

    #[timed("storage.write")]
    async fn write(&self, key: &str, value: &str) {
        sleep(Duration::from_micros(500)).await;
        let mut values = self.values.write().await;
        values.insert(key.to_owned(), value.to_owned());
    }
}

/// A client: one request after the other until the service closes.
async fn ask(address: SocketAddr, number: u32, closing: watch::Receiver<bool>) -> io::Result<()> {
    let mut stream = BufReader::new(TcpStream::connect(address).await?);
    let mut reply = String::new();
    let mut round = number;
    while !*closing.borrow() {
        let key = round % 20;
        let request = match round % 9 {
            0 => format!("put {key} {round}\n"),
            1 => format!("copy {key} {}\n", key + 20),
            2 => String::from("sing\n"),
            _ => format!("get {key}\n"),
        };
        stream.write_all(request.as_bytes()).await?;
        reply.clear();
        if stream.read_line(&mut reply).await? == 0 {
            break;
        }
        round += 1;
    }
    Ok(())
}
