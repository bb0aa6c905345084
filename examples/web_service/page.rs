//! The pages that people read.

use crate::figures::{Figures, Function, Server};
use crate::words::{number, share, size, time};
use std::fmt::Write as _;

const STYLE: &str = "\
body { font: 15px/1.5 system-ui, sans-serif; max-width: 68rem; margin: 2rem auto; padding: 0 1rem; color: #222; background: #fff }
h1 { font-size: 1.5rem; margin-bottom: 0 } h2 { font-size: 1.1rem; margin: 2rem 0 .3rem }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums }
th, td { padding: .3rem .6rem; text-align: right; border-bottom: 1px solid #ddd; white-space: nowrap }
th { font-weight: normal; color: #777 } th:first-child, td:first-child { text-align: left }
tr.total td { border-bottom: 0; font-weight: bold } .bad { color: #b00020; font-weight: bold } .still { color: #aaa }
.dot { display: inline-block; width: .7em; height: .7em; border-radius: 50%; margin-right: .4em; background: #b00020 }
.dot.Up { background: #1b8a3a } .dot.Probing { background: #d98e04 }
p { margin: .3rem 0 } p.note { color: #777 }
@media (prefers-color-scheme: dark) { body { color: #ddd; background: #1b1b1b } th, td { border-color: #444 } a { color: #8ab4f8 } }";

/// Where one begins.
pub(crate) fn home() -> String {
    let body = "<h1>Airports</h1>
<p>The database behind these pages is slow. What it said once is remembered.</p>
<ul>
<li><a href=\"/airport/LHR\">/airport/LHR</a>: one airport
<li><a href=\"/search?q=new\">/search?q=new</a>: airports by their names, or by country
<li><a href=\"/from/LHR\">/from/LHR</a>: how far it is to all others, as the database finds them
<li><a href=\"/report\">/report</a>: how far it is from everywhere to everywhere; sealed where there are keys
<li><a href=\"/stats\">/stats</a>: what that has saved (<a href=\"/stats.json\">as JSON</a>)
</ul>";
    page("Airports", "", body)
}

/// The figures.
pub(crate) fn stats(figures: &Figures) -> String {
    let total = figures.total();
    let mut body = format!(
        "<h1>{} saved</h1>\n<p>by {} hits of {} calls ({}), in {}.</p>\n",
        time(total.saved),
        number(total.hits),
        number(total.calls),
        share(total.hits, total.calls),
        time(figures.running)
    );
    body += &functions(figures, &total);
    body += &servers(&figures.servers);
    let namespace = match figures.namespace.as_str() {
        "" => "none".to_owned(),
        namespace => escaped(namespace),
    };
    let _ = write!(
        body,
        "<h2>In this process</h2>\n<p>{} entries, {} of {}; {} deletions owed. Namespace: {namespace}.</p>\n\
         <p class=\"note\">Seen anew every two seconds. <a href=\"/\">Back</a></p>",
        number(figures.entries),
        size(figures.bytes),
        size(figures.budget),
        trouble(figures.owed)
    );
    page(
        "Figures",
        "<meta http-equiv=\"refresh\" content=\"2\">",
        &body,
    )
}

fn functions(figures: &Figures, total: &Function) -> String {
    const HEADS: [&str; 12] = [
        "function",
        "calls",
        "hits",
        "hit rate",
        "joined",
        "computed",
        "in the mean",
        "saved",
        "read",
        "written",
        "refused",
        "faults",
    ];
    let mut rows = String::new();
    for function in &figures.functions {
        rows += &row("", &cells(function));
    }
    if figures.functions.is_empty() {
        rows += "<tr><td colspan=\"12\" class=\"still\">nothing was called yet</td></tr>\n";
    } else {
        rows += &row(" class=\"total\"", &cells(total));
    }
    table("Functions", &HEADS, &rows) + &problems(figures)
}

/// Lists the reasons why functions are not cached as they ask.
fn problems(figures: &Figures) -> String {
    let mut lines = String::new();
    for function in &figures.functions {
        for problem in &function.problems {
            let (name, problem) = (escaped(&function.name), escaped(problem));
            let _ = writeln!(
                lines,
                "<p><span class=\"bad\">{name}</span> is not cached as it asks: {problem}</p>"
            );
        }
    }
    lines
}

fn cells(function: &Function) -> Vec<String> {
    let mean = match function.mean.is_zero() {
        true => String::new(),
        false => time(function.mean),
    };
    vec![
        escaped(&function.name),
        count(function.calls),
        count(function.hits),
        share(function.hits, function.calls),
        count(function.joined),
        count(function.computed),
        mean,
        time(function.saved),
        size(function.read),
        size(function.written),
        count(function.refused),
        trouble(function.faults),
    ]
}

fn servers(servers: &[Server]) -> String {
    const HEADS: [&str; 7] = [
        "server", "is", "asked", "failed", "retried", "spared", "outages",
    ];
    if servers.is_empty() {
        return String::new();
    }
    let mut rows = String::new();
    for server in servers {
        let is = &server.availability;
        let cells = [
            format!("<span class=\"dot {is}\"></span>{}", escaped(&server.name)),
            is.to_lowercase(),
            count(server.asked),
            trouble(server.failed),
            count(server.retried),
            count(server.spared),
            trouble(server.outages),
        ];
        rows += &row("", &cells);
    }
    table("Servers", &HEADS, &rows)
}

fn count(n: u64) -> String {
    match n {
        0 => "<span class=\"still\">0</span>".to_owned(),
        _ => number(n),
    }
}

/// A count that ought to be 0.
fn trouble(n: u64) -> String {
    match n {
        0 => count(0),
        _ => format!("<span class=\"bad\">{}</span>", number(n)),
    }
}

fn table(title: &str, heads: &[&str], rows: &str) -> String {
    let heads: String = heads
        .iter()
        .map(|head| format!("<th>{head}</th>"))
        .collect();
    format!("<h2>{title}</h2>\n<table>\n<tr>{heads}</tr>\n{rows}</table>\n")
}

fn row(class: &str, cells: &[String]) -> String {
    let cells: String = cells
        .iter()
        .map(|cell| format!("<td>{cell}</td>"))
        .collect();
    format!("<tr{class}>{cells}</tr>\n")
}

fn page(title: &str, head: &str, body: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title>{head}\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<style>\n{STYLE}\n</style></head>\n<body>\n{body}\n</body></html>\n"
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}
