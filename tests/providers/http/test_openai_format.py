"""What is sent to a server that speaks OpenAI's language, and what its replies mean."""

import math
from typing import Any

import pytest

from anthology.config.model import Endpoint, Sampling
from anthology.config.model_identity import ModelIdentity
from anthology.errors import ConfigurationError, EndpointError, ModelError, TransientError
from anthology.models.base import Completion, Message, Reply, Request
from anthology.providers.http.label_tree import LabelTokens, Prefix, TokenLogprobs
from anthology.providers.http.openai_format import (
    check_body_fields,
    completion_body,
    label_body,
    read_positions,
    read_reply,
)

BASE = ModelIdentity(name="base", provider="openai", api="completions", model="b")
CHAT = ModelIdentity(name="chat", provider="openai", api="chat", model="c")
PLAIN = Endpoint()
VLLM = Endpoint(constrained_output="structured_outputs", label_logprobs=True)
OPENAI = Endpoint(
    constrained_output="json_schema", top_logprobs=20, max_tokens_field="max_completion_tokens"
)
MESSAGES = (Message("system", "Be brief."), Message("user", "Which?"))
LABELS = (" (A)", " (B)")


def text(**fields: Any) -> Request:
    return Request("Which?", **{"sampling": Sampling(), **fields})


def chat(**fields: Any) -> Request:
    return Request(MESSAGES, **{"sampling": Sampling(), **fields})


def sent(request: Request, endpoint: Endpoint = PLAIN) -> dict[str, Any]:
    identity = BASE if isinstance(request.prompt, str) else CHAT
    return completion_body(request, identity, endpoint, identity.model or "")


def asked(
    request: Request, endpoint: Endpoint, needed: LabelTokens | None = None, start: str = ""
) -> dict[str, Any]:
    identity = BASE if isinstance(request.prompt, str) else CHAT
    return label_body(request, identity, endpoint, "m", needed, Prefix(start, 1.0))


def said(*texts: str | None, **fields: Any) -> dict[str, Any]:
    """Return a reply with these completions."""
    choices = [
        {"index": i, "text": t, "finish_reason": "stop", "logprobs": None, **fields}
        for i, t in enumerate(texts)
    ]
    return {"choices": choices, "usage": {"prompt_tokens": 7, "completion_tokens": 3}}


def replied(content: str | None, finish: str = "stop", **message: Any) -> dict[str, Any]:
    """Return a reply with this message of a chat."""
    answer = {"message": {"role": "assistant", "content": content, **message}}
    return {"choices": [{"index": 0, "finish_reason": finish, **answer}]}


# What is sent.


def test_a_base_model_continues_a_text() -> None:
    assert sent(text(seed=5)) == {
        "model": "b", "prompt": "Which?", "temperature": 1.0, "top_p": 1.0, "max_tokens": 32,
        "seed": 5,
    }  # fmt: skip


def test_a_chat_model_replies_to_messages() -> None:
    assert sent(chat())["messages"] == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Which?"},
    ]


def test_several_draws_are_one_request() -> None:
    assert sent(text(n=40))["n"] == 40
    assert "n" not in sent(text(n=1))


def test_temperature_zero_asks_for_one_answer() -> None:
    fields = sent(text(n=40, sampling=Sampling(temperature=0)))
    assert not {"n", "seed"} & fields.keys()


def test_seeds_fit_into_31_bits() -> None:
    assert sent(text(seed=2**40 + 3))["seed"] == 3


def test_a_server_without_seeds_gets_none() -> None:
    assert "seed" not in sent(text(), Endpoint(seed=False))


def test_stops_are_sent_where_there_are_any() -> None:
    assert sent(text(stop=("\n", "Q:")))["stop"] == ["\n", "Q:"]
    assert "stop" not in sent(text())


def test_the_length_limit_uses_the_servers_field() -> None:
    fields = sent(chat(), OPENAI)
    assert fields["max_completion_tokens"] == 32
    assert "max_tokens" not in fields


