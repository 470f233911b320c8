// Written by the build from `pipelines/commands.toml` for `mps2-an386`.

use kws_engine::{Event, Flow};
use kws_engine::line::Lines;
use kws_engine::tick::{Gap, News, Slot, TickError};
use kws_stages::{Quantise, Quantiser, Rounding};
use kws_stages::audio::{Band, Base, Fft, Log, Mel, Portable, Strength, Window};
use kws_stages::decide::{Moment, Run, Scale, Smooth, Trigger, Watch};
use kws_stages::nn::Arena;
use kws_stages::nn::classifier::{Classifier, FrameClassifier, Pace};
use kws_stages::nn::kernels::{self, only::*};
use kws_stages::nn::op::Op;

/// What changes while the pipeline runs. All of it is zero at first, so that it takes no flash.
pub struct Memory {
    /// What `mic` writes: samples i16[160] every 160 of 16000 ticks/s.
    mic_out: [i16; 160],
    /// `window`: the newest samples.
    window_history: [i16; 640],
    /// What `window` writes: frame f32[480] every 320 of 16000 ticks/s.
    window_out: [f32; 480],
    /// What `fft` writes: spectrum f32[257×2] every 320 of 16000 ticks/s.
    fft_out: [f32; 514],
    /// `mel`: what is summed.
    mel_strengths: [f32; 243],
    /// What `mel` writes: mel f32[40] every 320 of 16000 ticks/s.
    mel_out: [f32; 40],
    /// What `log` writes: log_mel f32[40] every 320 of 16000 ticks/s.
    log_out: [f32; 40],
    /// `classifier`: its variables, and space to work in.
    classifier_arena: Arena<4288>,
    /// What `classifier` writes: posterior i8[10] (scale 0.00390625 zero point -128) every 640 of 16000 ticks/s.
    classifier_out: [i8; 10],
    /// `smooth`: the newest posteriors.
    smooth_ring: [i8; 60],
    /// What `smooth` writes: posterior f32[10] every 640 of 16000 ticks/s.
    smooth_out: [f32; 10],
    /// `trigger`: what is under way.
    trigger_runs: [Run; 8],
    /// What `trigger` writes: events event[8] every 640 of 16000 ticks/s.
    trigger_out: [Event; 8],
}

#[allow(clippy::new_without_default, reason = "memory is a static")]
impl Memory {
    /// Before the first tick.
    pub const fn new() -> Self {
        Memory {
            mic_out: [0; 160],
            window_history: [0; 640],
            window_out: [0.0; 480],
            fft_out: [0.0; 514],
            mel_strengths: [0.0; 243],
            mel_out: [0.0; 40],
            log_out: [0.0; 40],
            classifier_arena: Arena::new(),
            classifier_out: [0; 10],
            smooth_ring: [0; 60],
            smooth_out: [0.0; 10],
            trigger_runs: [Run::IDLE; 8],
            trigger_out: [Event::ZEROS; 8],
        }
    }
}

/// The stages in the order in which they fire, and the blocks between them.
#[allow(clippy::type_complexity, reason = "a stage's type says what it is made of")]
pub struct Pipeline<'m> {
    mic: Slot<crate::Mic<160>>,
    window: Slot<Window<i16, &'m mut [i16; 640], &'static [f32; 480]>>,
    fft: Slot<Fft<Portable<&'static [f32; 760]>>>,
    mel: Slot<Mel<&'static [Band; 40], &'static [f32; 468], &'m mut [f32; 243]>>,
    log: Slot<Log>,
    classifier: Slot<FrameClassifier<
        f32,
        Only<kernels::Dsp, { CONV | DEPTHWISE | FULLY_CONNECTED | SOFTMAX | MOVE }>,
        &'static [Op],
        &'static [i8],
        &'static [i32],
        &'m mut Arena<4288>,
    >>,
    smooth: Slot<Smooth<i8, &'m mut [i8; 60]>>,
    trigger: Slot<Trigger<f32, &'static [Watch; 8], &'m mut [Run; 8]>>,
    print: Slot<Lines<crate::Output, 1>>,
    mic_out: &'m mut [i16; 160],
    window_out: &'m mut [f32; 480],
    fft_out: &'m mut [f32; 514],
    mel_out: &'m mut [f32; 40],
    log_out: &'m mut [f32; 40],
    classifier_out: &'m mut [i8; 10],
    smooth_out: &'m mut [f32; 10],
    trigger_out: &'m mut [Event; 8],
}

