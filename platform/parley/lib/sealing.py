"""Secrets that must be known again, encrypted at rest: AES-256-GCM with keys that are not in the database.

Envelope: each text has a key of its own, and only that key is encrypted with the master key, so a
new master key means wrapping small keys anew. A sealed text belongs to its `place` (the row it
stands in): copied into another row it does not open.

Form: "s1.<id of the master key>.<wrapped key>.<text>", each of the last two as base64url(nonce + ciphertext).
"""

from __future__ import annotations

import hashlib
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from inference.errors import ParleyError

FORM: Final = "s1"
NONCE: Final = 12
SHORTEST_KEY: Final = 32


class Unsealable(ParleyError):
    """The text is damaged, stands in another place, or its master key is not among the configured ones."""

    code = "secret_unreadable"
    permanent = True


class Sealer:
    """Seals with the first of `words` (long random texts), opens with any of them."""

    def __init__(self, words: Sequence[str]) -> None:
        if not words or any(len(word) < SHORTEST_KEY for word in words):
            raise ValueError(f"Every sealing key needs {SHORTEST_KEY} characters or more.")
        self._masters = {}
        for word in words:
            master = _derived(word)
            self._masters[hashlib.sha256(master).hexdigest()[:12]] = AESGCM(master)
        self._current = next(iter(self._masters))

    @property
    def ids(self) -> tuple[str, ...]:
        """Of the keys it has, none of which can be told from them."""
        return tuple(self._masters)

    def seal(self, text: str, place: str) -> str:
        key = AESGCM.generate_key(256)
        wrapped = _encrypted(self._masters[self._current], key, place)
        return ".".join((FORM, self._current, wrapped, _encrypted(AESGCM(key), text.encode(), place)))

    def unseal(self, sealed: str, place: str) -> str:
        """Raises Unsealable."""
        master, wrapped, text = self._parts(sealed)
        try:
            key = _decrypted(self._masters[master], wrapped, place)
            return _decrypted(AESGCM(key), text, place).decode()
        except (KeyError, InvalidTag, ValueError) as error:
            raise _unsealable() from error

    def is_current(self, sealed: str) -> bool:
        """Whether it is sealed with the first key."""
        return sealed.startswith(f"{FORM}.{self._current}.")

    def reseal(self, sealed: str, place: str) -> str:
        """The same secret under the first key; its text is not decrypted for it. Raises Unsealable."""
        master, wrapped, text = self._parts(sealed)
        try:
            key = _decrypted(self._masters[master], wrapped, place)
        except (KeyError, InvalidTag, ValueError) as error:
            raise _unsealable() from error
        return ".".join((FORM, self._current, _encrypted(self._masters[self._current], key, place), text))

    def _parts(self, sealed: str) -> tuple[str, str, str]:
        parts = sealed.split(".")
        if len(parts) != 4 or parts[0] != FORM:
            raise _unsealable()
        return parts[1], parts[2], parts[3]


def sealer() -> Sealer:
    """With the keys of this installation."""
    return Sealer(settings.PARLEY_SEALING_KEYS)


def _derived(word: str) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=b"parley sealing key").derive(word.encode())


def _encrypted(cipher: AESGCM, data: bytes, place: str) -> str:
    nonce = secrets.token_bytes(NONCE)
    return urlsafe_b64encode(nonce + cipher.encrypt(nonce, data, place.encode())).decode()


def _decrypted(cipher: AESGCM, text: str, place: str) -> bytes:
    raw = urlsafe_b64decode(text)
    return cipher.decrypt(raw[:NONCE], raw[NONCE:], place.encode())


def _unsealable() -> Unsealable:
    return Unsealable("This secret cannot be read with the sealing keys of this server. Enter it again.")
