"""What a dosing session asks for, and what about it is worth a second look; all of it pure."""
