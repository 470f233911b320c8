"""Random small models, one per operator and seed, for comparing the runtime with TFLite Micro.

    python tests/vectors/nn/random_models.py OUT [--seeds 10] [--runs 200] [--only conv_2d ...] [--golden]

Writes the folders that `stages/nn/tests/parity.rs` reads (see live.py): OUT/OPERATOR-SEED. Shapes, strides, paddings,
dilations, activations, scales and zero points are drawn anew for each seed. What TFLite Micro refuses is run with
LiteRT's built-in kernels instead. `--golden` writes three runs of each seed and keeps
the two smallest folders of each operator, which is how tests/vectors/nn/golden was made (with eight seeds, and with one
of conv_2d and separable).

Needs PyPI `tflite-micro`, `ai-edge-litert`, `tflite` and `numpy`.
"""

import argparse
import inspect
import pathlib
import shutil
import sys

import numpy as np

import live
from build import ELEMENTS, Model

RELUS = [0, 1, 2, 3]


def scale(rng, low=0.005, high=0.2):
    return float(np.float32(np.exp(rng.uniform(np.log(low), np.log(high)))))


def zero(rng):
    return int(rng.choice([-128, 127, 0, int(rng.integers(-128, 128))]))


def zero_of(rng, element):
    """A zero point that the element type may have: int16 is symmetric."""
    return 0 if element in ("int16", "float32") else zero(rng) + (128 if element == "uint8" else 0)


