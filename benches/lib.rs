//! Benchmarks only: `cargo bench --bench near_hit`, `cargo bench --bench bytes`.
