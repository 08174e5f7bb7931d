"""The pages lead somewhere, and say of the code what is true of it."""

import ast
import configparser
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(
    page for pattern in ("*.md", "docs/*.md", "deploy/**/*.md", ".github/*.md") for page in ROOT.glob(pattern)
)
CODE = re.compile(r"```.*?```", re.DOTALL)
LINK = re.compile(r"\]\((?!https?:|mailto:)([^)\s]+)\)")


def anchors(page: Path) -> set[str]:
    """What GitHub makes of the headings."""
    headings = re.findall(r"^#+ +(.+?) *$", CODE.sub("", page.read_text(encoding="utf-8")), re.MULTILINE)
    plain = (re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading) for heading in headings)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in plain}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_to_a_place(page: Path) -> None:
    wrong = []
    for link in LINK.findall(CODE.sub("", page.read_text(encoding="utf-8"))):
        name, _, anchor = link.partition("#")
        target = (page.parent / name) if name else page
        if not target.exists() or (anchor and target.suffix == ".md" and anchor not in anchors(target)):
            wrong.append(link)
    assert wrong == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_module_that_a_page_names_is_there(page: Path) -> None:
    folders = "bot|jobs|config|scripts|tests|deploy|docs|benchmarks"
    named = re.findall(rf"`((?:{folders})/[\w./-]+)`", page.read_text(encoding="utf-8"))
    real = [name for name in named if "NAME" not in name and "NNNN" not in name]
    assert [name for name in real if not (ROOT / name).exists()] == []


def test_the_layers_of_the_architecture_are_those_that_are_held() -> None:
    contracts = configparser.ConfigParser()
    contracts.read(ROOT / ".importlinter")
    layers = contracts["importlinter:contract:layers"]["layers"].strip().splitlines()
    page = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    table = page.partition("held to .importlinter")[2].partition("Everything from")[0]
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    told = [sorted(re.findall(r"`(\w+)`", row)) for row in rows]
    assert told == [["jobs"], *(sorted(re.findall(r"\w+", layer)) for layer in layers)]


@pytest.mark.parametrize("package", ["jobs", "bot/source"])
def test_the_map_of_a_large_package_has_every_module_once(package: str) -> None:
    place = ROOT / package
    text = ast.get_docstring(ast.parse((place / "__init__.py").read_text(encoding="utf-8"))) or ""
    told = re.findall(r"`(\w+)`", text)
    assert sorted(told) == sorted(module.stem for module in place.glob("*.py") if module.stem != "__init__")


def test_troubleshooting_knows_every_error_of_the_clients() -> None:
    numbers = (ROOT / "docs/clients.md").read_text(encoding="utf-8").partition("## What refuses")[0]
    known = set(re.findall(r"^\| `(\w+)`", numbers, re.MULTILINE)) - {"missingAppBundle"}  # it has no number
    told = (ROOT / "docs/troubleshooting.md").read_text(encoding="utf-8")
    assert known
    assert sorted(name for name in known if f"`{name}`" not in told) == []
