//! The HTML page around text, tables and charts.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context, Result};

use super::Sound;

/// A self-contained HTML page: no script, no font and no image from elsewhere.
#[derive(Clone, Debug)]
pub struct Page {
    title: String,
    body: String,
}

/// A table of a page. Cells that are numbers stand at the right.
#[derive(Clone, Debug, Default)]
pub struct Table {
    header: Vec<String>,
    rows: Vec<Vec<String>>,
}

const STYLE: &str = "\
:root{color-scheme:light dark}
body{font:16px/1.5 system-ui,sans-serif;max-width:76rem;margin:2rem auto;padding:0 1rem;\
color:light-dark(#1c1e21,#e4e6ea);background:light-dark(#fff,#16181b)}
h1{font-size:1.7rem}h2{font-size:1.25rem;margin-top:2.5rem}
figure{margin:1.5rem 0}figcaption{font-size:.9rem;opacity:.8}svg{max-width:100%;height:auto}
.scroll{overflow-x:auto}table{border-collapse:collapse;font-size:.92rem;margin:1rem 0}
th,td{padding:.25rem .7rem;text-align:left;white-space:nowrap;border-bottom:1px solid light-dark(#d9dce1,#383c42)}
td.number{text-align:right;font-variant-numeric:tabular-nums}
.sounds{display:grid;grid-template-columns:repeat(auto-fill,minmax(15rem,1fr));gap:1rem}
.sound{margin:0;padding:.7rem;border:1px solid light-dark(#d9dce1,#383c42);border-radius:.5rem}
.sound b{font-weight:600}.sound img{display:block;width:100%;height:6rem;margin:.4rem 0;image-rendering:pixelated}
.sound audio{width:100%;height:2.2rem}.sound figcaption{overflow-wrap:anywhere}
.facts{display:flex;flex-wrap:wrap;gap:1rem;padding:0;margin:1.5rem 0;list-style:none}
.facts li{flex:1 1 11rem;padding:.8rem 1rem;border-radius:.5rem;background:light-dark(#f2f4f7,#212429)}
.facts strong{display:block;font-size:1.6rem;line-height:1.3}
.warning{border-left:4px solid #d55e00;padding:.4rem 1rem;background:light-dark(#fff3ea,#33241a)}
";

impl Page {
    /// An empty page under a title.
    #[must_use]
    pub fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), body: String::new() }
    }

    /// Adds a heading.
    #[must_use]
    pub fn heading(self, text: &str) -> Self {
        self.element("h2", text)
    }

    /// Adds a paragraph; what stands between backticks is set as code.
    #[must_use]
    pub fn paragraph(self, text: &str) -> Self {
        self.element("p", text)
    }

    /// Adds a paragraph that stands out: what a reader must not miss.
    #[must_use]
    pub fn warning(mut self, text: &str) -> Self {
        self.body += &format!("<p class=\"warning\">{}</p>\n", inline(text));
        self
    }

    /// Adds a list.
    #[must_use]
    pub fn list<S: AsRef<str>>(mut self, items: impl IntoIterator<Item = S>) -> Self {
        let items = items.into_iter().map(|item| format!("<li>{}</li>\n", inline(item.as_ref())));
        self.body += &format!("<ul>\n{}</ul>\n", items.collect::<String>());
        self
    }

    /// Adds a table.
    #[must_use]
    pub fn table(mut self, table: Table) -> Self {
        self.body += &table.html();
        self
    }

    /// Adds a chart, as SVG text, with a caption below.
    #[must_use]
    pub fn figure(mut self, svg: String, caption: &str) -> Self {
        self.body += &format!(
            "<figure><div class=\"scroll\">{svg}</div><figcaption>{}</figcaption></figure>\n",
            escape(caption)
        );
        self
    }

    /// Adds clips that can be played, side by side.
    #[must_use]
    pub fn sounds(mut self, sounds: &[Sound]) -> Self {
        let sounds: String = sounds.iter().map(Sound::html).collect();
        self.body += &format!("<div class=\"sounds\">\n{sounds}</div>\n");
        self
    }

    /// Adds figures that are read first: each a large number and what it is.
    #[must_use]
    pub fn facts<'a>(mut self, facts: impl IntoIterator<Item = (String, &'a str)>) -> Self {
        let fact = |(value, what): (String, &str)| {
            format!("<li><strong>{}</strong>{}</li>\n", escape(&value), inline(what))
        };
        self.body +=
            &format!("<ul class=\"facts\">\n{}</ul>\n", facts.into_iter().map(fact).collect::<String>());
        self
    }

    /// The page as text.
    #[must_use]
    pub fn html(&self) -> String {
        let title = escape(&self.title);
        format!(
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width\">\n<title>{title}</title>\n\
             <style>\n{STYLE}</style>\n</head>\n<body>\n<h1>{title}</h1>\n{}</body>\n</html>\n",
            self.body
        )
    }

    /// Writes the page to a file.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self, path: &Path) -> Result<()> {
        std::fs::write(path, self.html()).with_context(|| format!("cannot write `{}`", path.display()))
    }

    fn element(mut self, name: &str, text: &str) -> Self {
        self.body += &format!("<{name}>{}</{name}>\n", inline(text));
        self
    }
}

impl Table {
    /// An empty table with names of its columns.
    #[must_use]
    pub fn new<S: Into<String>>(header: impl IntoIterator<Item = S>) -> Self {
        Self { header: header.into_iter().map(Into::into).collect(), rows: Vec::new() }
    }

    /// Adds a row.
    #[must_use]
    pub fn row<S: Into<String>>(mut self, cells: impl IntoIterator<Item = S>) -> Self {
        self.rows.push(cells.into_iter().map(Into::into).collect());
        self
    }

    /// The same table for a terminal, its columns aligned.
    #[must_use]
    pub fn text(&self) -> String {
        let lines = || std::iter::once(&self.header).chain(&self.rows);
        let columns = lines().map(Vec::len).max().unwrap_or(0);
        let size = |c: usize| lines().filter_map(|l| l.get(c)).map(|t| t.chars().count()).max().unwrap_or(0);
        let sizes: Vec<usize> = (0..columns).map(size).collect();
        let mut text = String::new();
        for line in lines() {
            let mut row = String::new();
            for (cell, size) in line.iter().zip(&sizes) {
                let pad = " ".repeat(size - cell.chars().count());
                let gap = if row.is_empty() { "" } else { "  " };
                row += &if number(cell) { format!("{gap}{pad}{cell}") } else { format!("{gap}{cell}{pad}") };
            }
            text += row.trim_end();
            text.push('\n');
        }
        text
    }

    fn html(&self) -> String {
        let mut html = String::from("<div class=\"scroll\"><table>\n<tr>");
        for cell in &self.header {
            let _ = write!(html, "<th>{}</th>", escape(cell));
        }
        html += "</tr>\n";
        for row in &self.rows {
            html += "<tr>";
            for cell in row {
                let class = if number(cell) { " class=\"number\"" } else { "" };
                let _ = write!(html, "<td{class}>{}</td>", escape(cell));
            }
            html += "</tr>\n";
        }
        html + "</table></div>\n"
    }
}

/// Whether a cell is a figure, with a unit or a sign at most.
fn number(cell: &str) -> bool {
    let cell = cell.trim_start_matches(['-', '−', '+', '≥', '≤', '<', '>', ' ']);
    cell.chars().next().is_some_and(|c| c.is_ascii_digit())
}

/// Text with its names in backticks as code.
pub(super) fn inline(text: &str) -> String {
    let parts: Vec<String> = text.split('`').map(escape).collect();
    if parts.len().is_multiple_of(2) {
        return escape(text);
    }
    let code = |(i, part): (usize, String)| if i % 2 == 1 { format!("<code>{part}</code>") } else { part };
    parts.into_iter().enumerate().map(code).collect()
}

pub(super) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_shows_text_as_it_is() {
        let page = Page::new("a <b>").warning("x & y").table(Table::new(["n"]).row(["12 %"]).row(["<i>"]));
        let html = page.html();
        assert!(html.contains("<title>a &lt;b&gt;</title>") && html.contains("x &amp; y"));
        assert_eq!(inline("in `a<b`, it's"), "in <code>a&lt;b</code>, it's");
        assert_eq!(inline("a lone ` stays"), "a lone ` stays");
        assert!(html.contains("<td class=\"number\">12 %</td>") && html.contains("<td>&lt;i&gt;</td>"));
    }

    #[test]
    fn a_terminal_table_aligns_figures_to_the_right() {
        let table = Table::new(["label", "clips"]).row(["yes", "7"]).row(["unknown", "702"]);
        assert_eq!(table.text(), "label    clips\nyes          7\nunknown    702\n");
    }
}
