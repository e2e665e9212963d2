// Small tools of the offline pages: elements made of text only, files in and out, messages said aloud.
import { text } from "./bytes.js";

export const byId = (id) => document.getElementById(id);

// A child is an element or a text; an attribute that is null or false is left out.
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") made.addEventListener(name, value);
    else if (value !== null && value !== false) made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== null && child !== false && child !== ""));
  return made;
}

export function say(place, words, kind = "info") {
  place.className = `notice ${kind}`;
  place.textContent = words;
  place.hidden = !words;
}

// What Python wrote beside the script.
export const given = (id) => JSON.parse(byId(id).textContent);

// Which browser to use where this one cannot encrypt, hash or sign. True when it can.
export function canWork(place) {
  if (globalThis.crypto?.subtle && globalThis.TextDecoder) return true;
  say(
    place,
    "Ce navigateur ne sait pas ouvrir cette page. Utilisez Firefox, Chrome ou Edge, récent, et ouvrez le fichier par un double clic.",
    "danger",
  );
  return false;
}

// The clock of a computer taken from a cupboard: behind what the page already knows, it is wrong.
export function checkClock(place, known) {
  if (!known || Date.now() >= Date.parse(known)) return;
  say(place, "L'horloge de cet ordinateur est en retard. Réglez-la si vous pouvez ; sinon, écrivez vous-même les heures.", "warn");
}

export function download(name, content, type) {
  const address = URL.createObjectURL(new Blob([content], { type }));
  const link = element("a", { href: address, download: name, hidden: true });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

// Files chosen in a field or dropped anywhere on the page, each given as (name, bytes), one after the other.
export function whenFilesCome(field, largest, take, refuse) {
  const read = async (files) => {
    for (const file of files) {
      try {
        if (file.size > largest) throw new Error(`Ce fichier dépasse ${Math.floor(largest / 1e6)} Mo : rien n'a été repris.`);
        await take(file.name, new Uint8Array(await file.arrayBuffer()));
      } catch (error) {
        refuse(file.name, error);
      }
    }
  };
  field.addEventListener("change", async () => {
    await read([...field.files]);
    field.value = "";
  });
  document.addEventListener("dragover", (event) => event.preventDefault());
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    read([...event.dataTransfer.files]);
  });
}

export function json(bytes) {
  return JSON.parse(text(bytes));
}

// Without accents nor capitals, for the search.
export const plain = (words) => words.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
