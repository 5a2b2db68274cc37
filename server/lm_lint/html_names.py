"""Names of HTML's elements by what the Living Standard says of them, and nothing else."""

from __future__ import annotations


def _names(words: str) -> frozenset[str]:
    return frozenset(words.split())


VOID = _names(
    "area base basefont bgsound br col command embed frame hr image img input keygen link meta"
    " param source track wbr"
)
RAW_TEXT = _names("script style textarea title xmp iframe noembed noframes plaintext")
OPTIONAL_END = _names(
    "html head body p li dt dd option optgroup tr td th thead tbody tfoot colgroup caption rb rt"
    " rtc rp"
)
HEADINGS = _names("h1 h2 h3 h4 h5 h6")
FOREIGN = _names("svg math")
KNOWN = (
    _names(
        "a abbr acronym address applet article aside audio b bdi bdo big blink blockquote button"
        " canvas center cite code data datalist del details dfn dialog dir div dl em fieldset"
        " figcaption figure font footer form frameset header hgroup i iframe ins kbd label legend"
        " listing main map mark marquee menu meter nav nobr noembed noframes noscript object ol"
        " output picture plaintext pre progress q ruby s samp script search section select slot"
        " small span strike strong style sub summary sup table template textarea time title tt u"
        " ul var video xmp"
    )
    | HEADINGS
    | OPTIONAL_END
    | VOID
)
# Start tags that close an open paragraph.
CLOSES_P = HEADINGS | _names(
    "address article aside blockquote center details dialog dir div dl fieldset figcaption figure"
    " footer form header hgroup hr li dd dt listing main menu nav ol p plaintext pre search"
    " section summary table ul xmp"
)
# What an end tag does not reach through: "has an element in scope" (13.2.4.2).
SCOPE = _names("applet caption html table td th marquee object template foreignobject svg math")
P_SCOPE = SCOPE | {"button"}
TABLE_SCOPE = _names("table template html")
TABLE_FAMILY = _names("table tr td th tbody thead tfoot caption colgroup")
PARTS_OF_TABLE = _names("table tbody thead tfoot tr")
CELLS = _names("td th")
IN_TABLE = TABLE_FAMILY | _names("col script style template noscript")
TABLE_SECTIONS = _names("tbody thead tfoot caption colgroup")
LI_SCOPE = (
    SCOPE
    | HEADINGS
    | _names(
        "article aside blockquote body button center details dir dl fieldset figure footer form"
        " header head iframe main menu nav noscript ol pre section select summary ul"
    )
)
ITEM_SCOPE = {
    "li": LI_SCOPE | {"dd", "dt"},
    "dd": LI_SCOPE | {"li"},
    "dt": LI_SCOPE | {"li"},
}
A_SCOPE = P_SCOPE | {"label"}
IN_HEAD = _names("base basefont bgsound link meta noscript script style template title")
IN_SELECT = _names(
    "option optgroup script template hr button selectedcontent noscript div span img"
)
END_TAG_SCOPE: dict[str, frozenset[str]] = {
    "p": P_SCOPE,
    "body": frozenset(),
    "html": frozenset(),
    "li": SCOPE | {"ul", "ol"},
    **dict.fromkeys(TABLE_FAMILY, TABLE_SCOPE),
}
# Names that stand in running text: their end tag may be missing between any two words.
INLINE = HEADINGS | _names(
    "a abbr acronym b big button cite code del dfn em font i ins kbd label legend mark q s samp"
    " small span strike strong sub summary sup time title tt u var option li td th dt dd p"
)


def nearly(one: str, other: str) -> bool:
    """Whether two names differ by one letter: missing, too many, another, or two swapped."""
    if one == other or abs(len(one) - len(other)) > 1 or min(len(one), len(other)) < 2:
        return False
    if len(one) != len(other):
        short, long = sorted((one, other), key=len)
        return any(long[:i] + long[i + 1 :] == short for i in range(len(long)))
    places = [i for i, (a, b) in enumerate(zip(one, other, strict=True)) if a != b]
    if len(places) != 2:
        return len(places) == 1
    first, second = places
    return second == first + 1 and one[first] + one[second] == other[second] + other[first]
