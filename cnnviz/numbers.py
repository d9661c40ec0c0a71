"""Numbers as they stand on screen: one format for each kind, on every page and in the core's own sentences.

percent(0.973)             97.3%
probability(0.9997)        over 99.9%, since no network can know
number(-0.5, "+.2f")       −0.50, with a true minus sign
duration(500)              8 min

Counts have Python's own format: f"{count:,}".
"""

import re
from typing import SupportsFloat


def percent(share: SupportsFloat, digits: int = 1) -> str:
    """A share of 1 as a percentage with so many decimals."""
    return number(share, f".{digits}%")


def probability(value: float) -> str:
    """A percentage with one decimal that is never 100%, which no network can know, nor 0% unless it is.

    No sign stands before the number: Markdown makes a quotation of a line that begins with ">".
    The same function in the browser is in ui/components/shared/numbers.js.
    """
    if value >= 0.9995:
        return "over 99.9%"
    return "under 0.1%" if 0 < value < 0.0005 else percent(value)


def number(value: SupportsFloat, form: str = ".3g") -> str:
    """In a format specification of Python, with a true minus sign (U+2212), which a rounded zero has not."""
    text = f"{float(value):{form}}"
    return text.replace("-", "−" if re.search("[1-9]", text) else "")


def duration(seconds: float) -> str:
    """40 s, 8 min, 1 h 5 min."""
    if seconds < 90:
        return f"{max(seconds, 0):.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
