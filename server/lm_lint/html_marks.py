"""Repairs inside one tag: a quote, a bracket, a slash or an equals sign that is lost or too many."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lm_lint.html_names import KNOWN, VOID, nearly
from lm_lint.html_places import Kind, Proposal, Scored, Source
from lm_lint.html_tags import TEMPLATE, TagProblem

_NAME = re.compile(r"</?[A-Za-z][^\s/><\"'=]*")
_ATTRIBUTE = re.compile(r"""[^\s"'<>/=]+(?:\s*=\s*(?:"[^"<>]*"|'[^'<>]*'|[^\s"'<>=]+))?""")
_MAX_MARKS = 40


def mark_repairs(source: Source, problem: TagProblem) -> Iterator[Scored]:
    """For a broken tag: by the name of its flaw, then what may help with any flaw."""
    text, at = source.text, problem.noticed
    detail = problem.detail
    if detail == "self-closing":
        yield from _self_closing(source, problem)
    elif detail == "lost >":
        yield from _lost_bracket(source, problem)
    elif detail == "lost quote":
        yield from _lost_quote(source, problem)
    elif detail in ("lone <", "lost <", "comment", "comment in comment", "end of comment"):
        yield from _outside(source, problem)
    elif detail == "attributes of an end tag":
        yield from _end_tag_with_more(source, problem)
    elif detail == "raw text":
        yield from _raw_text(source, problem)
    else:
        yield from _signs_around(text, problem)
        yield from _quotes_before(text, problem)
        yield from _brackets_in(text, problem)
    if detail not in ("raw text", "self-closing") and at < len(text):
        yield 6.0, _delete(problem.start, problem.end)


def _insert(at: int, sign: str) -> Proposal:
    return Proposal(at, at, sign, "insert-mark")


def _delete(start: int, end: int) -> Proposal:
    return Proposal(start, end, "", "delete-mark")


def _replace(start: int, end: int, new: str, kind: Kind = "replace-mark") -> Proposal:
    return Proposal(start, end, new, kind)


def _self_closing(source: Source, problem: TagProblem) -> Iterator[Scored]:
    """ "/>" where HTML knows none: a slip for ">", or an element without content."""
    tag = source.tags[source.index_of(problem.start)]
    start, end = problem.end - 2, problem.end
    yield 0.0, _replace(start, end, ">", "self-closing")
    yield 1.0, _replace(start, end, f"></{tag.name}>", "self-closing")
    yield 2.0, source.delete(problem.start, problem.end, "delete-start-tag")
    if tag.name not in KNOWN:
        for known in KNOWN:
            if nearly(tag.name, known):
                yield 0.5, source.rename(source.index_of(problem.start), known, True)
    following = source.index_of(problem.end)
    if following < len(source.tags):
        other = source.tags[following]
        if other.kind == "end" and other.name == tag.name:
            yield 1.0, source.delete(other.start, other.end, "delete-end-tag")
            yield 2.0, source.delete(problem.start, other.end, "delete-start-tag")


def _raw_text(source: Source, problem: TagProblem) -> Iterator[Scored]:
    """What stands for the end tag of a script, a title...: another name, a lost sign."""
    name, text = problem.name, source.text
    limit = min(len(text), problem.noticed + 20)
    for match in re.compile(r"</?[\w!]*>?|(?<![<\w])/\w+>").finditer(text, problem.end, limit):
        is_near = nearly(match[0].strip("</>"), name)
        score = 0.0 if is_near or match[0].strip("</>") == name else 1.0
        new = f"</{name}>"
        yield (
            score,
            _replace(match.start(), match.end(), new, "respell" if is_near else "rename-end-tag"),
        )


def _lost_bracket(source: Source, problem: TagProblem) -> Iterator[Scored]:
    """ ">" behind the name, behind each attribute, at each line's end."""
    text, stop = source.text, problem.noticed
    name = _NAME.match(text, problem.start)
    begin = name.end() if name else problem.start
    is_end = text.startswith("</", problem.start)
    places = {begin, len(text[:stop].rstrip())}
    places |= {match.end() for match in _ATTRIBUTE.finditer(text, begin, stop)}
    places |= {match.start() for match in re.compile(r"\s").finditer(text, begin, stop)}
    behind = source.page.masked.find("<", stop)
    behind = min(behind if behind >= 0 else len(text), stop + 1000)
    places |= {match.end() for match in TEMPLATE.finditer(text, begin, behind)}
    word = name[0].strip("</").lower() if name else ""
    scored: list[tuple[float, int]] = []
    for rank, place in enumerate(sorted(places, reverse=True)):
        has_value = text[place - 1] in "\"'" or text[place : place + 1] == "\n"
        score = 0.0 if place == begin and is_end else 0.3 if has_value else 0.5 + 0.05 * rank
        scored.append((score, place))
    for score, place in sorted(scored)[:_MAX_MARKS]:
        yield score, _insert(place, ">")
        if word in VOID:
            yield score + 1.0, _insert(place, "/>")
    # The name goes on in the text: <bsome words</b>.
    for cut in range(1, len(word)):
        if word[:cut] in KNOWN and word not in KNOWN:
            yield 1.5, _insert(problem.start + (2 if is_end else 1) + cut, ">")
    following = len(text[:stop]) + len(text[stop:]) - len(text[stop:].lstrip())
    if text.startswith("<", following):
        yield 1.0, _delete(following, following + 1)
        yield 2.0, _replace(following, following + 1, ">")
    yield 2.0, _delete(problem.start, problem.start + (2 if is_end else 1))
    yield 2.5, _replace(problem.start, problem.start + 1, "&lt;")
    if following < len(text) and text[following : following + 1] == "<":
        close = text.find(">", following)
        if 0 <= close < following + 40:
            yield 3.0, _delete(following, close + 1)
    yield 2.5, _delete(problem.start, max(begin, len(text[:stop].rstrip())))


