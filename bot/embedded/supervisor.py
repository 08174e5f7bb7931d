"""The supervisor's configuration, from values. No I/O.

supervisord restarts what crashes, and stops one program after the other in reverse order of priority, waiting
for each: clients end before the stores they write to. All output comes on its standard output. Secrets are
never in here: programs inherit the environment, and read the files it names.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

# A program that will not start is tried again after 1, 2, 3 … seconds; a thousand tries are six days.
START_RETRIES = 1000


@dataclass(frozen=True, slots=True)
class Program:
    """One supervised program; `count` processes of it."""

    name: str
    command: tuple[str, ...]
    stop_seconds: int  # given to end by itself after SIGTERM, then killed
    count: int = 1


def render_supervisor(programs: Sequence[Program], run_dir: Path, python: str, user: str | None) -> str:
    """`supervisord.conf` for programs in the order they start.

    Each takes its lock `NAME-NUMBER.lock` in `run_dir` first. `user` is root where root runs it: supervisord
    wants that said.
    """
    head = ["[supervisord]", "nodaemon=true", "silent=true", "umask=077"]
    head += [f"user={user}"] if user else []
    parts = [_program(p, priority, run_dir, python) for priority, p in enumerate(programs, start=1)]
    return "\n".join([*head, "", *parts])


def _program(program: Program, priority: int, run_dir: Path, python: str) -> str:
    launcher = [python, "-m", "bot.embedded.lock", f"{run_dir}/{program.name}-\0.lock"]
    command = " ".join(_quoted(word) for word in [*launcher, *program.command])
    return "\n".join([
        f"[program:{program.name}]",
        f"command={command.replace(chr(0), '%(process_num)d')}",
        f"process_name={program.name}-%(process_num)d",
        f"numprocs={program.count}",
        f"priority={priority}",
        "autostart=true",
        "autorestart=true",
        "startsecs=5",
        f"startretries={START_RETRIES}",
        "stopsignal=TERM",
        f"stopwaitsecs={program.stop_seconds}",
        "killasgroup=true",
        "redirect_stderr=true",
        "stdout_logfile=/dev/fd/1",
        "stdout_logfile_maxbytes=0",
        "",
    ])  # fmt: skip


def _quoted(word: str) -> str:
    """A word as supervisord reads it back: by `shlex`, after `%` and comments (a ` ;` or ` #`).

    An empty pair of quotes before `;` and `#` keeps them from following a space.
    """
    text = word.replace("'", "'\"'\"'").replace("%", "%%")
    return "'" + text.replace(";", "'';").replace("#", "''#") + "'"
