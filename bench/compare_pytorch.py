#!/usr/bin/python3
"""Trains the same network with PyTorch and with actsearch: same accuracy, how much faster?

Both sides train the experiment's network on the same images (the split comes from `actsearch data
--splits`) with the same recipe: He initialisation, Adam, 2 epochs, batches of 128, and the one
validation pass that a score needs, on one thread. The comparison is paired: PyTorch starts from the
same weights and sees the same batches, which this script draws with its own pcg64, seed by seed. What
remains is rounding, which a function with kinks lets grow: after 20 steps the sides differ by at most a
few images of the validation part, which is checked first, after 158 steps by some dozens. Drawing
weights and batches is not timed on either side; all else is, in CPU seconds.

  --network mlp   784-128-64-10, experiments/fashion-mlp.json
  --network cnn   two 3x3 convolutions of 16 and 32 channels with pools, 64 units, experiments/fashion-cnn.json;
                  PyTorch with images in its own layout and with their channels last

PyTorch trains every function composed of tensor operations, as a search has to write its candidates,
and, where the figures say "built in", with the module that PyTorch has for it.

The sides take turns, function by function, for several rounds, each with seeds of its own. A turn's
seconds are the mean over its seeds, a ratio compares turns of one round, and what is printed is the
median over the rounds: the speed of a shared machine drifts by more than the sides differ from round to
round. Accuracies are those of all seeds of all rounds.

Debian: python3-torch, libopenblas0-pthread, dataset-fashion-mnist. Exit status 1 when a mean accuracy differs
by more than the tolerance (in points), the short trainings differ by more than 10 images, or a median speed
ratio is below what is demanded: with the MLP the median over the composed functions, --ratio; with the CNN those
of every composed function, --relu-ratio, --relu-channels-last-ratio and, of the other functions in PyTorch's own
layout, --other-ratio.
"""
import argparse
import csv
import gzip
import io
import json
import math
import os
import statistics
import subprocess
import sys
import time

for name in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):
    os.environ.pop(name, None)
os.environ["OMP_NUM_THREADS"] = "1"

import numpy as np
import torch
from torch import nn

FOLDER = "/usr/share/datasets/fashion-mnist"

class Composed(nn.Module):
    """A function as a search has to write it: composed of tensor operations."""

    def __init__(self, function):
        super().__init__()
        self.forward = function


SILU = lambda x: x * torch.sigmoid(x)
MISH = lambda x: x * torch.tanh(nn.functional.softplus(x))


class Mlp:
    experiment, seeds = "experiments/fashion-mlp.json", 10
    tensors = [(784, 128), (128, 64), (64, 10)]  # weights in the order in which they are drawn
    layouts = {"": torch.contiguous_format}
    # A candidate: PyTorch's own module if it has one, and the same function composed.
    functions = {
        "relu(x)": (nn.ReLU, torch.relu),
        "tanh(x)": (nn.Tanh, torch.tanh),
        "silu(x)": (nn.SiLU, SILU),
        "gelu(x)": (nn.GELU, lambda x: x * (0.5 * (1 + torch.erf(x * math.sqrt(0.5))))),
        "mish(x)": (nn.Mish, MISH),
    }

    @staticmethod
    def images(rows):
        return rows

    @staticmethod
    def network(activation, weights):
        network = nn.Sequential(nn.Linear(784, 128), activation(), nn.Linear(128, 64), activation(),
                                nn.Linear(64, 10))
        set_weights(network, [weight.T for weight in weights])
        return network

    @staticmethod
    def demanded(options, function, variant):
        return None  # the median over the functions has to


class Cnn:
    experiment, seeds = "experiments/fashion-cnn.json", 2
    tensors = [(3, 3, 1, 16), (3, 3, 16, 32), (7 * 7 * 32, 64), (64, 10)]
    layouts = {"": torch.contiguous_format, "channels last": torch.channels_last}
    functions = {
        "relu(x)": (nn.ReLU, torch.relu),
        "x*tanh(softplus(x))": (nn.Mish, MISH),
        "max(relu(x),tanh(x))": (None, lambda x: torch.maximum(torch.relu(x), torch.tanh(x))),
        "erf(x)+x*sigmoid(x)": (None, lambda x: torch.erf(x) + SILU(x)),
    }

    @staticmethod
    def images(rows):
        return rows.reshape(-1, 1, 28, 28)

    @staticmethod
    def network(activation, weights):
        """Our windows are (height, width, inputs, outputs), and our flattened images have their channels last."""
        network = nn.Sequential(nn.Conv2d(1, 16, 3, padding=1), activation(), nn.MaxPool2d(2),
                                nn.Conv2d(16, 32, 3, padding=1), activation(), nn.MaxPool2d(2),
                                nn.Flatten(), nn.Linear(7 * 7 * 32, 64), activation(), nn.Linear(64, 10))
        conv1, conv2, dense1, dense2 = weights
        dense1 = dense1.reshape(7, 7, 32, 64).transpose(2, 0, 1, 3).reshape(7 * 7 * 32, 64)
        set_weights(network, [conv1.transpose(3, 2, 0, 1), conv2.transpose(3, 2, 0, 1), dense1.T, dense2.T])
        return network

    @staticmethod
    def demanded(options, function, variant):
        if function == "relu(x)":
            return {"composed": options.relu_ratio,
                    "composed, channels last": options.relu_channels_last_ratio}.get(variant)
        return options.other_ratio if variant == "composed" else None


