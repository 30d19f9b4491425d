"""The benchmark: ``make bench``. What it measures and how: docs/performance.md."""
