"""The forms of courses, sessions and protocols."""
