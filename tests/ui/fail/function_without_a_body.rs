use memo::memoize;

trait Source {
    #[memoize]
    fn load(&self, id: u64) -> u64;
}

fn main() {}