def test_further_fields_are_passed_through() -> None:
    identity = CHAT.model_copy(update={"body": {"reasoning_effort": "low"}})
    assert completion_body(chat(), identity, PLAIN, "c")["reasoning_effort"] == "low"


@pytest.mark.parametrize("field", ["temperature", "model", "stream", "max_tokens", "longest"])
def test_body_must_not_set_fields_of_requests(field: str) -> None:
    identity = CHAT.model_copy(update={"body": {field: 1}})
    with pytest.raises(ConfigurationError, match=field):
        check_body_fields(identity, Endpoint(max_tokens_field="longest"))


def test_logprobs_are_requested_where_the_server_returns_them() -> None:
    assert sent(text(want_logprobs=True))["logprobs"] == 1
    assert sent(chat(want_logprobs=True))["logprobs"] is True
    assert "logprobs" not in sent(text(want_logprobs=True), Endpoint(returns_logprobs=False))
    assert "logprobs" not in sent(text())


def test_vllm_constrains_output_by_choice() -> None:
    fields = sent(text(choices=LABELS, stop=("(",)), VLLM)
    assert fields["structured_outputs"] == {"choice": [" (A)", " (B)"]}
    assert "stop" not in fields


def test_openai_constrains_output_by_a_schema_with_room_for_its_json() -> None:
    fields = sent(chat(choices=LABELS, sampling=Sampling(max_tokens=4)), OPENAI)
    schema = fields["response_format"]["json_schema"]
    assert schema["strict"]
    assert schema["schema"]["properties"]["answer"]["enum"] == ["(A)", "(B)"]
    assert fields["max_completion_tokens"] == 20


@pytest.mark.parametrize(
    ("request_", "endpoint"), [(text(choices=LABELS), PLAIN), (text(choices=LABELS), OPENAI)]
)
def test_constrained_output_needs_a_server_that_supports_it(
    request_: Request, endpoint: Endpoint
) -> None:
    with pytest.raises(ModelError, match="no constrained output") as caught:
        sent(request_, endpoint)
    assert "endpoint.constrained_output" in caught.value.hint


def test_a_text_is_not_sent_to_a_chat() -> None:
    with pytest.raises(ModelError, match="api: chat"):
        completion_body(text(), CHAT, PLAIN, "c")


# Asking how probable labels are.

NEEDED = LabelTokens({5: " (", 6: "A"}, 2)


def test_exact_probabilities_are_requested_by_token_ids() -> None:
    assert asked(text(choices=LABELS), VLLM, NEEDED) == {
        "model": "m", "prompt": "Which?", "temperature": 0, "max_tokens": 2, "logprobs": 1,
        "logprob_token_ids": [5, 6], "return_tokens_as_token_ids": True,
    }  # fmt: skip
    assert asked(chat(choices=LABELS), VLLM, NEEDED)["logprobs"] is True


def test_top_logprobs_are_requested_without_token_ids() -> None:
    fields = asked(chat(choices=LABELS), OPENAI)
    assert (fields["logprobs"], fields["top_logprobs"]) == (True, 20)
    assert asked(text(choices=LABELS), Endpoint(top_logprobs=5))["logprobs"] == 5


def test_logprobs_need_a_server_that_returns_them() -> None:
    with pytest.raises(ModelError, match="no probabilities") as caught:
        asked(text(choices=LABELS), PLAIN)
    assert "endpoint.top_logprobs" in caught.value.hint


def test_a_prefix_is_sent_as_already_written() -> None:
    assert asked(text(choices=LABELS), VLLM, NEEDED, " (")["prompt"] == "Which? ("
    fields = asked(chat(choices=LABELS), VLLM, NEEDED, " (")
    assert fields["messages"][-1] == {"role": "assistant", "content": " ("}
    assert fields["continue_final_message"] is True
    assert fields["add_generation_prompt"] is False


# What replies mean.


def test_answers_are_read() -> None:
    assert read_reply(said(" yes", " no"), text(n=2), PLAIN) == Reply(
        (Completion(" yes"), Completion(" no")), None, 7, 3
    )


