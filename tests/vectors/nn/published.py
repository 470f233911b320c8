"""Models with the shapes of published networks and random weights: what the bench times beside XNNPACK.

    python tests/vectors/nn/published.py OUT [--only NAME ...] [--runs N]

Writes OUT/NAME.tflite. Weights and scales are random, chosen so that activations neither vanish nor saturate; times do not
depend on them. With --runs it writes folders as `random_models.py` does instead, for the comparison with TFLite Micro.

| family | source of the shapes |
|---|---|
| resnet8 | MLPerf Tiny, image classification (K. He et al., 2015, cut down) |
| autoencoder | MLPerf Tiny, anomaly detection |
| ds_cnn | Y. Zhang et al., Hello Edge, 2017: S, M, L |
| tc_resnet | S. Choi et al., Temporal Convolution for Real-Time Keyword Spotting, 2019 |
| mobilenet_v1, _v2 | A. Howard et al., 2017; M. Sandler et al., 2018, for images and for 49 x 40 features |
| mcunet | J. Lin et al., MCUNet, 2020: inverted residuals with windows of 3, 5 and 7 |
| mixconv | M. Tan and Q. Le, MixConv, 2019: several windows side by side |
| yamnet | its MobileNet v1 blocks, one by one (Google, 2019) |
| dense, conv | single layers of the sizes between |

Needs PyPI `tflite-micro` and `numpy`.
"""

import argparse
import pathlib

import numpy as np

from build import Model

SAME, VALID, RELU = 0, 1, 1


