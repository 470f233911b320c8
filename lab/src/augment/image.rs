//! Distortions of images: other frames, other light, other cameras.

use anyhow::{Result, ensure};
use kws_stages::vision::{Size, grey_of_rgb};
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::draw;

/// Which distortions of images are drawn, and from what ranges.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AugmentView {
    /// Share of images that are mirrored, left for right.
    pub flip: f64,
    /// Range of the share of each side that is seen; the part lies anywhere.
    pub zoom: [f32; 2],
    /// Range of the factor by which the part is wider than the image.
    pub aspect: [f32; 2],
    /// Range of the factor of all light.
    pub brightness: [f32; 2],
    /// Range of the factor of the distance to a middle grey.
    pub contrast: [f32; 2],
    /// Range of the factor of the distance of a colour to its grey.
    pub saturation: [f32; 2],
    /// Range of each colour's own factor, for lamps and sensors that differ.
    pub tint: [f32; 2],
    /// Share of images of which a rectangle is hidden (DeVries and Taylor, arXiv:1708.04552).
    pub cut: f64,
    /// Largest side of that rectangle, as a share of the image's.
    pub cut_side: f32,
    /// Share of images into which another one is pasted, which then counts for its share of the area (CutMix; Yun et al.,
    /// arXiv:1905.04899). With a `teacher`, who says what is left to be seen.
    pub paste: f64,
    /// Range of the side of what is pasted, as a share of the image's.
    pub paste_side: [f32; 2],
}

impl Default for AugmentView {
    fn default() -> Self {
        Self {
            flip: 0.5,
            zoom: [0.7, 1.0],
            aspect: [0.85, 1.18],
            brightness: [0.7, 1.3],
            contrast: [0.7, 1.3],
            saturation: [0.6, 1.4],
            tint: [0.9, 1.1],
            cut: 0.0,
            cut_side: 0.3,
            paste: 0.0,
            paste_side: [0.3, 0.7],
        }
    }
}

/// The part of an image that is seen, in pixels.
struct Window {
    /// Of the upper left corner.
    place: [f32; 2],
    /// Pixels of the image to each pixel that is shown.
    step: [f32; 2],
    mirrored: bool,
}

impl AugmentView {
    /// Checks that every value can be drawn from; `name` is the part of the configuration.
    ///
    /// # Errors
    /// Names the first value that cannot.
    pub fn check(&self, name: &str) -> Result<()> {
        for (key, share) in [("flip", self.flip), ("cut", self.cut), ("paste", self.paste)] {
            ensure!((0.0..=1.0).contains(&share), "`{name}.{key}` is {share}, expected a share from 0 to 1");
        }
        let side = self.cut_side;
        ensure!(
            0.0 < side && side <= 1.0,
            "`{name}.cut_side` is {side}, expected a share of a side above 0 and up to 1, such as 0.3"
        );
        for (key, [least, most]) in [("zoom", self.zoom), ("paste_side", self.paste_side)] {
            ensure!(
                0.0 < least && least <= most && most <= 1.0,
                "`{name}.{key}` is [{least}, {most}], expected shares of a side above 0 and up to 1, such as [0.7, 1]"
            );
        }
        let factors = [
            ("aspect", self.aspect),
            ("brightness", self.brightness),
            ("contrast", self.contrast),
            ("saturation", self.saturation),
            ("tint", self.tint),
        ];
        ensure!(self.aspect[0] > 0.0, "`{name}.aspect` begins with {}, expected more than 0", self.aspect[0]);
        for (key, [least, most]) in factors {
            ensure!(
                0.0 <= least && least <= most && most.is_finite(),
                "`{name}.{key}` is [{least}, {most}], expected two factors, the smaller one first, such as [0.8, 1.25]"
            );
        }
        Ok(())
    }

    /// Draws a distorted copy of RGB pixels; `size` is that of both.
    ///
    /// # Panics
    /// When the pixels are not of that size.
    #[must_use]
    pub fn distort(&self, pixels: &[u8], size: Size, rng: &mut ChaCha8Rng) -> Vec<u8> {
        assert_eq!((pixels.len(), size.channels), (size.items(), 3), "RGB pixels of the stated size");
        let window = self.window(size, rng);
        let mut seen = Vec::with_capacity(pixels.len());
        let [rows, columns] = window.between([size.height, size.width]);
        for row in &rows {
            seen.extend(columns.iter().flat_map(|column| sample(pixels, size, row, column)));
        }
        self.light(&mut seen, rng);
        if rng.random_bool(self.cut) {
            self.hide(&mut seen, size, rng);
        }
        seen
    }

