#!/usr/bin/env python3
"""Damages a finished database in many places and tries every command on it: never a defect of the program (exit status
70), never a crash, never a hang. What SQLite itself cannot see (another digit in a number) may pass.
   damage.py PROGRAM SOURCE_DIR [VARIANTS [SEED]]"""
import os
import random
import shutil
import subprocess
import sys
import tempfile

program, source = os.path.realpath(sys.argv[1]), os.path.realpath(sys.argv[2])
variants = int(sys.argv[3]) if len(sys.argv) > 3 else 120
seed = int(sys.argv[4]) if len(sys.argv) > 4 else 1
allowed = {0, 2, 3, 4, 5}
small = ("search.evaluations=14 training.epochs=2 training.seeds=1 search.population=6 search.tournament=2 "
         "network.parameters=layer").split()
work = tempfile.mkdtemp()
search = ["run", "experiments/spirals.json", "--quiet", "--watch", "--threads", "1"]
for setting in small:
    search += ["--set", setting]


def call(words):
    try:
        done = subprocess.run([program] + words, cwd=work, stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
        return done.returncode, done.stderr.decode(errors="replace")
    except subprocess.TimeoutExpired:
        return "hang", ""


commands = {
    "top": ["top", "--all", "d.db"],
    "show": ["show", "d.db", "best"],
    "show 3": ["show", "d.db", "3", "--format", "json"],
    "status": ["status", "d.db"],
    "watch": ["watch", "d.db", "0"],
    "export": ["export", "d.db", "best"],
    "query": ["query", "d.db", "SELECT * FROM lineage"],
    "outcomes": ["query", "d.db", "SELECT * FROM outcomes"],
    "merge": ["merge", "m.db", "d.db"],
    "into": ["merge", "d.db", "whole.db"],
    "run": search + ["--db", "d.db"],
    "rescue": ["rescue", "d.db", "m.db"],
}


def places(image):
    """Every page's header, cells' beginnings, the whole of the first page's header, and anywhere."""
    page = 4096
    for start in range(0, len(image), page):
        for offset in range(100 if start == 0 else 0, 16 + (100 if start == 0 else 0)):
            yield start + offset
    yield from range(100)
    while True:
        yield random.randrange(len(image))


def spoil(image, at):
    image = bytearray(image)
    kind = random.randrange(6)
    if kind < 3:
        image[at] ^= 1 << random.randrange(8)
    elif kind == 3:
        image[at] = random.choice([0, 255, 127, 128])
    elif kind == 4:
        for i in range(at, min(at + random.randrange(2, 600), len(image))):
            image[i] = random.randrange(256)
    else:
        image[at:at + 4] = bytes(random.randrange(256) for _ in image[at:at + 4])
    return bytes(image)


def remove(name):
    for ending in ["", "-wal", "-shm", "-journal", ".lock", ".crashed"]:
        if os.path.exists(os.path.join(work, name + ending)):
            os.remove(os.path.join(work, name + ending))


def write(name, image):
    remove(name)
    with open(os.path.join(work, name), "wb") as file:
        file.write(image)


def read(name):
    with open(os.path.join(work, name), "rb") as file:
        return file.read()


def main():
    os.symlink(os.path.join(source, "grammars"), os.path.join(work, "grammars"))
    os.mkdir(os.path.join(work, "experiments"))
    shutil.copy(os.path.join(source, "experiments/spirals.json"), os.path.join(work, "experiments"))
    assert call(search + ["--db", "whole.db"])[0] == 0
    assert call(["merge", "merged.db", "whole.db", "--quiet"])[0] == 0
    whole, merged = read("whole.db"), read("merged.db")
    random.seed(seed)
    every = places(whole)
    spots = [next(every) for _ in range(16 * (len(whole) // 4096) + 100)]
    random.shuffle(spots)
    faults, seen = 0, {}
    for number in range(variants):
        at = spots[number % len(spots)] if number % 2 == 0 else random.randrange(len(whole))
        image = spoil(whole, at)
        image_of_merged = spoil(merged, at)
        for name, words in commands.items():
            write("d.db", image_of_merged if name == "into" else image)
            remove("m.db")
            status, error = call(words)
            seen[status] = seen.get(status, 0) + 1
            lines = [line for line in error.splitlines() if line.startswith("actsearch: ")]
            if status not in allowed or (status != 0 and len(lines) != 1):
                faults += 1
                print(f"FAILED: {name} after damage {number} at {at}: {status}: {error[:600]}", file=sys.stderr)
                if os.environ.get("KEEP"):
                    with open(f"{os.environ['KEEP']}/{seed}-{number}-{name}.db", "wb") as file:
                        file.write(image)
    shutil.rmtree(work)
    print(f"damage: {variants} damaged databases of {len(whole)} bytes, exit statuses "
          + ", ".join(f"{status}: {count}" for status, count in sorted(seen.items(), key=str))
          + f"; {faults} wrong")
    return faults > 0


sys.exit(main())