class Network:
    """A model under construction, layer by layer; the last tensor is the next layer's input."""

    def __init__(self, *shape):
        self.m, self.rng = Model(), np.random.default_rng([7, *shape])
        self.input = self.m.main.tensor([1, *shape], "int8", 0.05, 0)
        self.last, self.shape, self.scale, self.zero = self.input, shape, 0.05, 0

    def output(self, shape, scale, zero):
        tensor = self.m.main.tensor([1, *shape], "int8", scale, zero)
        self.last, self.shape, self.scale, self.zero = tensor, tuple(shape), scale, zero
        return tensor

    def weights(self, shape, axis, taps, channels):
        """A kernel and its biases. Sums of random products grow with the root of their number, which the scales take back:
        so all tensors have one scale, and nothing saturates or vanishes."""
        scales = np.float32(self.rng.uniform(0.5, 1.5, channels) / (73 * np.sqrt(taps)))
        kernel = self.m.main.tensor(shape, "int8", scales, 0, self.rng.integers(-127, 128, shape), axis)
        biases = self.rng.integers(-1000, 1000, channels)
        biases = self.m.main.tensor([channels], "int32", self.scale * scales, 0, biases)
        return kernel, biases

    def size(self, window, stride, padding):
        return [
            -(-n // s) if padding == SAME else (n - w) // s + 1 for n, w, s in zip(self.shape, window, stride)
        ]

    def conv(self, channels, window=(1, 1), stride=(1, 1), padding=SAME, relu=True):
        (h, w), depth, x = window, self.shape[-1], self.last
        kernel, biases = self.weights((channels, h, w, depth), 0, h * w * depth, channels)
        shape = (*self.size(window, stride, padding), channels)
        y = self.output(shape, self.scale, -128 if relu else 0)
        self.m.main.op(
            "CONV_2D", [x, kernel, biases], [y], "Conv2DOptions", padding=padding, strideH=stride[0], strideW=stride[1],
            dilationHFactor=1, dilationWFactor=1, fusedActivationFunction=RELU if relu else 0,
        )
        return self

    def depthwise(self, window=(3, 3), stride=(1, 1), padding=SAME, multiplier=1):
        (h, w), channels, x = window, self.shape[-1] * multiplier, self.last
        kernel, biases = self.weights((1, h, w, channels), 3, h * w, channels)
        y = self.output((*self.size(window, stride, padding), channels), self.scale, -128)
        self.m.main.op(
            "DEPTHWISE_CONV_2D", [x, kernel, biases], [y], "DepthwiseConv2DOptions", padding=padding, strideH=stride[0],
            strideW=stride[1], depthMultiplier=multiplier, dilationHFactor=1, dilationWFactor=1, fusedActivationFunction=RELU,
        )
        return self

    def dense(self, outputs, relu=True):
        inputs, x = int(np.prod(self.shape)), self.last
        scale = np.float32(1 / (73 * np.sqrt(inputs)))
        kernel = self.m.main.tensor([outputs, inputs], "int8", scale, 0, self.rng.integers(-127, 128, (outputs, inputs)))
        biases = self.m.main.tensor([outputs], "int32", self.scale * scale, 0, self.rng.integers(-1000, 1000, outputs))
        y = self.output([outputs], self.scale, -128 if relu else 0)
        self.m.main.op("FULLY_CONNECTED", [x, kernel, biases], [y], "FullyConnectedOptions",
                       fusedActivationFunction=RELU if relu else 0)
        return self

    def pool(self):
        """The average over the whole image."""
        x, (h, w, channels) = self.last, self.shape
        y = self.output([1, 1, channels], self.scale, self.zero)
        self.m.main.op("AVERAGE_POOL_2D", [x], [y], "Pool2DOptions", padding=VALID, strideH=h, strideW=w, filterHeight=h,
                       filterWidth=w, fusedActivationFunction=0)
        return self

    def add(self, other, relu=False):
        """The sum with an earlier tensor of the same shape: (tensor, scale)."""
        x, (tensor, scale) = self.last, other
        y = self.output(self.shape, max(self.scale, scale), -128 if relu else 0)
        self.m.main.op("ADD", [x, tensor], [y], "AddOptions", fusedActivationFunction=RELU if relu else 0)
        return self

    def kept(self):
        return self.last, self.scale

    def classify(self, classes):
        """The usual end."""
        if len(self.shape) == 3:
            self.pool()
        self.dense(classes, relu=False)
        x = self.last
        y = self.output([classes], 1 / 256, -128)
        self.m.main.op("SOFTMAX", [x], [y], "SoftmaxOptions", beta=1.0)
        return self

    def bytes(self):
        return self.m.bytes([self.input], [self.last])


def resnet8(width):
    n = Network(32, 32, 3).conv(width, (3, 3))
    for channels, stride in ((width, 1), (2 * width, 2), (4 * width, 2)):
        before, shape, zero = n.kept(), n.shape, n.zero
        n.conv(channels, (3, 3), (stride, stride)).conv(channels, (3, 3), relu=False)
        if stride > 1:
            tail = n.kept(), n.zero
            n.last, n.scale = before
            n.shape, n.zero = shape, zero
            n.conv(channels, (1, 1), (stride, stride), relu=False)
            n.add(tail[0], relu=True)
        else:
            n.add(before, relu=True)
    return n.classify(10)


def autoencoder(inputs, width, waist):
    n = Network(inputs)
    for size in (width,) * 4 + (waist,) + (width,) * 4:
        n.dense(size)
    return n.dense(inputs, relu=False)


def ds_cnn(channels, blocks, first, stride):
    n = Network(49, 10, 1).conv(channels, first, stride)
    for _ in range(blocks):
        n.depthwise().conv(channels)
    return n.classify(12)


def tc_resnet(scale):
    sizes = [int(c * scale) for c in (16, 24, 32, 48)]
    n = Network(98, 1, 40).conv(sizes[0], (3, 1))
    for channels in sizes[1:]:
        before, shape, zero = n.kept(), n.shape, n.zero
        n.conv(channels, (9, 1), (2, 1)).conv(channels, (9, 1), relu=False)
        tail = n.kept()
        n.last, n.scale = before
        n.shape, n.zero = shape, zero
        n.conv(channels, (1, 1), (2, 1)).add(tail, relu=True)
    return n.classify(12)


def mobilenet_v1(size, alpha, depth=3):
    width = lambda channels: max(8, int(channels * alpha))
    n = Network(size, size, depth).conv(width(32), (3, 3), (2, 2))
    for channels, stride in [(64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2)] + [(512, 1)] * 5 + [(1024, 2), (1024, 1)]:
        n.depthwise((3, 3), (stride, stride)).conv(width(channels))
    return n.classify(2)


def inverted(n, channels, expansion, stride, window=3):
    """An inverted residual."""
    before, shape = n.kept(), n.shape
    if expansion > 1:
        n.conv(shape[-1] * expansion)
    n.depthwise((window, window), (stride, stride)).conv(channels, relu=False)
    return n.add(before) if n.shape == shape else n


def mobilenet_v2(shape, alpha, classes):
    width = lambda channels: max(8, int(channels * alpha + 4) // 8 * 8)
    n = Network(*shape).conv(width(32), (3, 3), (2, 2))
    for expansion, channels, count, stride in [
        (1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1),
    ]:
        for i in range(count):
            inverted(n, width(channels), expansion, stride if i == 0 else 1)
    return n.conv(width(1280)).classify(classes)


def mcunet(size):
    n = Network(size, size, 3).conv(16, (3, 3), (2, 2)).depthwise().conv(8, relu=False)
    for channels, blocks in (
        (16, ((3, 7, 2), (5, 3, 1), (5, 3, 1))), (24, ((4, 5, 2), (4, 5, 1))), (40, ((5, 5, 2), (5, 7, 1))),
        (48, ((5, 5, 1), (4, 3, 1))), (96, ((6, 5, 2), (4, 3, 1))), (160, ((5, 7, 1),)),
    ):
        for expansion, window, stride in blocks:
            inverted(n, channels, expansion, stride, window)
    return n.classify(10)


def mixconv(channels, blocks):
    """Groups of channels with windows of 3, 5, 7 along time, split and joined."""
    n = Network(49, 1, 40).conv(channels, (3, 1))
    for _ in range(blocks):
        part, x, h = channels // 3, n.last, n.shape[0]
        axis = n.m.main.tensor([], "int32", data=np.int32(3))
        sides = [n.m.main.tensor([1, h, 1, part], "int8", n.scale, n.zero) for _ in range(3)]
        n.m.main.op("SPLIT", [axis, x], sides, "SplitOptions", numSplits=3)
        scale, zero, results, shape = n.scale, n.zero, [], n.shape
        common = None
        for side, window in zip(sides, (3, 5, 7)):
            n.last, n.shape, n.scale, n.zero = side, (h, 1, part), scale, zero
            n.depthwise((window, 1))
            # What is joined has one scale.
            quantised, common = n.last, common or n.scale
            if n.scale != common:
                y = n.output(n.shape, common, -128)
                n.m.main.op("QUANTIZE", [quantised], [y], "QuantizeOptions")
            results.append(n.last)
        y = n.output(shape, common, -128)
        n.m.main.op("CONCATENATION", results, [y], "ConcatenationOptions", axis=3, fusedActivationFunction=0)
        n.conv(channels)
    return n.classify(12)


def block(size, channels, outputs, stride=1):
    """A separable block of a MobileNet, as YAMNet's are."""
    return Network(*size, channels).depthwise((3, 3), (stride, stride)).conv(outputs)


NETWORKS = {
    "resnet8": lambda: resnet8(16),
    "resnet8_narrow": lambda: resnet8(8),
    "resnet8_wide": lambda: resnet8(32),
    "autoencoder": lambda: autoencoder(640, 128, 8),
    "autoencoder_wide": lambda: autoencoder(640, 256, 16),
    "ds_cnn_s": lambda: ds_cnn(64, 4, (10, 4), (2, 2)),
    "ds_cnn_m": lambda: ds_cnn(172, 4, (10, 4), (2, 1)),
    "ds_cnn_l": lambda: ds_cnn(276, 5, (10, 4), (2, 1)),
    "tc_resnet8": lambda: tc_resnet(1),
    "tc_resnet8_wide": lambda: tc_resnet(1.5),
    "mobilenet_v1_96_025": lambda: mobilenet_v1(96, 0.25),
    "mobilenet_v1_96_050": lambda: mobilenet_v1(96, 0.5),
    "mobilenet_v1_96_grey": lambda: mobilenet_v1(96, 0.25, 1),
    "mobilenet_v2_96_035": lambda: mobilenet_v2((96, 96, 3), 0.35, 2),
    "mobilenet_v2_96_050": lambda: mobilenet_v2((96, 96, 3), 0.5, 2),
    "mobilenet_v2_kws": lambda: mobilenet_v2((49, 40, 1), 0.35, 12),
    "mcunet_48": lambda: mcunet(48),
    "mcunet_96": lambda: mcunet(96),
    "mixconv_48": lambda: mixconv(48, 4),
    "mixconv_96": lambda: mixconv(96, 6),
    "yamnet_1": lambda: Network(96, 64, 1).conv(32, (3, 3), (2, 2)),
    "yamnet_2": lambda: block((48, 32), 32, 64),
    "yamnet_3": lambda: block((48, 32), 64, 128, 2),
    "yamnet_5": lambda: block((24, 16), 128, 256, 2),
    "yamnet_7": lambda: block((12, 8), 256, 512, 2),
    "yamnet_8": lambda: block((6, 4), 512, 512),
    "yamnet_13": lambda: block((6, 4), 512, 1024, 2),
    "dense_16_16": lambda: Network(16).dense(16),
    "dense_64_12": lambda: Network(64).dense(12),
    "dense_250_100": lambda: Network(250).dense(100),
    "dense_1024_256": lambda: Network(1024).dense(256),
    "dense_2000_8": lambda: Network(2000).dense(8),
    "conv_3x3_3_8": lambda: Network(96, 96, 3).conv(8, (3, 3), (2, 2)),
    "conv_3x3_16_16": lambda: Network(32, 32, 16).conv(16, (3, 3)),
    "conv_3x3_64_64": lambda: Network(8, 8, 64).conv(64, (3, 3)),
    "conv_5x5_8_24": lambda: Network(24, 24, 8).conv(24, (5, 5)),
    "conv_1x1_40_100": lambda: Network(25, 5, 40).conv(100),
    "conv_3x1_96_96": lambda: Network(49, 1, 96).conv(96, (3, 1)),
    "depthwise_5x5_24": lambda: Network(24, 24, 24).depthwise((5, 5)),
    "depthwise_x4_16": lambda: Network(24, 24, 16).depthwise((3, 3), multiplier=4),
}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--only", nargs="*", choices=NETWORKS, default=NETWORKS)
    parser.add_argument("--runs", type=int)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    for name in args.only:
        model = NETWORKS[name]().bytes()
        if args.runs is None:
            (args.out / f"{name}.tflite").write_bytes(model)
        else:
            import live

            print(f"{name}: {args.runs} runs, {live.record(model, args.out / name, args.runs)}", flush=True)
    print(f"{len(args.only)} models")


if __name__ == "__main__":
    main()
