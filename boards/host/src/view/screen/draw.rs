//! Draws the state, in as much room as there is.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Style, Stylize};
use ratatui::symbols::Marker;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Axis, Cell, Chart, Dataset, GraphType, Paragraph, Row, Table};

use super::state::{SPAN, Scores, Stage, State};

/// From this width on, detections stand beside stages.
const WIDE: u16 = 100;
/// The most labels that have a bar.
const BARS: usize = 8;
/// Rows of the smallest chart that says anything.
const CHART: u16 = 6;
/// The quietest level that has a bar, in dBFS.
const QUIET: f64 = -90.0;
/// Columns at both ends of a bar: name and value at the left, threshold at the right.
const NAME: usize = 12;
const VALUE: usize = 6;

const COLOURS: [Color; 6] =
    [Color::Cyan, Color::Yellow, Color::Magenta, Color::Green, Color::Blue, Color::LightRed];

/// Draws all of it.
pub(super) fn draw(frame: &mut Frame<'_>, state: &State) {
    let area = frame.area();
    let width = usize::from(area.width);
    let bars = bars(state, width);
    let wanted = state.stages.len() as u16 + 2;
    let notes = state.notes.len().min(3) as u16;
    let rest = area.height.saturating_sub(2 + bars.len() as u16 + notes);
    let lower = wanted.max(6).min(rest.saturating_sub(CHART).max(rest / 2));
    let [head, over, chart, below, aside, foot] = Layout::vertical([
        Constraint::Length(1),
        Constraint::Length(bars.len() as u16),
        Constraint::Min(0),
        Constraint::Length(lower),
        Constraint::Length(notes),
        Constraint::Length(1),
    ])
    .areas(area);
    frame.render_widget(title(state), head);
    frame.render_widget(Paragraph::new(bars), over);
    if chart.height >= CHART && !state.labels.is_empty() {
        curves(frame, state, chart);
    }
    let [left, right] = if area.width >= WIDE {
        Layout::horizontal([Constraint::Percentage(50); 2]).spacing(2).areas(below)
    } else {
        // The detections of the last seconds matter more than the last of many stages.
        let events = (state.events.len() as u16 + 1).clamp(2, (below.height / 2).max(2));
        Layout::vertical([Constraint::Length(events), Constraint::Min(0)]).areas(below)
    };
    detections(frame, state, left);
    stages(frame, state, right);
    let shown = state.notes.iter().rev().take(usize::from(notes)).rev();
    frame.render_widget(
        Paragraph::new(shown.map(|line| Line::from(line.as_str()).yellow()).collect::<Vec<_>>()),
        aside,
    );
    let keys = "q quit   ↑↓ label   ←→ sensitivity";
    frame.render_widget(Line::from(keys).dim(), foot);
}

fn title(state: &State) -> Line<'static> {
    let mut parts = vec![
        state.name.clone().bold(),
        format!("  {:.1} s  {:.1} % of a core", state.now, 100.0 * state.busy).into(),
    ];
    if state.over {
        parts.push("  over".red());
    }
    if state.missed > 0 {
        parts.push(format!("  {} messages missed", state.missed).yellow());
    }
    Line::from(parts)
}

/// The level, and each label's score against its threshold.
fn bars(state: &State, width: usize) -> Vec<Line<'static>> {
    let mut lines = Vec::new();
    if let (true, Some(last)) = (state.has_sound, state.levels.back()) {
        let recent = || state.levels.iter().rev().take(10);
        let peak = recent().map(|level| level.peak).fold(0.0, f64::max);
        let loudness = recent().map(|level| level.rms).fold(last.rms, f64::max);
        let floor = state.floor().map_or(QUIET, decibels);
        let share = |decibels: f64| 1.0 - decibels / QUIET;
        let colour = if peak >= 0.999 { Color::Red } else { Color::Green };
        let value = if peak >= 0.999 { "clips".to_owned() } else { format!("{:.0} dB", decibels(peak)) };
        let bar =
            Bar { name: "level", value, of: share(decibels(loudness)), mark: Some(share(floor)), colour };
        lines.push(bar.line(width, format!("{floor:.0}")));
    }
    let latest =
        |scores: Option<&Scores>, index: usize| scores.and_then(|scores| scores.of.get(index)).copied();
    let watched = |label: &String| state.threshold(label).is_some();
    // What a trigger watches for comes first.
    let mut order: Vec<usize> = (0..state.labels.len()).collect();
    order.sort_by_key(|&index| !watched(&state.labels[index]));
    let chosen = state.chosen().map(|index| state.knobs[index].label.as_str());
    for index in order.into_iter().take(BARS) {
        let label = &state.labels[index];
        let (score, mark) = (latest(state.scores.back(), index).unwrap_or(0.0), state.threshold(label));
        let name = if chosen == Some(label) { format!("▸{label}") } else { format!(" {label}") };
        let colour = match mark {
            None => Color::DarkGray,
            Some(mark) if score >= mark => Color::LightGreen,
            Some(_) => COLOURS[index % COLOURS.len()],
        };
        let bar = Bar { name: &name, value: format!("{score:.2}"), of: score, mark, colour };
        lines.push(bar.line(width, mark.map_or_else(String::new, |mark| format!("{mark:.2}"))));
    }
    lines
}

