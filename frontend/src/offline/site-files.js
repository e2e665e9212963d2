// The site as a ZIP, and back: signed with the town's key when its passphrase is typed, verified when it is opened again.
import { unzipSync, zipSync } from "fflate";
import { derOf, fromBase64, rawOf, utf8 } from "./bytes.js";
import { unseal } from "./passphrase-box.js";
import { MOST_BYTES, parse } from "./site-document.js";
import { build, SIGNATURE_FILE, STATE_FILE } from "./site-render.js";

const CURVE = { name: "ECDSA", namedCurve: "P-256" };
const SIGNING = { name: "ECDSA", hash: "SHA-256" };

// Rejects on another passphrase. The key cannot be read again from the page.
export async function openKey(box, passphrase) {
  const pkcs8 = await unseal(box, passphrase);
  const key = await crypto.subtle.importKey("pkcs8", pkcs8, CURVE, false, ["sign"]);
  pkcs8.fill(0);
  return key;
}

// DER, as OpenSSL reads it.
const sign = async (key, bytes) => derOf(new Uint8Array(await crypto.subtle.sign(SIGNING, key, bytes)));

async function isSigned(publicKey, signature, bytes) {
  try {
    const spki = fromBase64(publicKey.replace(/-----[A-Z ]+-----|\s/g, ""));
    const key = await crypto.subtle.importKey("spki", spki, CURVE, false, ["verify"]);
    return await crypto.subtle.verify(SIGNING, key, rawOf(signature), bytes);
  } catch {
    return false;
  }
}

// Every file with its bytes; `key` null: not signed.
export async function siteFiles(site, kit, key) {
  const files = Object.fromEntries([...build(site, kit, Boolean(key))].map(([name, words]) => [name, utf8(words)]));
  if (key) files[SIGNATURE_FILE] = await sign(key, files[STATE_FILE]);
  return files;
}

export const zip = (files) => zipSync(files, { level: 6 });

// A ZIP of ours or etat.json alone → { site, signature: "good" | "none" }. A false signature is refused.
export async function read(name, bytes, publicKey) {
  if (!/\.zip$/i.test(name)) return { site: parse(bytes), signature: "none" };
  let files;
  try {
    files = unzipSync(bytes, { filter: (file) => [STATE_FILE, SIGNATURE_FILE].includes(file.name) && file.originalSize <= MOST_BYTES });
  } catch {
    throw new Error("ce ZIP est abîmé : rien n'a été repris.");
  }
  if (!files[STATE_FILE]) throw new Error("ce ZIP ne contient pas de site de rétablissement : rien n'a été repris.");
  const site = parse(files[STATE_FILE]);
  if (!files[SIGNATURE_FILE] || !publicKey) return { site, signature: "none" };
  if (!(await isSigned(publicKey, files[SIGNATURE_FILE], files[STATE_FILE]))) {
    throw new Error("la signature de ce ZIP est fausse : rien n'a été repris.");
  }
  return { site, signature: "good" };
}
