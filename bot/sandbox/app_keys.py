"""Which keys an App's tokens are checked with: its first one, and those that were added."""

import hashlib
from base64 import b64encode

from cryptography.hazmat.primitives import serialization

from bot.sandbox.auth import APP_KEYS
from bot.sandbox.state import State


def load_keys(state: State) -> dict[str, str]:
    """Public keys (PEM) by fingerprint, oldest first."""
    first = [app.public_key for app in state.apps.select() if app.public_key]
    return {build_fingerprint(pem): pem for pem in (*first, *(state.load_fact(APP_KEYS) or ()))}


def add_key(state: State, public_key: str) -> str:
    """Its fingerprint."""
    with state.transaction():
        state.save_fact(APP_KEYS, [*(state.load_fact(APP_KEYS) or ()), public_key])
    return build_fingerprint(public_key)


def remove_key(state: State, fingerprint: str) -> bool:
    """False when there is none of this fingerprint."""
    with state.transaction():
        pem = load_keys(state).get(fingerprint)
        for app in state.apps.select():
            if app.public_key == pem:
                state.apps.update(app.id, public_key="")
        state.save_fact(APP_KEYS, [other for other in state.load_fact(APP_KEYS) or () if other != pem])
    return pem is not None


def build_fingerprint(public_key: str) -> str:
    """As GitHub shows it: the SHA-256 of the key's DER, in base64."""
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    key = serialization.load_pem_public_key(public_key.encode())
    der = key.public_bytes(serialization.Encoding.DER, form)
    return f"SHA256:{b64encode(hashlib.sha256(der).digest()).decode()}"
