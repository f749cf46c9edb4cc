"""Texts kept once, however often they are shown."""

from collections.abc import Sequence


class TextTable:
    """Texts, each known by its place in the order in which they first came."""

    def __init__(self) -> None:
        self._places: dict[str, int] = {}
        self._texts: list[str] = []

    def place(self, text: str) -> int:
        """Return the place of a text, which is new or known."""
        place = self._places.setdefault(text, len(self._texts))
        if place == len(self._texts):
            self._texts.append(text)
        return place

    def text(self, place: int) -> str:
        """Return the text at a place."""
        return self._texts[place]

    def pieces(self, text: str, wholes: Sequence[str] = ()) -> list[int]:
        """Return the places of pieces that make a text when they are put together.

        A text is cut after each blank line, since that is where prompts that have much in
        common differ.

        Parameters
        ----------
        text
            The text.
        wholes
            Passages that are one piece each, wherever the text holds them, in their order.
        """
        found: list[int] = []
        for whole in wholes:
            before, here, after = text.partition(whole) if whole else (text, "", "")
            if here:
                found += [*map(self.place, _paragraphs(before)), self.place(whole)]
                text = after
        return [*found, *map(self.place, _paragraphs(text))]

    def all(self) -> list[str]:
        """Return all texts in the order of their places."""
        return list(self._texts)


def _paragraphs(text: str) -> list[str]:
    *most, last = text.split("\n\n")
    return [f"{part}\n\n" for part in most] + ([last] if last else [])
