"""Whether each intent has phrases enough, and varied enough, and shares none with another or with the evaluation."""
from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from bot.desk.phrases import Phrase, by_intent
from bot.desk.problems import Problem
from bot.desk.project import Project
from bot.desk.separation import copied, in_two_places, in_two_spellings, repeated
from bot.intents import INTENTS, TOPICS
from bot.red_flag_lexicon import Lexicon
from bot.red_flag_rules import RuleBook
from bot.text import Reader, is_stop

# A topic is asked in more ways than a service; the two kinds of refusal stand for all the rest of the world, and what
# they lack is answered from the article.
FEWEST_OF_A_TOPIC, FEWEST_OF_A_SERVICE = 80, 40
FEWEST = {"not_covered": 200, "out_of_scope": 300}
FEWEST_OF_A_RED_FLAG = 40  # for the trained layer (CONTRIBUTING.md)
# The shares of today's files reach 0.16 and 0.43. Beyond these the model learns a turn of phrase, or a length.
MOST_BEGIN_ALIKE, MOST_OF_ONE_LENGTH = 0.30, 0.60


def check_phrases(project: Project) -> Iterator[Problem]:
    """All of data/nlu and data/red_flags."""
    intents = by_intent(project.phrases)
    for intent in INTENTS:
        yield from _too_few(intent, intents.get(intent, ()), project)
        yield from _one_sided(intents.get(intent, ()))
    yield from _of_red_flags(project)
    yield from repeated(project.phrases)
    yield from in_two_places(project.phrases, project.tier_of)
    yield from copied(project.rows, project.phrases)
    if project.rules:
        yield from in_two_spellings(project.phrases, _words_of(*project.rules))
    for topic in project.topics.values():
        if topic.id in intents and topic.ask not in {phrase.text for phrase in intents[topic.id]}:
            yield Problem(
                path=intents[topic.id][0].path,
                text=f"the question that a suggestion sends is no phrase here; add a line: - {topic.ask}",
            )


def _words_of(book: RuleBook, lexicon: Lexicon) -> Callable[[str], str]:
    """What undoes misspellings and text-speak, as the model's own reading does."""
    reader = Reader(expansions=book.expansions, vocabulary=lexicon.vocabulary)
    return lambda text: " ".join(word for word in reader.words(text) if word[0].isalnum() and not is_stop(word))


def fewest(intent: str) -> int:
    """How many phrases an intent needs."""
    return FEWEST.get(intent, FEWEST_OF_A_TOPIC if intent in TOPICS else FEWEST_OF_A_SERVICE)


def _too_few(intent: str, phrases: Sequence[Phrase], project: Project) -> Iterator[Problem]:
    path = project.root / "data" / "nlu" / f"{intent}.yml"
    if path.exists() and len(phrases) < fewest(intent):
        yield Problem(path=path, text=f"{len(phrases)} phrases are too few to learn {intent} from; have people write "
                                      f"{fewest(intent) - len(phrases)} more")


def _one_sided(phrases: Sequence[Phrase]) -> Iterator[Problem]:
    if not phrases:
        return
    beginnings = [" ".join(phrase.key.split()[:2]) for phrase in phrases]
    lengths = [len(phrase.key.split()) for phrase in phrases]
    beginning, times = Counter(beginnings).most_common(1)[0]
    if times > MOST_BEGIN_ALIKE * len(phrases):
        yield _told(phrases[beginnings.index(beginning)], f"{times} of {len(phrases)} phrases begin with {beginning!r}")
    length, times = Counter(lengths).most_common(1)[0]
    if times > MOST_OF_ONE_LENGTH * len(phrases):
        yield _told(phrases[lengths.index(length)], f"{times} of {len(phrases)} phrases are {length} words long")


def _told(first: Phrase, what: str) -> Problem:
    return Problem(
        path=first.path, line=first.line,
        text=f"{what}; have others write some in their own way: short and long, questions and complaints",
    )


def _of_red_flags(project: Project) -> Iterator[Problem]:
    if not project.rules:
        return
    counts = Counter(phrase.path for phrase in project.phrases if phrase.is_of_red_flag)
    known = {kind.flag.id: kind for kind in project.rules[0].kinds}
    folder = project.root / "data" / "red_flags"
    for path in counts:
        if not path.stem.startswith("none_") and path.stem not in known:
            yield Problem(path=path, text=f"no red flag of this name; add content/red_flags/{path.stem}.yml, or call it none_…")
    for name, kind in known.items():
        # One without patterns is told where the trained layer raises a tier that no kind explains.
        if not name.startswith("unnamed_") and counts[folder / f"{name}.txt"] < FEWEST_OF_A_RED_FLAG:
            yield Problem(
                path=folder / f"{name}.txt",
                text=f"{counts[folder / f'{name}.txt']} messages are too few to learn {name} from; have people write "
                     f"{FEWEST_OF_A_RED_FLAG - counts[folder / f'{name}.txt']} more",
            )
