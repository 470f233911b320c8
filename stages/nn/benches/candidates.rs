//! Whether the planner's estimates choose what is fastest: every form of the weights of every int8 operator, timed.
//!
//! `cargo bench -p kws-nn --bench candidates -- [--kernels SET] [--most PERCENT] [--all] MODEL.tflite|FOLDER...`
//!
//! The model runs as a whole, so that weights lie where they do in use, with all operators that have it in one form; the forms
//! take turns, and the median of the rounds counts. It prints a line for each operator whose chosen form was slower than another
//! one by more than a tenth (`--all`: for each operator), then the sums, and ends with 1 where the chosen forms take more than
//! `--most` percent longer than the fastest ones, all operators together. Cargo runs it in `stages/nn`: give absolute paths.

use std::cell::RefCell;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use kws_nn::kernels::{KernelSet, Kernels};
use kws_nn::op::Op;
use kws_nn::plan::Plan;
use kws_nn::{Candidate, Choice, Model};

/// A model runs for so many nanoseconds in a round, but at least once.
const ROUND: f64 = 1e6;
const ROUNDS: usize = 15;
const FORMS: [Choice; 4] = [Choice::Packed, Choice::Second, Choice::Rows, Choice::Plain];

fn main() -> ExitCode {
    let (mut kernels, mut most, mut all, mut models) = (KernelSet::best(), f64::INFINITY, false, Vec::new());
    let mut arguments = std::env::args().skip(1).filter(|argument| argument != "--bench");
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--kernels" => {
                let name = arguments.next().expect("the name of a kernel set");
                let Some(set) = KernelSet::named(&name) else {
                    println!("skipped: this computer has no {name}");
                    return ExitCode::SUCCESS;
                };
                kernels = set;
            }
            "--most" => most = arguments.next().and_then(|most| most.parse().ok()).expect("percent"),
            "--all" => all = true,
            path => models.extend(files(Path::new(path))),
        }
    }
    if models.is_empty() {
        println!("skipped: no model was named");
        return ExitCode::SUCCESS;
    }
    let mut timed = Vec::new();
    for path in &models {
        let bytes =
            std::fs::read(path).unwrap_or_else(|error| panic!("cannot read `{}`: {error}", path.display()));
        let folder = path.parent().filter(|_| path.file_stem().is_some_and(|stem| stem == "model"));
        let name = folder.unwrap_or(path).file_stem().unwrap_or_default().to_string_lossy();
        let operators = match kernels {
            KernelSet::Plain(set) => operators(&bytes, kernels, set),
            KernelSet::Dsp(set) => operators(&bytes, kernels, set),
            KernelSet::Helium(set) => operators(&bytes, kernels, set),
            #[cfg(target_arch = "x86_64")]
            KernelSet::Avx2(set) => operators(&bytes, kernels, set),
            #[cfg(target_arch = "x86_64")]
            KernelSet::AvxVnni(set) => operators(&bytes, kernels, set),
            #[cfg(target_arch = "x86_64")]
            KernelSet::Vnni(set) => operators(&bytes, kernels, set),
            #[cfg(target_arch = "aarch64")]
            KernelSet::Neon(set) => operators(&bytes, kernels, set),
            #[cfg(target_arch = "aarch64")]
            KernelSet::NeonDot(set) => operators(&bytes, kernels, set),
        };
        for operator in operators {
            if all || operator.lost() > 0.1 {
                println!("{name:<20} {operator}");
            }
            timed.push(operator);
        }
    }
    let lost = summary(&timed, kernels.name(), models.len());
    if lost > most {
        println!("FAILED: more than {most} % are lost");
    }
    ExitCode::from(u8::from(lost > most))
}

/// The models that a path stands for: itself, or those in the folder and in its folders.
fn files(path: &Path) -> Vec<PathBuf> {
    let Ok(folder) = path.read_dir() else { return vec![path.to_owned()] };
    let mut paths: Vec<_> = folder.filter_map(|entry| entry.ok().map(|entry| entry.path())).collect();
    paths.retain(|path| path.is_dir() || path.extension().is_some_and(|end| end == "tflite"));
    paths.sort();
    paths.iter().flat_map(|path| files(path)).collect()
}

/// An operator's forms, the chosen one first, with the cycles that are estimated and the nanoseconds that were measured.
struct Operator {
    about: String,
    forms: Vec<(Candidate, f64)>,
}

impl Operator {
    fn fastest(&self) -> &(Candidate, f64) {
        self.forms.iter().min_by(|a, b| a.1.total_cmp(&b.1)).unwrap_or(&self.forms[0])
    }

    /// What the chosen form takes more than the fastest one, as a part of that.
    fn lost(&self) -> f64 {
        self.forms[0].1 / self.fastest().1 - 1.0
    }
}

impl std::fmt::Display for Operator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let chosen = self.forms[0].0.choice;
        write!(f, "{:<46} {chosen:?}", self.about)?;
        if self.lost() > 0.0 {
            write!(f, ", {:?} is fastest, {:.0} % lost", self.fastest().0.choice, 100.0 * self.lost())?;
        }
        for (Candidate { choice, cycles }, time) in &self.forms {
            write!(f, "; {choice:?} {time:.0} ns for {cycles:.0} cycles")?;
        }
        Ok(())
    }
}

