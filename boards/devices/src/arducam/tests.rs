//! The driver against a simulated module, which notes every byte.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::rc::Rc;

use embedded_hal::delay::DelayNs;
use embedded_hal::i2c::{self, I2c};
use embedded_hal::spi::{self, Operation, SpiDevice};

use super::*;

const SHOT: Shot =
    Shot { width: 8, height: 4, pixels: Pixels::Rgb565, period: 200_000, skip: 1, chip: Chip::Ov2640 };
/// What brings up the simulated OV5642.
const TABLE: Chip = Chip::Ov5642(&[(0x3103, 0x93), (0x3008, 0x02)]);

/// What the module received, and what it answers.
#[derive(Default)]
struct Module {
    /// Registers of the buffer, over SPI.
    buffer: BTreeMap<u8, u8>,
    /// Bytes that it sends in a burst.
    image: Vec<u8>,
    /// Looks at the status until the image is there.
    busy: u32,
    /// Where the sensor answers.
    address: u8,
    /// Product and version of the sensor.
    product: [u8; 2],
    /// Whether the test register remembers.
    forgetful: bool,
    chosen: u16,
    spi: Vec<(u8, u8)>,
    i2c: Vec<(u16, u8)>,
    waited_ms: u32,
}

#[derive(Clone)]
struct Wires(Rc<RefCell<Module>>);

impl spi::ErrorType for Wires {
    type Error = Infallible;
}

impl SpiDevice for Wires {
    fn transaction(&mut self, steps: &mut [Operation<'_, u8>]) -> Result<(), Infallible> {
        let mut module = self.0.borrow_mut();
        match steps {
            [Operation::Write(bytes)] => {
                let [register, value] = <[u8; 2]>::try_from(*bytes).unwrap();
                assert!(register >= 0x80, "a write has its highest bit set");
                let register = register & 0x7f;
                module.spi.push((register, value));
                if !(module.forgetful && register == 0) {
                    module.buffer.insert(register, value);
                }
            }
            [Operation::TransferInPlace(bytes)] => {
                let register = bytes[0];
                bytes[1] = match register {
                    0x41 if module.busy > 0 => {
                        module.busy -= 1;
                        0
                    }
                    0x41 => 0x08,
                    0x42..=0x44 => (module.image.len() >> (8 * (register - 0x42))) as u8,
                    _ => module.buffer.get(&register).copied().unwrap_or(0),
                };
            }
            [Operation::Write(command), Operation::Read(before), Operation::Read(image)] => {
                assert_eq!(*command, [0x3c]);
                let (first, rest) = module.image.split_at(before.len());
                before.copy_from_slice(first);
                image.copy_from_slice(&rest[..image.len()]);
            }
            other => panic!("{other:?}"),
        }
        Ok(())
    }
}

impl i2c::ErrorType for Wires {
    type Error = Infallible;
}

impl I2c for Wires {
    fn transaction(&mut self, address: u8, steps: &mut [i2c::Operation<'_>]) -> Result<(), Infallible> {
        let mut module = self.0.borrow_mut();
        assert_eq!(address, module.address);
        for step in steps {
            match (step, address) {
                (i2c::Operation::Write(bytes), 0x30) => match **bytes {
                    [register] => module.chosen = register.into(),
                    [register, value] => module.i2c.push((register.into(), value)),
                    _ => panic!("{bytes:?}"),
                },
                (i2c::Operation::Write(bytes), _) => match **bytes {
                    [high, low] => module.chosen = u16::from_be_bytes([high, low]),
                    [high, low, value] => module.i2c.push((u16::from_be_bytes([high, low]), value)),
                    _ => panic!("{bytes:?}"),
                },
                // Both have their names in registers that end in 0a and 0b.
                (i2c::Operation::Read(value), _) => {
                    value[0] = module.product[usize::from(module.chosen & 0xff) - 0x0a];
                }
            }
        }
        Ok(())
    }
}

/// A bus on which nobody answers at the sensor's address.
struct Elsewhere;

impl i2c::ErrorType for Elsewhere {
    type Error = i2c::ErrorKind;
}

impl I2c for Elsewhere {
    fn transaction(&mut self, _: u8, _: &mut [i2c::Operation<'_>]) -> Result<(), i2c::ErrorKind> {
        Err(i2c::ErrorKind::NoAcknowledge(i2c::NoAcknowledgeSource::Address))
    }
}

impl DelayNs for Wires {
    fn delay_ns(&mut self, ns: u32) {
        self.0.borrow_mut().waited_ms += ns / 1_000_000;
    }

