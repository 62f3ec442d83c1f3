//! A web service, measured: `cargo run --example axum_service -- [SECONDS]`.
//!
//! A shop takes orders over HTTP while customers inside this process keep it busy, for a second
//! unless told otherwise. Ctrl-C and SIGTERM end it early and in good order: it takes no more
//! requests, answers those under way, and sends its figures. `LOGD_HOST`, `LOGD_PORT` and
//! `LOGD_PREFIX`, or a file such as `/etc/logd.conf`, say where to.

mod traffic;

use std::collections::HashMap;
use std::error::Error;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::{MatchedPath, Path, Request, State};
use axum::http::{Method, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use logd::{Meter, Outcome, count, timed};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tokio::time::sleep;

/// Few, so that some orders are refused.
const STOCK: u32 = 500;

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

    let (close, mut closing) = watch::channel(false);
    let customers = tokio::spawn(traffic::visit(address, closing.clone()));
    let server = axum::serve(listener, service()).with_graceful_shutdown(async move {
        let _ = closing.changed().await;
    });
    let server = tokio::spawn(server.into_future());

    let why = tokio::select! {
        () = sleep(Duration::from_secs(seconds)) => "time is up",
        result = tokio::signal::ctrl_c() => result.map(|()| "Ctrl-C")?,
        _ = terminate.recv() => "SIGTERM",
    };
    close.send_replace(true);
    let seen = customers.await?;
    // Until the last answer is out.
    server.await??;

    println!(
        "{why}. {} requests for a report were given up.",
        seen.hung_up
    );
    println!("By the customers' own count:");
    for (key, count) in seen.by_key() {
        println!("  {key:<22} {count:>6}");
    }
    // Waits without holding up a thread of the runtime.
    let report = logd::flush_async(Duration::from_secs(2)).await;
    println!("flush: {report}");
    Ok(())
}

fn service() -> Router {
    Router::new()
        .route("/orders", post(place))
        .route("/orders/{id}", get(show))
        .route("/report", get(report))
        // Around all of them and around what no route matches.
        .layer(middleware::from_fn(measure))
        .with_state(Arc::new(Shop::default()))
}

// ---- the middleware: how often each route is asked, how long it takes, how it ends ----

/// Times each request under its route, and counts its status.
async fn measure(request: Request, next: Next) -> Response {
    let route = route(&request);
    let Answer(response) = answer(&route, request, next).await;
    let class = response.status().as_u16() / 100;
    logd::client().increment(&format!("http.{route}.{class}xx"));
    response
}

/// `http.get.orders.id.ok`, `.err`, `.panicked`, and `.cancelled` when the customer has hung up.
#[timed("http.{route}", outcome)]
async fn answer(route: &str, request: Request, next: Next) -> Answer {
    Answer(next.run(request).await)
}

struct Answer(Response);

/// What is wrong with a request is not an error of the service.
impl Outcome for Answer {
    fn is_ok(&self) -> bool {
        !self.0.status().is_server_error()
    }
}

/// The pattern of a request's route in the form of a name: `get.orders.id`. Never its path, nor
/// a method that somebody makes up: each would be a name of its own, and strangers know many.
fn route(request: &Request) -> String {
    let Some(pattern) = request.extensions().get::<MatchedPath>() else {
        return "unmatched".into();
    };
    let method = match *request.method() {
        Method::GET => "get",
        Method::POST => "post",
        _ => "other",
    };
    let parts = pattern.as_str().split('/').filter(|part| !part.is_empty());
    parts.fold(method.into(), |name, part| {
        name + "." + part.trim_matches(['{', '}', '*'])
    })
}

// ---- the handlers: annotated like any other function ----

static STOCK_LEFT: Meter = Meter::new("stock.left").hold();

#[derive(Default)]
struct Shop {
    orders: Mutex<HashMap<u32, String>>,
}

enum Refused {
    NothingToOrder,
    SoldOut,
    NoSuchOrder,
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let (status, text) = match self {
            Refused::NothingToOrder => (StatusCode::BAD_REQUEST, "say what to order"),
            Refused::SoldOut => (StatusCode::SERVICE_UNAVAILABLE, "sold out"),
            Refused::NoSuchOrder => (StatusCode::NOT_FOUND, "there is no such order"),
        };
        (status, text).into_response()
    }
}

/// Takes an order and answers with its number.
#[timed("orders.place", outcome)]
async fn place(
    State(shop): State<Arc<Shop>>,
    order: String,
) -> Result<(StatusCode, String), Refused> {
    if order.is_empty() {
        return Err(Refused::NothingToOrder);
    }
    let number = shop.accept(order)?;
    Ok((StatusCode::CREATED, number.to_string()))
}

/// Shows an order.
#[timed("orders.show", outcome)]
async fn show(State(shop): State<Arc<Shop>>, Path(id): Path<u32>) -> Result<String, Refused> {
    let orders = shop.orders.lock().unwrap();
    orders.get(&id).cloned().ok_or(Refused::NoSuchOrder)
}

/// Works longer than anybody waits for: see how it is cancelled.
#[timed("orders.report", outcome)]
async fn report(State(shop): State<Arc<Shop>>) -> Result<String, Refused> {
    sleep(Duration::from_secs(60)).await;
    Ok(shop.orders.lock().unwrap().len().to_string())
}

impl Shop {
    fn accept(&self, order: String) -> Result<u32, Refused> {
        let mut orders = self.orders.lock().unwrap();
        let number = u32::try_from(orders.len()).expect("not more than the stock");
        if number == STOCK {
            count!("orders.refused");
            return Err(Refused::SoldOut);
        }
        orders.insert(number, order);
        STOCK_LEFT.set(STOCK - number - 1);
        Ok(number)
    }
}
