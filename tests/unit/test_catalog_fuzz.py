"""Whatever stands in a catalog: it is one, or BadCatalog says what is wrong with it."""

import json

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.catalog import build_schema, parse_catalog
from bot.errors import BadCatalog

_KEYS = sorted(
    {key for part in (build_schema(), *build_schema()["$defs"].values()) for key in part["properties"]}
)
_WORDS = st.sampled_from(
    ["", "a", "a/b", "*.ipa", "[", "https://x.example/{tag}", "\x1b[31m", "\ud800", "#f00"]
)
_SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | _WORDS
_NAMES = (
    st.sampled_from(_KEYS) | st.sampled_from(["[", "x[y]", "[key]", "\x1b[31mkey", ""]) | st.text(max_size=4)
)
_VALUES = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_NAMES, inner, max_size=4),
    max_leaves=12,
)
_APPS = st.lists(st.dictionaries(_NAMES, _VALUES, max_size=4) | _VALUES, max_size=3)
_CATALOGS = st.builds(
    lambda most, apps: {"name": "A", **most, "apps": apps},
    st.dictionaries(_NAMES, _VALUES, max_size=4),
    _APPS,
)


def parse(text: str) -> None:
    problems: list[str] | None = None
    try:
        parse_catalog(text)
    except BadCatalog as error:
        problems = [f"{problem.path}{problem.message}" for problem in error.problems]
    assert problems != []
    assert all(problem.isprintable() for problem in problems or ())


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ('"\\e[31mkey": 1', "\ufffd[31mkey"),
        ('"[": 1', "["),
        ('apps: [{repository: a/b, "x[y]": 1}]', "apps > 0 > x[y]"),
        ('apps: [{repository: a/b, subtitle: s, subtitles: {"x[y": s}}]', "apps > 0 > subtitles > x[y"),
    ],
)
def test_a_key_with_a_bracket_is_told(text: str, path: str) -> None:
    with pytest.raises(BadCatalog) as caught:
        parse_catalog(text)
    assert path in [problem.path for problem in caught.value.problems]


@settings(max_examples=150, deadline=None)
@given(_CATALOGS | _VALUES)
def test_any_values(value: object) -> None:
    parse(json.dumps(value))


@settings(max_examples=100, deadline=None)
@given(_CATALOGS)
def test_any_values_as_yaml_writes_them(value: object) -> None:
    parse(yaml.safe_dump(value, allow_unicode=True))


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=60) | st.text("[]{}:,-&*!|>\"'\n #ab\x1b%", max_size=40))
def test_any_text(text: str) -> None:
    parse(text)