def _lost_quote(source: Source, problem: TagProblem) -> Iterator[Scored]:
    """The second quote of a value, or the first one is too many."""
    text, start = source.text, problem.noticed
    quote = text[start]
    limit = text.find("<", start)
    limit = min(limit if limit >= 0 else len(text), start + 600)
    close = text.find(quote, start + 1)
    if 0 <= close < limit:
        limit = close
    ends = [m.start() for m in re.compile(r"\s|/?>|=").finditer(text, start + 1, limit)]
    ends += [m.end() for m in re.compile(r"[;/,.)]").finditer(text, start + 1, limit)]
    bracket = text.find(">", start, limit)
    for rank, place in enumerate(sorted(set(ends) | {limit})[:_MAX_MARKS]):
        at_end = place in (bracket, bracket - 1 if text[bracket - 1 : bracket] == "/" else bracket)
        before_attribute = re.compile(r"\s+[\w:@.-]+\s*=").match(text, place) is not None
        yield (0.0 if at_end or before_attribute else 1.0) + 0.02 * rank, _insert(place, quote)
        if text[place : place + 1] in ("<", "\n", ""):
            yield 1.5, _insert(place, quote + ">")
    yield 1.0, _delete(start, start + 1)
    yield 3.0, _insert(start, quote)
    if close >= 0:
        yield 2.5, _delete(close, close + 1)
        yield 3.0, _replace(start, start + 1, "'" if quote == '"' else '"')


def _signs_around(text: str, problem: TagProblem) -> Iterator[Scored]:
    """Delete, insert or replace the sign that cannot stand there, or one beside it."""
    at, begin, end = problem.noticed, problem.start, problem.end
    for rank, place in enumerate((at, at - 1, at + 1)):
        if begin < place < end and text[place : place + 1] in tuple("\"'=</,;.`:>"):
            yield 0.2 + rank * 0.5, _delete(place, place + 1)
    run = re.compile(r"[\"'=/,;.]*").match(text, at)
    if run and run.end() - at > 1:
        yield 1.0, _delete(at, run.end())
    if problem.detail == "no value":
        yield 0.5, _insert(at, '""')
        equals = text.rfind("=", begin, at)
        if equals >= 0:
            yield 0.1, _delete(equals, equals + 1)
    for sign in "=\"'":
        yield 1.2, _insert(at, sign)
    if text[at : at + 1] in ("'", '"') and begin < at - 1:
        yield 0.4, _replace(at - 1, at, "=")
        yield 0.6, _insert(at, "=")
    yield 2.0, _replace(at, at + 1, "=")
    for sign in "\"'":
        if text[at : at + 1] != sign:
            yield 2.2, _replace(at, at + 1, sign)
        if text[at - 1 : at] != sign:
            yield 2.2, _replace(at - 1, at, sign)
    yield 2.5, _insert(at, " ")


