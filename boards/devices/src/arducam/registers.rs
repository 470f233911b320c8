//! A published table of registers and values.

use std::fmt;
use std::path::Path;

use kws_engine::Assets;

/// A register and its value, written as hexadecimal numbers.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Write(pub(super) u16, pub(super) u8);

impl fmt::Debug for Write {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(to, "({:#06x}, {:#04x})", self.0, self.1)
    }
}

/// What ends a table.
const END: u32 = 0xffff;

/// Reads the first table of a file: hexadecimal numbers by twos, a register and its value, whatever stands between them;
/// comments of C count as nothing.
///
/// # Errors
/// When the file cannot be read, has no table, or a number does not fit. The text says where.
pub(super) fn read(path: &Path, assets: &Assets) -> Result<Vec<Write>, String> {
    let bytes = assets.read(path).map_err(|error| format!("`{}`: {error}", path.display()))?;
    parse(&String::from_utf8_lossy(&bytes)).map_err(|error| format!("`{}`: {error}", path.display()))
}

fn parse(text: &str) -> Result<Vec<Write>, String> {
    let mut numbers = Vec::new();
    for (line, text) in (1..).zip(without_comments(text).lines()) {
        let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        for word in words {
            let Some(digits) = word.strip_prefix("0x").or(word.strip_prefix("0X")) else { continue };
            let number = u32::from_str_radix(digits, 16)
                .map_err(|_| format!("line {line}: found `{word}`, expected a hexadecimal number"))?;
            numbers.push((line, number));
        }
    }
    let mut writes = Vec::new();
    for pair in numbers.chunks(2) {
        match *pair {
            [(_, END), _] | [(_, END)] => break,
            [(_, register @ 0..=0xffff), (_, value @ 0..=0xff)] => {
                writes.push(Write(register as u16, value as u8));
            }
            [(line, register), (_, value)] => {
                return Err(format!(
                    "line {line}: found {register:#x} and {value:#x}, expected a register of 16 bits and a value of 8"
                ));
            }
            _ => return Err("the last register has no value".to_owned()),
        }
    }
    if writes.is_empty() {
        Err("found no table, expected lines such as `{0x3103, 0x93},`".to_owned())
    } else {
        Ok(writes)
    }
}

/// The text with spaces in place of comments; lines stay lines.
fn without_comments(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find("//").into_iter().chain(rest.find("/*")).min() {
        plain.push_str(&rest[..start]);
        let comment = &rest[start..];
        let end = if comment.starts_with("//") {
            comment.find('\n').unwrap_or(comment.len())
        } else {
            comment.find("*/").map_or(comment.len(), |end| end + 2)
        };
        plain.extend(comment[..end].chars().filter(|c| *c == '\n'));
        plain.push(' ');
        rest = &comment[end..];
    }
    plain + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_table_is_read_as_it_is_published() {
        let text = "// 0x1111, 0x22\nconst struct sensor_reg some[] = {\n  {0x3103 , 0x93}, /* clock\n 0x1234 */ {0X3008,0x02},\n\
                    {0xffff, 0xff},\n};\nconst struct sensor_reg other[] = { {0x3000, 0xf8} };";
        assert_eq!(parse(text), Ok(vec![Write(0x3103, 0x93), Write(0x3008, 0x02)]));
        assert_eq!(format!("{:?}", Write(0x3103, 2)), "(0x3103, 0x02)");
    }

    #[test]
    fn what_is_no_table_is_reported_with_its_line() {
        let error = |text| parse(text).unwrap_err();
        assert_eq!(error("3103 93"), "found no table, expected lines such as `{0x3103, 0x93},`");
        assert_eq!(error("0x3103, 0x93\n0x3008"), "the last register has no value");
        assert_eq!(
            error("\n0x3008, 0x101"),
            "line 2: found 0x3008 and 0x101, expected a register of 16 bits and a value of 8"
        );
        assert_eq!(error("0x30g8, 0x1"), "line 1: found `0x30g8`, expected a hexadecimal number");
    }
}
