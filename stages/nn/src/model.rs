//! A `.tflite` file, ready to run on this computer.

use std::fmt::Write as _;

use super::error::ModelError;
use super::kernels::KernelSet;
use super::op::Span;
use super::planner::pack::{Candidate, Choose};
use super::planner::streaming::{self, Streaming};
use super::planner::{self, HostPlan, Planned, Step};
use super::schema::{self, Element, File};
use super::unsigned::Signed;

/// A model's input or output.
#[derive(Clone, Debug, PartialEq)]
pub struct Tensor {
    /// Name in the file.
    pub name: String,
    /// Element type.
    pub element: Element,
    /// Shape, slowest dimension first.
    pub dims: Vec<usize>,
    /// Real value of one step; zero where the tensor is not quantised.
    pub scale: f32,
    /// Integer that stands for real zero.
    pub zero_point: i32,
    /// Where the arena holds it, in bytes.
    pub span: Span,
}

impl Tensor {
    fn new(tensor: &schema::Tensor<'_>, dims: Vec<usize>, span: Span) -> Self {
        Self {
            name: tensor.name.clone(),
            element: tensor.element,
            dims,
            scale: tensor.quantisation.scales.get(0).unwrap_or(0.0),
            zero_point: tensor.quantisation.zero_points.get(0).unwrap_or(0) as i32,
            span,
        }
    }

    /// Number of elements.
    pub fn count(&self) -> usize {
        self.dims.iter().product()
    }
}

/// A `.tflite` file, checked, planned and ready to run.
///
/// ```no_run
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use kws_nn::Model;
/// let model = Model::open(&std::fs::read("model.tflite")?)?;
/// let mut arena = model.arena();
/// model.plan().input_mut(&mut arena).fill(0);
/// model.run(&mut arena);
/// println!("{:?}", model.plan().output(&arena));
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Model {
    plan: HostPlan,
    inputs: Vec<Tensor>,
    outputs: Vec<Tensor>,
    steps: Vec<Step>,
    kernels: KernelSet,
    streaming: Option<Streaming>,
}

impl Model {
    /// Checks and plans the contents of a `.tflite` file.
    ///
    /// # Errors
    ///
    /// Says which operator and which tensor cannot be run, what was found there and what was expected. Damaged and
    /// hostile files are errors too; none makes it panic, and none makes it allocate more than the stated bounds
    /// (an arena of 64 MiB, 64 Mi bytes and 64 Mi words of constants).
    ///
    /// A file of the older kind, whose tensors are uint8, is read as int8: its inputs and outputs are `I8`, and their
    /// bytes are those of the file less 128.
    pub fn open(bytes: &[u8]) -> Result<Self, ModelError> {
        Self::open_for(bytes, KernelSet::best())
    }

    /// As [`open`](Model::open), for a kernel set of the caller's choice. All give the same outputs; a plan for
    /// [`KernelSet::Plain`] runs on any machine.
    ///
    /// # Errors
    ///
    /// As [`open`](Model::open).
    pub fn open_for(bytes: &[u8], kernels: KernelSet) -> Result<Self, ModelError> {
        Self::open_with(bytes, kernels, None)
    }

    /// As [`open_for`](Model::open_for), with forms of the weights that the caller chooses: `choose` sees the candidates of each
    /// operator of int8 that has several, the cheapest by estimate first, and answers with the number of one. For measurements of
    /// these estimates; all forms give the same outputs.
    ///
    /// # Errors
    ///
    /// As [`open`](Model::open).
    pub fn open_choosing(
        bytes: &[u8],
        kernels: KernelSet,
        choose: &dyn Fn(&[Candidate]) -> usize,
    ) -> Result<Self, ModelError> {
        Self::open_with(bytes, kernels, Some(choose))
    }

    fn open_with(bytes: &[u8], kernels: KernelSet, choose: Choose<'_>) -> Result<Self, ModelError> {
        let file = File::read(bytes)?;
        let signed = Signed::of(&file)?;
        let file = signed.as_ref().map_or_else(|| file.clone(), |signed| signed.file(&file));
        let planned = planner::plan(&file, kernels, choose)?;
        let shapes = ends(&file).map(|number| file.graphs[0].tensors[number].shape.clone()).collect();
        Ok(Self::new(&file, planned, shapes, kernels, None))
    }

    /// Checks and plans a model of whole windows such that each run reads only the frames that are new, and keeps what
    /// it needs of those before them; `hop` frames of `frame` features in a run, or as few as the model allows.
    ///
    /// The outputs equal those of the whole-window model bit for bit from the first full window on, after
    /// [`Streaming::silent`] runs.
    ///
    /// # Errors
    ///
    /// As [`open`](Model::open), and says which operator does not allow it, and why.
    pub fn open_streaming(bytes: &[u8], frame: usize, hop: Option<usize>) -> Result<Self, ModelError> {
        Self::open_streaming_for(bytes, frame, hop, KernelSet::best())
    }

