// Logic-less templates, the twin of `offline_pages/mustache.py`: escaped values, sections, contraries, other templates.

const TAG = /\{\{([#^/>]?) ?([a-z0-9_]+)\}\}/g;
const ESCAPES = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

export const escape = (value) => value.replace(/[&<>"']/g, (sign) => ESCAPES[sign]);

export function render(templates, name, context) {
  const parts = [];
  fill(tokensOf(templates, name), [context], parts);
  return parts.join("");
}

function tokensOf(templates, name) {
  const template = templates[name];
  const found = [];
  let place = 0;
  for (const tag of template.matchAll(TAG)) {
    found.push(["", template.slice(place, tag.index)]);
    if (tag[1] === ">") found.push(...tokensOf(templates, tag[2]));
    else found.push([tag[1] || "&", tag[2]]);
    place = tag.index + tag[0].length;
  }
  found.push(["", template.slice(place)]);
  return found;
}

function fill(tokens, contexts, parts) {
  for (let place = 0; place < tokens.length; place += 1) {
    const [kind, text] = tokens[place];
    if (kind === "") parts.push(text);
    else if (kind === "&") parts.push(escape(String(valueOf(contexts, text))));
    else {
      const end = endOf(tokens, place);
      const value = valueOf(contexts, text);
      const inside = tokens.slice(place + 1, end);
      const filled = Array.isArray(value) ? value.length > 0 : Boolean(value);
      if (kind === "^") {
        if (!filled) fill(inside, contexts, parts);
      } else if (Array.isArray(value)) {
        for (const each of value) fill(inside, [each, ...contexts], parts);
      } else if (filled) fill(inside, contexts, parts);
      place = end;
    }
  }
}

function endOf(tokens, start) {
  let depth = 0;
  for (let place = start; place < tokens.length; place += 1) {
    const [kind, text] = tokens[place];
    if (text !== tokens[start][1]) continue;
    if (kind === "#" || kind === "^") depth += 1;
    else if (kind === "/") {
      depth -= 1;
      if (depth === 0) return place;
    }
  }
  throw new Error(`section ${tokens[start][1]} is never closed`);
}

function valueOf(contexts, name) {
  for (const context of contexts) if (Object.hasOwn(context, name)) return context[name];
  throw new Error(`no value for ${name}`);
}
