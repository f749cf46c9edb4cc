"""What a server's refusals mean."""

from datetime import UTC, datetime
from typing import Any

import pytest

from anthology.errors import EndpointError, ModelError, RefusedError, TransientError
from anthology.providers.http.errors import error_from_response, error_in_reply, error_message

NOW = datetime(2025, 1, 1, 12, 0, 0, tzinfo=UTC)


def refused(status: int, headers: dict[str, str] | None = None, **error: Any) -> ModelError:
    return error_from_response(status, {"error": {"message": "no", **error}}, headers or {}, NOW)


@pytest.mark.parametrize("status", [408, 409, 425, 500, 502, 504])
def test_server_errors_are_transient(status: int) -> None:
    error = refused(status)
    assert isinstance(error, TransientError)
    assert not error.overloaded


@pytest.mark.parametrize("status", [429, 503, 529])
def test_overload_is_no_failure_of_the_request(status: int) -> None:
    error = refused(status)
    assert isinstance(error, TransientError)
    assert error.overloaded


@pytest.mark.parametrize("status", [302, 401, 402, 403, 404, 405])
def test_a_wrong_key_or_address_makes_the_endpoint_useless(status: int) -> None:
    assert isinstance(refused(status), EndpointError)


@pytest.mark.parametrize("status", [400, 413, 422])
def test_other_refusals_concern_one_request(status: int) -> None:
    assert type(refused(status)) is RefusedError


@pytest.mark.parametrize("where", ["code", "type"])
def test_an_account_without_credit_is_not_retried(where: str) -> None:
    error: dict[str, Any] = {where: "insufficient_quota"}
    assert isinstance(refused(429, **error), EndpointError)


def test_a_missing_chat_template_ends_the_stage() -> None:
    error = refused(400, message="default chat template is no longer allowed")
    assert isinstance(error, EndpointError)
    assert "api: completions" in error.hint


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after": "Wed, 01 Jan 2025 12:00:30 GMT"}, 30),
        ({"retry-after": "Wed, 01 Jan 2025 11:00:00 GMT"}, 0),
        ({"retry-after": "7", "retry-after-ms": "250"}, 0.25),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-3"}, None),
        ({"retry-after": "inf"}, None),
        ({}, None),
    ],
)
def test_a_server_may_say_how_long_to_wait(headers: dict[str, str], seconds: float | None) -> None:
    error = refused(429, headers)
    assert isinstance(error, TransientError)
    assert error.retry_after == seconds


@pytest.mark.parametrize(
    "payload",
    [
        {"error": {"message": "too long"}},
        {"error": "too long"},
        {"message": "too long"},
        {"detail": "too long"},
        "too \n long",
    ],
)
def test_a_message_is_found_wherever_servers_put_it(payload: Any) -> None:
    assert error_message(payload) == "too long"


def test_an_html_page_is_not_quoted() -> None:
    assert error_message("<!doctype html><title>502") == "an HTML page"


def test_a_missing_error_message_is_named_as_missing() -> None:
    assert "no reason given" in error_from_response(500, "", {}).what


def test_what_a_server_says_of_a_wrong_key_is_not_repeated() -> None:
    error = refused(401, message="Incorrect key: sk-ab***yz")
    assert "sk-" not in str(error)


def test_an_error_in_a_reply_that_claims_success_may_pass() -> None:
    assert isinstance(error_in_reply({"message": "overloaded"}), TransientError)


def test_an_error_in_a_reply_counts_by_its_code() -> None:
    assert type(error_in_reply({"message": "too long", "code": 400})) is RefusedError
