//! A memoized function: what is constant about it, and what has happened to it.

use std::fmt;
use std::panic::Location;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use crate::codec::Codec;
use crate::expiration::{Expiration, Jitter};
use crate::far::{Manner, Problem, Told};
use crate::holder::Holder;
use crate::key::Scope;
use crate::registry::{self, ScopeId};
use crate::schema::Watch;
use crate::stats::{Counters, Stats};

/// A memoized function: its name, its figures, and all its entries at once.
///
/// The attribute makes one as a `static`; `f::site()` and [`functions`](crate::functions) hand it out. It names no types, so
/// that it can live inside generic functions.
pub struct Site {
    here: fn() -> &'static str,
    function: &'static str,
    location: &'static Location<'static>,
    options: Options,
    state: OnceLock<&'static State>,
}

/// What the attribute says about a function, once and for all.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Options {
    pub(crate) name: Option<&'static str>,
    pub(crate) shape: Shape,
    pub(crate) version: u32,
    pub(crate) expiration: Option<Expiration>,
    pub(crate) jitter: Option<Jitter>,
    pub(crate) manner: Manner,
}

impl Options {
    const DEFAULT: Self = Self {
        name: None,
        shape: Shape::Arguments,
        version: 0,
        expiration: None,
        jitter: None,
        manner: Manner::DEFAULT,
    };
}

impl Options {
    /// The function id of docs/envelope.md: who the function is, by its path or the name it was given, and how its keys are written. Its first letter
    /// tells the kinds apart.
    fn identity(&self, name: &str) -> String {
        match (self.shape, self.name) {
            (Shape::Template(literals), None) => format!("q{name}\0{}", blank(literals)),
            (Shape::Template(literals), Some(_)) => format!("u{name}\0{}", blank(literals)),
            (Shape::Arguments | Shape::List, None) => format!("p{name}"),
            (Shape::Arguments | Shape::List, Some(_)) => format!("n{name}"),
        }
    }
}

/// The template that has these literals around its holes, as it would be written: `user:{}`.
fn blank(literals: &[&str]) -> String {
    let written = |literal: &&str| literal.replace('{', "{{").replace('}', "}}");
    Vec::from_iter(literals.iter().map(written)).join("{}")
}

/// How the key is written in the attribute.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Shape {
    /// No `key`: all arguments.
    Arguments,
    /// `key = "user:{id}"`: the literals around the holes.
    Template(&'static [&'static str]),
    /// `key = [a, b.c]`.
    List,
}

/// What is found out once, at a function's first call, and never freed.
pub(crate) struct State {
    pub(crate) name: String,
    pub(crate) scope: ScopeId,
    /// What the function is known by outside the process: the *function id* of docs/envelope.md.
    pub(crate) id: String,
    /// Whether another function has that path. Those that share a name do so on purpose.
    path_is_shared: Option<&'static AtomicBool>,
    pub(crate) holder: Holder,
    pub(crate) told: Told,
    pub(crate) counters: Counters,
}

impl State {
    /// Whether no other function has the same names outside the process by accident.
    pub(crate) fn has_own_names(&self) -> bool {
        self.path_is_shared
            .is_none_or(|shared| !shared.load(Ordering::Relaxed))
    }
}

