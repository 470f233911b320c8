//! What built stages must be before they run in a lane.

use crate::item::Element;
use crate::node::{Firing, Node, Signature};
use crate::plan::{Plan, PlannedStage};
use crate::run::RunError;
use crate::stage::StageFault;

const MERGES: &str = "make one merge read all of the streams";
const JOINS: &str = "only the first input of a join may; put it first or join before the merge";

impl Plan {
    /// What built stages must be: what their designs said, in an order that cannot depend on threads.
    pub(crate) fn check_nodes(&self, nodes: &[Box<dyn Node>]) -> Result<(), RunError> {
        for (stage, node) in self.stages.iter().zip(nodes) {
            let fault = |fault| RunError { stage: stage.name.clone(), fault };
            self.check_elements(stage, node.as_ref()).map_err(fault)?;
        }
        self.check_order(nodes)
    }

    /// A merge may send several blocks of one moment. A join reads them as its first input only, and another merge not
    /// at all: to tell which of them come first it would have to wait for what may itself wait for it.
    fn check_order(&self, nodes: &[Box<dyn Node>]) -> Result<(), RunError> {
        let mut from_merge: Vec<bool> = Vec::with_capacity(nodes.len());
        for (index, node) in nodes.iter().enumerate() {
            let inputs: Vec<usize> = self.inputs(index).map(|edge| edge.from).collect();
            let merges = node.signature().firing == Firing::Each && inputs.len() > 1;
            let ordered = if merges { &inputs[..] } else { inputs.get(1..).unwrap_or(&[]) };
            if let Some(&from) = ordered.iter().find(|&&from| from_merge[from]) {
                let (name, help) = (&self.stages[from].name, if merges { MERGES } else { JOINS });
                let fault =
                    StageFault::because(format!("it reads `{name}`, which comes from a merge; {help}"));
                return Err(RunError { stage: self.stages[index].name.clone(), fault });
            }
            from_merge.push(merges || inputs.first().is_some_and(|&from| from_merge[from]));
        }
        Ok(())
    }

    /// What a built stage reads and writes must be what its design said.
    fn check_elements(&self, stage: &PlannedStage, node: &dyn Node) -> Result<(), StageFault> {
        let index = self.stages.iter().position(|other| std::ptr::eq(other, stage)).unwrap_or(0);
        let ports = self.inputs(index).filter_map(|edge| self.stages[edge.from].output.as_ref());
        let found: Vec<_> = ports.map(|port| port.element).collect();
        let Signature { reads, firing, writes, .. } = node.signature();
        let fits = match firing {
            Firing::Each => found.iter().all(|element| reads.contains(element)),
            // A join may be used without its last inputs.
            Firing::Source | Firing::First => {
                reads.starts_with(&found) && found.is_empty() == reads.is_empty()
            }
        };
        let names = |elements: &[Element]| {
            let names: Vec<&str> = elements.iter().map(|element| element.name()).collect();
            if names.is_empty() { "nothing".to_owned() } else { names.join(", ") }
        };
        let wrote = stage.output.as_ref().map(|port| port.element);
        if fits && writes == wrote {
            return Ok(());
        }
        let text = format!(
            "it reads {} and writes {}, but its ports carry {} and {}",
            names(reads),
            names(writes.as_slice()),
            names(&found),
            names(wrote.as_slice())
        );
        Err(StageFault::because(text))
    }
}
