//! Ports that nobody listens at.

use std::hash::{BuildHasher, RandomState};
use std::net::{Ipv4Addr, TcpListener};
use std::sync::atomic::{AtomicU64, Ordering};

/// Below the ports that systems give to outgoing connections (Linux: from 32768): while a server is down, no client can come by its port.
const RANGE: std::ops::Range<u16> = 10_000..32_000;

/// A port of this machine that was free a moment ago. Chosen at random, so that test processes side by side seldom choose the same.
pub(super) fn free() -> u16 {
    static ASKED: AtomicU64 = AtomicU64::new(0);
    loop {
        let random = RandomState::new().hash_one(ASKED.fetch_add(1, Ordering::Relaxed));
        let span = u64::from(RANGE.end - RANGE.start);
        let port = RANGE.start + u16::try_from(random % span).expect("less than the span");
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return port;
        }
    }
}
