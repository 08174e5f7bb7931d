"""Names of an archive's members: fit for a sentence, for comparing, and for unpacking. No I/O."""

import unicodedata

_MARKS = 30  # upon one letter, in what Unicode calls stream-safe text


def shorten(name: str) -> str:
    """A name from the archive, fit for a sentence: printable, and not longer than a line."""
    printable = name
    if not name.isprintable():
        printable = "".join(letter if letter.isprintable() else "\ufffd" for letter in name)
    return printable if len(printable) <= 100 else f"{printable[:60]}…{printable[-30:]}"


def normalize(name: str) -> str:
    return name if name.isascii() or _is_heaped(name) else unicodedata.normalize("NFC", name)


def _is_heaped(name: str) -> bool:
    """More marks upon one letter than any language has; to sort them takes quadratic time (UAX #15, 13)."""
    run = 0
    for letter in name:
        run = run + 1 if unicodedata.combining(letter) else 0
        if run > _MARKS:
            return True
    return False


def is_safe(name: str) -> bool:
    """Whether a name stays below the folder that it is unpacked in."""
    return not name.startswith("/") and "\0" not in name and ".." not in name.split("/")
