"""The nearest right spelling of a wrong name."""

from collections.abc import Iterable
from difflib import get_close_matches

_LISTED = 30


def suggest(wrong: object, known: Iterable[object]) -> str:
    """Say what was probably meant and what is known, as one sentence.

    Returns
    -------
    str
        ``did you mean "count"? Known: count, model.`` or only the second half
        where nothing is near.
    """
    names = [str(name) for name in known]
    lower = {name.lower(): name for name in names}
    near = get_close_matches(str(wrong).lower(), lower, n=1, cutoff=0.6)
    guess = f'did you mean "{lower[near[0]]}"? ' if near else ""
    more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return f"{guess}Known: {', '.join(names[:_LISTED]) or 'nothing'}{more}."
