"""What holds beyond this moment: rules, facts, routines, and when the person wants to be asked or told."""

from __future__ import annotations

import re

from coach.interpreter.bans import BAN, is_ban
from coach.interpreter.items import Item, Object
from coach.interpreter.lexicon import DAY, singular
from coach.interpreter.normalise import strip_fillers
from coach.interpreter.phrases import parse_noun, parse_places, split_prepositions
from coach.interpreter.speech import PARTICIPLES, directly
from coach.interpreter.tasks import parse_task
from coach.interpreter.times import When, take_times

_RULE = re.compile(
    r"(?:from now on|in future|in the future|as a rule|in (?:this|our|my) (?:house|home|kitchen)|"
    r"remember(?: that)?|note that|keep in mind(?: that)?|"
    r"(?:please )?make it a (?:habit|rule) (?:to|that you)|(?:please )?get (?:used to|into the habit of)|"
    r"for the future|here|around here|at our place|over here|in our family|(?:the|our|my|a|one)(?: new)? rule is(?: "
    r"that)?|new rule|do not forget(?: that)?|"
    r"just so you know|for your information|please note(?: that)?|one more thing|house rule|rule|generally|normally|"
    r"usually|"
    r"it is important that you|make sure (?:to|you|that you)|, )+ "
)
_ALWAYS = re.compile(
    r"(?:you (?:should|must|can|may) )?(?P<word>always|never|do not ever|not ever|under no circumstances|do not|"
    r"must not|only|no)(?: you)? (?P<task>.+)"
)
_GOES = re.compile(r"(?P<thing>.+?) (?:(?:always|usually|should|must|all|only) )*(?P<never>(?:never|not|do not|"
                   r"does not|must not|should not|can not|may not) )?"
                   r"(?:be (?:put|placed|stored|kept) |gets? put |are (?:kept|stored|put) |is (?:kept|stored|put) |"
                   r"(?:have|has|need|needs|ought) to (?:go|be) |(?:be|stays?|stands?) (?=(?:in|on|inside|at|by|near|"
                   r"under|next to) )|"
                   r"go(?:es)? |belongs? |live[s]? )(?P<where>(?:in|on|into|onto|under|next to|at|by|near|behind|"
                   r"beside|above|below|"
                   r"inside) .+)")  # fmt: skip
_USE_FOR = re.compile(r"(?P<never>(?:never|do not) )?(?:always |only )?use (?P<thing>.+?) (?:for|on|to) (?P<use>.+)")
_CONDITIONAL = re.compile(
    r"(?:if|when|whenever|once|as soon as|every time|before|after|while|until) .+ .+|(?:stop|pause|wait) (?:if|"
    r"when|whenever|once|after|as soon as|at) .+"
)
_AT_THE_END = re.compile(r"^(.+?) ,? ?(?:always|every time|from now on|in future|in the future)$")
NOW = re.compile(
    r",? ?\b(?:(?:just |only )?for (?:now|today|this once)(?: only)?|(?:just|only) today|(?:only |just )?this time|"
    r"just this once|just once|today "
    r"only|"
    r"(?:only )?this once)\b,? ?"
)
_CHECKIN = re.compile(
    r"(?:always )?(?:ask|check with|check in with|tell|warn|call|alert|notify|inform|show|remind|remember|wake) "
    r"(?:me|us|(?<=remind )(?:him|her|them|everyone|everybody|(?:my|our|the) [a-z]+(?: and [a-z]+)?|[a-z]+(?= to ))|"
    r"with me)(?: first| again)? ?(?P<when>(?:before|when|if|once|as soon as|after|whenever|every|at|in|to|about|"
    r"that|first|tomorrow|tonight|on|how|what|whether|for|up|for|please) ?.*|)|"
    r"(?:give|send|make) (?:me|us) (?:a |an |your )?(?:short |quick |weekly |daily |little )?(?:report|update|"
    r"summary|reminder|overview|heads up|call).*|"
    r"(?:always )?(?:ask|check) (?P<when2>(?:first|before|in|back|with me|again|in every|every) ?.*)|"
    r"let me know ?(?P<when3>.*)|report (?P<when4>.*)|report|keep me (?:posted|updated|informed|"
    r"in the loop)(?: .*)?|check in(?: .*)?|do not (?:start|begin|do anything|move) (?:until|before|"
    r"without) (?:i|asking|you have) .*"
)
MORE_TIME = re.compile(rf"\b(?:every|each|daily|weekly|monthly|on {DAY}s?)\b")
_ABOUT = re.compile(r" about (?:the |my |our )?(?P<what>[a-z ]{2,40}?)$")
_ACTIVITY = re.compile(r"(?:(?:have|so|you have|there is|serve|we want|i want|i would like|would like|would love|"
    r"want|schedule|plan|is|the|do|my|our) )*(?P<what>dinner|"
                       r"lunch|breakfast|supper|laundry|dishes|cleaning|tea|coffee|bins?|shopping|bath|bedtime|"
                       r"trash|garbage|washing|brunch|tea|snacks?|vacuuming|hoovering|dusting|ironing|mopping|"
                       r"sweeping|cooking|gardening|tidying|recycling)"
                       r"(?: (?:up|out))?"
                       r"(?: (?:goes out|go out|is|day|time|night|starts?|should be(?: ready)?|ready|"
                       r"done|will be))*")  # fmt: skip
