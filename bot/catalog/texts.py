"""Texts in several languages. No I/O."""

from collections.abc import Iterator
from typing import Any

_PAIRS = (("subtitles", "subtitle"), ("descriptions", "description"))


def check_languages(
    entry: dict[str, Any], catalog: dict[str, Any]
) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """What is wrong with an entry's translations. Clients fall back on the plain text: it must be there."""
    default = str(catalog.get("language", "en")).lower()
    for key, plain in _PAIRS:
        texts = entry.get(key)
        if not isinstance(texts, dict):
            continue
        if plain not in entry:
            yield (key,), f"needs `{plain}` too, in the catalog's language"
        seen: set[str] = set()
        for language in texts:
            if language.lower() == default:
                yield (key, language), f"is the catalog's language; `{plain}` says it already"
            elif language.lower() in seen:
                yield (key, language), "is given twice, in other letters"
            seen.add(language.lower())


def localize(language: str, text: str | None, texts: dict[str, str] | None) -> dict[str, str] | None:
    """All languages with the default one, which clients would else pass by for a user's second language."""
    return {language: text, **dict(sorted(texts.items()))} if text and texts else None
