//! Importing images: the project's own drawn ones, and what is not an image.

use std::fs;
use std::path::{Path, PathBuf};

use kws_lab::corpus::import::{Coco, Images};
use kws_lab::corpus::{Build, Corpus, Existing, MANIFEST, Made, Ratios, Split, Table};

pub(crate) fn drawn(number: usize) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../pipelines/images/{number:02}.png"))
}

fn put(path: &Path, number: usize) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::copy(drawn(number), path).unwrap();
}

fn images(root: &Path, folder: &Path, existing: Existing) -> anyhow::Result<Made> {
    let mut build = Build::begin(root, existing)?;
    Images { folder: folder.to_owned() }.import(Ratios::default(), &mut build)?;
    build.finish()
}

fn error(folder: &Path) -> String {
    let target = tempfile::tempdir().unwrap();
    format!("{:#}", images(&target.path().join("corpus"), folder, Existing::Refuse).unwrap_err())
}

fn splits(root: &Path) -> Vec<(String, String, Split)> {
    let clips = Corpus::open(root).unwrap().clips;
    let mut splits: Vec<_> =
        clips.into_iter().map(|c| (c.columns["source"].clone(), c.label, c.split)).collect();
    splits.sort();
    splits
}

#[test]
fn a_folder_for_each_label_becomes_a_corpus_without_speakers() {
    let (source, target) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    for number in 0..6 {
        let label = if number < 3 { "sun" } else { "rain" };
        put(&source.path().join(format!("{label}/{number}.PNG")), number);
    }
    fs::write(source.path().join("sun/list.txt"), "0.PNG").unwrap();
    fs::write(source.path().join("sun/empty.png"), "").unwrap();
    fs::write(source.path().join("sun/cut.png"), &fs::read(drawn(7)).unwrap()[..400]).unwrap();
    let root = target.path().join("corpus");
    let made = images(&root, source.path(), Existing::Refuse).unwrap();
    assert_eq!((made.added, made.images, made.nameless, made.excluded.len()), (6, 6, 0, 3));
    let mut reasons: Vec<_> = made.excluded.iter().map(|e| format!("{}: {}", e.source, e.reason)).collect();
    reasons.sort();
    assert!(reasons[0].starts_with("sun/cut.png: "), "{reasons:?}");
    assert_eq!(reasons[1], "sun/empty.png: it is not an image, expected a JPEG, PNG or BMP");
    assert_eq!(reasons[2], "sun/list.txt: its name does not end in bmp, jpeg, jpg, png");
    let manifest = Table::read(&root.join(MANIFEST)).unwrap();
    assert_eq!(manifest.columns(), ["path", "label", "split", "brightness", "source"]);
    assert_eq!(fs::read(root.join(manifest.get(0, "path"))).unwrap(), fs::read(drawn(3)).unwrap());

    // Whoever adds to a corpus moves nothing.
    let before = splits(&root);
    put(&source.path().join("rain/later.png"), 8);
    let made = images(&root, source.path(), Existing::Append).unwrap();
    assert_eq!((made.added, made.known), (1, 6));
    assert!(before.iter().all(|row| splits(&root).contains(row)));
}

#[test]
fn a_table_names_persons_and_their_size() {
    let (source, target) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    put(&source.path().join("a.png"), 0);
    put(&source.path().join("b.png"), 1);
    let rows = "a.png,1,0.25\nb.png,0,0\ngone.png,1,0.5\na.png,2,0\nnotes.txt,1,0\n";
    fs::write(source.path().join("labels.csv"), format!("file,person,max_person_area_fraction\n{rows}"))
        .unwrap();
    let root = target.path().join("corpus");
    let made = images(&root, source.path(), Existing::Refuse).unwrap();
    assert_eq!((made.added, made.excluded.len()), (2, 3));
    assert_eq!(made.excluded[0].reason, "line 4 of labels.csv: it is listed but not in the folder");
    assert_eq!(made.excluded[1].reason, "line 5 of labels.csv: `person` is `2`, expected 0 or 1");
    let clips = Corpus::open(&root).unwrap().clips;
    assert_eq!((clips[0].label.as_str(), clips[1].label.as_str()), ("person", "nobody"));
    assert_eq!((clips[0].columns["area"].as_str(), clips[1].columns["area"].as_str()), ("0.25", "0"));
    let brightness: f64 = clips[0].columns["brightness"].parse().unwrap();
    assert!(brightness > 0.0 && brightness < 1.0, "{brightness}");
}

