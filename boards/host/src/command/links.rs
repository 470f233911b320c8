//! Links between places: what carries them, and what `--check` shows of them.

use std::io::{self, Write};

use anstyle::Style;
use crossbeam_channel::Sender;
use kws_carrier::{Address, News, WarmUp};
use kws_engine::firmware::{Board, Firmware};
use kws_engine::run::{LinkEnd, RunError};
use kws_engine::{
    Cut, Density, Direction, Flow, LinkEdge, LinkPlan, Node, Pipeline, Plan, PlannedStage, Port, Registry,
    StageFault, around, nearest,
};

use super::arguments::Arguments;
use super::command_error::CommandError;
use super::journal::{Level, tell};
use super::table::{Side, Table};
use super::units;

const TITLE: Style = Style::new().bold();

/// Each place that this part exchanges blocks with has a link, and each link that was given has such a place.
pub(crate) fn match_places(plan: &Plan, arguments: &Arguments) -> Result<(), CommandError> {
    let known: Vec<&str> = plan.links.iter().map(|link| link.place.as_str()).collect();
    let this = arguments.place.as_deref().unwrap_or_default();
    for (place, _) in &arguments.link {
        if !known.contains(&place.as_str()) {
            let meant = nearest(place, &known).map(|near| format!("did you mean `{near}`? "));
            let meant = meant.unwrap_or_default();
            let help = match &known[..] {
                [] => "remove this `--link`".to_owned(),
                known => format!("{meant}available: `{}`", known.join("`, `")),
            };
            return Err(CommandError::usage(format!(
                "`--link {place}=…`: `{this}` exchanges no blocks with a place `{place}`\n  = help: {help}"
            )));
        }
    }
    for place in known {
        if arguments.link.iter().all(|(given, _)| given != place) {
            return Err(CommandError::Lacking(missing(place)));
        }
    }
    Ok(())
}

fn missing(place: &str) -> String {
    format!("no link to the place `{place}`; add `--link {place}=ADDRESS`, such as tcp:HOST:PORT")
}

/// What carries a link of the part that runs.
pub(crate) fn carrier(
    link: &LinkPlan,
    arguments: &Arguments,
    warm_up: Option<&WarmUp>,
    news: &Sender<News>,
) -> Result<impl FnOnce(LinkEnd) + Send + use<>, RunError> {
    let given = arguments.link.iter().find(|(place, _)| *place == link.place);
    let Some((_, address)) = given else {
        let fault = StageFault::because(missing(&link.place));
        return Err(RunError { stage: "link".to_owned(), fault });
    };
    let (address, link, news, warm_up) = (address.clone(), link.clone(), news.clone(), warm_up.cloned());
    Ok(move |end| {
        address.carry(&link, end, warm_up, move |happened| {
            let _ = news.send(happened);
        });
    })
}

/// What senders hold for this place is less than what it reads again when it has been killed.
pub(crate) fn tell_what_is_short(plan: &Plan, arguments: &Arguments, warm_up: &WarmUp) {
    let reads = warm_up.reads_back().as_secs_f64();
    let is_stored = |link: &&LinkPlan| {
        let given = arguments.link.iter().find(|(place, _)| *place == link.place);
        matches!(given, Some((_, Address::Nats(server))) if server.keep.is_some())
    };
    for link in plan.links.iter().filter(|link| !is_stored(link)) {
        let comes = |edge: &&LinkEdge| edge.direction == Direction::In;
        for edge in link.edges.iter().filter(comes).filter(|edge| edge.port.density == Density::Dense) {
            let block = edge.port.seconds(edge.port.period);
            let holds = edge.depth as f64 * block;
            if holds >= reads {
                continue;
            }
            let (style, needs) = (Level::Notice.style(), (reads / block).ceil());
            tell(
                Level::Notice,
                format_args!(
                    "{style}notice:{style:#} `{}` holds {} s of `{}` for this place, which reads {} s again when it has been killed: \
                     there will be a gap; set `depth = {needs}` or more at the stage that reads it",
                    link.place,
                    units::number(holds),
                    plan.stages[edge.stage].name,
                    units::number(reads),
                ),
            );
        }
    }
}

