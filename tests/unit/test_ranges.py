import errno
import hashlib
import io
import socket
import ssl
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from random import Random

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from urllib3 import PoolManager
from urllib3.exceptions import MaxRetryError

from bot.errors import BadIpa, BotError, NotAllowed, NotFound, RateLimited, Unavailable
from bot.github.causes import name_cause
from bot.github.ranges import RemoteFile, open_url
from bot.github.wire import check_hop, check_url
from bot.ipa import hash_file, read_ipa
from tests.builders import Entry, Extension, Signing, app_members, make_ipa, make_macho, zip_bytes
from tests.range_server import FileServer, serve_file

LOOPBACK = ("127.0.0.1",)
KIB, MIB = 1 << 10, 1 << 20


@pytest.fixture
def server() -> Iterator[FileServer]:
    with serve_file() as running:
        yield running


def noise(size: int) -> bytes:
    return hashlib.shake_128(b"noise").digest(size)


def opened(server: FileServer, path: str = "/file.ipa", **options: object) -> RemoteFile:
    return open_url(server.url(path), **{"hosts": LOOPBACK, "max_bytes": 1 << 30, **options})  # type: ignore[arg-type]


@pytest.mark.parametrize("size", [0, 1, 64 * KIB, 64 * KIB + 1, 300_000, 2 * MIB, 5 * MIB])
@pytest.mark.parametrize("behaviour", ["ranges", "no suffixes", "no ranges", "no length"])
def test_it_reads_as_the_file_reads(server: FileServer, size: int, behaviour: str) -> None:
    server.data = noise(size)
    server.suffixes = behaviour == "ranges"
    server.ranges = behaviour in ("ranges", "no suffixes")
    server.length = behaviour != "no length"
    with opened(server) as file:
        assert file.size == size
        for start, length in [(0, 10), (size // 2, 1000), (size - 5, 100), (0, size), (size // 3, 70_000)]:
            file.seek(max(0, start))
            assert file.read(length) == server.data[max(0, start) :][:length]
        file.seek(0)
        assert file.read() == server.data


def test_it_is_seekable_like_any_file(server: FileServer) -> None:
    server.data = b"abcdefgh"
    with opened(server) as file:
        assert (file.seek(-3, 2), file.read(2), file.tell(), file.seek(-1, 1), file.read()) == (
            5,
            b"fg",
            7,
            6,
            b"gh",
        )
        file.seek(100)
        assert file.read(5) == b""
        buffer = bytearray(3)
        file.seek(0)
        assert (file.readinto(buffer), bytes(buffer)) == (3, b"abc")


@pytest.mark.parametrize(
    ("ipa", "limit"),
    [
        (make_ipa(entitlements={"get-task-allow": True}), 1),
        (make_ipa(padding=400_000, extensions=[Extension("A"), Extension("B")]), 3),
        (make_ipa(padding=3 * MIB, extensions=[Extension("A"), Extension("B", folder="Extensions")]), 3),
    ],
    ids=["within the tail", "400 KB", "3 MiB"],
)
def test_a_small_ipa_costs_one_redirect_and_three_requests_at_most(
    server: FileServer, ipa: bytes, limit: int
) -> None:
    server.data = ipa
    server.redirects["/download"] = server.url("/signed?secret=1")
    with opened(server, "/download") as file:
        info = read_ipa(file, size=file.size)
        assert info.bundle_identifier == "com.acme.app"
        assert file.transfer.redirects == 1
        assert file.transfer.requests <= 1 + limit
        assert file.transfer.requests == len(server.seen)
        assert file.transfer.bytes == server.sent


@pytest.mark.parametrize("signed", [True, False])
def test_a_large_ipa_costs_what_is_needed_and_little_more(server: FileServer, signed: bool) -> None:
    signing = Signing("com.acme.app", {"get-task-allow": True}) if signed else None
    executable = make_macho(signing=signing, body=3 * MIB)
    app = app_members(executable=executable)
    stuffing = [Entry(f"Payload/Acme.app/{n}.bin", noise(4 * MIB), method=0) for n in range(4)]
    server.data = zip_bytes([stuffing[0], app[0], stuffing[1], stuffing[2], app[1], stuffing[3]])
    with opened(server) as file:
        info = read_ipa(file, size=file.size)
        assert info.entitlements == (("get-task-allow",) if signed else ())
        needed = len(executable) if signed else 4 * KIB
        assert file.transfer.bytes <= 1.1 * needed + 128 * KIB
        assert file.transfer.requests <= 4


@dataclass(frozen=True)
class Part:
    """A bundle: its executable's size and place among the files, and how it is packed."""

    body: int
    signed: bool
    sealed: bool  # whether the folder has the seal that signed bundles have
    method: int
    framework: bool  # whether only its headers are read
    stuffing: int  # bytes of files that lie before it, which nobody needs


def bundle_entries(folder: str, part: Part) -> tuple[list[Entry], int]:
    """(its members, how many bytes of them are needed)."""
    signing = Signing("com.acme.app", {"get-task-allow": True}) if part.signed else None
    plist, executable = app_members(executable=make_macho(signing=signing, body=part.body))
    needed = [
        Entry(f"{folder}/Info.plist", plist.data),
        Entry(f"{folder}/Acme", executable.data, method=part.method),
    ]
    seal = [Entry(f"{folder}/_CodeSignature/CodeResources", noise(3000))] if part.sealed else []
    stuffing = Entry(f"{folder}/stuffing.bin", noise(part.stuffing), method=0)
    head = 4 * KIB
    whole = part.signed and part.method and not part.framework
    cost = len(zip_bytes(needed)) if whole else len(zip_bytes(needed[:1])) + head
    return [stuffing, *needed, *seal], cost


def sizes(most: int) -> st.SearchStrategy[int]:
    return st.one_of(st.integers(0, 20_000), st.integers(0, most))


@st.composite
def parts(draw: st.DrawFn) -> Part:
    signed = draw(st.booleans())
    return Part(
        body=draw(sizes(MIB)),
        signed=signed,
        sealed=signed and draw(st.booleans()),
        method=draw(st.sampled_from([0, 8, 8])),
        framework=draw(st.booleans()),
        stuffing=draw(sizes(MIB)),
    )


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    bundles=st.lists(parts(), min_size=1, max_size=5),
    shuffle=st.randoms(use_true_random=False),
    known=st.booleans(),
)
def test_what_is_fetched_is_what_is_needed_and_little_more(
    server: FileServer, bundles: list[Part], shuffle: Random, known: bool
) -> None:
    """Goal of the project: at most a tenth and 128 KiB more, whatever lies where."""
    bundles[0] = replace(bundles[0], framework=False)
    made = [bundle_entries("Payload/Acme.app", bundles[0])]
    for n, part in enumerate(bundles[1:]):
        folder = f"Frameworks/{n}.framework" if part.framework else f"PlugIns/{n}.appex"
        made.append(bundle_entries(f"Payload/Acme.app/{folder}", part))
    entries = [entry for members, _ in made for entry in members]
    shuffle.shuffle(entries)
    server.data = zip_bytes(entries)
    needed = sum(cost for _, cost in made) + 128 * len(entries)  # their lines in the directory
    with opened(server, size=len(server.data) if known else None) as file:
        info = read_ipa(file, size=file.size)
        assert info == read_ipa(io.BytesIO(server.data), size=len(server.data))
        assert file.transfer.bytes <= 1.1 * needed + 128 * KIB
        assert file.transfer.requests <= 1 + 3 * len(bundles)


def test_a_directory_behind_the_tail_costs_one_request_more(server: FileServer) -> None:
    files = [Entry(f"Payload/Acme.app/r/{n}", b"x", method=0) for n in range(3000)]
    server.data = zip_bytes([*files, *app_members()])
    start = server.data.index(b"PK\1\2")
    with opened(server) as file:
        read_ipa(file, size=file.size)
        tail = len(server.data) - 64 * KIB
        assert server.asked[1] == f"bytes={start}-{tail - 1}"
        assert file.transfer.requests <= 3


def test_a_seal_saves_the_request_for_the_headers(server: FileServer) -> None:
    part = Part(body=MIB, signed=True, sealed=True, method=8, framework=False, stuffing=MIB)
    app, _ = bundle_entries("Payload/Acme.app", part)
    server.data = zip_bytes([app[1], app[0], app[2], app[3], Entry("Payload/end", noise(MIB))])
    with opened(server) as file:
        assert read_ipa(file, size=file.size).signed
        assert file.transfer.requests == 3


def test_a_stored_executable_is_passed_over(server: FileServer) -> None:
    """Only its headers and its signature are fetched."""
    part = Part(body=8 * MIB, signed=True, sealed=True, method=0, framework=False, stuffing=0)
    server.data = zip_bytes([*bundle_entries("Payload/Acme.app", part)[0], Entry("end", noise(MIB))])
    with opened(server) as file:
        assert read_ipa(file, size=file.size).entitlements == ("get-task-allow",)
        assert file.transfer.bytes < 300 * KIB
        assert file.transfer.requests <= 4


@pytest.mark.parametrize("gap", [1, 5_000, 70_000])
def test_reading_over_a_little_costs_no_request(server: FileServer, gap: int) -> None:
    server.data = noise(3 * MIB)
    with opened(server) as file:
        file.expect(0, 2 * MIB)
        for at in range(0, 2 * MIB - 100_000, 100_000 + gap):
            file.seek(at)
            assert file.read(100_000) == server.data[at : at + 100_000]
        assert (file.transfer.requests == 2) == (gap <= 64 * KIB)


def test_one_connection_serves_all_parts(server: FileServer) -> None:
    server.data = make_ipa(padding=3 * MIB, extensions=[Extension("A"), Extension("B")])
    with opened(server) as file:
        read_ipa(file, size=file.size)
        assert file.transfer.requests == 3
        assert server.connections == 1


def test_what_is_held_stays_small(server: FileServer) -> None:
    server.data = noise(40 * MIB)
    with opened(server) as file:
        for at in range(0, 39 * MIB, 100_000):
            file.seek(at)
            assert file.read(100_000) == server.data[at : at + 100_000]
        file.expect(0, file.size)
        file.seek(0)
        while file.read(1 << 18):
            assert file.held <= 9 * MIB


def test_a_hash_takes_one_request_more_and_every_byte_once(server: FileServer) -> None:
    server.data = noise(9 * MIB)
    with opened(server) as file:
        assert hash_file(file, file.size) == hashlib.sha256(server.data).hexdigest()
        assert file.transfer.requests == 2
        assert file.transfer.bytes == len(server.data)


def test_a_size_known_before_saves_the_suffix(server: FileServer) -> None:
    """Azure's blob store, where GitHub keeps release assets, has no ranges that count from the end."""
    server.data, server.suffixes = noise(200_000), False
    with opened(server, size=200_000) as file:
        assert server.asked == [f"bytes={200_000 - 64 * KIB}-"]
        assert file.size == 200_000
    with pytest.raises(Unavailable):
        opened(server, size=200_001)


def test_a_small_file_of_a_server_that_takes_no_more_of_an_end_than_there_is(server: FileServer) -> None:
    server.data = noise(2_000)
    server.statuses.append((416, {"Content-Range": "bytes */2000"}))
    with opened(server) as file:
        assert file.read() == server.data
    assert server.asked == [f"bytes=-{64 * KIB}", "bytes=0-"]


def test_credentials_go_to_the_first_origin_only(server: FileServer) -> None:
    with serve_file(b"data") as other:
        server.redirects["/api"] = other.url("/blob")
        session = requests.Session()
        session.headers["Authorization"] = "Bearer of-the-session"
        with session, opened(server, "/api", headers={"Authorization": "Bearer t"}, session=session) as file:
            assert file.read() == b"data"
        assert server.seen[0][1]["authorization"] == "Bearer t"
        assert "authorization" not in other.seen[0][1]


def test_an_address_that_expired_is_looked_up_again(server: FileServer) -> None:
    server.data = noise(9 * MIB)
    server.redirects["/download"] = server.url("/signed")
    with opened(server, "/download") as file:
        server.statuses.append((403, {}))
        assert file.read(10) == server.data[:10]
        assert [path for path, _ in server.seen] == [
            "/download",
            "/signed",
            "/signed",
            "/download",
            "/signed",
        ]


def test_a_file_replaced_meanwhile_is_noticed(server: FileServer) -> None:
    server.data = noise(9 * MIB)
    with opened(server) as file:
        server.data, server.etag = noise(9 * MIB)[::-1], '"two"'
        with pytest.raises(Unavailable) as caught:
            file.read(10)
    assert caught.value.code == "changed"
    assert server.seen[-1][1]["if-range"] == '"one"'


def test_a_file_replaced_without_a_tag_is_noticed_by_its_size(server: FileServer) -> None:
    server.data, server.etag = noise(9 * MIB), None
    with opened(server) as file:
        server.data += b"more"
        with pytest.raises(Unavailable):
            file.read(10)


def test_a_cut_connection_is_taken_up_where_it_ended(server: FileServer) -> None:
    server.data = noise(12 * MIB)
    with opened(server) as file:
        server.cuts = [5 * MIB, 1 * MIB]
        file.expect(0, file.size)
        assert file.read() == server.data
        assert file.transfer.requests == 4


def test_a_connection_that_is_always_cut_gives_up(server: FileServer) -> None:
    server.data = noise(9 * MIB)
    with opened(server) as file:
        server.cuts = [0] * 10
        with pytest.raises(Unavailable):
            file.read(10)
        assert len(server.seen) <= 5


@pytest.mark.parametrize(
    ("status", "headers", "error"),
    [
        (404, {}, NotFound),
        (410, {}, NotFound),
        (403, {}, NotAllowed),
        (429, {"Retry-After": "7"}, RateLimited),
        (500, {}, Unavailable),
        (503, {"Retry-After": "7"}, Unavailable),
        (206, {"Content-Range": "bytes 5-6/7"}, Unavailable),
        (206, {"Content-Range": "nonsense"}, Unavailable),
        (200, {"Content-Encoding": "gzip"}, Unavailable),
        (302, {"Location": "http://example.com/x"}, NotAllowed),
        (302, {"Location": "file:///etc/passwd"}, NotAllowed),
        (302, {"Location": "//[bad"}, NotAllowed),
    ],
)
def test_every_failure_is_one_of_ours(
    server: FileServer, status: int, headers: dict[str, str], error: type[BotError]
) -> None:
    server.statuses.append((status, headers))
    with pytest.raises(error) as caught:
        opened(server, "/file?signature=secret")
    assert "secret" not in str(caught.value)
    if "Retry-After" in headers:
        assert isinstance(caught.value, Unavailable)
        assert caught.value.retry_after == 7


def test_redirects_without_end_are_given_up(server: FileServer) -> None:
    server.redirects["/a"] = server.url("/a")
    with pytest.raises(Unavailable):
        opened(server, "/a")
    assert len(server.seen) == 6


def test_nobody_there() -> None:
    with serve_file() as server:
        url = server.url()
    with pytest.raises(Unavailable) as caught:
        open_url(url, hosts=LOOPBACK, max_bytes=10)
    assert caught.value.retry
    assert caught.value.public == "127.0.0.1 cannot be read from: connection refused."


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (b"", "127.0.0.1 cannot be read from: the connection was cut."),
        (b"nonsense\r\n\r\n", "127.0.0.1 cannot be read from: BadStatusLine."),
        (None, "127.0.0.1 does not answer in time."),
    ],
)
def test_a_failed_connection_says_why(answer: bytes | None, said: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener, ThreadPoolExecutor(1) as pool:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/a.ipa?signature=secret"
        patience = 0.3 if answer is None else 60
        opening = pool.submit(open_url, url, hosts=LOOPBACK, max_bytes=10, timeout=patience)
        client, _ = listener.accept()
        with client:
            if answer is not None:
                client.recv(KIB)
                client.sendall(answer)
                client.shutdown(socket.SHUT_WR)
            with pytest.raises(Unavailable) as caught:
                opening.result(60)
    assert caught.value.public == said


@pytest.mark.parametrize(
    ("inner", "said"),
    [
        (socket.gaierror(-2, "secret"), "its name is not found"),
        (ssl.SSLCertVerificationError(1, "secret"), "its certificate is not valid"),
        (ssl.SSLError(1, "secret"), "no encrypted connection can be made"),
        (OSError(errno.EHOSTUNREACH, "secret"), "no way leads to it"),
        (TimeoutError("secret"), "no answer in time"),
        (ValueError("secret"), "ValueError"),
    ],
)
def test_a_cause_is_found_within_what_wraps_it(inner: Exception, said: str) -> None:
    assert name_cause(requests.ConnectionError(MaxRetryError(PoolManager(), "/secret", inner))) == said  # type: ignore[arg-type]


@pytest.mark.parametrize("ranges", [True, False])
@pytest.mark.parametrize("length", [True, False])
def test_a_file_above_the_bound_is_refused(server: FileServer, ranges: bool, length: bool) -> None:
    server.data, server.ranges, server.length = noise(300_000), ranges, length
    with pytest.raises(BadIpa) as caught:
        opened(server, max_bytes=299_999)
    assert caught.value.code == "too_large"
    with opened(server, max_bytes=300_000) as file:
        assert file.size == 300_000


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("https://github.com/a", True),
        ("https://GitHub.com/a", True),
        ("https://github.com:8443/a", True),
        ("https://evil.com/a", False),
        ("https://github.com.evil.com/a", False),
        ("https://github.com@evil.com/a", False),
        ("https://user:pw@github.com/a", False),
        ("http://github.com/a", False),
        ("http://127.0.0.1/a", True),
        ("http://127.0.0.2/a", False),
        ("ftp://github.com/a", False),
        ("https:///a", False),
        ("https://github.com:notaport/a", False),
        ("", False),
    ],
)
def test_addresses(url: str, allowed: bool) -> None:
    try:
        check_url(url, ["github.com", "127.0.0.1"])
    except NotAllowed:
        assert not allowed
    else:
        assert allowed


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:6379/", "http://localhost/", "http://[::1]:80/", "https://LOCALHOST/"]
)
def test_a_server_elsewhere_cannot_send_us_to_this_machine(address: str) -> None:
    with pytest.raises(NotAllowed, match="redirects to this machine"):
        check_hop("https://evil.example/a.ipa", address)
    check_hop("http://127.0.0.1:1/a.ipa", address)
    check_hop(address, "https://github.com/a.ipa")
