"""The run as a person reads it: Markdown and self-contained HTML, and JSON for machines."""
