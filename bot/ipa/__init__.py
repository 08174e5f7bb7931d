"""What is inside an .ipa. No I/O: every function works over a file object that its caller opened.

`read_ipa` is the way in; `archive` finds and inflates the members, `bundles`, `macho`, `entitlements` and
`png` read what is in them, `declare` holds the clients' rules, `limits` every bound.
"""

from bot.ipa.limits import Limits
from bot.ipa.reader import hash_file, read_ipa

__all__ = ["Limits", "hash_file", "read_ipa"]
