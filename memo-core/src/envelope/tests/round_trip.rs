use super::*;

fn assert_comes_back(road: &Road, raw: &[u8]) {
    let packed = road.packed(raw);
    assert!(packed.head.len() <= road.max_entry, "head");
    assert!(
        packed
            .chunks
            .iter()
            .all(|chunk| chunk.len() <= road.max_entry),
        "chunks"
    );
    assert!(
        road.read(&packed) == Ok(raw.to_vec()),
        "{} bytes in entries of {}",
        raw.len(),
        road.max_entry
    );
}

/// What stands before and after the payload of an inline entry.
fn inline_framing(road: &Road) -> usize {
    let meta = 4 + 1 + 1;
    if road.seals.is_some() {
        42 + meta + 16
    } else {
        10 + meta
    }
}

#[test]
fn values_of_all_lengths_come_back() {
    const BLOCK: usize = BLOCK_BYTES;
    for road in Road::all() {
        for len in [0, 1, 511, 512, 513, BLOCK - 1, BLOCK, BLOCK + 1] {
            assert_comes_back(&road, &noise(len));
            assert_comes_back(&road, &text(len));
            assert_comes_back(&road, &vec![0; len]);
        }
        for len in [5 * BLOCK, 5 * BLOCK + 9] {
            assert_comes_back(&road, &noise(len));
            assert_comes_back(&road, &text(len));
        }
    }
}

#[test]
fn values_around_every_border_of_small_chunks_come_back() {
    for road in Road::all() {
        for len in 0..500 {
            assert_comes_back(&road.clone().tiny(), &noise(len));
        }
        for len in (0..12_000).step_by(97) {
            assert_comes_back(&road.clone().small(), &text(len));
        }
    }
}

#[test]
fn values_come_back_whatever_the_size_of_entries() {
    let long = noise(1000);
    for road in Road::all() {
        for max_entry in 0..200 {
            let road = Road {
                max_entry,
                ..road.clone()
            };
            for len in [0, 1, 20, 50, 100, 300, 1000] {
                match road.pack(&long[..len]) {
                    Ok(_) => assert_comes_back(&road, &long[..len]),
                    Err(Overflow) => assert!(max_entry < 110, "{len} bytes, {max_entry}"),
                }
            }
        }
    }
}

#[test]
fn what_fits_into_one_entry_is_inline() {
    for road in Road::all() {
        let fits = road.max_entry - inline_framing(&road);
        let small = Road {
            max_entry: 1000,
            ..road.clone()
        };
        for road in [
            Road {
                split: false,
                ..small.clone()
            },
            Road {
                split: false,
                compress: false,
                ..small
            },
        ] {
            let most = 1000 - inline_framing(&road);
            let packed = road.packed(&noise(most));
            assert_eq!((packed.head.len(), packed.chunks.len()), (1000, 0));
            assert_comes_back(&road, &noise(most));
            assert!(road.pack(&noise(most + 1)).is_err());
        }
        // Raw blocks have a frame each.
        let blocks = fits.div_ceil(BLOCK_BYTES);
        let most = fits - 8 * blocks;
        let whole = Road {
            split: false,
            ..road.clone()
        };
        assert_eq!(whole.packed(&noise(most)).head.len(), road.max_entry);
        assert!(whole.pack(&noise(most + 1)).is_err());
    }
}

#[test]
fn a_value_that_outgrows_one_entry_by_a_byte_is_split() {
    for road in Road::all() {
        let road = Road {
            compress: false,
            ..road.tiny()
        };
        let lens: Vec<_> = (0..140)
            .map(|len| road.packed(&noise(len)).chunks.len())
            .collect();
        let inline = lens.iter().filter(|&&chunks| chunks == 0).count();
        assert!(lens[..inline].iter().all(|&chunks| chunks == 0));
        assert!(lens[inline..].iter().all(|&chunks| chunks > 0));
        assert!(inline > 40, "{inline}");
    }
}

#[test]
fn a_block_that_does_not_compress_is_stored_as_it_is() {
    for road in Road::all() {
        for raw in [noise(4000), text(511)] {
            let packed = road.packed(&raw);
            assert_eq!(packed.head.len(), inline_framing(&road) + raw.len());
            assert_eq!(packed.head[1] & 8, 0);
        }
        let packed = road.packed(&text(512));
        assert!(packed.head.len() < 200);
        assert_eq!(packed.head[1] & 8, 8);
    }
}

#[test]
fn compression_can_be_forbidden() {
    for road in Road::all() {
        let road = Road {
            compress: false,
            ..road
        };
        assert_eq!(
            road.packed(&text(4000)).head.len(),
            inline_framing(&road) + 4000
        );
    }
}

#[test]
fn raw_blocks_fill_their_chunks() {
    for road in Road::all() {
        let packed = road.packed(&noise(3 << 20));
        let (_, full) = packed.chunks.split_last().expect("there are many");
        assert_eq!(full.len(), 3);
        assert!(full.iter().all(|chunk| chunk.len() > road.max_entry - 64));
    }
}

#[test]
fn entries_hold_no_memory_that_they_do_not_need() {
    for road in Road::all() {
        for raw in [noise(100), noise(4000), text(600_000), noise(1_500_000)] {
            let packed = road.packed(&raw);
            for entry in packed.chunks.into_iter().chain([packed.head]) {
                let len = entry.len();
                let whole = Vec::from(entry);
                assert!(whole.capacity() - len < 64, "{len} bytes");
            }
        }
    }
}

#[test]
fn a_value_longer_than_the_writer_allows_is_an_overflow() {
    for road in Road::all() {
        let road = Road {
            max_raw: 1000,
            ..road.tiny()
        };
        assert!(road.pack(&text(1000)).is_ok());
        assert!(road.pack(&text(1001)).is_err());
    }
}

#[test]
fn a_value_that_may_not_be_split_is_an_overflow() {
    for road in Road::all() {
        let road = Road {
            split: false,
            ..road
        };
        assert!(road.pack(&noise(road.max_entry)).is_err());
        assert!(road.pack(&text(road.max_entry)).is_ok());
    }
}

#[test]
fn all_that_is_said_of_a_value_comes_with_it() {
    for road in Road::all() {
        let meta = Meta {
            created: 1,
            ttl: u64::MAX,
            soft_ttl: Some(300),
            cost: Some(0),
            is_prefix: false,
        };
        let road = Road { meta, ..road };
        assert_comes_back(&road, &noise(100));
        assert_comes_back(
            &Road {
                max_entry: 200,
                ..road
            },
            &noise(1000),
        );
    }
}

#[test]
fn a_manifest_tells_its_chunks() {
    for road in Road::all() {
        let road = road.tiny();
        let packed = road.packed(&noise(500));
        let manifest = road.manifest(&packed);
        assert_eq!(manifest.chunks as usize, packed.chunks.len());
        let name = chunk_name(NAME, manifest.write_id, 1);
        assert_eq!(name, "~c:shop:user:42.oKGio6SlpqeoqaqrrK2urw.1");
    }
}

#[test]
fn a_chunk_that_is_refused_changes_nothing() {
    for road in Road::all() {
        let road = road.tiny();
        let raw = noise(500);
        let packed = road.packed(&raw);
        let mut manifest = road.manifest(&packed);
        for chunk in &packed.chunks {
            assert!(manifest.take(&flipped(chunk, 8 * 30)).is_err());
            assert_eq!(manifest.take(chunk), Ok(()));
        }
        assert_eq!(manifest.finish(), Ok(raw));
    }
}
