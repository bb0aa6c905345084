use memo::memoize;

#[memoize(lock)]
fn bare(id: u64) -> u64 {
    id
}

#[memoize(key = "in-turn:{id}", lock = "1m30s", near = 5)]
fn both(id: u64) -> u64 {
    id
}

struct Shop;

impl Shop {
    #[memoize(skip(self), lock = 30, large_data, entry = pages_entry)]
    async fn pages(&self) -> Vec<String> {
        Vec::new()
    }
}

fn main() {
    assert_eq!((bare(1), both(1)), (1, 1));
    drop(Shop.pages());
}
