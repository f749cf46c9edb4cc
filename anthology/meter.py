"""What asking models has taken so far."""

from dataclasses import dataclass


@dataclass(slots=True)
class Meter:
    """Counts over all models of a stage; whoever sends or finds an answer adds to it.

    Parameters
    ----------
    requests
        Requests that a model answered; one for probabilities may take several messages.
    hits
        Requests that the journal answered.
    retries
        Requests that were sent once more.
    prompt_tokens, completion_tokens
        Tokens that servers read and wrote.
    dollars
        What they cost by the models' prices.
    """

    requests: int = 0
    hits: int = 0
    retries: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    dollars: float = 0.0

    def told(self, seconds: float) -> str:
        """Say what was counted in so many seconds; nothing where nothing was."""
        tokens = self.prompt_tokens + self.completion_tokens
        pace = max(seconds, 1e-9)
        counts = [
            f"{self.requests / pace:,.0f} requests/s" if self.requests else "",
            f"{tokens / pace:,.0f} tokens/s" if tokens else "",
            f"{self.hits:,} from the journal" if self.hits else "",
            f"{self.retries:,} sent again" if self.retries else "",
            f"${self.dollars:,.2f}" if self.dollars else "",
        ]
        return ", ".join(filter(None, counts))

    def summary(self) -> str:
        """Say what everything took."""
        share = self.hits / max(1, self.hits + self.requests)
        return (
            f"{self.requests:,} requests answered by models, {self.retries:,} sent again, "
            f"{self.hits:,} from the journal ({share:.0%}); {self.prompt_tokens:,} tokens read, "
            f"{self.completion_tokens:,} written" + (f", ${self.dollars:,.2f}" * bool(self.dollars))
        )
