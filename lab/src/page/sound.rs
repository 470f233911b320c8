//! Audio clips: a spectrogram above a player, both inside the page.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::document::{escape, inline};
use crate::audio::{RATE, wav};

/// A clip on a page.
#[derive(Clone, Debug)]
pub struct Sound {
    /// What it is, in a few words; what stands between backticks is set as code.
    pub title: String,
    /// Where it comes from.
    pub caption: String,
    /// Samples at 16 kHz.
    pub samples: Vec<i16>,
}

impl Sound {
    /// The clip as an element of the grid.
    pub(super) fn html(&self) -> String {
        let player = STANDARD.encode(wav(&self.samples));
        let image = STANDARD.encode(spectrogram(&self.samples));
        let seconds = self.samples.len() as f64 / f64::from(RATE);
        format!(
            "<figure class=\"sound\"><b>{}</b><img alt=\"spectrogram, 0 to 8 kHz, {seconds:.1} s\" \
             src=\"data:image/bmp;base64,{image}\"><audio controls preload=\"none\" \
             src=\"data:audio/wav;base64,{player}\"></audio><figcaption>{}</figcaption></figure>\n",
            inline(&self.title),
            escape(&self.caption)
        )
    }
}

/// Samples of a window, and of a step between windows: 32 ms and 8 ms.
const WINDOW: usize = 512;
const STEP: usize = 128;
/// Rows of the image: bins of the transform, two in one.
const ROWS: usize = WINDOW / 4;
/// Range that is shown, in dB below the loudest.
const RANGE: f32 = 60.0;

/// A spectrogram as an image: time from left to right, 0 to 8 kHz from the bottom up.
fn spectrogram(samples: &[i16]) -> Vec<u8> {
    let transform = kws_spectral::forward(WINDOW);
    let mut spectrum = transform.make_output_vec();
    let hann = |i: usize| 0.5 - 0.5 * (std::f32::consts::TAU * i as f32 / WINDOW as f32).cos();
    let mut columns: Vec<[f32; ROWS]> = Vec::new();
    for start in (0..samples.len().max(WINDOW) - WINDOW + 1).step_by(STEP) {
        let sample = |i: usize| samples.get(start + i).map_or(0.0, |&s| f32::from(s) / 32768.0);
        let mut window: Vec<f32> = (0..WINDOW).map(|i| sample(i) * hann(i)).collect();
        // Of the planned lengths: it cannot fail.
        let done = transform.process(&mut window, &mut spectrum);
        let power = |row: usize| spectrum[2 * row].norm_sqr() + spectrum[2 * row + 1].norm_sqr();
        let level = |row: usize| 10.0 * power(row).max(1e-9).log10();
        columns.push(std::array::from_fn(|row| if done.is_ok() { level(row) } else { 0.0 }));
    }
    let loudest = columns.iter().flatten().copied().fold(f32::MIN, f32::max);
    let shade = |level: f32| ((level - loudest) / RANGE + 1.0).clamp(0.0, 1.0);
    bitmap(columns.len(), ROWS, |x, y| (shade(columns[x][y]) * 255.0) as u8)
}

/// An image in shades as a Windows bitmap, which every browser shows; `y` counts from the bottom.
fn bitmap(width: usize, height: usize, shade: impl Fn(usize, usize) -> u8) -> Vec<u8> {
    let stride = width.div_ceil(4) * 4;
    let (head, palette) = (54, 256 * 4);
    let size = head + palette + stride * height;
    let mut file = b"BM".to_vec();
    let mut words = |values: &[u32]| values.iter().for_each(|v| file.extend(v.to_le_bytes()));
    words(&[size as u32, 0, (head + palette) as u32, 40, width as u32, height as u32]);
    // One plane of eight bits; not compressed.
    words(&[1 | (8 << 16), 0, (stride * height) as u32, 0, 0, 256, 0]);
    file.extend((0..256).flat_map(|i| colour(i as f32 / 255.0)));
    for y in 0..height {
        file.extend((0..stride).map(|x| if x < width { shade(x, y) } else { 0 }));
    }
    file
}

/// Blue, green, red and nothing, from dark to light: a ramp of even lightness (after matplotlib's `magma`).
fn colour(at: f32) -> [u8; 4] {
    const STOPS: [[f32; 3]; 6] = [
        [0.0, 0.0, 4.0],
        [59.0, 15.0, 112.0],
        [140.0, 41.0, 129.0],
        [222.0, 73.0, 104.0],
        [254.0, 159.0, 109.0],
        [252.0, 253.0, 191.0],
    ];
    let place = at * (STOPS.len() - 1) as f32;
    let below = (place as usize).min(STOPS.len() - 2);
    let part = place - below as f32;
    let mixed = |c: usize| (STOPS[below][c] * (1.0 - part) + STOPS[below + 1][c] * part) as u8;
    [mixed(2), mixed(1), mixed(0), 0]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tone_is_a_line_at_its_height() {
        let tone: Vec<i16> =
            (0..8000).map(|i| ((i as f32 * std::f32::consts::TAU / 16.0).sin() * 8000.0) as i16).collect();
        let image = image::load_from_memory(&spectrogram(&tone)).unwrap().to_rgb8();
        assert_eq!(image.height() as usize, ROWS);
        // 1 kHz is an eighth of the way up.
        let bright = |y: u32| image.get_pixel(20, y).0.iter().map(|&c| u32::from(c)).sum::<u32>();
        let line = (0..image.height()).max_by_key(|&y| bright(y)).unwrap();
        assert!((ROWS as u32 - 1 - line).abs_diff(ROWS as u32 / 8) <= 1, "the line lies at {line}");
    }

    #[test]
    fn a_clip_plays_without_a_file() {
        let sound = Sound { title: "`yes` <1>".into(), caption: "a & b".into(), samples: vec![0; 100] };
        let html = sound.html();
        assert!(html.contains("data:audio/wav;base64,UklGR"), "{html}");
        assert!(html.contains("<code>yes</code> &lt;1&gt;") && html.contains("a &amp; b"), "{html}");
    }
}
