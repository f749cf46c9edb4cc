"""What keys of the YAML files were called before, so that an old name gets a one-line answer.

No old name is accepted: the table only says what it is called now. A star stands for any one step
of a path, such as the name of a condition or the number of an item.
"""

from collections.abc import Mapping

EXPERIMENT: Mapping[str, str] = {
    "questions.forced": "require_label",
    "questions.decline": "decline_option",
    "questions.asking": "answer_mode",
    "questions.tries": "max_attempts",
    "conditions.*.forced": "require_label",
    "conditions.*.decline": "decline_option",
    "conditions.*.asking": "answer_mode",
    "conditions.*.tries": "max_attempts",
    "traits.open": "open_ended",
    "traits.asking": "answer_mode",
    "traits.draws": "samples",
    "traits.forced": "require_label",
    "traits.decline": "decline_option",
    "backstories.keep.at_most": "max_mentions",
    "backstories.keep.tries": "max_attempts",
    "backstories.duplicates.words": "shingle_words",
    "backstories.duplicates.similarity": "min_similarity",
    "filters.stories": "backstories",
    "metrics.bootstrap": "bootstrap_resamples",
    "metrics.smallest_group": "min_group_size",
    "explorer.people": "respondents",
}
"""Of `config/config.yaml`, its overlays and `--config`."""

MODEL: Mapping[str, str] = {
    "endpoint.in_flight": "max_concurrency",
    "endpoint.patience": "give_up_after",
    "endpoint.scores": "returns_logprobs",
    "endpoint.text_logprobs": "echo_logprobs",
    "endpoint.choices": "constrained_output",
    "endpoint.logprobs": "top_logprobs",
    "endpoint.draws": "max_n",
    "endpoint.length_field": "max_tokens_field",
}
"""Of the files in `config/models/`."""

SURVEY: Mapping[str, str] = {"traits.*.fold": "recode", "items.*.reversed": "reverse_coded"}
"""Of the files in `config/surveys/`."""

TRAIT: Mapping[str, str] = {
    "read": "look_in_story",
    "open": "open_question",
    "steps.*.open": "open_question",
    "variants.*.read": "look_in_story",
    "variants.*.open": "open_question",
    "variants.*.steps.*.open": "open_question",
}
"""Of each trait in `config/traits.yaml`."""

SURVEY_PROMPT: Mapping[str, str] = {"conclusion": "answer_marker"}
"""Of the files in `config/prompts/surveys/`."""

READER_PROMPT: Mapping[str, str] = {"absent": "not_stated"}
"""Of the files in `config/prompts/readers/` and `config/prompts/coders/`."""
