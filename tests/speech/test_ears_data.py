"""The sentences, voices and noises that the small ears learn from."""

from __future__ import annotations

from pathlib import Path
from random import Random

import numpy as np
import pytest

from coach.speech.ears import data, made_up_voices, noise, sentences, voices
from coach.speech.ears.espeak import SAMPLE_RATE_HZ, Espeak, EspeakError, available
from coach.speech.ears.tokens import Tokens

needs_espeak = pytest.mark.skipif(not available(), reason="espeak-ng is not installed")


def test_no_held_out_sentence_is_learnt_when_thousands_are_drawn() -> None:
    random = Random(5)
    learnt = [sentences.training_sentence(random) for _ in range(3000)]
    assert not any(sentences.is_held_out(each) for each in learnt)
    assert all(sentences.is_held_out(sentences.held_out_sentence(random)) for _ in range(20))
    assert len(set(learnt)) > 2000


def test_no_handwritten_sentence_is_among_the_phrases() -> None:
    written = set((Path(__file__).parent / "handwritten_sentences.txt").read_text("utf-8").splitlines())
    phrases = set(Path(sentences.__file__).with_name("text").joinpath("phrases.txt").read_text("utf-8").splitlines())
    assert len(written) == 100
    assert not written & phrases


def test_every_sentence_has_tokens_when_it_is_drawn() -> None:
    random, tokens = Random(6), Tokens.household()
    for make in data.COLLECTIONS.values():
        for _ in range(150):
            text = make(random)
            assert text == " ".join(text.split())
            assert len(tokens.encode(text)) >= 1


def test_a_confusable_sentence_never_says_stop() -> None:
    random = Random(7)
    assert not any("stop" in sentences.confusable_sentence(random) for _ in range(500))
    assert all("stop" in sentences.stop_sentence(random).split() for _ in range(100))


def test_no_training_voice_is_a_held_out_one() -> None:
    random = Random(8)
    trained = {voices.any_voice(random).name.split("+")[1] for _ in range(2000)}
    assert not trained & set(voices.HELD_OUT_VARIANTS)
    assert voices.any_voice(random, held_out=True).name.split("+")[1] in voices.HELD_OUT_VARIANTS


def test_made_up_voices_are_the_same_when_the_seed_is(tmp_path: Path) -> None:
    installed = tmp_path / "espeak-ng-data"
    for name in ("voices/!v/m1", "lang/gmw/en", "lang/gmw/de", "lang/roa/fr", "en_dict"):
        (installed / name).parent.mkdir(parents=True, exist_ok=True)
        (installed / name).write_text(name)
    texts = []
    for folder, seed in (("a", 3), ("b", 3), ("c", 4)):
        laid = made_up_voices.lay_out(installed, tmp_path / folder, seed) / "espeak-ng-data"
        texts.append([(laid / "voices" / "!v" / f"made-up-{n}").read_text() for n in range(made_up_voices.MADE_UP)])
        assert (laid / "voices/!v/m1").read_text() == "voices/!v/m1" and (laid / "en_dict").exists()
        assert sorted(path.name for path in (laid / "lang" / "gmw").iterdir()) == ["en"]
        made_up_voices.lay_out(installed, tmp_path / folder, seed)  # once more changes nothing
    assert texts[0] == texts[1] != texts[2]
    assert len(set(texts[0])) == made_up_voices.MADE_UP


def test_made_up_voices_are_for_training_alone() -> None:
    random = Random(9)
    assert not any("made-up" in voices.any_voice(random, held_out=True).name for _ in range(500))
    share = np.mean(["made-up" in voices.any_voice(random, made_up=0.6).name for _ in range(1000)])
    assert 0.5 < share < 0.7


