"""Text in CSV files, which people open with spreadsheets."""

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What text begins with that a spreadsheet takes for a formula."""


def harmless(text: str) -> str:
    """Text that a spreadsheet would run has an apostrophe before it, which makes it text there."""
    return f"'{text}" if text.startswith(FORMULA) else text
