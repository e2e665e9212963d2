// The document of the restoration site, hostile until read: the same limits as the platform's, and the union of two copies.
import { canonical, lengthOf } from "./bytes.js";
import { json } from "./dom.js";
import { isMoment } from "./moments.js";
import { byTime } from "./site-render.js";

export const MOST_BYTES = 10_000_000;
export const MOST_CHARACTERS = 2_000;
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const LANGUAGE = /^[a-z]{2,3}(?:-[a-z0-9]{1,8})*$/;
const SERVICE = /^[a-z0-9_-]{1,60}$/;
const UNWANTED = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]|\p{Surrogate}/u;

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

const areTexts = (value, languages, least, most) =>
  isObject(value) && Object.entries(value).every(([language, words]) => languages.includes(language) && isText(words, least, most));

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
  if (!has(site, needed, ["exercise", "signing_key"]) || site.format !== 1) refuse("format");
  if (!matches(UUID, site.document)) refuse("document");
  if (!isText(site.title, 1, 200)) refuse("titre");
  const { territory } = site;
  if (!has(territory, ["code", "name", "simulated"]) || !matches(/^[0-9A-Za-z-]{1,20}$/, territory.code) ||
      !isText(territory.name, 1, 200) || typeof territory.simulated !== "boolean") refuse("collectivité");
  if ("exercise" in site && typeof site.exercise !== "boolean") refuse("exercice");
  if ("signing_key" in site && !(has(site.signing_key, ["spki", "fingerprint"]) && matches(/^[0-9A-Za-z+/=]{1,400}$/, site.signing_key.spki) &&
      matches(/^[0-9a-f]{64}$/, site.signing_key.fingerprint))) refuse("clé");
  if (!isList(site.languages, 1, 12) || !unique(site.languages) || !site.languages.every((each) => matches(LANGUAGE, each))) refuse("langues");
  const first = site.languages[0];
  if (!isList(site.services, 0, 200)) refuse("services");
  for (const [rank, service] of site.services.entries()) {
    if (!has(service, ["key", "name"]) || !matches(SERVICE, service.key) || !areTexts(service.name, site.languages, 1, 200) ||
        !Object.hasOwn(service.name, first)) refuse(`service ${rank + 1}`);
  }
  const keys = site.services.map((service) => service.key);
  if (!unique(keys)) refuse("services en double");
  if (!isList(site.updates, 0, 5_000)) refuse("nouvelles");
  for (const [rank, update] of site.updates.entries()) {
    if (!isUpdate(update, site.languages, keys)) refuse(`nouvelle ${rank + 1}`);
  }
  if (!unique(site.updates.map((update) => update.id))) refuse("nouvelles en double");
  return site;
}

const UPDATE = ["id", "at", "service", "state", "since", "text", "alternative", "next_news", "author", "origin", "after"];

export function isUpdate(update, languages, keys) {
  return (
    has(update, UPDATE) && matches(UUID, update.id) && keys.includes(update.service) &&
    ["stopped", "degraded", "works"].includes(update.state) && ["platform", "stick"].includes(update.origin) &&
    isMoment(update.at) && isMoment(update.since) && (update.next_news === null || isMoment(update.next_news)) &&
    areTexts(update.text, languages, 0, MOST_CHARACTERS) && areTexts(update.alternative, languages, 0, MOST_CHARACTERS) &&
    isText(update.author, 0, 200) && isList(update.after, 0, 20) && unique(update.after) && update.after.every((each) => matches(UUID, each))
  );
}

// Union by identifier, sorted by (moment, identifier); the first copy's words stand for the rest.
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
  const keys = new Set(one.services.map((service) => service.key));
  return {
    ...one,
    languages: [...new Set([...one.languages, ...other.languages])],
    services: [...one.services, ...other.services.filter((service) => !keys.has(service.key))],
    updates: [...updates.values()].sort(byTime),
  };
}