/// Keeps a sink from doing again what an earlier run of its place has done.
pub(crate) fn dress(
    plan: &Plan,
    stage: &PlannedStage,
    node: Box<dyn Node>,
    warm_up: Option<&WarmUp>,
) -> Box<dyn Node> {
    let Some(warm_up) = warm_up.filter(|_| stage.output.is_none()) else { return node };
    let index = plan.stages.iter().position(|other| other.name == stage.name);
    let fed = plan.edges.iter().filter(|edge| Some(edge.to) == index && edge.input == 0);
    let Some(clock) =
        fed.filter_map(|edge| plan.stages[edge.from].output.as_ref()).map(|port| port.clock).next()
    else {
        return node;
    };
    let (warm_up, busy) = (warm_up.clone(), warm_up.busy());
    around(node, move |node, inputs, output| {
        // Until the sink is over.
        let _ = &busy;
        if warm_up.is_heard(inputs.at, clock) { Ok(Flow::Skip) } else { node.fire(inputs, output) }
    })
}

/// The boards of a pipeline's places, which must be known and have what their links need.
pub(crate) fn boards(pipeline: &Pipeline, plan: &Plan) -> Result<Vec<Option<Board>>, CommandError> {
    let board = |(index, place): (usize, &kws_engine::Place)| -> Result<Option<Board>, CommandError> {
        let Some(name) = &place.board else { return Ok(None) };
        let board = super::board::find(name).map_err(|error| {
            pipeline.board_refused(index, format!("`board` of `{}`: {error}", place.name))
        })?;
        let leaves = plan.cuts.iter().any(|cut| plan.stages[cut.from].place == index);
        if leaves && board.serial.is_none() {
            let message = format!(
                "the place `{}` sends to other places, but its board `{name}` has no serial port",
                place.name
            );
            let help = "choose a board with `serial` in boards.toml, or run all of its stages there";
            return Err(pipeline.board_refused(index, message).help(help).into());
        }
        Ok(Some(board))
    };
    plan.places.iter().enumerate().map(board).collect()
}

/// Writes the links of a pipeline, what the sender of each could send instead, and what a day takes from the batteries.
pub(crate) fn write(
    pipeline: &Pipeline,
    registry: &Registry,
    plan: &Plan,
    boards: &[Option<Board>],
    to: &mut impl Write,
) -> io::Result<()> {
    if plan.cuts.is_empty() {
        return Ok(());
    }
    writeln!(to)?;
    cuts(plan, to)?;
    writeln!(
        to,
        "\nBytes as on the wire. Typically a gate is open a tenth of the time, and there is an event a minute; at worst gates \
         are always open, and there is an event a second, or one clip after the other."
    )?;
    for (index, board) in boards.iter().enumerate() {
        instead(plan, index, board.as_ref(), to)?;
        if let Some(board) = board {
            energy(pipeline, registry, plan, index, board, to)?;
        }
    }
    Ok(())
}

/// Bytes a second of what a port carries as they are on the wire, at worst and typically.
fn rates(port: &Port) -> (f64, f64) {
    let (worst, typical) = port.blocks_per_second();
    let bytes = port.wire_bytes() as f64;
    (worst * bytes, typical * bytes)
}

fn per_second(bytes: f64) -> String {
    format!("{}/s", units::bytes_of(bytes))
}

fn cuts(plan: &Plan, to: &mut impl Write) -> io::Result<()> {
    use Side::{Left, Right};
    let mut table = Table::new(
        2,
        &[
            ("link from", Left),
            ("to", Left),
            ("carries", Left),
            ("typically", Right),
            ("at worst", Right),
            ("delay", Right),
            ("buffer", Right),
            ("holds", Right),
            ("on full", Left),
        ],
    );
    for cut in &plan.cuts {
        let Some(port) = plan.cut_port(cut) else { continue };
        let (worst, typical) = rates(port);
        let place = |index: usize| plan.places[index].name.clone();
        table.row([
            place(plan.stages[cut.from].place),
            place(cut.to),
            format!("{}: {}", plan.stages[cut.from].name, port.role),
            per_second(typical),
            per_second(worst),
            units::millis(port.seconds(port.delay)),
            units::bytes(cut.memory(port)),
            holds(cut, port),
            if plan.is_lossy(cut) { "gap" } else { "waits" }.to_owned(),
        ]);
    }
    table.write(to, "  ")
}

