"""kap as gunicorn serves it, at an hour that stands in a file: the days of a test go by for all of its workers."""

import os
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

from kap.core import clock
from wsgi import app as kap

HOUR = Path(os.environ["KAP_TEST_HOUR"])


def app(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """Answer as at that hour."""
    with clock.at(datetime.fromisoformat(HOUR.read_text())):
        return kap.wsgi_app(environ, start_response)
