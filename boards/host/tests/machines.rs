//! The shipped cascade on three machines: its node as firmware in the emulator, its hub and its cloud as programs, a real NATS
//! server between these. The cloud prints what one program prints.
#![cfg(all(unix, feature = "nats"))]
#![allow(clippy::unwrap_used, reason = "this is test code")]

use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use kws_carrier::testing::NatsServer;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

/// A program that is killed when the test ends before it does.
struct Program(Option<Child>);

impl Program {
    fn start(command: &mut Command) -> Self {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        Program(Some(command.spawn().unwrap()))
    }

    /// Waits for its end: what it has printed.
    fn prints(mut self) -> String {
        let Output { status, stdout, stderr } = self.0.take().unwrap().wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&stderr);
        assert!(status.success() && !said.contains("gap"), "{said}");
        String::from_utf8(stdout).unwrap()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        if let Some(child) = &mut self.0 {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

fn kws_run(arguments: &[&str]) -> Program {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kws-run"));
    Program::start(command.arg(format!("{ROOT}/pipelines/cascade.toml")).args(arguments))
}

#[test]
#[ignore = "`.ci/links` runs it: it needs the emulator"]
fn a_node_as_firmware_a_hub_and_a_cloud_print_what_one_program_prints() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let Some(nats) = NatsServer::start(Path::new(&path("stored"))).unwrap() else {
        println!("SKIPPED: the cascade on three machines: `nats-server` is not installed");
        return;
    };
    // The emulator reads WAV files.
    let shipped = format!("file:{ROOT}/pipelines/recordings/yes_no.flac");
    let take = path("take");
    let whole_keeps = format!("kept.folder={}", path("whole"));
    let whole = kws_run(&["--source", &shipped, "--record", &take, "--set", &whole_keeps]).prints();
    assert!(whole.lines().count() > 5, "{whole}");
    let node = format!("unix:{}", path("node"));
    let bus = format!("{}?keep=1h", nats.url());
    let link = |place: &str, address: &str| format!("{place}={address}");
    let hub_keeps = format!("kept.folder={}", path("parts"));
    let (node_link, cloud_link) = (link("node", &node), link("cloud", &bus));
    let cloud = kws_run(&["--place", "cloud", "--link", &link("hub", &bus)]);
    let hub = kws_run(&["--place", "hub", "--set", &hub_keeps, "--link", &node_link, "--link", &cloud_link]);
    let mut firmware = Command::new(format!("{ROOT}/boards/qemu/run"));
    firmware
        // What this test was started with is not meant for the firmware's cargo.
        .env_remove("CARGO_TARGET_DIR")
        .envs([("MACHINE", "mps2-an386"), ("PLACE", "node")])
        .env("PIPELINE", format!("{ROOT}/pipelines/cascade.toml"))
        .env("SERIAL", format!("{node},server=on,wait=off"))
        .args(["pipeline", &format!("wav={take}/mic.wav")]);
    Program::start(&mut firmware).prints();
    hub.prints();
    assert_eq!(cloud.prints(), whole);
    let kept = |name: &str| std::fs::read_to_string(path(&format!("{name}/manifest.csv"))).unwrap();
    assert_eq!(kept("parts"), kept("whole"));
}
