"""Columns that hold text which a copy of the database must not give away.

Each value is AES-256-GCM, bound to its table, column and row: moved to another row it does not open.
Form: 0x01 | key id (1 byte) | nonce (12 bytes) | ciphertext and tag. The keys lie outside the database.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, overload
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from flask import current_app

_FORMAT = 1


@dataclass(frozen=True)
class KeyRing:
    """Keys of 32 bytes by their number (1 to 255); the active one seals, all of them open."""

    active: int
    keys: Mapping[int, bytes]

    def seal(self, text: str, bound_to: bytes) -> bytes:
        """The sealed bytes of `text`."""
        nonce = os.urandom(12)
        sealed = AESGCM(self.keys[self.active]).encrypt(nonce, text.encode(), bound_to)
        return bytes((_FORMAT, self.active)) + nonce + sealed

    def unseal(self, sealed: bytes, bound_to: bytes) -> str:
        """The text again; cryptography's InvalidTag where it was altered or belongs to another row."""
        if sealed[0] != _FORMAT:
            raise ValueError("Not a sealed value of a form that is known here.")
        return AESGCM(self.keys[sealed[1]]).decrypt(sealed[2:14], sealed[14:], bound_to).decode()


class Sealed:
    """Reads and writes a bytes column as text: `narrative = Sealed("narrative_sealed")`; empty text is no value."""

    def __init__(self, column: str) -> None:
        self.column = column

    def opened(self, table: str, id: UUID, sealed: bytes | None) -> str:
        """The text of a value that was read by column, without its row."""
        return ring().unseal(sealed, _bound_to(table, self.column, id)) if sealed else ""

    def closed(self, table: str, id: UUID, text: str) -> bytes | None:
        """The value of `text`, to be written by column, without its row."""
        return ring().seal(text, _bound_to(table, self.column, id)) if text else None

    @overload
    def __get__(self, row: None, owner: type[Any]) -> "Sealed": ...
    @overload
    def __get__(self, row: Any, owner: type[Any]) -> str: ...
    def __get__(self, row: Any, owner: type[Any]) -> "Sealed | str":
        if row is None:
            return self
        return self.opened(row.__tablename__, row.id, getattr(row, self.column))

    def __set__(self, row: Any, text: str | None) -> None:
        if (text or "") != self.__get__(row, type(row)):
            setattr(row, self.column, self.closed(row.__tablename__, row.id, text or ""))


def _bound_to(table: str, column: str, id: UUID) -> bytes:
    return f"{table}:{column}:".encode() + id.bytes


def ring() -> KeyRing:
    """The key ring of this installation."""
    found: KeyRing = current_app.extensions["kap_keys"].ring
    return found
