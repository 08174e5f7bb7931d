"""What the commands write to: words without control characters, and an output that may go away."""

import errno
import os
import sys
from collections.abc import Callable
from typing import Any

import click
import rich.console

_LONGEST = 600  # characters of one message
_EPIPE_STATUS = 128 + 13  # as the shell tells of a program that SIGPIPE ended
# of a disk, a quota or a terminal that takes no more; any other is no matter of the output
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF})


class Console(rich.console.Console):
    """Rich's own would end the process with status 1 when nobody reads any more."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE))


def plain(text: str, limit: int = _LONGEST) -> str:
    """Foreign text, fit for one line of a terminal."""
    shown = text if len(text) <= limit else text[: limit - 1] + "…"
    return "".join(char if char.isprintable() else "\ufffd" for char in shown)


def tell_error(message: str) -> None:
    """One line on standard error."""
    click.echo(f"altpress: {plain(message)}", err=True)


class Answer(click.Command):
    """A command that answers and ends: an output that takes no more is a sentence and status 2, or 141."""

    def invoke(self, ctx: click.Context) -> Any:
        return _answer(ctx, super().invoke)


class AnswerGroup(click.Group):
    """The same for all sub-commands of a group."""

    def invoke(self, ctx: click.Context) -> Any:
        return _answer(ctx, super().invoke)


def _answer(ctx: click.Context, invoke: Callable[[click.Context], Any]) -> Any:
    """Run it, and flush what it wrote where a failure can still be told."""
    if sys.stdout is None:
        tell_error("Standard output is closed.")
        ctx.exit(2)
    try:
        try:
            return invoke(ctx)
        finally:
            sys.stdout.flush()
    except BrokenPipeError:
        _drop_output()
        ctx.exit(_EPIPE_STATUS)
    except OSError as error:
        if error.errno not in _FULL:
            raise
        _drop_output()
        tell_error(f"The output cannot be written: {error.strerror}.")
        ctx.exit(2)


def close_full_output(error: OSError) -> int | None:
    """The exit status, if it is standard output that takes no more (`--help >/dev/full`)."""
    if error.errno not in _FULL or error.filename is not None or sys.stdout is None:
        return None
    try:
        os.write(sys.stdout.fileno(), b"\n")  # something else may have been meant: a data directory's disk
    except OSError as full:
        _drop_output()
        tell_error(f"The output cannot be written: {full.strerror}.")
        return 2
    return None


def _drop_output() -> None:
    """What is still buffered goes nowhere, lest Python complains about it at its end."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
