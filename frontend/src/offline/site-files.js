// The site as a ZIP, and back: signed with the town's key when its passphrase is typed, verified when it is opened again.
import { strFromU8, unzipSync, zipSync } from "fflate";
import { base64, fromBase64, sha256, utf8 } from "./bytes.js";
import { unseal } from "./sealing.js";
import { MOST_BYTES, parse } from "./site-document.js";
import { build, SIGNATURE_FILE, STATE_FILE } from "./site-render.js";

const CURVE = { name: "ECDSA", namedCurve: "P-256" };
const SIGNING = { name: "ECDSA", hash: "SHA-256" };

// Rejects on another passphrase. The key cannot be read again from the page.
export async function openKey(sealed, passphrase) {
  const pkcs8 = await unseal(sealed.box, passphrase);
  const key = await crypto.subtle.importKey("pkcs8", pkcs8, CURVE, false, ["sign"]);
  pkcs8.fill(0);
  return key;
}

// base64 of r‖s over the bytes of etat.json.
export const sign = async (key, bytes) => base64(new Uint8Array(await crypto.subtle.sign(SIGNING, key, bytes)));

export async function isSigned(spki, signature, bytes) {
  try {
    const key = await crypto.subtle.importKey("spki", fromBase64(spki), CURVE, false, ["verify"]);
    return await crypto.subtle.verify(SIGNING, key, fromBase64(signature.trim()), bytes);
  } catch {
    return false;
  }
}

export const fingerprint = (spki) => sha256(fromBase64(spki));

// Every file with its bytes; `key` null: not signed.
export async function siteFiles(site, kit, key) {
  const files = Object.fromEntries([...build(site, kit)].map(([name, words]) => [name, utf8(words)]));
  if (key) files[SIGNATURE_FILE] = utf8(`${await sign(key, files[STATE_FILE])}\n`);
  return files;
}

export const zip = (files) => zipSync(files, { level: 6 });

// A ZIP of ours or etat.json alone → { site, signature: "good" | "none" }. A false signature is refused.
export async function read(name, bytes, spki) {
  if (!/\.zip$/i.test(name)) return { site: parse(bytes), signature: "none" };
  let files;
  try {
    files = unzipSync(bytes, { filter: (file) => [STATE_FILE, SIGNATURE_FILE].includes(file.name) && file.originalSize <= MOST_BYTES });
  } catch {
    throw new Error("ce ZIP est abîmé : rien n'a été repris.");
  }
  if (!files[STATE_FILE]) throw new Error("ce ZIP ne contient pas de site de rétablissement : rien n'a été repris.");
  const site = parse(files[STATE_FILE]);
  if (!files[SIGNATURE_FILE] || !spki) return { site, signature: "none" };
  if (!(await isSigned(spki, strFromU8(files[SIGNATURE_FILE]), files[STATE_FILE]))) {
    throw new Error("la signature de ce ZIP est fausse : rien n'a été repris.");
  }
  return { site, signature: "good" };
}