_FACT = re.compile(
    r"(?:there (?:is|are|was|were|will be) .+|you (?:will |can )?find .+|someone .+|somebody .+|nobody .+|everyone "
    r".+|(?:the|my|our|these|those|all|your) [a-z ]{1,20}s (?:sleep|sit|play|stay|live|smell|leak|stand|hang|lie|"
    r"work|come|get|arrive)\b.*|(?:i|we|he|she|they) (?:will|am going to|are going to|is going to|plan to|might|may) "
    r".+|you (?:are (?:in charge|responsible|supposed)|take care|look after|handle|run|manage|do) .+)|(?:my|our|the|"
    r"this|that|these|those|it|he|she|they|there|i|we|you|his|her|all|a|an|dad|mum|mom|grandma|"
    r"guests?|[a-z]+(?:s)?)\b.{0,60}?"
    r"\b(?:is|are|was|were|am|has|have|like|likes|love|loves|hate|hates|prefer|prefers|live|lives|belongs?|"
    r"(?:(?:do|does|did) )?not (?:have|own|like|need|want|know|eat|drink|live|work|sleep|come)|"
    r"smells|looks|tastes|sounds|feels|sleeps|sits|stands|lies|hangs|plays|works|takes|makes|keeps|stays|hates|runs|"
    r"rings|"
    r"does|wakes|leaves|arrives|opens|closes|starts|ends|begins|finishes|stops|leaks|got|had|went|came|said|told|"
    r"took|bought|"
    r"sold|left (?:the|my|a|on|in|at|home|early|work)|died|slept|ate|drank|cleaned|cooked|washed|broke|made|built|"
    r"gave|brought|"
    r"found (?:the|my|a)|lost (?:the|my|a)|"
    r"visits|calls|goes|gets|hurts|costs|wears|speaks|knows|thinks|shares|should be|can be|may be|might be|"
    r"(?<=we )(?:sleep|sit|play|work|take|make|keep|stay|run|get|go|share|call|visit|leave|start|finish|cook|buy|"
    r"wash)|"
    r"(?<=they )(?:sleep|sit|play|work|take|make|keep|stay|run|get|go|share|call|visit|leave|start|finish|cook|buy|"
    r"wash)|"
    r"(?<=i )(?:sleep|sit|play|work|take|make|keep|stay|run|get|go|share|call|visit|leave|start|finish|cook|buy|wash|"
    r"wear)|"
    r"called|named|need|needs|want|wants|own|owns|eat|eats|drink|drinks|"
    r"fell|broke|moved|keeps|bought|comes?|coming|stopped|can not|will be|use|uses)\b.*"
)
_SUBJECT = re.compile(
    r"(?P<subject>.+?) (?:is|are|was|were|has|have|belongs?|lives?|goes|go|fell|broke|will be|comes?|stopped|"
    r"needs?|can not)\b"
)


_TELL_NOW = re.compile(r"(?:remind|tell|show) (?:me|us) (?:what|where|why|how|who|which)\b")


def topic_of(words: str) -> str:
    """`the groceries` → `grocery`: names are singular."""
    *before, last = words.removeprefix("the ").split()
    return " ".join([*before, singular(last)])


