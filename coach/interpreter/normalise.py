"""Words as a person types or a recogniser writes them → one plain form that the rules read.

Lower case, contractions spelt out, sentences apart, commas as words of their own, no other punctuation.
"""

from __future__ import annotations

import re
import unicodedata

MAX_CHARACTERS = 2000

_CONTRACTIONS = {
    "don't": "do not", "dont": "do not", "can't": "can not", "cant": "can not", "cannot": "can not",
    "won't": "will not", "wont": "will not", "isn't": "is not", "isnt": "is not", "aren't": "are not",
    "doesn't": "does not", "doesnt": "does not", "didn't": "did not", "didnt": "did not", "wasn't": "was not",
    "when's": "when is", "whens": "when is", "why's": "why is", "how'd": "how did", "there're": "there are",
    "here's": "here is", "he's": "he is", "she's": "she is", "it'll": "it will", "that'll": "that will",
    "they'll": "they will", "they've": "they have", "he'll": "he will", "she'll": "she will", "it'd": "it would",
    "you'd": "you would", "we'd": "we would", "theres": "there is", "hes": "he is", "shes": "she is",
    "havent": "have not", "wouldnt": "would not", "couldnt": "could not", "hasnt": "has not", "ive": "i have",
    "ill": "i will", "youve": "you have", "theyre": "they are", "weren't": "were not", "hadn't": "had not",
    "needn't": "need not", "shan't": "shall not", "ain't": "is not",
    "shouldn't": "should not", "shouldnt": "should not", "wouldn't": "would not", "couldn't": "could not",
    "haven't": "have not", "hasn't": "has not", "mustn't": "must not", "it's": "it is", "that's": "that is",
    "thats": "that is", "what's": "what is", "whats": "what is", "where's": "where is", "wheres": "where is",
    "who's": "who is", "how's": "how is", "there's": "there is", "let's": "let us", "lets": "let us", "i'm": "i am",
    "im": "i am", "i'll": "i will", "i'd": "i would", "i've": "i have", "you're": "you are", "youre": "you are",
    "you'll": "you will", "you've": "you have", "we're": "we are", "we've": "we have", "we'll": "we will",
    "they're": "they are", "gimme": "give me", "lemme": "let me", "wanna": "want to", "gonna": "going to",
    "'em": "them", "dunno": "do not know", "outta": "out of", "e-stop": "emergency stop", "estop": "emergency stop",
    "nevermind": "never mind", "pls": "please", "plz": "please", "thx": "thanks", "ty": "thanks", "u": "you",
    "alright": "all right", "ok": "okay", "k": "okay", "stpo": "stop", "sotp": "stop", "stp": "stop", "tsop": "stop",
    "stopp": "stop", "sstop": "stop", "sttop": "stop", "stahp": "stop", "stohp": "stop", "dtop": "stop",
    "srop": "stop", "stopo": "stop", "stopit": "stop it", "woah": "whoa", "wait-": "wait",
    "non-stop": "nonstop",
    "cm.": "cm", "nope": "no", "nah": "no", "yep": "yes", "yup": "yes", "yeah": "yes", "ya": "yes", "colour": "color",
    "noo": "no", "nvm": "never mind", "idk": "i do not know", "idc": "i do not care", "lil": "little", "rn": "now",
    "whos": "who is", "r": "are",
    "brb": "be right back", "sec.": "sec", "tho": "though", "cuz": "because", "cause": "because", "bc": "because",
    "im.": "i am", "dunno.": "do not know", "gotta": "have to", "imma": "i will", "sup": "hello",
    "wassup": "hello", "cya": "bye",
    "tysm": "thanks", "np": "no problem", "omw": "on my way", "asap": "as soon as possible", "obv": "obviously",
    "def": "definitely",
    "teh": "the", "hte": "the", "adn": "and", "tryna": "try to", "mums": "mum's",
    "da": "the", "dat": "that", "dis": "this", "dem": "them", "dose": "those", "ur": "your", "n": "and", "w": "with",
    "2day": "today", "2moro": "tomorrow", "2morrow": "tomorrow", "tmrw": "tomorrow", "tmr": "tomorrow",
    "tmw": "tomorrow", "tomoz": "tomorrow", "tonite": "tonight", "2nite": "tonight", "b4": "before", "m8": "mate",
    "mins": "minutes", "secs": "seconds", "thru": "through", "abit": "a bit", "alot": "a lot", "kinda": "kind of",
    "sorta": "sort of", "prolly": "probably", "lmk": "let me know", "hmu": "call me", "gr8": "great", "yea": "yes",
    "yh": "yes", "mhm": "yes", "uh-huh": "yes", "nuh-uh": "no", "ima": "i will", "whatcha": "what are you",
    "whaddya": "what do you", "betcha": "i bet you", "coulda": "could have", "shoulda": "should have",
    "oclock": "o'clock", "ppl": "people", "bday": "birthday", "fav": "favourite", "tv": "television",
    "cuppa": "cup of tea", "clockwise.": "clockwise", "aswell": "as well", "noonish": "noon", "lemmie": "let me",
    "hafta": "have to", "whereabouts": "where", "ta": "thanks", "howdy": "hello", "oughta": "ought to",
    "needa": "need to", "shouldve": "should have", "ma'am": "madam", "dinner's": "dinner is",
    **{f"{word}'s": f"{word} is" for word in (
        "whichever", "whatever", "everything", "nothing", "something", "someone", "somebody", "nobody", "everyone",
        "either")},
    "a.m": "am", "p.m": "pm", "y'all": "you all", "yall": "you all",
}  # fmt: skip
_AMBIGUOUS = frozenset(("he'll", "she'll", "we'll", "we're", "we'd", "he'd", "she'd", "'em", "i'd", "ma'am"))
_CONTRACTIONS |= {short.replace("'", ""): full for short, full in _CONTRACTIONS.items()
                  if "'" in short and short not in _AMBIGUOUS}  # fmt: skip
