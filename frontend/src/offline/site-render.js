// The restoration site as files, the twin of `offline_pages/site_render.py`: same templates, same contexts, same bytes.
import { canonical, lengthOf } from "./bytes.js";
import { instant } from "./moments.js";
import { render } from "./mustache.js";

const STATES = ["stopped", "degraded", "works", "unknown"];
const MOST_ENTRIES = 60;
const MOST_CHARACTERS = 30_000;
const FEED_ENTRIES = 30;
const SIGNS = { stopped: "✕", degraded: "◐", works: "✓", unknown: "?" };
export const STATE_FILE = "etat.json";
export const SIGNATURE_FILE = "etat.json.sig";

export const byTime = (one, other) => instant(one.at) - instant(other.at) || (one.id < other.id ? -1 : Number(one.id > other.id));

// Updates of a service that no other one follows, oldest first; two or more: a conflict.
export function heads(site, service) {
  const own = site.updates.filter((each) => each.service === service).sort(byTime);
  const followed = new Set(own.flatMap((each) => each.after));
  const found = own.filter((each) => !followed.has(each.id));
  return found.length ? found : own.slice(-1);
}

export const current = (site, service) => heads(site, service).at(-1) ?? null;

export function formatMoment(moment, words) {
  const [year, month, day, hour, minute] = [[0, 4], [5, 7], [8, 10], [11, 13], [14, 16]].map(([from, to]) => Number(moment.slice(from, to)));
  const parts = {
    day: day === 1 ? words.first : String(day),
    month: words.months[month - 1],
    year: String(year),
    hour: String(hour),
    minute: String(minute).padStart(2, "0"),
  };
  return Object.entries(parts).reduce((text, [name, value]) => text.replaceAll(`{${name}}`, () => value), words.moment);
}

// `kit`: { templates, labels } as Python gave them. Out: a Map from name to text.
export function build(site, kit) {
  const maker = new Maker(site, kit);
  const files = new Map();
  site.languages.forEach((language, rank) => {
    files.set(rank === 0 ? "index.html" : `${language}.html`, render(kit.templates, "page", maker.page(language)));
  });
  const pages = maker.historyPages();
  pages.forEach((entries, rank) => files.set(historyName(rank), render(kit.templates, "history", maker.history(rank, pages, entries))));
  files.set("fil.xml", render(kit.templates, "feed", maker.feed(pages)));
  files.set(STATE_FILE, canonical(site));
  return files;
}

const historyName = (rank) => (rank === 0 ? "historique.html" : `historique-${rank + 1}.html`);
const linesOf = (text) => text.split("\n").filter(Boolean).map((line) => ({ line }));

class Maker {
  constructor(site, { labels }) {
    this.site = site;
    this.labels = labels;
    this.first = site.languages[0];
  }

  common(language) {
    const { site, labels } = this;
    const known = Object.hasOwn(labels, language) ? language : "fr";
    const words = labels[known];
    const last = [...site.updates].sort(byTime).at(-1);
    return {
      ...Object.fromEntries(Object.entries(words).filter(([name]) => name.startsWith("word_"))),
      lang: known,
      dir: words.dir,
      document: site.document,
      title: site.title,
      title_lang: this.first,
      territory: site.territory.name,
      simulated: site.territory.simulated,
      exercise: site.exercise ?? false,
      fingerprint: (site.signing_key?.fingerprint ?? "").match(/.{1,4}/g)?.join(" ") ?? "",
      feed_title: `${site.title} – ${site.territory.name}`,
      updated: last ? formatMoment(last.at, words) : words.word_never,
      updated_iso: last ? last.at : "1970-01-01T00:00:00+00:00",
    };
  }

  page(language) {
    const common = this.common(language);
    const words = this.labels[common.lang];
    const groups = STATES.map((state) => ({ state, heading: words[`heading_${state}`], services: [] }));
    for (const service of this.site.services) {
      const update = current(this.site, service.key);
      const state = update ? update.state : "unknown";
      const group = groups.find((each) => each.state === state);
      group.services.push({ state, ...this.named(service, language), updates: update ? [this.update(update, language, words)] : [] });
    }
    const languages = this.site.languages.map((tag, rank) => ({
      href: rank === 0 ? "index.html" : `${tag}.html`,
      tag,
      label: Object.hasOwn(this.labels, tag) ? this.labels[tag].label : tag,
      here: tag === language,
    }));
    return { ...common, page_title: common.feed_title, languages, groups: groups.filter((group) => group.services.length) };
  }

  text(texts, language) {
    const spoken = Object.hasOwn(texts, language) && texts[language] ? language : this.first;
    return [Object.hasOwn(texts, spoken) ? texts[spoken] : "", spoken];
  }

  named(service, language) {
    const [name, name_lang] = this.text(service.name, language);
    return { name, name_lang };
  }

  update(update, language, words) {
    const [text, text_lang] = this.text(update.text, language);
    const [alternative, alternative_lang] = this.text(update.alternative, language);
    return {
      state_sign: SIGNS[update.state],
      state_word: words[`state_${update.state}`],
      since: formatMoment(update.since, words),
      text: linesOf(text),
      text_lang,
      has_alternative: Boolean(alternative),
      alternative: linesOf(alternative),
      alternative_lang,
      next_news: update.next_news ? formatMoment(update.next_news, words) : "",
    };
  }

  historyPages() {
    const pages = [[]];
    let filled = 0;
    for (const update of [...this.site.updates].sort(byTime).reverse()) {
      const size = ["text", "alternative"].reduce((sum, name) => sum + lengthOf(this.text(update[name], this.first)[0]), 0);
      if (pages.at(-1).length && (pages.at(-1).length === MOST_ENTRIES || filled + size > MOST_CHARACTERS)) {
        pages.push([]);
        filled = 0;
      }
      pages.at(-1).push(update);
      filled += size;
    }
    return pages;
  }

  entries(updates, words) {
    const services = new Map(this.site.services.map((service) => [service.key, service]));
    return updates.map((update) => ({
      anchor: update.id,
      at: formatMoment(update.at, words),
      at_iso: update.at,
      state: update.state,
      ...this.named(services.get(update.service), this.first),
      updates: [this.update(update, this.first, words)],
    }));
  }

  history(rank, pages, entries) {
    const common = this.common(this.first);
    const words = this.labels[common.lang];
    return {
      ...common,
      page_title: `${words.word_history} – ${this.site.title}`,
      pages: pages.map((_, each) => ({ href: historyName(each), label: `${words.word_page} ${each + 1}`, here: each === rank })),
      entries: this.entries(entries, words),
    };
  }

  feed(pages) {
    const common = this.common(this.first);
    const words = this.labels[common.lang];
    const entries = pages.flatMap((page, rank) =>
      this.entries(page, words).map((entry, place) => {
        const [text] = this.text(page[place].text, this.first);
        const [alternative] = this.text(page[place].alternative, this.first);
        const [{ next_news: news, state_word }] = entry.updates;
        const told = [text, alternative && `${words.word_alternative} ${alternative}`, news && `${words.word_next_news} ${news}`];
        return { ...entry, page: historyName(rank), entry_title: `${entry.name} : ${state_word}`, plain: told.filter(Boolean).join("\n") };
      }),
    );
    return { ...common, entries: entries.slice(0, FEED_ENTRIES) };
  }
}
