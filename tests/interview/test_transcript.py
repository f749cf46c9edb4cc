"""What a model is shown: as one text, and as a chat."""

from hypothesis import given
from hypothesis import strategies as st

from anthology.config.formats import Format
from anthology.interview.transcript import (
    Ask,
    Turn,
    render_messages,
    render_text,
    render_turn,
    stop_texts,
)
from anthology.models.base import Message

LAYOUT = Format(asker="Interviewer", answerer="Me")
TURNS = (Turn("I grew up by the sea."), Turn("Tea?", "(A) Yes"), Turn("Coffee?", "(B) No"))
ASK = Ask("Water?\n(A) Yes\n(B) No", before="Be consistent.", after="Answer A or B.")

texts = st.text(min_size=1)
turns = st.lists(st.builds(Turn, texts, st.none() | texts), max_size=6).map(tuple)


def test_a_text_reads_as_an_interview() -> None:
    assert render_text(TURNS, ASK, LAYOUT) == (
        "I grew up by the sea.\n\n"
        "Interviewer: Tea?\nMe: (A) Yes\n\n"
        "Interviewer: Coffee?\nMe: (B) No\n\n"
        "Be consistent.\n"
        "Interviewer: Water?\n(A) Yes\n(B) No\n"
        "Answer A or B.\n"
        "Me:"
    )


def test_what_frames_a_question_may_be_left_out() -> None:
    assert render_text((), Ask("Tea?"), LAYOUT) == "Interviewer: Tea?\nMe:"
    assert render_messages((), Ask("Tea?")) == (Message("user", "Tea?"),)


def test_a_chat_gives_each_side_its_messages() -> None:
    assert render_messages(TURNS, ASK) == (
        Message("user", "I grew up by the sea.\n\nTea?"),
        Message("assistant", "(A) Yes"),
        Message("user", "Coffee?"),
        Message("assistant", "(B) No"),
        Message("user", "Be consistent.\nWater?\n(A) Yes\n(B) No\nAnswer A or B."),
    )


def test_passages_join_the_question_that_follows() -> None:
    told = (Turn("One."), Turn("Two."))
    assert render_messages(told, Ask("Tea?")) == (Message("user", "One.\n\nTwo.\n\nTea?"),)


@given(turns)
def test_a_chat_alternates_and_ends_with_the_question(turns: tuple[Turn, ...]) -> None:
    messages = render_messages(turns, ASK)
    roles = [message.role for message in messages]
    assert roles == ["user", "assistant"] * (len(roles) // 2) + ["user"]
    assert messages[-1].content.endswith("Answer A or B.")
    said = "\n".join(message.content for message in messages)
    assert all(turn.question in said and (turn.answer or "") in said for turn in turns)


@given(turns, turns)
def test_a_text_only_grows(earlier: tuple[Turn, ...], later: tuple[Turn, ...]) -> None:
    said = "".join(render_turn(turn, LAYOUT) for turn in earlier)
    assert render_text((*earlier, *later), ASK, LAYOUT).startswith(said)


def test_an_answer_stops_where_the_next_question_starts() -> None:
    answer = " (A) Yes"
    following = render_turn(Turn("Tea?", answer.strip()), LAYOUT) + render_turn(TURNS[1], LAYOUT)
    continuation = following.removeprefix("Interviewer: Tea?\nMe:")
    ends = [continuation.find(stop) for stop in stop_texts(LAYOUT) if stop in continuation]
    assert continuation[: min(ends)].rstrip("\n") == answer
