//! A microphone that stalls, overruns, clips or restarts: the same gaps, and detection goes on as on the host.

use super::emulator::{Emulation, M4F, emulate};
use super::host::{self, Heard, pipelines, recording, samples, written};

/// The firmware over the recording with disturbances of its emulated microphone.
fn emulated(arguments: &[&str]) -> Emulation {
    emulate(M4F, &pipelines().join("yes_no_tiny.toml"), &recording("yes_no"), arguments)
}

/// The host over the recording with what its `fault` does to it.
fn on_host(fault: &str) -> Heard {
    host::run_with(&pipelines().join("yes_no_tiny.toml"), &recording("yes_no"), fault)
}

/// The host's reports of gaps as lines.
fn lines(heard: &Heard) -> Vec<String> {
    let seconds = |ticks: u64| ticks as f64 / 16_000.0;
    let line = |lost, at| format!("gap: `mic` lost {:.3} s, until {:.3} s", seconds(lost), seconds(at));
    heard.gaps.iter().map(|gap| line(gap.lost, gap.at)).collect()
}

fn assert_same(emulation: &Emulation, heard: &Heard, about: &str) {
    assert_eq!(emulation.gaps, lines(heard), "{about}");
    assert_eq!(emulation.events, heard.events, "{about}");
    let last = emulation.events.lines().last().unwrap_or_default();
    assert!(last.contains("\"time\":30.") || last.contains("\"time\":31."), "{about}: nothing since {last}");
}

/// Also where a gap is no whole number of blocks: every microphone widens it.
const GAPS: &str = "gaps = [{ at_ms = 4000, length_ms = 210 }, { at_ms = 12000, length_ms = 500 }]";

#[test]
#[ignore = "`.ci/firmware` runs it"]
fn overruns_and_restarts_are_the_hosts_gaps() {
    let heard = on_host(GAPS);
    for arguments in [
        ["disturbance=overrun@4000+203", "disturbance=overrun@12000+500"],
        ["disturbance=restart@4000+203", "disturbance=restart@12000+500"],
    ] {
        assert_same(&emulated(&arguments), &heard, arguments[0]);
        let paced = [&arguments[..], &["paced"]].concat();
        assert_same(&emulated(&paced), &heard, "by the clock");
    }
}

#[test]
#[ignore = "`.ci/firmware` runs it"]
fn a_stall_delays_and_loses_nothing() {
    let heard = on_host("");
    assert_same(&emulated(&["disturbance=stall@4000+700"]), &heard, "as fast as possible");
    assert_same(&emulated(&["disturbance=stall@4000+700", "paced"]), &heard, "by the clock");
}

#[test]
#[ignore = "`.ci/firmware` runs it"]
fn what_is_clipped_is_heard_as_the_host_hears_it() {
    let sound = recording("yes_no");
    let clipped = || {
        let mut clipped = samples(&sound);
        clipped[48_000..80_000].iter_mut().for_each(|sample| *sample = sample.saturating_mul(64));
        clipped
    };
    let heard = host::run(&pipelines().join("yes_no_tiny.toml"), &written("clipped", clipped));
    assert_same(&emulated(&["disturbance=clip@3000+2000"]), &heard, "clipped");
}

/// A main loop that does something else, until the ring of 64 ms runs over: what is lost depends on when it came to
/// that, so the host hears the same gap afterwards.
#[test]
#[ignore = "`.ci/firmware` runs it"]
fn a_ring_that_runs_over_is_a_gap() {
    let emulation = emulated(&["disturbance=busy@9000+400", "paced"]);
    let [gap] = &emulation.gaps[..] else { panic!("{:?}", emulation.gaps) };
    let numbers: Vec<f64> = gap.split(' ').filter_map(|word| word.parse().ok()).collect();
    let [lost, until] = numbers[..] else { panic!("{gap}") };
    assert!((0.28..=0.40).contains(&lost), "{gap}");
    let (at, length) = ((until - lost) * 1000.0, lost * 1000.0);
    let heard = on_host(&format!("gaps = [{{ at_ms = {at:.0}, length_ms = {length:.0} }}]"));
    assert_same(&emulation, &heard, gap);
}