impl<'m> Pipeline<'m> {
    /// The lane before its first tick, with its memory and the devices that it works with.
    pub const fn new(memory: &'m mut Memory, mic: crate::Mic<160>, output: crate::Output) -> Self {
        Pipeline {
            mic: Slot::new("mic", mic),
            window: Slot::new("window", Window::new(320, 0.0, &window::WEIGHTS, &mut memory.window_history)),
            fft: Slot::new("fft", Fft::new(Portable::new(512, &fft::TWIDDLES))),
            mel: Slot::new(
                "mel",
                Mel::new(Strength::Power, &mel::BANDS, &mel::WEIGHTS, &mut memory.mel_strengths),
            ),
            log: Slot::new(
                "log",
                Log {
                    base: Base::Natural,
                    offset: 1e-6,
                    floor: 0.0,
                    gain: 1.0,
                    shift: 0.0,
                    clip_low: f32::NEG_INFINITY,
                    clip_high: f32::INFINITY,
                },
            ),
            classifier: Slot::new(
                "classifier",
                FrameClassifier::new(
                    Classifier::new(
                        classifier::PLAN,
                        Only(kernels::Dsp),
                        &mut memory.classifier_arena,
                        Quantise(Quantiser { scale: 0.09238962, zero_point: 22, rounding: Rounding::Nearest }),
                        0,
                    ),
                    Pace { frame: 40, missing: 1, silent: 24 },
                ),
            ),
            smooth: Slot::new(
                "smooth",
                Smooth::new(6, Scale { step: 0.00390625, zero_point: -128 }, &mut memory.smooth_ring),
            ),
            trigger: Slot::new(
                "trigger",
                Trigger::new(
                    Moment::Onset,
                    Scale { step: 1.0, zero_point: 0 },
                    &trigger::WATCHES,
                    &mut memory.trigger_runs,
                ),
            ),
            print: Slot::new("print", Lines::new(&print::NAMES, output)),
            mic_out: &mut memory.mic_out,
            window_out: &mut memory.window_out,
            fft_out: &mut memory.fft_out,
            mel_out: &mut memory.mel_out,
            log_out: &mut memory.log_out,
            classifier_out: &mut memory.classifier_out,
            smooth_out: &mut memory.smooth_out,
            trigger_out: &mut memory.trigger_out,
        }
    }

    /// Gives what zeros are not its first value: called once, before the first tick.
    pub fn start(&mut self) {
        self.classifier.start();
    }

    /// Fires `mic`, and then all that its block makes fire: 160 ticks of the stream, or, where it says
    /// [`Flow::Skip`], none yet.
    ///
    /// # Errors
    /// The first stage that cannot go on.
    pub fn tick(&mut self) -> Result<Flow, TickError> {
        let mic = self.mic.draw(160, self.mic_out)?;
        self.pass(mic)
    }

    /// Ends the stream: sinks complete what they have begun.
    ///
    /// # Errors
    /// The first stage that cannot.
    pub fn finish(&mut self) -> Result<(), TickError> {
        let mic = self.mic.end()?;
        self.pass(mic).map(|_| ())
    }

