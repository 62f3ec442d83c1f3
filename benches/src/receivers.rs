//! Where datagrams go: a process that reads them, a port where nobody listens, or a socket
//! that is never read.

use std::io::Read;
use std::net::UdpSocket;
use std::process::{Child, Command, Stdio};

/// How the other end behaves.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Behaviour {
    Healthy,
    Dead,
    Blocked,
}

impl Behaviour {
    pub const ALL: [Behaviour; 3] = [Behaviour::Healthy, Behaviour::Dead, Behaviour::Blocked];

    pub fn name(self) -> &'static str {
        match self {
            Behaviour::Healthy => "healthy",
            Behaviour::Dead => "dead",
            Behaviour::Blocked => "blocked",
        }
    }
}

/// The other end, as long as this lives.
pub struct Receiver {
    pub port: u16,
    reader: Option<Child>,
    _unread: Option<UdpSocket>,
}

impl Receiver {
    pub fn new(behaviour: Behaviour) -> Receiver {
        match behaviour {
            Behaviour::Healthy => Receiver::reading(),
            Behaviour::Dead | Behaviour::Blocked => {
                let socket = UdpSocket::bind("127.0.0.1:0").expect("a free port");
                Receiver {
                    port: socket.local_addr().expect("its address").port(),
                    reader: None,
                    _unread: (behaviour == Behaviour::Blocked).then_some(socket),
                }
            }
        }
    }

    /// In a process of its own, so that its work does not count as the sender's.
    fn reading() -> Receiver {
        let mut reader = Command::new(std::env::current_exe().expect("this program"))
            .arg("read")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a process");
        let mut port = [0; 2];
        reader
            .stdout
            .as_mut()
            .expect("its output")
            .read_exact(&mut port)
            .expect("its port");
        Receiver {
            port: u16::from_le_bytes(port),
            reader: Some(reader),
            _unread: None,
        }
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        if let Some(reader) = &mut self.reader {
            let _ = reader.kill();
            let _ = reader.wait();
        }
    }
}

/// The reading process: says its port and reads until its input ends.
pub fn read() {
    use std::io::Write;
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a free port");
    let port = socket.local_addr().expect("its address").port();
    let mut output = std::io::stdout();
    output.write_all(&port.to_le_bytes()).expect("a reader");
    output.flush().expect("a reader");
    std::thread::spawn(|| {
        let _ = std::io::stdin().read(&mut [0]);
        std::process::exit(0);
    });
    let mut datagram = [0; 2048];
    loop {
        let _ = socket.recv(&mut datagram);
    }
}
