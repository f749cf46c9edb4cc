"""Who takes part: people and stories restricted by their traits."""

from anthology.config.types import Names
from anthology.records import Record


class Filter(Record):
    """Who may take part, by traits; the options are those of `config/traits.yaml`."""

    include: dict[str, Names] = {}
    """For each trait, the accepted options. Respondents without an answer are left out."""
    exclude: dict[str, Names] = {}
    """For each trait the options of which none may hold."""

    @property
    def named(self) -> dict[str, list[str]]:
        """The options that are named for each trait, wherever."""
        both = [*self.include.items(), *self.exclude.items()]
        return {
            trait: [*self.include.get(trait, ()), *self.exclude.get(trait, ())] for trait, _ in both
        }
