// The restoration site as files, the twin of `offline_pages/site_render.py`: same templates, same words, same contexts, same bytes.
import { canonical, utf8 } from "./bytes.js";
import { instant } from "./moments.js";
import { render } from "./mustache.js";

const SHAPES = { stopped: "■", degraded: "▲", works: "●" };
const MOST_PAGE_BYTES = 100_000;
const MOST_HISTORY_BYTES = 72_000;
const MOST_FEED_BYTES = 90_000;
const MOST_FEED_ENTRIES = 50;
const EXCERPT = 160;
const RIGHT_TO_LEFT = ["ar", "fa", "he", "ps", "ur"];
export const STATE_FILE = "etat.json";
export const SIGNATURE_FILE = "etat.json.sig";
export const KEY_FILE = "cle.pem";
const FEED_FILE = "fil.xml";

const compare = (one, other) => (one < other ? -1 : Number(one > other));
export const byTime = (one, other) => instant(one.at) - instant(other.at) || compare(one.id, other.id);

// Updates of a service that no other one follows, oldest first; two or more: a conflict.
export function heads(site, service) {
  const own = site.updates.filter((each) => each.service === service).sort(byTime);
  const followed = new Set(own.flatMap((each) => each.after));
  const found = own.filter((each) => !followed.has(each.id));
  return found.length ? found : own.slice(-1);
}

export const current = (site, service) => heads(site, service).at(-1) ?? null;

// `kit`: { templates, words, style_hash, public_key, fingerprint } as Python gave them. Out: a Map from name to text.
// Without `signed` each page says that it is a draft.
export function build(site, kit, signed) {
  const files = new Maker(site, kit, signed).files();
  files.set(STATE_FILE, canonical(site));
  if (kit.public_key) files.set(KEY_FILE, kit.public_key);
  return files;
}

const firstLanguage = (site) => (site.languages.includes("fr") ? "fr" : site.languages[0]);

function pageName(site, language) {
  if (language === firstLanguage(site)) return "index.html";
  return language === "fr-x-facile" ? "facile.html" : `${language.toLowerCase()}.html`;
}

function historyName(site, language, number = 1) {
  const start = language === firstLanguage(site) ? "" : `${pageName(site, language).slice(0, -5)}-`;
  return number === 1 ? `${start}historique.html` : `${start}historique-${number}.html`;
}

export function languageName(words, language) {
  if (Object.hasOwn(words, language) && words[language].name) return words[language].name;
  return Object.hasOwn(words.names, language) ? words.names[language] : language;
}

export function formatMoment(moment, labels) {
  const day = String(Number(moment.slice(8, 10)));
  const parts = {
    day: day === "1" ? (labels.first_day ?? day) : day,
    month: labels.months[Number(moment.slice(5, 7)) - 1],
    year: moment.slice(0, 4),
    hour: moment.slice(11, 16),
  };
  return Object.entries(parts).reduce((text, [name, value]) => text.replaceAll(`{${name}}`, () => value), labels.moment);
}

const attribute = (language) => language.split("-x-")[0];
const size = (text) => utf8(text).length;
const endStripped = (text) => text.replace(/[ \t\r\n]+$/, "");
const stripped = (text) => endStripped(text).replace(/^[ \t\r\n]+/, "");

// By code points, without accents nor capitals.
const plain = (name) => [...name.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase()].map((sign) => sign.codePointAt(0));

function byName(one, other) {
  for (let rank = 0; rank < Math.min(one.length, other.length); rank += 1) {
    if (one[rank] !== other[rank]) return one[rank] - other[rank];
  }
  return one.length - other.length;
}

class Maker {
  constructor(site, kit, signed) {
    this.site = site;
    this.kit = kit;
    this.signed = signed;
    this.first = firstLanguage(site);
    this.services = new Map(site.services.map((service) => [service.key, service]));
    this.newest = [...site.updates].sort(byTime).reverse();
  }

  files() {
    const found = new Map();
    for (const language of this.site.languages) {
      found.set(pageName(this.site, language), this.index(language));
      const pages = this.historyPages(language);
      pages.forEach((updates, rank) => {
        found.set(historyName(this.site, language, rank + 1), this.history(language, rank + 1, pages.length, updates));
      });
      if (language === this.first) found.set(FEED_FILE, this.feed(pages));
    }
    return found;
  }

  render(template, context) {
    return render(this.kit.templates, template, context);
  }

  knows(language) {
    return language !== "names" && Object.hasOwn(this.kit.words, language);
  }

  labels(language) {
    return this.kit.words[this.knows(language) ? language : "fr"];
  }

  lang(language) {
    return this.knows(language) ? attribute(language) : "fr";
  }

  common(language, heading) {
    const { site } = this;
    const labels = this.labels(language);
    const lang = this.lang(language);
    const banners = { exercise: site.exercise ?? false, simulated: site.territory.simulated, draft: !this.signed };
    const rank = (each) => (each === this.first ? 0 : each === "fr-x-facile" ? 1 : 2);
    const links = [...site.languages]
      .sort((one, other) => rank(one) - rank(other) || compare(one, other))
      .map((each) => ({
        href: pageName(site, each),
        tag: attribute(each),
        label: languageName(this.kit.words, each),
        here: each === language,
      }));
    const fixed = Object.entries(labels).filter(([name]) => name !== "months");
    return {
      ...Object.fromEntries(fixed.map(([name, text]) => [`word_${name}`, text])),
      lang,
      style_hash: this.kit.style_hash,
      fingerprint: this.kit.fingerprint,
      territory: site.territory.name,
      heading,
      heading_lang: heading === site.title && lang !== attribute(this.first) ? attribute(this.first) : "",
      updated: this.newest.length ? this.sentence(labels, "updated", this.newest[0].at) : "",
      banners: Object.entries(banners).filter(([, applies]) => applies).map(([name]) => ({ banner: labels[name] })),
      languages: links.length > 1 ? { each: links } : false,
      history: historyName(site, language),
      first_page: pageName(site, language),
      empty: !this.newest.length,
    };
  }

