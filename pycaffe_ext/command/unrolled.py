"""The net of single time steps that Caffe builds inside an RNN or LSTM layer, for its lines in the log."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..proto import caffe_pb2

Shape = Sequence[int]


def unrolled(param: Any, bottoms: Sequence[Shape], *, has_static: bool) -> Any:
    """The NetParameter of a layer of type RNN or LSTM whose bottoms have these shapes."""
    return (_Lstm if param.type == "LSTM" else _Rnn)(param, bottoms[0][:2]).build(bottoms[: 3 if has_static else 2])


class _Unrolled:
    """`gates`: how many numbers of a step's input make one of its state; `to`: what they are called in names."""

    gates: int
    to: str
    states: Sequence[str]
    output: str

    def __init__(self, param: Any, size: Shape) -> None:
        self._param = param.recurrent_param
        self._name = param.name
        self._steps, self._streams = size
        self._net = caffe_pb2.NetParameter()

    def build(self, bottoms: Sequence[Shape]) -> Any:
        has_static, to = len(bottoms) > 2, self.to
        self._input(["x", "cont", "x_static"][: len(bottoms)], bottoms)
        self._input(self.states, [(1, self._streams, self._param.num_output)] * len(self.states))
        cont = self._slice("cont_slice", "cont")
        self._weigh("x_transform", ["x"], f"W_x{to}_x", [f"W_x{to}", f"b_{to}"], propagate_down=[True])
        if has_static:
            static = f"W_x{to}_x_static"
            before = f"{static}_preshape"
            self._weigh(static, ["x_static"], before, [f"W_x{to}_static"], axis=1, propagate_down=[True])
            reshape = self._add("Reshape", f"{static}_reshape", [before], [static])
            reshape.reshape_param.shape.dim.extend((1, -1, self.gates * self._param.num_output))
        x = self._slice(f"W_x{to}_x_slice", f"W_x{to}_x")
        for t in range(1, self._steps + 1):
            cont.top.append(f"cont_{t}")
            x.top.append(f"W_x{to}_x_{t}")
            forgetting = self._add("Scale", f"h_conted_{t - 1}", [f"h_{t - 1}", f"cont_{t}"], [f"h_conted_{t - 1}"])
            forgetting.scale_param.axis = 0
            self._step(t, [f"W_x{to}_x_static"] if has_static else [])
        self._end()
        steps = [f"{self.output}_{t}" for t in range(1, self._steps + 1)]
        self._add("Concat", f"{self.output}_concat", steps, [self.output]).concat_param.axis = 0
        if self._name:
            for layer in self._net.layer:
                layer.name = f"{self._name}_{layer.name}"
        loss = f"{self.output}_pseudoloss"
        self._add("Reduction", loss, [self.output], [loss]).loss_weight.append(1)
        return self._net

    def _step(self, t: int, static: list[str]) -> None:
        raise NotImplementedError

    def _end(self) -> None:
        """What comes between the last step and the layer that joins the steps."""

    def _add(self, kind: str, name: str, bottom: Sequence[str], top: Sequence[str], **fields: Any) -> Any:
        return self._net.layer.add(type=kind, name=name, bottom=bottom, top=top, **fields)

    def _input(self, tops: Sequence[str], shapes: Sequence[Shape]) -> None:
        layer = self._net.layer.add(type="Input", top=tops)
        for shape in shapes:
            layer.input_param.shape.add().dim.extend(shape)

    def _slice(self, name: str, bottom: str) -> Any:
        """Its tops are added with the steps."""
        layer = self._add("Slice", name, [bottom], [])
        layer.slice_param.axis = 0
        return layer

    def _weigh(
        self, name: str, bottom: Sequence[str], top: str, params: Sequence[str], axis: int = 2, **fields: Any
    ) -> None:
        """A layer InnerProduct; with a bias where two parameters are named."""
        layer = self._add("InnerProduct", name, bottom, [top], **fields)
        layer.param.extend(caffe_pb2.ParamSpec(name=param) for param in params)
        product, has_bias = layer.inner_product_param, len(params) > 1
        product.num_output = self.gates * self._param.num_output
        product.bias_term, product.axis = has_bias, axis
        product.weight_filler.CopyFrom(self._param.weight_filler)
        if has_bias:
            product.bias_filler.CopyFrom(self._param.bias_filler)

    def _sum(self, name: str, bottom: Sequence[str], top: str) -> None:
        self._add("Eltwise", name, bottom, [top]).eltwise_param.operation = caffe_pb2.EltwiseParameter.SUM


class _Lstm(_Unrolled):
    gates, to, states, output = 4, "c", ("c_0", "h_0"), "h"

    def _step(self, t: int, static: list[str]) -> None:
        hidden, gate = f"W_hc_h_{t - 1}", f"gate_input_{t}"
        self._weigh(f"transform_{t}", [f"h_conted_{t - 1}"], hidden, ["W_hc"])
        self._sum(gate, [hidden, f"W_xc_x_{t}", *static], gate)
        self._add("LSTMUnit", f"unit_{t}", [f"c_{t - 1}", gate, f"cont_{t}"], [f"c_{t}", f"h_{t}"])

    def _end(self) -> None:
        self._net.layer.add(type="Split", bottom=[f"c_{self._steps}"], top=["c_T"])


class _Rnn(_Unrolled):
    gates, to, states, output = 1, "h", ("h_0",), "o"

    def _step(self, t: int, static: list[str]) -> None:
        hidden, before = f"W_hh_h_{t - 1}", f"h_neuron_input_{t}"
        self._weigh(hidden, [f"h_conted_{t - 1}"], hidden, ["W_hh"])
        self._sum(f"h_input_sum_{t}", [hidden, f"W_xh_x_{t}", *static], before)
        self._add("TanH", f"h_neuron_{t}", [before], [f"h_{t}"])
        self._weigh(f"W_ho_h_{t}", [f"h_{t}"], f"W_ho_h_{t}", ["W_ho", "b_o"])
        self._add("TanH", f"o_neuron_{t}", [f"W_ho_h_{t}"], [f"o_{t}"])
