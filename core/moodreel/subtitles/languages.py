"""Languages in the names of caption files: ISO 639 codes, English names, regions and scripts."""

import re
from functools import cache
from importlib.resources import files

REGIONS = frozenset(
    """
    aw af ao ai ax al ad ae ar am as aq tf ag au at az bi be bj bq bf bd bg bh bs ba bl by bz bm bo
    br bb bn bt bv bw cf ca cc ch cl cn ci cm cd cg ck co km cv cr cu cw cx ky cy cz de dj dm dk do
    dz ec eg er eh es ee et fi fj fk fr fo fm ga gb ge gg gh gi gn gp gm gw gq gr gd gl gt gf gu gy
    hk hm hn hr ht hu id im in io ie ir iq is il it jm je jo jp kz ke kg kh ki kn kr kw la lb lr ly
    lc li lk ls lt lu lv mo mf ma mc md mg mv mx mh mk ml mt mm me mn mp mz mr ms mq mu mw my yt na
    nc ne nf ng ni nu nl no np nr nz om pk pa pn pe ph pw pg pl pr kp pt py ps pf qa re ro ru rw sa
    sd sn sg gs sh sj sb sl sv sm so pm rs ss st sr sk si se sz sx sc sy tc td tg th tj tk tm tl to
    tt tn tr tv tw tz ug ua um uy us uz va vc ve vg vi vn vu wf ws ye za zm zw xk uk eu
    001 142 150 419
    """.split()
)
SCRIPTS = frozenset(
    """
    arab armn beng bopo cans cher copt cyrl deva ethi geor grek gujr guru hang hani hans hant hebr
    hira hrkt jpan kana khmr knda kore laoo latn mlym mong mymr olck orya sinh syrc taml telu tfng
    thaa thai tibt yiii
    """.split()
)


@cache
def known_languages() -> dict[str, str]:
    """Return the shortest code of each language, by its codes and English names in lower case.

    The list is that of ISO 639-1 with the three-letter codes of the same languages from ISO 639-2,
    and a few languages of subtitles that have no shorter code. Rarer codes are left out: `day`
    (Land Dayak) or `new` (Newari) are words in the names of videos more often than languages.
    """
    table = files("moodreel.subtitles").joinpath("languages.txt").read_text(encoding="utf-8")
    found: dict[str, str] = {}
    for line in table.splitlines():
        codes, _, names = line.partition(": ")
        keys = [*codes.split(), *filter(None, names.split(", "))]
        code = found.get(keys[-1], keys[0])
        found |= dict.fromkeys(keys, code)
    return found


def parse_language(text: str) -> str | None:
    """Return the code of the language that a text names, None where it names none.

    >>> [parse_language(text) for text in ("en-US", "ZHO", "zh_Hans", "English", "day", "en-dog")]
    ['en', 'zh', 'zh', 'en', None, None]
    """
    text = " ".join(re.split(r"[\s_-]+", text.strip().lower()))
    whole = known_languages().get(text)
    if whole:
        return whole
    first, *rest = text.split(" ")
    code = known_languages().get(first)
    return code if code and all(is_subtag(part, code) for part in rest) else None


def is_subtag(text: str, language: str) -> bool:
    """Whether a text may follow a language: a region, a script, or, in YouTube's names, a language.

    `en-orig` is YouTube's name of the language that was spoken, `de-en` that of a translation.
    """
    return text in REGIONS or text in SCRIPTS or text == "orig" or text in known_languages()