/// A bar with a mark in it.
struct Bar<'a> {
    name: &'a str,
    value: String,
    /// Share of the bar that is filled, and where the mark stands.
    of: f64,
    mark: Option<f64>,
    colour: Color,
}

impl Bar<'_> {
    fn line(self, width: usize, end: String) -> Line<'static> {
        let room = width.saturating_sub(NAME + 2 * VALUE + 3);
        let place = |share: f64| (share.clamp(0.0, 1.0) * room as f64).round() as usize;
        let (filled, mark) = (place(self.of), self.mark.map(|mark| place(mark).min(room.saturating_sub(1))));
        let cell = |column: usize| match column {
            _ if mark == Some(column) => Span::from("┃").white(),
            _ if column < filled => Span::styled("█", Style::new().fg(self.colour)),
            _ => "·".dark_gray(),
        };
        let name: String = self.name.chars().take(NAME).collect();
        let mut spans = vec![format!("{name:NAME$} {:>VALUE$} ", self.value).into()];
        spans.extend((0..room).map(cell));
        spans.push(format!(" {end:<VALUE$}").into());
        Line::from(spans)
    }
}

/// The scores of the last seconds against their thresholds.
fn curves(frame: &mut Frame<'_>, state: &State, area: Rect) {
    let watched: Vec<(usize, f64)> = (0..state.labels.len())
        .filter_map(|index| Some((index, state.threshold(&state.labels[index])?)))
        .collect();
    let points = |kept: &std::collections::VecDeque<Scores>, index: usize| -> Vec<(f64, f64)> {
        kept.iter().filter_map(|scores| Some((scores.at - state.now, *scores.of.get(index)?))).collect()
    };
    let raw: Vec<_> = watched.iter().map(|(index, _)| points(&state.raw, *index)).collect();
    let smooth: Vec<_> = watched.iter().map(|(index, _)| points(&state.scores, *index)).collect();
    let lines: Vec<_> = watched.iter().map(|(_, mark)| [(-SPAN, *mark), (0.0, *mark)]).collect();
    let colour = |place: usize| COLOURS[watched[place].0 % COLOURS.len()];
    let mut sets = Vec::new();
    for place in 0..watched.len() {
        let line = Dataset::default().graph_type(GraphType::Line).marker(Marker::Braille);
        let dots = Dataset::default().graph_type(GraphType::Scatter).marker(Marker::Dot);
        sets.push(line.clone().data(&lines[place]).style(Style::new().fg(colour(place)).dim()));
        sets.push(dots.data(&raw[place]).style(Style::new().fg(colour(place)).dim()));
        sets.push(line.data(&smooth[place]).style(Style::new().fg(colour(place))));
    }
    let axis = || Axis::default().style(Style::new().dark_gray());
    let chart = Chart::new(sets)
        .legend_position(None)
        .x_axis(axis().bounds([-SPAN, 0.0]).labels([format!("-{SPAN:.0} s"), "now".to_owned()]))
        .y_axis(axis().bounds([0.0, 1.0]).labels(["0", "1"]));
    frame.render_widget(chart, area);
}