def parse_checkin(clause: str) -> Item | None:
    """When the person wants to be asked or told."""
    if not _CHECKIN.fullmatch(clause) and not _CHECKIN.fullmatch(strip_fillers(take_times(clause).rest)):
        return None
    when = take_times(clause)
    if "," in when.rest and MORE_TIME.search(when.rest):
        return None  # two wishes in one
    if _TELL_NOW.match(clause) and not (when.rrule or when.time or when.date):
        return None  # "remind me what you are doing" asks now
    topic = _ABOUT.search(when.rest)
    return Item(kind="checkin", rrule=when.rrule, time=when.time, date=when.date, until=when.until,
                except_=when.except_, about=topic_of(topic["what"]) if topic else "", text=clause)  # fmt: skip


_DONE = re.compile(
    rf"^(?:(?:i |we )?(?:want|need|would like|would love|like) )?(?P<what>(?:the|my|our|all the) [a-z "
    rf"]+?) (?:should be |must be |needs? to be |"
    rf"(?:is|are) to be |(?:gets?|be|is|are) )?(?P<how>{'|'.join(PARTICIPLES)})$"
)
_CARRYING = ("other", "hand_over", "bring", "pick_up", "put")  # "have dinner ready" is no errand
_NOMINAL = {"laundry": "laundry", "washing": "laundry", "cleaning": "clean", "vacuuming": "clean", "hoovering": "clean",
            "dusting": "clean", "sweeping": "clean", "tidying": "clean", "mopping": "wipe",
            "cooking": "cook"}  # fmt: skip


_MOVED = re.compile(  # "push dinner back to eight tonight"
    r"(?:push|move|shift|bring|pull|put|reschedule|postpone|delay|change|switch)(?: back| off| forward| up)? (?:the |"
    r"our |"
    r"my )?(?P<what>[a-z]+)(?: (?:back|forward|off|up|ahead|on))? (?:to|until|till|for) (?P<when>.+)"
)
_WEEKDAY = re.compile(rf"(?:next |this )?{DAY}$|next week$")
_EXCLUDE = re.compile(
    rf"(?:exclude|remove|drop|take) (?P<day>{DAY}s?) (?:from|"
    r"out of|off) (?:the )?(?P<what>.+)"
)
_FORBIDS = re.compile(r"(?:never|do not|you (?:must|should|may|can) not) (?!do )")


def activity_of(words: str) -> bool:
    """Whether what is left out is a chore or a task that the rules know."""
    plain = re.sub(r"^(?:skip|leave out|drop|cancel) (?:the )?", "", words)
    return is_activity(plain) or parse_task(plain) is not None


def is_activity(words: str) -> bool:
    """Whether the words name a chore or a meal alone: `the bins go out`."""
    return _ACTIVITY.fullmatch(words) is not None


def _moved(clause: str) -> str:
    """`push dinner back to half past eight tonight` → `dinner at half past eight tonight`."""
    match = _MOVED.fullmatch(clause)
    if match is None or not is_activity(match["what"]):
        return clause
    to_day = _WEEKDAY.match(match["when"]) or match["when"].startswith(("tomorrow", "tonight", "today"))
    return f"{match['what']} {'on' if to_day else 'at'} {match['when']}".replace("on to", "to")


def parse_routine(clause: str) -> Item | None:
    """A standing or timed instruction: `laundry on Tuesdays`, `dinner at 6`."""
    clause = _moved(clause)
    when = take_times(clause)
    if not (when.rrule or when.time or when.date or _EXCLUDE.fullmatch(clause)) or (
        when.rrule and _FORBIDS.match(clause)
    ):
        return None
    if " and " in when.rest and MORE_TIME.search(when.rest):
        return None  # two of them in one breath
    rest = directly(re.sub(r"^(?:always|remember to|we|i|also|please|then|and|there should be|have) ", "", when.rest))
    rest = _DONE.sub(lambda done: f"{PARTICIPLES[done['how']]} {done['what']}", rest)
    rest = re.sub(r" for (?:me|us|anyone)$", "", rest)
    if re.match(r"(?:skip|leave out|drop|cancel) (?:the )?[a-z ]+$", rest) and when.date and not activity_of(rest):
        return _routine(
            when._replace(date="", except_=when.date),
            about=topic_of(
                re.sub(
                    r"^(?:skip|leave out|drop|"
                    r"cancel) (?:the )?",
                    "",
                    rest,
                )
            ),
        )
    excluded = _EXCLUDE.fullmatch(clause)
    if excluded:
        rest, when = f"skip {excluded['what']}", take_times(f"on {excluded['day']}")
    left_out = r"^do not (?:do )?" if when.date or when.except_ else r"^do not do "
    skipped = re.sub(left_out, "", rest)
    skipped = re.sub(
        r"^(?:skip|no|leave out|drop|cancel|without|forget|omit|there is no|not|no need to|no need for) (?:the |"
        r"our |any )?",
        "",
        skipped,
    )
    if skipped != rest:  # the routine stays, one day falls out
        rest, when = skipped, when._replace(date="", except_=when.date or when.except_)
    if skipped != rest or (when.except_ and not when.rrule):
        rest = _leading_activity(rest)
    if rest in ("only", "just", "maybe", "probably"):
        return None
    activity = _ACTIVITY.fullmatch(rest)
    tasks = parse_task(rest) if rest else None
    if tasks and tasks[0].kind == "task" and not (activity and tasks[0].verb in _CARRYING):
        return _routine(when, verb=tasks[0].verb, thing=tasks[0].object, place=tasks[0].place, text=tasks[0].text)
    if activity:
        if activity["what"] == "dishes":
            return _routine(when, verb="wash", thing=Object(name="dish"))
        verb = _NOMINAL.get(activity["what"], "")
        return _routine(when, verb=verb, about="" if verb else topic_of(activity["what"]))
    if when.rrule and rest and "," not in rest and len(rest.split()) <= 6 and not _FACT.fullmatch(rest):
        return _routine(when, about=topic_of(re.sub(r"^(?:the|my|our|some|a) ", "", rest)))
    return None


