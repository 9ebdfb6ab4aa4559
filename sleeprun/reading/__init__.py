"""Runs that are there, read back: as arrays and tables, beside each other, analysed, reported."""