const COCO: &str = r#"{
    "info": { "year": 2017 },
    "images": [
        { "id": 1, "file_name": "near.png", "width": 100, "height": 100, "license": 1 },
        { "id": 2, "file_name": "border.png", "width": 100, "height": 100 },
        { "id": 3, "file_name": "far.png", "width": 100, "height": 100 },
        { "id": 4, "file_name": "dog.png", "width": 100, "height": 100 },
        { "id": 5, "file_name": "flat.png", "width": 100, "height": 0 },
        { "id": 6, "file_name": "gone.png", "width": 100, "height": 100 }
    ],
    "annotations": [
        { "image_id": 1, "category_id": 7, "area": 20.0, "bbox": [0, 0, 10, 10], "iscrowd": 0 },
        { "image_id": 1, "category_id": 7, "area": 2500.0, "bbox": [0, 0, 50, 50], "iscrowd": 0 },
        { "image_id": 2, "category_id": 7, "area": 50.0, "bbox": [0, 0, 10, 10] },
        { "image_id": 3, "category_id": 7, "area": 49.0, "bbox": [0, 0, 10, 10] },
        { "image_id": 4, "category_id": 18, "area": 9000.0, "bbox": [0, 0, 100, 90] },
        { "image_id": 5, "category_id": 7, "area": 9000.0, "bbox": [0, 0, 100, 90] }
    ],
    "categories": [{ "id": 18, "name": "dog" }, { "id": 7, "name": "person" }]
}"#;

fn coco(text: &str, folder: &Path) -> anyhow::Result<Made> {
    let annotations = folder.join("instances.json");
    fs::create_dir_all(folder.join("images")).unwrap();
    fs::write(&annotations, text).unwrap();
    let mut build = Build::begin(&folder.join("corpus"), Existing::Refuse)?;
    Coco { annotations, images: folder.join("images") }.import(Ratios::default(), &mut build)?;
    build.finish()
}

#[test]
fn coco_is_labelled_by_the_rule_of_visual_wake_words() {
    let folder = tempfile::tempdir().unwrap();
    for (number, name) in ["near", "border", "far", "dog", "flat"].iter().enumerate() {
        put(&folder.path().join(format!("images/{name}.png")), number);
    }
    let made = coco(COCO, folder.path()).unwrap();
    let mut reasons: Vec<_> = made.excluded.iter().map(|e| (e.source.as_str(), e.reason.as_str())).collect();
    reasons.sort_unstable();
    assert_eq!(
        reasons,
        [
            ("flat.png", "its width or height is missing in the annotations"),
            ("gone.png", "it is listed but not in the folder")
        ]
    );
    let clips = Corpus::open(&folder.path().join("corpus")).unwrap().clips;
    let labelled: Vec<_> = clips
        .iter()
        .map(|c| (c.columns["source"].as_str(), c.label.as_str(), c.columns["area"].as_str()))
        .collect();
    assert_eq!(
        labelled,
        [
            ("near.png", "person", "0.25000"),
            ("border.png", "person", "0.00500"),
            ("far.png", "nobody", "0.00490"),
            ("dog.png", "nobody", "0.00000")
        ]
    );
}

#[test]
fn what_is_no_set_of_images_is_refused_with_a_reason() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    assert!(error(path).contains("has neither one folder of images per label nor a `labels.csv`"));
    fs::create_dir(path.join("person")).unwrap();
    assert!(error(path).contains("`person/`: the folder contains no images"), "{}", error(path));
    fs::write(path.join("labels.csv"), "name,person\na.png,1\n").unwrap();
    assert!(error(path).contains("column `file` is missing: found `name,person`"), "{}", error(path));
    fs::write(path.join("labels.csv"), "file,people\na.png,1\n").unwrap();
    assert!(error(path).contains("column `person` is missing"), "{}", error(path));
    for (text, expected) in [
        ("", "EOF"),
        (r#"{ "images": [], "categories": [] }"#, "missing field `annotations`"),
        (r#"{ "images": [], "annotations": [], "categories": [{ "id": 1, "name": "dog" }] }"#, "found `dog`"),
        (
            r#"{ "images": [], "annotations": [], "categories": [{ "id": 1, "name": "person" }] }"#,
            "nothing found",
        ),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let error = format!("{:#}", coco(text, folder.path()).unwrap_err());
        assert!(error.contains(expected), "{text}: {error}");
    }
}

#[test]
fn a_manifest_of_recordings_still_needs_speakers() {
    let folder = tempfile::tempdir().unwrap();
    for (name, needed) in [("a.wav", true), ("a.png", false)] {
        fs::write(folder.path().join(name), "").unwrap();
        fs::write(folder.path().join(MANIFEST), format!("path,label,split\n{name},yes,train\n")).unwrap();
        let error = Corpus::open(folder.path()).err().map(|why| format!("{why:#}"));
        assert_eq!(error.is_some_and(|why| why.contains("column `speaker` is missing")), needed, "{name}");
    }
}