def test_answers_keep_their_order() -> None:
    reply = said("one", "two", "three")
    reply["choices"].reverse()
    assert [draw.text for draw in read_reply(reply, text(n=3), PLAIN).completions] == [
        "one", "two", "three",
    ]  # fmt: skip


def test_answers_at_temperature_zero_are_copies() -> None:
    reply = read_reply(said("yes"), text(n=3, sampling=Sampling(temperature=0)), PLAIN)
    assert reply.completions == (Completion("yes"),) * 3


def test_an_answer_that_was_cut_says_so() -> None:
    assert (
        read_reply(said("a", finish_reason="length"), text(), PLAIN).completions[0].finish
        == "length"
    )


def test_an_empty_answer_is_an_answer() -> None:
    assert read_reply(replied(""), chat(), PLAIN).completions == (Completion(""),)


def test_missing_token_counts_are_zero() -> None:
    reply = read_reply(replied("a"), chat(), PLAIN)
    assert (reply.prompt_tokens, reply.completion_tokens) == (0, 0)


@pytest.mark.parametrize(
    "payload",
    [
        None,
        "gone",
        [],
        {},
        {"choices": None},
        {"choices": []},
        {"choices": ["yes"]},
        said("a", "b"),
        said(None),
        said("a", finish_reason="abort"),
        {"error": {"message": "overloaded"}},
    ],
)
def test_an_incomplete_reply_is_a_transient_error(payload: Any) -> None:
    with pytest.raises(TransientError):
        read_reply(payload, text(), PLAIN)


@pytest.mark.parametrize("payload", [replied(None), {"choices": [{"text": "a"}]}])
def test_a_message_without_text_is_a_transient_error(payload: Any) -> None:
    with pytest.raises(TransientError):
        read_reply(payload, chat(), PLAIN)


def test_a_refusal_is_an_answer_to_be_read() -> None:
    refusal = replied(None, refusal="I cannot.")
    assert read_reply(refusal, chat(), PLAIN).completions == (Completion("I cannot."),)
    held = chat(choices=("(A)", "(B)"))
    assert read_reply(refusal, held, PLAIN).completions == (Completion("I cannot."),)


def test_choices_become_a_grammar() -> None:
    endpoint = Endpoint(constrained_output="grammar")
    request = text(choices=(" (A)", ' "B"'))
    fields = completion_body(request, BASE, endpoint, "toy")
    assert fields["grammar"] == 'root ::= " (A)" | " \\"B\\""'


def test_a_withheld_answer_is_an_error_of_its_request() -> None:
    with pytest.raises(ModelError) as caught:
        read_reply(replied(None, "content_filter"), chat(), PLAIN)
    assert not isinstance(caught.value, TransientError | EndpointError)


def test_scores_of_completions_are_added_up() -> None:
    scores = {"tokens": ["a", "b"], "token_logprobs": [-0.5, -0.25], "top_logprobs": [{}, {}]}
    draw = read_reply(said("ab", logprobs=scores), text(want_logprobs=True), PLAIN).completions[0]
    assert (draw.tokens, draw.logprob) == (2, -0.75)


def test_scores_of_chats_are_added_up() -> None:
    reply = replied("ab")
    reply["choices"][0]["logprobs"] = {"content": [{"logprob": -0.5}, {"logprob": -0.25}]}
    draw = read_reply(reply, chat(want_logprobs=True), PLAIN).completions[0]
    assert (draw.tokens, draw.logprob) == (2, -0.75)


def test_missing_logprobs_are_an_error() -> None:
    with pytest.raises(ModelError, match="no log-probabilities") as caught:
        read_reply(said("a"), text(want_logprobs=True), PLAIN)
    assert "endpoint.returns_logprobs" in caught.value.hint


def test_unrequested_logprobs_are_not_missed() -> None:
    assert (
        read_reply(said("a"), text(want_logprobs=True), Endpoint(returns_logprobs=False))
        .completions[0]
        .logprob
        is None
    )


