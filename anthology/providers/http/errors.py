"""What a server's refusal means: whether to try again, to give up, or to leave this request."""

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import orjson

from anthology.errors import EndpointError, ModelError, RefusedError, TransientError

_CROWDED = (429, 503, 529)
_MAY_PASS = (408, 409, 425)
_UNPAID = ("insufficient_quota", "billing_hard_limit_reached", "billing_not_active")
_KEY = "Check the key in the environment variable that the model's file names in `key_env`."


def error_from_response(
    status: int, payload: Any, headers: Mapping[str, str], now: datetime | None = None
) -> ModelError:
    """Return the error that a server's refusal is.

    Parameters
    ----------
    status
        The status of the reply.
    payload
        Its body: parsed JSON, or text where it is none.
    headers
        Its headers, which may say how long to wait.
    now
        The time, for servers that name a date; by default this moment.
    """
    said, code = error_message(payload), _codes(payload)
    if status == 401:
        # A server may quote part of the key, so what it says is left out.
        return EndpointError("the server does not accept the key (401)", hint=_KEY)
    if status == 403:
        return EndpointError(
            f"the server does not allow this with this key (403): {said}", hint=_KEY
        )
    if status == 402 or (status == 429 and code & set(_UNPAID)):
        return EndpointError(
            f"the account has no money left ({status}): {said}",
            hint="Add credit, then run again; what was answered is kept.",
        )
    if status in (404, 405) or status < 400:
        return EndpointError(
            f"there is nothing at this address for such a model ({status}): {said}",
            hint="Check `base_url` (up to and including /v1), `model` and `api` in the model's "
            "file.",
        )
    if "chat template" in said:
        return EndpointError(
            f"the model cannot be asked in a chat ({status}): {said}",
            hint="Set `api: completions`, or use the model's instruct version.",
        )
    if status in _CROWDED or status in _MAY_PASS or status >= 500:
        return TransientError(
            f"the server answered with {status}: {said}",
            crowded=status in _CROWDED,
            retry_after=_wait(headers, now or datetime.now(UTC)),
        )
    return RefusedError(f"the server refused the request ({status}): {said}")


def error_in_reply(error: Any) -> ModelError:
    """Return the error that stands in a reply which claims to be a success."""
    codes = _codes({"error": error})
    status = next((int(code) for code in codes if code.isdecimal() and 400 <= int(code) < 600), 500)
    return error_from_response(status, {"error": error}, {})


def parse_json(raw: bytes) -> Any:
    """Return JSON as what it stands for, and anything else as text."""
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError:
        return raw.decode(errors="replace")


def error_message(payload: Any) -> str:
    """Return what a server says went wrong, in one line."""
    for key in ("error", "message", "detail"):
        if isinstance(payload, dict) and payload.get(key):
            payload = payload[key]
    text = " ".join(str(payload or "no reason given").split())
    if text.startswith("<"):
        return "an HTML page"
    return text


def _codes(payload: Any) -> set[str]:
    error = payload.get("error") if isinstance(payload, dict) else None
    if not isinstance(error, dict):
        return set()
    return {str(error[key]) for key in ("code", "type") if error.get(key) is not None}


def _wait(headers: Mapping[str, str], now: datetime) -> float | None:
    """Return how many seconds a server asks to wait; None where it does not say so readably."""
    milliseconds, after = _number(headers.get("retry-after-ms")), headers.get("retry-after")
    if milliseconds is not None:
        return milliseconds / 1000
    if after is None or _number(after) is not None:
        return _number(after)
    try:
        date = parsedate_to_datetime(after)
    except (ValueError, OverflowError):
        return None
    return max(0.0, (date.replace(tzinfo=date.tzinfo or UTC) - now).total_seconds())


def _number(text: str | None) -> float | None:
    try:
        number = float(text or "")
    except ValueError:
        return None
    return number if math.isfinite(number) and number >= 0 else None
