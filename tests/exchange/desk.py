"""The command line, with a file to import at hand."""

from dataclasses import dataclass
from pathlib import Path

from click.testing import Result
from flask import Flask
from sqlalchemy import func, select

from kap.core.db import Model, db

SCORES = "patient,measure,taken_on,score"
SESSIONS = "patient,kind,started_at,route,dose_mg"


@dataclass
class Desk:
    """Where an operator sits."""

    app: Flask
    folder: Path

    def run(self, *arguments: str) -> Result:
        """What the command says and answers."""
        return self.app.test_cli_runner().invoke(args=list(arguments))

    def import_scores(self, *lines: str, heading: str = SCORES, options: tuple[str, ...] = ()) -> Result:
        """The import of a file with these scores."""
        return self.import_text("import-scores", "\n".join((heading, *lines)), options)

    def import_sessions(self, *lines: str, heading: str = SESSIONS, options: tuple[str, ...] = ()) -> Result:
        """The import of a file with these sessions."""
        return self.import_text("import-sessions", "\n".join((heading, *lines)), options)

    def import_text(self, command: str, text: str | bytes, options: tuple[str, ...] = ()) -> Result:
        """The import of a file that holds just this."""
        file = self.folder / "file.csv"
        file.write_bytes(text.encode() if isinstance(text, str) else text)
        return self.run(command, str(file), *options)

    def count(self, kind: type[Model]) -> int:
        """How many rows of a kind there are."""
        with self.app.app_context():
            return db.session.scalar(select(func.count()).select_from(kind)) or 0
