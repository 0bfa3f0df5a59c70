#!/usr/bin/python3
"""Trains the same network with PyTorch and with actsearch: same accuracy, how much faster?

Both sides train the experiment's network on the same images (the split comes from `actsearch data
--splits`) with the same recipe: He initialisation, Adam, epochs and batches, one validation pass
after each epoch, one thread, one core. The comparison is paired: PyTorch starts from the same weights
and sees the same batches, which this script draws with its own pcg64, seed by seed. What remains is
rounding. They take turns, function by function; drawing weights and batches is not timed.

Usage: bench/compare_pytorch.py [--actsearch build/release/actsearch] [--seeds 10] [--tolerance 0.5]
Debian: python3-torch, libopenblas0-pthread, dataset-fashion-mnist. Exit status 1 when a mean accuracy differs by more than
the tolerance (in points) or the median speed ratio is below --ratio.
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
FUNCTIONS = {
    "relu": nn.ReLU,
    "tanh": nn.Tanh,
    "silu": nn.SiLU,
    "gelu": nn.GELU,
    "mish": nn.Mish,
}


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--actsearch", default="build/release/actsearch")
    parser.add_argument("--experiment", default="experiments/fashion-mlp.json")
    parser.add_argument("--seeds", type=int, default=10)
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
               "--set", "training.init=he", "--set", "training.epochs=2", "--format", "json", *more]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def train_actsearch(options, name):
    """Accuracies of all seeds, and the mean CPU seconds of a training."""
    return [row["accuracy"] for row in evaluate(options, name, "--per-seed")], evaluate(options, name)[0]["cpu_s"]


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
    print(f"{'function':8} {'pytorch':>16} {'actsearch':>16} {'difference':>10} {'pytorch s':>9} {'actsearch s':>11} {'ratio':>6}")
    failed, ratios = False, []
    for name, activation in FUNCTIONS.items():
        theirs = [train_pytorch(activation, start, data) for start in drawn]
        ours, our_seconds = train_actsearch(options, name)
        their_accuracy = [100 * accuracy for accuracy, _ in theirs]
        our_accuracy = [100 * accuracy for accuracy in ours]
        their_seconds = statistics.median(seconds for _, seconds in theirs)
        difference = statistics.mean(our_accuracy) - statistics.mean(their_accuracy)
        ratios.append(their_seconds / our_seconds)
        failed |= not abs(difference) <= options.tolerance
        print(f"{name:8} {statistics.mean(their_accuracy):8.2f} +- {statistics.stdev(their_accuracy):4.2f}"
              f" {statistics.mean(our_accuracy):8.2f} +- {statistics.stdev(our_accuracy):4.2f} {difference:10.2f}"
              f" {their_seconds:9.4f} {our_seconds:11.4f} {ratios[-1]:6.2f}", flush=True)
    print(f"median ratio {statistics.median(ratios):.2f}")
    failed |= not statistics.median(ratios) >= options.ratio
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