    /// Passes on what `mic` tells.
    fn pass(&mut self, mic: News) -> Result<Flow, TickError> {
        let window = self.window.fire(mic, self.mic_out, self.window_out)?;
        let fft = self.fft.fire(window, self.window_out, self.fft_out)?;
        let mel = self.mel.fire(fft, self.fft_out, self.mel_out)?;
        let log = self.log.fire(mel, self.mel_out, self.log_out)?;
        let classifier = self.classifier.fire(log, self.log_out, self.classifier_out)?;
        let smooth = self.smooth.fire(classifier, self.classifier_out, self.smooth_out)?;
        let trigger = self.trigger.fire(smooth, self.smooth_out, self.trigger_out)?;
        let print = self.print.merge([(trigger, &self.trigger_out[..])])?;
        Ok(if print.is_end() { Flow::End } else { mic.flow() })
    }

    /// Tells what was lost since it was last asked.
    pub fn gaps(&mut self, mut tell: impl FnMut(Gap)) {
        self.mic.gap(&mut tell);
        self.window.gap(&mut tell);
        self.fft.gap(&mut tell);
        self.mel.gap(&mut tell);
        self.log.gap(&mut tell);
        self.classifier.gap(&mut tell);
        self.smooth.gap(&mut tell);
        self.trigger.gap(&mut tell);
        self.print.gap(&mut tell);
    }
}

/// Tables of `window`.
pub mod window {
    /// What each sample of a frame is weighed with.
    pub static WEIGHTS: [f32; 480] = [
        0.0, 1.3072575e-9, 5.228806e-9, 1.1763974e-8, 2.091164e-8, 3.267024e-8, 4.7037755e-8, 6.401172e-8,
        // and 69 lines more, checksum 6af9cf2709ac8192
}

/// Tables of `fft`.
pub mod fft {
    /// What the steps of the transform turn points by.
    pub static TWIDDLES: [f32; 760] = [
        1.0, -0.0, 1.0, -0.0, 1.0, -0.0, 0.9238795, -0.38268343, 0.70710677, -0.70710677, 0.38268343,
        // and 96 lines more, checksum 3c0b432b79445639
}

/// Tables of `mel`.
#[allow(unused_imports, clippy::legacy_numeric_constants, reason = "names of all that a table may hold")]
pub mod mel {
    use kws_stages::audio::Band;

    /// Where in the spectrum each band lies.
    pub static BANDS: [Band; 40] = [
        Band { first: 1, bins: 3 },
        Band { first: 3, bins: 3 },
        Band { first: 4, bins: 3 },
        Band { first: 6, bins: 3 },
        Band { first: 7, bins: 4 },
        Band { first: 9, bins: 4 },
        Band { first: 11, bins: 4 },
        Band { first: 13, bins: 5 },
        Band { first: 15, bins: 5 },
        Band { first: 18, bins: 4 },
        Band { first: 20, bins: 5 },
        Band { first: 22, bins: 6 },
        Band { first: 25, bins: 6 },
        Band { first: 28, bins: 6 },
        Band { first: 31, bins: 7 },
        Band { first: 34, bins: 8 },
        Band { first: 38, bins: 7 },
        Band { first: 42, bins: 8 },
        Band { first: 45, bins: 9 },
        Band { first: 50, bins: 9 },
        Band { first: 54, bins: 10 },
        Band { first: 59, bins: 10 },
        Band { first: 64, bins: 10 },
        Band { first: 69, bins: 11 },
        Band { first: 74, bins: 13 },
        Band { first: 80, bins: 13 },
        Band { first: 87, bins: 13 },
        Band { first: 93, bins: 15 },
        Band { first: 100, bins: 16 },
        Band { first: 108, bins: 16 },
        Band { first: 116, bins: 17 },
        Band { first: 124, bins: 19 },
        Band { first: 133, bins: 20 },
        Band { first: 143, bins: 21 },
        Band { first: 153, bins: 22 },
        Band { first: 164, bins: 23 },
        Band { first: 175, bins: 25 },
        Band { first: 187, bins: 27 },
        Band { first: 200, bins: 28 },
        Band { first: 214, bins: 30 },
    ];

