//! Servers that are there, and refuse.

use std::io::{Read, Write};
use std::net::TcpStream;

use memo::backend::FaultKind;
use memo::{Event, Problem};

use crate::rig::{Plan, Rig, Server, Store, TOO_LONG, Way, planned};
use crate::{calls, owed};

const FULL: Plan = Plan {
    redis: &["--maxmemory", "2mb", "--maxmemory-policy", "noeviction"],
    memcached: &["-M", "-m", "2"],
    ..Plan::USUAL
};

/// Of each value that fills a store.
const LEN: usize = 50_000;

#[test]
fn a_full_store_is_read_and_no_value_is_lost() {
    planned(&[Store::Redis, Store::Memcached], &FULL, |rig| {
        let first = rig.unused();
        rig.call_bytes(first, LEN);
        let refused = fill(rig);
        for n in [refused, rig.unused()] {
            assert!(rig.call_bytes(n, LEN) < TOO_LONG);
        }
        assert_eq!(rig.runs(refused), 2, "there was no room for it");

        let outages = rig.outages();
        assert_eq!(outages, 0, "a full server is there");
        rig.call_bytes(first, LEN);
        assert_eq!(rig.runs(first), 1, "what is stored is served");
        make_room(rig);
        rig.call_bytes(refused, LEN);
        rig.call_bytes(refused, LEN);
        assert_eq!(rig.runs(refused), 3, "there is room for it at once");
    });
}

#[test]
fn an_invalidation_that_is_refused_is_an_error_and_made_up_for() {
    planned(&[Store::Redis], &Plan::USUAL, |rig| {
        let n = rig.stored();
        configure(rig, "min-replicas-to-write", "1");
        let refused = owed::invalidate(rig, n);
        assert!(refused.is_err(), "{refused:?}");
        assert_eq!(rig.cache.stats().owed, 1);
        rig.call(n);
        assert_eq!(rig.runs(n), 2, "what was to be deleted is not served");
        configure(rig, "min-replicas-to-write", "0");
        rig.call(n);
        rig.call(n);
        assert_eq!(rig.runs(n), 3);
        assert_eq!(rig.cache.stats().owed, 0);
        assert_eq!(rig.outages(), 0, "who refuses is there");
    });
}

fn configure(rig: &Rig, setting: &str, value: &str) {
    if let Server::Redis(server) = &*rig.server {
        let said = server.ask(&["CONFIG", "SET", setting, value]);
        assert_eq!(said.trim(), "OK");
    }
}

/// Stores until there is no room; answers the argument whose value was refused.
fn fill(rig: &Rig) -> u64 {
    for _ in 0..200 {
        let n = rig.unused();
        rig.call_bytes(n, LEN);
        if rig.has_told(FaultKind::Full) {
            return n;
        }
    }
    panic!("the store takes everything");
}

fn make_room(rig: &Rig) {
    match &*rig.server {
        Server::Redis(server) => {
            server.ask(&["FLUSHALL"]);
        }
        Server::Memcached(server) => {
            say(server.address(), "flush_all\r\nquit\r\n");
        }
    }
}

#[test]
fn a_wrong_password_is_told_and_not_shown_and_tried_again_some_time() {
    let wrong = Plan {
        redis: &["--requirepass", "right-password"],
        credentials: ":wrong-password@",
        ..Plan::USUAL
    };
    planned(&[Store::Redis], &wrong, |rig| {
        rig.endures();
        assert!(rig.has_told(FaultKind::Auth));
        let shown = format!("{:?} {:?}", rig.recorder.events(), rig.cache);
        assert!(!shown.contains("-password"), "{shown}");
        say(
            rig.server.address(),
            "AUTH right-password\r\nCONFIG SET requirepass wrong-password\r\nQUIT\r\n",
        );
        rig.heals();
    });
}

#[test]
fn a_missing_password_is_told() {
    let none = Plan {
        redis: &["--requirepass", "right-password"],
        ..Plan::USUAL
    };
    planned(&[Store::Redis], &none, |rig| {
        rig.endures();
        assert!(rig.has_told(FaultKind::Auth));
    });
}

/// Leases are scripts.
#[test]
fn without_scripts_a_lock_function_stores_nothing_and_says_so_and_others_do() {
    let no_scripts = Plan {
        redis: &[
            "--user",
            "writer",
            "on",
            ">password",
            "~*",
            "+@all",
            "-@scripting",
        ],
        credentials: "writer:password@",
        ..Plan::USUAL
    };
    planned(&[Store::Redis], &no_scripts, |rig| {
        let (stored, n) = (rig.stored(), rig.unused());
        for runs in 1..=3 {
            assert!(rig.call_locked(n) < TOO_LONG);
            assert_eq!(rig.runs(n), runs);
        }
        let site = match rig.way {
            Way::Blocking => calls::locked::site(),
            _ => calls::locked_async::site(),
        };
        let problems = site.problems();
        let is_it = |problem: &Problem| matches!(problem, Problem::NoLeases(_));
        assert!(problems.iter().any(is_it), "{problems:?}");
        rig.call(stored);
        assert_eq!(rig.runs(stored), 1, "without a lock it is served");
        assert_eq!(rig.outages(), 0, "who refuses is there");
    });
}

impl Rig {
    fn has_told(&self, kind: FaultKind) -> bool {
        let is_so =
            |event: &Event| matches!(event, Event::Faulty { fault, .. } if fault.kind() == kind);
        self.recorder.count(is_so) > 0
    }
}

/// Says this, and waits until the server has hung up.
fn say(server: std::net::SocketAddr, words: &str) {
    let mut connection = TcpStream::connect(server).expect("it listens");
    let said = connection.write_all(words.as_bytes());
    let heard = said.and_then(|()| connection.read_to_end(&mut Vec::new()));
    heard.expect("it answers and hangs up");
}
