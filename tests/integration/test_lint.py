"""`altpress lint` as a person, a program and a workflow run it."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from bot.cli.lint import command
from bot.cli.lint_fix import diff_documents, save_document
from bot.clients import CLIENTS
from bot.errors import NotAllowed, TooLarge
from bot.github.page import fetch_page
from bot.github.wire import AnyHost
from tests.builders import make_ipa
from tests.unit.lint.documents import BASE, source

SHARED = Path(__file__).resolve().parents[2] / ".." / "shared"
VECTORS = SHARED / "vectors" / "documents.json"
SOURCES = sorted((SHARED / "sources").glob("*.json"))
NAMES = {"A24": "altstore-2.0", "A25": "altstore", "SS": "sidestore", "PAL": "altstore-pal"}
KEYS = ["client", "severity", "code", "path", "message", "fix"]
WRONG = source({"tintColor": "f00"}, {"date": "2024-1-2"}, website="", zzz=[1])


def lint(*arguments: object, stdin: bytes | None = None) -> Result:
    return CliRunner().invoke(command, [str(argument) for argument in arguments], input=stdin)


def lint_json(*arguments: object, stdin: bytes | None = None) -> dict[str, Any]:
    """The JSON form, its shape and the exit status held to each other."""
    result = lint("--json", *arguments, stdin=stdin)
    shown: dict[str, Any] = json.loads(result.stdout)
    assert list(shown)[:2] == ["verdicts", "problems"]
    assert set(shown["verdicts"].values()) <= {"accept", "reject"}
    for problem in shown["problems"]:
        assert list(problem) == KEYS
        assert problem["severity"] in ("error", "warning", "info")
    refusing = {p["client"] for p in shown["problems"] if p["severity"] == "error"}
    assert {client for client, verdict in shown["verdicts"].items() if verdict == "reject"} == refusing
    assert result.exit_code == (1 if refusing else 0)
    return shown


@pytest.fixture
def file(tmp_path: Path):
    def write(document: object, name: str = "apps.json") -> Path:
        path = tmp_path / name
        path.write_bytes(document if isinstance(document, bytes) else json.dumps(document).encode())
        return path

    return write


def test_the_contract(file):
    shown = lint_json(file(source(version={"size": "1"})))
    assert list(shown) == ["verdicts", "problems"]
    assert shown["verdicts"] == {"altstore": "reject"}
    assert errors_of(shown) == [
        {
            "client": "altstore",
            "severity": "error",
            "code": "typeMismatch",
            "path": "apps > 0 > versions > 0 > size",
            "message": "expected a whole number but found a string.",
            "fix": "write a whole number",
        }
    ]


def errors_of(shown):
    return [problem for problem in shown["problems"] if problem["severity"] == "error"]


def test_clients_are_asked_by_name_or_all(file):
    path = file(BASE)
    assert lint_json(path, "--client", "feather", "--client", "sidestore")["verdicts"] == {
        "feather": "accept",
        "sidestore": "accept",
    }
    everybody = {name: "accept" for name in CLIENTS if name != "altstore-pal"}
    assert lint_json(path, "--client", "all")["verdicts"] == everybody


def test_an_unknown_client_is_told_the_choices(file):
    result = lint(file(BASE), "--client", "apple")
    assert result.exit_code == 2
    assert all(name in result.stderr for name in CLIENTS)


@pytest.mark.parametrize("data", [b"", b"<html>404</html>", b"\xff\xfe\x00", b"[]", b'{"a": 1 "b": 2}'])
def test_bytes_that_no_client_can_decode_are_rejected(file, data):
    shown = lint_json(file(data), "--client", "all")
    assert set(shown["verdicts"].values()) == {"reject"}
    assert lint(file(data)).exit_code == 1


@pytest.mark.parametrize(
    "name", ["/no/such/file", "/", "http://127.0.0.1:1/a", "http://example.com/a", "a\0b"]
)
def test_where_no_bytes_can_be_had(name):
    result = lint(name, "--json")
    assert result.exit_code == 2
    assert json.loads(result.stdout)["error"]["message"]
    assert result.stderr.startswith("altpress: ")


def test_standard_input():
    assert lint_json("-", stdin=json.dumps(BASE).encode())["verdicts"] == {"altstore": "accept"}


# ---- the shared documents ----


def vectors():
    if not VECTORS.exists():
        return [pytest.param(None, marks=pytest.mark.skip(reason=f"no vectors at {VECTORS}"))]
    return [pytest.param(v, id=v["id"]) for v in json.loads(VECTORS.read_text(encoding="utf-8"))["vectors"]]


@pytest.mark.parametrize("vector", vectors())
def test_the_vectors(file, vector):
    for name, client in NAMES.items():
        document = vector["palDocument"] if name == "PAL" and vector["palDocument"] else vector["document"]
        rejected = vector["expected"][name].startswith("✗")
        shown = lint_json(file(document), "--client", client)
        assert shown["verdicts"] == {client: "reject" if rejected else "accept"}


def real_sources():
    if not SOURCES:
        return [pytest.param(None, marks=pytest.mark.skip(reason="no real sources beside the repository"))]
    return [pytest.param(path, id=path.name) for path in SOURCES]


@pytest.mark.parametrize("path", real_sources())
def test_real_sources(path, tmp_path):
    everybody = [word for name in CLIENTS for word in ("--client", name)]
    shown = lint_json(path, *everybody)
    assert list(shown["verdicts"]) == list(CLIENTS)
    copy = tmp_path / "apps.json"
    copy.write_bytes(path.read_bytes())
    fixed = lint_json(copy, "--fix", *everybody)
    assert takers(shown) <= takers(fixed)
    written = copy.read_bytes()
    assert lint_json(copy, "--fix", *everybody)["fixes"] == []
    assert copy.read_bytes() == written
    text = lint(path)
    assert text.exit_code == lint(path, "--format", "github").exit_code
    assert all(char.isprintable() for char in text.stdout.replace("\n", ""))


def takers(shown):
    return {client for client, verdict in shown["verdicts"].items() if verdict == "accept"}


TEXT = json.dumps(BASE)
ALL = {"altstore", "altstore-2.0", "sidestore", "feather", "livecontainer"}
# raw text -> who takes it
RAW = {
    "comment and names": (TEXT.replace('"apps"', "/* x */ apps"), ALL - {"feather", "livecontainer"}),
    "trailing comma": (TEXT.replace("]}]}", "],}],}"), ALL),
    "missing comma": (TEXT.replace('"S", ', '"S" '), set()),
    "byte order mark": ("\ufeff" + TEXT, ALL),
    "first of equal keys": (TEXT.replace('"S",', '"S", "name": 5,'), ALL),
    "an array at the top": ("[]", set()),
    "another spelling": (TEXT.replace("bundleIdentifier", "bundleID"), {"feather", "livecontainer"}),
    "another case": (TEXT.replace("versions", "Versions"), {"feather", "livecontainer"}),
}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize(("text", "expected"), RAW.values(), ids=RAW)
def test_raw_text(file, text, expected, encoding):
    path = file(text.removeprefix("\ufeff" if encoding == "utf-16" else "").encode(encoding))
    shown = lint_json(path, *(word for name in sorted(ALL) for word in ("--client", name)))
    assert takers(shown) == expected
    assert lint(path).exit_code == (0 if "altstore" in expected else 1)


def test_a_date_in_the_future_is_told(file):
    codes = {
        problem["code"] for problem in lint_json(file(source(version={"date": "2999-01-01"})))["problems"]
    }
    past = {problem["code"] for problem in lint_json(file(BASE))["problems"]}
    assert codes - past


# ---- addresses ----


@contextmanager
def serve(data: bytes, status: int = 200, headers: dict[str, str] | None = None) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path == "/old":
                self.send_response(302)
                self.send_header("Location", "/apps.json")
                self.end_headers()
                return
            self.send_response(status)
            for name, value in {"Content-Length": str(len(data)), **(headers or {})}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *arguments: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


def test_an_address_is_followed():
    with serve(json.dumps(BASE).encode()) as base:
        assert lint_json(f"{base}/old")["verdicts"] == {"altstore": "accept"}


def test_an_error_page_is_no_json():
    with serve(b"<!DOCTYPE html><title>404</title>", 404) as base:
        shown = lint_json(f"{base}/apps.json")
    assert [p["code"] for p in shown["problems"]] == ["httpStatus", "dataCorrupted"]


def test_the_status_is_looked_at_by_livecontainer_alone():
    with serve(json.dumps(BASE).encode(), 500) as base:
        shown = lint_json(f"{base}/a", "--client", "altstore", "--client", "livecontainer")
    assert shown["verdicts"] == {"altstore": "accept", "livecontainer": "reject"}


def test_nothing_at_an_address_is_refused():
    with serve(b"", 416) as base:
        assert lint_json(f"{base}/a")["verdicts"] == {"altstore": "reject"}


def test_another_encoding_cannot_be_read():
    with serve(b"\x1f\x8b", headers={"Content-Encoding": "gzip"}) as base:
        assert lint(f"{base}/a").exit_code == 2


def test_no_more_than_the_bound_is_read():
    with serve(b"x" * 101) as base, pytest.raises(TooLarge):
        fetch_page(base, hosts=AnyHost(), max_bytes=100)
    with serve(b"x" * 100) as base:
        assert fetch_page(base, hosts=AnyHost(), max_bytes=100).data == b"x" * 100


# ---- IPAs ----


def ipa_file(tmp_path: Path, name: str = "a.ipa", **what: Any) -> Path:
    path = tmp_path / name
    path.write_bytes(make_ipa(**what))
    return path


def declared(**version: Any) -> dict[str, Any]:
    permissions = {"entitlements": ["get-task-allow"], "privacy": {}}
    return source({"bundleIdentifier": "com.acme.app", "appPermissions": permissions}, version)


def test_an_ipa_that_would_be_installed(file, tmp_path):
    ipa = ipa_file(tmp_path, entitlements={"get-task-allow": True}, privacy={})
    document = declared(size=ipa.stat().st_size, minOSVersion="15.0")
    shown = lint_json(file(document), "--ipa", ipa)
    assert shown["verdicts"] == {"altstore": "accept"}
    assert not any(problem["message"].startswith("a.ipa") for problem in shown["problems"])


@pytest.mark.parametrize(
    ("document", "altstore", "sidestore"),
    [
        (declared(version="1.0.0"), "mismatchedVersion", "mismatchedVersion"),
        (declared(buildVersion="57"), "mismatchedBuildVersion", "mismatchedBuildVersion"),
        (declared(sha256="0" * 64), "mismatchedHash", "mismatchedHash"),
        (source({"bundleIdentifier": "com.acme.app"}), "undeclaredPermissions", None),
        (source({"appPermissions": {"entitlements": ["get-task-allow"]}}), "mismatchedBundleID", None),
    ],
)
def test_an_ipa_that_would_be_refused(file, tmp_path, document, altstore, sidestore):
    ipa = ipa_file(tmp_path, entitlements={"get-task-allow": True}, privacy={})
    shown = lint_json(file(document), "--ipa", ipa, "--client", "altstore", "--client", "sidestore")
    errors = errors_of(shown)
    assert next((p["code"] for p in errors if p["client"] == "altstore"), None) == altstore
    assert next((p["code"] for p in errors if p["client"] == "sidestore"), None) == sidestore
    assert all(p["message"].startswith("a.ipa: ") for p in errors)


def test_an_ipa_of_no_app(file, tmp_path):
    twice = source()
    twice["apps"].append(twice["apps"][0] | {"bundleIdentifier": "com.ex.b"})
    shown = lint_json(file(twice), "--ipa", ipa_file(tmp_path))
    assert shown["problems"][-1]["code"] == "notListed"


def test_what_is_no_ipa_is_refused(file, tmp_path):
    path = tmp_path / "bad.ipa"
    path.write_bytes(b"no")
    shown = lint_json(file(BASE), "--ipa", path)
    assert [problem["code"] for problem in errors_of(shown)] == ["not_a_zip"]


def test_an_ipa_that_cannot_be_read(file):
    assert lint(file(BASE), "--ipa", "/no/such.ipa").exit_code == 2


# ---- people and workflows ----


def test_people_see_the_line(file):
    result = lint(file(json.dumps(WRONG, indent=2).encode()))
    assert result.exit_code == 1
    assert '"website": ""' in result.stdout
    assert "^^" in result.stdout
    assert "apps.json: refused by altstore; 2 errors, " in result.stdout.splitlines()[-1]


def test_no_more_than_some_of_a_kind(file):
    versions = [
        {"version": str(n), "date": "bad", "downloadURL": "https://e.x/a", "size": 1} for n in range(42)
    ]
    path = file(source({"versions": versions}))
    assert "… and 37 more like it" in lint(path).stdout
    assert lint(path, "--all").stdout.count("Date is in invalid format") == 42


def test_a_workflow_step(file, tmp_path):
    path = file(json.dumps(WRONG, indent=2).encode())
    result = lint(path, "--format", "github")
    commands = [line for line in result.stdout.splitlines() if line.startswith("::")]
    assert result.exit_code == 1
    assert commands[0].startswith(f"::error file={path},line=")
    assert sum(line.startswith("::error ") for line in commands) == 2
    assert result.stdout.splitlines()[-1].startswith("altpress lint: altstore: reject; 2 errors, ")


def test_annotations_are_for_files():
    assert lint("-", "--format", "github", stdin=b"{}").exit_code == 2


# ---- repairs ----


def test_fix_writes_the_file(file, tmp_path):
    path = file(WRONG)
    path.chmod(0o640)
    link = tmp_path / "link.json"
    link.symlink_to(path)
    result = lint(link, "--fix")
    assert result.exit_code == 0
    assert json.loads(path.read_bytes()) == source({"tintColor": "#ff0000"}, {"date": "2024-01-02"}, zzz=[1])
    assert (path.stat().st_mode & 0o777, link.is_symlink()) == (0o640, True)
    assert sorted(one.name for one in tmp_path.iterdir()) == ["apps.json", "link.json"]
    assert '+      "tintColor": "#ff0000"' in result.stdout
    assert "repaired: website: empty text removed" in result.stdout
    assert "Nothing is to be repaired." in lint(link, "--fix").stdout


@pytest.mark.parametrize("flags", [["--diff"], ["--dry-run"], ["--fix", "--diff"]])
def test_diff_shows_only(file, flags):
    path = file(WRONG)
    before = path.read_bytes()
    result = lint(path, *flags)
    assert path.read_bytes() == before
    assert result.exit_code == 1  # of the file as it stands
    assert "would be repaired: website" in result.stdout
    left = result.stdout.splitlines()[-1]
    assert left.startswith("After --fix: ")
    assert "error" not in left


def test_fix_of_standard_input_prints_the_document():
    result = lint("-", "--fix", stdin=json.dumps(WRONG).encode())
    assert json.loads(result.stdout)["apps"][0]["tintColor"] == "#ff0000"
    assert "repaired: website" in result.stderr
    assert lint("-", "--fix", "--json", stdin=b"{}").exit_code == 2


def test_what_cannot_be_repaired_is_told(file):
    path = file(source(version={"size": "1 MB"}, subtitle=""))
    result = lint(path, "--fix")
    assert result.exit_code == 1
    assert "apps > 0 > versions > 0 > size" in result.stdout
    broken = file(b"{", "broken.json")
    assert "Nothing can be repaired. It is no JSON" in lint(broken, "--fix").stdout
    assert lint_json(broken, "--fix")["unfixable"].startswith("It is no JSON")
    assert broken.read_bytes() == b"{"


def test_a_file_that_cannot_be_written(tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir()
    for path in (tmp_path / "gone" / "apps.json", folder):
        with pytest.raises(NotAllowed, match="cannot be written"):
            save_document(path, b"{}")
    assert [one.name for one in tmp_path.iterdir()] == ["folder"]


def test_a_long_document_is_not_compared_line_by_line():
    old = b'{"a": [' + b"1,\n" * 70_000 + b"1]}"
    assert diff_documents(old, b"{}", "a.json")[2:] == ["@@ 70001 lines -> 1 lines, too many to compare @@"]
