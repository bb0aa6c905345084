//! The key template: `"user:{org}:{q.name}:{id:?}"`.

use std::ops::Range;

use proc_macro2::Span;
use syn::ext::IdentExt;
use syn::{Expr, Ident, LitStr, parse_quote};

use crate::diag::Diag;

/// A template in pieces: literal, hole, literal, …, hole, literal.
#[derive(Debug)]
pub(crate) struct Template {
    /// The text around the holes; always one more than there are holes.
    pub(crate) literals: Vec<String>,
    /// What is put between the literals.
    pub(crate) holes: Vec<Hole>,
}

/// One `{…}`.
#[derive(Debug)]
pub(crate) struct Hole {
    /// The expression, its tokens spanned inside the string literal where the compiler allows it.
    pub(crate) expr: Expr,
    /// How its value becomes text.
    pub(crate) style: Style,
}

/// How a value becomes text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    /// `{id}`: as `Display` writes it.
    Text,
    /// `{id:?}`: as `Debug` writes it.
    Debug,
}

impl Template {
    /// Reads a template; every fault in it is reported.
    pub(crate) fn parse(literal: &LitStr, diag: &mut Diag) -> Option<Self> {
        let source = Source::new(literal);
        let pieces = without_nul(&source.text)
            .and_then(|()| split(&source.text))
            .map_err(|fault| source.report(fault, diag))
            .ok()?;
        let holes = Vec::from_iter(pieces.holes.iter().map(|range| {
            source
                .hole(range)
                .map_err(|fault| source.report(fault, diag))
                .ok()
        }));
        Some(Self {
            literals: pieces.literals,
            holes: holes.into_iter().collect::<Option<_>>()?,
        })
    }
}

/// What is wrong, and where in the text.
#[derive(Debug)]
struct Fault {
    range: Range<usize>,
    message: String,
}

impl Fault {
    fn new(range: Range<usize>, message: impl Into<String>) -> Self {
        Self {
            range,
            message: message.into(),
        }
    }
}

/// A literal, and where its text starts in the source file.
struct Source<'a> {
    literal: &'a LitStr,
    text: String,
    /// Bytes before the text in the literal's token; unknown if the text has escapes.
    offset: Option<usize>,
}

impl<'a> Source<'a> {
    fn new(literal: &'a LitStr) -> Self {
        let text = literal.value();
        let offset = literal.token().to_string().find(&text);
        Self {
            literal,
            text,
            offset,
        }
    }

    /// The span of a part of the text; all of the literal where the compiler cannot do better.
    fn span(&self, range: &Range<usize>) -> Span {
        self.offset
            .and_then(|offset| {
                self.literal
                    .token()
                    .subspan(offset + range.start..offset + range.end)
            })
            .unwrap_or_else(|| self.literal.span())
    }

    fn report(&self, fault: Fault, diag: &mut Diag) {
        diag.absorb(syn::Error::new(self.span(&fault.range), fault.message));
    }

    /// Reads what stands between two braces.
    fn hole(&self, range: &Range<usize>) -> Result<Hole, Fault> {
        let inner = &self.text[range.clone()];
        let fault = |message: String| Fault::new(range.clone(), message);
        let (code, style) = match inner.strip_suffix(":?") {
            Some(code) => (code, Style::Debug),
            None => (inner, Style::Text),
        };
        if code.trim().is_empty() {
            return Err(fault(
                "an empty hole; name an argument, as in `{id}`, or write `{{}}` for braces"
                    .to_owned(),
            ));
        }
        if let Some(spec) = format_spec(code) {
            return Err(fault(format!(
                "`:{spec}` is not supported in a key, where a hole is `{{x}}` or `{{x:?}}`; \
                 for other formats use a list, as in `key = [format!(\"{{…}}\", …)]`"
            )));
        }
        let literal = LitStr::new(code, self.span(range));
        let expr = literal
            .parse()
            .or_else(|_| keyword(&literal))
            .map_err(|_| {
                fault(format!(
                    "`{code}` is not an expression; \
                 a hole is for example `{{id}}`, `{{user.id}}` or `{{id:?}}`"
                ))
            })?;
        Ok(Hole { expr, style })
    }
}

/// In a function's id a NUL stands before its template.
fn without_nul(text: &str) -> Result<(), Fault> {
    match text.find('\0') {
        Some(at) => Err(Fault::new(
            at..at + 1,
            "a template cannot hold the character NUL; remove it",
        )),
        None => Ok(()),
    }
}

