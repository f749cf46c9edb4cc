"""The address file: where the job of a model server writes its address and what it serves."""

import os
import socket
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError

from anthology.config.model import Endpoint
from anthology.config.model_identity import ModelIdentity
from anthology.errors import EndpointError, TransientError
from anthology.records import Record

_LOOPBACK = ("http://127.0.0.1:", "http://localhost:")


class Address(Record):
    """A server's address, and what it serves."""

    address: str
    """Up to and including `/v1`."""
    key: str | None = Field(default=None, repr=False)
    """The key that it wants; null where that is in the environment, or it wants none."""
    model: str
    """What it calls the model."""
    revision: str | None = None
    """The version of the weights that it was started with."""
    engine: dict[str, Any] = {}
    """The engine options that it was started with and that may change answers."""
    job: str | None = None
    """The number of the cluster's job that it belongs to."""
    host: str
    """The machine that it runs on."""
    process: int
    """The process that started it, on that machine."""
    started: str
    """Since when it has been ready."""

    @property
    def owner(self) -> str:
        """The job or process that wrote the file, as messages name it."""
        which = f"process {self.process}" if self.job is None else f"job {self.job}"
        return f"{which} on {self.host}, since {self.started}"


def read_address(path: Path) -> Address | None:
    """Read an address file; None where there is none.

    Raises
    ------
    EndpointError
        If the file cannot be read, or holds something else.
    """
    try:
        return Address.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except OSError as error:
        raise EndpointError(
            f"cannot be read: {error.strerror}",
            where=str(path),
            hint="Only the user who started the server may read it, since it holds the key too.",
        ) from None
    except ValidationError:
        raise EndpointError(
            "does not hold the address of a server",
            where=str(path),
            hint="Remove it; `anthology models serve` writes such a file.",
        ) from None


def write_address(path: Path, address: Address) -> None:
    """Write an address file atomically, readable by this user alone."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{address.host}.{address.process}")
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(address.model_dump_json(indent=2) + "\n")
    part.replace(path)


def remove_address(path: Path, address: Address) -> None:
    """Remove an address file, unless another server has written it since."""
    try:
        if read_address(path) == address:
            path.unlink(missing_ok=True)
    except EndpointError:
        return  # It is another's, whatever it holds.


def find_address(identity: ModelIdentity, endpoint: Endpoint) -> Address | None:
    """Return the address that a model's file names, checked; None where it names no address file.

    Raises
    ------
    TransientError
        If there is no address file yet, and the model's file has no other address.
    EndpointError
        If the file cannot be read, or the server serves something else.
    """
    if endpoint.address_file is None:
        return None
    where = f"model {identity.name}"
    found = read_address(Path(endpoint.address_file))
    if found is not None:
        if found.address.startswith(_LOOPBACK) and found.host != socket.gethostname():
            raise EndpointError(
                f"the server of {found.owner} accepts no connections from other machines",
                where=f"{where}, {endpoint.address_file}",
                hint=f"End it, and start it with --host {found.host}, or as a job: "
                f"`sbatch profiles/slurm/server.sbatch {identity.name}`.",
            )
        what = _difference(found, identity)
        if what is not None:
            raise EndpointError(
                f"the server of {found.owner} {what}",
                where=f"{where}, {endpoint.address_file}",
                hint=f"End it, and start the right one. {how_to_start(identity.name)}",
            )
    elif endpoint.base_url is None:
        raise TransientError(
            f"no server has written its address into {endpoint.address_file}",
            overloaded=True,
            where=where,
            hint="The stage waits while the server's job is queued (check with `squeue`). "
            f"{how_to_start(identity.name)}",
        )
    return found


def how_to_start(model: str) -> str:
    """Return a hint on how to start a server that writes its address."""
    return (
        f"`anthology models serve {model}` starts one here, `sbatch profiles/slurm/server.sbatch "
        f"{model}` on a cluster."
    )


def _difference(found: Address, wanted: ModelIdentity) -> str | None:
    """Return how a server differs from the model's file; None where it does not."""
    if wanted.model is not None and found.model != wanted.model:
        return f"serves {found.model!r}, but the model's file says {wanted.model!r}"
    if found.revision != wanted.revision:
        return f"serves revision {found.revision}, but the model's file says {wanted.revision}"
    for name in sorted({**found.engine, **wanted.engine}):
        has, should = found.engine.get(name), wanted.engine.get(name)
        if has != should:
            return f"was started with {name}: {has}, but `engine` in the model's file says {should}"
    return None
