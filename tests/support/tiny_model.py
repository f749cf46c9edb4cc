"""A small language model of random weights, on which real servers and engines are tested.

Its answers are noise, but it is a whole model: a tokenizer that begins texts with a token of its
own and joins words with the space before them, a chat template, a window of 8,192 tokens, and
probabilities far enough apart that rounding decides nothing.

`python tests/support/tiny_model.py make FOLDER` writes it. `python
tests/support/tiny_model.py tell FOLDER` computes with it,
in another way than vLLM does; `Reference` speaks to that.
"""

import json
import math
import string
import subprocess
import sys
from pathlib import Path
from typing import Any

from anthology.models.base import Message

WINDOW = 8192
STORY = " I was born in the city.\nSome of my family lived with me, and I lived with them."
TEXT = "I was born in the city and lived with my family.\nQuestion 3: How old are you?\nAnswer:"
CHAT = (Message("system", "You lived in the city."), Message("user", "137. How old are you?"))
LABELLED = [
    (TEXT, ("A", "B", "C")),
    (TEXT.replace("3", "57"), ("(A)", "(B)", "(C)")),
    (TEXT.replace("3", "91"), ("12", "14", "45")),
    (CHAT, ("12", "14", "45")),
    ((CHAT[0], Message("user", "133. How old are you?")), ("A", "B", "C")),
]
"""Prompts, and labels that this model does answer them with."""
END = 1
"""The token that ends a text."""
LEADS = ("", " ", "\n")
NEGLIGIBLE = 1e-5
SAMPLE = (
    "Question Answer Which of these describes you best How old are you What is your age gender "
    "income I was born in the city and lived with my family very likely not at all somewhat Some "
    "A great deal Too much Refused A B C D E (A) (B) (C) (D) (E) 1 2 3 4 5"
)
LIKELY = ("(", ")", *"ABCDE12345", "Some", "what", "of", "</s>")
"""What the model says often, with a space before it or without, so that it answers labels."""
PLAIN = string.ascii_letters + string.digits + string.punctuation + " \n"
UNKNOWN = "<unk>"
TEMPLATE = (
    "{{ bos_token }}{% for message in messages %}[{{ message['role'] }}]\n"
    "{{ message['content'] }}\n{% endfor %}{% if add_generation_prompt %}[assistant]\n{% endif %}"
)


def make(folder: Path) -> None:
    """Write the model and its tokenizer to a folder; the same bytes every time."""
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    coding = Tokenizer(models.BPE(unk_token=UNKNOWN))
    coding.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    coding.decoder = decoders.ByteLevel()
    # Plain letters only: halves of others, at the end of an answer, are no text to compare.
    alphabet = {
        letter for piece, _ in coding.pre_tokenizer.pre_tokenize_str(PLAIN) for letter in piece
    }
    trainer = trainers.BpeTrainer(
        vocab_size=512,
        special_tokens=["<s>", "</s>", UNKNOWN],
        initial_alphabet=sorted(alphabet),
    )
    coding.train_from_iterator([SAMPLE] * 10, trainer)
    coding.post_processor = processors.TemplateProcessing(
        single="<s> $A", special_tokens=[("<s>", 0)]
    )
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=coding,
        bos_token="<s>",
        eos_token="</s>",
        unk_token=UNKNOWN,
        chat_template=TEMPLATE,
    )
    tokenizer.save_pretrained(folder)

    torch.manual_seed(0)
    shape = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=128,
        intermediate_size=256,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        head_dim=32,
        max_position_embeddings=WINDOW,
        initializer_range=0.15,
        bos_token_id=0,
        eos_token_id=END,
    )
    model = LlamaForCausalLM(shape)
    with torch.no_grad():
        # One number that is the same in every word's vector comes through all layers as about
        # the same, so what the last one multiplies it with raises a token wherever it may stand.
        model.model.embed_tokens.weight[:, 0] = 2.0
        model.lm_head.weight[:, 0] = 0.0
        for text in LIKELY:
            for written in (text, f" {text}"):
                token = tokenizer.encode(written, add_special_tokens=False)[-1]
                model.lm_head.weight[token, 0] = 3.0
    model.save_pretrained(folder)


