"""A clinic in Berlin, its command line, and a measure that it declares."""

from pathlib import Path

import pytest
from flask import Flask

from kap.measures.instruments import Catalogue
from kap.people.actions import set_up_clinic
from tests.exchange.desk import Desk
from tests.measures.declared import BDI


@pytest.fixture
def desk(app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """The command line of an installation with one clinic, which has declared the measure bdi."""
    (tmp_path / "measures").mkdir()
    (tmp_path / "measures" / "bdi.toml").write_text(BDI)
    monkeypatch.setitem(app.extensions, "kap_catalogue", Catalogue.read(tmp_path))
    with app.app_context():
        set_up_clinic(name="Test clinic", zone="Europe/Berlin", country="DE")
    return Desk(app, tmp_path)
