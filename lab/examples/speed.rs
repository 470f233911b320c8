use burn::module::Module;
use burn::optim::{AdamWConfig, GradientsParams};
use burn::tensor::{Device, Distribution, Tensor};
use kws_lab::nets::{Architecture, Network, Normalisation};
use std::time::Instant;
fn main() {
    let small = Architecture::Separable {
        first: [16, 5, 4],
        layers: vec![[32, 1], [48, 2], [48, 1], [64, 2], [64, 1], [96, 2]],
    };
    for (name, a, shape) in
        [("small", small, [96, 96, 1]), ("mobilenet", Architecture::MobilenetV1 { alpha: 0.25 }, [96, 96, 3])]
    {
        for backend in ["flex", "ndarray"] {
            let inner = if backend == "flex" {
                Device::flex()
            } else {
                #[allow(deprecated)]
                Device::ndarray()
            };
            let device = inner.clone().autodiff();
            let graph = a.graph(shape, 2);
            let width = graph.width();
            let mut network = Network::init(graph, &Normalisation::none(width), &device);
            let mut opt = AdamWConfig::new().init();
            for i in 0..3 {
                let x = Tensor::<3>::random([32, 96, width], Distribution::Default, &device);
                let t = Instant::now();
                let y = network.forward(x.clone(), None, None);
                let f = t.elapsed();
                let grads = GradientsParams::from_grads(y.powf_scalar(2.0).mean().backward(), &network);
                network = opt.step(1e-3, network, grads);
                let all = t.elapsed();
                let v = network.valid();
                let t = Instant::now();
                let y = v.forward(x.inner(), None, None);
                let _ = y.into_data();
                println!(
                    "{name} {backend} {i}: forward {f:?} all {all:?} valid {:?} macs {}",
                    t.elapsed(),
                    network.graph.macs()
                );
            }
        }
    }
}