    /// As [`open_streaming`](Model::open_streaming), for a kernel set of the caller's choice.
    ///
    /// # Errors
    ///
    /// As [`open_streaming`](Model::open_streaming).
    pub fn open_streaming_for(
        bytes: &[u8],
        frame: usize,
        hop: Option<usize>,
        kernels: KernelSet,
    ) -> Result<Self, ModelError> {
        let file = File::read(bytes)?;
        let signed = Signed::of(&file)?;
        let file = signed.as_ref().map_or_else(|| file.clone(), |signed| signed.file(&file));
        let (planned, shapes, streaming) = streaming::plan(&file, kernels, frame, hop)?;
        Ok(Self::new(&file, planned, shapes, kernels, Some(streaming)))
    }

    /// A model whose inputs and then outputs have these shapes.
    fn new(
        file: &File<'_>,
        planned: Planned,
        shapes: Vec<Vec<usize>>,
        kernels: KernelSet,
        streaming: Option<Streaming>,
    ) -> Self {
        let Planned { plan, inputs, outputs, steps } = planned;
        let count = inputs.len();
        let spans = inputs.into_iter().chain(outputs);
        let mut tensors: Vec<Tensor> = ends(file)
            .zip(shapes.into_iter().zip(spans))
            .map(|(number, (dims, span))| Tensor::new(&file.graphs[0].tensors[number], dims, span))
            .collect();
        let outputs = tensors.split_off(count);
        Self { plan, inputs: tensors, outputs, steps, kernels, streaming }
    }

    /// What a model that runs on new frames reads and saves; nothing for one of whole windows.
    pub fn streaming(&self) -> Option<&Streaming> {
        self.streaming.as_ref()
    }

    /// The plan: what runs, on any machine.
    pub fn plan(&self) -> &HostPlan {
        &self.plan
    }

    /// Inputs, in the file's order.
    pub fn inputs(&self) -> &[Tensor] {
        &self.inputs
    }

    /// Outputs, in the file's order.
    pub fn outputs(&self) -> &[Tensor] {
        &self.outputs
    }

    /// Multiply-accumulates of one run.
    pub fn macs(&self) -> u64 {
        self.steps.iter().map(|step| step.macs).sum()
    }

    /// Bytes that the arena takes.
    pub fn arena_bytes(&self) -> usize {
        self.plan.arena as usize
    }

    /// A fresh arena, variables at their first values.
    pub fn arena(&self) -> Vec<i8> {
        let mut arena = vec![0; self.arena_bytes()];
        self.plan.reset(&mut arena);
        arena
    }

    /// Runs the model once on what the arena's input holds.
    ///
    /// # Panics
    ///
    /// Panics where `arena` is shorter than [`arena_bytes`](Model::arena_bytes).
    pub fn run(&self, arena: &mut [i8]) {
        match self.kernels {
            KernelSet::Plain(plain) => self.plan.run_with(plain, arena),
            KernelSet::Dsp(dsp) => self.plan.run_with(dsp, arena),
            KernelSet::Helium(helium) => self.plan.run_with(helium, arena),
            #[cfg(target_arch = "x86_64")]
            KernelSet::Avx2(avx2) => self.plan.run_with(avx2, arena),
            #[cfg(target_arch = "x86_64")]
            KernelSet::Vnni(vnni) => self.plan.run_with(vnni, arena),
            #[cfg(target_arch = "x86_64")]
            KernelSet::AvxVnni(vnni) => self.plan.run_with(vnni, arena),
            #[cfg(target_arch = "aarch64")]
            KernelSet::Neon(neon) => self.plan.run_with(neon, arena),
            #[cfg(target_arch = "aarch64")]
            KernelSet::NeonDot(neon) => self.plan.run_with(neon, arena),
            #[cfg(target_arch = "wasm32")]
            KernelSet::Simd128(simd) => self.plan.run_with(simd, arena),
        }
    }

    /// The kernel set that the plan was made for.
    pub fn kernels(&self) -> KernelSet {
        self.kernels
    }

    /// One line per operator (shape of its output and multiply-accumulates), then the sums.
    pub fn describe(&self) -> String {
        let mut text = String::new();
        for (number, Step { name, shape, macs }) in self.steps.iter().enumerate() {
            let _ = writeln!(text, "{number:4} {name:<20} {:<20} {macs:>10} MACs", format!("{shape:?}"));
        }
        let constants = self.plan.bytes.len() + 4 * self.plan.words.len();
        let _ = writeln!(
            text,
            "{} operators, {} MACs, arena {} bytes, constants {constants} bytes",
            self.steps.len(),
            self.macs(),
            self.arena_bytes()
        );
        text
    }
}

/// Numbers of the first graph's inputs and then of its outputs.
fn ends<'f>(file: &'f File<'_>) -> impl Iterator<Item = usize> + 'f {
    let graph = &file.graphs[0];
    graph.inputs.iter().chain(&graph.outputs).copied()
}
