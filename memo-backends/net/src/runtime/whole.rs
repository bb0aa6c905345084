//! Whether a runtime can drive a connection at all.

use std::cell::Cell;
use std::net::{Ipv4Addr, UdpSocket};
use std::panic::catch_unwind;
use std::time::Duration;

use tokio::runtime::{Handle, Id};

thread_local! {
    /// The runtime that this thread asked about last. One that gets the number of one that has ended, and is of another kind, is taken for it: tokio says
    /// that numbers may be given again, and does not do so.
    static KNOWN: Cell<Option<(Id, bool)>> = const { Cell::new(None) };
}

/// Whether the runtime of this thread has timers and I/O. Tokio tells by a panic alone, whose message may be seen once for each thread.
pub(super) fn is_whole(current: &Handle) -> bool {
    let id = current.id();
    let known = KNOWN.try_with(Cell::get).ok().flatten();
    if let Some((known, is_whole)) = known
        && known == id
    {
        return is_whole;
    }
    let is_whole = catch_unwind(try_drivers).is_ok();
    let _ = KNOWN.try_with(|known| known.set(Some((id, is_whole))));
    is_whole
}

fn try_drivers() {
    drop(tokio::time::sleep(Duration::ZERO));
    // Where no socket can be had there is nothing to be learnt.
    if let Ok(socket) = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))
        && socket.set_nonblocking(true).is_ok()
    {
        drop(tokio::net::UdpSocket::from_std(socket));
    }
}
