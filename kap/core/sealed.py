"""Columns that hold text which a copy of the database must not give away.

Each value is AES-256-GCM, bound to its table, column and row: moved to another row it does not open.
Form: 0x01 | number of the key (1 byte) | nonce (12 bytes) | ciphertext and tag. The keys lie outside the database.
"""

import os
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, overload
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from flask import current_app

_FORMAT = 1
MOST_KEYS = 255


class Ring(StrEnum):
    """The key rings, by the names under which they are kept: what one has sealed, no other opens."""

    RECORD = "sealed"
    PSYCHOTHERAPY = "psychotherapy"


@dataclass(frozen=True)
class KeyRing:
    """Keys of 32 bytes by their number (1 to 255); the active one seals, all of them open."""

    active: int
    keys: Mapping[int, bytes]

    @property
    def turned(self) -> "KeyRing":
        """The same with a new key, which is the active one from now on; StopIteration where no number is free."""
        return self.turned_past(())

    def turned_past(self, taken: Collection[int]) -> "KeyRing":
        """The same, and the number of the new key is none of `taken`: of a key that is lost it may seal something."""
        ahead = (*range(self.active + 1, MOST_KEYS + 1), *range(1, self.active))
        number = next(number for number in ahead if number not in self.keys and number not in taken)
        return KeyRing(number, {**self.keys, number: os.urandom(32)})

    def without(self, number: int) -> "KeyRing":
        """The same without one of its keys: what that has sealed can then be opened by nobody."""
        return KeyRing(self.active, {other: key for other, key in self.keys.items() if other != number})

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


class Rings:
    """The key rings of an installation as they stand in the file of its keys, also after somebody replaced that.

    What is sealed is sealed with the key that is active now, for one that was replaced may soon be dropped. To open a
    value the file is looked at only where the number of its key is not known yet.
    """

    def __init__(self, known: Mapping[Ring, KeyRing], file: Path, read: Callable[[], Mapping[Ring, KeyRing]]) -> None:
        self._known, self._file, self._read = known, file, read
        self._seen: object = None

    def seal(self, ring: Ring, text: str, bound_to: bytes) -> bytes:
        """The sealed bytes of `text`."""
        self._look()
        return self._known[ring].seal(text, bound_to)

    def unseal(self, ring: Ring, sealed: bytes, bound_to: bytes) -> str:
        """The text again; KeyError where its key is no longer there, InvalidTag where it was altered or moved."""
        if sealed[1] not in self._known[ring].keys:
            self._look()
        return self._known[ring].unseal(sealed, bound_to)

    def _look(self) -> None:
        stamp = self._stamp()
        if stamp not in (None, self._seen):
            self._known, self._seen = self._read(), stamp

    def _stamp(self) -> object:
        """What tells one file from another that took its place; None while there is none."""
        try:
            found = self._file.stat()
        except FileNotFoundError:
            return None
        return found.st_ino, found.st_mtime_ns


class Sealed:
    """Reads and writes a bytes column as text: `narrative = Sealed("narrative_sealed")`; empty text is no value."""

    def __init__(self, column: str, ring: Ring = Ring.RECORD) -> None:
        self.column, self.ring = column, ring

    def opened(self, table: str, id: UUID, sealed: bytes | None) -> str:
        """The text of a value that was read by column, without its row."""
        return rings().unseal(self.ring, sealed, _bound_to(table, self.column, id)) if sealed else ""

    def closed(self, table: str, id: UUID, text: str) -> bytes | None:
        """The value of `text`, to be written by column, without its row."""
        return rings().seal(self.ring, text, _bound_to(table, self.column, id)) if text else None

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


def rings() -> Rings:
    """The key rings of this installation."""
    found: Rings = current_app.extensions["kap_rings"]
    return found
