"""Whisper without the 27 seconds of silence: the encoder sees the utterance and a margin, the decoder is a greedy loop.

`whisper.transcribe` pads every utterance to 30 s, and the encoder's work on that padding is most of its time. Here the
same weights run on a shorter audio context. The text is that of greedy `whisper.decode`; no state is kept in the model,
so one model may be used from several threads at once.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor
from whisper.audio import HOP_LENGTH, N_SAMPLES, SAMPLE_RATE, log_mel_spectrogram, pad_or_trim
from whisper.decoding import DecodingOptions, DecodingResult
from whisper.model import MultiHeadAttention, ResidualAttentionBlock, Whisper
from whisper.tokenizer import Tokenizer, get_tokenizer
from whisper.utils import compression_ratio

MARGIN = 128
"""Encoder positions of 20 ms beyond the end of the audio; with fewer, published weights fall into loops."""
TOKENS_PER_SECOND, TOKENS_AT_LEAST = 8, 16


@dataclass
class _Attended:
    """What a decoder layer remembers: keys and values of the words so far and of the audio, each [1, n, state]."""

    key: Tensor | None
    value: Tensor | None
    audio_key: Tensor
    audio_value: Tensor


def transcribe_short(model: Whisper, audio: np.ndarray, options: DecodingOptions | None = None) -> DecodingResult:
    """The text of one utterance.

    Args:
        audio: float32[n], 16 kHz, mono, at most 30 s (what is longer is cut).
        options: language, prompt, temperature, fp16 and the suppressed tokens are followed; there are no beams and no
            timestamps. By default greedy English.
    Raises:
        ValueError: the audio is empty, not one-dimensional or not finite; beams are asked for; no such language.
    """
    options = options or DecodingOptions(language="en", without_timestamps=True, fp16=False)
    samples = _checked(audio, options)
    context = context_of(len(samples), model.dims.n_audio_ctx)
    with torch.inference_mode():
        heard = encode_short(model, samples, context, half=options.fp16 and model.device.type == "cuda")
        return _decode(model, heard, options, len(samples) / SAMPLE_RATE)


def context_of(samples: int, longest: int) -> int:
    """Encoder positions that an utterance needs."""
    return min(longest, math.ceil(samples / (2 * HOP_LENGTH)) + MARGIN)


def encode_short(model: Whisper, samples: np.ndarray, context: int, *, half: bool = False) -> Tensor:
    """The encoder on `context` positions instead of 1500, silence after the samples as in `whisper.transcribe`.

    Returns:
        [1, context, state].
    """
    wanted = 2 * context * HOP_LENGTH
    padding = max(0, wanted - len(samples)) + HOP_LENGTH
    mel = log_mel_spectrogram(torch.from_numpy(samples), model.dims.n_mels, padding=padding, device=model.device)
    mel = pad_or_trim(mel, 2 * context)[None].to(torch.float16 if half else torch.float32)
    encoder = model.encoder
    x = F.gelu(encoder.conv2(F.gelu(encoder.conv1(mel)))).permute(0, 2, 1)
    x = (x + encoder.positional_embedding[:context]).to(x.dtype)
    for block in encoder.blocks:
        x = block(x)
    return encoder.ln_post(x)


def _checked(audio: np.ndarray, options: DecodingOptions) -> np.ndarray:
    samples = np.ascontiguousarray(audio, np.float32)[:N_SAMPLES]
    if samples.ndim != 1 or not len(samples):
        raise ValueError(f"audio must be float32[n] with n > 0, not of shape {samples.shape}")
    if not np.isfinite(samples).all():
        raise ValueError("audio holds numbers that are not finite")
    if options.beam_size or options.best_of or options.task != "transcribe":
        raise ValueError("transcribe_short is greedy: no beam_size, no best_of, no translation")
    return samples


def _decode(model: Whisper, heard: Tensor, options: DecodingOptions, seconds: float) -> DecodingResult:
    tokenizer, layers = _tokenizer(model, options, heard), _remembered(model, heard)
    start = _start(tokenizer, options, model.dims.n_text_ctx)
    ruled_out = _ruled_out(tokenizer, options)
    first_ruled_out = [*ruled_out, tokenizer.eot, *tokenizer.encode(" ")] if options.suppress_blank else ruled_out
    words = _Words(model)
    rest, first = words.bar(ruled_out), words.bar(first_ruled_out)
    logits = words.logits(_step(model, start, layers, 0))
    at = start.index(tokenizer.sot)
    no_speech = words.probability(logits[at], tokenizer.no_speech)
    tokens: list[int] = []
    total = 0.0
    longest = min(model.dims.n_text_ctx // 2, options.sample_len or TOKENS_AT_LEAST + int(seconds * TOKENS_PER_SECOND))
    last = logits[-1]
    for index in range(longest):
        token, logprob = words.pick(last + (rest if index else first), options.temperature)
        total += logprob
        if token == tokenizer.eot:
            break
        tokens.append(token)
        last = words.logits(_step(model, [token], layers, len(start) + index))[-1]
    text = tokenizer.decode(tokens).strip()
    return DecodingResult(
        audio_features=heard[0], language=tokenizer.language or "en", tokens=tokens, text=text,
        avg_logprob=total / (len(tokens) + 1), no_speech_prob=no_speech, temperature=options.temperature,
        compression_ratio=compression_ratio(text) if text else 0.0,
    )  # fmt: skip


class _Words:
    """The output layer. Rows that are all alike (words that a small model never learnt) are worked out once.

    Exact: the left-out rows share one logit, which is far below the others in a model that was made this way.
    """

    def __init__(self, model: Whisper) -> None:
        self._rows, self._kept = _output_rows(model)

    def logits(self, states: Tensor) -> Tensor:
        """[1, n, state] → [n, kept words]."""
        return (states[0] @ self._rows.T.to(states.dtype)).float()

    def probability(self, logits: Tensor, token: int) -> float:
        """Of a token, 0 to 1. Args: logits: [kept words]."""
        place = self._place(token)
        return 0.0 if place is None else float(logits.softmax(-1)[place])

    def bar(self, tokens: list[int]) -> Tensor:
        """What is added to logits so that these tokens are never picked: float32[kept words]."""
        bar = torch.zeros(len(self._rows), device=self._rows.device)
        bar[[place for token in tokens if (place := self._place(token)) is not None]] = -math.inf
        return bar

    def pick(self, logits: Tensor, temperature: float) -> tuple[int, float]:
        """The next token and its log probability. Args: logits: [kept words]; temperature: 0 picks the likeliest."""
        if temperature > 0:
            place = int(torch.distributions.Categorical(logits=logits / temperature).sample())
        else:
            place = int(logits.argmax())
        logprob = float(logits[place] - logits.logsumexp(-1))
        return (place if self._kept is None else int(self._kept[0][place])), logprob

    def _place(self, token: int) -> int | None:
        return token if self._kept is None else self._kept[1].get(token)


_Kept = tuple[list[int], dict[int, int]]
_SEEN: dict[int, tuple[Any, Tensor, _Kept | None]] = {}


def _output_rows(model: Whisper) -> tuple[Tensor, _Kept | None]:
    """The rows of the output layer that differ from the last one, and their tokens; all rows of an ordinary model."""
    import weakref

    key = id(model)
    if key in _SEEN and _SEEN[key][0]() is model:
        return _SEEN[key][1], _SEEN[key][2]
    weight = model.decoder.token_embedding.weight
    different = (weight != weight[-1]).any(dim=1).nonzero()[:, 0]
    kept: _Kept | None = None
    rows: Tensor = weight
    if len(different) < 0.5 * len(weight):
        tokens = different.tolist()
        kept, rows = (tokens, {token: place for place, token in enumerate(tokens)}), weight[different]
    _SEEN[key] = (weakref.ref(model), rows, kept)
    weakref.finalize(model, _SEEN.pop, key, None)
    return rows, kept


def _tokenizer(model: Whisper, options: DecodingOptions, heard: Tensor) -> Tokenizer:
    language = options.language
    if model.is_multilingual and language is None:
        language = _spoken_language(model, heard)
    return get_tokenizer(model.is_multilingual, num_languages=model.num_languages, language=language or "en",
                         task="transcribe")  # fmt: skip


def _spoken_language(model: Whisper, heard: Tensor) -> str:
    tokenizer = get_tokenizer(True, num_languages=model.num_languages, language="en", task="transcribe")
    layers = _remembered(model, heard)
    logits = _Words(model).logits(_step(model, [tokenizer.sot], layers, 0))[-1]
    best = int(logits[list(tokenizer.all_language_tokens)].argmax())
    return str(tokenizer.all_language_codes[best])


def _start(tokenizer: Tokenizer, options: DecodingOptions, text_context: int) -> list[int]:
    """The prompt, if there is one, then the start sequence without timestamps (whisper/decoding.py)."""
    start = list(tokenizer.sot_sequence_including_notimestamps)
    prompt = options.prompt
    if not prompt:
        return start
    tokens = tokenizer.encode(f" {prompt.strip()}") if isinstance(prompt, str) else list(prompt)
    return [tokenizer.sot_prev, *tokens[-(text_context // 2 - 1) :], *start]


def _ruled_out(tokenizer: Tokenizer, options: DecodingOptions) -> list[int]:
    asked = options.suppress_tokens
    numbers = [int(each) for each in asked.split(",")] if isinstance(asked, str) else list(asked or ())
    tokens = {each for each in numbers if each >= 0}
    if -1 in numbers:
        tokens |= set(tokenizer.non_speech_tokens)
    tokens |= {tokenizer.transcribe, tokenizer.translate, tokenizer.sot, tokenizer.sot_prev, tokenizer.sot_lm}
    tokens.add(tokenizer.no_speech)
    return sorted(tokens)


def _remembered(model: Whisper, heard: Tensor) -> list[_Attended]:
    return [_Attended(None, None, block.cross_attn.key(heard), block.cross_attn.value(heard))
            for block in model.decoder.blocks]  # fmt: skip


def _step(model: Whisper, tokens: list[int], layers: list[_Attended], offset: int) -> Tensor:
    """The decoder on tokens that follow what `layers` remember: [1, len(tokens), state]."""
    decoder = model.decoder
    ids = torch.tensor([tokens], device=model.device)
    x = decoder.token_embedding(ids) + decoder.positional_embedding[offset : offset + len(tokens)]
    x = x.to(layers[0].audio_key.dtype)
    for block, layer in zip(decoder.blocks, layers, strict=True):
        x = _block(block, x, layer)
    return decoder.ln(x)


def _block(block: ResidualAttentionBlock, x: Tensor, layer: _Attended) -> Tensor:
    asked = block.attn_ln(x)
    key, value = block.attn.key(asked), block.attn.value(asked)
    layer.key = key if layer.key is None else torch.cat([layer.key, key], dim=1)
    layer.value = value if layer.value is None else torch.cat([layer.value, value], dim=1)
    x = x + _attention(block.attn, asked, layer.key, layer.value)
    x = x + _attention(block.cross_attn, block.cross_attn_ln(x), layer.audio_key, layer.audio_value, causal=False)
    return x + block.mlp(block.mlp_ln(x))


def _attention(attention: MultiHeadAttention, x: Tensor, key: Tensor, value: Tensor, *, causal: bool = True) -> Tensor:
    heads = attention.n_head
    q, k, v = (t.view(*t.shape[:2], heads, -1).transpose(1, 2) for t in (attention.query(x), key, value))
    several = causal and x.shape[1] > 1  # only the first step has several tokens, and nothing before them
    out = F.scaled_dot_product_attention(q, k, v, is_causal=several)
    return attention.out(out.transpose(1, 2).flatten(start_dim=2))
