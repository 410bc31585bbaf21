"""The catalogues: every language says everything, a language is one file, and whoever forgets one is told."""

import ast
import re
import shutil
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner

from monitor import metrics
from monitor.cli import cli
from monitor.core.stats.binomial import Evidence
from monitor.words import catalogue
from monitor.words.catalogue import LANGUAGES, SOURCE, parsed, translations
from monitor.words.extraction import FOLDER, catalogues, messages, owed
from monitor.words.speaker import speaker
from monitor.words.verdicts import EVIDENCES

ROOT = Path(__file__).parents[2]
OTHERS = [language for language in LANGUAGES if language != SOURCE]
BOKMAL = f"{FOLDER}/nb.po"


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A copy of everything that is said, to be changed."""
    for package in ("board", "dashboards", "report", "words"):
        shutil.copytree(ROOT / "monitor" / package, tmp_path / "monitor" / package)
    return tmp_path


def test_english_norwegian_and_swedish_are_spoken() -> None:
    """English first: it needs no catalogue."""
    assert LANGUAGES == ("en", "nb", "sv")


def test_the_catalogues_are_as_the_code_has_them_and_nothing_is_owed() -> None:
    """No text lacks its translation, none is doubtful or left over, and all blanks are filled in every language."""
    found = catalogues(ROOT)
    assert {place: (ROOT / place).read_text(encoding="utf-8") for place in found} == found
    assert owed(found) == []


@pytest.mark.parametrize("language", OTHERS)
def test_every_text_is_translated_by_what_the_file_says(language: str) -> None:
    """What `gettext` answers is the catalogue's text, plural forms included."""
    spoken = translations(language)
    catalog = parsed((ROOT / FOLDER / f"{language}.po").read_text(encoding="utf-8"), language)
    texts = [message for message in catalog if message.id]
    assert len(texts) > 300
    for message in texts:
        if isinstance(message.id, tuple):
            one, many = message.id
            assert [spoken.ngettext(one, many, count) for count in (1, 2)] == list(message.string or ())
        else:
            said = spoken.pgettext(message.context, message.id) if message.context else spoken.gettext(message.id)
            assert said == message.string


@pytest.mark.parametrize("language", OTHERS)
def test_no_sentence_was_left_in_english(language: str) -> None:
    """A word may be the same in two languages, a sentence is not."""
    spoken = translations(language)
    sentences = [
        str(one.id) for one in messages(ROOT) if one.id and not isinstance(one.id, tuple) and len(one.id) > 40
    ]
    same = [text for text in sentences if spoken.gettext(text) == text]
    assert len(sentences) > 80
    assert [text for text in same if re.search("[a-z]{4}", re.sub(r"\{\w+\}", "", text))] == []


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ('msgstr "innfridd"', 'msgstr ""', "no translation: 'met'"),
        ('msgid "met"\n', '#, fuzzy\nmsgid "met"\n', "doubtful (fuzzy): 'met'"),
        ('msgstr "uken fra {day}"', 'msgstr "uken fra {dag}"', "other blanks than in English: 'week of {day}'"),
        ('msgstr[1] "{count} åpne"', 'msgstr[1] "åpne"', "other blanks than in English: '{count} open'"),
    ],
)
def test_a_faulty_translation_is_named(clone: Path, old: str, new: str, fault: str) -> None:
    """Missing, doubtful, with other blanks: the file, the fault and the English text."""
    file = clone / BOKMAL
    text = file.read_text(encoding="utf-8")
    assert text.count(old) == 1
    file.write_text(text.replace(old, new), encoding="utf-8")
    assert owed(catalogues(clone)) == [f"{BOKMAL}: {fault}"]


def test_a_changed_text_keeps_its_old_translation_until_somebody_has_looked(clone: Path) -> None:
    """It is fuzzy then, and told; what nobody says any more is gone."""
    template = clone / "monitor/board/templates/page.html.jinja"
    text = template.read_text(encoding="utf-8")
    assert text.count('say("Skip to the figures")') == 1
    template.write_text(text.replace("Skip to the figures", "Skip to all the figures"), encoding="utf-8")
    found = catalogues(clone)
    assert f"{BOKMAL}: doubtful (fuzzy): 'Skip to all the figures'" in owed(found)
    assert 'msgid "Skip to all the figures"\nmsgstr "Hopp til tallene"' in found[BOKMAL]
    assert '"Skip to the figures"' not in found[BOKMAL]


