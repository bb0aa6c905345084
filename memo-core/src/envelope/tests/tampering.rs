use super::*;

/// An inline entry, one with blocks, and writes with chunks; plain and sealed.
fn writes() -> Vec<(Road, Packed)> {
    let mut writes = Vec::new();
    for road in Road::all() {
        writes.push((road.clone(), road.packed(&noise(40))));
        writes.push((road.clone(), road.packed(&text(600))));
        let (tiny, small) = (road.clone().tiny(), road.small());
        writes.push((tiny.clone(), tiny.packed(&noise(250))));
        writes.push((small.clone(), small.packed(&text(6000))));
    }
    writes
}

/// Reads a write with one of its entries (the head, or a chunk) replaced.
fn with_replaced(road: &Road, packed: &Packed, at: usize, entry: Bytes) -> Result<Vec<u8>, Reject> {
    let mut chunks = packed.chunks.clone();
    if at == 0 {
        return road.read_parts(&entry, &chunks);
    }
    chunks[at - 1] = entry;
    road.read_parts(&packed.head, &chunks)
}

fn entries(packed: &Packed) -> Vec<Bytes> {
    std::iter::once(&packed.head)
        .chain(&packed.chunks)
        .cloned()
        .collect()
}

#[test]
fn a_flipped_bit_is_never_a_value() {
    for (road, packed) in writes() {
        for (at, entry) in entries(&packed).iter().enumerate() {
            for bit in 0..8 * entry.len() {
                let read = with_replaced(&road, &packed, at, flipped(entry, bit));
                assert!(read.is_err(), "entry {at}, bit {bit}");
            }
        }
    }
}

#[test]
fn a_truncated_entry_is_never_a_value() {
    for (road, packed) in writes() {
        for (at, entry) in entries(&packed).iter().enumerate() {
            for len in 0..entry.len() {
                let read = with_replaced(&road, &packed, at, entry.slice(..len));
                assert!(read.is_err(), "entry {at}, {len} bytes");
            }
        }
    }
}

#[test]
fn a_longer_entry_is_never_a_value() {
    for (road, packed) in writes() {
        for (at, entry) in entries(&packed).iter().enumerate() {
            for more in [&[0][..], &[0; 16], entry] {
                let longer = [entry, more].concat().into();
                assert!(
                    with_replaced(&road, &packed, at, longer).is_err(),
                    "entry {at}"
                );
            }
        }
    }
}

#[test]
fn a_plain_entry_under_another_name_is_refused() {
    for road in [Road::plain(), Road::plain().tiny()] {
        let packed = road.packed(&noise(250));
        let road = Road {
            name: OTHER_NAME,
            ..road
        };
        assert_eq!(road.read(&packed), Err(Reject::Checksum));
    }
}

#[test]
fn a_plain_entry_of_another_function_is_refused_under_the_same_name() {
    for road in [Road::plain(), Road::plain().tiny()] {
        let packed = road.packed(&noise(250));
        for function in [OTHER_FUNCTION, "", "pshop::user2", "pshop::use"] {
            let road = Road {
                function,
                ..road.clone()
            };
            assert_eq!(road.read(&packed), Err(Reject::Checksum), "{function}");
        }
    }
}

#[test]
fn chunks_of_another_name_or_function_are_refused() {
    let road = Road::plain().tiny();
    let other_name = Road {
        name: OTHER_NAME,
        ..road.clone()
    };
    let other_function = Road {
        function: OTHER_FUNCTION,
        ..road.clone()
    };
    for other in [other_name, other_function] {
        let mixed = Packed {
            head: road.packed(&noise(250)).head,
            chunks: other.packed(&noise(250)).chunks,
        };
        assert_eq!(road.read(&mixed), Err(Reject::Checksum));
    }
}

#[cfg(feature = "encrypt")]
#[test]
fn a_sealed_entry_for_another_call_or_function_is_refused() {
    for road in [Road::sealed(), Road::sealed().tiny()] {
        let packed = road.packed(&noise(250));
        let other_call = Road {
            digest: Digest([8; 32]),
            ..road.clone()
        };
        assert_eq!(other_call.read(&packed), Err(Reject::Commit));
        let other_function = Road {
            seals: Some(seals(64, "pshop::order")),
            ..road
        };
        assert_eq!(other_function.read(&packed), Err(Reject::Commit));
    }
}

