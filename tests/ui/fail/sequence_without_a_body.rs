use memo::memoize_iter;

trait Source {
    #[memoize_iter]
    fn rows(&self) -> Vec<u64>;
}

#[memoize_iter]
impl Source for u64 {
    fn rows(&self) -> Vec<u64> {
        Vec::new()
    }
}

fn main() {}