/// Newest first.
fn detections(frame: &mut Frame<'_>, state: &State, area: Rect) {
    let mut lines = vec![Line::from("detections").bold()];
    for found in state.events.iter().rev() {
        let late = found.late.map(|late| format!(", reported {:.0} ms later", 1000.0 * late.max(0.0)));
        let facts = format!("{:>9.2} s  {:.2}{}", found.at, found.score, late.unwrap_or_default());
        lines.push(Line::from(vec![format!("  {:<NAME$}", found.label).green(), facts.into()]));
    }
    if state.events.is_empty() {
        lines.push(Line::from("  none yet").dim());
    }
    frame.render_widget(Paragraph::new(lines), area);
}

/// Stages by lane, and the rings between lanes.
fn stages(frame: &mut Frame<'_>, state: &State, area: Rect) {
    let [upper, lower] =
        Layout::vertical([Constraint::Min(0), Constraint::Length(state.rings.len().min(3) as u16)])
            .areas(area);
    let row = |stage: &Stage| {
        let busy = stage.busy.map_or_else(String::new, |busy| format!("{:.2} %", 100.0 * busy));
        let lost = match stage.restarts {
            0 => stage.gaps.to_string(),
            restarts => format!("{} ({restarts} restarts)", stage.gaps),
        };
        let style = if stage.gaps + stage.restarts > 0 { Style::new().red() } else { Style::new() };
        Row::new([Cell::from(stage.name.clone()), Cell::from(stage.lane.clone())].into_iter().chain([
            Cell::from(Line::from(busy).right_aligned()),
            Cell::from(Line::from(stage.blocks.to_string()).right_aligned()),
            Cell::from(lost).style(style),
        ]))
    };
    let widths = [
        Constraint::Fill(2),
        Constraint::Fill(1),
        Constraint::Length(8),
        Constraint::Length(10),
        Constraint::Length(14),
    ];
    let right = |text: &'static str| Cell::from(Line::from(text).right_aligned());
    let heads = ["stage".into(), "lane".into(), right("CPU"), right("blocks"), "gaps".into()];
    let table = Table::new(state.stages.iter().map(row), widths).header(Row::new(heads).bold());
    frame.render_widget(table, upper);
    let rings = state.rings.iter().map(|ring| Line::from(ring.as_str()).dim());
    frame.render_widget(Paragraph::new(rings.collect::<Vec<_>>()), lower);
}

/// Decibels below full scale.
fn decibels(of: f64) -> f64 {
    (20.0 * of.max(1e-9).log10()).max(QUIET)
}

#[cfg(test)]
mod tests {
    use ratatui::Terminal;
    use ratatui::backend::TestBackend;

    use super::super::state::tests::heard;
    use super::*;

    fn drawn(state: &State, width: u16, height: u16) -> String {
        let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        terminal.draw(|frame| draw(frame, state)).unwrap();
        let buffer = terminal.backend().buffer();
        let row = |y: u16| (0..width).map(|x| buffer[(x, y)].symbol()).collect::<String>() + "\n";
        (0..height).map(row).collect()
    }

    #[test]
    fn everything_is_seen_in_a_narrow_terminal_and_in_a_wide_one() {
        for (width, height) in [(60, 24), (60, 40), (120, 30)] {
            let text = drawn(&heard(), width, height);
            for expected in [
                "yes_no  11.5 s  3.0 % of a core",
                "4 messages missed",
                "level        -20 dB",
                "▸yes           0.80",
                "0.70",
                " silence       0.20",
                "  yes             11.50 s  0.83, reported 30 ms later",
                "classifier",
                "2 (1 restarts)",
                "mic → window: at most 3 of 8, 1 lost",
                "gap: `mic` lost 0.100 s",
                "q quit",
            ] {
                assert!(text.contains(expected), "`{expected}` is not in\n{text}");
            }
        }
    }

    #[test]
    fn a_bar_is_filled_to_the_score_and_marked_at_the_threshold() {
        let text = drawn(&heard(), 60, 24);
        let bar = text.lines().find(|line| line.contains("▸yes")).unwrap();
        let cells: Vec<char> = bar.chars().skip(NAME + VALUE + 2).take(60 - NAME - 2 * VALUE - 3).collect();
        let (filled, mark) =
            (cells.iter().rposition(|&c| c == '█').unwrap(), cells.iter().position(|&c| c == '┃'));
        assert_eq!((filled, mark), (25, Some(23)), "{bar}");
    }

    #[test]
    fn no_size_is_too_small() {
        for width in 0..70 {
            for height in 0..12 {
                drawn(&heard(), width, height);
                drawn(&State::default(), width, height);
            }
        }
    }
}
