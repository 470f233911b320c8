//! What a process takes.

/// Memory and processor time of a process.
#[derive(Clone, Copy, Debug)]
pub(super) struct Usage {
    /// Bytes of resident memory.
    pub(super) resident: u64,
    /// Seconds of processor time.
    pub(super) seconds: f64,
}

impl Usage {
    /// Of a process of this machine, where `/proc` tells it.
    pub(super) fn of(pid: u32) -> Option<Self> {
        let read = |file: &str| std::fs::read_to_string(format!("/proc/{pid}/{file}")).ok();
        let status = read("status")?;
        let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        let resident: u64 = resident.trim().strip_suffix("kB")?.trim().parse().ok()?;
        let stat = read("stat")?;
        // The second field is the name in brackets, which may hold anything.
        let mut fields = stat.rsplit_once(") ")?.1.split(' ').skip(11);
        let mut ticks = || fields.next()?.parse::<u64>().ok();
        let ticks = ticks()? + ticks()?;
        // USER_HZ is 100 on every architecture of Linux.
        Some(Usage { resident: resident * 1024, seconds: ticks as f64 / 100.0 })
    }
}
