"""Pages."""

from flask import Blueprint

bp = Blueprint("safety", __name__)
