//! A wire that does harm.

/// Random numbers, the same in every run.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Random(seed.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub(crate) fn bits(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 16
    }

    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.bits() % limit
    }
}

/// Of a thousand frames how many are harmed, and how.
pub(crate) struct Harm {
    pub(crate) lose: u64,
    pub(crate) double: u64,
    /// Overtaken by later ones.
    pub(crate) delay: u64,
    pub(crate) flip: u64,
    /// Preceded by bytes that are nothing.
    pub(crate) garbage: u64,
}

impl Harm {
    #[allow(dead_code, reason = "one of the tests harms nothing")]
    pub(crate) const NONE: Harm = Harm { lose: 0, double: 0, delay: 0, flip: 0, garbage: 0 };
}

/// What is under way, with the time at which it arrives.
#[derive(Default)]
pub(crate) struct Wire(Vec<(u64, Vec<u8>)>);

impl Wire {
    /// Sends a frame, and harms it unless it is `calm`.
    pub(crate) fn send(&mut self, frame: &[u8], now: u64, harm: &Harm, calm: bool, random: &mut Random) {
        let mut happens = |rate: u64| !calm && random.below(1000) < rate;
        let (lose, double, delay) = (happens(harm.lose), happens(harm.double), happens(harm.delay));
        let (flip, garbage) = (happens(harm.flip), happens(harm.garbage));
        let mut bytes = frame.to_vec();
        if flip {
            let bit = random.below(8 * bytes.len() as u64) as usize;
            bytes[bit / 8] ^= 1 << (bit % 8);
        }
        if garbage {
            let noise: Vec<u8> = (0..random.below(50)).map(|_| random.bits() as u8).collect();
            bytes.splice(0..0, noise);
        }
        let at = now + 5 + if delay { random.below(700) } else { 0 };
        if !lose {
            self.0.push((at, bytes.clone()));
        }
        if double {
            self.0.push((at + random.below(300), bytes));
        }
    }

    /// What has arrived.
    pub(crate) fn receive(&mut self, now: u64) -> Vec<u8> {
        // In the order of arrival; of one moment in the order in which it was sent.
        self.0.sort_by_key(|(at, _)| *at);
        let come = self.0.iter().take_while(|(at, _)| *at <= now).count();
        self.0.drain(..come).flat_map(|(_, bytes)| bytes).collect()
    }

    /// The connection breaks: what is under way is lost.
    pub(crate) fn cut(&mut self) {
        self.0.clear();
    }
}
