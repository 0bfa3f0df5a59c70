#!/usr/bin/python3
"""Trains the same network with PyTorch and with actsearch: same accuracy, how much faster?

Both sides train the experiment's network on the same images (the split comes from `actsearch data
--splits`) with the same recipe: He initialisation, Adam, epochs and batches, and the one validation
pass that a score needs, on one thread. The comparison is paired: PyTorch starts from the same weights
and sees the same batches, which this script draws with its own pcg64, seed by seed. What remains is
rounding. Drawing weights and batches is not timed on either side; all else is, in CPU seconds.

PyTorch trains every function twice: composed of tensor operations, as a search has to write its
candidates, and, where the figures say "built in", with the module that PyTorch has for it.

The sides take turns, function by function, for several rounds. A turn's figure is the mean over
its seeds, a ratio compares the two turns that stand beside each other, and what is printed is the
median over the rounds: the speed of a shared machine drifts by more than the sides differ from round
to round.

Usage: bench/compare_pytorch.py [--actsearch build/release/actsearch] [--seeds 10] [--rounds 5] [--tolerance 0.5]
Debian: python3-torch, libopenblas0-pthread, dataset-fashion-mnist. Exit status 1 when a mean accuracy differs by more
than the tolerance (in points) or the median speed ratio to the composed functions is below --ratio.
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


# Name: PyTorch's own module, and the same function as a candidate.
FUNCTIONS = {
    "relu": (nn.ReLU, torch.relu),
    "tanh": (nn.Tanh, torch.tanh),
    "silu": (nn.SiLU, lambda x: x * torch.sigmoid(x)),
    "gelu": (nn.GELU, lambda x: x * (0.5 * (1 + torch.erf(x * math.sqrt(0.5))))),
    "mish": (nn.Mish, lambda x: x * torch.tanh(nn.functional.softplus(x))),
}


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--actsearch", default="build/release/actsearch")
    parser.add_argument("--experiment", default="experiments/fashion-mlp.json")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--tolerance", type=float, default=0.5, help="points of accuracy")
    parser.add_argument("--ratio", type=float, default=2.0, help="demanded speed ratio")
    return parser.parse_args()


def read_images(count_from):
    with gzip.open(f"{FOLDER}/{count_from}-images-idx3-ubyte.gz") as file:
        images = np.frombuffer(file.read(), np.uint8, offset=16).reshape(-1, 784)
    with gzip.open(f"{FOLDER}/{count_from}-labels-idx1-ubyte.gz") as file:
        labels = np.frombuffer(file.read(), np.uint8, offset=8)
    return images, labels


def read_splits(options):
    text = subprocess.run([options.actsearch, "data", options.experiment, "--splits"], check=True,
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


def draw(seed_index, count, epochs, experiment_seed=1):
    """Initial weights (inputs, units) of every layer, and the order of the samples in every epoch."""
    rng = Pcg64(experiment_seed, seed_index, WEIGHTS)
    sizes = [(784, 128), (128, 64), (64, 10)]
    weights = [rng.normals(n * m).reshape(n, m) * np.float32(math.sqrt(2 / n)) for n, m in sizes]
    rng, order, orders = Pcg64(experiment_seed, seed_index, SHUFFLE), list(range(count)), []
    for _ in range(epochs):
        rng.shuffle(order)
        orders.append(torch.tensor(order))
    return weights, orders


def make_network(activation, weights):
    network = nn.Sequential(nn.Linear(784, 128), activation(), nn.Linear(128, 64), activation(), nn.Linear(64, 10))
    with torch.no_grad():
        for layer, weight in zip(network[::2], weights):
            layer.weight.copy_(torch.from_numpy(weight.T.copy()))
            layer.bias.zero_()
    return network


def train_pytorch(activation, drawn, data, batch=128):
    """Validation accuracy and CPU seconds of one training."""
    weights, orders = drawn
    x, y = data["train"]
    started = time.process_time()
    network = make_network(activation, weights)
    optimiser = torch.optim.Adam(network.parameters(), 1e-3)
    loss = nn.CrossEntropyLoss()
    for order in orders:
        for index in order.split(batch):
            optimiser.zero_grad()
            loss(network(x[index]), y[index]).backward()
            optimiser.step()
    with torch.no_grad():
        parts = zip(data["validation"][0].split(500), data["validation"][1].split(500))
        correct = sum((network(a).argmax(1) == b).sum().item() for a, b in parts)
    return correct / len(data["validation"][1]), time.process_time() - started


def evaluate(options, name, *more):
    command = [options.actsearch, "eval", name, options.experiment, "--seeds", str(options.seeds), "--threads", "1",
               "--set", "training.init=he", "--set", "training.epochs=2", "--set", "training.validate_every=2",
               "--format", "json", *more]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def blas_library():
    """The file that PyTorch multiplies matrices with; None for the slow reference BLAS."""
    with open("/proc/self/maps") as maps:
        files = {line.split()[-1] for line in maps if "blas" in line or "mkl" in line}
    fast = [file for file in files if "openblas" in file or "mkl" in file]
    return fast[0] if fast else None


def main():
    options = arguments()
    if not blas_library():
        print("compare_pytorch: PyTorch uses the reference BLAS, ten times slower than need be;"
              " install libopenblas0-pthread", file=sys.stderr)
        return 2
    torch.set_num_threads(1)
    data = read_splits(options)
    drawn = [draw(seed, len(data["train"][0]), 2) for seed in range(options.seeds)]
    train_pytorch(nn.ReLU, drawn[0], data)  # warm up
    print(f"PyTorch {torch.__version__} with {blas_library()}, {options.seeds} seeds each, one thread")
    accuracy, seconds = {}, {name: [] for name in FUNCTIONS}
    for round_number in range(options.rounds):
        for name, (module, function) in FUNCTIONS.items():
            composed = [train_pytorch(lambda: Composed(function), start, data) for start in drawn]
            our_seconds = evaluate(options, name)[0]["cpu_s"]
            built_in = [train_pytorch(module, start, data) for start in drawn]
            seconds[name].append((mean_of(composed, 1), mean_of(built_in, 1), our_seconds))
            accuracy[name] = [a for a, _ in composed], [row["accuracy"] for row in evaluate(options, name, "--per-seed")]
        print(f"round {round_number + 1} of {options.rounds}", file=sys.stderr, flush=True)
    return report(options, accuracy, seconds)


def mean_of(results, which):
    return statistics.mean(result[which] for result in results)


def report(options, accuracy, seconds):
    print(f"{'function':8} {'pytorch':>16} {'actsearch':>16} {'difference':>10} {'pytorch s':>9} {'built in s':>10}"
          f" {'actsearch s':>11} {'ratio (lowest, highest)':>24} {'built in':>8}")
    failed, medians = False, []
    for name in FUNCTIONS:
        theirs, ours = ([100 * a for a in side] for side in accuracy[name])
        difference = statistics.mean(ours) - statistics.mean(theirs)
        ratios = [composed / our for composed, _, our in seconds[name]]
        built_in = [module / our for _, module, our in seconds[name]]
        medians.append((statistics.median(ratios), statistics.median(built_in)))
        failed |= not abs(difference) <= options.tolerance
        composed_s, built_in_s, our_s = (statistics.median(side) for side in zip(*seconds[name]))
        print(f"{name:8} {statistics.mean(theirs):8.2f} +- {statistics.stdev(theirs):4.2f}"
              f" {statistics.mean(ours):8.2f} +- {statistics.stdev(ours):4.2f} {difference:10.2f}"
              f" {composed_s:9.4f} {built_in_s:10.4f} {our_s:11.4f}"
              f" {medians[-1][0]:10.2f} ({min(ratios):.2f}, {max(ratios):.2f}) {medians[-1][1]:8.2f}")
    ratio, built_in_ratio = (statistics.median(side) for side in zip(*medians))
    print(f"median ratio {ratio:.2f}, to the built-in functions {built_in_ratio:.2f}")
    return 1 if failed or not ratio >= options.ratio else 0


if __name__ == "__main__":
    sys.exit(main())
