// Lines of the crisis journal: read, chained, verified, merged. The twin of `offline_pages/journal_lines.py`, same order, same faults.
import { canonical, lengthOf, sha256, utf8 } from "./bytes.js";
import { json } from "./dom.js";
import { instant, isMoment } from "./moments.js";

export const KINDS = ["fact", "decision", "message", "correction"];
export const MOST_BYTES = 10_000_000;
const MOST_LINES = 20_000;
const FIELDS = ["author", "corrects", "device", "entered_at", "fact_at", "hash", "id", "kind", "n", "previous", "role", "text"];
const LONGEST = { author: 200, role: 200, text: 4_000 };
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const DEVICE = /^[0-9a-f]{8}$/;
const HASH = /^[0-9a-f]{64}$/;
const UNWANTED = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]|\p{Surrogate}/u;

const same = (keys, value) => Object.keys(value).sort().join() === [...keys].sort().join();
const isObject = (value) => value !== null && typeof value === "object" && !Array.isArray(value);
const matches = (form, value) => typeof value === "string" && form.test(value);

// What a person typed: line ends of any system, no other control character.
export const cleaned = (words) =>
  words.replace(/\r\n?/g, "\n").replace(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/g, " ").replace(/\p{Surrogate}/gu, "").trim();

export async function lineHash(line) {
  const { hash: _, ...rest } = line;
  return sha256(utf8(canonical(rest)));
}

// The next line of a device, after `before` (null for its first). Throws what is wrong, in French.
export async function newLine(before, fields) {
  const line = { ...fields, id: crypto.randomUUID(), n: before ? before.n + 1 : 1, previous: before ? before.hash : "" };
  line.hash = await lineHash(line);
  return readLine(line, "Cette ligne");
}

export const journalFile = (seed, device, lines) =>
  JSON.stringify({ format: 1, crisis: seed.crisis, exercise: seed.exercise, device, lines }, null, 1);

// Reads a file; throws an Error whose message is in French. A broken chain is no reason to refuse.
export function parse(bytes, { crisis, exercise }) {
  let content;
  try {
    content = json(bytes);
  } catch {
    throw new Error("Ce fichier n'est pas un journal de crise lisible : rien n'a été repris.");
  }
  if (!isObject(content) || !same(["format", "crisis", "exercise", "device", "lines"], content)) {
    throw new Error("Ce fichier n'est pas un journal de crise : rien n'a été repris.");
  }
  if (content.format !== 1) throw new Error("Ce journal vient d'une autre version de la page : rien n'a été repris.");
  if (!matches(UUID, content.crisis) || !matches(DEVICE, content.device)) {
    throw new Error("Ce journal ne dit pas de quelle crise ou de quel appareil il vient.");
  }
  if (content.crisis !== crisis) throw new Error("Ce journal est celui d'une autre crise : rien n'a été repris.");
  if (content.exercise !== exercise) {
    throw new Error("Un journal d'exercice et celui d'une vraie crise ne se mélangent jamais : rien n'a été repris.");
  }
  if (!Array.isArray(content.lines) || content.lines.length > MOST_LINES) {
    throw new Error(`Un journal a au plus ${MOST_LINES} lignes : rien n'a été repris.`);
  }
  return content.lines.map((line, rank) => readLine(line, `ligne ${rank + 1} du fichier`));
}

function readLine(line, where) {
  if (!isObject(line) || !same(FIELDS, line)) {
    throw new Error(`${where} : il manque des champs, ou il y en a en trop. Rien n'a été repris.`);
  }
  const right = {
    id: matches(UUID, line.id),
    device: matches(DEVICE, line.device),
    hash: matches(HASH, line.hash),
    previous: line.previous === "" || matches(HASH, line.previous),
    corrects: line.corrects === null || matches(UUID, line.corrects),
    n: Number.isInteger(line.n) && line.n >= 1 && line.n <= 1_000_000,
    kind: KINDS.includes(line.kind),
    fact_at: isMoment(line.fact_at),
    entered_at: isMoment(line.entered_at),
  };
  for (const [name, longest] of Object.entries(LONGEST)) {
    const words = line[name];
    right[name] = typeof words === "string" && lengthOf(words) <= longest && !UNWANTED.test(words);
  }
  right.text &&= line.text.trim() !== "";
  const wrong = Object.keys(right).filter((name) => !right[name]);
  if (wrong.length) throw new Error(`${where} : champ illisible (${wrong.join(", ")}). Rien n'a été repris.`);
  return line;
}

