"""Jobs for the worker's tests, in the form of ours; each leaves a mark in the Redis that they came from."""

import os
import signal
import time

from bot.context import Context
from bot.enqueue.reachable import reachable
from bot.errors import Unavailable
from jobs.runner import job


@job("mark")
def mark(ctx: Context, name: str) -> None:
    ctx.queue.connection.rpush(f"marks:{name}", repr(time.time()))


@job("flaky")
def come_back_once(ctx: Context, name: str) -> None:
    """Not possible the first time."""
    if ctx.queue.connection.rpush(f"marks:{name}", repr(time.time())) == 1:
        raise Unavailable("Not now.", retry_after=1)


@job("killed")
def be_killed_once(ctx: Context, name: str) -> None:
    """As if the machine had run out of memory."""
    if ctx.queue.connection.rpush(f"marks:{name}", repr(time.time())) == 1:
        os.kill(os.getpid(), signal.SIGKILL)


@job("stuck")
def take_forever_once(ctx: Context, name: str) -> None:
    """Until the test kills it."""
    if ctx.queue.connection.rpush(f"marks:{name}", repr(time.time())) == 1:
        ctx.queue.connection.rpush(f"horse:{name}", os.getpid())
        time.sleep(60)


@job("bug")
def crash(ctx: Context, name: str) -> None:
    ctx.queue.connection.rpush(f"marks:{name}", repr(time.time()))
    raise ZeroDivisionError(name)


@job("slow")
def take_a_second(ctx: Context, name: str) -> None:
    ctx.queue.connection.rpush(f"began:{name}", "1")
    time.sleep(1)
    with reachable():
        ctx.queue.connection.rpush(f"marks:{name}", repr(time.time()))


@job("long")
def take_long_once(ctx: Context, name: str) -> None:
    """The first time longer than anybody waits, with writes reserved; whether it could let go, it says."""
    first = ctx.queue.connection.incr(f"tries:{name}") == 1
    try:
        if first:
            ctx.bucket.reserve("token", "acme/source@main", 10, now=ctx.clock())
            ctx.reserved["token"] += 10
        ctx.queue.connection.rpush(f"began:{name}", repr(time.time()))
        if first:
            time.sleep(60)
    finally:
        ctx.queue.connection.rpush(f"let-go:{name}" if first else f"ended:{name}", repr(time.time()))


@job("deaf")
def be_deaf_once(ctx: Context, name: str) -> None:
    """The first time it hears nobody."""
    if ctx.queue.connection.rpush(f"began:{name}", repr(time.time())) == 1:
        signal.signal(signal.SIGUSR1, signal.SIG_IGN)
        time.sleep(60)
