//! Plain text tables: the first column to the left, the others to the right.

/// Lays out the rows under their heads, one line each, without a final line break.
pub(crate) fn render(heads: &[&str], rows: &[Vec<String>]) -> String {
    let head: Vec<String> = heads.iter().map(|&head| head.to_owned()).collect();
    let widths: Vec<usize> = (0..heads.len())
        .map(|column| {
            rows.iter()
                .chain([&head])
                .map(|row| width(row, column))
                .max()
                .unwrap_or(0)
        })
        .collect();
    let rule = widths.iter().map(|&width| "-".repeat(width)).collect();
    [&head, &rule]
        .into_iter()
        .chain(rows)
        .map(|row| line(row, &widths))
        .collect::<Vec<_>>()
        .join("\n")
}

fn width(row: &[String], column: usize) -> usize {
    row.get(column).map_or(0, |cell| cell.chars().count())
}

fn line(row: &[String], widths: &[usize]) -> String {
    let cell = |(column, (text, &width)): (usize, (&String, &usize))| {
        if column == 0 {
            format!("{text:<width$}")
        } else {
            format!("{text:>width$}")
        }
    };
    let cells: Vec<_> = row.iter().zip(widths).enumerate().map(cell).collect();
    cells.join("  ").trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    #[test]
    fn names_stand_left_and_numbers_right() {
        let rows = [
            vec!["a".to_owned(), "1.5".to_owned()],
            vec!["long".to_owned(), "10.25".to_owned()],
        ];
        let text = super::render(&["step", "s"], &rows);
        assert_eq!(text, "step      s\n----  -----\na       1.5\nlong  10.25");
    }
}