def _leading_activity(rest: str) -> str:
    """`hoovering we are away` → `hoovering`: what is left out comes first, then why."""
    words = rest.split()
    for count in range(len(words), 0, -1):
        if activity_of(" ".join(words[:count])):
            return " ".join(words[:count])
    return rest


def _routine(
    when: When, verb: str = "", thing: Object | None = None, place: str = "", about: str = "", text: str = ""
) -> Item:
    return Item(kind="routine", verb=verb, object=thing, place=place, rrule=when.rrule, time=when.time, date=when.date,
                until=when.until, except_=when.except_, about=about, text=text)  # fmt: skip


_WHERE = re.compile(
    r"(?P<thing>(?:[a-z]+ ){0,2}[a-z]+s) (?P<where>(?:in|into|on|onto) .+)"
)  # "the rule is plates in the rack"
_ALWAYS_THERE = re.compile(
    r"(?P<thing>(?:the |my |our )?(?:[a-z]+ ){0,2}[a-z]+s) always (?P<where>(?:in|into|on|onto|under|next to) .+)|"
    r"(?P<thing2>(?:the |my |our )?(?:[a-z]+ )?[a-z]+s) (?:we|i) (?:always )?(?:put|keep|place|store|leave) "
    r"(?:always )?(?P<where2>(?:in|into|on|onto|under|next to) .+)"
)
_STATE = re.compile(
    r"(?:always |please )?keep (?:the|my|our|your|all the) .+ (?:clear|clean|tidy|dry|closed|shut|"
    r"open|locked|empty|cold|warm|quiet|dark)"
)
_KEEP = re.compile(
    r"(?:always |please |we (?:always )?|i (?:always )?|you (?:should|must) )?(?P<never>never |do not )?keep "
    r"(?P<thing>.+?) (?P<out>out of|off|away from|in|on|inside|under|"
    r"next to) (?P<place>.+)"
)


def _kept(body: str, scope: str, clause: str) -> Item | None:
    """`keep the knives out of the dishwasher`, `we keep the towels in the basket`."""
    match = _KEEP.fullmatch(body)
    if match is None or match["thing"].split()[0] in ("going", "moving", "on", "it", "me", "an", "quiet", "still"):
        return None
    when = take_times(match["place"])
    noun, place = parse_noun(match["thing"]), parse_places([("in", when.rest)]).target
    if noun is None or noun.object is None or not place:
        return None
    apart = (match["out"] in ("out of", "off", "away from")) != bool(match["never"])
    return Item(kind="rule", object=noun.object, place="" if apart else place, instead_of=place if apart else "",
                scope=scope, except_=when.except_, text=clause)  # fmt: skip


