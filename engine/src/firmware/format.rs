//! Types and expressions, broken into lines as rustfmt breaks them.

/// Longest line.
pub(super) const WIDTH: usize = 110;

/// A type or an expression whose first line begins at column `used` and whose further lines at `indent`.
///
/// What does not fit into a line has each of its parts on a line of its own; plain numbers share lines.
pub(super) fn format(text: &str, indent: usize, used: usize) -> String {
    if used + text.len() <= WIDTH && !text.contains('\n') {
        return text.to_owned();
    }
    let Some(Group { head, parts, close }) = Group::of(text) else { return text.to_owned() };
    match parts.as_slice() {
        [] => format!("{head}{close}"),
        [only] if Group::of(only).is_some_and(|inner| !inner.head.is_empty()) => {
            let inner = format(only, indent, used + head.len());
            let space = if close == '}' { " " } else { "" };
            format!("{head}{space}{inner}{space}{close}")
        }
        parts => {
            let margin = " ".repeat(indent);
            let plain = |part: &&str| !part.contains(['(', '[', '{', '<', ' ']);
            let lines =
                if parts.iter().all(plain) { filled(parts, indent + 4) } else { listed(parts, indent + 4) };
            format!("{head}\n{lines}{margin}{close}")
        }
    }
}

/// Each part on a line of its own.
fn listed(parts: &[&str], indent: usize) -> String {
    let margin = " ".repeat(indent);
    parts.iter().map(|part| format!("{margin}{},\n", format(part, indent, indent + 1))).collect()
}

/// As many parts on a line as fit.
fn filled(parts: &[&str], indent: usize) -> String {
    let margin = " ".repeat(indent);
    let (mut text, mut column) = (margin.clone(), indent);
    for part in parts {
        if column > indent && column + part.len() + 2 > WIDTH {
            text.push('\n');
            text.push_str(&margin);
            column = indent;
        }
        if column > indent {
            text.push(' ');
            column += 1;
        }
        text.push_str(part);
        text.push(',');
        column += part.len() + 1;
    }
    text.push('\n');
    text
}

/// What ends with a bracket: what is before its inside, the parts of that, the bracket.
struct Group<'a> {
    head: &'a str,
    parts: Vec<&'a str>,
    close: char,
}

impl<'a> Group<'a> {
    fn of(text: &'a str) -> Option<Self> {
        let close = text.chars().last().filter(|last| [')', ']', '}', '>'].contains(last))?;
        let end = text.len() - 1;
        // Places of the brackets that are open, and of the commas within the outermost.
        let (mut open, mut commas, mut opened, mut quoted, mut escaped) =
            (Vec::new(), Vec::new(), None, false, false);
        for (place, c) in text.char_indices() {
            match c {
                _ if escaped => escaped = false,
                '\\' if quoted => escaped = true,
                '"' => quoted = !quoted,
                _ if quoted => {}
                '(' | '[' | '{' | '<' => open.push(place),
                ')' | ']' | '}' | '>' => {
                    let begin = open.pop()?;
                    if place == end && open.is_empty() {
                        opened = Some(begin);
                    } else if open.is_empty() {
                        commas.clear();
                    }
                }
                ',' if open.len() == 1 => commas.push(place),
                _ => {}
            }
        }
        let begin = opened?;
        let mut parts = Vec::with_capacity(commas.len() + 1);
        let mut from = begin + 1;
        for to in commas.into_iter().chain([end]) {
            parts.extend(Some(text[from..to].trim()).filter(|part| !part.is_empty()));
            from = to + 1;
        }
        Some(Group { head: &text[..=begin], parts, close })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_tables_break_into_lines_and_keep_their_numbers() {
        let numbers: Vec<i32> = (0..200).collect();
        let text = format(&format!("{numbers:?}"), 4, 4);
        assert!(text.starts_with("[\n        0, 1, 2,") && text.ends_with("\n    ]"), "{text}");
        assert!(text.lines().all(|line| line.len() <= WIDTH && !line.ends_with(' ')), "{text}");
        let found: Vec<i32> =
            text.split(|c: char| !c.is_ascii_digit()).filter_map(|n| n.parse().ok()).collect();
        assert_eq!(found, numbers);
    }

    #[test]
    fn parts_stand_on_lines_of_their_own() {
        let long = "a_value_that_is_long".repeat(3);
        let text = format(&format!("Op::Conv(Conv {{ one: {long}, two: [1, 2], text: \"a, b)\" }})"), 0, 0);
        let lines = [
            "Op::Conv(Conv {",
            &format!("    one: {long},"),
            "    two: [1, 2],",
            "    text: \"a, b)\",",
            "})",
        ];
        assert_eq!(text, lines.join("\n"));
        assert_eq!(format("Slot<A<B, C>>", 4, 4), "Slot<A<B, C>>");
    }
}
