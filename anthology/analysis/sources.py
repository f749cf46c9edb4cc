"""Whether answers or people are simulated, from the sources that artifacts name."""

SIMULATED = "simulated"


def mark_simulated(*sources: str) -> str:
    """Return `yes` where any of some sources is simulated, and `no` where none is.

    A source may name several, as in `llama + simulated`.
    """
    return "yes" if any(SIMULATED in source.split(" + ") for source in sources) else "no"
