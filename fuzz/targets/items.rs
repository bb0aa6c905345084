#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| memo_core::fuzzing::items(bytes));
