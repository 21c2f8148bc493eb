"""
The icons of the pages, as a font with only these. `python -m tests.support.icons` writes it.

The theme's font has 3,800 icons and 292 kB; a page shows about twenty of them.
"""

import re
from importlib.resources import files
from pathlib import Path

from sinkhub.admin_site.theme import UNFOLD

PROJECT = Path(__file__).parents[2]
FONT = PROJECT / "sinkhub/static/sinkhub/icons.woff2"
# Icons that scripts insert, or that a template chooses by a variable.
_CHOSEN = (
    "account_tree block check check_circle check_small close_small content_copy error hourglass_empty link lock pause "
    "play_arrow question_mark warning"
)
_ELEMENT = re.compile(r"material-symbols-outlined[^>]*>\s*([a-z0-9_]+)\s*<")
_SETTING = re.compile(r"""\bicon["']?\s*[:=]\s*["']([a-z0-9_]+)["']""")
_FALLBACK = re.compile(r"%}([a-z0-9_]+){% endif %}\s*</span>")


def icons() -> list[str]:
    """Return the names of the icons that the theme's and the project's pages can show."""
    theme = Path(str(files("unfold")))
    names = {*_CHOSEN.split(), UNFOLD["SITE_SYMBOL"]}
    for group in UNFOLD["SIDEBAR"]["navigation"]:
        names |= {item["icon"] for item in group["items"]}
    for template in [*(theme / "templates").rglob("*.html"), *(PROJECT / "templates").rglob("*.html")]:
        text = template.read_text()
        names |= {*_ELEMENT.findall(text), *_SETTING.findall(text)}
        if "material-symbols" in text:
            names |= {*_FALLBACK.findall(text)}
    for script in [*PROJECT.glob("*/static/**/*.js"), *PROJECT.glob("s*/**/*.py"), *PROJECT.glob("runs/**/*.py")]:
        names |= {*_SETTING.findall(script.read_text())}
    return sorted(names)


def write() -> None:
    """Write the font."""
    from fontTools import subset  # type: ignore[import-untyped]
    from fontTools.ttLib import TTFont  # type: ignore[import-untyped]

    whole = TTFont(files("unfold") / "static/unfold/fonts/material-symbols/Material-Symbols-Outlined.woff2")
    known = set(whole.getGlyphOrder())
    # Ligatures turn a name into its icon, so the letters stay too. The closure over them would add all icons.
    options = subset.Options(layout_closure=False, flavor="woff2", layout_features=["*"], glyph_names=False)
    options.notdef_outline = True
    letters = [whole.getBestCmap()[ord(letter)] for letter in "abcdefghijklmnopqrstuvwxyz0123456789_"]
    subsetter = subset.Subsetter(options)
    subsetter.populate(glyphs=[*letters, *(name for name in icons() if name in known)])
    subsetter.subset(whole)
    whole.flavor = "woff2"
    whole.save(FONT)


if __name__ == "__main__":
    import os

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sinkhub.settings")
    import django

    django.setup()
    write()
