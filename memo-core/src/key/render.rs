//! Encoded values as readable text, in a grammar that says neither more nor less than the bytes: FORMAT.md.
//!
//! Text stands bare (escaped), everything else begins with `~` and names its kind: `acme`, `~42u64`, `~[a,~none]`.

use core::fmt::{Display, LowerExp, Write};

use super::escape::{push_escaped, push_hex};
use super::reader::Reader;
use super::tag;

/// Values within values. Deeper ones are not rendered, so that no bytes can exhaust the stack.
const DEEPEST: usize = 128;

/// Reads encoded values and writes them to `out`. Every method is `None` when the bytes are not ours.
pub(super) struct Renderer<'a, 'o> {
    reader: Reader<'a>,
    out: &'o mut String,
    depth: usize,
}

impl<'a, 'o> Renderer<'a, 'o> {
    pub(super) fn new(bytes: &'a [u8], out: &'o mut String) -> Self {
        Self {
            reader: Reader::new(bytes),
            out,
            depth: 0,
        }
    }

    pub(super) fn out(&mut self) -> &mut String {
        self.out
    }

    pub(super) fn is_empty(&self) -> bool {
        self.reader.is_empty()
    }

    /// Any value.
    pub(super) fn part(&mut self) -> Option<()> {
        if self.depth == DEEPEST {
            return None;
        }
        self.depth += 1;
        match self.reader.tag()? {
            tag::STR => self.text(),
            tag => {
                self.out.push('~');
                self.tagged(tag)
            }
        }?;
        self.depth -= 1;
        Some(())
    }

    /// A text, which may be empty.
    pub(super) fn bare_text(&mut self) -> Option<()> {
        let text = self.reader.text()?;
        push_escaped(self.out, text, b"");
        Some(())
    }

    /// A text, visible also when it is empty.
    fn text(&mut self) -> Option<()> {
        match self.reader.framed_text()? {
            "" => self.out.push_str("~\"\""),
            text => push_escaped(self.out, text, b""),
        }
        Some(())
    }

    fn tagged(&mut self, tag: u8) -> Option<()> {
        match tag {
            tag::FALSE => self.word("false"),
            tag::TRUE => self.word("true"),
            tag::NONE => self.word("none"),
            tag::UNIT => self.word("unit"),
            tag::UNIT_STRUCT => self.word("struct"),
            tag::I8..=tag::F64 => self.number(tag),
            tag::CHAR => self.char(),
            tag::BYTES => self.bytes(),
            tag::SOME => self.within("some"),
            tag::SEQ => self.items(['[', ']']),
            tag::TUPLE => self.items(['(', ')']),
            tag::TUPLE_STRUCT => self.word("struct").and_then(|()| self.items(['(', ')'])),
            tag::STRUCT => self.fields(Self::bare_text),
            tag::MAP => self.word("map").and_then(|()| self.fields(Self::part)),
            tag::UNIT_VARIANT..=tag::STRUCT_VARIANT => self.variant(tag),
            _ => None,
        }
    }

    fn word(&mut self, word: &str) -> Option<()> {
        self.out.push_str(word);
        Some(())
    }

    fn number(&mut self, tag: u8) -> Option<()> {
        match tag {
            tag::I8 => self.integer(i8::from_le_bytes, "i8"),
            tag::I16 => self.integer(i16::from_le_bytes, "i16"),
            tag::I32 => self.integer(i32::from_le_bytes, "i32"),
            tag::I64 => self.integer(i64::from_le_bytes, "i64"),
            tag::I128 => self.integer(i128::from_le_bytes, "i128"),
            tag::U8 => self.integer(u8::from_le_bytes, "u8"),
            tag::U16 => self.integer(u16::from_le_bytes, "u16"),
            tag::U32 => self.integer(u32::from_le_bytes, "u32"),
            tag::U64 => self.integer(u64::from_le_bytes, "u64"),
            tag::U128 => self.integer(u128::from_le_bytes, "u128"),
            tag::F32 => {
                let value = f32::from_le_bytes(self.reader.array()?);
                self.float(value, value.into(), value.to_bits().into(), "f32")
            }
            tag::F64 => {
                let value = f64::from_le_bytes(self.reader.array()?);
                self.float(value, value, value.to_bits(), "f64")
            }
            _ => None,
        }
    }

    fn integer<I: itoa::Integer, const N: usize>(
        &mut self,
        read: fn([u8; N]) -> I,
        kind: &str,
    ) -> Option<()> {
        let value = read(self.reader.array()?);
        self.word(itoa::Buffer::new().format(value))?;
        self.word(kind)
    }

    /// The shortest decimal that is this very number; the bits of what is not a number.
    fn float(
        &mut self,
        value: impl Display + LowerExp,
        wide: f64,
        bits: u64,
        kind: &str,
    ) -> Option<()> {
        let written = if !wide.is_finite() {
            write!(self.out, "0x{bits:x}")
        } else if wide == 0.0 || (1e-5..1e16).contains(&wide.abs()) {
            write!(self.out, "{value}")
        } else {
            write!(self.out, "{value:e}")
        };
        written.ok()?;
        self.word(kind)
    }

    fn char(&mut self) -> Option<()> {
        let value = char::from_u32(u32::from_le_bytes(self.reader.array()?))?;
        self.out.push('\'');
        push_escaped(self.out, value.encode_utf8(&mut [0; 4]), b"");
        self.out.push('\'');
        Some(())
    }

    fn bytes(&mut self) -> Option<()> {
        let bytes = self.reader.framed()?;
        self.out.push('x');
        push_hex(self.out, bytes);
        Some(())
    }

