//! A service of plain threads, measured: `cargo run --example sync_service`.
//!
//! Jobs wait in a queue, workers take them, some fail. `LOGD_HOST`, `LOGD_PORT` and
//! `LOGD_PREFIX` say where the figures go, 127.0.0.1:8126 by default. Nobody has to listen
//! there: the service runs just the same, and the flush report says what was refused.

use std::collections::VecDeque;
use std::error::Error;
use std::sync::{Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use logd::{accumulate, accumulated, count, meter, time, timed};

const JOBS: u64 = 20_000;
const WORKERS: u64 = 3;

fn main() -> Result<(), Box<dyn Error>> {
    // Everything from the environment. A setting that makes no sense is an error here.
    let logd = logd::init()?;

    let begun = Instant::now();
    let results = serve();
    println!(
        "{JOBS} jobs on {WORKERS} threads took {:.0?}. By the program's own count:",
        begun.elapsed()
    );
    println!("  jobs.accepted  {:>6}", results.accepted);
    println!("  jobs.failed    {:>6}", results.failed);
    println!("  jobs.run       {:>6}", results.run());
    println!("  jobs.waited    {:>6}", results.run());
    println!("  jobs.write     {:>6}", results.written);

    // Dropping the guard would flush as well. Asked by hand, it tells what became of the events.
    let report = logd.flush(Duration::from_secs(2));
    println!("flush: {report}");
    Ok(())
}

/// What the workers know without measuring.
#[derive(Default)]
struct Results {
    accepted: u64,
    failed: u64,
    written: u64,
}

impl Results {
    fn run(&self) -> u64 {
        self.failed + self.written
    }
}

fn serve() -> Results {
    let queue = Queue::default();
    thread::scope(|threads| {
        let workers: Vec<_> = (0..WORKERS)
            .map(|_| threads.spawn(|| Worker::default().work(&queue)))
            .collect();
        for number in 0..JOBS {
            queue.accept(Job {
                number,
                accepted: Instant::now(),
            });
        }
        queue.close();
        let mut results = Results {
            accepted: JOBS,
            ..Results::default()
        };
        for worker in workers {
            let worker = worker.join().expect("a worker ends in peace");
            results.failed += worker.failed;
            results.written += worker.written;
        }
        results
    })
}

struct Job {
    number: u64,
    accepted: Instant,
}

/// A job that can not be done.
struct Broken;

#[derive(Default)]
struct Queue {
    waiting: Mutex<Waiting>,
    changed: Condvar,
}

#[derive(Default)]
struct Waiting {
    jobs: VecDeque<Job>,
    closed: bool,
}

impl Queue {
    /// Waits for room, so that a burst of jobs can not fill the memory.
    fn accept(&self, job: Job) {
        let mut waiting = self
            .changed
            .wait_while(self.waiting.lock().unwrap(), |waiting| {
                waiting.jobs.len() >= 100
            })
            .unwrap();
        waiting.jobs.push_back(job);
        count!("jobs.accepted");
        // The mean of all readings is shown; measured at both ends, that is the usual depth.
        meter!("jobs.waiting", waiting.jobs.len());
        self.changed.notify_all();
    }

    fn next(&self) -> Option<Job> {
        let mut waiting = self
            .changed
            .wait_while(self.waiting.lock().unwrap(), |waiting| {
                waiting.jobs.is_empty() && !waiting.closed
            })
            .unwrap();
        let job = waiting.jobs.pop_front()?;
        meter!("jobs.waiting", waiting.jobs.len());
        self.changed.notify_all();
        // A duration between two places of the program, measured already.
        time!("jobs.waited", job.accepted.elapsed());
        Some(job)
    }

    fn close(&self) {
        self.waiting.lock().unwrap().closed = true;
        self.changed.notify_all();
    }
}

#[derive(Default)]
struct Worker {
    results: Results,
}

impl Worker {
    fn work(mut self, queue: &Queue) -> Results {
        while let Some(job) = queue.next() {
            if self.run(&job).is_err() {
                self.results.failed += 1;
                count!("jobs.failed");
            }
        }
        self.results
    }

    /// One job. All are counted, a quarter of them is clocked; a job that ends early by `?` is
    /// timed like any other.
    #[timed("jobs.run", rate = 0.25)]
    fn run(&mut self, job: &Job) -> Result<(), Broken> {
        let pages = render(job)?;
        self.write(&pages);
        Ok(())
    }

    /// Writes the pages of a job. `jobs.write` is one reading for each job: the time of all its
    /// writes, without what is done between them.
    #[accumulated("jobs.write")]
    fn write(&mut self, pages: &[String]) {
        for page in pages {
            let packed = page.repeat(2);
            accumulate!("jobs.write", {
                std::hint::black_box(packed.into_bytes());
            });
        }
        self.results.written += 1;
    }
}

/// Timed as `sync_service.render`: an attribute without a name takes the function's path.
#[timed]
fn render(job: &Job) -> Result<Vec<String>, Broken> {
    if job.number % 50 == 49 {
        return Err(Broken);
    }
    Ok((1..=3)
        .map(|page| format!("job {}, page {page}", job.number))
        .collect())
}
