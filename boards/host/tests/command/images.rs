//! Runs over images.

use image::{Rgb, RgbImage};
use serde_json::Value;

use crate::bench::Bench;

/// A pipeline that tells when the light goes out and on again, over a camera that is not there.
const LIGHT: &str = "\
[[stage]]
kind = \"camera\"
width = 8
height = 8
fps = 5
fallback = \"none\"

[[stage]]
kind = \"exposure\"

[[stage]]
kind = \"trigger\"
points = [{ label = \"dark\", on = 0.5, refractory_ms = 0 }, { label = \"good\", on = 0.5, refractory_ms = 0 }]

[[stage]]
kind = \"overlay\"
inputs = [\"camera\", \"trigger\"]
folder = \"seen\"

[[stage]]
kind = \"print\"
input = \"trigger\"
";

/// A folder of photographs of these levels of grey.
fn photographs(levels: &[u8]) -> Bench {
    let bench = Bench::new();
    bench.write("light.toml", LIGHT);
    std::fs::create_dir(bench.path("photographs")).unwrap();
    for (number, level) in levels.iter().enumerate() {
        let path = bench.path("photographs").join(format!("{number:02}.jpg"));
        RgbImage::from_pixel(32, 24, Rgb([*level; 3])).save(path).unwrap();
    }
    bench
}

#[test]
fn a_folder_of_photographs_prints_a_line_for_each_change() {
    let bench = photographs(&[120, 120, 2, 2, 2, 120, 120]);
    let run = bench.run(&["light.toml", "--source", "images:photographs", "--json"]).well();
    let lines: Vec<Value> = run.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let found: Vec<(f64, &str, f64)> = lines
        .iter()
        .map(|line| {
            let number = |key: &str| line[key].as_f64().unwrap();
            (number("time"), line["label"].as_str().unwrap(), number("score"))
        })
        .collect();
    assert_eq!(found, [(0.2, "good", 1.0), (0.6, "dark", 1.0), (1.2, "good", 1.0)]);
    let seen = std::fs::read_dir(bench.path("seen")).unwrap().count();
    assert!(seen >= 4, "an image of each event, and a sheet");
}

#[test]
fn an_image_that_breaks_off_is_a_gap_that_is_reported() {
    let bench = photographs(&[120, 120, 120]);
    let path = bench.path("photographs").join("01.jpg");
    let whole = std::fs::read(&path).unwrap();
    std::fs::write(path, &whole[..whole.len() - 20]).unwrap();
    let run = bench.run(&["light.toml", "--source", "images:photographs", "--json"]).well();
    assert!(run.err.contains("lost 0.200 s"), "{run:#?}");
}

#[test]
fn folders_without_images_are_reported() {
    let bench = photographs(&[]);
    let texts = ["photographs` contains no images", "`*.jpg`"];
    bench.run(&["light.toml", "--source", "images:photographs"]).badly(1, &texts);
    bench.run(&["light.toml", "--source", "photographs"]).badly(2, &["`images:photographs`"]);
    bench.run(&["light.toml", "--source", "images:"]).badly(2, &["has no path"]);
}