/// `{type}` is the argument `r#type`, as in `format!`.
fn keyword(literal: &LitStr) -> syn::Result<Expr> {
    let word = literal.parse_with(Ident::parse_any)?;
    let raw: Ident = syn::parse_str(&format!("r#{word}"))?;
    let name = Ident::new_raw(&raw.unraw().to_string(), literal.span());
    Ok(parse_quote!(#name))
}

/// What follows a single `:` outside of any bracket, as in `{id:05}`.
fn format_spec(code: &str) -> Option<&str> {
    let (before, spec) = code.rsplit_once(':')?;
    let is_path = before.ends_with(':');
    let is_inside = spec.contains([')', ']', '}', '|', '"']);
    (!is_path && !is_inside).then_some(spec)
}

/// A template cut at its braces; holes are ranges of the text.
#[derive(Debug, Default)]
struct Pieces {
    literals: Vec<String>,
    holes: Vec<Range<usize>>,
}

/// Cuts `text` into literals and holes; `{{` and `}}` stand for braces.
fn split(text: &str) -> Result<Pieces, Fault> {
    let mut pieces = Pieces::default();
    let mut literal = String::new();
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let rest = &text[at..];
        if rest.starts_with("{{") || rest.starts_with("}}") {
            literal.push(c);
            at += 2;
        } else if c == '}' {
            return Err(Fault::new(
                at..at + 1,
                "this `}` closes nothing; write `}}` for a brace",
            ));
        } else if c == '{' {
            let end = closing(text, at)?;
            pieces.holes.push(at + 1..end);
            pieces.literals.push(std::mem::take(&mut literal));
            at = end + 1;
        } else {
            literal.push(c);
            at += c.len_utf8();
        }
    }
    pieces.literals.push(literal);
    Ok(pieces)
}

/// Where the hole that opens at `open` is closed.
fn closing(text: &str, open: usize) -> Result<usize, Fault> {
    let mut depth = 0_usize;
    for (at, c) in text[open..].char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 1 => return Ok(open + at),
            '}' => depth -= 1,
            _ => {}
        }
    }
    Err(Fault::new(
        open..text.len(),
        "this `{` is never closed; close the hole with `}`, or write `{{` for a brace",
    ))
}

#[cfg(test)]
mod tests {
    use quote::ToTokens;

    use super::*;

    fn parse(text: &str) -> Result<Template, String> {
        let mut diag = Diag::new();
        let template = Template::parse(&LitStr::new(text, Span::call_site()), &mut diag);
        match (diag.finish(), template) {
            (Ok(()), Some(template)) => Ok(template),
            (Err(errors), None) => Err(errors
                .into_iter()
                .map(|error| error.to_string())
                .collect::<Vec<_>>()
                .join("\n")),
            (errors, template) => {
                panic!("{text:?}: an error and a template, or neither: {errors:?} {template:?}")
            }
        }
    }

    fn holes(text: &str) -> Vec<(String, Style)> {
        let template = parse(text).expect(text);
        assert_eq!(template.literals.len(), template.holes.len() + 1);
        template
            .holes
            .iter()
            .map(|hole| (hole.expr.to_token_stream().to_string(), hole.style))
            .collect()
    }

    #[test]
    fn text_and_holes_alternate() {
        let template = parse("user:{org}:{id:?}").expect("a template");
        assert_eq!(template.literals, ["user:", ":", ""]);
        assert_eq!(
            holes("user:{org}:{id:?}"),
            [
                ("org".to_owned(), Style::Text),
                ("id".to_owned(), Style::Debug)
            ]
        );
        assert_eq!(parse("{a}{b}").expect("no text").literals, ["", "", ""]);
        assert_eq!(parse("").expect("empty").literals, [""]);
    }

    #[test]
    fn doubled_braces_are_text() {
        let template = parse("{{{id}}}").expect("a template");
        assert_eq!(template.literals, ["{", "}"]);
        assert_eq!(parse("{{}}").expect("no hole").literals, ["{}"]);
    }

    #[test]
    fn a_hole_holds_any_expression() {
        let exprs = [
            "q.name",
            "pair.0",
            "q.name()",
            "a::B",
            "x[0]",
            "q.map(|x: u32| { x })",
            "Kind::of::<u8>(k)",
        ];
        for expr in exprs {
            let found = holes(&format!("k:{{{expr}}}"));
            assert_eq!(found[0].0.replace(' ', ""), expr.replace(' ', ""));
        }
    }

    #[test]
    fn a_hole_names_an_argument_that_is_called_as_a_keyword() {
        assert_eq!(
            holes("{type}:{match:?}"),
            [
                ("r#type".to_owned(), Style::Text),
                ("r#match".to_owned(), Style::Debug)
            ]
        );
    }

    #[test]
    fn every_bad_hole_is_reported() {
        let errors = parse("{}:{id:05}:{1 +}").expect_err("three faults");
        assert_eq!(errors.lines().count(), 3, "{errors}");
        assert!(errors.contains("an empty hole"), "{errors}");
        assert!(errors.contains("`:05` is not supported"), "{errors}");
        assert!(errors.contains("`1 +` is not an expression"), "{errors}");
    }

    #[test]
    fn an_unbalanced_brace_is_reported() {
        assert!(
            parse("user:{id")
                .expect_err("open")
                .contains("never closed")
        );
        assert!(parse("user:{").expect_err("open").contains("never closed"));
        assert!(
            parse("user:id}")
                .expect_err("close")
                .contains("closes nothing")
        );
    }

    #[test]
    fn hostile_text_is_an_error_and_never_a_panic() {
        let hostile = [
            "{",
            "}",
            "{}",
            "{:?}",
            "{ }",
            "{:}",
            "{::}",
            "{{}",
            "{}}",
            "{a{b}c",
            "{\"}",
            "{'}",
            "{r#\"}",
            "{/*}",
            "{//}",
            "{a;b}",
            "{🦀}",
            "🦀{",
            "{a:é}",
            "{\0}",
            "{\u{202e}}",
            "{)}",
            "{(}",
            "{]}",
            "{#}",
            "{$x}",
            "{0x}",
            "{'a}",
            "\0\n",
        ];
        for text in hostile {
            assert!(parse(text).is_err(), "{text:?}");
        }
        for harmless in ["🦀", "\\", "é{é}é", "{{{{", "a\"b", "\n"] {
            assert!(parse(harmless).is_ok(), "{harmless:?}");
        }
    }
}
