//! A Redis cluster of a test's own.

use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, Instant};

use super::RedisServer;

/// The slots of a cluster (redis.io, "Redis cluster specification").
const SLOTS: usize = 16_384;

/// Three redis servers that form a cluster, without replicas; killed when it is dropped, and when this process ends.
#[derive(Debug)]
pub struct RedisCluster(Vec<RedisServer>);

impl RedisCluster {
    /// Starts one, and waits until all of its servers know all of them.
    ///
    /// # Panics
    ///
    /// If there is no such server on this machine (says what to install), or the servers do not find each other.
    pub fn start() -> Self {
        let cluster = Self((0..3).map(|_| RedisServer::of_a_cluster()).collect());
        for (number, node) in cluster.0.iter().enumerate() {
            let (first, last) = (slot(number), slot(number + 1) - 1);
            let range = [first.to_string(), last.to_string()];
            succeed(node, &["CLUSTER", "ADDSLOTSRANGE", &range[0], &range[1]]);
            // Two nodes of one epoch would have to agree on who is the older one first.
            let epoch = (number + 1).to_string();
            succeed(node, &["CLUSTER", "SET-CONFIG-EPOCH", &epoch]);
        }
        for node in &cluster.0[1..] {
            let (address, bus) = (node.address(), node.bus_port().to_string());
            let (host, port) = (address.ip().to_string(), address.port().to_string());
            succeed(&cluster.0[0], &["CLUSTER", "MEET", &host, &port, &bus]);
        }
        cluster.wait_until_ready();
        cluster
    }

    /// Its servers.
    pub fn nodes(&self) -> &[RedisServer] {
        &self.0
    }

    /// Where its servers listen.
    pub fn addresses(&self) -> Vec<SocketAddr> {
        self.0.iter().map(RedisServer::address).collect()
    }

    /// The URLs of its servers.
    pub fn urls(&self) -> Vec<String> {
        self.0.iter().map(RedisServer::url).collect()
    }

    /// Waits until all of its servers are part of it.
    ///
    /// # Panics
    ///
    /// If they are not within half a minute.
    pub fn wait_until_ready(&self) {
        let signs = [
            "cluster_state:ok".to_owned(),
            format!("cluster_slots_ok:{SLOTS}"),
            format!("cluster_known_nodes:{}", self.0.len()),
        ];
        let begin = Instant::now();
        for node in &self.0 {
            loop {
                let info = node.ask(&["CLUSTER", "INFO"]);
                if signs.iter().all(|sign| info.contains(sign)) {
                    break;
                }
                assert!(begin.elapsed() < Duration::from_secs(30), "{info}");
                thread::sleep(Duration::from_millis(10));
            }
        }
    }
}

/// The first slot of the node of this number.
fn slot(number: usize) -> usize {
    number * SLOTS / 3
}

fn succeed(node: &RedisServer, command: &[&str]) {
    let answer = node.ask(command);
    assert_eq!(answer, "OK", "{command:?}");
}