NETWORKS = {"mlp": Mlp, "cnn": Cnn}


def set_weights(network, weights):
    layers = [layer for layer in network if hasattr(layer, "weight")]
    with torch.no_grad():
        for layer, weight in zip(layers, weights, strict=True):
            layer.weight.copy_(torch.from_numpy(weight.copy()))
            layer.bias.zero_()


def variants(network, function):
    """The ways in which PyTorch trains a function: name, activation module, layout of the images."""
    module, composed = network.functions[function]
    for kind, activation in (("composed", lambda: Composed(composed)), ("built in", module)):
        for name, layout in network.layouts.items():
            if activation:
                yield f"{kind}, {name}" if name else kind, activation, layout


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--network", choices=NETWORKS, default="mlp")
    parser.add_argument("--actsearch", default="build/release/actsearch")
    parser.add_argument("--experiment", help="by default that of the network")
    parser.add_argument("--seeds", type=int, help="in a round: 10 for the MLP, 2 for the CNN")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--tolerance", type=float, default=0.5, help="points of accuracy")
    parser.add_argument("--ratio", type=float, default=2.0, help="demanded speed ratio, MLP")
    parser.add_argument("--relu-ratio", type=float, default=4.0, help="the same of relu, CNN")
    parser.add_argument("--relu-channels-last-ratio", type=float, default=2.8, help="and with channels last")
    parser.add_argument("--other-ratio", type=float, default=5.0, help="the same of the other functions, CNN")
    options = parser.parse_args()
    if not os.path.exists(options.actsearch):
        sys.exit(f"compare_pytorch: no {options.actsearch}: cmake --preset release && cmake --build --preset release")
    network = NETWORKS[options.network]
    options.experiment = options.experiment or network.experiment
    options.seeds = options.seeds or network.seeds
    return options


def read_images(count_from):
    with gzip.open(f"{FOLDER}/{count_from}-images-idx3-ubyte.gz") as file:
        images = np.frombuffer(file.read(), np.uint8, offset=16).reshape(-1, 784)
    with gzip.open(f"{FOLDER}/{count_from}-labels-idx1-ubyte.gz") as file:
        labels = np.frombuffer(file.read(), np.uint8, offset=8)
    return images, labels


def read_splits(options, *settings):
    text = subprocess.run([options.actsearch, "data", options.experiment, "--splits", *settings], check=True,
                          capture_output=True, text=True).stdout
    rows = {"train": [], "validation": []}
    for row in csv.DictReader(io.StringIO(text)):
        rows[row["split"]].append(int(row["index"]))
    images, labels = read_images("train")
    train = images[rows["train"]]
    mean, deviation = train.mean(), train.std()
    return {
        name: (torch.from_numpy(((images[index] - mean) / deviation).astype(np.float32)),
               torch.from_numpy(labels[index].astype(np.int64)))
        for name, index in rows.items()
    }


