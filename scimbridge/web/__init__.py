"""HTTP: routes, headers, status codes, authentication. Nothing here knows a vendor."""
