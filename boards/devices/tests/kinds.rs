//! The kinds of this crate in pipelines: what is written for a board, and what is refused.
#![cfg(feature = "std")]

use std::path::Path;

use kws_engine::firmware::{Board, Firmware};
use kws_engine::{Pipeline, Registry};

const BOARDS: &str = kws_devices::BOARDS;
const MODEL: &str = "../../pipelines/models/yes_no_tiny/model.tflite";

/// A pipeline that begins with `source` and ends with `rest`, as the firmware of a Nano 33 BLE.
fn write(source: &str, rest: &str) -> Result<String, String> {
    let middle = "[[stage]]\nkind = \"window\"\nlength_ms = 30\nhop_ms = 20\n[[stage]]\nkind = \"fft\"\nsize = 512\n\
        [[stage]]\nkind = \"mel\"\nbands = 40\nlow_hz = 20\nhigh_hz = 7600\nof = \"power\"\n\
        [[stage]]\nkind = \"log\"\noffset = 1e-6\n[[stage]]\nkind = \"dct\"\ncoefficients = 20\n\
        [[stage]]\nkind = \"stack\"\nframes = 48\nhop = 5\n";
    let text = format!(
        "{source}\n{middle}[[stage]]\nkind = \"classifier\"\nmodel = \"{MODEL}\"\n[[stage]]\nkind = \"smooth\"\n\
         [[stage]]\nkind = \"trigger\"\n{rest}"
    );
    write_for("nano33ble", &text)
}

/// A pipeline as the firmware of a board.
fn write_for(board: &str, text: &str) -> Result<String, String> {
    let mut registry = Registry::new();
    kws_stages::register(&mut registry);
    kws_devices::register(&mut registry);
    kws_devices::bind(&mut registry);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let board = Board::list(BOARDS).and_then(|boards| Board::named(boards, board));
    let board = board.map_err(|error| error.to_string())?;
    let pipeline = Pipeline::parse(text, "pipeline.toml", folder).map_err(|error| error.to_string())?;
    Firmware::new(&pipeline, &board, &registry)
        .map(|firmware| firmware.source)
        .map_err(|error| error.to_string())
}

const MIC: &str = "[[stage]]\nkind = \"mic\"";
const LED: &str = "[[stage]]\nkind = \"led\"\ninputs = [\"smooth\", \"trigger\"]\n";

#[track_caller]
fn has(source: Result<String, String>, wanted: &[&str]) {
    let source = source.unwrap_or_else(|error| panic!("{error}"));
    // Line breaks are the writer's own affair.
    let source = source.split_whitespace().collect::<Vec<_>>().join(" ");
    for wanted in wanted {
        assert!(source.contains(wanted), "no `{wanted}` in\n{}", &source[..source.len().min(6000)]);
    }
}

#[track_caller]
fn refuses(source: Result<String, String>, expected: &str) {
    let error = source.err().unwrap_or_default();
    assert!(error.contains(expected), "found `{error}`, expected `{expected}`");
}

#[test]
fn a_led_has_its_lamp_its_label_and_its_ticks() {
    let wanted = "Led::new(crate::Light::Red, Active::High, Shown::Label(2), 4000)";
    has(
        write(MIC, &format!("{LED}pin = \"red\"\nlabel = \"yes\"\nhold_ms = 250")),
        &["Slot<Led<f32, crate::Light>>", wanted],
    );
    has(write(MIC, LED), &["Led::new(crate::Light::Led, Active::High, Shown::Any, 16000)"]);
}

#[test]
fn a_led_refuses_what_it_cannot_show() {
    refuses(write(MIC, &format!("{LED}label = \"yess\"")), "did you mean `yes`?");
    refuses(
        write(MIC, &LED.replace("\"smooth\", \"trigger\"", "\"trigger\", \"smooth\"")),
        "expected events",
    );
    refuses(write(MIC, &format!("{LED}pin = \"a-b\"")), "expected letters, digits and underscores");
}

#[test]
fn a_button_counts_in_blocks() {
    let button = "\n[[stage]]\nkind = \"button\"\nmode = \"toggle\"\ndebounce_ms = 25";
    let wanted = "Button::new(crate::Switch::Button, Active::Low, Mode::Toggle, 3, 160)";
    has(write(&format!("{MIC}{button}"), ""), &["Slot<Button<i16, crate::Switch>>", wanted]);
}

#[test]
fn microphones_are_given() {
    let pdm = "[[stage]]\nname = \"ear\"\nkind = \"pdm_spi_mic\"\norder = 4\ngain = 2\nblock = 80";
    let wanted = ["Slot<PdmSpiMic<crate::PdmBus, 4>>", "ear: crate::PdmBus", "PdmSpiMic::new(ear, 2)"];
    has(write(pdm, ""), &wanted);
    has(
        write("[[stage]]\nkind = \"adc_mic\"", ""),
        &["Slot<crate::AdcMic<160>>", "adc_mic: crate::AdcMic<160>"],
    );
}

/// A pipeline that sees by a camera with these parameters.
fn seen(params: &str) -> Result<String, String> {
    let model = MODEL.replace("yes_no_tiny", "person");
    write_for(
        "mps2-an386",
        &format!(
            "[[stage]]\nkind = \"arducam\"\n{params}\n[[stage]]\nkind = \"colour\"\nto = \"rgb\"\n\
             [[stage]]\nkind = \"resize\"\nwidth = 96\nheight = 96\n[[stage]]\nkind = \"normalise\"\n\
             [[stage]]\nkind = \"classifier\"\nmodel = \"{model}\"\n[[stage]]\nkind = \"smooth\"\n\
             [[stage]]\nkind = \"trigger\"\n{LED}pin = \"red\"\nlabel = \"person\""
        ),
    )
}

#[test]
fn a_camera_knows_its_sensor() {
    let shot = "Shot { width: 160, height: 120, pixels: Pixels::Rgb565, period: 200000, skip: 1, chip: ";
    has(seen(""), &["ArduCam<crate::CameraSpi, crate::CameraI2c", &format!("{shot}Chip::Ov2640")]);
    let table = Path::new(env!("CARGO_TARGET_TMPDIR")).join("ov5642.h");
    std::fs::write(&table, "{0x3103, 0x93},\n{0x3008, 0x02},\n{0xffff, 0xff},").unwrap();
    let larger = format!("sensor = \"ov5642\"\nregisters = \"{}\"", table.display());
    let wanted = [&format!("{shot}Chip::Ov5642(&arducam::REGISTERS)"), "[(0x3103, 0x93), (0x3008, 0x02)]"];
    has(seen(&larger), &wanted);
}

#[test]
fn a_camera_refuses_what_its_sensor_has_not() {
    refuses(seen("sensor = \"ov5642\""), "`sensor` of `arducam`: an OV5642 needs `registers`");
    refuses(seen("registers = \"table.h\""), "`registers` of `arducam`: an OV2640 needs none");
    refuses(seen("sensor = \"ov5642\"\nregisters = \"no/table.h\""), "no/table.h`: ");
    refuses(seen("width = 800\nheight = 600"), "960000 bytes, expected at most 393216, the module's buffer");
}
