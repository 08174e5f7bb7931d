"""Fuzz `bot.ipa` with atheris: `python -m tests.fuzz.run --seconds 60 [--target NAME]`.

Every target runs in a process of its own, because `atheris.Fuzz` never returns. What it learns stays in
`.fuzz/<target>/corpus`, what it finds in `.fuzz/<target>/findings`; both are ignored by git. The last line is
JSON; the exit status is 1 when anything was found. `docs/fuzzing.md` says how a finding becomes a test.
"""

# ruff: noqa: T201 -- its output is what it is for
import argparse
import hashlib
import json
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# the names of TARGETS, which only the child may import: under instrumentation
NAMES = ("archive", "members", "wrapped", "plist", "macho", "signature", "picture")
INPUT_SECONDS = 10  # one input may take so long, before it is a finding
MEMORY = 1024  # MiB that one process may take, before it is a finding
_LONGEST = 1 << 16  # bytes of an input


@dataclass(frozen=True)
class Outcome:
    """What one target's run came to."""

    target: str
    executions: int
    per_second: int
    coverage: int  # edges of the instrumented code
    peak_mib: int
    findings: tuple[str, ...]  # files


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parse_options(arguments)
    if find_spec("atheris") is None:
        sys.exit("atheris is not installed: pip install --require-hashes -r requirements/fuzz.txt")
    if options.child:
        return _fuzz(options.child, options.seconds, options.folder)
    outcomes = [_run(name, options.seconds, options.folder) for name in options.target or NAMES]
    failed = any(outcome.findings or not outcome.executions for outcome in outcomes)
    print(
        json.dumps({"ok": not failed, "seconds": options.seconds, "targets": [asdict(o) for o in outcomes]})
    )
    return int(failed)


def read_outcome(target: str, lines: Iterable[str], findings: Sequence[str]) -> Outcome:
    """What libFuzzer's own words say."""
    stats, coverage = {"number_of_executed_units": 0, "average_exec_per_sec": 0, "peak_rss_mb": 0}, 0
    for line in lines:
        words = line.split()
        if line.startswith("stat::") and len(words) == 2 and words[1].isdigit():
            stats[words[0].removeprefix("stat::").rstrip(":")] = int(words[1])
        elif "cov:" in words[:-1]:
            coverage = int(words[words.index("cov:") + 1])
    executions, speed = stats["number_of_executed_units"], stats["average_exec_per_sec"]
    return Outcome(target, executions, speed, coverage, stats["peak_rss_mb"], tuple(findings))


def _parse_options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.run", description="Fuzz bot.ipa.")
    parser.add_argument("--seconds", type=int, default=60, help="for each target")
    parser.add_argument("--target", action="append", choices=NAMES, help="all of them without it")
    parser.add_argument("--folder", type=Path, default=ROOT / ".fuzz", help="for inputs and findings")
    parser.add_argument("--child", choices=NAMES, help=argparse.SUPPRESS)
    return parser.parse_args(arguments)


def _run(target: str, seconds: int, folder: Path) -> Outcome:
    """Fuzz in a process of its own, and print a line about it."""
    findings = folder / target / "findings"
    findings.mkdir(parents=True, exist_ok=True)
    before = set(findings.iterdir())
    command = [sys.executable, "-m", "tests.fuzz.run", "--child", target]
    command += ["--seconds", str(seconds), "--folder", str(folder)]
    log = folder / target / "log"
    with log.open("wb") as file:
        status = subprocess.run(command, cwd=ROOT, stdout=file, stderr=file, check=False).returncode
    found = [str(path) for path in sorted(set(findings.iterdir()) - before)]
    if status and not found:
        found = [str(log)]
    outcome = read_outcome(target, log.read_text("utf-8", "replace").splitlines(), found)
    print(
        f"{target:10} {outcome.executions:>10,} executions {outcome.per_second:>7,}/s"
        f"  coverage {outcome.coverage:>5,}  {outcome.peak_mib:>5} MiB  {len(found)} findings",
        flush=True,
    )
    for path in found:
        print(f"  {path}")
    return outcome


def _fuzz(target: str, seconds: int, folder: Path) -> int:
    """Never returns: the process ends when time is up, or at the first finding."""
    import atheris

    # what parses is instrumented, so that the fuzzer sees which inputs lead further
    with atheris.instrument_imports(include=["bot.ipa", "plistlib"]):
        from tests.fuzz.targets import TARGETS

    corpus = folder / target / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    for seed in TARGETS[target].seeds().values():
        (corpus / hashlib.sha1(seed, usedforsecurity=False).hexdigest()).write_bytes(seed)
    atheris.Setup(
        [
            sys.argv[0],
            f"-max_total_time={seconds}",
            f"-max_len={_LONGEST}",
            f"-timeout={INPUT_SECONDS}",
            f"-rss_limit_mb={MEMORY}",
            f"-artifact_prefix={folder / target / 'findings'}/",
            "-print_final_stats=1",
            str(corpus),
        ],
        TARGETS[target].run,
    )
    atheris.Fuzz()
    return 0


if __name__ == "__main__":
    sys.exit(main())
