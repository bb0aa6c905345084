//! The name of an entry in a store outside the process: `shop:user:acme:42`.
//!
//! Readable, plain ASCII without blanks, and never the same for two keys of a function. Injectivity rests on one rule: what comes from
//! outside is escaped, and each character that the grammar uses (`:` `~` `@` `<` `#` and brackets) stands bare only where the grammar put it.

use sha2::{Digest, Sha256};

use super::Key;
use super::escape::{push_escaped, push_hex};
use super::instance::plain_name;
use super::render::Renderer;

/// The first character of the names we make for ourselves: chunks, leases, tags.
///
/// No entry's name begins with it: an entry's name begins with its namespace, in which `~` is escaped, or with `:`.
pub const INTERNAL: char = '~';

/// What a name that was cut ends with, in bytes: `#` and 64 digits of a digest.
///
/// A store whose limit is lower than this gets a part of the digest, and less certainty.
pub const DIGEST_BYTES: usize = 65;

/// What may stand bare in the literals of a template, and separates two holes there: no hole's text contains it bare.
const SEPARATORS: &[u8] = b":/|,;=+&";

/// What may stand bare in the name of a type. It comes last, so nothing can be mistaken for it.
const TYPE_MARKS: &[u8] = b":,()<>[]{}&*;=+!'";

/// All that makes a name, beside the key.
#[derive(Clone, Copy, Debug)]
pub struct NameParts<'a> {
    /// The application, or whoever else shares the store; may be empty.
    pub namespace: &'a str,
    /// The function, or what it says instead.
    pub scope: Scope<'a>,
    /// The function's version; 0 is not written.
    pub version: u32,
    /// The longest name that the store takes, in bytes.
    pub max_bytes: usize,
}

/// What the names of a function's entries begin with. Two functions that say the same have the same names, and share entries only if the envelope's binding is the same too.
#[derive(Clone, Copy, Debug)]
pub enum Scope<'a> {
    /// Its path, or the name it was given: `crate::module::f`.
    Function(&'a str),
    /// The literals around the holes of its template: `["user:", ":", ""]`.
    Template(&'a [&'a str]),
    /// The name before the list of its parts; may be empty.
    List(&'a str),
}

/// The name of the entry of `key`, in at most `max_bytes` bytes of printable ASCII.
///
/// A longer one is cut, and ends with the digest (SHA-256) of the whole.
///
/// ```
/// use memo_core::key::{Key, NameParts, Scope, store_name};
///
/// let mut key = Key::new();
/// key.part("acme");
/// key.part(&42u64);
/// let scope = Scope::Function("shop::orders::load");
/// let parts = NameParts { namespace: "eu", scope, version: 0, max_bytes: 200 };
/// assert_eq!(store_name(&parts, &key), "eu:shop::orders::load:acme:~42u64");
/// ```
pub fn store_name(parts: &NameParts<'_>, key: &Key) -> String {
    let mut name = String::with_capacity(128);
    push_escaped(&mut name, parts.namespace, b"");
    name.push(':');
    push_body(&mut name, parts.scope, key.bytes());
    push_version(&mut name, parts.version);
    push_instance(&mut name, key.instance_name());
    limit(name, parts.max_bytes)
}

fn push_body(name: &mut String, scope: Scope<'_>, bytes: &[u8]) {
    let start = name.len();
    let mut renderer = Renderer::new(bytes, name);
    let rendered = match scope {
        Scope::Template(literals) => push_template(&mut renderer, literals),
        Scope::Function(path) | Scope::List(path) => push_parts(&mut renderer, path),
    };
    if rendered.is_none() {
        name.truncate(start);
        push_unread(name, scope, bytes);
    }
}

/// `crate::module::f:acme:~42u64`.
fn push_parts(renderer: &mut Renderer<'_, '_>, path: &str) -> Option<()> {
    push_path(renderer.out(), path);
    while !renderer.is_empty() {
        renderer.out().push(':');
        renderer.part()?;
    }
    Some(())
}

/// `user:acme:42`. `None` when the parts are not one text for each hole.
fn push_template(renderer: &mut Renderer<'_, '_>, literals: &[&str]) -> Option<()> {
    let (first, others) = literals.split_first()?;
    push_escaped(renderer.out(), first, SEPARATORS);
    for (at, literal) in others.iter().enumerate() {
        renderer.bare_text()?;
        let is_last = at + 1 == others.len();
        if !is_last && !separates(literal) {
            // `{a}-{b}`: "x-y" and "z" must not meet "x" and "y-z".
            renderer.out().push('~');
        }
        push_escaped(renderer.out(), literal, SEPARATORS);
    }
    renderer.is_empty().then_some(())
}

