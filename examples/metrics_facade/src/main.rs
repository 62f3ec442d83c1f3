//! A service that counts nothing itself: its middleware and a collector of process figures,
//! both from the registry, record through the `metrics` facade. Two lines of set-up bring their
//! numbers to logd. Run it with `scripts/metrics-facade`.

use std::error::Error;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum_metrics::MetricLayer;
use logd_receiver::{Interval, Receiver};
use metrics_process::Collector;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let receiver = Receiver::bind("127.0.0.1:0")?;
    let port = receiver.local_addr().port();

    // The set-up.
    let _logd = logd::builder().port(port).prefix("shop").init()?;
    logd::MetricsRecorder::install()?;

    serve().await?;
    Collector::default().collect();

    let report = logd::flush_async(Duration::from_secs(5)).await;
    println!("{report}");
    let interval = receiver.flush();
    println!("{interval}");
    check(&interval)
}

/// Runs the service for a few requests, and until the last of them is done with.
async fn serve() -> Result<(), Box<dyn Error>> {
    let app = Router::new()
        .route("/users/{id}", get(user))
        .route("/orders", post(order))
        .layer(MetricLayer::default());
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let (stop, stopped) = oneshot::channel::<()>();
    let service = tokio::spawn(
        axum::serve(listener, app)
            .with_graceful_shutdown(async {
                let _ = stopped.await;
            })
            .into_future(),
    );
    for id in 1..=20 {
        request(address, "GET", &format!("/users/{id}"), "").await?;
    }
    for order in ["a book", "a pen", ""] {
        request(address, "POST", "/orders", order).await?;
    }
    let _ = stop.send(());
    Ok(service.await??)
}

async fn user(Path(id): Path<u32>) -> Result<String, StatusCode> {
    match id {
        13 => Err(StatusCode::NOT_FOUND),
        _ => Ok(format!("user {id}")),
    }
}

async fn order(what: String) -> StatusCode {
    if what.is_empty() {
        StatusCode::UNPROCESSABLE_ENTITY
    } else {
        StatusCode::CREATED
    }
}

async fn request(
    to: SocketAddr,
    method: &str,
    path: &str,
    body: &str,
) -> Result<String, Box<dyn Error>> {
    let mut stream = TcpStream::connect(to).await?;
    let length = body.len();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: shop\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n"
    );
    stream.write_all((head + body).as_bytes()).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    Ok(answer)
}

/// What the middleware says of the requests above.
fn check(interval: &Interval) -> Result<(), Box<dyn Error>> {
    let counted = |labels: &str| {
        let key = format!("shop:http_requests_total.{labels}");
        let counter = interval.counter(&key).ok_or(key)?;
        Ok::<_, String>(counter.sum)
    };
    let found = counted("code.200.endpoint._users__id_.method.GET")?;
    let missing = counted("code.404.endpoint._users__id_.method.GET")?;
    let created = counted("code.201.endpoint._orders.method.POST")?;
    assert_eq!((found, missing, created), (19.0, 1.0, 2.0));

    let duration = "shop:http_request_duration_seconds.code.200.endpoint._users__id_.method.GET";
    let duration = interval.timer(duration).ok_or(duration)?;
    assert_eq!(duration.count, 19.0);
    assert!(duration.mean > 0.0 && duration.upper < 5.0, "{duration:?}");

    let size = "shop:http_request_size_bytes.endpoint._orders.method.POST";
    let size = interval.timer(size).ok_or(size)?;
    assert_eq!((size.count, size.lower, size.upper), (2.0, 5.0, 6.0));

    let memory = "shop:process_resident_memory_bytes";
    assert!(interval.meter(memory).ok_or(memory)?.mean > 1e6);
    Ok(())
}
