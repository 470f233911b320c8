//! The USB socket as a serial line, by which the link with another place goes.
//!
//! An interrupt looks after it. Without a reader, what is written is dropped: nobody waits for a computer that is not there.
//!
//! The `unsafe` of this file: letting the interrupt come.

use core::cell::RefCell;

use critical_section::Mutex;
use rp235x_hal::clocks::UsbClock;
use rp235x_hal::pac::{self, interrupt};
use rp235x_hal::usb::UsbBus;
use static_cell::StaticCell;
use usb_device::bus::UsbBusAllocator;
use usb_device::device::{StringDescriptors, UsbDevice, UsbDeviceBuilder, UsbDeviceState, UsbVidPid};
use usbd_serial::{SerialPort, USB_CLASS_CDC};

struct Usb {
    device: UsbDevice<'static, UsbBus>,
    port: SerialPort<'static, UsbBus>,
}

static BUS: StaticCell<UsbBusAllocator<UsbBus>> = StaticCell::new();
static USB: Mutex<RefCell<Option<Usb>>> = Mutex::new(RefCell::new(None));

/// Opens the line.
pub(crate) fn open(usb: pac::USB, memory: pac::USB_DPRAM, clock: UsbClock, resets: &mut pac::RESETS) {
    let bus = BUS.init(UsbBusAllocator::new(UsbBus::new(usb, memory, clock, true, resets)));
    let port = SerialPort::new(bus);
    let strings = StringDescriptors::default().manufacturer("kws").product("kws on a Pico 2");
    // The pair that is free for serial lines of anybody's.
    let builder = UsbDeviceBuilder::new(bus, UsbVidPid(0x16C0, 0x27DD)).device_class(USB_CLASS_CDC);
    let Ok(builder) = builder.strings(&[strings]) else { panic!("two strings of one language fit") };
    let device = builder.build();
    critical_section::with(|cs| USB.replace(cs, Some(Usb { device, port })));
    // SAFETY: what the interrupt uses is in its place.
    unsafe { cortex_m::peripheral::NVIC::unmask(pac::Interrupt::USBCTRL_IRQ) };
}

/// Writes what there is room for now; what nobody reads counts as written.
pub(crate) fn put(bytes: &[u8]) -> usize {
    critical_section::with(|cs| match &mut *USB.borrow_ref_mut(cs) {
        Some(Usb { device, port }) if device.state() == UsbDeviceState::Configured && port.dtr() => {
            let written = port.write(bytes).unwrap_or(0);
            // A packet that is under way goes on with the next interrupt.
            let _ = port.flush();
            written
        }
        _ => bytes.len(),
    })
}

/// Bytes that have come.
pub(crate) fn take(bytes: &mut [u8]) -> usize {
    critical_section::with(|cs| match &mut *USB.borrow_ref_mut(cs) {
        Some(Usb { port, .. }) => port.read(bytes).unwrap_or(0),
        None => 0,
    })
}

#[interrupt]
fn USBCTRL_IRQ() {
    critical_section::with(|cs| {
        if let Some(Usb { device, port }) = &mut *USB.borrow_ref_mut(cs) {
            device.poll(&mut [port]);
            // A buffer that is not empty goes on when the bus next asks.
            let _ = port.flush();
        }
    });
}
