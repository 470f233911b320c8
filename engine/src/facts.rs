//! What a kind of stage says of itself, so that nobody need know it by name.

/// What a kind leaves in the history of the stream that it writes, which a classifier compares with the front end that its
/// model was trained with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Trace {
    /// Nothing: it passes blocks on unchanged, or withholds some.
    Unseen,
    /// It writes another form, or a part, of what it reads: more of it than the model knows may stand before the front end.
    Conditioning,
    /// It makes something else of what it reads: a step of a front end.
    #[default]
    Feature,
}

/// What a kind does beside writing blocks. A pipeline may end with a kind that does anything.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Effect {
    /// Nothing.
    #[default]
    None,
    /// It keeps what passes in files.
    Keeps,
    /// It shows something to whoever sits at the terminal.
    Shows,
    /// It does something in the world outside, which a replay must not repeat.
    Acts,
}

/// How a command line names what a source reads: the scheme, or the scheme, a colon and the rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scheme {
    /// What stands before the colon.
    pub name: &'static str,
    /// What stands behind it.
    pub rest: Rest,
}

/// What stands behind a scheme.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rest {
    /// A path: the parameter `path`.
    Path,
    /// A path, or `-` for standard input: the parameter `path`.
    PathOrInput,
    /// The name of a device, or nothing: the parameter `device`, and `fallback = false`, since who asks for a device wants
    /// nothing in its place.
    Device,
}

/// The devices of a kind that this computer has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Devices {
    /// What they are, as in `microphones`.
    pub what: &'static str,
    /// Names that the parameter `device` takes, each with what it delivers; or why none can be listed, and what to do.
    pub found: Result<Vec<String>, String>,
}
