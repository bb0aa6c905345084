//! Connections that break in the middle, and servers that talk nonsense.

use memo_testkit::servers::Break;

use crate::rig::{Rig, Store, TOO_LONG, everywhere};

#[test]
fn a_reset_connection_costs_a_call_of_the_body() {
    everywhere(|rig| {
        rig.stored();
        rig.proxy.set(Break::Reset);
        rig.endures();
        rig.proxy.set(Break::Nothing);
        rig.heals();
        rig.tells_of_an_outage();
    });
}

#[test]
fn a_half_closed_connection_costs_a_call_of_the_body() {
    everywhere(|rig| {
        rig.stored();
        rig.proxy.set(Break::HalfClose);
        rig.endures();
        rig.proxy.set(Break::Nothing);
        rig.heals();
        rig.tells_of_an_outage();
    });
}

#[test]
fn a_value_that_is_cut_in_its_middle_is_not_served() {
    const LEN: usize = 200_000;
    everywhere(|rig| {
        let n = rig.stored_by(|n| {
            rig.call_bytes(n, LEN);
        });
        for cut in [1, 10, 1000, LEN / 2, LEN - 1] {
            rig.proxy.set(Break::CutAfter(cut));
            let before = rig.runs(n);
            assert!(rig.anew().call_bytes(n, LEN) < TOO_LONG);
            assert_eq!(rig.runs(n), before + 1, "cut after {cut} bytes");
            rig.proxy.set(Break::Nothing);
            rig.anew().call_bytes(n, LEN);
        }
        assert!(rig.runs(n) <= 11, "what was not cut was stored");
    });
}

#[test]
fn chunks_that_are_cut_in_their_middle_are_not_served() {
    const LEN: usize = 1_500_000;
    everywhere(|rig| {
        let call = |n| {
            rig.call_chunks(n, LEN);
        };
        let n = rig.stored_by(call);
        for cut in [100, 1_000_000] {
            rig.proxy.set(Break::CutAfter(cut));
            rig.anew().call_chunks(n, LEN);
        }
        assert!(rig.runs(n) > 1, "it was computed when it was cut");
        rig.proxy.set(Break::Nothing);
        rig.heals();
        call(n);
        rig.stored_by(call);
    });
}

#[test]
fn connections_that_are_cut_at_every_byte_do_no_harm() {
    everywhere(|rig| {
        let n = rig.stored();
        for cut in 0..100 {
            rig.proxy.set(Break::CutAfter(cut));
            assert!(rig.anew().call(n) < TOO_LONG);
        }
        assert!(rig.runs(n) > 1, "it was computed when it was cut");
        rig.proxy.set(Break::Nothing);
        rig.heals();
    });
}

#[test]
fn nonsense_is_an_outage() {
    everywhere(|rig| {
        for nonsense in nonsense(rig) {
            let rig = rig.anew();
            rig.stored();
            rig.proxy.set(Break::Garbage(nonsense));
            rig.endures();
            assert!(rig.faults() > 0);
            rig.proxy.set(Break::Nothing);
            rig.heals();
        }
    });
}

#[test]
fn answers_to_questions_that_nobody_asked_are_no_values() {
    everywhere(|rig| {
        let n = rig.stored();
        for (before, lie) in (1..).zip(lies(rig)) {
            rig.proxy.set(Break::Garbage(lie));
            let rig = rig.anew();
            assert!(rig.call(n) < TOO_LONG);
            assert_eq!(rig.runs(n), before + 1, "it was computed");
            for _ in 0..10 {
                let unused = rig.unused();
                assert!(rig.call(unused) < TOO_LONG);
                assert_eq!(rig.runs(unused), 1);
            }
        }
        rig.proxy.set(Break::Nothing);
        rig.heals();
    });
}

/// What could be an answer, and is none to what is asked.
fn lies(rig: &Rig) -> Vec<Vec<u8>> {
    let lies: &[&[u8]] = match rig.store {
        Store::Redis => &[b"+OK\r\n", b":1\r\n", b"$-7\r\nx\r\n", b"*1\r\n$1\r\nx\r\n"],
        Store::Memcached => &[b"HD\r\n", b"NS\r\n", b"EN\r\nx\r\n", b"VA 1 f1\r\nx\r\n"],
    };
    lies.iter().map(|lie| lie.to_vec()).collect()
}

/// What is no answer, or promises far too much.
fn nonsense(rig: &Rig) -> Vec<Vec<u8>> {
    let of_the_store: &[&[u8]] = match rig.store {
        Store::Redis => &[
            b"$99999999999999999999\r\n",
            b"*2147483647\r\n$2147483647\r\n",
            b"?\r\n",
        ],
        Store::Memcached => &[
            b"VA 99999999999999999999\r\n",
            b"VA 4294967295 f1\r\nx",
            b"VA -7\r\nx\r\n",
        ],
    };
    let of_any: &[&[u8]] = &[
        b"\xff\x00\x80 nonsense\r\n",
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
    ];
    of_any
        .iter()
        .chain(of_the_store)
        .map(|words| words.to_vec())
        .collect()
}