fn separates(literal: &str) -> bool {
    literal.bytes().any(|byte| SEPARATORS.contains(&byte))
}

/// The bytes as they are, where they cannot be read: too deep a value, or a part that failed halfway.
fn push_unread(name: &mut String, scope: Scope<'_>, bytes: &[u8]) {
    match scope {
        Scope::Template(literals) => literals
            .iter()
            .for_each(|literal| push_escaped(name, literal, SEPARATORS)),
        Scope::Function(path) | Scope::List(path) => push_path(name, path),
    }
    name.push_str(":~?");
    push_hex(name, bytes);
}

/// Colons stand bare in pairs only, so that the single one before the first part can be found.
fn push_path(name: &mut String, path: &str) {
    for (at, segment) in path.split("::").enumerate() {
        if at > 0 {
            name.push_str("::");
        }
        push_escaped(name, segment, b"");
    }
}

fn push_version(name: &mut String, version: u32) {
    if version != 0 {
        name.push('@');
        name.push_str(itoa::Buffer::new().format(version));
    }
}

fn push_instance(name: &mut String, instance: Option<&str>) {
    if let Some(instance) = instance {
        name.push('<');
        push_escaped(name, &plain_name(instance), TYPE_MARKS);
        name.push('>');
    }
}

/// Head and digest are cut to fit, so the result is never longer than `max_bytes`. A name that was cut has a `#`, and no other has.
pub(crate) fn limit(mut name: String, max_bytes: usize) -> String {
    if name.len() <= max_bytes {
        return name;
    }
    let mut tail = String::with_capacity(DIGEST_BYTES);
    tail.push('#');
    push_hex(&mut tail, &Sha256::digest(&name));
    // Both are ASCII: every place is a boundary between characters.
    tail.truncate(max_bytes);
    name.truncate(max_bytes - tail.len());
    name + &tail
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::encode::Sink;
    use super::super::{Hole, Type};
    use super::*;

    fn parts<'a>(scope: Scope<'a>) -> NameParts<'a> {
        NameParts {
            namespace: "shop",
            scope,
            version: 0,
            max_bytes: 200,
        }
    }

    fn named(scope: Scope<'_>, key: &Key) -> String {
        store_name(&parts(scope), key)
    }

    fn texts(texts: &[&str]) -> Key {
        let mut key = Key::new();
        texts.iter().for_each(|text| key.part(text));
        key
    }

    fn raw(bytes: &[u8]) -> Key {
        let mut key = Key::new();
        key.bytes.put(bytes);
        key
    }

    #[test]
    fn a_template_reads_as_it_was_written() {
        let mut key = Key::new();
        Hole("acme").text(&mut key);
        Hole(&42u64).text(&mut key);
        assert_eq!(
            named(Scope::Template(&["user:", ":", ""]), &key),
            "shop:user:acme:42"
        );
    }

    #[test]
    fn a_function_is_known_by_its_path() {
        let mut key = texts(&["acme"]);
        key.part(&42u64);
        assert_eq!(
            named(Scope::Function("crate::module::f"), &key),
            "shop:crate::module::f:acme:~42u64"
        );
        assert_eq!(
            named(Scope::Function("crate::module::f"), &Key::new()),
            "shop:crate::module::f"
        );
    }

    #[test]
    fn a_list_may_do_without_a_name() {
        assert_eq!(
            named(Scope::List("user"), &texts(&["acme"])),
            "shop:user:acme"
        );
        assert_eq!(named(Scope::List(""), &texts(&["acme"])), "shop::acme");
    }

    #[test]
    fn an_argument_cannot_pose_as_a_path() {
        assert_ne!(
            named(Scope::Function("a"), &texts(&["", "b"])),
            named(Scope::Function("a::b"), &Key::new())
        );
        assert_ne!(
            named(Scope::Function("a"), &texts(&["b"])),
            named(Scope::Function("a:b"), &Key::new())
        );
        assert_ne!(
            named(Scope::Function("a::"), &texts(&["b"])),
            named(Scope::Function("a"), &texts(&["", "b"]))
        );
    }

    #[test]
    fn holes_without_a_separator_get_one() {
        assert_eq!(
            named(Scope::Template(&["", "-", ""]), &texts(&["x-y", "z"])),
            "shop:x-y~-z"
        );
        assert_eq!(
            named(Scope::Template(&["", "", ""]), &texts(&["x", "yz"])),
            "shop:x~yz"
        );
        assert_eq!(
            named(Scope::Template(&["", "/", "-end"]), &texts(&["x", "y"])),
            "shop:x/y-end"
        );
    }

    #[test]
    fn literals_are_escaped_as_well() {
        assert_eq!(
            named(Scope::Template(&["größe #~ ", ""]), &texts(&["x"])),
            "shop:gr%C3%B6%C3%9Fe%20%23%7E%20x"
        );
    }

    #[test]
    fn an_empty_namespace_is_one_of_its_own() {
        let name = |namespace| {
            store_name(
                &NameParts {
                    namespace,
                    ..parts(Scope::Function("f"))
                },
                &Key::new(),
            )
        };
        assert_eq!(name(""), ":f");
        assert_eq!(name("a:b"), "a%3Ab:f");
        assert_eq!(name("~"), "%7E:f");
    }

    #[test]
    fn version_and_types_come_last() {
        let mut key = texts(&["a@2"]);
        let name = |key: &Key| {
            store_name(
                &NameParts {
                    version: 2,
                    ..parts(Scope::Function("f"))
                },
                key,
            )
        };
        assert_eq!(name(&key), "shop:f:a%402@2");
        key.instance(&(Type::<u32>::NEW, Type::<dyn Send>::NEW));
        assert_eq!(name(&key), "shop:f:a%402@2<u32,dyn%20core::marker::Send>");
    }

    #[test]
    fn a_long_name_keeps_its_head_and_ends_with_its_digest() {
        let name = named(Scope::Function("f"), &texts(&["é".repeat(100).as_str()]));
        assert_eq!(name.len(), 200);
        assert!(name.starts_with("shop:f:%C3%A9%C3%A9"));
        assert_eq!(name.find('#'), Some(200 - DIGEST_BYTES));
    }

    #[test]
    fn bytes_that_are_not_ours_are_shown_as_they_are() {
        assert_eq!(
            named(Scope::Function("f"), &raw(&[0xff, 0x01])),
            "shop:f:~?ff01"
        );
        assert_eq!(
            named(Scope::Template(&["user:", ""]), &raw(&[0xff])),
            "shop:user::~?ff"
        );
        assert_eq!(
            named(Scope::Template(&["user:", ""]), &Key::new()),
            "shop:user::~?"
        );
        assert_eq!(
            named(Scope::Template(&[]), &texts(&["a"])),
            "shop::~?300161"
        );
    }

    /// Bytes that look like ours more often than chance would have it.
    fn likely_bytes() -> impl Strategy<Value = Vec<u8>> {
        let tags = prop::sample::select(
            &b"\x00\x01\x02\x10\x18\x28\x30\x31\x40\x41\x50\x51\x53\x54\x60\x61\x62\x63az:"[..],
        );
        prop_oneof![
            prop::collection::vec(tags, 0..24),
            prop::collection::vec(any::<u8>(), 0..64)
        ]
    }

    fn scopes() -> impl Iterator<Item = Scope<'static>> {
        const TEMPLATES: [&[&str]; 6] = [
            &[],
            &[""],
            &["", ""],
            &["a", "", ""],
            &["", "-", "?", ":"],
            &[":", "x:", "", "~"],
        ];
        TEMPLATES
            .into_iter()
            .map(Scope::Template)
            .chain([Scope::Function("a::f"), Scope::List("")])
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn no_bytes_make_it_panic_or_exceed_the_limit(bytes in likely_bytes(), max_bytes in 0usize..120) {
            for scope in scopes() {
                let name = store_name(&NameParts { max_bytes, ..parts(scope) }, &raw(&bytes));
                prop_assert!(name.len() <= max_bytes);
                prop_assert!(name.bytes().all(|byte| byte.is_ascii_graphic()));
                prop_assert!(!name.starts_with(INTERNAL));
            }
        }

        #[test]
        fn other_bytes_have_another_name(one in likely_bytes(), other in likely_bytes()) {
            for scope in scopes() {
                let whole = NameParts { max_bytes: usize::MAX, ..parts(scope) };
                let names = [&one, &other].map(|bytes| store_name(&whole, &raw(bytes)));
                prop_assert_eq!(one == other, names[0] == names[1], "{:?}", names);
            }
        }
    }
}
