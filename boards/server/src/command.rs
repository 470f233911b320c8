//! The command `kws-serve`.

mod arguments;

use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use clap::Parser;
use kws::Pipeline;
use kws_service::Supervisor;

use crate::load;
use crate::{Server, ServerError, actions, journal};
use arguments::{Arguments, Command, LoadArguments};

/// How often the main thread looks whether all is well.
const LOOK: Duration = Duration::from_secs(1);

/// Parses the command line and does what it says: 0 when the service was stopped by a signal or the load was carried,
/// 1 when it cannot serve or detections were lost, 2 on bad usage.
pub fn run() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help that nobody reads to its end is no failure.
            let _ = error.print();
            return ExitCode::from(error.exit_code() as u8);
        }
    };
    journal::install(arguments.log);
    let done = match &arguments.command {
        Some(Command::Load(load)) => drive(load),
        #[cfg(feature = "nats")]
        None if arguments.place().is_some() => work(&arguments).map(|()| ExitCode::SUCCESS),
        None => serve(&arguments).map(|()| ExitCode::SUCCESS),
    };
    done.unwrap_or_else(|error| {
        // Nothing is left to tell it to when standard error is gone.
        let _ = writeln!(io::stderr(), "error: {error}");
        ExitCode::FAILURE
    })
}

/// Serves until a signal comes.
fn serve(arguments: &Arguments) -> Result<(), ServerError> {
    let (stop, stopped) = channel();
    // Without it a signal ends the program at once, which is no worse for clients.
    if let Err(error) = ctrlc::set_handler(move || {
        // A second signal finds nobody who listens.
        let _ = stop.send(());
    }) {
        log::warn!("cannot wait for signals: {error}");
    }
    let mut pipelines =
        arguments.pipelines.iter().map(|path| Pipeline::read(path)).collect::<Result<Vec<_>, _>>()?;
    actions::leave_out(&mut pipelines);
    arguments.apply(&mut pipelines)?;
    let server = Server::start(pipelines, &arguments.options())?;
    for address in server.addresses() {
        log::info!("serving `{}` at {address}", server.names().join("`, `"));
        if !address.is_local() {
            log::warn!("{address} is open to the network: Wyoming has no passwords and no encryption");
        }
    }
    if let Some(address) = server.metrics_address() {
        log::info!("metrics at http://{address}/metrics");
    }
    if let Some(url) = server.view() {
        log::info!("view: {url}");
    }
    #[cfg(feature = "zeroconf")]
    let _announced =
        arguments.zeroconf.as_ref().map(|name| crate::zeroconf::announce(name, server.addresses()));
    let mut supervisor = Supervisor::new();
    supervisor.ready();
    let mut reported = Instant::now();
    while let Err(RecvTimeoutError::Timeout) = stopped.recv_timeout(LOOK) {
        if !server.is_well() {
            return Err(ServerError::Pipeline("a thread of the service ended; the log says why".to_owned()));
        }
        if !supervisor.alive(server.turns()) {
            log::error!("a worker hangs: the watchdog gets no sign of life");
        }
        if arguments.health.is_some_and(|every| reported.elapsed().as_secs_f64() >= every) {
            reported = Instant::now();
            log::info!("{}", server.health());
        }
    }
    supervisor.stopping();
    log::info!("stopping: {}", server.health());
    Ok(())
}

/// Works at a place until a signal comes.
#[cfg(feature = "nats")]
fn work(arguments: &Arguments) -> Result<(), ServerError> {
    let Some(options) = arguments.place() else { return Ok(()) };
    let [path] = &arguments.pipelines[..] else {
        return Err(ServerError::Pipeline("`--place` expects one pipeline".to_owned()));
    };
    let (stop, stopped) = tokio::sync::oneshot::channel();
    let mut stop = Some(stop);
    if let Err(error) = ctrlc::set_handler(move || {
        if let Some(stop) = stop.take() {
            // Whoever worked has ended for a reason of its own.
            let _ = stop.send(());
        }
    }) {
        log::warn!("cannot wait for signals: {error}");
    }
    let mut pipelines = [Pipeline::read(path)?];
    arguments.apply(&mut pipelines)?;
    crate::place::work(&pipelines[0], &options, stopped)
}

/// Loads a service, and says how it did.
fn drive(arguments: &LoadArguments) -> Result<ExitCode, ServerError> {
    let report = load::run(&arguments.options()?)?;
    let mut stdout = io::stdout();
    let written =
        if arguments.json { writeln!(stdout, "{}", report.json()) } else { write!(stdout, "{report}") };
    match written {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => return Err(error.into()),
        _ => {}
    }
    Ok(if report.is_whole() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