def _quotes_before(text: str, problem: TagProblem) -> Iterator[Scored]:
    """A quote is one too many here when its partner is lost before: behind "=", or at a word."""
    at, begin, end = problem.noticed, problem.start, problem.end
    for match in re.compile(r"=\s*(?=([^\s\"'])?)").finditer(text, begin, at + 1):
        for sign in "\"'":
            yield 0.5 if match[1] and sign in text[at:end] else 2.0, _insert(match.end(), sign)
    for match in re.compile(r"[\"']").finditer(text, begin, end):
        far = abs(match.start() - at) / (end - begin)
        yield 1.0 + far, _delete(match.start(), match.end())
        other = "'" if match[0] == '"' else '"'
        yield 2.0 + far, _replace(match.start(), match.end(), other)
        yield 2.2 + far, _replace(match.start(), match.end(), "=" + match[0])
    for match in list(re.compile(r"\s|/?>").finditer(text, begin, end))[:_MAX_MARKS]:
        far = abs(match.start() - at) / (end - begin)
        for sign in {text[at : at + 1], '"', "'"} & {'"', "'"}:
            yield 1.0 + far, _insert(match.start(), sign)


def _brackets_in(text: str, problem: TagProblem) -> Iterator[Scored]:
    """The tag may have ended before: ">" behind each attribute."""
    name = _NAME.match(text, problem.start)
    begin = name.end() if name else problem.start
    for match in list(_ATTRIBUTE.finditer(text, begin, problem.end - 1))[:12]:
        yield 2.0, _insert(match.end(), ">")
    yield 2.5, _insert(begin, ">")


def _end_tag_with_more(source: Source, problem: TagProblem) -> Iterator[Scored]:
    text = source.text
    name = _NAME.match(text, problem.start)
    begin = name.end() if name else problem.start
    yield 0.0, Proposal(problem.start + 1, problem.start + 2, "", "end-to-start")
    yield 0.5, _delete(begin, problem.end - 1)
    yield 0.6, _insert(begin, ">")
    slash = text.find("/", begin, problem.end)
    if slash >= 0:
        yield 0.1, _delete(slash, slash + 1)
    for match in list(_ATTRIBUTE.finditer(text, begin, problem.end - 1))[:8]:
        yield 1.5, _insert(match.end(), ">")


def _outside(source: Source, problem: TagProblem) -> Iterator[Scored]:
    """Signs in the text: a "<" too many, a tag or a comment that lost its first sign."""
    text, start, end = source.text, problem.start, problem.end
    if problem.detail == "lost <":
        yield 0.0, _insert(start, "<")
        yield 0.5, _insert(start, "</")
        yield 1.0, _delete(end - 1, end)
        return
    if problem.detail == "end of comment":
        yield 0.5, _delete(start, end)
        for place in _line_starts(text, start):
            yield 1.0, _insert(place, "<!-- ")
        return
    if problem.detail.startswith("comment"):
        for place in _line_ends(text, end):
            yield 1.0, _insert(place, " -->")
        yield 2.0, _delete(start, end)
        return
    yield 0.0, _delete(start, start + 1)
    yield 2.0, _replace(start, start + 1, "&lt;")
    blank = re.compile(r"<(\s+)(?=[/A-Za-z])|</(\s+)").match(text, start)
    if blank:
        group = 1 if blank[1] else 2
        yield 0.1, _delete(blank.start(group), blank.end(group))
    idx = source.index_of(start)
    names = source.open_names(idx)
    if text.startswith("</", start):
        yield 0.5, _delete(start, start + 2)
        wrong = re.compile(r"</[^\s<>]*>?").match(text, start)
        for name in names[:3] if wrong else ():
            yield 0.3, Proposal(start, wrong.end() if wrong else start, f"</{name}>", "respell")
        for name in names[:3]:
            yield 0.4, Proposal(start + 2, start + 2, name, "respell")
    elif text.startswith("<>", start):
        yield 0.2, _delete(start, start + 2)
        for name in names[:3]:
            yield 0.5, Proposal(start + 1, start + 1, "/" + name, "respell")
    else:
        for name in names[:3]:
            yield 1.0, _replace(start, start + 1, f"</{name}>")
    yield 1.5, _replace(start, start + 1, ">")


def _line_ends(text: str, since: int) -> list[int]:
    found = re.compile(r"\S(?=[ \t]*(?:\n|\Z))|[^\s<](?=<)").finditer(text, since, since + 4000)
    return [match.end() for _, match in zip(range(_MAX_MARKS), found, strict=False)]


def _line_starts(text: str, until: int) -> list[int]:
    found = list(
        re.compile(r"(?:^|(?<=\n))[ \t]*(?=\S)").finditer(text, max(0, until - 2000), until)
    )
    return [match.end() for match in found[-_MAX_MARKS:]]
