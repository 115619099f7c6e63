"""Pages."""

from flask import Blueprint

bp = Blueprint("treatment", __name__)
