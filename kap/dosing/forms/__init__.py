"""The forms of a dosing session."""
