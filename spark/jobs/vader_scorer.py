"""VADER's scores, the same to the last bit as vaderSentiment's, for a fraction of its time.

Lexicon, emoji, boosters, negations, idioms and constants are the installed library's; only the way through
a text is ours. A text is split once, what a token means is remembered, and only words of the lexicon are
looked at with the three words before them: every other word adds nothing. The library's quirks are part of
its scores and are kept; tests/unit/jobs/test_vader_scorer.py compares with the library.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain
from string import punctuation

from vaderSentiment.vaderSentiment import BOOSTER_DICT, C_INCR, N_SCALAR, NEGATE, SPECIAL_CASES, normalize
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer as Vader

# Words follow Zipf's law: a vocabulary is learned again soon after the memo was emptied. Tokens longer than a
# word, such as a sentence in Chinese, hardly return.
_TOKENS_KEPT = 50_000
_LONGEST_KEPT = 40


@dataclass(slots=True, frozen=True)
class _Word:
    """What a token is to VADER: its text in lower case ("" where nothing depends on it), and what it does.

    `valence` is the lexicon's, None for other words; `scalar` a booster's, 0.0 for others. `idiom` is true of
    words that tell an idiom, `alters` of those that can alter their own valence or that of a word up to three
    places later, and `counts` of those that must be looked at.
    """

    text: str = ""
    upper: bool = False
    valence: float | None = None
    scalar: float = 0.0
    negates: bool = False
    idiom: bool = False
    alters: bool = False
    counts: bool = False


_IDIOM_WORDS = frozenset(
    word for phrase in (*SPECIAL_CASES, *BOOSTER_DICT) if " " in phrase for word in phrase.split()
)
# Each idiom has a word other than these, and these are not in the lexicon: text is full of them.
_FILLERS = frozenset({"the", "of", "to", "for"})
_SO = frozenset({"so", "this"})
_ALTERING = frozenset({"no", "this", "least"})
_COMPARED = frozenset({"or", "nor", "at", "but", "doubt"})  # with the above all that the rules name

_analyzer = Vader()
_lexicon: dict[str, float] = _analyzer.lexicon
# Text is split after names are in their places, so one blank more than the library's makes no difference.
_names: dict[str, str] = {emoji: f" {name}" for emoji, name in _analyzer.emojis.items() if len(emoji) == 1}
# re looks up a set of characters below U+10000 at once, but tries those above one by one: they are a range.
_low = "".join(emoji for emoji in _names if ord(emoji) < 0x10000)
_high = min(emoji for emoji in _names if ord(emoji) >= 0x10000)
_PERHAPS_EMOJI = re.compile(f"[{_low}{_high}-{max(_names)}]")


def _both_cases(text: str) -> tuple[_Word, _Word]:
    """Return the word of a lower-case text as it is when not in capitals, and when in capitals."""
    valence, scalar = _lexicon.get(text), BOOSTER_DICT.get(text, 0.0)
    negates = text in NEGATE or "n't" in text
    idiom = text in _IDIOM_WORDS - _FILLERS
    alters = idiom or negates or scalar != 0.0 or text in _ALTERING
    counts = valence is not None or text == "but"
    rest = (valence, scalar, negates, idiom, alters, counts)
    return _Word(text, False, *rest), _Word(text, True, *rest)


_KNOWN = {
    text: _both_cases(text)
    for text in chain(_lexicon, BOOSTER_DICT, NEGATE, _IDIOM_WORDS, _ALTERING, _COMPARED)
}
_CONTRACTED = _both_cases("n't")
_PLAIN = _both_cases("")
# No rule looks further than the text's first word, just as none looks through a word of the lexicon.
_BEFORE = (_Word(upper=True, valence=0.0),) * 3
_AFTER = (_Word(upper=True),) * 2


class _Memo(dict[str, _Word]):
    """The words of the tokens met so far, each read when it is first asked for."""

    def __missing__(self, token: str) -> _Word:
        bare = token.strip(punctuation)
        text = bare if len(bare) > 2 else token  # otherwise perhaps an emoticon
        lower = text.lower()
        word = _KNOWN.get(lower, _CONTRACTED if "n't" in lower else _PLAIN)[text.isupper()]
        if len(token) <= _LONGEST_KEPT:
            if len(self) >= _TOKENS_KEPT:
                self.clear()
            self[token] = word
        return word


_memo = _Memo()
_word_of = _memo.__getitem__


def _named(text: str) -> str:
    if text.isascii():
        return text
    return _PERHAPS_EMOJI.sub(lambda found: _names.get(found[0], found[0]), text)


def _words(text: str) -> list[_Word]:
    return [*_BEFORE, *map(_word_of, text.split()), *_AFTER]


def _louder(word: _Word, words: list[_Word]) -> bool:
    """Tell whether a word in capitals stands out: not if all are."""
    return word.upper and not all(other.upper for other in words)


def _boost(booster: _Word, valence: float, words: list[_Word]) -> float:
    scalar = -booster.scalar if valence < 0 else booster.scalar
    if booster.upper and _louder(booster, words):
        scalar += C_INCR if valence > 0 else -C_INCR
    return scalar


def _idioms(valence: float, words: list[_Word], i: int) -> float:
    """Return the valence of words[i] given the idioms it is in or that end before it."""
    a, b, c, word, d, e = (near.text for near in words[i - 3 : i + 3])
    before = (f"{a} {b} {c}", f"{a} {b}", f"{b} {c}")
    for phrase in (f"{c} {word}", f"{b} {c} {word}", before[2], before[0], before[1]):
        if phrase in SPECIAL_CASES:
            valence = SPECIAL_CASES[phrase]
            break
    for phrase in (f"{word} {d}", f"{word} {d} {e}"):
        valence = SPECIAL_CASES.get(phrase, valence)
    for phrase in before:
        valence += BOOSTER_DICT.get(phrase, 0)
    return valence


def _altered(words: list[_Word], i: int) -> float:
    """Return the valence of words[i], a word of the lexicon, as the words around it make it."""
    third, second, first, word = words[i - 3 : i + 1]
    following = words[i + 1]
    if word.text == "kind" and following.text == "of":
        return 0.0
    valence = own = word.valence or 0.0
    if word.text == "no" and following.valence is not None:
        valence = 0.0
    if "no" in (first.text, second.text) or (third.text == "no" and first.text in ("or", "nor")):
        valence = own * N_SCALAR
    if word.upper and _louder(word, words):
        valence += C_INCR if valence > 0 else -C_INCR
    if first.valence is None:
        if first.scalar:
            valence += _boost(first, valence, words)
        if first.negates:
            valence *= N_SCALAR
    if second.valence is None:
        if second.scalar:
            valence += _boost(second, valence, words) * 0.95
        if second.text == "never" and first.text in _SO:
            valence *= 1.25
        elif second.negates and not (second.text == "without" and first.text == "doubt"):
            valence *= N_SCALAR
    if third.valence is None:
        if third.scalar:
            valence += _boost(third, valence, words) * 0.9
        # "so" and "this" right before the word count without any "never", too.
        if first.text in _SO or (third.text == "never" and second.text in _SO):
            valence *= 1.25
        elif third.negates and not (third.text == "without" and "doubt" in (first.text, second.text)):
            valence *= N_SCALAR
        if first.idiom or second.idiom or third.idiom or word.idiom:
            valence = _idioms(valence, words, i)
    if first.text == "least" and second.text not in ("at", "very"):
        valence *= N_SCALAR
    return valence


def _valences(words: list[_Word]) -> list[float]:
    """Return the valences, in order, of the words that have one; all others' are 0."""
    valences: list[float] = []
    places: list[int] = []
    but = 0
    for i, word in enumerate(words):
        if word.counts:
            valence = word.valence
            if valence is None:
                but = but or i
                continue
            if word.alters or words[i - 1].alters or words[i - 2].alters or words[i - 3].alters:
                valence = _altered(words, i)
            elif word.upper and _louder(word, words):
                valence += C_INCR if valence > 0 else -C_INCR
            valences.append(valence)
            places.append(i)
    if but:  # what is said before it is halved, what is said after it stronger
        for valence in valences:
            # Of equal valences the first changes each time, wherever it stands, as in the library.
            first = valences.index(valence)
            valences[first] = valence * (0.5 if places[first] < but else 1.5)
    return valences