    fn window(&self, size: Size, rng: &mut ChaCha8Rng) -> Window {
        let zoom = draw(self.zoom, rng);
        let wider = draw(self.aspect, rng).max(0.01).sqrt();
        let sides = [(zoom / wider).min(1.0), (zoom * wider).min(1.0)];
        let whole = [size.height as f32, size.width as f32];
        let place = [0, 1].map(|axis| draw([0.0, whole[axis] * (1.0 - sides[axis])], rng));
        Window { place, step: sides, mirrored: rng.random_bool(self.flip) }
    }

    /// Whether another image is pasted into the one that is drawn.
    pub(crate) fn pastes(&self, rng: &mut ChaCha8Rng) -> bool {
        self.paste > 0.0 && rng.random_bool(self.paste)
    }

    /// Pastes `other`, made smaller, into an image of the same size, anywhere; the share of the area that it covers.
    pub(crate) fn paste(&self, pixels: &mut [u8], other: &[u8], size: Size, rng: &mut ChaCha8Rng) -> f32 {
        let side = draw(self.paste_side, rng);
        let [height, width] = [size.height, size.width].map(|whole| ((whole as f32 * side) as usize).max(1));
        let [top, left] = [size.height - height, size.width - width].map(|room| rng.random_range(0..=room));
        // Means of two neighbours each way: enough against aliasing down to half the size, and near it below.
        let small = Window { place: [0.0; 2], step: [1.0 / side; 2], mirrored: false };
        let [rows, columns] = small.between([size.height, size.width]);
        for (y, row) in rows.iter().take(height).enumerate() {
            for (x, column) in columns.iter().take(width).enumerate() {
                let at = (top + y) * size.row() + 3 * (left + x);
                pixels[at..at + 3].copy_from_slice(&sample(other, size, row, column));
            }
        }
        (height * width) as f32 / (size.height * size.width) as f32
    }

    /// Changes light and colours.
    fn light(&self, pixels: &mut [u8], rng: &mut ChaCha8Rng) {
        const MIDDLE: f32 = 128.0;
        let (contrast, saturation) = (draw(self.contrast, rng), draw(self.saturation, rng));
        let brightness = draw(self.brightness, rng);
        let factors = [0; 3].map(|_| brightness * draw(self.tint, rng));
        for rgb in pixels.as_chunks_mut::<3>().0 {
            let grey = f32::from(grey_of_rgb(*rgb));
            for (value, factor) in rgb.iter_mut().zip(factors) {
                let colour = grey + (f32::from(*value) - grey) * saturation;
                *value = nearest(((colour - MIDDLE) * contrast + MIDDLE) * factor);
            }
        }
    }

    /// Fills a rectangle with a middle grey.
    fn hide(&self, pixels: &mut [u8], size: Size, rng: &mut ChaCha8Rng) {
        let mut side = |whole: usize| {
            let most = ((whole as f32 * self.cut_side) as usize).clamp(1, whole);
            let length = rng.random_range(1..=most);
            let start = rng.random_range(0..=whole - length);
            start..start + length
        };
        let (rows, columns) = (side(size.height), side(size.width));
        for row in rows {
            let start = row * size.row();
            pixels[start + 3 * columns.start..start + 3 * columns.end].fill(128);
        }
    }
}

/// Two neighbours in a row or column of pixels, and how far from the first to the second.
struct Between {
    before: usize,
    after: usize,
    share: f32,
}

impl Window {
    /// Where each row and each column that is shown lies among so many.
    fn between(&self, whole: [usize; 2]) -> [Vec<Between>; 2] {
        let [rows, mut columns] = [0, 1].map(|axis| {
            let place = |at: usize| {
                let at = self.place[axis] + (at as f32 + 0.5) * self.step[axis] - 0.5;
                let at = at.clamp(0.0, (whole[axis] - 1) as f32);
                let before = at as usize;
                Between { before, after: (before + 1).min(whole[axis] - 1), share: at - before as f32 }
            };
            (0..whole[axis]).map(place).collect::<Vec<_>>()
        });
        if self.mirrored {
            columns.reverse();
        }
        [rows, columns]
    }
}

/// What is seen between four pixels.
fn sample(pixels: &[u8], size: Size, row: &Between, column: &Between) -> [u8; 3] {
    let pixel = |row: usize, column: usize| -> [f32; 3] {
        let start = row * size.row() + 3 * column;
        [0, 1, 2].map(|c| f32::from(pixels[start + c]))
    };
    let [upper, lower] = [row.before, row.after].map(|row| {
        let (left, right) = (pixel(row, column.before), pixel(row, column.after));
        [0, 1, 2].map(|c| left[c] + (right[c] - left[c]) * column.share)
    });
    [0, 1, 2].map(|c| nearest(upper[c] + (lower[c] - upper[c]) * row.share))
}