impl Site {
    /// The function's path, or the `name` given to it.
    pub fn name(&'static self) -> &'static str {
        &self.state().name
    }

    /// The source file and line of the attribute.
    pub fn location(&self) -> &'static Location<'static> {
        self.location
    }

    /// What the function has done since the program started, in all caches together.
    pub fn stats(&'static self) -> Stats {
        self.state().counters.snapshot()
    }

    /// Why values of this function were not cached as it asks: what its calls have met since the program started, in all caches together, each once.
    ///
    /// For whoever shows its figures and wonders why there are no hits.
    ///
    /// ```
    /// # use memo_core::{self as memo, Problem};
    /// let cache = memo::Cache::builder().build()?;
    /// # #[cfg(feature = "encrypt")] {
    /// let sealed = memo::Policy::named("docs-problems").encrypt();
    /// cache.get_or_compute(&1, &sealed, || 10);
    /// let site = memo::functions().into_iter().find(|site| site.name() == "docs-problems");
    /// assert_eq!(site.map(|site| site.problems()), Some(vec![Problem::NoKeyring]));
    /// # }
    /// # Ok::<(), memo::Error>(())
    /// ```
    pub fn problems(&'static self) -> Vec<Problem> {
        self.state().told.problems()
    }

    /// Drops every value of this function (and of those that share its `name`) from the cache that its calls use here and now; returns
    /// how many there were.
    ///
    /// A value that is being computed meanwhile is not stored, and calls that start later do not wait for it. Costs a walk over
    /// the whole cache. A function with `cache = …`: see [`Cache::invalidate_all`](crate::Cache::invalidate_all).
    pub fn invalidate_all(&'static self) -> usize {
        crate::cache().invalidate_all(self)
    }

    /// [`invalidate_all`](Self::invalidate_all) for asynchronous code: where a backend has to be waited for, the thread is not blocked.
    pub async fn invalidate_all_async(&'static self) -> usize {
        crate::cache().invalidate_all_async(self).await
    }

    /// The site of calls without an attribute: by its name alone.
    pub(crate) fn of_name(name: &'static str, location: &'static Location<'static>) -> Self {
        let options = Options {
            name: Some(name),
            shape: Shape::List,
            ..Options::DEFAULT
        };
        Self {
            here: || "",
            function: name,
            location,
            options,
            state: OnceLock::new(),
        }
    }

    pub(crate) fn options(&self) -> &Options {
        &self.options
    }

    #[inline]
    pub(crate) fn state(&'static self) -> &'static State {
        match self.state.get() {
            Some(state) => state,
            None => self.register(),
        }
    }

    /// The scope as it stands in the names of entries.
    pub(crate) fn scope(&'static self) -> Scope<'static> {
        match self.options.shape {
            Shape::Template(literals) if self.options.name.is_none() => Scope::Template(literals),
            Shape::List => Scope::List(self.name()),
            Shape::Arguments | Shape::Template(_) => Scope::Function(self.name()),
        }
    }

    #[cold]
    fn register(&'static self) -> &'static State {
        self.state.get_or_init(|| {
            let name = self.options.name.map_or_else(|| self.path(), str::to_owned);
            let id = self.options.identity(&name);
            let (scope, path_is_shared) = match self.options.name {
                Some(_) => (registry::shared_scope(&id, self.options.version), None),
                // Blocks and closures leave no trace in a path, so two functions can have one.
                None => (registry::own_scope(), Some(registry::claim_path(&id))),
            };
            registry::add(self);
            Box::leak(Box::new(State {
                name,
                scope,
                id,
                path_is_shared,
                holder: Holder::of(self.path()),
                told: Told::default(),
                counters: Counters::default(),
            }))
        })
    }

    /// The function's path, from that of a type that stands in it: `shop::user::site::__MEMO_SITE::__MemoHere`.
    fn path(&self) -> String {
        let here = (self.here)().replace("::__memo_site_", "::");
        let inside = format!("::{}::", self.function);
        match here.rfind(&inside) {
            Some(at) => here[..at + inside.len() - "::".len()].to_owned(),
            None => here,
        }
    }
}

impl fmt::Debug for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Site")
            .field("function", &self.function)
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

/// Starts the description of the memoized function in which the type stands that `here` names.
#[track_caller]
pub const fn site(here: fn() -> &'static str, function: &'static str) -> Site {
    Site {
        here,
        function,
        location: Location::caller(),
        options: Options::DEFAULT,
        state: OnceLock::new(),
    }
}

/// The words of the attribute, in `const`.
#[doc(hidden)]
impl Site {
    pub const fn named(mut self, name: &'static str) -> Self {
        self.options.name = Some(name);
        self
    }

    pub const fn template(mut self, literals: &'static [&'static str]) -> Self {
        self.options.shape = Shape::Template(literals);
        self
    }

    pub const fn list(mut self) -> Self {
        self.options.shape = Shape::List;
        self
    }

    pub const fn version(mut self, version: u32) -> Self {
        self.options.version = version;
        self.options.manner.versioned = true;
        self
    }

    pub const fn untraced(mut self) -> Self {
        self.options.manner.watch = Watch::Author;
        self
    }

    pub const fn large_data(mut self) -> Self {
        self.options.manner.large_data = true;
        self
    }

    pub const fn encrypt(mut self) -> Self {
        self.options.manner.encrypt = true;
        self
    }

    pub const fn compress(mut self, compress: bool) -> Self {
        self.options.manner.compress = Some(compress);
        self
    }

    pub const fn codec(mut self, codec: Codec) -> Self {
        self.options.manner.codec = codec;
        self
    }

    pub const fn lock(mut self, millis: u64) -> Self {
        self.options.manner.lock = Some(Duration::from_millis(millis));
        self
    }

    pub const fn near(mut self, millis: u64) -> Self {
        self.options.manner.near = Some(Duration::from_millis(millis));
        self
    }

    pub const fn expiration(mut self, expiration: Expiration) -> Self {
        self.options.expiration = Some(expiration);
        self
    }

    pub const fn jitter(mut self, jitter: Jitter) -> Self {
        self.options.jitter = Some(jitter);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity(name: Option<&'static str>, shape: Shape) -> String {
        let options = Options {
            name,
            shape,
            ..Options::DEFAULT
        };
        options.identity(name.unwrap_or("shop::load"))
    }

    #[test]
    fn an_identity_is_a_path_or_a_name_and_the_template() {
        let template = Shape::Template(&["user:", ":", ""]);
        assert_eq!(identity(None, Shape::Arguments), "pshop::load");
        assert_eq!(identity(None, Shape::List), "pshop::load");
        assert_eq!(identity(None, template), "qshop::load\0user:{}:{}");
        assert_eq!(identity(Some("load"), Shape::List), "nload");
        assert_eq!(identity(Some("load"), template), "uload\0user:{}:{}");
    }

    #[test]
    fn templates_are_told_apart_whatever_their_literals_say() {
        assert_ne!(blank(&["{}"]), blank(&["", ""]));
        assert_ne!(blank(&["{", "}"]), blank(&["{{}}"]));
        assert_ne!(blank(&["a\0b", "c"]), blank(&["a", "b\0c"]));
        assert_eq!(blank(&["{", ""]), "{{{}");
    }
}
