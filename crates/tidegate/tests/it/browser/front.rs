//! A fixed address before a controller whose own port changes with every start, as a reverse proxy gives it.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

/// Carries bytes until dropped.
pub(crate) struct Front {
    address: SocketAddr,
    behind: Arc<Mutex<SocketAddr>>,
    has_closed: Arc<AtomicBool>,
    listening: Option<JoinHandle<()>>,
}

impl Front {
    pub(crate) fn of(behind: SocketAddr) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let behind = Arc::new(Mutex::new(behind));
        let has_closed = Arc::new(AtomicBool::new(false));
        let (target, closed) = (behind.clone(), has_closed.clone());
        let listening = std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                if closed.load(Ordering::SeqCst) {
                    return;
                }
                let target = *target.lock().unwrap();
                // Nobody behind it: the client's connection is closed without a word.
                if let Ok(server) = TcpStream::connect(target) {
                    carry(&client, &server);
                    carry(&server, &client);
                }
            }
        });
        Self {
            address,
            behind,
            has_closed,
            listening: Some(listening),
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Leads to another controller from now on.
    pub(crate) fn lead_to(&self, behind: SocketAddr) {
        *self.behind.lock().unwrap() = behind;
    }
}

/// Carries one direction in a thread of its own, until either end closes.
fn carry(from: &TcpStream, to: &TcpStream) {
    let (mut from, mut to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
    std::thread::spawn(move || {
        let mut bytes = [0; 16 * 1024];
        while let Ok(read @ 1..) = from.read(&mut bytes)
            && to.write_all(&bytes[..read]).is_ok()
        {}
        for end in [from, to] {
            // It may be closed already, which is what is wanted.
            drop(end.shutdown(Shutdown::Both));
        }
    });
}

impl Drop for Front {
    fn drop(&mut self) {
        self.has_closed.store(true, Ordering::SeqCst);
        drop(TcpStream::connect(self.address));
        if let Some(listening) = self.listening.take() {
            drop(listening.join());
        }
    }
}
