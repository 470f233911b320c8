"""Writes .tflite files from Python: a thin layer over the schema's object interface."""

import flatbuffers
import numpy as np
from flatbuffers import flexbuffers
from tflite_micro.tensorflow.lite.micro.python import schema_py_generated as schema

ELEMENTS = {
    "float32": schema.TensorType.FLOAT32,
    "int32": schema.TensorType.INT32,
    "uint8": schema.TensorType.UINT8,
    "int64": schema.TensorType.INT64,
    "uint32": schema.TensorType.UINT32,
    "uint64": schema.TensorType.UINT64,
    "int16": schema.TensorType.INT16,
    "int8": schema.TensorType.INT8,
    "resource": schema.TensorType.RESOURCE,
}


class Graph:
    """One graph under construction: tensors, then operators in order."""

    def __init__(self, model):
        self.model = model
        self.graph = schema.SubGraphT()
        self.graph.tensors, self.graph.operators = [], []

    def tensor(self, shape, dtype="int8", scale=None, zero_point=0, data=None, axis=0, name=None):
        """Adds a tensor, a constant where `data` is given, and returns its number."""
        tensor = schema.TensorT()
        tensor.shape = [int(n) for n in shape]
        tensor.type = ELEMENTS[dtype]
        tensor.name = name or f"t{len(self.graph.tensors)}"
        tensor.buffer = self.model.buffer(None if data is None else np.asarray(data, dtype))
        if scale is not None:
            tensor.quantization = quantization = schema.QuantizationParametersT()
            quantization.scale = np.atleast_1d(np.asarray(scale, np.float32))
            quantization.zeroPoint = np.broadcast_to(np.int64(zero_point), quantization.scale.shape)
            quantization.quantizedDimension = axis
        self.graph.tensors.append(tensor)
        return len(self.graph.tensors) - 1

    def op(self, name, inputs, outputs, options=None, **fields):
        """Adds an operator; `fields` are those of its options table."""
        op = schema.OperatorT()
        op.opcodeIndex = self.model.code(getattr(schema.BuiltinOperator, name))
        op.inputs, op.outputs = list(inputs), list(outputs)
        if options:
            op.builtinOptions = getattr(schema, options + "T")()
            op.builtinOptionsType = getattr(schema.BuiltinOptions, options)
            for key, value in fields.items():
                assert hasattr(op.builtinOptions, key), key
                setattr(op.builtinOptions, key, value)
        self.graph.operators.append(op)

    def custom(self, name, inputs, outputs, **options):
        """Adds a custom operator; `options` are the keys of its map."""
        op = schema.OperatorT()
        op.opcodeIndex = self.model.code(schema.BuiltinOperator.CUSTOM, name)
        op.inputs, op.outputs = list(inputs), list(outputs)
        op.customOptions = np.frombuffer(flexbuffers.Dumps(options), np.uint8)
        self.graph.operators.append(op)


class Model:
    """A file under construction; `main` is its first graph."""

    def __init__(self):
        self.model = schema.ModelT()
        self.model.version = 3
        self.model.buffers, self.model.operatorCodes, self.model.subgraphs = [], [], []
        self.buffer(None)
        self.main = self.graph()

    def graph(self):
        """Adds a graph."""
        graph = Graph(self)
        self.model.subgraphs.append(graph.graph)
        return graph

    def buffer(self, data):
        """Adds a buffer and returns its number."""
        buffer = schema.BufferT()
        if data is not None:
            buffer.data = np.frombuffer(np.ascontiguousarray(data).tobytes(), np.uint8)
        self.model.buffers.append(buffer)
        return len(self.model.buffers) - 1

    def code(self, code, custom=None):
        """The number of an operator code, added when it is new."""
        for number, known in enumerate(self.model.operatorCodes):
            if (known.builtinCode, known.customCode) == (code, custom):
                return number
        operator = schema.OperatorCodeT()
        operator.customCode = custom
        operator.builtinCode, operator.deprecatedBuiltinCode, operator.version = code, min(code, 127), 1
        self.model.operatorCodes.append(operator)
        return len(self.model.operatorCodes) - 1

    def bytes(self, inputs, outputs):
        """The finished file; `inputs` and `outputs` are tensor numbers of the main graph."""
        for graph in self.model.subgraphs:
            if graph.inputs is None:
                graph.inputs, graph.outputs = [], []
        self.main.graph.inputs, self.main.graph.outputs = list(inputs), list(outputs)
        builder = flatbuffers.Builder(1024)
        builder.Finish(self.model.Pack(builder), b"TFL3")
        return bytes(builder.Output())
