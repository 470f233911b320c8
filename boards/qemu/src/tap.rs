//! What passes by an edge, written to a file of the host.

use core::cell::RefCell;
use core::ffi::CStr;
use core::fmt::Write as _;
use core::marker::PhantomData;

use critical_section::Mutex;
use heapless::{String, Vec};
use kws_engine::{Block, Fault, Flow, Item, Stage};
use semihosting::fs::File;
use semihosting::io::Write;

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

/// A sink that writes what it reads to a file.
pub struct Tap<T> {
    from: &'static str,
    file: Option<File>,
    item: PhantomData<T>,
}

impl<T> Tap<T> {
    /// Of what the stage `from` writes.
    pub const fn new(from: &'static str) -> Self {
        Tap { from, file: None, item: PhantomData }
    }

    /// The file, which the first block makes.
    fn file(&mut self) -> Result<&mut File, Fault> {
        if self.file.is_none() {
            let mut path = String::<LENGTH>::new();
            let folder = critical_section::with(|section| FOLDER.borrow_ref(section).clone());
            let named = write!(path, "{folder}/{}.raw\0", self.from).ok();
            let path = named.and_then(|()| CStr::from_bytes_with_nul(path.as_bytes()).ok());
            self.file = path.and_then(|path| File::create(path).ok());
        }
        self.file.as_mut().ok_or(Fault::new("its file cannot be made; `taps=FOLDER` says where"))
    }
}

impl<T: Number> Stage for Tap<T> {
    type In = T;
    type Out = ();

    fn process(&mut self, block: Block<'_, T>, (): ()) -> Result<Flow, Fault> {
        let file = self.file()?;
        for part in block.chunks(LENGTH / size_of::<T>()) {
            let mut bytes = Vec::new();
            part.iter().for_each(|item| item.add_to(&mut bytes));
            file.write_all(&bytes).map_err(|_| Fault::new("its file cannot be written"))?;
        }
        Ok(Flow::Skip)
    }
}
