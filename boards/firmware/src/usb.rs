//! A USB socket as a serial line.
//!
//! Without a reader, what is written is dropped: nothing waits for a computer that is not there.

use usb_device::bus::{UsbBus, UsbBusAllocator};
use usb_device::device::{StringDescriptors, UsbDevice, UsbDeviceBuilder, UsbDeviceState, UsbVidPid};
use usbd_serial::{SerialPort, USB_CLASS_CDC};

/// The device and its port.
pub struct Usb<B: UsbBus + 'static> {
    device: UsbDevice<'static, B>,
    port: SerialPort<'static, B>,
}

impl<B: UsbBus> Usb<B> {
    /// A serial line on this bus, which computers show as `product`. `None` if usb-device does not take the name.
    pub fn new(bus: &'static UsbBusAllocator<B>, product: &'static str) -> Option<Self> {
        let port = SerialPort::new(bus);
        let strings = StringDescriptors::default().manufacturer("kws").product(product);
        // The pair that is free for serial lines of anybody's.
        let builder = UsbDeviceBuilder::new(bus, UsbVidPid(0x16C0, 0x27DD)).device_class(USB_CLASS_CDC);
        Some(Usb { device: builder.strings(&[strings]).ok()?.build(), port })
    }

    /// Does what the bus asks for: a computer waits some 50 ms.
    pub fn poll(&mut self) {
        self.device.poll(&mut [&mut self.port]);
        // A buffer that is not empty goes on when the bus next asks.
        let _ = self.port.flush();
    }

    /// Writes what there is room for now; `None` when nobody reads.
    pub fn write(&mut self, bytes: &[u8]) -> Option<usize> {
        let read = self.device.state() == UsbDeviceState::Configured && self.port.dtr();
        let written = read.then(|| self.port.write(bytes).unwrap_or(0));
        // A packet that is under way goes on with the next interrupt.
        let _ = self.port.flush();
        written
    }

    /// Writes what there is room for now; what nobody reads counts as written.
    pub fn put(&mut self, bytes: &[u8]) -> usize {
        self.write(bytes).unwrap_or(bytes.len())
    }

    /// Bytes that have come.
    pub fn take(&mut self, bytes: &mut [u8]) -> usize {
        self.port.read(bytes).unwrap_or(0)
    }
}
