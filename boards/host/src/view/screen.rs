//! `--tui`: the view of a run in a terminal.
//!
//! It is a viewer like a browser: it reads the same messages, and one that is slow misses some.

mod draw;
mod state;

use std::io::{self, Stderr, stderr};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, TryRecvError, bounded, unbounded};
use kws_engine::{Knob, Plan};
use ratatui::backend::CrosstermBackend;
use ratatui::crossterm::event::{self, Event, KeyCode, KeyEvent, KeyModifiers};
use ratatui::crossterm::execute;
use ratatui::crossterm::terminal::{
    EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};

use super::{Screen, View};
use state::State;

/// Time between two drawings.
const EVERY: Duration = Duration::from_millis(50);
/// What a press of an arrow key adds to a sensitivity.
const STEP: f32 = 0.05;

/// A terminal view under way. It ends, and leaves the terminal as it was, when it is dropped.
pub(super) struct Terminal {
    /// Lines that are to be shown among the others.
    lines: Sender<String>,
    /// Tells that a person wants to leave.
    left: Receiver<()>,
    /// Ends the thread when it is dropped.
    end: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Terminal {
    /// Takes the terminal over.
    ///
    /// # Errors
    /// When standard error is no terminal, or keys cannot be read.
    pub(super) fn open(view: &View, plan: &Plan) -> io::Result<Terminal> {
        let (past, coming) = view.feed.join();
        let (lines, notes) = unbounded();
        let (leave, left) = bounded(1);
        let (end, ended) = bounded::<()>(0);
        let mut shown = Shown {
            state: State::default(),
            knobs: plan.knobs.clone(),
            coming,
            notes,
            leave,
            ended,
            drawn: Drawn::begin()?,
        };
        past.iter().for_each(|message| shown.state.take(message));
        let show = move || {
            // A terminal that goes away ends the view, not the run.
            let _ = shown.run();
        };
        let thread = std::thread::Builder::new().name("screen".to_owned()).spawn(show)?;
        Ok(Terminal { lines, left, end: Some(end), thread: Some(thread) })
    }
}

impl Screen for Terminal {
    fn lines(&self) -> Sender<String> {
        self.lines.clone()
    }

    fn left(&self) -> Receiver<()> {
        self.left.clone()
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.end = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// A terminal in raw mode on its other page.
struct Drawn(ratatui::Terminal<CrosstermBackend<Stderr>>);

impl Drawn {
    fn begin() -> io::Result<Drawn> {
        enable_raw_mode()?;
        let terminal = execute!(stderr(), EnterAlternateScreen)
            .and_then(|()| ratatui::Terminal::new(CrosstermBackend::new(stderr())));
        match terminal {
            Ok(terminal) => Ok(Drawn(terminal)),
            Err(error) => {
                restore();
                Err(error)
            }
        }
    }
}

impl Drop for Drawn {
    fn drop(&mut self) {
        restore();
        let _ = self.0.show_cursor();
    }
}

/// As far as there is still a terminal.
fn restore() {
    let _ = execute!(stderr(), LeaveAlternateScreen);
    let _ = disable_raw_mode();
}

/// What the view's thread works with.
struct Shown {
    state: State,
    knobs: Vec<Knob>,
    coming: Receiver<Arc<str>>,
    notes: Receiver<String>,
    leave: Sender<()>,
    ended: Receiver<()>,
    drawn: Drawn,
}

impl Shown {
    fn run(&mut self) -> io::Result<()> {
        while self.ended.try_recv() != Err(TryRecvError::Disconnected) {
            self.coming.try_iter().for_each(|message| self.state.take(&message));
            self.notes.try_iter().for_each(|line| self.state.note(line));
            self.drawn.0.draw(|frame| draw::draw(frame, &self.state))?;
            let next = Instant::now() + EVERY;
            while event::poll(next.saturating_duration_since(Instant::now()))? {
                if let Event::Key(key) = event::read()?
                    && key.is_press()
                {
                    self.press(key);
                }
            }
        }
        Ok(())
    }

    fn press(&mut self, key: KeyEvent) {
        let interrupts = key.modifiers.contains(KeyModifiers::CONTROL) && key.code == KeyCode::Char('c');
        match key.code {
            _ if interrupts => self.end(),
            KeyCode::Char('q') | KeyCode::Esc => self.end(),
            KeyCode::Up => self.state.choose(-1),
            KeyCode::Down | KeyCode::Tab => self.state.choose(1),
            KeyCode::Left => self.turn(-STEP),
            KeyCode::Right => self.turn(STEP),
            _ => {}
        }
    }

    /// Asks for the end of the run, once.
    fn end(&self) {
        let _ = self.leave.try_send(());
    }

    /// Changes the sensitivity of the chosen label.
    fn turn(&mut self, by: f32) {
        let Some(knob) = self.state.chosen().and_then(|index| self.knobs.get(index)) else { return };
        knob.turn((knob.value() + by).clamp(0.0, 1.0));
        self.state.turned(knob.value());
    }
}
