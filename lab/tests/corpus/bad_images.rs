//! Looking through corpora of images: what is bad in them, and what they lack.

use std::fs;
use std::path::Path;

use image::{Rgb, RgbImage};
use kws_lab::corpus::check::{Limits, Verdict, check};
use kws_lab::corpus::survey::{Sound, Survey};
use kws_lab::corpus::{MANIFEST, Table};

use crate::images::drawn;

/// A corpus of images with every fault that `check` knows; the first and the last have none.
fn faulty(root: &Path) {
    let plain = |light: u8, width, height| RgbImage::from_pixel(width, height, Rgb([light; 3]));
    for number in [0, 1] {
        fs::copy(drawn(number), root.join(format!("good{number}.png"))).unwrap();
    }
    for (name, image) in [
        ("small.png", plain(99, 64, 31)),
        ("dark.png", plain(9, 64, 48)),
        ("bright.png", plain(250, 64, 48)),
        ("one.png", plain(99, 64, 48)),
        // The same pixels in another file, and as many in another shape.
        ("copy.bmp", plain(99, 64, 48)),
        ("turned.png", plain(99, 48, 64)),
        ("other.png", plain(99, 64, 48)),
    ] {
        image.save(root.join(name)).unwrap();
    }
    fs::write(root.join("cut.png"), &fs::read(drawn(2)).unwrap()[..400]).unwrap();
    let rows = [
        ("good0.png", "nobody", "train", "0.0", "0.6"),
        ("small.png", "nobody", "train", "0.0", "0.39"),
        ("dark.png", "nobody", "train", "0.0", "0.04"),
        ("bright.png", "nobody", "train", "0.0", "0.98"),
        ("one.png", "nobody", "test", "0.0", "0.39"),
        ("copy.bmp", "nobody", "train", "0.0", "0.39"),
        ("turned.png", "nobody", "train", "0.0", "0.39"),
        ("other.png", "person", "train", "0.35", "0.39"),
        ("cut.png", "person", "train", "0.01", ""),
        ("gone.png", "person", "train", "0.01", ""),
        ("good1.png", "person", "train", "0.01", "0.6"),
    ];
    let mut table = Table::new(["path", "label", "split", "area", "brightness"]);
    for (path, label, split, area, brightness) in rows {
        table.push([("path", path), ("label", label), ("split", split), ("area", area)]);
        table.set(table.len() - 1, "brightness", brightness);
    }
    table.write(&root.join(MANIFEST)).unwrap();
}

#[test]
fn bad_images_are_found_and_good_ones_are_left() {
    let folder = tempfile::tempdir().unwrap();
    faulty(folder.path());
    let review = check(folder.path(), Limits::default(), None).unwrap();
    let faults: Vec<_> = review
        .clips
        .iter()
        .map(|c| (c.path.as_str(), c.faults.iter().map(|f| f.kind).collect::<Vec<_>>().join(" "), c.verdict))
        .collect();
    let expected = [
        ("good0.png", "", Verdict::Valid),
        ("small.png", "too-small", Verdict::Invalid),
        ("dark.png", "dark", Verdict::Other),
        ("bright.png", "blown-out", Verdict::Other),
        ("one.png", "duplicate", Verdict::Other),
        ("copy.bmp", "duplicate", Verdict::Invalid),
        ("turned.png", "", Verdict::Valid),
        ("other.png", "duplicate", Verdict::Other),
        ("cut.png", "unreadable", Verdict::Invalid),
        ("gone.png", "absent", Verdict::Invalid),
        ("good1.png", "", Verdict::Valid),
    ]
    .map(|(path, kinds, verdict)| (path, kinds.to_owned(), verdict));
    assert_eq!(faults, expected);
    let light = review.clips[1].light.unwrap();
    assert_eq!((light.width, light.height), (64, 31));
    let why = &review.clips[7].faults[0].what;
    assert_eq!(why, "the same pixels as `one.png`, which is labelled `nobody`");
    let lists = review.write(&folder.path().join("lists")).unwrap().map(|path| Table::read(&path).unwrap());
    assert_eq!(lists.each_ref().map(Table::len), [3, 4, 4]);
}

#[test]
fn a_survey_of_images_counts_bands_and_asks_for_no_speakers() {
    let folder = tempfile::tempdir().unwrap();
    faulty(folder.path());
    let survey = Survey::of(folder.path(), &[], Sound::Measure).unwrap();
    assert_eq!((survey.clips, survey.lights["nobody"].len(), survey.lights["person"].len()), (11, 7, 2));
    let values = |column: &str| survey.conditions[column].keys().map(String::as_str).collect::<Vec<_>>();
    assert_eq!(values("area"), ["(no person)", "0.005 to 0.02", "0.3 and more"]);
    assert_eq!(values("brightness"), ["", "0 to 0.25", "0.25 to 0.4", "0.55 and more"]);
    let gaps = survey.gaps.join("\n");
    for part in [
        "2 images cannot be read, such as `cut.png`",
        "label `person` has 4 of at least 100 images in `train`",
        "1 of 6 pairs of label and `brightness` have no image, such as `person` where it is `0 to 0.25`",
    ] {
        assert!(gaps.contains(part), "`{part}` is not in:\n{gaps}");
    }
    assert!(!gaps.contains("speaker") && !gaps.contains("clip") && !gaps.contains("`area`"), "{gaps}");
}

fn lab(folder: &Path, arguments: &[&str]) -> (bool, String) {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_kws-lab"));
    let output = command.current_dir(folder).env_remove("RUST_BACKTRACE").args(arguments).output().unwrap();
    let text = if output.status.success() { output.stdout } else { output.stderr };
    (output.status.success(), String::from_utf8(text).unwrap())
}

#[test]
fn commands_call_images_images_and_leave_what_is_for_sound() {
    let folder = tempfile::tempdir().unwrap();
    faulty(folder.path());
    let (right, text) = lab(folder.path(), &["corpus", "report", ".", "--html", "report.html"]);
    assert!(right && text.starts_with("`.`: 11 images of 2 labels\n"), "{text}");
    assert!(text.contains("images by `area`") && text.contains("shorter side"), "{text}");
    let page = fs::read_to_string(folder.path().join("report.html")).unwrap();
    assert!(page.contains("Size and brightness") && page.contains("Images of each label"));
    let (right, checked) = lab(folder.path(), &["corpus", "check", ".", "--output", "lists"]);
    assert!(right && checked.contains("4 images in `lists/other.csv`\nreview those"), "{checked}");
    for text in [text, page, checked] {
        assert!(!text.to_lowercase().contains("clip") && !text.contains("peaker"), "{text}");
    }
    for (arguments, expected) in [
        (&["corpus", "align", ".", "--output", "x"][..], "expected audio clips: `align` places words"),
        (&["corpus", "stream", ".", "--output", "x.wav"], "expected audio clips: `stream` joins clips"),
    ] {
        let (right, error) = lab(folder.path(), arguments);
        assert!(!right && error.contains(expected), "{error}");
        assert!(!folder.path().join("x").exists());
    }
}