@needs_espeak
def test_made_up_voices_sound_unlike_each_other_when_a_shard_is_made(tmp_path: Path) -> None:
    (path,) = data.make(tmp_path, "stops", 1, 0, 1, lambda line: None)
    spoken = list(data.read_shard(path))
    assert len(spoken) == data.SHARD and all(each.stops for each in spoken)
    tilt = [float(each.energies[:, :20].mean() - each.energies[:, 50:].mean()) for each in spoken]
    plain = list(data.read_shard(data.make_shard(tmp_path / "plain.npz", "sentences", 0, 0, size=40)))
    assert np.std(tilt) > 0.8 * np.std([each.energies[:, :20].mean() - each.energies[:, 50:].mean() for each in plain])


@needs_espeak
def test_phonemes_lie_where_the_sound_is_when_a_sentence_is_spoken() -> None:
    spoken = Espeak().say("please stop now")
    labels = data.phoneme_frames(spoken, int(spoken.duration_s * 100))
    loud = np.abs(spoken.samples[: len(labels) * 160].reshape(-1, 160)).max(axis=1) > 0.02
    assert (labels[loud] > 0).mean() > 0.9
    (end_s,) = data.stop_ends_s("please stop now", spoken)
    names = [name for at, name in spoken.phonemes if at < end_s]
    assert names[-1] == "p"


@needs_espeak
def test_every_voice_speaks_when_it_is_asked() -> None:
    espeak, random = Espeak(), Random(1)
    for _ in range(25):
        voice = voices.any_voice(random, held_out=random.random() < 0.5)
        assert espeak.say("hello", voice.name).duration_s > 0.2
    with pytest.raises(EspeakError, match="no voice"):
        espeak.say("hello", "xx-nowhere")
    with pytest.raises(EspeakError, match="spoken"):
        espeak.say("")


@needs_espeak
def test_a_shard_says_the_same_when_it_is_made_again(tmp_path: Path) -> None:
    first = list(data.read_shard(data.make_shard(tmp_path / "a.npz", "stops", 3, 1, size=6)))
    again = list(data.read_shard(data.make_shard(tmp_path / "b.npz", "stops", 3, 1, size=6)))
    other = list(data.read_shard(data.make_shard(tmp_path / "c.npz", "stops", 3, 2, size=6)))
    assert [each.text for each in first] == [each.text for each in again] != [each.text for each in other]
    assert all(each.stops and each.stops[-1] <= len(each.energies) for each in first)
    lengths = [(len(one.energies), len(two.energies)) for one, two in zip(first, again, strict=True)]
    assert all(abs(one - two) <= 0.05 * one for one, two in lengths)  # the synthesiser itself varies by milliseconds


@pytest.mark.parametrize("kind", noise.MAKERS)
def test_noise_is_the_same_again_and_of_one_loudness_when_seeded(kind: str) -> None:
    first, again, other = (noise.unit(noise.MAKERS[kind](np.random.default_rng(seed), 32_000)) for seed in (4, 4, 5))
    assert abs(float(np.sqrt((first**2).mean())) - 1) < 1e-3
    assert (first == again).all()
    assert (first != other).any()


@needs_espeak
def test_babble_fills_the_time_that_was_asked() -> None:
    sound = noise.kitchen_noise("babble", 4, 2.0, Espeak())
    assert sound.shape == (2 * SAMPLE_RATE_HZ,)
    assert np.abs(sound.reshape(4, -1)).max(axis=1).min() > 0.1


def test_speech_over_noise_has_the_ratio_that_was_asked() -> None:
    voice = np.sin(np.arange(16_000) * 0.3).astype(np.float32) * 0.1
    hiss = noise.unit(np.random.default_rng(0).standard_normal(32_000))
    rest = noise.mixed(voice, hiss, 10.0, 1) - voice
    assert abs(20 * np.log10(noise.speech_level(voice) / np.sqrt((rest**2).mean())) - 10) < 0.5


def test_a_damaged_shard_is_named_when_it_is_read(tmp_path: Path) -> None:
    broken = tmp_path / "sentences-0-0000.npz"
    broken.write_bytes(b"PK\x03\x04 cut short")
    with pytest.raises(data.DataError, match="cannot be read"):
        list(data.read_shard(broken))
    with pytest.raises(data.DataError, match="no stops"):
        data.shards(tmp_path, "stops")
