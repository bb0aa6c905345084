use memo::backend::Fault;
use memo::memoize;

#[derive(Debug)]
pub enum Failure {
    Cache(Fault),
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        Self::Cache(fault)
    }
}

type Outcome<T> = Result<T, Failure>;

#[memoize(strict)]
fn aliased(id: u64) -> Outcome<u64> {
    Ok(id)
}

#[memoize(strict, encrypt, expiration = 60, cache_none = false)]
async fn awaited(id: u64) -> Result<Option<u64>, Box<dyn std::error::Error + Send + Sync>> {
    Ok(Some(id))
}

#[memoize(strict, entry = false)]
fn generic<E: From<Fault> + 'static>(id: u64) -> Result<u64, E> {
    Ok(id)
}

fn main() {
    assert_eq!(aliased(1).unwrap(), 1);
    assert_eq!(aliased::entry(1).peek(), Some(1));
    assert_eq!(generic::<Failure>(2).unwrap(), 2);
    drop(awaited(1));
}