def tell(folder: Path) -> None:
    """Answer each line of standard input, a JSON object with one question, with a line."""
    import torch
    from transformers import AutoTokenizer, LlamaForCausalLM

    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = LlamaForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    for line in sys.stdin:
        ((about, what),) = json.loads(line).items()
        answer: Any
        if about == "text":
            answer = tokenizer.encode(what)
        elif about == "chat":
            shown = tokenizer.apply_chat_template(what, tokenize=False, add_generation_prompt=True)
            answer = tokenizer.encode(shown, add_special_tokens=False)
        elif about == "piece":
            answer = tokenizer.encode(what, add_special_tokens=False)
        elif about == "ids":
            answer = tokenizer.decode(what)
        else:
            with torch.no_grad():
                logits = model(torch.tensor([what])).logits[0, -1]
            answer = torch.log_softmax(logits.double(), dim=-1).tolist()
        print(json.dumps(answer), flush=True)


class Reference:
    """What the model says by its forward pass alone, without batches or caches.

    Parameters
    ----------
    folder
        What `.ci/vllm` has made.
    """

    def __init__(self, folder: Path) -> None:
        self._process = subprocess.Popen(
            [folder / "venv/bin/python", __file__, "tell", folder / "tiny-llama"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def close(self) -> None:
        self._process.kill()
        self._process.communicate()

    def read(self, prompt: str | tuple[Message, ...]) -> list[int]:
        """Return the tokens of a prompt as the model reads it."""
        if isinstance(prompt, str):
            return list(self._ask("text", prompt))
        chat = [{"role": message.role, "content": message.content} for message in prompt]
        return list(self._ask("chat", chat))

    def piece(self, text: str) -> list[int]:
        """Return the tokens of a text that begins nothing."""
        return list(self._ask("piece", text))

    def text(self, ids: list[int]) -> str:
        """Return what tokens say."""
        return str(self._ask("ids", ids))

    def next(self, ids: list[int]) -> list[float]:
        """Return the log-probability of every token of the vocabulary after some."""
        return list(self._ask("next", ids))

    def chance(self, prompt: str | tuple[Message, ...], *tokens: int) -> float:
        """Return how probable it is that an answer begins with some tokens."""
        ids, logprob = self.read(prompt), 0.0
        for token in tokens:
            logprob += self.next(ids)[token]
            ids.append(token)
        return math.exp(logprob)

    def shares(self, prompt: str | tuple[Message, ...], labels: tuple[str, ...]) -> list[float]:
        """Return how probable it is that an answer begins with each label.

        No label may begin another. Followed are the tokens that the labels consist
        of, as they stand alone and behind a space or a new line.
        """
        spelled = {
            token for lead in LEADS for label in labels for token in self.piece(lead + label)
        }
        texts = {token: self.text([token]) for token in sorted(spelled)}
        totals = [0.0] * len(labels)
        beginnings = [(self.read(prompt), "", 1.0)]
        for ids, text, mass in beginnings:
            logprobs = self.next(ids)
            for token, piece in texts.items():
                longer, part = (text + piece).lstrip(), mass * math.exp(logprobs[token])
                fitting = [i for i, label in enumerate(labels) if label.startswith(longer)]
                if len(fitting) == 1:
                    totals[fitting[0]] += part
                elif fitting and part > NEGLIGIBLE:
                    beginnings.append(([*ids, token], text + piece, part))
        return totals

    def score(self, prompt: str, text: str) -> tuple[int, float]:
        """Return how many tokens a text has after a prompt, and its log-probability."""
        ids, first = self.read(prompt + text), len(self.read(prompt))
        return len(ids) - first, sum(
            self.next(ids[:place])[ids[place]] for place in range(first, len(ids))
        )

    def greedy(self, prompt: str | tuple[Message, ...], tokens: int) -> tuple[str, float]:
        """Return the likeliest next tokens as text, and their log-probability."""
        ids, total = self.read(prompt), 0.0
        for _ in range(tokens):
            logprobs = self.next(ids)
            ids.append(max(range(len(logprobs)), key=logprobs.__getitem__))
            total += logprobs[ids[-1]]
        return self.text(ids[-tokens:]), total

    def _ask(self, about: str, what: Any) -> Any:
        assert self._process.stdin is not None and self._process.stdout is not None
        print(json.dumps({about: what}), file=self._process.stdin, flush=True)
        return json.loads(self._process.stdout.readline())


if __name__ == "__main__":
    {"make": make, "tell": tell}[sys.argv[1]](Path(sys.argv[2]))