_BEFORE_ILL = frozenset(("is", "are", "am", "was", "were", "be", "been", "feel", "feels", "feeling", "felt", "fell",
                         "very", "so", "too", "really"))  # fmt: skip
_ISH = re.compile(r"(\d{1,2}|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|noon)-?ish")
_HOURS_H = re.compile(r"\b(\d{1,2})h(\d\d)?\b")  # 18h30
_FOUR_DIGITS = re.compile(r"\b(at|by|around|before) ([01]\d|2[0-3])([0-5]\d)(?: hours| hrs)?\b")
_SAME_AS = {
    "pretty please": "please",
    "oh dear": "oh no",
    "for now": "this time",
    "just right": "perfect",
    "all right": "okay",
    "every couple of": "every two",
    **{f"{word} yes": f"{word} you" for word in ("would", "could", "can", "will", "do", "did", "are", "see", "thank")},
}
_SAME = re.compile(rf"\b(?:{'|'.join(_SAME_AS)})\b")
_RUNS = re.compile(r"([a-z])\1{2,}")
_TOKEN = re.compile(r"\d+(?:[.:]\d+)+(?:am|pm)?|[a-z0-9'äöüßéèêàçñ]+(?:-[a-z0-9']+)*%?|[.,;!?…\n–—]")
_SENTENCE_END = frozenset(".;!?…\n")
_MERIDIEM = re.compile(r"\b([ap])\. ?m\b\.?")  # "7 p.m." ends no sentence

