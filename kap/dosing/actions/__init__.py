"""What can be done to the record of a dosing session. It never refuses to record what really happened."""