#[cfg(feature = "encrypt")]
#[test]
fn an_entry_of_another_key_is_refused() {
    let road = Road::sealed();
    let packed = road.packed(b"value");
    let other = Road {
        seals: Some(seals(65, "pshop::user")),
        ..road
    };
    assert_eq!(other.read(&packed), Err(Reject::UnknownKey));
}

#[cfg(feature = "encrypt")]
#[test]
fn an_unknown_key_comes_before_another_schema_and_that_before_the_commitment() {
    let road = Road::sealed();
    let packed = road.packed(b"value");
    let schema = Road {
        schema: *b"othr",
        ..road
    };
    let unknown = Road {
        seals: Some(seals(65, "pshop::user")),
        ..schema.clone()
    };
    assert_eq!(unknown.refusal(&packed.head), Some(Reject::UnknownKey));
    let other_call = Road {
        digest: Digest([8; 32]),
        ..schema
    };
    assert_eq!(other_call.refusal(&packed.head), Some(Reject::Schema));
}

#[cfg(feature = "encrypt")]
#[test]
fn plain_is_not_taken_for_sealed_nor_sealed_for_plain() {
    for raw in [noise(40), noise(250)] {
        let (plain, sealed) = (Road::plain().tiny(), Road::sealed().tiny());
        let (of_plain, of_sealed) = (plain.packed(&raw), sealed.packed(&raw));
        assert_eq!(sealed.read(&of_plain), Err(Reject::Downgrade));
        assert_eq!(plain.read(&of_sealed), Err(Reject::Downgrade));
        assert!(plain.refusal(&flipped(&of_sealed.head, 8 + 2)).is_some());
        assert!(sealed.refusal(&flipped(&of_plain.head, 8 + 2)).is_some());
    }
}

#[cfg(feature = "encrypt")]
#[test]
fn chunks_are_protected_like_their_manifest() {
    let (plain, sealed) = (Road::plain().tiny(), Road::sealed().tiny());
    let (of_plain, of_sealed) = (plain.packed(&noise(250)), sealed.packed(&noise(250)));
    let read = sealed.read_parts(&of_sealed.head, &of_plain.chunks);
    assert_eq!(read, Err(Reject::Downgrade));
    let read = plain.read_parts(&of_plain.head, &of_sealed.chunks);
    assert_eq!(read, Err(Reject::Downgrade));
}

#[test]
fn chunks_out_of_order_are_torn() {
    for road in Road::all() {
        let road = road.tiny();
        let packed = road.packed(&noise(500));
        let read = |change: fn(&mut Vec<Bytes>)| {
            let mut chunks = packed.chunks.clone();
            change(&mut chunks);
            road.read_parts(&packed.head, &chunks)
        };
        assert!(read(|_| ()).is_ok());
        assert_eq!(
            read(|chunks| chunks.swap(0, 1)),
            Err(Reject::Torn),
            "swapped"
        );
        assert_eq!(
            read(|chunks| drop(chunks.remove(1))),
            Err(Reject::Torn),
            "dropped"
        );
        assert_eq!(
            read(|chunks| drop(chunks.pop())),
            Err(Reject::Torn),
            "last dropped"
        );
        assert_eq!(read(Vec::clear), Err(Reject::Torn), "all dropped");
        assert_eq!(
            read(|chunks| chunks.insert(1, chunks[0].clone())),
            Err(Reject::Torn),
            "twice"
        );
        assert_eq!(
            read(|chunks| chunks.push(chunks[0].clone())),
            Err(Reject::Torn),
            "one more"
        );
        let last_twice = |chunks: &mut Vec<Bytes>| chunks.push(chunks[chunks.len() - 1].clone());
        assert_eq!(read(last_twice), Err(Reject::Torn), "last twice");
    }
}

#[test]
fn parts_of_two_writes_are_torn() {
    for road in Road::all() {
        let road = road.tiny();
        let other = Road {
            id: OTHER_ID,
            ..road.clone()
        };
        let (one, two) = (road.packed(&noise(500)), other.packed(&noise(500)));
        assert_eq!(road.read_parts(&two.head, &one.chunks), Err(Reject::Torn));
        let mut chunks = one.chunks.clone();
        chunks[1] = two.chunks[1].clone();
        assert_eq!(road.read_parts(&one.head, &chunks), Err(Reject::Torn));
    }
}