class Pcg64:
    """pcg64 and the keyed streams of src/rng/rng.c, written again."""
    WORD, LONG = (1 << 64) - 1, (1 << 128) - 1
    MULTIPLIER = 2549297995355413924 << 64 | 4865540595714422341

    def __init__(self, seed, candidate, purpose):
        a = self.mix(seed)
        b = self.mix(a ^ candidate)
        c = self.mix(b ^ purpose)
        d = self.mix(c ^ seed)
        stream = (b ^ self.mix(d)) << 64 | self.mix((c + candidate) & self.WORD)
        self.increment = (stream << 1 | 1) & self.LONG
        self.state = 0
        self.next()
        self.state = (self.state + (c << 64 | d)) & self.LONG
        self.next()

    @classmethod
    def mix(cls, word):
        word = (word + 0x9E3779B97F4A7C15) & cls.WORD
        word = ((word ^ word >> 30) * 0xBF58476D1CE4E5B9) & cls.WORD
        word = ((word ^ word >> 27) * 0x94D049BB133111EB) & cls.WORD
        return word ^ word >> 31

    def next(self):
        self.state = (self.state * self.MULTIPLIER + self.increment) & self.LONG
        high, low = self.state >> 64, self.state & self.WORD
        count, word = high >> 58, high ^ low
        return (word >> count | word << (64 - count)) & self.WORD if count else word

    def normals(self, count):
        """Marsaglia's polar method, one number a pair."""
        numbers = []
        while len(numbers) < count:
            u = 2 * ((self.next() >> 11) * 2.0**-53) - 1
            v = 2 * ((self.next() >> 11) * 2.0**-53) - 1
            s = u * u + v * v
            if 0 < s < 1:
                numbers.append(u * math.sqrt(-2 * math.log(s) / s))
        return np.array(numbers, np.float32)

    def below(self, bound):
        product = self.next() * bound
        if product & self.WORD < bound:
            while product & self.WORD < (1 << 64) % bound:
                product = self.next() * bound
        return product >> 64

    def shuffle(self, items):
        for i in range(len(items) - 1, 0, -1):
            j = self.below(i + 1)
            items[i], items[j] = items[j], items[i]


WEIGHTS, SHUFFLE = 3, 4  # enum rng_purpose


def draw(network, seed_index, count, epochs, experiment_seed=1):
    """Initial weights of every layer in our layout, and the order of the samples in every epoch."""
    rng, weights = Pcg64(experiment_seed, seed_index, WEIGHTS), []
    for shape in network.tensors:
        fan_in = math.prod(shape[:-1])
        weights.append(rng.normals(math.prod(shape)).reshape(shape) * np.float32(math.sqrt(2 / fan_in)))
    rng, order, orders = Pcg64(experiment_seed, seed_index, SHUFFLE), list(range(count)), []
    for _ in range(epochs):
        rng.shuffle(order)
        orders.append(torch.tensor(order))
    return weights, orders


def train_pytorch(kind, activation, layout, drawn, data, batch=128):
    """Validation accuracy and CPU seconds of one training."""
    weights, orders = drawn
    x, y = data["train"]
    started = time.process_time()
    network = kind.network(activation, weights).to(memory_format=layout)
    optimiser = torch.optim.Adam(network.parameters(), 1e-3)
    loss = nn.CrossEntropyLoss()
    for order in orders:
        for index in order.split(batch):
            optimiser.zero_grad()
            loss(network(kind.images(x[index]).contiguous(memory_format=layout)), y[index]).backward()
            optimiser.step()
    with torch.no_grad():
        parts = zip(data["validation"][0].split(500), data["validation"][1].split(500))
        correct = sum((network(kind.images(a).contiguous(memory_format=layout)).argmax(1) == b).sum().item()
                      for a, b in parts)
    return correct / len(data["validation"][1]), time.process_time() - started


def evaluate(options, function, seeds, *more, epochs=2):
    command = [options.actsearch, "eval", function, options.experiment, "--seeds", str(len(seeds)), "--threads", "1",
               "--set", f"training.first_seed={seeds[0]}", "--set", "training.init=he",
               "--set", 'training.schedule={"name": "constant"}',
               "--set", f"training.epochs={epochs}", "--set", f"training.validate_every={epochs}",
               "--format", "json", *more]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def accuracies(options, function, seeds, *more, epochs=2):
    return [row["accuracy"] for row in evaluate(options, function, seeds, "--per-seed", *more, epochs=epochs)]


def blas_library():
    """The file that PyTorch multiplies matrices with; None for the slow reference BLAS."""
    with open("/proc/self/maps") as maps:
        files = {line.split()[-1] for line in maps if "blas" in line or "mkl" in line}
    fast = [file for file in files if "openblas" in file or "mkl" in file]
    return min(fast, key=lambda file: "blas" not in os.path.basename(file)) if fast else None