    fn variant(&mut self, tag: u8) -> Option<()> {
        let name = self.reader.framed_text()?;
        self.out.push('.');
        push_escaped(self.out, name, b"");
        match tag {
            tag::UNIT_VARIANT => Some(()),
            tag::NEWTYPE_VARIANT => self.within(""),
            tag::TUPLE_VARIANT => self.items(['(', ')']),
            tag::STRUCT_VARIANT => self.fields(Self::bare_text),
            _ => None,
        }
    }

    fn within(&mut self, word: &str) -> Option<()> {
        self.word(word)?;
        self.out.push('(');
        self.part()?;
        self.out.push(')');
        Some(())
    }

    /// As in Rust, a lone item in round brackets has a comma behind it: `(x)` is the one of a newtype variant.
    fn items(&mut self, [open, close]: [char; 2]) -> Option<()> {
        self.out.push(open);
        let mut count = 0;
        while !self.reader.ends() {
            if count > 0 {
                self.out.push(',');
            }
            self.part()?;
            count += 1;
        }
        if count == 1 && open == '(' {
            self.out.push(',');
        }
        self.out.push(close);
        Some(())
    }

    fn fields(&mut self, name: fn(&mut Self) -> Option<()>) -> Option<()> {
        self.out.push('{');
        let mut first = true;
        while !self.reader.ends() {
            if !first {
                self.out.push(',');
            }
            first = false;
            name(self)?;
            self.out.push('=');
            self.part()?;
        }
        self.out.push('}');
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Serialize;

    use super::super::Key;
    use super::*;

    fn rendered<T: Serialize + ?Sized>(value: &T) -> String {
        let mut key = Key::new();
        key.part(value);
        let mut out = String::new();
        let mut renderer = Renderer::new(key.bytes(), &mut out);
        renderer.part().expect("our own bytes can be read");
        assert!(renderer.is_empty());
        out
    }

    #[derive(Serialize)]
    struct Point {
        x: i8,
        y: i8,
    }

    #[derive(Serialize)]
    struct Pair(u8, u8);

    #[derive(Serialize)]
    struct Nothing;

    #[derive(Serialize)]
    enum Shape {
        Empty,
        Dot(Point),
        Line(u8, u8),
        Circle { radius: u8 },
    }

    #[test]
    fn text_stands_bare() {
        assert_eq!(rendered("acme"), "acme");
        assert_eq!(rendered("a:b c"), "a%3Ab%20c");
        assert_eq!(rendered("~42u64"), "%7E42u64");
        assert_eq!(rendered(""), "~\"\"");
    }

    #[test]
    fn scalars_name_their_kind() {
        assert_eq!(rendered(&42u64), "~42u64");
        assert_eq!(
            rendered(&i128::MIN),
            "~-170141183460469231731687303715884105728i128"
        );
        assert_eq!(rendered(&true), "~true");
        assert_eq!(rendered(&'a'), "~'a'");
        assert_eq!(rendered(&'\''), "~'%27'");
        assert_eq!(rendered(&()), "~unit");
        assert_eq!(rendered(&Nothing), "~struct");
        assert_eq!(rendered(&None::<u8>), "~none");
        assert_eq!(rendered(&Some("x")), "~some(x)");
    }

    #[test]
    fn floats_are_exact() {
        assert_eq!(rendered(&1.5f64), "~1.5f64");
        assert_eq!(rendered(&1.0f32), "~1f32");
        assert_eq!(rendered(&0.1f32), "~0.1f32");
        assert_eq!(rendered(&-0.0f64), "~-0f64");
        assert_eq!(rendered(&1e300f64), "~1e300f64");
        assert_eq!(rendered(&5e-324f64), "~5e-324f64");
        assert_eq!(rendered(&f64::INFINITY), "~0x7ff0000000000000f64");
        assert_eq!(rendered(&f32::from_bits(0x7fc0_0001)), "~0x7fc00001f32");
    }

    #[test]
    fn compounds_have_brackets_of_their_own() {
        assert_eq!(rendered(&vec!["a", "b"]), "~[a,b]");
        assert_eq!(rendered(&Vec::<u8>::new()), "~[]");
        assert_eq!(rendered(&vec![""]), "~[~\"\"]");
        assert_eq!(rendered(&("a", 1u8)), "~(a,~1u8)");
        assert_eq!(rendered(&("a",)), "~(a,)");
        assert_eq!(rendered(&Pair(1, 2)), "~struct(~1u8,~2u8)");
        assert_eq!(rendered(&Point { x: 1, y: -1 }), "~{x=~1i8,y=~-1i8}");
        assert_eq!(
            rendered(&BTreeMap::from([("b", 1u8), ("a", 2)])),
            "~map{a=~2u8,b=~1u8}"
        );
    }

    #[test]
    fn variants_begin_with_a_dot() {
        assert_eq!(rendered(&Shape::Empty), "~.Empty");
        assert_eq!(
            rendered(&Shape::Dot(Point { x: 0, y: 0 })),
            "~.Dot(~{x=~0i8,y=~0i8})"
        );
        assert_eq!(rendered(&Shape::Line(1, 2)), "~.Line(~1u8,~2u8)");
        assert_eq!(
            rendered(&Shape::Circle { radius: 3 }),
            "~.Circle{radius=~3u8}"
        );
    }

    #[test]
    fn bytes_that_nest_too_deeply_are_not_rendered() {
        let mut out = String::new();
        assert_eq!(
            Renderer::new(&vec![tag::SOME; 1 << 20], &mut out).part(),
            None
        );
    }
}