/// For how long the sender's memory lasts while there is no connection.
fn holds(cut: &Cut, port: &Port) -> String {
    match port.blocks_per_second() {
        (_, typical) if typical > 0.0 => {
            let seconds = cut.depth as f64 / typical;
            if seconds < 120.0 {
                format!("{} s", units::number(seconds))
            } else {
                format!("{} min", units::number(seconds / 60.0))
            }
        }
        _ => String::new(),
    }
}

/// What a place could send in the place of what it does.
fn instead(plan: &Plan, place: usize, board: Option<&Board>, to: &mut impl Write) -> io::Result<()> {
    use Side::{Left, Right};
    let sends = |stage: usize| plan.cuts.iter().any(|cut| cut.from == stage);
    let is_here = |stage: &usize| plan.stages[*stage].place == place;
    let count = (0..plan.stages.len()).filter(is_here).filter(|stage| sends(*stage)).count();
    if count == 0 {
        return Ok(());
    }
    let mut table = Table::new(
        2,
        &[
            ("", Left),
            ("cut behind", Left),
            ("carries", Left),
            ("typically", Right),
            ("at worst", Right),
            ("of the line", Right),
            ("radio a day", Right),
        ],
    );
    for stage in (0..plan.stages.len()).filter(is_here) {
        let Some(port) = &plan.stages[stage].output else { continue };
        let (worst, typical) = rates(port);
        let line = board.and_then(|board| board.serial).map(|bits| 10.0 * typical / f64::from(bits));
        let power = board.and_then(|board| board.power).filter(|power| power.sent_uc > 0.0);
        let radio = power.map(|power| power.joules_a_day(0.0, typical) - power.joules_a_day(0.0, 0.0));
        table.row([
            if sends(stage) { ">" } else { "" }.to_owned(),
            plan.stages[stage].name.clone(),
            port.role.to_string(),
            per_second(typical),
            per_second(worst),
            line.map_or_else(String::new, units::percent),
            radio.map_or_else(String::new, |joules| format!("{} J", units::number(joules))),
        ]);
    }
    writeln!(to, "\nwhat {TITLE}{}{TITLE:#} could send; > marks what it does", plan.places[place].name)?;
    table.write(to, "  ")
}

/// What a board takes from its battery in a day.
fn energy(
    pipeline: &Pipeline,
    registry: &Registry,
    plan: &Plan,
    place: usize,
    board: &Board,
    to: &mut impl Write,
) -> io::Result<()> {
    let Some(power) = board.power else { return Ok(()) };
    let mut registry = registry.clone();
    kws_devices::bind(&mut registry);
    kws_devices::register(&mut registry);
    let name = &plan.places[place].name;
    let firmware = match Firmware::at(pipeline, board, &registry, Some(name)) {
        Ok(firmware) => firmware,
        Err(error) => {
            return writeln!(to, "{name} on {}: no estimate of its energy: {}", board.name, error.message);
        }
    };
    let sent: f64 = plan
        .cuts
        .iter()
        .filter(|cut| plan.stages[cut.from].place == place)
        .filter_map(|cut| plan.cut_port(cut))
        .map(|port| rates(port).1)
        .sum();
    let awake = firmware.budget.core_share.min(1.0);
    let joules = power.joules_a_day(awake, sent);
    writeln!(
        to,
        "{name} on {}: awake {} of the time, sends {}; {} J a day, {} mA on average",
        board.name,
        units::percent(awake),
        per_second(sent),
        units::number(joules),
        units::number(joules / power.volts / 86.4),
    )
}
