//! What a codec can never carry, in words for the type's author.

use super::graph::{Content, Format, Graph, Kind, Leaf};
use super::trace::Recorder;

/// A type asked what there is, instead of saying what it wants.
pub(super) fn untyped(recorder: &mut Recorder) {
    if recorder.codec.is_self_describing() || recorder.problem.is_some() {
        return;
    }
    recorder.problem = Some(format!(
        "{} reads what describes itself (`untagged`, `flatten`, an enum with its tag inside, `serde_json::Value`), which postcard does \
         not: choose `codec = \"msgpack\"` (memo's feature `msgpack`), or `local`",
        place(recorder)
    ));
}

/// An enum that takes the first of its variants which fits. Serde's derive keeps what it reads for that, by a visitor of its own; where the seed asks
/// for what is kept, it is the rest of a flattened struct.
///
/// This goes by names that serde may change. Then values are compared like those of other types, and not each of them.
pub(super) fn untagged(recorder: &mut Recorder, seed: &str, visitor: &str) {
    let is_kept = visitor.contains("::ContentVisitor");
    let is_flattened = seed.contains("::ContentVisitor") || seed.contains("::Content>");
    if !is_kept || is_flattened || recorder.ambiguity.is_some() {
        return;
    }
    recorder.ambiguity = Some(format!(
        "{} is an `untagged` enum, of which a value may be read as an earlier variant that fits as well: give it a tag, have the value's type \
         derive `PartialEq`, so that each value is compared with what its bytes say, or say `local`",
        place(recorder)
    ));
}

/// An optional value whose `Some` may look like its `None`.
pub(super) fn nested_option(recorder: &mut Recorder, container: usize) {
    if !recorder.codec.is_self_describing() || recorder.problem.is_some() {
        return;
    }
    let graph = &recorder.graph;
    if graph.containers[container].kind != Kind::Option || !may_be_nil(graph, container) {
        return;
    }
    recorder.problem = Some(format!(
        "{} is an `Option` of an `Option` or of `()`, and MessagePack cannot tell `Some(None)` from `None`: choose another type, \
         `codec = \"postcard\"`, or `local`",
        place(recorder)
    ));
}

/// Whether what is in an option, or in a newtype in it, is written as nil.
fn may_be_nil(graph: &Graph, around: usize) -> bool {
    let parts = graph.containers[around].ways[0].parts.first();
    parts.into_iter().flatten().any(|format| match *format {
        Format::Leaf(Leaf::Unit) => true,
        Format::Container(inner) => match graph.containers[inner].kind {
            Kind::Option => true,
            Kind::Newtype(_) => may_be_nil(graph, inner),
            _ => false,
        },
        _ => false,
    })
}

/// Where in the type the trace is: `` `Order.lines.price` ``.
pub(super) fn place(recorder: &Recorder) -> String {
    let graph = &recorder.graph;
    let mut names = Vec::new();
    for (depth, step) in recorder.path.iter().enumerate() {
        let container = &graph.containers[step.container];
        if let (0, Kind::Struct(name, _) | Kind::Enum(name, _) | Kind::TupleStruct(name, _)) =
            (depth, container.kind)
        {
            names.push(name.to_owned());
        }
        match container.kind {
            Kind::Struct(_, fields) => names.extend(fields.get(step.part).map(|&f| f.to_owned())),
            Kind::Tuple(_) | Kind::TupleStruct(..) => names.push(step.part.to_string()),
            Kind::Enum(_, variants) => {
                names.extend(variants.get(step.way).map(|&v| v.to_owned()));
                match container.ways[step.way].content {
                    Content::Struct(fields) => {
                        names.extend(fields.get(step.part).map(|&f| f.to_owned()));
                    }
                    Content::Tuple(_) => names.push(step.part.to_string()),
                    _ => {}
                }
            }
            _ => {}
        }
    }
    match names.is_empty() {
        true => "the type".to_owned(),
        false => format!("`{}`", names.join(".")),
    }
}
