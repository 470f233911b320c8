//! A WAV file of 16 kHz in, its events out: `cargo run --release -p kws --example events -- talk.wav`.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let wav = std::env::args().nth(1).ok_or("usage: events FILE.wav (16 kHz)")?;
    let samples: Vec<i16> = hound::WavReader::open(wav)?.into_samples().collect::<Result<_, _>>()?;

    let plan = kws::read("pipelines/yes_no.toml")?;
    let mut session = plan.session()?;
    let mut show = |output: kws::Output<'_>| {
        for event in output.detections() {
            println!("{:7.3} s  {}  {:.2}", event.seconds(), event.label(), event.score());
        }
    };
    session.push("mic", &samples, &mut show)?;
    session.finish(&mut show)?;
    Ok(())
}
