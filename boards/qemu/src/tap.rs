//! What passes by an edge: how many blocks, their hash, and, if asked for, all of it in a file of the host.

use core::cell::RefCell;
use core::ffi::CStr;
use core::fmt::Write as Lines;
use core::marker::PhantomData;

use critical_section::Mutex;
use heapless::{String, Vec};
use kws_engine::{Block, Flow, Item, Stage, StageFault};
use semihosting::fs::File;
use semihosting::io::Write;

use crate::random::Hash;

/// Longest path, and most bytes that are written at once.
const LENGTH: usize = 256;

static FOLDER: Mutex<RefCell<String<LENGTH>>> = Mutex::new(RefCell::new(String::new()));

/// Lets the taps write into a folder.
///
/// # Errors
/// When its path is longer than 256 bytes.
pub fn into(folder: &str) -> Result<(), &'static str> {
    let folder = String::try_from(folder).map_err(|_| "it is too long")?;
    critical_section::with(|section| FOLDER.borrow(section).replace(folder));
    Ok(())
}

/// A number as bytes, the lowest first.
pub trait Number: Item {
    /// Adds them.
    fn add_to(self, bytes: &mut Vec<u8, LENGTH>);
}

macro_rules! number {
    ($($type:ty),*) => {$(
        impl Number for $type {
            fn add_to(self, bytes: &mut Vec<u8, LENGTH>) {
                // Whoever adds has looked that there is room.
                let _ = bytes.extend_from_slice(&self.to_le_bytes());
            }
        }
    )*};
}

number!(i8, u8, i16, f32);

/// A sink that counts and hashes what it reads, and writes it to a file where [`into`] says.
pub struct Tap<T, O> {
    from: &'static str,
    output: O,
    blocks: u32,
    hash: Hash,
    file: Option<File>,
    item: PhantomData<T>,
}

impl<T, O> Tap<T, O> {
    /// Of what the stage `from` writes; tells of it at the end.
    pub const fn new(from: &'static str, output: O) -> Self {
        Tap { from, output, blocks: 0, hash: Hash::new(), file: None, item: PhantomData }
    }

    /// Makes the file, if there is to be one.
    fn begin(&mut self) -> Result<(), StageFault> {
        let folder = critical_section::with(|section| FOLDER.borrow_ref(section).clone());
        if !folder.is_empty() {
            let mut path = String::<LENGTH>::new();
            let named = write!(path, "{folder}/{}.raw\0", self.from).ok();
            let path = named.and_then(|()| CStr::from_bytes_with_nul(path.as_bytes()).ok());
            self.file = path.and_then(|path| File::create(path).ok());
            self.file.as_ref().ok_or(StageFault::new("its file cannot be made"))?;
        }
        Ok(())
    }
}

impl<T: Number, O: Lines> Stage for Tap<T, O> {
    type In = T;
    type Out = ();

    fn process(&mut self, block: Block<'_, T>, (): ()) -> Result<Flow, StageFault> {
        if self.blocks == 0 {
            self.begin()?;
        }
        self.blocks += 1;
        for part in block.chunks(LENGTH / size_of::<T>()) {
            let mut bytes = Vec::new();
            part.iter().for_each(|item| item.add_to(&mut bytes));
            self.hash.add(bytes.iter().copied());
            if let Some(file) = &mut self.file {
                file.write_all(&bytes).map_err(|_| StageFault::new("its file cannot be written"))?;
            }
        }
        Ok(Flow::Skip)
    }

    fn finish(&mut self) -> Result<(), StageFault> {
        let (from, blocks, hash) = (self.from, self.blocks, self.hash.value());
        writeln!(self.output, "`{from}` wrote {blocks} blocks of hash {hash:08x}")
            .map_err(|_| StageFault::new("its line cannot be written"))
    }
}