    fn delay_ms(&mut self, ms: u32) {
        self.0.borrow_mut().waited_ms += ms;
    }
}

fn module() -> Module {
    let image = std::iter::once(99).chain(0..64).chain([77; 7]).collect();
    Module { image, address: 0x30, product: [0x26, 0x42], busy: 2, ..Module::default() }
}

fn camera(module: Module, shot: Shot) -> (ArduCam<Wires, Wires, Wires>, Wires) {
    let wires = Wires(Rc::new(RefCell::new(module)));
    (ArduCam::new(wires.clone(), wires.clone(), wires.clone(), shot), wires)
}

const START: [(u8, u8); 3] = [(0x04, 0x01), (0x04, 0x30), (0x04, 0x02)];

#[test]
fn every_register_is_written_in_its_turn() {
    let (mut camera, wires) = camera(module(), Shot { width: 160, height: 120, ..SHOT });
    assert_eq!(camera.process((), &mut [0; 64]), Ok(Flow::Skip));
    let module = wires.0.borrow();
    assert_eq!(module.spi, [&[(0x07, 0x80), (0x07, 0x00), (0x00, 0x55)], &START[..]].concat());
    assert_eq!(module.waited_ms, 300);
    let expected = [
        // Who are you? Reset. The sensor's bank.
        (0xff, 1),
        (0xff, 1),
        (0x12, 0x80),
        (0xff, 1),
        (0x12, 0x40),
        (0x11, 0x01),
        (0x13, 0xe5),
        // The processor's bank: 800×600, halved twice, scaled to 160×120.
        (0xff, 0),
        (0xe0, 0x04),
        (0xc0, 100),
        (0xc1, 75),
        (0x8c, 0),
        (0x86, 0x3d),
        (0x50, 0x92),
        (0x51, 200),
        (0x52, 150),
        (0x53, 0),
        (0x54, 0),
        (0x55, 0),
        (0x57, 0),
        (0x5a, 40),
        (0x5b, 30),
        (0x5c, 0),
        // RGB565, all corrections, go.
        (0xd3, 0x82),
        (0xda, 0x08),
        (0xc2, 0x0e),
        (0xc3, 0xff),
        (0x05, 0),
        (0xe0, 0),
    ];
    assert_eq!(module.i2c, expected);
}

#[test]
fn an_image_is_read_when_it_is_there_and_the_next_begun() {
    let (mut camera, wires) = camera(module(), SHOT);
    let mut image = [0; 64];
    let flows: Vec<Flow> = (0..5).map(|_| camera.process((), &mut image).unwrap()).collect();
    assert_eq!(flows, [Flow::Skip, Flow::Skip, Flow::Skip, Flow::Emit, Flow::Emit]);
    assert_eq!(image.to_vec(), (0..64).collect::<Vec<u8>>(), "without the byte before it and those behind");
    let module = wires.0.borrow();
    assert_eq!(module.spi[3..], [START, START, START].concat());
    assert_eq!(module.waited_ms, 302, "a millisecond for each look in vain");
}

#[test]
fn an_image_that_is_not_whole_is_lost() {
    let (mut camera, wires) = camera(Module { busy: 0, ..module() }, SHOT);
    wires.0.borrow_mut().image.truncate(64);
    let mut image = [5; 64];
    let _ = camera.process((), &mut image).unwrap();
    assert_eq!(camera.process((), &mut image), Ok(Flow::Lost(200_000)));
    assert_eq!(image, [5; 64]);
    wires.0.borrow_mut().image.push(63);
    assert_eq!(camera.process((), &mut image), Ok(Flow::Emit));
}

#[test]
fn yuyv_is_another_mode() {
    let (mut camera, wires) = camera(module(), Shot { pixels: Pixels::Yuyv, ..SHOT });
    let _ = camera.process((), &mut [0; 64]).unwrap();
    assert!(wires.0.borrow().i2c.contains(&(0xda, 0x00)));
}

/// The module of five megapixels.
fn larger() -> Module {
    Module { address: 0x3c, product: [0x56, 0x42], ..module() }
}

#[test]
fn an_ov5642_gets_its_table_and_then_size_and_format() {
    let shot = Shot { width: 320, height: 240, chip: TABLE, ..SHOT };
    let (mut camera, wires) = camera(larger(), shot);
    assert_eq!(camera.process((), &mut [0; 64]), Ok(Flow::Skip));
    let received = wires.0.borrow();
    assert_eq!(
        received.spi,
        [&[(0x07, 0x80), (0x07, 0x00), (0x00, 0x55), (0x03, 0x02)], &START[..]].concat()
    );
    let expected = [
        // Reset. The table.
        (0x3008, 0x80),
        (0x3103, 0x93),
        (0x3008, 0x02),
        // Polarity, RGB565.
        (0x4740, 0x21),
        (0x501e, 0x2a),
        (0x5002, 0xf8),
        (0x501f, 0x01),
        (0x4300, 0x61),
        // 320×240.
        (0x3808, 0x01),
        (0x3809, 0x40),
        (0x380a, 0x00),
        (0x380b, 0xf0),
    ];
    assert_eq!(received.i2c, expected);
}

#[test]
fn an_ov5642_takes_yuyv_and_reads_as_the_other_does() {
    let (mut camera, wires) = camera(larger(), Shot { pixels: Pixels::Yuyv, chip: TABLE, ..SHOT });
    let mut image = [0; 64];
    let flows: Vec<Flow> = (0..4).map(|_| camera.process((), &mut image).unwrap()).collect();
    assert_eq!(flows, [Flow::Skip, Flow::Skip, Flow::Skip, Flow::Emit]);
    assert_eq!(image.to_vec(), (0..64).collect::<Vec<u8>>());
    let received = wires.0.borrow();
    for write in [(0x501e, 0x6a), (0x5002, 0xf0), (0x501f, 0x00), (0x4300, 0x30)] {
        assert!(received.i2c.contains(&write), "{write:x?}");
    }
}

#[test]
fn another_sensor_than_an_ov5642_is_reported() {
    let shot = Shot { chip: TABLE, ..SHOT };
    let (mut other, _) = camera(Module { product: [0x56, 0x40], ..larger() }, shot);
    assert_eq!(other.process((), &mut [0; 64]).unwrap_err().to_string(), "the I2C device is not an OV5642");
    let wires = Wires(Rc::new(RefCell::new(larger())));
    let mut absent = ArduCam::new(wires.clone(), Elsewhere, wires, shot);
    let fault = absent.process((), &mut [0; 64]).unwrap_err();
    assert_eq!(
        fault.to_string(),
        "no OV5642 responds over I2C: check the wiring, and `sensor` in the pipeline"
    );
}

fn fault(module: Module) -> String {
    let (mut camera, _) = camera(module, SHOT);
    loop {
        if let Err(fault) = camera.process((), &mut [0; 64]) {
            return fault.to_string();
        }
    }
}

#[test]
fn what_is_missing_is_reported() {
    let forgetful = fault(Module { forgetful: true, ..module() });
    assert_eq!(forgetful, "the SPI device is not an ArduCAM frame buffer: check wiring and clock");
    let other = fault(Module { product: [0x56, 0x42], ..module() });
    assert_eq!(other, "the I2C device is not an OV2640");
    let blind = fault(Module { busy: u32::MAX, ..module() });
    assert_eq!(blind, "the camera has captured no image for two seconds");
}

#[test]
fn a_sensor_of_another_address_is_missing() {
    let wires = Wires(Rc::new(RefCell::new(module())));
    let mut camera = ArduCam::new(wires.clone(), Elsewhere, wires, SHOT);
    let fault = camera.process((), &mut [0; 64]).unwrap_err();
    assert_eq!(
        fault.to_string(),
        "no OV2640 responds over I2C: check the wiring, and `sensor` in the pipeline"
    );
}
