//! Places for the nodes of an acyclic graph, layer by layer from the top.
//!
//! After Sugiyama, Tagawa and Toda, "Methods for visual understanding of hierarchical system structures" (1981): nodes
//! in layers by their longest way from a source, invisible nodes where an edge passes a layer, an order within each
//! layer by the mean of the neighbours, and places as near to that mean as the neighbours in the layer allow.

/// Sweeps down and up; graphs of this size come to rest after a few.
const SWEEPS: usize = 8;

/// Where nodes and edges are drawn.
pub(super) struct Layout {
    /// For every node its centre and its layer, counted from 0 at the top.
    pub(super) nodes: Vec<(f64, usize)>,
    /// For every edge its points, from the node it leaves to the node it enters.
    pub(super) routes: Vec<Vec<(f64, usize)>>,
    /// Number of layers.
    pub(super) layers: usize,
    /// From the left side of the leftmost node, at 0, to the right side of the rightmost.
    pub(super) width: f64,
}

struct Grid {
    layers: Vec<Vec<usize>>,
    widths: Vec<f64>,
    x: Vec<f64>,
    /// Neighbours in the layer above and below.
    above: Vec<Vec<usize>>,
    below: Vec<Vec<usize>>,
    gap: f64,
}

/// Places nodes of these widths, in topological order, and edges between them.
pub(super) fn layout(widths: &[f64], edges: &[(usize, usize)], gap: f64) -> Layout {
    let layer_of = layers(widths.len(), edges);
    let count = layer_of.iter().max().map_or(0, |last| last + 1);
    let mut grid = Grid {
        layers: vec![Vec::new(); count],
        widths: widths.to_vec(),
        x: vec![0.0; widths.len()],
        above: vec![Vec::new(); widths.len()],
        below: vec![Vec::new(); widths.len()],
        gap,
    };
    for (node, &layer) in layer_of.iter().enumerate() {
        grid.layers[layer].push(node);
    }
    let chains: Vec<Vec<usize>> = edges.iter().map(|&edge| grid.chain(edge, &layer_of)).collect();
    for _ in 0..SWEEPS {
        (0..count).for_each(|layer| grid.settle(layer, |grid, node| &grid.above[node]));
        (0..count).rev().for_each(|layer| grid.settle(layer, |grid, node| &grid.below[node]));
    }
    let width = grid.shift_to_zero();
    let point = |(step, &node): (usize, &usize), from: usize| (grid.x[node], layer_of[from] + step);
    let routes = chains
        .iter()
        .zip(edges)
        .map(|(chain, &(from, _))| chain.iter().enumerate().map(|step| point(step, from)).collect())
        .collect();
    let nodes = layer_of.iter().enumerate().map(|(node, &layer)| (grid.x[node], layer)).collect();
    Layout { nodes, routes, layers: count, width }
}

/// The longest way from a source; sources stand right above their first reader.
fn layers(count: usize, edges: &[(usize, usize)]) -> Vec<usize> {
    let mut layer = vec![0; count];
    for node in 0..count {
        let above = edges.iter().filter(|(_, to)| *to == node).map(|(from, _)| layer[*from] + 1);
        layer[node] = above.max().unwrap_or(0);
    }
    for node in 0..count {
        let source = edges.iter().all(|(_, to)| *to != node);
        let reader = edges.iter().filter(|(from, _)| *from == node).map(|(_, to)| layer[*to]).min();
        if let (true, Some(reader)) = (source, reader) {
            layer[node] = reader - 1;
        }
    }
    layer
}

impl Grid {
    /// The nodes of an edge, with an invisible one in every layer that it passes.
    fn chain(&mut self, (from, to): (usize, usize), layer_of: &[usize]) -> Vec<usize> {
        let mut chain = vec![from];
        for layer in layer_of[from] + 1..layer_of[to] {
            self.layers[layer].push(self.widths.len());
            chain.push(self.widths.len());
            self.widths.push(0.0);
            self.x.push(0.0);
            self.above.push(Vec::new());
            self.below.push(Vec::new());
        }
        chain.push(to);
        for pair in chain.windows(2) {
            self.below[pair[0]].push(pair[1]);
            self.above[pair[1]].push(pair[0]);
        }
        chain
    }

    /// Orders a layer by the mean of its neighbours, and moves its nodes as near to it as they fit.
    fn settle(&mut self, layer: usize, neighbours: impl Fn(&Grid, usize) -> &Vec<usize>) {
        let wish = |node: usize| {
            let near = neighbours(self, node);
            let sum: f64 = near.iter().map(|&other| self.x[other]).sum();
            if near.is_empty() { self.x[node] } else { sum / near.len() as f64 }
        };
        let mut wishes: Vec<(usize, f64)> =
            self.layers[layer].iter().map(|&node| (node, wish(node))).collect();
        wishes.sort_by(|a, b| a.1.total_cmp(&b.1));
        let mut placed: Vec<f64> = Vec::with_capacity(wishes.len());
        let mut free = f64::NEG_INFINITY;
        for &(node, wish) in &wishes {
            let half = self.widths[node] / 2.0;
            placed.push(wish.max(free + half));
            free = placed.last().copied().unwrap_or(wish) + half + self.gap;
        }
        // All were pushed to the right; half of it is taken back.
        let pushed: f64 = wishes.iter().zip(&placed).map(|((_, wish), at)| at - wish).sum();
        let back = pushed / wishes.len().max(1) as f64;
        for (&(node, _), at) in wishes.iter().zip(placed) {
            self.x[node] = at - back;
        }
        self.layers[layer] = wishes.into_iter().map(|(node, _)| node).collect();
    }

    /// Moves everything so that it begins at 0; its width.
    fn shift_to_zero(&mut self) -> f64 {
        let sides = |sign: f64| self.x.iter().zip(&self.widths).map(move |(x, width)| x + sign * width / 2.0);
        let left = sides(-1.0).fold(f64::INFINITY, f64::min);
        let right = sides(1.0).fold(f64::NEG_INFINITY, f64::max);
        self.x.iter_mut().for_each(|x| *x -= left);
        (right - left).max(0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chain_is_straight() {
        let layout = layout(&[50.0, 80.0, 60.0], &[(0, 1), (1, 2)], 20.0);
        assert_eq!(layout.layers, 3);
        assert!(layout.nodes.iter().all(|(x, _)| (x - 40.0).abs() < 1e-6), "{:?}", layout.nodes);
    }

    #[test]
    fn nodes_of_a_layer_keep_apart_and_long_edges_pass_beside() {
        let edges = [(0, 1), (0, 2), (1, 3), (0, 3), (2, 3)];
        let layout = layout(&[60.0; 4], &edges, 20.0);
        let (one, two) = (layout.nodes[1].0, layout.nodes[2].0);
        assert!((one - two).abs() >= 80.0 - 1e-6);
        let passing = &layout.routes[3];
        assert_eq!(passing.len(), 3);
        assert!(
            [one, two].iter().all(|x| (x - passing[1].0).abs() >= 50.0 - 1e-6),
            "{passing:?} {one} {two}"
        );
        assert_eq!(layout.routes[3][2], layout.nodes[3]);
    }

    #[test]
    fn a_late_source_stands_above_its_reader() {
        let layout = layout(&[10.0; 4], &[(0, 1), (1, 3), (2, 3)], 5.0);
        assert_eq!(layout.nodes[2].1, 1);
    }
}
