// Logic-less templates, the twin of `offline_pages/mustache.py`: escaped values, sections, contraries, other templates.

const TAG = /\{\{([#^/>]?) ?([a-z0-9_]+)\}\}/g;
const ESCAPES = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#x27;" };
const read = new Map();

const escape = (value) => value.replace(/[&<>"']/g, (sign) => ESCAPES[sign]);

export function render(templates, name, context) {
  const parts = [];
  fill(templates, tokensOf(templates[name]), [context], parts);
  return parts.join("");
}

function tokensOf(template) {
  if (!read.has(template)) {
    const found = [];
    let place = 0;
    for (const tag of template.matchAll(TAG)) {
      found.push(["", template.slice(place, tag.index)], [tag[1] || "&", tag[2]]);
      place = tag.index + tag[0].length;
    }
    read.set(template, [...found, ["", template.slice(place)]]);
  }
  return read.get(template);
}

function fill(templates, tokens, contexts, parts) {
  for (let place = 0; place < tokens.length; place += 1) {
    const [kind, text] = tokens[place];
    if (kind === "") parts.push(text);
    else if (kind === "&") parts.push(escape(String(valueOf(contexts, text))));
    else if (kind === ">") fill(templates, tokensOf(templates[text]), contexts, parts);
    else {
      const end = endOf(tokens, place);
      const inside = tokens.slice(place + 1, end);
      for (const each of contextsOf(kind, valueOf(contexts, text), contexts)) fill(templates, inside, each, parts);
      place = end;
    }
  }
}

function contextsOf(kind, value, contexts) {
  const filled = Array.isArray(value) ? value.length > 0 : Boolean(value);
  if (kind === "^") return filled ? [] : [contexts];
  if (Array.isArray(value)) return value.map((each) => [each, ...contexts]);
  if (!filled) return [];
  return [typeof value === "object" ? [value, ...contexts] : contexts];
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