@pytest.mark.parametrize("answer", [" (A)", "(A)", '{"answer": "(A)"}', ' {"answer":"(A)"}\n'])
def test_a_choice_is_read_back_as_it_was_given(answer: str) -> None:
    assert read_reply(replied(answer), chat(choices=LABELS), OPENAI).completions[0].text == " (A)"


@pytest.mark.parametrize(
    "answer", ["(C)", "(A) one", "", "{}", '{"answer": 1}', '{"answer": "(A', "[1]"]
)
def test_an_answer_that_is_no_choice_is_an_error_and_never_data(answer: str) -> None:
    with pytest.raises(ModelError, match="none of the choices"):
        read_reply(replied(answer), chat(choices=LABELS), OPENAI)


# What replies show of each token.


def shown(*tops: dict[str, float], text: str = "x") -> dict[str, Any]:
    """Return a completion, the first of each token's probabilities being that written."""
    tokens = [next(iter(top)) for top in tops]
    tops = tuple({token: math.log(p) for token, p in top.items()} for top in tops)
    each = [top[token] for top, token in zip(tops, tokens, strict=True)]
    logprobs = {"tokens": tokens, "token_logprobs": each, "top_logprobs": list(tops)}
    return said(text, logprobs=logprobs)


def test_positions_of_completions_are_read() -> None:
    assert read_positions(shown({"(": 0.5, " (": 0.25}, {"A": 1.0}), None) == [
        TokenLogprobs("(", {"(": math.log(0.5), " (": math.log(0.25)}),
        TokenLogprobs("A", {"A": 0.0}),
    ]


def test_positions_of_chats_are_read_and_tokens_that_look_alike_added_up() -> None:
    half, quarter = math.log(0.5), math.log(0.25)
    tops = [
        {"token": "A", "logprob": half},
        {"token": "?", "logprob": quarter},
        {"token": "?", "logprob": quarter},
        {"token": "B", "logprob": -9999.0},
    ]
    reply = replied("A")
    reply["choices"][0]["logprobs"] = {
        "content": [{"token": "A", "logprob": half, "top_logprobs": tops}]
    }
    (position,) = read_positions(reply, None)
    assert position.shown == pytest.approx({"A": half, "?": half})


def test_a_written_token_is_shown_although_it_is_not_among_the_likeliest() -> None:
    reply = shown({"A": 0.25})
    reply["choices"][0]["logprobs"]["top_logprobs"] = [{"B": math.log(0.5)}]
    (position,) = read_positions(reply, None)
    assert position.shown == {"A": math.log(0.25), "B": math.log(0.5)}


def test_tokens_that_were_asked_for_are_read_by_their_numbers() -> None:
    reply = shown(
        {"token_id:5": 0.5, "token_id:6": 0.125},
        {"token_id:9": 0.5, "token_id:5": 0.25, "token_id:6": 0.25},
    )
    first, second = read_positions(reply, NEEDED)
    assert first == TokenLogprobs(" (", {" (": math.log(0.5), "A": math.log(0.125)}, exact=True)
    assert second.token is None
    assert "token_id:9" not in second.shown


@pytest.mark.parametrize("reply", [said("x"), said("x", logprobs={}), shown()])
def test_missing_label_logprobs_are_an_error(reply: Any) -> None:
    with pytest.raises(ModelError, match="although they were asked for"):
        read_positions(reply, None)


def test_an_answer_without_tokens_shows_nothing() -> None:
    assert read_positions(shown(text=""), None) == []


def test_a_server_that_ignores_the_requested_tokens_is_an_error() -> None:
    with pytest.raises(ModelError, match="asked for") as caught:
        read_positions(shown({"A": 0.5, "B": 0.25}), NEEDED)
    assert "label_logprobs" in caught.value.hint


def test_scores_that_are_no_probabilities_are_an_error() -> None:
    with pytest.raises(ModelError, match="add up"):
        read_positions(shown({"A": 3.0, "B": 2.0}), None)
