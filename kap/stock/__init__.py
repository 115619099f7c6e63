"""The drug log: what of which lot is where, and where it went."""
