"""What the rules of the world say no to, in words for the person who asked."""


class Refused(Exception):
    """An act that the rules do not allow: `Refused("A course that has ended takes no new session.")`."""

    def __init__(self, sentence: str, *, field: str | None = None) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.field = field


class Stale(Exception):
    """What was about to be changed has been changed by somebody else since it was read."""

    def __init__(self, current: object) -> None:
        super().__init__("The record was changed in the meantime.")
        self.current = current
