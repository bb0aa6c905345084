//! Whatever reads bytes from outside, for fuzzers: each function reads some and asserts what must hold whatever they are. `cargo xtask fuzz`.

#[cfg(feature = "msgpack")]
pub use crate::codec::fuzzing::msgpack;
pub use crate::codec::fuzzing::postcard;
pub use crate::envelope::fuzzing::{block, header, items, manifest};

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    type Read = fn(&[u8]);

    const TARGETS: &[(&str, Read)] = &[
        ("header", super::header),
        ("manifest", super::manifest),
        ("block", super::block),
        ("items", super::items),
        ("codec_postcard", super::postcard),
        #[cfg(feature = "msgpack")]
        ("codec_msgpack", super::msgpack),
    ];

    /// What a fuzzer has found is kept by adding the file.
    #[test]
    fn the_corpus_is_read_without_panic() {
        let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus");
        for (target, read) in TARGETS {
            let files = fs::read_dir(corpus.join(target)).expect("each target has a corpus");
            let mut count = 0;
            for file in files {
                let path = file.expect("it can be listed").path();
                eprintln!("{}", path.display());
                read(&fs::read(path).expect("it can be read"));
                count += 1;
            }
            assert!(count > 10, "{target} has {count} inputs");
        }
    }
}
