"""SCIM 2.0 provisioning bridge for security consoles that have no SCIM of their own."""
