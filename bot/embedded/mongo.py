"""The built-in MongoDB: NX-27017 (the wire protocol over SQLite) on a unix socket.

`python -m bot.embedded.mongo SOCKET DIRECTORY [--with-input]`: one SQLite file a database in DIRECTORY, until
SIGTERM, or until its standard input ends: with whoever holds the other end of the pipe.
NX-27017's own command knows only TCP ports, which any user of the machine could open; its asyncio handler
works on a unix socket as it is.
"""

import asyncio
import signal
import sys
from pathlib import Path

from nx_27017.server import handle_client

from bot.embedded.engine import Engine

WITH_INPUT = "--with-input"


async def serve(socket: Path, directory: Path, *, with_input: bool = False) -> None:
    """Answer on `socket`, which is there until SIGTERM or SIGINT; one left by a killed server is replaced."""
    handler = Engine(data_dir=str(directory))
    socket.unlink(missing_ok=True)  # noqa: ASYNC240 - before the first client there is nobody to hold up
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    if with_input:
        asyncio.get_running_loop().add_reader(sys.stdin.fileno(), stop.set)  # nobody writes: it is the end
    server = await asyncio.start_unix_server(lambda r, w: handle_client(r, w, handler), str(socket))
    socket.chmod(0o600)  # noqa: ASYNC240 - as above
    await stop.wait()
    server.close()
    socket.unlink(missing_ok=True)  # noqa: ASYNC240 - as above; whoever looks for it sees that nothing runs
    handler.close_all()


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1]), Path(sys.argv[2]), with_input=WITH_INPUT in sys.argv[3:]))