  sentence(labels, name, moment) {
    return labels[name].replaceAll("{moment}", () => formatMoment(moment, labels));
  }

  // With whole texts, or their beginnings, or none: the first that is light enough.
  index(language) {
    let made = "";
    for (const most of [null, EXCERPT, 0]) {
      made = this.render("index", this.states(language, most));
      if (size(made) <= MOST_PAGE_BYTES) break;
    }
    return made;
  }

  states(language, most) {
    const labels = this.labels(language);
    const groups = Object.fromEntries(Object.keys(SHAPES).map((state) => [state, []]));
    const silent = [];
    const named = this.site.services.map((service) => [plain(service.name[this.first]), service]);
    named.sort(([one, a], [other, b]) => byName(one, other) || compare(a.key, b.key));
    for (const [, service] of named) {
      const found = heads(this.site, service.key);
      if (!found.length) {
        silent.push(this.name(service, language));
        continue;
      }
      const update = found.at(-1);
      groups[update.state].push({ ...this.name(service, language), several: found.length > 1, ...this.update(update, language, most) });
    }
    return {
      ...this.common(language, this.site.title),
      groups: Object.entries(groups)
        .filter(([, services]) => services.length)
        .map(([state, services]) => ({ state, shape: SHAPES[state], state_word: labels[state], count: services.length, services })),
      silent: silent.length ? { each: silent } : false,
      empty: !this.site.services.length,
    };
  }

  // A text and its language: the first of the document where this one is missing.
  text(texts, language) {
    const spoken = Object.hasOwn(texts, language) && texts[language] ? language : this.first;
    return [stripped(Object.hasOwn(texts, spoken) ? texts[spoken] : ""), spoken];
  }

  name(service, language) {
    const [name, spoken] = this.text(service.name, language);
    return { name, name_lang: attribute(spoken) === this.lang(language) ? "" : attribute(spoken) };
  }

  update(update, language, most = null) {
    const labels = this.labels(language);
    const [text, textCut] = this.block(update.text, language, most);
    const [instead, insteadCut] = this.block(update.alternative, language, most);
    return {
      id: update.id,
      state: update.state,
      shape: SHAPES[update.state],
      state_word: labels[update.state],
      since: update.since ? this.sentence(labels, "since", update.since) : "",
      text,
      instead,
      cut: textCut || insteadCut,
      next: update.next_news ? this.sentence(labels, "next", update.next_news) : "",
      announced: this.sentence(labels, "announced", update.at),
    };
  }

  block(texts, language, most) {
    let [text, spoken] = this.text(texts, language);
    const signs = most === null ? [] : [...text];
    const cut = most !== null && signs.length > most;
    if (cut) text = most ? `${endStripped(signs.slice(0, most).join(""))}…` : "";
    if (!text) return [false, cut];
    const block = {
      block: text,
      block_lang: attribute(spoken),
      rtl: RIGHT_TO_LEFT.includes(spoken.split("-")[0]),
      untranslated: spoken !== language,
    };
    return [block, cut];
  }

  historyPages(language) {
    const pages = [[]];
    let filled = 0;
    const common = this.common(language, "");
    for (const update of this.newest) {
      const entry = size(this.render("entry", { ...common, ...this.entry(update, language) }));
      if (pages.at(-1).length && filled + entry > MOST_HISTORY_BYTES) {
        pages.push([]);
        filled = 0;
      }
      pages.at(-1).push(update);
      filled += entry;
    }
    return pages;
  }

  entry(update, language) {
    return { ...this.name(this.services.get(update.service), language), ...this.update(update, language) };
  }

  history(language, number, count, updates) {
    const labels = this.labels(language);
    const near = [];
    for (let each = 1; each <= count && count > 1; each += 1) {
      if (each === 1 || each === count || Math.abs(each - number) <= 3) near.push(each);
    }
    const pages = near.map((each) => ({
      href: historyName(this.site, language, each),
      label: labels.page.replaceAll("{number}", String(each)),
      here: each === number,
    }));
    const entries = updates.map((update) => this.entry(update, language));
    return this.render("history", { ...this.common(language, labels.history), pages, entries });
  }

  feed(pages) {
    const labels = this.labels(this.first);
    const entries = [];
    let filled = 0;
    pages.forEach((page, rank) => {
      for (const update of page) {
        const entry = { ...this.news(update, labels), page: historyName(this.site, this.first, rank + 1) };
        filled += size(this.render("news", entry));
        if (entries.length < MOST_FEED_ENTRIES && filled <= MOST_FEED_BYTES) entries.push(entry);
      }
    });
    return this.render("feed", {
      document: this.site.document,
      title: this.marked(this.site.title),
      at: this.newest.length ? this.newest[0].at : "2000-01-01T00:00:00+00:00",
      territory: this.site.territory.name,
      entries,
    });
  }

  news(update, labels) {
    const [name] = this.text(this.services.get(update.service).name, this.first);
    const title = this.marked(`${name} : ${labels[update.state]}`);
    const [text] = this.text(update.text, this.first);
    const [instead] = this.text(update.alternative, this.first);
    const content = [text, instead && `${labels.instead} : ${instead}`].filter(Boolean).join("\n") || title;
    return { id: update.id, title, at: update.at, content };
  }

  marked(title) {
    const marks = { EXERCICE: this.site.exercise ?? false, "Données simulées": this.site.territory.simulated };
    return [...Object.keys(marks).filter((mark) => marks[mark]), title].join(" - ");
  }
}
