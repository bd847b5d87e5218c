"""Names of things that are pointed at."""

from pathlib import Path

import torch
from tiny import write_tokenizer

from policy.model.naming import NamePrior, Naming

NAMES = ("red cup", "blue cup")


def test_likelier_name_weighs_more_when_something_is_seen(tmp_path: Path) -> None:
    tokenizer = write_tokenizer(tmp_path)
    prior = Naming(tokenizer, NAMES).prior(torch.tensor([0.1, 0.8]))
    assert isinstance(prior, NamePrior)
    red, blue, cup, key, the = (tokenizer.encode(word)[0] for word in ("red", "blue", "cup", "reason:", "the"))
    logits = torch.zeros(len(tokenizer))
    prior.add(logits, [key, the])
    assert logits[blue] == 0 and -3 <= logits[red] < -2 and logits[cup] == 0
    after = torch.zeros(len(tokenizer))
    prior.add(after, [key, the, blue])
    assert not after.any(), "there is one kind only"


def test_no_opinion_when_nothing_is_seen_or_names_are_not_words(tmp_path: Path) -> None:
    tokenizer = write_tokenizer(tmp_path)
    assert Naming(tokenizer, NAMES).prior(torch.tensor([0.1, 0.2])) is None
    assert Naming(tokenizer, ("purple kettle",)).prior(torch.tensor([0.9])) is None
