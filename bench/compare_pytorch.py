#!/usr/bin/python3
"""Trains the same network with PyTorch and with actsearch: same accuracy, how much faster?

Both sides train the experiment's network on the same images (the split comes from `actsearch data
--splits`) with the same recipe: He initialisation, Adam, the same batches sizes and epochs, one
validation pass after each epoch, one thread, one core. They take turns, function by function.

Usage: bench/compare_pytorch.py [--actsearch build/release/actsearch] [--seeds 10] [--tolerance 0.5]
Debian: python3-torch, libopenblas0-pthread, dataset-fashion-mnist. Exit status 1 when a mean accuracy differs by more than
the tolerance (in points) or the median speed ratio is below --ratio.
"""
import argparse
import csv
import gzip
import io
import json
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


def make_network(activation):
    network = nn.Sequential(nn.Linear(784, 128), activation(), nn.Linear(128, 64), activation(), nn.Linear(64, 10))
    for layer in network:
        if isinstance(layer, nn.Linear):
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
            nn.init.zeros_(layer.bias)
    return network


def train_pytorch(activation, seed, data, epochs=2, batch=128):
    """Validation accuracy and seconds of one training."""
    torch.manual_seed(seed)
    x, y = data["train"]
    started = time.perf_counter()
    network = make_network(activation)
    optimiser = torch.optim.Adam(network.parameters(), 1e-3)
    loss = nn.CrossEntropyLoss()
    for _ in range(epochs):
        for index in torch.randperm(len(x)).split(batch):
            optimiser.zero_grad()
            loss(network(x[index]), y[index]).backward()
            optimiser.step()
        with torch.no_grad():
            parts = zip(data["validation"][0].split(500), data["validation"][1].split(500))
            correct = sum((network(a).argmax(1) == b).sum().item() for a, b in parts)
    return correct / len(data["validation"][1]), time.perf_counter() - started


def train_actsearch(options, name):
    """Accuracies of all seeds and the mean seconds of a training."""
    command = [options.actsearch, "eval", name, options.experiment, "--seeds", str(options.seeds), "--threads", "1",
               "--set", "training.init=he", "--set", "training.epochs=2", "--per-seed", "--format", "json"]
    rows = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return [row["accuracy"] for row in rows], statistics.median(row["wall_seconds"] for row in rows)


def blas_library():
    """The file that PyTorch multiplies matrices with."""
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
    train_pytorch(nn.ReLU, 0, data)  # warm up
    print(f"PyTorch {torch.__version__} with {blas_library()}, {options.seeds} seeds each, one thread")
    print(f"{'function':8} {'pytorch':>16} {'actsearch':>16} {'difference':>10} {'pytorch s':>9} {'actsearch s':>11} {'ratio':>6}")
    failed, ratios = False, []
    for name, activation in FUNCTIONS.items():
        theirs = [train_pytorch(activation, seed, data) for seed in range(options.seeds)]
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
