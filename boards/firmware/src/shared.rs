//! A device that interrupts and the main loop both use.

use core::cell::RefCell;

use critical_section::Mutex;

/// A place for a device, empty until it is opened; whoever uses it, no interrupt comes meanwhile.
pub struct Shared<T>(Mutex<RefCell<Option<T>>>);

impl<T> Shared<T> {
    /// Without a device.
    pub const fn new() -> Self {
        Shared(Mutex::new(RefCell::new(None)))
    }

    /// Puts the device into its place.
    pub fn put(&self, device: T) {
        critical_section::with(|section| self.0.replace(section, Some(device)));
    }

    /// Lends the device; `None` before it is in its place.
    pub fn with<R>(&self, lend: impl FnOnce(&mut T) -> R) -> Option<R> {
        critical_section::with(|section| self.0.borrow_ref_mut(section).as_mut().map(lend))
    }
}

impl<T> Default for Shared<T> {
    fn default() -> Self {
        Shared::new()
    }
}
