//! Sequences whose store is lost while they are read or written.

use std::future::ready;

use futures::StreamExt;
use memo::with_cache;
use memo_testkit::servers::Break;

use crate::calls;
use crate::rig::{Rig, Way, everywhere};

const PIECES: u64 = 30;
const LEN: usize = 50_000;

#[test]
fn a_sequence_whose_store_is_lost_while_it_is_read_goes_on() {
    let breaks = [Break::BlackHole, Break::Reset, Break::CutAfter(1000)];
    for how in breaks {
        everywhere(|rig| {
            let n = rig.stored_by(|n| consume(rig, n, |_| {}));
            consume(rig, n, |piece| {
                if piece == 3 {
                    rig.proxy.set(how.clone());
                }
            });
            assert_eq!(rig.runs(n), 2, "the body ran for what was lost");
            rig.proxy.set(Break::Nothing);
            rig.heals();
        });
    }
}

#[test]
fn a_sequence_whose_store_is_lost_while_it_is_written_is_whole() {
    everywhere(|rig| {
        let n = rig.unused();
        consume(rig, n, |piece| {
            if piece == PIECES / 2 {
                rig.server.kill();
            }
        });
        rig.server.restart();
        rig.heals();
        consume(rig, n, |_| {});
        assert_eq!(rig.runs(n), 2, "nothing half was stored");
        rig.stored_by(|n| consume(rig, n, |_| {}));
    });
}

/// Takes all pieces, which are what they must be.
fn consume(rig: &Rig, n: u64, before: impl Fn(u64)) {
    let mut number = 0;
    let mut take = |piece: Vec<u8>| {
        before(number);
        assert!(piece == calls::noise(rig.test, n + number, LEN));
        number += 1;
    };
    if rig.way == Way::Blocking {
        with_cache(&rig.cache, || {
            calls::pieces(rig.test, n, PIECES, LEN).for_each(&mut take);
        });
    } else {
        rig.wait_for(async {
            let pieces = calls::pieces_async(rig.test, n, PIECES, LEN);
            pieces
                .for_each(|piece| {
                    take(piece);
                    ready(())
                })
                .await;
        });
    }
    assert_eq!(number, PIECES);
}
