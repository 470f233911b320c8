import kws
import numpy as np
import pytest
from conftest import ROOT

MODEL = ROOT / "pipelines/models/yes_no/model.tflite"


def test_types_of_inputs_and_outputs():
    model = kws.Model(MODEL.read_bytes())
    (tensor,), (output,) = model.inputs, model.outputs
    assert (tensor.dtype, output.dtype) == ("int8", "int8")
    stored = np.random.default_rng(1).integers(-128, 128, tensor.shape, np.int8)
    found = model.run(stored)
    assert found.dtype == np.int8 and list(found.shape) == output.shape
    real = (stored.astype(np.float32) - tensor.zero_point) * np.float32(tensor.scale)
    expected = (found.astype(np.float32) - output.zero_point) * np.float32(output.scale)
    assert np.array_equal(model.run(real), expected)
    assert np.array_equal(model.run(stored.view(np.uint8) ^ np.uint8(128)), found)
    with pytest.raises(ValueError, match="items"):
        model.run(stored.ravel()[1:])
    with pytest.raises(TypeError, match="expected 1"):
        model.run()
    with pytest.raises(kws.Error):
        kws.Model(b"no model")
    with pytest.raises(OSError, match="nope"):
        kws.Model("nope.tflite")
