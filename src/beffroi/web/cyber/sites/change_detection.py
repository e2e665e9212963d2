"""Change detection: how far a page departs from what a person called normal, and why.

In: the `PageFeatures` of a visit, and a `Baseline`. Out: a `Verdict`, with its reasons in French. From `UNUSUAL` on, the change is
told once a second visit confirms it. Pure functions: nothing is read nor written here.

Two kinds of evidence are added. What an intruder needs and an editor hardly ever does (a script, a frame, a hidden link or a redirection
that leads to a host never accepted) counts by itself. What an editor does too (words, headings, menus, layout) counts by its extent, from
the nearest known state of the page, and only beyond what « c'est normal » has already accepted.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Final

from .page_features import MAX_ITEMS, PageFeatures, share_of, words_of
from .well_known_hosts import is_well_known

UNUSUAL: Final = 1.0
MAX_STATES: Final = 6
"""States that a person called normal, the oldest replaced first."""
MAX_TOLERANCE: Final = 0.8
"""However much was accepted before, a page replaced as a whole is told."""
FEW_LINKS: Final = 2
"""New hosts that one piece of news may link to."""
MANY_LINKS: Final = 7
SHORT_PAGE: Final = 40
"""Words under which shares of words mean little."""
MIN_TITLE_WORD: Final = 3  # letters


@dataclass(frozen=True)
class Reason:
    """One piece of evidence: `weight` adds up to the score; `extent` from 0 to 1 where it is a share."""

    code: str
    text: str
    weight: float
    extent: float = 0.0


@dataclass(frozen=True)
class Verdict:
    reasons: tuple[Reason, ...] = ()

    @property
    def score(self) -> float:
        return sum(reason.weight for reason in self.reasons)

    @property
    def is_unusual(self) -> bool:
        return self.score >= UNUSUAL - 1e-9

    def sentences(self) -> list[str]:
        """Reasons for a reader, the heaviest first; those that weigh nothing are left out."""
        ranked = sorted(self.reasons, key=lambda reason: -reason.weight)
        return [reason.text for reason in ranked if reason.weight >= 0.1]


@dataclass(frozen=True)
class Baseline:
    """What is normal on a page. `states`: called normal by a person, the first visit included; `latest`: the last ordinary one.

    `accepted`: hosts, titles and languages, by kind of feature; `tolerance`: the largest extent accepted, by kind of reason.
    """

    states: tuple[PageFeatures, ...]
    latest: PageFeatures | None = None
    accepted: dict[str, list[str]] = field(default_factory=dict)
    tolerance: dict[str, float] = field(default_factory=dict)

    def known_states(self) -> tuple[PageFeatures, ...]:
        return self.states if self.latest is None else (*self.states, self.latest)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> "Baseline":
        latest = stored.get("latest")
        return cls(
            tuple(PageFeatures.from_json(state) for state in stored["states"]),
            PageFeatures.from_json(latest) if latest else None,
            {kind: list(values) for kind, values in stored.get("accepted", {}).items()},
            dict(stored.get("tolerance", {})),
        )


# Features whose foreign hosts are accepted by a person only, and what a new one is called.
_HOSTS: Final[dict[str, tuple[float, float, str]]] = {
    # feature: (weight, weight of a well-known host, sentence)
    "script_hosts": (1.0, 0.3, "Un programme venu de {hosts} est chargé par la page."),
    "loader_hosts": (1.0, 0.3, "Un programme de la page en charge un autre depuis {hosts}."),
    "script_redirects": (1.0, 1.0, "Un programme de la page envoie le visiteur vers {hosts}."),
    "frame_hosts": (1.0, 0.3, "Une page de {hosts} est affichée à l'intérieur."),
    "hidden_frame_hosts": (1.0, 1.0, "Une page de {hosts} est chargée sans être visible."),
    "form_hosts": (1.0, 0.5, "Un formulaire envoie ce qu'on y écrit à {hosts}."),
    "base_host": (1.0, 1.0, "Tous les liens de la page passent par {hosts}."),
    "refresh_host": (1.0, 1.0, "La page envoie le visiteur vers {hosts}."),
    "moved_to": (1.0, 1.0, "L'adresse renvoie vers {hosts}, un autre site."),
    "image_hosts": (0.2, 0.1, "Des images viennent de {hosts}."),
}  # fmt: skip


def learn_first(features: PageFeatures) -> Baseline:
    """Baseline of a page on its first visit."""
    return accept(Baseline(()), features)


def accept(baseline: Baseline, features: PageFeatures) -> Baseline:
    """Baseline once a person called this state normal: its hosts, its title, and the extent of its change are accepted."""
    seen = compare(features, baseline) if baseline.states else Verdict()
    accepted = dict(baseline.accepted)
    for kind, values in _accepted_values(features).items():
        accepted[kind] = _merge(accepted.get(kind, ()), values)
    tolerance = dict(baseline.tolerance)
    for reason in seen.reasons:
        tolerance[reason.code] = min(MAX_TOLERANCE, max(tolerance.get(reason.code, 0.0), reason.extent))
    if features.moved_to:
        return replace(baseline, accepted=accepted, tolerance=tolerance)
    # The first state stays: it is what the site was when it was declared.
    states = (*baseline.states, features)
    states = states if len(states) <= MAX_STATES else (states[0], *states[2:])
    return Baseline(states, features, accepted, tolerance)


def follow(baseline: Baseline, features: PageFeatures) -> Baseline:
    """Baseline after an ordinary visit: words and layout move on, and so do visible links; what an intruder needs does not."""
    if features.moved_to:
        return baseline
    accepted = dict(baseline.accepted)
    accepted["link_hosts"] = _merge(accepted.get("link_hosts", ()), features.link_hosts)
    accepted["headings"] = _merge(accepted.get("headings", ()), features.headings[:1])
    for kind in ("script_hosts", "loader_hosts", "frame_hosts", "image_hosts"):
        known = [host for host in getattr(features, kind) if is_well_known(host) or kind == "image_hosts"]
        accepted[kind] = _merge(accepted.get(kind, ()), known)
    return replace(baseline, latest=features, accepted=accepted)


def compare(features: PageFeatures, baseline: Baseline) -> Verdict:
    """Verdict on a visit. Its reasons weigh from 0 to about 1 each."""
    if features.moved_to:
        return Verdict(tuple(_new_hosts(features, baseline)))
    reasons = [
        *_new_hosts(features, baseline),
        *_links(features, baseline),
        *_title(features, baseline),
        *_headings(features, baseline),
        *_extent(features, baseline),
        *_language(features, baseline),
        *_scripts(features, baseline),
    ]
    return Verdict(tuple(reason for reason in reasons if reason.weight > 0 or reason.extent > 0))


def _accepted_values(features: PageFeatures) -> dict[str, Iterable[str]]:
    return {
        **{kind: _hosts_of(features, kind) for kind in _HOSTS},
        "link_hosts": features.link_hosts,
        "hidden_link_hosts": features.hidden_link_hosts,
        "titles": [features.title],
        "headings": features.headings[:1],
        "languages": [name for name in (features.language, features.heading_language) if name],
        "overlays": map(str, features.overlays),
        "hints": features.hints,
        "obfuscated": [str(mark) for mark in features.obfuscated],
    }


def _merge(known: Iterable[str], new: Iterable[str]) -> list[str]:
    """Values without repetition, the most recent last, bounded."""
    merged = dict.fromkeys(known)
    for value in new:
        merged.pop(value, None)
        merged[value] = None
    return list(merged)[-4 * MAX_ITEMS :]


def _hosts_of(features: PageFeatures, kind: str) -> list[str]:
    value = getattr(features, kind)
    return value if isinstance(value, list) else [value] if value else []


def _unknown(features: PageFeatures, baseline: Baseline, kind: str) -> list[str]:
    known = set(baseline.accepted.get(kind, ()))
    return [host for host in _hosts_of(features, kind) if host not in known]


def _listed(hosts: list[str]) -> str:
    named = ", ".join(hosts[:3])
    return named if len(hosts) <= 3 else f"{named} et {len(hosts) - 3} autres"


def _new_hosts(features: PageFeatures, baseline: Baseline) -> Iterable[Reason]:
    for kind, (weight, known_weight, sentence) in _HOSTS.items():
        if hosts := _unknown(features, baseline, kind):
            strange = [host for host in hosts if not is_well_known(host)]
            yield Reason(
                kind, sentence.format(hosts=_listed(strange or hosts)), weight if strange else known_weight
            )


def _links(features: PageFeatures, baseline: Baseline) -> Iterable[Reason]:
    hidden = _unknown(features, baseline, "hidden_link_hosts")
    strange = [host for host in hidden if not is_well_known(host)]
    if strange:
        weight = 1.0 if len(strange) > 1 else 0.7
        yield Reason("hidden_links", f"Des liens invisibles mènent à {_listed(strange)}.", weight)
    new = [host for host in _unknown(features, baseline, "link_hosts") if not is_well_known(host)]
    if new:
        extent = min(len(new) / MANY_LINKS, 1.0)
        weight = 0.8 * _ramp(extent, FEW_LINKS / MANY_LINKS, 1.0, baseline.tolerance.get("links", 0.0))
        yield Reason("links", f"{len(new)} nouveaux sites sont cités : {_listed(new)}.", weight, extent)


def _title(features: PageFeatures, baseline: Baseline) -> Iterable[Reason]:
    titles = [set(_long_words(title)) for title in baseline.accepted.get("titles", ())]
    now = set(_long_words(features.title))
    if not any(titles) or any(not title and not now for title in titles):
        return
    shared = max((len(now & title) / max(min(len(now), len(title)), 1) for title in titles), default=1.0)
    if shared < 0.34:
        text = f"Le titre est devenu « {features.title[:120]} »." if features.title else "Le titre a disparu."
        yield Reason("title", text, 1.0 if shared == 0 else 0.4)


def _long_words(text: str) -> list[str]:
    return [word for word in words_of(text) if len(word) >= MIN_TITLE_WORD]


def _headings(features: PageFeatures, baseline: Baseline) -> Iterable[Reason]:
    habit = 0.5 if "heading" in baseline.tolerance or "top" in baseline.tolerance else 1.0
    known = [set(_long_words(heading)) for heading in baseline.accepted.get("headings", ())]
    first = features.headings[0] if features.headings else ""
    now = set(_long_words(first))
    if any(known) and not any(now & heading for heading in known):
        text = (
            f"Le premier intertitre est devenu « {first[:120]} »."
            if first
            else "Les intertitres ont disparu."
        )
        yield Reason("heading", text, 0.4 * habit, 0.01)
    top = set(words_of(features.top))
    shared = max(
        (len(top & set(words_of(state.top))) / max(len(top), 1) for state in baseline.known_states()),
        default=1.0,
    )
    if top and shared < 0.34:
        yield Reason(
            "top",
            f"Le haut de la page est nouveau : « {features.top[:90].rstrip(' .')}… ».",
            0.25 * habit,
            0.01,
        )


def _extent(features: PageFeatures, baseline: Baseline) -> Iterable[Reason]:
    """How much of the nearest known state is lost, how much of the page is new."""
    nearest = max(
        baseline.known_states(), key=lambda s: share_of(s.words, features.words) + share_of(s.structure, features.structure)
    )  # fmt: skip
    lost, new = 1 - share_of(nearest.words, features.words), 1 - share_of(features.words, nearest.words)
    structure = 1 - share_of(nearest.structure, features.structure)
    navigation = 1 - share_of(nearest.navigation, features.navigation)
    tolerance, scale = baseline.tolerance, min(nearest.word_count / SHORT_PAGE, 1.0)
    yield Reason("lost", f"{_percent(lost)} des mots habituels ont disparu.",
                 0.8 * scale * _ramp(lost, 0.55, 0.9, tolerance.get("lost", 0.0)), lost)  # fmt: skip
    yield Reason("new", f"{_percent(new)} des mots sont nouveaux.",
                 0.4 * scale * _ramp(new, 0.6, 0.9, tolerance.get("new", 0.0)), new)  # fmt: skip
    yield Reason("structure", f"{_percent(structure)} de la mise en page a disparu.",
                 0.5 * _ramp(structure, 0.45, 0.85, tolerance.get("structure", 0.0)), structure)  # fmt: skip
    yield Reason("navigation", f"{_percent(navigation)} des liens du site ont disparu.",
                 0.5 * _ramp(navigation, 0.5, 0.9, tolerance.get("navigation", 0.0)), navigation)  # fmt: skip
    least = min(state.word_count for state in baseline.known_states())
    if least >= SHORT_PAGE and features.word_count < 0.15 * least:
        yield Reason("emptied", f"La page est presque vide : {features.word_count} mots.", 0.8)


def _language(features: PageFeatures, baseline: Baseline) -> Iterable[Reason]:
    known = baseline.accepted.get("languages", ())
    if known and features.language and features.language not in known:
        yield Reason("language", f"La page est passée en une autre langue : {features.language}.", 0.7)
    elif known and features.heading_language and features.heading_language not in known:
        yield Reason(
            "heading_language",
            f"Le premier intertitre est en une autre langue : {features.heading_language}.",
            0.4,
        )


def _scripts(features: PageFeatures, baseline: Baseline) -> Iterable[Reason]:
    known = set(baseline.accepted.get("obfuscated", ()))
    if any(str(mark) not in known for mark in features.obfuscated):
        # A page that had such a program has one that changes at each visit, as protections against robots do.
        yield Reason(
            "obfuscated", "Un programme de la page est écrit pour ne pas être lu.", 0.4 if known else 1.0
        )
    if words := _unknown(features, baseline, "hints"):
        named = ", ".join(_HINTS_IN_FRENCH[word] for word in words if word in _HINTS_IN_FRENCH)
        weight = min(0.4 * len(words), 0.6) + (0.4 if set(words) & set(features.loud_hints) else 0.0)
        yield Reason("hints", f"Des mots font penser à un piratage ({named}).", weight)
    if set(map(str, features.overlays)) - set(baseline.accepted.get("overlays", ())):
        yield Reason("overlay", "Un calque recouvre toute la page.", 0.8)


_HINTS_IN_FRENCH: Final = {
    "intrusion": "signature de pirates",
    "casino": "jeux d'argent",
    "pharma": "médicaments",
    "argent": "argent facile",
}


def _ramp(value: float, low: float, high: float, tolerance: float = 0.0) -> float:
    """0 up to `low`, 1 from `high` on; what was accepted before moves the beginning, a little beyond it."""
    if tolerance:
        low = max(low, min(tolerance + 0.05, 0.9))
        high = max(high, min(low + 0.1, 1.0))
    return min(max((value - low) / (high - low), 0.0), 1.0)


def _percent(share: float) -> str:
    return f"{round(100 * share)}\N{NARROW NO-BREAK SPACE}%"