    /// Weights of the bins of each band.
    pub static WEIGHTS: [f32; 468] = [
        0.26001397, 0.9618136, 0.3645791, 0.63542086, 0.7169865, 0.09347359, 0.2830135, 0.9065264, 0.4923137,
        0.5076863, 0.9119594, 0.35101867, 0.08804058, 0.64898133, 0.8082346, 0.28246844, 0.19176546,
        0.71753156, 0.7726856, 0.27794275, 0.22731443, 0.7220572, 0.79737794, 0.33020103, 0.20262209,
        0.669799, 0.87568635, 0.43316555, 0.0020218906, 0.12431364, 0.56683445, 0.9979781, 0.58168495,
        0.17162627, 0.41831502, 0.82837373, 0.7713551, 0.38041514, 0.22864488, 0.61958486, 0.9983812,
        0.62485653, 0.25947025, 0.0016188007, 0.3751435, 0.7405297, 0.9018754, 0.5517465, 0.20877817,
        0.09812463, 0.44825354, 0.7912218, 0.87268347, 0.5431922, 0.22004993, 0.12731655, 0.4568078,
        0.7799501, 0.90301657, 0.5918654, 0.2863822, 0.09698343, 0.40813458, 0.7136178, 0.9863641, 0.691619,
        0.40196472, 0.11722842, 0.013635903, 0.30838102, 0.5980353, 0.8827716, 0.8372459, 0.5618609,
        0.2909251, 0.024296802, 0.16275413, 0.43813905, 0.7090749, 0.9757032, 0.7618413, 0.50342995,
        0.24893999, 0.23815872, 0.49657008, 0.75106, 0.99825424, 0.7512606, 0.5078519, 0.26792553,
        0.031383324, 0.0017457724, 0.24873942, 0.49214813, 0.73207444, 0.96861666, 0.7981311, 0.5680786,
        0.3411392, 0.11722978, 0.2018689, 0.43192142, 0.6588608, 0.88277024, 0.8962705, 0.6781847, 0.46289846,
        0.25034094, 0.040443756, 0.10372948, 0.3218153, 0.5371015, 0.74965906, 0.9595562, 0.83314115,
        0.6283698, 0.42606863, 0.22617872, 0.02864328, 0.16685882, 0.37163016, 0.57393134, 0.7738213,
        0.9713567, 0.83340746, 0.6404184, 0.44962496, 0.2609777, 0.074428864, 0.16659251, 0.3595816,
        0.55037504, 0.7390223, 0.92557114, 0.88993233, 0.7074434, 0.52691895, 0.34831697, 0.17159705,
        0.11006766, 0.29255655, 0.47308108, 0.65168303, 0.82840294, 0.9967199, 0.8236475, 0.65234303,
        0.48277065, 0.31489572, 0.14868459, 0.0032800913, 0.17635247, 0.347657, 0.5172294, 0.6851043,
        0.85131544, 0.98410463, 0.8211241, 0.6597122, 0.49983907, 0.3414756, 0.18459359, 0.029165545,
        0.015895389, 0.17887592, 0.3402878, 0.50016093, 0.6585244, 0.81540644, 0.97083443, 0.8751648,
        0.7225653, 0.5713419, 0.4214699, 0.27292538, 0.12568505, 0.124835216, 0.27743468, 0.42865813,
        0.57853013, 0.7270746, 0.87431496, 0.9797262, 0.83502674, 0.6915651, 0.5493202, 0.40827176, 0.2683997,
        0.12968455, 0.02027379, 0.16497326, 0.30843493, 0.45067975, 0.5917282, 0.7316003, 0.87031543,
        0.99210733, 0.8556496, 0.7202932, 0.5860206, 0.45281443, 0.32065797, 0.18953483, 0.05942894,
        0.007892643, 0.1443504, 0.27970678, 0.41397944, 0.5471856, 0.67934203, 0.81046516, 0.94057107,
        0.9303247, 0.80220664, 0.67506, 0.54887, 0.4236225, 0.29930344, 0.17589916, 0.053396314, 0.069675356,
        0.19779336, 0.32494003, 0.45112997, 0.5763775, 0.7006966, 0.82410085, 0.9466037, 0.9317818, 0.8110429,
        0.691167, 0.5721419, 0.45395562, 0.3365964, 0.22005273, 0.10431338, 0.06821818, 0.18895711, 0.308833,
        0.42785808, 0.5460444, 0.66340363, 0.7799473, 0.8956866, 0.9893673, 0.8752037, 0.76181203, 0.6491819,
        0.53730315, 0.4261658, 0.3157601, 0.20607647, 0.097105555, 0.010632685, 0.124796264, 0.23818794,
        0.3508181, 0.46269685, 0.5738342, 0.6842399, 0.7939235, 0.90289444, 0.98883814, 0.88126516, 0.7743779,
        0.6681675, 0.56262547, 0.45774356, 0.35351348, 0.24992721, 0.14697681, 0.044654567, 0.011161862,
        0.118734814, 0.22562215, 0.33183253, 0.4373745, 0.5422564, 0.6464865, 0.7500728, 0.8530232,
        0.95534545, 0.9429528, 0.8418641, 0.7413811, 0.64149654, 0.5422034, 0.44349468, 0.34536353,
        0.24780324, 0.15080723, 0.054368977, 0.05704717, 0.15813588, 0.2586189, 0.35850343, 0.4577966,
        0.5565053, 0.65463644, 0.7521967, 0.8491928, 0.945631, 0.95848215, 0.8631404, 0.7683376, 0.67406774,
        0.5803248, 0.487103, 0.39439648, 0.30219963, 0.21050687, 0.1193127, 0.028611751, 0.041517876,
        0.13685961, 0.23166238, 0.32593223, 0.41967517, 0.512897, 0.6056035, 0.69780034, 0.78949314,
        0.8806873, 0.9713882, 0.9383987, 0.84866834, 0.7594155, 0.67063516, 0.58232236, 0.49447218,
        0.40707976, 0.3201404, 0.23364942, 0.1476022, 0.06199423, 0.061601296, 0.15133166, 0.24058448,
        0.3293648, 0.41767764, 0.50552785, 0.59292024, 0.6798596, 0.76635057, 0.8523978, 0.93800575,
        0.97682106, 0.8920782, 0.8077615, 0.7238665, 0.6403892, 0.5573253, 0.4746708, 0.39242166, 0.31057394,
        0.22912373, 0.14806719, 0.06740053, 0.023178965, 0.107921764, 0.19223851, 0.27613345, 0.35961083,
        0.4426747, 0.52532923, 0.60757834, 0.68942606, 0.7708763, 0.8519328, 0.9325995, 0.98712003, 0.907222,
        0.8277028, 0.7485589, 0.6697867, 0.5913828, 0.51334375, 0.43566614, 0.35834664, 0.28138202,
        0.20476897, 0.12850434, 0.052584942, 0.012879974, 0.092778005, 0.1722972, 0.25144112, 0.33021328,
        0.4086172, 0.48665625, 0.56433386, 0.64165336, 0.718618, 0.79523104, 0.87149566, 0.94741505,
        0.9770077, 0.9017695, 0.82686734, 0.75229824, 0.6780592, 0.6041474, 0.5305599, 0.45729387, 0.38434654,
        0.31171513, 0.23939693, 0.16738924, 0.09568941, 0.02429481, 0.022992315, 0.09823051, 0.17313267,
        0.24770178, 0.32194078, 0.3958526, 0.4694401, 0.54270613, 0.61565346, 0.6882849, 0.7606031, 0.8326108,
        0.9043106, 0.9757052, 0.95320284, 0.882411, 0.8119167, 0.7417175, 0.6718109, 0.60219455, 0.53286594,
        0.46382275, 0.39506266, 0.32658333, 0.25838247, 0.19045787, 0.12280724, 0.055428427, 0.046797138,
        0.11758899, 0.18808328, 0.25828248, 0.32818907, 0.39780545, 0.46713406, 0.5361772, 0.6049373,
        0.6734167, 0.7416175, 0.8095421, 0.87719274, 0.94457155, 0.9883192, 0.9214775, 0.85490113, 0.78858805,
        0.7225361, 0.6567433, 0.59120756, 0.525927, 0.4608995, 0.3961232, 0.33159614, 0.26731637, 0.20328207,
        0.13949133, 0.075942315, 0.012633195,
    ];
}

/// Tables of `classifier`.
#[allow(unused_imports, clippy::legacy_numeric_constants, reason = "names of all that a table may hold")]
pub mod classifier {
    use core::f32::INFINITY as inf;
    use kws_stages::nn::fixed::Factor;
    use kws_stages::nn::op::{Arithmetic::*, Function::*, Layout::*, Pooling::*, Rounding::*, Source::*, *};
    use kws_stages::nn::plan::Plan;

