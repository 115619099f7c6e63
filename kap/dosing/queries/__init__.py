"""What is asked of the record of a dosing session."""