def _emphasis(text: str) -> float:
    questions = text.count("?")
    asked = 0.0 if questions < 2 else questions * 0.18 if questions <= 3 else 0.96
    return min(text.count("!"), 4) * 0.292 + asked


def _overall(valences: Iterable[float], emphasis: float) -> float:
    total = float(sum(valences))
    total += emphasis if total > 0 else -emphasis if total < 0 else 0.0
    return round(float(normalize(total)), 4)


def compound(text: str) -> float:
    """Return polarity_scores(text)["compound"], for less than all four."""
    text = _named(text)
    valences = _valences(_words(text))
    return _overall(valences, _emphasis(text)) if valences else 0.0


def polarity_scores(text: str) -> dict[str, float]:
    """Return VADER's neg, neu and pos (3 decimals, in [0, 1]) and compound (4 decimals, in [-1, 1])."""
    text = _named(text)
    words = _words(text)
    count = len(words) - len(_BEFORE) - len(_AFTER)
    if not count:
        return {"neg": 0.0, "neu": 0.0, "pos": 0.0, "compound": 0.0}
    valences, emphasis = _valences(words), _emphasis(text)
    positive = negative = 0.0
    for valence in valences:  # not sum(), which since Python 3.12 rounds differently
        if valence > 0:
            positive += valence + 1
        elif valence < 0:
            negative -= valence - 1
    neutral = count - sum(valence != 0 for valence in valences)
    if positive > negative:
        positive += emphasis
    elif positive < negative:
        negative += emphasis
    total = positive + negative + neutral
    shares = {"neg": negative / total, "neu": neutral / total, "pos": positive / total}
    return {name: round(share, 3) for name, share in shares.items()} | {
        "compound": _overall(valences, emphasis)
    }
