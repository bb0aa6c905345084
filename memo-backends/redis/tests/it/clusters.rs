//! Clusters that change.

use memo_core::backend::{Availability, Backend, FaultKind};
use memo_testkit::block_on;
use memo_testkit::servers::RedisCluster;

use crate::support::{BOTH, get, item, name, redis};

#[test]
fn slots_that_move_are_followed() {
    let cluster = RedisCluster::start();
    let redis = redis(&url(&cluster));
    for waits in BOTH {
        let name = name("moves");
        let names = std::slice::from_ref(&name);
        block_on(redis.set_many(vec![item(&name, "A")], waits)).expect("it fits");
        let slot = cluster.nodes()[0].ask(&["CLUSTER", "KEYSLOT", name.as_str()]);
        let slot = slot.trim();
        let holds = |node: &&memo_testkit::servers::RedisServer| {
            !node.ask(&["GET", name.as_str()]).starts_with('-')
        };
        let from = cluster.nodes().iter().find(holds).expect("one has it");
        let to = cluster.nodes().iter().find(|node| !holds(node));
        let to = to.expect("another has not");
        let (from_id, to_id) = (from.ask(&["CLUSTER", "MYID"]), to.ask(&["CLUSTER", "MYID"]));
        let (from_id, to_id) = (from_id.trim(), to_id.trim());

        to.ask(&["CLUSTER", "SETSLOT", slot, "IMPORTING", from_id]);
        from.ask(&["CLUSTER", "SETSLOT", slot, "MIGRATING", to_id]);
        let port = to.address().port().to_string();
        from.ask(&["MIGRATE", "127.0.0.1", &port, name.as_str(), "0", "5000"]);
        assert_eq!(get(&redis, &name, waits), Ok(Some("A".into())), "asked for");

        for node in [to, from] {
            node.ask(&["CLUSTER", "SETSLOT", slot, "NODE", to_id]);
        }
        assert_eq!(get(&redis, &name, waits), Ok(Some("A".into())), "moved");
        assert_eq!(block_on(redis.delete_many(names, waits)), Ok(1));
    }
}

#[test]
fn a_server_that_is_gone_takes_its_own_slots_alone() {
    let cluster = RedisCluster::start();
    // What is left goes on.
    for node in cluster.nodes() {
        node.ask(&["CONFIG", "SET", "cluster-require-full-coverage", "no"]);
    }
    let redis = redis(&url(&cluster));
    for waits in BOTH {
        let names: Vec<_> = (0..64).map(|_| name("a")).collect();
        let items = names.iter().map(|name| item(name, "A")).collect();
        block_on(redis.set_many(items, waits)).expect("it fits");
        let [_, second, _] = cluster.nodes() else {
            panic!("there are three");
        };
        second.kill();
        let answers = names.iter().map(|name| get(&redis, name, waits));
        let (found, lost): (Vec<_>, Vec<_>) = answers.partition(Result::is_ok);
        assert!(
            found.len() > 20 && lost.len() > 5,
            "{} {}",
            found.len(),
            lost.len()
        );
        for lost in lost {
            assert_eq!(lost.expect_err("it is gone").kind(), FaultKind::Connect);
        }
        let down = |stats: &memo_core::backend::ServerStats| stats.availability != Availability::Up;
        assert_eq!(
            redis.servers().iter().filter(|stats| down(stats)).count(),
            1
        );
        second.restart();
        cluster.wait_until_ready();
        crate::support::eventually("all is there again", || {
            names.iter().all(|name| get(&redis, name, waits).is_ok())
        });
    }
}

fn url(cluster: &RedisCluster) -> String {
    let addresses: Vec<String> = cluster
        .addresses()
        .iter()
        .map(ToString::to_string)
        .collect();
    format!("redis+cluster://{}", addresses.join(","))
}
