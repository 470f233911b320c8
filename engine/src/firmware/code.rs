//! What a stage becomes on a board.

use std::fmt::{self, Display, Formatter};

use super::emit_site::EmitSite;
use super::format::{WIDTH, format};
use super::words::constant_name;
use crate::node::Firing;

/// A value as firmware source: its type, an expression for it, and the items that the expression names.
///
/// What it writes allocates nothing, has no `unsafe`, and can be read: one item to a table, names that say what they
/// are, and numbers in decimal. A stage makes its own like this:
///
/// ```
/// use kws_engine::firmware::{Code, EmitSite};
///
/// fn emit(weights: &[f32], site: &EmitSite<'_>) -> Code {
///     let mut code = Code::new(site);
///     let weights = code.table("weights", "What each sample is multiplied by.", "f32", weights);
///     let past = code.lend("past", "The last block.", "i16", 320, "0");
///     code.uses("my_stages::Smear");
///     code.is(format!("Smear<{}, {}>", weights.of, past.of), format!("Smear::new({}, {})", weights.value, past.value))
/// }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Code {
    /// The type of the value; memory that is lent to it lives for `'m`.
    pub of: String,
    /// A constant expression of the value.
    pub value: String,
    /// Names that the type and the expression use, as paths of `use` declarations.
    pub uses: Vec<String>,
    /// Tables that the expression names: in flash.
    pub items: Vec<Item>,
    /// Names that the items use, as paths of `use` declarations.
    pub item_uses: Vec<String>,
    /// Memory that the expression names: in RAM.
    pub memory: Vec<Lent>,
    /// Devices that the expression names, which the firmware hands over.
    pub given: Vec<Given>,
    /// What makes the stage fire.
    pub firing: Option<Firing>,
    /// What zeros are not: whether the stage must be reset before it fires for the first time.
    pub start: Start,
    /// What its multiply-accumulates are, for the budget.
    pub work: Work,
    /// Bytes of tables that are linked with its code, not written here.
    pub linked: usize,
    /// Bytes of memory that the firmware keeps for it outside of what is written here.
    pub held: usize,
    /// The stage's module of items; none where items stand in no module.
    pub module: String,
    /// Begins the names of items and memory that are added.
    pub part: String,
}

/// What a stage needs before it fires for the first time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Start {
    /// Nothing: its constant expression and the first values of its memory are all.
    #[default]
    Ready,
    /// One [`reset`](crate::Stage::reset), which gives its memory first values that are not constants.
    Reset,
}

/// What a stage computes with, as it matters to what its operations take of a core.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Work {
    /// Reals.
    #[default]
    Float,
    /// Integers, in plain code.
    Integer,
    /// Integers of a model, in kernels that are made for the core.
    Model,
}

/// A `static` of firmware source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// What it holds, for its comment.
    pub about: String,
    /// Its name.
    pub name: String,
    /// Its type.
    pub of: String,
    /// A constant expression of its value.
    pub value: String,
    /// Bytes that it takes.
    pub bytes: usize,
}

/// Memory of a stage: a field of the firmware's `Memory`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lent {
    /// What it holds, for its comment.
    pub about: String,
    /// Its name.
    pub name: String,
    /// Its type.
    pub of: String,
    /// A constant expression of its first value; all zeros cost no flash.
    pub value: String,
    /// Bytes that it takes.
    pub bytes: usize,
}

/// A device: a parameter of the firmware's `Pipeline::new`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given {
    /// Its name. Stages that give the same name share it, so its type is `Copy`.
    pub name: String,
    /// Its type.
    pub of: String,
}

/// A part of a stage's type and value: a table or lent memory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Part {
    /// Its type.
    pub of: String,
    /// An expression for it.
    pub value: String,
}

impl Code {
    /// What a stage begins with: nothing yet.
    pub fn new(site: &EmitSite<'_>) -> Self {
        Code { module: site.ident.to_owned(), part: site.part.clone(), ..Code::default() }
    }

    /// Adds a table; a reference to it.
    pub fn table<T: fmt::Debug>(&mut self, name: &str, about: &str, of: &str, elements: &[T]) -> Part {
        self.item(Item::array(about, constant_name(&[&self.part, name]), of, elements))
    }