_HESITATION = re.compile(r"u+m+|u+h+|e+rm?|hm+|m+|eh")
_FILLER_WORDS = (
    "please|um+|uh+|erm?|hm+|well|okay|hey|hi|hello|robot|hey robot|bot|buddy|mate|dude|oh|ah+|so|and|but|then|just|"
    "now|"
    "actually robot|bro|lol|omg|sweetie|honey|dear|darling|let us see|let me see|chill|you know what|kindly|oi|yo|"
    "listen|look|like|coach|all right|right then|dear|honey|yes|my friend|also|next(?! to )"
)
_REQUESTS = (
    "can you|could you|would you|will you|can you please|would you mind|i want you to|i would like you to|"
    "i need you to|"
    "you should|you can|you need to|you have to|you must|you may|go ahead and|try to|make sure to|make sure you|"
    "be so kind to|let us|we should|i would like to|do me a favor and|do me a favour and|i said|i say|i told you to|"
    "go and|come and|it is time to|time to|you had better|you better|remember to|do not forget to|you could|you "
    "might|"
    "are you able to|how about you|why do not you|i ask you to|i order you to|next thing|first|finally|after that|"
    "afterwards"
)
_FIRST = "|".join(sorted(f"{_FILLER_WORDS}|{_REQUESTS}|,".split("|"), key=len, reverse=True))
_BEFORE = re.compile(rf"(?:(?:{_FIRST}) )+")
_AFTER = re.compile(
    r"(?: (?:,|please|now|robot|for me|thanks|thank you|will you|would you|okay|right now|buddy|mate|right away|"
    r"if you can|if you could|if you would|if you do not mind|if possible|then|um+|uh+|real quick|and|"
    r"as soon as possible|immediately|could you|can you|dude|man|bro|obviously|obvs|lol|haha|sweetie|mister|sir|pal|"
    r"then please|of course|love|darling|dear|honey|cheers|for us|pal|"
    r"thank you very much|thanks a lot|would you mind|will you please|would you please|if that is okay|"
    r"when you get a chance|when you have time|when you have a (?:moment|minute|second)|too please|first please))+$"
)


def sentences(text: str) -> list[str]:
    """The sentences of an utterance, in plain form: `"Don't stop, robot!"` → `["do not stop , robot"]`."""
    plain = unicodedata.normalize("NFKC", text).lower().replace("’", "'").replace("‘", "'")
    plain = _ISH.sub(r"\1", _MERIDIEM.sub(r"\1m", plain))
    plain = _HOURS_H.sub(lambda match: f"{match[1]}:{match[2] or '00'}", plain)
    plain = _FOUR_DIGITS.sub(r"\1 \2:\3", plain)
    found: list[list[str]] = [[]]
    for token in _TOKEN.findall(plain):
        if token in _SENTENCE_END:
            found.append([])
        elif token in ",–—":
            if found[-1] and found[-1][-1] != ",":
                found[-1].append(",")
        elif token == "ill" and found[-1] and found[-1][-1] in _BEFORE_ILL:
            found[-1].append(token)
        else:
            found[-1] += _plain_word(token).split()
    for words in found:
        _drop_hesitation(words)
    joined = (_SAME.sub(lambda match: _SAME_AS[match[0]], " ".join(words)).strip(" ,") for words in found)
    return [s for s in joined if s]


def _drop_hesitation(words: list[str]) -> None:
    """Take out `um` and the commas around it, unless nothing else was said."""
    for index in reversed(range(len(words))):
        a_length = index > 0 and words[index] in ("mm", "m") and words[index - 1][0].isdigit()
        if not a_length and _HESITATION.fullmatch(words[index]) and len(words) > 1:
            start = index - 1 if index and words[index - 1] == "," else index
            stop = index + 2 if words[index + 1 : index + 2] == [","] else index + 1
            words[start:stop] = []


def strip_fillers(clause: str) -> str:
    """Without politeness and hesitation around it; what is nothing else stays as it is."""
    before = _BEFORE.match(f"{clause} ")
    rest = clause[before.end() :] if before else clause
    rest = _AFTER.sub("", rest).strip(" ,")
    return rest or clause


def is_filler(clause: str) -> bool:
    """Whether nothing is said but politeness, hesitation or the beginning of a request."""
    return _BEFORE.fullmatch(f"{clause} ") is not None


def _plain_word(token: str) -> str:
    word = _RUNS.sub(r"\1", token) if _RUNS.search(token) else token
    if word != token and word in ("god", "of", "to", "wel", "al"):  # goood, offf, tooo, welll, alll
        word = _RUNS.sub(r"\1\1", token)
    if word in _CONTRACTIONS:
        return _CONTRACTIONS[word]
    word = (
        word.strip("'").removesuffix("'s") if word.endswith("'s") and word[:-2] in ("robot", "let") else word.strip("'")
    )
    if re.fullmatch(r"[a-z]{2,}(?:-[a-z]+)+", word):
        return word.replace("-", " ")
    return word
