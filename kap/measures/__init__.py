"""Questionnaires: what they ask, how they are scored, and what patients answered."""