/// The nearest byte. `f32::round` is a call into a library, at three for each pixel.
fn nearest(value: f32) -> u8 {
    (value + 0.5) as u8
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    const SIZE: Size = Size { height: 12, width: 16, channels: 3 };

    /// Red grows to the right, green downwards.
    fn image() -> Vec<u8> {
        let pixel = |i: usize| [10 * (i % 16) as u8, 20 * (i / 16) as u8, 90];
        (0..12 * 16).flat_map(pixel).collect()
    }

    /// No distortion but those of `change`.
    fn distorted(change: impl Fn(&mut AugmentView), stream: u64) -> Vec<u8> {
        let one = [1.0; 2];
        let mut augment = AugmentView {
            flip: 0.0,
            zoom: one,
            aspect: one,
            brightness: one,
            contrast: one,
            saturation: one,
            tint: one,
            cut: 0.0,
            cut_side: 0.5,
            paste: 0.0,
            paste_side: one,
        };
        change(&mut augment);
        let mut rng = ChaCha8Rng::seed_from_u64(5);
        rng.set_stream(stream);
        augment.distort(&image(), SIZE, &mut rng)
    }

    #[test]
    fn what_cannot_be_drawn_is_refused_by_its_name() {
        type Change = fn(&mut AugmentView);
        let refused = |change: Change| {
            let mut augment = AugmentView::default();
            change(&mut augment);
            augment.check("augment_view").err().map(|error| error.to_string())
        };
        assert_eq!(refused(|_| ()), None);
        let changes: [(&str, Change); 6] = [
            ("flip", |a| a.flip = 1.5),
            ("cut_side", |a| a.cut_side = 0.0),
            ("cut_side", |a| a.cut_side = f32::NAN),
            ("zoom", |a| a.zoom = [0.5, 1.5]),
            ("aspect", |a| a.aspect = [0.0, 1.0]),
            ("tint", |a| a.tint = [1.0, 0.5]),
        ];
        for (key, change) in changes {
            let error = refused(change).unwrap_or_default();
            assert!(error.starts_with(&format!("`augment_view.{key}` ")), "{key}: {error}");
        }
    }

    #[test]
    fn nothing_drawn_changes_nothing_and_a_flip_mirrors() {
        assert_eq!(distorted(|_| (), 0), image());
        let mirrored = distorted(|a| a.flip = 1.0, 0);
        for (row, whole) in mirrored.chunks_exact(48).zip(image().chunks_exact(48)) {
            let back: Vec<u8> = row.chunks_exact(3).rev().flatten().copied().collect();
            assert_eq!(back, whole);
        }
    }

    #[test]
    fn a_zoom_shows_a_part_of_the_stated_size_anywhere() {
        let mut firsts = Vec::new();
        for stream in 0..50 {
            let part = distorted(|a| a.zoom = [0.5; 2], stream);
            let (first, last) = (part[0], part[3 * 15]);
            // Half of 16 columns, from the middle of the first to that of the last that are shown.
            assert!((last - first).abs_diff(75) <= 3, "from {first} to {last}");
            firsts.push(first);
        }
        let (least, most) = (firsts.iter().min().unwrap(), firsts.iter().max().unwrap());
        assert!(*least < 15 && *most > 60, "only from {least} to {most}");
    }

    #[test]
    fn light_and_colours_change_by_their_factors() {
        let darker = distorted(|a| a.brightness = [0.5; 2], 0);
        assert!(darker.iter().zip(image()).all(|(d, p)| d.abs_diff(p / 2) <= 1));
        let flat = distorted(|a| a.contrast = [0.0; 2], 0);
        assert!(flat.iter().all(|value| *value == 128));
        let grey = distorted(|a| a.saturation = [0.0; 2], 0);
        assert!(grey.chunks_exact(3).all(|rgb| rgb[0] == rgb[1] && rgb[1] == rgb[2]));
        let brighter = distorted(|a| a.brightness = [9.0; 2], 0);
        assert_eq!(brighter[2], 255, "light ends at white");
    }

    #[test]
    fn a_cut_hides_one_rectangle_and_a_stream_decides_an_image() {
        let cut = |stream| distorted(|a| a.cut = 1.0, stream);
        for stream in 0..20 {
            let cut = cut(stream);
            let hidden = cut.chunks_exact(3).zip(image().chunks_exact(3)).filter(|(a, b)| a != b).count();
            assert!((1..=8 * 6).contains(&hidden), "{hidden} pixels are hidden");
        }
        let all = |stream| distorted(|a| *a = AugmentView::default(), stream);
        assert_eq!(all(3), all(3));
        assert_ne!(all(3), all(4));
    }
}
