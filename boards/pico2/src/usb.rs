//! The USB socket as a serial line, by which the link with another place goes. An interrupt looks after it.
//!
//! The `unsafe` of this file: letting the interrupt come.

use hal::clocks::UsbClock;
use hal::pac::{self, interrupt};
use hal::usb::UsbBus;
use kws_firmware::{Shared, Usb};
use static_cell::StaticCell;
use usb_device::bus::UsbBusAllocator;

use crate::chip;

static BUS: StaticCell<UsbBusAllocator<UsbBus>> = StaticCell::new();
static USB: Shared<Usb<UsbBus>> = Shared::new();

/// Opens the line.
pub(crate) fn open((usb, memory): chip::Usb, clock: UsbClock, resets: &mut pac::RESETS) {
    let bus = BUS.init(UsbBusAllocator::new(UsbBus::new(usb, memory, clock, true, resets)));
    let Some(usb) = Usb::new(bus, chip::PRODUCT) else { panic!("two strings of one language fit") };
    USB.put(usb);
    // SAFETY: what the interrupt uses is in its place.
    unsafe { cortex_m::peripheral::NVIC::unmask(pac::Interrupt::USBCTRL_IRQ) };
}

/// Writes what there is room for now; what nobody reads counts as written.
pub(crate) fn put(bytes: &[u8]) -> usize {
    USB.with(|usb| usb.put(bytes)).unwrap_or(bytes.len())
}

/// Bytes that have come.
pub(crate) fn take(bytes: &mut [u8]) -> usize {
    USB.with(|usb| usb.take(bytes)).unwrap_or(0)
}

#[interrupt]
fn USBCTRL_IRQ() {
    USB.with(Usb::poll);
}
