"""What happens within a dosing session: prepared, given, watched, discharged."""