#[test]
fn a_chunk_with_another_index_on_it_is_refused() {
    for road in Road::all() {
        let road = road.tiny();
        let packed = road.packed(&noise(500));
        let mut chunks = packed.chunks.clone();
        let mut second = chunks[1].to_vec();
        second[18..22].copy_from_slice(&0u32.to_le_bytes());
        chunks[0] = second.into();
        let broken = if road.seals.is_some() {
            Reject::Tag
        } else {
            Reject::Checksum
        };
        assert_eq!(road.read_parts(&packed.head, &chunks), Err(broken));
    }
}

#[test]
fn a_chunk_with_another_write_on_it_is_refused() {
    for road in Road::all() {
        let road = road.tiny();
        let other = Road {
            id: OTHER_ID,
            ..road.clone()
        };
        let packed = road.packed(&noise(500));
        let mut chunks = packed.chunks.clone();
        let mut stray = other.packed(&noise(500)).chunks[0].to_vec();
        stray[2..18].copy_from_slice(&ID.0);
        chunks[0] = stray.into();
        let broken = if road.seals.is_some() {
            Reject::Tag
        } else {
            Reject::Checksum
        };
        assert_eq!(road.read_parts(&packed.head, &chunks), Err(broken));
    }
}

/// One write id for two values is what no writer does; a sealed last chunk is the last one even then.
#[cfg(feature = "encrypt")]
#[test]
fn a_last_chunk_is_the_last_one() {
    let road = Road {
        compress: false,
        ..Road::sealed().tiny()
    };
    let long = road.packed(&noise(500));
    let shorter = road.packed(&noise(200));
    assert!(shorter.chunks.len() < long.chunks.len());
    let last = shorter.chunks.len() - 1;
    assert_eq!(
        road.read_parts(&long.head, &shorter.chunks),
        Err(Reject::Tag)
    );
    let mut chunks = shorter.chunks.clone();
    chunks[last] = long.chunks[last].clone();
    assert_eq!(road.read_parts(&shorter.head, &chunks), Err(Reject::Tag));
}

#[test]
fn a_chunk_is_no_entry_and_an_entry_no_chunk() {
    for road in Road::all() {
        let road = road.tiny();
        let packed = road.packed(&noise(500));
        assert_eq!(road.refusal(&packed.chunks[0]), Some(Reject::Format));
        let mut manifest = road.manifest(&packed);
        assert_eq!(manifest.take(&packed.head), Err(Reject::Format));
    }
}

#[test]
fn unknown_versions_kinds_and_flags_are_refused() {
    for (road, packed) in writes() {
        for (at, entry) in entries(&packed).iter().enumerate() {
            let refused = |byte: usize, value: u8| {
                let mut entry = entry.to_vec();
                entry[byte] = value;
                with_replaced(&road, &packed, at, entry.into()) == Err(Reject::Format)
            };
            assert!(
                [0x00, 0xe0, 0xe2, 0xff]
                    .into_iter()
                    .all(|version| refused(0, version))
            );
            assert!(
                (4..8).all(|bit| refused(1, entry[1] | 1 << bit)),
                "reserved bits"
            );
            assert!(refused(1, entry[1] & !3), "kind 0");
        }
        if !packed.chunks.is_empty() {
            let unframed = flipped(&packed.head, 8 + 3);
            assert_eq!(road.refusal(&unframed), Some(Reject::Format));
        }
    }
}

#[test]
fn another_shape_is_refused() {
    for (road, packed) in writes() {
        let road = Road {
            schema: *b"othr",
            ..road
        };
        assert_eq!(road.read(&packed), Err(Reject::Schema));
    }
}

#[test]
fn an_entry_ends_two_seconds_after_its_end() {
    for (road, packed) in writes() {
        let end = road.meta.created + road.meta.ttl as u32;
        let at = |now| {
            Road {
                now,
                ..road.clone()
            }
            .read(&packed)
            .err()
        };
        assert_eq!(at(end + 2), None);
        assert_eq!(at(end + 3), Some(Reject::Expired));
    }
}

#[test]
fn a_value_longer_than_the_reader_allows_is_refused() {
    for (road, packed) in writes() {
        let len = road.read(&packed).expect("it is sound").len() as u64;
        let limited = |max_raw| {
            Road {
                max_raw,
                ..road.clone()
            }
            .read(&packed)
            .err()
        };
        assert_eq!(limited(len), None);
        assert_eq!(limited(len - 1), Some(Reject::Limit));
    }
}
