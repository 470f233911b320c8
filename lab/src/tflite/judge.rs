//! The model of an enrolled voice: pools over time, one dense layer, a logistic function.

use super::flat::{
    AVERAGE_POOL_2D, CONCATENATION, FULLY_CONNECTED, Field, LOGISTIC, MAX_POOL_2D, element, table,
};
use super::write::Writer;
use crate::quantise::Affine;

/// A logistic regression on the mean and the largest value of each band over a clip.
#[derive(Clone, Debug)]
pub struct Judge {
    /// Frames of a clip.
    pub frames: usize,
    /// Bands of a frame.
    pub bands: usize,
    /// Scale and zero point of the features.
    pub input: (f32, i32),
    /// Of the means and then of the largest values, for stored features.
    pub weights: Vec<f64>,
    /// Log odds where all stored features are 0.
    pub offset: f64,
}

/// Log odds that the output of the dense layer can tell: from −16 to 16.
const ODDS: Affine = Affine { scale: 32.0 / 256.0, zero_point: 0 };

/// Writes a model: int8 features in, one int8 probability out.
#[must_use]
pub fn write_judge(judge: &Judge) -> Vec<u8> {
    let Judge { frames, bands, input: (scale, zero_point), weights, offset } = judge;
    let (frames, bands) = (*frames as i32, *bands as i32);
    let stored = Affine { scale: *scale, zero_point: *zero_point };
    let mut writer = Writer::new();
    let input = writer.activation("features", &[1, frames, 1, bands], stored);
    let pool = |writer: &mut Writer<'_>, code, name: &str| {
        let output = writer.activation(name, &[1, 1, 1, bands], stored);
        let word = Field::Word;
        let fields = [(0, Field::Byte(1)), (1, word(1)), (2, word(1)), (3, word(1)), (4, word(frames))];
        let options = table(&mut writer.builder, &fields);
        writer.operator(code, &[input], output, options);
        output
    };
    let mean = pool(&mut writer, AVERAGE_POOL_2D, "mean");
    let most = pool(&mut writer, MAX_POOL_2D, "most");
    let both = writer.activation("voice", &[1, 1, 1, 2 * bands], stored);
    let options = table(&mut writer.builder, &[(0, Field::Word(3))]);
    writer.operator(CONCATENATION, &[mean, most], both, options);
    let odds = dense(&mut writer, weights, *offset, stored, both);
    let output = writer.activation("probability", &[1, 1], Affine::PROBABILITY);
    let options = table(&mut writer.builder, &[]);
    writer.operator(LOGISTIC, &[odds], output, options);
    writer.finish(input, output)
}

fn dense(writer: &mut Writer<'_>, weights: &[f64], offset: f64, stored: Affine, input: i32) -> i32 {
    let most = weights.iter().fold(1e-12, |most: f64, w| most.max(w.abs()));
    let step = most / 127.0;
    let whole: Vec<i8> = weights.iter().map(|w| (w / step).round() as i8).collect();
    // The kernel multiplies stored values less their zero point; what the rounded weights make of that goes back.
    let shift: f64 = whole.iter().map(|w| f64::from(*w) * step).sum::<f64>() * f64::from(stored.zero_point);
    let bias = ((offset + shift) / step).round() as i32;
    let bytes: Vec<u8> = whole.iter().map(|w| *w as u8).collect();
    let scale = (step / f64::from(stored.scale)) as f32;
    let weights = writer.quantisation(&[scale], &[0], 0);
    let weights = writer.constant("weights", &[1, whole.len() as i32], element::INT8, &bytes, weights);
    let quantisation = writer.quantisation(&[scale * stored.scale], &[0], 0);
    let bias = writer.constant("bias", &[1], element::INT32, &bias.to_le_bytes(), quantisation);
    let output = writer.activation("odds", &[1, 1], ODDS);
    let options = table(&mut writer.builder, &[(0, Field::Byte(0))]);
    writer.operator(FULLY_CONNECTED, &[input, weights, bias], output, options);
    output
}

#[cfg(test)]
mod tests {
    use kws_stages::nn::Model;

    use super::*;

    #[test]
    fn the_model_gives_the_probability_of_its_weights() {
        let (frames, bands) = (49, 40);
        let weights: Vec<f64> = (0..80).map(|i| ((i * 37 % 19) as f64 - 9.0) * 0.01).collect();
        let judge = Judge { frames, bands, input: (0.09, 21), weights: weights.clone(), offset: 0.4 };
        let file = write_judge(&judge);
        assert!(file.len() <= 2048, "{} bytes", file.len());
        let model = Model::open(&file).unwrap();
        let mut arena = model.arena();
        for seed in 0..50i32 {
            let value = |i: usize| ((i as i32 * (seed * 7 + 3) + seed * 13) % 97 - 48 + i as i32 % 40) as i8;
            let input: Vec<i8> = (0..frames * bands).map(value).collect();
            let band = |b: usize| input.iter().skip(b).step_by(bands).map(|v| f64::from(*v));
            let mean = |b: usize| (band(b).sum::<f64>() / frames as f64).round();
            let most = |b: usize| band(b).fold(f64::MIN, f64::max);
            let odds =
                0.4 + (0..bands).map(|b| weights[b] * mean(b) + weights[bands + b] * most(b)).sum::<f64>();
            model.plan().input_mut(&mut arena).copy_from_slice(&input);
            model.run(&mut arena);
            let got = (f64::from(model.plan().output(&arena)[0]) + 128.0) / 256.0;
            let wanted = 1.0 / (1.0 + (-odds).exp());
            assert!((got - wanted).abs() < 0.04, "{got}, expected {wanted}");
        }
    }
}
