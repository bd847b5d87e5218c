"""What steers the work as a whole: pause, resume, undo, restart, takeover, praise, chatter, answers."""

from __future__ import annotations

import re

import msgspec

from coach.interpreter.items import Item, Kind

_MOMENT = r"(?:a|one|just a|half a|just one|another) (?:second|sec|moment|minute|tick|bit|while|mo)"
_TAIL = (
    r"(?: (?:robot|a lot|so much|very much|again|for (?:that|this|it|everything|helping|the help)|everyone|you|all|"
    r"buddy|mate|friend|on that|with that|there|today|this time))*"
)
_CONTROLS: tuple[tuple[Kind, str], ...] = (
    ("pause", rf"pause(?: it| that| there| now| the (?:task|robot|arms?)| for (?:{_MOMENT}|\w+ (?:seconds?|"
              rf"minutes?)))?|"
              rf"(?:wait|hold on|hang on|hold|stop|halt)(?: up| there| right there)?(?: for)? {_MOMENT}|"
              rf"wait(?: up| there| here| for me| a bit)+|hold(?: on| up| there)?(?: wait| on)*|"
              rf"hang on|{_MOMENT}|give me {_MOMENT}|not (?:yet|now|so soon)|take (?:a break|five)|"
              rf"hold (?:that thought|your horses|position|your position)|"
              r"stay(?: there| put| here| like that)?|do not go (?:on|any further|further)(?: yet)?|let me think|"
              r"stand by|rest(?: now)?"),
    ("resume", r"resume(?: it| that| work| working| the task)?|continue(?: it| that| with (?:it|that|the task))?|"
               r"(?:go|carry|move|keep|press) on(?: with (?:it|that|what you were doing))?|keep (?:going|on going|"
               r"at it|"
               r"moving|working)|go ahead|go|go go|"
               r"proceed|unpause|as you were|do not (?:you )?(?:ever )?(?:stop|pause|wait)(?: now| there| yet|"
               r" please| keep going)?|never stop|"
               r"(?:it is )?your turn(?: again)?|(?:it is )?(?:back|over) to you|you (?:can|may|could) (?:go on|"
               r"continue|start|proceed|go ahead|carry on|keep going)(?: again| now)?|"
               r"all clear|start(?: now| moving)?|begin|get going|get (?:back )?to work|back to work|"
               r"you (?:take over|drive|do it)(?: again| now)?|"
               r"i am (?:done|finished|ready)(?: now)?|(?:i am )?letting go|release(?: the)? control|"
               r"take (?:back )?control(?: back)?|off you go|go for it|do it"),
    ("undo", r"undo(?: it| that| this| what you (?:just )?did| the last (?:one|step|thing|move|action))?|take (?:it|"
             r"that) back|put (?:it|"
             r"that|them) back"
             r"(?: where (?:it|that|they) (?:was|were|belongs?|came from)| again)?|reverse(?: that| it)?|"
             r"revert(?: it| that)?|roll (?:it |that )?back|"
             r"scratch that|strike that|(?:go )?back one step|one step back|undo undo"),
    ("restart", r"restart(?: it| that| the task)?|start (?:over|again|afresh|anew|from (?:scratch|the beginning|"
                r"the top|the start))(?: again)?|"
                r"(?:let us )?(?:try|do) (?:it|that|this)? ?(?:again|over|once more|one more time|over again)|"
                r"try again|again|once (?:more|again)|one more time|redo(?: it| that)?|"
                r"(?:go back to |back to |from )?(?:from )?(?:scratch|the (?:beginning|top|start))|begin again|"
                r"do over|another try|have another go|repeat(?: it| that)?|retry|reset(?: it)?|all over again|"
                r"(?:begin|start) again from .{1,20}"),
    ("takeover", r"(?:let|allow) me(?: to)?(?: (?:do|drive|show|take|try|handle|have|control|move|"
                 r"help)(?: .{1,40})?| (?:at )?it)?|i (?:will|want to|am going to|shall|am) (?:take|"
                 r"taking) (?:it )?over(?: now| from here| control)?|"
                 r"(?:i am )?taking over|takeover|take over|i (?:will|shall|want to) (?:do|drive|handle|move|"
                 r"steer|show|control|take) (?:it|that|this|you|them|control|the arms?)(?: .{1,40})?|"
                 r"i (?:have|got) (?:it|control|this)|(?:give|hand) me (?:the )?control(?:s)?(?: of the arms?)?|"
                 r"hand over (?:the )?controls?|manual(?: mode| control)?|my turn|"
                 r"teleop(?:eration)?|i am in control|go limp|let go of the controls?"),
    ("praise", rf"(?:that is |that was |you are |you did |what a |such a |it is |it was |i am |looks |very |"
               rf"really |so |a |quite |nice and |most )*"
               rf"(?:good|great|nice|well done|excellent|perfect|brilliant|awesome|wonderful|amazing|fantastic|"
               rf"lovely|super|superb|splendid|marvellous|terrific|"
               rf"beautiful|correct|exactly|bravo|clever|impressive|neat|cool|sweet|happy|proud of you|the best|"
               rf"a star|spot on|much better|better|right|nailed it|helpful)"
               rf"(?: (?:job|work|robot|boy|girl|one|move|catch|going|done|right|now|like that|stuff|thing|"
               rf"way to do it|effort|enough|so far|with that|helper|thank you|thanks|this time|very much))*|"
               rf"(?:thank you|thanks|cheers|many thanks|much appreciated|appreciate it){_TAIL}|"
               rf"i (?:really )?(?:like|love) (?:it|that|this|how you .{{1,40}}|you)|"
               rf"well done{_TAIL}|good job{_TAIL}|nice work{_TAIL}|way to go|you (?:did|"
               rf"got) (?:it|that)(?: right| well| perfectly)?|(?:no )?(?:that|it) is (?:fine|okay)|you rock|"
               rf"keep it up|yay|hooray|wow|"
               rf"(?:yes )?(?:exactly )?like that|(?:that is|just) (?:it|right|what i (?:wanted|meant))|"
               rf"that works{_TAIL}|(?:that|it) (?:looks|went|worked) (?:good|great|perfect|fine|well|"
               rf"perfectly)"),
    ("answer", r"(?:yes|no|sure|of course|correct|affirmative|negative|exactly|certainly|absolutely|definitely|"
               r"maybe|either|both|neither|any|whichever|"
               r"i do not (?:know|care|mind)|does not matter|doesnt matter|it does not matter|all of them|none|"
               r"none of them|not really|i think so|that one|this one|yes that one|up to you|you choose|"
               r"your choice|(?:only|just) (?:this|that|the) (?:one|time|once|week)|(?:only|just) (?:once|today|this)|"
               r"every (?:single )?(?:one|time|day|week|month|year|(?:mon|tues|wednes|thurs|fri|satur|sun)day)|"
               r"yes yes|no no|yes do|yes it is|no it is not|yes please|no thank you|no thanks|okay|fine|"
               r"all right|by all means|whatever|either one|any of them|as you like)"
               r"(?: please| thanks| thank you| of course)?"),
    ("chatter", rf"(?:good )?(?:hello|hi|hey|morning|afternoon|evening|good night|bye|goodbye|see you(?: later|"
                rf" soon| tomorrow)?|welcome|"
                rf"greetings|howdy){_TAIL}|what a (?:day|night|week|mess|life|morning)|"
                rf"(?:what )?(?:lovely|nice|terrible|bad|beautiful|awful) (?:weather|day|evening|"
                rf"morning)(?: .{{1,20}})?|"
                rf"you are (?:so |very |really )?(?:funny|silly|cute|weird|strange|crazy)|good (?:morning|afternoon|"
                rf"evening|night){_TAIL}|"
                rf"(?:i am|we are|it is|it was|he is|she is|they are) (?:so |very |just |really )?(?:tired|hungry|"
                rf"home|back|busy|bored|cold|hot|sleepy|here|funny|raining|late|early|sunny|a joke|nothing|"
                rf"upstairs|downstairs|leaving|off)(?: (?:today|now|again|from work|tonight))?|"
                rf"(?:ha(?:ha)+|lol|oh|oh no|oops|ah|hmm|um+|uh+|er+|sorry|excuse me|bless you|my goodness|"
                rf"oh dear|oh well|interesting|i see|robot|hey robot|okay robot|please|stop (?:worrying|thinking|"
                rf"crying|laughing|talking|joking|kidding|complaining|apologi[sz]ing|asking|"
                rf"listening)(?: .{{1,30}})?|nice to meet you|so|well|just kidding|i was kidding|testing|test|"
                rf"one two three|is this on)"),
)  # fmt: skip
_COMPILED = tuple((kind, re.compile(pattern)) for kind, pattern in _CONTROLS)
_UNTIL = re.compile(r" (?:until|till) (?P<until>.+)$")
_TEXT_KINDS = ("answer", "chatter")


def parse_control(clause: str) -> Item | None:
    """The control that the whole clause means, if it is one."""
    until = _UNTIL.search(clause)
    if until:
        found = parse_control(clause[: until.start()])
        return (
            msgspec.structs.replace(found, until=until["until"])
            if found and found.kind in ("pause", "resume")
            else None
        )
    for kind, pattern in _COMPILED:
        if pattern.fullmatch(clause):
            return Item(kind=kind, text=clause if kind in _TEXT_KINDS else "")
    return None
