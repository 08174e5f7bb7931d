"""The short form of fuzzing: every target over its seeds, a fixed number of mutations, and any bytes.

`make fuzz` is the long one. What that finds is kept in `FINDINGS`, each made by code and as small as it gets.
"""

import signal
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzz import run
from tests.fuzz.mutate import mutate
from tests.fuzz.seeds import SEPARATOR
from tests.fuzz.targets import TARGETS

MUTATIONS = 120  # of every target, divided among its seeds
SECONDS = 10  # that one input may take; the slowest takes some hundredths of one
PEAK = 64 << 20  # bytes that all of a target's inputs may take at once
QUICK = settings(max_examples=60, deadline=None, derandomize=True)

FINDINGS: dict[str, tuple[str, Callable[[], bytes]]] = {  # what it is, the target, the input
    "a 64-bit offset of a slice past every file": (
        "macho",
        lambda: b"\xca\xfe\xba\xbf\0\0\0\1" + bytes(8) + b"\0\0\0\xff\xff\0\0\0" + bytes(16),
    ),
    "an encoding that nobody knows": ("plist", lambda: b'<?xml version="1.0" encoding="a"?><plist/>'),
    "an encoding that is none of text": ("plist", lambda: b'<?xml version="1.0" encoding="hex"?><plist/>'),
    "an encoding whose codec warns": (
        "plist",
        lambda: b'<?xml version="1.0" encoding="unicode_escape"?><plist/>',
    ),
    "nothing but a separator": ("members", lambda: SEPARATOR * 10),
}


@contextmanager
def limited() -> Iterator[None]:
    """Whoever takes too long is interrupted; whoever takes too much memory is told afterwards."""

    def interrupt(*_: object) -> None:
        raise TimeoutError(f"one input took longer than {SECONDS} seconds")

    before = signal.signal(signal.SIGALRM, interrupt)
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < PEAK
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        tracemalloc.stop()
        signal.signal(signal.SIGALRM, before)


def feed(target: str, data: bytes) -> None:
    signal.setitimer(signal.ITIMER_REAL, SECONDS)
    TARGETS[target].run(data)


@pytest.mark.parametrize("target", TARGETS)
def test_mutations(target: str) -> None:
    seeds = TARGETS[target].seeds()
    with limited():
        for seed in seeds.values():
            feed(target, seed)
            for number in range(MUTATIONS // len(seeds)):
                feed(target, mutate(seed, number))


@pytest.mark.parametrize("target", TARGETS)
def test_any_bytes(target: str) -> None:
    @QUICK
    @given(st.binary(max_size=300))
    def any_bytes(data: bytes) -> None:
        feed(target, data)

    with limited():
        any_bytes()


@pytest.mark.parametrize(("target", "data"), FINDINGS.values(), ids=FINDINGS)
def test_past_findings(target: str, data: Callable[[], bytes]) -> None:
    with limited():
        feed(target, data())


def test_the_runner_knows_every_target() -> None:
    assert set(run.NAMES) == set(TARGETS)


def test_the_runner_reads_what_libfuzzer_says() -> None:
    lines = [
        "#2\tINITED cov: 10 ft: 20 corp: 1/1b exec/s: 0 rss: 40Mb",
        "#512\tNEW    cov: 345 ft: 678 corp: 2/9b lim: 4 exec/s: 256 rss: 41Mb L: 8/8",
        "stat::number_of_executed_units: 1024",
        "stat::average_exec_per_sec:     512",
        "stat::peak_rss_mb:              52",
    ]
    assert run.read_outcome("plist", lines, ["crash-1"]) == run.Outcome(
        "plist", 1024, 512, 345, 52, ("crash-1",)
    )
