"""Black-box conformance runner for SCIM 2.0: ``python -m conformance URL --token T``.

It knows a server only by its URL, imports nothing of the product it sits beside, and leaves
nothing behind on the server. What it sends is data (``transcripts/``, ``rfc/``); see ``README.md``.
"""
