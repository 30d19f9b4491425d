"""What the bridge asks of a vendor (interface) and one folder for each vendor."""
