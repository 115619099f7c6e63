"""The WSGI application: `gunicorn wsgi:app`; the `flask` command finds it by itself."""

from kap.app import create_app

app = create_app()
