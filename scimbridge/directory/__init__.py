"""The store of desired and observed state. All SQL lives here."""
