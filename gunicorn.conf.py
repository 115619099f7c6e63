"""How gunicorn serves kap (`gunicorn wsgi:app`): one machine, one clinic, loaded once, then forked."""

import gc
import os
from pathlib import Path
from typing import Any

bind = f"127.0.0.1:{os.environ.get('KAP_PORT', '8000')}"
preload_app = True
workers = 2
# Threads, because a browser opens connections ahead of need: a sync worker would wait on an empty one.
worker_class = "gthread"
threads = 4
timeout = 60
graceful_timeout = 30
keepalive = 5

# The workers' heartbeat files, in memory: on a slow disk a worker would be taken for dead.
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108

limit_request_line = 2048
limit_request_fields = 60

# Whom to believe about the client's address is decided once, by the application (KAP_PROXIES).
forwarded_allow_ips = ""
secure_scheme_headers: dict[str, str] = {}

# Addresses carry single-use links and the keys of patients; the audit log says who read what.
accesslog = None
errorlog = "-"

control_socket_disable = True


def when_ready(server: Any) -> None:
    """Keep what was loaded out of the collector's sight, so that the workers go on sharing its memory."""
    gc.collect()
    gc.freeze()


def post_fork(server: Any, worker: Any) -> None:
    """Forget connections opened before the fork: two processes must not talk on one."""
    from kap.core.db import db
    from wsgi import app

    with app.app_context():
        db.engine.dispose(close=False)
