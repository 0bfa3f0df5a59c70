#!/usr/bin/python3
"""Every kind of layer and loss against PyTorch: the same weights, inputs and targets, one training pass.

For each case PyTorch computes the loss and the gradient of every parameter in double; actsearch (the
program layer_gradient, float) gets the same numbers. What is printed: the relative difference of the loss,
and the largest difference of any gradient relative to the largest gradient of its tensor.

Usage: bench/compare_layers.py [--program build/release/bench/layer_gradient] [--tolerance 2e-5]
Debian: python3-torch. Exit status 1 when a difference is above the tolerance.
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

ACTIVATION = {"type": "activation"}
OUTPUTS = {"type": "dense", "units": "outputs"}
FLATTEN = {"type": "flatten"}


class Permute(nn.Module):
    """Channels last to channels first, or back."""

    def __init__(self, *order):
        super().__init__()
        self.order = order

    def forward(self, x):
        return x.permute(*self.order)


class First(nn.Module):
    """The first result of a recurrent layer; with `last` its last step alone."""

    def __init__(self, module, last=False):
        super().__init__()
        self.module, self.last = module, last

    def forward(self, x):
        y = self.module(x)[0]
        return y[:, -1] if self.last else y


class Attention(nn.Module):
    def __init__(self, channels, heads):
        super().__init__()
        self.module = nn.MultiheadAttention(channels, heads, batch_first=True)

    def forward(self, x):
        mask = torch.ones(x.shape[1], x.shape[1], dtype=torch.bool).triu(1)
        return self.module(x, x, x, attn_mask=mask, need_weights=False)[0]


class Embedding(nn.Module):
    def __init__(self, tokens, channels, steps):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(tokens, channels))
        self.positions = nn.Parameter(torch.zeros(steps, channels))

    def forward(self, x):
        return self.weight[x[..., 0].long()] + self.positions


class Residual(nn.Module):
    def __init__(self, branch, shortcut=None):
        super().__init__()
        self.branch, self.shortcut = branch, shortcut or nn.Identity()

    def forward(self, x):
        return self.branch(x) + self.shortcut(x)


def image(*modules):
    """Modules that want channels first."""
    return nn.Sequential(Permute(0, 3, 1, 2), *modules, Permute(0, 2, 3, 1))


def conv(inputs, outputs, kernel, **more):
    json_more = {key: list(value) if isinstance(value, tuple) else value for key, value in more.items() if key != "groups"}
    kind = "depthwise_conv2d" if more.get("groups") else "conv2d"
    layer = {"type": kind, "kernel": kernel, **json_more}
    if kind == "conv2d":
        layer["channels"] = outputs
    return layer, nn.Conv2d(inputs, outputs, kernel, **more)


def case(name, size, layers, module, classes=3, answers=1, tokens=0, loss=None, candidate="x*sigmoid(x)"):
    network = {"layers": layers}
    if loss:
        network["loss"] = loss
    return {"name": name, "module": module, "size": size, "classes": classes, "answers": answers, "tokens": tokens,
            "batch": 6, "candidate": candidate, "network": network}


def image_case(name, pairs, candidate="x*sigmoid(x)"):
    """Layers in the middle of a small convolutional network for images of 9x8x2; the last image goes into a row."""
    first_layer, first = conv(2, 4, 3, padding=1)
    layers = [first_layer, ACTIVATION] + [layer for layer, _ in pairs] + [FLATTEN, OUTPUTS]
    body = image(first, nn.SiLU(), *[module for _, module in pairs])
    width = body(torch.zeros(2, 9, 8, 2)).flatten(1).shape[1]
    return case(name, [9, 8, 2], layers, nn.Sequential(body, nn.Flatten(), nn.Linear(width, 3)), candidate=candidate)


def sequence_case(name, layer, module, width, last=False):
    head = nn.Linear(width, 3)
    return case(name, [5, 4], [layer, OUTPUTS], nn.Sequential(module, head), answers=1 if last else 5, candidate="tanh(x)") \
        if layer["type"] in ("rnn", "gru", "lstm") else \
        case(name, [5, 4], [layer, ACTIVATION, OUTPUTS], nn.Sequential(module, nn.SiLU(), head), answers=5)


def cases():
    mlp = [{"type": "dense", "units": 7}, ACTIVATION, OUTPUTS]

    def mlp_module(outputs):
        return nn.Sequential(nn.Linear(6, 7), nn.SiLU(), nn.Linear(7, outputs))

    yield case("dense", [6], mlp, mlp_module(3))
    yield case("label smoothing", [6], mlp, mlp_module(3), loss={"name": "softmax_cross_entropy", "label_smoothing": 0.1})
    yield case("sigmoid cross-entropy", [6], mlp, mlp_module(1), classes=2, loss="sigmoid_cross_entropy")
    yield case("squared error", [6], mlp, mlp_module(1), classes=0)
    yield image_case("conv2d", [conv(4, 5, 3)])
    yield image_case("conv2d, stride and padding", [conv(4, 5, 3, stride=2, padding=1)])
    yield image_case("conv2d without bias", [conv(4, 20, 3, padding=1, bias=False)])
    yield image_case("depthwise conv2d", [conv(4, 4, 3, padding=1, groups=4)])
    yield image_case("max pool", [({"type": "max_pool", "size": 2}, nn.MaxPool2d(2))])
    yield image_case("max pool, overlapping", [({"type": "max_pool", "size": 3, "stride": 2, "padding": 1},
                                                nn.MaxPool2d(3, 2, 1))])
    pool = ({"type": "max_pool", "size": 2}, nn.MaxPool2d(2))
    yield image_case("convolutions under max pools", [conv(4, 16, 3, padding=1), (ACTIVATION, nn.SiLU()), pool,
                                                      conv(16, 32, 3, padding=1), (ACTIVATION, nn.SiLU()), pool])
    yield image_case("average pool", [({"type": "average_pool", "size": 3, "stride": 2, "padding": 1}, nn.AvgPool2d(3, 2, 1))])
    yield image_case("global average pool", [({"type": "global_average_pool"}, nn.AdaptiveAvgPool2d(1))])
    yield image_case("batch norm", [({"type": "batch_norm"}, nn.BatchNorm2d(4)), (ACTIVATION, nn.SiLU())])
    branch_layer, branch = conv(4, 4, 3, padding=1)
    yield image_case("residual", [({"type": "residual", "layers": [branch_layer, ACTIVATION]},
                                   Residual(nn.Sequential(branch, nn.SiLU())))])
    branch_layer, branch = conv(4, 6, 3, stride=2, padding=1)
    short_layer, short = conv(4, 6, 1, stride=2)
    yield image_case("residual with a shortcut", [({"type": "residual", "layers": [branch_layer], "shortcut": [short_layer]},
                                                   Residual(branch, short))])
    yield sequence_case("layer norm", {"type": "layer_norm"}, nn.LayerNorm(4), 4)
    yield sequence_case("attention", {"type": "attention", "heads": 2}, Attention(4, 2), 4)
    for kind, module in (("rnn", nn.RNN), ("gru", nn.GRU), ("lstm", nn.LSTM)):
        yield sequence_case(kind, {"type": kind, "units": 6}, First(module(4, 6, batch_first=True)), 6)
        yield sequence_case(f"{kind}, last state", {"type": kind, "units": 6, "returns": "last"},
                            First(module(4, 6, batch_first=True), True), 6, last=True)
    yield case("embedding", [5, 1], [{"type": "embedding", "channels": 4, "positions": True}, ACTIVATION, OUTPUTS],
               nn.Sequential(Embedding(9, 4, 5), nn.SiLU(), nn.Linear(4, 3)), answers=5, tokens=9)


def parameters_of(module):
    """Parameters in the order of our tensors, with what each becomes."""
    result = []
    for name, child in module.named_modules():
        own = dict(child.named_parameters(recurse=False))
        if isinstance(child, (nn.RNN, nn.GRU, nn.LSTM)):
            names = ["weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0"]
        elif isinstance(child, nn.MultiheadAttention):
            result += [(child.in_proj_weight, True), (child.in_proj_bias, False),
                       (child.out_proj.weight, True), (child.out_proj.bias, False)]
            continue
        elif name.endswith("out_proj"):
            continue
        else:
            names = list(own)
        for key in names:
            transposed = own[key].ndim >= 2 and not isinstance(child, Embedding)
            result.append((own[key], transposed))
        if isinstance(child, nn.BatchNorm2d):
            result += [(child.running_mean, False), (child.running_var, False)]
    return result


def ours(tensor, transposed):
    if not transposed:
        return tensor
    return tensor.T if tensor.ndim == 2 else tensor.permute(2, 3, 1, 0)


def targets_of(spec, rng):
    count = spec["batch"] * spec["answers"]
    return rng.normal(size=count) if spec["classes"] == 0 else rng.integers(0, spec["classes"], count)


def loss_of(spec, z, y):
    loss = spec["network"].get("loss")
    if spec["classes"] == 0:
        return F.mse_loss(z.reshape(-1), torch.from_numpy(y))
    if loss == "sigmoid_cross_entropy":
        return F.binary_cross_entropy_with_logits(z.reshape(-1), torch.from_numpy(y.astype(np.float64)))
    smoothing = loss["label_smoothing"] if loss else 0.0
    return F.cross_entropy(z.reshape(-1, spec["classes"]), torch.from_numpy(y), label_smoothing=smoothing)


def compare(options, spec):
    rng = np.random.default_rng(1)
    module = spec["module"].double()
    pairs = parameters_of(module)
    with torch.no_grad():
        for tensor, _ in pairs:
            if tensor.requires_grad:
                tensor.copy_(torch.from_numpy((rng.normal(size=tuple(tensor.shape)) * 0.5).astype(np.float32)))
    shape = [spec["batch"], *spec["size"]]
    x = (rng.integers(0, spec["tokens"], shape) if spec["tokens"] else rng.normal(size=shape)).astype(np.float32)
    y = targets_of(spec, rng)
    y = y.astype(np.float32).astype(np.float64) if spec["classes"] == 0 else y
    numbers = [ours(tensor.detach(), flag).numpy().astype(np.float32).ravel() for tensor, flag in pairs]
    loss = loss_of(spec, module(torch.from_numpy(x.astype(np.float64))), y)
    loss.backward()
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump({key: value for key, value in spec.items() if key not in ("name", "module")}, file)
        file.flush()
        data = np.concatenate(numbers + [x.ravel(), y.astype(np.float32)]).astype(np.float32).tobytes()
        out = subprocess.run([options.program, file.name], input=data, check=True, capture_output=True).stdout
    results = np.frombuffer(out, np.float32).astype(np.float64)
    worst, place = 0.0, 1
    for tensor, flag in pairs:
        if not tensor.requires_grad:
            continue
        wanted = ours(tensor.grad, flag).numpy().ravel()
        got = results[place:place + wanted.size]
        place += wanted.size
        worst = max(worst, np.abs(got - wanted).max() / (np.abs(wanted).max() + 1e-12))
    if place != results.size:
        raise SystemExit(f"compare_layers: {spec['name']}: {results.size - 1} gradients, expected {place - 1}")
    return abs(results[0] - loss.item()) / loss.item(), worst, place - 1


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", default="build/release/bench/layer_gradient")
    parser.add_argument("--tolerance", type=float, default=2e-5)
    options = parser.parse_args()
    if not os.path.exists(options.program):
        sys.exit(f"compare_layers: no {options.program}: cmake --preset release && "
                 "cmake --build --preset release --target benches")
    print(f"PyTorch {torch.__version__} in double, actsearch in float")
    print(f"{'layer':28} {'parameters':>10} {'loss':>10} {'gradients':>10}")
    failed = False
    for spec in cases():
        loss, gradient, count = compare(options, spec)
        bad = not (loss <= options.tolerance and gradient <= options.tolerance)
        failed |= bad
        print(f"{spec['name']:28} {count:10} {loss:10.1e} {gradient:10.1e}{'  DIFFERS' if bad else ''}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
