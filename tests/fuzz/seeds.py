#!/usr/bin/env python3
"""The seed corpora of the fuzzers: seeds.py FOLDER ACTSEARCH

Makes FOLDER/files, what the commands of kinds.def read beside the input, and FOLDER/KIND for each kind: small files from
which mutants are made. Texts are those of the repository; binary ones are written here."""
import gzip
import shutil
import struct
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent

EXPRESSIONS = """relu
x*sigmoid(x)
x*tanh(softplus(x))
max(x, 0.1*x) - min(1, abs(x))^2
p0*x + p1{0.5}*erf(x/1.4142135623730951)
(1-t)*tanh(x) + t*relu(x)
-(x^3)/6 + sinc(x)*bessel_i0e(x) - 1e-3
pow(abs(x)+1, 0.5) + log(x^2+1e-8)
sqrt(x^2)/(1+exp(-x))
elu(silu(gelu(mish(x))))
((((((((x))))))))
1/0 + inf - nan
""".splitlines()

SETTINGS = """search.window=8
network.mlp=[3,5]
training.schedule={"name": "cosine", "warmup": 0.1}
training.optimiser.learning_rate=[0.1, 1e-3]
data.samples=50
seed=18446744073709551615
grammar.leaves.constants={"values": [1, 2]}
name="a b"
""".splitlines()

QUERIES = """SELECT * FROM leaderboard
SELECT count(*), max(score), hex(randomblob(2)) FROM evaluation WHERE ticket < 3
SELECT name, sql FROM sqlite_schema
DELETE FROM evaluation
ATTACH 'x.db' AS y
PRAGMA journal_mode=DELETE
""".splitlines()

NUMBERS = ["1 2 -0.5 1e-3 inf nan\n", "-1\t0,5\n", "0x1p-3 1e999 -0\n"]

TABLES = {
    "plain": "a,b,label\n1,2,cat\n3,4,dog\n5,6.5,cat\n-1,0,dog\n0.5,1e-3,cat\n7,8,dog\n",
    "quoted": '"a";"b";"label"\n1;2;"ca""t"\n3;4;"dog"\n5;6;"dog"\n',
    "spaces": "a b label\n1 2 x\n3 4 y\n5 6 x\n",
    "crlf": "a,b,label\r\n1,2,0\r\n3,4,1\r\n5,6,0\r\n9,9,1\r\n",
    "numbers": "a,b,label\n1,2,1152921504606846976\n3,4,1152921504606846977\n5,6,1\n8,1,2\n",
    "comma": "a;b;label\n1,5;2,5;k\n3,5;4,5;m\n",
}


def idx(kind, shape, payload):
    return struct.pack(">HBB", 0, kind, len(shape)) + b"".join(struct.pack(">I", n) for n in shape) + payload


def npy(descr, shape, payload, version=1, fortran=False):
    head = f"{{'descr': '{descr}', 'fortran_order': {fortran}, 'shape': {shape}, }}"
    size = 10 if version == 1 else 12
    head += " " * (-(size + len(head) + 1) % 64) + "\n"
    length = struct.pack("<H" if version == 1 else "<I", len(head))
    return b"\x93NUMPY" + bytes((version, 0)) + length + head.encode() + payload


def put(folder, name, data):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(data if isinstance(data, bytes) else data.encode())


def put_lines(folder, lines):
    for i, line in enumerate(lines):
        put(folder, f"{i:02}", line)


def main():
    out, program = Path(sys.argv[1]), Path(sys.argv[2]).resolve()
    shutil.rmtree(out, ignore_errors=True)
    shutil.copytree(HERE / "files", out / "files")

    pixels = bytes(range(24))
    put(out / "files", "labels.idx", idx(8, (6,), bytes((0, 1, 2, 0, 1, 2))))
    put(out / "files", "labels.npy", npy("|u1", (6,), bytes((0, 1, 2, 0, 1, 2))))
    put(out / "files", "inputs.npy", npy("<f4", (6, 2), struct.pack("<12f", *range(12))))
    put(out / "idx", "bytes", idx(8, (6, 2, 2), pixels))
    put(out / "idx", "zipped", gzip.compress(idx(8, (6, 2, 2), pixels), mtime=0))
    put(out / "idx", "floats", idx(13, (6, 2), struct.pack(">12f", *range(12))))
    put(out / "npy", "floats", npy("<f4", (6, 2), struct.pack("<12f", *range(12))))
    put(out / "npy", "doubles", npy("<f8", (6, 2), struct.pack("<12d", *range(12)), version=2))
    put(out / "npy", "images", npy("|u1", (6, 2, 2), pixels))
    put(out / "npy", "columns", npy("<f8", (6, 2), struct.pack("<12d", *range(12)), fortran=True))
    put(out / "labels", "bytes", npy("|u1", (6,), bytes((0, 1, 2, 0, 1, 2))))
    put(out / "labels", "longs", npy("<i8", (6,), struct.pack("<6q", 0, 1, 2, 0, 1, 2)))
    put(out / "labels", "floats", npy("<f4", (6,), struct.pack("<6f", 0, 1, 2, 0, 1, 2)))
    for name, table in TABLES.items():
        put(out / "csv", name, table)
    put(out / "text", "ascii", "the quick brown fox jumps over the lazy dog\n" * 8)
    put(out / "text", "bytes", bytes(range(256)))
    put_lines(out / "expression", EXPRESSIONS)
    put_lines(out / "setting", SETTINGS)
    put_lines(out / "query", QUERIES)
    put_lines(out / "numbers", NUMBERS)
    for path in sorted((ROOT / "grammars").glob("*.json")):
        put(out / "grammar", path.name, path.read_bytes())
    # Only those whose data are made up: the others would read files of the machine.
    for path in sorted((ROOT / "experiments").glob("*.json")):
        if '"made_up"' in path.read_text():
            text = path.read_text().replace("../grammars", str(ROOT / "grammars"))
            put(out / "experiment", path.name, text)
    put(out / "experiment", "small.json", (out / "files" / "experiment.json").read_bytes())

    database = out / "files" / "seed.db"
    subprocess.run([program, "run", "--quiet", "--threads", "1", "--db", database, out / "files" / "experiment.json"],
                   check=True, stdout=subprocess.DEVNULL)
    (out / "files" / "seed.db.lock").unlink(missing_ok=True)
    put(out / "database", "finished.db", database.read_bytes())
    check(out, program)


def check(out, program):
    """Mutants of what is refused at the door would find nothing: a seed of each kind of data must be read to its end."""
    for kind, seed in (("idx", "bytes"), ("npy", "floats"), ("labels", "longs"), ("csv", "plain"), ("text", "ascii")):
        shutil.copy(out / kind / seed, out / "files" / "data.bin")
        subprocess.run([program, "data", out / "files" / f"{kind}.json"], check=True, stdout=subprocess.DEVNULL)
    (out / "files" / "data.bin").unlink()


if __name__ == "__main__":
    main()
