"""The built-in MongoDB over TCP: `python -m benchmarks.fleet_mongo HOST PORT DIRECTORY`, until SIGTERM."""

import asyncio
import signal
import sys

from nx_27017.server import handle_client

from bot.embedded.engine import Engine


async def serve(host: str, port: int, directory: str) -> None:
    engine, stop = Engine(data_dir=directory), asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    await asyncio.start_server(lambda r, w: handle_client(r, w, engine), host, port)
    await stop.wait()
    engine.close_all()


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1], int(sys.argv[2]), sys.argv[3]))