const compare = (one, other) => (one < other ? -1 : one > other ? 1 : 0);

function compareAll(one, other) {
  for (let rank = 0; rank < one.length; rank += 1) {
    const found = compare(one[rank], other[rank]);
    if (found) return found;
  }
  return 0;
}

function chainsOf(lines) {
  const chains = new Map();
  for (const line of lines) {
    if (!chains.has(line.device)) chains.set(line.device, []);
    chains.get(line.device).push(line);
  }
  const key = (line) => [line.n, instant(line.entered_at), line.id, line.hash];
  for (const chain of chains.values()) chain.sort((one, other) => compareAll(key(one), key(other)));
  return chains;
}

// A fact dated after its entry counts as of its entry.
function place(line) {
  const [fact, entered] = [instant(line.fact_at), instant(line.entered_at)];
  return [Math.min(fact, entered), fact, entered, line.device];
}

export function ordered(lines) {
  const heads = [...chainsOf(lines).values()].map((chain) => ({ chain, at: 0, key: place(chain[0]) }));
  const found = [];
  while (heads.length) {
    let first = 0;
    for (let rank = 1; rank < heads.length; rank += 1) {
      if (compareAll(heads[rank].key, heads[first].key) < 0) first = rank;
    }
    const head = heads[first];
    found.push(head.chain[head.at]);
    head.at += 1;
    if (head.at < head.chain.length) head.key = place(head.chain[head.at]);
    else heads.splice(first, 1);
  }
  return found;
}

function* faultsOf(before, line, intact) {
  if (!intact) yield ["altered", `La ligne ${line.n} a été modifiée après sa saisie.`];
  const n = before ? before.n : 0;
  if (line.n === n) yield ["fork", `Deux lignes portent le numéro ${line.n} : les deux sont gardées.`];
  else if (line.n !== n + 1) {
    const missing = line.n === n + 2 ? `la ligne ${n + 1} manque` : `les lignes ${n + 1} à ${line.n - 1} manquent`;
    yield ["gap", `Avant la ligne ${line.n}, ${missing}.`];
  } else if (line.previous !== (before ? before.hash : "")) {
    yield ["unlinked", `La ligne ${line.n} ne suit pas la ligne d'avant.`];
  }
  if (before && instant(line.entered_at) < instant(before.entered_at)) {
    yield ["clock", `L'horloge de l'appareil a reculé avant la ligne ${line.n} : les deux heures sont gardées.`];
  }
}

// Hashing is done once for each content.
const intact = new Map();

async function isIntact(line) {
  const content = canonical(line);
  if (!intact.has(content)) intact.set(content, (await lineHash(line)) === line.hash);
  return intact.get(content);
}

// Union by identifier. Of two contents under one identifier, the intact one stands and the other is disputed.
export async function merge(...journals) {
  const versions = new Map();
  for (const line of journals.flat()) {
    if (!versions.has(line.id)) versions.set(line.id, new Map());
    versions.get(line.id).set(canonical(line), line);
  }
  const chosen = [];
  const disputed = [];
  for (const found of versions.values()) {
    const ranked = [];
    for (const line of found.values()) ranked.push([[!(await isIntact(line)), line.hash, line.device, line.n], line]);
    ranked.sort(([one], [other]) => compareAll(one, other));
    chosen.push(ranked[0][1]);
    disputed.push(...ranked.slice(1).map(([, line]) => line));
  }
  const faults = [];
  for (const [device, chain] of [...chainsOf(chosen)].sort(([one], [other]) => compare(one, other))) {
    let before = null;
    for (const line of chain) {
      for (const [kind, message] of faultsOf(before, line, await isIntact(line))) faults.push({ device, n: line.n, kind, message });
      before = line;
    }
  }
  for (const line of disputed) {
    faults.push({ device: line.device, n: line.n, kind: "disputed", message: `Deux contenus pour la ligne ${line.n} : les deux sont gardés.` });
  }
  return { lines: ordered(chosen), faults, disputed };
}
