"""Days, months, feasts and ordinals as they are said, for the patterns of times."""

from __future__ import annotations

from coach.interpreter.lexicon import split_words

DAYS = {
    "monday": "MO",
    "tuesday": "TU",
    "wednesday": "WE",
    "thursday": "TH",
    "friday": "FR",
    "saturday": "SA",
    "sunday": "SU",
}
ORDINALS = {"first": "1", "second": "2", "third": "3", "fourth": "4", "last": "-1"}
MONTHS = {name: number for number, name in enumerate(split_words(
    "january february march april may june july august september october november december"), 1)}  # fmt: skip
MONTH = "|".join(MONTHS)
NTH_WORDS = {word: number for number, word in enumerate(split_words(
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth "
    "fifteenth sixteenth seventeenth eighteenth nineteenth twentieth"), 1)} | {
    f"twenty {word}": 20 + number for number, word in enumerate(split_words(
    "first second third fourth fifth sixth seventh eighth ninth"), 1)} | {
    "thirtieth": 30, "thirty first": 31}  # fmt: skip
YEAR = r"(?:19|20)\d\d"
CALENDAR_DAY = (
    rf"(?:(?:{MONTH}) (?:the )?\d{{1,2}}(?:st|nd|rd|th)?|(?:the )?\d{{1,2}}(?:st|nd|rd|th)? (?:of )?(?:{MONTH}))\b"
    rf"(?:(?: ,)?(?: in)? {YEAR}\b)?|\d{{1,2}}\.\d{{1,2}}\.{YEAR}"
)
FEASTS = r"christmas(?: eve| day)?|new year(?:'?s)?(?: eve| day)?|easter(?: sunday| monday)?"
