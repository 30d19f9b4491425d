"""The operator's pages: rendered here, readable without JavaScript, nothing from elsewhere."""
