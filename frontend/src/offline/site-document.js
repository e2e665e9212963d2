// The document of the restoration site, hostile until read: the limits of `restoration_site/document.py`, and the union of two copies.
import { canonical, lengthOf } from "./bytes.js";
import { json } from "./dom.js";
import { isMoment } from "./moments.js";
import { byTime } from "./site-render.js";

export const MOST_BYTES = 6_000_000;
export const MOST_CHARACTERS = 1_500;
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const LANGUAGE = /^[a-z]{2,3}(?:-[A-Za-z0-9]{1,8}){0,3}$/;
const SERVICE = /^[a-z0-9][a-z0-9_-]{0,59}$/;
// Control characters, and marks that turn the direction of a whole line.
const UNWANTED = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069\ufffe\uffff]|\p{Surrogate}/u;
// Fractions of a second are the platform's.
const isDated = (value) => typeof value === "string" && isMoment(value.replace(/\.\d{1,6}(?=[+-])/, ""));

export const visible = (words) => words.replace(new RegExp(UNWANTED.source, "gu"), "");

const isObject = (value) => value !== null && typeof value === "object" && !Array.isArray(value);
const isText = (value, least, most) =>
  typeof value === "string" && lengthOf(value) >= least && lengthOf(value) <= most && !UNWANTED.test(value);
const matches = (form, value) => typeof value === "string" && form.test(value);
const unique = (values) => new Set(values).size === values.length;
const isList = (value, least, most) => Array.isArray(value) && value.length >= least && value.length <= most;

function has(value, needed, optional = []) {
  if (!isObject(value)) return false;
  const keys = Object.keys(value);
  return needed.every((name) => keys.includes(name)) && keys.every((name) => needed.includes(name) || optional.includes(name));
}

const areTexts = (value, least, most) =>
  isObject(value) && Object.keys(value).length <= 12 &&
  Object.entries(value).every(([language, words]) => matches(LANGUAGE, language) && isText(words, least, most));

// Throws an Error in French that says what is wrong and where.
export function parse(bytes) {
  let site;
  try {
    site = json(bytes);
  } catch {
    throw new Error("ce fichier n'est pas lisible : rien n'a été repris.");
  }
  const refuse = (what) => {
    throw new Error(`ce fichier n'est pas celui d'un site de rétablissement (${what}) : rien n'a été repris.`);
  };
  const needed = ["format", "territory", "document", "title", "languages", "services", "updates"];
  if (!has(site, needed, ["exercise"]) || site.format !== 1) refuse("format");
  if (!matches(UUID, site.document)) refuse("document");
  if (!isText(site.title, 1, 80)) refuse("titre");
  const { territory } = site;
  if (!has(territory, ["code", "name", "simulated"]) || !isText(territory.code, 0, 120) ||
      !isText(territory.name, 1, 80) || typeof territory.simulated !== "boolean") refuse("collectivité");
  if ("exercise" in site && typeof site.exercise !== "boolean") refuse("exercice");
  if (!isList(site.languages, 1, 12) || !unique(site.languages) || !site.languages.every((each) => matches(LANGUAGE, each))) refuse("langues");
  if (!site.languages.includes("fr")) refuse("français absent");
  if (!isList(site.services, 0, 80)) refuse("services");
  for (const [rank, service] of site.services.entries()) {
    if (!has(service, ["key", "name"]) || !matches(SERVICE, service.key) || !areTexts(service.name, 1, 80) ||
        !Object.hasOwn(service.name, "fr")) refuse(`service ${rank + 1}`);
  }
  const keys = site.services.map((service) => service.key);
  if (!unique(keys)) refuse("services en double");
  if (!isList(site.updates, 0, 5_000)) refuse("nouvelles");
  for (const [rank, update] of site.updates.entries()) {
    if (!isUpdate(update, keys)) refuse(`nouvelle ${rank + 1}`);
  }
  const known = new Map(site.updates.map((update) => [update.id, update]));
  if (known.size < site.updates.length) refuse("nouvelles en double");
  if (site.updates.some((update) => update.after.some((each) => known.get(each)?.service !== update.service))) refuse("nouvelle qui en suit une autre, absente");
  return site;
}

const UPDATE = ["id", "at", "service", "state", "since", "text", "alternative", "next_news", "author", "origin", "after"];

export function isUpdate(update, keys) {
  return (
    has(update, UPDATE) && matches(UUID, update.id) && keys.includes(update.service) &&
    ["stopped", "degraded", "works"].includes(update.state) && ["platform", "stick"].includes(update.origin) &&
    isDated(update.at) && [update.since, update.next_news].every((each) => each === null || isDated(each)) &&
    areTexts(update.text, 0, MOST_CHARACTERS) && areTexts(update.alternative, 0, MOST_CHARACTERS) &&
    isText(update.author, 0, 120) && isList(update.after, 0, 50) && unique(update.after) && update.after.every((each) => matches(UUID, each))
  );
}

// Spaces and ends of lines tell no other news.
const words = (text) => text.trim().split(/\s+/u).join(" ");
const of = (texts, language) => words(Object.hasOwn(texts, language) ? texts[language] : "");

// Languages in which `texts` only repeats an announcement that it follows, whose French it does not repeat.
export function oldLanguages(followed, part, texts) {
  return Object.keys(texts).filter((language) => {
    const same = followed.filter((each) => of(each[part], language) === of(texts, language)).map((each) => of(each[part], "fr"));
    return language !== "fr" && of(texts, language) && same.length > 0 && !same.includes(of(texts, "fr"));
  });
}

// Union by identifier, in the order that is signed: services by key, updates by moment; the first copy's words stand for the rest.
export function merge(one, other) {
  if (one.document !== other.document) throw new Error("ce fichier est celui d'un autre site : rien n'a été repris.");
  if ((one.exercise ?? false) !== (other.exercise ?? false)) {
    throw new Error("un exercice et une vraie crise ne se mélangent jamais : rien n'a été repris.");
  }
  const updates = new Map(one.updates.map((update) => [update.id, update]));
  for (const update of other.updates) {
    const there = updates.get(update.id);
    if (there && canonical(there) !== canonical(update)) {
      throw new Error(`la nouvelle du ${update.at} existe déjà avec un autre contenu : rien n'a été repris.`);
    }
    updates.set(update.id, update);
  }
  const services = new Map(one.services.map((service) => [service.key, service]));
  for (const service of other.services) if (!services.has(service.key)) services.set(service.key, service);
  const keys = [...services.keys()].sort();
  return {
    ...one,
    languages: [...new Set([...one.languages, ...other.languages])],
    services: keys.map((key) => services.get(key)),
    updates: [...updates.values()].sort(byTime),
  };
}