/// The operators of a model that have several forms, timed.
fn operators(bytes: &[u8], kernels: KernelSet, set: impl Kernels) -> Vec<Operator> {
    let candidates = RefCell::new(Vec::new());
    let note = |forms: &[Candidate]| {
        candidates.borrow_mut().push(forms.to_vec());
        0
    };
    Model::open_choosing(bytes, kernels, &note).expect("a model that opens");
    let candidates = candidates.into_inner();
    // A model for each form; operators that have it are in it.
    let models = FORMS.map(|form| {
        let choose = |forms: &[Candidate]| forms.iter().position(|c| c.choice == form).unwrap_or(0);
        let model = Model::open_choosing(bytes, kernels, &choose).expect("a model that opens");
        let arena = model.arena();
        (model, arena)
    });
    let mut models = models.map(|(model, arena)| {
        let runs = (ROUND / times(&model, set, &mut arena.clone()).iter().sum::<f64>()) as usize + 1;
        (model, arena, runs)
    });
    // By operator and form, the times of the rounds.
    let mut timed = vec![[const { Vec::new() }; FORMS.len()]; candidates.len()];
    for _ in 0..ROUNDS {
        for (form, (model, arena, runs)) in models.iter_mut().enumerate() {
            let mut sums = vec![0.0; candidates.len()];
            for _ in 0..*runs {
                let times = times(model, set, arena);
                assert_eq!(times.len(), sums.len(), "operators of int8 that have weights");
                sums.iter_mut().zip(times).for_each(|(sum, time)| *sum += time);
            }
            timed.iter_mut().zip(sums).for_each(|(timed, sum)| timed[form].push(sum / *runs as f64));
        }
    }
    let ops = models[0].0.plan().ops.iter().filter(|op| weighted(op));
    let operators = candidates.into_iter().zip(timed).zip(ops).map(|((candidates, timed), op)| {
        let timed = timed.map(median);
        let time = |choice| FORMS.iter().zip(timed).find(|(form, _)| **form == choice).map(|(_, time)| time);
        let forms = candidates.into_iter().filter_map(|c| Some((c, time(c.choice)?))).collect();
        Operator { about: about(op), forms }
    });
    operators.collect()
}

/// Nanoseconds of each operation whose weights have forms, in one run of the model.
fn times(model: &Model, kernels: impl Kernels, arena: &mut [i8]) -> Vec<f64> {
    let (plan, mut times) = (model.plan(), Vec::new());
    for op in &plan.ops {
        let plan = Plan {
            ops: std::slice::from_ref(op),
            start: &[][..],
            bytes: &plan.bytes[..],
            words: &plan.words[..],
            input: plan.input,
            output: plan.output,
            variables: plan.variables,
            arena: plan.arena,
        };
        let start = Instant::now();
        plan.run_with(kernels, black_box(&mut *arena));
        let time = start.elapsed().as_nanos() as f64;
        if weighted(op) {
            times.push(time);
        }
    }
    times
}

/// Whether the planner chooses the form of an operation's weights.
fn weighted(op: &Op) -> bool {
    matches!(op, Op::Conv(_) | Op::Depthwise(_) | Op::FullyConnected(_))
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

/// An operation's name and shape.
fn about(op: &Op) -> String {
    let shape = |name, from: kws_nn::op::Image, w: kws_nn::op::Window, to: kws_nn::op::Image| {
        format!(
            "{name} {}x{}x{} {}x{} -> {}x{}x{}",
            from.height, from.width, from.channels, w.height, w.width, to.height, to.width, to.channels
        )
    };
    match op {
        Op::Conv(op) => shape("conv", op.from, op.window, op.to),
        Op::Depthwise(op) => shape("depthwise", op.from, op.window, op.to),
        Op::FullyConnected(op) => format!("dense {}x{} -> {}", op.rows, op.inputs, op.outputs),
        other => format!("{other:?}"),
    }
}

/// Prints what all operators lose by the choice of their forms, and returns it in percent.
fn summary(operators: &[Operator], kernels: &str, models: usize) -> f64 {
    let sum = |time: &dyn Fn(&Operator) -> f64| operators.iter().map(time).sum::<f64>() / 1e3;
    let (chosen, fastest) = (sum(&|o| o.forms[0].1), sum(&|o| o.fastest().1));
    let first = sum(&|o| o.forms.iter().find(|(c, _)| c.choice == Choice::Packed).unwrap_or(&o.forms[0]).1);
    let best = operators.iter().filter(|o| o.lost() < 0.03).count();
    let pairs: Vec<(f64, f64)> =
        operators.iter().flat_map(|o| o.forms.iter().map(|(c, time)| (f64::from(c.cycles), *time))).collect();
    let lost = 100.0 * (chosen / fastest - 1.0);
    println!(
        "{kernels}: {models} models, {} operators, {} forms; the chosen ones take {chosen:.1} us, the fastest {fastest:.1} us, \
         panels alone {first:.1} us: {lost:.2} % lost; {best} choices within 3 % of the fastest; rank correlation {:.3}",
        operators.len(),
        pairs.len(),
        correlation(&ranks(pairs.iter().map(|p| p.0).collect()), &ranks(pairs.iter().map(|p| p.1).collect())),
    );
    lost
}

/// The rank of each value.
fn ranks(values: Vec<f64>) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|a, b| values[*a].total_cmp(&values[*b]));
    let mut ranks = vec![0.0; values.len()];
    order.into_iter().enumerate().for_each(|(rank, i)| ranks[i] = rank as f64);
    ranks
}

fn correlation(a: &[f64], b: &[f64]) -> f64 {
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let (a_mean, b_mean) = (mean(a), mean(b));
    let sum =
        |f: &dyn Fn(f64, f64) -> f64| a.iter().zip(b).map(|(a, b)| f(a - a_mean, b - b_mean)).sum::<f64>();
    sum(&|a, b| a * b) / (sum(&|a, _| a * a) * sum(&|_, b| b * b)).sqrt()
}