def parse_rule(clause: str) -> Item | None:
    """A rule of this home: what always or never is done, and where things belong."""
    prefix = _RULE.match(clause)
    body = clause[prefix.end() :] if prefix else clause
    scope = "now" if NOW.search(body) else "home"
    body = NOW.sub(" ", body).strip(" ,")
    body = _AT_THE_END.sub(r"always \1", body)
    no_in = BAN.fullmatch(body)
    if no_in and is_ban(body):
        return _placed(no_in["thing"], no_in["where"], True, scope, clause)
    use = _USE_FOR.fullmatch(body)
    if use:
        thing = parse_noun(use["thing"])
        return Item(
            kind="rule", object=thing.object if thing else None, scope=scope, about=topic_of(use["use"]), text=clause
        )
    always = _ALWAYS_THERE.fullmatch(body)
    if always:
        return _placed(always["thing"] or always["thing2"], always["where"] or always["where2"], False, scope, clause)
    if _STATE.fullmatch(body):
        return Item(kind="rule", scope=scope, text=clause)
    kept = _kept(body, scope, clause)
    if kept:
        return kept
    body = re.sub(r"^we (?=always|never|only|do not (?!have\b|own\b|like\b|need\b|want\b|know\b))", "", body)
    always = _ALWAYS.fullmatch(body)
    if always:
        return _from_task(always["task"], always["word"] not in ("always", "only"), scope, clause)
    goes = _GOES.fullmatch(body)
    if goes and goes["thing"] not in ("it", "that", "this", "they", "he", "she", "i", "we", "you", "them"):
        return _placed(goes["thing"], goes["where"], bool(goes["never"]), scope, clause)
    if prefix and not parse_task(body) and (where := _WHERE.fullmatch(body)):
        return _placed(where["thing"], where["where"], False, scope, clause)
    if _CONDITIONAL.fullmatch(body):
        return Item(kind="rule", scope=scope, text=clause)
    if prefix and prefix[0].strip() != "here":
        tasks = parse_task(body)
        if tasks:
            return _from_task(body, False, scope, clause)
        if not _FACT.fullmatch(body):
            return Item(kind="rule", scope=scope, text=clause)
    return None


def _from_task(words: str, forbidden: bool, scope: str, clause: str) -> Item | None:
    when = take_times(words)
    words = when.rest if when.except_ else words
    words = re.sub(
        r" (?:(?:before|after|while|when) (?:[a-z]+ing\b|you|we|i\b|breakfast|lunch|dinner).*|at night|"
        r"overnight)$",
        "",
        words,
    )
    tasks = parse_task(words)
    if not tasks:
        if re.search(r" , | and (?!(?:the|a|my|our) )", words):
            return None  # two sentences in one
        if forbidden and clause.split()[0] in ("do", "no"):
            return None
        return Item(kind="rule", scope=scope, except_=when.except_, text=clause)
    task = tasks[0]
    place, unwanted = ("", task.place) if forbidden else (task.place, "")
    return Item(kind="rule", verb=task.verb, object=task.object, place=place, instead_of=unwanted, scope=scope,
                except_=when.except_, text=clause)  # fmt: skip


def _placed(thing: str, where: str, forbidden: bool, scope: str, clause: str) -> Item | None:
    where, _, apart = re.sub(r"(?: ,)? (?:and |but )?(?:not|never) (?=(?:in|on|into|onto) )", " ~ ", where).partition(
        " ~ "
    )
    when = take_times(where)
    where = when.rest if when.except_ else where
    where = re.sub(
        r" (?:overnight|at night|during the (?:day|night)|at all|ever|of course|though|any more|anymore|"
        r"instead)$",
        "",
        where,
    )
    if re.search(r" , | and (?=.* (?:is|are|goes|go|at|belongs?|in|on|into) )", where):
        return None  # two sentences in one
    noun = parse_noun(thing)
    place = parse_places(split_prepositions(where)[1]).target
    if noun is None or not place:
        return None
    unwanted = parse_places(split_prepositions(apart)[1]).target if apart else ""
    return Item(kind="rule", object=noun.object, place="" if forbidden else place,
        instead_of=place if forbidden else unwanted,
                scope=scope, except_=when.except_, text=clause)  # fmt: skip


def parse_fact(clause: str) -> Item | None:
    """A statement about this home or its people."""
    prefix = _RULE.match(clause)
    body = clause[prefix.end() :] if prefix else clause
    if not _FACT.fullmatch(body):
        return None
    subject = _SUBJECT.match(body)
    about = ""
    if subject:
        noun = parse_noun(split_prepositions(subject["subject"])[0])
        about = " ".join(filter(None, (noun.object.color, noun.object.name))) if noun and noun.object else ""
    when = take_times(body)
    return Item(
        kind="fact", rrule=when.rrule, time=when.time, date=when.date, until=when.until, about=about, text=clause
    )
