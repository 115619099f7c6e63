"""What was read and written, by whom: in the same transaction as the change, or before the page is sent."""
