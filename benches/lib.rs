//! Benchmarks only: `cargo bench --bench near_hit`, `--bench bytes`, `--bench iter`.
