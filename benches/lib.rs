//! Benchmarks only: `cargo bench --bench near_hit`.