def window(size, taps, stride, dilation, padding):
    reach = (taps - 1) * dilation + 1
    return -(-size // stride) if padding == 0 else (size - reach + stride) // stride


def sliding(rng, dilated=True, most=5):
    """Input size, taps, stride, dilation and padding of both axes such that a VALID window fits."""
    padding = int(rng.integers(2))
    axes = []
    for _ in range(2):
        taps, stride = int(rng.integers(1, most + 1)), int(rng.integers(1, 4))
        dilation = int(rng.integers(1, 4)) if dilated and rng.random() < 0.3 else 1
        reach = (taps - 1) * dilation + 1
        size = int(rng.integers(1 if padding == 0 else reach, reach + 12))
        axes.append((size, taps, stride, dilation, window(size, taps, stride, dilation, padding)))
    return padding, axes


def inputs_with_bias(m, rng, x, k, out, scales, elements):
    """Inputs of an operator with weights; any may go without biases."""
    if rng.random() < 0.15:
        return [x, k]
    element = str(rng.choice(elements))
    return [x, k, m.main.tensor([out], element, scales, 0, rng.integers(-4000, 4000, out))]


def weights(rng, shape):
    kind = rng.integers(10)
    if kind == 0:
        return np.full(shape, rng.choice([-128, 127, -127]))
    return rng.integers(-127, 128, shape)


def conv_2d(rng, m, element="int8"):
    padding, ((h, kh, sh, dh, oh), (w, kw, sw, dw, ow)) = sliding(rng)
    batch, groups = int(rng.choice([1, 1, 2])), int(rng.choice([1, 1, 1, 2]))
    depth, out = int(rng.integers(1, 36)), int(rng.integers(1, 40)) * groups
    wide = element == "int16"
    si, per = scale(rng), rng.random() < 0.8
    sw_ = np.float32(np.exp(rng.uniform(-6, -3, out if per else 1)))
    so = float(np.float32(si * sw_.mean() * np.sqrt(kh * kw * depth) * rng.uniform(20, 120)))
    zi, zo = (0, 0) if wide else (zero(rng), zero(rng))
    x = m.main.tensor([batch, h, w, depth * groups], element, si, zi)
    k = m.main.tensor([out, kh, kw, depth], "int8", sw_, 0, weights(rng, (out, kh, kw, depth)), 0)
    y = m.main.tensor([batch, oh, ow, out], element, so, zo)
    # Only here does TFLite take biases of either width.
    elements = ["int64", "int64", "int32"] if wide else ["int32"]
    m.main.op("CONV_2D", inputs_with_bias(m, rng, x, k, out, si * sw_, elements), [y], "Conv2DOptions", padding=padding,
              strideH=sh, strideW=sw, dilationHFactor=dh, dilationWFactor=dw,
              fusedActivationFunction=int(rng.choice(RELUS)))
    return [x], [y]


def conv_2d_int16(rng, m):
    return conv_2d(rng, m, "int16")


def depthwise_conv_2d_int16(rng, m):
    return depthwise_conv_2d(rng, m, "int16")


def fully_connected_int16(rng, m):
    return fully_connected(rng, m, "int16")


def depthwise_conv_2d(rng, m, element="int8"):
    padding, ((h, kh, sh, dh, oh), (w, kw, sw, dw, ow)) = sliding(rng)
    # LiteRT refuses unequal strides here; TFLite Micro does not.
    depth, multiplier = int(rng.integers(1, 70)), int(rng.choice([1, 1, 1, 2, 8, 3]))
    out, wide = depth * multiplier, element == "int16"
    si, per = scale(rng), rng.random() < 0.8
    sw_ = np.float32(np.exp(rng.uniform(-6, -3, out if per else 1)))
    so = float(np.float32(si * sw_.mean() * np.sqrt(kh * kw) * rng.uniform(20, 120)))
    zi, zo = (0, 0) if wide else (zero(rng), zero(rng))
    x = m.main.tensor([1, h, w, depth], element, si, zi)
    k = m.main.tensor([1, kh, kw, out], "int8", sw_, 0, weights(rng, (1, kh, kw, out)), 3)
    y = m.main.tensor([1, oh, ow, out], element, so, zo)
    m.main.op("DEPTHWISE_CONV_2D", inputs_with_bias(m, rng, x, k, out, si * sw_, ["int64" if wide else "int32"]), [y],
              "DepthwiseConv2DOptions", padding=padding, strideH=sh, strideW=sw, depthMultiplier=multiplier,
              dilationHFactor=dh, dilationWFactor=dw, fusedActivationFunction=int(rng.choice(RELUS)))
    return [x], [y]


def fully_connected(rng, m, element="int8"):
    rows, inputs, outputs = int(rng.choice([1, 1, 1, 3])), int(rng.integers(1, 300)), int(rng.integers(1, 70))
    wide = element == "int16"
    si, swt = scale(rng), scale(rng, 0.002, 0.05)
    so = float(np.float32(si * swt * np.sqrt(inputs) * rng.uniform(20, 120)))
    zi, zo = (0, 0) if wide else (zero(rng), zero(rng))
    zw = int(rng.integers(-20, 20)) if rng.random() < 0.2 and not wide else 0
    x = m.main.tensor([rows, inputs], element, si, zi)
    k = m.main.tensor([outputs, inputs], "int8", swt, zw, weights(rng, (outputs, inputs)))
    y = m.main.tensor([rows, outputs], element, so, zo)
    m.main.op("FULLY_CONNECTED", inputs_with_bias(m, rng, x, k, outputs, si * swt, ["int64" if wide else "int32"]), [y], "FullyConnectedOptions",
              fusedActivationFunction=int(rng.choice(RELUS)))
    return [x], [y]


def pool(rng, m, name, element="int8"):
    padding, ((h, kh, sh, _, oh), (w, kw, sw, _, ow)) = sliding(rng, dilated=False)
    batch, depth, si, zi = int(rng.choice([1, 2])), int(rng.integers(1, 70)), scale(rng), zero(rng)
    if element == "int16":
        zi = 0
    x = m.main.tensor([batch, h, w, depth], element, si, zi)
    y = m.main.tensor([batch, oh, ow, depth], element, si, zi)
    m.main.op(name, [x], [y], "Pool2DOptions", padding=padding, strideH=sh, strideW=sw, filterHeight=kh,
              filterWidth=kw, fusedActivationFunction=int(rng.choice(RELUS)))
    return [x], [y]


def average_pool_2d(rng, m):
    return pool(rng, m, "AVERAGE_POOL_2D")


def max_pool_2d(rng, m):
    return pool(rng, m, "MAX_POOL_2D")


def pool_int16(rng, m):
    return pool(rng, m, str(rng.choice(["AVERAGE_POOL_2D", "MAX_POOL_2D"])), "int16")


def transposed(rng, m, element):
    """A TRANSPOSE_CONV: its output is any size from which a convolution of the same window leads back to its input."""
    padding, axes = int(rng.integers(2)), []
    for _ in range(2):
        taps, stride = int(rng.integers(1, 6)), int(rng.integers(1, 4))
        size = int(rng.integers(1, 9))
        least = (size - 1) * stride + (taps if padding else 1)
        axes.append((size, taps, stride, least + int(rng.integers(stride))))
    (h, kh, sh, oh), (w, kw, sw, ow) = axes
    batch, depth, out = int(rng.choice([1, 1, 2])), int(rng.integers(1, 20)), int(rng.integers(1, 20))
    shape = m.main.tensor([4], "int32", data=[batch, oh, ow, out])
    if element == "float32":
        x, y = m.main.tensor([batch, h, w, depth], element), m.main.tensor([batch, oh, ow, out], element)
        k = m.main.tensor([out, kh, kw, depth], element, data=reals(rng, out, kh, kw, depth))
        b = m.main.tensor([out], element, data=reals(rng, out))
    else:
        si = scale(rng)
        sw_ = np.float32(np.exp(rng.uniform(-6, -3, out)))
        so = float(np.float32(si * sw_.mean() * np.sqrt(kh * kw * depth) * rng.uniform(20, 120)))
        x = m.main.tensor([batch, h, w, depth], element, si, zero(rng))
        k = m.main.tensor([out, kh, kw, depth], element, sw_, 0, weights(rng, (out, kh, kw, depth)), 0)
        y = m.main.tensor([batch, oh, ow, out], element, so, zero(rng))
        b = m.main.tensor([out], "int32", si * sw_, 0, rng.integers(-4000, 4000, out))
    inputs = [shape, k, x, b] if rng.random() < 0.8 else [shape, k, x]
    m.main.op("TRANSPOSE_CONV", inputs, [y], "TransposeConvOptions", padding=padding, strideH=sh, strideW=sw,
              fusedActivationFunction=int(rng.choice(RELUS)))
    return [x], [y]


def transpose_conv(rng, m):
    return transposed(rng, m, "int8")


def float_transpose_conv(rng, m):
    return transposed(rng, m, "float32")


def unsigned_conv(rng, m):
    """A CONV_2D or DEPTHWISE_CONV_2D of uint8, then a FULLY_CONNECTED: weights with zero points of their own."""
    padding, ((h, kh, sh, dh, oh), (w, kw, sw, dw, ow)) = sliding(rng)
    depth, deep = int(rng.integers(1, 12)), rng.random() < 0.5
    out = depth * int(rng.integers(1, 3)) if deep else int(rng.integers(1, 12))
    si, sk = scale(rng), scale(rng, 0.002, 0.05)
    so = float(np.float32(si * sk * np.sqrt(kh * kw * (1 if deep else depth)) * rng.uniform(20, 120)))
    x = m.main.tensor([1, h, w, depth], "uint8", si, zero_of(rng, "uint8"))
    shape = [1, kh, kw, out] if deep else [out, kh, kw, depth]
    k = m.main.tensor(shape, "uint8", sk, int(rng.integers(0, 256)), rng.integers(0, 256, shape))
    b = m.main.tensor([out], "int32", si * sk, 0, rng.integers(-4000, 4000, out))
    y = m.main.tensor([1, oh, ow, out], "uint8", so, zero_of(rng, "uint8"))
    fields = dict(padding=padding, strideH=sh, strideW=sw, dilationHFactor=dh, dilationWFactor=dw,
                  fusedActivationFunction=int(rng.choice(RELUS)))
    if deep:
        m.main.op("DEPTHWISE_CONV_2D", [x, k, b], [y], "DepthwiseConv2DOptions", depthMultiplier=out // depth, **fields)
    else:
        m.main.op("CONV_2D", [x, k, b], [y], "Conv2DOptions", **fields)
    return [x], [y]


def softmax(rng, m):
    shape = [int(rng.integers(1, 4)), int(rng.integers(1, 100))]
    x = m.main.tensor(shape, "int8", scale(rng, 0.001, 0.5), zero(rng))
    y = m.main.tensor(shape, "int8", 1 / 256, -128)
    m.main.op("SOFTMAX", [x], [y], "SoftmaxOptions", beta=float(rng.choice([1.0, 1.0, 0.5, 2.0])))
    return [x], [y]


def softmax_large(rng, m):
    """Of scales up to those where one step of the input decides everything."""
    shape = [int(rng.integers(1, 4)), int(rng.integers(1, 100))]
    x = m.main.tensor(shape, "int8", float(np.float32(np.exp(rng.uniform(np.log(0.5), np.log(1000))))), zero(rng))
    y = m.main.tensor(shape, "int8", 1 / 256, -128)
    m.main.op("SOFTMAX", [x], [y], "SoftmaxOptions", beta=float(rng.choice([1.0, 1.0, 0.5, 2.0])))
    return [x], [y]


def softmax_int16(rng, m):
    shape, narrow = [int(rng.integers(1, 4)), int(rng.integers(1, 100))], rng.random() < 0.4
    x = m.main.tensor(shape, "int8", scale(rng), zero(rng)) if narrow else m.main.tensor(shape, "int16", scale(rng, 1e-5, 0.01), 0)
    y = m.main.tensor(shape, "int16", *((1 / 65536, -32768) if narrow else (1 / 32768, 0)))
    m.main.op("SOFTMAX", [x], [y], "SoftmaxOptions", beta=float(rng.choice([1.0, 1.0, 0.5, 2.0])))
    return [x], [y]


def separable(rng, m):
    """A little network, so that the arena is shared: convolution, two separable blocks, pool, dense, softmax."""
    h, w, c = int(rng.integers(6, 20)), int(rng.integers(6, 20)), int(rng.choice([8, 16, 24, 64]))
    x = m.main.tensor([1, h, w, 1], "int8", 0.1, zero(rng))
    at, depth, inputs = x, 1, [x]
    for layer in range(5):
        wise = layer % 2 == 1
        shape = [1, 3, 3, c] if wise else [c, 3 if layer == 0 else 1, 3 if layer == 0 else 1, depth]
        s = np.float32(np.exp(rng.uniform(-6, -4, c)))
        k = m.main.tensor(shape, "int8", s, 0, rng.integers(-127, 128, shape), 3 if wise else 0)
        b = m.main.tensor([c], "int32", 0.1 * s, 0, rng.integers(-2000, 2000, c))
        y = m.main.tensor([1, h, w, c], "int8", 0.1, -128)
        if wise:
            m.main.op("DEPTHWISE_CONV_2D", [at, k, b], [y], "DepthwiseConv2DOptions", strideH=1, strideW=1,
                      depthMultiplier=1, fusedActivationFunction=1)
        else:
            m.main.op("CONV_2D", [at, k, b], [y], "Conv2DOptions", strideH=1, strideW=1, fusedActivationFunction=1)
        at, depth = y, c
    y = m.main.tensor([1, 1, 1, c], "int8", 0.1, -128)
    m.main.op("AVERAGE_POOL_2D", [at], [y], "Pool2DOptions", padding=1, strideH=h, strideW=w, filterHeight=h,
              filterWidth=w)
    flat = m.main.tensor([1, c], "int8", 0.1, -128)
    shape = m.main.tensor([2], "int32", data=[1, c])
    m.main.op("RESHAPE", [y, shape], [flat], "ReshapeOptions", newShape=[1, c])
    k = m.main.tensor([5, c], "int8", 0.01, 0, rng.integers(-127, 128, (5, c)))
    b = m.main.tensor([5], "int32", 0.001, 0, rng.integers(-200, 200, 5))
    logits = m.main.tensor([1, 5], "int8", 0.1, 3)
    m.main.op("FULLY_CONNECTED", [flat, k, b], [logits], "FullyConnectedOptions")
    y = m.main.tensor([1, 5], "int8", 1 / 256, -128)
    m.main.op("SOFTMAX", [logits], [y], "SoftmaxOptions", beta=1.0)
    return inputs, [y]


def shape(rng, rank=None, most=6):
    return [int(n) for n in rng.integers(1, most + 1, rank or int(rng.integers(2, 5)))]


def broadcast(rng, m, name, options, element="int8"):
    full = shape(rng, 4)
    other = [n if rng.random() < 0.7 else 1 for n in full] if rng.random() < 0.5 else list(full)
    if rng.random() < 0.2:
        full, other = other, full
    out = [max(a, b) for a, b in zip(full, other)]
    sa, sb = scale(rng), scale(rng)
    so = float(np.float32((sa * sb * 60 if name == "MUL" else max(sa, sb)) * rng.uniform(0.7, 2)))
    a = m.main.tensor(full, element, sa, zero_of(rng, element))
    b = m.main.tensor(other, element, sb, zero_of(rng, element))
    y = m.main.tensor(out, element, so, zero_of(rng, element))
    m.main.op(name, [a, b], [y], options, fusedActivationFunction=int(rng.choice(RELUS)))
    return [a, b], [y]


def add(rng, m):
    return broadcast(rng, m, "ADD", "AddOptions")


def sub(rng, m):
    return broadcast(rng, m, "SUB", "SubOptions")


def mul(rng, m):
    return broadcast(rng, m, "MUL", "MulOptions")


def add_int16(rng, m):
    return broadcast(rng, m, "ADD", "AddOptions", "int16")


def sub_int16(rng, m):
    return broadcast(rng, m, "SUB", "SubOptions", "int16")


def mul_int16(rng, m):
    return broadcast(rng, m, "MUL", "MulOptions", "int16")


def mean(rng, m, element="int8"):
    dims = shape(rng, 4, 9)
    axes = [1, 2] if rng.random() < 0.5 else sorted(rng.choice(4, int(rng.integers(1, 4)), replace=False).tolist())
    keep = bool(rng.integers(2))
    out = [1 if i in axes else n for i, n in enumerate(dims) if keep or i not in axes]
    x = m.main.tensor(dims, element, scale(rng), zero_of(rng, element))
    y = m.main.tensor(out, element, scale(rng), zero_of(rng, element))
    axis = m.main.tensor([len(axes)], "int32", data=axes)
    m.main.op("MEAN", [x, axis], [y], "ReducerOptions", keepDims=keep)
    return [x], [y]


def mean_int16(rng, m):
    return mean(rng, m, "int16")


def unary(rng, m, name, out=None, element="int8", s=None):
    dims, s, z = shape(rng), s or scale(rng, 0.005, 0.1), zero_of(rng, element)
    x = m.main.tensor(dims, element, s, z)
    y = m.main.tensor(dims, element, *(out or (s, z)))
    m.main.op(name, [x], [y])
    return [x], [y]


def logistic(rng, m):
    return unary(rng, m, "LOGISTIC", (1 / 256, -128))


def tanh(rng, m):
    return unary(rng, m, "TANH", (1 / 128, 0))


def relu(rng, m):
    return unary(rng, m, "RELU", (scale(rng), zero(rng)))


def relu6(rng, m):
    return unary(rng, m, "RELU6")


def relu_n1_to_1(rng, m):
    return unary(rng, m, "RELU_N1_TO_1", (scale(rng), zero(rng)))


def wide_scale(rng):
    """Powers of two, for which these functions have a form of their own, and others."""
    return float(rng.choice([1 / 4096, 1 / 2048, 1 / 8192, scale(rng, 1e-5, 0.01), scale(rng, 1e-4, 0.001)]))


def logistic_int16(rng, m):
    return unary(rng, m, "LOGISTIC", (1 / 32768, 0), "int16", wide_scale(rng))


def tanh_int16(rng, m):
    return unary(rng, m, "TANH", (1 / 32768, 0), "int16", wide_scale(rng))


def relu_int16(rng, m):
    if rng.random() < 0.5:
        return unary(rng, m, "RELU6", element="int16", s=scale(rng, 1e-5, 0.01))
    return unary(rng, m, "RELU", (scale(rng, 1e-4, 0.01), 0), "int16", scale(rng, 1e-4, 0.01))


QUANTIZE = [("int8", "int8"), ("int8", "uint8"), ("uint8", "int8"), ("int8", "int16"), ("int16", "int8"),
            ("int16", "int16"), ("int8", "int32"), ("int16", "int32"), ("int32", "int8"), ("int32", "int16")]


def quantize(rng, m, pairs=QUANTIZE[:3]):
    dims, (a, b) = shape(rng), pairs[int(rng.integers(len(pairs)))]
    x = m.main.tensor(dims, a, scale(rng), zero_of(rng, a))
    y = m.main.tensor(dims, b, scale(rng), zero_of(rng, b))
    m.main.op("QUANTIZE", [x], [y], "QuantizeOptions")
    return [x], [y]


def quantize_wide(rng, m):
    return quantize(rng, m, QUANTIZE[3:])


def svdf(rng, m, element="int8"):
    batch, inputs, memory, rank = (int(rng.integers(1, n)) for n in (3, 40, 12, 4))
    units = int(rng.integers(1, 16))
    filters = units * rank
    real = element == "float32"
    narrow = "float32" if real else "int8"
    si, sf, st, sm = (None,) * 4 if real else (scale(rng), scale(rng, 0.002, 0.05), scale(rng, 0.002, 0.05), scale(rng))
    so = None if real else float(np.float32(sm * st * np.sqrt(rank * memory) * rng.uniform(20, 120)))
    # The memory's scale fits what comes to it.
    if not real:
        sm = float(np.float32(si * sf * np.sqrt(inputs) * (0.5 if element == "int16" else rng.uniform(40, 120))))
        so = float(np.float32(sm * st * np.sqrt(rank * memory) * (3000 if element == "int16" else rng.uniform(20, 120))))
    draw = (lambda *n: reals(rng, *n)) if real else (lambda *n: weights(rng, n))
    x = m.main.tensor([batch, inputs], narrow, si, zero_of(rng, narrow))
    f = m.main.tensor([filters, inputs], narrow, sf, 0, draw(filters, inputs))
    t = m.main.tensor([filters, memory], element, st, 0, draw(filters, memory))
    b = m.main.tensor([units], "float32" if real else "int32", None if real else sm * st, 0,
                      reals(rng, units) if real else rng.integers(-4000, 4000, units))
    s = m.main.tensor([batch, filters * memory], element, sm, zero_of(rng, element))
    m.main.graph.tensors[s].isVariable = True
    y = m.main.tensor([batch, units], narrow, so, zero_of(rng, narrow))
    m.main.op("SVDF", [x, f, t, b, s], [y], "SVDFOptions", rank=rank,
              fusedActivationFunction=int(rng.choice([0, 1])) if real else 0)
    return [x], [y]


def svdf_int16(rng, m):
    return svdf(rng, m, "int16")


def float_svdf(rng, m):
    return svdf(rng, m, "float32")


def movement(rng, m, element="int16"):
    """PAD or PADV2, then TRANSPOSE, SPLIT, CONCATENATION and PACK, on elements of several bytes."""
    dims, s = shape(rng, 3), None if element == "float32" else scale(rng)
    pads, z = rng.integers(0, 3, (3, 2)), 0
    x, p = m.main.tensor(dims, element, s, z), m.main.tensor([3, 2], "int32", data=pads)
    padded = [n + a + b for n, (a, b) in zip(dims, pads.tolist())]
    y = m.main.tensor(padded, element, s, z)
    if rng.random() < 0.5:
        m.main.op("PAD", [x, p], [y], "PadOptions")
    else:
        m.main.op("PADV2", [x, p, m.main.tensor([1], element, s, z, data=[int(rng.integers(-9, 9))])], [y], "PadV2Options")
    order = rng.permutation(3)
    turned = [padded[i] for i in order]
    t = m.main.tensor(turned, element, s, z)
    m.main.op("TRANSPOSE", [y, m.main.tensor([3], "int32", data=order)], [t], "TransposeOptions")
    doubled = [turned[0], turned[1], 2 * turned[2]]
    c = m.main.tensor(doubled, element, s, z)
    m.main.op("CONCATENATION", [t, t], [c], "ConcatenationOptions", axis=2)
    halves = [m.main.tensor(turned, element, s, z) for _ in range(2)]
    m.main.op("SPLIT", [m.main.tensor([1], "int32", data=[2]), c], halves, "SplitOptions", numSplits=2)
    out = m.main.tensor([turned[0], 2, turned[1], turned[2]], element, s, z)
    m.main.op("PACK", halves[::-1], [out], "PackOptions", valuesCount=2, axis=1)
    return [x], [out]


def float_movement(rng, m):
    return movement(rng, m, "float32")


def concatenation(rng, m):
    dims, s, z, count = shape(rng, 4), scale(rng), zero(rng), int(rng.integers(1, 5))
    axis = int(rng.integers(4))
    parts = [dims[:axis] + [int(rng.integers(1, 5))] + dims[axis + 1:] for _ in range(count)]
    inputs = [m.main.tensor(part, "int8", s, z) for part in parts]
    dims[axis] = sum(part[axis] for part in parts)
    y = m.main.tensor(dims, "int8", s, z)
    m.main.op("CONCATENATION", inputs, [y], "ConcatenationOptions", axis=axis - (4 if rng.random() < 0.3 else 0))
    return inputs, [y]


def split(rng, m):
    dims, s, z, count = shape(rng, 4), scale(rng), zero(rng), int(rng.integers(1, 4))
    axis = int(rng.integers(4))
    part = list(dims)
    dims[axis] *= count
    x, a = m.main.tensor(dims, "int8", s, z), m.main.tensor([1], "int32", data=[axis])
    outputs = [m.main.tensor(part, "int8", s, z) for _ in range(count)]
    m.main.op("SPLIT", [a, x], outputs, "SplitOptions", numSplits=count)
    return [x], outputs


def split_v(rng, m):
    dims, s, z = shape(rng, 4), scale(rng), zero(rng)
    axis, sizes = int(rng.integers(4)), shape(rng, int(rng.integers(1, 4)))
    parts = [dims[:axis] + [size] + dims[axis + 1:] for size in sizes]
    dims[axis] = sum(sizes)
    x = m.main.tensor(dims, "int8", s, z)
    k, a = m.main.tensor([len(sizes)], "int32", data=sizes), m.main.tensor([1], "int32", data=[axis])
    outputs = [m.main.tensor(part, "int8", s, z) for part in parts]
    m.main.op("SPLIT_V", [x, k, a], outputs, "SplitVOptions", numSplits=len(sizes))
    return [x], outputs


def slice_(rng, m):
    dims, s, z = shape(rng), scale(rng), zero(rng)
    begin = [int(rng.integers(n)) for n in dims]
    size = [int(rng.integers(1, n - at + 1)) for n, at in zip(dims, begin)]
    x, y = m.main.tensor(dims, "int8", s, z), m.main.tensor(size, "int8", s, z)
    b, k = m.main.tensor([len(dims)], "int32", data=begin), m.main.tensor([len(dims)], "int32", data=size)
    m.main.op("SLICE", [x, b, k], [y], "SliceOptions")
    return [x], [y]


def strided_slice(rng, m):
    while True:
        dims, s, z = shape(rng, most=9), scale(rng), zero(rng)
        stride = [int(rng.choice([1, 1, 2, 3, -1, -2])) for _ in dims]
        begin = [int(rng.integers(-n, n)) for n in dims]
        end = [int(rng.integers(-n - 1, n + 1)) for n in dims]
        masks = [int(rng.integers(1 << len(dims))) if rng.random() < 0.6 else 0 for _ in range(2)]
        taken = tuple(slice(None if masks[0] >> i & 1 else begin[i], None if masks[1] >> i & 1 else end[i], stride[i])
                      for i in range(len(dims)))
        out = np.zeros(dims)[taken].shape
        if min(out) > 0 and all(-n <= e for n, e in zip(dims, end)):
            break
    x, y = m.main.tensor(dims, "int8", s, z), m.main.tensor(out, "int8", s, z)
    lists = [m.main.tensor([len(dims)], "int32", data=v) for v in (begin, end, stride)]
    m.main.op("STRIDED_SLICE", [x, *lists], [y], "StridedSliceOptions", beginMask=masks[0], endMask=masks[1])
    return [x], [y]


def pad(rng, m):
    dims, s, z = shape(rng, 4), scale(rng), zero(rng)
    pads = rng.integers(0, 4, (4, 2))
    x = m.main.tensor(dims, "int8", s, z)
    y = m.main.tensor([n + a + b for n, (a, b) in zip(dims, pads.tolist())], "int8", s, z)
    p = m.main.tensor([4, 2], "int32", data=pads)
    if rng.random() < 0.5:
        m.main.op("PAD", [x, p], [y], "PadOptions")
    else:
        v = m.main.tensor([1], "int8", s, z, data=[int(rng.integers(-128, 128))])
        m.main.op("PADV2", [x, p, v], [y], "PadV2Options")
    return [x], [y]


def pack(rng, m):
    dims, s, z, count = shape(rng, 3), scale(rng), zero(rng), int(rng.integers(1, 5))
    axis = int(rng.integers(4))
    inputs = [m.main.tensor(dims, "int8", s, z) for _ in range(count)]
    y = m.main.tensor(dims[:axis] + [count] + dims[axis:], "int8", s, z)
    m.main.op("PACK", inputs, [y], "PackOptions", valuesCount=count, axis=axis)
    return inputs, [y]


def transpose(rng, m):
    dims, s, z = shape(rng), scale(rng), zero(rng)
    order = rng.permutation(len(dims))
    x, p = m.main.tensor(dims, "int8", s, z), m.main.tensor([len(dims)], "int32", data=order)
    y = m.main.tensor([dims[i] for i in order], "int8", s, z)
    m.main.op("TRANSPOSE", [x, p], [y], "TransposeOptions")
    return [x], [y]


def streaming(rng, m):
    """A state that takes in one frame per run: a convolution over the last frames, as microWakeWord's models do it."""
    frames, width, out = int(rng.integers(2, 6)), int(rng.integers(2, 40)), int(rng.integers(1, 20))
    s, z = scale(rng), zero(rng)
    start = m.graph()
    for graph in (start, m.main):
        handle = graph.tensor([], "resource", name="state")
        if graph is m.main:
            graph.op("CALL_ONCE", [], [], "CallOnceOptions", initSubgraphIndex=1)
        graph.op("VAR_HANDLE", [], [handle], "VarHandleOptions", container="", sharedName="state")
        if graph is start:
            first = graph.tensor([1, frames - 1, 1, width], "int8", s, z, rng.integers(-128, 128, (frames - 1) * width))
            graph.op("ASSIGN_VARIABLE", [handle, first], [], "AssignVariableOptions")
    g = m.main
    x = g.tensor([1, 1, 1, width], "int8", s, z)
    old = g.tensor([1, frames - 1, 1, width], "int8", s, z)
    g.op("READ_VARIABLE", [handle], [old], "ReadVariableOptions")
    both = g.tensor([1, frames, 1, width], "int8", s, z)
    g.op("CONCATENATION", [old, x], [both], "ConcatenationOptions", axis=1)
    new = g.tensor([1, frames - 1, 1, width], "int8", s, z)
    lists = [g.tensor([4], "int32", data=v) for v in ([0, 1, 0, 0], [1, frames, 1, width], [1, 1, 1, 1])]
    g.op("STRIDED_SLICE", [both, *lists], [new], "StridedSliceOptions")
    g.op("ASSIGN_VARIABLE", [handle, new], [], "AssignVariableOptions")
    k = g.tensor([out, frames, 1, width], "int8", 0.01, 0, rng.integers(-127, 128, (out, frames, 1, width)))
    b = g.tensor([out], "int32", s * 0.01, 0, rng.integers(-100, 100, out))
    y = g.tensor([1, 1, 1, out], "int8", float(np.float32(s * np.sqrt(frames * width))), 0)
    g.op("CONV_2D", [both, k, b], [y], "Conv2DOptions", padding=1, strideH=1, strideW=1)
    return [x], [y, old]


def reals(rng, *shape):
    return rng.normal(0, 1, shape).astype(np.float32)


def float_conv_2d(rng, m):
    padding, ((h, kh, sh, dh, oh), (w, kw, sw, dw, ow)) = sliding(rng)
    depth, out = int(rng.integers(1, 12)), int(rng.integers(1, 12))
    x, y = m.main.tensor([1, h, w, depth], "float32"), m.main.tensor([1, oh, ow, out], "float32")
    k = m.main.tensor([out, kh, kw, depth], "float32", data=reals(rng, out, kh, kw, depth))
    b = m.main.tensor([out], "float32", data=reals(rng, out))
    m.main.op("CONV_2D", [x, k, b], [y], "Conv2DOptions", padding=padding, strideH=sh, strideW=sw,
              dilationHFactor=dh, dilationWFactor=dw, fusedActivationFunction=int(rng.choice(RELUS)))
    return [x], [y]


def float_hybrid_conv_2d(rng, m):
    padding, ((h, kh, sh, dh, oh), (w, kw, sw, dw, ow)) = sliding(rng)
    depth, out = int(rng.integers(1, 12)), int(rng.integers(2, 12))
    x, y = m.main.tensor([1, h, w, depth], "float32"), m.main.tensor([1, oh, ow, out], "float32")
    scales = rng.uniform(0.001, 0.1, int(rng.choice([1, out])))
    k = m.main.tensor([out, kh, kw, depth], "int8", scales, 0, weights(rng, (out, kh, kw, depth)))
    b = m.main.tensor([out], "float32", data=reals(rng, out))
    m.main.op("CONV_2D", [x, k, b], [y], "Conv2DOptions", padding=padding, strideH=sh, strideW=sw,
              dilationHFactor=dh, dilationWFactor=dw, fusedActivationFunction=int(rng.choice(RELUS)))
    return [x], [y]


def float_depthwise_conv_2d(rng, m):
    padding, ((h, kh, sh, dh, oh), (w, kw, sw, dw, ow)) = sliding(rng)
    depth, multiplier = int(rng.integers(1, 12)), int(rng.choice([1, 1, 2, 3]))
    out = depth * multiplier
    x, y = m.main.tensor([1, h, w, depth], "float32"), m.main.tensor([1, oh, ow, out], "float32")
    k = m.main.tensor([1, kh, kw, out], "float32", data=reals(rng, 1, kh, kw, out))
    b = m.main.tensor([out], "float32", data=reals(rng, out))
    m.main.op("DEPTHWISE_CONV_2D", [x, k, b], [y], "DepthwiseConv2DOptions", padding=padding, strideH=sh,
              strideW=sw, depthMultiplier=multiplier, dilationHFactor=dh, dilationWFactor=dw,
              fusedActivationFunction=int(rng.choice(RELUS)))
    return [x], [y]


def float_fully_connected(rng, m):
    rows, inputs, outputs = int(rng.integers(1, 4)), int(rng.integers(1, 60)), int(rng.integers(1, 20))
    x, y = m.main.tensor([rows, inputs], "float32"), m.main.tensor([rows, outputs], "float32")
    k = m.main.tensor([outputs, inputs], "float32", data=reals(rng, outputs, inputs))
    b = m.main.tensor([outputs], "float32", data=reals(rng, outputs))
    m.main.op("FULLY_CONNECTED", [x, k, b], [y], "FullyConnectedOptions",
              fusedActivationFunction=int(rng.choice(RELUS)))
    return [x], [y]


def float_pool(rng, m):
    padding, ((h, kh, sh, _, oh), (w, kw, sw, _, ow)) = sliding(rng, dilated=False)
    depth = int(rng.integers(1, 12))
    x, y = m.main.tensor([1, h, w, depth], "float32"), m.main.tensor([1, oh, ow, depth], "float32")
    m.main.op(str(rng.choice(["AVERAGE_POOL_2D", "MAX_POOL_2D"])), [x], [y], "Pool2DOptions", padding=padding,
              strideH=sh, strideW=sw, filterHeight=kh, filterWidth=kw, fusedActivationFunction=int(rng.choice(RELUS)))
    return [x], [y]


def float_softmax(rng, m):
    dims = shape(rng, 2, 30)
    x, y = m.main.tensor(dims, "float32"), m.main.tensor(dims, "float32")
    m.main.op("SOFTMAX", [x], [y], "SoftmaxOptions", beta=float(rng.choice([1.0, 0.5])))
    return [x], [y]


def float_unary(rng, m):
    dims = shape(rng)
    x, y = m.main.tensor(dims, "float32"), m.main.tensor(dims, "float32")
    m.main.op(str(rng.choice(["LOGISTIC", "TANH", "RELU", "RELU6", "RELU_N1_TO_1"])), [x], [y])
    return [x], [y]


def float_binary(rng, m):
    dims = shape(rng, 4)
    other = [n if rng.random() < 0.7 else 1 for n in dims]
    a, b = m.main.tensor(dims, "float32"), m.main.tensor(other, "float32")
    y, name = m.main.tensor(dims, "float32"), str(rng.choice(["Add", "Sub", "Mul"]))
    m.main.op(name.upper(), [a, b], [y], name + "Options", fusedActivationFunction=int(rng.choice(RELUS)))
    return [a, b], [y]


def float_mean(rng, m):
    dims, axes = shape(rng, 4), [1, 2]
    x, y = m.main.tensor(dims, "float32"), m.main.tensor([dims[0], 1, 1, dims[3]], "float32")
    axis = m.main.tensor([2], "int32", data=axes)
    m.main.op("MEAN", [x, axis], [y], "ReducerOptions", keepDims=True)
    return [x], [y]


def int32_arithmetic(rng, m):
    dims = shape(rng, 4)
    other = [n if rng.random() < 0.7 else 1 for n in dims]
    name = str(rng.choice(["Add", "Sub", "Mul"]))
    a, b, y = (m.main.tensor(d, "int32") for d in (dims, other, dims))
    # TFLite Micro leaves the activation of a sum out, LiteRT does not.
    activation = 0 if name == "Add" else int(rng.choice(RELUS))
    m.main.op(name.upper(), [a, b], [y], name + "Options", fusedActivationFunction=activation)
    return [a, b], [y]


def int32_divide(rng, m):
    """By constants: 0 and -1 can end the interpreter."""
    dims = shape(rng, 4)
    other = [n if rng.random() < 0.7 else 1 for n in dims]
    data = rng.integers(2, 1 << int(rng.integers(2, 31)), other) * rng.choice([-1, 1], other)
    a, y = m.main.tensor(dims, "int32"), m.main.tensor(dims, "int32")
    b = m.main.tensor(other, "int32", data=data)
    m.main.op("DIV", [a, b], [y], "DivOptions", fusedActivationFunction=int(rng.choice(RELUS)))
    return [a], [y]


def minimum_maximum(rng, m):
    dims, element = shape(rng, 4), str(rng.choice(["int8", "int16", "int32", "float32"]))
    other = [n if rng.random() < 0.7 else 1 for n in dims]
    affine = (None, 0) if element in ("int32", "float32") else (scale(rng), zero_of(rng, element))
    a, b, y = (m.main.tensor(d, element, *affine) for d in (dims, other, dims))
    m.main.op(str(rng.choice(["MINIMUM", "MAXIMUM"])), [a, b], [y], "MaximumMinimumOptions")
    return [a, b], [y]


def float_divide(rng, m):
    dims = shape(rng, 4)
    a, y = m.main.tensor(dims, "float32"), m.main.tensor(dims, "float32")
    b = m.main.tensor(dims, "float32", data=reals(rng, *dims))
    m.main.op("DIV", [a, b], [y], "DivOptions", fusedActivationFunction=int(rng.choice(RELUS)))
    return [a], [y]


CASTS = [("int8", "int16"), ("int8", "int32"), ("int16", "int8"), ("int16", "int32"), ("int32", "int8"),
         ("int32", "int16"), ("int32", "float32"), ("int16", "float32"), ("int8", "float32"), ("float32", "int8"),
         ("float32", "int16"), ("float32", "int32"), ("uint8", "int32"), ("uint8", "float32")]


def cast(rng, m):
    dims, (a, b) = shape(rng), CASTS[int(rng.integers(len(CASTS)))]
    x, y = m.main.tensor(dims, a), m.main.tensor(dims, b)
    m.main.op("CAST", [x], [y], "CastOptions", inDataType=ELEMENTS[a], outDataType=ELEMENTS[b])
    return [x], [y]


def unsigned(rng, m, count, bits=32):
    """Random u32 of at most so many bits: neither interpreter takes them as an input, so they are cast from int32."""
    x, limited = m.main.tensor([count], "int32"), m.main.tensor([count], "int32")
    divisor = m.main.tensor([], "int32", data=1 << (32 - bits) if bits < 32 else 1)
    m.main.op("DIV", [x, divisor], [limited], "DivOptions")
    if bits < 32:
        least, above = m.main.tensor([], "int32", data=0), m.main.tensor([count], "int32")
        m.main.op("MAXIMUM", [limited, least], [above], "MaximumMinimumOptions")
        limited = above
    y = m.main.tensor([count], "uint32")
    m.main.op("CAST", [limited], [y], "CastOptions", inDataType=ELEMENTS["int32"], outDataType=ELEMENTS["uint32"])
    return x, y


def signed(m, x, count):
    """The same bits as int32, which both interpreters give back."""
    y = m.main.tensor([count], "int32")
    m.main.op("CAST", [x], [y], "CastOptions", inDataType=ELEMENTS["uint32"], outDataType=ELEMENTS["int32"])
    return y


def signal_window(rng, m):
    window, rows, shift = int(rng.integers(1, 40)), int(rng.integers(1, 4)), int(rng.choice([12, 12, 15, 3]))
    x, y = m.main.tensor([rows, window], "int16"), m.main.tensor([rows, window], "int16")
    w = m.main.tensor([window], "int16", data=rng.integers(-32768, 32768, window))
    m.main.custom("SignalWindow", [x, w], [y], shift=shift)
    return [x], [y]


def signal_auto_scale(rng, m):
    """Of quieter samples, too: the input is weighed first."""
    count = int(rng.integers(1, 40))
    x, quiet = m.main.tensor([count], "int16"), m.main.tensor([count], "int16")
    w = m.main.tensor([count], "int16", data=np.full(count, 1 << int(rng.integers(0, 15))))
    m.main.custom("SignalWindow", [x, w], [quiet], shift=int(rng.choice([14, 14, 10, 20])))
    y, bits = m.main.tensor([count], "int16"), m.main.tensor([], "int32")
    m.main.custom("SignalFftAutoScale", [quiet], [y, bits])
    return [x], [y, bits]


def signal_rfft(rng, m):
    length, rows = 1 << int(rng.integers(4, 11)), int(rng.integers(1, 3))
    row = int(rng.integers(length // 2, length + 1))
    x, y = m.main.tensor([rows, row], "int16"), m.main.tensor([rows, length + 2], "int16")
    m.main.custom("SignalRfft", [x], [y], T=ELEMENTS["int16"], fft_length=length)
    return [x], [y]


def signal_energy(rng, m):
    """What TFLite Micro leaves undefined is cut off."""
    bins = int(rng.integers(3, 40))
    start = int(rng.integers(bins - 1))
    end = int(rng.integers(start + 1, bins + 1))
    x, y = m.main.tensor([2 * bins], "int16"), m.main.tensor([bins], "uint32")
    m.main.custom("SignalEnergy", [x], [y], start_index=start, end_index=end)
    whole, part = signed(m, y, bins), m.main.tensor([end - start], "int32")
    lists = [m.main.tensor([1], "int32", data=[n]) for n in (start, end, 1)]
    m.main.op("STRIDED_SLICE", [whole, *lists], [part], "StridedSliceOptions")
    return [x], [part]


def bands(rng, m, energies, channels, low=0):
    """The constants of a filter bank whose bands lie anywhere; weights from `low` on."""
    widths = rng.integers(0, min(energies, 9) + 1, channels + 1)
    starts = [int(rng.integers(energies - n + 1)) for n in widths]
    weight_starts = np.concatenate([[0], np.cumsum(widths)[:-1]])
    short = lambda data: m.main.tensor([len(data)], "int16", data=data)
    weights = [short(rng.integers(low, 4097, max(1, widths.sum()))) for _ in range(2)]
    return [*weights, short(starts), short(weight_starts), short(widths)]


def signal_filter_bank(rng, m):
    """With square roots, since neither interpreter gives back u64; negative weights fill all of its bits."""
    energies, channels = int(rng.integers(2, 60)), int(rng.integers(1, 20))
    x, e = unsigned(rng, m, energies, int(rng.choice([32, 32, 20, 8])))
    sums, roots = m.main.tensor([channels], "uint64"), m.main.tensor([channels], "uint32")
    constants = bands(rng, m, energies, channels, int(rng.choice([0, 0, -4096])))
    m.main.custom("SignalFilterBank", [e, *constants], [sums], num_channels=channels)
    bits = m.main.tensor([], "int32", data=int(rng.integers(0, 16)))
    m.main.custom("SignalFilterBankSquareRoot", [sums, bits], [roots])
    return [x], [signed(m, roots, channels)]


def subtraction(rng, m, e, channels):
    """Signal and estimate after a spectral subtraction."""
    out, noise = m.main.tensor([channels], "uint32"), m.main.tensor([channels], "uint32")
    one, newest = 1 << 14, [int(n) for n in rng.integers(1, 4000, 2)]
    m.main.custom("SignalFilterBankSpectralSubtraction", [e], [out, noise], num_channels=channels,
                  smoothing=newest[0], one_minus_smoothing=one - newest[0], alternate_smoothing=newest[1],
                  alternate_one_minus_smoothing=one - newest[1], min_signal_remaining=int(rng.integers(0, one)),
                  smoothing_bits=int(rng.integers(0, 13)), spectral_subtraction_bits=14,
                  clamping=bool(rng.integers(2)))
    return out, noise


def signal_subtraction(rng, m):
    channels = int(rng.integers(1, 50))
    x, e = unsigned(rng, m, channels, int(rng.choice([32, 22, 16, 8])))
    out, noise = subtraction(rng, m, e, channels)
    return [x], [signed(m, out, channels), signed(m, noise, channels)]


def signal_pcan(rng, m):
    channels = int(rng.integers(1, 50))
    (x, e), (n, noise) = (unsigned(rng, m, channels, int(rng.choice([32, 24, 16, 8, 2]))) for _ in range(2))
    low = int(rng.choice([0, -32768]))
    gains = m.main.tensor([125], "int16", data=rng.integers(low, 32768, 125))
    y = m.main.tensor([channels], "uint32")
    m.main.custom("SignalPCAN", [e, noise, gains], [y], snr_shift=int(rng.integers(0, 13)))
    return [x, n], [signed(m, y, channels)]


def signal_log(rng, m):
    channels = int(rng.integers(1, 50))
    x, e = unsigned(rng, m, channels, int(rng.choice([32, 24, 16, 8, 2])))
    y = m.main.tensor([channels], "int16")
    m.main.custom("SignalFilterBankLog", [e], [y], input_correction_bits=int(rng.integers(0, 8)),
                  output_scale=int(rng.choice([64, 64, 1600, 1 << 20])))
    return [x], [y]


def signal_front_end(rng, m):
    """All of them, as an audio preprocessor joins them."""
    g, length = m.main, 1 << int(rng.integers(5, 10))
    window, bins, channels = length - int(rng.integers(0, length // 4)), length // 2 + 1, int(rng.integers(2, 12))
    x, weighed = g.tensor([1, window], "int16"), g.tensor([1, window], "int16")
    w = g.tensor([window], "int16", data=np.round(4096 * np.hanning(window)))
    g.custom("SignalWindow", [x, w], [weighed], shift=12)
    flat, scaled, bits = g.tensor([window], "int16"), g.tensor([window], "int16"), g.tensor([], "int32")
    g.op("RESHAPE", [weighed, g.tensor([1], "int32", data=[window])], [flat], "ReshapeOptions", newShape=[window])
    g.custom("SignalFftAutoScale", [flat], [scaled, bits])
    spectrum, energy = g.tensor([2 * bins], "int16"), g.tensor([bins], "uint32")
    g.custom("SignalRfft", [scaled], [spectrum], T=ELEMENTS["int16"], fft_length=length)
    g.custom("SignalEnergy", [spectrum], [energy], start_index=0, end_index=bins)
    sums, roots = g.tensor([channels], "uint64"), g.tensor([channels], "uint32")
    g.custom("SignalFilterBank", [energy, *bands(rng, m, bins, channels)], [sums], num_channels=channels)
    g.custom("SignalFilterBankSquareRoot", [sums, bits], [roots])
    signal, noise = subtraction(rng, m, roots, channels)
    gains, ratio, log = g.tensor([125], "int16", data=rng.integers(0, 3000, 125)), g.tensor([channels], "uint32"), g.tensor([channels], "int16")
    g.custom("SignalPCAN", [signal, noise, gains], [ratio], snr_shift=6)
    g.custom("SignalFilterBankLog", [ratio], [log], input_correction_bits=3, output_scale=64)
    return [x], [log, signed(m, noise, channels)]


def float_quantize(rng, m):
    dims, element = shape(rng), str(rng.choice(["int8", "int8", "int16", "uint8"]))
    x, y = m.main.tensor(dims, "float32"), m.main.tensor(dims, element, scale(rng), zero_of(rng, element))
    m.main.op("QUANTIZE", [x], [y], "QuantizeOptions")
    return [x], [y]


def float_dequantize(rng, m):
    dims, element = shape(rng), str(rng.choice(["int8", "int8", "int16", "uint8"]))
    x, y = m.main.tensor(dims, element, scale(rng), zero_of(rng, element)), m.main.tensor(dims, "float32")
    m.main.op("DEQUANTIZE", [x], [y], "DequantizeOptions")
    return [x], [y]


OPERATORS = {
    name.strip("_"): function
    for name, function in inspect.getmembers(sys.modules[__name__], inspect.isfunction)
    if function.__module__ == __name__ and list(inspect.signature(function).parameters)[:2] == ["rng", "m"]
    and name not in ("pool", "unary", "transposed", "broadcast", "unsigned", "bands", "subtraction")
}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--only", nargs="*", choices=sorted(OPERATORS), default=sorted(OPERATORS))
    parser.add_argument("--golden", action="store_true")
    args = parser.parse_args()
    runs = 3 if args.golden else args.runs
    for name in args.only:
        oracles, folders = set(), []
        for seed in range(args.seeds):
            model = Model()
            rng = np.random.default_rng([seed, *name.encode()])
            ends = OPERATORS[name](rng, model)
            out = args.out / f"{name}-{seed}"
            shutil.rmtree(out, ignore_errors=True)
            oracles.add(live.record(model.bytes(*ends), out, runs))
            folders.append(out)
        if args.golden:
            folders.sort(key=lambda folder: sum(file.stat().st_size for file in folder.iterdir()))
            for folder in folders[2:]:
                shutil.rmtree(folder)
        print(f"{name}: {args.seeds} models, {runs} runs each, {' and '.join(sorted(oracles))}")


if __name__ == "__main__":
    main()
