//! A cable between two pseudoterminals.
#![allow(unreachable_pub, reason = "a module of test binaries")]
#![allow(clippy::unwrap_used, reason = "this is test code")]

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

/// A cable between two pseudoterminals: the paths of its ends. It lasts as long as the program.
pub fn cable() -> [PathBuf; 2] {
    use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
    let end = || {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&master).unwrap();
        unlockpt(&master).unwrap();
        let path = PathBuf::from(ptsname(&master, Vec::new()).unwrap().into_string().unwrap());
        // Somebody must have it open, or reading from the other side ends.
        let keep = OpenOptions::new().read(true).write(true).open(&path).unwrap();
        let mut settings = rustix::termios::tcgetattr(&keep).unwrap();
        settings.make_raw();
        rustix::termios::tcsetattr(&keep, rustix::termios::OptionalActions::Now, &settings).unwrap();
        (File::from(master), path, keep)
    };
    let ((one, first, keep_one), (other, second, keep_other)) = (end(), end());
    let keeps = Arc::new(Mutex::new((keep_one, keep_other)));
    let ends = [(one.try_clone().unwrap(), other.try_clone().unwrap()), (other, one)];
    for (mut from, mut to) in ends {
        let keeps = keeps.clone();
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(len) = from.read(&mut buffer) {
                if len == 0 || to.write_all(&buffer[..len]).is_err() {
                    break;
                }
            }
            drop(keeps);
        });
    }
    [first, second]
}