    /// Adds an item; a reference to it.
    pub fn item(&mut self, item: Item) -> Part {
        let part = Part { of: format!("&'static {}", item.of), value: self.path(&item.name) };
        self.items.push(item);
        part
    }

    fn path(&self, name: &str) -> String {
        if self.module.is_empty() { format!("&{name}") } else { format!("&{}::{name}", self.module) }
    }

    /// Adds memory of `len` times `first`, an expression of type `of`; a reference to it.
    ///
    /// # Panics
    /// When `of` is none of the types whose size is known: use [`lend_as`](Code::lend_as) for others.
    pub fn lend(&mut self, name: &str, about: &str, of: &str, len: usize, first: &str) -> Part {
        let size = match of {
            "i8" | "u8" => 1,
            "i16" | "u16" => 2,
            "i32" | "u32" | "f32" => 4,
            _ => panic!("the size of `{of}` is not known here: lend it with `lend_as`"),
        };
        self.lend_as(name, about, format!("[{of}; {len}]"), format!("[{first}; {len}]"), size * len)
    }

    /// Adds memory of any type; a reference to it.
    pub fn lend_as(&mut self, name: &str, about: &str, of: String, value: String, bytes: usize) -> Part {
        let name = constant_name(&[&self.module, &self.part, name]).to_lowercase();
        let part = Part { of: format!("&'m mut {of}"), value: format!("&mut memory.{name}") };
        self.memory.push(Lent { about: about.to_owned(), name, of, value, bytes });
        part
    }

    /// Adds a device that the firmware hands over.
    pub fn give(&mut self, name: &str, of: &str) -> Part {
        self.given.push(Given { name: name.to_owned(), of: of.to_owned() });
        Part { of: of.to_owned(), value: name.to_owned() }
    }

    /// Adds a path that the type or the expression uses.
    pub fn uses(&mut self, path: &str) {
        if !self.uses.iter().any(|known| known == path) {
            self.uses.push(path.to_owned());
        }
    }

    /// Takes in what a part of the stage needs beside its type and its expression.
    pub fn absorb(&mut self, part: Code) -> Part {
        let Code { of, value, uses, items, item_uses, memory, given, start, linked, held, .. } = part;
        self.linked += linked;
        self.held += held;
        uses.iter().for_each(|path| self.uses(path));
        self.items.extend(items);
        self.item_uses.extend(item_uses);
        self.memory.extend(memory);
        self.given.extend(given);
        if start == Start::Reset {
            self.start = Start::Reset;
        }
        Part { of, value }
    }

    /// The whole: this type and this expression.
    pub fn is(self, of: impl Into<String>, value: impl Into<String>) -> Code {
        Code { of: of.into(), value: value.into(), ..self }
    }

    /// A stage that is a device, handed over by the firmware as the parameter that bears the stage's name.
    pub fn given(site: &EmitSite<'_>, of: &str) -> Code {
        let mut code = Code::new(site);
        let Part { of, value } = code.give(site.ident, of);
        code.is(of, value)
    }

    /// Says what it computes with, where that is not reals.
    pub fn works(self, work: Work) -> Code {
        Code { work, ..self }
    }

    /// Says what makes it fire, where that is not its first input.
    pub fn fires(self, firing: Firing) -> Code {
        Code { firing: Some(firing), ..self }
    }
}

impl Item {
    /// An array, each element written as its `Debug` form.
    pub fn array<T: fmt::Debug>(about: &str, name: String, of: &str, elements: &[T]) -> Self {
        let texts: Vec<String> = elements.iter().map(|element| format!("{element:?}")).collect();
        let value = format!("[{}]", texts.join(", "));
        let bytes = size_of_val(elements);
        Self { about: about.to_owned(), name, of: format!("[{of}; {}]", elements.len()), value, bytes }
    }
}

/// The `use` declarations and the items: what goes into the file. Type and expression stand where they are used.
impl Display for Code {
    fn fmt(&self, to: &mut Formatter<'_>) -> fmt::Result {
        for path in self.uses.iter().chain(&self.item_uses) {
            writeln!(to, "#[allow(unused_imports)]\nuse {path};")?;
        }
        for Item { about, name, of, value, .. } in &self.items {
            writeln!(to, "\n/// {about}")?;
            writeln!(to, "pub static {name}: {of} = {};", format(value, 0, WIDTH))?;
        }
        Ok(())
    }
}
