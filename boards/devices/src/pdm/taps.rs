//! Taps of the filters after the CIC stage, in units of 2^-15: `tests/vectors/pdm/make.py --design` writes this.

/// For a CIC stage of order 3: ripple 0.04 dB up to 7 kHz; below -64 dB from 9 to 16 kHz,
/// below -33 dB where the CIC stage folds onto the passband.
pub(super) static ORDER_3: [i16; 63] = [
    0, 9, 10, -16, -24, 26, 48, -39, -85, 54, 137, -71, -211, 90, 311, -109, -446, 127, 627, -141, -872, 146,
    1215, -135, -1728, 84, 2591, 87, -4421, -915, 11038, 17994, 11038, -915, -4421, 87, 2591, 84, -1728,
    -135, 1215, 146, -872, -141, 627, 127, -446, -109, 311, 90, -211, -71, 137, 54, -85, -39, 48, 26, -24,
    -16, 10, 9, 0,
];

/// For a CIC stage of order 4: ripple 0.05 dB up to 7 kHz; below -65 dB from 9 to 16 kHz,
/// below -44 dB where the CIC stage folds onto the passband.
pub(super) static ORDER_4: [i16; 63] = [
    0, 10, 11, -18, -27, 29, 53, -42, -94, 59, 152, -78, -234, 98, 345, -117, -495, 135, 695, -147, -966,
    147, 1345, -123, -1909, 44, 2852, 207, -4810, -1342, 11272, 18664, 11272, -1342, -4810, 207, 2852, 44,
    -1909, -123, 1345, 147, -966, -147, 695, 135, -495, -117, 345, 98, -234, -78, 152, 59, -94, -42, 53, 29,
    -27, -18, 11, 10, 0,
];

/// For a CIC stage of order 5: ripple 0.05 dB up to 7 kHz; below -66 dB from 9 to 16 kHz,
/// below -55 dB where the CIC stage folds onto the passband.
pub(super) static ORDER_5: [i16; 63] = [
    0, 11, 12, -19, -30, 31, 59, -47, -104, 65, 169, -85, -260, 106, 383, -126, -549, 143, 770, -152, -1070,
    146, 1488, -108, -2108, -5, 3136, 345, -5222, -1803, 11517, 19382, 11517, -1803, -5222, 345, 3136, -5,
    -2108, -108, 1488, 146, -1070, -152, 770, 143, -549, -126, 383, 106, -260, -85, 169, 65, -104, -47, 59,
    31, -30, -19, 12, 11, 0,
];
