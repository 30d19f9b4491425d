"""The SCIM language (RFC 7643, RFC 7644): true for any server, unaware of HTTP and vendors."""
