"""Checks of RFC 7643, 7644 and 9865: one file per family, as data where data can say it."""
