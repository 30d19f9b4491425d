"""The SCIM language (RFC 7643, RFC 7644): true for any SCIM server, unaware of any vendor or of HTTP."""
