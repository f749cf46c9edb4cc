"""HTTP errors: whether to retry, to give up the server, or to give up this request alone."""

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import orjson

from anthology.errors import EndpointError, ModelError, RefusedError, TransientError

_OVERLOADED = (429, 503, 529)
_TEMPORARY = (408, 409, 425)
_UNPAID = ("insufficient_quota", "billing_hard_limit_reached", "billing_not_active")
_KEY = "Check the key in the environment variable that the model's file names in `key_env`."


def error_from_response(
    status: int, payload: Any, headers: Mapping[str, str], now: datetime | None = None
) -> ModelError:
    """Return the error for a reply with an HTTP status that is no success.

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
            f"the account has no credit left ({status}): {said}",
            hint="Add credit, then run again; all answers so far are in the journal.",
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
    if status in _OVERLOADED or status in _TEMPORARY or status >= 500:
        return TransientError(
            f"the server answered with {status}: {said}",
            overloaded=status in _OVERLOADED,
            retry_after=_wait(headers, now or datetime.now(UTC)),
        )
    return RefusedError(f"the server refused the request ({status}): {said}")


def error_in_reply(error: Any) -> ModelError:
    """Return the error that a reply contains although its status is a success."""
    codes = _codes({"error": error})
    status = next((int(code) for code in codes if code.isdecimal() and 400 <= int(code) < 600), 500)
    return error_from_response(status, {"error": error}, {})


def parse_json(raw: bytes) -> Any:
    """Parse JSON; return anything else as text."""
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError:
        return raw.decode(errors="replace")


def error_message(payload: Any) -> str:
    """Return the server's own error message, in one line."""
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
    """Return the seconds that the Retry-After header asks to wait; None without a readable one."""
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