    /// Operations of one run.
    pub static OPS: [Op; 21] = [
        Op::Move(Move {
        // and 318 lines more, checksum a0fd51cf57d40da6

    /// Operations that give variables their first values.
    pub static START: [Op; 5] = [
        Op::Fill(Fill { to: Span { at: 3168, len: 200 }, value: 0 }),
        Op::Fill(Fill { to: Span { at: 2688, len: 480 }, value: 0 }),
        Op::Fill(Fill { to: Span { at: 1152, len: 896 }, value: 0 }),
        Op::Fill(Fill { to: Span { at: 2048, len: 640 }, value: 0 }),
        Op::Fill(Fill { to: Span { at: 0, len: 1152 }, value: 0 }),
    ];

    /// Weights and tables.
    pub static BYTES: [i8; 0] = [];

    /// Biases, factors and packed weights.
    pub static WORDS: [i32; 27688] = [
        130061, -727467, 151328064, -438239229, -520618992, -791632445, -253169956, 332390333, -32438030,
        // and 3042 lines more, checksum f8b935db459f994a

    /// The model's plan.
    pub static PLAN: Plan<&'static [Op], &'static [i8], &'static [i32]> = Plan {
        ops: &OPS,
        start: &START,
        bytes: &BYTES,
        words: &WORDS,
        input: Span { at: 3376, len: 80 },
        output: Span { at: 3392, len: 10 },
        variables: 3376,
        arena: 4288,
    };
}

/// Tables of `trigger`.
#[allow(unused_imports, clippy::legacy_numeric_constants, reason = "names of all that a table may hold")]
pub mod trigger {
    use kws_stages::decide::Watch;

    /// What each place of the output watches for.
    pub static WATCHES: [Watch; 8] = [
        Watch { label: 2, point: 0, on: 0.715, off: 0.536, min_count: 1, hold: 0, refractory: 16000 },
        Watch { label: 3, point: 0, on: 0.635, off: 0.476, min_count: 1, hold: 0, refractory: 16000 },
        Watch { label: 4, point: 0, on: 0.8, off: 0.6, min_count: 1, hold: 0, refractory: 16000 },
        Watch { label: 5, point: 0, on: 0.745, off: 0.559, min_count: 1, hold: 0, refractory: 16000 },
        Watch { label: 6, point: 0, on: 0.89, off: 0.668, min_count: 1, hold: 0, refractory: 16000 },
        Watch { label: 7, point: 0, on: 0.9, off: 0.675, min_count: 1, hold: 0, refractory: 16000 },
        Watch { label: 8, point: 0, on: 0.81, off: 0.608, min_count: 1, hold: 0, refractory: 16000 },
        Watch { label: 9, point: 0, on: 0.885, off: 0.664, min_count: 1, hold: 0, refractory: 16000 },
    ];
}

/// Tables of `print`.
#[allow(unused_imports, clippy::legacy_numeric_constants, reason = "names of all that a table may hold")]
pub mod print {
    use kws_engine::line::Names;

    /// What the events of each input mean.
    pub static NAMES: [Names<'static>; 1] = [Names {
        stage: "trigger",
        labels: &["silence", "unknown", "yes", "no", "stop", "go", "up", "down", "left", "right"],
        points: &["default"],
        clock: 16000,
    }];
}
