#!/usr/bin/env python3
"""Golden vectors of the signal stages, by NumPy and SciPy in double precision.

    make.py

Writes `.npy` files beside itself: i16 samples of a synthetic signal, and what each stage must make of them, as f32.
Needs numpy and scipy.
"""

import pathlib

import numpy as np
import scipy.fft
import scipy.signal

HERE = pathlib.Path(__file__).parent
RATE = 16_000


def save(name, array, dtype=np.float32):
    np.save(HERE / f"{name}.npy", np.ascontiguousarray(array, dtype=dtype))


def signal():
    """13 hops of 20 ms: a sweep, a tone, a click and noise, loud enough for every band to hear something."""
    t = np.arange(13 * 320) / RATE
    rng = np.random.default_rng(20_261_122)
    wave = 0.4 * np.sin(2 * np.pi * (200 * t + 6000 * t * t)) + 0.2 * np.sin(2 * np.pi * 1234.5 * t)
    wave += 0.05 * rng.standard_normal(t.size)
    wave[1000:1010] += 0.3
    return np.clip(np.round(wave * 32768), -32768, 32767).astype(np.int16)


def frames(wave, length, hop):
    starts = np.arange(0, wave.size - length + 1, hop)
    return wave[starts[:, None] + np.arange(length)]


def htk_weights(bins, bands, low, high):
    """TensorFlow's `linear_to_mel_weight_matrix`: straight in mel, no weight at 0 Hz."""
    mel = lambda hz: 1127.0 * np.log1p(np.asarray(hz) / 700.0)
    spectrum = mel(np.linspace(0, RATE / 2, bins)[1:])[:, None]
    edges = np.linspace(mel(low), mel(high), bands + 2)
    lower, centre, upper = edges[:-2], edges[1:-1], edges[2:]
    weights = np.minimum((spectrum - lower) / (centre - lower), (upper - spectrum) / (upper - centre))
    return np.vstack([np.zeros(bands), np.maximum(0.0, weights)])


def slaney_weights(bins, bands, low, high):
    """`librosa.filters.mel(htk=False, norm="slaney")`: straight in Hz, equal areas."""
    step = np.log(6.4) / 27.0

    def mel(hz):
        return hz / (200.0 / 3.0) if hz < 1000.0 else 15.0 + np.log(hz / 1000.0) / step

    def hertz(m):
        return np.where(m < 15.0, m * 200.0 / 3.0, 1000.0 * np.exp((m - 15.0) * step))

    spectrum = np.linspace(0, RATE / 2, bins)[:, None]
    edges = hertz(np.linspace(mel(low), mel(high), bands + 2))
    lower, centre, upper = edges[:-2], edges[1:-1], edges[2:]
    weights = np.minimum((spectrum - lower) / (centre - lower), (upper - spectrum) / (upper - centre))
    return np.maximum(0.0, weights) * 2.0 / (upper - lower)


def main():
    samples = signal()
    save("samples", samples, np.int16)
    wave = samples / 32768.0

    hann = frames(wave, 480, 320) * scipy.signal.get_window("hann", 480, fftbins=True)
    save("hann_periodic", hann)
    symmetric = scipy.signal.get_window("hann", 480, fftbins=False)
    save("hann_symmetric", frames(wave, 480, 320) * symmetric)
    hamming = scipy.signal.get_window("hamming", 480, fftbins=True)
    save("hamming_periodic", frames(wave, 480, 320) * hamming)
    emphasised = scipy.signal.lfilter([1.0, -0.97], [1.0], wave)
    save("pre_emphasis", frames(emphasised, 480, 320) * hamming)

    spectrum = np.fft.rfft(hann, 512)
    save("fft_512", np.stack([spectrum.real, spectrum.imag], axis=-1))
    wide = np.fft.rfft(hann, 600)
    save("fft_600", np.stack([wide.real, wide.imag], axis=-1))

    mel = np.abs(spectrum) @ htk_weights(257, 40, 20.0, 4000.0)
    save("mel_htk", mel)
    save("mel_slaney", np.abs(spectrum) ** 2 @ slaney_weights(257, 64, 60.0, 7600.0))

    log_mel = np.log(mel + 1e-6)
    save("log_natural", log_mel)
    save("log_10", np.log10(np.maximum(mel, 1.0)))
    save("dct_tensorflow", scipy.fft.dct(log_mel, type=2)[:, :13] / np.sqrt(2.0 * 40))
    save("dct_orthonormal", scipy.fft.dct(log_mel, type=2, norm="ortho")[:, :13])

    # MLPerf Tiny's streaming wakeword features.
    emphasised = scipy.signal.lfilter([1.0, -(1.0 - 2.0**-5)], [1.0], wave)
    window = scipy.signal.get_window("hamming", 1024, fftbins=False)
    power = np.abs(np.fft.rfft(frames(emphasised, 1024, 512) * window)) ** 2 / 1024
    decibels = 10.0 * np.log10(np.maximum(power @ htk_weights(513, 40, 0.0, 8000.0), 1e-30))
    save("lfbe", np.clip((decibels + 52.0 - 32.0 + 32.0) / 64.0, 0.0, 1.0))


if __name__ == "__main__":
    main()
