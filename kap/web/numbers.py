"""Fields for numbers as people write them."""

import re
from decimal import Decimal
from typing import Any

from wtforms import Field
from wtforms.validators import InputRequired, Optional
from wtforms.widgets import TextInput

from kap.web.filters import number


class _Typed(Field):
    """A number as a line of text: what is not one stays on the page to be put right."""

    widget = TextInput()
    mode = "numeric"

    def __init__(self, label: str, *, required: str = "", **kwargs: Any) -> None:
        """`required`: what is said where it is left empty."""
        demand = InputRequired(required) if required else Optional()
        kwargs["render_kw"] = {"inputmode": self.mode, "autocomplete": "off", **kwargs.pop("render_kw", {})}
        super().__init__(label, [demand, *kwargs.pop("also", [])], **kwargs)

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "" if self.data is None else number(Decimal(self.data))


class Whole(_Typed):
    """A whole number."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        self.data = None
        text = valuelist[0].strip() if valuelist else ""
        if text and not re.fullmatch(r"[0-9]{1,6}", text):
            raise ValueError("Please give a whole number.")
        self.data = int(text) if text else None


class Amount(_Typed):
    """A number with up to two decimals, after a point or a comma."""

    mode = "decimal"

    def process_formdata(self, valuelist: list[Any]) -> None:
        self.data = None
        text = valuelist[0].strip() if valuelist else ""
        if not text:
            return
        if re.fullmatch(r"[0-9]+,[0-9]{3}", text):
            raise ValueError("Is the comma a decimal point? Please write the number without it, or with a point.")
        if not re.fullmatch(r"[0-9]{1,6}([.,][0-9]{1,2})?", text):
            raise ValueError("Please give a number with at most two decimals, such as 35 or 35.5.")
        self.data = Decimal(text.replace(",", "."))
