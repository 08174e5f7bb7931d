"""What reading IPAs costs: `python -m benchmarks.ipa [--ipas DIR] [--runs 7]`, three Markdown tables.

Local: against a floor that takes the very bytes which reading takes, member by member, and inflates them with
the standard library, nothing else. Which those are is found by writing down what is read from the file.
Remote: a web server in a process of its own, 20 ms late with every answer; the reader is a fresh process.
Inflaters: the same local reads with each library of zlib's interface that is installed.
Every row's candidates take turns, so that a busy machine slows all of them; medians.
"""

import argparse
import importlib.util
import io
import json
import statistics
import struct
import subprocess
import sys
import tempfile
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

from benchmarks.ipa_files import MIB, Shape, write_ipa
from bot.errors import BadIpa
from bot.ipa import member as reading
from bot.ipa import read_ipa

LATENCY = 0.02
PIECE = 1 << 18
LOCAL = {
    "made, 2 MB": Shape(executable=2 * MIB, total=2 * MIB),
    "made, 20 MB": Shape(executable=20 * MIB, total=20 * MIB),
    "made, 100 MB": Shape(executable=100 * MIB, total=100 * MIB),
}
REMOTE = {
    "2 GiB, 60 MB executable": Shape(executable=60 * MIB, total=2 << 30, sparse=True),
    "2 GiB, 500 MB executable": Shape(executable=500 * MIB, total=2 << 30, sparse=True),
    "2 GiB, 500 MB, unsigned": Shape(executable=500 * MIB, total=2 << 30, signed=False, sparse=True),
}
INFLATERS = ("zlib", "isal.isal_zlib", "zlib_ng.zlib_ng")
Packed = list[tuple[int, int, bool]]  # (place in the file, bytes, whether deflated) of each member read


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--ipas", type=Path, help="a folder of real IPAs: those over 1 MB are measured too")
    parser.add_argument("--runs", type=int, default=7)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="altpress-") as folder:
        files = {name: Path(folder) / f"{n}.ipa" for n, name in enumerate(LOCAL)}
        for name, path in files.items():
            write_ipa(path, LOCAL[name])
        files |= {f"real, {n}": path for n, path in enumerate(find_readable(options.ipas), 1)}
        print_local(files, options.runs)
        print_inflaters(files, options.runs)
        print_remote(Path(folder) / "remote.ipa")


def find_readable(folder: Path | None) -> Iterator[Path]:
    for path in sorted(folder.iterdir()) if folder else ():
        if path.stat().st_size > MIB and zipfile.is_zipfile(path):
            try:
                read_local(path)
            except BadIpa:
                continue
            yield path


def print_local(files: Mapping[str, Path], runs: int) -> None:
    print("| file | size | members read | floor | read | ratio |\n|---|---:|---:|---:|---:|---:|")
    for name, path in files.items():
        packed = find_packed(path)
        floor, read = take_turns([partial(inflate, path, packed), partial(read_local, path)], runs)
        size = megabytes(path.stat().st_size)
        print(f"| {name} | {size} | {len(packed)} | {ms(floor)} | {ms(read)} | {read / floor:.2f} |")


def print_inflaters(files: Mapping[str, Path], runs: int) -> None:
    modules = [importlib.import_module(name) for name in INFLATERS if find_module(name)]
    names = [module.__name__.partition(".")[0] for module in modules]
    print(f"\n| read with | {' | '.join(names)} |\n|---|{'---:|' * len(names)}")
    for name, path in files.items():
        calls = [partial(read_with, module, path) for module in modules]
        print(f"| {name} | {' | '.join(map(ms, take_turns(calls, runs)))} |")


def print_remote(path: Path) -> None:
    print("\n| file | how | requests | bytes | needed | ratio | memory | time |")
    print("|---|---|---:|---:|---:|---:|---:|---:|")
    for name, shape in REMOTE.items():
        write_ipa(path, shape)
        needed = sum(size for _, size, _ in find_packed(path))
        with served(path) as url:
            for how in ("by ranges", "downloaded"):
                cost = json.loads(run("benchmarks.ipa_remote", how, url))
                sizes = f"{megabytes(cost['bytes'])} | {megabytes(needed)} | {cost['bytes'] / needed:.3f}"
                spent = f"{cost['memory'] / MIB:.0f} MiB | {cost['seconds']:.2f} s"
                print(f"| {name} | {how} | {cost['requests']} | {sizes} | {spent} |")


class Recorder(io.FileIO):
    """A file that writes down what is read from it."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.reads: list[tuple[int, int]] = []

    def read(self, size: int | None = -1) -> bytes:
        at, data = self.tell(), super().read(size)
        self.reads.append((at, len(data)))
        return data


def find_packed(path: Path) -> Packed:
    """The bytes that reading takes from each member it opens, local headers left out."""
    with Recorder(path) as file, zipfile.ZipFile(path) as archive:
        read_ipa(file, size=path.stat().st_size)
        reads = list(file.reads)
        members = {member.header_offset: member for member in archive.infolist()}
        while reads[0][0] not in members:
            del reads[0]  # the directory's
        found = []
        for offset, size in ((at, members[at].compress_size) for at, _ in reads if at in members):
            file.seek(offset + 26)
            start = offset + 30 + sum(struct.unpack("<2H", file.read(4)))
            end = max(at + length for at, length in reads if offset <= at < start + size)
            found.append((start, min(end - start, size), members[offset].compress_type != 0))
    return found


def inflate(path: Path, packed: Packed) -> None:
    """The floor."""
    with path.open("rb") as file:
        for start, size, deflated in packed:
            file.seek(start)
            inflater = zlib.decompressobj(-zlib.MAX_WBITS)
            for at in range(0, size, PIECE):
                piece = file.read(min(size - at, PIECE))
                while deflated and piece:
                    inflater.decompress(piece, 1 << 20)
                    piece = inflater.unconsumed_tail


def read_local(path: Path) -> None:
    with path.open("rb") as file:
        read_ipa(file, size=path.stat().st_size)


def read_with(module: ModuleType, path: Path) -> None:
    """Read with another library of the same interface."""
    ours = vars(reading)["zlib_ng"]
    vars(reading)["zlib_ng"] = module
    try:
        read_local(path)
    finally:
        vars(reading)["zlib_ng"] = ours


def find_module(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:
        return False


def take_turns(calls: Sequence[Callable[[], Any]], runs: int) -> list[float]:
    """The median seconds of each, of the processor: the files lie in the system's cache."""
    times: list[list[float]] = [[] for _ in calls]
    for _ in range(runs):
        for call, taken in zip(calls, times, strict=True):
            started = time.process_time()
            call()
            taken.append(time.process_time() - started)
    return [statistics.median(taken) for taken in times]


@contextmanager
def served(path: Path) -> Iterator[str]:
    command = [sys.executable, "-m", "benchmarks.ipa_remote", "serve", str(path), str(LATENCY)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            yield server.stdout.readline().strip()
        finally:
            server.terminate()


def run(*arguments: str) -> str:
    return subprocess.run(
        [sys.executable, "-m", *arguments], check=True, capture_output=True, text=True
    ).stdout


def ms(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms"


def megabytes(size: float) -> str:
    return f"{size / 1e6:.2f} MB"


if __name__ == "__main__":
    main()