def test_generate_refuses_what_is_not_translated(tmp_path: Path) -> None:
    """A catalogue with a gap: `monitor generate --check` names it, with exit code 1."""
    for name in ("monitor", "docs", "config"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "grafana", tmp_path / "grafana")
    file = tmp_path / BOKMAL
    file.write_text(file.read_text(encoding="utf-8").replace('msgstr "innfridd"', 'msgstr ""'), encoding="utf-8")
    done = CliRunner().invoke(cli, ["generate", "--check", "--root", str(tmp_path)])
    assert (done.exit_code, done.stderr.splitlines()) == (1, [f"{BOKMAL}: no translation: 'met'"])


def test_a_language_is_one_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file is put into the folder: it is among the languages, it speaks, and what it lacks is English."""
    (tmp_path / "de.po").write_text('msgid "met"\nmsgstr "erreicht"\n', encoding="utf-8")
    monkeypatch.setattr(catalogue, "_folder", lambda: tmp_path)
    assert catalogue._languages() == ("en", "de")
    german = speaker("de")
    try:
        assert (german("met"), german("missed"), german.number(-1234.5)) == ("erreicht", "missed", "−1\u202f234,5")
        assert german.name == "Deutsch"
    finally:
        translations.cache_clear()
        speaker.cache_clear()


@pytest.mark.parametrize(
    ("language", "number", "day", "month", "moment"),
    [
        ("en", "−1\u202f234.5", "3 December 2024", "December 2024", "03 Dec 13:04:05"),
        ("nb", "−1\u202f234,5", "3. desember 2024", "desember 2024", "03.12. 13:04:05"),
        ("sv", "−1\u202f234,5", "3 december 2024", "december 2024", "3 dec. 13:04:05"),
    ],
)
def test_numbers_and_dates_are_written_as_the_language_does(
    language: str, number: str, day: str, month: str, moment: str
) -> None:
    """Decimal sign, order and names are Unicode's; the minus is a true one, thousands stand apart."""
    say = speaker(language)
    third = date(2024, 12, 3)
    at = datetime(2024, 12, 3, 12, 4, 5, tzinfo=UTC).timestamp()
    assert (say.number(-1234.5), say.day(third), say.month_and_year(third)) == (number, day, month)
    assert say.moment(at, ZoneInfo("Europe/Oslo")) == moment


def test_a_cell_says_shorter_what_a_sentence_says_in_full() -> None:
    """One English text, two in a language that needs them; English shows no trace of the context."""
    short = EVIDENCES[Evidence.NONE]
    assert [(speaker(one)(short), speaker(one)("may be chance")) for one in ("en", "nb")] == [
        ("may be chance", "may be chance"),
        ("tilfeldig?", "kan være tilfeldig"),
    ]


def test_signs_and_plurals() -> None:
    """A sign is shown but for 0; one is one, and none are many."""
    say = speaker("nb")
    assert [say.signed(value) for value in (-2, 0, 3, -0.2, 0.2)] == ["−2", "0", "+3", "0", "0"]
    forms = [say.several("{count} open", "{count} open", count) for count in (0, 1, 2)]
    assert forms == ["0 åpne", "1 åpen", "2 åpne"]
    assert (say.share(0.7999), say.plain(7.5)) == ("80,0 %", "7,5")


def test_nothing_that_the_code_says_escapes_the_catalogues() -> None:
    """Read another way: every literal text in a call of `say` or `phrase`, f-strings and all, is a message."""
    known = {one.id[0] if isinstance(one.id, tuple) else one.id for one in messages(ROOT)}
    said = set()
    for package in ("board", "dashboards", "report", "words"):
        for file in (ROOT / "monitor" / package).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if not (isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant)):
                    continue
                name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
                if name in ("say", "phrase", "several"):
                    said.add(node.args[0].value)
    assert len(said) > 250
    assert said - known == set()


def test_nobody_is_told_that_so_many_more_may_come_late() -> None:
    """What is to spare is said of the missions that there are: in every text, and in every language."""
    misread = {"en": ("more late missions", "late budget", "Late budget", "late missions that it still allows"),
               "nb": ("sene igjen", "Sene igjen", "flere sene oppdrag"),
               "sv": ("sena kvar", "Sena kvar", "fler sena uppdrag")}  # fmt: skip
    said = [str(one.id) for one in messages(ROOT)] + [one.help for one in metrics.EXPORTER]
    assert [text for text in said for words in misread["en"] if words in text] == []
    for language in ("nb", "sv"):
        known = parsed((ROOT / f"monitor/words/locale/{language}.po").read_text(encoding="utf-8"), language)
        assert [one.string for one in known for words in misread[language] if words in str(one.string)] == []
