use memo::memoize_iter;

#[memoize_iter(on_torn = "end_with_event")]
async fn rows(n: u64) -> Vec<u64> {
    (0..n).collect()
}

fn main() {}
