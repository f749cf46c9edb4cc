"""What can go wrong, said so that the reader can mend it."""


class AnthologyError(Exception):
    """A mistake that its reader can mend: what happened, where, and what to do.

    Parameters
    ----------
    what
        What is wrong, in one sentence, naming the offending value.
    where
        The file, row or key it is wrong in.
    hint
        What to do about it.
    """

    def __init__(self, what: str, *, where: str = "", hint: str = "") -> None:
        self.what, self.where, self.hint = what, where, hint
        super().__init__(what, where, hint)

    def __str__(self) -> str:
        text = f"{self.where}: {self.what}" if self.where else self.what
        return f"{text}\n  {self.hint}" if self.hint else text


class ConfigurationError(AnthologyError):
    """The experiment, or a file it names, does not say what it must."""


class DataError(AnthologyError):
    """A survey file, a story file or an artifact does not hold what it must."""


class ModelError(AnthologyError):
    """A language model could not be asked, or answered in no usable way."""


class RefusedError(ModelError):
    """A request that a model does not take, such as one that is too long for it."""


class EndpointError(ModelError):
    """A model cannot be asked at all, so that there is no use in asking it anything else."""


class TransientError(ModelError):
    """A request failed in a way that may pass.

    Parameters
    ----------
    overloaded
        Whether the server only has too much to do, which is no fault of the request.
    retry_after
        How many seconds the server asks to wait; None where it does not say.
    """

    def __init__(
        self,
        what: str,
        *,
        overloaded: bool = False,
        retry_after: float | None = None,
        where: str = "",
        hint: str = "",
    ) -> None:
        super().__init__(what, where=where, hint=hint)
        self.overloaded, self.retry_after = overloaded, retry_after
