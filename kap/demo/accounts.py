"""The accounts of the demo: passwords that are new in every instance, kept in a file of its folder."""

import json
import os
import secrets
from collections.abc import Iterable
from pathlib import Path
from typing import TypedDict

from kap.demo.stories import Person

FILE = "demo-accounts.json"
CONSONANTS, VOWELS = "bdfghjklmnprstvz", "aiou"
WORDS = 4


class Account(TypedDict):
    """How to sign in as one of the demo's people; `role` is that of the first in it, `role-2` of the second."""

    role: str
    email: str
    password: str


def new_accounts(people: Iterable[Person]) -> list[Account]:
    """Accounts with new passwords."""
    return [Account(role=person.key, email=person.email, password=new_password()) for person in people]


def new_password() -> str:
    """Four words of 16 random bits each that can be said aloud (Wilkerson 2009, arXiv:0901.4016)."""
    shape = (CONSONANTS, VOWELS, CONSONANTS, VOWELS, CONSONANTS)
    return "-".join("".join(secrets.choice(letters) for letters in shape) for _ in range(WORDS))


def keep_accounts(accounts: list[Account], instance: Path) -> None:
    """Write the accounts (0600) into the instance folder, in place of older ones."""
    path = instance / FILE
    path.unlink(missing_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        json.dump(accounts, file, indent=1)


def kept_accounts(instance: Path) -> list[Account]:
    """The accounts of this instance; FileNotFoundError where it has none."""
    accounts: list[Account] = json.loads((instance / FILE).read_text())
    return accounts
