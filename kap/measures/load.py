"""The measure that an address names."""

from flask import abort

from kap.measures.instruments import Instrument, UnknownInstrument
from kap.measures.queries import catalogue


def load_instrument(instrument_id: str) -> Instrument:
    """The measure with this id; 404 where there is none."""
    try:
        return catalogue().get(instrument_id)
    except UnknownInstrument:
        abort(404)
