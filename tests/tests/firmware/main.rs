//! Written pipelines, compiled for this computer, against the threaded runner.

use kws_engine::{Fault, Flow, Stage};

/// What firmware is given as its microphone: samples from memory.
pub struct Mic<const BLOCK: usize> {
    samples: std::vec::IntoIter<i16>,
}

impl<const BLOCK: usize> Stage for Mic<BLOCK> {
    type In = ();
    type Out = i16;

    fn process(&mut self, (): (), output: &mut [i16]) -> Result<Flow, Fault> {
        for place in output {
            let Some(sample) = self.samples.next() else { return Ok(Flow::End) };
            *place = sample;
        }
        Ok(Flow::Emit)
    }
}

thread_local! {
    static WRITTEN: std::cell::RefCell<String> = const { std::cell::RefCell::new(String::new()) };
}

/// What firmware is given to write lines to.
#[derive(Clone, Copy)]
pub struct Output;

impl std::fmt::Write for Output {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        WRITTEN.with_borrow_mut(|written| written.push_str(text));
        Ok(())
    }
}

mod yes_no {
    include!(concat!(env!("OUT_DIR"), "/yes_no.rs"));
}

#[test]
fn runs() {
    let mut memory = Box::new(yes_no::Memory::new());
    let samples = vec![0; 16000 * 3].into_iter();
    let mut pipeline = yes_no::Pipeline::new(&mut memory, Mic { samples }, Output);
    pipeline.start();
    while pipeline.tick().unwrap() != Flow::End {}
    pipeline.finish().unwrap();
    WRITTEN.with_borrow(|written| println!("{written}"));
}