def main():
    options = arguments()
    if not blas_library():
        print("compare_pytorch: PyTorch uses the reference BLAS, ten times slower than need be;"
              " install libopenblas0-pthread", file=sys.stderr)
        return 2
    torch.set_num_threads(1)
    network, data = NETWORKS[options.network], read_splits(options)
    print(f"{options.network}, PyTorch {torch.__version__} with {blas_library()}, {options.seeds} seeds a round,"
          " one thread")
    if not verify_pairs(options, network):
        return 1
    results = {name: Results() for name in network.functions}
    for round_number in range(options.rounds):
        seeds = range(round_number * options.seeds, (round_number + 1) * options.seeds)
        drawn = [draw(network, seed, len(data["train"][0]), 2) for seed in seeds]
        for name, result in results.items():
            take_turn(options, network, name, seeds, drawn, data, result)
        print(f"round {round_number + 1} of {options.rounds}", file=sys.stderr, flush=True)
    return report(options, network, results, len(data["validation"][1]))


def verify_pairs(options, network, images=2560, most=10):
    """Short trainings of every variant, before rounding has grown. They also warm PyTorch up."""
    fewer = "--set", f"data.train={images}"
    data, furthest = read_splits(options, *fewer), 0
    drawn = draw(network, 0, images, 1)
    for name in network.functions:
        ours = accuracies(options, name, [0], *fewer, epochs=1)[0]
        for variant, activation, layout in variants(network, name):
            theirs, _ = train_pytorch(network, activation, layout, drawn, data)
            furthest = max(furthest, abs(theirs - ours) * len(data["validation"][1]))
    right = furthest <= most
    print(f"verify that the sides are the same for 20 steps: {'ok' if right else 'WRONG'}"
          f" ({furthest:.0f} of {len(data['validation'][1])} images differ at most)", flush=True)
    return right


class Results:
    """Of a function: accuracies of all seeds and seconds round by round, ours and PyTorch's by variant."""

    def __init__(self):
        self.accuracy, self.seconds = [], []
        self.their_accuracy, self.their_seconds = {}, {}


def take_turn(options, network, name, seeds, drawn, data, result):
    """Ours comes behind PyTorch's first variant."""
    for variant, activation, layout in variants(network, name):
        trained = [train_pytorch(network, activation, layout, start, data) for start in drawn]
        result.their_accuracy.setdefault(variant, []).extend(accuracy for accuracy, _ in trained)
        result.their_seconds.setdefault(variant, []).append(statistics.mean(seconds for _, seconds in trained))
        if variant == "composed":
            result.seconds.append(evaluate(options, name, seeds)[0]["cpu_s"])
    result.accuracy.extend(accuracies(options, name, seeds))


def deviation(values):
    return statistics.stdev(values) if len(values) > 1 else math.nan


def report_row(name, variant, result, demanded, images):
    """Prints a line; returns the difference of accuracy in points, and the median ratio."""
    ours, theirs = ([100 * a for a in side] for side in (result.accuracy, result.their_accuracy[variant]))
    difference = statistics.mean(ours) - statistics.mean(theirs)
    furthest = max(abs(a - b) for a, b in zip(ours, theirs)) * images / 100
    seconds = result.their_seconds[variant]
    ratios = [their / our for their, our in zip(seconds, result.seconds)]
    ratio = statistics.median(ratios)
    print(f"{name:21} {variant:23} {statistics.mean(theirs):6.2f} +- {deviation(theirs):4.2f}"
          f" {statistics.mean(ours):6.2f} +- {deviation(ours):4.2f} {difference:6.2f} {furthest:6.0f}"
          f" {statistics.median(seconds):10.4f} {statistics.median(result.seconds):11.4f}"
          f" {ratio:6.2f} ({min(ratios):.2f}, {max(ratios):.2f})"
          f"{'' if demanded is None else f' of {demanded:.1f}'}")
    return difference, ratio


def report(options, network, results, images):
    """furthest: images by which the accuracies of a seed differ at most."""
    print(f"{'function':21} {'PyTorch':23} {'accuracy':>14} {'actsearch':>14} {'differ':>6} {'images':>6}"
          f" {'PyTorch s':>10} {'actsearch s':>11} {'ratio':>6} (lowest, highest) of what is demanded")
    failed, ratios = False, {"composed": [], "built in": []}
    for name, result in results.items():
        for variant in result.their_seconds:
            demanded = network.demanded(options, name, variant)
            difference, ratio = report_row(name, variant, result, demanded, images)
            ratios.setdefault(variant, []).append(ratio)
            failed |= not abs(difference) <= options.tolerance
            failed |= demanded is not None and not ratio >= demanded
    medians = {variant: statistics.median(values) for variant, values in ratios.items()}
    print("median ratio to " + "; ".join(f"{variant} {ratio:.2f}" for variant, ratio in medians.items()))
    if network is Mlp:
        failed |= not medians["composed"] >= options.ratio
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
