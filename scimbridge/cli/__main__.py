"""``python -m scimbridge.cli``: the same as the console script."""

from __future__ import annotations

from scimbridge.cli import main

main()
