"""A small load balancer that counts: `python -m benchmarks.balancer HOST:PORT BACKEND …`.

It asks each backend's /health/receiving four times a second and sends requests in turn to those that say 200.
Connections to backends are kept for as long as these keep them. A connection that is refused is tried on the
next backend (nothing was sent); a request that was sent and got no answer is counted as dropped.
`GET /_balancer` tells the counts.
"""

import asyncio
import json
import sys
from collections import Counter, defaultdict

ASK_EVERY = 0.25  # seconds
Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Backend:
    def __init__(self, address: str) -> None:
        self.address = address
        self.host, _, port = address.rpartition(":")
        self.port = int(port)
        self.takes = False
        self.free: list[Streams] = []

    async def connect(self) -> Streams:
        while self.free:
            reader, writer = self.free.pop()
            if not reader.at_eof():
                return reader, writer
            writer.close()
        return await asyncio.open_connection(self.host, self.port)


class Balancer:
    def __init__(self, addresses: list[str]) -> None:
        self._backends = [Backend(address) for address in addresses]
        self._turn = 0
        self.counts: Counter[str] = Counter()
        self.answers: defaultdict[str, Counter[str]] = defaultdict(Counter)

    async def watch(self, backend: Backend) -> None:
        while True:
            try:
                answer = await asyncio.wait_for(self._ask(backend), 2.0)
                backend.takes = answer.startswith(b"HTTP/1.1 200")
            except (OSError, asyncio.IncompleteReadError, TimeoutError):
                backend.takes = False
            await asyncio.sleep(ASK_EVERY)

    async def _ask(self, backend: Backend) -> bytes:
        reader, writer = await asyncio.open_connection(backend.host, backend.port)
        try:
            writer.write(b"GET /health/receiving HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            return await reader.readuntil(b"\r\n")
        finally:
            writer.close()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One client's connection."""
        try:
            while True:
                head, body = await read_message(reader)
                writer.write(await self._answer(head, body))
                await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            writer.close()

    async def _answer(self, head: bytes, body: bytes) -> bytes:
        if head.startswith(b"GET /_balancer"):
            told = json.dumps({**self.counts, "answers": self.answers}).encode()
            return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(told), told)
        self.counts["requests"] += 1
        for backend in self._next():
            try:
                streams = await backend.connect()
            except OSError:
                backend.takes = False
                self.counts["refused"] += 1
                continue
            return await self._pass_on(backend, streams, head + body)
        self.counts["nobody"] += 1
        return b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n"

    def _next(self) -> list[Backend]:
        self._turn += 1
        ready = [backend for backend in self._backends if backend.takes]
        cut = self._turn % len(ready) if ready else 0
        return ready[cut:] + ready[:cut]

    async def _pass_on(self, backend: Backend, streams: Streams, request: bytes) -> bytes:
        reader, writer = streams
        try:
            writer.write(request)
            await writer.drain()
            head, body = await read_message(reader)
        except (OSError, asyncio.IncompleteReadError):
            self.counts["dropped"] += 1
            writer.close()
            return b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n"
        self.answers[backend.address][head[9:12].decode()] += 1
        if b"\r\nconnection: close" in head.lower():
            writer.close()
        else:
            backend.free.append(streams)
        return head + body

    async def run(self, host: str, port: int) -> None:
        watching = [asyncio.create_task(self.watch(backend)) for backend in self._backends]
        server = await asyncio.start_server(self.serve, host, port)
        await asyncio.gather(server.serve_forever(), *watching)


async def read_message(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    """A request or an answer with a length, or without a body."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = 0
    for line in head.split(b"\r\n"):
        if line.lower().startswith(b"content-length:"):
            length = int(line.split(b":")[1])
    return head, await reader.readexactly(length)


def main() -> None:
    listen, *addresses = sys.argv[1:]
    host, _, port = listen.rpartition(":")
    asyncio.run(Balancer(addresses).run(host, int(port)))


if __name__ == "__main__":
    main()
